"""Loops of the scan that have to be fast, compiled. Imported only when a scan is made.

The margins of a permutation are fixed, so a cylinder expects the same in every replicate, and its likelihood ratio
grows with its count. So the smallest count that reaches a given ratio is a table over what is expected; a replicate
is whole numbers added and compared, and logarithms are taken only of the few cylinders that may have reached it.

Most cylinders are never looked at. A block of them, circles that follow one another around a centre and windows of
nearly the same days (`grains.py`), holds no more than its largest circle does in all of its days; where that is fewer
than the smallest circle and the window that expects least would need, none of the block reaches the ratio.

    chain     start, near, last, order: the locations around each centre, nearest first; ties in distance enter
              together; and the centres so that neighbours follow each other, whose counts are then at hand
    sums      cases so far at each place, day after day, so that a window's count is one difference
    windows   first, after, expected: where each begins and ends in those sums, and all the cases that it holds
    grains    groups of windows, coarser and coarser: see `grains.py`
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SHIFT = 16
"""Bits of a float32 that are dropped to name a bin of what is expected: 128 bins to a doubling."""
BATCH = 64
"""Replicates that one thread holds at a time; also the unit of the random numbers, whatever the threads."""
SPARE = 3.0
"""Standard deviations that a block's count is to stay below its bar, when its size is chosen; it changes no answer."""
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
    start, near, last, _ = chain
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
def _add(held, more):  # type: ignore[no-untyped-def]
    """held += more, day by day, all replicates (lanes) at once."""
    for d in range(held.shape[0]):
        row, part = held[d], more[d]
        for r in range(BATCH):
            row[r] += part[r]


@njit(cache=True, nogil=True)
def _bins(share, expected, scratch):  # type: ignore[no-untyped-def]
    """What is expected of each -> its place in a table of smallest counts: the top bits of the number."""
    for g in range(expected.size):
        scratch[g] = share * expected[g]
    return scratch[: expected.size].view(np.uint32)


@njit(cache=True, nogil=True)
def _over(held, first, after, bars, over):  # type: ignore[no-untyped-def]
    """By how much does each replicate (lane) pass the bar, in the group in which it does so most? Below 0: in none."""
    over[:] = -1
    for g in range(first.size):
        early, late, bar = held[first[g]], held[after[g]], bars[g]
        for r in range(BATCH):
            more = over.dtype.type(late[r] - early[r] - bar)
            over[r] = max(over[r], more)


@njit(cache=True, nogil=True)
def _extent(chain, of_place, at, there, sizes):  # type: ignore[no-untyped-def]
    """The block that begins with the circle that ends at `at`: its last circle's end, and the grain of its windows.

    A block is as large as leaves its count usually below its bar. sizes: the bar of the longest window, what it
    expects here, the end of the chain, how much more the windows of each grain's groups expect than the least of them.
    """
    near, last = chain
    bar, expected, end, ratio = sizes
    if expected <= 0:
        return at, 0
    room = max(1.0, (bar - SPARE * math.sqrt(bar)) / expected)
    grain = 0
    while grain + 1 < ratio.size and ratio[grain + 1] ** 2 <= room:
        grain += 1
    most, high = there * room / ratio[grain], at
    for k in range(at + 1, end):
        there += of_place[near[k]]
        if there > most:
            break
        if last[k]:
            high = k
    return high, grain


@njit(cache=True, nogil=True)
def _highest(held, block, group, chain, sums, limits):  # type: ignore[no-untyped-def]
    """The highest ratio in a block, in one replicate; 0 where none may reach the level.

    held: of the block's largest circle, from which the locations are taken away again one by one. Pearson's square is
    never below the ratio and needs no logarithm.
    """
    low, high, there, r = block
    early, first, after, expected = group
    near, last, of_place = chain
    n, most, least, level = limits
    top = 0.0
    for k in range(high, low - 1, -1):
        if last[k]:
            share = there / n
            for i in range(first.size):
                c = held[after[i] - early] - held[first[i] - early]
                mu = share * expected[i]
                if c <= most and c > mu and c >= least and (c - mu) ** 2 * n > level * mu * (n - mu):
                    top = max(top, llr(c, mu, n))
        there -= of_place[near[k]]
        part = sums[near[k]]
        for d in range(held.size):
            held[d] -= part[early + d, r]
    return top


