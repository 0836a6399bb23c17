"""Which arrivals of a stream are of one shot? Compiled. Arrivals come sorted by sensor, then time.

(1) guesses   each arrival with two later ones of other sensors, near enough in time, names one or two exact places
(2) score     at each other sensor the arrival nearest to its time counts for the guess, or its lack against it;
              the three that named the place count nothing, and the guess pays for all that were tried
(3) claim     the best guess takes its arrivals; the next one has to do with what is left; until none is good enough
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from trucewatch.locate.kernel import _climb, _error, _exact, _odds, _residual

P_HEARD, GAIN, LEAST, SLACK, GATE, MOST, REACH = range(7)
"""Places of the numbers handed to `told_apart`."""
_BIG = 1e300


@njit(cache=True)
def _nearest(starts, m, t, free, when):
    """The free arrival of sensor m that is nearest in time to `when`, or -1."""
    best, gap = -1, _BIG
    low, high = starts[m], starts[m + 1]
    at = low + np.searchsorted(t[low:high], when)
    for i in range(at, high):
        if t[i] - when > gap:
            break
        if free[i]:
            best, gap = i, t[i] - when
            break
    for i in range(at - 1, low - 1, -1):
        if when - t[i] > gap:
            break
        if free[i]:
            if when - t[i] < gap:
                best = i
            break
    return best


@njit(cache=True)
def score(p, starts, sx, sy, t, sd, free, rate, c, wind, model, numbers, named, taken):
    """How much better a shot at p explains the free arrivals than chance does -> (log odds, arrivals taken).

    named: the three arrivals that named p, which explain nothing; taken[m]: the arrival of sensor m, or -1.
    """
    total, count = 0.0, 0
    for m in range(len(starts) - 1):
        taken[m] = -1
        if starts[m] == starts[m + 1]:
            continue
        i = starts[m]
        _, _, _, d, speed = _residual(p[0], p[1], p[2], sx[i], sy[i], t[i], c, wind[0], wind[1])
        s = _error(d, speed, sd[i], model)
        near = _nearest(starts, m, t, free, p[2] + d / speed)
        if near >= 0 and abs(t[near] - p[2] - d / speed) <= numbers[GATE] * s:
            on, _ = _odds(t[near] - p[2] - d / speed, s, model)
            taken[m] = near
            count += 1
            if near != named[0] and near != named[1] and near != named[2]:
                total += math.log(numbers[P_HEARD] * on / rate[m])
        else:
            total += math.log(1 - numbers[P_HEARD])
    return total, count


@njit(cache=True)
def _guess(i, of, starts, sx, sy, t, sd, free, rate, c, wind, model, numbers, ends, best, named):
    """Steps 1 and 2 for the shots whose first arrival is i -> the best score; its place in best, its three in named."""
    n = len(t)
    near = np.empty(n, np.int64)
    many = 0
    for j in range(n):
        if not free[j] or of[j] == of[i] or t[j] < t[i]:
            continue
        if t[j] - t[i] <= math.hypot(sx[j] - sx[i], sy[j] - sy[i]) / c + numbers[SLACK]:
            near[many] = j
            many += 1
    pairs = many * (many - 1) // 2
    each = max(1.0, pairs / numbers[MOST])
    two, three, taken = np.empty((2, 3)), np.empty(3, np.int64), np.empty(len(starts) - 1, np.int64)
    top, tried, seen, due = -_BIG, 0, 0, 0.0
    for a in range(many):
        for b in range(a + 1, many):
            seen += 1
            if seen <= due:
                continue
            due += each
            j, k = near[a], near[b]
            if of[j] == of[k]:
                continue
            if abs(t[j] - t[k]) > math.hypot(sx[j] - sx[k], sy[j] - sy[k]) / c + numbers[SLACK]:
                continue
            three[0], three[1], three[2] = i, j, k
            found = _exact(sx[i], sy[i], t[i], sx[j], sy[j], t[j], sx[k], sy[k], t[k], c, two)
            for g in range(found):
                if math.hypot(two[g, 0] - sx[i], two[g, 1] - sy[i]) > numbers[REACH]:
                    continue
                tried += 1
                got, count = score(two[g], starts, sx, sy, t, sd, free, rate, c, wind, model, numbers, three, taken)
                if count >= numbers[LEAST] and got > top:
                    top = got
                    best[:] = two[g]
                    named[:] = three
    return top - math.log(max(1, tried))


@njit(cache=True)
def told_apart(starts, sx, sy, t, sd, rate, c, wind, model, numbers):
    """One stream -> for each arrival the number of its shot, or -1; shots in the order in which they were claimed."""
    n, sensors = len(t), len(starts) - 1
    of = np.empty(n, np.int64)
    for m in range(sensors):
        of[starts[m] : starts[m + 1]] = m
    group, free = np.full(n, -1, np.int64), np.ones(n, np.bool_)
    place, three, gain = np.zeros((n, 3)), np.zeros((n, 3), np.int64), np.full(n, -_BIG)
    stale = np.ones(n, np.bool_)
    taken, shot = np.empty(sensors, np.int64), 0
    while True:
        for i in range(n):
            if not free[i]:
                gain[i] = -_BIG
            elif stale[i]:
                gain[i] = _guess(
                    i, of, starts, sx, sy, t, sd, free, rate, c, wind, model, numbers, starts, place[i], three[i]
                )
                stale[i] = False
        i = int(np.argmax(gain))
        if gain[i] < numbers[GAIN]:
            return group
        p = place[i].copy()
        score(p, starts, sx, sy, t, sd, free, rate, c, wind, model, numbers, three[i], taken)
        for _ in range(2):  # the place by all of its arrivals may bring another one in
            mine = taken[taken >= 0]
            _climb(p, sx[mine], sy[mine], t[mine], sd[mine], c, wind, model)
            _, count = score(p, starts, sx, sy, t, sd, free, rate, c, wind, model, numbers, three[i], taken)
            if count < numbers[LEAST]:
                break
        mine = taken[taken >= 0]
        if len(mine) < numbers[LEAST]:
            gain[i] = -_BIG
            continue
        # Guesses that lost an arrival are made again; those far off in time keep theirs.
        first, last = t[mine].min(), t[mine].max()
        far = 0.0
        for m in range(sensors):
            far = max(far, math.hypot(sx[starts[m]] - sx[i], sy[starts[m]] - sy[i]) / c)
        for m in mine:
            group[m], free[m] = shot, False
        for j in range(n):
            if free[j] and first - 2 * far - numbers[SLACK] <= t[j] <= last + numbers[SLACK]:
                stale[j] = True
        shot += 1
