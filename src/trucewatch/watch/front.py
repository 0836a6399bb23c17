"""How fast the front moves as mapped: ground that each party gained between one map and the next, by day."""

from __future__ import annotations

import itertools
from datetime import date

import polars as pl
import pyproj
import shapely

SCHEMA = {"side": pl.String, "measure": pl.String, "unit": pl.String, "date": pl.Date, "count": pl.Float64,
          "exposure": pl.Float64}  # fmt: skip
_M2_PER_KM2 = 1e6
_NEITHER = ("contested", "unknown")


def advance(areas: pl.DataFrame) -> pl.DataFrame:
    """areas(source, on, held_by, geometry) -> (side, measure, unit, date, count, exposure): km2 that a party holds more
    than on the source's map before, by the day of the map; where maps are days apart, the days between are not known.

    A mapper draws late: the day is that of the map, not of the movement. `update_lag` says how late at least.
    """
    rows: list[tuple[str, str, str, date, float, float]] = []
    geod = pyproj.Geod(ellps="WGS84")
    for source in areas["source"].unique().sort():
        mine = areas.filter(pl.col("source") == source)
        held: dict[str, dict[date, float]] = {}
        for on, party, shapes in (
            mine.filter(~pl.col("held_by").is_in(_NEITHER))
            .group_by(pl.col("on").dt.date(), "held_by")
            .agg("geometry")
            .sort("on", "held_by")
            .rows()
        ):
            ground = shapely.union_all(shapely.make_valid(shapely.from_wkb(shapes)))
            held.setdefault(party, {})[on] = abs(geod.geometry_area_perimeter(shapely.orient_polygons(ground))[0])
        for party, by_day in held.items():
            days = sorted(by_day)
            for one, two in itertools.pairwise(days):
                gained = (by_day[two] - by_day[one]) / _M2_PER_KM2
                if (two - one).days == 1:
                    rows.append((party, f"advance on {source}", "km2", two, gained, 1.0))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def update_lag(moved: pl.DataFrame, fought: pl.DataFrame, most_days: int) -> tuple[int, float, float] | None:
    """(date, count) of mapped movement and of fighting -> (lag in days, correlation there, bar of chance).

    The lag at which movement as mapped follows fighting most closely; the bar is the largest correlation at lags in
    which the map would have to run ahead of the fighting. None where it does not pass that bar: the lag is not known.
    """
    both = moved.select("date", m=pl.col("count").abs()).join(fought.select("date", f="count"), on="date").sort("date")
    if both.height < 4 * most_days:
        return None

    def at(lag: int) -> float:
        pair = both.select("m", pl.col("f").shift(lag)).drop_nulls()
        value = pair.select(pl.corr(pl.col("m").rank(), pl.col("f").rank())).item()
        return float(value) if value is not None and value == value else 0.0

    ahead = max(at(-lag) for lag in range(1, most_days + 1))
    best = max(range(most_days + 1), key=lambda lag: (at(lag), -lag))
    return (best, at(best), ahead) if at(best) > max(ahead, 0.0) else None
