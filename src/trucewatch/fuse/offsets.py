"""Learning, step 2: how far apart two sources put the same thing, by expectation and maximisation, pair by pair.

Pairs of reports near each other are of two sorts: of one incident, and coincidences. Coincidences are counted where
there can be nothing else: as near in place, but further apart in time than any source errs. What is left over, near in
place and time, is matches; their offsets are the sum of both sources' errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trucewatch.fuse.near import Floats, Ints, Pairs, Rows
from trucewatch.fuse.params import LearnParams

_RINGS = 9
_STARTS = tuple((m, s) for m in (100.0, 700.0, 2_500.0) for s in (900.0, 10_000.0, 60_000.0))
_NONE = 0.5
"""Fewer matches than this are none."""
_TRIES = 6
"""Steps from each start, before the best is followed to the end."""


@dataclass(frozen=True)
class Between:
    """What two sources have in common: matches among their reports, the variances of the offsets (of one axis, beyond
    what radius and span tell), `told`, the share of what their radii tell that there is of it, how often their kinds
    agree, how many of the matches are copies, and which.

    which: the candidate pairs, by their place in `Pairs`; same: for each, the chance that it is of one incident.
    """

    one: int
    two: int
    matches: float
    place_m2: float
    told: float
    time_s2: float
    agree: float
    by_chance: float
    which: Ints
    same: Floats


@dataclass(frozen=True)
class Copies:
    """What two sources tell alike: how many, and in how many of them the second source is the later one.

    copier, original: by who is later; rows: those of the copier that are copies.
    """

    one: int
    two: int
    count: float
    later: float
    copier: int
    original: int
    rows: Ints


def groups(rows: Rows, pairs: Pairs, params: LearnParams) -> list[tuple[int, int, Ints]]:
    """Each two sources that meet often enough, a source with itself too, and which pairs are theirs."""
    code = rows.source[pairs.a] * len(rows.names) + rows.source[pairs.b]
    order = np.argsort(code, kind="stable")
    codes, starts, counts = np.unique(code[order], return_index=True, return_counts=True)
    busiest = np.sort(np.argsort(-counts, kind="stable")[: params.most_pairs_of_sources])
    theirs = [(*divmod(int(codes[n]), len(rows.names)), order[starts[n] : starts[n] + counts[n]]) for n in busiest]
    return [(one, two, np.sort(w)) for one, two, w in theirs if pairs.near[w].sum() >= params.least_matches]


def between(rows: Rows, pairs: Pairs, copies: list[Copies], params: LearnParams) -> list[Between]:
    """Each two sources -> what they have in common, by the reports that are no copies: those carry another's errors."""
    copied = np.zeros(rows.source.size, dtype=bool)
    for found in copies:
        copied[found.rows] = True
    made = []
    for one, two, which in groups(rows, pairs, params):
        own = which[~copied[pairs.a[which]] & ~copied[pairs.b[which]]]
        if pairs.near[own].sum() >= params.least_matches:
            made.append(_fitted(one, two, own, rows, pairs, params))
    return made


def _fitted(one: int, two: int, which: Ints, rows: Rows, pairs: Pairs, params: LearnParams) -> Between:
    near, far = which[pairs.near[which]], which[~pairs.near[which]]
    d2, t2, agree = pairs.d_m[near] ** 2, pairs.dt_s[near] ** 2, pairs.agree[near]
    told_m2 = rows.told_m2[pairs.a[near]] + rows.told_m2[pairs.b[near]]
    told_s2 = rows.told_s2[pairs.a[near]] + rows.told_s2[pairs.b[near]]
    chance = _coincidence(d2, agree, pairs.d_m[far], pairs.agree[far], params)
    by_chance = (pairs.agree[far].sum() + 1) / (far.size + 2)
    data = _Data(d2, t2, agree, told_m2, told_s2, *chance)
    state = max((_climb(_start(data, m, s), data, _TRIES) for m, s in _STARTS), key=lambda s: s[-1])
    state = _climb(state, data, params.steps)
    same = _chance_same(state, data)[0]
    n, v, told, u, same_kind, _, _ = state
    return Between(one, two, n, v, told, u, same_kind, by_chance, near, same)


@dataclass(frozen=True)
class _Data:
    d2: Floats
    t2: Floats
    agree: NDArray[np.bool_]
    told_m2: Floats
    told_s2: Floats
    chance: Floats
    expected: float


_State = tuple[float, float, float, float, float, float, float]
"""matches, place variance, share of the told one, time variance, agreement, factor of coincidence, log likelihood"""


def _start(data: _Data, sd_m: float, sd_s: float) -> _State:
    return max(1.0, data.d2.size - data.expected, 0.05 * data.d2.size), sd_m**2, 1.0, sd_s**2, 0.8, 1.0, -np.inf


