"""Step 7b, the weakest time: exposure -> for each cell the start from which a breach is least noticed, exactly.

Steps: (1) of each source how much it misses, in logarithms: along time that is a line with knees, where its looks begin
and end, so that what a breach of a given length meets is the difference of two points on it. (2) Those differences are
straight between the starts at which an edge of a look comes in or goes out. (3) The sum of sources, and all of them as
if independent, are least at such a start. (4) The best of several sources is least at one, or between two where one
source takes over from another.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from trucewatch.settle.noticed import NOTICED, Breach, looked

_SURE = 1e6
"""Stands for the logarithm of no chance to miss: any share of such an act is noticed."""
_SIDES = ("low", "p_noticed", "high")


def weakest(exposure: pl.DataFrame, breach: Breach) -> pl.DataFrame:
    """exposure, a breach -> a row of `noticed` for each cell, each of its three chances the least over all starts.

    start: where `low` is least. No start is left out, however many looks there are.
    """
    exposure = looked(exposure)
    cells = list(breach.cells) or exposure["cell"].unique().sort().to_list()
    if exposure.is_empty() or not cells:
        return pl.DataFrame(schema=NOTICED)
    within = breach.within // timedelta(microseconds=1)
    told = exposure.sort("cell", "source", "t0", "t1").with_columns(pl.col("t0", "t1").dt.epoch("us"))
    first, last = int(told["t0"].min()), int(told["t1"].max())  # type: ignore[arg-type]
    ends = first, max(first, last - within)
    of_cell = {key[0]: rows for key, rows in told.partition_by("cell", as_dict=True).items()}
    rows = [_cell(cell, of_cell.get(cell), ends, within, breach.acts) for cell in sorted(set(cells))]
    return pl.DataFrame(rows, schema=NOTICED, orient="row")


def _cell(
    cell: int, rows: pl.DataFrame | None, ends: tuple[int, int], within: int, acts: float
) -> tuple[int, datetime, float, float, float]:  # fmt: skip
    if rows is None:
        return cell, _at(ends[0]), 0.0, 0.0, 0.0
    edges = np.concatenate([rows["t0"].to_numpy(), rows["t1"].to_numpy()])
    starts = np.unique(np.concatenate([edges, edges - within, np.asarray(ends)]))
    starts = starts[(starts >= ends[0]) & (starts <= ends[1])]
    each = [_met(one, starts, within, acts) for one in rows.partition_by("source", maintain_order=True)]
    low, alone, high = (np.stack([of[n] for of in each]) for n in range(3))
    best, at = _best(low, starts)
    summed = np.minimum(1.0, (-np.expm1(-high)).sum(axis=0)).min()
    return cell, _at(at), float(-np.expm1(-best)), float(summed), float(-np.expm1(-alone.sum(axis=0).min()))


def _met(rows: pl.DataFrame, starts: Any, within: int, acts: float) -> list[Any]:
    """One source's rows -> how much a breach from each start meets, in logarithms of missing: low, as told, high."""
    t0, t1 = rows["t0"].to_numpy(), rows["t1"].to_numpy()
    knees = np.unique(np.concatenate([t0, t1]))
    made = []
    for name in _SIDES:
        with np.errstate(divide="ignore"):
            rate = np.minimum(-np.log1p(-rows[name].to_numpy()), _SURE) * acts / within
        slope = np.zeros(len(knees))
        np.add.at(slope, np.searchsorted(knees, t0), rate)
        np.add.at(slope, np.searchsorted(knees, t1), -rate)
        line = np.concatenate([[0.0], np.cumsum(np.cumsum(slope)[:-1] * np.diff(knees))])
        met = np.interp(starts + within, knees, line) - np.interp(starts, knees, line)
        made.append(np.maximum(met, 0.0))
    return made


def _best(met: Any, starts: Any) -> tuple[float, int]:
    """The least over time of the best source -> how much it meets, and from when. Straight between starts."""
    best = met.max(axis=0)
    n = int(best.argmin())
    least, at = float(best[n]), int(starts[n])
    if len(starts) < 2 or len(met) < 2:
        return least, at
    # Between two starts the best of many is least where it is so for some two of them, the one that falls and the one
    # that rises: the highest of those crossings is that of them all.
    floor = np.max(np.minimum(met[:, :-1], met[:, 1:]), axis=0)
    when = np.where(best[:-1] <= best[1:], starts[:-1], starts[1:]).astype(float)
    for one, other in itertools.combinations(range(len(met)), 2):
        a, b, c, d = met[one, :-1], met[one, 1:], met[other, :-1], met[other, 1:]
        crosses = (a - c) * (b - d) < 0
        share = np.where(crosses, (a - c) / np.where(crosses, (a - c) - (b - d), 1.0), 0.0)
        crossed = np.where(crosses, a + share * (b - a), np.inf)
        pair = np.minimum(crossed, np.minimum(np.maximum(a, c), np.maximum(b, d)))
        inner = (crossed <= pair) & (pair > floor)
        when = np.where(inner, starts[:-1] + share * np.diff(starts), when)
        floor = np.maximum(floor, pair)
    k = int(floor.argmin())
    return (float(floor[k]), round(when[k])) if floor[k] < least - 1e-12 else (least, at)


def _at(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
