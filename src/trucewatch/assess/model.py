"""What an agreement is, once read: parties, terms, readings, times and grounds. docs/agreements.md is the format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

CRS84 = "OGC:CRS84"
"""Degrees east and north, in that order."""
TEXT = "text"
"""The reading of the published text, or of what is reported of it."""
Point = tuple[float, float]
Ends = Literal["open", "set", "unknown"]

TERM_KINDS: tuple[str, ...] = (
    "barred_acts",  # a cessation: acts barred in a zone and span
    "protected_targets",  # classes of what is protected, with or without a zone
    "weapon_withdrawal",  # a class of weapons behind a line from a date on
    "no_advance",  # lines frozen at the start
    "separation",  # an area that all forces leave
    "limitation",  # an area with a cap on forces or weapons
    "no_reinforcement",  # no reinforcement, rotation or fortification
    "quota",  # what is owed and can be counted
    "return_fire",  # fire in answer, only under conditions
    "freedom_of_movement",  # monitors are let pass
    "no_advantage",  # between signature and start
    "notification",  # a duty to tell beforehand
)
"""Kinds of term, one file each in `rules/`."""
KIND_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("ceasefire", "cease_fire", "truce", "armistice", "cessation", "no_fire"), "barred_acts"),
    **dict.fromkeys(("cessation_of_hostilities", "cessation_of_fire", "moratorium"), "barred_acts"),
    **dict.fromkeys(("withdrawal", "pullback", "heavy_weapons"), "weapon_withdrawal"),
    **dict.fromkeys(("buffer_zone", "demilitarised_zone", "demilitarized_zone", "disengagement"), "separation"),
    **dict.fromkeys(("access", "humanitarian_access", "monitoring"), "freedom_of_movement"),
    **dict.fromkeys(("prisoner_exchange", "release", "prisoners"), "quota"),
}
"""Words that people write for a kind, and the kind that is meant: only to name it where theirs is refused."""

FORMS = ("mutual", "mirrored", "unilateral", "brokered")
"""Who binds whom: all have agreed; each declared its own; one declared; a third announced it for them."""
STATUSES = ("proposed", "accepted", "accepted with changes", "refused", "lapsed", "ended")
"""What a party made of it, one after the other; the last one stands."""
GRADES = ("text", "report", "party", "weak", "unchecked")
"""How good the source of a fact is: the agreement's own text; a report; somebody who speaks for one side; a source of
low grade; general knowledge that nobody has checked."""


@dataclass(frozen=True)
class Span:
    """Half-open [start, end) in UTC. None where that side has no bound, or none is known."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class When:
    """When a term is in force: `sure` spans, and `may` spans that hold them; sorted, disjoint, not touching.

    agreed, actual: the start as agreed and as it came about, where the file tells both.
    lacks: what is not known of it, in words, as "when the withdrawal was confirmed".
    starts: the moments between which it starts, both the same where that is known; None where there is no bound.
    """

    sure: tuple[Span, ...] = ()
    may: tuple[Span, ...] = (Span(None, None),)
    ends: Ends = "unknown"
    agreed: datetime | None = None
    actual: datetime | None = None
    lacks: tuple[str, ...] = ()
    starts: tuple[datetime | None, datetime | None] = (None, None)

    @property
    def since(self) -> datetime | None:
        """The first moment at which it may be in force; None where nobody knows."""
        return self.may[0].start if self.may else None

    @property
    def until(self) -> datetime | None:
        """The end of the last span in which it may be in force; None where it is open or nobody knows."""
        return self.may[-1].end if self.may else None


@dataclass(frozen=True)
class Event:
    """Something that times hang on: `at` is null while nobody knows when it happened, or whether.

    first, last: the moments between which it happened, where no more is known than that.
    """

    id: str
    says: str
    source: str
    at: datetime | None
    agreed: datetime | None = None
    grade: str | None = None
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True)
class Party:
    """id, formal name as the party itself uses it, and the other names that sources use for it."""

    id: str
    name: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class Umbrella:
    """A name that sources use for several parties together, and their ids."""

    name: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class Where:
    """Where a term holds. One of everywhere, ring, path, line, role is set, or none where nobody says.

    side_m: metres to each side of a line or path; toward: a point on the one side that is meant, where only one is.
    moves: the line is that of the latest map before each incident, not the one of the start.
    """

    says: str
    everywhere: bool = False
    ring: tuple[Point, ...] = ()
    holes: tuple[tuple[Point, ...], ...] = ()
    crs: str = ""
    path: tuple[Point, ...] = ()
    line: str | None = None
    role: str | None = None
    map: str | None = None
    side_m: float | None = None
    toward: Point | None = None
    edge_m: float = 0.0
    hole_edge_m: float = 0.0


