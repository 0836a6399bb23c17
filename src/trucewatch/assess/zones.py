"""Step 2: where a reading holds, as ground. What is not at hand is said, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyproj
import shapely
from numpy.typing import NDArray

from trucewatch.assess.params import AssessParams
from trucewatch.assess.terms import CRS84, Agreement, Reading, Where
from trucewatch.base.errors import InputError
from trucewatch.tables import TERMS


@dataclass(frozen=True)
class Zone:
    """kind: `everywhere`, `polygon` or `unknown`; shape: in OGC:CRS84; lacks: what is not at hand."""

    kind: str
    shape: shapely.Geometry | None = None
    lacks: str | None = None


def terms_table(agreement: Agreement, areas: pl.DataFrame, params: AssessParams) -> pl.DataFrame:
    """agreement, areas -> terms, one row per term and reading, in the order of the agreement."""
    rows = []
    for term in agreement.terms:
        for reading in term.readings:
            zone = zone_of(reading, areas, params)
            rows.append(
                {
                    "id": f"{agreement.id}/{term.id}/{reading.who}",
                    "agreement": agreement.id,
                    "term": term.id,
                    "article": term.article,
                    "says": reading.says,
                    "source": reading.source,
                    "reading": reading.who,
                    "differs": reading.differs,
                    "binds": list(reading.binds),
                    "acts": list(reading.acts),
                    "targets": list(reading.targets) or None,
                    "weapons": list(reading.weapons) or None,
                    "since": reading.since,
                    "until": reading.until,
                    "ends": reading.ends,
                    "where_says": reading.where.says,
                    "zone": None if zone.shape is None else shapely.to_wkb(zone.shape),
                    "zone_kind": zone.kind,
                    "edge_m": reading.where.edge_m,
                    "hole_edge_m": reading.where.hole_edge_m,
                    "standard": reading.standard,
                    "unless": reading.unless,
                    "clears": None if reading.unless is None else reading.clears,
                    "lacks": zone.lacks,
                }
            )
    return TERMS.check(pl.DataFrame(rows, schema=TERMS.schema, orient="row"))


def zone_of(reading: Reading, areas: pl.DataFrame, params: AssessParams) -> Zone:
    """A reading's `where` with the maps at hand -> its ground."""
    where = reading.where
    if where.everywhere:
        return Zone("everywhere")
    if where.ring:
        return Zone("polygon", _polygon(where))
    name = f"line: {where.line}" if where.line else f"zone: {where.role}" if where.role else None
    if name is None:
        return Zone("unknown", lacks=f"the ground meant by: {where.says}")
    drawn = areas.filter(pl.col("role") == name)
    if reading.since is not None:
        drawn = drawn.filter(pl.col("on") <= reading.since)
    if where.map is not None:
        drawn = drawn.filter(pl.col("source") == where.map)
    if drawn.is_empty():
        when = f" of {reading.since:%Y-%m-%d}" if reading.since else ""
        whose = f" by {where.map}" if where.map else ""
        return Zone("unknown", lacks=f"a map{when}{whose} that draws the {name}")
    if len(rivals := drawn["source"].unique().sort().to_list()) > 1:
        return Zone("unknown", lacks=f"one map: several draw the {name} (sources {', '.join(rivals)})")
    found = _latest(drawn)
    return Zone("polygon", widened(found, where.side_m, params) if where.side_m is not None else found)


def _latest(drawn: pl.DataFrame) -> shapely.Geometry:
    """The latest of one source's drawings: lines are read as they stood when the term began."""
    drawn = drawn.filter(pl.col("on") == pl.col("on").max())
    return shapely.union_all(shapely.from_wkb(drawn["geometry"].sort().to_numpy()))


def _polygon(where: Where) -> shapely.Geometry:
    shape: shapely.Geometry = shapely.Polygon(where.ring, where.holes)
    if where.crs != CRS84:
        try:
            shape = _moved(shape, pyproj.Transformer.from_crs(where.crs, CRS84, always_xy=True))
        except pyproj.exceptions.CRSError:
            raise InputError(f"there is no CRS {where.crs!r}", expected="a name, as OGC:CRS84 or EPSG:32637") from None
    if not shapely.is_valid(shape):
        raise InputError(f"the zone's ring crosses itself ({where.says})", field="where.polygon.ring")
    return shape


def _moved(shape: shapely.Geometry, transformer: pyproj.Transformer) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


