"""One observer's sector by itself, for many at once: its middle, radius, outline, and the points that stand for it.

Bearing and range err independently, so a sector's density is a product, and its quantiles are those of its two factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr

from trucewatch.locate.params import SectorParams

Floats = NDArray[np.float64]
_GEOD = pyproj.Geod(ellps="WGS84")
_STEPS, _ARC, _TURNS = 128, 24, 8
_HOLDS = 0.95
_EDGE = (1 - _HOLDS**0.5) / 2
"""Left out at each end of bearing and of range, so that the outline holds 95 in 100."""


@dataclass(frozen=True)
class Wedges:
    """A row a sector: lon, lat of its middle, radius_m that holds 95 in 100, region and spread as WKB."""

    lon: Floats
    lat: Floats
    radius_m: Floats
    region: list[bytes | None]
    spread: list[bytes]


def wedges(sightings: pl.DataFrame, params: SectorParams) -> Wedges:
    """sightings (sectors.SIGHTINGS, none of them a point) -> their regions, each by itself.

    `region` is null where the outline meets the antimeridian or lies near a pole; the points are good there too.
    """
    lon, lat, turn, spread, near, far = (
        np.array(sightings[name].cast(pl.Float64).fill_null(np.nan).to_numpy(), dtype=float)
        for name in ("lon", "lat", "bearing_deg", "spread_deg", "near_m", "far_m")
    )
    seen = np.array(sightings["seen"].fill_null(False).to_numpy(), dtype=bool)
    turns, likely = _turns(turn, spread, np.where(seen, params.seen_bearing_sd_deg, params.heard_bearing_sd_deg))
    ranges, ripe = _ranges(near, far, np.where(seen, params.seen_range_share, params.heard_range_share), params)
    n_ranges = params.points // _TURNS
    at_turn = _quantiles(turns, likely, (np.arange(_TURNS) + 0.5) / _TURNS)
    at_range = _quantiles(ranges, ripe, (np.arange(n_ranges) + 0.5) / n_ranges)
    east, north = _sent(lon, lat, np.repeat(at_turn, n_ranges, axis=1), np.tile(at_range, (1, _TURNS)))
    middle_lon, middle_lat, radius = _middle(east, north)
    ends = np.array([_EDGE, 1 - _EDGE])
    outline = _outlines(lon, lat, np.isnan(turn), _quantiles(turns, likely, ends), _quantiles(ranges, ripe, ends))
    spots: Any = shapely.points(east.ravel(), north.ravel())
    points: Any = shapely.multipoints(spots, indices=np.repeat(np.arange(len(lon)), east.shape[1]))
    return Wedges(middle_lon, middle_lat, radius, outline, list(shapely.to_wkb(points, byte_order=1)))


def _turns(turn: Floats, spread: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Bearings that may be meant, and how likely each: a row a sector."""
    half = np.where(np.isnan(turn), 180.0, np.minimum(180.0, np.nan_to_num(spread, nan=180.0) + 4 * sd))
    share = (np.arange(_STEPS) + 0.5) / _STEPS * 2 - 1
    off = half[:, None] * share
    told = np.nan_to_num(spread, nan=180.0)[:, None]
    likely = ndtr((told - np.abs(off)) / sd[:, None]) - ndtr((-told - np.abs(off)) / sd[:, None])
    return np.nan_to_num(turn)[:, None] + off, np.where(np.isnan(turn)[:, None], 1.0, likely)


def _ranges(near: Floats, far: Floats, share: Floats, params: SectorParams) -> tuple[Floats, Floats]:
    """Ranges that may be meant, and how much ground of how great likelihood lies at each."""
    open_ended = np.isnan(far)
    most = np.where(open_ended, 2 * params.reach_m, np.nan_to_num(far) / (1 - 3.5 * share) + 4 * params.range_floor_m)
    r = most[:, None] * (np.arange(_STEPS) + 0.5) / _STEPS
    sd = np.hypot(share[:, None] * r, params.range_floor_m)
    upper = np.where(open_ended[:, None], 1.0, ndtr((np.nan_to_num(far)[:, None] - r) / sd))
    low = np.nan_to_num(near)
    lower = np.where((low > 0)[:, None], ndtr((low[:, None] - r) / sd), 0.0)
    falls = np.where(open_ended[:, None], 1 / (1 + (r / params.reach_m) ** params.reach_power), 1.0)
    return r, np.maximum(upper - lower, 0) * falls * r


def _quantiles(values: Floats, weight: Floats, at: Floats) -> Floats:
    """Per row, the values below which such shares of the weight lie; a cell's weight is spread over the cell."""
    total = np.cumsum(weight + 1e-300, axis=1)
    total /= total[:, -1:]
    step = values[:, 1:2] - values[:, :1]
    edges = np.concatenate([values[:, :1] - step / 2, values + step / 2], axis=1)
    shares = np.concatenate([np.zeros((len(values), 1)), total], axis=1)
    return np.array([np.interp(at, own, edge) for own, edge in zip(shares, edges, strict=True)]).reshape(-1, len(at))


def _sent(lon: Floats, lat: Floats, turns: Floats, ranges: Floats) -> tuple[Floats, Floats]:
    """Observers, bearings and ranges -> the places there."""
    wide = np.ones_like(turns)
    east, north, _ = _GEOD.fwd(lon[:, None] * wide, lat[:, None] * wide, turns, ranges)
    return np.asarray(east), np.asarray(north)


def _middle(east: Floats, north: Floats) -> tuple[Floats, Floats, Floats]:
    """Points -> their middle, and the distance from it within which 95 in 100 of them lie."""
    a, b = np.radians(east), np.radians(north)
    x, y, z = (part.mean(axis=1) for part in (np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)))
    lon, lat = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    wide = np.ones_like(east)
    _, _, far = _GEOD.inv(lon[:, None] * wide, lat[:, None] * wide, east, north)
    return lon, lat, np.quantile(np.asarray(far), _HOLDS, axis=1)


def _outlines(lon: Floats, lat: Floats, whole: NDArray[np.bool_], turns: Floats, ranges: Floats) -> list[bytes | None]:
    """Outlines that hold 95 in 100: a piece of a ring, or all of it where no bearing is told."""
    share = np.linspace(0, 1, _ARC)
    bearing = turns[:, :1] + (turns[:, 1:] - turns[:, :1]) * share
    outer = _sent(lon, lat, bearing, ranges[:, 1:] * np.ones_like(bearing))
    inner = _sent(lon, lat, bearing[:, ::-1], ranges[:, :1] * np.ones_like(bearing))
    circle = np.tile(360 * np.arange(4 * _ARC) / (4 * _ARC), (len(lon), 1))
    made: list[Any] = []
    rings = [_sent(lon, lat, circle, ranges[:, k : k + 1] * np.ones_like(circle)) for k in (1, 0)]
    for n in range(len(lon)):
        if whole[n]:
            shape = shapely.Polygon(
                np.column_stack([p[n] for p in rings[0]]), [np.column_stack([p[n] for p in rings[1]])]
            )
        else:
            parts = [np.concatenate([outer[k][n], inner[k][n]]) for k in (0, 1)]
            shape = shapely.Polygon(np.column_stack(parts))
        west, south, east, north = shape.bounds
        made.append(None if east - west > 90 or max(-south, north) > 89 else shapely.to_wkb(shape, byte_order=1))
    return made
