"""Step 1: an agreement's YAML -> agreement, terms, readings. docs/agreements.md describes the format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from trucewatch.assess import fields
from trucewatch.assess.ground import parse_where
from trucewatch.assess.model import (
    CRS84,
    FORMS,
    KIND_WORDS,
    TERM_KINDS,
    TEXT,
    Agreement,
    Event,
    Exemption,
    Party,
    Reading,
    Term,
    When,
    Where,
)  # fmt: skip
from trucewatch.assess.rules import BY_KIND
from trucewatch.assess.tallies import parse_counts
from trucewatch.assess.when import WHEN_FIELDS, Known, freed, parse_events, parse_when
from trucewatch.base.calendar import minutes
from trucewatch.base.document import Lined, document
from trucewatch.base.errors import AgreementError, AgreementFaults, InputError, UnknownName
from trucewatch.base.time import instant, zone

__all__ = ["CRS84", "TEXT", "Agreement", "Party", "Reading", "Term", "agreement"]
TOP_FIELDS = (
    "agreement", "title", "display_zone", "signed", "source", "grade", "published", "form", "revises", "rivals",
    "reporting_day", "parties", "umbrella", "others", "mediators", "status", "events", "when", "readings", "terms",
    "counts", "notes",
)  # fmt: skip
_TIMES = ("since", "until", "when")
VARIES = ("says", "source", "grade", "binds", "bars", "requires", "where", *_TIMES, "standard", "unless")
TERM_FIELDS = ("id", "article", "text", "kind", "toward", "readings", *VARIES)
_FOR_ALL = ("says", "source", "grade", "when", "standard", "unless")
_NONE: list[Lined] = []
_HOUR = re.compile(r"^\s*\d{4}-\d\d-\d\d[T ]+\d")
"""What is written as a day and an hour was meant for a time."""
_ANYWHERE = ("quota", "notification", "no_advance")
"""Kinds that need no `where`: what is owed, and what a whole front is about."""


@dataclass(frozen=True)
class _Made:
    """What the readings of every term are made with."""

    parties: tuple[Party, ...]
    readers: tuple[str, ...]
    events: Mapping[str, Event]
    display_zone: str
    when: Lined | None
    readings: Mapping[str, Lined]
    whens: Mapping[str, When]

    def known(self, who: str) -> Known:
        """What the times of that reading may hang on."""
        return Known(self.events, self.display_zone, self.whens.get(who) or self.whens.get(TEXT))

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the parties."""
        return tuple(party.id for party in self.parties)


def agreement(text: str, file: str = "agreement") -> Agreement:
    """YAML text -> Agreement.

    Raises AgreementError or UnknownName with file, line and field; AgreementFaults, a line each, where there are more.
    """
    top = document(text, file)
    top.faults.collecting = True
    made = _agreement(top)
    if len(top.faults) == 1:
        raise top.faults[0]
    if top.faults:
        raise AgreementFaults(top.faults)
    return made


def _agreement(top: Lined) -> Agreement:
    top.only(TOP_FIELDS)
    take = top.take
    with_ = _made(top)
    found = take(partial(top.items_of, "terms"), None)
    items = found or _NONE
    if found == []:
        top.faults.add(top.fail("terms", "has no terms", "at least one term"))
    terms: dict[str, Term] = {}
    for item in items:
        term = _term(item, with_)
        if term.id and term.id in terms:
            top.faults.add(item.fail("id", f"the term {term.id!r} stands twice"))
        terms[term.id] = term
    return Agreement(
        id=take(partial(top.text, "agreement", "a short id of the agreement, as ford-truce"), ""),
        title=take(partial(top.text, "title", "its title"), ""),
        display_zone=with_.display_zone,
        source=take(partial(top.text, "source", "where its text or the reports of it can be read"), ""),
        published=take(partial(top.flag, "published", True), True),
        parties=with_.parties,
        terms=tuple(terms.values()),
        umbrellas=take(partial(fields.umbrellas, top, with_.parties), ()),
        others=take(partial(top.flag, "others", False), False),
        form=take(partial(top.one_of, "form", "form", FORMS), None),
        signed=take(partial(top.optional, "signed"), None),
        revises=take(partial(top.optional, "revises"), None),
        rivals=tuple(take(partial(top.words, "rivals"), [])),
        grade=take(partial(fields.grade, top), None),
        reporting_day=take(partial(_reporting_day, top), None),
        mediators=tuple(_mediators(top, with_.parties)),
        events=tuple(with_.events.values()),
        whens=dict(with_.whens),
        status=take(partial(fields.status, top, with_.ids), ()),
        counts=take(partial(parse_counts, take(partial(top.items_of, "counts"), _NONE), with_.readers), ()),
        notes=take(partial(top.optional, "notes"), None),
    )


