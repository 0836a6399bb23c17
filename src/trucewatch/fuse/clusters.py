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
FIELDS = 13
"""Of a belief: at (0-2), error (3-5), span (6, 7), blur (8), kind (9), rho (10), place and time (11), worth (12)."""


@njit(cache=True)
def alone(facts: Facts, model: Model, i: int, out: Floats) -> None:
    """What one sighting makes one believe."""
    out[0:3] = facts.at[i]
    error_of(facts, model, i, out[3:6])
    out[6], out[7], out[8] = facts.lo[i], facts.hi[i], facts.blur[i]
    out[9], out[10], out[11], out[12] = 0.0, facts.rho[i], 0.0, 0.0


@njit(cache=True)
def _kind(facts: Facts, model: Model, members: Ints, n: int) -> float:
    """Log of how much likelier the kinds told are together than apart."""
    total = 0.0
    for k in range(model.acts.size):
        part = model.acts[k]
        for m in range(n):
            part *= model.like[facts.code[members[m]], k]
        total += part
    return math.log(total) if total > 0 else -np.inf


@njit(cache=True)
def _prior(facts: Facts, model: Model, members: Ints, n: int, rho: float) -> float:
    """Log odds from how many report, and how dense it is; -inf where a source gives more than it can."""
    made = model.bias - (n - 1) * rho
    for m in range(n):
        s = facts.source[members[m]]
        before = 0
        for k in range(m):
            before += facts.source[members[k]] == s
        if before >= model.most[s]:
            return -np.inf
        made += model.again[s] if before else model.gain[s]
    return made


@njit(cache=True)
def _where(a: Floats, b: Floats, out: Floats) -> float:
    """Two beliefs of a place -> the one of both in out[0:6], and log density that they are of one."""
    if a[4] == 0.0 and b[4] == 0.0 and a[3] == a[5] and b[3] == b[5]:
        v = a[3] + b[3]
        d2 = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
        made = -0.5 * d2 / v - math.log(2 * math.pi * v)
        share = a[3] / v
        for k in range(3):
            out[k] = a[k] + share * (b[k] - a[k])
        out[3] = out[5] = b[3] * share
        out[4] = 0.0
        return made
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
def _when(a: Floats, b: Floats, out: Floats) -> float:
    """Two beliefs of a time -> the one of both in out[6:9], and log density that they are of one.

    Spans that overlap leave what they share. Those that do not, or are hardly longer than their blur, become points.
    """
    made = log_time(a[6], a[7], b[6], b[7], a[8] + b[8])
    lo, hi = max(a[6], b[6]), min(a[7], b[7])
    if lo < hi:
        out[6], out[7], out[8] = lo, hi, min(a[8], b[8])
        return made
    va, vb = a[8] + (a[7] - a[6]) ** 2 / 12, b[8] + (b[7] - b[6]) ** 2 / 12
    ma, mb = (a[6] + a[7]) / 2, (b[6] + b[7]) / 2
    if a[6] == a[7] and a[7] > b[6] and a[6] < b[7]:  # a moment within a span, which says no more of it
        va, vb = a[8], np.inf
    elif b[6] == b[7] and b[7] > a[6] and b[6] < a[7]:
        va, vb = np.inf, b[8]
    if vb == np.inf:
        out[6] = out[7] = ma
        out[8] = va
    elif va == np.inf:
        out[6] = out[7] = mb
        out[8] = vb
    else:
        share = va / (va + vb)
        out[6] = out[7] = ma + share * (mb - ma)
        out[8] = vb * share
    return made


@njit(cache=True)
def both(facts: Facts, model: Model, a: Floats, b: Floats, members: Ints, n: int, out: Floats) -> None:
    """Beliefs of two sets, members of both together -> the belief of both in `out`. out[12] is its worth.

    out[11] carries the part of the worth that is place and time alone.
    """
    made = a[11] + b[11] + _where(a, b, out)
    made += _when(a, b, out)
    out[11] = made
    out[9] = _kind(facts, model, members, n)
    out[10] = max(a[10], b[10])
    out[12] = made + out[9] + _prior(facts, model, members, n, out[10])


@njit(cache=True)
def worth_of(facts: Facts, model: Model, members: Ints, n: int, work: Floats) -> float:
    """Worth of a set, its members in order; work: 3 x FIELDS."""
    alone(facts, model, members[0], work[0])
    for m in range(1, n):
        alone(facts, model, members[m], work[1])
        both(facts, model, work[0], work[1], members, m + 1, work[2])
        work[0] = work[2]
    return work[0, 12]


@njit(cache=True)
def barred(i: int, j: int, parted: Ints) -> bool:
    """Whether a person has said that these two are not one happening; parted: sorted left * 2^32 + right."""
    key = (np.int64(min(i, j)) << 32) + max(i, j)
    at = np.searchsorted(parted, key)
    return at < parted.size and parted[at] == key


class Room(NamedTuple):
    """What `settle` works in, made once: beliefs (2^EXACT + 1 x FIELDS), worth and best of each set, the part that it
    begins with; members of a set; sets worth weighing by their first, the greatest first, and how many there are."""

    belief: Floats
    worth: Floats
    best: Floats
    taken: Ints
    part: Ints
    able: Ints
    n_able: Ints


@njit(cache=True)
def room() -> Room:
    """An empty room for groups of up to EXACT."""
    full = 1 << EXACT
    return Room(
        np.empty((full + 1, FIELDS)), np.empty(full), np.empty(full), np.empty(full, np.int64),
        np.empty(EXACT, np.int64), np.empty((EXACT, full), np.int64), np.empty(EXACT, np.int64),
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
    belief, worth, part = made.belief, made.worth, made.part
    single = belief[1 << EXACT]
    for top in range(members.size):
        last = members[top]
        alone(facts, model, last, single)
        source, most = facts.source[last], model.most[facts.source[last]]
        belief[1 << top] = single
        worth[1 << top] = 0.0
        for rest in range(1, 1 << top):
            mask = rest | (1 << top)
            worth[mask] = -np.inf
            if worth[rest] == -np.inf:
                continue
            k, own, ok = 0, 0, True
            for m in range(top):
                if rest >> m & 1:
                    part[k] = members[m]
                    k += 1
                    own += facts.source[members[m]] == source
                    if parted.size and barred(members[m], last, parted):
                        ok = False
            if ok and own < most:
                part[k] = last
                both(facts, model, belief[rest], single, part, k + 1, belief[mask])
                # a set has to be worth more than its parts by what a link has to be worth, each time
                worth[mask] = belief[mask, 12] - k * model.accept
