"""Every piece of a side's ground that a corridor narrower than W would cut off, without being asked for.

1. Pieces that no ground joins to the main body are cut off at any W.
2. Within the main body, the narrowest gap on the widest way from each triangle to the top cuts a pocket off. It stays
   one while the corridor asked for is wider than the neck and narrower than the pocket's widest disc: its persistence.
3. Gaps are measured from wall to wall, and discs to the walls, until both stand.
4. What is too small or too narrow for the map's grain, is contested all over, or has nothing of its side's or
   contested in or beside it, is kept and marked: a hole in ground may be no more than a hole in the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.ring.control import TREATMENTS, Asked, Control, Drawn, Free, control
from trucewatch.ring.mesh import Bools, Ints, Mesh, mesh, walls
from trucewatch.ring.neck import Tree, chords, summed, tree
from trucewatch.ring.params import RingParams
from trucewatch.ring.plane import Floats
from trucewatch.ring.pocket import HOLLOW, Pocket, closed, facing, ground_of, hollow, top_of
from trucewatch.tables import POCKETS

_ALL = 0.99
"""So large a share is all."""


@dataclass(frozen=True)
class _Found:
    """One pocket on the plane."""

    neck_m: float
    wide_m: float
    middle: Floats
    line: Floats | None
    pocket: Pocket


def scan(told: Drawn, asked: Asked, corridor_m: float, params: RingParams) -> pl.DataFrame:
    """One map, a side -> POCKETS, widest necks last. The place in `asked` is the middle of the plane, nothing more."""
    on = control(told, asked, params)
    rows = []
    for treatment in TREATMENTS:
        free = on.free(treatment)
        found = [*_apart(on, free, params), *_necks(on, free, corridor_m, params)]
        for one in sorted(found, key=lambda f: (f.neck_m, -f.pocket.km2)):
            rows.append(_row(told, asked, treatment, on, one, params))
    return POCKETS.fit(pl.DataFrame(rows, schema=POCKETS.schema, orient="row"))


def middle_of_map(told: Drawn) -> tuple[float, float]:
    """The middle of everything drawn, in degrees: where the plane of a scan is laid."""
    west, south, east, north = shapely.total_bounds(np.asarray([shape for _, shape in told.shapes], object))
    return float((west + east) / 2), float((south + north) / 2)


def _apart(on: Control, free: Free, params: RingParams) -> list[_Found]:
    """Pieces that nothing joins to the main body."""
    main = free.main_part()
    made = []
    for n, part in enumerate(free.parts):
        if n == main or main is None or part.area < params.crack_m**2:
            continue
        small = part.area < params.pocket_least_km2 * 1e6
        disc = _disc(shapely.point_on_surface(part), part) if small else shapely.maximum_inscribed_circle(part)
        disc = shapely.get_coordinates(disc)
        wide = 2 * on.plane.length_m(*disc)
        made.append(_Found(0.0, wide, disc[0], None, closed(on, free.front, part, free.parts[main])))
    return made


def _disc(middle: Any, part: Any) -> Any:
    """Some disc in a piece: good enough where the piece is too small to be told."""
    return shapely.shortest_line(middle, shapely.boundary(part))


def _necks(on: Control, free: Free, corridor_m: float, params: RingParams) -> list[_Found]:
    """Pockets of the main body behind necks narrower than the corridor."""
    main = free.main_part()
    if main is None:
        return []
    ground, top = free.parts[main], top_of(free, main, None, params)
    wall = walls(_fine(free, main, corridor_m / 2))
    for _ in range(params.rounds_of_scan):
        made = mesh(wall, ground, params)
        hung = tree(made, top(made), params)
        gap = _outlets(hung)
        behind, wide = _widest_behind(made, gap)
        near = np.flatnonzero((made.wide_m[behind] < corridor_m) & (wide > made.wide_m[behind] + params.pocket_lasts_m))
        across = chords(made, behind[near])
        short = np.flatnonzero((across.far_m < made.wide_m[behind[near]] * (1 - params.exact)) & (across.one_on >= 0))
        fat = _fattest(made, gap, behind[near])
        points, on_piece = made.crossed(fat, params.across)
        finer = made.walls.at(
            np.vstack([points, across.one[short], across.other[short]]),
            np.concatenate([on_piece, across.one_on[short], across.other_on[short]]),
        )
        if len(finer.xy) == len(made.walls.xy):
            break
        wall = finer
    area = summed(np.append(made.area_m2, 0.0), hung.order, hung.up)
    under = np.zeros(len(made.wide_m))
    held = hung.gap[:-1] >= 0
    np.maximum.at(under, hung.gap[:-1][held], area[:-1][held])
    told = behind[near][under[behind[near]] >= params.pocket_least_km2 * 1e6]
    return [_found(on, free, made, hung, gap, int(b)) for b in told]


def _fine(free: Free, part: int, step_m: float) -> Any:
    """Walls with points this near each other, the map's edge left as it is: nothing narrow lies there."""
    lines = shapely.get_parts(free.walls(part))
    frame = shapely.boundary(free.parts[part]).envelope.boundary if free.edge_part() == part else shapely.Point()
    far = shapely.distance(lines, frame) > 1.0
    return np.concatenate([shapely.segmentize(lines[far], step_m), lines[~far]])


