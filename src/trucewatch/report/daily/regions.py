"""Step 2: in which region, or zone, does an incident lie: surely, perhaps, or can it not be told?

What is known of its place is a region (restricted), else a circle of its error, which is wider at a coarse level. It is
held to the regions as it leaves the case, so a number by region tells no more of a place than its row does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.base.place import METRES_PER_DEGREE

WHOLE, BORDER, OUTSIDE, UNPLACED = "whole", "border", "outside", "unplaced"
_CORNERS = 32


def named_areas(areas: pl.DataFrame, by: str | None, until: Any) -> dict[str, bytes]:
    """areas -> name -> WKB: the newest of each named area of that map, as it stood at the end of the period."""
    if by is None:
        return {}
    mine = areas.filter(pl.col("source") == by, pl.col("name").is_not_null(), pl.col("on") <= until)
    newest = mine.sort("name", "on", "id").unique("name", keep="last", maintain_order=True)
    return dict(newest.select("name", "geometry").rows())


def footprints(incidents: pl.DataFrame) -> np.ndarray[Any, Any]:
    """incidents -> what is known of each one's place, as shapes; None where it has none. An error that is not told is
    taken as none."""
    shapes = np.full(incidents.height, None, dtype=object)
    lon, lat = (incidents[name].to_numpy() for name in ("lon", "lat"))
    radius = incidents["radius_m"].fill_null(0.0).to_numpy()
    at = np.flatnonzero(~np.isnan(lon.astype(float)))
    if len(at):
        turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
        reach = np.maximum(radius[at], 1.0) / np.cos(np.pi / _CORNERS) / METRES_PER_DEGREE  # the circle lies inside
        x = lon[at, None] + reach[:, None] * np.sin(turn) / np.maximum(np.cos(np.radians(lat[at])), 0.01)[:, None]
        y = lat[at, None] + reach[:, None] * np.cos(turn)
        shapes[at] = shapely.polygons(np.stack([x, y], axis=2))
    if "region" in incidents.columns:
        told = incidents["region"].to_list()
        for n in (n for n, raw in enumerate(told) if raw is not None):
            shapes[n] = shapely.from_wkb(told[n])
    return shapes


def inside(shapes: np.ndarray[Any, Any], ground: bytes) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Shapes, a zone -> (surely inside, perhaps inside); neither for what has no place."""
    zone = shapely.make_valid(shapely.from_wkb(ground))
    shapely.prepare(zone)
    meets = shapely.intersects(zone, shapes)
    sure = shapely.covers(zone, shapes)
    return sure, meets & ~sure


def regions_of(incidents: pl.DataFrame, regions: dict[str, bytes]) -> pl.DataFrame:
    """incidents -> with `where`: the name of a region, as `=name`, or one of the words above."""
    shapes = footprints(incidents)
    placed = np.array([shape is not None for shape in shapes], dtype=bool)
    where = np.where(placed, OUTSIDE if regions else WHOLE, UNPLACED).astype(object)
    touched = np.zeros(len(shapes), dtype=np.int64)
    for name, ground in sorted(regions.items()):
        sure, perhaps = inside(shapes, ground)
        touched += sure | perhaps
        where[sure & (touched == 1)] = f"={name}"
        where[perhaps | (sure & (touched > 1))] = BORDER
    return incidents.with_columns(where=pl.Series("where", where.tolist(), pl.String))


def looks_at(looks: pl.DataFrame, ground: bytes | None) -> pl.DataFrame:
    """Looks that were made (gaps are none) and whose ground meets it; all of them, where no ground is asked for."""
    made = looks.filter(pl.col("gap").is_null())
    if ground is None or made.is_empty():
        return made
    told = made.filter(pl.col("footprint").is_not_null())
    if told.is_empty():
        return told
    shapes = shapely.from_wkb(told["footprint"].to_list())
    meets = shapely.intersects(shapely.make_valid(shapely.from_wkb(ground)), shapes)
    return told.filter(pl.Series("meets", meets.tolist(), pl.Boolean))
