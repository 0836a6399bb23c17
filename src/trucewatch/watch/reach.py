"""A count together with those of the days before it and of the series nearby.

A fight burns a little, for weeks, in several cells: no single cell and day of it is much. What is usual for all of them
together is known better than for each, and what was counted stands out further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from trucewatch.base.place import on_sphere
from trucewatch.watch.params import ScanParams

Array = Any


@dataclass(frozen=True)
class Reach:
    """days: the day and so many less one before it; near_km: series whose places are no further, within one place."""

    days: int = 1
    near_km: float = 0.0

    @property
    def alone(self) -> bool:
        """Each series and day by itself."""
        return self.days == 1 and self.near_km == 0


@dataclass(frozen=True)
class Ground:
    """Where each row stands: `each` numbers its series, `days` its day; spots: lon and lat of each series."""

    reach: Reach
    each: Array
    days: Array
    spots: Array | None

    def together(self, values: Array) -> Array:
        """A value for each row -> its sum over the days and the series in reach. What has no row adds nothing.

        >>> ground = Ground(Reach(days=2), np.array([0, 0, 0, 1]), np.array([5, 6, 9, 6]), None)
        >>> ground.together(np.array([1.0, 2.0, 4.0, 8.0])).tolist()
        [1.0, 3.0, 4.0, 8.0]
        """
        if self.reach.alone:
            return values
        first, last = int(self.days.min()), int(self.days.max())
        whole = np.zeros((int(self.each.max()) + 1, last - first + 2))
        whole[self.each, self.days - first + 1] = values
        if self.reach.near_km > 0 and self.spots is not None:
            whole = _near(self.spots, self.reach.near_km) @ whole
        so_far, at = whole.cumsum(1), self.days - first + 1
        return so_far[self.each, at] - so_far[self.each, np.maximum(at - self.reach.days, 0)]


def _near(spots: Array, near_km: float) -> Any:
    """Which series lie within reach of each, itself too: a sparse table of ones."""
    from scipy.sparse import csr_array
    from scipy.spatial import cKDTree

    sphere = ScanParams.sphere_km
    pairs = cKDTree(on_sphere(*spots.T)).query_pairs(
        2 * np.sin(min(near_km / sphere, np.pi) / 2), output_type="ndarray"
    )
    itself = np.arange(len(spots))
    row, column = np.r_[pairs[:, 0], pairs[:, 1], itself], np.r_[pairs[:, 1], pairs[:, 0], itself]
    return csr_array((np.ones(row.size), (row, column)), shape=(len(spots), len(spots)))
