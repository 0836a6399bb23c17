"""What a place counts on a day like this when nothing has changed: learnt from its own past, and how surely.

Counts are negative binomial: mean mu, variance mu + mu^2/k. log mu = level + weekday + season + platform + whatever
stands beside the counts (weather, say) + log exposure. All of it is learnt from days up to a date and nothing later.

Two things are then taken conservatively, since a detector that errs in them cries out or sleeps:
  the mean    at its upper side: what one does not know of it (its own error, and how much years differ)
  k           at its lower side, and lower still until the evidence that the training days themselves would have given,
              by the day and by stretches of days, is no more than chance allows. So bursts are part of the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trucewatch.watch.params import BaselineParams

Array = Any
WEEK, YEAR_DAYS = 7, 365.25


@dataclass(frozen=True)
class Baseline:
    """What was learnt. cannot_tell: why nothing was; then the rest says nothing."""

    weights: Array
    errors: Array
    k: float
    k_low: float
    years_sd: float
    season: bool
    platforms: tuple[str, ...]
    remarks: tuple[str, ...]
    cannot_tell: str = ""


def nothing(why: str, remarks: tuple[str, ...] = ()) -> Baseline:
    """A baseline that tells nothing."""
    return Baseline(np.zeros(0), np.zeros((0, 0)), 0.0, 0.0, 0.0, False, (), remarks, why)


def design(days: Array, season: bool, beside: Array, platforms: Array, known: Sequence[str], pairs: int) -> Array:
    """Days (numbers since 1970-01-01) and what stands beside -> a row of numbers for each day."""
    columns = [np.ones(days.size)]
    columns += [(days % WEEK == n).astype(float) - (days % WEEK == 0) for n in range(1, WEEK)]
    if season:
        turn = 2 * np.pi * days / YEAR_DAYS
        columns += [wave(n * turn) for n in range(1, pairs + 1) for wave in (np.sin, np.cos)]
    columns += [(platforms == name).astype(float) for name in known[1:]]
    return np.column_stack([*columns, beside]) if beside.size else np.column_stack(columns)


def learn(
    days: Array, counts: Array, exposure: Array, platforms: Array, params: BaselineParams, beside: Array | None = None
) -> Baseline:
    """Training days -> a baseline. Days without exposure, and days that are not there, weigh nothing."""
    looked = exposure > 0
    beside = np.zeros((days.size, 0)) if beside is None else beside
    beside = beside[looked]
    days, counts, exposure, platforms = (part[looked] for part in (days, counts, exposure, platforms))
    if days.size < params.least_days:
        return nothing(f"the baseline has {days.size} days on which anybody looked; {params.least_days} are needed")
    if counts.sum() < params.least_counts:
        what = "nothing was counted" if counts.sum() == 0 else f"only {int(counts.sum())} were counted"
        return nothing(f"{what} in the baseline's {days.size} days, so that nobody can say how the count varies")
    span = days[-1] - days[0] + 1
    season = bool(span >= YEAR_DAYS - 1 and days.size >= YEAR_DAYS / 2)
    known = tuple(sorted(set(platforms.tolist()), key=lambda name: (-int((platforms == name).sum()), name)))
    x = design(days, season, beside, platforms, known, params.season_pairs)
    weights, errors, k = fit(x, counts, np.log(exposure), params)
    mean = np.exp(np.clip(x @ weights, -30, 30)) * exposure
    k_low = k * np.exp(-params.k_sigmas * _k_error(counts, mean, k))
    remarks = () if season else (f"the baseline spans {span} days, less than a year: season is not known",)
    years = _years_sd(days, counts, mean, k) if season else 0.0
    made = Baseline(weights, errors, k, float(k_low), years, season, known, remarks)
    return _calibrated(made, x, counts, exposure, days, params)


def fit(x: Array, counts: Array, offset: Array, params: BaselineParams) -> tuple[Array, Array, float]:
    """-> weights, their covariance, k. Weights but the first are drawn a little towards none (a normal prior)."""
    prior = np.full(x.shape[1], 1 / params.prior_sd**2)
    prior[0] = 1e-6
    weights = np.zeros(x.shape[1])
    weights[0] = np.log(counts.sum() / np.exp(offset).sum())
    k = 1.0
    for _ in range(params.rounds):
        before, k_before = weights.copy(), k
        for _ in range(params.rounds):
            mean = np.exp(np.clip(x @ weights + offset, -30, 30))
            weigh = mean / (1 + mean / k)
            step = np.linalg.solve((x.T * weigh) @ x + np.diag(prior),
                                   x.T @ ((counts - mean) / (1 + mean / k)) - prior * weights)  # fmt: skip
            weights = weights + np.clip(step, -2, 2)
            if np.abs(step).max() < params.settled:
                break
        mean = np.exp(np.clip(x @ weights + offset, -30, 30))
        k = likeliest_k(counts, mean, x.shape[1], params)
        if np.abs(weights - before).max() < params.settled and abs(np.log(k / k_before)) < params.settled:
            break
    weigh = mean / (1 + mean / k)
    return weights, np.linalg.inv((x.T * weigh) @ x + np.diag(prior)), k


def log_p(counts: Array, mean: Array, k: Array | float) -> Array:
    """Log probability of counts under the negative binomial."""
    from scipy.special import gammaln

    return (
        gammaln(counts + k) - gammaln(k) - gammaln(counts + 1)
        + k * np.log(k / (k + mean)) + counts * np.log(np.maximum(mean, 1e-300) / (k + mean))
    )  # fmt: skip


def likeliest_k(counts: Array, mean: Array, used: int, params: BaselineParams) -> float:
    """The k of the highest likelihood, made lower for the weights that were fitted to the same days."""
    grid = np.exp(np.linspace(np.log(params.k_least), np.log(params.k_most), params.k_steps))
    tables, each = np.unique(counts, return_inverse=True)
    from scipy.special import gammaln

    held = np.bincount(each, minlength=tables.size)
    values = np.array([
        held @ (gammaln(tables + k) - gammaln(k))
        + (k * np.log(k / (k + mean)) + counts * np.log(mean / (k + mean))).sum()
        for k in grid
    ])  # fmt: skip
    at = int(values.argmax())
    k = grid[at]
    if 0 < at < grid.size - 1:  # the top of the parabola through three points
        a, b, c = values[at - 1 : at + 2]
        k *= np.exp(0.5 * (a - c) / (a - 2 * b + c) * (np.log(grid[1]) - np.log(grid[0])))
    return float(k * (1 - used / max(counts.size, used + 1)))


def _k_error(counts: Array, mean: Array, k: float) -> float:
    """Standard error of log k, from how the likelihood bends."""
    h = 0.05
    at = [log_p(counts, mean, k * np.exp(s * h)).sum() for s in (-1, 0, 1)]
    bend = -(at[0] - 2 * at[1] + at[2]) / h**2
    return float(1 / np.sqrt(bend)) if bend > 1e-9 else 1.0


def _years_sd(days: Array, counts: Array, mean: Array, k: float) -> float:
    """How much years differ beyond what days do by chance: standard deviation of the log of a year's level."""
    year = ((days[-1] - days) // YEAR_DAYS).astype(int)
    held, hoped = (np.bincount(year, weights=part) for part in (counts, mean))
    noise = np.bincount(year, weights=mean + mean**2 / k)
    full = (np.bincount(year) > YEAR_DAYS / 2) & (hoped > 0) & (held > 0)
    if full.sum() < 2:
        return 0.0
    ratio = np.log(held[full] / hoped[full])
    return float(np.sqrt(max(0.0, ratio.var(ddof=1) - (noise[full] / hoped[full] ** 2).mean())))


def upper_mean(made: Baseline, x: Array, exposure: Array, params: BaselineParams) -> tuple[Array, Array]:
    """-> the mean, and its upper side."""
    level = np.exp(np.clip(x @ made.weights, -30, 30)) * exposure
    error = np.sqrt(np.maximum(0.0, ((x @ made.errors) * x).sum(1)) + made.years_sd**2)
    return level, level * np.exp(params.mean_sigmas * error)


def log_ratio(counts: Array, mean: Array, k: Array | float, growth: float) -> Array:
    """Log of how much likelier a day's count is at `growth` times the mean than at the mean.

    Grows with the count, and exponentially: so any day's law that is no wider than this negative binomial, and no
    higher, has on average a ratio of at most 1, whatever its shape.
    """
    return counts * np.log(growth) + (counts + k) * (np.log(k + mean) - np.log(k + growth * mean))


def _calibrated(
    made: Baseline, x: Array, counts: Array, exposure: Array, days: Array, params: BaselineParams
) -> Baseline:
    """Lower k until the training days' own evidence, over each stretch, is on average no more than chance allows."""
    _, mean = upper_mean(made, x, exposure, params)
    k, cap = made.k_low, np.log(params.most_evidence_a_day)
    while k > params.k_least:
        worst = 0.0
        for growth in params.growths:
            each = np.minimum(log_ratio(counts, mean, k, growth), cap)
            so_far = np.concatenate([[0.0], each.cumsum()])
            for stretch in params.stretches:
                if stretch * params.least_stretches <= days.size:
                    over = np.exp(so_far[stretch:] - so_far[:-stretch])
                    error = over.std() * np.sqrt(stretch / over.size)
                    worst = max(worst, float(over.mean() + params.stretch_sigmas * error))
        if worst <= 1.0:
            break
        k *= params.k_step
    remark: tuple[str, ...] = ()
    if k < made.k_low * params.k_step:
        remark = ("the baseline has bursts: evidence counts for less than days by themselves would have it",)
    return Baseline(
        made.weights, made.errors, made.k, k, made.years_sd, made.season, made.platforms, made.remarks + remark
    )
