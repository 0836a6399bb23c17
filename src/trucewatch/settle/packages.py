"""Step 5: packages that every line allows, and those that no other betters for all, when only order is known.

Quotes say what is better, never by how much. One package is *no worse* than another for a party where on each issue
its option is known to be no worse: what a party never compared stays incomparable, and rules nothing out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.settle.conflicts import groups
from trucewatch.settle.lines import Line
from trucewatch.settle.model import FIRMNESS, Position, Positions
from trucewatch.settle.params import SettleParams
from trucewatch.settle.solver import Asked
from trucewatch.settle.space import Package, Space, Worth

Order = tuple[tuple[frozenset[int], ...], ...]
"""For each issue and option: the options known to be no worse than it, for one party; itself among them."""


@dataclass(frozen=True)
class Part:
    """Issues that hang together, and packages of them. count: None where they were too many to count; left: for each
    issue the options that some allowed package takes, all empty where the lines collide."""

    issues: tuple[int, ...]
    count: int | None
    left: tuple[frozenset[int], ...]
    best: tuple[Package, ...]
    whole: bool


def order_of(made: Positions, party: str, standing: Sequence[Position]) -> Order:
    """What is known of a party's order: as it said it, else that what it accepts is better than what it does not.

    Of two options that it accepts, or two that it does not, nothing is known.
    """
    return tuple(_one(made, party, n, standing) for n in range(len(made.issues)))


def _one(made: Positions, party: str, n: int, standing: Sequence[Position]) -> tuple[frozenset[int], ...]:
    issue = made.issues[n]
    ids = [option.id for option in issue.options]
    said = [one for one in standing if (one.party, one.issue) == (party, issue.id) and not one.where]
    better = {a: {a} for a in ids}
    for one in said:
        spelled = one.order or ()
        level = {option: at for at, group in enumerate(spelled) for option in group}
        for a in level:
            better[a] |= {b for b in level if level[b] <= level[a]}
        if FIRMNESS.index(one.firmness) > 0 and len(one.accepts) < len(ids):
            for a in ids:
                if a not in one.accepts and a not in level:
                    better[a] |= one.accepts
    for a in ids:  # what is better than something better is better
        more = set(better[a])
        while (wider := set().union(*(better[b] for b in more))) != more:
            more = wider
        better[a] = more
    return tuple(frozenset(ids.index(b) for b in better[a]) for a in ids)


def parts(sizes: tuple[int, ...], lines: Sequence[Line], orders: Sequence[Order], params: SettleParams) -> list[Part]:
    """The space falls into parts that do not disturb one another; each is worked out by itself.

    A package of the whole is one of each part, and is best where each of its parts is. Empty parts mean that the
    lines collide there: `conflicts` says which.
    """
    clauses = [line.clause for line in lines]
    found, seen = [], set[int]()
    for group in groups(sizes, clauses):
        issues = tuple(sorted({issue for at in group for issue, _ in clauses[at]}))
        seen |= set(issues)
        found.append((issues, [clauses[at] for at in group]))
    found += [((issue,), []) for issue in range(len(sizes)) if issue not in seen]
    made = []
    for issues, told in sorted(found):
        place = {issue: n for n, issue in enumerate(issues)}
        inner = Space(
            tuple(sizes[issue] for issue in issues),
            tuple(tuple((place[issue], options) for issue, options in clause) for clause in told),
        )
        best, whole = undominated(inner, [tuple(order[issue] for issue in issues) for order in orders], params)
        made.append(Part(issues, _count(inner, params), projections(inner, params), tuple(best), whole))
    return made


def _count(inner: Space, params: SettleParams) -> int | None:
    total = 1
    for size in inner.sizes:
        total *= size
    return sum(1 for _ in inner.packages()) if total <= params.most_counted else None


def undominated(space: Space, orders: Sequence[Order], params: SettleParams) -> tuple[list[Package], bool]:
    """Packages that no allowed one is known to better: no worse for every party on every issue, and better somewhere.

    -> packages, whether the list is whole. Of packages that are equal for all, one is named.
    """
    asked = Asked(space, params)
    n = len(space.sizes)
    up = [[frozenset.intersection(*(order[i][o] for order in orders)) for o in range(space.sizes[i])] for i in range(n)]
    best: list[Package] = []
    while (at := asked.solve()) is not None:
        if len(best) >= params.most_sets:
            return sorted(best), False
        while (higher := _above(space, up, at, params)) is not None:
            at = higher
        best.append(at)
        # From here on only what this one is not known to be no worse than.
        below = [frozenset(o for o in range(space.sizes[i]) if at[i] in up[i][o]) for i in range(n)]
        asked.require(tuple((i, frozenset(range(space.sizes[i])) - below[i]) for i in range(n)))
    return sorted(best), True


def _above(space: Space, up: list[list[frozenset[int]]], at: Package, params: SettleParams) -> Package | None:
    """An allowed package that is known to be no worse for anybody and better for somebody; None where none is."""
    strict = [frozenset(o for o in up[i][at[i]] if at[i] not in up[i][o]) for i in range(len(at))]
    if not any(strict):
        return None
    asked = Asked(space, params)
    for i in range(len(at)):
        asked.require(((i, up[i][at[i]]),))
    asked.require(tuple(enumerate(strict)))
    return asked.solve()


def projections(space: Space, params: SettleParams, must: Sequence[Worth] = ()) -> tuple[frozenset[int], ...]:
    """For each issue the options that some allowed package takes; all empty where no package is allowed.

    must: worths of which none may be negative.
    """
    found: list[set[int]] = [set() for _ in space.sizes]
    for i, size in enumerate(space.sizes):
        for o in range(size):
            if o in found[i]:
                continue
            asked = Asked(space, params)
            asked.require(((i, frozenset({o})),))
            for worth in must:
                asked.model.add(asked.worth(worth) >= 0)
            if (at := asked.solve()) is None:
                continue
            for j, option in enumerate(at):
                found[j].add(option)
    return tuple(frozenset(one) for one in found)
