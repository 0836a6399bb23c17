"""Step 6: the frontier, the points and robust packages, against going through every package by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
import yaml
from ford import FORD
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.settle import SettleParams, positions, weigh, weights
from trucewatch.settle.frontier import egalitarian, frontier, gains, kalai_smorodinsky, most_even, nash
from trucewatch.settle.solver import units
from trucewatch.settle.space import Space, Worth
from trucewatch.settle.weights import at_worst


@st.composite
def spaces(draw, parties: int = 2) -> tuple[Space, list[Worth]]:
    sizes = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))

    def box():
        issues = draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=3, unique=True))
        return tuple((i, frozenset(draw(st.sets(st.integers(0, sizes[i] - 1), min_size=1)))) for i in issues)

    clauses = tuple(box() for _ in range(draw(st.integers(0, 2))))
    worths = [
        Worth(
            tuple((draw(st.integers(-9, 20)), box()) for _ in range(draw(st.integers(1, 5)))),
            30,
            draw(st.sampled_from([None, 25])),
        )
        for _ in range(parties)
    ]
    return Space(sizes, clauses), worths


def by_hand(space: Space, worths: list[Worth]) -> list[tuple[int, ...]]:
    all_of_them = {units(worths, package) for package in space.packages()}
    return sorted(
        one
        for one in all_of_them
        if not any(other != one and all(a >= b for a, b in zip(other, one, strict=True)) for other in all_of_them)
    )


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_the_frontier_of_two_is_that_of_brute_force(drawn):
    space, worths = drawn
    found, whole = frontier(space, worths)
    assert whole and [point.units for point in found] == by_hand(space, worths)
    in_two_questions, _ = frontier(space, worths, SettleParams(one_question=0))
    assert [point.units for point in in_two_questions] == [point.units for point in found]
    assert all(space.allows(point.package) and units(worths, point.package) == point.units for point in found)


@settings(max_examples=30, deadline=None)
@given(spaces(parties=3))
def test_the_frontier_of_three_is_that_of_brute_force(drawn):
    space, worths = drawn
    found, whole = frontier(space, worths)
    assert whole and [point.units for point in found] == by_hand(space, worths)


@settings(max_examples=40, deadline=None)
@given(spaces(), st.integers(2, 9), st.integers(0, 9))
def test_no_point_changes_with_a_partys_scale_and_all_swap_with_the_parties(drawn, factor, none):
    space, worths = drawn
    no_deal = [Fraction(none), Fraction(3)]
    scaled = [replace(worths[0], parts=tuple((v * factor, b) for v, b in worths[0].parts), whole=30 * factor,
                      cap=None if worths[0].cap is None else worths[0].cap * factor), worths[1]]  # fmt: skip
    plain, larger = frontier(space, worths)[0], frontier(space, scaled)[0]
    swapped = frontier(space, worths[::-1])[0]
    for point in (nash, egalitarian, kalai_smorodinsky, most_even):
        here = [one.units for one in point(plain, worths, no_deal)]
        there = [one.units for one in point(larger, scaled, [no_deal[0] * factor, no_deal[1]])]
        mirror = sorted(one.units[::-1] for one in point(swapped, worths[::-1], no_deal[::-1]))
        assert there == [(a * factor, b) for a, b in here]
        assert mirror == here


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_the_points_are_best_among_all_packages_by_their_own_words(drawn):
    space, worths = drawn
    none = [Fraction(2), Fraction(2)]
    every = [
        [Fraction(a - 2), Fraction(b - 2)] for a, b in {units(worths, p) for p in space.packages()} if min(a, b) >= 2
    ]
    found = frontier(space, worths)[0]
    most = [max((g[n] for g in every), default=Fraction(0)) for n in range(2)]
    for point, key in (
        (nash, lambda g: g[0] * g[1]),
        (egalitarian, min),
        (kalai_smorodinsky, lambda g: min(x / m if m else Fraction(1) for x, m in zip(g, most, strict=True))),
    ):
        best = [gains(one, none) for one in point(found, worths, none)]
        assert bool(best) == bool(every)
        if best:
            assert key(best[0]) == max(map(key, every))


def test_where_a_frontier_has_gaps_the_largest_least_share_and_the_most_even_shares_part():
    """Four packages, worth (10, 0), (8, 5), (4, 6) and (2, 10)."""
    space = Space((4,))

    def worth(*values: int) -> Worth:
        return Worth(tuple((v, ((0, frozenset({n})),)) for n, v in enumerate(values) if v), 10)

    none = [Fraction(0)] * 2
    even = [worth(10, 8, 4, 2), worth(0, 5, 6, 10)]
    found = frontier(space, even)[0]
    assert [point.units for point in kalai_smorodinsky(found, even, none)] == [(8, 5)]  # shares 0.8 and 0.5
    assert [point.units for point in most_even(found, even, none)] == [(4, 6)]  # shares 0.4 and 0.6 differ less


def test_no_allowed_package_gives_no_point():
    assert frontier(Space((2,), (((0, frozenset({0})),), ((0, frozenset({1})),))), [Worth((), 1), Worth((), 1)]) == (
        [],
        True,
    )


def test_a_cap_cuts_a_frontier_of_three_short_and_says_so():
    worths = [Worth(((1, ((n, frozenset({1})),)),), 1) for n in range(3)]
    none_together = tuple(((a, frozenset({0})), (b, frozenset({0}))) for a, b in itertools.combinations(range(3), 2))
    found, whole = frontier(Space((2, 2, 2), none_together), worths, SettleParams(most_sets=2))
    assert len(found) == 2 and not whole


WEIGHTS = """\
weights: mine
about: ford
source: an adviser's guess
parties:
  - party: north
    no_agreement: {low: 0.1, high: 0.3}
    issues:
      - {issue: line, weight: {low: 1, high: 3}, values: {north-bank: 0, as-is: 1, pulled: {low: 0.3, high: 0.6}}}
      - {issue: watch, weight: 1, values: {nobody: 0, envoy: 0.7, both: 1}}
      - {issue: ferry, weight: 2, values: {runs: 1, stops: 0}}
  - party: south
    issues:
      - {issue: line, weight: 2, values: {north-bank: 1, as-is: 0, pulled: 0.8}}
      - {issue: watch, weight: 1, values: {nobody: 0.5, envoy: 1, both: 0.6}}
      - {issue: ferry, weight: {low: 0.5, high: 1}, values: {runs: 0.4, stops: 1}}
