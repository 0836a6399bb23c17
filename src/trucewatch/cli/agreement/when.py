"""trucewatch agreement when"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from trucewatch import pipeline
from trucewatch.assess import Agreement
from trucewatch.assess import agreement as parsed
from trucewatch.assess.model import Span, When
from trucewatch.assess.whens import overlaps, whole
from trucewatch.base.errors import InputError
from trucewatch.base.time import zone
from trucewatch.cli.base import found, json_option, read_file, show

MOST_SHOWN = 8
"""Spans printed for people; a month of windows of silence has 31."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
def when(files: tuple[str, ...], as_json: bool) -> None:
    """When is the agreement of FILE (a path, or the name of a shipped one) in force, by whose reading?

    Times are in UTC, and for people in the agreement's own zone too. With several FILEs, also when two of them may be
    in force at once.
    """
    made: dict[str, Agreement] = {}
    for file in files:
        path = found("agreements", "agreement", file)
        one = parsed(pipeline.text_of(read_file(path), str(path)), str(path))
        if one.id in made:
            raise InputError(f"is the agreement {one.id!r} once more", file=str(path), expected="each only once")
        made[one.id] = one
    told, rivals = {name: _told(one) for name, one in made.items()}, _rivals(made)
    lines = [line for one in made.values() for line in _lines(one)]
    if len(made) == 1:
        show(next(iter(told.values())), as_json, lines)
        return
    for both in rivals:
        ends = _until(_read(both["until"]), "unknown")
        start = "from the start on" if both["from"] is None else f"from {_clock(_read(both['from']), UTC)} UTC"
        lines.append(f"{both['a']} and {both['b']} may both be in force {start} {ends} ({both['reading']})")
    lines += [] if rivals else ["No two of them are in force at once."]
    show({"agreements": told, "overlaps": rivals}, as_json, lines)


def _rivals(made: dict[str, Agreement]) -> list[dict[str, Any]]:
    whens = {name: whole(one) for name, one in made.items()}
    return [
        {"a": a, "b": b, "reading": reading, **_span(span)}
        for a, b in itertools.combinations(made, 2)
        for reading, span in overlaps(whens[a], whens[b])
    ]


def _told(one: Agreement) -> dict[str, Any]:
    whens = whole(one)
    return {
        "agreement": one.id,
        "readings": {who: [_span(span) for span in when.may] for who, when in whens.items()},
        "sure": {who: [_span(span) for span in when.sure] for who, when in whens.items()},
        "ends": {who: when.ends for who, when in whens.items()},
        "starts": [_start(who, when) for who, when in whens.items() if when.agreed or when.actual],
        "lacks": {who: list(when.lacks) for who, when in whens.items() if when.lacks},
        "status": [{"party": said.party, "is": said.is_, "on": said.on} for said in one.status],
        "binds_nobody": [
            {"term": term.id, "reading": reading.who}
            for term in one.terms
            for reading in term.readings
            if not reading.binds
        ],
        "terms": {
            term.id: {reading.who: [_span(span) for span in reading.when.may] for reading in term.readings}
            for term in one.terms
        },
        "freed": [
            {"term": term.id, "reading": reading.who, "party": free.party, "at": _z(free.at), "sure": free.sure}
            for term in one.terms
            for reading in term.readings
            for free in reading.freed
        ],
    }


def _span(span: Span) -> dict[str, str | None]:
    return {"from": _z(span.start), "until": _z(span.end)}


def _start(who: str, when: When) -> dict[str, Any]:
    gap = None if when.agreed is None or when.actual is None else (when.actual - when.agreed).total_seconds()
    return {"reading": who, "agreed": _z(when.agreed), "actual": _z(when.actual), "gap_s": gap}


