"""What the room thinks with: issues, options, positions, as a file gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from trucewatch.base.errors import InputError

FIRMNESS = ("open", "preference", "demand", "red_line")
"""From the softest to the firmest. `red_line`: said to be a condition without which there is nothing; `demand`: asked
for, without saying that all hangs on it; `preference`: said to be better; `open`: said to be up for discussion."""
LEVELS = ("restricted", "parties", "public")
"""From the narrowest to the widest: the widest at which a position may be told."""
GRADES = ("text", "party", "report", "weak", "unchecked")


@dataclass(frozen=True)
class Party:
    """A party, by the name that it uses itself."""

    id: str
    name: str


@dataclass(frozen=True)
class Draft:
    """A document that was on the table. by: parties whose own it is; nobody's where a mediator made it."""

    id: str
    title: str
    on: date | None
    by: tuple[str, ...]
    source: str
    grade: str


@dataclass(frozen=True)
class Option:
    """One way to settle an issue."""

    id: str
    says: str


@dataclass(frozen=True)
class Position:
    """What a party said that it would take on an issue, and in which words.

    accepts: options, by id; where: {issue: options}, the position holds only where those issues are settled so;
    order: options from best to worst, those in one group being equal; nothing is known of options not named;
    level: the widest at which it may be told.
    """

    party: str
    issue: str
    accepts: frozenset[str]
    firmness: str
    quote: str
    says: str
    on: date
    draft: str | None
    source: str
    grade: str
    line: int
    where: Mapping[str, frozenset[str]]
    order: tuple[tuple[str, ...], ...]
    level: str = LEVELS[-1]

    @property
    def id(self) -> str:
        """A name that says whose, on what, when and where in the file."""
        return f"{self.party}/{self.issue}@{self.on.isoformat()}#{self.line}"


@dataclass(frozen=True)
class Taken:
    """What a draft says of an issue."""

    draft: str
    option: str
    quote: str
    source: str


@dataclass(frozen=True)
class Issue:
    """A question, its options, what parties said on it and how drafts settle it."""

    id: str
    asks: str
    options: tuple[Option, ...]
    positions: tuple[Position, ...]
    drafts: tuple[Taken, ...]
    line: int

    def place(self, option: str) -> int:
        """Where an option stands in the list."""
        return next(at for at, one in enumerate(self.options) if one.id == option)


@dataclass(frozen=True)
class Positions:
    """A file of positions. faults: what could not be used, each with file and line; everything else stands."""

    id: str
    title: str
    source: str
    parties: tuple[Party, ...]
    drafts: tuple[Draft, ...]
    issues: tuple[Issue, ...]
    faults: tuple[InputError, ...]

    def at(self, level: str) -> Positions:
        """What may be told at a level, as if nothing else had been said: what hangs on the rest would give it away, and
        so would faults, which name what they are of. A position that hangs on an issue of which nothing may be told
        goes with it."""
        wide = LEVELS.index(level)
        if all(LEVELS.index(one.level) >= wide for issue in self.issues for one in issue.positions):
            return self
        issues = [
            replace(issue, positions=tuple(one for one in issue.positions if LEVELS.index(one.level) >= wide))
            for issue in self.issues
        ]
        left = [issue for issue in issues if issue.positions]
        while True:
            known = {issue.id for issue in left}
            kept = [replace(i, positions=tuple(p for p in i.positions if known.issuperset(p.where))) for i in left]
            if kept == left:
                return replace(self, issues=tuple(left), faults=())
            left = [issue for issue in kept if issue.positions]

    def name(self, party: str) -> str:
        """A party's formal name."""
        return next((one.name for one in self.parties if one.id == party), party)

    def issue(self, id: str) -> Issue:
        """An issue by its id."""
        return next(one for one in self.issues if one.id == id)
