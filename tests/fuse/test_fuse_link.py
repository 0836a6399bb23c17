"""Linking: the pairs of the rule by hand, the best parting of all, and the places and times where others fail."""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from fused import PARAMS, at, crowds, metres, said, seen, together, told
from hypothesis import given, settings

from trucewatch.fuse.clusters import EXACT, worth_of
from trucewatch.fuse.errors import facts_and_model
from trucewatch.fuse.kernels import log_time, pair_score
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.link import link, near

NONE = Learnt()


def usable(rows) -> pl.DataFrame:
    return seen(rows).filter(pl.col("alone").is_null())


def pairs_by_hand(rows) -> set[tuple[int, int]]:
    """Every pair, one after the other: of two sources, within three errors in place and in time, and worth a link."""
    sightings = usable(rows)
    if sightings.is_empty():
        return set()
    facts, model = facts_and_model(sightings, PARAMS, NONE)
    found, scratch = set(), np.empty((2, 3))
    for (i, one), (j, two) in itertools.combinations(enumerate(sightings.rows(named=True)), 2):
        far = metres(one["lon"], one["lat"], two["lon"], two["lat"]) > 3 * math.hypot(one["sd_m"], two["sd_m"])
        late = abs(one["at_s"] - two["at_s"]) > 3 * math.hypot(one["sd_s"], two["sd_s"])
        same = one["source"] == two["source"]
        if not (far or late or same) and pair_score(facts, model, i, j, scratch) > model.accept:
            found.add((i, j))
    return found


