"""Invented observers for the tests and the bench: where they stand, and what they would say of a thing that happened."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely

from trucewatch.locate.plane import Plane
from trucewatch.locate.sectors import SIGHTINGS

MIDDLE = Plane(38.0, 48.0)
BANDS_M = np.array([0, 500, 1000, 2000, 4000, 8000])


def row(east, north, bearing, near, far, *, who="o", what="a", spread=11.25, seen=False, at=None, plane=MIDDLE):
    """One observer, placed in metres from the middle."""
    lon, lat = plane.back(east, north)
    return (
        what,
        who,
        float(lon),
        float(lat),
        bearing,
        spread,
        near,
        far,
        seen,
        at,
        0.0 if at is not None else None,
        None,
    )


def table(*rows) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SIGHTINGS, orient="row")


def theatre(observers: int, happenings: int, seed: int, wrong: int = 0, bearing_sd=4.0, range_share=0.10):
    """Happenings within 12 km, each told by so many observers on a 16-point compass and in range bands; `wrong` of them
    speak of something else -> sightings, true places on the plane."""
    draw = np.random.default_rng(seed)
    rows, true = [], []
    for h in range(happenings):
        at = draw.uniform(-6000, 6000, 2)
        true.append(at)
        told = 0
        while told < observers:
            stands = draw.uniform(-9000, 9000, 2)
            off = (at if told >= wrong else draw.uniform(-6000, 6000, 2)) - stands
            far = np.hypot(*off)
            turn = np.degrees(np.arctan2(*off)) + draw.normal(0, bearing_sd)
            said = far + draw.normal() * np.hypot(range_share * far, 50)
            band = int(np.searchsorted(BANDS_M, said))
            if 0 < band < len(BANDS_M):
                point = round(turn / 22.5) * 22.5 % 360
                near, most = float(BANDS_M[band - 1]), float(BANDS_M[band])
                rows.append(row(*stands, point, near, most, who=f"o{told}", what=str(h)))
                told += 1
    return table(*rows), np.array(true)


def covered(regions: pl.DataFrame, true: np.ndarray, level: float) -> float:
    """Share of the regions of that level that hold the true place."""
    own = regions.filter(pl.col("level") == level)
    at = true[own["happening"].cast(pl.Int64).to_numpy()]
    lon, lat = MIDDLE.back(at[:, 0], at[:, 1])
    shapes = shapely.from_wkb(own["region"].to_list())
    return float(np.mean(shapely.intersects_xy(shapes, lon, lat)))
