"""Has anything risen, and how often would one think so for nothing? Alarms whose average run length is promised.

Each day gives each series a ratio: how much likelier its count is at a rise than without one (`baseline.log_ratio`).
Without a change it is on average at most 1, whatever came before. An e-detector (Shin, Ramdas and Rinaldo 2023) sums,
over every day on which the rise may have begun, the product of the ratios since then:

    M(today) = (M(yesterday) + 1) x ratio(today), averaged over several sizes of rise

Without a change M grows by at most 1 a day, so that the first time it passes A comes on average after A days or more,
and within a year with a chance of at most 365/A; nothing in this is asymptotic, and one may look every day. For several
series together the bar is on their average: the k highest alarm where the k-th is at least A x series / k
(e-Benjamini-Hochberg), which asks of dependence between them nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from trucewatch.tables import ALARMS, WATCHED
from trucewatch.watch.baseline import YEAR_DAYS, Baseline, design, learn, log_p, log_ratio, nothing, upper_mean
from trucewatch.watch.params import BaselineParams

Array = Any
DAYS_A_YEAR = 365.25
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Alarmed:
    """alarms: a row for each; series: what each series' baseline was, or why it cannot be told."""

    alarms: pl.DataFrame
    series: pl.DataFrame


@dataclass(frozen=True)
class _Watch:
    """One series after its training: its days, and what each day says for each size of rise."""

    name: str
    made: Baseline
    days: Array
    counts: Array
    mean: Array
    upper: Array
    ratios: Array


def alarms(counts: pl.DataFrame, arl_years: float, train_until: date, params: BaselineParams | None = None) -> Alarmed:
    """counts(series, day, count[, exposure, platform]), a row a day -> alarms after `train_until`, training's last.

    A day with no exposure, or with no row, weighs nothing: it is neither a zero nor a day that passes.
    """
    params = params or BaselineParams()
    until = (train_until - _EPOCH).days
    parts = counts.sort("series", "day").partition_by("series", maintain_order=True)
    watches = [_watch(part, until, params) for part in parts]
    bar = arl_years * DAYS_A_YEAR * max(1, sum(not w.made.cannot_tell for w in watches))
    watches = [w if w.made.cannot_tell else _noticing(w, bar, params) for w in watches]
    told = [w for w in watches if not w.made.cannot_tell]
    bar = arl_years * DAYS_A_YEAR * max(1, len(told))
    rows = _run(told, bar, params) if told else []
    made = pl.DataFrame(rows) if rows else ALARMS.empty()
    return Alarmed(ALARMS.fit(made), _told(watches))


def _watch(part: pl.DataFrame, until: int, params: BaselineParams) -> _Watch:
    days = (part["day"] - _EPOCH).dt.total_days().to_numpy().astype(np.int64)
    exposure = part["exposure"].fill_null(1.0).to_numpy() if "exposure" in part.columns else np.ones(days.size)
    platforms = part["platform"].fill_null("").to_numpy() if "platform" in part.columns else np.full(days.size, "")
    counted = part["count"].fill_null(0).to_numpy().astype(float)
    exposure = np.where(part["count"].is_null().to_numpy(), 0.0, exposure)
    past = days <= until
    made = learn(days[past], counted[past], exposure[past], platforms[past], params)
    now = ~past & (exposure > 0)
    if not made.cannot_tell:
        strange = now & ~np.isin(platforms, made.platforms)
        if strange.any():
            name = sorted(set(platforms[strange].tolist()))[0]
            what = f"days of the platform {name!r} weigh nothing: the baseline has none"
            made = _remarked(made, what)
            now &= ~strange
        if not now.any():
            made = nothing("no day after the training was looked at by a platform that the baseline knows")
    elif not now.any():
        made = nothing(made.cannot_tell)
    name = str(part["series"][0])
    if made.cannot_tell:
        return _Watch(name, made, days[:0], counted[:0], counted[:0], counted[:0], np.zeros((0, 0)))
    x = design(days[now], made.season, np.zeros((0, 0)), platforms[now], made.platforms, params.season_pairs)
    mean, upper = upper_mean(made, x, exposure[now], params)
    return _Watch(name, made, days[now], counted[now], mean, upper, _ratios(counted[now], upper, made.k_low, params))


