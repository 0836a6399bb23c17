"""Step 7b: exposure -> the chance that a breach of a given size is noticed within a given time, at each place.

`exposure` (from `cover`) says for a cell, a span and a source with what chance an act there and then was noticed, with
bounds where it has them. Of several acts of one source each is noticed or not by itself. Between sources nothing is
taken for granted: the chance lies between that of the best of them and their sum (Frechet).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.settle.params import SettleParams

NOTICED = pl.Schema(
    {"cell": pl.UInt64(), "start": UTC_US, "low": pl.Float64(), "high": pl.Float64(), "alone": pl.Float64()}
)


LOOKED = pl.Schema(
    {
        "cell": pl.UInt64(),
        "t0": UTC_US,
        "t1": UTC_US,
        "source": pl.String(),
        "low": pl.Float64(),
        "p_noticed": pl.Float64(),
        "high": pl.Float64(),
    }
)
TOGETHER = "together"
"""What `cover` calls all sources at once; here each is weighed by itself."""


def looked(exposure: pl.DataFrame) -> pl.DataFrame:
    """exposure -> looked(cell, t0, t1, source, low, p_noticed, high), each source by itself.

    Where there are no bounds the chance told is both; where none was told it is anything, and counts as 0 in
    `p_noticed`.
    """
    had = [pl.col(name) if name in exposure.columns else pl.lit(None).alias(name) for name in LOOKED]
    told = exposure.select(column.cast(kind) for column, kind in zip(had, LOOKED.values(), strict=True))
    return told.filter(pl.col("source") != TOGETHER).with_columns(
        low=pl.coalesce("low", "p_noticed", 0.0),
        high=pl.coalesce("high", "p_noticed", 1.0),
        p_noticed=pl.coalesce("p_noticed", "low", 0.0),
    )


TOLD_BY = ("act", "alarm")
"""What shows a breach: any one act that is noticed, or that more is counted than is usual there."""


@dataclass(frozen=True)
class Breach:
    """acts: how many, spread evenly over `within`, which is also how soon it has to be noticed; cells: where it could
    be, everywhere that the table of exposure names where none is given; told_by: one of TOLD_BY."""

    acts: float
    within: timedelta
    cells: Sequence[int] = ()
    told_by: str = "act"


def noticed(exposure: pl.DataFrame, breach: Breach, params: SettleParams | None = None) -> pl.DataFrame:
    """exposure, a breach -> noticed(cell, start, low, high, alone): the chance at each cell and from each start tried.

    alone: as it would be were all sources independent of one another. A cell without a row is one where nobody looked.
    A chance that is not known counts 0 in `low` and `alone` and 1 in `high`.
    """
    params = params or SettleParams()
    exposure = looked(exposure)
    cells = pl.Series("cell", list(breach.cells) or exposure["cell"].unique().sort(), dtype=pl.UInt64)
    starts = _starts(exposure, breach, params)
    if starts.is_empty() or cells.is_empty():
        return pl.DataFrame(schema=NOTICED)
    every = cells.to_frame().join(starts.to_frame(), how="cross")
    rows = exposure.filter(pl.col("cell").is_in(cells.implode())).join(starts.to_frame(), how="cross")
    within_us = breach.within // timedelta(microseconds=1)
    shared = pl.min_horizontal("t1", pl.col("start") + breach.within) - pl.max_horizontal("t0", "start")
    acts = breach.acts * shared.dt.total_microseconds() / within_us
    rows = rows.with_columns(acts=acts).filter(pl.col("acts") > 0)
    a_source = rows.group_by("cell", "start", "source").agg(
        (1 - (1 - pl.col(name)).pow(pl.col("acts")).product()).alias(name) for name in ("low", "p_noticed", "high")
    )
    of_all = a_source.group_by("cell", "start").agg(
        low=pl.col("low").max(),
        high=pl.col("high").sum().clip(0, 1),
        alone=1 - (1 - pl.col("p_noticed")).product(),
    )
    made = every.join(of_all, on=["cell", "start"], how="left").with_columns(
        pl.col("low", "high", "alone").fill_null(0.0)
    )
    return made.select(list(NOTICED)).sort("cell", "start")


def _starts(exposure: pl.DataFrame, breach: Breach, params: SettleParams) -> pl.Series:
    """When a breach could begin so that it is over before the table ends: wherever a look begins or ends within it."""
    edges = pl.concat([exposure["t0"], exposure["t1"]])
    if edges.is_empty():
        return pl.Series("start", [], dtype=NOTICED["start"])
    first, last = exposure["t0"].min(), exposure["t1"].max()
    starts = pl.concat([edges, edges - breach.within]).unique().sort().rename("start").cast(NOTICED["start"])
    kept = starts.filter((starts >= first) & (starts + breach.within <= last))
    if kept.is_empty():  # the table is shorter than the time given: all of it is looked at
        kept = pl.Series("start", [first], dtype=NOTICED["start"])
    step = -(-len(kept) // params.most_starts)
    return kept.gather_every(step)


def at_weakest(table: pl.DataFrame) -> tuple[int | None, float, float]:
    """noticed -> the cell where a breach is least likely to be noticed, and the bounds there, over all starts.

    Whoever breaches picks place and time, so that the chance is at most the least of the upper bounds.
    """
    if table.is_empty():
        return None, 0.0, 1.0
    least = table.sort("low", "alone", "high", "cell", "start").row(0, named=True)
    return least["cell"], least["low"], float(table["high"].min())  # type: ignore[arg-type]
