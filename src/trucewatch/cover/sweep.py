"""Step 4, the hot loop: windows of one cell and span -> the chance that a random moment in it was noticed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True)
def sweep(first: Ints, a: Floats, b: Floats, chance: Floats, who: Ints, span_s: float) -> Floats:
    """Groups of windows -> by group: covered seconds, least, as told (NaN where not), greatest chance, voices.

    first: where each group starts, and one past the last; a, b: seconds in the span; chance: (low, told, high) by
    window, told NaN where not told; who: (source, voice) by window, numbered from 0 within the group.
    """
    # A moment is noticed by each window that is open then. Looks of one source are several chances: at most their
    # sum, at least the best of them; where it told any chance, looks of it that told none add nothing. Sources of one
    # voice are one: the best of them. Voices may depend on each other in any way: at least the best, at most the sum.
    many = len(first) - 1
    out = np.zeros((many, 5))
    for g in range(many):
        start, end = first[g], first[g + 1]
        edges = np.unique(np.concatenate((a[start:end], b[start:end])))
        n = end - start
        sources = np.zeros(n)
        voices = np.zeros(n)
        open_now = np.zeros(n, dtype=np.bool_)
        seen_voice = np.zeros(n, dtype=np.bool_)
        for e in range(len(edges) - 1):
            length = edges[e + 1] - edges[e]
            any_open = False
            for i in range(n):
                open_now[i] = a[start + i] <= edges[e] and b[start + i] >= edges[e + 1]
                if open_now[i] and chance[start + i, 2] > 0:
                    any_open = True
                    seen_voice[who[start + i, 1]] = True
            if not any_open:
                continue
            told_by = np.zeros(n, dtype=np.bool_)
            for i in range(n):
                if open_now[i] and not np.isnan(chance[start + i, 1]):
                    told_by[who[start + i, 0]] = True
            low = 0.0
            sources[:] = 0.0
            missing = np.ones(n)
            unknown = False
            for i in range(n):
                if not open_now[i]:
                    continue
                s = who[start + i, 0]
                silent = np.isnan(chance[start + i, 1])
                if silent and told_by[s]:
                    continue
                low = max(low, chance[start + i, 0])
                sources[s] = min(1.0, sources[s] + chance[start + i, 2])
                if silent:
                    unknown = unknown or chance[start + i, 2] > 0
                else:
                    missing[s] *= 1.0 - chance[start + i, 1]
            voices[:] = 0.0
            heard = np.zeros(n)
            for i in range(n):
                if open_now[i]:
                    s, v = who[start + i, 0], who[start + i, 1]
                    voices[v] = max(voices[v], sources[s])
                    heard[v] = max(heard[v], 1.0 - missing[s])
            high, none = 0.0, 1.0
            for v in range(n):
                high += voices[v]
                none *= 1.0 - heard[v]
            out[g, 0] += length
            out[g, 1] += length * low
            out[g, 2] += np.nan if unknown else length * (1.0 - none)
            out[g, 3] += length * min(1.0, high)
        out[g, 1] /= span_s
        out[g, 2] /= span_s
        out[g, 3] /= span_s
        for v in range(n):
            out[g, 4] += seen_voice[v]
    return out
