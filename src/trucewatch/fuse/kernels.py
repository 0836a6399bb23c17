"""Numba kernels over sorted space and time: how dense is it around each sighting, and which pairs are worth a score.

Points are metres from the middle of the earth, and boxes are cubes of that space: no meridian, pole or edge is special.
No fastmath and no threads: the same numbers in any subset of the rows that holds what they depend on.
"""

# mypy: disable-error-code="no-any-return, return-value"
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BITS = 18
"""Of a box's number along each axis: boxes of 50 metres and more."""
EARTH_RADIUS_M = 6_371_008.8
TINY = 1e-290


class Facts(NamedTuple):
    """What is known of each sighting, in an order that no row's coming decides.

    at: metres from the middle of the earth (n x 3); var: variance in place east or north, m2; shape: row of
    `Model.shapes` where the error is not round, else -1; lo, hi: its span, seconds of the epoch; blur: variance of its
    time beyond the span, s2; source, code: numbers of its source and of its (source, kind); rho: log of the density of
    incidents around it, per m2 and s.
    """

    at: Floats
    var: Floats
    shape: NDArray[np.int32]
    lo: Floats
    hi: Floats
    blur: Floats
    source: NDArray[np.int32]
    code: NDArray[np.int32]
    rho: Floats


class Model(NamedTuple):
    """What is known of the sources, and what is wanted.

    like: for each code and act, how much likelier is what was told if the act was this one (its mean over acts is 1);
    alike: the same of two codes together, all acts in all; acts: how often each act is; gain: for each source, log odds
    that a first sighting of it adds, `again` that each further one does; bias: of an incident of two or more; most:
    sightings of a source in one incident; shapes: variance east, covariance, variance north, m2; gate: standard
    deviations; accept, apart: log odds.
    """

    like: Floats
    alike: Floats
    acts: Floats
    gain: Floats
    again: Floats
    bias: float
    most: Ints
    shapes: Floats
    gate: float
    accept: float
    apart: float


@njit(cache=True)
def on_the_globe(lon: Floats, lat: Floats) -> Floats:
    """Degrees -> metres from the middle of the earth. Row by row, so that no vector's length shows in the last bit."""
    at = np.empty((lon.size, 3))
    for i in range(lon.size):
        up, round_ = math.radians(lat[i]), math.radians(lon[i])
        at[i, 0] = EARTH_RADIUS_M * math.cos(up) * math.cos(round_)
        at[i, 1] = EARTH_RADIUS_M * math.cos(up) * math.sin(round_)
        at[i, 2] = EARTH_RADIUS_M * math.sin(up)
    return at


@njit(cache=True, nogil=True)
def boxes(at: Floats, which: Ints, side_m: float) -> Ints:
    """Rows -> the number of the cube each lies in; neighbours differ by a constant, whatever the place."""
    made = np.empty(which.size, np.int64)
    for k in range(which.size):
        i = which[k]
        x = np.int64(math.floor((at[i, 0] + EARTH_RADIUS_M) / side_m)) + 2
        y = np.int64(math.floor((at[i, 1] + EARTH_RADIUS_M) / side_m)) + 2
        z = np.int64(math.floor((at[i, 2] + EARTH_RADIUS_M) / side_m)) + 2
        made[k] = (x << (2 * BITS)) | (y << BITS) | z
    return made


def steps(half: bool) -> Ints:
    """What to add to a box's number to reach those around it; half of them where both sides are the same rows."""
    made = sorted((x << (2 * BITS)) + (y << BITS) + z for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1))
    return np.array([step for step in made if step >= 0 or not half], np.int64)


def in_boxes(at: Floats, t: Floats, which: Ints, side_m: float) -> tuple[Ints, Ints, Ints]:
    """Rows -> rows by box and time, the boxes' numbers in order, and where each begins."""
    box = boxes(at, which, side_m)
    order = np.lexsort((t[which], box))
    box = box[order]
    first = np.flatnonzero(np.r_[True, box[1:] != box[:-1]]) if box.size else np.zeros(0, np.int64)
    return which[order], box[first], np.r_[first, box.size].astype(np.int64)


@njit(cache=True)
def apart2(at: Floats, i: int, j: int) -> float:
    """Square of the chord between two points, m2: for what is near, that of the distance on the ground."""
    x, y, z = at[i, 0] - at[j, 0], at[i, 1] - at[j, 1], at[i, 2] - at[j, 2]
    return x * x + y * y + z * z


def by_source(at: Floats, t: Floats, source: NDArray[np.int32], side_m: float) -> tuple[Ints, Ints, Ints, Ints]:
    """All rows -> rows by box, source and time; each such run's box, source, and where it begins."""
    every = np.arange(t.size)
    box = boxes(at, every, side_m)
    order = np.lexsort((t, source, box))
    box, own = box[order], source[order].astype(np.int64)
    first = np.flatnonzero(np.r_[True, (box[1:] != box[:-1]) | (own[1:] != own[:-1])]) if box.size else every
    return order, box[first], own[first], np.r_[first, box.size].astype(np.int64)


