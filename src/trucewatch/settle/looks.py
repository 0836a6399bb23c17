"""Step 7c: exposure, looks that could be added -> what each look buys, and the best few together.

Output of this step tells where nobody looks: it is `restricted` only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from trucewatch.settle.keep import with_looks
from trucewatch.settle.noticed import looked, noticed
from trucewatch.settle.params import SettleParams
from trucewatch.settle.stakes import Keep, Obligation
from trucewatch.tables import LOOK_VALUES

FINE = 10_000


def look_values(
    made: Keep,
    exposure: pl.DataFrame,
    likely: Mapping[int, float] | None = None,
    params: SettleParams | None = None,
) -> pl.DataFrame:
    """obligations, exposure, how likely a breach is in each cell -> look_values, for every source and every look.

    Chances are as if sources were independent: the least that the bounds allow would give a second look no value.
    likely: shares by cell; where none is given every cell is as likely.
    """
    params = params or SettleParams()
    exposure = looked(exposure)
    rows: list[tuple[object, ...]] = []
    for one in made.obligations:
        if one.noticed is None:
            rows += _of(one, made, exposure, likely, params)
    ranked = [(*row[:7], _rank(row, rows), row[8]) for row in rows]
    table = pl.DataFrame(ranked, schema=LOOK_VALUES.schema, orient="row")
    return LOOK_VALUES.check(table.sort("obligation", "rank", "kind", "look"))


def _rank(row: tuple[Any, ...], rows: Sequence[tuple[Any, ...]]) -> int:
    """1 and how many looks at the same obligation are worth more; what differs past nine digits is the same."""
    mine = (round(row[5], 9), round(row[6], 9))
    others = [(round(other[5], 9), round(other[6], 9)) for other in rows if other[0] == row[0]]
    return 1 + len([one for one in others if one > mine])


def _of(
    one: Obligation, made: Keep, exposure: pl.DataFrame, likely: Mapping[int, float] | None, params: SettleParams
) -> list[tuple[object, ...]]:  # fmt: skip
    now = _chances(exposure, one, likely, params)
    rows: list[tuple[object, ...]] = []
    for source in sorted(exposure["source"].unique()):
        less = _chances(exposure.filter(pl.col("source") != source), one, likely, params, exposure)
        says = f"without {source} the chance at the weakest place is {less[0]:.2f}, with it {now[0]:.2f}"
        rows.append((one.id, source, "has", now[0], less[0], now[0] - less[0], now[1] - less[1], 0, says))
    for look in made.looks:
        more = _chances(with_looks(exposure, made, [look.id]), one, likely, params)
        says = (
            f"{look.says}: the chance at the weakest place rises from {now[0]:.2f} to {more[0]:.2f}; by {look.source}"
        )
        rows.append((one.id, look.id, "could_add", more[0], now[0], more[0] - now[0], more[1] - now[1], 0, says))
    return rows


def _chances(
    exposure: pl.DataFrame,
    one: Obligation,
    likely: Mapping[int, float] | None,
    params: SettleParams,
    time_of: pl.DataFrame | None = None,
) -> tuple[float, float]:
    """At the weakest place and time; and on the whole, each cell at its weakest time."""
    # The time and ground looked at stay those of the whole table, also where a source is taken away.
    if time_of is not None and exposure.height < time_of.height:
        nothing = {name: pl.lit(0.0) for name in ("low", "p_noticed", "high")}
        gone = time_of.with_columns(source=pl.lit(""), **nothing)
        exposure = pl.concat([exposure, gone.unique()])
    table = noticed(exposure, one.breach, params)
    if table.is_empty():
        return 0.0, 0.0
    by_cell = table.group_by("cell").agg(pl.col("alone").min()).sort("cell")
    share = [1.0 if likely is None else likely.get(cell, 0.0) for cell in by_cell["cell"]]
    total = sum(share)
    mean = sum(s * p for s, p in zip(share, by_cell["alone"], strict=True)) / total if total else 0.0
    return float(by_cell["alone"].min()), mean  # type: ignore[arg-type]


def best_looks(
    made: Keep, one: Obligation, exposure: pl.DataFrame, n: int, params: SettleParams | None = None
) -> tuple[str, ...]:
    """The n looks that together raise the chance at the weakest place most, proven; of equals, those with more in all.

    A place is as well watched as the product of what each look misses is small: in logarithms a sum, which the solver
    takes.
    """
    from ortools.sat.python import cp_model

    params = params or SettleParams()
    model = cp_model.CpModel()
    taken = [model.new_bool_var(look.id) for look in made.looks]
    model.add(sum(taken) <= n)
    now = noticed(exposure, one.breach, params)
    added = [
        noticed(with_looks(exposure, made, [look.id]), one.breach, params).select("cell", "start", more="alone")
        for look in made.looks
    ]
    most = 40 * FINE
    worst = model.new_int_var(0, most * (len(taken) + 1), "")
    in_all = []
    for cell, start, alone in now.select("cell", "start", "alone").rows():
        gains = [_log(_at(table, cell, start)) - _log(alone) for table in added]
        line = _log(alone) + sum(gain * choice for gain, choice in zip(gains, taken, strict=True))
        model.add(worst <= line)
        in_all.append(sum(gain * choice for gain, choice in zip(gains, taken, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = params.seed
    model.maximize(worst)
    solver.solve(model)
    model.add(worst >= solver.value(worst))
    model.maximize(sum(in_all))
    solver.solve(model)
    return tuple(look.id for look, choice in zip(made.looks, taken, strict=True) if solver.boolean_value(choice))


@dataclass(frozen=True)
class Step:
    """One more look: which, the share of breaches that would then go unnoticed, and how much less that is by it."""

    look: str
    unnoticed: float
    less: float


def best_in_all(
    made: Keep,
    one: Obligation,
    exposure: pl.DataFrame,
    n: int,
    likely: Mapping[int, float] | None = None,
    params: SettleParams | None = None,
) -> tuple[Step, ...]:
    """n looks, one after the other, each the one that leaves the least share of breaches unnoticed, given those before.

    A second look at a place finds less that is left to find, so that what a look buys hangs on the others. Where every
    look is at one cell no other n looks leave less; else they leave at most what is left out of the best n over e
    (Nemhauser, Wolsey and Fisher 1978). likely: shares of breaches by cell; equal where none is given. Of looks that
    leave as little, the first in the file. Chances are as if sources were independent.
    """
    params = params or SettleParams()
    now = noticed(exposure, one.breach, params)
    if now.is_empty() or not made.looks:
        return ()
    cells = now["cell"].unique().sort().to_list()
    share = np.asarray([1.0 if likely is None else likely.get(cell, 0.0) for cell in cells])
    share = share / share.sum() if share.sum() else np.full(len(cells), 1 / len(cells))
    at, missed = _missed(now, now, len(cells)), {}
    for look in made.looks:
        key = (look.cells, look.p_noticed)
        if key not in missed:
            more = noticed(with_looks(exposure, made, [look.id]), one.breach, params)
            missed[key] = _missed(now, more, len(cells)) / np.maximum(at, _LEAST)
    steps: list[Step] = []
    left, was = list(made.looks), float(share @ at.max(axis=1))
    while left and len(steps) < n:
        each = [float(share @ (at * missed[look.cells, look.p_noticed]).max(axis=1)) for look in left]
        best = int(np.argmin(np.round(each, _DIGITS)))
        at = at * missed[left[best].cells, left[best].p_noticed]
        steps.append(Step(left.pop(best).id, each[best], was - each[best]))
        was = each[best]
    return tuple(steps)


_LEAST, _DIGITS = 1e-12, 12
"""A chance to miss below this is none; what differs past so many digits is the same."""


def _missed(now: pl.DataFrame, table: pl.DataFrame, cells: int) -> Any:
    """noticed -> the chance to miss at the places and starts of `now`, a row a cell and a column a start.

    A look at a place that the table of cover does not name says nothing of where the breach could be.
    """
    at = now.select("cell", "start", was="alone").sort("cell", "start")
    made = at.join(table.select("cell", "start", "alone"), on=["cell", "start"], how="left", maintain_order="left")
    return 1.0 - made.select(pl.coalesce("alone", "was")).to_series().to_numpy().reshape(cells, -1)


def _log(chance: float) -> int:
    """How little is missed, as a whole number."""
    return 40 * FINE if chance >= 1 else min(40 * FINE, round(-math.log1p(-chance) * FINE))


def _at(table: pl.DataFrame, cell: int, start: object) -> float:
    found = table.filter((pl.col("cell") == cell) & (pl.col("start") == start))["more"]
    return float(found[0]) if len(found) else 0.0