def _noticing(w: _Watch, bar: float, params: BaselineParams) -> _Watch:
    """The same, with how long a rise would take to raise an alarm; told of nothing where none would in good time."""
    days = [days_to_alarm(w.made, float(w.mean.mean()), float(w.upper.mean()), g, bar, params) for g in params.tried]
    if days[-1] > params.blind_days:
        why = (
            f"the baseline says so little of how days differ that {params.tried[-1]:g} times as much would raise no "
            f"alarm within {params.blind_days} days: a longer one, or larger areas, would"
        )
        return replace(w, made=nothing(why, w.made.remarks), days=w.days[:0])
    spoken = " and ".join(
        f"to {g:g} times after {f'about {math.ceil(d)} days' if d <= YEAR_DAYS else 'more than a year'}"
        for g, d in zip(params.tried, days, strict=True)
    )
    return replace(w, made=_remarked(w.made, f"a rise would raise an alarm: {spoken}"))


def days_to_alarm(
    made: Baseline, mean: float, upper: float, growth: float, bar: float, params: BaselineParams
) -> float:  # fmt: skip
    """Days of so many times the usual until the evidence may be expected to pass the bar; infinite where it falls."""
    y, p = _counts_of(growth * mean, made.k, params)
    each = (p / p.sum()) @ _ratios(y, np.full(y.size, upper), made.k_low, params)
    return float(np.log(bar * len(params.growths)) / each.max()) if each.max() > 0 else math.inf


def _counts_of(mean: float, k: float, params: BaselineParams) -> tuple[Array, Array]:
    """Counts that such a day may have, and how likely each is: all of them, or where they are many as many quantiles
    as are looked at."""
    most = mean + params.far_sigmas * np.sqrt(mean + mean**2 / k)
    if most < params.most_counts:
        y = np.arange(int(most) + 2.0)
        return y, np.exp(log_p(y, np.full(y.size, mean), k))
    from scipy.stats import nbinom

    shares = (np.arange(params.most_counts) + 0.5) / params.most_counts
    return nbinom.ppf(shares, k, k / (k + mean)), np.ones(shares.size)


def _remarked(made: Baseline, what: str) -> Baseline:
    return replace(made, remarks=(*made.remarks, what))


def _ratios(counts: Array, upper: Array, k: float, params: BaselineParams) -> Array:
    """A row a day, a column a size of rise: the log ratio, no higher than a day may count."""
    cap = np.log(params.most_evidence_a_day)
    return np.column_stack([np.minimum(log_ratio(counts, upper, k, g), cap) for g in params.growths])


def _run(watches: list[_Watch], bar: float, params: BaselineParams) -> list[dict[str, Any]]:
    """Go through the days, every series at once."""
    first, last = min(w.days[0] for w in watches), max(w.days[-1] for w in watches)
    size = last - first + 1
    ratios = np.zeros((size, len(watches), len(params.growths)))
    looked = np.zeros((size, len(watches)), np.bool_)
    for n, w in enumerate(watches):
        ratios[w.days - first, n] = w.ratios
        looked[w.days - first, n] = True
    ratios = np.exp(ratios)
    sums = np.zeros((len(watches), len(params.growths)))
    again = np.zeros(len(watches), np.int64)
    rows = []
    for t in range(size):
        on = looked[t]
        sums[on] = (sums[on] + 1) * ratios[t, on]
        evidence = sums.mean(1)
        for n in _passed(evidence, bar, on):
            day = int(first + t)
            since = _since(watches[n], int(first + again[n]), day, int(sums[n].argmax()))
            rows.append(_row(watches[n], since, day, float(evidence[n]), bar, params))
            sums[n], again[n] = 0.0, t + 1
    return rows


