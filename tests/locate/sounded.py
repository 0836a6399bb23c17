"""Invented happenings for the tests: sensors around a place, times as sound would bring them."""

from __future__ import annotations

import gzip
import json
import math
import os
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from trucewatch.locate import ArrivalParams
from trucewatch.locate.arrivals import locate
from trucewatch.locate.told import told

DATA = Path(os.environ.get("TRUCEWATCH_DATA") or Path(__file__).parents[3] / "shared/data")
SHOTS = DATA / "gunshot_location_2018/tests.jsonl.gz"


def heard(n=8, at=(120.0, -80.0), t0=5.0, noise_s=0.0, seed=1, temperature_c=10.0, **more):
    """One happening heard by n sensors within about a kilometre, in the form of a file."""
    draw = np.random.default_rng(seed)
    xy = draw.uniform(-800, 800, (n, 2))
    c = 331.3 * math.sqrt(1 + temperature_c / 273.15)
    t = t0 + np.hypot(*(xy - np.array(at)).T) / c + draw.normal(0, 1, n) * noise_s
    sensors = [
        {"sensor": f"s{k}", "x": float(x), "y": float(y), "t": float(v), "sigma": 0.006}
        for k, ((x, y), v) in enumerate(zip(xy, t, strict=True))
    ]
    return {"id": "a", "sensors": sensors, "temperature_c": temperature_c, "wind": [0, 0], **more}


def found(*happenings, params: ArrivalParams | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A file's happenings -> located with id, all problems."""
    heads, rows, wrong = told(list(happenings), "file.json")
    located, lost = locate(heads, rows, params)
    return located.join(heads.select("happening", "id", "phase"), on="happening"), pl.concat([wrong, lost])


def shots() -> list[dict]:
    """The live-fire set's shots in the form of a file, with `position` and the surveyed `true` place beside them."""
    if not SHOTS.exists():
        pytest.skip(f"there is no live-fire set at {SHOTS}")
    made = []
    with gzip.open(SHOTS) as lines:
        tests = [json.loads(line) for line in lines]
    for test in tests:
        pulses, true = {p["pulse_uuid"]: p for p in test["pulses"]}, test["survey"]["survey_location"]
        for shot in test["tuples"]:
            sensors = [
                {"x": p["location"]["x"], "y": p["location"]["y"], "t": _epoch(p["arrival_time_utc"])}
                for p in (pulses[u] for u in shot["pulse_uuids"] if u in pulses)
            ]
            made.append({
                "id": f"{test['test']}/{shot['shot_index']}", "sensors": sensors,
                "temperature_c": test["weather"]["temperature"], "wind": [0, 0],
                "position": test["firing_position"], "true": (true["x"], true["y"]),
            })  # fmt: skip
    return made


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def inside(located: pl.DataFrame, true: np.ndarray) -> np.ndarray:
    """Does each ellipse hold its true place?"""
    off = true - located.select("x", "y").to_numpy()
    turn = np.radians(located["angle_deg"].to_numpy())
    along, across = (
        off[:, 0] * np.cos(turn) + off[:, 1] * np.sin(turn),
        off[:, 1] * np.cos(turn) - off[:, 0] * np.sin(turn),
    )
    return (along / located["semi_major_m"].to_numpy()) ** 2 + (across / located["semi_minor_m"].to_numpy()) ** 2 <= 1
