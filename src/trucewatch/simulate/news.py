"""What outlets tell: mostly what the other side did, some of it invented, much of it repeated, some of it denied."""

from __future__ import annotations

import numpy as np
import polars as pl

from trucewatch.kinds import ARMED
from trucewatch.simulate.acts import ACT_TABLE, CODE
from trucewatch.simulate.ground import Floats, Ground, Ints
from trucewatch.simulate.params import News, Outlet
from trucewatch.simulate.truth import HOURS, NOBODY, TARGETS, Truth, instants, labels

_FORM = "%Y-%m-%dT%H:%M:%SZ"
_MINUTES = 24 * 60
_ARMED = np.array([CODE[act] for act in ARMED])
AFFIRMS, DENIES = 0, 1


def told(ground: Ground, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """Truth -> every report of every outlet as numbers, in order of publication."""
    news = ground.params.news
    own = [_own(ground, truth, place, outlet, rng) for place, outlet in enumerate(news.outlets)]
    copies = [
        _copied(news, own[original], original, place, share, rng)
        for place, outlet in enumerate(news.outlets)
        for original, share in outlet.copies
    ]
    every = pl.concat([*own, *copies])
    return pl.concat([every, _denied(news, every, rng)]).sort("published", maintain_order=True)


def _own(ground: Ground, truth: Truth, place: int, outlet: Outlet, rng: np.random.Generator) -> pl.DataFrame:
    """What this outlet tells that it did not get from another."""
    news = ground.params.news
    cause = _noticed(news, truth, outlet, rng)
    many = len(cause)
    rows = pl.DataFrame(
        {
            "_cause": cause,
            "_y": truth.y[cause],
            "act": truth.act[cause],
            "truly_by": truth.by[cause],
            "killed": rng.poisson(truth.killed[cause] * _overstates(news, truth.by[cause], outlet)),
            "injured": rng.poisson(truth.injured[cause] * _overstates(news, truth.by[cause], outlet)),
            "target": truth.target[cause],
            "at": truth.day[cause] + rng.normal(0, news.time_sd_min / _MINUTES, many),
            "end": truth.ends[cause],
            "x": truth.x[cause],
            "y": truth.y[cause],
        }
    )
    if outlet.favours is not None:
        rows = pl.concat([rows, _invented(ground, round(many * news.invented), outlet.favours, rng)])
    return _spoilt(ground, rows, place, outlet, rng)


def _noticed(news: News, truth: Truth, outlet: Outlet, rng: np.random.Generator) -> Ints:
    """Who favours a side hears most of what the other side did; what hurt people is heard by all."""
    own = truth.by == (outlet.favours if outlet.favours is not None else NOBODY)
    chance = np.where(own, outlet.hears_own, outlet.hears_other)
    chance = np.where(truth.by == NOBODY, min(outlet.hears_own, outlet.hears_other) * news.burning_factor, chance)
    return np.flatnonzero(rng.random(len(chance)) < 1 - (1 - chance) ** (1 + truth.killed))


def _overstates(news: News, by: Ints, outlet: Outlet) -> Floats:
    other = (by != NOBODY) & (by != outlet.favours) & (outlet.favours is not None)
    return np.where(other, news.overstates, 1.0)


def _invented(ground: Ground, many: int, favours: int, rng: np.random.Generator) -> pl.DataFrame:
    """Acts of the other side that never were, near the line."""
    days = ground.params.days
    y = rng.random(many) * ground.length_km
    day = rng.random(many) * days
    by = np.full(many, 1 - favours)
    across = rng.exponential(ACT_TABLE[CODE["shelling"]].across_km, many) * (1 if favours else -1)
    return pl.DataFrame(
        {
            "_cause": np.full(many, NOBODY),
            "_y": y,
            "act": rng.choice(_ARMED, many),
            "truly_by": by,
            "killed": rng.poisson(0.5, many),
            "injured": rng.poisson(1.0, many),
            "target": np.full(many, TARGETS.index("housing")),
            "at": day,
            "end": day + 1 / HOURS,
            "x": ground.front(y, day) - across,
            "y": y,
        }
    )


def _spoilt(ground: Ground, rows: pl.DataFrame, place: int, outlet: Outlet, rng: np.random.Generator) -> pl.DataFrame:
    """Add what the outlet gets wrong: place, time, kind, who."""
    news, days = ground.params.news, ground.params.days
    many = rows.height
    act, by, at, x, y = (rows[name].to_numpy() for name in ("act", "truly_by", "at", "x", "y"))
    # Where: told by a settlement, another one, or a point.
    roll, lost = rng.random(many), rng.random(many) < news.wrong_place
    off = news.wrong_place_km * lost
    away = rng.normal(0, 1, (2, many)) * off
    near = ground.nearest(x + away[0], np.clip(y + away[1], 0, ground.length_km))
    village = (roll < news.at_settlement) | lost
    jitter = rng.normal(0, news.place_sd_km, (2, many))
    # When: to the minute, or to the day; some a day off.
    slip = np.where(rng.random(many) < news.wrong_day, rng.choice([-1.0, 1.0], many), 0.0)
    at = np.clip(at + slip, 0, days - 1 / _MINUTES)
    day_only = rng.random(many) < news.day_only
    lag = np.exp(rng.normal(np.log(news.lag_h), news.lag_spread, many)) / HOURS
    harm = (rng.random(many) < news.tells_harm) & np.isin(act, _ARMED)
    # What: another act, or only the like of it.
    other = (rng.random(many) < news.wrong_kind) & np.isin(act, _ARMED)
    act = np.where(other, rng.choice(_ARMED, many), act)
    return rows.select("_cause", "_y").with_columns(
        outlet=pl.lit(place, pl.Int64),
        origin=pl.lit(NOBODY, pl.Int64),
        stance=pl.lit(AFFIRMS, pl.Int64),
        act=act,
        coarse=rng.random(many) < news.coarse,
        by=_blamed(news, by, outlet, rng),
        target=rows["target"].to_numpy(),
        killed=np.where(harm, rows["killed"].to_numpy(), NOBODY),
        injured=np.where(harm, rows["injured"].to_numpy(), NOBODY),
        at=np.where(day_only, np.floor(at), at),
        end=np.where(day_only, np.floor(at) + 1, np.maximum(rows["end"].to_numpy() + slip, at + 1 / _MINUTES)),
        day_only=day_only,
        published=np.maximum(rows["end"].to_numpy(), at) + lag,
        x=np.where(village, ground.place_x[near], x + jitter[0]),
        y=np.where(village, ground.place_y[near], y + jitter[1]),
        pointed=roll < 1 - news.no_point,
        village=village,
        place=near,
    )


def _blamed(news: News, by: Ints, outlet: Outlet, rng: np.random.Generator) -> Ints:
    """Whom reports name: the other side always, its own seldom; who favours none names whom it takes for the doer."""
    roll, wrong = rng.random(len(by)), rng.random(len(by)) < news.blames_wrongly
    named = np.where(roll < news.blames, np.where(wrong, 1 - by, by), NOBODY)
    if outlet.favours is not None:
        named = np.where(by == outlet.favours, np.where(roll < news.blames / 2, by, NOBODY), by)
    return np.where(by == NOBODY, NOBODY, named)


def _copied(
    news: News, own: pl.DataFrame, original: int, place: int, share: float, rng: np.random.Generator
) -> pl.DataFrame:
    """Another outlet's reports again: same words, same place, later, and it says from whom."""
    taken = own.filter(pl.Series(rng.random(own.height) < share))
    later = np.exp(rng.normal(np.log(news.copy_lag_h), news.lag_spread, taken.height)) / HOURS
    return taken.with_columns(
        outlet=pl.lit(place, pl.Int64),
        origin=pl.lit(original, pl.Int64),
        published=pl.col("published") + pl.Series(later) + 1 / _MINUTES,
    )


def _denied(news: News, every: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Denials by the outlet of the party that was blamed."""
    speaker = [[o.favours for o in news.outlets].index(side) for side in (0, 1)]
    taken = every.filter(
        (pl.col("by") != NOBODY) & (pl.col("origin") == NOBODY) & pl.Series(rng.random(every.height) < news.denied)
    )
    favours = np.array([NOBODY if o.favours is None else o.favours for o in news.outlets])
    taken = taken.filter(pl.Series(favours[taken["outlet"].to_numpy()] != taken["by"].to_numpy()))
    later = np.exp(rng.normal(np.log(news.lag_h), news.lag_spread, taken.height)) / HOURS
    return taken.with_columns(
        outlet=pl.Series(np.array(speaker)[taken["by"].to_numpy()]),
        stance=pl.lit(DENIES, pl.Int64),
        killed=pl.lit(NOBODY, pl.Int64),
        injured=pl.lit(NOBODY, pl.Int64),
        published=pl.col("published") + pl.Series(later) + 1 / _MINUTES,
    )


def dress(ground: Ground, rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers -> rows of a table such as a monitor keeps of what outlets publish."""
    params = ground.params
    news = params.news
    outlets = tuple(outlet.name for outlet in news.outlets)
    act, at, end, published, x, y = (rows[name].to_numpy() for name in ("act", "at", "end", "published", "x", "y"))
    point, denies = pl.col("pointed"), pl.col("stance") == DENIES
    near_m, far_m = round(news.place_sd_km * 3000), round(params.ground.settlement_km * 500)
    return (
        rows.with_row_index("n", 1)
        .with_columns(
            time=instants(params, at, "time", 60).dt.strftime(_FORM),
            until=instants(params, end, "until", 60).dt.strftime(_FORM),
            published=instants(params, published, "published").dt.strftime(_FORM),
            kind=pl.when("coarse")
            .then(labels(tuple(a.coarse for a in ACT_TABLE), act))
            .otherwise(labels(tuple(a.name for a in ACT_TABLE), act)),
            by=labels(params.parties, rows["by"].to_numpy(), "by"),
            target=labels(TARGETS, rows["target"].to_numpy(), "target"),
            outlet=labels(outlets, rows["outlet"].to_numpy(), "outlet"),
            origin=labels(outlets, rows["origin"].to_numpy(), "origin"),
            place=ground.names.gather(rows["place"]),
            lon=pl.Series(ground.lon(x, y)).round(5),
            lat=pl.Series(ground.lat(y)).round(5),
        )
        .with_columns(what=pl.col("kind").str.replace_all("_", " "))
        .select(
            id=pl.format(
                "{}{}{}", pl.col("outlet").str.slice(0, 1), pl.when(denies).then(pl.lit("d")).otherwise(pl.lit("")), "n"
            ),
            time="time",
            until="until",
            day_only="day_only",
            lon=pl.when(point).then("lon"),
            lat=pl.when(point).then("lat"),
            radius_m=pl.when(point).then(pl.when("village").then(pl.lit(far_m)).otherwise(pl.lit(near_m))),
            place="place",
            kind="kind",
            by="by",
            target=pl.when(~denies).then("target"),
            killed=pl.when(pl.col("killed") >= 0).then("killed"),
            injured=pl.when(pl.col("injured") >= 0).then("injured"),
            published="published",
            origin="origin",
            outlet="outlet",
            stance=pl.when(denies).then(pl.lit("denies")).otherwise(pl.lit("affirms")),
            text=pl.when(denies)
            .then(pl.format("There was no {} near {}.", "what", "place"))
            .when(pl.col("by").is_null())
            .then(pl.format("Report of {} near {}.", "what", "place"))
            .otherwise(pl.format("Report of {} near {}, by {}.", "what", "place", pl.col("by").fill_null(""))),
        )
    )
