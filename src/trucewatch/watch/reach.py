"""A count together with those of the days before it and of the series nearby.

A fight burns a little, for weeks, in several cells: no single cell and day of it is much. What is usual for all of them
together is known better than for each, and what was counted stands out further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from trucewatch.base.graph import components
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


def reaches(days: Sequence[int], near_km: Sequence[float]) -> tuple[Reach, ...]:
    """Every one of the days with every one of the kilometres, each once.

    >>> reaches([1, 7], [0.0, 7.5])
    (Reach(days=1, near_km=0.0), Reach(days=1, near_km=7.5), Reach(days=7, near_km=0.0), Reach(days=7, near_km=7.5))
    """
    return tuple(dict.fromkeys(Reach(n, km) for n in days for km in near_km))


@dataclass(frozen=True)
class Ground:
    """Where each row stands: `each` numbers its series, `days` its day; spots: lon and lat of each series.

    met: which series lie within so many kilometres of each, looked for once: every sum over a reach asks for it.
    """

    each: Array
    days: Array
    spots: Array | None
    met: dict[float, Any] = field(default_factory=dict, repr=False, compare=False)

    def together(self, values: Array, reach: Reach) -> Array:
        """A value for each row -> its sum over the days and the series in reach. What has no row adds nothing.

        >>> ground = Ground(np.array([0, 0, 0, 1]), np.array([5, 6, 9, 6]), None)
        >>> ground.together(np.array([1.0, 2.0, 4.0, 8.0]), Reach(days=2)).tolist()
        [1.0, 3.0, 4.0, 8.0]
        """
        if reach.alone:
            return values
        first, last = int(self.days.min()), int(self.days.max())
        whole = np.zeros((self._size(), last - first + 2))
        whole[self.each, self.days - first + 1] = values
        if (near := self._near(reach)) is not None:
            whole = near @ whole
        so_far, at = whole.cumsum(1), self.days - first + 1
        return so_far[self.each, at] - so_far[self.each, np.maximum(at - reach.days, 0)]

    def alarms(self, tried: Sequence[Reach], which: Array) -> Array:
        """which: for each row the number of the reach by which it is in excess, -1 where it is not -> its alarm's
        number, from 1 by first day; 0 where it is not in excess.

        A day in excess that was judged by a day and a series by which an earlier one was judged belongs to its alarm
        (to the last there, of several places to the one that was raised first): what was counted once is not reported
        fourteen times. Nothing later changes a number: two alarms that a later day would join stay two.

        >>> ground = Ground(np.array([0, 0, 0, 0, 1]), np.array([5, 6, 8, 11, 6]), None)
        >>> ground.alarms([Reach(days=3)], np.array([0, -1, -1, 0, 0])).tolist()
        [1, 0, 0, 3, 2]
        """
        numbers = np.zeros(which.size, np.int64)
        rows = np.flatnonzero(which >= 0)
        rows = rows[np.lexsort((self.each[rows], self.days[rows]))]
        if rows.size == 0 or all(reach.alone for reach in tried):
            numbers[rows] = np.arange(1, rows.size + 1)
            return numbers
        back = np.array([reach.days for reach in tried])
        near = [self._near(reach) for reach in tried]
        last, its, raised = np.full(self._size(), self.days.min() - back.max()), np.zeros(self._size(), np.int64), 0
        for some in np.split(rows, np.flatnonzero(np.diff(self.days[rows])) + 1):
            day, by = self.days[some[0]], which[some]
            ground = [_held(near[r], n) for n, r in zip(self.each[some], by, strict=True)]
            for part in _joined(ground, self._size()):
                known = [its[g[day - last[g] < back[r]]] for g, r in ((ground[n], by[n]) for n in part)]
                before = np.concatenate(known)
                raised += before.size == 0
                number = before.min() if before.size else raised
                for n in part:
                    its[ground[n]], last[ground[n]] = number, day
                numbers[some[part]] = number
        return numbers

    def _size(self) -> int:
        return int(self.each.max()) + 1 if self.spots is None else len(self.spots)

    def _near(self, reach: Reach) -> Any:
        if reach.near_km <= 0 or self.spots is None:
            return None
        if reach.near_km not in self.met:
            self.met[reach.near_km] = _near(self.spots, reach.near_km)
        return self.met[reach.near_km]


def _held(near: Any, series: int) -> Array:
    """The series in reach of one, itself too."""
    if near is None:
        return np.array([series])
    return near.indices[near.indptr[series] : near.indptr[series + 1]]


def _joined(ground: list[Array], size: int) -> list[Array]:
    """What each day in excess was judged by -> which of them have a series in common."""
    count = len(ground)
    if count == 1:
        return [np.array([0])]
    each = np.repeat(np.arange(count), [g.size for g in ground])
    joined = components(each, count + np.concatenate(ground), count + size)[:count]
    _, of = np.unique(joined, return_inverse=True)
    return [np.flatnonzero(of == n) for n in range(of.max() + 1)]


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
