"""Step 2, in parts: shapes on a round earth. Degrees go in and come out; metres only on a plane laid where they lie.

A shape across the antimeridian is kept in one piece, with longitudes beyond 180, and cut only when it is written out.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from trucewatch.assess.model import CRS84, Point
from trucewatch.assess.params import AssessParams
from trucewatch.base.errors import InputError

_GEOD = pyproj.Geod(ellps="WGS84")
_ARC = 32
"""Straight pieces to a quarter of a circle: 1 - cos(90 deg / 64) = 0.03 % short of round."""


def moved(shape: shapely.Geometry, transformer: pyproj.Transformer) -> shapely.Geometry:
    """The shape with each of its points transformed."""
    return shapely.transform(shape, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


def local(shape: shapely.Geometry) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    """Transformers from degrees to metres around the shape's middle and back (azimuthal equidistant on WGS84)."""
    return _plane(shape, "aeqd")


def equal_area(shape: shapely.Geometry) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    """The same onto a plane that keeps areas (Lambert azimuthal equal-area on WGS84)."""
    return _plane(shape, "laea")


def _plane(shape: shapely.Geometry, projection: str) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    west, south, east, north = shapely.bounds(shape)
    middle = f"+lat_0={(south + north) / 2} +lon_0={(west + east) / 2}"
    crs = pyproj.CRS(f"+proj={projection} {middle} +datum=WGS84 +units=m")
    return (
        pyproj.Transformer.from_crs(CRS84, crs, always_xy=True),
        pyproj.Transformer.from_crs(crs, CRS84, always_xy=True),
    )


def km2(shape: shapely.Geometry) -> float:
    """Area on the ellipsoid, in square kilometres; edges are geodesics.

    >>> round(km2(shapely.box(38, 0, 39, 1)))
    12309
    """
    parts = (part for part in shapely.get_parts(shape) if part.geom_type == "Polygon")
    return sum(abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in parts) / 1e6


def unrolled(shape: Any) -> Any:
    """The shape in one piece where it crosses the antimeridian, with longitudes beyond 180 there; else as it was.

    No edge is taken to go more than half way round; one of exactly 360 degrees is the edge of a map of all the world.

    >>> unrolled(shapely.LineString([(179, 0), (-179, 0)])).bounds
    (179.0, 0.0, 181.0, 0.0)
    """
    west, _, east, _ = shapely.bounds(shape)
    if not east - west > 180:
        return shape
    if shape.geom_type.startswith("Multi"):
        parts = [unrolled(part) for part in shapely.get_parts(shape)]
        shifted = [_shifted(part, 360) if shapely.bounds(part)[2] <= 0 else part for part in parts]
        joined = shapely.union_all(shifted) if shape.geom_type == "MultiPolygon" else shapely.multilinestrings(shifted)
        return joined if _span(joined) < _span(shape) else shape
    if shape.geom_type == "Polygon":
        rings = [unrolled(shapely.LineString(ring.coords)) for ring in (shape.exterior, *shape.interiors)]
        start = shapely.bounds(rings[0])[0]
        rings = [_shifted(ring, 360) if shapely.bounds(ring)[2] < start else ring for ring in rings]
        made = shapely.Polygon(rings[0].coords, [ring.coords for ring in rings[1:]])
        return made if _span(made) < _span(shape) else shape
    xy = shapely.get_coordinates(shape)
    step = np.diff(xy[:, 0])
    turns = np.where((step > 180) & (step < 360), -360.0, np.where((step < -180) & (step > -360), 360.0, 0.0))
    xy[1:, 0] += np.cumsum(turns)
    xy[:, 0] += 360.0 if xy[:, 0].min() < -180 else 0.0
    return shapely.LineString(xy)


def at_antimeridian(shape: shapely.Geometry) -> tuple[shapely.Geometry, bool]:
    """(the shape with all longitudes in [-180, 180], cut there as RFC 7946 section 3.1.9 asks, was it cut?).

    >>> [part.bounds for part in at_antimeridian(shapely.box(179, 0, 181, 1))[0].geoms]
    [(179.0, 0.0, 180.0, 1.0), (-180.0, 0.0, -179.0, 1.0)]
    """
    west, _, east, _ = shapely.bounds(shape)
    if west >= -180 and east <= 180:
        return shape, False
    parts = [
        piece
        for turn in (-1, 0, 1)
        for piece in shapely.get_parts(
            _shifted(shapely.intersection(shape, shapely.box(360 * turn - 180, -90, 360 * turn + 180, 90)), -360 * turn)
        )
        if piece.geom_type in ("Polygon", "LineString")
    ]
    polygons = parts[0].geom_type == "Polygon"
    return (shapely.MultiPolygon(parts) if polygons else shapely.MultiLineString(parts)), True


def _shifted(shape: shapely.Geometry, degrees: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + (degrees, 0.0))


def _span(shape: Any) -> float:
    west, _, east, _ = shapely.bounds(shape)
    return float(east - west)


def widened(
    shape: shapely.Geometry, side_m: float, params: AssessParams, toward: Point | None = None
) -> shapely.Geometry:
    """A line and a distance a side -> the zone, `side_m` metres to EACH side: a zone of width w has w/2 a side.

    toward: only the side on which that point lies; the ground that is off the line's ends is shared where the line,
    gone straight on, would share it. Raises InputError where the point lies on the line, or the line has no length.
    """
    whole = unrolled(shape)
    if not shapely.length(whole) > 0:
        raise InputError("the line has no length", expected="a line between two points or more")
    line: Any = shapely.segmentize(whole, params.line_step_deg)
    if toward is None:
        return shapely.union_all([_widened(piece, side_m) for piece in _pieces(line, params)])
    return _one_side(line, side_m, params, toward)