def _made(top: Lined) -> _Made:
    take = top.take
    display = take(partial(top.optional, "display_zone"), None) or "UTC"
    try:
        zone(display)
    except InputError as wrong:
        top.faults.add(_at(top, "display_zone", wrong))
        display = "UTC"
    parties = take(partial(fields.parties, top, TEXT), tuple[Party, ...]())
    mediators = [who for who, _ in _mediators(top, parties)]
    # Where no party could be read, that is the fault, not each place that names one.
    readers = (*(party.id for party in parties), *mediators) if parties else ()
    events = {event.id: event for event in take(partial(_events, top, display), tuple[Event, ...]())}
    when = take(partial(top.mapping, "when"), None) if "when" in top else None
    readings = take(partial(_readings, top, readers, _FOR_ALL), dict[str, Lined]())
    made = _Made(parties, readers, events, display, when, readings, {})
    return replace(made, whens=_whens(made))


def _events(top: Lined, display: str) -> tuple[Event, ...]:
    signed, before = top.get("signed"), dict[str, Event]()
    if isinstance(signed, str):
        try:
            at = instant(signed)
        except InputError as wrong:  # a bare day, or words: shown, and nothing is worked out from it
            at = None
            if _HOUR.match(signed):
                top.faults.add(_at(top, "signed", wrong))
        before["signature"] = Event("signature", "the agreement is signed", str(top.get("source") or ""), at)
    made = {event.id: event for event in parse_events(top.items_of("events"), display, before)}
    return tuple({**before, **made}.values())


def _mediators(top: Lined, parties: tuple[Party, ...]) -> list[tuple[str, str]]:
    made: dict[str, str] = {}
    for item in top.take(partial(top.items_of, "mediators"), _NONE):
        who = item.only(("id", "name")).take(partial(item.text, "id", "a short id"), "")
        if who in {TEXT, *made, *(party.id for party in parties if party.id)}:
            what = f"the mediator {who!r} is a party or a mediator already"
            item.faults.add(item.fail("id", what, "an id of its own"))
        elif who:
            made[who] = item.take(partial(item.optional, "name"), None) or who
    return list(made.items())


def _readings(item: Lined, readers: tuple[str, ...], known: tuple[str, ...]) -> dict[str, Lined]:
    """who -> the fields that differ; each of them with a source of its own."""
    made = {}
    for who, change in item.mapping("readings").items():
        if who not in readers and readers and "" not in readers:
            line = item.mapping("readings").where(who)
            item.faults.add(UnknownName("party or mediator", who, readers, file=item.file, row=line, field="readings"))
        elif not isinstance(change, Lined):
            item.faults.add(item.fail("readings", f"the reading of {who} is not a mapping", "the fields that differ"))
        else:
            change.only(known)
            if "source" not in change:
                item.faults.add(change.fail("", f"the reading of {who} has no source", "where that party says so"))
            made[who] = change
    return made


