"""A launch and an impact are two things, however near they were noticed: neither is ever the other."""

from __future__ import annotations

from itertools import permutations

import pytest
from fused import at, said, together, told

APART = [("launch", "impact"), ("flight", "impact"), ("launch", "airburst")]


def groups(rows) -> list[int]:
    return sorted(len(group) for group in together(told(rows)))


@pytest.mark.parametrize(("one", "two"), APART)
def test_two_phases_are_two_incidents_and_one_phase_is_one(one, two):
    assert groups([said("a", phase=one), said("b", phase=two, t0=at(minutes=1))]) == [1, 1]
    assert groups([said("a", phase=one), said("b", phase=one, t0=at(minutes=1))]) == [2]


def test_who_tells_no_phase_may_mean_either():
    assert groups([said("a", phase="launch"), said("b", t0=at(minutes=1))]) == [2]


def test_who_denies_a_launch_denies_the_impact_too():
    assert groups([said("a", phase="impact"), said("b", phase="launch", stance="denies", t0=at(minutes=1))]) == [2]


def test_a_third_that_tells_none_does_not_make_two_phases_one_in_whatever_order_they_came():
    rows = [said("a", phase="launch"), said("b", t0=at(minutes=1)), said("c", phase="impact", t0=at(minutes=2))]
    made = [together(told(list(turn))) for turn in permutations(rows)]
    assert all(sorted(len(group) for group in each) == [1, 2] for each in made)


def test_in_a_crowd_that_is_parted_best_first_no_set_holds_two_phases():
    rows = [
        said(f"s{n}", phase=("launch", "impact", None)[n % 3], t0=at(minutes=n / 4), lon=38.0 + n / 5_000)
        for n in range(12)
    ]
    made = told(rows)
    phases = dict(zip((f"{n}" for n in range(1, 13)), (row["phase"] for row in rows), strict=True))
    for group in together(made):
        assert len({phases[name] for name in group} - {None}) <= 1
    assert max(len(group) for group in together(made)) > 2
