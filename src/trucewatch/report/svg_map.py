"""Step 5: the map, as an SVG string. Ground by whose map holds it, zones of the terms, incidents per cell."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

import polars as pl
import shapely

from trucewatch.base.place import METRES_PER_DEGREE, cell_centre, cell_of
from trucewatch.report.params import ReportParams
from trucewatch.report.words import counted

FILLS = ("#dfe6ee", "#eee6da", "#e4ebdf", "#ebe1ea", "#e3e9e9")
"""Quiet tints given to parties by their place in the agreement, of one lightness, so that none stands out."""
CONTESTED, UNKNOWN = "url(#grey)", "#f4f4f2"


@dataclass(frozen=True)
class View:
    """A window of ground on the page: west, south, east, north in degrees; width, height in pixels."""

    west: float
    south: float
    east: float
    north: float
    width: int
    height: int

    def x(self, lon: float) -> float:
        """Degrees east -> pixels from the left."""
        return (lon - self.west) / (self.east - self.west) * self.width

    def y(self, lat: float) -> float:
        """Degrees north -> pixels from the top."""
        return (self.north - lat) / (self.north - self.south) * self.height

    def path(self, shape: shapely.Geometry, thin_deg: float) -> str:
        """A shape, cut to the window -> SVG path data."""
        cut = shapely.intersection(shapely.make_valid(shape), shapely.box(self.west, self.south, self.east, self.north))
        parts = []
        for part in shapely.get_parts(shapely.simplify(cut, thin_deg)):
            rings = (
                [part.exterior, *part.interiors]
                if part.geom_type == "Polygon"
                else [part]
                if part.geom_type == "LineString"
                else []
            )
            for ring in rings:
                points = [f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in shapely.get_coordinates(ring).tolist()]
                if not points:
                    continue
                parts.append("M" + "L".join(points) + ("Z" if part.geom_type == "Polygon" else ""))
        return "".join(parts)


def view_of(incidents: pl.DataFrame, params: ReportParams) -> View | None:
    """The window that shows `map_keep` of the located incidents, with a margin; None where none is located."""
    placed = incidents.filter(pl.col("lon").is_not_null())
    if placed.is_empty():
        return None
    edge = (1 - params.map_keep) / 2
    low, high = (
        placed.select(pl.col("lon", "lat").quantile(edge)),
        placed.select(pl.col("lon", "lat").quantile(1 - edge)),
    )
    west, south = low.row(0)
    east, north = high.row(0)
    # Near a pole degrees east shrink to nothing; the map then stays as wide as it would be a little off it.
    middle = max(math.cos(math.radians((south + north) / 2)), 0.05)
    span = max(east - west, (north - south) / middle * 0.8, 0.2)
    pad = span * 0.08
    wide, tall = max(east - west, span * 0.55) + 2 * pad, max(north - south, span * middle * 0.4) + 2 * pad * middle
    x, y = (west + east) / 2, (south + north) / 2
    height = round(params.map_width * tall / (wide * middle))
    return View(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2, params.map_width, min(height, params.map_width))


def draw_map(
    incidents: pl.DataFrame, areas: pl.DataFrame, terms: pl.DataFrame, parties: dict[str, int], params: ReportParams
) -> dict[str, Any]:
    """incidents, areas, terms -> svg, the number that it shows and leaves out, and its legend's facts."""
    view = view_of(incidents, params)
    nothing = {"svg": "", "shown": 0, "outside": 0, "grounds": [], "lines": 0, "zones": 0, "smallest": 0, "largest": 0}
    if view is None:
        return {**nothing, "unplaced": incidents.height}
    placed = incidents.filter(pl.col("lon").is_not_null())
    inside = placed.filter(
        pl.col("lon").is_between(view.west, view.east), pl.col("lat").is_between(view.south, view.north)
    )
    grounds, drawn = _ground(areas, parties, view, params)
    lines, zones, cells = _lines(areas, view, params), _zones(terms, view, params), _cells(inside, params)
    sizes = _Sizes.of(cells, view, params)
    body = [*grounds, *_graticule(view), *lines, *zones, *_regions(inside, view, params)]
    body += _circles(cells, sizes, view)
    body += [*_labels(inside, view, params), *_scale(view)]
    legend, tall = _legend(sizes, view, bool(lines), bool(zones))
    told = f"{counted(inside.height, 'incident')} with a place, as circles per cell of {params.map_cell_m / 1000:g} km"
    head = (
        f'<svg class="map" viewBox="0 0 {view.width} {view.height + tall}" role="img" aria-label="Map: {html.escape(told)}" xmlns="http://www.w3.org/2000/svg">'
        '<defs><pattern id="grey" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="6" height="6" fill="#f1f0ec"/><path d="M0 0V6" stroke="#c9c6be" stroke-width="1.5"/></pattern>'
        f'<clipPath id="window"><rect width="{view.width}" height="{view.height}"/></clipPath></defs>'
        f'<rect width="{view.width}" height="{view.height}" fill="#fbfbfa"/><g clip-path="url(#window)">'
    )
    frame = f'</g><rect x=".5" y=".5" width="{view.width - 1}" height="{view.height - 1}" fill="none" stroke="#bbb"/>'
    return {
        "svg": head + "".join(body) + frame + "".join(legend) + "</svg>",
        "shown": inside.height,
        "outside": placed.height - inside.height,
        "unplaced": incidents.height - placed.height,
        "grounds": drawn,
        "lines": len(lines),
        "zones": len(zones),
        "smallest": sizes.fewest,
        "largest": sizes.most,
    }


