# mypy: disable-error-code="no-any-return, return-value"
"""Numba kernels of step 4: rows in boxes on either side -> the pairs that are worth keeping."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trucewatch.fuse.kernels import CUBE, Facts, Floats, Ints, Model, points_score, score_of

Rows = NDArray[np.int32]


class Side(NamedTuple):
    """Rows by box and time: their facts, their numbers; the boxes' numbers in order, where each begins.

    x, y, z: their places; mid: the middles of their spans, s; spread: variance of time about it, s2; plain: whether its
    error is round and its time a moment. Each in a row of its own, since the search reads little else.
    """

    facts: Facts
    rows: Ints
    box: Ints
    first: Ints
    x: Floats
    y: Floats
    z: Floats
    mid: Floats
    spread: Floats
    plain: NDArray[np.bool_]


@njit(cache=True, nogil=True)
def side_of(facts: Facts, order: Ints, box: Ints, first: Ints) -> Side:
    """The facts of these rows, side by side."""
    own = Facts(
        facts.at[order], facts.var[order], facts.shape[order], facts.lo[order], facts.hi[order],
        facts.blur[order], facts.source[order], facts.code[order], facts.rho[order],
    )  # fmt: skip
    x, y, z = own.at[:, 0].copy(), own.at[:, 1].copy(), own.at[:, 2].copy()
    mid, spread = 0.5 * (own.lo + own.hi), own.blur + (own.hi - own.lo) ** 2 / 12
    plain = (own.shape < 0) & (own.lo == own.hi)
    return Side(own, order, box, first, x, y, z, mid, spread, plain)


@njit(cache=True, nogil=True)
def _most_squares(model: Model, here: Facts, there: Facts, start: int, end: int) -> Floats:
    """For each row, the most that the squares of its offsets from any other can be if the pair is to be worth keeping.

    No more than a bound: with the least errors of the other side, the density of this side, and kinds that agree best.
    Spans and errors that are not round are not bounded so.
    """
    made = np.full(end - start, np.inf)
    if not there.var.size or np.any(there.shape >= 0) or np.any(there.lo < there.hi):
        return made
    v, u = there.var.min(), there.blur.min()
    gain = max(model.gain.max(), model.again.max()) + model.bias - model.accept
    best = np.empty(model.like.shape[0])
    for a in range(best.size):
        best[a] = model.like[a].max()
    for i in range(start, end):
        if here.shape[i] < 0 and here.lo[i] == here.hi[i]:
            top = best[here.code[i]] / (CUBE * (here.var[i] + v) * math.sqrt(here.blur[i] + u))
            made[i - start] = 2 * (gain + model.gain[here.source[i]] - here.rho[i] + math.log(top)) + BIT
    return made


BIT = 1e-6
"""A bound is wider by this, so that rounding never decides."""


@njit(cache=True)
def _doubled(made: Any) -> Any:
    """An array with as much room again."""
    return np.concatenate((made, np.empty_like(made)))


@njit(cache=True, nogil=True)
def near_pairs(
    model: Model, one: Side, two: Side, around: Ints, window_s: float, part: tuple[int, int]
) -> tuple[Rows, Rows, NDArray[np.float32]]:
    """Rows by box and time on either side -> pairs with a score above `accept`, left < right.

    Rows of the boxes `part` of `one` meet those of `two` in the boxes that `around` leads to.
    """
    here, there = one.facts, two.facts
    met, met2, d2 = _meet(model, one, two, around, window_s, part)
    left, right, score = np.empty_like(met), np.empty_like(met), np.empty(met.size, np.float32)
    scratch = np.empty((2, 3))
    n = 0
    for e in range(met.size):
        i, j = met[e], met2[e]
        # the earlier row first, so that the last bit does not hang on which side it was met from
        before = one.rows[i] < two.rows[j]
        if one.plain[i] and two.plain[j]:
            code, said = (here.code[i], there.code[j]), (here.source[i], there.source[j])
            said = said if before else (said[1], said[0])
            offsets, errors = (
                (d2[e], two.mid[j] - one.mid[i]),
                (here.var[i] + there.var[j], one.spread[i] + two.spread[j]),
            )
            value = points_score(model, code, said, max(here.rho[i], there.rho[j]), offsets, errors)
        elif before:
            value = score_of(model, here, i, there, j, d2[e], scratch)
        else:
            value = score_of(model, there, j, here, i, d2[e], scratch)
        if value > model.accept:
            left[n], right[n] = min(one.rows[i], two.rows[j]), max(one.rows[i], two.rows[j])
            score[n] = value
            n += 1
    return left[:n].copy(), right[:n].copy(), score[:n].copy()


@njit(cache=True, nogil=True)
def _meet(
    model: Model, one: Side, two: Side, around: Ints, window_s: float, part: tuple[int, int]
) -> tuple[Rows, Rows, Floats]:
    """-> places of rows on either side that may be worth keeping together, and the square of their distance.

    Within a box, time is a sliding window. Half of the neighbours are enough where both sides are the same.
    """
    here, there = one.facts, two.facts
    half, begin = around.size == 14, one.first[part[0]]
    room = max(1024, one.first[part[1]] - begin)
    met, met2, far = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
    n = 0
    most = _most_squares(model, here, there, begin, one.first[part[1]])
    gate2 = model.gate * model.gate
    x, y, z, mid, spread, var, source = two.x, two.y, two.z, two.mid, two.spread, there.var, there.source
    for q in range(around.size):
        c = np.searchsorted(two.box, one.box[part[0]] + around[q]) if part[0] < part[1] else 0
        same = half and around[q] == 0
        for b in range(part[0], part[1]):
            wanted = one.box[b] + around[q]
            while c < two.box.size and two.box[c] < wanted:
                c += 1
            if c == two.box.size:
                break
            if two.box[c] != wanted:
                continue
            start, end = two.first[c], two.first[c + 1]
            i = one.first[b] - 1
            while i + 1 < one.first[b + 1]:
                i += 1
                if same:
                    start = i + 1
                while start < end and mid[start] < one.mid[i] - window_s:
                    start += 1
                if start == end:  # whatever comes later in this box comes too late
                    break
                if mid[start] - one.mid[i] > window_s and not same:
                    while i + 1 < one.first[b + 1] and mid[start] - one.mid[i + 1] > window_s:
                        i += 1
                    continue
                worst = most[i - begin]
                if worst <= 0.0:
                    continue
                xi, yi, zi, ti, vi, ui = one.x[i], one.y[i], one.z[i], one.mid[i], here.var[i], one.spread[i]
                # a source that speaks once of an incident does not meet itself
                once = here.source[i] if model.most[here.source[i]] < 2 else -1
                for j in range(start, end):
                    dt = mid[j] - ti
                    if dt > window_s:
                        break
                    d2 = (xi - x[j]) ** 2 + (yi - y[j]) ** 2 + (zi - z[j]) ** 2
                    v, u = vi + var[j], ui + spread[j]
                    if d2 > gate2 * v or dt * dt > gate2 * u or d2 / v + dt * dt / u > worst or source[j] == once:
                        continue
                    if n == met.size:
                        met, met2, far = _doubled(met), _doubled(met2), _doubled(far)
                    met[n], met2[n], far[n] = i, j, d2
                    n += 1
    return met[:n], met2[:n], far[:n]
