"""Time: UTC instants, half-open spans, gaps. Zones convert, never relabel."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from trucewatch.base.errors import InputError

UTC_US = pl.Datetime("us", "UTC")
"""The one type of an instant inside."""

_FORM = "a date and time with an offset or a zone, as '2015-02-15 00:00 Europe/Kyiv' or '2015-02-14T22:00:00Z'"
_WALL = re.compile(
    r"^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?\s*"
    r"(Z|[+-]\d\d:?\d\d|[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)+|UTC)?$"
)


def zone(name: str, field: str | None = None) -> ZoneInfo:
    """Name of a zone in the IANA database -> zone. Raises InputError, which names the field if it is told.

    >>> zone("Asia/Aden").key
    'Asia/Aden'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        expected = "an IANA name, as 'Asia/Aden'"
        raise InputError(f"there is no time zone {name!r}", field=field, expected=expected) from None


def instant(text: str, default_zone: str | None = None) -> datetime:
    """Wall time with its zone -> aware UTC datetime. 24:00 is the end of that day, not its start.

    A time with no zone at all is refused (InputError), unless `default_zone` is given:
    which midnight is meant has cost people their lives.

    >>> instant("2015-02-15 00:00 Europe/Kyiv").isoformat()
    '2015-02-14T22:00:00+00:00'
    >>> instant("2025-07-28 24:00", "Asia/Bangkok").isoformat()
    '2025-07-28T17:00:00+00:00'
    >>> instant("2015-02-15 00:00")
    Traceback (most recent call last):
    trucewatch.base.errors.InputError: the time '2015-02-15 00:00' has no zone; expected a date and time with...
    """
    match = _WALL.match(text.strip())
    if match is None:
        raise InputError(f"cannot read the time {text!r}", expected=_FORM)
    year, month, day, hour, minute, second, micro, place = match.groups()
    if not (place or default_zone):
        raise InputError(f"the time {text!r} has no zone", expected=_FORM)
    if hour is None:
        raise InputError(f"the date {text!r} has no hour", expected=_FORM)
    days = 1 if hour == "24" else 0
    if days and (minute, second or "00", micro or "0") != ("00", "00", "0"):
        raise InputError(f"the time {text!r} is past the end of its day", expected=_FORM)
    try:
        wall = datetime(
            int(year),
            int(month),
            int(day),
            0 if days else int(hour),
            int(minute),
            int(second or 0),
            int((micro or "0").ljust(6, "0")),
        ) + timedelta(days=days)
        return _placed(wall, place or default_zone or "", text)
    except (ValueError, OverflowError) as wrong:
        raise InputError(f"there is no time {text!r} ({wrong})", expected=_FORM) from None


def _placed(wall: datetime, place: str, text: str) -> datetime:
    if place in ("Z", "UTC"):
        return wall.replace(tzinfo=UTC)
    if place[0] in "+-":
        return datetime.strptime(
            wall.isoformat() + place.replace(":", ""), f"%Y-%m-%dT%H:%M:%S{'.%f' if wall.microsecond else ''}%z"
        ).astimezone(UTC)
    there = wall.replace(tzinfo=zone(place))
    back = there.astimezone(UTC)
    if back.astimezone(there.tzinfo).replace(tzinfo=None) != wall:
        raise InputError(f"the clocks in {place} skipped {text!r}", expected=_FORM)
    if there.replace(fold=1).utcoffset() != there.utcoffset():
        raise InputError(f"{text!r} happened twice in {place}", expected="the offset, as +02:00")
    return back


def local_midnight(day: pl.Expr, place: str) -> pl.Expr:
    """Dates -> the UTC instant at which that day begins in zone `place` (the first one where a day begins twice).

    >>> import datetime as dt
    >>> days = pl.DataFrame({"day": [dt.date(2015, 2, 15)]})
    >>> days.select(local_midnight(pl.col("day"), "Europe/Kyiv")).item().isoformat()
    '2015-02-14T22:00:00+00:00'
    """
    wall = day.cast(pl.Date).cast(pl.Datetime("us"))
    start = wall.dt.replace_time_zone(place, ambiguous="earliest", non_existent="null")
    # Where clocks spring over midnight the day begins at 01:00.
    later = wall.dt.offset_by("1h").dt.replace_time_zone(place, ambiguous="earliest", non_existent="null")
    return pl.coalesce(start, later).dt.convert_time_zone("UTC").cast(UTC_US)


def gap_s(t0: str, t1: str, u0: str, u1: str) -> pl.Expr:
    """Seconds between the half-open spans [t0, t1) and [u0, u1); 0 where they meet or overlap.

    >>> spans = pl.DataFrame({"a": [0], "b": [60_000_000], "c": [90_000_000], "d": [95_000_000]}).cast(UTC_US)
    >>> spans.select(gap_s("a", "b", "c", "d")).item()
    30.0
    """
    gap = pl.max_horizontal(pl.col(u0) - pl.col(t1), pl.col(t0) - pl.col(u1)).dt.total_microseconds() / 1e6
    return gap.clip(0)


def span_s(t0: str = "t0", t1: str = "t1") -> pl.Expr:
    """Length of the span [t0, t1) in seconds."""
    return (pl.col(t1) - pl.col(t0)).dt.total_microseconds() / 1e6
