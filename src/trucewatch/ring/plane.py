"""Degrees <-> metres on a plane laid around a place. Lengths that are told are measured on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_GEOD = pyproj.Geod(ellps="WGS84")
_CRS84 = "OGC:CRS84"
_WIDE_DEG, _TALL_DEG = 40.0, 20.0
"""How far from its middle a plane is used: some 2,200 km north and south."""


@dataclass(frozen=True)
class Plane:
    """The azimuthal equidistant plane around (lon, lat): true from there, 0.1 % too wide across at 500 km off."""

    lon: float
    lat: float

    @cached_property
    def _crs(self) -> pyproj.CRS:
        return pyproj.CRS(f"+proj=aeqd +lat_0={self.lat!r} +lon_0={self.lon!r} +datum=WGS84 +units=m")

    @cached_property
    def _there(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(_CRS84, self._crs, always_xy=True)

    @cached_property
    def _back(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(self._crs, _CRS84, always_xy=True)

    def near(self, shape: Any) -> Any:
        """A shape in degrees, each of its parts on this side of the antimeridian (beyond 180 where need be), clipped to
        what the plane can hold: ground half a world away is no neighbour."""
        parts = shapely.get_parts(shape)
        if not len(parts):
            return shape
        bounds = shapely.bounds(parts)
        turns = 360.0 * np.round((self.lon - (bounds[:, 0] + bounds[:, 2]) / 2) / 360)
        made = shape
        if turns.any():
            moved = [_shifted(part, turn) for part, turn in zip(parts, turns.tolist(), strict=True)]
            made = shapely.union_all(moved, grid_size=1e-9)
        west, south, east, north = (
            self.lon - _WIDE_DEG,
            self.lat - _TALL_DEG,
            self.lon + _WIDE_DEG,
            self.lat + _TALL_DEG,
        )
        w, s, e, n = shapely.bounds(made)
        inside = w >= west and s >= south and e <= east and n <= north
        return made if inside else shapely.intersection(made, shapely.box(west, max(south, -90), east, min(north, 90)))

    def flat(self, shape: Any) -> Any:
        """A shape in degrees -> in metres."""
        return shapely.transform(shape, self.points)

    def points(self, degrees: Floats) -> Floats:
        """(n, 2) degrees -> metres."""
        made: Floats = np.column_stack(self._there.transform(degrees[:, 0], degrees[:, 1]))
        return made

    def degrees(self, metres: Floats) -> Floats:
        """(n, 2) metres -> degrees."""
        made: Floats = np.column_stack(self._back.transform(metres[:, 0], metres[:, 1]))
        return made

    def round(self, shape: Any) -> Any:
        """A shape in metres -> in degrees."""
        return shapely.transform(shape, self.degrees)

    def length_m(self, one: Floats, other: Floats) -> float:
        """Two points on the plane -> metres between them along the geodesic."""
        (lon, lat), (lon2, lat2) = self.degrees(np.asarray([one, other], np.float64))
        return float(_GEOD.inv(lon, lat, lon2, lat2)[2])

    def km2(self, shape: Any) -> float:
        """Area on the ellipsoid of a shape on the plane, in square kilometres."""
        parts = (part for part in shapely.get_parts(self.round(shape)) if part.geom_type == "Polygon")
        return sum(abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in parts) / 1e6


def _shifted(shape: Any, degrees: float) -> Any:
    return shapely.transform(shape, lambda xy: xy + (degrees, 0.0))
