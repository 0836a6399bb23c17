"""Step 1, in parts: `where` in an agreement's file -> the ground meant, as the file tells it. docs/agreements.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import isfinite

import pyproj
import shapely

from trucewatch.assess.geometry import moved, unrolled
from trucewatch.assess.model import CRS84, Point, Where
from trucewatch.base.document import Lined

_GROUND = ("everywhere", "polygon", "line", "path", "role", "unknown")
_WIDTHS = ("zone_width_m", "distance_a_side_m")
WHERE_FIELDS: tuple[str, ...] = (*_GROUND, *_WIDTHS, "map", "toward", "edge_m", "says")
"""The names allowed in a `where`."""
_FAR = 1e9
"""No coordinate in any CRS is larger: the earth has 4e7 metres around it."""


def parse_where(item: Lined) -> Where:
    """A term, or a reading of it, with a `where` -> the ground that it means.

    Exactly one of everywhere, polygon, line, path, role, unknown says where. A line or path takes a width: that of the
    zone (half of it to each side) or the distance a side. `toward`, a point, means that side of the line alone.
    Raises AgreementError or UnknownName with file, line, field and what was expected.

    >>> from trucewatch.base.document import document
    >>> file = "where: {says: along the river, path: {points: [[38, 48], [38, 49]]}, zone_width_m: 50000}"
    >>> parse_where(document(file, "a.yaml")).side_m
    25000.0
    """
    where = item.mapping("where").only(WHERE_FIELDS)
    flags = [key for key in ("everywhere", "unknown") if where.flag(key, False)]
    chosen = flags + [key for key in ("polygon", "line", "path", "role") if where.get(key) is not None]
    if len(chosen) != 1:
        raise item.fail("where", "does not say where it holds", f"one of {', '.join(_GROUND)}")
    by = chosen[0]
    says = where.take(partial(where.text, "says", "the zone in words, as the agreement has it"), "")
    _refuse_what_does_not_fit(where, by)
    if by == "everywhere":
        return Where(says, everywhere=True)
    if by == "unknown":
        return Where(says)
    if by == "polygon":
        return _polygon(where, says)
    mapped, edge = where.optional("map"), where.number("edge_m") or 0.0
    if by == "role":
        return Where(says, role=where.text("role", "the role of an area on a map"), map=mapped, edge_m=edge)
    side, toward = _side(where, by), _toward(where)
    if by == "line":
        line = where.text("line", "the line's name")
        return Where(says, line=line, map=mapped, side_m=side, toward=toward, edge_m=edge)
    path, crs = _path(where, toward)
    return Where(says, path=path, crs=crs, side_m=side, toward=toward, edge_m=edge)


def _refuse_what_does_not_fit(where: Lined, by: str) -> None:
    for key in _WIDTHS:
        if key in where and by not in ("line", "path"):
            where.faults.add(where.fail(key, "only a line has a width", f"line in place of {by}, or no {key}"))
    if "map" in where and by not in ("line", "role"):
        expected = f"line or role in place of {by}, or no map"
        where.faults.add(where.fail("map", "only a line or a role is on a map", expected))
    if "toward" in where and by not in ("line", "path"):
        expected = f"line or path in place of {by}, or no toward"
        where.faults.add(where.fail("toward", "only a line has sides", expected))


def _side(where: Lined, by: str) -> float:
    """Metres to each side. A zone's width is shared by both."""
    width, side = where.number("zone_width_m"), where.number("distance_a_side_m")
    if (width is None) == (side is None):
        raise where.fail(
            by, "a zone along a line needs its width", "zone_width_m (both sides together) or distance_a_side_m"
        )
    if not (width or side):
        raise where.fail(by, "a zone without width holds nothing", "more than 0 metres")
    if width is not None and "toward" in where:
        # Whether the width of a one-sided zone is meant whole or halved, only its author can say.
        raise where.fail("zone_width_m", "a zone's width is that of both sides", "distance_a_side_m beside toward")
    return width / 2 if width is not None else side or 0.0


def _toward(where: Lined) -> Point | None:
    said = where.get("toward")
    if said is None:
        return None
    if not _is_point(said) or not _on_globe([said]):
        raise where.fail("toward", "is not a point on the side that is meant", "[lon, lat], degrees east and north")
    return float(said[0]), float(said[1])


