"""Is the pause being used? The same measure for every side, before, during and after, beside what chance does."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.errors import InputError
from trucewatch.tables import PAUSED
from trucewatch.watch.fit import fitted
from trucewatch.watch.params import PauseParams
from trucewatch.watch.placebo import Effect, Placebos, placebos

Floats = NDArray[np.float64]
COUNT = "count"
"""The unit of what is counted; any other unit is a level that may be negative, as `km2`."""
PARTS = ("during", "rebound")


@dataclass(frozen=True)
class PauseAsk:
    """since, until: first day of the pause and the first day after it; lag: days (least, most) between what happened
    and the day under which it stands; before, after: days that are compared with the pause."""

    since: date
    until: date
    lag: tuple[int, int] = (0, 0)
    before: int = 28
    after: int = 14

    def checked(self) -> PauseAsk:
        """Itself, or InputError naming the option."""
        if self.until <= self.since:
            raise InputError("is not after the first day", field="--until", expected="the first day after the pause")
        if not 0 <= self.lag[0] <= self.lag[1]:
            raise InputError(f"is {self.lag[0]} to {self.lag[1]}", field="--lag-days", expected="days, the least first")
        for name, days in (("--before-days", self.before), ("--after-days", self.after)):
            if days < 1:
                raise InputError(f"is {days}", field=name, expected="a day or more")
        return self

    @property
    def length(self) -> int:
        """Days of the pause."""
        return (self.until - self.since).days


@dataclass(frozen=True)
class _Series:
    """One side's measure, day by day from `first`; exposure 0 where the day is not known."""

    first: date
    y: Floats
    exposure: Floats
    counted: bool
    known: dict[tuple[str, int], Effect] = field(default_factory=dict)


def pause(counts: pl.DataFrame, ask: PauseAsk, params: PauseParams | None = None) -> pl.DataFrame:
    """counts(side, measure, unit, date, count, exposure) -> PAUSED: a row per measure, part and side.

    Every side has its row with the same numbers, and the others' beside them. Change the names of the sides and the
    rows change their names and nothing else. A day without a row, or with no exposure, is not known and weighs nothing.
    """
    params, ask = params or PauseParams(), ask.checked()
    rows: list[dict[str, Any]] = []
    for measure, unit in counts.select("measure", "unit").unique().sort("measure", "unit").rows():
        mine = counts.filter((pl.col("measure") == measure) & (pl.col("unit") == unit))
        first, last = mine.select(pl.col("date").min(), pl.col("date").max().alias("last")).row(0)
        if ask.before + ask.length > (last - first).days + 1:
            why = f"the windows ({ask.before} and {ask.length} days) are longer than the series of {measure}"
            raise InputError(why, field="--before-days", expected="shorter windows, or a longer series")
        sides = {side: _series(mine.filter(pl.col("side") == side), unit == COUNT) for side in mine["side"].unique()}
        for part in PARTS if unit == COUNT else PARTS[:1]:
            told = {side: _one(series, ask, part, params) for side, series in sides.items()}
            for side in told:
                others = {other: told[other] for other in told if other != side}
                gap = _gap((sides[side], sides[next(iter(others))]), ask, part, params) if len(others) == 1 else {}
                words = {o: r.get("effect") for o, r in others.items()}
                rows.append({"measure": measure, "unit": unit, "part": part, "side": side, **told[side], **gap,
                             "others": [{"side": o, "effect": e} for o, e in sorted(words.items())]})  # fmt: skip
    return PAUSED.fit(pl.DataFrame(rows, schema=PAUSED.schema, orient="row")).sort("measure", "unit", "part", "side")


