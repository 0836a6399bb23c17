"""Roads, a map, a place -> the ways out by road: open, under fire, cut; how many share no stretch with each other.

1. Roads are cut where they meet each other and where they leave the side's ground; ends that nearly meet are joined.
2. A way begins on a road near the place, on the same ground, and ends where a road has left the pocket (where there is
   no neck: where it is far enough off).
3. The least exposed way is taken out, again and again, until none is left: those that remain share no stretch. Roads
   that reach the place over ground of another side are told as cut.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.ring.control import Asked, Control, Drawn, Free
from trucewatch.ring.params import RingParams
from trucewatch.ring.plane import Floats
from trucewatch.ring.pocket import Measured
from trucewatch.tables import ROUTES

_STRETCH_M = 1000.0
"""Stretches are no longer than this, so that only what is near the place is left out of its exposure."""


@dataclass(frozen=True)
class Roads:
    """Lines in degrees and the name of each."""

    lines: tuple[Any, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Net:
    """Stretches of road on the side's ground: ends (junctions), line, name, off_m from another side's ground."""

    ends: Any
    lines: Any
    names: list[str]
    off_m: Floats
    length_m: Floats
    xy: Floats


def routes(
    told: Drawn, treatment: str, asked: Asked, seen: tuple[Control, Free, Measured], roads: Roads,
    incidents: pl.DataFrame | None, params: RingParams,
) -> pl.DataFrame:  # fmt: skip
    """ROUTES of one map under one treatment, the least exposed first, then those that are cut."""
    on, free, found = seen
    flat = [on.plane.flat(shapely.segmentize(on.plane.near(line), params.edge_step_deg)) for line in roads.lines]
    near = _near(told, incidents, on, params)
    rows = []
    net = _net(on, free, found, flat, roads.names, params)
    for n, way in enumerate(_separate(net, on, free, found, params), 1):
        line = shapely.line_merge(shapely.multilinestrings(list(net.lines[way])))
        least = float(net.off_m[way].min(initial=np.inf))
        state, reach = _state(least, params)
        names = list(dict.fromkeys(net.names[k] for k in way))
        rows.append((
            told.source, told.on, treatment, asked.side, n, names, state, reach, least if np.isfinite(least) else None,
            float(net.length_m[way].sum()), _beside(near, line, params), _wkb(on, line),
        ))  # fmt: skip
    for n, (name, line) in enumerate(_cut(on, free, found, flat, roads.names, params), len(rows) + 1):
        rows.append((
            told.source, told.on, treatment, asked.side, n, [name], "cut", None, 0.0, float(shapely.length(line)),
            _beside(near, line, params), _wkb(on, line),
        ))  # fmt: skip
    return ROUTES.fit(pl.DataFrame(rows, schema=ROUTES.schema, orient="row"))


def _wkb(on: Control, line: Any) -> bytes:
    return bytes(shapely.to_wkb(on.plane.round(line), byte_order=1))


def _state(least_m: float, params: RingParams) -> tuple[str, str | None]:
    for name, reach in (("direct", params.direct_m), ("drones", params.drones_m), ("tube", params.tube_m)):
        if least_m <= reach:
            return "under_fire", name
    return "open", None


def _net(on: Control, free: Free, found: Measured, flat: list[Any], names: tuple[str, ...], params: RingParams) -> _Net:
    """Roads -> stretches between junctions, on the piece of ground that holds the place."""
    assert found.part is not None
    ground = free.parts[found.part]
    pieces: list[Any] = []
    of: list[str] = []
    whole = shapely.get_parts(
        shapely.union_all([shapely.segmentize(line, _STRETCH_M) for line in flat], grid_size=0.01)
    )
    xy, of_line = shapely.get_coordinates(whole, return_index=True)
    both: Any = np.stack([xy[:-1], xy[1:]], axis=1)[of_line[1:] == of_line[:-1]]
    noded = shapely.linestrings(both)
    tree = shapely.STRtree(flat)
    inside = shapely.intersection(noded, ground)
    for piece in (p for p in shapely.get_parts(inside) if p.geom_type == "LineString" and p.length > 0):
        pieces.append(piece)
        of.append(names[int(tree.nearest(shapely.line_interpolate_point(piece, 0.5, normalized=True)))])
    if not pieces:
        return _Net(np.empty((0, 2), int), np.empty(0, object), [], np.empty(0), np.empty(0), np.empty((0, 2)))
    lines = np.asarray(pieces, object)
    xy = np.vstack([np.vstack([shapely.get_coordinates(p)[[0, -1]] for p in lines])])
    junction, at = _joined(xy, params.join_m)
    near = shapely.distance(lines, shapely.Point(0, 0)) <= params.from_place_m
    off = np.where(near, np.inf, shapely.distance(lines, free.front)) if not shapely.is_empty(free.front) else None
    far = np.full(len(lines), np.inf) if off is None else off
    return _Net(junction.reshape(-1, 2), lines, of, far, shapely.length(lines), at)


def _joined(xy: Floats, join_m: float) -> tuple[Any, Floats]:
    """Points -> the junction of each, those within reach of each other being one; and where each junction is."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    pairs = KDTree(xy).query_pairs(join_m, output_type="ndarray")
    ones = np.ones(len(pairs))
    n, name = connected_components(coo_matrix((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(xy), len(xy))), False)
    at = np.zeros((n, 2))
    at[name] = xy
    return name, at


