"""Loops of the scan that have to be fast, compiled. Imported only when a scan is made.

The margins of a permutation are fixed, so a cylinder expects the same in every replicate, and its likelihood ratio
grows with its count. So the smallest count that reaches a given ratio is a table over what is expected; a replicate
is whole numbers added and compared, and logarithms are taken only of the few cylinders that may have reached it.

    chain     start, near, last: the locations around each centre, nearest first; ties in distance enter together
    sums      cases so far at each place, day after day, so that a window's count is one difference
    windows   first, after, expected: where each begins and ends in those sums, and all the cases that it holds
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SHIFT = 16
"""Bits of a float32 that are dropped to name a bin of what is expected: 128 bins to a doubling."""
BATCH = 64
"""Replicates that one thread holds at a time; also the unit of the random numbers, whatever the threads."""
BLOCK = 256
"""Windows that are looked at together before anybody asks which replicates reached the bar."""
EVEN = 1e-10
"""Ratios that differ by less than this part are the same, and differ by the order of the sums."""
NEVER = 2**30
"""A count that no cylinder has."""


@njit(cache=True, nogil=True)
def llr(c: float, mu: float, n: float) -> float:
    """Log-likelihood ratio of a cylinder that holds c of n cases and expects mu.

    >>> round(llr(10.0, 2.0, 100.0), 6)
    8.430176
    """
    if c <= mu:
        return 0.0
    rest = n - c
    return c * math.log(c / mu) + (rest * math.log(rest / (n - mu)) if rest > 0 else 0.0)


@njit(cache=True, nogil=True)
def best(chain, sums, of_place, windows, rules):  # type: ignore[no-untyped-def]
    """The likeliest cylinder of each centre: rows of llr, locations in its circle, window, cases, expected.

    Of cylinders with the same ratio the smallest circle, then the first window. rules: as in `exceeded`.
    """
    start, near, last = chain
    first, after, expected = windows
    n, most, least = rules
    found = np.zeros((start.size - 1, 5))
    held = np.empty(sums.shape[1], np.int64)
    for centre in range(start.size - 1):
        held[:] = 0
        there = 0.0
        row = found[centre]
        for k in range(start[centre], start[centre + 1]):
            there += of_place[near[k]]
            part = sums[near[k]]
            for d in range(held.size):
                held[d] += part[d]
            if not last[k]:
                continue
            share = there / n
            for i in range(first.size):
                c = held[after[i]] - held[first[i]]
                mu = share * expected[i]
                # Pearson's square is never below the ratio and needs no logarithm.
                if c <= mu or c < least or c > most or (c - mu) * (c - mu) * n <= row[0] * mu * (n - mu):
                    continue
                value = llr(c, mu, n)
                if value > row[0] * (1 + EVEN):
                    row[0], row[1], row[2], row[3], row[4] = value, k + 1 - start[centre], i, c, mu
    return found


@njit(cache=True)
def smallest_counts(levels, n, least, most):  # type: ignore[no-untyped-def]
    """For each level of the ratio and each bin of what is expected, the smallest count that may reach it."""
    size = (np.float32(2.0e9).view(np.uint32) >> SHIFT) + 1
    table = np.full((levels.size, size), NEVER, np.int32)
    edge = np.arange(size).astype(np.uint32) << np.uint32(SHIFT)
    low = edge.view(np.float32)
    for j in range(levels.size):
        c = least
        for b in range(size):
            mu = low[b] * (1 - 1e-6)
            if mu <= 0:
                table[j, b] = least
                continue
            if mu >= most:
                break
            while c <= most and llr(c, mu, n) < levels[j]:
                c += 1
            table[j, b] = c if c <= most else NEVER
    return table


@njit(cache=True, nogil=True)
def _draw(state):  # type: ignore[no-untyped-def]
    """The next of a stream of random numbers in [0, 1) (splitmix64)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def permuted(place_of, per_day, seed, sums, used):  # type: ignore[no-untyped-def]
    """Deal the days out among the cases anew, once for each lane in use: sums[place, days so far, replicate]."""
    state = np.array([seed], np.uint64)
    cases = place_of.copy()
    days = per_day.size
    sums[:] = 0
    for r in range(used):
        at = 0
        for day in range(days):
            for _ in range(per_day[day]):
                j = at + int(_draw(state) * (cases.size - at))
                here = cases[j]
                cases[j] = cases[at]
                cases[at] = here
                sums[here, day + 1, r] += 1
                at += 1
    for place in range(sums.shape[0]):
        for day in range(days):
            for r in range(sums.shape[2]):
                sums[place, day + 1, r] += sums[place, day, r]


