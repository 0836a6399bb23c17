"""Windows of nearly the same days, in groups, so that a scan may pass over many of them at once.

A group holds no more cases than all the days that its windows touch, and none of its windows expects fewer than the
one that expects least. Groups come in grains, from each window by itself to nearly all in one; a scan takes, for each
block of circles, the coarsest that still tells something.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

Array = Any
Grains = tuple[tuple[Array, Array, Array], tuple[Array, Array, Array, Array], Array, Array, float]
"""windows (first, after, expected) by grain and group; of each group the first day, the day after, the least that is
expected, and where its windows begin; where each grain's groups begin; how much more than that least a grain's groups
usually expect; what the window expects that expects most."""
LOOSE = (1.0, 1.1, 1.3, 1.7, 2.5, 5.0, np.inf)
"""The longest window of a group may be so many times as long as the shortest."""


def grains(windows: tuple[Array, Array, Array]) -> Grains:
    """Windows (first day, day after, cases expected) -> the same in groups. A window that expects none is left out."""
    some = windows[2] > 0
    first, after, expected = (part[some] for part in windows)
    made = [_grain(first, after, expected, loose) for loose in LOOSE]
    order = np.concatenate([m[0] for m in made])
    sizes = np.concatenate([m[1] for m in made])
    begin = np.concatenate([[0], sizes.cumsum()])
    at = np.concatenate([[0], np.cumsum([m[1].size for m in made])])
    first, after, expected = first[order], after[order], expected[order]
    cut = begin[:-1]
    early, late = np.minimum.reduceat(first, cut), np.maximum.reduceat(after, cut)
    least, most = np.minimum.reduceat(expected, cut), np.maximum.reduceat(expected, cut)
    ratio = np.array([np.median((most / least)[a:z]) for a, z in itertools.pairwise(at)])
    return (first, after, expected), (early, late, least, begin), at, ratio, float(expected.max())


def _grain(first: Array, after: Array, expected: Array, loose: float) -> tuple[Array, Array]:
    """-> the windows so that those of a group follow each other, and how many each group has."""
    length = after - first
    same_end = bool((after == after[0]).all())
    part = loose if same_end else np.sqrt(loose)  # else half of the room is for where they begin
    edges = [1]
    while edges[-1] * part < length.max():
        edges.append(int(edges[-1] * part) + 1)
    kind = np.searchsorted(edges, length, side="right") - 1
    if same_end:
        begins = np.zeros_like(first)
    else:
        begins = (first / np.maximum(1, np.floor((part - 1) * np.array(edges)))[kind]).astype(np.int64)
    order = np.lexsort((begins, kind))
    new = np.flatnonzero((np.diff(kind[order]) != 0) | (np.diff(begins[order]) != 0)) + 1
    return order, np.diff(np.concatenate([[0], new, [order.size]]))
