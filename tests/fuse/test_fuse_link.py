"""Linking: best pairs first, one sighting of a source in each cluster, all pairs across add up in favour."""

from __future__ import annotations

import itertools
import math
import random

import polars as pl
from fused import PARAMS, at, said, together, told
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse.link import link


def by_hand(odds: dict[tuple[int, int], float], source: list[int]) -> list[set[int]]:
    """The rule of `link`, on sets, with every pair looked up anew."""
    clusters = [{n} for n in range(len(source))]
    worth = {pair: score for pair, score in odds.items() if score >= math.log(PARAMS.accept_odds)}
    for one, two in sorted(worth, key=lambda pair: (-worth[pair], pair)):
        a = next(c for c in clusters if one in c)
        b = next(c for c in clusters if two in c)
        across = [odds.get((min(m, n), max(m, n)), PARAMS.apart) for m in a for n in b]
        twice = {source[m] for m in a} & {source[n] for n in b}
        if a is not b and not twice and sum(max(score, PARAMS.apart) for score in across) > 0:
            clusters.remove(b)
            a |= b
    return clusters


@st.composite
def scored(draw):
    source = draw(st.lists(st.integers(0, 4), min_size=1, max_size=9))
    pairs = [p for p in itertools.combinations(range(len(source)), 2) if source[p[0]] != source[p[1]]]
    score = st.integers(-8, 12).map(lambda n: n / 2)
    return source, {pair: draw(score) for pair in pairs if draw(st.booleans())}


@settings(max_examples=300)
@given(scored(), st.randoms())
def test_clusters_are_those_of_the_rule_by_hand_and_their_scores_are_means(made, chance: random.Random):
    source, odds = made
    rows = [(a, b, score) for (a, b), score in odds.items()]
    chance.shuffle(rows)
    types = {"left": pl.UInt32, "right": pl.UInt32, "score": pl.Float64}
    got = link(pl.DataFrame(rows, types, orient="row"), pl.DataFrame({"source": source}), PARAMS)
    wanted = by_hand(odds, source)
    assert {frozenset(g) for g in got.group_by("cluster").agg("sighting")["sighting"]} == set(map(frozenset, wanted))
    for cluster in wanted:
        for member in cluster:
            label, score = got.row(member)[1:]
            mates = [odds.get((min(member, m), max(member, m)), PARAMS.apart) for m in cluster - {member}]
            assert label == min(cluster)
            assert (
                score is None
                if not mates
                else math.isclose(score, sum(max(m, PARAMS.apart) for m in mates) / len(mates))
            )


def test_a_pair_at_even_odds_is_not_linked():
    types = {"left": pl.UInt32, "right": pl.UInt32, "score": pl.Float64}
    two = pl.DataFrame({"source": [0, 1]})
    for odds, clusters in ((1.999, 2), (2.001, 1)):
        got = link(pl.DataFrame([(0, 1, math.log(odds))], types, orient="row"), two, PARAMS)
        assert got["cluster"].n_unique() == clusters


def test_of_two_by_one_source_the_nearer_is_the_same():
    rows = [said("a"), said("b", lat=48.004), said("b", lat=48.0005)]
    assert together(told(rows)) == {frozenset("13"), frozenset("2")}


def test_no_chain_creeps_along_a_front():
    # Each is near the next, by another source; the ends are far apart, and speak against one happening.
    chain = [said(name, lat=48 + 0.009 * n, radius_m=800.0) for n, name in enumerate("abcdefgh")]
    groups = together(told(chain))
    assert max(map(len, groups)) < 8
    assert min(map(len, groups)) < 8 and len(groups) > 1


def test_an_hour_apart_is_not_one_shot_and_a_day_told_only_as_a_day_may_be():
    assert together(told([said("a"), said("b", t0=at(hours=1))])) == {frozenset("1"), frozenset("2")}
    day = said("b", t0=at(hours=-8), t1=at(hours=16))
    assert together(told([said("a"), day])) == {frozenset("12")}
