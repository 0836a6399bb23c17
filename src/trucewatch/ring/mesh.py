"""Ground between walls -> triangles whose corners all lie on walls. What is the clearance in and between them?

The widest way for a disc among walls leads along the ground's middle lines, which pass from triangle to triangle of a
Delaunay triangulation of points on the walls. Each side that is no wall is a gap, as wide as it is long. Points are
set until each piece of wall is a side of triangles, so that no way leads through a wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from trucewatch.ring.params import RingParams

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Walls:
    """Points in metres, and pieces of wall between two of them each."""

    xy: Floats
    pieces: Ints

    @property
    def lengths(self) -> Floats:
        """Metres, a piece each."""
        made: Floats = np.hypot(*(self.xy[self.pieces[:, 1]] - self.xy[self.pieces[:, 0]]).T)
        return made

    def shares(self, which: Ints, into: Ints) -> tuple[Floats, Ints]:
        """The points that cut pieces into so many equal parts, and the piece of each. A piece that is named twice is
        cut into the larger number."""
        parts = np.ones(len(self.pieces), np.int64)
        np.maximum.at(parts, which, into)
        which = np.flatnonzero(parts > 1)
        into = parts[which]
        start, end = self.xy[self.pieces[which, 0]], self.xy[self.pieces[which, 1]]
        share = np.concatenate([np.arange(1, n) / n for n in into]) if len(into) else np.empty(0)
        each = np.repeat(np.arange(len(which)), into - 1)
        return start[each] + share[:, None] * (end - start)[each], which[each]

    def at(self, points: Floats, on: Ints) -> Walls:
        """Pieces cut at points that lie on them, however many a piece has; a point at its end cuts nothing."""
        ends = self.xy[self.pieces[on]]
        off = np.hypot(*(ends - points[:, None]).transpose(2, 0, 1)).min(axis=1) > _SAME_M
        points, on = points[off], on[off]
        along = np.hypot(*(points - self.xy[self.pieces[on, 0]]).T)
        order = np.lexsort((along, on))
        points, on, along = points[order], on[order], along[order]
        if not len(on):
            return self
        twin = np.concatenate([[False], (np.diff(on) == 0) & (np.diff(along) <= _SAME_M)])
        points, on = points[~twin], on[~twin]
        new = len(self.xy) + np.arange(len(points))
        first = np.concatenate([[True], np.diff(on) != 0])
        last = np.concatenate([np.diff(on) != 0, [True]])
        left = np.where(first, self.pieces[on, 0], np.roll(new, 1))
        made = [np.column_stack([left, new]), np.column_stack([new[last], self.pieces[on[last], 1]])]
        kept = np.delete(self.pieces, np.unique(on), axis=0)
        return Walls(np.vstack([self.xy, points]), np.vstack([kept, *made]).astype(np.int64))


_SAME_M = 1e-3
"""Points this near are one point."""


def walls(lines: Any) -> Walls:
    """Lines in metres -> walls, a piece from each of their points to the next. Points that coincide are one."""
    parts = [part for part in shapely.get_parts(lines) if not shapely.is_empty(part)]
    xy, of = shapely.get_coordinates(parts, return_index=True)
    held = np.rint(xy / _SAME_M).astype(np.int64)
    _, at, index = np.unique(held[:, 0] * (1 << 34) + held[:, 1], return_index=True, return_inverse=True)
    pieces = np.column_stack([index[:-1], index[1:]])[of[1:] == of[:-1]].astype(np.int64)
    pieces = np.unique(np.sort(pieces[pieces[:, 0] != pieces[:, 1]], axis=1), axis=0)
    return Walls(xy[at], pieces)


@dataclass(frozen=True)
class Mesh:
    """The triangles on free ground, and the gaps between them.

    corners: three points of the walls each; centre, radius_m: the disc through the corners, which holds no other point;
    gaps: one, other (triangles), p, q (points), wide_m: no wider disc passes there; crowded: a wall that is a side has
    a corner within the disc over it, so that the disc through the corners reaches across that wall.
    """

    walls: Walls
    corners: Ints
    centre: Floats
    radius_m: Floats
    one: Ints
    other: Ints
    p: Ints
    q: Ints
    wide_m: Floats
    beside: Ints
    wall_of: Ints

    @property
    def area_m2(self) -> Floats:
        """Square metres, a triangle each."""
        a, b, c = (self.walls.xy[self.corners[:, k]] for k in range(3))
        made: Floats = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
        return made

    def at_ends(self, points: Ints) -> tuple[Ints, Ints]:
        """Points of the walls -> which of them (by place in `points`), a piece of wall that ends there."""
        ends = self.walls.pieces.ravel()
        order = np.argsort(ends, kind="stable")
        first = np.searchsorted(ends[order], points)
        many = np.searchsorted(ends[order], points, side="right") - first
        each = np.repeat(np.arange(len(points)), many)
        nth = np.arange(len(each)) - np.repeat(np.cumsum(many) - many, many)
        return each, order[first[each] + nth] // 2

    def crossed(self, triangles: Ints, share: float) -> tuple[Floats, Ints]:
        """Where the discs of these triangles reach across a wall by more than that share of their radius: points at
        which the wall is to be cut, around the one nearest to the disc's centre, and the piece of each."""
        wall = self.walls
        each, piece = self.at_ends(self.corners[triangles].ravel())
        triangle = triangles[each // 3]
        start, end = wall.xy[wall.pieces[piece, 0]], wall.xy[wall.pieces[piece, 1]]
        centre, along = self.centre[triangle], end - start
        length = np.maximum(np.hypot(*along.T), _SAME_M)
        foot = ((centre - start) * along).sum(axis=1) / length
        off = np.hypot(*(start + np.clip(foot / length, 0, 1)[:, None] * along - centre).T)
        over = (off < self.radius_m[triangle] * (1 - share)) & (foot > 0) & (foot < length)
        piece, start, along, length, foot, off = (v[over] for v in (piece, start, along, length, foot, off))
        at = foot[:, None] + np.maximum(off, length / _PARTS)[:, None] * _AROUND
        within = (at > 0) & (at < length[:, None])
        row = np.nonzero(within)[0]
        return start[row] + (at[within] / length[row])[:, None] * along[row], piece[row]


_PARTS = 64
_AROUND = np.arange(-2, 3)
"""Around the nearest point, at steps as long as the wall is far, or this share of its length where that is more."""


def mesh(wall: Walls, ground: Any, params: RingParams) -> Mesh:
    """Walls and the ground between them -> its mesh; walls are cut until every piece is a side of triangles."""
    from scipy.spatial import Delaunay

    for _ in range(params.mesh_rounds):
        found = Delaunay(wall.xy)
        corners, beside = found.simplices.astype(np.int64), found.neighbors.astype(np.int64)
        sides = corners[:, [[1, 2], [2, 0], [0, 1]]]
        n = len(wall.xy)
        keys, order = _keys(sides, n), None
        pieces = _keys(wall.pieces, n)
        order = np.argsort(pieces)
        at = np.minimum(np.searchsorted(pieces[order], keys), len(pieces) - 1)
        wall_of = np.where(pieces[order][at] == keys, order[at], -1)
        there = np.zeros(len(pieces), bool)
        there[wall_of[wall_of >= 0]] = True
        missing = np.flatnonzero(~there & (wall.lengths > params.piece_least_m))
        if not len(missing):
            break
        wall = wall.at(*wall.shares(missing, np.full(len(missing), 2)))
    xy = wall.xy
    a, b, c = (xy[corners[:, k]] for k in range(3))
    middle = (a + b + c) / 3
    shapely.prepare(ground)
    free = shapely.contains_xy(ground, middle[:, 0], middle[:, 1])
    name = np.where(free, np.cumsum(free) - 1, -1)
    centre, radius = _discs(a[free], b[free], c[free])
    corners, wall_of, sides = corners[free], wall_of[free], sides[free]
    beside = np.where(beside[free] >= 0, name[beside[free]], -1)
    beside[wall_of >= 0] = -1
    one = np.repeat(np.arange(len(corners)), 3)
    other = beside.ravel()
    way = one < other
    p, q = sides.reshape(-1, 2)[way].T
    return Mesh(
        wall, corners, centre, radius, one[way], other[way], p, q, np.hypot(*(xy[p] - xy[q]).T), beside, wall_of
    )


def _keys(pairs: Ints, n: int) -> Ints:
    made: Ints = np.minimum(pairs[..., 0], pairs[..., 1]) * n + np.maximum(pairs[..., 0], pairs[..., 1])
    return made


def _discs(a: Floats, b: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Centres and radii of the discs through three points each."""
    u, v = b - a, c - a
    turn = 2 * (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    flat = np.abs(turn) < 1e-9
    turn = np.where(flat, 1.0, turn)
    uu, vv = (u**2).sum(axis=1), (v**2).sum(axis=1)
    x = (v[:, 1] * uu - u[:, 1] * vv) / turn
    y = (u[:, 0] * vv - v[:, 0] * uu) / turn
    off = np.where(flat[:, None], (u + v) / 3, np.column_stack([x, y]))
    radius = np.where(flat, np.sqrt(np.maximum(uu, vv)) / 2, np.hypot(*off.T))
    return a + off, radius
