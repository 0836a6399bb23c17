"""How much more was counted than is usual for such a day there? Limits of what will be counted, not of its mean.

Series that lie `within` one larger place (cells in a sector, say) share its season, weekday, weather, platform and
spread, each at its own level; so a cell that counts twice a year has a baseline too. A day is in excess where so many
or more would be counted there with less chance than the user's rate allows: so many false ones a year for each larger
place, shared by all of its series. With a reach (`reach.py`) a day is judged by what was counted on it and the days
before it, there and nearby, against what is usual for all of that; where several are tried they share the rate, and the
one of the least chance is told. Learnt up to a date and from nothing later; the spread is made wider until each of the
baseline's years, judged by the others alone, keeps that rate too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from trucewatch.tables import TREND, WATCHED
from trucewatch.watch.baseline import Baseline, design, learn, likeliest_k, nothing, upper_mean
from trucewatch.watch.params import BaselineParams
from trucewatch.watch.reach import Ground, Reach

Array = Any
DAYS_A_YEAR = 365.25
_EPOCH = date(1970, 1, 1)
_UNSEEN = "no day after the training was looked at"


@dataclass(frozen=True)
class Trend:
    """days: each judged day of each series; series: what each larger place's baseline was, or why it cannot be told."""

    days: pl.DataFrame
    series: pl.DataFrame


@dataclass(frozen=True)
class _Rows:
    """The rows of one larger place, as numbers; `each` numbers its series."""

    days: Array
    counts: Array
    exposure: Array
    platforms: Array
    beside: Array
    each: Array
    past: Array
    ground: Ground


@dataclass(frozen=True)
class _Sums:
    """What is judged, for each row: counted, usual, and its upper side, of all that the reach holds."""

    counts: Array
    level: Array
    upper: Array


def trend(
    counts: pl.DataFrame,
    train_until: date,
    a_year: float = 1.0,
    beside: Sequence[str] = (),
    reach: Reach | Sequence[Reach] | None = None,
    params: BaselineParams | None = None,
) -> Trend:
    """counts(series, day, count[, exposure, platform, within, lon, lat, ...]), a row a day and series -> judged days.

    beside: columns of numbers that stand beside the counts, as weather does; they must be known for every day. A reach
    to series nearby needs lon and lat, and goes no further than the larger place; several share the rate.
    """
    params, reach = params or BaselineParams(), reach or Reach()
    tried = (reach,) if isinstance(reach, Reach) else tuple(reach)
    if "within" not in counts.columns:
        counts = counts.with_columns(within="series")
    parts = counts.sort("within", "series", "day").partition_by("within", maintain_order=True)
    made = [_place(part, (train_until - _EPOCH).days, a_year, (beside, tried), params) for part in parts]
    days = pl.concat([TREND.empty(), *(frame for frame, _ in made)])
    told = pl.DataFrame([row for _, row in made], schema=WATCHED.schema)
    return Trend(days, WATCHED.fit(told))


