"""What satellites see: fires that burn as one comes by under open sky. Fields and furnaces look the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from trucewatch.simulate.ground import Bools, Floats, Ground, Ints
from trucewatch.simulate.truth import HOURS, NOBODY, Truth, column, instants, solar_shift_h


@dataclass(frozen=True)
class Passes:
    """Overpasses in order of time, and which blocks of the line were under cloud then."""

    day: Floats
    satellite: Ints
    cloudy: Bools
    """By pass and block."""

    def clear(self, at: Ints, y: Floats, block_km: float) -> Bools:
        """Was the sky open at those passes over those places?"""
        block = np.minimum((y / block_km).astype(np.int64), self.cloudy.shape[1] - 1)
        open_sky: Bools = ~self.cloudy[at, block]
        return open_sky


def passes(ground: Ground, rng: np.random.Generator) -> Passes:
    """Every overpass of the theatre; the whole line is passed over within the same minute."""
    params = ground.params
    sky = params.satellite
    many, turns = len(sky.names), len(sky.pass_h)
    day, turn, which = (
        part.ravel() for part in np.meshgrid(np.arange(params.days), np.arange(turns), np.arange(many), indexing="ij")
    )
    late_min = which * sky.minutes_apart + rng.normal(0, sky.wander_min, len(day))
    hour = np.array(sky.pass_h)[turn] + solar_shift_h(params) + late_min / 60
    blocks = int(ground.length_km / sky.cloud_km) + 1
    cloud = rng.random((params.days * turns, blocks)) < sky.cloud
    at = day + hour / HOURS
    order = np.argsort(at, kind="stable")
    order = order[(at[order] >= 0) & (at[order] < params.days)]
    return Passes(at[order], which[order], cloud[(day * turns + turn)[order]])


def looks(ground: Ground, over: Passes, length_km: float) -> pl.DataFrame:
    """Passes -> looks_truth(at, satellite, lat_south, lat_north, clear): where the sky was open to whom, and when."""
    params = ground.params
    block_km = params.satellite.cloud_km
    blocks = int(length_km / block_km) + 1
    at = np.repeat(np.arange(len(over.day)), blocks)
    block = np.tile(np.arange(blocks), len(over.day))
    return pl.DataFrame(
        {
            "at": instants(params, over.day[at], "at", 60),
            "satellite": pl.Series(params.satellite.names).gather(over.satellite[at]),
            "lat_south": ground.lat((block * block_km).astype(np.float64)),
            "lat_north": ground.lat(np.minimum((block + 1) * block_km, length_km).astype(np.float64)),
            "clear": ~over.cloudy[at, block],
        }
    )


def spot(ground: Ground, truth: Truth, over: Passes, rng: np.random.Generator) -> pl.DataFrame:
    """Truth -> one row for each lit pixel: _cause, _y, pass, x, y, power (of the fire)."""
    sky = ground.params.satellite
    # Fires of incidents, then furnaces that are always hot.
    cause = np.flatnonzero(rng.random(len(truth.day)) < column("fire")[truth.act])
    hours = np.exp(rng.normal(np.log(sky.burn_h), sky.burn_spread, len(cause)))
    first = np.searchsorted(over.day, truth.day[cause])
    last = np.searchsorted(over.day, truth.day[cause] + hours / HOURS)
    fire = np.repeat(np.arange(len(cause)), last - first)
    at = np.arange(len(fire)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[fire]
    plants = np.flatnonzero(rng.random(len(ground.place_x)) < sky.plant_share)
    hot = np.repeat(plants, len(over.day))
    at = np.concatenate([at, np.tile(np.arange(len(over.day)), len(plants))])
    x = np.concatenate([truth.x[cause[fire]], ground.place_x[hot]])
    y = np.concatenate([truth.y[cause[fire]], ground.place_y[hot]])
    size = np.concatenate([hours[fire], np.full(len(hot), 1.0)])
    chance = np.concatenate([np.full(len(fire), sky.seen), np.full(len(hot), sky.plant_seen)])
    whose = np.concatenate([cause[fire], np.full(len(hot), NOBODY)])
    # What a clear pass sees of them, pixel by pixel.
    seen = np.flatnonzero((rng.random(len(at)) < chance) & over.clear(at, y, sky.cloud_km))
    lit = rng.geometric(1 - sky.pixels, len(seen))
    lit = np.where(whose[seen] == NOBODY, 1, lit)
    pixel = np.repeat(seen, lit)
    nth = np.arange(len(pixel)) - np.repeat(np.cumsum(lit) - lit, lit)
    reach = np.ceil(np.sqrt(nth)) * sky.pixel_km
    turn = rng.uniform(0, 2 * np.pi, len(pixel))
    return pl.DataFrame(
        {
            "_cause": whose[pixel],
            "_y": y[pixel],
            "pass": at[pixel],
            "x": x[pixel] + reach * np.cos(turn) + rng.normal(0, sky.place_sd_km, len(pixel)),
            "y": y[pixel] + reach * np.sin(turn) + rng.normal(0, sky.place_sd_km, len(pixel)),
            "power": size[pixel] * rng.lognormal(1.0, 0.7, len(pixel)),
            "roll": rng.random(len(pixel)),
        }
    ).sort("pass", maintain_order=True)


def dress(ground: Ground, over: Passes, seen: pl.DataFrame) -> pl.DataFrame:
    """Lit pixels -> rows in the FIRMS VIIRS form."""
    params = ground.params
    at, x, y = (seen[name].to_numpy() for name in ("pass", "x", "y"))
    local = (over.day[at] - solar_shift_h(params) / HOURS) % 1 * HOURS
    when = instants(params, over.day[at], "when", 60)
    power, roll = pl.col("power"), pl.col("roll")
    day = pl.col("when")
    return seen.with_columns(
        when=when,
        latitude=pl.Series(ground.lat(y)).round(5),
        longitude=pl.Series(ground.lon(x, y)).round(5),
        satellite=pl.Series(params.satellite.names).gather(over.satellite[at]),
        daynight=pl.Series(np.where((local > 6) & (local < 18), "D", "N")),
    ).select(
        "latitude",
        "longitude",
        bright_ti4=(305 + 22 * (1 + power).log()).clip(300, 367).round(2),
        scan=(0.38 + 0.42 * roll**2).round(2),
        track=(0.36 + 0.25 * roll**2).round(2),
        acq_date=day.dt.date(),
        acq_time=day.dt.hour().cast(pl.Int64) * 100 + day.dt.minute(),
        satellite="satellite",
        instrument=pl.lit("VIIRS"),
        confidence=pl.when(power > 20).then(pl.lit("h")).when(power < 0.7).then(pl.lit("l")).otherwise(pl.lit("n")),
        version=pl.lit("2.0NRT"),
        bright_ti5=(285 + 6 * (1 + power).log()).round(2),
        frp=(0.5 + power).round(2),
        daynight="daynight",
    )
