"""Which days a number in a bulletin is of: the spans of days that a text names, and where it names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from trucewatch.sources.bulletin.rules import Rules

WEEK, FORTNIGHT = timedelta(days=7), timedelta(days=14)
ABOUT = timedelta(days=2)
HALF_A_YEAR = timedelta(days=183)
STRAIGHT = re.compile(r"[^,.;:()\d]{0,60}", re.S)
"""What may stand between a number and the days that follow it as its own."""


@dataclass(frozen=True)
class Span:
    """Days [first, last], both included, as characters start to end of the text tell them."""

    start: int
    end: int
    first: date
    last: date
    open: bool = False
    """Only its end is told (`until 2 September`): which days it is of, nobody knows."""

    @property
    def wide(self) -> bool:
        """More than a day."""
        return self.last > self.first

    @property
    def days(self) -> timedelta:
        """How long."""
        return self.last - self.first + timedelta(days=1)


def spans(text: str, rules: Rules, today: date | None) -> list[Span]:
    """Every day and span of days in the text, in their order. Without a year in sight they stay unread.

    today: the bulletin's own day; a day without a year is the last such before its end.
    """
    month = "|".join(sorted(rules.months, key=len, reverse=True))
    day = rf"(\d{{1,2}})(?: ({month}))?(?:,? (\d{{4}}))?"
    end = rf"(\d{{1,2}}) ({month})(?:,? (\d{{4}}))?"
    patterns = (
        rf"\b(?:between|from|of|period)?\s*{day}\s?(?:and|to|until|-|–)\s?{end}\b",
        rf"()()()(?<!\d)\b{end}\b",
    )
    found: list[Span] = []
    for pattern in patterns:
        for hit in re.finditer(pattern, text, re.I):
            if any(span.start < hit.end() and hit.start() < span.end for span in found):
                continue
            last = _day(hit[4], hit[5], hit[6], rules, today)
            if last is None:
                continue
            first = last
            if hit[1]:
                told = hit[3] or (hit[6] and str(last.year))
                first = _day(hit[1], hit[2] or hit[5], told, rules, last) or last
                first = first if first <= last else _earlier(first)
            told_before = text[max(0, hit.start() - 9) : hit.start()].lower()
            open_end = bool(today and first == last and re.search(r"\bsince\s$", told_before))
            until = first == last and bool(re.search(r"\b(?:until|by|as of|to)\s$", told_before))
            found.append(Span(hit.start(), hit.end(), first, today if open_end and today else last, until))
    return sorted(found, key=lambda span: (span.start, span.end))


def _day(day: str, month: str, year: str | None, rules: Rules, today: date | None) -> date | None:
    number = rules.months[month.lower()]
    if year:
        return _date(int(year), number, int(day))
    if today is None:
        return None
    made = _date(today.year, number, int(day))
    return _earlier(made) if made and made - today > HALF_A_YEAR else made


def _earlier(day: date) -> date:
    return _date(day.year - 1, day.month, day.day) or day - timedelta(days=366)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def own_period(found: Iterable[Span], text: str, rules: Rules) -> Span | None:
    """The bulletin's own period: the first span of about two weeks, else the first of several days.

    Where the text speaks of two weeks and names none so long, nobody is told which they were.
    """
    wide = [span for span in found if span.wide and not span.open]
    long = next((span for span in wide if FORTNIGHT - ABOUT <= span.days <= FORTNIGHT + WEEK), None)
    if long is None and says(text, rules, "two_weeks"):
        return None
    return long or next(iter(wide), None)


Known = tuple[list[Span], Span | None]


def period_of(at: tuple[int, int], sentence: tuple[int, int], text: str, known: Known, rules: Rules) -> Span | None:
    """The days that the number at these characters is of, or None where they are not told.

    A span right after it, without another number between, is its own; else the nearest before it in its sentence,
    else the nearest after, else the bulletin's period. `Since the beginning of the year` is a span like the others.
    """
    found, own = known
    if _untold(at, sentence, text, rules):
        return None
    inside = [span for span in found if sentence[0] <= span.start < sentence[1]]
    end = own.last if own else inside[-1].last if inside else None
    if end and (years := _years(sentence, text, rules, end)):
        inside = sorted([*years, *(s for s in inside if not s.open and not _meets(s, years))], key=lambda s: s.start)
    right_after = [s for s in inside if s.start >= at[1] and STRAIGHT.fullmatch(text[at[1] : s.start])]
    earlier = [span for span in inside if span.end <= at[0]]
    chosen = right_after[0] if right_after else earlier[-1] if earlier else inside[0] if inside else own
    return None if chosen is None or chosen.open else chosen


def _years(sentence: tuple[int, int], text: str, rules: Rules, end: date) -> list[Span]:
    """Where a sentence speaks of the year so far, and the days that this is."""
    hits = (p.search(text, *sentence) for p in rules.periods.get("year_to_date", ()))
    return [Span(hit.start(), hit.end(), date(end.year, 1, 1), end) for hit in hits if hit]


def _meets(span: Span, others: list[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _untold(at: tuple[int, int], sentence: tuple[int, int], text: str, rules: Rules) -> bool:
    """The sentence, or what stands in brackets around the number, speaks of days that cannot be told."""
    for pattern in rules.periods.get("untold", ()):
        for hit in pattern.finditer(text, *sentence):
            opened = text.rfind("(", sentence[0], hit.start())
            inside = opened >= 0 and ")" not in text[opened : hit.start()]
            if not inside or opened < at[0] < hit.start():
                return True
    return False


def before(period: Span | None, words: str, rules: Rules) -> Span | None:
    """The period that a number is compared with: as long as its own and just before it, or as long as it says."""
    if period is None:
        return None
    long = period.last - period.first + timedelta(days=1)
    if says(words, rules, "two_weeks_before") and not says(words, rules, "week_before"):
        long = max(long, FORTNIGHT) if long >= FORTNIGHT else FORTNIGHT if long > WEEK else long
    last = period.first - timedelta(days=1)
    return Span(period.start, period.end, last - long + timedelta(days=1), last)


def says(words: str, rules: Rules, name: str) -> bool:
    """Do the words hold one of the phrases of that name?"""
    return any(pattern.search(words) for pattern in rules.periods.get(name, ()))
