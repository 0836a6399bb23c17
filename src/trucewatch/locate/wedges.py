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

from trucewatch.base.place import EARTH_M
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
    told = laid(sightings, params)
    east, north, _ = _spread(told, _TURNS, params.points // _TURNS, params)
    turns, ranges = _turns(told), _ranges(told, params)
    ends = np.array([_EDGE, 1 - _EDGE])
    outline = _outlines(told.lon, told.lat, np.isnan(told.turn), _quantiles(*turns, ends), _quantiles(*ranges, ends))
    spots: Any = shapely.points(east.ravel(), north.ravel())
    points: Any = shapely.multipoints(spots, indices=np.repeat(np.arange(len(told.lon)), east.shape[1]))
    return Wedges(*middle(east, north), outline, list(shapely.to_wkb(points, byte_order=1)))


@dataclass(frozen=True)
class Told:
    """What observers said, as columns; NaN where not told. sd: the error of a point that was seen."""

    lon: Floats
    lat: Floats
    turn: Floats
    half: Floats
    near: Floats
    far: Floats
    sd: Floats
    turn_sd: Floats
    share: Floats
    params: SectorParams

    def likely(self, k: NDArray[Any], lon: Floats, lat: Floats) -> Floats:
        """How likely would observers k say what they say, were it at these places (a row an observer): 0 to 1."""
        far, turn = _from(self.lon[k], self.lat[k], lon, lat)
        off = np.abs((turn - np.nan_to_num(self.turn[k])[:, None] + 180) % 360 - 180)
        half, sd = self.half[k][:, None], self.turn_sd[k][:, None]
        toward = ndtr((half - off) / sd) - ndtr((-half - off) / sd)
        made = np.where(np.isnan(self.turn[k])[:, None], 1.0, toward) * self._away(k, far)
        point = self.sd[k][:, None]
        return np.where(np.isnan(point), made, np.exp(-(far**2) / (2 * np.nan_to_num(point, nan=1.0) ** 2)))

    def _away(self, k: NDArray[Any], r: Floats) -> Floats:
        far, near = self.far[k][:, None], np.nan_to_num(self.near[k])[:, None]
        sd = np.hypot(self.share[k][:, None] * r, self.params.range_floor_m)
        upper = np.where(np.isnan(far), 1.0, ndtr((np.nan_to_num(far) - r) / sd))
        lower = np.where(near > 0, ndtr((near - r) / sd), 0.0)
        falls = np.where(np.isnan(far), 1 / (1 + (r / self.params.reach_m) ** self.params.reach_power), 1.0)
        made: Floats = np.maximum(upper - lower, 0) * falls
        return made


def laid(sightings: pl.DataFrame, params: SectorParams) -> Told:
    """sightings -> columns, with the errors that come with hearing or seeing."""
    lon, lat, turn, half, near, far, sd = (
        np.array(sightings[name].cast(pl.Float64).fill_null(np.nan).to_numpy(), dtype=float)
        for name in ("lon", "lat", "bearing_deg", "spread_deg", "near_m", "far_m", "sd_m")
    )
    seen = np.array(sightings["seen"].fill_null(False).to_numpy(), dtype=bool)
    by_ear = (params.heard_bearing_sd_deg, params.heard_range_share)
    by_eye = (params.seen_bearing_sd_deg, params.seen_range_share)
    turn_sd, share = (np.where(seen, eye, ear) for eye, ear in zip(by_eye, by_ear, strict=True))
    return Told(lon, lat, turn, np.nan_to_num(half, nan=180.0), near, far, sd, turn_sd, share, params)


def proposed(
    sightings: pl.DataFrame, n_turns: int, n_ranges: int, params: SectorParams
) -> tuple[Floats, Floats, Floats]:
    """sightings -> points (lon, lat), n_turns times n_ranges a row, and the ground that each speaks of, in m2."""
    return _spread(laid(sightings, params), n_turns, n_ranges, params)


def _spread(told: Told, n_turns: int, n_ranges: int, params: SectorParams) -> tuple[Floats, Floats, Floats]:
    turns, likely = _turns(told)
    ranges, ripe = _ranges(told, params)
    at_turn = _quantiles(turns, likely, (np.arange(n_turns) + 0.5) / n_turns)
    at_range = _quantiles(ranges, ripe, (np.arange(n_ranges) + 0.5) / n_ranges)
    point = ~np.isnan(told.sd)
    share = (np.arange(n_ranges) + 0.5) / n_ranges
    at_turn[point] = 360 * (np.arange(n_turns) + 0.5) / n_turns
    at_range[point] = told.sd[point][:, None] * np.sqrt(-2 * np.log(1 - share))
    arc, step = np.radians(turns[:, 1] - turns[:, 0]), ranges[:, 1] - ranges[:, 0]
    area = likely.sum(axis=1) * arc * ripe.sum(axis=1) * step
    area[point] = 2 * np.pi * told.sd[point] ** 2
    east, north = _sent(told.lon, told.lat, np.repeat(at_turn, n_ranges, axis=1), np.tile(at_range, (1, n_turns)))
    return east, north, area


def _from(lon: Floats, lat: Floats, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Distance in metres and bearing from each place to the points of its row; the earth as a ball is near enough."""
    a, b = np.radians(lat)[:, None], np.radians(north)
    over = np.radians(east - lon[:, None])
    chord = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(over / 2) ** 2
    turn = np.arctan2(np.sin(over) * np.cos(b), np.cos(a) * np.sin(b) - np.sin(a) * np.cos(b) * np.cos(over))
    return 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(chord, 0, 1))), np.degrees(turn)


def _turns(told: Told) -> tuple[Floats, Floats]:
    """Bearings that may be meant, and how likely each: a row a sector."""
    around, sd = np.isnan(told.turn), told.turn_sd[:, None]
    width = np.where(around, 180.0, np.minimum(180.0, told.half + 4 * told.turn_sd))
    off = width[:, None] * ((np.arange(_STEPS) + 0.5) / _STEPS * 2 - 1)
    half = told.half[:, None]
    likely = ndtr((half - np.abs(off)) / sd) - ndtr((-half - np.abs(off)) / sd)
    return np.nan_to_num(told.turn)[:, None] + off, np.where(around[:, None], 1.0, likely)


def _ranges(told: Told, params: SectorParams) -> tuple[Floats, Floats]:
    """Ranges that may be meant, and how much ground of how great likelihood lies at each."""
    told_far = np.nan_to_num(told.far) / (1 - 3.5 * told.share) + 4 * params.range_floor_m
    most = np.where(np.isnan(told.far), 2 * params.reach_m, told_far)
    r = most[:, None] * (np.arange(_STEPS) + 0.5) / _STEPS
    return r, told._away(np.arange(len(most)), r) * r


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


def middle(east: Floats, north: Floats) -> tuple[Floats, Floats, Floats]:
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