@njit(cache=True, nogil=True)
def _row(table, share, expected, least, scratch):  # type: ignore[no-untyped-def]
    """The smallest count of each window of one circle that may reach the level of `table`."""
    for i in range(expected.size):
        scratch[i] = share * expected[i]
    bins = scratch.view(np.uint32)
    for i in range(expected.size):
        least[i] = table[bins[i] >> np.uint32(SHIFT)]


@njit(cache=True, nogil=True)
def _reached(held, first, after, least, hit):  # type: ignore[no-untyped-def]
    """Which replicates (lanes) have a window of this circle whose count is not below the smallest?"""
    for r in range(BATCH):
        hit[r] = 0
    for i in range(first.size):
        early, late, bar = held[first[i]], held[after[i]], least[i]
        for r in range(BATCH):
            hit[r] |= np.uint8(late[r] - early[r] >= bar)


@njit(cache=True, nogil=True)
def _highest(held, r, windows, share, level, rules):  # type: ignore[no-untyped-def]
    """The highest ratio of these windows in one replicate; 0 where none may reach its level.

    Pearson's square is never below the ratio and needs no logarithm.
    """
    first, after, expected = windows
    top = 0.0
    for i in range(first.size):
        c = held[after[i], r] - held[first[i], r]
        mu = share * expected[i]
        if c <= rules[1] and c > mu and c >= rules[2] and (c - mu) ** 2 * rules[0] > level * mu * (rules[0] - mu):
            top = max(top, llr(c, mu, rules[0]))
    return top


@njit(cache=True, nogil=True)
def exceeded(chain, sums, of_place, windows, rules, bars):  # type: ignore[no-untyped-def]
    """How many of the levels (highest first) does each replicate's likeliest cylinder not reach?

    rules: cases in all, most and least in a cylinder; bars: levels, smallest counts, lanes in use. Replicates are lanes
    of one vector: they run through the same circles and windows together, against the bar of the lane furthest behind.
    """
    start, near, last = chain
    first, after, expected = windows
    levels, table, used = bars
    level = np.full(BATCH, levels.size - 1)
    level[used:] = -1
    scratch, least = np.empty(BLOCK, np.float32), np.empty(BLOCK, sums.dtype)
    held, hit = np.empty((sums.shape[1], BATCH), sums.dtype), np.zeros(BATCH, np.uint8)
    for i in range(start.size - 1):
        base = level.max()
        if base < 0:
            break
        held[:] = 0
        there = 0.0
        for k in range(start[i], start[i + 1]):
            there += of_place[near[k]]
            part = sums[near[k]]
            for d in range(held.shape[0]):
                row, more = held[d], part[d]
                for r in range(BATCH):
                    row[r] += more[r]
            if not last[k]:
                continue
            share = there / rules[0]
            for at in range(0, first.size, BLOCK):
                to = min(at + BLOCK, first.size)
                _row(table[base], share, expected[at:to], least, scratch)
                _reached(held, first[at:to], after[at:to], least, hit)
                for r in range(BATCH):
                    if hit[r] and level[r] >= 0:
                        some = (first[at:to], after[at:to], expected[at:to])
                        top = _highest(held, r, some, share, levels[level[r]], rules)
                        while level[r] >= 0 and top >= levels[level[r]]:
                            level[r] -= 1
    return level + 1
