"""Step 2, the hot loop: arrival times of one happening -> place, time and spread. Compiled; one happening a call.

    (1) guesses    every few sensors, three at a time, give one or two exact places (Bancroft 1985, in the plane)
    (2) support    each guess is scored by all arrivals, under a mixture: on time, late by an echo, or of something else
    (3) climb      the best few guesses that lie apart are improved by weighted steps until they stand still
    (4) spread     curvature at the best, and how sound speed and wind, were they off, would move it

Arrivals come sorted by time, then place, so that the order in a file plays no part.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

X, Y, T0, VXX, VXY, VYY, VT, N_USED, SCALE2, RIVAL, RX, RY = range(12)
"""Columns of what `solve` fills in, a row a happening."""
N_OUT = 12
E_SHAPE, E_PATH, E_RATE, E_FALSE, E_LATE, E_LATE_S, E_WINDOW, E_PRIOR, E_NORM = range(9)
"""Places of the numbers in the error model handed to `solve`."""
_GUESSES, _RINGS, _KEPT, _STEPS = 60, 16, 4, 40
_APART_M, _SLIGHT = 5.0, 1e-3
_TINY = 1e-300


@njit(cache=True)
def _residual(x, y, t0, sx, sy, t, c, wind_x, wind_y):
    """How much later than sound would have come, in seconds, and the gradient of its travel time."""
    dx, dy = sx - x, sy - y
    d = math.sqrt(dx * dx + dy * dy) + 1e-9
    ux, uy = dx / d, dy / d
    speed = c + wind_x * ux + wind_y * uy
    return t - t0 - d / speed, -ux / speed, -uy / speed, d, speed


@njit(cache=True)
def _error(d, speed, sd, model):
    """Standard deviation in seconds of one arrival: its own, the path's roughness, and what grows with the path."""
    grows = model[E_RATE] * d / speed
    return math.sqrt(max(sd * sd, model[E_PATH] * model[E_PATH]) + grows * grows)


@njit(cache=True)
def _odds(r, s, model):
    """(density if on time, density if late or false) of a residual."""
    z = r / s
    v = model[E_SHAPE]
    on = model[E_NORM] / s * math.exp(-(v + 1) / 2 * math.log(1 + z * z / v))
    off = (1 - model[E_LATE]) / model[E_WINDOW]
    if r > 0:
        off += model[E_LATE] * math.exp(-r / model[E_LATE_S]) / model[E_LATE_S]
    return (1 - model[E_FALSE]) * on, model[E_FALSE] * off


@njit(cache=True)
def _support(x, y, t0, sx, sy, t, sd, c, wind, model):
    """Log likelihood of all arrivals at a place and time."""
    total = 0.0
    for i in range(len(t)):
        r, _, _, d, speed = _residual(x, y, t0, sx[i], sy[i], t[i], c, wind[0], wind[1])
        on, off = _odds(r, _error(d, speed, sd[i], model), model)
        total += math.log(on + off + _TINY)
    return total


@njit(cache=True)
def _exact(ax, ay, at, bx, by, bt, cx, cy, ct, c, out):
    """Places from which sound reaches three sensors at their times -> how many; (x, y, t0) in out."""
    # Take the first as origin of place and time: 2 b.p - 2 c^2 t_b t0 = |b|^2 - (c t_b)^2, and the same for the third.
    b0, b1, bt = bx - ax, by - ay, (bt - at) * c
    c0, c1, ct = cx - ax, cy - ay, (ct - at) * c
    det = b0 * c1 - b1 * c0
    if abs(det) < 1e-6 * (b0 * b0 + b1 * b1 + c0 * c0 + c1 * c1):
        return 0
    kb, kc = (b0 * b0 + b1 * b1 - bt * bt) / 2, (c0 * c0 + c1 * c1 - ct * ct) / 2
    # p = g + h u, where u = c t0 (not later than the first arrival): b.p = kb + bt u
    g0, g1 = (kb * c1 - kc * b1) / det, (b0 * kc - c0 * kb) / det
    h0, h1 = (bt * c1 - ct * b1) / det, (b0 * ct - c0 * bt) / det
    qa, qb, qc = h0 * h0 + h1 * h1 - 1, 2 * (g0 * h0 + g1 * h1), g0 * g0 + g1 * g1
    found = 0
    if abs(qa) < 1e-12:
        roots = (-qc / qb if qb != 0 else 1.0, 1.0)
    else:
        disc = qb * qb - 4 * qa * qc
        if disc < 0:
            disc = 0.0  # noise: the hyperbolas miss each other by a little
        root = math.sqrt(disc)
        roots = ((-qb - root) / (2 * qa), (-qb + root) / (2 * qa))
    for u in roots:
        if u <= 1e-9:
            out[found, 0], out[found, 1], out[found, 2] = ax + g0 + h0 * u, ay + g1 + h1 * u, at + u / c
            found += 1
    return found


