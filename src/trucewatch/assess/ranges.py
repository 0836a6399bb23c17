"""How far a weapon reaches at the most, by the words that sources use for it. The table is data; nothing is guessed.

A weapon is out of reach only where the table knows every part of what was said of it: "mortar and drones" has no bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from trucewatch.assess.model import GRADES
from trucewatch.assess.rules.calibre import DOUBTED
from trucewatch.base.document import Lined, document
from trucewatch.base.errors import AgreementError, InputError

_FIELDS = ("ranges", "source", "grade", "weapons")
_OF_ONE = ("class", "words", "calibre_mm", "range_m", "source", "grade")
_CALIBRE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*-?\s*mm(?![^\W\d_])")
_DOUBTED = re.compile(DOUBTED)
_SEVERAL = re.compile(r"[,;/+&]|\b(?:and|or|with)\b")


@dataclass(frozen=True)
class Weapon:
    """A line of the table. range_m: None where no bound is known; calibre_mm: None where the words say enough."""

    class_: str
    words: tuple[str, ...]
    calibre_mm: float | None
    range_m: float | None


@dataclass(frozen=True)
class Ranges:
    """The table: what it is called, where it is from, how good that is, and its lines."""

    id: str
    source: str
    grade: str
    weapons: tuple[Weapon, ...]


@dataclass(frozen=True)
class Reach:
    """How far at the most, in metres, and by which lines of the table, in words."""

    metres: float
    by: str


def ranges(text: str, file: str = "ranges") -> Ranges:
    """YAML text -> the table. InputError names file, line and field of what cannot be one.

    >>> ranges("ranges: mine\\nsource: a book\\ngrade: report\\nweapons: [{class: bow, words: [bow], range_m: 300}]").id
    'mine'
    """
    said = written(text, file, "a table of ranges", _FIELDS)
    grade = said.one_of("grade", "grade", GRADES) or "unchecked"
    items = said.items_of("weapons")
    if not items:
        raise said.fail("weapons", "names no weapons", "a list, each with class, words and range_m")
    name = said.text("ranges", "what the table is called")
    return Ranges(name, said.text("source", "where it is from"), grade, tuple(_weapon(item) for item in items))


def written(text: str, file: str, what: str, fields: Iterable[str]) -> Lined:
    """YAML text -> its fields, which have to be among those named. InputError says what the file is not."""
    try:
        return document(text, file).only(fields)
    except AgreementError as wrong:
        if wrong.row is None:  # nothing in it is at fault: the whole is something else
            raise InputError(f"is not {what}", file=file, expected=f"the fields {', '.join(fields)}") from None
        raise


def _weapon(item: Lined) -> Weapon:
    item.only(_OF_ONE)
    words, range_m = item.words("words"), item.number("range_m")
    if not words or not all(word.strip() for word in words):
        raise item.fail("words", "has no words", "how sources write it, as [mortar]")
    if "range_m" not in item:
        raise item.fail("range_m", "has no range_m", "metres, or null where no bound is known")
    item.one_of("grade", "grade", GRADES)
    kind = item.text("class", "the class of weapon")
    return Weapon(kind, tuple(" ".join(w.lower().split()) for w in words), item.number("calibre_mm"), range_m)


def reach_of(said: str | None, table: Ranges) -> Reach | None:
    """What a source says of a weapon -> how far it reaches at the most; None where the table has no bound for it.

    Of several weapons, or lines that fit, the farthest counts. A calibre that is told has to be in the table. What is
    only half said (`possibly a mortar`) has none: it may have been something else.

    >>> table = ranges("ranges: x\\nsource: y\\nweapons: [{class: mortar, words: [mortar], calibre_mm: 82, "
    ...                "range_m: 9000}, {class: mortar, words: [mortar], range_m: 25000}]")
    >>> reach_of("82mm mortars", table).metres, reach_of("mortar fire", table).metres, reach_of("mortar, drone", table)
    (9000.0, 25000.0, None)
    """
    words = (said or "").lower()
    parts = [] if _DOUBTED.search(words) else [part for part in _SEVERAL.split(words) if part.strip()]
    found = [_reach(part, table.weapons) for part in parts]
    if not found or None in found:
        return None
    return max((one for one in found if one is not None), key=lambda one: (one.metres, one.by))


def _reach(part: str, weapons: Iterable[Weapon]) -> Reach | None:
    words = _words_in(part, {word for w in weapons for word in w.words})
    named = [w for w in weapons if words & set(w.words)]
    if any(w.range_m is None for w in named):
        return None
    calibres = {float(n) for n in _CALIBRE.findall(part)}
    if calibres:
        same = [w for w in weapons if w.calibre_mm in calibres]
        if {w.calibre_mm for w in same} != calibres:
            return None
        named = [w for w in same if w in named] or same
    bounds = [(w.range_m, w.class_) for w in named if w.range_m is not None]
    if not bounds or len(bounds) < len(named):
        return None
    metres, kind = max(bounds)
    told = f"{max(calibres):g} mm {kind}" if calibres else kind
    return Reach(metres, told)


def _words_in(part: str, known: set[str]) -> set[str]:
    """Which words of the table stand there; not those that are only part of a longer one: a machine gun is no gun."""
    hits = [(hit.start(1), hit.end(1), word) for word in known for hit in _whole(word).finditer(part)]
    return {
        word
        for start, end, word in hits
        if not any(a <= start and end <= b and (b - a) > (end - start) for a, b, _ in hits)
    }


def _whole(word: str) -> re.Pattern[str]:
    """The word by itself or in the plural, as in rules/weapon_class.py: an "upgraded" gun is no Grad."""
    spaced = r"\s*".join(re.escape(part) for part in word.split())
    return re.compile(rf"(?<![^\W_])({spaced})s?(?![^\W_])")
