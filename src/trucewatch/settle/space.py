"""What is on the table: issues with their options, what must hold, and what a package is worth to somebody.

Plain whole numbers throughout, so that an answer is exact and the same on every machine.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

Package = tuple[int, ...]
"""One option for each issue, by its place in the issue's list."""
Clause = tuple[tuple[int, frozenset[int]], ...]
"""At least one of these holds: (issue, options that it may take)."""


@dataclass(frozen=True)
class Space:
    """Issues by how many options each has, and clauses that every package has to meet."""

    sizes: tuple[int, ...]
    clauses: tuple[Clause, ...] = ()

    def allows(self, package: Package) -> bool:
        """Does the package meet every clause?

        >>> Space((2, 2), (((0, frozenset({1})), (1, frozenset({0}))),)).allows((0, 1))
        False
        """
        return all(meets(clause, package) for clause in self.clauses)

    def packages(self) -> Iterator[Package]:
        """Every package that meets the clauses, one by one: for small spaces and for tests."""
        return (package for package in itertools.product(*map(range, self.sizes)) if self.allows(package))


@dataclass(frozen=True)
class Worth:
    """What packages are worth to one party: the sum of the parts whose options are all taken, at most `cap`.

    parts: (value, ((issue, options), ...)). A part with one issue is the worth of options by themselves; one with
    several says that they are worth something together. `whole` is what a worth of 1 is in these units.
    """

    parts: tuple[tuple[int, tuple[tuple[int, frozenset[int]], ...]], ...]
    whole: int
    cap: int | None = None

    def of(self, package: Package) -> int:
        """The worth of one package in whole units."""
        total = sum(value for value, box in self.parts if all(package[issue] in options for issue, options in box))
        return total if self.cap is None else min(total, self.cap)

    def share(self, units: int) -> Fraction:
        """Units as a share of the whole."""
        return Fraction(units, self.whole)


def meets(clause: Clause, package: Package) -> bool:
    """Does the package take one of the clause's options?"""
    return any(package[issue] in options for issue, options in clause)