def _ground(
    areas: pl.DataFrame, parties: dict[str, int], view: View, params: ReportParams
) -> tuple[list[str], list[dict[str, str]]]:
    held = areas.filter(pl.col("held_by").is_not_null())
    held = held.filter(pl.col("on") == pl.col("on").max().over("source")).sort("source", "held_by", "id")
    marks, drawn = [], []
    for source, holder in _holders(held, parties):
        mine = held.filter((pl.col("source") == source) & (pl.col("held_by") == holder))
        shape = shapely.union_all(shapely.make_valid(shapely.from_wkb(mine["geometry"].to_numpy())))
        fill = {"contested": CONTESTED, "unknown": UNKNOWN}.get(holder) or FILLS[
            (parties.get(holder.casefold(), len(FILLS) - 1)) % len(FILLS)
        ]
        path = view.path(shape, params.simplify_deg)
        if not path:
            continue
        marks.append(f'<path d="{path}" fill="{fill}" stroke="#9aa" stroke-width=".6" fill-rule="evenodd"/>')
        when: Any = mine["on"].max()
        drawn.append(
            {
                "fill": fill if fill.startswith("#") else "#dddad3",
                "says": f"{holder}, by the map of {source}, {when:%Y-%m-%d %H:%M} UTC",
            }
        )
    return marks, drawn


def _holders(held: pl.DataFrame, parties: dict[str, int]) -> list[tuple[str, str]]:
    """(source, holder) pairs, parties in the agreement's order: no spelling leads."""
    pairs = held.select("source", "held_by").unique(maintain_order=True).rows()
    return sorted(pairs, key=lambda pair: (pair[0], parties.get(pair[1].casefold(), len(parties)), pair[1]))


def _lines(areas: pl.DataFrame, view: View, params: ReportParams) -> list[str]:
    lines = areas.filter(pl.col("role").str.starts_with("line: "))
    lines = lines.filter(pl.col("on") == pl.col("on").max().over("role")).sort("role", "id")
    paths = [
        (role, view.path(shapely.from_wkb(shape), params.simplify_deg))
        for role, shape in lines.select("role", "geometry").rows()
    ]
    return [
        f'<path d="{path}" fill="none" stroke="#444" stroke-width="1.4" stroke-dasharray="7 4"><title>{html.escape(role)}</title></path>'
        for role, path in paths
        if path
    ]


