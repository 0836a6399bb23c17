"""What patrols notice: sounds and sights by day, from where they stand; and that they noticed nothing."""

from __future__ import annotations

import numpy as np
import polars as pl

from trucewatch.simulate.acts import ACT_TABLE
from trucewatch.simulate.ground import Floats, Ground, Ints
from trucewatch.simulate.truth import HOURS, NOBODY, Truth, column, instants, labels, solar_shift_h

POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_SEEN_ONLY = ("redeployment", "works", "overflight", "control")
_MINUTES = 24 * 60


def patrol(ground: Ground, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Truth -> rows of field reports as numbers: what each team noticed, and its empty shifts."""
    stand = _stands(ground, rng)
    heard = _heard(ground, truth, stand, rng)
    return pl.concat([heard, _nothing(ground, stand, heard, rng)], how="diagonal").sort("at", maintain_order=True)


def _stands(ground: Ground, rng: np.random.Generator) -> dict[str, Floats]:
    """Where each team stands each day (days by teams), on alternate sides of the line; `out` is whether it is."""
    walk, days = ground.params.patrols, ground.params.days
    teams = max(1, round(ground.length_km / walk.spacing_km))
    y = (np.arange(teams) + 0.5) * walk.spacing_km + rng.normal(0, walk.roam_km, (days, teams))
    y = np.clip(y, 0, ground.length_km)
    day = np.repeat(np.arange(days, dtype=float), teams).reshape(days, teams)
    off = rng.uniform(*walk.off_line_km, (days, teams)) * np.where(np.arange(teams) % 2, 1, -1)
    return {"x": ground.front(y, day) + off, "y": y, "out": (rng.random((days, teams)) < walk.out).astype(float)}


def _heard(ground: Ground, truth: Truth, stand: dict[str, Floats], rng: np.random.Generator) -> pl.DataFrame:
    walk = ground.params.patrols
    solar = (truth.day % 1) * HOURS - solar_shift_h(ground.params)
    light = np.flatnonzero((solar >= walk.from_h) & (solar < walk.until_h) & (column("heard_km")[truth.act] > 0))
    nearest = (truth.y[light] / walk.spacing_km).astype(np.int64)
    teams = stand["y"].shape[1]
    cause = np.concatenate([light] * 3)
    team = np.concatenate([nearest + step for step in (-1, 0, 1)])
    fits = (team >= 0) & (team < teams)
    cause, team = cause[fits], team[fits]
    day = truth.day[cause].astype(np.int64)
    east, north = truth.x[cause] - stand["x"][day, team], truth.y[cause] - stand["y"][day, team]
    gap = np.hypot(east, north)
    chance = walk.notices * np.exp(-gap / column("heard_km")[truth.act[cause]]) * stand["out"][day, team]
    chance *= gap < walk.furthest_km
    got = np.flatnonzero(rng.random(len(cause)) < chance)
    cause, team, day, gap = cause[got], team[got], day[got], gap[got]
    many = len(cause)
    told = gap * np.exp(rng.normal(0, walk.range_sd, many))
    turn = np.degrees(np.arctan2(east[got], north[got])) + rng.normal(0, walk.bearing_sd_deg, many)
    until = day + (walk.until_h + solar_shift_h(ground.params)) / HOURS
    seen = (rng.random(many) < walk.sees) | np.isin(truth.act[cause], _codes(_SEEN_ONLY))
    went = seen & (rng.random(many) < walk.goes_there / walk.sees)
    return pl.DataFrame(
        {
            "_cause": cause,
            "_y": truth.y[cause],
            "team": team,
            "day": day,
            "observer_x": stand["x"][day, team],
            "observer_y": stand["y"][day, team],
            "at": truth.day[cause],
            "until": np.minimum(truth.ends[cause], until),
            "act": truth.act[cause],
            "seen": seen,
            "named": seen | (rng.random(many) < walk.tells_kind),
            "count": np.maximum(1, rng.binomial(truth.count[cause], np.clip(1.2 * chance[got], 0.3, 1))),
            "point": np.round(turn / (360 / len(POINTS))).astype(np.int64) % len(POINTS),
            "near_km": np.maximum(0, told * (1 - walk.band)),
            "far_km": told * (1 + walk.band),
            "x": np.where(went, truth.x[cause] + rng.normal(0, walk.point_sd_km, many), np.nan),
            "y": np.where(went, truth.y[cause] + rng.normal(0, walk.point_sd_km, many), np.nan),
            "killed": np.where(went, truth.killed[cause], NOBODY),
            "injured": np.where(went, truth.injured[cause], NOBODY),
            "nothing": np.zeros(many, dtype=bool),
        }
    )


def _codes(names: tuple[str, ...]) -> list[int]:
    return [n for n, act in enumerate(ACT_TABLE) if act.name in names]


def _nothing(ground: Ground, stand: dict[str, Floats], heard: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Shifts (mornings, afternoons) of teams that were out and noticed nothing."""
    walk = ground.params.patrols
    days, teams = stand["y"].shape
    shift_h = solar_shift_h(ground.params)
    half = (walk.until_h - walk.from_h) / 2
    noticed = np.zeros((days, teams, 2), dtype=bool)
    late = (heard["at"].to_numpy() % 1) * HOURS - shift_h - walk.from_h >= half
    noticed[heard["day"].to_numpy(), heard["team"].to_numpy(), late.astype(np.int64)] = True
    written = rng.random(noticed.shape) < walk.says_nothing
    quiet: tuple[Ints, ...] = np.nonzero((stand["out"][:, :, None] > 0) & ~noticed & written)
    day, team, turn = quiet
    start = day + (walk.from_h + shift_h + half * turn) / HOURS
    return pl.DataFrame(
        {
            "_cause": np.full(len(day), NOBODY),
            "_y": stand["y"][day, team],
            "team": team,
            "day": day,
            "observer_x": stand["x"][day, team],
            "observer_y": stand["y"][day, team],
            "at": start,
            "until": start + half / HOURS,
            "nothing": np.ones(len(day), dtype=bool),
        }
    )


def dress(ground: Ground, rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers -> rows of the field report form."""
    walk = ground.params.patrols
    there, quiet = pl.col("x").is_not_nan(), pl.col("nothing")
    what = pl.col("kind").str.replace_all("_", " ")
    noticed = pl.format("{} x {}, {} to {} km {}.", "count", what, "near", "far", "bearing")
    return _worded(ground, rows).select(
        id=pl.format("P{}", "n"),
        observer=pl.format("observer {}", pl.col("team") * 2 + 1 + pl.col("day") % 2),
        team=pl.format("team {}", pl.col("team") + 1),
        observer_lon="observer_lon",
        observer_lat="observer_lat",
        time="time",
        until="until",
        kind="kind",
        heard_or_seen=pl.when("seen").then(pl.lit("seen")).when(~quiet).then(pl.lit("heard")),
        count="count",
        bearing="bearing",
        near_km="near",
        far_km="far",
        lon=pl.when(there).then("lon"),
        lat=pl.when(there).then("lat"),
        radius_m=pl.when(there).then(pl.lit(round(walk.point_sd_km * 1000 * 3))),
        weapon=pl.lit(None, dtype=pl.String),
        target=pl.lit(None, dtype=pl.String),
        killed=pl.when(there).then("killed"),
        injured=pl.when(there).then("injured"),
        place=pl.lit(None, dtype=pl.String),
        says=pl.when(quiet).then(pl.lit("Nothing heard or seen on this shift.")).otherwise(noticed),
        nothing=pl.when(quiet).then(pl.lit("true")).otherwise(pl.lit("false")),
        range_km=pl.when(quiet).then(pl.lit(walk.range_km)),
        p_seen_if_there=pl.when(quiet).then(pl.lit(walk.p_seen)),
    )


def _worded(ground: Ground, rows: pl.DataFrame) -> pl.DataFrame:
    """Add what people read: times, words, degrees."""
    params, form = ground.params, "%Y-%m-%dT%H:%M:%SZ"
    stand_x, stand_y, x, y = (rows[name].to_numpy() for name in ("observer_x", "observer_y", "x", "y"))
    act = rows["act"].fill_null(NOBODY).to_numpy()
    named = labels(tuple(a.name for a in ACT_TABLE), act)
    vague = labels(tuple(a.coarse for a in ACT_TABLE), act)
    # Minutes are cut off, so an end is at least a minute after its start.
    until = np.maximum(rows["until"].to_numpy(), rows["at"].to_numpy() + 1 / _MINUTES)
    return rows.with_row_index("n", 1).with_columns(
        time=instants(params, rows["at"].to_numpy(), "time", 60).dt.strftime(form),
        until=instants(params, until, "until", 60).dt.strftime(form),
        kind=pl.when("named").then(named).otherwise(vague),
        bearing=labels(POINTS, rows["point"].fill_null(NOBODY).to_numpy()),
        observer_lon=pl.Series(ground.lon(stand_x, stand_y)).round(5),
        observer_lat=pl.Series(ground.lat(stand_y)).round(5),
        lon=pl.Series(ground.lon(x, y)).round(5),
        lat=pl.Series(ground.lat(y)).round(5),
        near=pl.col("near_km").round(1),
        far=(pl.col("far_km") + 0.1).round(1),
    )