def _place(
    part: pl.DataFrame, until: int, a_year: float, more: tuple[Sequence[str], Sequence[Reach]], params: BaselineParams
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """One larger place -> its judged days, and what its baseline was."""
    (beside, tried), names = more, part["series"].unique(maintain_order=True).to_list()
    rows = _rows(part, until, beside, any(reach.near_km for reach in tried))
    made = _learn_total(rows, params)
    place = str(part["within"][0])
    if made.cannot_tell:
        return TREND.empty(), _said(place, made, 0)
    known = (rows.exposure > 0) & np.isin(rows.platforms, made.platforms)
    now = known & ~rows.past
    if not now.any():
        strange = bool((~rows.past & (rows.exposure > 0)).any())
        why = "no day after the training is of a platform that the baseline has" if strange else _UNSEEN
        return TREND.empty(), _said(place, nothing(why), 0)
    made = replace(made, remarks=(*made.remarks, *_remarks(rows, made, known, len(names))))
    means = _means(rows, made, known, params)
    ks = _spreads(rows, means, known, tried, a_year / len(tried), params)
    best = _least(rows, means, known, tried, ks)
    bar = a_year / DAYS_A_YEAR / len(names)
    excess = best["chance"] < bar
    frame = pl.DataFrame({
        "series": np.array(names)[rows.each[now]],
        "within": [place] * int(now.sum()),
        "day": rows.days[now],
        "count": best["count"].round().astype(np.int64),
        "expected": best["expected"],
        "limit": _limit(best["upper"], np.array(ks)[best["by"]], bar / len(tried)),
        "chance": best["chance"],
        "excess": excess,
        "alarm": _of(rows.ground, now).alarms(tried, np.where(excess, best["by"], -1)),
        "reach_days": np.array([reach.days for reach in tried])[best["by"]],
        "near_km": np.array([float(reach.near_km) for reach in tried])[best["by"]],
    }).with_columns(alarm=pl.when("excess").then("alarm"))  # fmt: skip
    judged = frame.with_columns(day=pl.lit(_EPOCH) + pl.duration(days=pl.col("day")))
    return TREND.fit(judged), _said(place, replace(made, k_low=min(ks)), int(now.sum()))


def _remarks(rows: _Rows, made: Baseline, known: Array, size: int) -> Iterator[str]:
    """What whoever reads the answer has to know of its baseline."""
    strange = ~rows.past & (rows.exposure > 0) & ~known
    if strange.any():
        name = sorted(set(rows.platforms[strange].tolist()))[0]
        yield f"days of the platform {name!r} are not judged: the baseline has none"
    if np.ptp(rows.days[rows.past]) < 2 * DAYS_A_YEAR - 2 and made.season:
        yield "the baseline is one year: how years differ is not known"
    if empty := size - np.unique(rows.each[rows.past & known & (rows.counts > 0)]).size:
        yield f"{empty} of {size} series counted nothing in the baseline: what is usual there is taken from the others"


def _least(
    rows: _Rows, means: tuple[Array, Array], known: Array, tried: Sequence[Reach], ks: Sequence[float]
) -> dict[str, Array]:
    """Each judged day by the reach of the least chance: `by`, count, expected, upper, chance (of any of them)."""
    now = known & ~rows.past
    best: dict[str, Array] = {}
    for n, (reach, k) in enumerate(zip(tried, ks, strict=True)):
        sums = _sums(rows, means, known, reach)
        p = np.minimum(1.0, _tail(sums.counts[now], sums.upper[now], k) * len(tried))
        one = {"by": np.full(p.size, n), "count": sums.counts[now], "expected": sums.level[now],
               "upper": sums.upper[now], "chance": p}  # fmt: skip
        less = p < best["chance"] if best else np.ones(p.size, np.bool_)
        best = {name: np.where(less, part, best.get(name, part)) for name, part in one.items()}
    return best


def _of(ground: Ground, some: Array) -> Ground:
    return replace(ground, each=ground.each[some], days=ground.days[some])


def _sums(rows: _Rows, means: tuple[Array, Array], known: Array, reach: Reach) -> _Sums:
    counts, level, upper = (
        rows.ground.together(np.where(known, part, 0.0), reach) for part in (rows.counts, *means)
    )  # fmt: skip
    return _Sums(counts, level, upper)


def _rows(part: pl.DataFrame, until: int, beside: Sequence[str], placed: bool) -> _Rows:
    days = (part["day"] - _EPOCH).dt.total_days().to_numpy().astype(np.int64)
    exposure = part["exposure"].fill_null(1.0).to_numpy() if "exposure" in part.columns else np.ones(days.size)
    platforms = part["platform"].fill_null("").to_numpy() if "platform" in part.columns else np.full(days.size, "")
    past = days <= until
    exposure = np.where(part["count"].is_null().to_numpy(), 0.0, exposure)
    next_to = part.select(beside).to_numpy().astype(float) if beside else np.zeros((days.size, 0))
    if beside and past.any():  # in units of the baseline's own spread
        middle, wide = next_to[past].mean(0), next_to[past].std(0)
        next_to = (next_to - middle) / np.where(wide > 0, wide, 1.0)
    counts, each = part["count"].fill_null(0).to_numpy().astype(float), part["series"].rle_id().to_numpy().astype(int)
    spots = part.group_by("series", maintain_order=True).first().select("lon", "lat").to_numpy() if placed else None
    return _Rows(days, counts, exposure, platforms, next_to, each, past, Ground(each, days, spots))


def _learn_total(rows: _Rows, params: BaselineParams) -> Baseline:
    """The baseline of all series of the place together."""
    looked = rows.past & (rows.exposure > 0)
    if not looked.any():
        return nothing("the baseline has 0 days on which anybody looked")
    days, at = np.unique(rows.days[looked], return_inverse=True)
    counts = np.bincount(at, weights=rows.counts[looked])
    exposure = np.bincount(at, weights=rows.exposure[looked]) / (rows.each.max() + 1)
    first = np.zeros(days.size, np.int64)
    first[at[::-1]] = np.flatnonzero(looked)[::-1]
    return learn(days, counts, exposure, rows.platforms[first], replace(params, season_pairs=params.trend_pairs),
                 rows.beside[first])  # fmt: skip


def _means(rows: _Rows, made: Baseline, known: Array, params: BaselineParams) -> tuple[Array, Array]:
    """What is usual for each row, and its upper side. Each series has its share of the place's level."""
    level, upper = _by_day(rows, made, params)
    size = int(rows.each.max()) + 1
    learnt = known & rows.past
    held = np.bincount(rows.each[learnt], weights=rows.counts[learnt], minlength=size)
    hoped = np.bincount(rows.each[learnt], weights=level[learnt], minlength=size)
    share = (held + params.share_prior) / np.maximum(hoped + params.share_prior * size, 1e-9)
    error = np.exp(params.mean_sigmas / np.sqrt(held + params.share_prior)) if size > 1 else np.ones(size)
    return level * share[rows.each], upper * (share * error)[rows.each]


def _by_day(rows: _Rows, made: Baseline, params: BaselineParams) -> tuple[Array, Array]:
    """What the place's baseline expects of each row; once a day where what stands beside is the same in all series."""
    _, first, of_day = np.unique(rows.days, return_index=True, return_inverse=True)
    same = (rows.platforms == rows.platforms[first][of_day]).all() and (rows.beside == rows.beside[first][of_day]).all()
    at, back = (first, of_day) if same else (np.arange(rows.days.size),) * 2
    beside = rows.beside[at] if rows.beside.size else np.zeros((0, 0))
    x = design(rows.days[at], made.season, beside, rows.platforms[at], made.platforms, params.trend_pairs)
    level, upper = upper_mean(made, x, np.ones(at.size), params)
    return level[back] * rows.exposure, upper[back] * rows.exposure


def _spreads(
    rows: _Rows, means: tuple[Array, Array], known: Array, tried: Sequence[Reach], a_year: float, params: BaselineParams
) -> list[float]:
    """k of the series' days for each reach that is tried, each of which may have so many false days a year."""
    ks = [_spread(rows, _sums(rows, means, known, reach), known, a_year, params) for reach in tried]
    return _kept_by_years(rows, known, dict(zip(tried, ks, strict=True)), a_year, params)


def _spread(rows: _Rows, sums: _Sums, known: Array, a_year: float, params: BaselineParams) -> float:
    """k of the series' days: likeliest, then lower until the baseline's own days keep the rate."""
    learnt, size = known & rows.past, int(rows.each.max()) + 1
    counts, mean = sums.counts[learnt], np.maximum(sums.level[learnt], 1e-9)
    k = likeliest_k(counts, mean, 0, params)
    years = max(1.0, np.unique(rows.days[learnt]).size / DAYS_A_YEAR)
    high = counts > mean
    counts, over = counts[high], sums.upper[learnt][high]
    rate = a_year / DAYS_A_YEAR / size, a_year * years * params.rate_kept
    return _lowered(k, counts, over, rate, params)


def _kept_by_years(
    rows: _Rows, known: Array, ks: dict[Reach, float], a_year: float, params: BaselineParams
) -> list[float]:
    """k of each reach, lower until each of the baseline's years keeps the rate where the others alone judge it.

    A year that helps to learn what is usual is never far from it; the next one has not helped. With fewer than two
    years there is nothing to leave out.
    """
    rate = a_year / DAYS_A_YEAR / (int(rows.each.max()) + 1), a_year * params.rate_kept
    past = known & rows.past
    year = ((rows.days[past].max() - rows.days) // DAYS_A_YEAR).astype(np.int64)
    for y in np.unique(year[past]):
        others = replace(rows, past=rows.past & (year != y))
        its = past & (year == y)
        if np.unique(rows.days[its]).size < DAYS_A_YEAR / 2 or not (known & others.past).any():
            continue
        made = _learn_total(others, params)
        if made.cannot_tell or not made.season:
            continue
        told = known & np.isin(rows.platforms, made.platforms)
        its &= told
        means = _means(others, made, told, params)
        for reach, k in ks.items():
            sums = _sums(rows, means, told, reach)
            high = its & (sums.counts > sums.level)
            ks[reach] = _lowered(k, sums.counts[high], sums.upper[high], rate, params)
    return list(ks.values())


def _lowered(k: float, counts: Array, mean: Array, rate: tuple[float, float], params: BaselineParams) -> float:
    """k, lower until no more days than `rate` allows have less chance than its bar.

    Days that have are tried first, and all of them only once those keep the rate: the same k, for a tenth of the work.
    """
    bar, most = rate
    some = np.ones(counts.size, np.bool_)
    while k > params.k_floor:
        below = _tail(counts[some], mean[some], k) < bar
        if below.sum() > most:
            some[some] = below
            k *= params.k_step
        elif some.all():
            break
        else:
            some[:] = True
    return float(k)


def _tail(counts: Array, mean: Array, k: float) -> Array:
    """Chance to count so many or more."""
    from scipy.special import betainc

    p = np.ones(counts.size)
    some = counts > 0
    p[some] = betainc(counts[some], k, mean[some] / (mean[some] + k))
    return p


def _limit(mean: Array, k: Array, bar: float) -> Array:
    """The highest count that is not in excess."""
    from scipy.stats import nbinom

    return np.nan_to_num(nbinom.isf(bar, k, k / (k + np.maximum(mean, 1e-12))), nan=0.0).astype(np.int64)


def _said(place: str, made: Baseline, days: int) -> dict[str, Any]:
    dark = bool(made.cannot_tell)
    return {
        "series": place, "k": None if dark else made.k, "k_used": None if dark else made.k_low, "days": days,
        "cannot_tell": made.cannot_tell or None, "remarks": list(made.remarks),
    }  # fmt: skip