@njit(cache=True, nogil=True)
def _lower(block, held, chain, sums, grains, asks):  # type: ignore[no-untyped-def]
    """The level that a replicate has still to reach, once this block is known. held: of its largest circle."""
    first, after, expected, (g_first, g_after, least, begin), (a, z) = grains
    r, bars, table, levels, level, rules, scratch, share = asks
    for g in range(a, z):
        count = held[g_after[g], r] - held[g_first[g], r]
        if count < bars[g - a] or count < table[level, _bins(share, least[g : g + 1], scratch)[0] >> np.uint32(SHIFT)]:
            continue
        early, x, y = g_first[g], begin[g], begin[g + 1]
        some = (early, first[x:y], after[x:y], expected[x:y])
        mine = held[early : g_after[g] + 1, r].astype(np.int64)
        top = _highest(mine, (*block, r), some, chain, sums, (rules[0], rules[1], rules[2], levels[level]))
        while level >= 0 and top >= levels[level]:
            level -= 1
        if level < 0:
            break
    return level


@njit(cache=True, nogil=True)
def exceeded(chain, sums, of_place, grains, rules, bars):  # type: ignore[no-untyped-def]
    """How many of the levels (highest first) does each replicate's likeliest cylinder not reach?

    rules: cases in all, most and least in a cylinder; bars: levels, smallest counts, lanes in use. Replicates are lanes
    of one vector: they run through the same blocks together, against the bar of the lane furthest behind.
    """
    start, near, last, order = chain
    windows, groups, grain_at, ratio, longest = grains
    levels, table, used = bars
    level = np.full(BATCH, levels.size - 1)
    level[used:] = -1
    bar, scratch = np.empty(groups[0].size, sums.dtype), np.empty(groups[0].size, np.float32)
    held, over = np.empty((sums.shape[1], BATCH), sums.dtype), np.empty(BATCH, sums.dtype)
    whole = np.full(1, longest)
    for i in order:
        base = level.max()
        if base < 0:
            break
        held[:] = 0
        there, k = 0.0, start[i]
        while k < start[i + 1]:
            # 1. The smallest circle of the block, and as many more as may be judged with it.
            low = k
            while not last[low]:
                low += 1
            first = there + of_place[near[k : low + 1]].sum()
            share = first / rules[0]
            tallest = table[base, _bins(share, whole, scratch)[0] >> np.uint32(SHIFT)]
            high, t = _extent((near, last), of_place, low, first, (tallest, share * longest, start[i + 1], ratio))
            for j in range(k, high + 1):
                _add(held, sums[near[j]])
                there += of_place[near[j]]
            k = high + 1
            # 2. Which replicates hold as much as the block's smallest circle and shortest days would need?
            a, z = grain_at[t], grain_at[t + 1]
            bins = _bins(share, groups[2][a:z], scratch)
            for g in range(z - a):
                bar[g] = table[base, bins[g] >> np.uint32(SHIFT)]
            _over(held, groups[0][a:z], groups[1][a:z], bar[: z - a], over)
            # 3. Only those: cylinder by cylinder.
            for r in range(BATCH):
                if over[r] >= 0 and level[r] >= 0:
                    asks = (r, bar, table, levels, level[r], rules, scratch, share)
                    of_grain = (windows[0], windows[1], windows[2], groups, (a, z))
                    level[r] = _lower((low, high, there), held, (near, last, of_place), sums, of_grain, asks)
    return level + 1
