"""Dates in a text: of the day itself, and relative to the day of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from trucewatch.claims.wording import Wording, any_of

_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_HALF_YEAR = timedelta(days=183)


@dataclass(frozen=True)
class Day:
    """A day that the text names, and where it names it."""

    start: int
    end: int
    on: date


def days(text: str, today: date | None, words: Wording) -> list[Day]:
    """Text, its own date -> the days it names, in their order; what hangs on a date that is not known is not read.

    A weekday is the last one of that name, the text's own day included; `next` is not read. A date without its year is
    the one nearest to the text's own.
    """
    found: dict[int, Day] = {}
    for day in (*_dated(text, today, words), *_relative(text, today, words)):
        found.setdefault(day.start, day)
    return sorted(found.values(), key=lambda day: day.start)


def _dated(text: str, today: date | None, words: Wording) -> Iterator[Day]:
    for hit in _ISO.finditer(text):
        if made := _date(int(hit[1]), int(hit[2]), int(hit[3])):
            yield Day(hit.start(), hit.end(), made)
    names = words.lists["months"]
    month = "|".join(re.escape(name) for name in names)
    patterns = (
        rf"(?i)\b(\d{{1,2}})\s+({month})\b(?:\s+(\d{{4}}))?",
        rf"(?i)\b({month})\s+(\d{{1,2}})\b(?:,?\s+(\d{{4}}))?",
    )
    for first, pattern in zip((True, False), patterns, strict=True):
        for hit in re.finditer(pattern, text):
            day, name = (hit[1], hit[2]) if first else (hit[2], hit[1])
            number = names.index(name.lower()) + 1
            made = _date(int(hit[3]), number, int(day)) if hit[3] else _nearest(number, int(day), today)
            if made:
                yield Day(hit.start(), hit.end(), made)


def _relative(text: str, today: date | None, words: Wording) -> Iterator[Day]:
    if today is None:
        return
    for hit in words.of("weekdays").finditer(text):
        back = (today.weekday() - words.lists["weekdays"].index(hit.group().lower())) % 7
        yield Day(hit.start(), hit.end(), today - timedelta(days=back))
    for hit in any_of(words.days).finditer(text):
        yield Day(hit.start(), hit.end(), today + timedelta(days=words.days[hit.group().lower()]))


def _nearest(month: int, day: int, today: date | None) -> date | None:
    if today is None:
        return None
    tried = [made for year in (-1, 0, 1) if (made := _date(today.year + year, month, day))]
    near = [made for made in tried if abs(made - today) <= _HALF_YEAR]
    return near[0] if near else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