def _whens(made: _Made) -> dict[str, When]:
    """When the agreement as a whole is in force, by reading."""
    whens: dict[str, When] = {}
    for who, item in ((TEXT, made.when), *((who, change.get("when")) for who, change in made.readings.items())):
        if isinstance(item, Lined):
            item.only(WHEN_FIELDS)
            whens[who] = item.take(partial(parse_when, item, made.known(TEXT)), When())
        elif item is not None:
            made.readings[who].faults.add(made.readings[who].fail("when", "when is not a mapping", "fields and values"))
    return whens


def _term(item: Lined, with_: _Made) -> Term:
    item.only(TERM_FIELDS)
    take = item.take
    kind = take(partial(_kind, item), "no_advance")  # it asks for nothing more, so that one fault is one
    whole = with_.when if with_.when is not None else item.like()
    timed = any(key in item for key in _TIMES)
    times = _ended(whole, _times(whole, item), item)
    readings = [_reading(TEXT, item, times, kind, with_)]
    invoked = {who: part for who, part in _invoked(times).items() if who in readings[0].binds}
    own = take(partial(_readings, item, with_.readers, VARIES), dict[str, Lined]())
    for who in [who for who in with_.readers if who in own or who in with_.readings or who in invoked]:
        of_all, change = with_.readings.get(who, item.like()), own.get(who, item.like())
        if timed:  # the term has times of its own, so the reading of the whole says nothing about them
            of_all = _without(of_all, _TIMES)
        changed = item.like(of_all, change)
        differs = [key for key in changed if key not in ("source", "says", "grade")]
        # What the term hangs on the start of the whole is elsewhere where that reading has another start.
        differs += ["start"] if timed and who in with_.whens and not differs and _of_start(times) else []
        differs += ["release"] if who in invoked else []
        if differs or who in own:
            if who not in own and who not in with_.readings:  # it said so when it invoked the clause
                changed = item.like(_without(invoked[who], ("by", "at", "says")))
            merged = item.like(_without(item, ("readings",)), changed)
            made = _reading(who, merged, _times(_times(times, of_all), change), kind, with_)
            readings.append(replace(made, differs=", ".join(differs)))
    return Term(
        id=take(partial(item.text, "id", "a short id of the term"), ""),
        article=take(partial(item.text, "article", "the number of the article, as the agreement counts"), ""),
        text=take(partial(item.optional, "text"), None),
        readings=tuple(readings),
        kind=kind,
    )


def _without(item: Lined, keys: tuple[str, ...]) -> Lined:
    made = item.like(item)
    for key in keys:
        made.pop(key, None)
    return made


def _times(whole: Lined, item: Lined) -> Lined:
    """What says when: the item's own `when`, or its since and until laid over those of the whole.

    A release clause stays what it is, whoever reads the times in another way.
    """
    if "when" in item:
        if "since" in item or "until" in item:
            item.faults.add(item.fail("when", "stands beside since or until", "when, or since and until, not both"))
        told = item.take(partial(item.mapping, "when"), item.like()).only(WHEN_FIELDS)
        clause = _without(whole, tuple(key for key in whole if key != "release"))
        return told.like(clause, told) if clause else told
    own = _without(item, tuple(key for key in item if key not in ("since", "until")))
    if not own:
        return whole
    # A new end is not that which the whole was extended from, and separate spans have no one start or end.
    gone = ("spans", "extensions", "renews") if "until" in own else ("spans",)
    return item.like(_without(whole, gone), own)


def _ended(whole: Lined, times: Lined, item: Lined) -> Lined:
    """A term that begins later ends with the agreement: for how long that lasts counts from the start of the whole."""
    lasts = whole.get("until")
    if "since" not in item or "until" in item or "since" not in whole or not isinstance(lasts, Lined):
        return times
    if "for" not in lasts or item.faults:
        return times
    until = lasts.like()
    until.update(event="start", plus=lasts["for"])
    made = times.like(times)
    made["until"] = until
    return made


