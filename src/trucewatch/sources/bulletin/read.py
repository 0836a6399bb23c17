"""A bulletin's text -> the numbers in it: what each counts, of which days, and which it is compared with."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from trucewatch.sources.bulletin.periods import Span, before, own_period, period_of, spans
from trucewatch.sources.bulletin.rules import Rules

ANCHOR = re.compile(r"\[\[\d+\]\]")
_SPACED = re.compile(r"(?<=\d)[\s\u00a0](?=\d{3})")
_DIGITS = re.compile(r"\d+(?:[.,/–-]\d+)*")
_END = re.compile(r"(?<=[.!?])[\s\u00a0]+(?=[A-Z“\"\[])|\n\s*\n|\uf0b7|[•▪]")
NEAR = 160
"""Characters between a count and the one that it is compared with, at most: further off it is of something else."""
PART = re.compile(r"\b(?:including|of which|of whom|among them|of them)\b|[(:]")


@dataclass(frozen=True)
class Told:
    """A number in the text. about: None where no rule takes it; previous: it is of the period before `of`'s."""

    start: int
    end: int
    value: float
    qualifier: str | None
    upper: bool
    about: str | None
    unit: str | None
    period: Span | None
    sentence: tuple[int, int]
    part_of: int | None = None
    previous_of: int | None = None


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends; a bulletin's bullets and anchors end one too."""
    cuts = [0, *(hit.end() for hit in _END.finditer(text)), len(text)]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]


def read(text: str, rules: Rules, today: date | None) -> list[Told]:
    """Text -> its numbers in their order, dates and the like left out; what counts nothing that we know has no `about`.

    1. Blank out what is no count. 2. Each sentence: rule by rule, the numbers that it takes. 3. Numbers compared with
    those. 4. The days of each. 5. What is left over.
    """
    # 1.
    found = spans(text, rules, today)
    own = own_period(found, text, rules)
    bare = ANCHOR.sub(lambda hit: " " * len(hit[0]), text)
    for pattern in rules.none:
        bare = pattern.sub(lambda hit: re.sub(r"[0-9A-Za-z]", "\u2007", hit[0]), bare)
    bare = re.sub(r"[\n\u00a0]", " ", bare)
    told: list[Told] = []
    for sentence in sentences(text):
        # 2.
        taken = _counts(bare, sentence, rules)
        # 3.
        first = len(told)
        mine = _compared(bare, sentence, taken, rules, told[-3:])
        base = sorted([*taken, *mine], key=lambda one: one.start)
        # 4.
        told += [_dated(one, text, found, own, rules) for one in base]
        told[first:] = _linked(told, first, text, rules)
        # 5.
        told += [replace(one, period=None) for one in _left(bare, sentence, told[first:], rules)]
    return sorted(told, key=lambda one: one.start)


def _made(hit: re.Match[str], sentence: tuple[int, int], rules: Rules, what: tuple[str | None, str | None]) -> Told:
    words = _SPACED.sub("", hit["n"].lower()).split()
    value = float(rules.values.get(words[0]) or re.sub(r"\D", "", words[0]) or 0)
    if len(words) > 1:
        value *= rules.scales[words[-1]]
    meant = (hit["meant"] or "").lower()
    return Told(
        hit.start("n"), hit.end("n"), value, rules.qualifiers.get(meant), meant in rules.upper, *what, None, sentence
    )


def _counts(bare: str, sentence: tuple[int, int], rules: Rules) -> list[Told]:
    taken: list[Told] = []
    for count in rules.counts:
        for pattern in count.says:
            for hit in pattern.finditer(bare, *sentence):
                one = _made(hit, sentence, rules, (count.about, count.unit))
                if not _meets(one, taken):
                    taken.append(one)
    for pattern, _ in rules.further:
        for hit in pattern.finditer(bare, *sentence):
            earlier = [one for one in taken if one.start < hit.start("n")]
            if earlier:
                one = _made(hit, sentence, rules, (earlier[-1].about, earlier[-1].unit))
                taken += [] if _meets(one, taken) else [one]
    ends = {hit.end() for pattern in rules.ranges for hit in pattern.finditer(bare, *sentence)}
    taken = [replace(one, upper=True) if one.start in ends else one for one in taken]
    return sorted(taken, key=lambda one: one.start)


def _meets(one: Told, taken: list[Told]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in taken)


def _compared(bare: str, sentence: tuple[int, int], taken: list[Told], rules: Rules, earlier: list[Told]) -> list[Told]:
    """Numbers after `compared with` and the like; several in a row are of the counts before them, in their order."""
    made: list[Told] = []
    for pattern in rules.previous:
        for hit in pattern.finditer(bare, *sentence):
            after = [one for one in taken if bare[hit.end() : one.start].strip() == "to"]  # from 100 to 150 of them
            counts = after or [one for one in taken if one.end <= hit.start()]
            counts = counts or [
                one for one in earlier if one.about and one.previous_of is None and hit.start() - one.end < NEAR
            ]
            numbers = [hit]
            nearby = rules.number.match(bare, hit.end() + 5) if bare[hit.end() : hit.end() + 5] == " and " else None
            numbers += [nearby] if nearby and len(counts) > 1 else []
            for number, count in zip(numbers, counts[-len(numbers) :], strict=False):
                one = _made(number, sentence, rules, (count.about, count.unit))
                if _meets(one, made):
                    continue
                taken[:] = [other for other in taken if not _meets(other, [one])]
                made.append(replace(one, previous_of=count.start))
    return made


def _dated(one: Told, text: str, found: list[Span], own: Span | None, rules: Rules) -> Told:
    a, b = one.sentence
    period = period_of((one.start, one.end), one.sentence, text, (found, own), rules)
    for pattern, days in rules.further:
        if days and period and (hit := pattern.search(text, a, b)) and hit.start("n") == one.start:
            step = timedelta(days=days)
            period = replace(period, first=period.first + step, last=period.last + step)
    return replace(one, period=period)


def _linked(told: list[Told], first: int, text: str, rules: Rules) -> list[Told]:
    """The period of what is compared, and which count each part belongs to."""
    by_start = {one.start: one for one in told}
    made: list[Told] = []
    for one in told[first:]:
        if one.previous_of is not None:
            whole = by_start[one.previous_of]
            one = replace(one, period=before(whole.period, text[slice(*one.sentence)], rules))
        elif made and PART.search(text, made[-1].end, one.start) and made[-1].previous_of is None:
            whole = made[-1] if made[-1].part_of is None else by_start[made[-1].part_of]
            one = _part(one, whole)
        elif made and made[-1].part_of is not None and text[made[-1].end : one.start].count(")") == 0:
            one = _part(one, by_start[made[-1].part_of])
        made.append(one)
    return made


def _part(one: Told, whole: Told) -> Told:
    """A part is of its whole's days; more than the whole it cannot be, nor of another sentence."""
    if one.sentence != whole.sentence or one.value > whole.value:
        return one
    return replace(one, part_of=whole.start, period=one.period and whole.period)


def _left(bare: str, sentence: tuple[int, int], taken: list[Told], rules: Rules) -> Iterator[Told]:
    for hit in rules.number.finditer(bare, *sentence):
        one = _made(hit, sentence, rules, (None, None))
        if not _meets(one, taken) and hit["n"].lower() not in ("one", "once"):
            taken = [*taken, one]
            yield one
    for hit in _DIGITS.finditer(bare, *sentence):  # 2.5 and 100-150: no number as the rules have them
        if not any(one.start < hit.end() and hit.start() < one.end for one in taken):
            yield Told(hit.start(), hit.end(), math.nan, None, False, None, None, None, sentence)
