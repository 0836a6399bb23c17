"""What chance does: the same measure at dates on which nothing was agreed, and the bar that it sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.watch.params import PauseParams

Floats = NDArray[np.float64]
Effect = tuple[float, float]
"""An effect and its standard error by itself; NaN where it cannot be had."""


@dataclass(frozen=True)
class Placebos:
    """critical: so many standard errors are beyond chance, learnt from the placebo dates and never below the normal
    bar; false_alarms: share of placebo dates that the bar learnt from the others would have called; n: how many of
    them do not overlap. None where there are too few to know."""

    critical: float | None
    false_alarms: float | None
    n: int


def placebos(at: Callable[[int], Effect], starts: list[int], length: int, params: PauseParams) -> Placebos:
    """The measure as a function of the day it starts on, the placebo days -> the bar and how often it is passed.

    The same effect at other dates is what chance, trends and bursts make of it; the bar is the level's quantile of its
    sizes, taken one rank higher than observed, so that few dates make it higher and not lower.
    """
    effects = np.array([at(start) for start in starts], dtype=np.float64).reshape(-1, 2)
    good = np.isfinite(effects).all(axis=1) & (effects[:, 1] > 0)
    z, days = np.abs(effects[good, 0] / effects[good, 1]), np.array(starts, dtype=np.int64)[good]
    n = _apart(days, length)
    if n < params.least_placebos:
        return Placebos(None, None, n)
    own = bar(z, n, params)
    called = 0
    for i in range(len(z)):
        others = np.abs(days - days[i]) >= length
        called += z[i] > bar(z[others], max(1, n - 1), params) if others.any() else 0
    return Placebos(own, called / len(z), n)


def bar(z: Floats, n: int, params: PauseParams) -> float:
    """Sizes of placebo effects, of which `n` are apart -> how many standard errors are beyond chance.

    >>> bar(np.array([0.1, 0.5, 3.0]), 3, PauseParams())
    3.0
    """
    share = min(1.0, (1 - params.false_alarms) * (n + 1) / n)
    rank = int(np.ceil(share * (z.size - 1)))
    return max(params.normal_bar, float(np.partition(z, rank)[rank]))


def _apart(days: NDArray[np.int64], length: int) -> int:
    """How many of the days lie so far apart that their windows share nothing."""
    n, last = 0, None
    for day in np.sort(days).tolist():
        if last is None or day - last >= length:
            n, last = n + 1, day
    return n
