"""Step 5: where and when nobody could have noticed anything, and why."""

from __future__ import annotations

import polars as pl

from trucewatch.base.place import cell_of
from trucewatch.base.time import UTC_US
from trucewatch.cover.exposure import CoverAsk
from trucewatch.cover.ground import ground, placed
from trucewatch.cover.params import CoverParams
from trucewatch.cover.windows import gaps_of
from trucewatch.tables import GAPS, TOGETHER

NO_LOOK = "no look is recorded"


def blind(
    exposed: pl.DataFrame, looks: pl.DataFrame, incidents: pl.DataFrame, ask: CoverAsk, params: CoverParams
) -> pl.DataFrame:
    """exposure, looks, incidents -> GAPS: runs of spans in which a cell was beyond everybody's notice.

    The cells are those in which somebody looked at some time, in which a gap is told, or in which an incident lies:
    of other ground the case knows nothing at all, and it is not listed.
    """
    spans = pl.DataFrame(
        {"t0": pl.datetime_range(ask.since, ask.until, f"{int(params.span_s)}s", closed="left", eager=True)}
    )
    spans = (
        spans.with_columns(pl.col("t0").cast(UTC_US))
        .with_row_index("n")
        .with_columns(
            t1=pl.min_horizontal(pl.col("t0") + pl.duration(seconds=int(params.span_s)), pl.lit(ask.until, UTC_US))
        )
    )
    there = incidents.filter(pl.col("lon").is_not_null()).select(
        cell=cell_of(pl.col("lon"), pl.col("lat"), params.cell_m)
    )
    told = gaps_of(looks, ground(looks.filter(pl.col("gap").is_not_null())["footprint"], params))
    cells = pl.concat([exposed.select("cell"), there, told.select("cell").drop_nulls()]).unique().sort("cell")
    seen = exposed.filter((pl.col("source") == TOGETHER) & (pl.col("high") > 0)).select("cell", "t0")
    dark = cells.join(spans, how="cross").join(seen, on=["cell", "t0"], how="anti")
    if dark.is_empty():
        return GAPS.empty()
    because = _because(dark, told)
    runs = (
        dark.join(because, on=["cell", "n"], how="left")
        .with_columns(pl.col("because").fill_null(NO_LOOK))
        .sort("cell", "n")
        .with_columns(
            run=((pl.col("n").cast(pl.Int64).diff() != 1) | (pl.col("because") != pl.col("because").shift()))
            .fill_null(True)
            .cum_sum()
            .over("cell")
        )
        .group_by("cell", "run", "because", maintain_order=True)
        .agg(pl.col("t0").min(), pl.col("t1").max())
    )
    return GAPS.fit(placed(runs.drop("run"), params).select(list(GAPS.columns))).sort("t0", "cell", "because")


def _because(dark: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    here = told.select(g0="t0", g1="t1", gap="gap", at="cell")
    met = [
        dark.join(here.filter(pl.col("at").is_not_null()), left_on="cell", right_on="at"),
        dark.join(here.filter(pl.col("at").is_null()).drop("at"), how="cross"),
    ]
    hits = pl.concat([m.select("cell", "n", "t0", "t1", "g0", "g1", "gap") for m in met])
    return (
        hits.filter((pl.col("g0") < pl.col("t1")) & (pl.col("g1") > pl.col("t0")))
        .group_by("cell", "n")
        .agg(because=pl.col("gap").unique().sort().str.join(", "))
    )
