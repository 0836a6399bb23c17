"""A neck -> what it cuts off: the ground itself, its area and depth, and along how much of its outline others stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from trucewatch.ring.control import Control, Free
from trucewatch.ring.mesh import Bools, Floats, Mesh
from trucewatch.ring.neck import Neck, at_point, middle_of, surroundings, widest
from trucewatch.ring.params import RingParams

_FACES_M, _EDGE_M, _BESIDE_M = 1.0, 1.0, 1.0
"""Ground this near an outline lies along it; walls this near the map's edge are that edge; ground this near lies
beside."""

HOLLOW = "nothing drawn in it or beside it is its side's, contested or unknown"


@dataclass(frozen=True)
class Pocket:
    """shape: on the plane; depth_m, facing: as the table `pockets` has them."""

    shape: Any
    km2: float
    depth_m: float | None
    facing: float | None


@dataclass(frozen=True)
class Measured:
    """A place's neck and what it cuts off; neck_m: geodesic; None where the place is not on ground of its side. Where
    `narrows` is false it is the width of the ground about the place. nearly: the same where the rule of how ground
    opens is a little laxer (where it narrows) or stricter (where it does not); None where that changes nothing.
    enclosed: the main body that the map itself shows has ground of others all around it, so it may be cut off."""

    neck_m: float | None
    narrows: bool
    line: Floats | None
    pocket: Pocket | None
    part: int | None = None
    nearly: Measured | None = None
    enclosed: bool = False


def measured(on: Control, free: Free, rear: Floats | None, params: RingParams) -> Measured:
    """The place is the plane's middle. rear: a point of the main body, None where it is for the map to tell."""
    here = np.zeros(2)
    part, main = free.part_at(here), (free.main_part() if rear is None else free.part_at(rear))
    if part is None or main is None:
        return Measured(None, False, None, None)
    ground = free.parts[part]
    if part != main:
        return Measured(0.0, True, None, closed(on, free.front, ground, free.parts[main]), part)
    top = top_of(free, part, rear, params)
    found = widest(free.walls(part), ground, here, top, params)
    alone = rear is None and free.edge_part() != part and around(free.front, ground)
    made = replace(_told(on, free, part, found, params), enclosed=alone)
    if made.neck_m == 0.0 or found.mesh is None:
        return made
    share = 1 - params.opening_doubt if made.narrows else 1 + params.opening_doubt
    other = widest(found.mesh, ground, here, top, replace(params, opening=params.opening * share))
    swapped = other.narrows != found.narrows
    return replace(made, nearly=_told(on, free, part, other, params)) if swapped else made


def _told(on: Control, free: Free, part: int, found: Neck, params: RingParams) -> Measured:
    """A neck on the plane -> in geodesic metres, with what it cuts off."""
    ground = free.parts[part]
    if not found.narrows:
        return Measured(found.wide_m, False, None, None, part)
    assert found.mesh is not None and found.cut is not None
    shape = ground_of(found.mesh, found.cut)
    if found.line is None:
        return Measured(0.0, True, None, closed(on, free.front, shape, shapely.difference(ground, shape)), part)
    wide = on.plane.length_m(*found.line)
    return Measured(
        0.0 if wide <= params.crack_m else wide, True, found.line, cut_off(on, free.front, shape, found), part
    )


def top_of(free: Free, part: int, rear: Floats | None, params: RingParams) -> Any:
    """Which triangles of a mesh are the main body: those at the map's edge, or about the rear."""

    def top(made: Mesh) -> Bools:
        at = np.zeros(len(made.corners), bool)
        if rear is not None:
            at[surroundings(made, at_point(made, rear), params)] = True
        elif free.edge_part() == part:
            assert free.frame is not None
            low, high = free.frame.min(axis=0), free.frame.max(axis=0)
            edge = (np.minimum(made.walls.xy - low, high - made.walls.xy) < _EDGE_M).any(axis=1)
            at = edge[made.corners].any(axis=1)
        else:
            at[surroundings(made, middle_of(made, params), params)] = True
        return at

    return top


def ground_of(made: Mesh, which: Bools) -> Any:
    """Triangles -> the ground that they cover."""
    each = shapely.polygons(made.walls.xy[made.corners[which]])
    try:
        return shapely.coverage_union_all(each)
    except shapely.errors.GEOSException:  # triangles of a few millimetres, which do not quite meet
        return shapely.union_all(each, grid_size=0.01)


def around(front: Any, ground: Any) -> bool:
    """Does ground of another side lie all around it?"""
    if shapely.is_empty(front):
        return False
    filled = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(front)))
    return bool(shapely.covers(filled, ground).any())


def hollow(on: Control, shape: Any) -> bool:
    """Is nothing drawn in it or beside it its side's, contested or unknown? Then it may be a hole in the drawing."""
    return not shapely.distance(shape, shapely.union(on.grey, on.own)) <= _BESIDE_M


def cut_off(on: Control, front: Any, shape: Any, found: Neck) -> Pocket:
    """What a neck cuts off, measured from the neck."""
    assert found.line is not None
    xy = shapely.get_coordinates(shape)
    far = shapely.distance(shapely.points(xy), shapely.LineString(found.line))
    return Pocket(shape, on.plane.km2(shape), float(far.max(initial=0.0)), facing(front, shape))


def closed(on: Control, front: Any, shape: Any, main: Any) -> Pocket:
    """Ground from which no way leads, measured from the main body."""
    shapely.prepare(main)
    far = shapely.distance(shapely.points(shapely.get_coordinates(shape)), main)
    return Pocket(shape, on.plane.km2(shape), float(far.max(initial=0.0)), facing(front, shape))


def facing(front: Any, shape: Any) -> float | None:
    """The share of an outline along which ground of another side lies."""
    edge = shapely.boundary(shape)
    if shapely.is_empty(edge):
        return None
    west, south, east, north = shapely.bounds(shape)
    near = shapely.clip_by_rect(front, west - 10, south - 10, east + 10, north + 10)
    along = shapely.intersection(edge, shapely.buffer(near, _FACES_M))
    return float(shapely.length(along) / shapely.length(edge))
