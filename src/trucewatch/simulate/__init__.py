"""params -> a theatre: its truth, and the feeds that saw it. What would a theatre whose truth we know look like?

A line between two parties, incidents that come in bursts, a truce, and sources that see them as real ones do:
satellites under cloud, outlets that favour a side and repeat each other, a list by the day, patrols by daylight.
The same params give the same theatre. It grows with the rows wanted, its density does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.simulate import event_list, news, patrols, satellite
from trucewatch.simulate.agreement import agreement_text
from trucewatch.simulate.control import control_map, map_days
from trucewatch.simulate.cut import cut, renumbered
from trucewatch.simulate.ground import Ground, roads, settlements, survey
from trucewatch.simulate.mapping import outlet_mapping
from trucewatch.simulate.params import SimulateParams
from trucewatch.simulate.truth import Truth, happen, ids, south_of, truth_frame

__all__ = ["Feed", "SimulateParams", "Simulation", "simulate"]

_TRIES = 6
_MORE = 1.5


@dataclass(frozen=True)
class Feed:
    """One file that a source published, ready to be written by the door.

    name: of the file; source: entry point that reads it; form: `csv` or `geojson`; frame: a table for `csv`, a dict
    fit for JSON for `geojson`; options: what `read` needs besides the bytes.
    """

    name: str
    source: str
    form: str
    frame: pl.DataFrame | dict[str, Any]
    options: dict[str, Any]


@dataclass(frozen=True)
class Simulation:
    """A theatre whose truth we know.

    truth: id, kind, t0, t1, lon, lat, by, killed, injured, target, peaceful, in_force, barred; sightings: feed, row
    (from 1), incident (null where nothing of the kind happened); looks_truth: at, satellite, lat_south, lat_north,
    clear; since, until: the theatre's days; length_km, area_km2: its ground; agreement: YAML.
    """

    truth: pl.DataFrame
    feeds: tuple[Feed, ...]
    sightings: pl.DataFrame
    settlements: pl.DataFrame
    roads: pl.DataFrame
    looks_truth: pl.DataFrame
    agreement: str
    since: datetime
    until: datetime
    length_km: float
    area_km2: float


@dataclass(frozen=True)
class _Seen:
    """What all sources saw along a line that is as long as needed, or longer."""

    ground: Ground
    truth: Truth
    over: satellite.Passes
    rows: dict[str, pl.DataFrame]


def simulate(params: SimulateParams = SimulateParams()) -> Simulation:  # noqa: B008
    """Params -> a theatre with about `params.observations` rows in its CSV feeds.

    >>> simulate(SimulateParams(observations=100)).sightings.height
    100
    """
    length_km = params.expected_km * (1 + params.spare + params.spare_at_one / params.observations**0.5)
    for turn in range(_TRIES):
        rngs = np.random.default_rng([params.seed, turn]).spawn(len(_STEPS))
        seen = _see(params, length_km, dict(zip(_STEPS, rngs, strict=True)))
        if enough := cut(seen.rows, params.observations):
            return _finish(seen, *enough, rngs[-1])
        length_km *= _MORE
    raise InputError("the sources see too little to fill the feeds", expected="higher chances in the params")


_STEPS = ("ground", "truth", "passes", "satellite", "news", "list", "patrols", "roads")
"""Each step draws from its own stream, so that a change in one leaves the others as they were."""


def _see(params: SimulateParams, length_km: float, rng: dict[str, np.random.Generator]) -> _Seen:
    ground = survey(params, length_km, rng["ground"])
    truth = happen(ground, rng["truth"])
    over = satellite.passes(ground, rng["passes"])
    rows = {
        "satellite": satellite.spot(ground, truth, over, rng["satellite"]),
        "news": news.told(ground, truth, rng["news"]),
        "list": event_list.listed(ground, truth, rng["list"]),
        "patrols": patrols.patrol(ground, truth, rng["patrols"]),
    }
    return _Seen(ground, truth, over, rows)


def _finish(seen: _Seen, length_km: float, rows: dict[str, pl.DataFrame], rng: np.random.Generator) -> Simulation:
    """Cut the truth to the same line, and put everything into the forms of the outside."""
    ground, params = seen.ground, seen.ground.params
    truth, moved = south_of(seen.truth, length_km)
    rows = renumbered(rows, moved)
    feeds, sightings = _feeds(ground, seen.over, rows)
    maps = tuple(_map(ground, length_km, day) for day in map_days(params))
    return Simulation(
        truth=truth_frame(ground, truth),
        feeds=(*feeds, *maps),
        sightings=sightings,
        settlements=settlements(ground, length_km),
        roads=roads(ground, length_km, rng),
        looks_truth=satellite.looks(ground, seen.over, length_km),
        agreement=agreement_text(params),
        since=params.start,
        until=params.start + timedelta(days=params.days),
        length_km=length_km,
        area_km2=length_km * 2 * params.ground.depth_km,
    )


def _feeds(ground: Ground, over: satellite.Passes, rows: dict[str, pl.DataFrame]) -> tuple[list[Feed], pl.DataFrame]:
    params = ground.params
    made: list[tuple[str, str, pl.DataFrame, pl.DataFrame, dict[str, Any]]] = [
        ("satellite.csv", "firms", satellite.dress(ground, over, rows["satellite"]), rows["satellite"], {}),
        ("events.csv", "ucdp", event_list.dress(ground, rows["list"]), rows["list"], {"zone": "UTC"}),
        ("patrols.csv", "report", patrols.dress(ground, rows["patrols"]), rows["patrols"], {}),
    ]
    for place, outlet in enumerate(params.news.outlets):
        options = {"mapping": outlet_mapping(outlet.name, params)}
        for stance, tail in ((news.AFFIRMS, ""), (news.DENIES, "-denials")):
            part = rows["news"].filter(pl.col("outlet") == place, pl.col("stance") == stance)
            if part.height or stance == news.AFFIRMS:
                made.append((f"{outlet.name}{tail}.csv", "table", news.dress(ground, part), part, options))
    feeds = [Feed(name, source, "csv", frame, options) for name, source, frame, _, options in made]
    sightings = pl.concat(
        pl.DataFrame(
            {
                "feed": pl.repeat(name, part.height, dtype=pl.String, eager=True),
                "row": pl.int_range(1, part.height + 1, eager=True),
                "incident": ids(part["_cause"].to_numpy()),
            }
        )
        for name, _, _, part, _ in made
    )
    return feeds, sightings


def _map(ground: Ground, length_km: float, day: int) -> Feed:
    params = ground.params
    on = params.start + timedelta(days=day)
    options = {"on": f"{on:%Y-%m-%dT%H:%M:%SZ}", "mapper": "simulated"}
    return Feed(f"control-{on:%Y-%m-%d}.geojson", "control", "geojson", control_map(ground, length_km, day), options)
