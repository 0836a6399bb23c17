"""Step 2: positions -> what each party holds now, how that moved, and what of it is a line not to be crossed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from trucewatch.settle.model import FIRMNESS, Position, Positions
from trucewatch.settle.space import Clause, Space
from trucewatch.tables import MOVES


@dataclass(frozen=True)
class Line:
    """A position as a clause over packages. firm: 0 (open) to 3 (red line)."""

    position: Position
    clause: Clause
    firm: int


def standing(made: Positions, on: date | None = None) -> list[Position]:
    """What each party said last on each issue, up to and with that day; all of it where it said several things then."""
    found = []
    for issue in made.issues:
        said = [one for one in issue.positions if on is None or one.on <= on]
        last: dict[str, date] = {}
        for one in said:
            last[one.party] = max(one.on, last.get(one.party, one.on))
        found += [one for one in said if one.on == last[one.party]]
    return found


def lines(made: Positions, firmness: str = "red_line", on: date | None = None) -> list[Line]:
    """The standing positions that are at least so firm and leave anything out, in the order of issues."""
    least = FIRMNESS.index(firmness)
    found = []
    for one in standing(made, on):
        firm = FIRMNESS.index(one.firmness)
        everything = len(one.accepts) == len(made.issue(one.issue).options)
        if firm >= least and not everything:
            found.append(Line(one, _clause(made, one), firm))
    return found


def _clause(made: Positions, one: Position) -> Clause:
    """Either the issues that it hangs on are settled otherwise, or this one is settled as the party accepts."""
    place = {issue.id: n for n, issue in enumerate(made.issues)}
    parts = []
    for name, options in one.where.items():
        issue = made.issue(name)
        parts.append((place[name], frozenset(issue.place(o.id) for o in issue.options if o.id not in options)))
    issue = made.issue(one.issue)
    parts.append((place[one.issue], frozenset(map(issue.place, one.accepts))))
    return tuple(parts)


def space(made: Positions, held: Sequence[Line] = ()) -> Space:
    """The issues' packages, under the given lines."""
    return Space(tuple(len(issue.options) for issue in made.issues), tuple(line.clause for line in held))


def moves(made: Positions) -> pl.DataFrame:
    """positions -> moves: how each party's position on each issue changed from one day on which it spoke to the next.

    `wider`: every option accepted before still is, and others are; `narrower`: the other way; `moved`: neither.
    """
    rows = []
    for issue in made.issues:
        for party in sorted({one.party for one in issue.positions}):
            mine = [one for one in issue.positions if one.party == party]
            days = sorted({one.on for one in mine})
            for before, after in itertools.pairwise(days):
                rows.append(_move(issue.id, party, [[p for p in mine if p.on == day] for day in (before, after)]))
    return MOVES.check(pl.DataFrame(rows, schema=MOVES.schema, orient="row"))


def _move(issue: str, party: str, said: list[list[Position]]) -> tuple[object, ...]:
    old, new = (frozenset.intersection(*(one.accepts for one in part)) for part in said)
    firm_old, firm_new = (max(FIRMNESS.index(one.firmness) for one in part) for part in said)
    how = "same" if old == new else "wider" if old < new else "narrower" if new < old else "moved"
    firmer = "same" if firm_old == firm_new else "firmer" if firm_new > firm_old else "softer"
    return (
        issue, party, said[0][0].on, said[1][0].on, said[0][0].draft, said[1][0].draft, sorted(new - old),
        sorted(old - new), how, firmer,
    )  # fmt: skip
