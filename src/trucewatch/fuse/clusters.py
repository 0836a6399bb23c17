"""Numba kernels of clusters: what a set of sightings is worth as one incident, and which sets are worth most together.

The worth of a set is the log of: how likely are these tellings if one incident gave them all, against each being of an
incident of its own. What is believed of where and when is carried along as a mean and an error, so that a set of many
is weighed as a whole and not pair by pair. A set of one is worth 0.
"""

# mypy: disable-error-code="no-any-return, return-value"
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from trucewatch.fuse.kernels import Facts, Floats, Ints, Model, basis, error_of, log_place, log_time

EXACT = 7
"""Groups of so many sightings that hang together are settled exactly: the sets of seven are 128, their parts 2,187."""
LIKE = 4
"""Of what is told: source, most, gain, again (0-3); from here on how likely the kind is by act."""
FIELDS = 13
"""Of a belief: at (0-2), error (3-5), span (6, 7), blur (8), kind (9), rho (10), place and time (11), worth (12)."""


@njit(cache=True)
def alone(facts: Facts, model: Model, i: int, held: Floats, o: int) -> None:
    """What one sighting makes one believe, in row o of `held`."""
    for k in range(3):
        held[o, k] = facts.at[i, k]
    if facts.shape[i] < 0:
        held[o, 3], held[o, 4], held[o, 5] = facts.var[i], 0.0, facts.var[i]
    else:
        error_of(facts, model, i, held[o, 3:6])
    held[o, 6], held[o, 7], held[o, 8] = facts.lo[i], facts.hi[i], facts.blur[i]
    held[o, 9], held[o, 10], held[o, 11], held[o, 12] = 0.0, facts.rho[i], 0.0, 0.0


@njit(cache=True)
def tell(facts: Facts, model: Model, i: int, told: Floats, o: int) -> None:
    """What the source and the kind of one sighting say, in row o of `told`; see LIKE. Side by side, for speed."""
    source, code = facts.source[i], facts.code[i]
    told[o, 0], told[o, 1], told[o, 2], told[o, 3] = source, model.most[source], model.gain[source], model.again[source]
    for k in range(model.acts.size):
        told[o, LIKE + k] = model.like[code, k]


@njit(cache=True)
def common(model: Model) -> Floats:
    """What holds for all sets: the bias, then how often each act is, in the columns of `told`."""
    made = np.zeros(LIKE + model.acts.size)
    made[0] = model.bias
    made[LIKE:] = model.acts
    return made


@njit(cache=True)
def _kind(every: Floats, told: Floats, members: Ints, n: int) -> float:
    """Log of how much likelier the kinds told are together than apart."""
    total = 0.0
    for k in range(LIKE, every.size):
        part = every[k]
        for m in range(n):
            part *= told[members[m], k]
        total += part
    return math.log(total) if total > 0 else -np.inf


@njit(cache=True)
def _prior(every: Floats, told: Floats, members: Ints, n: int, rho: float) -> float:
    """Log odds from how many report, and how dense it is; -inf where a source gives more than it can."""
    made = every[0] - (n - 1) * rho
    for m in range(n):
        p = members[m]
        before = 0.0
        for k in range(m):
            before += told[members[k], 0] == told[p, 0]
        if before >= told[p, 1]:
            return -np.inf
        made += told[p, 3] if before else told[p, 2]
    return made


@njit(cache=True)
def _where(held: Floats, a: int, b: int, o: int) -> float:
    """Two beliefs of a place, rows a and b -> the one of both in row o, and log density that they are of one."""
    if held[a, 4] != 0.0 or held[b, 4] != 0.0 or held[a, 3] != held[a, 5] or held[b, 3] != held[b, 5]:
        return _where_long(held[a], held[b], held[o])
    v = held[a, 3] + held[b, 3]
    d2 = (held[a, 0] - held[b, 0]) ** 2 + (held[a, 1] - held[b, 1]) ** 2 + (held[a, 2] - held[b, 2]) ** 2
    share = held[a, 3] / v
    for k in range(3):
        held[o, k] = held[a, k] + share * (held[b, k] - held[a, k])
    held[o, 3] = held[o, 5] = held[b, 3] * share
    held[o, 4] = 0.0
    return -0.5 * d2 / v - math.log(2 * math.pi * v)


