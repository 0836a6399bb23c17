"""Step 3, in parts: what is the chance that a place lies in a zone?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from trucewatch.assess.geometry import local, moved
from trucewatch.assess.params import AssessParams

Floats = NDArray[np.float64]
_DEG_M = 110_500.0
"""No degree of latitude is shorter, in metres; one of longitude is this, or more, times the cosine of the latitude."""
_SLACK = 1.02
_BULGE_M = 20.0
"""How far an edge, straight on the plane, may leave the box of its corners in degrees; its pieces are short."""
_MOST_LAT = 85.0
"""Nearer to a pole than this no place is passed over for its longitude."""


def p_inside(
    zone: shapely.Geometry, places: pl.DataFrame, edge_m: float, params: AssessParams, hole_edge_m: float = 0.0
) -> Floats:
    """places(lon, lat, radius_m) -> chance of each to lie in the zone; NaN where that is not known.

    The true place scatters round the stated one as a round normal whose 95 in 100 circle is `radius_m`. Where that
    scatter meets the zone's edge, the chance is the share of evenly spread points of it that fall inside. The edge
    itself may be off by `edge_m`, those of its holes by `hole_edge_m`: where the smallest and the largest zone that
    it may be give chances that differ by more than `edge_matters`, it is not known; else the smaller one is said.
    A place whose error nobody stated is not known. Where points stand for it (`spread`: a sector, or several that were
    laid together), they are tried in place of the round scatter.
    """
    return _Ground(zone, edge_m, hole_edge_m, params).chances(places)


class Insides:
    """The same question about the same places and many zones: each zone is laid out, and each place tried, once.

    places(lon, lat, radius_m, and where known spread) are given at the start and named by their row from then on.

    >>> places = pl.DataFrame({"lon": [38.0, 39.0], "lat": [48.0, 48.0], "radius_m": [100.0, 100.0]})
    >>> zone = shapely.to_wkb(shapely.box(37.5, 47.5, 38.5, 48.5))
    >>> Insides(places, AssessParams()).of(zone, np.array([1, 0])).tolist()
    [0.0, 1.0]
    """

    def __init__(self, places: pl.DataFrame, params: AssessParams) -> None:
        spread = pl.col("spread") if "spread" in places.columns else pl.lit(None, pl.Binary).alias("spread")
        self._places, self._params = places.select("lon", "lat", "radius_m", spread), params
        # A chance is so many of `zone_points`: kept as that number, it is a byte for a place and zone.
        self._untried, self._unknown = params.zone_points + 1, params.zone_points + 2
        self._known: dict[tuple[bytes, float, float], tuple[_Ground, NDArray[Any]]] = {}

    def of(self, zone: bytes, rows: NDArray[np.integer], edge_m: float = 0.0, hole_edge_m: float = 0.0) -> Floats:
        """A zone (WKB), rows of the places -> the chance of each to lie in it; NaN where that is not known."""
        key = (zone, edge_m, hole_edge_m)
        if key not in self._known:
            ground = _Ground(shapely.from_wkb(zone), edge_m, hole_edge_m, self._params)
            none = np.full(self._places.height, self._untried, np.min_scalar_type(self._unknown))
            self._known[key] = (ground, none)
        ground, hits = self._known[key]
        new = rows[hits[rows] == self._untried]
        if len(new):
            chances = ground.chances(self._places[new])
            hits[new] = np.where(np.isnan(chances), self._unknown, np.rint(chances * self._params.zone_points))
        return np.where(hits[rows] == self._unknown, np.nan, hits[rows] / self._params.zone_points)


@dataclass(frozen=True)
class _Ground:
    """A zone, and how far its edges may be off, laid on a plane and prepared when first asked."""

    zone: shapely.Geometry
    edge_m: float
    hole_edge_m: float
    params: AssessParams

    @cached_property
    def _flat(self) -> shapely.Geometry:
        there, _ = local(self.zone)
        return moved(shapely.segmentize(self.zone, self.params.line_step_deg), there)

    @cached_property
    def _least(self) -> _Prepared:
        return _Prepared(off_by(self._flat, -self.edge_m, -self.hole_edge_m))

    @cached_property
    def _most(self) -> _Prepared:
        return _Prepared(off_by(self._flat, self.edge_m, self.hole_edge_m))

    def chances(self, places: pl.DataFrame) -> Floats:
        """places(lon, lat, radius_m) -> chance of each; NaN where that is not known."""
        told = (places["lon"].is_not_null() & places["lat"].is_not_null() & places["radius_m"].is_not_null()).to_numpy()
        lon, lat, radius = (places[name].fill_null(0).to_numpy() for name in ("lon", "lat", "radius_m"))
        chance = np.where(told, 0.0, np.nan)
        if "spread" in places.columns and places["spread"].null_count() < places.height:
            shaped = places["spread"].is_not_null().to_numpy()
            chance[shaped] = self._by_points(places["spread"].drop_nulls())
            told = told & ~shaped
        near = np.flatnonzero(told & self._within_reach(lon, lat, radius))
        if not len(near):
            return chance
        there, _ = local(self.zone)
        x, y = there.transform(lon[near], lat[near])
        sd = radius[near] / self.params.radius_sigmas
        inside = self._least.chances(x, y, sd, self.params)
        if self.edge_m or self.hole_edge_m:
            most = self._most.chances(x, y, sd, self.params)
            inside[most - inside > self.params.edge_matters] = np.nan
        chance[near] = inside
        return chance

    def _by_points(self, spreads: pl.Series) -> Floats:
        """Points that stand for each place (WKB) -> the share of them inside; NaN where the zone's edge decides."""
        there, _ = local(self.zone)
        lonlat, owner = shapely.get_coordinates(shapely.from_wkb(spreads.to_list()), return_index=True)
        x, y = there.transform(lonlat[:, 0], lonlat[:, 1])
        count = np.bincount(owner, minlength=len(spreads))
        least = np.bincount(owner, shapely.contains_xy(self._least.flat, x, y), len(spreads)) / count
        if self.edge_m or self.hole_edge_m:
            most = np.bincount(owner, shapely.contains_xy(self._most.flat, x, y), len(spreads)) / count
            least[most - least > self.params.edge_matters] = np.nan
        return least

    def _within_reach(self, lon: Floats, lat: Floats, radius: Floats) -> NDArray[np.bool_]:
        """False only where the place is surely outside, told by the zone's box in degrees: no place is transformed."""
        if shapely.is_empty(self.zone):
            return np.zeros(len(lon), np.bool_)
        west, south, east, north = shapely.bounds(self.zone)
        reach_m = self.params.sure_sigmas / self.params.radius_sigmas * radius + max(self.edge_m, 0.0) + _BULGE_M
        reach = _SLACK * reach_m / _DEG_M
        in_lat = (lat >= south - reach) & (lat <= north + reach)
        farthest = np.maximum(np.abs(lat) + reach, max(abs(south), abs(north)))
        wide = reach / np.cos(np.radians(np.minimum(farthest, _MOST_LAT)))
        # How far east of the western edge, going round: a zone may lie across the antimeridian.
        past = np.mod(lon - (west - wide), 360.0)
        in_lon = (past <= east - west + 2 * wide) | (farthest > _MOST_LAT)
        met: NDArray[np.bool_] = in_lat & in_lon
        return met


