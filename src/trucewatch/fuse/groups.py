"""Numba kernels from pairs to clusters: what hangs together, and how each such group is best parted."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trucewatch.fuse.clusters import EXACT, barred, room, settle
from trucewatch.fuse.greedy import join
from trucewatch.fuse.kernels import Facts, Floats, Ints, Model, pair_score

Rows = NDArray[np.int32]
Grouped = tuple[Ints, Ints, Ints, Ints]


@njit(cache=True)
def hang_together(left: Rows, right: Rows, n: int) -> Rows:
    """Pairs -> for each row the smallest that it hangs together with."""
    above = np.arange(n, dtype=np.int32)
    for e in range(left.size):
        a, b = left[e], right[e]
        while above[a] != a:
            above[a] = above[above[a]]
            a = above[a]
        while above[b] != b:
            above[b] = above[above[b]]
            b = above[b]
        if a < b:
            above[b] = a
        elif b < a:
            above[a] = b
    for i in range(n):
        above[i] = above[above[i]]
    return above


@njit(cache=True)
def _by_group(label: Rows, n: int) -> tuple[Ints, Ints]:
    """Labels below n -> where each label's places begin, and the places in order."""
    first = np.zeros(n + 1, np.int64)
    for k in range(label.size):
        first[label[k] + 1] += 1
    for k in range(n):
        first[k + 1] += first[k]
    at = first[:-1].copy()
    order = np.empty(label.size, np.int64)
    for k in range(label.size):
        order[at[label[k]]] = k
        at[label[k]] += 1
    return first, order


@njit(cache=True, nogil=True)
def part_groups(
    facts: Facts, model: Model, pairs: tuple[Rows, Rows, NDArray[np.float32]], grouped: Grouped, parted: Ints,
    cluster: Rows, part: tuple[int, int],
) -> int:  # fmt: skip
    """Pairs worth linking, as groups `part` -> `cluster`: for each of their rows the first of its cluster."""
    left, right, score = pairs
    first, rows, edge_first, edges = grouped
    done = 0
    made, few = room(model), np.empty(EXACT, np.int64)
    for g in range(part[0], part[1]):
        size = first[g + 1] - first[g]
        if size < 2:
            continue
        done += 1
        members = rows[first[g] : first[g + 1]]
        if size == 2:  # their one pair is worth linking, and nothing else is to be had
            if not parted.size or not barred(members[0], members[1], parted):
                cluster[members[1]] = members[0]
            continue
        out = few if size <= EXACT else np.empty(size, np.int64)
        if size <= EXACT:
            settle(facts, model, members, parted, made, out)
        else:
            own = edges[edge_first[g] : edge_first[g + 1]]
            # best first; ties to the earlier left, then the earlier right
            key = np.empty(own.size, np.int64)
            for e in range(own.size):
                key[e] = (np.int64(left[own[e]]) << 32) + right[own[e]]
            own = own[np.argsort(key)]
            worth = np.empty(own.size)
            for e in range(own.size):
                worth[e] = score[own[e]]
            turn = np.argsort(-worth, kind="mergesort")
            own, worth = own[turn], worth[turn]
            a, b = np.empty(own.size, np.int64), np.empty(own.size, np.int64)
            for e in range(own.size):
                a[e], b[e] = np.searchsorted(members, left[own[e]]), np.searchsorted(members, right[own[e]])
            join(facts, model, members, (a, b, worth), parted, out)
        for m in range(size):
            cluster[members[m]] = members[out[m]]
    return done


@njit(cache=True)
def first_with(label: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Labels below their number -> for each row the first row with the same label."""
    first = np.full(label.size, label.size, np.int64)
    made = np.empty(label.size, np.uint32)
    for i in range(label.size):
        if first[label[i]] == label.size:
            first[label[i]] = i
        made[i] = first[label[i]]
    return made


@njit(cache=True)
def in_groups(left: Rows, right: Rows, n: int) -> tuple[Rows, Grouped]:
    """Pairs -> for each row the first of its group, and groups with their rows and pairs."""
    group = hang_together(left, right, n)
    first, rows = _by_group(group, n)
    edge_first, edges = _by_group(group[left], n)
    return group, (first, rows, edge_first, edges)


@njit(cache=True)
def members_of(cluster: Rows) -> tuple[Ints, Ints]:
    """Clusters -> where the rows of each begin, and the rows in order."""
    return _by_group(cluster, cluster.size)


@njit(cache=True, nogil=True)
def mean_scores(facts: Facts, model: Model, of: tuple[Ints, Ints], made: Floats, part: tuple[int, int]) -> None:
    """Clusters `part` -> `made`: the mean of each sighting's log odds with the others of its cluster."""
    first, rows = of
    scratch = np.empty((2, 3))
    for c in range(part[0], part[1]):
        start, end = first[c], first[c + 1]
        if end - start < 2:
            continue
        for p in range(start, end):
            made[rows[p]] = 0.0
        for p in range(start, end):
            for q in range(p + 1, end):
                i, j = rows[p], rows[q]
                value = max(pair_score(facts, model, i, j, scratch), model.apart) / (end - start - 1)
                made[i] += value
                made[j] += value
