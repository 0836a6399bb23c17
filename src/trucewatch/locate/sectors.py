"""What observers of one happening say -> where it may have been, as polygons, and whether it was one happening.

(1) each       how likely would this observer say this, were it there? A wedge with soft edges
(2) together   each speaks of this happening, or, with a small chance, of another: a product of mixtures on a grid
(3) again      the same on a finer grid, laid where it may have been
(4) regions    the cells that hold 50, 80 and 95 in 100, densest first, as polygons; points that stand for all of it
(5) one?       the chance that not all of them speak of the same
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr

from trucewatch.locate.params import SectorParams
from trucewatch.locate.plane import Plane
from trucewatch.locate.shapes import degrees

Floats = NDArray[np.float64]
_SIGHTINGS: dict[str, Any] = {
    "happening": pl.String, "observer": pl.String, "lon": pl.Float64, "lat": pl.Float64, "bearing_deg": pl.Float64,
    "spread_deg": pl.Float64, "near_m": pl.Float64, "far_m": pl.Float64, "seen": pl.Boolean, "at_s": pl.Float64,
    "span_s": pl.Float64, "sd_m": pl.Float64,
}  # fmt: skip
SIGHTINGS = pl.Schema(_SIGHTINGS)
"""A row an observer of a happening. A bearing or a range may be null; `at_s` is the middle of its time, null too. Where
`sd_m` is told, it is a point with that error that was seen, and neither bearing nor range counts."""
_PLACES: dict[str, Any] = {
    "happening": pl.String, "lon": pl.Float64, "lat": pl.Float64, "radius_m": pl.Float64, "n_observers": pl.Int64,
    "p_not_same": pl.Float64, "p_other": pl.List(pl.Float64), "observers": pl.List(pl.String), "spread": pl.Binary,
}  # fmt: skip
PLACES = pl.Schema(_PLACES)
"""A row a happening: the middle of its region, a radius that holds 95 in 100 of it, the chance that its observers
do not all speak of the same (null for one), for each its chance to speak of another, and points that stand for it."""
_REGIONS: dict[str, Any] = {"happening": pl.String, "level": pl.Float64, "region": pl.Binary, "km2": pl.Float64}
REGIONS = pl.Schema(_REGIONS)
_ORDER = ["happening", "lat", "lon", "bearing_deg", "spread_deg", "near_m", "far_m", "sd_m", "seen", "at_s", "observer"]
_NEVER, _ALMOST_ALL, _HOLDS = 1e-300, 1 - 1e-6, 0.95


@dataclass(frozen=True)
class _Said:
    """What the observers of one happening said, as columns, on one plane; NaN where not told."""

    x: Floats
    y: Floats
    bearing: Floats
    spread: Floats
    near: Floats
    far: Floats
    seen: NDArray[np.bool_]
    at: Floats
    span: Floats
    sd: Floats

    def __len__(self) -> int:
        return len(self.x)


def regions(sightings: pl.DataFrame, params: SectorParams | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """sightings -> places, regions(happening, level, region, km2). Rows in any order give the same answer."""
    params = params or SectorParams()
    made = [_one(part, params) for part in sightings.sort(_ORDER, nulls_last=True).partition_by("happening")]
    places = pl.DataFrame([place for place, _ in made], schema=PLACES, orient="row")
    return places, pl.DataFrame([row for _, rows in made for row in rows], schema=REGIONS, orient="row")


def _one(part: pl.DataFrame, params: SectorParams) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    name = part["happening"][0]
    plane = Plane.around(part["lon"].to_numpy(), part["lat"].to_numpy())
    said = _laid(part, plane)
    x, y, cell, density, _ = _posterior(said, _frame(said, params), params.coarse_cells, params)
    x, y, cell, density, parts = _posterior(said, _where(x, y, cell, density), params.fine_cells, params)
    weight = density / density.sum()
    rows = []
    for level in params.levels:
        shape = _held(x, y, cell, weight, level)
        rows.append((name, level, shapely.to_wkb(degrees(shape, plane), byte_order=1), shapely.area(shape) / 1e6))
    mx, my = float((weight.sum(axis=0) * x).sum()), float((weight.sum(axis=1) * y).sum())
    lon, lat = plane.back(mx, my)
    not_same, other = _not_same(said, parts, params)
    place = (
        name, float(lon), float(lat), _radius(x, y, cell, weight, mx, my), len(said), not_same, other,
        part["observer"].to_list(), shapely.to_wkb(_points(x, y, weight, plane, params), byte_order=1),
    )  # fmt: skip
    return place, rows


def _laid(part: pl.DataFrame, plane: Plane) -> _Said:
    def column(name: str) -> Floats:
        return np.array(part[name].cast(pl.Float64).fill_null(np.nan).to_numpy(), dtype=float)

    x, y = plane.there(column("lon"), column("lat"))
    # North at the observer is not quite north on the plane, the less so the nearer to a pole.
    step = 1e-4
    lat = column("lat")
    toward = np.where(lat < 90 - 2 * step, step, -step)
    nx, ny = plane.there(column("lon"), lat + toward)
    north = np.degrees(np.arctan2((nx - x) * np.sign(toward), (ny - y) * np.sign(toward)))
    return _Said(
        x, y, column("bearing_deg") + north, column("spread_deg"), column("near_m"), column("far_m"),
        part["seen"].fill_null(False).to_numpy(), column("at_s"), np.nan_to_num(column("span_s")), column("sd_m"),
    )  # fmt: skip


def _frame(said: _Said, params: SectorParams) -> tuple[float, float, float, float]:
    """Box on the plane that holds all that any observer may have meant."""
    share = np.where(said.seen, params.seen_range_share, params.heard_range_share)
    reach = np.where(np.isnan(said.far), 2 * params.reach_m, said.far / (1 - 3.5 * share) + 4 * params.range_floor_m)
    reach = np.where(np.isnan(said.sd), reach, 4 * said.sd)
    return (
        float((said.x - reach).min()), float((said.y - reach).min()),
        float((said.x + reach).max()), float((said.y + reach).max()),
    )  # fmt: skip


def _grid(box: tuple[float, float, float, float], cells: int) -> tuple[Any, Any, float]:
    """Middles of square cells that cover the box."""
    west, south, east, north = box
    cell = max(east - west, north - south, 1.0) / cells
    nx, ny = max(1, int(np.ceil((east - west) / cell))), max(1, int(np.ceil((north - south) / cell)))
    return np.asarray(west + cell * (np.arange(nx) + 0.5)), np.asarray(south + cell * (np.arange(ny) + 0.5)), cell


def _likely(said: _Said, k: int, x: Floats, y: Floats, params: SectorParams) -> Floats:
    """How likely would observer k say this, were it at each cell: 0 to 1."""
    dx, dy = x[None, :] - said.x[k], y[:, None] - said.y[k]
    if not np.isnan(said.sd[k]):
        return np.asarray(np.exp(-(dx**2 + dy**2) / (2 * said.sd[k] ** 2)))
    made = np.ones(np.broadcast_shapes(dx.shape, dy.shape))
    if not np.isnan(said.bearing[k]):
        sd = params.seen_bearing_sd_deg if said.seen[k] else params.heard_bearing_sd_deg
        off = np.abs((np.degrees(np.arctan2(dx, dy)) - said.bearing[k] + 180) % 360 - 180)
        half = said.spread[k]
        made = ndtr((half - off) / sd) - ndtr((-half - off) / sd)
    far = np.hypot(dx, dy)
    if np.isnan(said.far[k]) and np.isnan(said.near[k]):
        made = made / (1 + (far / params.reach_m) ** params.reach_power)
        return np.asarray(made)
    share = params.seen_range_share if said.seen[k] else params.heard_range_share
    sd = np.hypot(share * far, params.range_floor_m)
    most = np.inf if np.isnan(said.far[k]) else said.far[k]
    least = -np.inf if np.isnan(said.near[k]) or said.near[k] <= 0 else said.near[k]
    made = made * (ndtr((most - far) / sd) - ndtr((least - far) / sd))
    if np.isinf(most):
        made = made / (1 + (far / params.reach_m) ** params.reach_power)
    return np.asarray(made)


def _posterior(
    said: _Said, box: tuple[float, float, float, float], cells: int, params: SectorParams
) -> tuple[Floats, Floats, float, Floats, tuple[Floats, Floats, Floats]]:
    """Box -> middles of cells, their size, the density there, and what step 5 needs: evidence for each and for all."""
    x, y, cell = _grid(box, cells)
    field = _field(said, params)
    stack = np.stack([_likely(said, k, x, y, params) for k in range(len(said))])
    if len(said) == 1:  # nobody else who could contradict: taken at his word
        return x, y, cell, stack[0] + _NEVER, (stack[0].sum(keepdims=True), np.zeros(1), np.zeros(1))
    elsewhere = np.array([_elsewhere(said, k, params) for k in range(len(said))]) / field
    p = params.p_other
    mixed = np.log((1 - p) * stack + (p * elsewhere)[:, None, None] + _NEVER)
    total = mixed.sum(axis=0)
    top = total.max()
    density = np.exp(total - top)
    # Sums over the box of: all observers mean this; all but k do; any mixture.
    ours = np.exp(np.log((1 - p) * stack + _NEVER).sum(axis=0) - top).sum()
    without = np.array([
        np.exp(total - mixed[k] + np.log(p * elsewhere[k] + _NEVER) - top).sum() for k in range(len(said))
    ])  # fmt: skip
    return x, y, cell, density, (np.array([ours]), without, np.array([density.sum()]))


def _field(said: _Said, params: SectorParams) -> float:
    """Square metres on which another happening could have been."""
    side = 2 * params.field_m
    return float((np.ptp(said.x) + side) * (np.ptp(said.y) + side))


def _elsewhere(said: _Said, k: int, params: SectorParams) -> float:
    """Integral of what observer k says over all the ground: how likely he would say it of something anywhere."""
    one = _Said(*(getattr(said, name)[k : k + 1] for name in said.__dataclass_fields__))
    x, y, cell = _grid(_frame(one, params), params.coarse_cells)
    return float(_likely(one, 0, x, y, params).sum() * cell * cell)


def _where(x: Floats, y: Floats, cell: float, density: Floats) -> tuple[float, float, float, float]:
    """Box of the cells that hold almost all, and one cell more to each side."""
    flat = np.sort(density.ravel())[::-1]
    held = np.cumsum(flat)
    bar = flat[min(int(np.searchsorted(held, _ALMOST_ALL * held[-1])), len(flat) - 1)]
    rows, columns = np.nonzero(density >= bar)
    return (
        float(x[columns.min()] - 1.5 * cell), float(y[rows.min()] - 1.5 * cell),
        float(x[columns.max()] + 1.5 * cell), float(y[rows.max()] + 1.5 * cell),
    )  # fmt: skip


def _held(x: Floats, y: Floats, cell: float, weight: Floats, level: float) -> shapely.Geometry:
    """The densest cells that together hold `level`, as polygons: each row's runs of cells as one box, joined."""
    flat = weight.ravel()
    order = np.argsort(-flat, kind="stable")
    n = int(np.searchsorted(np.cumsum(flat[order]), level)) + 1
    inside = np.zeros(flat.shape, dtype=np.int8)
    inside[order[:n]] = 1
    edge = np.diff(np.pad(inside.reshape(weight.shape), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edge == 1)
    _, ends = np.nonzero(edge == -1)
    west, south = x[0] - cell / 2, y[0] - cell / 2
    boxes = shapely.box(west + cell * starts, south + cell * rows, west + cell * ends, south + cell * (rows + 1))
    return shapely.union_all(boxes)


def _radius(x: Floats, y: Floats, cell: float, weight: Floats, mx: float, my: float) -> float:
    """Radius round the middle that holds 95 in 100."""
    far = np.hypot(x[None, :] - mx, y[:, None] - my).ravel()
    order = np.argsort(far, kind="stable")
    n = min(int(np.searchsorted(np.cumsum(weight.ravel()[order]), _HOLDS)), len(order) - 1)
    return float(far[order[n]] + cell / 2)


def _points(x: Floats, y: Floats, weight: Floats, plane: Plane, params: SectorParams) -> shapely.Geometry:
    """Points that stand for the density, each with the same share of it: cells are walked to and fro, row by row."""
    columns = np.tile(np.arange(len(x)), (len(y), 1))
    columns[1::2] = columns[1::2, ::-1]
    rows = np.repeat(np.arange(len(y)), len(x))
    walked = np.cumsum(np.take_along_axis(weight, columns, axis=1).ravel())
    at = np.searchsorted(walked, (np.arange(params.points) + 0.5) / params.points * walked[-1])
    at = np.minimum(at, len(walked) - 1)
    lon, lat = plane.back(x[columns.ravel()[at]], y[rows[at]])
    return shapely.MultiPoint(np.column_stack([lon, lat]))


def _not_same(
    said: _Said, parts: tuple[Floats, Floats, Floats], params: SectorParams
) -> tuple[float | None, list[float | None]]:
    """Chance that not all speak of the same, and of each to speak of another; null for one alone."""
    if len(said) == 1:
        return None, [None]
    ours, without, total = parts
    same = float(ours[0] / total[0])
    odds = same / max(1 - same, _NEVER) * _times(said, params)
    other: list[float | None] = [float(min(1.0, part / total[0])) for part in without]
    return float(1 / (1 + odds)), other


def _times(said: _Said, params: SectorParams) -> float:
    """How much likelier are their times if it was one happening than if each was another; 1 where they are not told."""
    told = ~np.isnan(said.at)
    n = int(told.sum())
    if n < 2:
        return 1.0
    at, variance = said.at[told], params.clock_sd_s**2 + said.span[told] ** 2 / 12
    middle = (at / variance).sum() / (1 / variance).sum()
    squares = ((at - middle) ** 2 / variance).sum()
    log_same = -squares / 2 - np.log(2 * np.pi * variance).sum() / 2 + np.log(2 * np.pi / (1 / variance).sum()) / 2
    return float(np.exp(np.clip(log_same + (n - 1) * np.log(params.other_s), -600, 600)))
