"""Step 4, the hot loop: windows of one cell and span -> the chance that a random moment in it was noticed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@njit(cache=True)
def sweep(first: Ints, a: Floats, b: Floats, chance: Floats, who: Ints, span_s: float) -> Floats:
    """Groups of windows -> by group: covered seconds, least, as told (NaN where not), greatest chance, voices.

    first: where each group starts, and one past the last; a, b: seconds in the span; chance: (low, told, high) by
    window, told NaN where not told; who: (source, voice) by window, numbered from 0 within the group.
    """
    many = len(first) - 1
    out = np.zeros((many, 5))
    for g in range(many):
        start, end = first[g], first[g + 1]
        edges = np.unique(np.concatenate((a[start:end], b[start:end])))
        heard = np.zeros(end - start, dtype=np.bool_)
        for e in range(len(edges) - 1):
            open_now = (a[start:end] <= edges[e]) & (b[start:end] >= edges[e + 1])
            length = edges[e + 1] - edges[e]
            low, told, high = moment(open_now, chance[start:end], who[start:end], heard)
            if high > 0:
                out[g, 0] += length
            out[g, 1] += length * low / span_s
            out[g, 2] += length * told / span_s
            out[g, 3] += length * high / span_s
        out[g, 4] = heard.sum()
    return out


@njit(cache=True)
def moment(open_now: Bools, chance: Floats, who: Ints, heard: Bools) -> tuple[float, float, float]:
    """One moment of one group -> least, as told, greatest chance; `heard` marks the voices that could notice.

    Looks of one source are several chances: at most their sum, at least the best of them; where it told any chance,
    looks of it that told none add nothing. Sources of one voice are one: the best of them. Voices may hang together in
    any way: all together have at least the best of them, at most their sum.
    """
    n = len(open_now)
    told_by = np.zeros(n, dtype=np.bool_)
    for i in range(n):
        if open_now[i] and not np.isnan(chance[i, 1]):
            told_by[who[i, 0]] = True
    low, unknown = 0.0, False
    most, missing = np.zeros(n), np.ones(n)
    for i in range(n):
        untold = np.isnan(chance[i, 1])
        s = who[i, 0]
        if not open_now[i] or (untold and told_by[s]):
            continue
        low = max(low, chance[i, 0])
        most[s] = min(1.0, most[s] + chance[i, 2])
        if untold:
            unknown = unknown or chance[i, 2] > 0
        else:
            missing[s] *= 1.0 - chance[i, 1]
    by_voice, word = np.zeros(n), np.zeros(n)
    for i in range(n):
        s, v = who[i, 0], who[i, 1]
        by_voice[v] = max(by_voice[v], most[s])
        word[v] = max(word[v], 1.0 - missing[s])
        heard[v] = heard[v] or most[s] > 0
    told = np.nan if unknown else 1.0 - np.prod(1.0 - word)
    return low, float(told), min(1.0, float(by_voice.sum()))
