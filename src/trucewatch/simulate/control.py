"""Maps of who holds what: two sides, a contested strip, the line; as GeoJSON, each of one day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from trucewatch.simulate.ground import Floats, Ground, advance
from trucewatch.simulate.params import SimulateParams


def map_days(params: SimulateParams) -> list[int]:
    """Days from the start that have a map: every so many, the truce's edges, and the day after the advance."""
    step = max(params.control_days, -(-params.days // params.control_most))
    days = {*range(0, params.days, step), params.days - 1, *params.truce_days}
    if params.truce.advance_km:
        days.add(int(advance(params)[1]) + 2)
    return sorted(day for day in days if day < params.days)


def control_map(ground: Ground, length_km: float, day: int) -> dict[str, Any]:
    """Ground as on the morning of that day -> a GeoJSON FeatureCollection."""
    params = ground.params
    land = params.ground
    y = np.linspace(0, length_km, max(2, int(length_km / land.vertex_km) + 1))
    line = ground.front(y, np.full(y.shape, float(day)))
    # Acts far behind the line fall about settlements, so the held ground reaches a settlement's square further.
    half, far = land.contested_km / 2, land.depth_km + land.settlement_km
    on = f"{params.start + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"
    first, second = params.parties
    bands = (
        ("contested", line - half, line + half),
        (first, line - far, line - half),
        (second, line + half, line + far),
    )
    features = [
        _feature({"held_by": who, "on": on, "name": f"held by {who}" if who != "contested" else "contested"},
                 "Polygon", [_ring(ground, west, east, y)])
        for who, west, east in bands
    ]  # fmt: skip
    features.append(_feature({"role": "line: contact", "on": on, "name": "line of contact"}, "LineString",
                             _points(ground, line, y)))  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _feature(properties: dict[str, str], kind: str, coordinates: list[Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def _points(ground: Ground, x: Floats, y: Floats) -> list[list[float]]:
    return [
        list(pair) for pair in zip(ground.lon(x, y).round(6).tolist(), ground.lat(y).round(6).tolist(), strict=True)
    ]


def _ring(ground: Ground, west: Floats, east: Floats, y: Floats) -> list[list[float]]:
    """Counter-clockwise (RFC 7946): north along the east side, south along the west side."""
    ring = _points(ground, east, y) + _points(ground, west, y)[::-1]
    return [*ring, ring[0]]
