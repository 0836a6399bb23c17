"""Numba kernels of linking by a rule: which pairs pass, and which sets they make, best first."""

# mypy: disable-error-code="no-any-return, return-value"
from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trucewatch.fuse.kernels import Floats, Ints, apart2


class Told(NamedTuple):
    """Reports as arrays. long: an episode; means: what a row's words mean at each level of each column, finest first;
    starts: where the levels of each column begin in it, and where the last one ends."""

    at: Floats
    lo: Floats
    hi: Floats
    long: NDArray[np.bool_]
    source: Ints
    means: Ints
    starts: Ints


@njit(cache=True)
def fit_of(told: Told, limits: tuple[float, float], i: int, j: int) -> float:
    """How ill two reports agree: 0 where all columns do at their finest level, 1 where all do at their widest alone, -1
    where the two do not pass."""
    far2, within_s = limits
    if told.source[i] == told.source[j] or told.long[i] != told.long[j] or apart2(told.at, i, j) > far2:
        return -1.0
    if abs(told.lo[i] - told.lo[j]) > within_s or abs(told.hi[i] - told.hi[j]) > within_s:
        return -1.0
    columns = told.starts.size - 1
    total = 0.0
    for c in range(columns):
        first, end = told.starts[c], told.starts[c + 1]
        level = first
        while level < end and told.means[i, level] != told.means[j, level]:
            level += 1
        if level == end:
            return -1.0
        total += (level - first) / max(1, end - first - 1)
    return total / max(1, columns)


@njit(cache=True)
def pass_(told: Told, limits: tuple[float, float], a: Ints, b: Ints) -> tuple[Floats, Floats]:
    """Pairs -> how ill each agrees, -1 where it does not pass; and how far apart they are, as shares of the window."""
    fit, apart = np.empty(a.size), np.empty(a.size)
    for p in range(a.size):
        i, j = a[p], b[p]
        fit[p] = fit_of(told, limits, i, j)
        late = abs(told.lo[i] - told.lo[j]) + abs(told.hi[i] - told.hi[j])
        apart[p] = np.sqrt(apart2(told.at, i, j) / max(limits[0], 1e-6)) + 0.5 * late / max(limits[1], 1e-3)
    return fit, apart


@njit(cache=True)
def join(told: Told, limits: tuple[float, float], a: Ints, b: Ints) -> Ints:
    """Pairs, best first -> for each row the first of its set, in which all pass with each other."""
    n = told.lo.size
    root, after, last = np.arange(n), np.full(n, -1), np.arange(n)
    for p in range(a.size):
        x, y = root[a[p]], root[b[p]]
        if x == y:
            continue
        x, y = min(x, y), max(x, y)
        all_ = True
        i = x
        while i >= 0 and all_:
            j = y
            while j >= 0 and all_:
                all_ = fit_of(told, limits, i, j) >= 0
                j = after[j]
            i = after[i]
        if not all_:
            continue
        j = y
        while j >= 0:
            root[j] = x
            j = after[j]
        after[last[x]] = y
        last[x] = last[y]
    return root
