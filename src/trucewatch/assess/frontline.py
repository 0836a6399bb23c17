"""Maps of who holds what -> the line of contact between two sides, where the map does not draw it as a line.

Nothing in a finding hangs on it: in `assess` a line counts only where a map draws it. It is for looking at
(`trucewatch agreement where`), and whatever uses it has to say that it stands in for a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from trucewatch.assess.geometry import local, moved, unrolled
from trucewatch.assess.params import AssessParams

NOBODY = ("contested", "unknown")
"""What maps say in place of a holder."""
_STEP_M = 250.0
"""Points of an edge are tried no further apart than this against the other side's."""
_TOUCH_M = 1.0
"""Edges this near are one edge: five decimals of a degree are a metre."""
_BACK = 0.9
"""A point of one edge faces the other side where the way back, from the nearest point there, is at least this share as
long: else the edge has turned away, as a coast does at the end of a front."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contact:
    """A line between two sides on one map. between: the two sides; one where only its ground is drawn.

    line: in OGC:CRS84, along the middle of the gap where the two outlines leave one; says: what it is, in words.
    outline: all of one side's outline, coast and border included, since no other side's ground is drawn.
    """

    between: tuple[str, ...]
    line: shapely.Geometry
    says: str
    outline: bool = False


def contacts(areas: pl.DataFrame, params: AssessParams, sides: Mapping[str, str] | None = None) -> tuple[Contact, ...]:
    """areas of one map (one source, one instant) -> the lines of contact, a pair of sides each, sorted by their names.

    sides: holder -> the side that it is of, where several holders are one side. Ground that nobody is said to hold
    takes no part. Two sides touch where their outlines are no further apart than `contact_gap_m`; pieces shorter than
    that are left out, and so are sides that touch along less than `contact_share` of the shorter outline: there the map
    draws patches. Where no two sides touch, or one side alone is drawn, each side's whole outline is given, and said to
    be that.

    >>> contacts(pl.DataFrame(schema={"held_by": pl.String, "geometry": pl.Binary}), AssessParams())
    ()
    """
    ground = held(areas, sides or {})
    if not ground:
        return ()
    there, back = local(shapely.union_all([shapely.box(*shapely.bounds(shape)) for shape in ground.values()]))
    flat = {side: moved(shapely.segmentize(shape, params.line_step_deg), there) for side, shape in ground.items()}
    gap = params.contact_gap_m
    lines = {pair: between(flat[pair[0]], flat[pair[1]], gap) for pair in combinations(sorted(flat), 2)}
    shares = {pair: _share(flat, pair, line, gap) for pair, line in lines.items()}
    if any(share >= params.contact_share for share in shares.values()):
        return tuple(
            Contact(
                pair,
                moved(line, back),
                f"the line where ground held by {' and by '.join(pair)} is less than {gap:g} m apart",
            )
            for pair, line in lines.items()
            if shares[pair] >= params.contact_share
        )
    why = (
        f"; sides touch along {max(shares.values()):.1%} of the shorter outline at most"
        if shares
        else ": no other is drawn"
    )
    return tuple(
        Contact(
            (side,),
            moved(shapely.boundary(_closed(shape, gap)), back),
            f"the whole outline of the ground drawn as held by {side}, coast and border included{why}",
            outline=True,
        )
        for side, shape in sorted(flat.items())
    )


def _share(flat: Mapping[str, shapely.Geometry], pair: tuple[str, str], line: shapely.Geometry, gap_m: float) -> float:
    """How much of the shorter of two outlines lies along the other."""
    shorter = min(float(shapely.length(shapely.boundary(_closed(flat[side], gap_m)))) for side in pair)
    return float(shapely.length(line)) / shorter if shorter else 0.0


def held(areas: pl.DataFrame, sides: Mapping[str, str]) -> dict[str, shapely.Geometry]:
    """areas -> the ground of each side, in degrees; `contested` and `unknown` are nobody's."""
    told = areas.filter(pl.col("held_by").is_not_null() & ~pl.col("held_by").is_in(NOBODY))
    told = told.with_columns(side=pl.col("held_by").replace(dict(sides)))
    made: dict[str, shapely.Geometry] = {}
    for side in told["side"].unique().sort():
        shapes = shapely.from_wkb(told.filter(pl.col("side") == side)["geometry"].sort().to_numpy())
        made[side] = shapely.union_all([unrolled(shape) for shape in shapes])
    return made


def between(one: shapely.Geometry, other: shapely.Geometry, gap_m: float) -> shapely.Geometry:
    """Ground of two sides on a plane, in metres -> the line half way between their outlines where they are near.

    Which of the two is called the one makes no difference.
    """
    first, second = sorted((one, other), key=_order)
    edge, facing = _Edge(shapely.boundary(first)), _Edge(shapely.boundary(second))
    near = shapely.line_merge(shapely.intersection(edge.line, shapely.buffer(facing.line, gap_m)))
    kept = []
    for piece in shapely.get_parts(near):
        if piece.geom_type == "LineString":
            middle = _middle(shapely.get_coordinates(shapely.segmentize(piece, _STEP_M)), edge, facing)
            if len(middle) > 1 and (line := shapely.LineString(middle)).length >= gap_m:
                kept.append(line)
    return (
        shapely.line_merge(shapely.MultiLineString(kept))
        if len(kept) > 1
        else kept[0]
        if kept
        else shapely.LineString()
    )


def _order(shape: shapely.Geometry) -> tuple[float, ...]:
    """By where it lies and how large it is: a name must not decide whose outline is followed."""
    return (*map(float, shapely.get_coordinates(shapely.centroid(shape))[0]), float(shapely.area(shape)))


def _middle(xy: Floats, edge: _Edge, facing: _Edge) -> Floats:
    """Points of an edge -> points half way to the other edge, without the ends where the edge has turned away."""
    there = facing.nearest(xy)
    far, back = np.hypot(*(there - xy).T), np.hypot(*(edge.nearest(there) - there).T)
    faces = np.flatnonzero((far <= _TOUCH_M) | (back >= _BACK * far))
    if not len(faces):
        return xy[:0]
    kept = slice(faces[0], faces[-1] + 1)
    middle: Floats = ((xy + there) / 2)[kept]
    goes_on = np.append(True, np.hypot(*np.diff(middle, axis=0).T) > 1e-6)
    return np.asarray(middle[goes_on], np.float64)


class _Edge:
    """An outline, piece by piece, that is asked for what of it is nearest."""

    def __init__(self, line: shapely.Geometry) -> None:
        self.line = line
        ends = [shapely.get_coordinates(part) for part in shapely.get_parts(line)]
        self.start, self.end = (np.vstack([xy[a : len(xy) + b] for xy in ends]) for a, b in ((0, -1), (1, 0)))
        pieces: Any = np.stack([self.start, self.end], axis=1)
        self.tree = shapely.STRtree(shapely.linestrings(pieces))

    def nearest(self, xy: Floats) -> Floats:
        """Points -> the point of the outline nearest to each."""
        points: Any = shapely.points(xy)
        n = self.tree.nearest(points)
        start, along = self.start[n], self.end[n] - self.start[n]
        length2 = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(((xy - start) * along).sum(axis=1) / length2, 0, 1)
        found: Floats = start + share[:, None] * along
        return found


def _closed(shape: shapely.Geometry, gap_m: float) -> shapely.Geometry:
    """Ground without the slivers between its own parts."""
    grown = shapely.buffer(shape, gap_m / 2, join_style="mitre")
    return shapely.buffer(grown, -gap_m / 2, join_style="mitre")
