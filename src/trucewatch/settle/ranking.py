"""Conflicts and ways out in the order of how firmly each line was said, in plain words, with the quotes.

No side is preferred: what sorts is firmness, then how many lines, then the days and issues. Where all of that is the
same the rank is the same, and the rows stand beside one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from trucewatch.base.ids import SHORT, sha256
from trucewatch.settle.conflicts import Knot
from trucewatch.settle.lines import Line
from trucewatch.settle.model import FIRMNESS, Positions
from trucewatch.tables import CONFLICTS

FIRM_WORDS = {
    "red_line": "as a condition without which there is nothing",
    "demand": "as a demand",
    "preference": "as better",
    "open": "as up for discussion",
}


def conflicts_table(made: Positions, held: Sequence[Line], found: Sequence[Knot]) -> pl.DataFrame:
    """lines, knots -> conflicts: a row for each conflict and each way out, ranked."""
    place = {issue.id: n for n, issue in enumerate(made.issues)}
    rows: list[tuple[tuple[object, ...], tuple[object, ...]]] = []
    for n, knot in enumerate(found):
        for kind, sets in (("conflict", knot.conflicts), ("way_out", knot.ways_out)):
            for one in sets:
                rows.append((_key(kind, one, held, place), _row(made, kind, n, one, held, knot.whole)))
    rows.sort(key=lambda pair: (pair[0], pair[1]))
    ranks = _ranks([key for key, _ in rows])
    told = [(row[0], row[1], rank, *row[2:]) for (_, row), rank in zip(rows, ranks, strict=True)]
    return CONFLICTS.check(pl.DataFrame(told, schema=CONFLICTS.schema, orient="row"))


def _key(kind: str, one: frozenset[int], held: Sequence[Line], place: dict[str, int]) -> tuple[object, ...]:
    """Conflicts: the firmest first, by their softest line, since that is where they could give. Ways out: the softest
    first, by their firmest line. Then the smaller; where in the file they stand sorts last and gives no rank."""
    firm = [held[at].firm for at in one]
    where = sorted(place[held[at].position.issue] for at in one)
    if kind == "conflict":
        return ("conflict", [-min(firm), *sorted(-f for f in firm)], len(one), where)
    return ("way_out", sorted(firm, reverse=True), len(one), where)


def _ranks(keys: Iterable[tuple[object, ...]]) -> list[int]:
    """1, 2, 2, 4: as firm and as many have the same rank; each kind counts for itself."""
    ranks: list[int] = []
    last: dict[object, tuple[tuple[object, ...], int, int]] = {}
    for kind, firm, size, _ in keys:
        key = (kind, firm, size)
        before, rank, n = last.get(kind, ((), 0, 0))
        rank = rank if key == before else n + 1
        last[kind] = (key, rank, n + 1)
        ranks.append(rank)
    return ranks


def _row(
    made: Positions, kind: str, n: int, one: frozenset[int], held: Sequence[Line], whole: bool
) -> tuple[object, ...]:  # fmt: skip
    chosen = [held[at] for at in sorted(one)]
    ids = [line.position.id for line in chosen]
    says = conflict_says(made, chosen) if kind == "conflict" else way_out_says(made, chosen)
    return (
        sha256("\n".join([kind, *sorted(ids)]).encode())[:SHORT], kind, n + 1, ids,
        [line.position.firmness for line in chosen],
        list(dict.fromkeys(line.position.issue for line in chosen)), whole, says,
    )  # fmt: skip


def line_says(made: Positions, line: Line) -> str:
    """One line in words: who, when, how firmly, what, in which words."""
    one = line.position
    issue = made.issue(one.issue)
    takes = " or ".join(option.says for option in issue.options if option.id in one.accepts)
    under = "; ".join(
        f"{made.issue(name).asks}: " + " or ".join(o.says for o in made.issue(name).options if o.id in options)
        for name, options in one.where.items()
    )
    where = f", where {under}" if under else ""
    how = FIRM_WORDS[one.firmness]
    return (
        f'{made.name(one.party)}, {one.on.isoformat()}, {how}: on "{issue.asks}" {takes}{where} '
        f'("{one.quote}"; {one.source})'
    )


def conflict_says(made: Positions, chosen: Sequence[Line]) -> str:
    """Why these lines cannot all hold."""
    said = " | ".join(line_says(made, line) for line in chosen)
    return f"These {len(chosen)} cannot all hold, and without any one of them the others can: {said}"


def way_out_says(made: Positions, chosen: Sequence[Line]) -> str:
    """What is open once these lines are softened."""
    softest = FIRMNESS[max(line.firm for line in chosen)]
    said = " | ".join(line_says(made, line) for line in chosen)
    n = f"this {softest}" if len(chosen) == 1 else f"these {len(chosen)}"
    return f"With {n} softened all other lines of this knot can hold, and with fewer they cannot: {said}"