@settings(max_examples=60, deadline=None)
@given(crowds())
def test_the_pairs_are_those_that_looking_at_every_pair_finds_each_once(rows):
    sightings = usable(rows)
    if sightings.is_empty():
        return
    left, right, _ = near(*facts_and_model(sightings, PARAMS, NONE), PARAMS)
    found = list(zip(left.tolist(), right.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == pairs_by_hand(rows)


@pytest.mark.parametrize("radius", [300.0, 4_000.0])
@pytest.mark.parametrize("gap_minutes", [15, 45, 200])
def test_pairs_are_found_however_long_each_source_is_silent_between(radius, gap_minutes):
    """Two sources about one town for days: times are slid through, box by box, and nothing is leapt over."""
    rng = np.random.default_rng(gap_minutes)
    rows = []
    for source, own in (("a", 300.0), ("b", radius)):
        for minutes in np.cumsum(rng.exponential(gap_minutes, 60)):
            place = {"lon": 38.0 + rng.normal(0, 0.01), "lat": 48.0 + rng.normal(0, 0.007)}
            rows.append(said(source, **place, radius_m=own, t0=at(minutes=float(minutes))))
    left, right, _ = near(*facts_and_model(usable(rows), PARAMS, NONE), PARAMS)
    found = set(zip(left.tolist(), right.tolist(), strict=True))
    assert found == pairs_by_hand(rows)
    assert len(found) > 2


def partings(rows: list[int]):
    """All ways to part rows into sets."""
    if not rows:
        yield []
        return
    for rest in partings(rows[1:]):
        yield [[rows[0]], *rest]
        for n, part in enumerate(rest):
            yield [*rest[:n], [rows[0], *part], *rest[n + 1 :]]


@settings(max_examples=30, deadline=None)
@given(crowds(6))
def test_a_small_group_is_parted_as_trying_every_way_would(rows):
    sightings = usable(rows)
    if sightings.is_empty():
        return
    facts, model = facts_and_model(sightings, PARAMS, NONE)
    work = np.empty((3, 13))

    def worth(parting):
        sets = [np.array(sorted(part), np.int64) for part in parting if len(part) > 1]
        return sum(worth_of(facts, model, s, s.size, work) - (s.size - 1) * model.accept for s in sets)

    made = link(seen(rows), PARAMS, NONE).with_row_index("row")
    place = {sighting: n for n, sighting in enumerate(sightings["sighting"])}
    for group in made.group_by("component").agg("sighting")["sighting"].to_list():
        members = sorted(place[s] for s in group if s in place)
        if not 1 < len(members) <= EXACT:
            continue
        label = dict(made.select("sighting", "cluster").rows())
        back = {n: s for s, n in place.items()}
        got = [[m for m in members if label[back[m]] == c] for c in sorted({label[back[m]] for m in members})]
        assert worth(got) >= max(worth(parting) for parting in partings(members)) - 1e-9


def test_the_score_is_the_ratio_worked_out_by_hand():
    pair = seen([said("a"), said("b", lon=38.004, t0=at(minutes=9))])
    facts, model = facts_and_model(pair, PARAMS, NONE)
    v = 2 * ((500 / 2.4477) ** 2 + 150**2)
    gap = math.radians(0.004) * 6_371_008.8 * math.cos(math.radians(48))
    place = math.exp(-(gap**2) / 2 / v) / (2 * math.pi * v)
    w = 2 * (60**2 / 12 + 600**2)
    time = math.exp(-(540**2) / 2 / w) / math.sqrt(2 * math.pi * w)
    chance = 1 / (math.pi * 17_000**2 * 2 * 24 * 86_400)  # one sighting in the circle and in 48 days
    score = pair_score(facts, model, 0, 1, np.empty((2, 3)))
    assert math.isclose(score, math.log(0.5 * place * time / chance), rel_tol=1e-5)


def test_a_busy_front_lowers_what_nearness_says_and_a_busy_front_far_away_does_not():
    def score(rows):
        sightings = seen(rows)
        facts, model = facts_and_model(sightings, PARAMS, NONE)
        first = sightings.filter(pl.col("at_s") <= at(minutes=10).timestamp())["sighting"].to_list()[:2]
        return pair_score(facts, model, *first, np.empty((2, 3)))

    pair = [said("a"), said("b", lon=38.004, t0=at(minutes=9))]
    busy = [said("b", lat=48.05, t0=at(hours=h)) for h in range(2, 22)]
    assert math.isclose(score(pair + busy), score(pair) - math.log(21 * 16), rel_tol=1e-9)  # and in 3 days, not 48
    assert math.isclose(score(pair + [{**row, "lat": 50.0} for row in busy]), score(pair), rel_tol=1e-9)


@pytest.mark.parametrize(("lo", "hi", "lo2", "hi2"), [(0, 0, 3, 3), (0, 9, 3, 3), (0, 9, 4, 20), (0, 9, 12, 15)])
def test_spans_meet_as_summing_over_every_moment_would(lo, hi, lo2, hi2):
    sd = 1.3

    def density(t, a, b):
        if a == b:
            return math.exp(-((t - a) ** 2) / sd**2) / math.sqrt(math.pi * sd**2)
        return (math.erf((t - a) / sd) - math.erf((t - b) / sd)) / 2 / (b - a)

    step = 0.01
    total = sum(density(n * step, lo, hi) * density(n * step, lo2, hi2) for n in range(-2000, 4000)) * step
    assert math.isclose(math.exp(log_time(lo, hi, lo2, hi2, sd**2)), total, rel_tol=1e-3)


ONE, TWO = frozenset("12"), {frozenset("1"), frozenset("2")}


@pytest.mark.parametrize("lat", [0.0, 48.0, -65.0, 89.0])
def test_the_antimeridian_is_a_line_like_any_other(lat):
    assert together(told([said("a", lon=179.9999, lat=lat), said("b", lon=-179.9999, lat=lat)])) == {ONE}
    assert together(told([said("a", lon=180.0, lat=lat), said("b", lon=-180.0, lat=lat)])) == {ONE}


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_at_a_pole_every_longitude_is_near(pole):
    near_it = math.copysign(89.9999, pole)
    assert together(told([said("a", lon=10.0, lat=near_it), said("b", lon=-170.0, lat=near_it)])) == {ONE}
    assert together(told([said("a", lon=10.0, lat=pole), said("b", lon=99.0, lat=pole)])) == {ONE}


def test_a_long_span_meets_a_short_one_that_lies_days_away_from_its_middle():
    week = said("a", t0=at(days=-3), t1=at(days=4), radius_m=500.0)
    assert together(told([week, said("b", t0=at(days=3, hours=20))])) == {ONE}
    assert together(told([week, said("b", t0=at(days=5))])) == TWO


def test_a_day_and_the_next_day_are_not_one_though_their_middles_are_near():
    today, tomorrow = said("a", t1=at(days=1)), said("b", t0=at(days=1), t1=at(days=2))
    assert together(told([today, said("b", t1=at(days=1))])) == {ONE}
    same = link(seen([today, said("b", t1=at(days=1))]), PARAMS)["score"][0]
    next_day = link(seen([today, tomorrow]), PARAMS)["score"][0]
    assert next_day is None or next_day < same - 3


def test_one_source_never_speaks_twice_in_an_incident_nor_acts_that_cannot_be_the_same():
    assert together(told([said("a"), said("a")])) == TWO
    assert together(told([said("a", "shelling"), said("b", "works")])) == TWO
    assert together(told([said("a", "shelling"), said("b", "explosion")])) == {ONE}


def test_a_source_that_may_give_two_gives_two():
    rows = pl.DataFrame({"source": ["a"], "most_per_incident": [2]})
    from trucewatch.tables import LEARNT

    two = Learnt("x", LEARNT.fit(rows))
    made = link(seen([said("a"), said("a", lon=38.0001), said("a", lon=38.0002)]), PARAMS, two)
    assert sorted(made.group_by("cluster").len()["len"].to_list()) == [1, 2]


def test_what_people_have_parted_stays_parted():
    sightings = seen([said("a"), said("b"), said("c", lat=48.01)])
    both = pl.DataFrame({"left": [1], "right": [0]})
    made = link(sightings, PARAMS, cannot=both)["cluster"].to_list()
    assert made[0] != made[1]


def test_what_people_have_joined_is_one_whatever_its_score_and_parting_holds_for_all_of_it():
    sightings = seen([said("a"), said("a", lat=48.3), said("b", lat=48.3001)])
    far = pl.DataFrame({"left": [0], "right": [1]})
    assert link(sightings, PARAMS)["cluster"].to_list() == [0, 1, 1]
    assert link(sightings, PARAMS, must=far)["cluster"][:2].to_list() == [0, 0]
    parted = link(sightings, PARAMS, must=far, cannot=pl.DataFrame({"left": [0, 1], "right": [2, 2]}))
    assert parted["cluster"].to_list() == [0, 0, 2]


def test_of_two_by_one_source_the_nearer_is_the_same():
    rows = [said("a"), said("b", lat=48.004), said("b", lat=48.0005)]
    assert together(told(rows)) == {frozenset("13"), frozenset("2")}


def test_no_chain_creeps_along_a_front():
    # Each is near the next, by another source; the ends are far apart, and speak against one happening.
    chain = [said(name, lat=48 + 0.009 * n, radius_m=800.0) for n, name in enumerate("abcdefghijkl")]
    groups = together(told(chain))
    assert len(groups) > 1 and max(map(len, groups)) < 8


def test_an_hour_apart_is_not_one_shot_and_a_day_told_only_as_a_day_may_be():
    assert together(told([said("a"), said("b", t0=at(hours=2))])) == TWO
    day = said("b", t0=at(hours=-8), t1=at(hours=16))
    assert together(told([said("a"), day])) == {ONE}


@pytest.mark.parametrize(
    ("vague", "why"),
    [
        ({"lon": None, "lat": None}, "no point is told"),
        ({"radius_m": None}, "its error in place is not told"),
        ({"radius_m": 30_001.0}, "too vague in place to link"),
        ({"t1": at(days=8, seconds=1)}, "too vague in time to link"),
    ],
)
def test_what_is_too_vague_stands_alone_and_says_why(vague, why):
    sightings = seen([said("a", **vague), said("b")])
    assert sightings.filter(pl.col("alone").is_not_null())["alone"].to_list() == [why]
