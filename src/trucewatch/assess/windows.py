"""Windows of silence: hours of the day in which a truce holds, on the wall clocks of a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from trucewatch.assess.moments import EVER, NEVER, told
from trucewatch.base.calendar import at_wall, minutes
from trucewatch.base.document import Lined, shown
from trucewatch.base.errors import InputError
from trucewatch.base.spans import Pair, joined
from trucewatch.base.time import zone

FIELDS = ("from", "to", "zone", "first", "last", "weekdays")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST = 3660
"""Days on which windows begin: ten years of them; more is a slip of the pen."""
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")


@dataclass(frozen=True)
class Hours:
    """Minutes after midnight at which a window opens and closes, its zone, and the days on which it opens."""

    opens: int
    closes: int
    zone: str
    first: date | None
    last: date | None
    weekdays: tuple[int, ...]


def hours(item: Lined) -> Hours:
    """A mapping of the file -> Hours. A window that closes no later than it opens lies past midnight.

    Raises AgreementError with file, line and field.
    """
    item.only(FIELDS)
    opens, closes = (told(item, key, partial(_minutes, item, key)) for key in ("from", "to"))
    if opens in (closes, 1440):
        raise item.fail("to", "the window has no length", "another time of day; the whole day is 00:00 to 24:00")
    there = item.text("zone", "the zone whose clocks are meant, as 'Asia/Aden'")
    told(item, "zone", lambda: zone(there))
    first, last = _day(item, "first"), _day(item, "last")
    if first and last and last < first:
        raise item.fail("last", f"the last day ({last}) is before the first ({first})", "a day no earlier")
    named = item.words("weekdays")
    if wrong := [word for word in named if word not in WEEKDAYS]:
        raise item.fail("weekdays", f"{wrong[0]!r} is not a day of the week", f"of {', '.join(WEEKDAYS)}")
    days = tuple(WEEKDAYS.index(word) for word in named or WEEKDAYS)
    return Hours(opens, closes if closes > opens else closes + 1440, there, first, last, days)


def _minutes(item: Lined, key: str) -> int:
    return minutes(item.text(key, "a time of day, as '09:00'"))


def _day(item: Lined, key: str) -> date | None:
    said = item.get(key)
    if said is None:
        return None
    try:
        return date.fromisoformat(said if _DAY.match(said) else "")
    except (TypeError, ValueError):
        raise item.fail(key, f"{shown(said)} is not a day", "year-month-day, as '2020-05-01'") from None


def windows(item: Lined, within: Pair) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """The windows of a mapping that can lie in a span -> those that surely are open, and those that may be.

    Where clocks skip the hour the window opens or closes at the jump. Where the hour comes twice, it surely is open
    from the second one on, or until the first one, and may be in between.
    Raises AgreementError where neither the mapping nor the span sets a first or last day.
    """
    open_ = hours(item)
    for key, given, bound in (("first", open_.first, within[0]), ("last", open_.last, within[1])):
        if given is None and bound in (EVER, NEVER):
            expected = f"{key}, as '2020-05-01', or a time that bounds them"
            raise item.fail(key, f"the windows have no {key} day", expected)
    sure, may = told(item, "", partial(_opened, open_, within))
    return joined(sure), joined(may)


def _opened(open_: Hours, within: Pair) -> tuple[list[Pair], list[Pair]]:
    there, sure, may = zone(open_.zone), [], []
    try:
        # One that opens on the day before may lie past midnight.
        day = open_.first or within[0].astimezone(there).date() - timedelta(days=1)
        last = open_.last or within[1].astimezone(there).date()
        if (last - day).days > MOST:
            raise InputError(f"there are more than {MOST} days of windows", expected="a nearer first or last day")
        for n in range((last - day).days + 1):
            if (at := day + timedelta(days=n)).weekday() in open_.weekdays:
                wall = datetime(at.year, at.month, at.day)
                opens = at_wall(wall + timedelta(minutes=open_.opens), open_.zone)
                closes = at_wall(wall + timedelta(minutes=open_.closes), open_.zone)
                sure.append((opens[1], closes[0]))
                may.append((opens[0], closes[1]))
    except OverflowError:
        raise InputError("the windows lie outside the calendar", expected="a year from 1 to 9999") from None
    return sure, may