def _separate(net: _Net, on: Control, free: Free, found: Measured, params: RingParams) -> list[Any]:
    """Ways out that share no stretch, the least exposed first: lists of stretches."""
    if not len(net.lines) or found.neck_m == 0.0:
        return []
    far = np.hypot(*net.xy.T)
    close = shapely.distance(net.lines, shapely.Point(0, 0)) <= params.to_road_m
    starts = set(net.ends[close].ravel().tolist())
    if found.pocket is not None and found.narrows:
        out = shapely.distance(shapely.points(net.xy), found.pocket.shape) > 1.0
        within = ~out
        starts = {n for n in starts if within[n]}
    else:
        out = far > params.away_m
        starts = {n for n in starts if not out[n]}
    ways: list[Any] = []
    gone: set[int] = set()
    while len(ways) < params.routes_most and (way := _widest(net, starts, set(np.flatnonzero(out).tolist()), gone)):
        ways.append(np.asarray(way, np.int64))
        gone |= set(way)
    return ways


def _widest(net: _Net, starts: set[int], ends: set[int], gone: set[int]) -> list[int]:
    """The way whose most exposed stretch is the furthest from the other side; the shortest of such."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for k, (a, b) in enumerate(net.ends.tolist()):
        if k not in gone:
            beside.setdefault(a, []).append((b, k))
            beside.setdefault(b, []).append((a, k))
    queue = [(-np.inf, 0.0, n) for n in sorted(starts)]
    heapq.heapify(queue)
    best: dict[int, tuple[float, float]] = dict.fromkeys(starts, (-np.inf, 0.0))
    came: dict[int, tuple[int, int]] = {}
    while queue:
        off, length, here = heapq.heappop(queue)
        if (off, length) > best[here]:
            continue
        if here in ends:
            way = []
            while here in came:
                here, k = came[here]
                way.append(k)
            return way[::-1]
        for there, k in beside.get(here, ()):
            made = (max(off, -float(net.off_m[k])), length + float(net.length_m[k]))
            if made < best.get(there, (np.inf, np.inf)):
                best[there], came[there] = made, (here, k)
                heapq.heappush(queue, (*made, there))
    return []


def _cut(
    on: Control, free: Free, found: Measured, flat: list[Any], names: tuple[str, ...], params: RingParams
) -> list[tuple[str, Any]]:
    """Roads that serve the place and run into ground of another side."""
    assert found.part is not None
    ground = free.parts[found.part] if found.pocket is None else found.pocket.shape
    made = []
    for name, line in zip(names, flat, strict=True):
        mine = shapely.intersection(line, ground)
        near = not shapely.is_empty(mine) and shapely.distance(mine, shapely.Point(0, 0)) <= params.to_road_m
        if near and shapely.length(shapely.intersection(line, free.front)) > params.join_m:
            made.append((name, line))
    return sorted(made, key=lambda m: (m[0], m[1].wkt))


def _near(told: Drawn, incidents: pl.DataFrame | None, on: Control, params: RingParams) -> Any:
    """Recent affirmed incidents with a place, as points on the plane; None where no incidents were given."""
    if incidents is None:
        return None
    since = told.on - timedelta(days=params.recent_days)
    mine = incidents.filter(
        pl.col("lon").is_not_null() & (pl.col("t1") > since) & (pl.col("t0") <= told.on) & pl.col("t0").is_not_null()
    )
    return shapely.points(on.plane.points(mine.select("lon", "lat").to_numpy())) if mine.height else np.empty(0, object)


def _beside(near: Any, line: Any, params: RingParams) -> int | None:
    return None if near is None else int((shapely.distance(near, line) <= params.near_road_m).sum())