@njit(cache=True)
def _climb(p, sx, sy, t, sd, c, wind, model):
    """Weighted Gauss-Newton with damping, in place -> its support. p: x, y, t0."""
    now = _support(p[0], p[1], p[2], sx, sy, t, sd, c, wind, model)
    damp = 1e-6
    for _ in range(_STEPS):
        a, b = _normal(p, sx, sy, t, sd, c, wind, model)
        better = False
        for _ in range(8):
            step = _solve3(a, b, damp)
            new = _support(p[0] + step[0], p[1] + step[1], p[2] + step[2], sx, sy, t, sd, c, wind, model)
            if new >= now - 1e-12:
                better = True
                break
            damp = max(damp * 10, 1e-4)
        if not better:
            break
        p[0], p[1], p[2] = p[0] + step[0], p[1] + step[1], p[2] + step[2]
        gain, now, damp = new - now, new, max(damp / 10, 1e-9)
        if gain < 1e-6 and abs(step[0]) + abs(step[1]) < 1e-3:
            break
    return now


@njit(cache=True)
def _normal(p, sx, sy, t, sd, c, wind, model):
    """Weighted normal equations at p -> J'WJ, J'Wr."""
    a, b = np.zeros((3, 3)), np.zeros(3)
    j = np.empty(3)
    for i in range(len(t)):
        r, j[0], j[1], d, speed = _residual(p[0], p[1], p[2], sx[i], sy[i], t[i], c, wind[0], wind[1])
        j[2] = 1.0
        s = _error(d, speed, sd[i], model)
        on, off = _odds(r, s, model)
        v = model[E_SHAPE]
        w = on / (on + off + _TINY) * (v + 1) / (v + (r / s) ** 2) / (s * s)
        for m in range(3):
            b[m] += w * j[m] * r
            for n in range(3):
                a[m, n] += w * j[m] * j[n]
    return a, b


@njit(cache=True)
def _solve3(a, b, damp):
    """(a + damp * diag a) step = b by Cramer's rule; metres and seconds are brought to one size first."""
    k = np.array([1.0, 1.0, 300.0])
    m = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            m[i, j] = a[i, j] / (k[i] * k[j])
    big = m[0, 0] + m[1, 1] + m[2, 2] + _TINY
    for i in range(3):
        m[i, i] += damp * m[i, i] + 1e-12 * big
    det = _det(m)
    out = np.zeros(3)
    if abs(det) < _TINY:
        return out
    for n in range(3):
        swapped = m.copy()
        for i in range(3):
            swapped[i, n] = b[i] / k[i]
        out[n] = _det(swapped) / det / k[n]
    return out


@njit(cache=True)
def _det(m):
    return (
        m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    )


@njit(cache=True)
def _inverse(a):
    """3 by 3 inverse, scaled as in `_solve3`; NaN where there is none."""
    out = np.empty((3, 3))
    for n in range(3):
        unit = np.zeros(3)
        unit[n] = 1.0
        step = _solve3(a, unit, 0.0)
        for m in range(3):
            out[m, n] = step[m]
    return out


