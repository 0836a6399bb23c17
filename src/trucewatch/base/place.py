"""Place: distances, cells, shifts, as column expressions. Degrees are WGS84 longitude and latitude (OGC:CRS84)."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

EARTH_M = 6_371_008.8
"""Mean radius of the earth in metres (IUGG R1)."""
METRES_PER_DEGREE = EARTH_M * math.pi / 180
_COLUMNS = 1 << 32


def gap_m(lon: str, lat: str, lon2: str, lat2: str) -> pl.Expr:
    """Great-circle distance in metres between two points (haversine; good at small distances).

    >>> at = pl.DataFrame({"x": [30.0], "y": [50.0], "u": [30.0], "v": [51.0]})
    >>> round(at.select(gap_m("x", "y", "u", "v")).item())
    111195
    """
    half_lat = ((pl.col(lat2) - pl.col(lat)).radians() / 2).sin() ** 2
    half_lon = ((pl.col(lon2) - pl.col(lon)).radians() / 2).sin() ** 2
    chord = half_lat + pl.col(lat).radians().cos() * pl.col(lat2).radians().cos() * half_lon
    return 2 * EARTH_M * chord.clip(0, 1).sqrt().arcsin()


def on_sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees -> points on a sphere of radius one (n x 3): no meridian or pole is special to what is near in space.

    >>> on_sphere(np.array([0.0, 90.0]), np.array([0.0, 0.0])).round(9).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def shifted(lon: pl.Expr, lat: pl.Expr, bearing_deg: pl.Expr, range_m: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The point `range_m` metres from (lon, lat) towards `bearing_deg`, clockwise from north. -> (lon, lat).

    >>> at = pl.DataFrame({"x": [30.0], "y": [50.0]})
    >>> east = at.select(shifted(pl.col("x"), pl.col("y"), pl.lit(90.0), pl.lit(1000.0))[0]).item()
    >>> round(east, 4)
    30.014
    """
    far, turn, start = range_m / EARTH_M, bearing_deg.radians(), lat.radians()
    end = (start.sin() * far.cos() + start.cos() * far.sin() * turn.cos()).arcsin()
    over = pl.arctan2(turn.sin() * far.sin() * start.cos(), far.cos() - start.sin() * end.sin())
    return (lon + over.degrees() + 540) % 360 - 180, end.degrees()


def spoken(lon: float, lat: float, digits: int) -> str:
    """A point as people write it.

    >>> spoken(-40.05, 12.5, 2)
    '12.50 N 40.05 W'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.{digits}f} {north} {abs(lon):.{digits}f} {east}"


def cell_of(lon: pl.Expr, lat: pl.Expr, size_m: float) -> pl.Expr:
    """Points -> UInt64 cells about `size_m` on a side anywhere: rows of latitude, each with its own columns.

    >>> at = pl.DataFrame({"x": [38.40, 38.41], "y": [48.34, 48.34]})
    >>> at.select(cell_of(pl.col("x"), pl.col("y"), 5000.0).n_unique()).item()
    1
    """
    tall = size_m / METRES_PER_DEGREE
    row = ((lat + 90) / tall).floor()
    column = ((lon + 180) / _width(row, tall)).floor()
    return row.cast(pl.UInt64) * _COLUMNS + column.cast(pl.UInt64)


def cell_centre(cell: pl.Expr, size_m: float) -> tuple[pl.Expr, pl.Expr]:
    """Cells of `cell_of` with the same size -> (lon, lat) of their centres."""
    tall = size_m / METRES_PER_DEGREE
    row = (cell // _COLUMNS).cast(pl.Float64)
    column = (cell % _COLUMNS).cast(pl.Float64)
    # The last column or row is cut off by the end of the degrees; its middle may lie beyond.
    return ((column + 0.5) * _width(row, tall) - 180).clip(-180, 180), ((row + 0.5) * tall - 90).clip(-90, 90)


def _width(row: pl.Expr, tall: float) -> pl.Expr:
    """Degrees of longitude across a cell of that row; polar rows are clipped to one column's worth."""
    middle = ((row + 0.5) * tall - 90).clip(-89.9, 89.9)
    return tall / middle.radians().cos()