def _series(rows: pl.DataFrame, counted: bool) -> _Series:
    first, last = rows["date"].min(), rows["date"].max()
    days = pl.DataFrame({"date": pl.date_range(first, last, eager=True)})  # type: ignore[arg-type]
    whole = days.join(rows.select("date", "count", "exposure"), on="date", how="left", maintain_order="left")
    known = whole["count"].is_not_null()
    exposure = whole.select(pl.when(known).then(pl.col("exposure").fill_null(1.0)).otherwise(0.0)).to_series()
    y = np.where(exposure.to_numpy() > 0, whole["count"].fill_null(0.0).to_numpy(), 0.0)
    return _Series(first, y.astype(np.float64), exposure.to_numpy().astype(np.float64), counted)  # type: ignore[arg-type]


def _windows(series: _Series, start: int, ask: PauseAsk) -> dict[str, tuple[Floats, Floats, Floats]] | None:
    """Day on which the pause starts -> (counts, exposure, day from the start) of each window; None where they stick
    out of the series."""
    edges = {"before": (start - ask.before, start), "during": (start, start + ask.length),
             "after": (start + ask.length, start + ask.length + ask.after)}  # fmt: skip
    if edges["before"][0] < 0:
        return None
    made = {}
    for name, (a, b) in edges.items():
        keep = series.exposure[a:b] > 0
        day = np.arange(a, min(b, len(series.y)), dtype=np.float64) - start
        made[name] = (series.y[a:b][keep], series.exposure[a:b][keep], day[keep])
    return made


def effect(series: _Series, start: int, ask: PauseAsk, part: str, params: PauseParams) -> Effect:
    """The same, worked out once for each day."""
    key = (part, start)
    if key not in series.known:
        series.known[key] = _effect(series, start, ask, part, params)
    return series.known[key]


def _effect(series: _Series, start: int, ask: PauseAsk, part: str, params: PauseParams) -> Effect:
    """A pause that starts on that day -> its effect (log ratio, or difference of a level) and standard error."""
    windows = _windows(series, start, ask)
    nothing = (math.nan, math.nan)
    if windows is None or start + ask.length + (ask.after if part == "rebound" else 0) > len(series.y):
        return nothing
    (yb, eb, tb), (y, e, t) = windows["before"], windows["during" if part == "during" else "after"]
    length = ask.length if part == "during" else ask.after
    if len(y) < max(1, params.least_known * length) or len(yb) < params.least_days:
        return nothing
    if not series.counted:
        spread = yb.std(ddof=1) if len(yb) > 1 else 0.0
        return float(y.mean() - yb.mean()), max(1e-9, float(spread)) * math.sqrt(1 / len(y) + 1 / len(yb))
    if part == "during":  # no trend is followed into the pause: a passing swing is not taken to go on
        rate = (yb.sum() + 0.5) / eb.sum()
        spread = max(1.0, float(((yb - rate * eb) ** 2 / (rate * eb)).sum() / max(1, len(yb) - 1)))
        expected = rate * e.sum()
        return math.log((y.sum() + 0.5) / expected), math.sqrt(spread * (1 / expected + 1 / (yb.sum() + 0.5)))
    x = np.column_stack([np.ones(len(yb)), tb])
    beta, cov, spread = fitted(yb, eb, x, np.array([np.inf, params.trend_sd]))
    ahead = np.column_stack([np.ones(len(t)), t])
    mean = e * np.exp(np.clip(ahead @ beta, -30, 30))
    lean = (mean[:, None] * ahead).sum(axis=0) / mean.sum()
    size = math.log((y.sum() + 0.5) / (mean.sum() + 0.5))
    return size, math.sqrt(spread / (mean.sum() + 0.5) + float(lean @ cov @ lean))


def _starts(series: _Series, ask: PauseAsk, part: str) -> list[int]:
    """Days on which a pause of that length could have started, with nothing of the real one in its windows."""
    start = (ask.since - series.first).days
    reach = ask.length + (ask.after if part == "rebound" else 0)
    before = range(ask.before, start - reach + 1)
    later = start + ask.length + ask.lag[1] + ask.after + ask.before
    return [*before, *range(later, len(series.y) - reach + 1)]


def _lags(ask: PauseAsk) -> range:
    return range(ask.lag[0], ask.lag[1] + 1)


