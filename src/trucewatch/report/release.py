"""Step 1: what may leave the case at this level. Everything after it sees only what is released."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from trucewatch.base.place import cell_centre, cell_of
from trucewatch.report.params import LevelParams

_HALF_DIAGONAL = 0.72
"""Of a cell's side. A hair over the square root of a half: a cell is wider at the edge that is nearer the equator."""

_ROUND_M = 100.0
"""A coarsened radius is told to so many metres, upwards: finer, it would still tell how well the place was known."""


@dataclass(frozen=True)
class Released:
    """incidents and findings at a level, and how many incidents were too recent for it; what people said of them."""

    incidents: pl.DataFrame
    findings: pl.DataFrame
    too_recent: int
    casework: pl.DataFrame = field(default_factory=pl.DataFrame)
    casework_too_recent: int = 0


def release(
    incidents: pl.DataFrame,
    findings: pl.DataFrame,
    level: LevelParams,
    made_at: datetime,
    bars: tuple[float, float] = (0.5, 0.9),
) -> Released:
    """incidents, findings -> those that are old enough, at places that are coarse enough.

    A coarsened place keeps an honest error: its radius grows by the half diagonal of the cell. Findings whose bounds
    hang on a zone's edge would tell the distance from it to the metre: they keep what their verdict says, no more.
    `bars`: from where a lower bound is called indicated, and strongly so.
    """
    old = older(incidents, "t1", level, made_at)
    if level.cell_m:
        lon, lat = cell_centre(cell_of(pl.col("lon"), pl.col("lat"), level.cell_m), level.cell_m)
        old = old.with_columns(
            lon=lon.clip(-180, 180),
            lat=lat.clip(-90, 90),
            radius_m=((pl.col("radius_m") + _HALF_DIAGONAL * level.cell_m) / _ROUND_M).ceil() * _ROUND_M,
            # A name can be finer than a cell: it goes out only where the place was no better known than half a cell.
            place=pl.when(pl.col("radius_m") >= level.cell_m / 2).then("place"),
        )
    if not level.observers and "region" in old.columns:  # its shape leads back to where observers stood
        old = old.with_columns(region=pl.lit(None, pl.Binary), spread=pl.lit(None, pl.Binary))
    kept = findings.join(old.select(subject="id"), on="subject", how="semi")
    if level.cell_m:
        kept = _blunt(kept, *bars)
    return Released(old, kept, incidents.height - old.height)


def older(rows: pl.DataFrame, ends: str, level: LevelParams, made_at: datetime) -> pl.DataFrame:
    """Rows that were over long enough before the report was made; all, where the level does not delay."""
    return rows.filter(pl.col(ends) <= made_at - level.delay) if level.delay else rows


def _blunt(findings: pl.DataFrame, indicated: float, strongly: float) -> pl.DataFrame:
    hangs = (pl.col("p_inside") > 0) & (pl.col("p_inside") < 1)
    low = (
        pl.when(pl.col("low") >= strongly)
        .then(strongly)
        .when(pl.col("low") >= indicated)
        .then(indicated)
        .otherwise(0.0)
    )
    high = pl.when(pl.col("high") < indicated).then(indicated).otherwise(1.0)
    return findings.with_columns(
        p_inside=pl.when(~hangs.fill_null(False)).then("p_inside"),
        low=pl.when(hangs).then(low).otherwise("low"),
        high=pl.when(hangs).then(high).otherwise("high"),
    )