def _z(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _lines(one: Agreement) -> list[str]:
    """For people: each reading's spans, what may be, the gap between agreed and actual start, and what is not known."""
    there, whens = one.display_zone, whole(one)
    lines = [f"{one.id}: {one.title}"]
    for who, when in whens.items():
        lines += [f"  {who}", *_of_reading(when, there)]
    for term in one.terms:
        for reading in term.readings:
            alike = whens.get(reading.who) or whens[next(iter(whens))]
            if (reading.when.sure, reading.when.may) != (alike.sure, alike.may):
                lines += [f"  {reading.who}, the term {term.id}", *_of_reading(reading.when, there)]
    freed = dict.fromkeys(
        f"  {reading.who}: {free.party} is {'' if free.sure else 'maybe '}free from {_clock(free.at, UTC)} UTC on"
        for term in one.terms
        for reading in term.readings
        for free in reading.freed
    )
    return lines + list(freed) + _unagreed(one)


def _unagreed(one: Agreement) -> list[str]:
    """Hours say nothing of who agreed: what each party made of it last, where that is not plain acceptance, and by
    whose reading a term binds nobody."""
    last = {said.party: said for said in one.status}
    lines = [
        f"  {party}: {said.is_}{f' on {said.on}' if said.on else ''}"
        for party, said in last.items()
        if said.is_ != "accepted"
    ]
    for term in one.terms:
        lines += [f"  {r.who}, the term {term.id}: binds nobody" for r in term.readings if not r.binds]
    return lines


def _of_reading(when: When, there: str) -> list[str]:
    lines = []
    if when.sure or not when.may:
        lines += _spans("in force", when.sure, when, there) or ["    never in force"]
    if when.may != when.sure:
        lines += _spans("may be in force", when.may, when, there)
        lines += [] if when.sure else ["    surely in force  at no time that is known"]
    if when.agreed and when.actual:
        gap = when.actual - when.agreed
        late = f"{_length(abs(gap))} {'later' if gap > timedelta(0) else 'earlier'}" if gap else "as agreed"
        agreed, actual = _clock(when.agreed, UTC), _clock(when.actual, UTC)
        lines.append(f"    start            agreed for {agreed} UTC, came at {actual} UTC, {late}")
    elif when.agreed:
        lines.append(f"    start            agreed for {_clock(when.agreed, UTC)} UTC; nobody knows when it came")
    return lines + [f"    not known        {lack}" for lack in when.lacks]


def _spans(head: str, spans: Sequence[Span], when: When, there: str) -> list[str]:
    lines = []
    for n, span in enumerate(spans[:MOST_SHOWN]):
        last = n == len(spans) - 1
        ends = when.ends if last and span.end is None else "set"
        start = "from a start that nobody knows" if span.start is None else f"{_clock(span.start, UTC)} UTC"
        long = f" ({_length(span.end - span.start)})" if span.start and span.end else ""
        lines.append(f"    {head if n == 0 else '':<16} {start} {_until(span.end, ends)}{long}")
        if there != "UTC" and (span.start or span.end):
            zoned = [None if at is None else _clock(at, zone(there)) for at in (span.start, span.end)]
            lines.append(f"    {'':<16} {zoned[0] or '...'} to {zoned[1] or '...'} in {there}")
    if len(spans) > MOST_SHOWN:
        lines.append(f"    {'':<16} and {len(spans) - MOST_SHOWN} more; --json has all")
    return lines


def _until(end: datetime | None, ends: str) -> str:
    if end is not None:
        return f"to {_clock(end, UTC)} UTC"
    return "on, with no end set" if ends == "open" else "on; nobody knows until when"


def _clock(at: datetime | None, there: Any) -> str:
    """A time on that zone's clocks, with its seconds only where it has any."""
    assert at is not None
    wall = at.astimezone(there).replace(tzinfo=None)
    return wall.isoformat(" ", "auto" if wall.second or wall.microsecond else "minutes")


def _length(gap: timedelta) -> str:
    """Hours and minutes, as people count a truce; days where it is longer than a week.

    >>> _length(timedelta(hours=30)), _length(timedelta(minutes=165)), _length(timedelta(days=60, hours=1))
    ('30 h', '2 h 45 min', '60 days 1 h')
    """
    days = gap.days if gap > timedelta(days=7) else 0
    total = round((gap - timedelta(days=days)).total_seconds())
    parts = [(days, "days"), (total // 3600, "h"), (total % 3600 // 60, "min"), (total % 60, "s")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"
