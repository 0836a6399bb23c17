"""GeoJSON geometry -> valid polygons in OGC:CRS84, or a reason why not. Messages carry no coordinates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely

from trucewatch.base.errors import InputError

CRS = "OGC:CRS84"
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG/0/4326")
Move = Callable[[Any, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class Shape:
    """What became of one geometry. lost: (code, message) where nothing is left; flaws: the same for what was mended."""

    geometry: Any = None
    lost: tuple[str, str] | None = None
    flaws: tuple[tuple[str, str], ...] = ()
    is_line: bool = False


def mover(declared: Any, file: str) -> tuple[bool, Move | None]:
    """The `crs` member -> (was one declared, how to get from it to degrees; None where it is degrees already)."""
    if declared is None:
        return False, None
    name = declared
    if isinstance(declared, dict):
        name = (declared.get("properties") or {}).get("name") if isinstance(declared.get("properties"), dict) else None
    if not isinstance(name, str):
        raise InputError(
            "declares a coordinate system without a name", file=file, field="crs", expected="as 'EPSG:3857'"
        )
    if name.upper().endswith(_DEGREES):
        return True, None
    try:
        there = pyproj.CRS.from_user_input(name)
        return True, pyproj.Transformer.from_crs(there, CRS, always_xy=True).transform
    except pyproj.exceptions.ProjError:
        raise InputError(
            f"declares a coordinate system {name!r} that nobody knows",
            file=file,
            field="crs",
            expected="as 'EPSG:3857'",
        ) from None


def shape_of(told: Any, move: Move | None) -> Shape:
    """One GeoJSON geometry -> its polygons, or its lines where it has no polygons."""
    if told is None:
        return Shape(lost=("no_geometry", "has no geometry"))
    try:
        raw = shapely.from_geojson(json.dumps(told))
    except (shapely.errors.GEOSException, ValueError, RecursionError):
        return Shape(lost=("bad_geometry", "is no geometry that can be read"))
    if raw is None or raw.is_empty:
        return Shape(lost=("no_geometry", "has an empty geometry"))
    flat = shapely.force_2d(raw)
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        return Shape(lost=("bad_geometry", "has coordinates that are not numbers"))
    pieces = _pieces(flat)
    areas = [p for p in pieces if p.geom_type == "Polygon"]
    lines = [p for p in pieces if p.geom_type in ("LineString", "LinearRing")]
    chosen = areas or lines
    if not chosen:
        return Shape(lost=("not_an_area", "is a point or an icon and not an area; not read, whatever it marks"))
    flaws: list[tuple[str, str]] = []
    if len(chosen) < len(pieces):
        flaws.append(
            ("part_not_an_area", f"{len(pieces) - len(chosen)} of its {len(pieces)} parts are no area; left out")
        )
    made = _together(chosen, bool(areas))
    if move is not None:
        made = shapely.transform(made, move, interleaved=False)  # type: ignore[arg-type]
        if not np.isfinite(shapely.get_coordinates(made)).all():
            return Shape(lost=("bad_place", "lies where its coordinate system does not reach"))
    if areas and not shapely.is_valid(made):
        why = shapely.is_valid_reason(made).partition("[")[0]
        mended = _pieces(shapely.make_valid(made, method="structure", keep_collapsed=False))
        kept = [p for p in mended if p.geom_type == "Polygon"]
        if not kept:
            return Shape(lost=("bad_geometry", f"encloses nothing ({why})"))
        made = _together(kept, True)
        flaws.append(("mended", f"the outline was not valid ({why}); mended"))
    return Shape(made, flaws=tuple(flaws), is_line=not areas)


def _pieces(geometry: Any) -> list[Any]:
    """The single parts of a geometry, collections inside collections too."""
    if hasattr(geometry, "geoms"):
        return [piece for part in geometry.geoms for piece in _pieces(part)]
    return [] if geometry.is_empty else [geometry]


def _together(pieces: list[Any], areas: bool) -> Any:
    if len(pieces) == 1:
        return pieces[0]
    return shapely.MultiPolygon(pieces) if areas else shapely.MultiLineString(pieces)


def in_degrees(geometry: Any) -> bool:
    """All its coordinates can be longitude and latitude."""
    west, south, east, north = shapely.bounds(geometry)
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def wkb(geometry: Any) -> bytes:
    """Little-endian, two dimensions: the same shape is the same bytes on any machine."""
    return bytes(shapely.to_wkb(geometry, byte_order=1, output_dimension=2))
