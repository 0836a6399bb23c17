"""The slow twin: a neck on a grid, by the distance transform and a widest way over cells."""

from __future__ import annotations

import heapq

import numpy as np
import shapely
from scipy import ndimage


def grid_neck(a, at, cell_m: float, pad_m: float = 6000.0) -> float:
    """Ground of the other side on a plane, a place -> the width of the widest way to the edge of the grid.

    The place's own surroundings are left by climbing to where the distance is greatest nearby, as long as it grows.
    """
    west, south, east, north = a.bounds
    x = np.arange(west - pad_m, east + pad_m, cell_m)
    y = np.arange(south - pad_m, north + pad_m, cell_m)
    shapely.prepare(a)
    free = ~shapely.contains_xy(a, *np.meshgrid(x, y))
    far = ndimage.distance_transform_edt(free) * cell_m
    here = (int(np.argmin(abs(y - at[1]))), int(np.argmin(abs(x - at[0]))))
    while True:
        rows, columns = slice(max(here[0] - 1, 0), here[0] + 2), slice(max(here[1] - 1, 0), here[1] + 2)
        k = np.unravel_index(np.argmax(far[rows, columns]), far[rows, columns].shape)
        there = (rows.start + int(k[0]), columns.start + int(k[1]))
        if far[there] <= far[here]:
            break
        here = there
    best, queue, seen = far[here], [(-far[here], here)], np.zeros(far.shape, bool)
    while queue:
        wide, (r, c) = heapq.heappop(queue)
        if seen[r, c]:
            continue
        seen[r, c] = True
        best = min(best, -wide)
        if r in (0, len(y) - 1) or c in (0, len(x) - 1):
            return 2 * best
        for u, v in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if free[u, v] and not seen[u, v]:
                heapq.heappush(queue, (-min(far[u, v], -wide), (u, v)))
    return 0.0
