# mypy: disable-error-code="no-any-return, return-value"
"""Numba kernels of step 4: rows in boxes on either side -> the pairs that are worth keeping."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trucewatch.fuse.kernels import CUBE, Facts, Floats, Ints, Model, score_of


@njit(cache=True, nogil=True)
def taken(facts: Facts, rows: Ints) -> Facts:
    """The facts of these rows, side by side."""
    return Facts(
        facts.at[rows], facts.var[rows], facts.shape[rows], facts.lo[rows], facts.hi[rows],
        facts.blur[rows], facts.source[rows], facts.code[rows], facts.rho[rows],
    )  # fmt: skip


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
Side = tuple[Facts, Ints, Ints, Ints]
"""Facts of rows by box and time; their numbers; the boxes' numbers in order; where each begins."""


@njit(cache=True, nogil=True)
def _distance2(model: Model, here: Facts, i: int, there: Facts, j: int, late: tuple[float, float]) -> float:
    """Square of the distance of two sightings; -1 where they are out of reach, or of one source that speaks once."""
    dt, worst = late
    if here.source[i] == there.source[j] and model.most[here.source[i]] < 2:
        return -1.0
    d2 = 0.0
    for k in range(3):
        d2 += (here.at[i, k] - there.at[j, k]) ** 2
    gate2 = model.gate * model.gate
    v = here.var[i] + there.var[j]
    if d2 > gate2 * v:
        return -1.0
    u = here.blur[i] + (here.hi[i] - here.lo[i]) ** 2 / 12 + there.blur[j] + (there.hi[j] - there.lo[j]) ** 2 / 12
    return -1.0 if dt * dt > gate2 * u or d2 / v + dt * dt / u > worst else d2


@njit(cache=True, nogil=True)
def near_pairs(
    model: Model, one: Side, two: Side, around: Ints, window_s: float, part: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Rows by box and time on either side -> pairs with a score above `accept`, left < right.

    Rows of the boxes `part` of `one` meet those of `two` in the boxes that `around` leads to; within a box, time is a
    sliding window. Half of the neighbours are enough where both sides are the same.
    """
    here, rows, box, first = one
    there, rows2, box2, first2 = two
    half = around.size == 14
    room = max(1024, (first[part[1]] - first[part[0]]) // 2)
    left, right, score = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float32)
    n = 0
    scratch = np.empty((2, 3))
    most = _most_squares(model, here, there, first[part[0]], first[part[1]])
    for q in range(around.size):
        c = np.searchsorted(box2, box[part[0]] + around[q]) if part[0] < part[1] else 0
        same = half and around[q] == 0
        for b in range(part[0], part[1]):
            wanted = box[b] + around[q]
            while c < box2.size and box2[c] < wanted:
                c += 1
            if c == box2.size:
                break
            if box2[c] != wanted:
                continue
            start, end = first2[c], first2[c + 1]
            for i in range(first[b], first[b + 1]):
                ti = 0.5 * (here.lo[i] + here.hi[i])
                if same:
                    start = i + 1
                worst = most[i - first[part[0]]]
                if worst <= 0.0:
                    continue
                while start < end and 0.5 * (there.lo[start] + there.hi[start]) < ti - window_s:
                    start += 1
                for j in range(start, end):
                    dt = 0.5 * (there.lo[j] + there.hi[j]) - ti
                    if dt > window_s:
                        break
                    d2 = _distance2(model, here, i, there, j, (dt, worst))
                    if d2 < 0.0:
                        continue
                    # the earlier row first, so that the last bit does not hang on which side it was met from
                    if rows[i] < rows2[j]:
                        value = score_of(model, here, i, there, j, d2, scratch)
                    else:
                        value = score_of(model, there, j, here, i, d2, scratch)
                    if value <= model.accept:
                        continue
                    if n == left.size:
                        left = np.concatenate((left, np.empty_like(left)))
                        right = np.concatenate((right, np.empty_like(right)))
                        score = np.concatenate((score, np.empty_like(score)))
                    left[n], right[n] = min(rows[i], rows2[j]), max(rows[i], rows2[j])
                    score[n] = value
                    n += 1
    return left[:n].copy(), right[:n].copy(), score[:n].copy()
