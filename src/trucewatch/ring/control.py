"""One mapper's map of one instant -> whose ground is where, on a plane around the place asked about.

Ground of two holders at once is contested by the map's own word. Ground of one holder that is drawn contested or
unknown as well is the holder's: outlines drawn by hand lap over. What the map leaves unmarked is of whoever
`elsewhere` says, and nobody's where nobody says: then no way leads across it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.ring.params import RingParams
from trucewatch.ring.plane import Floats, Plane

OPEN = ("contested", "unknown")
"""What maps say in place of a holder."""
TREATMENTS = ("contested_free", "contested_hostile")
_MARGIN = 1.0
_GRID_M = 0.01
"""Outlines are laid on a grid of a centimetre, so that lines which nearly run into each other do or do not."""
_LEAST_M = 50_000.0


@dataclass(frozen=True)
class Asked:
    """After whose force at which place. elsewhere: who holds what the map leaves unmarked; rear: a point of the main
    body; barriers: shapes in degrees that none can pass and that are nobody's front; border, beyond: ground outside the
    border that the map leaves unmarked is held by `beyond`."""

    side: str
    lon: float
    lat: float
    elsewhere: str | None = None
    rear: tuple[float, float] | None = None
    barriers: tuple[Any, ...] = ()
    border: Any = None
    beyond: str | None = None


@dataclass(frozen=True)
class Free:
    """Ground that counts as the side's. parts: its pieces; lines: barriers that are lines; frame: the corners of the
    map's edge, None where no ground of the side reaches it; own: the side's own ground; front: ground that counts as of
    another side."""

    parts: tuple[Any, ...]
    lines: Any
    frame: Floats | None
    own: Any
    front: Any

    def part_at(self, point: Floats) -> int | None:
        """The piece that holds a point or comes within a metre of it."""
        far = shapely.distance(np.asarray(self.parts, object), shapely.Point(point)) if self.parts else np.empty(0)
        return int(np.argmin(far)) if len(far) and far.min() <= 1.0 else None

    def walls(self, part: int) -> Any:
        """What bounds a piece, and barriers through it, as lines that meet only in their ends."""
        edge = shapely.boundary(self.parts[part])
        if shapely.is_empty(self.lines):
            return edge
        through = shapely.intersection(self.lines, self.parts[part])
        return shapely.union_all([edge, through], grid_size=_GRID_M)

    def edge_part(self) -> int | None:
        """The piece that reaches the map's edge; the largest where several do."""
        if self.frame is None:
            return None
        corners = shapely.points(self.frame)
        reach = [n for n, part in enumerate(self.parts) if (shapely.distance(part, corners) <= 1.0).any()]
        return max(reach, key=lambda n: self.parts[n].area) if reach else None

    def main_part(self) -> int | None:
        """The piece that reaches the map's edge, else the one with the largest ground of the side's own."""
        if (edge := self.edge_part()) is not None or not self.parts:
            return edge
        whole = shapely.get_parts(self.own)
        if not len(whole):
            return None
        heart = shapely.point_on_surface(whole[int(np.argmax(shapely.area(whole)))])
        return int(np.argmin(shapely.distance(np.asarray(self.parts, object), heart)))


@dataclass(frozen=True)
class Control:
    """A map on a plane, as one side sees it."""

    plane: Plane
    own: Any
    theirs: Any
    grey: Any
    barrier: Any
    lines: Any
    unmarked: str | None
    box: Any

    @cached_property
    def marked(self) -> Any:
        """Everything that is drawn."""
        return shapely.union_all([self.own, self.theirs, self.grey])

    def free(self, treatment: str) -> Free:
        """What counts as the side's ground where contested ground is free, or hostile."""
        passes = treatment == TREATMENTS[0]
        if self.unmarked == "own" or (self.unmarked == "grey" and passes):
            shut = [self.theirs, self.barrier] + ([] if passes else [shapely.difference(self.grey, self.own)])
            ground = shapely.difference(self.box, shapely.union_all(shut))
            frame = shapely.get_coordinates(self.box)[:4]
        else:
            ground = shapely.union_all([self.own, self.grey] if passes else [self.own])
            ground = shapely.difference(ground, shapely.union_all([self.theirs, self.barrier]))
            frame = None
        ground = shapely.set_precision(ground, _GRID_M)
        parts = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon" and part.area > 1.0]
        front = self.theirs if passes else shapely.union(self.theirs, self.grey)
        return Free(tuple(parts), self.lines, frame, self.own, front)


