"""Floor 4, beneath the pipeline: what `watch` would notice of the breaches that `settle` weighs.

The rooms do not know each other; they meet here by their tables: how many more a day would be counted (from cover),
what is counted on a usual day (from a watch for alarms), and the chance of an alarm in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from trucewatch.archive import Known
from trucewatch.base.errors import InputError
from trucewatch.base.place import cell_centre, cell_of, spoken
from trucewatch.settle import DETECTED, Keep, SettleParams, asked_of_watch
from trucewatch.settle.noticed import Breach, noticed
from trucewatch.watch import CaseParams, PowerParams

_DAY = timedelta(days=1)
USUAL = ("mean", "mean_used", "k", "k_used")
"""What a watch knows of a usual day of a series: its mean and spread, and those that are used."""


@dataclass(frozen=True)
class Watching:
    """What a watch for alarms knew. watched: WATCHED; by cells of this side, metres, where series are named after their
    middles; None: where a series is named by the number of its cell."""

    watched: pl.DataFrame
    arl_years: float
    cell_m: float | None = None


def detected(
    asked: pl.DataFrame, watching: Watching, cover_cell_m: float, params: PowerParams | None = None
) -> pl.DataFrame:
    """asked(obligation, cell, days, low, high), a watch -> DETECTED; no row where it knows nothing usual."""
    from trucewatch.watch.power import Usual, powers

    known = watching.watched.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in USUAL))
    known = known.filter(pl.col("mean") > 0)
    named = asked.with_columns(series=_series(asked, watching, cover_cell_m))
    both = named.join(known.select("series", *USUAL), on="series", how="inner").sort("obligation", "cell")
    rows: list[pl.DataFrame] = [pl.DataFrame(schema=DETECTED)]
    for part in both.partition_by("obligation", maintain_order=True):
        days = int(part["days"][0])
        usual = [
            Usual(mean, upper, k, k_used, known.height, watching.arl_years)
            for mean, upper, k, k_used in part.select(USUAL).rows()
        ]
        least = [p.low for p in powers(usual, part["low"].to_list(), days, params)]
        most = [p.high for p in powers(usual, part["high"].to_list(), days, params)]
        why = (
            f"by an alarm of watch (one false alarm in {watching.arl_years:g} years among {known.height} series), at "
            "the place where it is least"
        )
        made = part.select("obligation", "cell").with_columns(
            low=pl.Series(least if days else [0.0] * part.height, dtype=pl.Float64),
            high=pl.Series(most if days else [0.0] * part.height, dtype=pl.Float64),
            why=pl.lit(why),
        )
        rows.append(made)
    return pl.concat(rows)


def _series(asked: pl.DataFrame, watching: Watching, cover_cell_m: float) -> pl.Series:
    """The series of each cell of cover."""
    if watching.cell_m is None:
        return asked["cell"].cast(pl.String)
    lon, lat = cell_centre(pl.col("cell"), cover_cell_m)
    at = asked.select(lon=lon, lat=lat)
    lon, lat = cell_centre(cell_of(pl.col("lon"), pl.col("lat"), watching.cell_m), watching.cell_m)
    names = [spoken(x, y, CaseParams.digits) for x, y in at.select(lon=lon, lat=lat).rows()]
    return pl.Series(names, dtype=pl.String)


def likely(
    exposure: pl.DataFrame | None, watching: Watching | None, cover_cell_m: float, params: SettleParams
) -> dict[int, float] | None:
    """Where acts usually are: what the watch counts on a usual day, over the chance that one is noticed there, shared
    out evenly among a series' cells. None where nobody watches, or nothing of it can be told."""
    if watching is None or exposure is None:
        return None
    each = noticed(exposure, Breach(1.0, _DAY), params).group_by("cell").agg(pl.col("alone").mean()).sort("cell")
    each = each.with_columns(series=_series(each, watching, cover_cell_m))
    usual = watching.watched.filter(pl.col("mean") > 0).select("series", "mean")
    both = each.join(usual, on="series", how="inner").filter(pl.col("alone") > 0)
    parts = both.with_columns(part=pl.col("mean") / pl.len().over("series") / pl.col("alone"))
    return dict(parts.select("cell", "part").rows()) or None


def newest_watch(known: Known) -> dict[str, Any] | None:
    """The newest run of alarms by cells that still stands."""
    wanted = ("watch", "alarms", "cell")
    for run in reversed(known.runs):
        given: Mapping[str, Any] = run.get("given", {})
        asked = (run["room"], given.get("what"), given.get("by"))
        if asked == wanted and not known.standing(set(run["outputs"].values())):
            return dict(run)
    return None


def watching_of(given: Mapping[str, Any], watched: pl.DataFrame) -> Watching:
    """What a run of alarms was asked, its table -> what it knew. InputError where it is of before means were kept."""
    if "mean" not in watched.columns:
        raise InputError("the case's watch was made before means were kept", expected="trucewatch watch alarms, again")
    return Watching(watched, float(given["options"]["arl_years"]), float(given["cell_km"]) * 1000)


def noticing(
    made: Keep, exposure: pl.DataFrame | None, watch: Watching | None, cover_cell_m: float
) -> pl.DataFrame | None:
    """Stakes, exposure, a watch -> DETECTED of what an alarm has to tell; None where nobody watches."""
    if watch is None or exposure is None:
        return None
    return detected(asked_of_watch(made, exposure), watch, cover_cell_m)