@njit(cache=True)
def _within(x: Floats, y: Floats, z: Floats, i: int, low: int, high: int, reach2: float) -> int:
    """How many of the rows from low until high lie within the root of reach2 of row i."""
    a, b, c = x[i], y[i], z[i]
    n = 0
    for p in range(low, high):
        d2 = (a - x[p]) * (a - x[p]) + (b - y[p]) * (b - y[p]) + (c - z[p]) * (c - z[p])
        n += 1 if d2 <= reach2 else 0
    return n


@njit(cache=True, nogil=True)
def count_own(
    at: Floats, t: Floats, grid: tuple[Ints, Ints, Ints, Ints], rule: tuple[Floats, float, int], runs: tuple[int, int]
) -> tuple[Ints, NDArray[np.int8]]:
    """For each row, how many of its own source lie within reach_m, and within the first window that holds `enough`.

    at (3 x n), t: in the order of the grid, which is `by_source` with a side of reach_m; rule: half windows in seconds,
    shortest first, reach_m, enough; runs: from and until.
    -> counts, itself included; which window; for the rows of these runs.
    """
    _, box, source, first = grid
    windows, reach_m, enough = rule
    base = first[runs[0]]
    x, y, z = at[0], at[1], at[2]
    n = first[runs[1]] - base
    made, window = np.zeros(n, np.int64), np.zeros(n, np.int8)
    todo = np.ones(n, np.bool_)
    for w in range(windows.size):
        span, last = windows[w], w == windows.size - 1
        for r in range(runs[0], runs[1]):
            start, end = first[r], first[r + 1]
            open_ = False
            for i in range(start, end):
                if todo[i - base]:
                    made[i - base], open_ = 0, True
            if not open_:
                continue
            for dx in range(-1, 2):
                for dy in range(-1, 2):
                    for dz in range(-1, 2):
                        wanted = box[r] + (dx << (2 * BITS)) + (dy << BITS) + dz
                        q = np.searchsorted(box, wanted)
                        while q < box.size and box[q] == wanted and source[q] < source[r]:
                            q += 1
                        if q == box.size or box[q] != wanted or source[q] != source[r]:
                            continue
                        low, stop = first[q], first[q + 1]
                        high = low
                        for i in range(start, end):
                            if not todo[i - base]:
                                continue
                            while low < stop and t[low] < t[i] - span:
                                low += 1
                            while high < stop and t[high] <= t[i] + span:
                                high += 1
                            made[i - base] += _within(x, y, z, i, low, high, reach_m * reach_m)
            for i in range(start, end):
                if todo[i - base] and (made[i - base] >= enough or last):
                    todo[i - base], window[i - base] = False, w
    return made, window


