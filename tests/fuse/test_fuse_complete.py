"""How many incidents nobody reported: held to truths that are known, and to sums that can be done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from fused import at, captures, said
from test_fuse_learn import FOUR

from trucewatch.fuse import fuse
from trucewatch.fuse.complete import chao_bound, unseen
from trucewatch.testing import observations

NAMES = ["a", "b", "c"]


def drawn(n: int, sees: list[float], seed: int) -> np.ndarray:
    told = np.random.default_rng(seed).random((n, len(sees))) < sees
    return np.bincount(told @ (2 ** np.arange(len(sees))), minlength=2 ** len(sees)).astype(float)


def test_two_lists_give_what_petersen_gave():
    counts = np.array([30.0, 20.0, 40.0])
    assert unseen(counts, NAMES[:2])[0] == pytest.approx(30 * 20 / 40, rel=1e-6)


def test_the_truth_lies_in_the_interval_about_as_often_as_is_said():
    hits = []
    for seed in range(60):
        counts = drawn(600, [0.6, 0.4, 0.3], seed)
        _, low, high, _ = unseen(counts[1:], NAMES)
        hits.append(low <= counts[0] <= high)
    assert np.mean(hits) >= 0.85


def test_sources_that_see_the_same_things_are_not_taken_for_independent():
    """Two of three see what is easy to see. Over forty drawings 86 % of the intervals hold the truth, not 95: the model
    is chosen on the same counts, and now and then takes in a dependence that is none."""
    hits, shares = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        easy = rng.random(4_000) < 0.5
        a, b = (rng.random(4_000) < np.where(easy, 0.8, 0.1) for _ in range(2))
        c = rng.random(4_000) < 0.5
        counts = np.bincount(a + 2 * b + 4 * c, minlength=8).astype(float)
        estimate, low, high, model = unseen(counts[1:], NAMES)
        assert "a:b" in model
        hits.append(low <= counts[0] <= high)
        shares.append(estimate / counts[0])
    assert np.mean(hits) >= 0.8
    assert 0.95 <= np.median(shares) <= 1.05, "independent sources would be given half of what nobody saw"


def test_chaos_bound_stays_below_the_truth_where_some_are_hard_to_see():
    rng = np.random.default_rng(2)
    hard = rng.beta(0.6, 1.4, 5_000)
    told = rng.random((5_000, 4)) < hard[:, None]
    counts = np.bincount(told @ (2 ** np.arange(4)), minlength=16)
    assert 0 < chao_bound(counts[1:].astype(float)) <= counts[0]


def test_where_no_two_share_anything_nothing_is_known():
    assert unseen(np.array([10.0, 5.0, 0.0]), NAMES[:2]) is None


def test_one_source_makes_it_unknown_and_copies_make_no_second_source():
    frame = observations([said("a", t0=at(days=3 * n)) for n in range(30)])
    made = fuse(frame, captures(frame)).completeness
    assert made["stratum"].to_list() == ["all", "kind: shelling"]
    assert made["unseen"].null_count() == 2
    assert made["says"][0] == "one source only: what it misses is unknown"


def test_the_stated_number_of_sources_is_what_is_left_when_copiers_are_taken_out():
    from trucewatch.fuse.learn import learn
    from trucewatch.simulate.reports import reports
    from trucewatch.testing import observations as fitted

    made = reports(FOUR).observations.head(600)
    learnt = learn(reports(FOUR).observations)
    frame = fitted(made.drop("id").to_dicts())
    with_it = fuse(frame, captures(frame), learnt=learnt).completeness
    assert with_it["sources"][0] == 3
