"""The chance that it happened: copies count for nothing, judgements win, and what is claimed is so."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from fused import at, captures, said, together
from test_fuse_learn import FOUR

from trucewatch.fuse import FuseParams, fuse
from trucewatch.fuse.calibrate import Evidence, calibrated, calibration, calibration_error, isotonic
from trucewatch.fuse.learn import learn
from trucewatch.fuse.learnt import Judged, Learnt
from trucewatch.fuse.prior import Sources, believed, prior
from trucewatch.simulate.reports import reports
from trucewatch.tables import CONSTRAINTS, DEPENDENCE, HAPPENED, LEARNT
from trucewatch.testing import observations

P = FuseParams()
NAMES = ["source-1", "source-2", "source-3", "source-4"]
NO_JUDGEMENT = Judged(CONSTRAINTS.empty(), HAPPENED.empty())


@pytest.fixture(scope="module")
def world():
    """Who truly tells of what, a third of it invented, and what was learnt of it: told, real, learnt."""
    made = reports(replace(FOUR, reports=16_000, spurious=0.3))
    rows = made.observations.join(made.truth, on="id").with_columns(
        group=pl.when(pl.col("incident").is_not_null())
        .then(pl.format("i{}", "incident"))
        .otherwise(pl.format("n{}", pl.coalesce("copy_of", "id")))
    )
    table = rows.group_by("group").agg(
        real=pl.col("incident").is_not_null().first(), **{n: (pl.col("source") == n).any() for n in NAMES}
    )
    table = table.sort("group")
    return table.select(NAMES).to_numpy(), table["real"].to_numpy().astype(float), learn(made.observations)


def chances(told: np.ndarray, learnt: Learnt) -> np.ndarray:
    return prior(told, ~told, believed(NAMES, np.zeros(4, bool), learnt, P), np.full(4, 0.002))


def only_copier_and_original(told: np.ndarray) -> np.ndarray:
    return ~told[:, 0] & ~told[:, 1] & told[:, 2] & told[:, 3]


def test_what_only_a_source_and_its_copier_tell_is_believed_no_more_than_is_so(world):
    told, real, learnt = world
    both = only_copier_and_original(told)
    independent = replace(learnt, dependence=DEPENDENCE.empty())
    assert chances(told, learnt)[both].mean() == pytest.approx(real[both].mean(), abs=0.08)
    assert chances(told, independent)[both].mean() > real[both].mean() + 0.5, "the trap that this is about"


def test_without_any_judgement_the_error_is_what_is_stated(world):
    told, real, learnt = world
    assert calibration_error(chances(told, learnt), real, P.bins) < 0.05


def test_five_hundred_judged_incidents_hold_it_to_three_in_a_hundred(world):
    told, real, learnt = world
    feature = np.column_stack([told, told[:, 2] & told[:, 3]]).astype(float)
    whole = Evidence(chances(told, learnt), [*NAMES, "group"], feature)

    def part(which: np.ndarray) -> Evidence:
        return Evidence(whole.prior[which], whole.names, whole.features[which])

    errors = []
    for seed in range(5):
        judged = np.random.default_rng(seed).choice(real.size, 500, replace=False)
        apart = np.setdiff1d(np.arange(real.size), judged)
        table = calibration(part(judged), real[judged], P)
        errors.append(calibration_error(calibrated(part(apart), table), real[apart], P.bins))
    assert np.mean(errors) <= 0.03, errors
    independent = chances(told, replace(learnt, dependence=DEPENDENCE.empty()))
    assert calibration_error(independent, real, P.bins) > 2 * np.mean(errors)


def test_few_judgements_leave_the_prior_and_say_so(world):
    told, real, learnt = world
    seen = Evidence(chances(told, learnt)[:10], NAMES, told[:10].astype(float))
    table = calibration(seen, real[:10], P)
    assert table.select("part", "name", "value").rows() == [("prior", "judged", 10.0)]
    assert calibrated(seen, table).tolist() == seen.prior.tolist()


def slowly(told: list[bool], own: list[float], invents: list[float], copies: list[tuple[int, int, float]]) -> float:
    """Each source sees or not, each copier repeats or not: every way that gives what is told, added up."""
    happened = nothing = 0.0
    n = len(told)
    for sees, repeats in itertools.product(itertools.product([0, 1], repeat=n), itertools.product([0, 1], repeat=len(copies))):  # fmt: skip
        weight = np.prod([own[s] if sees[s] else 1 - own[s] for s in range(n)])
        weight *= np.prod([c[2] if r else 1 - c[2] for c, r in zip(copies, repeats, strict=True)])
        out = [bool(s) for s in sees]
        for (copier, original, _), r in zip(copies, repeats, strict=True):
            out[copier] = out[copier] or bool(r and sees[original])
        happened += weight * (out == told)
    for one, repeats in itertools.product(range(n), itertools.product([0, 1], repeat=len(copies))):
        weight = np.prod([c[2] if r else 1 - c[2] for c, r in zip(copies, repeats, strict=True)])
        out = [s == one for s in range(n)]
        for (copier, original, _), r in zip(copies, repeats, strict=True):
            out[copier] = out[copier] or bool(r and original == one)
        nothing += invents[one] * weight * (out == told)
    return happened / (happened + nothing) if happened + nothing else 0.0


@pytest.mark.parametrize("told", list(itertools.product([False, True], repeat=3))[1:])
def test_the_prior_is_what_adding_up_every_way_gives(told):
    own, invents, copies = [0.7, 0.5, 0.2], [0.2, 0.1, 0.05], [(2, 0, 0.6)]
    flags = np.array([told])
    quick = prior(flags, ~flags, Sources(np.array(own), np.array(invents), copies), np.zeros(3))[0]
    assert quick == pytest.approx(slowly(list(told), own, invents, copies), abs=1e-9)


def test_an_instrument_is_worth_its_ratio_and_no_more():
    own, chance = np.array([0.6, 0.045]), np.array([0.0, 0.013])
    sources = Sources(own, np.array([0.3, 0.0]), [])
    alone, both = np.array([[True, False]]), np.array([[True, True]])
    odds = [p / (1 - p) for p in (prior(t, np.zeros_like(t), sources, chance)[0] for t in (alone, both))]
    assert odds[1] / odds[0] == pytest.approx((1 - 0.955 * 0.987) / 0.013)
    nothing = Sources(np.array([0.6, 0.0]), np.array([0.3, 0.0]), [])
    same = [prior(t, np.zeros_like(t), nothing, chance)[0] for t in (alone, both)]
    assert same[0] == pytest.approx(same[1]), "on shifted copies the weight vanishes"


def test_isotonic_is_the_nearest_curve_that_never_falls():
    y = np.array([0.2, 0.1, 0.9, 0.4, 0.8])
    slow = [max(min(y[a : b + 1].mean() for b in range(n, 5)) for a in range(n + 1)) for n in range(5)]
    assert isotonic(y, np.ones(5)).tolist() == pytest.approx(slow)


def test_a_judgement_wins_over_every_score_and_two_that_differ_are_not_heard():
    frame = observations([said("a"), said("b", lat=48.0), said("c", t0=at(days=9))])
    one = frame["id"][2]
    plain = fuse(frame, captures(frame))

    def judged(*calls: bool) -> float:
        rows = [(one, call, f"person {n}", n) for n, call in enumerate(calls)]
        people = replace(NO_JUDGEMENT, happened=pl.DataFrame(rows, schema=HAPPENED.schema, orient="row"))
        made = fuse(frame, captures(frame), judged=people)
        assert together(made) == together(plain)
        name = made.links.filter(pl.col("observation") == one)["incident"].item()
        return made.incidents.filter(pl.col("id") == name)["p"].item()

    assert judged(True) == 1.0
    assert judged(False) == 0.0
    assert judged(True, False) == pytest.approx(0.7)


def test_a_habit_of_copying_makes_one_lineage_and_a_written_one_does_too():
    frame = observations([said("a"), said("b")])
    table = pl.DataFrame([("b", "a", 0.8, "they say so themselves")], schema=DEPENDENCE.schema, orient="row")
    known = LEARNT.fit(pl.DataFrame({"source": ["a", "b"], "most_per_incident": [1, 1]}))
    alone = fuse(frame, captures(frame), learnt=Learnt("1", known)).incidents
    tied = fuse(frame, captures(frame), learnt=Learnt("1", known, table)).incidents
    assert alone["n_lineages"].to_list() == [2]
    assert tied["n_lineages"].to_list() == [1]
    assert tied["p"].item() < alone["p"].item()


def test_the_same_words_are_one_lineage_and_a_stock_phrase_is_not():
    def lineages(*words: str) -> int:
        frame = observations([said(s, says=w) for s, w in zip("ab", words, strict=True)])
        return fuse(frame, captures(frame)).incidents["n_lineages"].item()

    assert lineages("Shells fell on the old mill.", "shells fell on the OLD mill") == 1
    assert lineages("Shells fell on the old mill.", "Shells fell near the old mill") == 2
    assert lineages("air alert", "Air alert!") == 2