@dataclass(frozen=True)
class Drawn:
    """A map's shapes in degrees, one a holder, sorted by name. Made once for all places asked about."""

    source: str
    on: Any
    capture: str
    shapes: tuple[tuple[str, Any], ...]

    @property
    def holders(self) -> tuple[str, ...]:
        """Whose ground it draws."""
        return tuple(name for name, _ in self.shapes if name not in OPEN)

    def at(self, asked: Asked) -> str:
        """Who holds the place: a holder, `contested`, `unknown`, `barrier`, or `unmarked`."""
        spot = shapely.Point(asked.lon, asked.lat)
        if any(shape.geom_type.endswith("Polygon") and shapely.intersects(shape, spot) for shape in asked.barriers):
            return "barrier"
        held = [
            name for name, shape in self.shapes if shapely.intersects(Plane(asked.lon, asked.lat).near(shape), spot)
        ]
        holders = [name for name in held if name not in OPEN]
        if not held and asked.border is not None and asked.beyond and not shapely.intersects(asked.border, spot):
            return asked.beyond
        return "contested" if len(holders) > 1 else holders[0] if holders else held[0] if held else "unmarked"

    def off_m(self, asked: Asked) -> float:
        """How far outside the box of everything drawn the place is; 0 inside it."""
        west, south, east, north = shapely.total_bounds(np.asarray([shape for _, shape in self.shapes], object))
        turn = 360.0 * round(((west + east) / 2 - asked.lon) / 360)
        lon = min(max(asked.lon + turn, west), east)
        plane = Plane(asked.lon, asked.lat)
        return plane.length_m(np.zeros(2), plane.points(np.asarray([[lon, min(max(asked.lat, south), north)]]))[0])


def drawn(areas: pl.DataFrame) -> Drawn:
    """areas of one map (one source, one instant) -> its shapes, one a holder."""
    told = areas.filter(pl.col("held_by").is_not_null()).sort("held_by", "geometry")
    shapes = []
    for name in told["held_by"].unique(maintain_order=True):
        mine: Any = shapely.from_wkb(told.filter(pl.col("held_by") == name)["geometry"].to_numpy())
        mine = mine[np.isin(shapely.get_type_id(mine), (3, 6))]
        if len(mine):
            shapes.append((name, shapely.union_all(mine)))
    return Drawn(areas["source"][0], areas["on"][0], areas["capture"][0], tuple(shapes))


def control(told: Drawn, asked: Asked, params: RingParams) -> Control:
    """A map -> the ground of the side asked after, of others, and of nobody, on a plane around the place."""
    plane = Plane(asked.lon, asked.lat)

    def flat(shape: Any) -> Any:
        made = plane.flat(shapely.segmentize(plane.near(shape), params.edge_step_deg))
        return made if shapely.is_valid(made) else _areas(shapely.make_valid(made, method="structure"))

    shapes = [(name, flat(shape)) for name, shape in told.shapes]
    own = shapely.union_all([shape for name, shape in shapes if name == asked.side])
    theirs = shapely.union_all([shape for name, shape in shapes if name not in (asked.side, *OPEN)])
    grey = shapely.union_all([shape for name, shape in shapes if name in OPEN])
    both = shapely.intersection(own, theirs)
    if not shapely.is_empty(_areas(both)):
        own, theirs = shapely.difference(own, both), shapely.difference(theirs, both)
        grey = shapely.union(grey, _areas(both))
    stops = [
        flat(shape)
        if shape.geom_type.endswith("Polygon")
        else plane.flat(shapely.segmentize(plane.near(shape), params.edge_step_deg))
        for shape in asked.barriers
    ]
    barrier = shapely.union_all([shape for shape in stops if shape.geom_type.endswith("Polygon")])
    lines = shapely.union_all([shape for shape in stops if not shape.geom_type.endswith("Polygon")])
    box = _box([own, theirs, grey, shapely.Point(0, 0)])
    made = Control(plane, own, theirs, grey, barrier, lines, _unmarked(asked.elsewhere, asked.side), box)
    if asked.border is None or asked.beyond is None:
        return made
    over = shapely.difference(shapely.difference(box, flat(asked.border)), made.marked)
    own, theirs = (
        (shapely.union(own, over), theirs) if asked.beyond == asked.side else (own, shapely.union(theirs, over))
    )
    return Control(plane, own, theirs, grey, barrier, lines, made.unmarked, box)


def _unmarked(elsewhere: str | None, side: str) -> str | None:
    if elsewhere is None:
        return None
    return "own" if elsewhere == side else "grey" if elsewhere in OPEN else "theirs"


def _areas(shape: Any) -> Any:
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.geom_type.endswith("Polygon")])


def _box(shapes: list[Any]) -> Any:
    """The edge of the map: as far again as the map is large, so that it is nobody's neighbour."""
    west, south, east, north = shapely.total_bounds(np.asarray(shapes, object))
    more = max(east - west, north - south, _LEAST_M) * _MARGIN
    return shapely.box(west - more, south - more, east + more, north + more)
