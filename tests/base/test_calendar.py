"""Lengths of time, clocks that jump, and days that begin in the evening."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.base.calendar import Length, after, at_wall, day_start, length, minutes, reporting_day
from trucewatch.base.errors import InputError
from trucewatch.base.spans import common, joined, without
from trucewatch.base.time import zone

ZONES = ["UTC", "Europe/Kyiv", "Asia/Aden", "Asia/Gaza", "Australia/Lord_Howe", "America/Havana", "Asia/Beirut"]
instants = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45 min", Length(exact=timedelta(minutes=45))),
        ("1 hour", Length(exact=timedelta(hours=1))),
        ("90s", Length(exact=timedelta(seconds=90))),
        ("60 days", Length(days=60)),
        ("2 weeks", Length(days=14)),
        ("5 years 6 months", Length(months=66)),
    ],
)
def test_lengths_are_read_as_people_write_them(text, expected):
    assert length(text) == expected


@pytest.mark.parametrize("text", ["", "h", "30", "30 hx", "-30 h", "1.5 h", "30 h or so", "0 days", "a month"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(InputError):
        length(text)


@pytest.mark.parametrize("text", ["", "9", "25:00", "24:01", "09:60", "9:5", "19.30"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(InputError):
        minutes(text)


@given(st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)), st.sampled_from(ZONES))
def test_clocks_show_a_wall_time_at_both_its_instants_or_jump_over_it(wall, place):
    wall = wall.replace(microsecond=0)
    first, last = at_wall(wall, place)
    there = zone(place)
    shown = [t.astimezone(there).replace(tzinfo=None) for t in (first, last)]
    if shown[0] == wall:
        assert shown[1] == wall and first <= last
    else:
        before = (first - timedelta(seconds=1)).astimezone(there).replace(tzinfo=None)
        assert first == last and before < wall < shown[0]


def test_where_midnight_is_skipped_the_day_begins_at_the_jump():
    assert day_start(date(2025, 3, 30), "Asia/Beirut") == datetime(2025, 3, 29, 22, tzinfo=UTC)
    assert day_start(date(2025, 3, 30), "Asia/Beirut").astimezone(zone("Asia/Beirut")).hour == 1


@given(instants, st.integers(1, 500), st.sampled_from(ZONES))
def test_steps_of_days_and_months_keep_the_time_on_the_wall(start, n, place):
    start, there = start.replace(microsecond=0), zone(place)
    wall = start.astimezone(there).replace(tzinfo=None)
    for much in (Length(days=n), Length(months=n)):
        first, last = (t.astimezone(there).replace(tzinfo=None) for t in after(start, much, place))
        if first.time() == wall.time():
            assert last == first and (much.days == 0 or (first - wall).days == n)
            assert first.day == wall.day or much.days or (first + timedelta(days=1)).day == 1


def test_the_last_day_of_a_month_does_not_wear_off_when_steps_are_taken_at_once():
    start = datetime(2024, 1, 31, tzinfo=UTC)
    assert [after(start, Length(months=1), "UTC", n)[0].day for n in range(1, 5)] == [29, 31, 30, 31]
    with pytest.raises(InputError, match="outside the calendar"):
        after(start, Length(months=12), "UTC", 9000)


def days(times: list[datetime], begins: str, place: str) -> list[date]:
    frame = pl.DataFrame({"t": times}, schema={"t": pl.Datetime("us", "UTC")})
    return frame.select(reporting_day(pl.col("t"), begins, place)).to_series().to_list()


@given(instants, st.integers(0, 95), st.sampled_from(ZONES))
def test_a_reporting_day_is_the_one_that_begun_last(at, quarter, place):
    begins = f"{quarter // 4:02}:{quarter % 4 * 15:02}"
    here = at.astimezone(zone(place)).date()
    near = [here + timedelta(days=n) for n in (-2, -1, 0, 1, 2)]
    slow = max(day for day in near if day_start(day, place, begins) <= at)
    assert days([at], begins, place) == [slow + timedelta(days=1 if quarter else 0)]


@pytest.mark.parametrize("change", [datetime(2015, 3, 29, tzinfo=UTC), datetime(2015, 10, 25, tzinfo=UTC)])
@pytest.mark.parametrize("begins", ["00:00", "03:00", "03:30", "04:00", "19:30"])
def test_reporting_days_never_go_back_where_clocks_do(change, begins):
    times = [change + timedelta(minutes=n) for n in range(-2880, 2880)]
    found = days(times, begins, "Europe/Kyiv")
    assert found == sorted(found)
    first = {day: times[found.index(day)] for day in found}
    shift = timedelta(days=begins != "00:00")
    assert all(first[day] == day_start(day - shift, "Europe/Kyiv", begins) for day in sorted(first)[1:])


def test_an_evening_to_evening_day_is_named_by_the_date_on_which_it_ends():
    evening = datetime(2021, 2, 14, 17, 30, tzinfo=UTC)
    times = [
        evening - timedelta(seconds=1),
        evening,
        evening + timedelta(hours=24, seconds=-1),
        evening + timedelta(hours=24),
    ]
    assert [day.day for day in days(times, "19:30", "Europe/Kyiv")] == [14, 15, 15, 16]
    assert [day.day for day in days([evening], "00:00", "Europe/Kyiv")] == [14]


minute = st.integers(0, 60).map(lambda n: datetime(2020, 5, 1) + timedelta(minutes=n))
sets = st.lists(st.tuples(minute, minute), max_size=6)


@given(sets, sets)
def test_sets_of_spans_hold_what_their_points_hold(a, b):
    def points(spans):
        return {
            t for n in range(61) if any(x <= (t := datetime(2020, 5, 1) + timedelta(minutes=n)) < y for x, y in spans)
        }

    for found, expected in (
        (joined(a), points(a)),
        (common(a, b), points(a) & points(b)),
        (without(a, b), points(a) - points(b)),
    ):
        assert points(found) == expected
        assert all(x < y for x, y in found) and all(p[1] < q[0] for p, q in pairwise(found))