@njit(cache=True)
def _guesses(sx, sy, t, c, out):
    """Exact places of threes of arrivals, earliest threes first, spread over all of them where they are many -> how
    many."""
    n = len(t)
    total = n * (n - 1) * (n - 2) // 6
    each = max(1, -(-total // _GUESSES))
    two = np.empty((2, 3))
    found, count = 0, 0
    for i in range(n - 2):
        for j in range(i + 1, n - 1):
            for k in range(j + 1, n):
                count += 1
                if each > 1 and (count * 7919) % total >= total // each:
                    continue
                for m in range(_exact(sx[i], sy[i], t[i], sx[j], sy[j], t[j], sx[k], sy[k], t[k], c, two)):
                    if found < out.shape[0]:
                        out[found] = two[m]
                        found += 1
    return found


@njit(cache=True)
def _around(sx, sy, t, c, mx, my, out, n):
    """More guesses, on rings round the middle: sensors in a line give no exact place."""
    wide = 0.0
    for i in range(len(t)):
        wide = max(wide, math.hypot(sx[i] - mx, sy[i] - my))
    for k in range(_RINGS):
        turn, r = 2 * math.pi * (k % 8) / 8 + 0.2, wide * (0.3 if k < 8 else 1.0)
        x, y, t0 = mx + r * math.cos(turn), my + r * math.sin(turn), 0.0
        for i in range(len(t)):
            t0 += (t[i] - math.hypot(sx[i] - x, sy[i] - y) / c) / len(t)
        out[n] = (x, y, t0)
        n += 1
    return n


@njit(cache=True)
def _best(sx, sy, t, sd, c, wind, model, far):
    """Steps 1 to 3 -> (ends of climbs as x, y, t0; their support), best first; NaN where there are fewer."""
    guesses = np.empty((4 * _GUESSES + _RINGS, 3))
    n = _guesses(sx, sy, t, c, guesses[: 4 * _GUESSES])
    mx, my = sx.mean(), sy.mean()
    n = _around(sx, sy, t, c, mx, my, guesses, n)
    support = np.empty(n)
    for g in range(n):
        out_of_reach = math.hypot(guesses[g, 0] - mx, guesses[g, 1] - my) > far
        support[g] = -np.inf
        if not out_of_reach:
            support[g] = _support(guesses[g, 0], guesses[g, 1], guesses[g, 2], sx, sy, t, sd, c, wind, model)
    ends, reached = np.full((_KEPT, 3), np.nan), np.full(_KEPT, -np.inf)
    kept = 0
    for g in np.argsort(-support, kind="mergesort"):
        if kept == _KEPT or support[g] == -np.inf:
            break
        apart = True
        for m in range(kept):
            if math.hypot(guesses[g, 0] - ends[m, 0], guesses[g, 1] - ends[m, 1]) < 4 * _APART_M:
                apart = False
        if not apart:
            continue
        p = guesses[g].copy()
        now = _climb(p, sx, sy, t, sd, c, wind, model)
        ends[kept], reached[kept] = p, now
        kept += 1
    order = np.argsort(-reached, kind="mergesort")
    return ends[order], reached[order]


@njit(cache=True)
def _moved(p, inverse, sx, sy, t, sd, c, wind, model):
    """How the place moves for each unit of sound speed and of wind east and north that we had wrong -> 3 by 2."""
    b = np.zeros((3, 3))
    j = np.empty(3)
    for i in range(len(t)):
        r, j[0], j[1], d, speed = _residual(p[0], p[1], p[2], sx[i], sy[i], t[i], c, wind[0], wind[1])
        j[2] = 1.0
        s = _error(d, speed, sd[i], model)
        on, off = _odds(r, s, model)
        v = model[E_SHAPE]
        w = on / (on + off + _TINY) * (v + 1) / (v + (r / s) ** 2) / (s * s)
        per = d / (speed * speed)
        ux, uy = (sx[i] - p[0]) / d, (sy[i] - p[1]) / d
        for m in range(3):
            b[0, m] += w * j[m] * per
            b[1, m] += w * j[m] * per * ux
            b[2, m] += w * j[m] * per * uy
    out = np.zeros((3, 3))
    for k in range(3):
        for m in range(3):
            for n in range(3):
                out[k, m] += inverse[m, n] * b[k, n]
    return out


@njit(cache=True)
def _one(sx, sy, t, sd, c, wind, model, sound_sd, wind_sd, far, out, on_time):
    """One happening: fills its row of out and, for each arrival, the chance that it is on time."""
    ends, reached = _best(sx, sy, t, sd, c, wind, model, far)
    p = ends[0]
    if np.isnan(p[0]):
        return
    squares, used = 0.0, 0.0
    for i in range(len(t)):
        r, _, _, d, speed = _residual(p[0], p[1], p[2], sx[i], sy[i], t[i], c, wind[0], wind[1])
        s = _error(d, speed, sd[i], model)
        on, off = _odds(r, s, model)
        on_time[i] = on / (on + off + _TINY)
        squares += on_time[i] * (r / s) ** 2
        used += on_time[i]
    a, _ = _normal(p, sx, sy, t, sd, c, wind, model)
    inverse = _inverse(a)
    prior = model[E_PRIOR]
    scale2 = (prior + squares) / (prior + max(0.0, used - 3))
    moved = _moved(p, inverse, sx, sy, t, sd, c, wind, model)
    out[X], out[Y], out[T0] = p
    sound, blow = sound_sd**2, wind_sd**2
    out[VXX] = scale2 * inverse[0, 0] + sound * moved[0, 0] ** 2 + blow * (moved[1, 0] ** 2 + moved[2, 0] ** 2)
    out[VYY] = scale2 * inverse[1, 1] + sound * moved[0, 1] ** 2 + blow * (moved[1, 1] ** 2 + moved[2, 1] ** 2)
    out[VXY] = (
        scale2 * inverse[0, 1]
        + sound * moved[0, 0] * moved[0, 1]
        + blow * (moved[1, 0] * moved[1, 1] + moved[2, 0] * moved[2, 1])
    )
    out[VT] = scale2 * inverse[2, 2] + sound * moved[0, 2] ** 2 + blow * (moved[1, 2] ** 2 + moved[2, 2] ** 2)
    out[N_USED], out[SCALE2] = used, scale2
    # Other places that explain the arrivals about as well widen the spread as far as they are likely.
    out[RIVAL], out[RX], out[RY] = 0.0, np.nan, np.nan
    xx, xy, yy, weight = out[VXX], out[VXY], out[VYY], 1.0
    for m in range(1, len(ends)):
        dx, dy = ends[m, 0] - p[0], ends[m, 1] - p[1]
        w = math.exp(max(reached[m] - reached[0], -50.0))
        if np.isnan(dx) or math.hypot(dx, dy) < _APART_M or w < _SLIGHT:
            continue
        again = False  # two climbs to one place are one place
        for n in range(1, m):
            if math.hypot(ends[m, 0] - ends[n, 0], ends[m, 1] - ends[n, 1]) < _APART_M:
                again = True
        if again:
            continue
        off = out[VYY] * dx * dx - 2 * out[VXY] * dx * dy + out[VXX] * dy * dy
        beyond = off > 4 * (out[VXX] * out[VYY] - out[VXY] ** 2)  # along one flat ridge there is no other place
        if w > out[RIVAL] and beyond:
            out[RIVAL], out[RX], out[RY] = w, ends[m, 0], ends[m, 1]
        xx, xy, yy = xx + w * (out[VXX] + dx * dx), xy + w * (out[VXY] + dx * dy), yy + w * (out[VYY] + dy * dy)
        weight += w
    out[VXX], out[VXY], out[VYY], out[RIVAL] = xx / weight, xy / weight, yy / weight, out[RIVAL] / weight


@njit(cache=True, nogil=True)
def solve(starts, sx, sy, t, sd, c, wind, model, sound_sd, wind_sd, far):
    """Happenings laid end to end: arrivals starts[h] to starts[h + 1] are those of h -> (out, chance on time)."""
    n = len(starts) - 1
    out, on_time = np.full((n, N_OUT), np.nan), np.zeros(len(t))
    for h in range(n):
        a, b = starts[h], starts[h + 1]
        if b - a >= 3:
            _one(
                sx[a:b],
                sy[a:b],
                t[a:b],
                sd[a:b],
                c[h],
                wind[h],
                model,
                sound_sd[h],
                wind_sd[h],
                far[h],
                out[h],
                on_time[a:b],
            )
    return out, on_time
