"""Figures in a text, with their units and how each is meant; dates, years and times of day are none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trucewatch.claims.wording import AT_MOST, Wording

_UNIT_WORDS = 4
_EITHER = re.compile(r"[1-9]\d{0,2}\.\d{3}")
"""Eleven and a bit in one country, eleven thousand in another."""
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Figure:
    """A number said: where, how many, of what, and how it is meant."""

    start: int
    end: int
    value: float
    unit: str | None
    qualifier: str | None


def figures(text: str, words: Wording, taken: list[tuple[int, int]]) -> list[Figure]:
    """Text, spans that are dates -> the figures in it, in their order.

    A figure's unit is the words after it, up to one that cannot be part of it. What is said to be a number at the most
    is none of ours: a statement has no word for it, and as an exact number it would say something else.
    """
    names = "|".join(sorted((re.escape(n) for n in words.numbers), key=len, reverse=True))
    scale = "|".join(re.escape(n) for n in words.scales)
    number = rf"\d{{1,3}}(?:[,\u00a0]\d{{3}})+|\d+(?:\.\d+)?|(?:{names})"
    pattern = re.compile(rf"(?i)(?<![\w.,:\-/])({number})(?:\s+({scale}))?(?![\w:]|-\w|/\w|[.,]\d)")
    found = []
    for hit in pattern.finditer(text):
        if any(a < hit.end() and hit.start() < b for a, b in taken):
            continue
        if (_EITHER.fullmatch(hit[1]) and not hit[2]) or _dated(text, hit, words):
            continue
        value = _value(hit[1], words) * (words.scales[hit[2].lower()] if hit[2] else 1)
        unit, end = _unit(text, hit.end(), words)
        told = text[: hit.start()].rstrip().lower()
        meant = next((q for q in sorted(words.qualifiers, key=len, reverse=True) if _ends(told, q)), None)
        if hit[1].isdigit() and _YEAR.fullmatch(hit[1]) and re.sub(r"^.*\W", "", told) in words.lists["prepositions"]:
            continue  # "in 2014"
        bare_word = not hit[1][0].isdigit()
        told_before = [m for m in (p.search(text[: hit.start()]) for p in words.unit_before) if m]
        unit = unit or (told_before[-1][1].strip() if told_before else None)
        if re.sub(r"^.*\W", "", told) in words.lists["negations"] or (meant and words.qualifiers[meant] == AT_MOST):
            continue
        if (bare_word and unit is None) or (hit[1].lower() == "one" and unit is None):
            continue
        found.append(Figure(hit.start(), end, value, unit, words.qualifiers[meant] if meant else None))
    counts = [f for f in found if f.unit is None or f.unit.split()[-1].lower() not in words.lists["time_units"]]
    return counts or found


def _dated(text: str, hit: re.Match[str], words: Wording) -> bool:
    """A number beside a month is a day, also where there is no such day."""
    after = re.match(r"\s+(\w+)", text[hit.end(1) :])
    before = re.search(r"(\w+)\s+$", text[: hit.start()])
    months = words.lists["months"]
    return any(word is not None and word[1].lower() in months and word[1][0].isupper() for word in (after, before))


def _ends(text: str, words: str) -> bool:
    return text == words or text.endswith(f" {words}")


def _value(text: str, words: Wording) -> float:
    if text[0].isdigit():
        return float(re.sub(r"[,\u00a0]", "", text))
    return float(words.numbers[text.lower()])


def _unit(text: str, at: int, words: Wording) -> tuple[str | None, int]:
    """The words after a figure, up to one that is no part of a unit -> the unit, and where it ends."""
    kept: list[str] = []
    own = re.match(rf"\s+\w+\s+(?:{'|'.join(words.lists['own'])})(?=\s)", text[at:], re.IGNORECASE)
    end = at = at + own.end() if own else at  # "five of our people"
    for hit in re.finditer(r"\s+([\w'’\-]+)([,.;:)\"”]?)", text[at:]):
        if hit.start() != end - at:
            break
        word = hit[1].lower()
        joins = word == "of" and kept and len(kept) < _UNIT_WORDS - 1
        if (word in words.lists["no_unit"] and not (joins or (word == "times" and not kept))) or word.isdigit():
            break
        kept.append(hit[1])
        end = at + hit.start() + len(hit.group()) - len(hit[2])
        if hit[2] or len(kept) == _UNIT_WORDS:
            break
    while kept and kept[-1].lower() == "of":
        kept.pop()
    return (" ".join(kept) or None, end) if kept else (None, at)
