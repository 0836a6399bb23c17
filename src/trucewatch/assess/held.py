"""Which ground does each party hold, by one map, and how far is it from a place? Each map by itself, never joined.

A map that draws nothing at a spot says nothing of it: such ground may be anybody's, and so may what it draws as
`contested` or `unknown`. So a party is only kept away from a place by ground that the map draws as held by others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
import pyproj
import shapely
from numpy.typing import NDArray

from trucewatch.assess.model import CRS84, Agreement
from trucewatch.assess.params import AttributionParams
from trucewatch.base.place import EARTH_M
from trucewatch.base.time import UTC_US

OPEN = ("contested", "unknown")
_STEP_DEG = 0.05
"""Edges are cut into pieces of this many degrees before they are moved to the flat drawing, so that they stay true."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sheet:
    """One source's map of one instant, as a flat drawing in metres around its own middle.

    held: party -> ground drawn as its own; closed: party -> ground that is held by others, so that it is not there;
    strangers: ground held by somebody who is no party.
    """

    source: str
    on: datetime
    held: Mapping[str, shapely.Geometry]
    closed: Mapping[str, shapely.Geometry]
    strangers: shapely.Geometry
    to_flat: pyproj.Transformer

    def points(self, lon: Floats, lat: Floats) -> NDArray[np.object_]:
        """Degrees -> points of the drawing."""
        x, y = self.to_flat.transform(lon, lat)
        made: NDArray[np.object_] = shapely.points(x, y)
        return made

    def away_m(self, party: str, points: NDArray[np.object_], params: AttributionParams) -> Floats:
        """How far the nearest ground is that is drawn as held by the party, at the least; NaN where none is drawn."""
        return at_least(points, distance(self.held[party], points), params)

    def kept_m(self, party: str, points: NDArray[np.object_], params: AttributionParams) -> Floats:
        """How far off, at the least, any ground is on which the party may stand; 0 where it may stand at the place."""
        ground = self.closed[party]
        if shapely.is_empty(ground):
            return np.zeros(len(points))
        shapely.prepare(ground)
        off = np.where(shapely.contains(ground, points), shapely.distance(shapely.boundary(ground), points), 0.0)
        return at_least(points, off, params)


def distance(ground: shapely.Geometry, points: NDArray[np.object_]) -> Floats:
    """Metres on the drawing; NaN where there is no such ground."""
    if shapely.is_empty(ground):
        return np.full(len(points), np.nan)
    shapely.prepare(ground)
    found: Floats = shapely.distance(ground, points)
    return found


def at_least(points: NDArray[np.object_], flat_m: Floats, params: AttributionParams) -> Floats:
    """Metres on the drawing -> the least that they may be on the earth.

    A drawing that keeps distances from its middle stretches those across by a / sin a, at an angle a from the middle.
    """
    out_m = np.hypot(shapely.get_x(points), shapely.get_y(points)) + np.nan_to_num(flat_m)
    angle = np.minimum(out_m / EARTH_M, math.pi)
    shrunk: Floats = flat_m * np.sinc(angle / math.pi) * (1 - params.flat_slack)
    return shrunk


def sheet(drawn: pl.DataFrame, agreement: Agreement) -> Sheet:
    """areas of one source and one instant -> its drawing. Names that maps use for holders are parties' as in `also`."""
    shapes = shapely.from_wkb(drawn["geometry"].to_numpy())
    to_flat = _flat(shapes)
    flat = [_moved(shape, to_flat) for shape in shapes]
    names = drawn["held_by"].to_list()
    ids = [party.id for party in agreement.parties]
    owners = {name: frozenset(p.id for p in agreement.parties_of(name)) for name in set(names) if name not in OPEN}
    told = [(owners[name], shape) for name, shape in zip(names, flat, strict=True) if name in owners]
    doubt = shapely.union_all([shape for name, shape in zip(names, flat, strict=True) if name in OPEN])
    held = {party: shapely.union_all([shape for who, shape in told if party in who]) for party in ids}
    others = {party: shapely.union_all([shape for who, shape in told if party not in who]) for party in ids}
    closed = {p: shapely.difference(others[p], shapely.union(held[p], doubt)) for p in ids}
    strangers = shapely.union_all([shape for who, shape in told if not who])
    return Sheet(drawn["source"][0], drawn["on"][0], held, closed, strangers, to_flat)


def maps(areas: pl.DataFrame) -> pl.DataFrame:
    """areas -> those that say who holds ground, with their maps in order of source and instant."""
    return areas.filter(pl.col("held_by").is_not_null()).sort("source", "on", "geometry")


def latest(incidents: pl.DataFrame, drawn: pl.DataFrame, params: AttributionParams) -> pl.DataFrame:
    """incidents(id, t0, t1), maps -> incident, source, on: of each source the latest map at or before the incident,
    where it is not too old by the incident's end."""
    made = drawn.select("source", "on").unique().sort("on")
    kinds = pl.Schema({"id": pl.String(), "source": pl.String(), "on": UTC_US})
    rows = [
        incidents.select("id", "t0", "t1")
        .sort("t0")
        .join_asof(of, left_on="t0", right_on="on", strategy="backward")
        .filter((pl.col("t1") - pl.col("on")).dt.total_microseconds() <= params.map_age_days * 86_400e6)
        .select(list(kinds))
        for _, of in sorted(made.partition_by("source", as_dict=True, maintain_order=True).items())
    ]
    return pl.concat([pl.DataFrame(schema=kinds), *rows]).rename({"id": "incident"}).sort("source", "on", "incident")


def _flat(shapes: NDArray[np.object_]) -> pyproj.Transformer:
    west, south, east, north = shapely.total_bounds(shapes)
    middle = f"+lat_0={(south + north) / 2} +lon_0={(west + east) / 2}"
    return pyproj.Transformer.from_crs(CRS84, pyproj.CRS(f"+proj=aeqd {middle} +datum=WGS84 +units=m"), always_xy=True)


def _moved(shape: shapely.Geometry, to_flat: pyproj.Transformer) -> shapely.Geometry:
    def step(xy: Floats) -> Floats:
        return np.column_stack(to_flat.transform(xy[:, 0], xy[:, 1]))

    moved = shapely.transform(shapely.segmentize(shape, _STEP_DEG), step)
    whole = moved if shapely.is_valid(moved) else shapely.make_valid(moved)
    ground = [part for part in shapely.get_parts(whole) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(ground)