def _coincidence(
    d2: Floats, agree: NDArray[np.bool_], far_m: Floats, far_agree: NDArray[np.bool_], params: LearnParams
) -> tuple[Floats, float]:
    """Density of coincidences (a square metre of offset and a second) at each near pair, and how many are expected."""
    edges = params.reach_m * 2.0 ** np.arange(-_RINGS + 1, 1)
    area = np.pi * np.diff(np.concatenate([[0.0], edges]) ** 2)
    ring_far, ring = np.searchsorted(edges, far_m), np.searchsorted(edges, np.sqrt(d2))
    count = np.bincount(np.minimum(ring_far, _RINGS - 1), minlength=_RINGS) + area / area.sum()
    density = count / area / (4 * params.reach_s)  # they were counted over four times the reach, near pairs lie in two
    alike = (far_agree.sum() + 1) / (far_agree.size + 2)
    kind = np.where(agree, alike, 1 - alike)
    return density[np.minimum(ring, _RINGS - 1)] * kind, far_m.size / 2 + 1.0


def _chance_same(state: _State, data: _Data) -> tuple[Floats, float]:
    """-> chance of each pair to be of one incident, and the log likelihood of all of them."""
    n, v, told, u, same_kind, factor, _ = state
    place, time = v + told * data.told_m2, u + data.told_s2
    match = n * np.exp(-data.d2 / (2 * place) - data.t2 / (2 * time)) / (2 * np.pi * place * np.sqrt(2 * np.pi * time))
    match *= np.where(data.agree, same_kind, 1 - same_kind)
    both = match + factor * data.chance
    return match / both, float(np.log(both).sum() - n - factor * data.expected)


def _climb(state: _State, data: _Data, steps: int) -> _State:
    n, v, told, u, same_kind, factor, before = state
    for _ in range(steps):
        same, now = _chance_same((n, v, told, u, same_kind, factor, before), data)
        n = float(same.sum())
        if n < _NONE:  # from here nothing matches: another start will do better, or there is nothing
            return n, v, told, u, same_kind, factor, -np.inf
        v, told = _place(same, v + told * data.told_m2, data)
        weigh = same / (u + data.told_s2) ** 2
        u = max(float((weigh * (data.t2 - data.told_s2)).sum() / weigh.sum()), 1.0)
        same_kind = float((same * data.agree).sum() + 1) / (n + 2)
        factor = max(float((1 - same).sum()) / data.expected, 1e-3)
        if abs(now - before) < 1e-6 * max(1.0, abs(now)):
            break
        before = now
    return n, v, told, u, same_kind, factor, before


def _place(same: Floats, place: Floats, data: _Data) -> tuple[float, float]:
    """Chances of pairs to be one, their variances so far -> the variance beyond what is told, and the share of that.

    What is told holds, and what comes on top is learnt; unless matches lie nearer than all that is told allows.
    """
    # Pairs whose told errors are small say more of what comes on top of them.
    weigh = same / place**2
    beyond = float((weigh * (data.d2 / 2 - data.told_m2)).sum() / weigh.sum())
    if beyond > 0 or not (data.told_m2 > 0).all():
        return max(beyond, 1.0), 1.0
    return 1.0, min(1.0, float((same * data.d2 / 2 / data.told_m2).sum() / same.sum()))


def copies_of(rows: Rows, pairs: Pairs, params: LearnParams) -> list[Copies]:
    """Each two sources that tell too much alike -> who repeats whom in what: the later one is held to repeat."""
    found = []
    for one, two, which in groups(rows, pairs, params):
        if one == two:
            continue
        copied = _alike(which[pairs.near[which]], which[~pairs.near[which]], rows, pairs, params)
        if copied.size < params.least_copies:
            continue
        late = rows.published_s[pairs.b[copied]] - rows.published_s[pairs.a[copied]]
        later = float((late > 0).sum() + 0.5 * (~np.isfinite(late) | (late == 0)).sum())
        second = later > copied.size / 2
        if later == copied.size / 2:  # nobody knows who was first: the smaller one is held to repeat the larger
            second = bool(rows.n_all[two] <= rows.n_all[one])
        mine = np.unique((pairs.b if second else pairs.a)[copied])
        who = (two, one) if second else (one, two)
        found.append(Copies(one, two, float(copied.size), later, *who, mine))
    return found


def _alike(near: Ints, far: Ints, rows: Rows, pairs: Pairs, params: LearnParams) -> Ints:
    """Which near pairs are copies: the same point at the same time told, or the same words.

    Two sources that use one gazetteer and tell days share points and times without copying. Were the two independent,
    those that share both would be as many as sharing the one, and sharing the other, make likely; and points are
    shared at other times, too. Where that explains half of them, likeness alone says nothing, and words decide.
    """
    point = pairs.d_m[near] <= params.same_place_m
    time = np.abs(pairs.dt_s[near]) <= params.same_time_s
    words = (rows.words[pairs.a[near]] == rows.words[pairs.b[near]]) & (rows.words[pairs.a[near]] != 0)
    both = point & time
    neither = max((~point & ~time).sum(), 1)
    by_other_times = (pairs.d_m[far] <= params.same_place_m).sum() / 2 * (time.mean() if time.size else 0.0)
    like = max((point & ~time).sum() * (time & ~point).sum() / neither, by_other_times)
    chosen: Ints = near[both | words] if both.sum() > 2 * like else near[words]
    return chosen
