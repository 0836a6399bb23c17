"""Fires of real years by cell and day, with weather; and what `watch trend` says of each, for `watch_fires.py`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from fires_rule import thinned

from trucewatch.watch import trend as room
from trucewatch.watch.params import BaselineParams
from trucewatch.watch.reach import Reach

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("TRUCEWATCH_DATA", HERE.parents[1] / "shared" / "data"))
POINTS, MODIS = DATA / "firms_ukraine_points_2012_2020", DATA / "firms_ukraine_2021_2022"
WEATHER = ("heat", "heat2", "rain", "dry", "cloud", "snow")
WAR_EAST, WAR_SOUTH = 36.5, 50.2
"""Where fighting went on before 2022: east of this longitude and south of this latitude."""
CALM = (pl.col("lon") <= WAR_EAST) | (pl.col("lat") >= WAR_SOUTH)

Parts = tuple[pl.DataFrame, pl.DataFrame]
"""A district's days for the rule to train on, and its days with fire to judge."""


def cells(outside_war: bool) -> pl.DataFrame:
    """cell, lon, lat, within: a tenth of a degree, in the country's districts."""
    there = pl.read_csv(POINTS / "context/ukr_oblasts_10km.csv")
    there = there.rename({name: name.lower() for name in there.columns}).rename({"latitude": "lat", "longitude": "lon"})
    some = there.filter(CALM) if outside_war else there
    named = some.select(cell=_cell("lon", "lat"), lon="lon", lat="lat", within="oblast_id")
    return named.unique("cell", keep="first", maintain_order=True).sort("within", "cell")


def _cell(lon: str, lat: str) -> pl.Expr:
    return (pl.col(lat) * 10).round().cast(pl.Int64) * 1000 + (pl.col(lon) * 10).round().cast(pl.Int64)


def weather(years: list[int]) -> pl.DataFrame:
    """within, day, and the weather beside it: nothing later than the day itself."""
    names = ["within", "day", "heat", "low", "mean", "rain", "snow", "wind", "cloud"]
    parts = [pl.read_csv(POINTS / f"context/weather/ukr_weather_data_{year}.csv.gz") for year in years]
    rows = pl.concat([p.rename(dict(zip(p.columns, names, strict=True))) for p in parts])
    rows = rows.with_columns(pl.col("day").str.to_date()).sort("within", "day").unique(["within", "day"], keep="first")
    rows = rows.sort("within", "day").with_columns(
        heat2=(pl.col("heat") - 15) ** 2,
        dry=pl.col("rain").rolling_mean(14, min_samples=1).over("within").add(0.1).log(),
        rain=(pl.col("rain") + 0.1).log(),
        snow=(pl.col("snow") + 0.1).log(),
    )
    filled = (pl.col(name).fill_null(strategy="forward").over("within") for name in WEATHER)
    return rows.select("within", "day", *filled)


def of_years(years: Sequence[int]) -> pl.DataFrame:
    """cell, day, count of the points of these years."""
    return counted([POINTS / f"ukr_fire_data_{year}.csv.gz" for year in years])


def counted(files: list[Path]) -> pl.DataFrame:
    """cell, day, count of files of points."""
    parts = [pl.read_csv(f).rename(str.lower) for f in files]
    rows = pl.concat([p.select("longitude", "latitude", pl.col("acq_date").cast(pl.String)) for p in parts])
    day = pl.col("acq_date").str.slice(0, 10).str.to_date()
    placed = rows.select(cell=_cell("longitude", "latitude"), day=day)
    return placed.group_by("cell", "day").agg(count=pl.len().cast(pl.Int64))


def table(where: pl.DataFrame, fires: pl.DataFrame, sky: pl.DataFrame | None, days: list[date]) -> pl.DataFrame:
    """Every cell and day, zeros too: series, within, lon, lat, day, count and weather."""
    every = where.select("cell", "within", "lon", "lat").join(pl.DataFrame({"day": days}), how="cross")
    rows = every.join(fires, on=["cell", "day"], how="left").with_columns(pl.col("count").fill_null(0))
    if sky is not None:
        rows = rows.join(sky, on=["within", "day"], how="inner")
    return rows.rename({"cell": "series"}).sort("series", "day")


def span(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def whole(years: Sequence[int]) -> list[date]:
    """Every day of these years."""
    return [d for year in years for d in span(date(year, 1, 1), date(year, 12, 31))]


@dataclass(frozen=True)
class Place:
    """One larger place: its judged rows with `chance` (in units of the promise: below 1 is in excess) and `alarm`
    (0: in none), and how the chance is had where more is counted on them."""

    rows: pl.DataFrame
    chance: Callable[[Any], Any]


def judged(
    rows: pl.DataFrame, until: date, beside: list[str], tried: Sequence[Reach], by_years: bool = True
) -> Place | None:
    """What `trend` does with one false day a year, with the chance of every count at hand. by_years: with what each
    year says of the others."""
    params, a_year = BaselineParams(), 1.0 / len(tried)
    made_of = room._rows(rows, (until - room._EPOCH).days, beside, any(reach.near_km for reach in tried))
    made = room._learn_total(made_of, params)
    if made.cannot_tell:
        return None
    known, size = made_of.exposure > 0, int(made_of.each.max()) + 1
    means = room._means(made_of, made, known, params)
    if by_years:
        ks = room._spreads(made_of, means, known, tried, a_year, params)
    else:
        ks = [room._spread(made_of, room._sums(made_of, means, known, r), known, a_year, params) for r in tried]
    now, bar = ~made_of.past, a_year / room.DAYS_A_YEAR / size
    upper = [made_of.ground.together(np.where(known, means[1], 0.0), reach)[now] for reach in tried]

    def each(more: Any) -> Any:
        counts = made_of.counts.copy()
        counts[now] += more
        by = [made_of.ground.together(counts, reach)[now] for reach in tried]
        return np.array([room._tail(n, mean, k) / bar for n, mean, k in zip(by, upper, ks, strict=True)])

    found = each(0)
    which = np.where(found.min(0) < 1, found.argmin(0), -1)
    alarm = room._of(made_of.ground, now).alarms(tried, which)
    told = rows.filter(pl.Series(now)).with_columns(chance=found.min(0), alarm=alarm)
    return Place(told, lambda more: each(more).min(0))


def together(of_place: Callable[[tuple[int, str]], Parts | None], where: pl.DataFrame) -> Parts:
    """Every district, on as many processes as there are cores."""
    names = where["within"].unique().sort().to_list()
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        parts = [part for part in pool.map(of_place, enumerate(names)) if part is not None]
    return pl.concat([p[0] for p in parts]), pl.concat([p[1] for p in parts])


def parts_of(rows: pl.DataFrame, until: date, ways: dict[str, Place | None], since: date | None = None) -> Parts | None:
    """A district's rows and what each way says of them -> its parts; none where one of the ways cannot tell."""
    now = rows.filter(pl.col("day") > until)
    for way, place in ways.items():
        if place is None:
            return None
        now = now.with_columns(place.rows["chance"].alias(way), place.rows["alarm"].alias(f"{way} alarm"))
    kept = now.filter(pl.col("count") > 0, pl.col("day") >= (since or until))
    return thinned(rows.filter(pl.col("day") <= until), 1), kept
