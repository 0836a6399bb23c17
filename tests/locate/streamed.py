"""Invented streams: several shots that sound into each other, with false arrivals, echoes and deaf sensors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from trucewatch.locate.arrivals import locate
from trucewatch.locate.stream import told_apart
from trucewatch.locate.told import told

SPEED = 331.3 * math.sqrt(1 + 10 / 273.15)


@dataclass(frozen=True)
class Theatre:
    """What is drawn: how many shots and sensors, over how long and wide, who hears, and what else sounds."""

    shots: int = 4
    sensors: int = 10
    heard: float = 0.9
    false: int = 3
    echo: float = 0.0
    span_s: float = 3.0
    wide_m: float = 1000.0


def stream(theatre: Theatre, seed: int) -> tuple[dict, list[tuple[float, float, float]], dict[tuple[str, float], int]]:
    """-> a stream in the form of a file, the true places and times, and whose each arrival is."""
    draw = np.random.default_rng(seed)
    at = draw.uniform(-theatre.wide_m, theatre.wide_m, (theatre.sensors, 2))
    rows: list[tuple[int, float, int]] = []
    true = []
    for shot in range(theatre.shots):
        x, y, t0 = (*draw.uniform(-theatre.wide_m, theatre.wide_m, 2), draw.uniform(0, theatre.span_s))
        true.append((float(x), float(y), float(t0)))
        for m in range(theatre.sensors):
            if draw.random() < theatre.heard:
                t = t0 + math.hypot(at[m][0] - x, at[m][1] - y) / SPEED + draw.normal(0, 0.006)
                rows.append((m, t, shot))
                if draw.random() < theatre.echo:
                    rows.append((m, t + draw.exponential(0.3), -1))
    rows += [
        (int(draw.integers(theatre.sensors)), float(draw.uniform(0, theatre.span_s + 5)), -1)
        for _ in range(theatre.false)
    ]
    sensors = [{"sensor": f"m{m:02d}", "x": float(at[m][0]), "y": float(at[m][1]), "t": float(t)} for m, t, _ in rows]
    whose = {(f"m{m:02d}", float(t)): shot for m, t, shot in rows}
    return {"id": f"s{seed}", "temperature_c": 10, "wind": [0, 0], "sensors": sensors}, true, whose


def apart(*streams: dict) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """A file's streams -> located shots with their ids, their arrivals, what is left."""
    heads, rows, _ = told(list(streams), "file.json", stream=True)
    shots, arrivals, left = told_apart(heads, rows)
    located, _ = locate(shots, arrivals)
    return located.join(shots.select("happening", "id", "phase"), on="happening"), arrivals, left


def scored(theatre: Theatre, seeds: range, near_m: float = 30.0) -> tuple[float, float, float]:
    """-> share of the shots that were found, share of what was found that is one, share of arrivals with their own."""
    found = made = right = true = pure = given = 0
    for seed in seeds:
        one, shots, whose = stream(theatre, seed)
        located, arrivals, _ = apart(one)
        hit = set()
        for x, y, t in located.select("x", "y", "t").rows():
            near = {n for n, (a, b, c) in enumerate(shots) if math.hypot(x - a, y - b) < near_m and abs(t - c) < 0.1}
            right += bool(near)
            hit |= near
        for _, mine in arrivals.group_by("happening"):
            own = [whose[pair] for pair in mine.select("sensor", "t").rows()]
            pure += max(own.count(n) for n in set(own))
            given += len(own)
        found, made, true = found + len(hit), made + located.height, true + len(shots)
    return found / max(1, true), right / max(1, made), pure / max(1, given)
