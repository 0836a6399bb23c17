"""Step 2: where a reading holds, as ground. What is not at hand is said, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl
import pyproj
import shapely

from trucewatch.assess.geometry import local, moved, unrolled, widened
from trucewatch.assess.inside import Insides, p_inside
from trucewatch.assess.model import CRS84, Reading, Where
from trucewatch.assess.params import AssessParams
from trucewatch.base.errors import InputError

__all__ = ["Insides", "Zone", "drawing_of", "ground_of", "local", "p_inside", "role_of", "widened", "zone_of"]


@dataclass(frozen=True)
class Zone:
    """kind: `everywhere`, `polygon` or `unknown`; shape: in OGC:CRS84, with longitudes beyond 180 where it crosses the
    antimeridian; lacks: what is not at hand; source, on: whose map it is from, and of when."""

    kind: str
    shape: shapely.Geometry | None = None
    lacks: str | None = None
    source: str | None = None
    on: datetime | None = None


def zone_of(reading: Reading, areas: pl.DataFrame, params: AssessParams) -> Zone:
    """A reading's `where` with the maps at hand -> its ground: lines are read as they stood when the term began.

    Where nobody knows when that was, and maps of that time differ, nobody knows which of them counts.
    """
    when, where = reading.when, reading.where
    found = ground_of(where, when.since, areas, params)
    vague = when.since is None or (when.starts[0] != when.starts[1] and when.actual is None)
    if not vague or role_of(where) is None or found.on is None:
        return found
    drawn = _drawn(where, areas).filter(pl.col("on") >= (found.on if when.since else pl.col("on").min()))
    if when.starts[1] is not None:
        drawn = drawn.filter(pl.col("on") <= when.starts[1])
    ways = drawn.group_by("source", "on").agg(pl.col("geometry").sort()).select("source", "geometry").n_unique()
    if ways < 2:
        return found
    return Zone("unknown", lacks=f"when the term began, and so which map that draws the {role_of(where)} counts")


def ground_of(where: Where, since: datetime | None, areas: pl.DataFrame, params: AssessParams) -> Zone:
    """A `where`, the term's start and the maps at hand -> its ground. Raises InputError for a ring that crosses itself,
    a CRS that there is not, and a side that is told by a point on the line."""
    if where.everywhere:
        return Zone("everywhere")
    if where.ring:
        return Zone("polygon", _polygon(where))
    if where.path:
        line = shapely.LineString(where.path)
        return Zone("polygon", widened(_in_degrees(line, where.crs), where.side_m or 0.0, params, where.toward))
    if role_of(where) is None:
        return Zone("unknown", lacks=f"the ground meant by: {where.says}")
    found = drawing_of(where, since, areas)
    if found.shape is None or where.side_m is None:
        return found
    try:
        return replace(found, shape=widened(found.shape, where.side_m, params, where.toward))
    except InputError as wrong:  # the map's line and the agreement's point do not go together: no fault of either
        return Zone("unknown", lacks=f"{wrong.expected}: {wrong.what} (the {role_of(where)} by {found.source})")


def role_of(where: Where) -> str | None:
    """The role that a map gives to what is meant; None where no map is asked.

    >>> role_of(Where("along the line", line="contact", side_m=1.0))
    'line: contact'
    """
    return f"line: {where.line}" if where.line else f"zone: {where.role}" if where.role else None


def drawing_of(where: Where, since: datetime | None, areas: pl.DataFrame) -> Zone:
    """The line or zone meant as one source drew it last before the term began, not widened."""
    name = role_of(where)
    drawn = _drawn(where, areas)
    if since is not None:
        drawn = drawn.filter(pl.col("on") <= since)
    if drawn.is_empty():
        when = f" of {since:%Y-%m-%d}" if since else ""
        whose = f" by {where.map}" if where.map else ""
        return Zone("unknown", lacks=f"a map{when}{whose} that draws the {name}")
    if len(rivals := drawn["source"].unique().sort().to_list()) > 1:
        return Zone("unknown", lacks=f"one map: several draw the {name} (sources {', '.join(rivals)})")
    latest = drawn.filter(pl.col("on") == pl.col("on").max())
    shape = shapely.union_all(shapely.from_wkb(latest["geometry"].sort().to_numpy()))
    return Zone("polygon", shape, source=rivals[0], on=latest["on"][0])


def _drawn(where: Where, areas: pl.DataFrame) -> pl.DataFrame:
    """All that draws it, by the source that is meant where one is."""
    drawn = areas.filter(pl.col("role") == role_of(where))
    return drawn if where.map is None else drawn.filter(pl.col("source") == where.map)


def _polygon(where: Where) -> shapely.Geometry:
    shape = _in_degrees(shapely.Polygon(where.ring, where.holes), where.crs)
    if not shapely.is_valid(shape):
        raise InputError(f"the zone's ring crosses itself ({where.says})", field="where.polygon.ring")
    return shape


def _in_degrees(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    if crs == CRS84:
        whole: shapely.Geometry = unrolled(shape)
        return whole
    try:
        return moved(shape, pyproj.Transformer.from_crs(crs, CRS84, always_xy=True))
    except pyproj.exceptions.CRSError:
        raise InputError(f"there is no CRS {crs!r}", expected="a name, as OGC:CRS84 or EPSG:32637") from None
