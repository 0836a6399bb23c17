"""The widest way from a place to the main body of its side's ground, and the narrowest gap on it: the neck.

1. The place's surroundings: from the disc at the place as far as the ground opens by `opening` metres or more of
   half-width for each metre of way. A place's own distance to the front is no neck.
2. The widest way: along the maximum spanning tree of the gaps, which holds the widest way between any two triangles.
3. Each gap of the way that is nearly as narrow as the narrowest is measured from wall to wall, the walls are cut there,
   and all is done again, until the narrowest gap is the shortest way across between the walls.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np

from trucewatch.ring.mesh import Bools, Floats, Ints, Mesh, mesh, walls
from trucewatch.ring.params import RingParams


@dataclass(frozen=True)
class Tree:
    """A mesh's maximum spanning tree, hung up at the main body. up: the triangle above; gap: the gap to it (-1 at the
    top); wide_m: the narrowest gap from there to the top; order: from the top down, each branch in one piece; size: how
    many triangles hang on each, itself too."""

    up: Ints
    gap: Ints
    wide_m: Floats
    order: Ints
    size: Ints

    def way(self, triangle: int) -> Ints:
        """The gaps from a triangle to the top."""
        made = []
        while self.gap[triangle] >= 0:
            made.append(self.gap[triangle])
            triangle = int(self.up[triangle])
        return np.asarray(made, np.int64)

    def below(self, gap: int) -> Bools:
        """The triangles that a gap cuts off from the top."""
        made = np.zeros(len(self.up), bool)
        for kid in np.flatnonzero(self.gap == gap):
            at = int(np.flatnonzero(self.order == kid)[0])
            made[self.order[at : at + self.size[kid]]] = True
        return made[:-1]


@dataclass(frozen=True)
class Neck:
    """wide_m: on the plane, 0 where the ground is closed off; line: the two ends of the gap, None where no gap is
    narrower than the ground around the place; cut: the triangles that it cuts off."""

    wide_m: float
    line: Floats | None
    mesh: Mesh | None
    cut: Bools | None
    narrows: bool


def tree(made: Mesh, top: Bools, params: RingParams) -> Tree:
    """The mesh, the triangles of the main body -> its tree."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import depth_first_order, minimum_spanning_tree

    n = len(made.corners)
    tops = np.flatnonzero(top)
    one, other = np.concatenate([made.one, tops]), np.concatenate([made.other, np.full(len(tops), n)])
    wide = np.concatenate([made.wide_m, np.full(len(tops), 2 * made.wide_m.max(initial=1.0))])
    most = wide.max() + 1.0
    graph = minimum_spanning_tree(coo_matrix((most - wide, (one, other)), shape=(n + 1, n + 1)).tocsr())
    order, up = depth_first_order(graph, n, directed=False)
    gaps = made.one * (n + 1) + made.other
    by = np.argsort(gaps)
    above = up.astype(np.int64)
    kids = order[1:]
    ends = np.minimum(kids, above[kids]) * (n + 1) + np.maximum(kids, above[kids])
    at = np.minimum(np.searchsorted(gaps[by], ends), max(len(by) - 1, 0))
    gap = np.full(n + 1, -1, np.int64)
    if len(by):
        gap[kids] = np.where(gaps[by][at] == ends, by[at], -1)
    reach = [0.0] * n + [np.inf]
    passes = np.where(gap >= 0, made.wide_m[gap] if len(by) else np.inf, np.inf).tolist()
    held = above.tolist()
    for kid in kids.tolist():
        reach[kid] = min(reach[held[kid]], passes[kid])
    size = np.zeros(n + 1, np.int64)
    size[order] = 1
    return Tree(above, gap, np.asarray(reach), order, summed(size, order, above))


def summed(each: Any, order: Ints, up: Ints) -> Any:
    """A number a triangle -> the sum over all that hang on it."""
    made = each.tolist()
    above = up.tolist()
    for kid in order[:0:-1].tolist():
        made[above[kid]] += made[kid]
    return np.asarray(made)


def surroundings(made: Mesh, start: int, params: RingParams) -> Ints:
    """The triangles whose discs can be reached from the disc of `start` while the ground opens."""
    radius, centre, beside = made.radius_m, made.centre, made.beside
    least = radius[start] * (1 - params.slack)
    gone = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        way, here = heapq.heappop(queue)
        if way > gone[here]:
            continue
        for there in beside[here]:
            if there < 0:
                continue
            step = float(np.hypot(*(centre[there] - centre[here])))
            far = way + step
            if far < gone.get(int(there), np.inf) and radius[there] >= least + params.opening * far:
                gone[int(there)] = far
                heapq.heappush(queue, (far, int(there)))
    return np.asarray(sorted(gone), np.int64)


def at_point(made: Mesh, point: Floats) -> int:
    """The triangle that holds the point, or whose middle is nearest."""
    a, b, c = (made.walls.xy[made.corners[:, k]] - point for k in range(3))
    turns = [u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0] for u, v in ((a, b), (b, c), (c, a))]
    within = np.flatnonzero(np.minimum.reduce(turns) * np.maximum.reduce(turns) >= 0)
    if len(within):
        return int(within[np.argmax(made.radius_m[within])])
    return int(np.argmin(np.hypot(*((a + b + c) / 3).T)))