@dataclass(frozen=True)
class Exemption:
    """An exception, or an act that is permitted though the bar would catch it.

    clears: where it applies the act is not barred; else it is a remark. acts: the acts that it can be about, empty
    where it may be any. parties: who may use it, empty where all may. within_s, within_m: answering fire has to follow
    an act of the other side within so many seconds and metres; None where the text sets no such bound.
    needs: conditions in words, each of which has to hold.
    """

    says: str
    article: str | None = None
    clears: bool = True
    acts: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    within_s: float | None = None
    within_m: float | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirement:
    """What is owed: at least or at most so many of `what`, over each period, or at any one time.

    each: ISO-like duration text as "2 months"; None for the whole span. at_once: the cap holds at any one time, so
    counts of one period are not added. of: acts that have to be told of beforehand; before_s: how long beforehand.
    """

    what: str
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    each: str | None = None
    at_once: bool = False
    of: tuple[str, ...] = ()
    before_s: float | None = None


@dataclass(frozen=True)
class Freed:
    """A party that holds itself released from a moment on, by a release clause or by leaving the agreement."""

    party: str
    at: datetime
    sure: bool
    """True under that party's own reading; under others the release is in doubt."""


@dataclass(frozen=True)
class Reading:
    """One version of a term: the published text's, a party's or a mediator's.

    calibre_mm: from and below which calibre the weapons are meant, either side open.
    differs: the names of the fields in which it departs from the text.
    """

    who: str
    says: str
    source: str
    binds: tuple[str, ...]
    acts: tuple[str, ...]
    targets: tuple[str, ...]
    weapons: tuple[str, ...]
    where: Where
    when: When
    standard: str | None = None
    exemptions: tuple[Exemption, ...] = ()
    calibre_mm: tuple[float | None, float | None] = (None, None)
    requires: Requirement | None = None
    toward: tuple[str, ...] = ()
    freed: tuple[Freed, ...] = ()
    grade: str | None = None
    differs: str = ""

    @property
    def since(self) -> datetime | None:
        """The first moment at which it may be in force."""
        return self.when.since

    @property
    def until(self) -> datetime | None:
        """The end of the last span in which it may be in force."""
        return self.when.until

    @property
    def ends(self) -> Ends:
        """How it ends: `open`, `set`, or `unknown`."""
        return self.when.ends

    @property
    def unless(self) -> str | None:
        """All exceptions in words; None where there is none."""
        told = (x.says + (f" (article {x.article})" if x.article else "") for x in self.exemptions)
        return "; ".join(told) or None

    @property
    def clears(self) -> bool:
        """One of the exceptions, where it applies, makes the act none that is barred; else all are remarks."""
        return any(x.clears for x in self.exemptions)


@dataclass(frozen=True)
class Term:
    """An article's undertaking that can be held against what happened, under each reading. kind: of TERM_KINDS."""

    id: str
    article: str
    text: str | None
    readings: tuple[Reading, ...]
    kind: str = "barred_acts"


@dataclass(frozen=True)
class Status:
    """What a party made of the agreement, and when it said so."""

    party: str
    is_: str
    on: str | None
    says: str | None
    source: str
    grade: str | None = None


@dataclass(frozen=True)
class Count:
    """A published count with its parts, by whom it is and of whose acts. Counts of rivals are never added.

    qualifier: `exact`, `at least`, `about` or `more than`; parts: what and how many, in the order published.
    """

    id: str
    by: str
    of: str | None
    says: str
    unit: str
    total: int | None
    qualifier: str
    parts: tuple[tuple[str, int], ...]
    source: str
    grade: str | None = None


@dataclass(frozen=True)
class Agreement:
    """An agreement as data. `published` is false where its text is only known from reports.

    others: armed groups that are no party fight there too, so that an act by nobody named may be theirs.
    whens: when it is in force as a whole, by reading; empty where only its terms say so.
    """

    id: str
    title: str
    display_zone: str
    source: str
    published: bool
    parties: tuple[Party, ...]
    terms: tuple[Term, ...]
    umbrellas: tuple[Umbrella, ...] = ()
    others: bool = False
    form: str | None = None
    signed: str | None = None
    revises: str | None = None
    rivals: tuple[str, ...] = ()
    grade: str | None = None
    reporting_day: tuple[str, str] | None = None
    """Wall time at which the reporting day begins, as "19:30", and its zone."""
    mediators: tuple[tuple[str, str], ...] = ()
    events: tuple[Event, ...] = ()
    whens: dict[str, When] = field(default_factory=dict)
    status: tuple[Status, ...] = ()
    counts: tuple[Count, ...] = ()
    notes: str | None = None

    def parties_of(self, name: str) -> tuple[Party, ...]:
        """The parties that a name stands for: one, all of an umbrella's, or none of them."""
        wanted = name.casefold()
        members = {party for umbrella in self.umbrellas if umbrella.name.casefold() == wanted for party in umbrella.of}
        return tuple(party for party in self.parties if party.id in members or party is self.party(name))

    def party(self, name: str | None) -> Party | None:
        """The party that a source means by that name, letter case aside."""
        wanted = (name or "").casefold()
        for party in self.parties:
            if wanted in {n.casefold() for n in (party.id, party.name, *party.also)}:
                return party
        return None
