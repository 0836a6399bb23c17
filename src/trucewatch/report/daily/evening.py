"""Step 1: from evening to evening of a zone, with the evenings before; a day may have 23 or 25 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from trucewatch.base.errors import InputError
from trucewatch.base.time import instant
from trucewatch.base.time import zone as known
from trucewatch.report.period import Period

_DAY = timedelta(days=1)
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
"""Beyond these there is no record, and clocks' rules are not known."""
MOST_DAYS = 366
"""A daily report of more than a year is none: `trucewatch report` takes any period."""


@dataclass(frozen=True)
class Evenings:
    """span: the whole period; before: as many evenings before it; parts: evening by evening, in order of time."""

    span: Period
    before: Period
    parts: tuple[Period, ...]


def evenings(on: date, hour: str, zone: str, days: int = 1) -> Evenings:
    """The evening that ends on that day, and `days` - 1 before it. InputError where the clocks skipped that hour.

    >>> spans = evenings(date(2026, 3, 29), "19:30", "Europe/Berlin")
    >>> [(part.until - part.since).total_seconds() / 3600 for part in (spans.span, spans.before)]
    [23.0, 24.0]
    """
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"is {days}", field="--evenings", expected=f"1 to {MOST_DAYS}")
    known(zone, "--zone")
    if not FIRST <= on <= LAST:
        raise InputError(f"is {on.isoformat()}", field="--on", expected=f"a day from {FIRST} to {LAST}")
    ends = [_at(on - _DAY * n, hour, zone) for n in range(2 * days, -1, -1)]
    spans = [Period(since, until) for since, until in pairwise(ends)]
    return Evenings(Period(ends[days], ends[-1]), Period(ends[0], ends[days]), tuple(spans[days:]))


def _at(day: date, hour: str, zone: str) -> datetime:
    try:
        return instant(f"{day.isoformat()} {hour}", zone)
    except InputError as wrong:
        raise InputError(wrong.what, field="--evening", expected="an hour of that zone's clock, as 19:30") from None
