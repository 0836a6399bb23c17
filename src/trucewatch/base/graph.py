"""Groups of things that hang together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def components(left: NDArray[np.int64], right: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Edges left[i]-right[i] between nodes 0..n-1 -> for each node the smallest node that it hangs together with.

    Labels run to the smaller end of each edge and are then shortened by pointer jumping, until nothing changes.

    >>> components(np.array([1, 3]), np.array([2, 4]), 5).tolist()
    [0, 1, 1, 3, 3]
    """
    label = np.arange(n, dtype=np.int64)
    while True:
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, before[left], low)
        np.minimum.at(label, before[right], low)
        while not np.array_equal(shorter := label[label], label):
            label = shorter
        if np.array_equal(before, label):
            return label
