"""What would an alarm notice, and how soon? A rise of so many a day, on top of what is usual there, many times over.

The days are drawn as the baseline has them (its likeliest mean and spread), the alarm is judged as `alarms` judges it
(the upper mean, the wider spread, the same bar), and it has been running for a while when the rise begins. An alarm
of a day counts at that day's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trucewatch.watch.alarm import DAYS_A_YEAR
from trucewatch.watch.baseline import log_ratio
from trucewatch.watch.params import BaselineParams, PowerParams

Array = Any


@dataclass(frozen=True)
class Usual:
    """One series as `watched` tells it: counted on a usual day, that mean's upper side, its spread, and the spread that
    is used; `series` are watched together with one false alarm in `arl_years` among them all."""

    mean: float
    mean_used: float
    k: float
    k_used: float
    series: int
    arl_years: float


@dataclass(frozen=True)
class Power:
    """Of a rise: the chance of an alarm by the end of each day since it began, and how sure the drawing is of it."""

    by_day: tuple[float, ...]
    low: float
    high: float
    draws: int

    @property
    def median_days(self) -> int | None:
        """Days until half of the drawings have alarmed; None where they have not by the last day."""
        late = [n for n, share in enumerate(self.by_day, 1) if share >= 0.5]
        return late[0] if late else None


def power(
    usual: Usual, added: float, days: int, params: PowerParams | None = None, base: BaselineParams | None = None
) -> Power:
    """A series, how many more are counted a day, and for how many days -> the chance of an alarm in them.

    The chance that the alarm gives of itself, with nothing added, is in it.
    """
    params, base = params or PowerParams(), base or BaselineParams()
    dice = np.random.default_rng(params.seed)
    n, bar = params.draws, usual.arl_years * DAYS_A_YEAR * max(1, usual.series)
    cap, growths = np.log(base.most_evidence_a_day), np.asarray(base.growths)
    table = _table(usual, growths, cap)
    sums, gone = np.zeros((n, growths.size)), np.zeros(n, bool)
    by_day = []
    for t in range(params.days_before + days):
        rise = t >= params.days_before
        counted = dice.poisson(dice.gamma(usual.k, usual.mean / usual.k, n))
        if rise:
            counted = counted + dice.poisson(added, n)
        ratios = _ratios(counted, table, usual, growths, cap)
        sums = (sums + 1) * ratios
        alarm = sums.mean(1) >= bar
        sums[alarm] = 0.0
        if rise:
            gone |= alarm
            by_day.append(float(gone.mean()))
    low, high = _wilson(int(gone.sum()), n, params.sigmas)
    return Power(tuple(by_day), low, high, n)


def _table(usual: Usual, growths: Array, cap: float) -> Array:
    """The day's ratios for every count that is usual; rarer ones are reckoned when they come."""
    return _reckoned(np.arange(_MOST, dtype=float), usual, growths, cap)


def _reckoned(counts: Array, usual: Usual, growths: Array, cap: float) -> Array:
    each = [np.minimum(log_ratio(counts, usual.mean_used, usual.k_used, g), cap) for g in growths]
    made: Array = np.exp(np.column_stack(each))
    return made


_MOST = 256


def _ratios(counted: Array, table: Array, usual: Usual, growths: Array, cap: float) -> Array:
    made = table[np.minimum(counted, _MOST - 1)]
    if (far := counted >= _MOST).any():
        made[far] = _reckoned(counted[far].astype(float), usual, growths, cap)
    return made


def _wilson(hits: int, n: int, z: float) -> tuple[float, float]:
    """The interval of a share (Wilson 1927)."""
    p, d = hits / n, 1 + z * z / n
    middle, off = (p + z * z / (2 * n)) / d, z * ((p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5) / d
    return max(0.0, middle - off), min(1.0, middle + off)


def powers(usual: Sequence[Usual], added: Sequence[float], days: int, params: PowerParams | None = None) -> list[Power]:
    """`power` of each, the same question asked once."""
    asked: dict[tuple[Usual, float], Power] = {}
    made = []
    for one, more in zip(usual, added, strict=True):
        key = (one, round(more, 6))
        if key not in asked:
            asked[key] = power(one, more, days, params)
        made.append(asked[key])
    return made