def middle_of(made: Mesh, params: RingParams) -> int:
    """The triangle from which no gap cuts off more than half of the ground: the middle of the main body."""
    top = np.zeros(len(made.corners), bool)
    top[int(np.argmax(made.radius_m))] = True
    hung = tree(made, top, params)
    under = summed(np.append(made.area_m2, 0.0), hung.order, hung.up)
    heavy: dict[int, int] = {}
    for kid in hung.order[1:]:
        above = int(hung.up[kid])
        if under[kid] > under[heavy.get(above, -1)] or above not in heavy:
            heavy[above] = int(kid)
    here = int(hung.order[1])
    while here in heavy and under[heavy[here]] > under[len(made.corners)] / 2:
        here = heavy[here]
    return here


@dataclass(frozen=True)
class Chords:
    """The shortest ways across from the walls at one end of a gap to those at its other end."""

    far_m: Floats
    one: Floats
    other: Floats
    one_on: Ints
    other_on: Ints


def chords(made: Mesh, gaps: Ints) -> Chords:
    """Gaps -> chords. Pieces of wall that meet in a point have no way across between them."""
    wall = made.walls
    p, q = made.p[gaps], made.q[gaps]
    best = Chords(made.wide_m[gaps].copy(), wall.xy[p], wall.xy[q], np.full(len(gaps), -1), np.full(len(gaps), -1))
    of_p, one = made.at_ends(p)
    of_q, other = made.at_ends(q)
    first, many = np.searchsorted(of_q, of_p), np.bincount(of_q, minlength=len(gaps))[of_p]
    one, at = np.repeat(one, many), np.repeat(of_p, many)
    nth = np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)
    other = other[np.repeat(first, many) + nth]
    meet = (wall.pieces[one][:, :, None] == wall.pieces[other][:, None, :]).any(axis=(1, 2))
    one, other, at = one[~meet], other[~meet], at[~meet]
    far, u, v = _across(wall.xy[wall.pieces[one]], wall.xy[wall.pieces[other]])
    order = np.lexsort((far, at))
    least = order[np.concatenate([[True], np.diff(at[order]) > 0])] if len(order) else order
    least = least[far[least] < best.far_m[at[least]]]
    for held, value in zip(
        (best.far_m, best.one, best.other, best.one_on, best.other_on), (far, u, v, one, other), strict=True
    ):
        held[at[least]] = value[least]
    return best


def _across(one: Floats, other: Floats) -> tuple[Floats, Floats, Floats]:
    """Pairs of pieces that do not cross, (n, 2, 2) each -> metres between them, and where they are nearest."""
    far = np.full(len(one), np.inf)
    u, v = np.zeros((len(one), 2)), np.zeros((len(one), 2))
    for k in range(2):
        for point, piece, turned in ((one[:, k], other, False), (other[:, k], one, True)):
            along = piece[:, 1] - piece[:, 0]
            share = ((point - piece[:, 0]) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-12)
            foot = piece[:, 0] + np.clip(share, 0, 1)[:, None] * along
            here = np.hypot(*(foot - point).T)
            less = here < far
            far[less] = here[less]
            u[less], v[less] = (foot[less], point[less]) if turned else (point[less], foot[less])
    return far, u, v


Top = Any
"""mesh -> the triangles of the main body."""


def widest(lines: Any, ground: Any, at: Floats, top: Top, params: RingParams) -> Neck:
    """Walls as lines (or the mesh of them that was made before), the free ground between them, a place -> its neck. All
    on the plane, in metres."""
    made = lines if isinstance(lines, Mesh) else mesh(walls(lines), ground, params)
    wall = made.walls
    for turn in range(params.neck_rounds):
        made = mesh(wall, ground, params) if turn else made
        body = top(made)
        start = at_point(made, at)
        near = surroundings(made, start, params)
        hung = tree(made, body, params)
        best = int(near[np.lexsort((made.radius_m[near], hung.wide_m[near]))[-1]])
        way = hung.way(best)
        narrow = float(hung.wide_m[best])
        points, on = made.crossed(near, params.across)
        across = chords(made, way)
        low = across.far_m < narrow * (1 - params.exact)
        alike = np.flatnonzero(across.far_m <= narrow * (1 + params.exact))
        if len(alike):  # of gaps as narrow as the narrowest, the one furthest from the place counts
            low[alike[-1]] |= made.wide_m[way[alike[-1]]] > narrow * (1 + params.exact)
        short = np.flatnonzero(low & (across.one_on >= 0))
        finer = made.walls.at(
            np.vstack([points, across.one[short], across.other[short]]),
            np.concatenate([on, across.one_on[short], across.other_on[short]]),
        )
        if len(finer.xy) == len(made.walls.xy):
            break
        wall = finer
    if body[near].any():
        return Neck(2 * float(made.radius_m[near].max()), None, made, None, False)
    if narrow == 0.0 or not len(way):
        return Neck(0.0, None, made, hung.wide_m[:-1] == 0, True)
    gap = int(way[np.flatnonzero(made.wide_m[way] <= narrow * (1 + params.exact))[-1]])
    return Neck(float(made.wide_m[gap]), made.walls.xy[[made.p[gap], made.q[gap]]], made, hung.below(gap), True)