"""
OPEN = FORD.replace("accepts: [as-is], firmness: red_line", "accepts: [as-is], firmness: demand")


def test_points_say_whose_weights_they_are_and_at_which_setting():
    made = positions(OPEN, "ford.yaml")
    found = weigh(made, weights(WEIGHTS, made))
    assert found.whole and len(found.draws) == 23
    assert all("by the weights of an adviser's guess, at " in says for says in found.table["says"])
    assert sum(n for _, n in found.seen["nash"]) >= len(found.draws)
    assert not any("recommend" in says for says in found.table["says"])


def test_a_package_is_robust_just_where_no_corner_of_the_bounds_refuses_it():
    made = positions(OPEN, "ford.yaml")
    given_weights = weights(WEIGHTS, made)
    worst = [at_worst(party) for party in given_weights.parties]

    def ends(one):
        return {one.low, one.high}

    for package in itertools.product(range(3), range(3), range(2)):
        for party, least in zip(given_weights.parties, worst, strict=True):
            corners = itertools.product(
                *(ends(w) for w in party.weight),
                *(ends(party.value[n][o]) for n, o in enumerate(package)),
                ends(party.none),
            )
            low = min(sum(c[n] * (c[3 + n] - c[6]) for n in range(3)) for c in corners)
            assert (least.of(package) >= 0) == (low >= 0)
    assert weigh(made, given_weights).robust == {
        "line": ["north-bank", "pulled"], "watch": ["nobody", "envoy", "both"], "ferry": ["runs"]
    }  # fmt: skip


def test_wider_bounds_never_make_more_packages_robust():
    made = positions(OPEN, "ford.yaml")
    wider = WEIGHTS.replace("{low: 0.1, high: 0.3}", "{low: 0, high: 0.6}")
    few, many = (weigh(made, weights(text, made)).robust for text in (wider, WEIGHTS))
    assert many is not None
    assert few is None or all(set(few[issue]) <= set(many[issue]) for issue in many)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("source: an adviser's guess", "", "line 1, source: has no source"),
        ("pulled: 0.8", "pulled: 1.8", "1.8 is no number from 0 to 1"),
        (", pulled: 0.8", "", "gives no value for 'pulled'"),
        ("{low: 1, high: 3}", "{low: 3, high: 1}", "low 3 is above high 1"),
        ("weight: 1, values: {nobody: 0,", "weight: 0.00011, values: {nobody: 0,", "is finer than a thousandth"),
        ("issue: ferry, weight: 2", "issue: fery, weight: 2", "there is no issue 'fery'; did you mean 'ferry'?"),
        ("party: south", "party: north", "weighs south 0 times"),
        ("issue: ferry, weight: 2", "issue: watch, weight: 2", "weighs 'watch' twice"),
        ("about: ford", "about: bridge", "is about 'bridge'; expected weights about ford"),
    ],
)  # fmt: skip
def test_a_fault_of_weights_is_named_with_its_line_and_the_file_refused(old, new, told):
    assert old in WEIGHTS
    with pytest.raises(InputError) as wrong:
        weights(WEIGHTS.replace(old, new, 1), positions(FORD, "ford.yaml"), "w.yaml")
    assert told in str(wrong.value)


def test_the_example_is_yaml_as_others_read_it():
    assert yaml.safe_load(WEIGHTS)["about"] == "ford"
