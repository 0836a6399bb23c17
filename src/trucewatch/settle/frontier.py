"""Step 6: weights given -> every package that nothing betters for all, proven; and the points that theory names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from trucewatch.settle.params import SettleParams
from trucewatch.settle.solver import Asked, units
from trucewatch.settle.space import Package, Space, Worth


@dataclass(frozen=True)
class Point:
    """A package and what it is worth to each party, in the units of each."""

    units: tuple[int, ...]
    package: Package


def frontier(space: Space, worths: Sequence[Worth], params: SettleParams | None = None) -> tuple[list[Point], bool]:
    """Parties' worths -> the points that no package betters for one without harming another, and whether that is all.

    Two parties: each step asks for the most that the first can have where the second gets more than at the last point
    and, of those, for the most that the second can have. Each answer is proven before the next is asked, so that the
    list is whole. More parties: each step asks for the largest sum among packages that some party holds for better
    than each point so far; it stops at the cap. Sorted by what the first gets; empty where no package is allowed.
    """
    params = params or SettleParams()
    asked = Asked(space, params)
    worth = [asked.worth(one) for one in worths]
    found: list[Point] = []
    whole = True
    while (best := _next(asked, worths, worth, found, params)) is not None:
        if len(found) >= params.most_sets:
            whole = False
            break
        at = units(worths, best)
        found.append(Point(at, best))
        if len(worths) == 2:
            asked.model.add(worth[1] >= at[1] + 1)
            continue
        better = [asked.model.new_bool_var("") for _ in worths]
        for choice, one, had in zip(better, worth, at, strict=True):
            asked.model.add(one >= had + 1).only_enforce_if(choice)
        asked.model.add_bool_or(better)
    return sorted(found, key=lambda point: point.units), whole


def _next(
    asked: Asked, worths: Sequence[Worth], worth: Sequence[Any], found: Sequence[Point], params: SettleParams
) -> Package | None:
    """The most of the first and, of those, the most of the second; of more parties the largest sum."""
    hint = found[-1].package if found else None
    if len(worths) > 2:
        return asked.solve(sum(worth), hint)
    # One unit of the first outweighs all that the second can gain: both questions in one, as long as that stays small.
    most = [sum(abs(value) for value, _ in one.parts) + 1 for one in worths]
    if most[0] * most[1] <= params.one_question:
        return asked.solve(most[1] * worth[0] + worth[1], hint)
    first = asked.solve(worth[0], hint)
    if first is None:
        return None
    again = Asked(asked.space, params)
    again.model.add(again.worth(worths[0]) >= worths[0].of(first))
    return again.solve(again.worth(worths[1]), first)


def gains(point: Point, none: Sequence[Fraction]) -> list[Fraction]:
    """What each party gains over no agreement."""
    return [value - at for value, at in zip(point.units, none, strict=True)]


def nash(points: Sequence[Point], worths: Sequence[Worth], none: Sequence[Fraction]) -> list[Point]:
    """Where the product of the gains is largest; all points at which it is. `none`: what no agreement is worth."""
    return _most(_better_than_none(points, none), lambda point: math.prod(gains(point, none), start=Fraction(1)))


def egalitarian(points: Sequence[Point], worths: Sequence[Worth], none: Sequence[Fraction]) -> list[Point]:
    """Where whoever gains least, as shares of each one's whole, gains most (Kalai 1977); then the next least."""

    def key(point: Point) -> list[Fraction]:
        return sorted(gain / worth.whole for gain, worth in zip(gains(point, none), worths, strict=True))

    return _most(_better_than_none(points, none), key)


def kalai_smorodinsky(points: Sequence[Point], worths: Sequence[Worth], none: Sequence[Fraction]) -> list[Point]:
    """Where whoever gains the least share of the most that he could gain gains the largest such share.

    The most is taken over points that nobody holds for worse than no agreement.
    """
    willing = _better_than_none(points, none)
    part = _parts(willing, none)
    return _most(willing, lambda point: sorted(part(point)))


def most_even(points: Sequence[Point], worths: Sequence[Worth], none: Sequence[Fraction]) -> list[Point]:
    """Where the shares of the most that each could gain differ least: another reading of Kalai and Smorodinsky.

    The two agree where the frontier has no gaps. Where it has, this one may name a point at which all gain little but
    alike though at another each would gain more; so the room names the other, and this is for comparing.
    """
    willing = _better_than_none(points, none)
    part = _parts(willing, none)
    return _most(willing, lambda point: min(part(point)) - max(part(point)))


def _parts(willing: Sequence[Point], none: Sequence[Fraction]) -> Callable[[Point], list[Fraction]]:
    """Each party's share of the most that it could gain."""
    most = [max((gain[n] for gain in (gains(p, none) for p in willing)), default=Fraction(0)) for n in range(len(none))]

    def part(point: Point) -> list[Fraction]:
        return [gain / best if best else Fraction(1) for gain, best in zip(gains(point, none), most, strict=True)]

    return part


def _better_than_none(points: Sequence[Point], none: Sequence[Fraction]) -> list[Point]:
    return [point for point in points if all(gain >= 0 for gain in gains(point, none))]


def _most(points: Sequence[Point], key: Callable[[Point], Fraction | list[Fraction]]) -> list[Point]:
    keys = [key(point) for point in points]
    return [point for point, one in zip(points, keys, strict=True) if one == max(keys)] if keys else []
