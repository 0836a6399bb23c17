"""Many happenings at once, each told by several observers: what sectors.py does on a grid, done by weighing points.

(1) propose   points that stand for what each observer says by himself
(2) weigh     each point by what all observers of its happening say, over how likely it was proposed
(3) draw      as many points as go on, each with the same share of the weight
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from trucewatch.locate.params import SectorParams
from trucewatch.locate.wedges import laid, middle, proposed

Floats = NDArray[np.float64]
_TURNS, _RANGES, _PIECE, _NEVER = 16, 24, 4_000, 1e-300
MADE = pl.Schema({"incident": pl.String, "lon": pl.Float64, "lat": pl.Float64, "radius_m": pl.Float64,
                  "region": pl.Binary, "spread": pl.Binary, "p_not_same": pl.Float64})  # fmt: skip


def several(sightings: pl.DataFrame, params: SectorParams) -> pl.DataFrame:
    """sightings (sectors.SIGHTINGS), two or more a happening and those of one together -> a row a happening (MADE).

    `region` is the hull of the points; null where it meets the antimeridian or lies near a pole.
    """
    group = sightings["happening"].rle_id().to_numpy().astype(np.int64)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    count = np.diff(starts, append=len(group))
    lon, lat, area = proposed(sightings, _TURNS, _RANGES, params)
    target, ours, ask = _weigh(sightings, lon, lat, area, starts, count, params)
    # Scale within each happening, so that none is too small to count.
    top = np.maximum.reduceat(target.max(axis=1), starts)[group][:, None]
    weight, same = np.exp(target - top) / ask, np.exp(ours - top) / ask
    all_of, all_same = (np.add.reduceat(part.sum(axis=1), starts) for part in (weight, same))
    share = all_same / all_of
    odds = share / np.maximum(1 - share, _NEVER) * _times(sightings, group, len(starts), params)
    # Draw: each happening's points one after the other, and every so much of their weight one that goes on.
    walked = np.cumsum(weight.ravel() / np.repeat(all_of[group], weight.shape[1]))
    wanted = np.arange(len(starts))[:, None] + (np.arange(params.points) + 0.5) / params.points
    at = np.minimum(np.searchsorted(walked, wanted), walked.size - 1)
    east, north = lon.ravel()[at], lat.ravel()[at]
    where_lon, where_lat, radius = middle(east, north)
    spots: Any = shapely.points(east.ravel(), north.ravel())
    points: Any = shapely.multipoints(spots, indices=np.repeat(np.arange(len(starts)), params.points))
    hulls: Any = shapely.convex_hull(points)
    west, south, end, high = shapely.bounds(points).T
    good = (end - west <= 90) & (np.maximum(-south, high) <= 89) & (shapely.get_type_id(hulls) == 3)
    region = [raw if fit else None for raw, fit in zip(shapely.to_wkb(hulls, byte_order=1), good, strict=True)]
    made = {
        "incident": sightings["happening"].gather(starts.tolist()), "lon": where_lon, "lat": where_lat,
        "radius_m": radius, "region": pl.Series(region, dtype=pl.Binary),
        "spread": pl.Series(list(shapely.to_wkb(points, byte_order=1)), dtype=pl.Binary), "p_not_same": 1 / (1 + odds),
    }  # fmt: skip
    return pl.DataFrame(made, schema=MADE)


def _weigh(
    sightings: pl.DataFrame, lon: Floats, lat: Floats, area: Floats, starts: NDArray[Any], count: NDArray[Any],
    params: SectorParams,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """For each observer's points: log of what all say, of what all say if all mean this, and how likely proposed."""
    told = laid(sightings, params)
    p, field = params.p_other, (2 * params.field_m) ** 2
    elsewhere = area / field
    own = np.repeat(count, count)  # observers of each observer's happening
    first = np.repeat(starts, count)
    target, ours, ask = (np.zeros(lon.shape) for _ in range(3))
    for a in range(0, len(lon), _PIECE):
        b = min(a + _PIECE, len(lon))
        for step in range(int(own[a:b].max())):
            mine = np.flatnonzero(own[a:b] > step) + a
            judge = first[mine] + step
            likely = told.likely(judge, lon[mine], lat[mine])
            target[mine] += np.log((1 - p) * likely + (p * elsewhere[judge])[:, None] + _NEVER)
            ours[mine] += np.log((1 - p) * likely + _NEVER)
            ask[mine] += likely / (area[judge] * own[mine])[:, None]
    return target, ours, ask + _NEVER


def _times(sightings: pl.DataFrame, group: NDArray[Any], n: int, params: SectorParams) -> Floats:
    """How much likelier are their times if it was one happening than if each was another; 1 where not two are told."""
    at = np.array(sightings["at_s"].fill_null(np.nan).to_numpy(), dtype=float)
    told = ~np.isnan(at)
    at, mine = at[told], group[told]
    span = np.array(sightings["span_s"].fill_null(0).to_numpy(), dtype=float)[told]
    variance = params.clock_sd_s**2 + span**2 / 12
    many = np.bincount(mine, minlength=n)
    precise = np.maximum(np.bincount(mine, 1 / variance, n), _NEVER)
    centre = np.bincount(mine, at / variance, n) / precise
    squares = np.bincount(mine, (at - centre[mine]) ** 2 / variance, n)
    log_each = np.bincount(mine, np.log(2 * np.pi * variance) / 2, n)
    log_same = -squares / 2 - log_each + np.log(2 * np.pi / precise) / 2
    made: Floats = np.where(many < 2, 1.0, np.exp(np.clip(log_same + (many - 1) * np.log(params.other_s), -600, 600)))
    return made
