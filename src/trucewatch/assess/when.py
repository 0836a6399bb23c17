"""Step 1, in parts: when an agreement or a term is in force, surely and maybe; and what times hang on.

Spans are half-open. What is not known widens `may` and narrows `sure`; settling it never does the opposite.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from trucewatch.assess.model import GRADES, Ends, Event, Freed, Span, When
from trucewatch.assess.moments import EVER, NEVER, Known, Moment, moment, told
from trucewatch.assess.windows import windows
from trucewatch.base.calendar import length
from trucewatch.base.document import Lined
from trucewatch.base.errors import UnknownName
from trucewatch.base.spans import Pair, common, joined, without

__all__ = ["WHEN_FIELDS", "Known", "Moment", "freed", "in_force", "moment", "parse_events", "parse_when"]
WHEN_FIELDS = ("since", "until", "extensions", "renews", "pauses", "spans", "windows", "release")
"""The names allowed in a `when` mapping."""
_SAID = ("says", "source", "grade")
_EVENT = ("id", "at", "agreed", *_SAID)
_UNKNOWN = Moment(EVER, NEVER)
"""What stands in the place of a moment that could not be read, once that was noted."""


def parse_events(
    items: Sequence[Lined], display_zone: str, known: Mapping[str, Event] | None = None
) -> tuple[Event, ...]:
    """Mappings of the file -> events. One may hang on those before it, and on `known` ones, as the signature.

    Raises AgreementError or UnknownName with file, line and field.

    >>> from trucewatch.base.document import document
    >>> said = document('events: [{id: left, says: they have left, at: "2020-05-01 00:00Z"}]', "a.yaml")
    >>> parse_events(said.items_of("events"), "UTC")[0].at.isoformat()
    '2020-05-01T00:00:00+00:00'
    """
    made: dict[str, Event] = {}
    for item in items:
        name = item.only(_EVENT).take(partial(item.text, "id", "a short id of the event, as withdrawal-confirmed"), "")
        if name in ("start", *made):
            what = "is the start of the agreement itself" if name == "start" else "stands twice"
            item.faults.add(item.fail("id", f"the event {name!r} {what}", "another id"))
        if name:
            made[name] = _event(item, name, Known({**(known or {}), **made}, display_zone))
    return tuple(made.values())


def _event(item: Lined, name: str, known: Known) -> Event:
    """An event of which something is wrong is one of which nothing is known, so that what hangs on it is no fault."""
    take = item.take
    at = take(partial(moment, item, "at", known), _UNKNOWN)
    agreed = take(partial(moment, item, "agreed", known), None) if "agreed" in item else None
    if agreed is not None and agreed.first != agreed.last:
        item.faults.add(item.fail("agreed", "the time that was agreed is not one time", "a time as text"))
    return Event(
        id=name,
        says=take(partial(item.text, "says", "what happens, as: the third party confirms the withdrawal"), ""),
        source=take(partial(item.optional, "source"), None) or "",
        at=at.first if at.first == at.last else None,
        agreed=None if agreed is None else agreed.first,
        grade=take(partial(item.one_of, "grade", "grade", GRADES), None),
        first=None if at.first == EVER else at.first,
        last=None if at.last == NEVER else at.last,
    )


def parse_when(item: Lined, known: Known) -> When:
    """since, until, extensions, renews, pauses, spans, windows of a mapping -> When. Other fields are not looked at.

    since, until: absent is unknown. extensions: each joins the end before it, or has a start of its own. renews: after
    the end it may be in force, not surely. pauses: what is one, is not in force; what may be one, not surely.
    Raises AgreementError or UnknownName with file, line and field.

    >>> from trucewatch.base.document import document
    >>> made = parse_when(document('{since: "2025-04-19 18:00 Europe/Moscow", until: {for: 30 h}}', "a.yaml"), Known())
    >>> [(span.start.isoformat(), span.end.isoformat()) for span in made.sure]
    [('2025-04-19T15:00:00+00:00', '2025-04-20T21:00:00+00:00')]
    """
    bases = _extended(item, _bases(item, known), known)
    lacks = [lack for base in bases for part in base for lack in part.lacks]
    if "renews" in item:
        bases, more = _renewed(item, bases)
        lacks += more
    sure = joined((since.last, until.first) for since, until in bases)
    may = joined((since.first, until.last) for since, until in bases)
    starts = (bases[0][0].first, bases[0][0].last)
    if "windows" in item:
        sure, may = _windowed(item, sure, may)
        starts = (may[0][0] if may else NEVER, sure[0][0] if sure else NEVER)
    for since, until in _pauses(item, known):
        sure = without(sure, [(since.first, until.last)])
        may = without(may, [(since.last, until.first)])
        lacks += [*since.lacks, *until.lacks]
    return When(
        sure=_spans(sure),
        may=_spans(may),
        ends=_ends(may, bases[-1][1]),
        agreed=bases[0][0].agreed,
        actual=bases[0][0].actual,
        lacks=tuple(dict.fromkeys(lacks)),
        starts=(_bound(starts[0]), _bound(starts[1])),
    )


def freed(item: Lined, known: Known, who: str, parties: Collection[str]) -> tuple[Freed, ...]:
    """`release` of a mapping -> which party holds itself released from when on, as the reading of `who` has it.

    Under the invoker's own reading it is free from then on; under all others that is in doubt. Where nobody knows at
    what time it was, it is in doubt from the first moment on that it may have been.
    Raises AgreementError or UnknownName with file, line and field.
    """
    clause = _told(item.mapping("release"), "article", "invoked")
    clause.take(partial(clause.optional, "article"), None)
    made = []
    for part in clause.items_of("invoked"):
        by = _told(part, "by", "at").text("by", "the id of the party that invoked it")
        if parties and by not in parties:
            raise UnknownName("party", by, parties, file=part.file, row=part.where("by"), field="by")
        at = moment(part, "at", known)
        if at.first == EVER or (at.last == NEVER and who == by):
            raise part.fail("at", "nobody says when it was invoked", "a time, a day, or between which times it was")
        if who != by or at.first != at.last:
            made.append(Freed(by, at.first, sure=False))
        if who == by:
            made.append(Freed(by, at.last, sure=True))
    return tuple(made)


def in_force(when: When, t0: datetime, t1: datetime) -> bool | None:
    """Is it in force for the whole of [t0, t1)? None where it may be, or is for a part. t0 == t1 is that one point.

    >>> from datetime import UTC, timedelta
    >>> start = datetime(2020, 5, 1, tzinfo=UTC)
    >>> when = When(sure=(Span(start, None),), may=(Span(start, None),), ends="open")
    >>> day = timedelta(days=1)
    >>> in_force(when, start, start), in_force(when, start - day, start), in_force(when, start - day, start + day)
    (True, False, None)
    """
    for span in when.sure:
        if (span.start or EVER) <= t0 and t1 <= (span.end or NEVER) and t0 < (span.end or NEVER):
            return True
    for span in when.may:
        begins, ends = span.start or EVER, span.end or NEVER
        if (begins <= t0 < ends) if t0 == t1 else (begins < t1 and t0 < ends):
            return None
    return False


def _told(item: Lined, *fields: str) -> Lined:
    """A mapping that has those fields, and says, source and grade, which are for people."""
    item.only((*fields, *_SAID))
    for key in ("says", "source"):
        item.take(partial(item.optional, key), None)
    item.take(partial(item.one_of, "grade", "grade", GRADES), None)
    return item


def _bases(item: Lined, known: Known) -> list[tuple[Moment, Moment]]:
    """The spans in which it was first agreed to be in force, as pairs of moments."""
    if "spans" not in item:
        always = "windows" in item
        since, until = Moment(EVER, EVER), Moment(NEVER, NEVER)
        if not always or "since" in item:
            since = item.take(partial(moment, item, "since", known), _UNKNOWN)
        if not always or "until" in item:
            until = item.take(partial(moment, item, "until", known, since), _UNKNOWN)
        return [_ordered(item, since, until)]
    for key in ("since", "until"):
        if key in item:
            raise item.fail(key, "stands beside spans", "spans, or since and until, not both")
    made: list[tuple[Moment, Moment]] = []
    for part in item.items_of("spans"):
        base = _pair(part, known)
        _follows(part, base[0], made[-1][1] if made else None)
        made.append(base)
    if not made:
        raise item.fail("spans", "there is no span", "one or more, each with since and until")
    return made


def _pair(part: Lined, known: Known, whose: str = "it") -> tuple[Moment, Moment]:
    _told(part, "since", "until")
    since = part.take(partial(moment, part, "since", known, whose=whose), _UNKNOWN)
    until = part.take(partial(moment, part, "until", known, since, whose), _UNKNOWN)
    return _ordered(part, since, until)


def _ordered(item: Lined, since: Moment, until: Moment) -> tuple[Moment, Moment]:
    """An end that surely is before the start is a slip of the pen."""
    if until.last <= since.first:
        ends, starts = until.last.isoformat(), since.first.isoformat()
        raise item.fail("until", f"the term ends ({ends}) before it starts ({starts})", "an end after the start")
    return since, until


def _follows(part: Lined, since: Moment, former: Moment | None) -> None:
    if former is not None and since.last < former.first:
        what = f"starts ({since.last.isoformat()}) before what is before it has ended ({former.first.isoformat()})"
        raise part.fail("since", what, "a start at or after that end")


def _extended(item: Lined, bases: list[tuple[Moment, Moment]], known: Known) -> list[tuple[Moment, Moment]]:
    """Extensions: one without a start of its own puts its end in place of the former one; `for` counts from that."""
    made = list(bases)
    for part in item.items_of("extensions"):
        _told(part, "since", "until")
        since, former = made[-1]
        if former.first == NEVER:
            raise part.fail("until", "what has no end cannot be extended", "an `until` of what is extended")
        if "since" in part:
            new = _pair(part, known, "the extension")
            _follows(part, new[0], former)
            made.append(new)
            continue
        end = part.take(partial(moment, part, "until", known, former, "the extension"), _UNKNOWN)
        since, until = _ordered(part, since, end)
        if until.last <= former.first:
            raise part.fail(
                "until",
                f"the extension ends ({until.last.isoformat()}) before what it extends ({former.first.isoformat()})",
                "an end after the former one",
            )
        # What was lacking of the former end stays lacking only where this one is counted from it.
        counted = isinstance(part.get("until"), Lined) and "for" in part["until"]
        made[-1] = (since, replace(until, lacks=(*(former.lacks if counted else ()), *until.lacks)))
    return made


def _renewed(item: Lined, bases: list[tuple[Moment, Moment]]) -> tuple[list[tuple[Moment, Moment]], list[str]]:
    """Nobody knows whether notice was given: after the end it may go on, until an extension says so."""
    part = _told(item.mapping("renews"), "each", "unless")
    each = partial(part.text, "each", "for how long it is renewed, as '5 years'")
    part.take(partial(told, part, "each", lambda: length(each())), None)
    unless = part.take(partial(part.optional, "unless"), None)
    since, until = bases[-1]
    if until.first == NEVER:
        raise item.fail("renews", "what has no end is not renewed", "an `until`, after which it is renewed")
    at = "its end" if until.first != until.last else until.first.isoformat()
    lack = f"whether it was renewed at {at}" + (f" (it is, unless: {unless})" if unless else "")
    return [*bases[:-1], (since, Moment(until.first, NEVER))], [lack]


def _windowed(item: Lined, sure: tuple[Pair, ...], may: tuple[Pair, ...]) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    said = item.get("windows")
    parts = item.items_of("windows") if isinstance(said, list) else [item.mapping("windows")]
    if not parts:
        raise item.fail("windows", "there is no window", "one or more, each with from, to and zone")
    within = (may[0][0], may[-1][1])
    found = [windows(part, within) for part in parts]
    sure_open = joined(pair for part in found for pair in part[0])
    return common(sure, sure_open), common(may, joined(pair for part in found for pair in part[1]))


def _pauses(item: Lined, known: Known) -> list[tuple[Moment, Moment]]:
    return [_pair(part, known, "the pause") for part in item.items_of("pauses")]


def _ends(may: tuple[Pair, ...], until: Moment) -> Ends:
    if not may or may[-1][1] != NEVER:
        return "set"
    return "open" if until.first == NEVER else "unknown"


def _bound(at: datetime) -> datetime | None:
    return None if at in (EVER, NEVER) else at


def _spans(pairs: tuple[Pair, ...]) -> tuple[Span, ...]:
    return tuple(Span(_bound(start), _bound(end)) for start, end in pairs)
