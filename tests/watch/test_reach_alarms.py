"""Days in excess that were judged by a day and a series in common are one alarm."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.tables import TREND
from trucewatch.tables.watched import alarmed, held_by
from trucewatch.watch.reach import Ground, Reach

SPOTS = np.array([[30 + east, 50.0] for east in (0.0, 0.1, 0.2, 0.3, 0.4, 0.8)])
"""Five places in a row, seven kilometres from one to the next, and one further east."""

some_days = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 25), st.integers(0, 1)),
    min_size=1,
    max_size=30,
    unique_by=lambda row: row[:2],
)
"""Days in excess: the place, the day, and by which of two reaches."""
tried = st.tuples(*2 * [st.builds(Reach, st.integers(1, 6), st.sampled_from([0.0, 8.0, 15.0]))])


def numbered(reaches, rows) -> list[int]:
    each, days, which = np.array(rows).T
    return Ground(each, days, SPOTS).alarms(reaches, which).tolist()


def places(reach: Reach, each: int) -> set[int]:
    """The places by which one is judged, as anybody would list them."""
    east = np.abs(SPOTS[:, 0] - SPOTS[each, 0]) * 111.2 * np.cos(np.radians(50))
    return set(np.flatnonzero(east <= reach.near_km).tolist()) | {each}


def by_hand(reaches, rows) -> list[int]:
    """The slow twin: day by day and place by place, who counted there last, and was it within the days of the reach?"""
    told: dict[tuple[int, int, int], int] = {}
    for day in sorted({row[1] for row in rows}):
        groups = [[row] for row in sorted(row for row in rows if row[1] == day)]
        held = lambda group: set().union(*(places(reaches[row[2]], row[0]) for row in group))  # noqa: E731
        while pair := next(((a, b) for a in groups for b in groups if a is not b and held(a) & held(b)), None):
            groups = [g for g in groups if g not in pair] + [sorted(pair[0] + pair[1])]
        for group in sorted(groups):
            before = []
            for each, _, by in group:
                for place in places(reaches[by], each):
                    there = [row for row in told if row[1] < day and place in places(reaches[row[2]], row[0])]
                    last = max(there, key=lambda row: row[1], default=None)
                    if last is not None and last[1] > day - reaches[by].days:
                        before.append(told[last])
            number = min(before) if before else max(told.values(), default=0) + 1
            told |= dict.fromkeys(group, number)
    return [told[row] for row in rows]


@given(some_days, tried)
def test_alarms_are_those_that_going_from_place_to_place_finds(rows, reaches):
    assert numbered(reaches, rows) == by_hand(reaches, rows)


@given(some_days, tried, st.integers(0, 25))
def test_no_later_day_changes_the_number_of_an_earlier_one(rows, reaches, until):
    whole = numbered(reaches, rows)
    early = numbered(reaches, [(each, day, by if day <= until else -1) for each, day, by in rows])
    assert early == [n if row[1] <= until else 0 for n, row in zip(whole, rows, strict=True)]


@given(some_days, tried, st.randoms())
def test_the_order_of_rows_changes_no_number(rows, reaches, dice):
    order = list(range(len(rows)))
    dice.shuffle(order)
    whole = numbered(reaches, rows)
    assert numbered(reaches, [rows[n] for n in order]) == [whole[n] for n in order]


def test_windows_that_just_touch_share_nothing_and_those_a_day_closer_do():
    assert numbered([Reach(7)], [(0, 3, 0), (0, 10, 0)]) == [1, 2]
    assert numbered([Reach(7)], [(0, 3, 0), (0, 9, 0)]) == [1, 1]


def test_two_places_share_the_one_between_them_and_not_one_beyond():
    assert numbered([Reach(1, 8.0)], [(0, 3, 0), (2, 3, 0)]) == [1, 1]
    assert numbered([Reach(1, 8.0)], [(0, 3, 0), (3, 3, 0)]) == [1, 2]


def test_two_alarms_that_a_later_day_would_join_stay_two_and_it_belongs_to_the_first():
    assert numbered([Reach(3, 8.0)], [(0, 3, 0), (3, 3, 0), (1, 4, 0)]) == [1, 2, 1]


def test_a_day_judged_by_itself_begins_an_alarm_beside_one_judged_by_weeks_and_by_weeks_belongs_to_it():
    reaches = [Reach(), Reach(14)]
    assert numbered(reaches, [(0, 3, 1), (0, 5, 0)]) == [1, 2]
    assert numbered(reaches, [(0, 3, 0), (0, 5, 1)]) == [1, 1]


def test_none_in_excess_is_no_alarm():
    assert numbered([Reach(7, 8.0)], [(0, 3, -1)]) == [0]


def days(*rows) -> pl.DataFrame:
    made = [
        {"series": series, "within": "east", "day": date(2030, 3, 1) + timedelta(n), "count": 9, "expected": 1.0,
         "limit": 4, "chance": chance, "excess": True, "alarm": alarm, "reach_days": 1, "near_km": 0.0}
        for series, n, chance, alarm in rows
    ]  # fmt: skip
    return TREND.fit(pl.DataFrame(made))


def test_an_alarm_is_told_by_its_least_likely_day_and_what_else_it_holds():
    told = alarmed(days(("a", 2, 1e-4, 1), ("b", 3, 1e-6, 1), ("a", 9, 1e-3, 2)))
    assert told.select("series", "day", "days", "places").rows() == [
        ("b", date(2030, 3, 4), 2, 2), ("a", date(2030, 3, 10), 1, 1),
    ]  # fmt: skip
    first, second = told.rows(named=True)
    assert held_by(first) == "; the least likely of 2 days at 2 places, 2030-03-03 to 2030-03-04"
    assert held_by(second) == ""


@pytest.mark.parametrize("rows", [[], [("a", 2, 1e-4, 1)]])
def test_as_many_rows_as_alarms(rows):
    assert alarmed(days(*rows) if rows else TREND.empty()).height == len(rows)
