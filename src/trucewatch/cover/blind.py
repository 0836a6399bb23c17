"""Step 5: where and when nobody could have noticed anything, and why."""

from __future__ import annotations

import polars as pl

from trucewatch.base.place import cell_of
from trucewatch.base.time import UTC_US
from trucewatch.cover.exposure import CoverAsk, opened_by
from trucewatch.cover.ground import placed
from trucewatch.cover.params import CoverParams
from trucewatch.cover.windows import gaps_of, in_spans
from trucewatch.tables import GAPS, TOGETHER

NO_LOOK = "no look is recorded"
NO_CHANCE = "a look of chance 0 is recorded (as under full cloud)"
NO_MEANS = "a look is recorded by means that notice none of this kind"


def blind(
    exposed: pl.DataFrame, looks: pl.DataFrame, grounds: pl.DataFrame, incidents: pl.DataFrame, ask: CoverAsk,
    params: CoverParams,
) -> pl.DataFrame:  # fmt: skip
    """exposure, looks and their ground, incidents -> GAPS: runs of spans in which a cell was beyond everybody's notice.

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
    cells = pl.concat([grounds.select("cell"), there]).unique().sort("cell")
    seen = exposed.filter((pl.col("source") == TOGETHER) & (pl.col("high") > 0)).select("cell", "t0")
    dark = cells.join(spans, how="cross").join(seen, on=["cell", "t0"], how="anti")
    if dark.is_empty():
        return GAPS.empty()
    runs = (
        dark.with_columns(pl.col("n").cast(pl.Int64))
        .join(_because(looks, grounds, ask, params), on=["cell", "n"], how="left")
        .with_columns(pl.col("because").fill_null(NO_LOOK))
        .sort("cell", "n")
        .with_columns(
            run=((pl.col("n").diff() != 1) | (pl.col("because") != pl.col("because").shift()))
            .fill_null(True)
            .cum_sum()
            .over("cell")
        )
        .group_by("cell", "run", "because", maintain_order=True)
        .agg(pl.col("t0").min(), pl.col("t1").max())
    )
    return GAPS.fit(placed(runs.drop("run"), params).select(list(GAPS.columns))).sort("t0", "cell", "because")


def _because(looks: pl.DataFrame, grounds: pl.DataFrame, ask: CoverAsk, params: CoverParams) -> pl.DataFrame:
    """(cell, n, because): the causes that are told of a cell and span, gaps and looks that could see nothing."""
    told = gaps_of(looks, grounds).select("cell", because="gap", w0="t0", w1="t1")
    said = looks.select(
        look="id",
        because=pl.when(pl.col("p_seen_if_there") == 0).then(pl.lit(NO_CHANCE)).otherwise(pl.lit(NO_MEANS)),
    )
    vain = opened_by(looks, grounds, ask, params, able=False).join(said, on="look")
    causes = [in_spans(told, ask.since, ask.until, params.span_s), vain]
    return (
        pl.concat(one.select("cell", "because", n=pl.col("span").cast(pl.Int64)) for one in causes)
        .group_by("cell", "n")
        .agg(pl.col("because").unique().sort().str.join(", "))
    )
