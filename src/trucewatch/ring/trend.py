"""RINGS over days -> how the neck went, since when no way was open, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.ring.ladder import CLOSED, CUT
from trucewatch.ring.params import RingParams

_KINDS: dict[str, Any] = (
    {
        "source": pl.String, "treatment": pl.String, "maps": pl.Int64, "first": UTC_US,
        "last": UTC_US, "neck_m": pl.Float64, "least_m": pl.Float64, "per_day_m": pl.Float64,
        "last_open": UTC_US, "days_since_open": pl.Float64, "resolved": pl.String,
    }
)  # fmt: skip
TREND = pl.Schema(_KINDS)


def trend(rings: pl.DataFrame, params: RingParams) -> pl.DataFrame:
    """RINGS -> a row a mapper and treatment.

    per_day_m: the median of the slopes between any two maps of the last fortnight (Theil-Sen): one odd drawing does not
    turn it. A map on which the place lies open has no neck and takes no part. last_open: the last map on which a way
    led out: with roads one that was not cut, else a neck wider than nothing. resolved: what the maps say became of it:
    `fell` (later the place is another side's), `reopened` (closed once, and now not), else null; relief, breakout and
    withdrawal look alike on a map and are for other evidence to tell.
    """
    rows: list[tuple[Any, ...]] = []
    for (source, treatment), mine in sorted(rings.partition_by("source", "treatment", as_dict=True).items()):
        mine = mine.sort("on")
        necks = mine.filter(pl.col("neck_m").is_not_null() & pl.col("narrows").fill_null(False))
        way = (pl.col("routes_left") > 0) if mine["routes_left"].drop_nulls().len() else (pl.col("neck_m") > 0)
        opened = mine.filter(way.fill_null(False))["on"].max()
        last = mine["on"].max()
        assert last is not None
        since = None if opened is None else (last - opened) / timedelta(days=1)  # type: ignore[operator]
        rows.append((
            source, treatment, mine.height, mine["on"].min(), last,
            mine["neck_m"][-1] if mine["narrows"][-1] else None, necks["neck_m"].min(),
            _slope(necks.filter(pl.col("on") >= last - timedelta(days=params.trend_days))),  # type: ignore[operator]
            opened, since, _resolved(mine),
        ))  # fmt: skip
    return pl.DataFrame(rows, schema=TREND, orient="row")


def _slope(necks: pl.DataFrame) -> float | None:
    """Metres a day, the median over pairs; None where there are not two days."""
    day = necks["on"].dt.epoch("s").to_numpy() / 86_400
    wide = necks["neck_m"].to_numpy()
    one, other = np.triu_indices(len(day), 1)
    apart = day[other] - day[one]
    fit = apart > 0
    return float(np.median((wide[other] - wide[one])[fit] / apart[fit])) if fit.any() else None


def _resolved(mine: pl.DataFrame) -> str | None:
    """mine: one mapper's RINGS under one treatment, in order of time."""
    side = mine["side"][0]
    held = mine["held_by"].to_list()
    ours = [n for n, row in enumerate(mine["neck_m"].to_list()) if row is not None]
    if ours and ours[-1] < len(held) - 1 and held[-1] not in (side, "contested", "unknown", "unmarked", "barrier"):
        return "fell"
    low = mine["rung_low"].to_list()
    shut = [n for n in ours if low[n] is not None and low[n] in (CUT, CLOSED)]
    return "reopened" if shut and ours[-1] > shut[-1] else None