def _one(series: _Series, ask: PauseAsk, part: str, params: PauseParams) -> dict[str, Any]:
    """One side's row."""
    start = (ask.since - series.first).days
    at = _windows(series, start + ask.lag[0], ask) or {}
    rates = {name: _rate(*at[name][:2]) if name in at else None for name in ("before", "during", "after")}
    if ask.lag[1] >= ask.length and part == "during":
        why = f"the pause lasted {ask.length} days and what is told of it may come {ask.lag[1]} days late"
        return {**rates, "verdict": "cannot_tell", "because": why}
    window, length = ("during", ask.length) if part == "during" else ("after", ask.after)
    days = at[window][0].size if at else 0
    if at and days < max(1, params.least_known * length):
        why = f"{days or 'none'} of the {length} days {'of the pause' if part == 'during' else 'after it'} are known"
        return {**rates, "verdict": "cannot_tell", "because": why}
    if at and series.counted and at["before"][0].sum() + at[window][0].sum() < params.least_count:
        return {**rates, "verdict": "cannot_tell", "because": f"fewer than {params.least_count} in both windows"}
    found = [effect(series, start + lag, ask, part, params) for lag in _lags(ask)]
    chance = placebos(lambda n: effect(series, n, ask, part, params), _starts(series, ask, part), ask.length, params)
    told = _judged(found, chance, series.counted)
    gaps = f"; known on {days} of {length} days" if at and days < length else ""
    return {**rates, **told, "because": told["because"] + gaps}


def _rate(y: Floats, exposure: Floats) -> float | None:
    return float(y.sum() / exposure.sum()) if exposure.sum() > 0 else None


def _judged(found: list[Effect], chance: Placebos, counted: bool) -> dict[str, Any]:
    """Effects for every lag, and what chance does -> numbers and the verdict; the interval holds those of all lags."""
    told: dict[str, Any] = {"n_placebos": chance.n, "false_alarms": chance.false_alarms, "verdict": "cannot_tell"}
    if not all(math.isfinite(size) for size, _ in found):
        return {**told, "because": "a window sticks out of what is known"}
    if chance.critical is None:
        return {**told, "because": f"only {chance.n} placebo dates that do not overlap: what chance does is not known"}
    turn = math.exp if counted else float
    told["effect"] = turn(found[0][0])
    low = min(size - chance.critical * error for size, error in found)
    high = max(size + chance.critical * error for size, error in found)
    told |= {"effect_low": turn(low), "effect_high": turn(high)}
    verdict = "more" if low > 0 else "fewer" if high < 0 else "no_change_shown"
    return {**told, "verdict": verdict, "because": f"beside {chance.n} placebo dates that do not overlap"}


def _gap(pair: tuple[_Series, _Series], ask: PauseAsk, part: str, params: PauseParams) -> dict[str, Any]:
    """How much more one side did than the other did of the same, and whether that is beyond chance."""
    a, b = pair
    first, end = max(a.first, b.first), min(_end(a), _end(b))
    if end <= first:
        return {}
    a, b = _cut(a, first, end), _cut(b, first, end)

    def both(start: int) -> Effect:
        (x, sx), (y, sy) = (effect(s, start, ask, part, params) for s in (a, b))
        return x - y, math.hypot(sx, sy)

    start = (ask.since - first).days
    chance = placebos(both, _starts(a, ask, part), ask.length, params)
    told = _judged([both(start + lag) for lag in _lags(ask)], chance, a.counted)
    return {"gap": told.get("effect"), "gap_low": told.get("effect_low"), "gap_high": told.get("effect_high")}


def _end(series: _Series) -> date:
    return series.first + timedelta(days=len(series.y))


def _cut(series: _Series, first: date, end: date) -> _Series:
    if (first, end) == (series.first, _end(series)):
        return series
    a, b = (first - series.first).days, (end - series.first).days
    return replace(series, first=first, y=series.y[a:b], exposure=series.exposure[a:b], known={})
