"""Step 1: what may leave the case at this level. Everything after it sees only what is released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from trucewatch.base.place import cell_centre, cell_of
from trucewatch.report.params import LevelParams

_HALF_DIAGONAL = 0.7072


@dataclass(frozen=True)
class Released:
    """incidents and findings at a level, and how many incidents were too recent for it."""

    incidents: pl.DataFrame
    findings: pl.DataFrame
    too_recent: int


def release(incidents: pl.DataFrame, findings: pl.DataFrame, level: LevelParams, made_at: datetime) -> Released:
    """incidents, findings -> those that are old enough, at places that are coarse enough.

    A coarsened place keeps an honest error: its radius grows by the half diagonal of the cell.
    """
    old = incidents.filter(pl.col("t1") <= made_at - level.delay)
    if level.cell_m:
        lon, lat = cell_centre(cell_of(pl.col("lon"), pl.col("lat"), level.cell_m), level.cell_m)
        old = old.with_columns(
            lon=lon.clip(-180, 180),
            lat=lat.clip(-90, 90),
            radius_m=pl.col("radius_m") + _HALF_DIAGONAL * level.cell_m,
        )
    kept = findings.join(old.select(subject="id"), on="subject", how="semi")
    return Released(old, kept, incidents.height - old.height)