def _outlets(hung: Tree) -> Ints:
    """For each triangle the narrowest gap on its way to the top, the uppermost of several; -1 at the top."""
    made = [-1] * len(hung.up)
    own, wide, up = hung.gap.tolist(), hung.wide_m.tolist(), hung.up.tolist()
    for kid in hung.order[1:].tolist():
        made[kid] = own[kid] if own[kid] >= 0 and wide[kid] < wide[up[kid]] else made[up[kid]]
    return np.asarray(made[:-1], np.int64)


def _widest_behind(made: Mesh, gap: Ints) -> tuple[Ints, Floats]:
    """Gaps that are somebody's outlet, and the widest disc among those whose outlet each is."""
    wide = np.zeros(len(made.wide_m))
    held = gap >= 0
    np.maximum.at(wide, gap[held], 2 * made.radius_m[held])
    behind = np.unique(gap[held])
    return behind, wide[behind]


def _fattest(made: Mesh, gap: Ints, outlets: Ints) -> Ints:
    """The triangle with the widest disc behind each outlet."""
    order = np.lexsort((made.radius_m, gap))
    last = np.searchsorted(gap[order], outlets, side="right") - 1
    return order[last]


def _found(on: Control, free: Free, made: Mesh, hung: Tree, gap: Ints, outlet: int) -> _Found:
    behind: Bools = hung.below(outlet)
    shape = ground_of(made, behind)
    line = made.walls.xy[[made.p[outlet], made.q[outlet]]]
    fat = int(_fattest(made, gap, np.asarray([outlet]))[0])
    far = shapely.distance(shapely.points(shapely.get_coordinates(shape)), shapely.LineString(line))
    pocket = Pocket(shape, on.plane.km2(shape), float(far.max(initial=0.0)), facing(free.front, shape))
    return _Found(on.plane.length_m(*line), 2 * float(made.radius_m[fat]), made.centre[fat], line, pocket)


def _row(told: Drawn, asked: Asked, treatment: str, on: Control, one: _Found, params: RingParams) -> tuple[Any, ...]:
    ((lon, lat),) = on.plane.degrees(one.middle[None])
    why = _doubt(on, one, params)
    line = None if one.line is None else shapely.to_wkb(on.plane.round(shapely.LineString(one.line)), byte_order=1)
    neck = 0.0 if one.neck_m <= params.crack_m else one.neck_m
    return (
        told.source, told.on, told.capture, treatment, asked.side, _east(lon), lat, neck, one.wide_m, one.wide_m - neck,
        line, shapely.to_wkb(on.plane.round(one.pocket.shape), byte_order=1), one.pocket.km2, one.pocket.depth_m,
        one.pocket.facing, why is None, why,
    )  # fmt: skip


def _east(lon: float) -> float:
    return float((lon + 180) % 360 - 180)


def _doubt(on: Control, one: _Found, params: RingParams) -> str | None:
    """Why a pocket may be no more than the drawing; None where it is fit to tell."""
    if one.pocket.km2 < params.pocket_least_km2:
        return f"smaller than {params.pocket_least_km2:g} km2"
    if one.wide_m < params.pocket_wide_m:
        return f"nowhere {params.pocket_wide_m:g} m wide"
    if one.line is not None:
        return None
    shape = one.pocket.shape
    if shapely.area(shapely.intersection(shape, on.grey)) >= _ALL * shapely.area(shape):
        return "contested ground alone: nothing in it is said to be its side's"
    return f"a hole in the drawing: {HOLLOW}" if hollow(on, shape) else None
