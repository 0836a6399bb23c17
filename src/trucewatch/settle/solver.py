"""The one place that speaks to the solver (CP-SAT of OR-Tools): options as yes-or-no choices, exactly one an issue."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from trucewatch.settle.params import SettleParams
from trucewatch.settle.space import Clause, Package, Space, Worth


class Asked:
    """A space as the solver sees it: `from_[issue][k]` is the choice that the issue's option stands at place k + 1 of
    its list or further. Ranges of options are then one or two choices, and the search is ten times shorter than with a
    choice for each option (measured on the largest published scenarios)."""

    def __init__(self, space: Space, params: SettleParams) -> None:
        from ortools.sat.python import cp_model  # slow to load: only where something is solved

        self.cp, self.params, self.space = cp_model, params, space
        self.model = cp_model.CpModel()
        self.from_ = [[self.model.new_bool_var(f"{i}>{k}") for k in range(n - 1)] for i, n in enumerate(space.sizes)]
        self._within: dict[tuple[int, frozenset[int]], Any] = {}
        for steps in self.from_:
            for lower, higher in itertools.pairwise(steps):
                self.model.add_implication(higher, lower)
        for clause in space.clauses:
            self.require(clause)

    def require(self, clause: Clause) -> None:
        """The clause has to be met."""
        self.model.add_bool_or([self.within(issue, options) for issue, options in clause if options])

    def sides(self, issue: int, options: frozenset[int]) -> list[Any]:
        """Choices that are all made exactly where the issue takes one of these options: none where it always does."""
        low, high, size = min(options), max(options), self.space.sizes[issue]
        if len(options) < high - low + 1:
            return [self.within(issue, options)]
        steps = self.from_[issue]
        return ([steps[low - 1]] if low else []) + ([steps[high].negated()] if high < size - 1 else [])

    def within(self, issue: int, options: frozenset[int]) -> Any:
        """One choice that is made exactly where the issue takes one of these options."""
        key = (issue, options)
        if key not in self._within:
            self._within[key] = self._told(issue, options)
        return self._within[key]

    def _told(self, issue: int, options: frozenset[int]) -> Any:
        runs = _runs(sorted(options))
        if len(runs) > 1:
            told = self.model.new_bool_var("")
            parts = [self.within(issue, frozenset(run)) for run in runs]
            self.model.add_bool_or(parts).only_enforce_if(told)
            for part in parts:
                self.model.add_implication(part, told)
            return told
        sides = self.sides(issue, options)
        if len(sides) == 1:
            return sides[0]
        told = self.model.new_bool_var("")
        for side in sides:
            self.model.add_implication(told, side)
        self.model.add_bool_or([side.negated() for side in sides] + [told])
        return told

    def worth(self, worth: Worth) -> Any:
        """A number that is at most the package's worth, and just that wherever it is made as large as it can be."""
        terms = []
        for value, box in worth.parts:
            sides = [side for issue, options in box for side in self.sides(issue, options)]
            if len(sides) == 1:
                terms.append(value * sides[0])
                continue
            taken = self.model.new_bool_var("")
            if value > 0:
                for side in sides:
                    self.model.add_implication(taken, side)
            else:
                self.model.add_bool_or([side.negated() for side in sides] + [taken])
            terms.append(value * taken)
        least = sum(min(value, 0) for value, _ in worth.parts)
        most = sum(max(value, 0) for value, _ in worth.parts)
        most = most if worth.cap is None else min(most, worth.cap)
        told = self.model.new_int_var(min(least, most), most, "")
        self.model.add(told <= sum(terms))
        return told

    def solve(self, objective: Any = None, hint: Package | None = None) -> Package | None:
        """The best package, proven; None where there is none. Same question, same answer."""
        if objective is not None:
            self.model.maximize(objective)
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for issue, option in enumerate(hint or ()):
            for k, step in enumerate(self.from_[issue]):
                self.model.add_hint(step, option > k)
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = self.params.workers
        solver.parameters.random_seed = self.params.seed
        solver.parameters.interleave_search = False
        status = solver.solve(self.model)
        if status == self.cp.INFEASIBLE:
            return None
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            raise RuntimeError(f"the solver stopped with {solver.status_name(status)}: no limit was set")
        return tuple(sum(map(solver.boolean_value, steps)) for steps in self.from_)


def _runs(options: list[int]) -> list[list[int]]:
    """Options in a row belong together.

    >>> _runs([0, 1, 4])
    [[0, 1], [4]]
    """
    runs: list[list[int]] = []
    for option in options:
        if runs and option == runs[-1][-1] + 1:
            runs[-1].append(option)
        else:
            runs.append([option])
    return runs


def units(worths: Sequence[Worth], package: Package) -> tuple[int, ...]:
    """What a package is worth to each, in whole units."""
    return tuple(worth.of(package) for worth in worths)