def _zones(terms: pl.DataFrame, view: View, params: ReportParams) -> list[str]:
    zones = terms.filter(pl.col("zone").is_not_null()).unique("zone", keep="first", maintain_order=True)
    paths = [
        (article, says or "", view.path(shapely.boundary(shapely.from_wkb(zone)), params.simplify_deg))
        for article, says, zone in zones.select("article", "where_says", "zone").rows()
    ]
    return [
        f'<path d="{path}" fill="none" stroke="#3b6ea5" stroke-width="1.1" stroke-dasharray="2 3"><title>Article {html.escape(article)}: {html.escape(says)}</title></path>'
        for article, says, path in paths
        if path
    ]


def _regions(inside: pl.DataFrame, view: View, params: ReportParams) -> list[str]:
    """Outlines of what observers' bearings and ranges leave, where the level lets them out; the latest, where many."""
    if "region" not in inside.columns:
        return []
    told = inside.filter(pl.col("region").is_not_null()).sort("t0", "t1", "lat", "lon").tail(params.map_regions)
    paths = [view.path(shapely.from_wkb(raw), params.region_simplify_deg) for raw in told["region"]]
    title = "<title>Where observers heard or saw it: 95 in 100</title>"
    return [
        f'<path d="{path}" fill="#8a6d3b" fill-opacity=".08" stroke="#8a6d3b" stroke-width=".7">{title}</path>'
        for path in paths
        if path
    ]


def _cells(inside: pl.DataFrame, params: ReportParams) -> pl.DataFrame:
    """incidents -> cells(cell, n, deadly, lon, lat), those with most first."""
    cell = cell_of(pl.col("lon"), pl.col("lat"), params.map_cell_m)
    cells = inside.group_by(cell=cell).agg(n=pl.len(), deadly=(pl.col("killed_high") > 0).sum())
    lon, lat = cell_centre(pl.col("cell"), params.map_cell_m)
    return cells.with_columns(lon=lon, lat=lat).sort(["n", "lat", "lon"], descending=[True, False, False])


@dataclass(frozen=True)
class _Sizes:
    """Fewest and most incidents of a cell, and the pixels of the largest circle's radius."""

    fewest: int
    most: int
    biggest: float

    @staticmethod
    def of(cells: pl.DataFrame, view: View, params: ReportParams) -> _Sizes:
        pixel_m = (view.north - view.south) * METRES_PER_DEGREE / view.height
        counts = cells["n"].to_list()
        biggest = max(9.0, min(26.0, 2.2 * params.map_cell_m / pixel_m))
        return _Sizes(min(counts, default=0), max(counts, default=0), biggest)

    def radius(self, n: int) -> float:
        return max(1.8, self.biggest * math.sqrt(n / self.most))


_ROUND = 'fill="#8a4b2a" fill-opacity=".45" stroke="#6b371d" stroke-width=".7"'


def _circles(cells: pl.DataFrame, sizes: _Sizes, view: View) -> list[str]:
    marks = []
    for n, deadly, x, y in cells.select("n", "deadly", "lon", "lat").rows():
        told = f"{counted(n, 'incident')} in this cell" + (f", {deadly} of them deadly" if deadly else "")
        marks.append(
            f'<circle cx="{view.x(x):.1f}" cy="{view.y(y):.1f}" r="{sizes.radius(n):.1f}" {_ROUND}><title>{told}</title></circle>'
        )
    return marks