@njit(cache=True)
def _phi(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@njit(cache=True)
def _ramp(x: float, sd: float) -> float:
    """Integral of the normal distribution function: what a span's edge gives when blurred twice."""
    z = x / sd
    return x * _phi(z) + sd * math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


SHORT = 0.5
"""A span shorter than this many standard deviations of its blur is one with the blur."""


@njit(cache=True)
def log_time(lo: float, hi: float, lo2: float, hi2: float, var: float) -> float:
    """Log density (per second) that two tellings are of one instant: spans are even, and blurred by `var` in all."""
    one, two = hi - lo, hi2 - lo2
    sd = math.sqrt(var)
    if one < SHORT * sd:
        var += one * one / 12
        lo = hi = (lo + hi) / 2
        one = 0.0
    if two < SHORT * sd:
        var += two * two / 12
        lo2 = hi2 = (lo2 + hi2) / 2
        two = 0.0
    sd = math.sqrt(var)
    if one == 0.0 and two == 0.0:
        return -0.5 * (lo - lo2) ** 2 / var - 0.5 * math.log(2 * math.pi * var)
    if one == 0.0:
        share = (_phi((hi2 - lo) / sd) - _phi((lo2 - lo) / sd)) / two
    elif two == 0.0:
        share = (_phi((hi - lo2) / sd) - _phi((lo - lo2) / sd)) / one
    else:
        share = _ramp(hi - lo2, sd) - _ramp(lo - lo2, sd) - _ramp(hi - hi2, sd) + _ramp(lo - hi2, sd)
        share /= one * two
    return math.log(max(share, TINY))


@njit(cache=True)
def basis(x: float, y: float, z: float) -> tuple[float, float, float, float, float]:
    """A point -> east (ex, ey, 0) and north (nx, ny, nz) there; at a pole, some east."""
    level = math.hypot(x, y)
    if level < 1e-6:
        return 0.0, 1.0, -1.0 if z > 0 else 1.0, 0.0, 0.0
    r = math.sqrt(level * level + z * z)
    ex, ey = -y / level, x / level
    return ex, ey, -z / r * ey, z / r * ex, level / r


@njit(cache=True)
def log_place(at: Floats, i: int, j: int, one: Floats, two: Floats) -> float:
    """Log density (per m2) that two points are of one; `one`, `two`: variance east, covariance, variance north."""
    if one[1] == 0.0 and two[1] == 0.0 and one[0] == one[2] and two[0] == two[2]:
        v = one[0] + two[0]
        return -0.5 * apart2(at, i, j) / v - math.log(2 * math.pi * v)
    ex, ey, nx, ny, nz = basis(at[i, 0], at[i, 1], at[i, 2])
    fx, fy, mx, my, mz = basis(at[j, 0], at[j, 1], at[j, 2])
    dx, dy, dz = at[j, 0] - at[i, 0], at[j, 1] - at[i, 1], at[j, 2] - at[i, 2]
    east, north = dx * ex + dy * ey, dx * nx + dy * ny + dz * nz
    # the second's error, turned to the first's east and north
    ee, en = ex * fx + ey * fy, ex * mx + ey * my
    ne, nn = nx * fx + ny * fy, nx * mx + ny * my + nz * mz
    a = one[0] + ee * ee * two[0] + 2 * ee * en * two[1] + en * en * two[2]
    b = one[1] + ee * ne * two[0] + (ee * nn + en * ne) * two[1] + en * nn * two[2]
    c = one[2] + ne * ne * two[0] + 2 * ne * nn * two[1] + nn * nn * two[2]
    det = max(a * c - b * b, 1.0)
    far = (c * east * east - 2 * b * east * north + a * north * north) / det
    return -0.5 * far - math.log(2 * math.pi * math.sqrt(det))


@njit(cache=True)
def error_of(facts: Facts, model: Model, i: int, out: Floats) -> None:
    """A sighting -> variance east, covariance, variance north."""
    if facts.shape[i] >= 0:
        for k in range(3):
            out[k] = model.shapes[facts.shape[i], k]
    else:
        out[0], out[1], out[2] = facts.var[i], 0.0, facts.var[i]


@njit(cache=True)
def _said(model: Model, source: tuple[int, int], rho: float) -> float:
    """What the sources of two sightings, in order, and the density around them say before anything else does."""
    s, t = source
    return model.gain[s] + model.bias - rho + (model.again[t] if s == t else model.gain[t])


@njit(cache=True)
def points_score(
    model: Model, code: tuple[int, int], source: tuple[int, int], rho: float, offsets: tuple[float, float],
    errors: tuple[float, float],
) -> float:  # fmt: skip
    """`score_of` where both errors are round and both times are moments: one logarithm for all.

    offsets: square of the distance, seconds apart; errors: variances of both together.
    """
    kind = model.alike[code[0], code[1]]
    if kind <= 0.0:
        return -np.inf
    v, u = errors
    far = offsets[0] / v + offsets[1] ** 2 / u
    return _said(model, source, rho) - 0.5 * far + math.log(kind / (CUBE * v * math.sqrt(u)))


@njit(cache=True)
def score_of(model: Model, one: Facts, i: int, two: Facts, j: int, d2: float, scratch: Floats) -> float:
    """Log odds that two sightings are of one incident, against coincidence: (1) kind, (2) density, (3) place, (4) time.

    d2: square of their distance. -inf where they cannot be. Points at moments have a shorter way, `points_score`.
    """
    # (1) first, since it may forbid
    kind = model.alike[one.code[i], two.code[j]]
    if kind <= 0.0:
        return -np.inf
    # (2)
    made = _said(model, (one.source[i], two.source[j]), max(one.rho[i], two.rho[j]))
    if one.shape[i] < 0 and two.shape[j] < 0:
        v = one.var[i] + two.var[j]
        made += -0.5 * d2 / v - math.log(2 * math.pi * v)
    else:
        error_of(one, model, i, scratch[0])
        error_of(two, model, j, scratch[1])
        at = np.empty((2, 3))
        at[0], at[1] = one.at[i], two.at[j]
        made += log_place(at, 0, 1, scratch[0], scratch[1])
    u = one.blur[i] + two.blur[j]
    return made + log_time(one.lo[i], one.hi[i], two.lo[j], two.hi[j], u) + math.log(kind)


CUBE = (2 * math.pi) ** 1.5


@njit(cache=True)
def pair_score(facts: Facts, model: Model, i: int, j: int, scratch: Floats) -> float:
    """`score_of` of two sightings of one table."""
    d2 = apart2(facts.at, i, j)
    if facts.shape[i] >= 0 or facts.shape[j] >= 0 or facts.lo[i] != facts.hi[i] or facts.lo[j] != facts.hi[j]:
        return score_of(model, facts, i, facts, j, d2, scratch)
    code, source = (facts.code[i], facts.code[j]), (facts.source[i], facts.source[j])
    errors = (facts.var[i] + facts.var[j], facts.blur[i] + facts.blur[j])
    return points_score(model, code, source, max(facts.rho[i], facts.rho[j]), (d2, facts.lo[i] - facts.lo[j]), errors)