def _shape(where: Lined, key: str, expected: str) -> Lined:
    """A mapping that draws ground; a bare list of points is the form that people try first."""
    if not isinstance(where.get(key), Lined):
        raise where.fail(key, f"{key} is not a mapping", expected)
    return where.mapping(key)


def _path(where: Lined, toward: Point | None) -> tuple[tuple[Point, ...], str]:
    path = _shape(where, "path", "points: [[lon, lat], ...]").only(("crs", "points"))
    crs, points = CRS84 if path.get("crs") is None else path.take(partial(_crs, path), ""), path.get("points")
    if not isinstance(points, list) or not all(_is_point(point) for point in points):
        raise path.fail("points", "the path is not a list of points", "at least two [lon, lat] pairs of numbers")
    made = tuple((float(x), float(y)) for x, y in points)
    if len(set(made)) < 2:
        raise path.fail("points", "the path goes nowhere", "at least two [lon, lat] pairs that differ")
    if crs == CRS84 and not _on_globe(made):
        raise path.fail("points", "the path leaves the globe", "degrees east and north, or the CRS it is in")
    if crs == CRS84 and toward and shapely.LineString(made).intersects(shapely.Point(toward)):
        raise where.fail("toward", "lies on the path", "a point on one side of it")
    return made, crs


def _polygon(where: Lined, says: str) -> Where:
    polygon = _shape(where, "polygon", "crs: OGC:CRS84, and ring: [[lon, lat], ...]")
    polygon, edge = polygon.only(("crs", "ring", "holes", "hole_edge_m")), where.number("edge_m")
    crs = polygon.take(partial(_crs, polygon), "")
    ring = _ring(polygon, "ring", polygon.get("ring"))
    rings = [] if polygon.get("holes") is None else polygon["holes"]
    if not isinstance(rings, list):
        raise polygon.fail("holes", "the holes are not a list of rings", "a list, each a ring of points")
    holes = tuple(_ring(polygon, "holes", hole) for hole in rings)
    if crs == CRS84 and not all(_on_globe(points) for points in (ring, *holes)):
        raise polygon.fail("ring", "the zone leaves the globe", "degrees east and north, or the CRS it is in")
    shape = unrolled(shapely.Polygon(ring, holes))
    if crs not in (CRS84, ""):
        shape = moved(shape, pyproj.Transformer.from_crs(crs, CRS84, always_xy=True))
    if not isfinite(sum(shapely.bounds(shape))):
        raise polygon.fail("ring", "the zone leaves the globe", f"coordinates that there are in {crs}")
    if not shapely.is_valid(shape):
        expected = "a ring that does not cross itself, with its holes inside"
        raise polygon.fail("ring", f"the zone's ring crosses itself ({says})", expected)
    hole_edge = polygon.number("hole_edge_m")
    return Where(says, ring=ring, holes=holes, crs=crs, edge_m=edge or 0.0, hole_edge_m=hole_edge or 0.0)


def _crs(item: Lined) -> str:
    """The name of a CRS that there is."""
    crs = item.get("crs")
    if not isinstance(crs, str):
        raise item.fail("crs", "the zone has no CRS", "a name, as OGC:CRS84 for degrees east and north")
    try:
        return crs if crs == CRS84 else str(pyproj.CRS(crs) and crs)
    except pyproj.exceptions.CRSError:
        raise item.fail("crs", f"there is no CRS {crs!r}", "a name, as OGC:CRS84 or EPSG:32637") from None


def _ring(polygon: Lined, key: str, ring: object) -> tuple[Point, ...]:
    if not isinstance(ring, list) or len(ring) < 3 or not all(_is_point(point) for point in ring):
        raise polygon.fail(key, "the zone is not a ring of points", "at least three [x, y] pairs of numbers")
    return tuple((float(x), float(y)) for x, y in ring)


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) < _FAR for n in point)
    )


def _on_globe(points: Sequence[Sequence[float]]) -> bool:
    return all(abs(x) <= 180 and abs(y) <= 90 for x, y in points)
