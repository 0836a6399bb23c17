"""A news text -> drafts of statements, each with its span and the rules that drafted it. None counts by itself.

Steps: sentences; sayings in each; who speaks; the day, the place, the figures and the sign in what was said; a row for
each saying, or for each figure where a saying lists several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.claims.days import Day, days
from trucewatch.claims.numbers import Figure, figures
from trucewatch.claims.params import ReadParams
from trucewatch.claims.sayings import ELLIPTIC, Saying, sayings
from trucewatch.claims.sentences import Sentence, quotes, sentences
from trucewatch.claims.speakers import Memory, Party, Who
from trucewatch.claims.things import Found, Place, places_in, sign_of, whom
from trucewatch.claims.wording import Wording
from trucewatch.tables import DRAFTS

_OF_THE_RECORD = ("states", "denies", "corrects", "repeats")
"""What is asked, demanded, offered or refused says nothing of what happened."""


@dataclass(frozen=True)
class Reading:
    """What a text is read with: rules, parties, places, the text's own day and its zone."""

    words: Wording
    parties: tuple[Party, ...] = ()
    places: tuple[Place, ...] = ()
    today: date | None = None
    zone: str = "UTC"
    source: str = "news"
    params: ReadParams = field(default_factory=ReadParams)


def drafts(text: str, reading: Reading, capture: str = "text") -> pl.DataFrame:
    """text -> drafts, in the order of the text. The same text and rules give the same drafts."""
    memory = Memory(reading.parties, reading.words)
    rows = [row for one in _read(text, reading, memory) for row in one]
    for row in rows:  # what is told of a person later in the text holds for all of it
        who = memory.known.get(memory.named.get(row["speaker"], row["speaker"]))
        if who is not None and who.person:
            row["speaker"] = who.name
            row["on_behalf_of"] = row["on_behalf_of"] or who.behalf
    made = [{"id": f"{capture}#{n}", "capture": capture, **row} for n, row in enumerate(rows, 1)]
    frame = pl.DataFrame(made, schema=dict(DRAFTS.schema), orient="row") if made else DRAFTS.empty()
    return DRAFTS.check(frame.with_columns(pl.col("said_at", "t0", "t1").cast(UTC_US)))


def unread(text: str, reading: Reading) -> list[Sentence]:
    """What is too long for a sentence, as a table or a list is: no draft is taken from it."""
    longest = reading.params.sentence_chars
    return [one for one in sentences(text, reading.words, reading.params) if len(one.text) > longest]


def own_day(text: str, words: Wording) -> date | None:
    """The first whole date in a text's head: the day of the text, where nobody tells it."""
    named = days("\n".join(text.strip().splitlines()[:5]), None, words)
    return named[0].on if named else None


def _read(text: str, reading: Reading, memory: Memory) -> Iterator[list[dict[str, Any]]]:
    today = reading.today or own_day(text, reading.words)
    paragraph = -1
    for sentence in sentences(text, reading.words, reading.params):
        new, paragraph = sentence.paragraph != paragraph, sentence.paragraph
        if len(sentence.text) > reading.params.sentence_chars:
            continue  # `unread` tells of it
        memory.text, memory.until = text, sentence.end
        memory.role = None if new else memory.role
        for one in sayings(sentence.text, reading.words, reading.params):
            if one.subject is None and new and not one.verb:
                continue  # a quotation that opens a paragraph: nobody in it is named
            if one.rule == ELLIPTIC and not memory.heard(one.subject or ""):
                continue
            who = memory.who(one.subject, one.beside)
            if who is not None:
                yield list(_rows(sentence, one, who, memory, reading, today))


def _rows(
    sentence: Sentence, one: Saying, who: Who, memory: Memory, reading: Reading, today: date | None
) -> Iterator[dict[str, Any]]:
    words, body = reading.words, sentence.text
    named = days(body, today, words)
    said_on = _said_on(one, named, body) or _same_day(one, memory, words)
    memory.day = said_on or memory.day
    what = body[one.start : one.end]
    inside = [d for d in named if one.start <= d.start < one.end and d is not said_on]
    found = [p for p in places_in(what, reading.places) if memory.party(p.place.name) is None or _led(what, p, words)]
    says, kind, hit = sign_of(what, one.speech, words) if one.speech in _OF_THE_RECORD else (None, None, None)
    counted = figures(body, words, [(d.start, d.end) for d in named])
    counted = [f for f in counted if one.start <= f.start < one.end] or _near(counted, one)
    said = [q.words for q in quotes(body, reading.params) if one.start - 1 <= q.start < one.end]
    base = {
        "speaker": who.name, "on_behalf_of": who.behalf, "side": who.side, "speech": one.speech,
        "source": reading.source,
        "said_at": _start(said_on.on, reading.zone) if said_on else None,
        "asserts": says, "kind": kind if says and says.endswith("happened") else None,
        "whom": whom(what, hit, who, memory, says), "language": words.language,
        "says": " ".join(body.split()), "quote": said[0] if said else None,
        "start": sentence.start, "end": sentence.end,
        "locator": f"characters {sentence.start} to {sentence.end}",
        **_when(inside, reading.zone), **_where(found),
    }  # fmt: skip
    rules = [f"{one.rule}: {one.verb or ('none' if one.rule == ELLIPTIC else 'quotation')}"]
    rules += [f"day of saying: {said_on.on}"] if said_on else []
    rules += [f"day: {body[d.start : d.end]}" for d in inside[:1]] + [f"place: {f.place.name}" for f in found[:1]]
    rules += [f"sign: {hit.group()}"] if hit else []
    every: list[Figure | None] = [*counted] or [None]
    for figure in every:
        row = dict(base)
        if figure is not None:
            row |= {"figure": figure.value, "unit": figure.unit, "qualifier": figure.qualifier or "exact"}
            several = len(counted) > 1 and one.speech in _OF_THE_RECORD
            own, kind, _ = sign_of(figure.unit or "", one.speech, words) if several else (None, None, None)
            row |= {"asserts": own, "kind": kind} if own else {}
        yield {**row, "because": [*rules, *([f"figure: {body[figure.start : figure.end]}"] if figure else [])]}


def _near(counted: list[Figure], one: Saying) -> list[Figure]:
    """Figures of a clause whose verb gives a number, wherever they stand."""
    return [f for f in counted if f.start > one.at][:1] if one.start >= one.end else []


def _said_on(one: Saying, named: list[Day], body: str) -> Day | None:
    """A day that stands with the verb of saying, and not in what was said."""
    outside = [d for d in named if not one.start <= d.start < one.end]
    near = [d for d in outside if body[d.start : d.end] in one.around]
    return near[-1] if near else None


def _same_day(one: Saying, memory: Memory, words: Wording) -> Day | None:
    return memory.day if words.of("the_same_day").search(one.around) else None


def _led(text: str, found: Found, words: Wording) -> bool:
    """Does a preposition stand before it, so that a capital is a place here and not a party?"""
    before = text[: found.start].split()
    return bool(before) and before[-1].lower() in words.lists["prepositions"]


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone))


def _when(inside: list[Day], zone: str) -> dict[str, Any]:
    if not inside:
        return {}
    return {"t0": _start(inside[0].on, zone), "t1": _start(inside[0].on + timedelta(days=1), zone)}


def _where(found: list[Found]) -> dict[str, Any]:
    if not found:
        return {}
    place = found[0].place
    return {"place": place.name, "lon": place.lon, "lat": place.lat, "radius_m": place.radius_m}
