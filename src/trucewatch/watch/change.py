"""Did the truce change anything? A series interrupted on a day, beside dates on which no truce began."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.tables import CHANGED
from trucewatch.watch.fit import fitted
from trucewatch.watch.params import PauseParams
from trucewatch.watch.pause import COUNT, _judged, _rate, _Series, _series
from trucewatch.watch.placebo import Effect, placebos


@dataclass(frozen=True)
class ChangeAsk:
    """at: the first day of the truce; before, after: days on either side that are looked at."""

    at: date
    before: int = 56
    after: int = 28

    def checked(self) -> ChangeAsk:
        """Itself, or InputError naming the option."""
        for name, days in (("--before-days", self.before), ("--after-days", self.after)):
            if days < 1:
                raise InputError(f"is {days}", field=name, expected="a day or more")
        return self


def change(counts: pl.DataFrame, ask: ChangeAsk, params: PauseParams | None = None) -> pl.DataFrame:
    """counts(series, date, count, exposure) -> CHANGED: a row per series.

    The step at the first day, on top of the trend before it; placebo dates are all days before it whose windows hold
    nothing of the truce. `p` is the rank of the step among theirs: no smaller than one over their number allows.
    """
    params, ask = params or PauseParams(), ask.checked()
    rows: list[dict[str, Any]] = []
    for name in counts["series"].unique().sort():
        series = _series(counts.filter(pl.col("series") == name), counted=True)
        if ask.before + ask.after > len(series.y):
            why = f"the windows ({ask.before} and {ask.after} days) are longer than the series {name}"
            raise InputError(why, field="--before-days", expected="shorter windows, or a longer series")
        rows.append({"series": name, "unit": COUNT, **_of(series, ask, params)})
    return CHANGED.fit(pl.DataFrame(rows, schema=CHANGED.schema, orient="row"))


def step(series: _Series, start: int, ask: ChangeAsk, params: PauseParams) -> Effect:
    """The step on that day: log ratio of what was there to what the trend before leads to expect, with its error."""
    a, b = start - ask.before, start + ask.after
    if a < 0 or b > len(series.y):
        return math.nan, math.nan
    keep = series.exposure[a:b] > 0
    day = np.arange(a, b, dtype=np.float64)[keep] - start
    on = (day >= 0).astype(np.float64)
    if on.sum() < 1 or (1 - on).sum() < params.least_days:
        return math.nan, math.nan
    x = np.column_stack([np.ones(len(day)), day, on])
    beta, cov, _ = fitted(series.y[a:b][keep], series.exposure[a:b][keep], x, np.array([np.inf, params.trend_sd, 3.0]))
    return float(beta[2]), math.sqrt(float(cov[2, 2]))


def _of(series: _Series, ask: ChangeAsk, params: PauseParams) -> dict[str, Any]:
    start = (ask.at - series.first).days
    spans = {
        "before": slice(max(0, start - ask.before), max(0, start)),
        "after": slice(max(0, start), start + ask.after),
    }
    rates = {name: _rate(series.y[span], series.exposure[span]) for name, span in spans.items()}
    total = sum(series.y[span].sum() for span in spans.values())
    if total < params.least_count:
        return {**rates, "verdict": "cannot_tell", "because": f"fewer than {params.least_count} in both windows"}
    starts = list(range(ask.before, start - ask.after + 1))
    found = step(series, start, ask, params)
    chance = placebos(lambda n: step(series, n, ask, params), starts, ask.after, params)
    told = _judged([found], chance, counted=True)
    if chance.critical is not None and math.isfinite(found[0]):
        others = np.array([step(series, n, ask, params) for n in starts])
        sizes = np.abs(others[:, 0] / others[:, 1])
        told["p"] = float((1 + (sizes >= abs(found[0] / found[1])).sum()) / (1 + len(sizes)))
    return {**rates, **told}