def _of_start(told: object) -> bool:
    """Does a time in it hang on the start of the agreement?"""
    if isinstance(told, dict):
        return told.get("event") == "start" or any(map(_of_start, told.values()))
    return isinstance(told, list) and any(map(_of_start, told))


def _invoked(times: Lined) -> dict[str, Lined]:
    """Who invoked a release clause -> where that is told. It is not bound under its own reading, so it has one."""
    release = times.get("release")
    parts = release.get("invoked") if isinstance(release, Lined) else None
    return {str(part.get("by")): part for part in parts if isinstance(part, Lined)} if isinstance(parts, list) else {}


def _kind(item: Lined) -> str:
    told = item.one_of("kind", "kind of term", TERM_KINDS, KIND_WORDS)
    if told is not None:
        return told
    bars = item.mapping("bars")
    if item.get("requires") is not None and not bars:
        return "quota"
    if bars.get("targets"):
        return "protected_targets"
    return "weapon_withdrawal" if bars.get("weapons") or bars.get("calibre_mm") else "barred_acts"


def _reading(who: str, item: Lined, times: Lined, kind: str, with_: _Made) -> Reading:
    take = item.take
    owes = take(partial(fields.requires, item), None)
    nothing: dict[str, Any] = {"acts": (), "targets": (), "weapons": (), "calibre_mm": (None, None)}
    barred = take(partial(fields.bars, item, BY_KIND[kind].ACTS, item.get("requires") is not None), nothing)
    if kind == "notification" and owes is not None and not barred["acts"]:
        barred = {**barred, "acts": owes.of}  # what has to be told of beforehand is what is looked at
    if (
        kind in ("quota", "limitation", "notification")
        and item.get("requires") is None
        and not (kind == "limitation" and barred["acts"])
    ):
        item.faults.add(
            item.fail("requires", f"a {kind} says nothing that is owed", "requires, with what and how many")
        )
    if kind == "notification" and owes is not None and not barred["acts"] and not item.mapping("requires").get("of"):
        told = item.mapping("requires")
        item.faults.add(told.fail("of", "does not say of what acts notice is owed", "a list of acts, as [works]"))
    unless = take(partial(fields.exemptions, item, with_.ids), tuple[Exemption, ...]())
    return Reading(
        who=who,
        says=take(partial(item.text, "says", "what the article says, in your own words"), ""),
        source=take(partial(item.text, "source", "where it can be read"), ""),
        binds=take(partial(fields.binds, item, with_.parties), ()),
        where=take(partial(_where, item, kind), Where("")),
        when=take(partial(parse_when, times, with_.known(who)), When()),
        standard=take(partial(item.optional, "standard"), None),
        exemptions=unless,
        requires=owes,
        toward=take(partial(fields.toward, item, with_.parties), ()),
        freed=take(partial(freed, times, with_.known(who), who, with_.ids), ()),
        grade=take(partial(fields.grade, item), None),
        **barred,
    )


def _where(item: Lined, kind: str) -> Where:
    if "where" not in item and kind in _ANYWHERE:
        return Where("wherever it applies", everywhere=True)
    return parse_where(item)


def _reporting_day(top: Lined) -> tuple[str, str] | None:
    if "reporting_day" not in top:
        return None
    told = top.mapping("reporting_day").only(("begins", "zone"))
    begins = told.take(partial(told.text, "begins", "a wall time, as 19:30"), "")
    there = told.take(partial(told.text, "zone", "an IANA name"), "")
    for key, value, read in (("begins", begins, minutes), ("zone", there, zone)):
        try:
            if value:
                read(value)
        except InputError as wrong:
            told.faults.add(_at(told, key, wrong))
    return begins, there


def _at(item: Lined, key: str, wrong: InputError) -> AgreementError:
    """What a parser said, with file, line and field."""
    return AgreementError(wrong.what, file=item.file, row=item.where(key), field=key, expected=wrong.expected)
