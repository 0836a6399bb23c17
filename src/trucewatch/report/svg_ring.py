"""Necks over days, and the ground about a place, as drawings. The same tables give the same bytes."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.base.place import METRES_PER_DEGREE

_W, _H, _LEFT, _TOP = 760, 280, 70, 20
_STROKES = {"contested_free": "", "contested_hostile": ' stroke-dasharray="6 4"'}
_OTHERS, _GREY, _OWN = "#e9b8a6", "#d9cfc4", "#cfe3ee"
_INK = ("#1b4965", "#9a3412", "#4d7c0f", "#6b21a8", "#0f766e")


def draw_necks(rings: pl.DataFrame, mark_m: float) -> str:
    """RINGS over days -> an SVG: a line a mapper and treatment; no point where the place lies open; 0 is a closed ring.

    mark_m: a width that is marked across.
    """
    told = rings.filter(pl.col("neck_m").is_not_null() & pl.col("narrows").fill_null(False)).sort("on")
    if told.is_empty():
        return _svg(['<text x="20" y="40">no map shows a neck</text>'], _W, 80)
    when: list[datetime] = told["on"].to_list()
    first, last = when[0], when[-1]
    span = max((last - first).total_seconds(), 1.0)
    top: float = max([*told["neck_m"].to_list(), mark_m]) * 1.05

    def x(on: datetime) -> float:
        return _LEFT + (_W - _LEFT - 20) * (on - first).total_seconds() / span

    def y(neck: float) -> float:
        return _TOP + (_H - _TOP - 40) * (1 - neck / top)

    made = [
        f'<line x1="{_LEFT}" x2="{_W - 20}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="#bbb"/>'
        f'<text x="{_LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v / 1000:.1f} km</text>'
        for v in (0.0, mark_m, top / 1.05)
    ]
    made += [
        f'<text x="{x(on):.1f}" y="{_H - 22}" text-anchor="{anchor}">{on:%Y-%m-%d}</text>'
        for on, anchor in ((first, "start"), (last, "end"))
    ]
    sources = told["source"].unique().sort().to_list()
    for (source, treatment), mine in sorted(told.partition_by("source", "treatment", as_dict=True).items()):
        ink = _INK[sources.index(source) % len(_INK)]
        dots = list(zip(mine["on"].to_list(), mine["neck_m"].to_list(), strict=True))
        path = " ".join(f"{x(on):.1f},{y(neck):.1f}" for on, neck in dots)
        made.append(
            f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="2"{_STROKES[str(treatment)]}/>'
        )
        made += [f'<circle cx="{x(on):.1f}" cy="{y(neck):.1f}" r="2.5" fill="{ink}"/>' for on, neck in dots]
    legend = "; ".join(str(source) for source in sources)
    made.append(
        f'<text x="{_LEFT}" y="{_H - 6}">{_text(legend)}: contested ground free (line), hostile (dashes)</text>'
    )
    return _svg(made, _W, _H)


def _svg(parts: list[str], wide: int, high: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="11">'
    )
    return "\n".join([head, f'<rect width="{wide}" height="{high}" fill="#fff"/>', *parts, "</svg>\n"])


def _text(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def draw_ground(areas: pl.DataFrame, ring: dict[str, Any], side: str) -> str:
    """One map's areas, a row of RINGS -> an SVG of the ground about the place: the side's, others', contested, the
    pocket, its neck, the place."""
    lon, lat = ring["lon"], ring["lat"]
    reach = 0.12
    if ring["pocket"] is not None:
        west, south, east, north = shapely.bounds(shapely.from_wkb(ring["pocket"]))
        reach = min(max(reach, 1.4 * max(abs(north - lat), abs(lat - south)), (east - west) * 0.9), 1.0)
    size, tall = 420, reach
    wide = reach / max(_cos(lat), 0.1)
    box = shapely.box(lon - wide, lat - tall, lon + wide, lat + tall)

    def path(shape: Any) -> str:
        lines = []
        for part in shapely.get_parts(shapely.intersection(shape, box)):
            for edge in shapely.get_parts(shapely.boundary(part)) if part.geom_type == "Polygon" else [part]:
                xy = [
                    f"{(x - lon + wide) / (2 * wide) * size:.1f},{(lat + tall - y) / (2 * tall) * size:.1f}"
                    for x, y in shapely.get_coordinates(edge)
                ]
                lines.append("M" + "L".join(xy) + ("Z" if part.geom_type == "Polygon" else ""))
        return "".join(lines)

    made = []
    for fill, shape in _grounds(areas, side):
        made.append(f'<path d="{path(shape)}" fill="{fill}" fill-rule="evenodd" stroke="#777" stroke-width="0.5"/>')
    if ring["pocket"] is not None:
        shape = shapely.from_wkb(ring["pocket"])
        made.append(f'<path d="{path(shape)}" fill="none" stroke="#1b4965" stroke-width="1.5" fill-rule="evenodd"/>')
    if ring["neck_line"] is not None:
        made.append(
            f'<path d="{path(shapely.from_wkb(ring["neck_line"]))}" stroke="#b00020" stroke-width="3" fill="none"/>'
        )
    made.append(f'<circle cx="{size / 2}" cy="{size / 2}" r="4" fill="#111"/>')
    return _svg(made, size, size)


def draw_cells(areas: pl.DataFrame, at: tuple[float, float], cell_m: float, cells: int, side: str) -> str:
    """One map's areas -> an SVG of squares of `cell_m`, `cells` of them on each side of the one in whose middle `at`
    lies, each as whoever holds its middle; the middle one is framed. Nothing in it is finer than a square."""
    many, size = 2 * cells + 1, 420 // (2 * cells + 1)
    tall = cell_m / METRES_PER_DEGREE
    lon = at[0] + (np.arange(many) - cells) * tall / max(_cos(at[1]), 0.1)
    lat = at[1] - (np.arange(many) - cells) * tall
    x, y = np.meshgrid(lon, lat)
    hue = np.full(x.shape, "#ffffff", object)
    for fill, shape in _grounds(areas, side):
        inside = shapely.contains_xy(shape, x, y)
        hue[inside] = np.where((hue[inside] == _OTHERS) & (fill == _OWN), _GREY, fill)
    made = []
    for fill in (_OTHERS, _GREY, _OWN):
        at_row, at_column = np.nonzero(hue == fill)
        path = "".join(f"M{c * size} {r * size}h{size}v{size}h-{size}z" for r, c in zip(at_row, at_column, strict=True))
        made += [f'<path d="{path}" fill="{fill}"/>'] if path else []
    middle = cells * size
    made.append(f'<path d="M{middle} {middle}h{size}v{size}h-{size}z" fill="none" stroke="#111" stroke-width="2"/>')
    return _svg(made, many * size, many * size)


def _grounds(areas: pl.DataFrame, side: str) -> list[tuple[str, Any]]:
    """One map's areas -> fill and ground: other sides' together, contested and unknown together, the side's."""
    told = areas.filter(pl.col("held_by").is_not_null())
    who, grey = pl.col("held_by"), pl.col("held_by").is_in(["contested", "unknown"])
    made = []
    for fill, mine in ((_OTHERS, ~grey & (who != side)), (_GREY, grey & (who != side)), (_OWN, who == side)):
        shapes = shapely.from_wkb(told.filter(mine)["geometry"].to_numpy())
        shapes = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))] if len(shapes) else shapes
        if len(shapes):
            made.append((fill, shapely.union_all(shapes)))
    return made


def _cos(lat: float) -> float:
    return math.cos(math.radians(lat))
