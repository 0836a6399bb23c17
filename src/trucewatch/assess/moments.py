"""A moment as an agreement tells it -> the two instants between which it lies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeVar

from trucewatch.assess.model import Event, When
from trucewatch.base.calendar import Length, after, day_start, length
from trucewatch.base.document import Lined, shown
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.time import instant, zone

EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""No bound on that side."""
_FORMS = {
    "day": ("day", "zone", "included"),
    "event": ("event", "plus"),
    "between": ("between",),
    "for": ("for",),
    "agreed": ("agreed", "actual"),
}
_ZONED = "the zone by its IANA name, as Europe/Kyiv"
_LETTERS = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?\s?([A-Za-z]{2,5})$")
_TIME = "text, as '2015-02-15 00:00 Europe/Kyiv'"
_ONE = "a time as text, or one of day, event, between, for (until only), agreed with actual (since only)"
_LACKS = {"since": "starts", "until": "ends", "agreed": "was agreed to start", "actual": "came into force"}
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
T = TypeVar("T")


@dataclass(frozen=True)
class Moment:
    """Somewhere in [first, last]; both the same where it is known. EVER, NEVER where that side has no bound.

    agreed, actual: the two where the file tells both; lacks: what is not known of it, in words.
    """

    first: datetime
    last: datetime
    agreed: datetime | None = None
    actual: datetime | None = None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What moments may hang on: events by id, the zone of calendar steps, and the agreement as a whole (`start`)."""

    events: Mapping[str, Event] = field(default_factory=dict)
    display_zone: str = "UTC"
    start: When | None = None


def told(item: Lined, key: str, make: Callable[[], T]) -> T:
    """What a parser of times makes; its fault comes with file, line and field."""
    try:
        return make()
    except InputError as wrong:
        raise item.fail(key, wrong.what, wrong.expected) from None


def _within(at: datetime) -> datetime:
    """At the edges of the calendar no zone's clocks can be shown, and its ends stand for no bound."""
    if not 1 < at.year < datetime.max.year:
        raise InputError(f"{at.isoformat()} lies at the edge of the calendar", expected="a year from 2 to 9998")
    return at


def _read(text: str) -> datetime:
    letters = _LETTERS.search(text)
    if letters and letters[1] != "UTC":
        try:
            return _within(instant(text))
        except InputError:
            raise InputError(f"the time {text!r} tells its zone by letters, which may stand for several ({letters[1]})",
                             expected=f"{_ZONED}, or an offset, as +03:00") from None  # fmt: skip
    return _within(instant(text))


def moment(item: Lined, key: str, known: Known, since: Moment | None = None, whose: str = "it") -> Moment:
    """A field of the file -> Moment. Absent is unknown.

    key: `since`, `until` or `at` tell what the field means: `open` and `for` are for `until` alone, `agreed` with
    `actual` for `since`. since: what `for` counts from. whose: of what, in words, for what is lacking.
    Raises AgreementError or UnknownName with file, line and field.

    >>> from trucewatch.base.document import document
    >>> said = document('until: {day: "2026-02-01", zone: Europe/Moscow, included: unknown}', "a.yaml")
    >>> made = moment(said, "until", Known())
    >>> made.first.isoformat(), made.last.isoformat(), made.lacks
    ('2026-01-31T21:00:00+00:00', '2026-02-01T21:00:00+00:00', ('whether 2026-02-01 is included',))
    """
    said = item.get(key)
    if said is None or said == "unknown":
        return Moment(EVER, NEVER, lacks=(f"when {whose} {_LACKS.get(key, 'was')}",))
    if said == "open" and key == "until":
        return Moment(NEVER, NEVER)
    if isinstance(said, str):
        at = told(item, key, partial(_read, said))
        return Moment(at, at)
    if not isinstance(said, Lined):
        raise item.fail(key, f"{shown(said)} is not a time", _TIME)
    chosen = [form for form, fields in _FORMS.items() if form in said or fields[-1] in said]
    if len(chosen) != 1:
        known_ = {name for fields in _FORMS.values() for name in fields}
        said.only(known_)
        if not chosen and set(said) - known_:
            return Moment(EVER, NEVER)  # its name is the fault, and it was noted
        raise item.fail(key, f"{shown(dict(said))} is not one way to say when", _ONE)
    said.only(_FORMS[chosen[0]])
    if chosen == ["day"]:
        return _of_day(said, key)
    if chosen == ["event"]:
        return _of_event(said, key, known)
    if chosen == ["between"]:
        return _between(said, key, whose)
    if chosen == ["for"]:
        return _so_long(item, key, known, since)
    return _agreed(item, key, known, whose)