def _legend(sizes: _Sizes, view: View, lines: bool, zones: bool) -> tuple[list[str], int]:
    """Beneath the map: the smallest and the largest circle with their numbers, and the strokes that are drawn -> height."""
    tall = math.ceil(2 * sizes.biggest + 10)
    x, middle = 2.0, view.height + tall / 2 + 1
    marks = []

    def text(told: str) -> None:
        nonlocal x
        marks.append(f'<text x="{x:.1f}" y="{middle + 4:.1f}" class="legend">{told}</text>')
        x += 6.2 * len(told) + 18

    for n in sorted({sizes.fewest, sizes.most} - {0}):
        radius = sizes.radius(n)
        marks.append(f'<circle cx="{x + radius:.1f}" cy="{middle:.1f}" r="{radius:.1f}" {_ROUND}/>')
        x += 2 * radius + 6
        text(counted(n, "incident"))
    strokes = [("lines", 'stroke="#444" stroke-width="1.4" stroke-dasharray="7 4"')] if lines else []
    strokes += [("zones of the terms", 'stroke="#3b6ea5" stroke-width="1.1" stroke-dasharray="2 3"')] if zones else []
    for told, stroke in strokes:
        marks.append(f'<path d="M{x:.1f} {middle:.1f}h34" fill="none" {stroke}/>')
        x += 40
        text(told)
    return marks, tall


def _labels(inside: pl.DataFrame, view: View, params: ReportParams) -> list[str]:
    named = (
        inside.filter(pl.col("place").is_not_null())
        .group_by("place")
        .agg(n=pl.len(), lon=pl.col("lon").median(), lat=pl.col("lat").median())
        .sort(["n", "lat", "lon", "place"], descending=[True, False, False, False])
    )
    marks: list[str] = []
    # Boxes are taken a little larger than letters are, and the scale has its own.
    taken = [(view.width - 190.0, view.height - 42.0, 190.0, 42.0)]
    for place, lon, lat in named.select("place", "lon", "lat").head(params.map_labels * 4).rows():
        text = place if len(place) <= 28 else place[:27] + "…"
        x, y, wide = view.x(lon) + 7, view.y(lat) - 4, 7.0 * len(text) + 6
        if x + wide > view.width:
            x -= wide + 8
        box = (x - 3, y - 13, wide, 18.0)
        if x < 0 or y < 14 or any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        marks.append(f'<text x="{x:.1f}" y="{y:.1f}" class="place">{html.escape(text)}</text>')
        if len(marks) == params.map_labels:
            break
    return marks


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Two boxes (left, top, width, height) have ground in common."""
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _step(span: float) -> float:
    return next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 45) if span / step <= 6 or step == 45)


def _graticule(view: View) -> list[str]:
    step = _step(max(view.east - view.west, 0.1))
    marks = []
    lon = math.ceil(view.west / step) * step
    while lon < view.east:
        marks.append(f'<path d="M{view.x(lon):.1f} 0V{view.height}" class="grid"/>')
        if view.x(lon) + 42 < view.width:
            marks.append(f'<text x="{view.x(lon) + 3:.1f}" y="{view.height - 5}" class="degree">{lon:.4g}°</text>')
        lon += step
    lat = math.ceil(view.south / step) * step
    while lat < view.north:
        marks.append(
            f'<path d="M0 {view.y(lat):.1f}H{view.width}" class="grid"/><text x="4" y="{view.y(lat) - 3:.1f}" class="degree">{lat:.4g}°</text>'
        )
        lat += step
    return marks


def _scale(view: View) -> list[str]:
    pixel_m = (view.north - view.south) * METRES_PER_DEGREE / view.height
    length = next(
        n
        for n in (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 1)
        if n / pixel_m <= 160
    )
    x, y = view.width - 20 - length / pixel_m, view.height - 26
    told = f"{length // 1000} km" if length >= 1000 else f"{length} m"
    return [
        f'<path d="M{x:.1f} {y - 4}v4h{length / pixel_m:.1f}v-4" fill="none" stroke="#333"/>'
        f'<text x="{x + length / pixel_m / 2:.1f}" y="{y - 7}" text-anchor="middle" class="degree">{told}</text>'
    ]
