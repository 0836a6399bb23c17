"""Step 3: lines -> why it is stuck: every smallest set of lines that cannot hold together, and the smallest ways out.

A *conflict* is a minimal unsatisfiable subset: its lines cannot all hold, and without any one of them the rest can. A
*way out* is a minimal correction set: once its lines are softened all others can hold, and fewer would not do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trucewatch.base.graph import components
from trucewatch.settle.lines import Line
from trucewatch.settle.params import SettleParams
from trucewatch.settle.solver import Asked
from trucewatch.settle.space import Clause, Space


@dataclass(frozen=True)
class Knot:
    """Lines that hang together, by shared issues, and cannot all hold.

    conflicts, ways_out: sets of places in the list of lines; whole: none is missing (the cap was not reached).
    """

    conflicts: tuple[frozenset[int], ...]
    ways_out: tuple[frozenset[int], ...]
    whole: bool


def knots(sizes: tuple[int, ...], lines: Sequence[Line], params: SettleParams | None = None) -> list[Knot]:
    """Lines -> knots, each with all its conflicts and ways out, up to the cap.

    Lines that share no issue cannot disturb one another, so that each group is asked by itself. What has to be
    softened in all is one way out of every knot.
    """
    params = params or SettleParams()
    found = []
    for group in groups(sizes, [line.clause for line in lines]):
        knot = _knot(sizes, group, [lines[at].clause for at in group], params)
        if knot.conflicts or not knot.whole:
            found.append(knot)
    return found


def groups(sizes: tuple[int, ...], clauses: Sequence[Clause]) -> list[list[int]]:
    """Clauses that hang together by the issues that they speak of, in the order of the first of each."""
    edges = [(clause[0][0], issue) for clause in clauses for issue, _ in clause]
    label = components(np.array([a for a, _ in edges], np.int64), np.array([b for _, b in edges], np.int64), len(sizes))
    found: dict[int, list[int]] = {}
    for at, clause in enumerate(clauses):
        found.setdefault(int(label[clause[0][0]]), []).append(at)
    return list(found.values())


def _knot(sizes: tuple[int, ...], group: list[int], clauses: list[Clause], params: SettleParams) -> Knot:
    """MARCO: walk the subsets of lines; each seed grows to a largest set that holds or shrinks to a smallest that
    does not, and the walk never returns below the one or above the other."""
    every = frozenset(range(len(clauses)))
    if _holds(sizes, clauses, every, params):
        return Knot((), (), True)
    if len(clauses) == 2:  # the commonest: two lines on one issue
        return Knot((frozenset(group),), tuple(frozenset({at}) for at in group), True)
    walk = _Walk(len(clauses), params)
    conflicts: list[frozenset[int]] = []
    ways_out: list[frozenset[int]] = []
    while (seed := walk.next()) is not None and len(conflicts) + len(ways_out) < params.most_sets:
        if _holds(sizes, clauses, seed, params):  # the seed is as large as can be: what is left out is a way out
            ways_out.append(every - seed)
            walk.not_below(seed)
        else:
            conflict = _shrunk(sizes, clauses, seed, params)
            conflicts.append(conflict)
            walk.not_above(conflict)

    def named(sets: list[frozenset[int]]) -> tuple[frozenset[int], ...]:
        told = [frozenset(group[at] for at in one) for one in sets]
        return tuple(sorted(told, key=lambda one: (len(one), sorted(one))))

    return Knot(named(conflicts), named(ways_out), seed is None)


def _holds(sizes: tuple[int, ...], clauses: list[Clause], some: frozenset[int], params: SettleParams) -> bool:
    """Can these lines all hold? Only the issues that they speak of matter."""
    used = sorted({issue for at in some for issue, _ in clauses[at]})
    place = {issue: n for n, issue in enumerate(used)}
    told = tuple(tuple((place[issue], options) for issue, options in clauses[at]) for at in sorted(some))
    # Lines without a condition leave each issue what all of them accept: no search is needed for that.
    if all(len(clause) == 1 for clause in told):
        left = {issue: frozenset(range(sizes[used[issue]])) for issue in range(len(used))}
        for ((issue, options),) in told:
            left[issue] &= options
        return all(left.values())
    asked = Asked(Space(tuple(sizes[issue] for issue in used), told), params)
    return asked.solve() is not None


def _shrunk(
    sizes: tuple[int, ...], clauses: list[Clause], seed: frozenset[int], params: SettleParams
) -> frozenset[int]:
    """Leave out one line after the other as long as the rest still cannot hold."""
    for at in sorted(seed):
        if not _holds(sizes, clauses, seed - {at}, params):
            seed = seed - {at}
    return seed


class _Walk:
    """The subsets not yet known to hold or not to hold, largest first."""

    def __init__(self, n: int, params: SettleParams) -> None:
        from ortools.sat.python import cp_model

        self.cp, self.params, self.model = cp_model, params, cp_model.CpModel()
        self.taken: list[Any] = [self.model.new_bool_var("") for _ in range(n)]
        self.model.maximize(sum(self.taken))

    def next(self) -> frozenset[int] | None:
        """The largest subset left; None once there is none."""
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.params.seed
        if solver.solve(self.model) == self.cp.INFEASIBLE:
            return None
        return frozenset(at for at, choice in enumerate(self.taken) if solver.boolean_value(choice))

    def not_below(self, held: frozenset[int]) -> None:
        """Subsets of what holds do so too."""
        self.model.add_bool_or([choice for at, choice in enumerate(self.taken) if at not in held])

    def not_above(self, conflict: frozenset[int]) -> None:
        """What holds a conflict does not hold."""
        self.model.add_bool_or([self.taken[at].negated() for at in sorted(conflict)])
