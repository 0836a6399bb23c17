"""Bearings and ranges as people write them -> a sector of ground, its middle, and a radius that covers it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from trucewatch.base.place import shifted

POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
POINT_DEG = 360 / len(POINTS)
POINT_SPREAD_DEG = POINT_DEG / 2
"""A point of a 16-point compass stands for all bearings that are nearer to it than to its neighbours."""
DEGREES_SPREAD_DEG = 5.0
"""A bearing in degrees is read from a hand compass or a dial: to the nearest five or ten, so five either way."""
ALL_ROUND_DEG = 180.0
_WORDS = {"north": "N", "east": "E", "south": "S", "west": "W"}
_BETWEEN = re.compile(r"\s*(?:,|;|/|&|\band\b|\bto\b)\s*")
_RANGE = re.compile(
    r"^(?:about|approx\.?|~|ca\.?)?\s*(\d+(?:[.,]\d+)?)(?:\s*(?:-|–|to)\s*(\d+(?:[.,]\d+)?))?\s*(?:km)?$", re.I
)


def bearing(text: str) -> tuple[float, float] | None:
    """What is written -> (middle, spread) in degrees; None where it is no bearing.

    >>> bearing("SSE"), bearing("SE, SSE"), bearing("south-east and south-south-east") == bearing("SE, SSE")
    ((157.5, 11.25), (146.25, 22.5), True)
    >>> bearing("350"), bearing("N, NNW"), bearing("up")
    ((350.0, 5.0), (348.75, 22.5), None)
    """
    said: list[tuple[float, float]] = []
    for part in _BETWEEN.split(text.strip()):
        one = _one(part)
        if one is None:
            return None
        said.append(one)
    return _hull(said)


def _one(part: str) -> tuple[float, float] | None:
    number = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(?:°|deg|degrees)?", part)
    if number:
        turn = float(number[1])
        return (turn % 360, DEGREES_SPREAD_DEG) if turn <= 360 else None
    letters = part.lower()
    for word, letter in _WORDS.items():
        letters = letters.replace(word, letter)
    name = letters.replace("-", "").replace(" ", "").upper()
    return (POINTS.index(name) * POINT_DEG, POINT_SPREAD_DEG) if name in POINTS else None


def _hull(said: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The narrowest sector that holds all of them."""
    arms = sorted(dict(sorted(said)).items())
    spread = max(s for _, s in arms)
    turns = [turn for turn, _ in arms]
    gaps = [(turns[(n + 1) % len(turns)] - turn) % 360 or 360.0 for n, turn in enumerate(turns)]
    widest = max(range(len(gaps)), key=lambda n: gaps[n])
    start, length = turns[(widest + 1) % len(turns)], 360.0 - gaps[widest]
    return (start + length / 2) % 360, min(ALL_ROUND_DEG, length / 2 + spread)


def range_m(text: str) -> tuple[float, float] | None:
    """Kilometres as written -> (near, far) in metres; a single figure is as good as its last digit and no better.

    >>> range_m("2-4"), range_m("3 km"), range_m("0.6"), range_m("far")
    ((2000.0, 4000.0), (2500.0, 3500.0), (550.0, 650.0), None)
    """
    match = _RANGE.match(text.strip())
    if not match:
        return None
    low = float(match[1].replace(",", "."))
    if match[2]:
        high = float(match[2].replace(",", "."))
        return (round(min(low, high) * 1000, 3), round(max(low, high) * 1000, 3))
    decimals = len(re.split(r"[.,]", match[1])[1]) if re.search(r"[.,]", match[1]) else 0
    half = 0.5 * 10.0**-decimals
    return (round(max(0.0, low - half) * 1000, 3), round((low + half) * 1000, 3))


def centre(lon: pl.Expr, lat: pl.Expr, turn: pl.Expr, spread: pl.Expr, near: pl.Expr, far: pl.Expr) -> list[pl.Expr]:
    """A sector -> its middle (lon, lat) and the radius in metres of a circle around that which holds all of it.

    The farthest point of the sector is one of its four corners; without a bearing the middle is the observer.
    """
    middle = (near + far) / 2
    slant = (middle**2 + far**2 - 2 * middle * far * spread.radians().cos()).clip(0).sqrt()
    inner = (middle**2 + near**2 - 2 * middle * near * spread.radians().cos()).clip(0).sqrt()
    east, north = shifted(lon, lat, turn, middle)
    known = turn.is_not_null()
    return [
        pl.when(known).then(east).otherwise(lon),
        pl.when(known).then(north).otherwise(lat),
        pl.when(known).then(pl.max_horizontal(slant, inner, (far - near) / 2)).otherwise(far),
    ]


def circle(rows: pl.DataFrame, sides: int) -> pl.DataFrame:
    """rows(row, observer_lon, observer_lat, range_m) -> (row, x, y): the corners of an inscribed polygon, closed."""
    turns = pl.DataFrame({"turn": [360.0 * n / sides for n in range(sides)] + [0.0]})
    corners = rows.select("row", "observer_lon", "observer_lat", "range_m").join(
        turns, how="cross", maintain_order="left_right"
    )
    x, y = shifted(pl.col("observer_lon"), pl.col("observer_lat"), pl.col("turn"), pl.col("range_m"))
    return corners.select("row", x=x, y=y)
