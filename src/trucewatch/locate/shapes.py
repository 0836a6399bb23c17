"""Shapes on a plane -> shapes in degrees, as others can read them: cut at the antimeridian, closed over a pole."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from trucewatch.locate.plane import Plane

Floats = NDArray[np.float64]
_WEDGES = 8
_FAR_M = 2e6


def degrees(shape: shapely.Geometry, plane: Plane) -> shapely.Geometry:
    """A shape on the plane -> polygons in degrees with longitudes in [-180, 180], north of -90 and south of 90."""
    made: list[Any] = []
    parts, split = _off_the_poles(shape, plane)
    for part in parts:
        made += _cut(_unrolled(part, plane))
    if split:  # wedges share edges
        return shapely.union_all(made)
    whole: shapely.Geometry = shapely.MultiPolygon(made) if len(made) != 1 else made[0]
    return whole


def _off_the_poles(shape: shapely.Geometry, plane: Plane) -> tuple[list[Any], bool]:
    """The shape's polygons, was any split?; one that lies round a pole comes in wedges that only touch it."""
    split_any = False
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    for lat in (90.0, -90.0):
        pole = np.array(plane.there(plane.lon, lat))
        if not np.isfinite(pole).all() or np.hypot(*pole) > _FAR_M:
            continue
        turns = np.linspace(0, 2 * np.pi, _WEDGES + 1)
        rays = pole + _FAR_M * np.column_stack([np.cos(turns), np.sin(turns)])
        wedges = [shapely.Polygon([pole, a, b]) for a, b in itertools.pairwise(rays)]
        split = []
        for polygon in polygons:
            if not shapely.intersects_xy(shapely.Polygon(polygon.exterior), *pole):
                split.append(polygon)
                continue
            split_any = True
            for wedge in wedges:
                split += [p for p in shapely.get_parts(polygon & wedge) if p.geom_type == "Polygon"]
        polygons = split
    return polygons, split_any


def _unrolled(polygon: Any, plane: Plane) -> Any:
    """One polygon in degrees and in one piece, its longitudes going on beyond 180 where it lies across."""
    outer = _ring(polygon.exterior, plane, None)
    start = float(outer[:, 0].mean())
    made = shapely.Polygon(outer, [_ring(ring, plane, start) for ring in polygon.interiors])
    return made if shapely.is_valid(made) else shapely.make_valid(made, method="structure", keep_collapsed=False)


def _ring(ring: Any, plane: Plane, near: float | None) -> Floats:
    lon, lat = plane.back(*shapely.get_coordinates(ring).T)
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    apex = np.abs(lat) > 90 - 1e-7
    if apex.any() and not apex.all():
        lon, lat = _squared(lon, lat, apex)
    lon = np.degrees(np.unwrap(np.radians(lon)))
    if near is not None:
        lon = lon + 360 * np.round((near - lon.mean()) / 360)
    return np.column_stack([lon, lat])


def _squared(lon: Floats, lat: Floats, apex: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """At the pole every longitude is one point: the corner there becomes an edge, from neighbour to neighbour."""
    first = int(np.flatnonzero(~apex)[0])
    lon, lat, apex = np.roll(lon[:-1], -first), np.roll(lat[:-1], -first), np.roll(apex[:-1], -first)
    at = np.flatnonzero(apex)
    before, after = lon[at[0] - 1], lon[(at[-1] + 1) % len(lon)]
    top = np.sign(lat[at[0]]) * 90.0
    lon = np.concatenate([lon[: at[0]], [before, after], lon[at[-1] + 1 :]])
    lat = np.concatenate([lat[: at[0]], [top, top], lat[at[-1] + 1 :]])
    return np.append(lon, lon[0]), np.append(lat, lat[0])


def _cut(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """Pieces with longitudes in [-180, 180]."""
    west, _, east, _ = shapely.bounds(shape)
    if west >= -180 and east <= 180:
        return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    made: list[shapely.Geometry] = []
    for turn in range(int(np.floor((west + 180) / 360)), int(np.floor((east + 180) / 360)) + 1):
        piece = shapely.intersection(shape, shapely.box(360 * turn - 180, -90, 360 * turn + 180, 90))
        moved = shapely.transform(piece, partial(_shifted, turn=turn))
        made += [part for part in shapely.get_parts(moved) if part.geom_type == "Polygon" and not part.is_empty]
    return made


def _shifted(xy: Floats, turn: int) -> Floats:
    moved: Floats = xy - np.array([360.0 * turn, 0.0])
    return moved


def ellipse(x: float, y: float, major: float, minor: float, angle_deg: float, sides: int = 64) -> shapely.Geometry:
    """An ellipse as a polygon on the plane; angle counter-clockwise from east."""
    turn, lean = np.linspace(0, 2 * np.pi, sides, endpoint=False), np.radians(angle_deg)
    along, across = major * np.cos(turn), minor * np.sin(turn)
    return shapely.Polygon(
        np.column_stack(
            [x + along * np.cos(lean) - across * np.sin(lean), y + along * np.sin(lean) + across * np.cos(lean)]
        )
    )
