"""Degrees to metres and back, on a plane laid where things are (azimuthal equidistant on WGS84); no place is special.

Across the antimeridian and over a pole the plane is as good as elsewhere: only the way back to degrees meets an edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """A plane that touches the earth at (lon, lat)."""

    lon: float
    lat: float

    @staticmethod
    def around(lon: Floats, lat: Floats) -> Plane:
        """The plane at the middle of these places, by their directions from the earth's centre.

        >>> Plane.around(np.array([179.0, -179.0]), np.array([0.0, 0.0])).lon
        180.0
        """
        east, north = np.radians(lon), np.radians(lat)
        x, y, z = (
            float(np.mean(part)) for part in (np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north))
        )
        return Plane(
            round(float(np.degrees(np.arctan2(y, x))), 6), round(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), 6)
        )

    def there(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """Degrees -> metres east and north."""
        x, y = _transformers(self.lon, self.lat)[0].transform(lon, lat)
        return x, y

    def back(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Metres -> degrees, longitudes in [-180, 180]."""
        lon, lat = _transformers(self.lon, self.lat)[1].transform(x, y)
        return lon, lat


@lru_cache(maxsize=64)
def _transformers(lon: float, lat: float) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    crs = pyproj.CRS(f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m")
    return (
        pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True),
        pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True),
    )
