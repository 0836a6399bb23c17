"""Numba kernel of large groups: best first."""

from __future__ import annotations

import numpy as np
from numba import njit

from trucewatch.fuse.clusters import FIELDS, alone, barred, both, common, tell
from trucewatch.fuse.kernels import Facts, Floats, Ints, Model


@njit(cache=True)
def _up(heap: Floats, n: int) -> None:
    """Bring the last of a heap to its place; rows (score, order, a, b, version of a, of b), the greatest first."""
    while n > 0:
        above = (n - 1) >> 1
        if heap[above, 0] > heap[n, 0] or (heap[above, 0] == heap[n, 0] and heap[above, 1] < heap[n, 1]):
            return
        for k in range(6):
            heap[above, k], heap[n, k] = heap[n, k], heap[above, k]
        n = above


@njit(cache=True)
def _down(heap: Floats, n: int) -> None:
    """Take the first of a heap of n away."""
    heap[0] = heap[n - 1]
    i, n = 0, n - 1
    while 2 * i + 1 < n:
        c = 2 * i + 1
        if c + 1 < n and (
            heap[c + 1, 0] > heap[c, 0] or (heap[c + 1, 0] == heap[c, 0] and heap[c + 1, 1] < heap[c, 1])
        ):
            c += 1
        if heap[i, 0] > heap[c, 0] or (heap[i, 0] == heap[c, 0] and heap[i, 1] < heap[c, 1]):
            return
        for k in range(6):
            heap[c, k], heap[i, k] = heap[i, k], heap[c, k]
        i = c


@njit(cache=True)
def join(facts: Facts, model: Model, members: Ints, pairs: tuple[Ints, Ints, Floats], parted: Ints, out: Ints) -> None:
    """Best first. members: a group in order; pairs: places in it and scores, best first -> out: first of each set."""
    left, right, score = pairs
    n = members.size
    belief = np.empty((n + 1, FIELDS))  # the last is a trial
    root, version = np.arange(n), np.zeros(n, np.int64)
    after, size = np.full(n, -1), np.ones(n, np.int64)
    every = common(model)
    told = np.empty((n, every.size))
    for m in range(n):
        tell(facts, model, members[m], told, m)
        alone(facts, model, members[m], belief, m)
    heap = np.empty((max(16, score.size // 4), 6))
    waiting, p = 0, 0
    list_ = np.empty(n, np.int64)
    while p < score.size or waiting:
        if waiting == 0 or (p < score.size and score[p] >= heap[0, 0]):
            order, a, b, va, vb = p, root[left[p]], root[right[p]], 0, 0
            p += 1
        else:
            order, a, b = int(heap[0, 1]), root[int(heap[0, 2])], root[int(heap[0, 3])]
            va, vb = int(heap[0, 4]), int(heap[0, 5])
            _down(heap, waiting)
            waiting -= 1
        if a == b:
            continue
        # The two sets as they are now; in order of their members, so that nothing depends on how they came to be.
        k = _members(a, b, after, list_)
        if parted.size and _any_barred(a, b, after, members, parted):
            continue
        worth = both(every, told, list_, k, belief, (min(a, b), max(a, b), n))
        gain = worth - belief[a, 12] - belief[b, 12]
        if gain <= model.accept:
            continue
        if (version[a] != va or version[b] != vb) and not _first(gain, order, p, score, heap, waiting):
            if waiting == heap.shape[0]:
                heap = np.concatenate((heap, np.empty_like(heap)))
            heap[waiting, 0], heap[waiting, 1] = gain, order
            heap[waiting, 2], heap[waiting, 3] = a, b
            heap[waiting, 4], heap[waiting, 5] = version[a], version[b]
            _up(heap, waiting)
            waiting += 1
            continue
        keep, gone = min(a, b), max(a, b)
        belief[keep] = belief[n]
        size[keep] += size[gone]
        version[keep] += 1
        tail = keep
        while after[tail] >= 0:
            tail = after[tail]
        after[tail] = gone
        m = gone
        while m >= 0:
            root[m] = keep
            m = after[m]
    out[:] = root


@njit(cache=True)
def _first(gain: float, order: int, p: int, score: Floats, heap: Floats, waiting: int) -> bool:
    """Whether nothing else comes before this."""
    if p < score.size and score[p] >= gain:
        return False
    return not (waiting and (heap[0, 0] > gain or (heap[0, 0] == gain and heap[0, 1] < order)))


@njit(cache=True)
def _members(a: int, b: int, after: Ints, out: Ints) -> int:
    k, m = 0, a
    while m >= 0:
        out[k] = m
        k, m = k + 1, after[m]
    m = b
    while m >= 0:
        out[k] = m
        k, m = k + 1, after[m]
    out[:k].sort()
    return k


@njit(cache=True)
def _any_barred(a: int, b: int, after: Ints, members: Ints, parted: Ints) -> bool:
    m = a
    while m >= 0:
        q = b
        while q >= 0:
            if barred(members[m], members[q], parted):
                return True
            q = after[q]
        m = after[m]
    return False
