"""Maps, a place -> RINGS: each mapper's opinion by itself, under each treatment of contested ground."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.ring.control import TREATMENTS, Asked, Control, Drawn, Free, control, drawn
from trucewatch.ring.ladder import OUTSIDE, REAR, rung
from trucewatch.ring.params import RingParams
from trucewatch.ring.plane import Floats
from trucewatch.ring.pocket import HOLLOW, Measured, hollow, measured
from trucewatch.ring.routes import Roads, routes
from trucewatch.tables import RINGS, ROUTES

_NONE = Measured(None, False, None, None)


@dataclass(frozen=True)
class Rings:
    """What one question brings: RINGS and ROUTES."""

    rings: pl.DataFrame
    routes: pl.DataFrame


@dataclass(frozen=True)
class Beside:
    """What stands beside the maps: roads, incidents (None where none were given), the end of the day asked for."""

    roads: Roads | None = None
    incidents: pl.DataFrame | None = None
    until: datetime | None = None


def maps_of_day(areas: pl.DataFrame, until: datetime, params: RingParams, source: str | None = None) -> list[Drawn]:
    """areas -> of each mapper the latest map before `until` that is not too old, by the mapper's name. The order of
    the areas is that in which they came: of one instant's map the last."""
    told = areas.filter(pl.col("held_by").is_not_null() & (pl.col("on") < until))
    told = told.filter(pl.col("on") >= until - timedelta(days=params.map_age_days))
    told = told if source is None else told.filter(pl.col("source").is_in([source, f"control/{source}"]))
    made = []
    for name in told["source"].unique().sort():
        mine = told.filter(pl.col("source") == name)
        latest = mine.filter(pl.col("on") == mine["on"].max())
        made.append(drawn(_standing(latest)))
    return made


def maps_of_span(
    areas: pl.DataFrame, since: datetime, until: datetime, source: str | None = None
) -> list[pl.DataFrame]:
    """areas -> those of each map of [since, until), in order of mapper and instant."""
    told = areas.filter(pl.col("held_by").is_not_null() & pl.col("on").is_between(since, until, closed="left"))
    told = told if source is None else told.filter(pl.col("source").is_in([source, f"control/{source}"]))
    return [_standing(part) for _, part in sorted(told.partition_by("source", "on", as_dict=True).items())]


def _standing(told: pl.DataFrame) -> pl.DataFrame:
    """A mapper's areas of one instant -> those of the capture that came last: a map drawn again is no second map, and
    two are never laid over each other."""
    return told.filter(pl.col("capture") == told["capture"][-1])


def rings(maps: Iterable[Drawn], asked: Asked, params: RingParams, beside: Beside | None = None) -> Rings:
    """Maps, a place and whose force -> RINGS and ROUTES. No two maps are ever merged."""
    beside, rows, ways = beside or Beside(), [], [ROUTES.empty()]
    for told in maps:
        on, held = control(told, asked, params), told.at(asked)
        if told.off_m(asked) > params.outside_km * 1000:
            held = OUTSIDE
        rear = None if asked.rear is None else on.plane.points(np.asarray([asked.rear], np.float64))[0]
        for treatment in TREATMENTS:
            free = on.free(treatment)
            found = _NONE if held == OUTSIDE else measured(on, free, rear, params)
            lines = None
            if beside.roads is not None and found.neck_m is not None:
                lines = routes(told, treatment, asked, (on, free, found), beside.roads, beside.incidents, params)
                ways.append(lines)
            why = REAR if rear is not None and held != OUTSIDE and _own(free, rear) else held
            rows.append(_row(_Case(told, treatment, asked, held, why, lines, beside.until), on, found, params))
    return Rings(RINGS.fit(pl.DataFrame(rows, schema=RINGS.schema, orient="row")), pl.concat(ways))


def _own(free: Free, rear: Floats) -> bool:
    """Is the place on ground of the side, and the point of the main body not?"""
    return free.part_at(np.zeros(2)) is not None and free.part_at(rear) is None


@dataclass(frozen=True)
class _Case:
    """One map under one treatment, as the question asks; why: what keeps it from being told, where it is not; lines:
    ROUTES, None where no road was given."""

    told: Drawn
    treatment: str
    asked: Asked
    held: str
    why: str
    lines: pl.DataFrame | None
    until: datetime | None


def _row(case: _Case, on: Control, found: Measured, params: RingParams) -> tuple[Any, ...]:
    told, asked, lines = case.told, case.asked, case.lines
    made = rung(found, case.why, asked.side, lines, params)
    pocket, because = found.pocket, made.because
    if pocket is not None and found.neck_m == 0.0 and hollow(on, pocket.shape):
        because += f"; it may be a hole in the drawing: {HOLLOW}"
    line = None if found.line is None else wkb(on, shapely.LineString(found.line))
    lag = None if case.until is None else (case.until - told.on).total_seconds() / 3600
    left = None if lines is None else lines.filter(pl.col("state") != "cut").height
    return (
        told.source, told.on, told.capture, lag, case.treatment, asked.side, asked.lon, asked.lat, case.held,
        found.neck_m, found.narrows if found.neck_m is not None else None, line,
        None if pocket is None else wkb(on, pocket.shape), None if pocket is None else pocket.km2,
        None if pocket is None else pocket.depth_m, None if pocket is None else pocket.facing, _front(on),
        made.low, made.high, made.physical, made.lines, made.fire, left, because, made.settle,
    )  # fmt: skip


def wkb(on: Control, shape: Any) -> bytes:
    """A shape on the plane -> WKB in degrees, with longitudes in [-180, 180]."""
    made = on.plane.round(shape)
    return bytes(shapely.to_wkb(made, byte_order=1))


def _front(on: Control) -> float | None:
    """From the place to the nearest ground of another side."""
    here = shapely.Point(0, 0)
    if shapely.is_empty(on.theirs):
        return None
    ends: Floats = shapely.get_coordinates(shapely.shortest_line(here, on.theirs))
    return on.plane.length_m(ends[0], ends[1])
