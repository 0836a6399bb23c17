"""Small worlds for these tests, and the same questions answered slowly, by hand."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from trucewatch.base.place import EARTH_M
from trucewatch.fuse import Fused, FuseParams, fuse
from trucewatch.fuse.sightings import sightings
from trucewatch.ports import Source
from trucewatch.simulate import SimulateParams, simulate
from trucewatch.testing import capture_of, observations

PARAMS = FuseParams()
START = datetime(2020, 5, 1, tzinfo=UTC)
DATA = Path(os.environ.get("TRUCEWATCH_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
Rows = list[dict[str, Any]]


def at(**ago: float) -> datetime:
    return START + timedelta(**ago)


def said(source: str = "a", kind: str = "shelling", **row: Any) -> dict[str, Any]:
    """One row: a point in the middle of nowhere, a minute long, but for what is told otherwise."""
    t0 = row.pop("t0", START)
    return {
        "source": source, "kind": kind, "t0": t0, "t1": row.pop("t1", t0 + timedelta(minutes=1)),
        "lon": 38.0, "lat": 48.0, "radius_m": 500.0, **row,
    }  # fmt: skip


def captures(frame: pl.DataFrame, fetched: Callable[[str], datetime] = lambda name: START) -> pl.DataFrame:
    names = frame["capture"].unique().sort().to_list()
    return pl.DataFrame({"capture": names, "fetched_at": [fetched(name) for name in names]})


def told(rows: Rows, params: FuseParams = PARAMS) -> Fused:
    frame = observations(rows)
    return fuse(frame, captures(frame), params)


def together(made: Fused) -> set[frozenset[str]]:
    """Which observations belong together, whatever the incidents are called; ids as the number of the row."""
    groups = made.links.group_by("incident").agg("observation")["observation"].to_list()
    return {frozenset(name.rsplit("#", 1)[-1] for name in group) for group in groups}


def seen(rows: Rows) -> pl.DataFrame:
    return sightings(observations(rows), PARAMS)[1]


def metres(lon: float, lat: float, lon2: float, lat2: float) -> float:
    """Haversine, in plain Python."""
    a, b, c, d = (math.radians(v) for v in (lon, lat, lon2, lat2))
    return (
        2
        * EARTH_M
        * math.asin(
            math.sqrt(min(1, math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2))
        )
    )


def as_table(made: Fused) -> tuple[Any, ...]:
    return made.incidents.rows(), made.links.rows(), made.problems.rows()


@cache
def theatre(observations: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """A simulated theatre read by the real sources -> observations, captures, truth(observation, true)."""
    made = simulate(SimulateParams(observations=observations, seed=seed))
    sources: dict[str, Source] = {point.name: point.load() for point in entry_points(group="trucewatch.sources")}
    rows, captured, truth = [], [], []
    for feed in made.feeds:
        if not isinstance(feed.frame, pl.DataFrame):
            continue
        raw = feed.frame.write_csv().encode()
        capture = capture_of(sources[feed.source], raw, url=feed.name, options=feed.options)
        got = sources[feed.source].read(capture, raw).observations
        rows.append(got)
        captured.append({"capture": capture.id, "fetched_at": capture.fetched_at})
        cause = made.sightings.filter(pl.col("feed") == feed.name)
        cause = cause.select(pl.format("row {}", "row").alias("locator"), true="incident")
        truth.append(got.join(cause, on="locator", how="left").select("true", observation="id"))
    return pl.concat(rows), pl.DataFrame(captured), pl.concat(truth)


@st.composite
def crowds(draw: st.DrawFn, most: int = 12) -> Rows:
    """A few sightings in a small place, near enough to each other to be mistaken, now and then far north."""
    lat = draw(st.sampled_from([0.0, 48.0, -62.0, 84.0, 88.9]))
    shrink = max(0.01, math.cos(math.radians(lat)))
    row = st.fixed_dictionaries(
        {
            "source": st.sampled_from(["a", "b", "c"]),
            "kind": st.sampled_from(["shelling", "explosion", "heat", "works", "air_strike", "unspecified"]),
            "lon": st.floats(-0.2, 0.2).map(lambda x: 38 + round(x, 5) / shrink),
            "lat": st.floats(-0.2, 0.2).map(lambda y: lat + round(y, 5)),
            "radius_m": st.sampled_from([0.0, 300.0, 2_500.0, 2_501.0, 9_000.0, 40_000.0, None]),
            "minute": st.integers(-3_000, 3_000),
            "lasts": st.sampled_from([0, 1, 60, 180, 181, 1_440, 9 * 1_440]),
            "stance": st.sampled_from(["affirms", "affirms", "affirms", "denies"]),
        }
    )
    rows = draw(st.lists(row, min_size=1, max_size=most))
    made = []
    for one in rows:
        t0 = START + timedelta(minutes=one.pop("minute"))
        made.append({**one, "t0": t0, "t1": t0 + timedelta(minutes=one.pop("lasts"))})
    return made