def _of_day(said: Lined, key: str) -> Moment:
    """A bare day: what is since or until it depends on whether it is included, what happened on it lies within it."""
    text, there = said.text("day", "a day, as '2026-02-01'"), said.text("zone", "the zone whose day is meant")
    told(said, "zone", lambda: zone(there))
    if not _DAY.match(text):
        raise said.fail("day", f"{text!r} is not a day", "year-month-day, as '2026-02-01'")
    start, end = told(said, "day", lambda: _bounds(text, there))
    if key in ("at", "actual"):
        if "included" in said:
            raise said.fail("included", "what happens on a day lies within it", "no `included`")
        return Moment(start, end, lacks=(f"at what time on {text} it was",))
    included = said.get("included", "unknown" if key == "until" else True)
    if included == "unknown":
        return Moment(start, end, lacks=(f"whether {text} is included",))
    if not isinstance(included, bool):
        raise said.fail("included", f"{shown(included)} is neither true, false nor unknown", "true, false or unknown")
    at = end if included == (key == "until") else start
    return Moment(at, at)


def _bounds(text: str, there: str) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(text)
        return _within(day_start(day, there)), _within(day_start(day + timedelta(days=1), there))
    except (ValueError, OverflowError) as wrong:
        raise InputError(f"there is no day {text!r} ({wrong})") from None


def _of_event(said: Lined, key: str, known: Known) -> Moment:
    """What hangs on an event is where the event is, so long after it.

    Where the event was agreed for another time than it came, a start may be the one that was agreed; an end is not.
    """
    name = said.text("event", "the id of an event")
    if name == "start":
        if known.start is None:
            expected = "a `when` of the whole agreement, with its since; for a length from the start use `for`"
            raise said.fail("event", "the agreement has no start of its own", expected)
        first, last = known.start.starts
        at = Moment(first or EVER, last or NEVER, known.start.agreed, known.start.actual)
        lacks = "when the agreement starts"
    elif name in known.events:
        event = known.events[name]
        at = Moment(event.at or event.first or EVER, event.at or event.last or NEVER)
        if key == "agreed" and event.agreed is not None:
            at = Moment(event.agreed, event.agreed)
        elif key == "since" and event.agreed is not None:
            at = Moment(event.agreed, max(event.agreed, at.last), event.agreed, event.at)
        lacks = f"when {event.says}"
    else:
        names = [*known.events, "start"]
        raise UnknownName("event", name, names, file=said.file, row=said.where("event"), field="event")
    if "plus" in said:
        at = _later(at, _length(said, "plus"), known, said, "plus")
    return replace(at, lacks=_doubt(at, (lacks,)))


def _doubt(at: Moment, lacks: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing is lacking of a known moment; where agreed and actual start are known, what counts in between."""
    if at.first == at.last:
        return ()
    if at.agreed is None or at.actual is None:
        return lacks
    return (f"whether it held between the agreed start ({at.agreed.isoformat()}) and the actual one",)


def _length(said: Lined, key: str) -> Length:
    return told(said, key, lambda: length(said.text(key, "a length of time, as '30 h' or '2 months'")))


def _later(at: Moment, much: Length, known: Known, said: Lined, key: str) -> Moment:
    """A moment so long after another; where a wall time comes twice on the way, it may be either."""

    def step(start: datetime, which: int) -> datetime:
        if start in (EVER, NEVER):
            return start
        return told(said, key, lambda: _within(after(start, much, known.display_zone)[which]))

    return Moment(
        step(at.first, 0),
        step(at.last, 1),
        None if at.agreed is None else step(at.agreed, 0),
        None if at.actual is None else step(at.actual, 0),
        at.lacks,
    )


def _between(said: Lined, key: str, whose: str) -> Moment:
    parts = said.get("between")
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        expected = f"the first and the last time that it may be, each {_TIME}"
        raise said.fail("between", f"{shown(parts)} is not two times", expected)
    first, last = (told(said, "between", partial(_read, part)) for part in parts)
    if last < first:
        raise said.fail("between", f"{parts[1]!r} is before {parts[0]!r}", "the earlier one first")
    lack = f"when between {parts[0]} and {parts[1]} {whose} {_LACKS.get(key, 'was')}"
    return Moment(first, last, lacks=() if first == last else (lack,))


def _so_long(item: Lined, key: str, known: Known, since: Moment | None) -> Moment:
    said = item.mapping(key)
    if key != "until" or since is None:
        raise said.fail("for", "only an end can be so long after its start", _ONE)
    at = _later(since, _length(said, "for"), known, said, "for")
    if since.first == since.last and at.first != at.last:
        return Moment(at.first, at.last, lacks=("which of the two it ends at, for clocks show that time twice",))
    return Moment(at.first, at.last)


def _agreed(item: Lined, key: str, known: Known, whose: str) -> Moment:
    """From the agreed start on it may be in force, surely from the later of the agreed and the actual one."""
    said = item.mapping(key)
    if key != "since":
        raise said.fail("agreed" if "agreed" in said else "actual", "only a start is agreed and comes about", _ONE)
    for name in _FORMS["agreed"]:
        if name not in said:
            raise said.fail("", f"has no {name}", "agreed, and actual: the start as it came about, or unknown")
    agreed, actual = (moment(said, name, known, whose=whose) for name in _FORMS["agreed"])
    at = Moment(
        agreed.first,
        max(agreed.last, actual.last),
        agreed.first if agreed.first == agreed.last else None,
        actual.first if actual.first == actual.last else None,
    )
    return replace(at, lacks=_doubt(at, (*agreed.lacks, *actual.lacks)))
