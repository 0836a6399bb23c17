"""What is counted stands for what there was, by who could have seen it; where nobody looked nothing is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import shapely
from looking import ASK, incidents, looks

from trucewatch.cover import CoverParams, rate
from trucewatch.tables import LINKS, OBSERVATIONS
from trucewatch.testing import observations

PARAMS = CoverParams()
NOBODY = (OBSERVATIONS.empty(), LINKS.empty())


def spoke(*pairs: tuple[str, str], **more) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(incident, source) -> what those sources say of them."""
    said = observations([{"kind": "shelling", "source": source, **more} for _, source in pairs])
    return said, LINKS.fit(
        pl.DataFrame({"incident": [one for one, _ in pairs], "observation": said["id"], "because": ["x"] * len(pairs)})
    )


def test_one_that_is_noticed_in_four_stands_for_four():
    there = incidents({"id": "i", "from": 9, "to": 9.1})
    got = rate(looks({"from": 8, "to": 16, "p": 0.25}), there, *spoke(("i", "a")), ASK, PARAMS)
    assert (got.noticed, got.met, got.least) == (1, 1, 4.0)
    assert got.most == pytest.approx(1 / (0.25 * 0.7))


def test_zero_exposure_is_unknown_and_not_zero():
    there = incidents({"id": "i", "from": 9, "to": 9.1})
    for seen in (looks({"from": 20, "to": 22}), looks({"from": 8, "to": 16}).clear()):
        got = rate(seen, there, *spoke(("i", "a")), ASK, PARAMS)
        assert (got.noticed, got.met, got.least, got.most) == (0, 0, None, None)


def test_what_whoever_looked_did_not_tell_stands_for_none_and_what_sources_without_looks_tell_is_not_counted():
    there = incidents({"id": "i", "from": 9, "to": 9.1})
    seen = looks({"from": 8, "to": 16, "p": 0.5})
    for said in (NOBODY, spoke(("i", "z")), spoke(("i", "a"), stance="denies")):
        got = rate(seen, there, *said, ASK, PARAMS)
        assert (got.noticed, got.met, got.least) == (0, 1, 0.0)


def test_voices_are_at_least_the_best_and_at_most_their_sum_and_a_copy_is_no_second_voice():
    there = incidents({"id": "i", "from": 9, "to": 9.1})
    two = looks({"from": 8, "to": 16, "p": 0.2, "source": "a"}, {"from": 8, "to": 16, "p": 0.3, "source": "b"})
    got = rate(two, there, *spoke(("i", "b")), ASK, PARAMS)
    assert got.least == pytest.approx(1 / 0.5) and got.most == pytest.approx(1 / (0.3 * 0.7))


def test_a_chance_of_nought_that_is_not_ruled_out_leaves_no_most():
    there = incidents({"id": "i", "from": 9, "to": 9.1}, {"id": "j", "from": 0, "to": 24})
    got = rate(looks({"from": 8, "to": 16, "p": 0.5}), there, *spoke(("i", "a")), ASK, PARAMS)
    assert got.least == 2.0 and got.most is None


def test_other_kinds_other_times_and_what_nobody_affirms_are_not_of_it():
    there = incidents(
        {"id": "i", "from": 9, "to": 9.1}, {"id": "k", "from": 9, "to": 9.1, "kind": "small_arms"},
        {"id": "t", "from": 73, "to": 73.1}, {"id": "d", "from": 9, "to": 9.1},
    ).with_columns(n_lineages=pl.when(pl.col("id") == "d").then(0).otherwise("n_lineages"))  # fmt: skip
    said = spoke(*((one, "a") for one in "iktd"))
    assert rate(looks({"from": 0, "to": 96, "p": 1.0}), there, *said, ASK, PARAMS).met == 1


def test_over_many_drawings_the_truth_lies_between_the_bounds():
    """Two grounds watched unlike, 300 incidents: the count alone is a third of them, and the more so where less is seen."""
    dice, n = np.random.default_rng(1), 300
    boxes = [bytes(shapely.to_wkb(shapely.box(10 + k, 50, 10.9 + k, 50.9))) for k in (0, 1)]
    seen = looks({"from": 0, "to": 24, "p": 0.2, "source": "a", "footprint": boxes[0]},
                 {"from": 0, "to": 24, "p": 0.8, "source": "b", "footprint": boxes[1]})  # fmt: skip
    least, most, counted = [], [], []
    for _ in range(20):
        east = dice.integers(0, 2, n)
        there = incidents(
            *({"id": f"i{k}", "from": 9, "to": 9.1, "lon": 10.5 + e, "lat": 50.5} for k, e in enumerate(east))
        )
        told = [(f"i{k}", "ab"[e]) for k, e in enumerate(east) if dice.random() < (0.2, 0.8)[e]]
        got = rate(seen, there, *spoke(*told), ASK, PARAMS)
        least.append(got.least)
        most.append(got.most)
        counted.append(got.noticed)
    assert np.mean(counted) == pytest.approx(n / 2, rel=0.1)
    assert np.mean(least) == pytest.approx(n, rel=0.1)
    assert np.mean(most) == pytest.approx(n / 0.7, rel=0.1)
