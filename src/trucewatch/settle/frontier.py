"""Step 4: weights given -> every package that is best for one party at what the other gets, proven; and the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.settle.params import SettleParams
from trucewatch.settle.solver import Asked, units
from trucewatch.settle.space import Package, Space, Worth


@dataclass(frozen=True)
class Point:
    """A package and what it is worth to each party, in the units of each."""

    units: tuple[int, ...]
    package: Package


def frontier(space: Space, worths: Sequence[Worth], params: SettleParams | None = None) -> list[Point]:
    """Two parties' worths -> the points that no package betters for one without harming the other, all of them.

    Each step asks for the most that the first can have where the second gets more than at the last point, and, of
    those, for the most that the second can have; each answer is proven before the next is asked, so that the list is
    whole. Sorted by what the first gets. Empty where no package is allowed.
    """
    params = params or SettleParams()
    first, second = worths
    asked = Asked(space, params)
    one, two = asked.worth(first), asked.worth(second)
    # One unit of the first outweighs all that the second can gain: both questions in one.
    span = sum(abs(value) for value, _ in second.parts) + 1
    found: list[Point] = []
    hint: Package | None = None
    while (best := asked.solve(span * one + two, hint)) is not None:
        at = units(worths, best)
        found.append(Point((at[0], at[1]), best))
        asked.model.add(two >= at[1] + 1)
        hint = best
    return sorted(found, key=lambda point: point.units)