def local(shape: shapely.Geometry) -> tuple[pyproj.Transformer, pyproj.Transformer]:
    """Transformers from degrees to metres around the shape's middle and back (azimuthal equidistant on WGS84)."""
    west, south, east, north = shapely.bounds(shape)
    crs = pyproj.CRS(f"+proj=aeqd +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +datum=WGS84 +units=m")
    return (
        pyproj.Transformer.from_crs(CRS84, crs, always_xy=True),
        pyproj.Transformer.from_crs(crs, CRS84, always_xy=True),
    )


def widened(shape: shapely.Geometry, side_m: float, params: AssessParams) -> shapely.Geometry:
    """A line and a distance a side -> the zone, `side_m` metres to EACH side: a zone of width w has w/2 a side."""
    there, back = local(shape)
    metres = _moved(shapely.segmentize(shape, params.line_step_deg), there)
    return _moved(shapely.buffer(metres, side_m, quad_segs=32), back)


def p_inside(
    zone: shapely.Geometry, places: pl.DataFrame, edge_m: float, params: AssessParams, hole_edge_m: float = 0.0
) -> NDArray[np.float64]:
    """places(lon, lat, radius_m) -> chance of each to lie in the zone; NaN where that is not known.

    The true place scatters round the stated one as a round normal whose 95 in 100 circle is `radius_m`. Where that
    scatter meets the zone's edge, the chance is the share of evenly spread points of it that fall inside. The edge
    itself may be off by `edge_m`, those of its holes by `hole_edge_m`: where the smallest and the largest zone that
    it may be give chances that differ by more than `edge_matters`, it is not known; else the smaller one is said.
    A place whose error nobody stated is not known.
    """
    there, _ = local(zone)
    flat = _moved(shapely.segmentize(zone, params.line_step_deg), there)
    told = (places["lon"].is_not_null() & places["radius_m"].is_not_null()).to_numpy()
    x, y = there.transform(places["lon"].fill_null(0).to_numpy()[told], places["lat"].fill_null(0).to_numpy()[told])
    sd = places["radius_m"].fill_null(0).to_numpy()[told] / params.radius_sigmas
    inside = _chances(_off_by(flat, -edge_m, -hole_edge_m), x, y, sd, params)
    if edge_m or hole_edge_m:
        most = _chances(_off_by(flat, edge_m, hole_edge_m), x, y, sd, params)
        inside[most - inside > params.edge_matters] = np.nan
    chance = np.full(places.height, np.nan)
    chance[told] = inside
    return chance


def _off_by(flat: shapely.Geometry, edge_m: float, hole_edge_m: float) -> shapely.Geometry:
    """The zone with its outline moved outwards by `edge_m` and its holes made smaller by `hole_edge_m`."""
    if not edge_m and not hole_edge_m:
        return flat
    parts = [part for part in shapely.get_parts(flat) if part.geom_type == "Polygon"]
    outer = shapely.union_all([shapely.buffer(shapely.Polygon(part.exterior), edge_m) for part in parts])
    holes = [shapely.buffer(shapely.Polygon(ring), -hole_edge_m) for part in parts for ring in part.interiors]
    return shapely.difference(outer, shapely.union_all(holes)) if holes else outer


def _chances(
    flat: shapely.Geometry,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    sd: NDArray[np.float64],
    params: AssessParams,
) -> NDArray[np.float64]:
    if shapely.is_empty(flat):
        return np.zeros(len(x))
    shapely.prepare(flat)
    inside: NDArray[np.float64] = shapely.contains_xy(flat, x, y).astype(float)
    near = shapely.distance(shapely.boundary(flat), shapely.points(x, y)) < params.sure_sigmas * sd
    inside[near] = _share(flat, x[near], y[near], sd[near], params.zone_points)
    return inside


def _share(
    flat: shapely.Geometry, x: NDArray[np.float64], y: NDArray[np.float64], sd: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Share of n points of each scatter that lie inside: a sunflower, each ring with its share of the normal."""
    step = np.arange(n)
    far = np.sqrt(-2 * np.log(1 - (step + 0.5) / n))
    turn = step * np.pi * (3 - np.sqrt(5))
    hits = np.zeros(len(x))
    for dx, dy in zip(far * np.cos(turn), far * np.sin(turn), strict=True):
        hits += shapely.contains_xy(flat, x + dx * sd, y + dy * sd)
    return hits / n
