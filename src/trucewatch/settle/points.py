"""Steps 6b and 6c: positions and a user's weights -> the points of theory and how they move, and robust packages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from trucewatch.settle.frontier import Point, egalitarian, frontier, kalai_smorodinsky, nash
from trucewatch.settle.lines import lines, space
from trucewatch.settle.model import Positions
from trucewatch.settle.packages import projections
from trucewatch.settle.params import SettleParams
from trucewatch.settle.space import Package
from trucewatch.settle.weights import Draw, Weights, at_worst, draws
from trucewatch.tables import POINTS

OF_THEORY = {
    "nash": (nash, "the product of the gains over no agreement is largest"),
    "kalai_smorodinsky": (kalai_smorodinsky, "the least share of what each could gain at most is largest"),
    "egalitarian": (egalitarian, "the smallest gain is largest"),
}


@dataclass(frozen=True)
class Weighing:
    """table: `points` of the middle of the bounds (draw 0) and of each other draw, the frontier of the middle alone;
    seen: point -> package -> in how many of the draws; robust: per issue the options of packages that stay acceptable
    to all over all the bounds, None where no bounds leave any; whole: nothing was cut short."""

    table: pl.DataFrame
    draws: list[str]
    seen: dict[str, list[tuple[dict[str, str], int]]]
    robust: dict[str, list[str]] | None
    whole: bool


def weigh(
    made: Positions,
    given: Weights,
    firmness: str = "red_line",
    on: date | None = None,
    params: SettleParams | None = None,
) -> Weighing:
    """positions, weights -> points, under the lines. They are the user's weights' points, and no recommendation."""
    params = params or SettleParams()
    allowed = space(made, lines(made, firmness, on))
    rows: list[tuple[object, ...]] = []
    seen: dict[str, Counter[Package]] = {name: Counter() for name in OF_THEORY}
    told, whole = [], True
    for n, draw in enumerate(draws(given, made, params)):
        found, all_of_it = frontier(allowed, draw.worths, params)
        whole &= all_of_it
        told.append(draw.says)
        if n == 0:
            rows += [_row(made, given, "frontier", n, p, draw, "nothing betters it for all") for p in found]
        for name, (find, says) in OF_THEORY.items():
            for point in find(found, draw.worths, draw.none):
                seen[name][point.package] += 1
                rows.append(_row(made, given, name, n, point, draw, says))
    table = POINTS.check(pl.DataFrame(rows, schema=POINTS.schema, orient="row"))
    often = {
        name: [(_named(made, package), n) for package, n in sorted(of.items(), key=lambda pair: (-pair[1], pair[0]))]
        for name, of in seen.items()
    }
    return Weighing(table, told, often, _robust(made, given, firmness, on, params), whole)


def _row(
    made: Positions, given: Weights, name: str, n: int, point: Point, draw: Draw, says: str
) -> tuple[object, ...]:  # fmt: skip
    named = _named(made, point.package)
    worth = [float(one.share(units)) for one, units in zip(draw.worths, point.units, strict=True)]
    return (
        name, n, list(named), list(named.values()), [one.party for one in given.parties], worth,
        f"{says}; by the weights of {given.source}, at {draw.says}",
    )  # fmt: skip


def _named(made: Positions, package: Sequence[int]) -> dict[str, str]:
    return {issue.id: issue.options[o].id for issue, o in zip(made.issues, package, strict=True)}


def _robust(
    made: Positions, given: Weights, firmness: str, on: date | None, params: SettleParams
) -> dict[str, list[str]] | None:  # fmt: skip
    left = projections(space(made, lines(made, firmness, on)), params, [at_worst(party) for party in given.parties])
    if not all(left):
        return None
    return {
        issue.id: [issue.options[o].id for o in sorted(options)]
        for issue, options in zip(made.issues, left, strict=True)
    }