def _widened(line: shapely.Geometry, side_m: float) -> shapely.Geometry:
    there, back = local(line)
    return _near(moved(shapely.buffer(moved(line, there), side_m, quad_segs=_ARC), back), line)


def _near(shape: shapely.Geometry, line: shapely.Geometry) -> shapely.Geometry:
    """Longitudes that came back from the plane, on the same side of the antimeridian as the line's middle."""
    west, _, east, _ = shapely.bounds(line)
    middle = (west + east) / 2

    def turned(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        off = np.where(xy[:, 0] - middle > 180, -360.0, np.where(xy[:, 0] - middle < -180, 360.0, 0.0))
        made: NDArray[np.float64] = xy + np.column_stack([off, np.zeros(len(off))])
        return made

    low, _, high, _ = shapely.bounds(shape)
    return shape if abs(low - middle) <= 180 and abs(high - middle) <= 180 else shapely.transform(shape, turned)


def _pieces(line: shapely.Geometry, params: AssessParams) -> list[shapely.Geometry]:
    """A long line in pieces, each small enough for one plane: 300 km from its middle distances are 0.04 % off."""
    west, south, east, north = shapely.bounds(line)
    size = params.line_piece_deg
    lines = shapely.get_parts(line)
    if max(east - west, north - south) <= size or lines[0].geom_type not in ("LineString", "LinearRing"):
        return [line]
    cells: dict[tuple[float, float], list[Any]] = defaultdict(list)
    for part in lines:
        xy = shapely.get_coordinates(part)
        cell = np.floor(xy / size)
        turns = np.flatnonzero((cell[1:] != cell[:-1]).any(axis=1)) + 1
        for start, end in zip([0, *turns], [*turns, len(xy) - 1], strict=True):
            if end > start:
                cells[tuple(cell[start])].append(shapely.LineString(xy[start : end + 1]))
    return [shapely.MultiLineString(cells[cell]) for cell in sorted(cells)]


def _one_side(line: Any, side_m: float, params: AssessParams, toward: Point) -> shapely.Geometry:
    """The part of the zone on that point's side, line by line; each line is lengthened out of the zone to cut it."""
    there, back = local(line)
    point = np.array(there.transform(*toward))
    flat: Any = shapely.line_merge(moved(line, there)) if line.geom_type == "MultiLineString" else moved(line, there)
    if flat.geom_type not in ("LineString", "MultiLineString", "LinearRing"):
        raise InputError("an area has no side that a point could lie on", field="where.toward", expected="a line")
    kept = []
    for one in shapely.get_parts(shapely.remove_repeated_points(flat, 1e-3)):
        xy = shapely.get_coordinates(one)
        if not shapely.length(one) > 0:
            continue
        side = _side(xy, point)
        if side == 0:
            raise InputError("the point lies on the line", field="where.toward", expected="a point on one side of it")
        degrees = _near(moved(one, back), line)
        own = moved(shapely.union_all([_widened(piece, side_m) for piece in _pieces(degrees, params)]), there)
        cut = shapely.union_all([shapely.boundary(own), shapely.LineString(_lengthened(xy, 1.05 * side_m))])
        for face in shapely.get_parts(shapely.polygonize([cut])):
            inner = shapely.point_on_surface(face)
            if shapely.contains(own, inner) and _side(xy, shapely.get_coordinates(inner)[0]) == side:
                kept.append(face)
    made = _near(moved(shapely.union_all(kept), back), line)
    # Corners a hair apart on the plane may come to lie the other way round in degrees.
    return made if shapely.is_valid(made) else shapely.make_valid(made, method="structure", keep_collapsed=False)


def _side(xy: NDArray[np.float64], point: NDArray[np.float64]) -> int:
    """1 to the left of the line, -1 to its right, 0 on it: told by what of the line is nearest to the point.

    >>> _side(np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([-5.0, 7.0]))
    1
    """
    start, along = xy[:-1], np.diff(xy, axis=0)
    length = np.hypot(*along.T)
    start, along, length = start[length > 0], along[length > 0], length[length > 0]
    share = np.clip(((point - start) * along).sum(axis=1) / length**2, 0, 1)
    off = point - (start + share[:, None] * along)
    far = np.hypot(*off.T)
    nearest = far <= far.min() * (1 + 1e-9)  # both pieces that meet at a corner speak
    normals = np.column_stack([-along[:, 1], along[:, 0]])[nearest] / length[nearest, None]
    lean = float((off[nearest][0] * normals.sum(axis=0)).sum())
    return 0 if far.min() < 1e-3 else int(np.sign(lean))


def _lengthened(xy: NDArray[np.float64], metres: float) -> NDArray[np.float64]:
    """The line gone straight on at both ends; a closed one as it is."""
    if np.allclose(xy[0], xy[-1]):
        return xy
    first, last = xy[0] - xy[1], xy[-1] - xy[-2]
    return np.vstack([xy[0] + first / np.hypot(*first) * metres, xy, xy[-1] + last / np.hypot(*last) * metres])
