"""Zones convert, never relabel; and which midnight is meant is never guessed."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.base.time import UTC_US, gap_s, instant, local_midnight, span_s, zone

OFFSETS = st.integers(-14 * 60, 14 * 60)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)), OFFSETS)
def test_an_offset_is_converted_to_utc(wall, minutes):
    text = f"{wall.isoformat()}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    assert instant(text) == wall.replace(tzinfo=UTC) - timedelta(minutes=minutes)
    assert instant(text).tzinfo is UTC


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)? ?([+-]\d\d:?\d\d|Z|Asia/\w+)?"))
def test_text_that_is_no_time_is_an_input_error_and_nothing_else(text):
    with contextlib.suppress(InputError):
        assert instant(text).tzinfo is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2015-02-15 00:00", "has no zone"),
        ("2015-02-15 Europe/Kyiv", "has no hour"),
        ("2015-02-15", "has no zone"),
        ("2015-02-15 24:30 UTC", "past the end of its day"),
        ("2015-02-30 10:00Z", "there is no time"),
        ("2015-02-15 10:00+99:99", "there is no time"),
        ("9999-12-31 24:00Z", "there is no time"),
        ("0001-01-01 00:00+02:00", "there is no time"),
        ("2015-02-15 10:00 Europe/Nowhere", "no time zone"),
        ("15.02.2015", "cannot read the time"),
        ("2015-03-29 03:30 Europe/Kyiv", "skipped"),
        ("2015-10-25 03:30 Europe/Kyiv", "happened twice"),
    ],
)
def test_a_time_that_could_be_misread_is_refused_with_its_reason(text, told):
    with pytest.raises(InputError, match=told):
        instant(text)


def test_an_empty_default_zone_is_no_zone():
    with pytest.raises(InputError, match="has no zone"):
        instant("2015-02-15 00:00", "")


def test_the_same_wall_time_is_another_instant_in_another_zone():
    assert instant("2015-02-15 00:00 Asia/Aden") - instant("2015-02-15 00:00 Asia/Bangkok") == timedelta(hours=4)


def test_a_named_zone_beats_the_default_one():
    assert instant("2015-02-15 00:00 Asia/Aden", "Asia/Bangkok") == instant("2015-02-15 00:00+03:00")


@pytest.mark.parametrize("name", ["", "..", "Asia", "../../etc/passwd", "Asia/Aden\x00", "nowhere"])
def test_a_zone_that_is_not_there_is_an_input_error(name):
    with pytest.raises(InputError):
        zone(name)


def test_a_day_whose_midnight_the_clocks_skipped_begins_at_one():
    # Cairo went forward at midnight on 2023-04-28.
    days = pl.DataFrame({"day": [date(2023, 4, 28), date(2023, 4, 29)]})
    found = days.select(local_midnight(pl.col("day"), "Africa/Cairo")).to_series().to_list()
    assert [at.isoformat() for at in found] == ["2023-04-27T22:00:00+00:00", "2023-04-28T21:00:00+00:00"]


@given(st.lists(st.integers(-1000, 1000), min_size=4, max_size=4))
def test_the_gap_between_spans_is_symmetric_and_zero_where_they_meet(at):
    a, b = sorted(at[:2])
    c, d = sorted(at[2:])
    spans = pl.DataFrame({n: [v * 1_000_000] for n, v in zip("abcd", (a, b, c, d), strict=True)}).cast(UTC_US)
    there, back = spans.select(gap_s("a", "b", "c", "d"), back=gap_s("c", "d", "a", "b")).row(0)
    assert there == back == max(c - b, a - d, 0)
    assert spans.select(span_s("a", "b")).item() == b - a
