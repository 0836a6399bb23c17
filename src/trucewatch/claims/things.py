"""What was said -> place, kind, what it says of the record, and of whom: by words of the rules and of the case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from trucewatch.claims.speakers import Memory, Who
from trucewatch.claims.wording import Wording, any_of


@dataclass(frozen=True)
class Place:
    """A place of the gazetteer or of the case."""

    name: str
    lon: float | None
    lat: float | None
    radius_m: float | None


@dataclass(frozen=True)
class Found:
    """A place that a text names, and where."""

    start: int
    end: int
    place: Place


def places_in(text: str, gazetteer: tuple[Place, ...]) -> list[Found]:
    """Text -> the places that it names, longer names before those within them, in their order."""
    named = {place.name.lower(): place for place in gazetteer}
    pattern = any_of(named)
    return [
        Found(h.start(), h.end(), named[h.group().lower()]) for h in pattern.finditer(text) if h.group()[0].isupper()
    ]


def sign_of(text: str, speech: str, words: Wording) -> tuple[str | None, str | None, re.Match[str] | None]:
    """What was said, what saying it does -> asserts, kind, and the words that tell; negated where it is denied."""
    for sign in words.signs:
        hit = sign.pattern.search(text)
        if hit is None:
            continue
        lead = text[max(0, hit.start() - 60) : hit.start()]
        denied = (any_of(words.lists["negations"]).search(lead) is not None) != (speech == "denies")
        says = sign.asserts if not denied else f"not_{sign.asserts}"
        return says, sign.kind, hit
    return None, None, None


def whom(text: str, hit: re.Match[str] | None, who: Who, memory: Memory, says: str | None) -> str | None:
    """Of whom it is said: the party named before the words that tell, or after them; `our` and `its` are one's own."""
    if hit is None:
        return None
    before = text[: hit.start()]
    named = memory.party_in(before)
    if named is not None:
        return named
    if who.behalf and any_of(memory.words.lists["own"]).search(before):
        return who.behalf
    after = memory.party_in(text[hit.end() :])
    return who.behalf if after is None and says is not None and says.startswith("not_") else after


def gazetteer(told: Any) -> tuple[Place, ...]:
    """Rows of name, lon, lat, radius_m -> places; a name that stands for two places is none of them."""
    made: dict[str, list[Place]] = {}
    for row in told or ():
        figures = [None if row.get(n) in (None, "") else float(row[n]) for n in ("lon", "lat", "radius_m")]
        made.setdefault(str(row["name"]).lower(), []).append(Place(str(row["name"]), *figures))
    return tuple(same[0] if len(set(same)) == 1 else Place(same[0].name, None, None, None) for same in made.values())