@njit(cache=True)
def _where_long(a: Floats, b: Floats, out: Floats) -> float:
    """`_where` of errors that are not round."""
    two = np.empty((2, 3))
    two[0], two[1] = a[0:3], b[0:3]
    made = log_place(two, 0, 1, a[3:6], b[3:6])
    ex, ey, nx, ny, nz = basis(a[0], a[1], a[2])
    fx, fy, mx, my, mz = basis(b[0], b[1], b[2])
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    east, north = dx * ex + dy * ey, dx * nx + dy * ny + dz * nz
    ee, en = ex * fx + ey * fy, ex * mx + ey * my
    ne, nn = nx * fx + ny * fy, nx * mx + ny * my + nz * mz
    # (1) the second's error in the first's east and north, (2) the gain, (3) the mean, (4) the error of both
    p = ee * ee * b[3] + 2 * ee * en * b[4] + en * en * b[5]
    q = ee * ne * b[3] + (ee * nn + en * ne) * b[4] + en * nn * b[5]
    r = ne * ne * b[3] + 2 * ne * nn * b[4] + nn * nn * b[5]
    A, B, C = a[3] + p, a[4] + q, a[5] + r
    det = max(A * C - B * B, 1.0)
    k11, k12 = (a[3] * C - a[4] * B) / det, (a[4] * A - a[3] * B) / det
    k21, k22 = (a[4] * C - a[5] * B) / det, (a[5] * A - a[4] * B) / det
    we, wn = k11 * east + k12 * north, k21 * east + k22 * north
    out[0], out[1], out[2] = a[0] + we * ex + wn * nx, a[1] + we * ey + wn * ny, a[2] + wn * nz
    out[3] = a[3] - (k11 * a[3] + k12 * a[4])
    out[4] = a[4] - (k11 * a[4] + k12 * a[5])
    out[5] = a[5] - (k21 * a[4] + k22 * a[5])
    return made


@njit(cache=True)
def _when(held: Floats, a: int, b: int, o: int) -> float:
    """Two beliefs of a time -> the one of both in row o, and log density that they are of one.

    Spans that overlap leave what they share. Those that do not, or are hardly longer than their blur, become points.
    """
    lo1, hi1, blur1 = held[a, 6], held[a, 7], held[a, 8]
    lo2, hi2, blur2 = held[b, 6], held[b, 7], held[b, 8]
    made = log_time(lo1, hi1, lo2, hi2, blur1 + blur2)
    lo, hi = max(lo1, lo2), min(hi1, hi2)
    if lo < hi:
        held[o, 6], held[o, 7], held[o, 8] = lo, hi, min(blur1, blur2)
        return made
    v1, v2 = blur1 + (hi1 - lo1) ** 2 / 12, blur2 + (hi2 - lo2) ** 2 / 12
    mid1, mid2 = (lo1 + hi1) / 2, (lo2 + hi2) / 2
    if lo1 == hi1 and lo2 < lo1 < hi2:  # a moment within a span, which says no more of it
        v1, v2 = blur1, np.inf
    elif lo2 == hi2 and lo1 < lo2 < hi1:
        v1, v2 = np.inf, blur2
    if v2 == np.inf:
        held[o, 6] = held[o, 7] = mid1
        held[o, 8] = v1
    elif v1 == np.inf:
        held[o, 6] = held[o, 7] = mid2
        held[o, 8] = v2
    else:
        share = v1 / (v1 + v2)
        held[o, 6] = held[o, 7] = mid1 + share * (mid2 - mid1)
        held[o, 8] = v2 * share
    return made


@njit(cache=True)
def both(every: Floats, told: Floats, members: Ints, n: int, held: Floats, rows: tuple[int, int, int]) -> float:
    """Beliefs of two sets, rows a and b of `held` -> the belief of both in row o, and its worth.

    every, told: of `common` and `tell`; members: places in `told` of both sets' members, in order, the first n of them.
    """
    a, b, o = rows
    made = held[a, 11] + held[b, 11] + _where(held, a, b, o)
    made += _when(held, a, b, o)
    held[o, 11] = made
    held[o, 9] = _kind(every, told, members, n)
    held[o, 10] = max(held[a, 10], held[b, 10])
    held[o, 12] = made + held[o, 9] + _prior(every, told, members, n, held[o, 10])
    return held[o, 12]