def off_by(flat: shapely.Geometry, edge_m: float, hole_edge_m: float) -> shapely.Geometry:
    """The zone with its outline moved outwards by `edge_m` and its holes made smaller by `hole_edge_m`."""
    if not edge_m and not hole_edge_m:
        return flat
    parts = [part for part in shapely.get_parts(flat) if part.geom_type == "Polygon"]
    outer = shapely.union_all([shapely.buffer(shapely.Polygon(part.exterior), edge_m) for part in parts])
    holes = [shapely.buffer(shapely.Polygon(ring), -hole_edge_m) for part in parts for ring in part.interiors]
    return shapely.difference(outer, shapely.union_all(holes)) if holes else outer


class _Prepared:
    """A shape on the plane that is asked often."""

    def __init__(self, flat: shapely.Geometry) -> None:
        self.flat, self.edge = flat, shapely.boundary(flat)
        shapely.prepare([self.flat, self.edge])

    def chances(self, x: Floats, y: Floats, sd: Floats, params: AssessParams) -> Floats:
        """Points and their scatter -> chance of each to lie inside."""
        if shapely.is_empty(self.flat):
            return np.zeros(len(x))
        inside: Floats = shapely.contains_xy(self.flat, x, y).astype(float)
        points: Any = shapely.points(x, y)
        reach: Any = params.sure_sigmas * sd
        near = (sd > 0) & shapely.dwithin(self.edge, points, reach)
        inside[near] = self._share(x[near], y[near], sd[near], params.zone_points)
        return inside

    def _share(self, x: Floats, y: Floats, sd: Floats, n: int) -> Floats:
        """Share of n points of each scatter that lie inside: a sunflower, each ring with its share of the normal."""
        step = np.arange(n)
        far = np.sqrt(-2 * np.log(1 - (step + 0.5) / n))
        turn = step * np.pi * (3 - np.sqrt(5))
        hits = np.zeros(len(x))
        for dx, dy in zip(far * np.cos(turn), far * np.sin(turn), strict=True):
            hits += shapely.contains_xy(self.flat, x + dx * sd, y + dy * sd)
        return hits / n
