"""The calendar: lengths of time, clocks on the wall where they jump, and days that begin in the evening."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.time import UTC_US, zone

_PART = re.compile(r"(\d{1,6}) ?([a-z]+)")
_EXACT = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_DAYS, _MONTHS = {"day": 1, "week": 7}, {"month": 1, "year": 12}
_LENGTH = "a whole number and s, min, h, days, weeks, months or years, as '30 h' or '2 months'"
_TIME = re.compile(r"^(\d\d?):(\d\d)$")


@dataclass(frozen=True)
class Length:
    """A length of time: steps of the calendar (months, days), then time as a stopwatch has it (exact)."""

    months: int = 0
    days: int = 0
    exact: timedelta = timedelta()


def length(text: str) -> Length:
    """Words -> Length. InputError where they are none, or it is no longer than nothing.

    A day is a step of the calendar, not 24 h: where clocks jump it has 23 or 25.

    >>> length("30 h"), length("2 months"), length("1 year 2 weeks")
    (Length(months=0, days=0, exact=datetime.timedelta(days=1, seconds=21600)), Length(months=2, days=0,
    exact=datetime.timedelta(0)), Length(months=12, days=14, exact=datetime.timedelta(0)))
    """
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise InputError(f"{text!r} is not a length of time", expected=_LENGTH)
    months = days = seconds = 0
    for number, unit in parts:
        one = unit if unit in _EXACT else unit.removesuffix("s")
        if one not in _EXACT | _DAYS | _MONTHS:
            raise InputError(f"{text!r} is not a length of time: there is no unit {unit!r}", expected=_LENGTH)
        months += int(number) * _MONTHS.get(one, 0)
        days += int(number) * _DAYS.get(one, 0)
        seconds += int(number) * _EXACT.get(one, 0)
    if not (months or days or seconds):
        raise InputError(f"{text!r} is no time at all", expected=_LENGTH)
    return Length(months, days, timedelta(seconds=seconds))


def minutes(text: str) -> int:
    """A time of day on the wall -> minutes since 00:00; 24:00 is 1440. Raises InputError.

    >>> minutes("19:30"), minutes("24:00")
    (1170, 1440)
    """
    found = _TIME.match(text)
    made = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else 1441
    if made > 1440:
        raise InputError(f"{text!r} is not a time of day", expected="hours and minutes, from 00:00 to 24:00")
    return made


def at_wall(wall: datetime, place: str) -> tuple[datetime, datetime]:
    """Wall time without a zone, zone -> the first and the last instant (UTC) at which clocks there show it.

    They differ where clocks were put back over it. Where clocks skipped it, both are the moment of the jump.
    Raises InputError outside the years 1 to 9999.

    >>> [t.isoformat() for t in at_wall(datetime(2015, 10, 25, 3, 30), "Europe/Kyiv")]
    ['2015-10-25T00:30:00+00:00', '2015-10-25T01:30:00+00:00']
    >>> [t.isoformat() for t in at_wall(datetime(2015, 3, 29, 3, 30), "Europe/Kyiv")]
    ['2015-03-29T01:00:00+00:00', '2015-03-29T01:00:00+00:00']
    """
    there = zone(place)
    try:
        first, last = (wall.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first.astimezone(there).replace(tzinfo=None) == wall:
            return first, last
        # Skipped: before the jump the first reading is too late, and after it the second one too early.
        low, high = last.replace(microsecond=0), first.replace(microsecond=0)
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
            if middle.astimezone(there).replace(tzinfo=None) < wall:
                low = middle
            else:
                high = middle
    except (OverflowError, ValueError):
        raise InputError(f"{wall} lies outside the calendar", expected="a year from 1 to 9999") from None
    return high, high


def after(start: datetime, much: Length, place: str, times: int = 1) -> tuple[datetime, datetime]:
    """Instant, length, zone -> the instant so long after it: the first and the last that it may be.

    Months and days are steps on the wall clock of that zone: same hour, same day of the month, or the month's last
    day where it has no such day (31 January and a month is 28 or 29 February; 29 February and a year is 28 February).
    They differ only where that wall time came twice. `times` takes all steps at once, so that the day of the month
    does not wear off: 31 January and two times a month is 31 March. Raises InputError beyond the year 9999.

    >>> after(datetime(2023, 1, 31, tzinfo=UTC), length("1 month"), "UTC")[0].isoformat()
    '2023-02-28T00:00:00+00:00'
    >>> after(datetime(2023, 1, 31, tzinfo=UTC), length("1 month"), "UTC", 2)[0].isoformat()
    '2023-03-31T00:00:00+00:00'
    """
    try:
        exact = much.exact * times
        if not (much.months or much.days):
            return start + exact, start + exact
        wall = start.astimezone(zone(place)).replace(tzinfo=None, fold=0)
        month = wall.month - 1 + much.months * times
        year, month = wall.year + month // 12, month % 12 + 1
        stepped = wall.replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))
        first, last = at_wall(stepped + timedelta(days=much.days * times), place)
        return first + exact, last + exact
    except (OverflowError, ValueError):
        raise InputError("so long after it lies outside the calendar", expected="a year from 1 to 9999") from None


def day_start(day: date, place: str, begins: str = "00:00") -> datetime:
    """The first instant (UTC) of a day that begins at that wall time there; where clocks skipped it, the jump.

    >>> day_start(date(2015, 2, 15), "Europe/Kyiv").isoformat()
    '2015-02-14T22:00:00+00:00'
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes(begins))
    return at_wall(wall, place)[0]


def reporting_day(at: pl.Expr, begins: str, place: str) -> pl.Expr:
    """Instants -> the reporting day that each lies in, of days that begin at that wall time in that zone.

    The day is named by the date on which it ends, as reports "as of 19:30" are; one that begins at 00:00 by its own.
    Days go on through changes of the clock: where the hour comes twice the day begins at the first, and where it is
    skipped at the jump.

    >>> times = pl.DataFrame({"t": [datetime(2015, 2, 14, 17, 29), datetime(2015, 2, 14, 17, 30)]})
    >>> times = times.select(pl.col("t").dt.replace_time_zone("UTC"))
    >>> [str(day) for day in times.select(reporting_day(pl.col("t"), "19:30", "Europe/Kyiv")).to_series()]
    ['2015-02-14', '2015-02-15']
    """
    start = minutes(begins)
    zone(place)
    here = at.dt.convert_time_zone(place).dt.date()
    next_ = here.dt.offset_by("1d")
    begun = pl.when(_starts(next_, start, place) <= at).then(next_).when(_starts(here, start, place) <= at).then(here)
    day = begun.otherwise(here.dt.offset_by("-1d"))
    return day if start == 0 else day.dt.offset_by("1d")


def _starts(day: pl.Expr, start: int, place: str) -> pl.Expr:
    """Jumps end on a full or half hour, so the first of those that exists is where a skipped day begins."""
    tries = [start] + [-(-start // 30) * 30 + more for more in range(0, 180, 30)]
    wall = day.cast(pl.Datetime("us"))
    shown = [
        wall.dt.offset_by(f"{n}m").dt.replace_time_zone(place, ambiguous="earliest", non_existent="null") for n in tries
    ]
    return pl.coalesce(shown).dt.convert_time_zone("UTC").cast(UTC_US)
