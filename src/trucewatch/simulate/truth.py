"""What happens: background along the line, and what it stirs up (a Hawkes process, grown generation by generation)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta

import numpy as np
import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.kinds import ARMED
from trucewatch.simulate.acts import ACT_TABLE, CODE, DEEP_TARGETS, NEAR_TARGETS
from trucewatch.simulate.ground import Bools, Floats, Ground, Ints, advance
from trucewatch.simulate.params import SimulateParams

NOBODY = -1
TARGETS = tuple(dict.fromkeys([*NEAR_TARGETS, *DEEP_TARGETS]))
HOURS = 24.0
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Acts:
    """True incidents as columns. Times in days from the start, places in km (trucewatch.simulate.ground)."""

    day: Floats
    y: Floats
    across: Floats
    """Km east of the line."""
    act: Ints
    """Row of ACT_TABLE."""
    by: Ints
    """Place in `parties`; -1 is nobody."""

    def take(self, index: Ints | Bools) -> Acts:
        """Some of them."""
        return Acts(*(getattr(self, f.name)[index] for f in fields(self)))


@dataclass(frozen=True)
class Truth(Acts):
    """Acts with all that is known of them."""

    x: Floats
    place: Ints
    """Nearest settlement."""
    ends: Floats
    count: Ints
    killed: Ints
    injured: Ints
    target: Ints
    """Place in TARGETS; -1 is none."""


def column(name: str) -> Floats:
    """One column of ACT_TABLE as numbers."""
    return np.array([float(getattr(act, name)) for act in ACT_TABLE])


def calm(params: SimulateParams, day: Floats) -> Floats:
    """Intensity over that of plain fighting: less in the truce, more just after."""
    begins, ends = params.truce_days
    truce = params.truce
    after = 1 + truce.rebound * np.exp(-np.maximum(day - ends, 0) / truce.rebound_days)
    return np.where(day < begins, 1.0, np.where(day < ends, truce.calm, after))


def solar_shift_h(params: SimulateParams) -> float:
    """Hours to add to local solar time for UTC."""
    return -params.ground.centre_lon * HOURS / 360


def happen(ground: Ground, rng: np.random.Generator) -> Truth:
    """Ground -> everything that happened there, in order of time."""
    acts = _background(ground, rng)
    grown = [acts]
    while len(acts.day):
        acts = _stirred(ground, acts, rng)
        grown.append(acts)
    grown += [_burning(ground, rng), _advance(ground)]
    every = Acts(*(np.concatenate([getattr(part, f.name) for part in grown]) for f in fields(Acts)))
    return _detail(ground, every.take(np.argsort(every.day, kind="stable")), rng)


def _background(ground: Ground, rng: np.random.Generator) -> Acts:
    params = ground.params
    bursts, land = params.bursts, params.ground
    # When: days by intensity, hours mostly by daylight.
    weight = calm(params, np.arange(params.days, dtype=np.float64) + 0.5)
    background = bursts.per_km_day * (1 - bursts.branching)
    many = int(rng.poisson(background * ground.length_km * weight.sum()))
    steps = np.cumsum(weight) / weight.sum()
    whole = np.minimum(np.searchsorted(steps, rng.random(many)), params.days - 1)
    noon = HOURS / 2 + solar_shift_h(params)
    hour = np.where(
        rng.random(many) < bursts.daytime,
        (noon + rng.normal(0, bursts.daytime_sd_h, many)) % HOURS,
        rng.random(many) * HOURS,
    )
    # Where along the line: anywhere, or about the hot spot of a stretch.
    stretches = max(1, round(ground.length_km / land.hotspot_km))
    spots = (np.arange(stretches) + rng.random(stretches)) * ground.length_km / stretches
    hot = rng.random(many) < land.hotspot_share
    about = spots[rng.integers(0, len(spots), many)] + rng.normal(0, land.hotspot_sd_km, many)
    y = np.where(hot, about % ground.length_km, rng.random(many) * ground.length_km)
    # What, by whom, and how far from the line.
    deep = rng.random(many) < bursts.deep_share
    act = np.where(deep, _draw("deep", many, rng), _draw("near", many, rng))
    by = rng.integers(0, 2, many)
    far = np.where(
        deep,
        rng.uniform(bursts.deep_from_km, land.depth_km, many),
        np.minimum(rng.exponential(1, many) * column("across_km")[act], land.depth_km),
    )
    return Acts(whole + hour / HOURS, y, far * _side(act, by), act, by)


def _side(act: Ints, by: Ints) -> Floats:
    """+1 where that act by that party is seen east of the line, -1 west of it. The first party holds the west."""
    return np.where((by == 0) ^ column("own_side")[act].astype(bool), 1.0, -1.0)


def _draw(weights: str, many: int, rng: np.random.Generator) -> Ints:
    steps = np.cumsum(column(weights))
    return np.searchsorted(steps / steps[-1], rng.random(many), side="right").astype(np.int64)


def _stirred(ground: Ground, parents: Acts, rng: np.random.Generator) -> Acts:
    """The next generation: what these incidents stir up."""
    params = ground.params
    bursts, most = params.bursts, 1 + params.truce.rebound
    of = np.repeat(np.arange(len(parents.day)), rng.poisson(bursts.branching * most, len(parents.day)))
    day = parents.day[of] + rng.exponential(bursts.lag_h / HOURS, len(of))
    stays = (day < params.days) & (rng.random(len(of)) < calm(params, day) / most)
    of, day = of[stays], day[stays]
    many = len(of)
    answers = rng.random(many) < bursts.answer
    flip = np.where(answers, -1.0, 1.0)
    anew = rng.random(many) >= bursts.same_act
    near = np.abs(parents.across[of]) < bursts.deep_from_km
    act = np.where(anew, np.where(near, _draw("near", many, rng), _draw("deep", many, rng)), parents.act[of])
    across = parents.across[of] * flip + rng.normal(0, bursts.reach_km, many)
    y = np.abs(parents.y[of] + rng.normal(0, bursts.reach_km, many))
    return Acts(day, y, across, act, np.where(answers, 1 - parents.by[of], parents.by[of]))


def _burning(ground: Ground, rng: np.random.Generator) -> Acts:
    """Peaceful fires, anywhere, by day."""
    params = ground.params
    depth = params.ground.depth_km
    many = int(rng.poisson(params.bursts.burning_per_km2_day * ground.length_km * 2 * depth * params.days))
    hour = HOURS / 2 + solar_shift_h(params) + rng.normal(0, params.bursts.daytime_sd_h, many)
    day = rng.integers(0, params.days, many) + np.clip(hour, 0, HOURS - 1) / HOURS
    return Acts(
        day,
        rng.random(many) * ground.length_km,
        rng.uniform(-depth, depth, many),
        np.full(many, CODE["burning"]),
        np.full(many, NOBODY),
    )


def _advance(ground: Ground) -> Acts:
    """The one advance of the truce: an assault, then a place changes hands."""
    params = ground.params
    if not params.truce.advance_km:
        none, nothing = np.empty(0), np.empty(0, np.int64)
        return Acts(none, none, none, nothing, nothing)
    at_y, at_day = advance(params)
    return Acts(
        np.array([at_day, at_day + 1]),
        np.full(2, at_y),
        np.zeros(2),
        np.array([CODE["assault"], CODE["control"]]),
        np.full(2, params.truce.advance_by),
    )


def _detail(ground: Ground, acts: Acts, rng: np.random.Generator) -> Truth:
    bursts, many = ground.params.bursts, len(acts.day)
    line = ground.front(acts.y, acts.day)
    x, y = line + acts.across, acts.y.copy()
    place = ground.nearest(x, y)
    # Far behind the line things fall on settlements, but for fields that burn.
    town = (np.abs(acts.across) >= bursts.deep_from_km) & (acts.by != NOBODY)
    x = np.where(town, ground.place_x[place] + rng.normal(0, bursts.settlement_sd_km, many), x)
    y = np.where(town, np.abs(ground.place_y[place] + rng.normal(0, bursts.settlement_sd_km, many)), y)
    harm = rng.gamma(bursts.harm_shape, column("harm")[acts.act] / bursts.harm_shape)
    minutes = column("minutes")[acts.act] * np.exp(rng.normal(0, 0.7, many))
    armed = np.isin(acts.act, [CODE[act] for act in ARMED])
    roll = rng.random(many)
    target = np.where(town, _target(DEEP_TARGETS, roll), _target(NEAR_TARGETS, roll))
    return Truth(
        acts.day,
        y,
        x - line,
        acts.act,
        acts.by,
        x,
        place,
        acts.day + np.maximum(minutes, 1) / (60 * HOURS),
        1 + rng.poisson(column("count")[acts.act] - 1),
        rng.poisson(harm),
        rng.poisson(harm * bursts.injured_per_killed),
        np.where(armed, target, NOBODY),
    )


def _target(shares: dict[str, float], roll: Floats) -> Ints:
    steps = np.cumsum(list(shares.values()))
    order = np.array([TARGETS.index(name) for name in shares])
    return order[np.searchsorted(steps / steps[-1], roll, side="right")]


def instants(params: SimulateParams, day: Floats, name: str, second: int = 1) -> pl.Series:
    """Days from the start -> UTC instants, cut to whole `second`s."""
    tick = second * 1_000_000
    # To the millisecond first: 14:40 is not to become 14:39 for a float's last bit.
    us = np.rint(day * (DAY_US // 1000)).astype(np.int64) * 1000 // tick * tick
    return (pl.Series(name, us).cast(pl.Duration("us")) + params.start).cast(UTC_US)


def labels(names: tuple[str, ...], code: Ints, name: str = "") -> pl.Series:
    """Codes -> words; -1 -> null."""
    index = pl.Series(np.where(code < 0, len(names), code))
    return pl.Series(name, [*names, None], dtype=pl.String).gather(index)


def truth_frame(ground: Ground, truth: Truth) -> pl.DataFrame:
    """Truth as a table: id, kind, t0, t1, lon, lat, by, killed, injured, target, peaceful, in_force, barred."""
    params = ground.params
    since, until = (params.start + timedelta(days=day) for day in params.truce_days)
    return (
        pl.DataFrame(
            {
                "id": ids(np.arange(len(truth.day))),
                "kind": labels(tuple(act.name for act in ACT_TABLE), truth.act),
                "t0": instants(params, truth.day, "t0"),
                "t1": instants(params, truth.ends, "t1"),
                "lon": ground.lon(truth.x, truth.y),
                "lat": ground.lat(truth.y),
                "by": labels(params.parties, truth.by),
                "killed": truth.killed.astype(np.int64),
                "injured": truth.injured.astype(np.int64),
                "target": labels(TARGETS, truth.target),
                "peaceful": truth.act == CODE["burning"],
            }
        )
        .with_columns(
            in_force=(pl.col("t0") >= since) & (pl.col("t0") < until),
        )
        .with_columns(barred=pl.col("in_force") & pl.col("kind").is_in(list(ARMED)))
    )


def ids(index: Ints) -> pl.Series:
    """Places in the truth -> ids; -1 -> null."""
    number = pl.Series("n", index).cast(pl.String).str.zfill(7)
    return pl.DataFrame(number).select(pl.when(pl.Series(index >= 0)).then(pl.format("T{}", "n")).alias("id"))["id"]


def south_of(truth: Truth, length_km: float) -> tuple[Truth, Ints]:
    """Truth along the first `length_km` of line, and for each old place its new one (-1: gone)."""
    stays = truth.y <= length_km
    moved = np.where(stays, np.cumsum(stays) - 1, NOBODY)
    return replace(truth, **{f.name: getattr(truth, f.name)[stays] for f in fields(truth)}), moved