def _passed(evidence: Array, bar: float, on: Array) -> Array:
    """e-Benjamini-Hochberg: the k highest, where the k-th is at least bar / k; only those that were looked at today."""
    order = np.argsort(-evidence, kind="stable")
    enough = np.flatnonzero(evidence[order] * np.arange(1, evidence.size + 1) >= bar)
    return np.sort([n for n in order[: enough[-1] + 1] if on[n]]) if enough.size else np.zeros(0, np.int64)


def _since(w: _Watch, again: int, day: int, growth: int) -> int:
    """The likeliest first day of the rise that alarms: from there on the ratios' product is highest."""
    span = (w.days >= again) & (w.days <= day)
    rest = w.ratios[span, growth][::-1].cumsum()[::-1]
    return int(w.days[span][int(rest.argmax())])


def _row(w: _Watch, since: int, day: int, evidence: float, bar: float, params: BaselineParams) -> dict[str, Any]:
    """An alarm, what raised it and what would lower it."""
    span = (w.days >= since) & (w.days <= day)
    counts, mean = w.counts[span], w.mean[span]
    top = np.argsort(-(counts - mean), kind="stable")[:3]
    spoken = [_EPOCH + timedelta(int(d)) for d in w.days[span][top]]
    highest = ", ".join(f"{d} ({int(c)})" for d, c in zip(spoken, counts[top], strict=True))
    began = _EPOCH + timedelta(since)
    ordinary = _level_that_lowers(w, day, params)
    higher = _baseline_that_lowers(w, span, bar, params)
    return {
        "series": w.name,
        "date": _EPOCH + timedelta(day),
        "evidence": evidence,
        "since": began,
        "counted": int(counts.sum()),
        "expected": float(mean.sum()),
        "days": int(span.sum()),
        "raised_by": f"{int(counts.sum())} counted on {int(span.sum())} days that were looked at since {began}, where "
        f"{mean.sum():.1f} are usual; most above it: {highest}",
        "lowered_by": f"a day like {_EPOCH + timedelta(day)} with at most {ordinary}; a baseline {higher} "
        "higher; copies among what was counted; a reason why more was noticed",
    }  # fmt: skip


def _level_that_lowers(w: _Watch, day: int, params: BaselineParams) -> int:
    """The highest count on such a day that would have lowered every rise's evidence but the smallest's."""
    at = int(np.flatnonzero(w.days == day)[0])
    tried = np.arange(int(w.upper[at] * max(params.growths)) + 2)
    ratio = np.exp(_ratios(tried.astype(float), np.full(tried.size, w.upper[at]), w.made.k_low, params)).mean(1)
    below = np.flatnonzero(ratio < 1)
    return int(below[-1]) if below.size else 0


def _baseline_that_lowers(w: _Watch, span: Array, bar: float, params: BaselineParams) -> str:
    """By how much higher the usual level would have to be for the same days to raise no alarm."""
    for more in params.higher:
        ratios = np.exp(_ratios(w.counts[span], w.upper[span] * (1 + more), w.made.k_low, params))
        held, most = np.zeros(len(params.growths)), 0.0
        for each in ratios:
            held = (held + 1) * each
            most = max(most, float(held.mean()))
        if most < bar:
            return f"{more:.0%}"
    return f"more than {params.higher[-1]:.0%}"


def _told(watches: list[_Watch]) -> pl.DataFrame:
    rows = [
        {
            "series": w.name,
            "k": None if w.made.cannot_tell else w.made.k,
            "k_used": None if w.made.cannot_tell else w.made.k_low,
            "mean": None if w.made.cannot_tell else float(w.mean.mean()),
            "mean_used": None if w.made.cannot_tell else float(w.upper.mean()),
            "days": int(w.days.size),
            "cannot_tell": w.made.cannot_tell or None,
            "remarks": list(w.made.remarks),
        }
        for w in watches
    ]
    return WATCHED.fit(pl.DataFrame(rows, schema_overrides={"k": pl.Float64, "k_used": pl.Float64,
                                                            "mean": pl.Float64, "mean_used": pl.Float64,
                                                            "cannot_tell": pl.String,
                                                            "remarks": pl.List(pl.String)}))  # fmt: skip