@njit(cache=True)
def worth_of(facts: Facts, model: Model, members: Ints, n: int, work: Floats) -> float:
    """Worth of a set, its members in order; work: 3 x FIELDS."""
    every, places = common(model), np.arange(n)
    told = np.empty((n, every.size))
    for m in range(n):
        tell(facts, model, members[m], told, m)
    alone(facts, model, members[0], work, 0)
    for m in range(1, n):
        alone(facts, model, members[m], work, 1)
        both(every, told, places, m + 1, work, (0, 1, 2))
        work[0] = work[2]
    return work[0, 12]


@njit(cache=True)
def barred(i: int, j: int, parted: Ints) -> bool:
    """Whether a person has said that these two are not one happening; parted: sorted left * 2^32 + right."""
    key = (np.int64(min(i, j)) << 32) + max(i, j)
    at = np.searchsorted(parted, key)
    return at < parted.size and parted[at] == key


class Room(NamedTuple):
    """What `settle` works in, made once.

    belief (2^EXACT x FIELDS), worth, best, taken: of each set its belief, its worth, what its best parting is worth and
    the part that this begins with. every, told: what holds for all sets, what each of the group tells. part: places of
    a set's members. able, n_able: sets worth weighing by their first, the greatest first, and how many there are.
    """

    belief: Floats
    worth: Floats
    best: Floats
    taken: Ints
    every: Floats
    told: Floats
    part: Ints
    able: Ints
    n_able: Ints


@njit(cache=True)
def room(model: Model) -> Room:
    """An empty room for groups of up to EXACT."""
    full, every = 1 << EXACT, common(model)
    return Room(
        np.empty((full, FIELDS)), np.empty(full), np.empty(full), np.empty(full, np.int64),
        every, np.empty((EXACT, every.size)), np.empty(EXACT, np.int64), np.empty((EXACT, full), np.int64),
        np.empty(EXACT, np.int64),
    )  # fmt: skip


@njit(cache=True)
def settle(facts: Facts, model: Model, members: Ints, parted: Ints, made: Room, out: Ints) -> None:
    """The best way to part a small group into sets, by trying all: out[m] is the place of the first of m's set."""
    n = members.size
    full = 1 << n
    _weigh(facts, model, members, parted, made)
    # the sets that may be, by their first, the greatest first: of equal partings the first found stays
    made.n_able[:n] = 0
    for mask in range(full - 1, 0, -1):
        if made.worth[mask] > -np.inf:
            low = _lowest(mask)
            made.able[low, made.n_able[low]] = mask
            made.n_able[low] += 1
    # the best parting of each set: the part that holds its first, and the best of what is left
    made.best[0] = 0.0
    for mask in range(1, full):
        low = _lowest(mask)
        made.best[mask] = -np.inf
        for k in range(made.n_able[low]):
            sub = made.able[low, k]
            if sub & mask == sub:
                value = made.worth[sub] + made.best[mask ^ sub]
                if value > made.best[mask]:
                    made.best[mask], made.taken[mask] = value, sub
    mask = full - 1
    while mask:
        sub = made.taken[mask]
        first = _lowest(sub)
        for m in range(n):
            if sub >> m & 1:
                out[m] = first
        mask ^= sub


@njit(cache=True)
def _lowest(mask: int) -> int:
    low = 0
    while not mask >> low & 1:
        low += 1
    return low


@njit(cache=True)
def _weigh(facts: Facts, model: Model, members: Ints, parted: Ints, made: Room) -> None:
    """The worth of each set of a small group: that of the set without its last, joined by its last."""
    belief, worth, part, every, told = made.belief, made.worth, made.part, made.every, made.told
    for top in range(members.size):
        last = members[top]
        alone(facts, model, last, belief, 1 << top)
        tell(facts, model, last, told, top)
        worth[1 << top] = 0.0
        for rest in range(1, 1 << top):
            mask = rest | (1 << top)
            worth[mask] = -np.inf
            if worth[rest] == -np.inf:
                continue
            k, own, ok = 0, 0.0, True
            for m in range(top):
                if rest >> m & 1:
                    part[k] = m
                    k += 1
                    own += told[m, 0] == told[top, 0]
                    if parted.size and barred(members[m], last, parted):
                        ok = False
            if ok and own < told[top, 1]:
                part[k] = top
                value = both(every, told, part, k + 1, belief, (rest, 1 << top, mask))
                # a set has to be worth more than its parts by what a link has to be worth, each time
                worth[mask] = value - k * model.accept
