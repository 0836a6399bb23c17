"""What an instrument's detection is worth: how much oftener it lies beside what people report than beside nothing.

People's reports, moved in time by some weeks, meet what the instrument sees anyway: stubble, works, the season. What it
sees beside them where they lie, over what it sees beside them where they do not, is the weight of a coincidence, and no
more: that heat lies near a strike makes it so many times likelier, and where the ratio is one it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from trucewatch.base.place import EARTH_M
from trucewatch.fuse.near import Floats
from trucewatch.fuse.params import LearnParams

_Z = 1.96


@dataclass(frozen=True)
class Worth:
    """share: of reports with a detection beside them; chance: the same, moved in time; n: reports.

    p: chance that the instrument sees what happened, beyond chance, and never below none. log_ratio: the weight of such
    a coincidence in log odds; low, high: what 95 in 100 would find.
    """

    n: int
    share: float
    chance: float
    p: float
    log_ratio: float
    low: float
    high: float


def worth(reports: pl.DataFrame, detections: pl.DataFrame, params: LearnParams) -> Worth:
    """Reports, detections(t0, t1, lon, lat) -> what a detection within `worth_m` and `worth_s` of a report is worth.

    Only reports that leave room on both sides count: a report of the first day cannot be moved to the week before.
    """
    from scipy.spatial import cKDTree

    here, there = _points(reports), _points(detections)
    scale = np.array([*[params.worth_m] * 3, params.worth_s])
    if not len(here) or not len(there):
        return Worth(len(here), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    far = max(params.worth_shifts_s)
    room = (here[:, 3] >= there[:, 3].min() + far) & (here[:, 3] <= there[:, 3].max() - far)
    here = here[room] if room.any() else here
    tree = cKDTree(there / scale)
    shifts = np.array([0.0, *(sign * s for s in params.worth_shifts_s for sign in (-1.0, 1.0))])
    moved = [here + np.array([0.0, 0.0, 0.0, shift]) for shift in shifts]
    beside = [float(_beside(tree, at / scale).mean()) for at in moved]
    return _worth(len(here), beside[0], float(np.mean(beside[1:])), len(beside) - 1)


def _beside(tree: object, at: Floats) -> Floats:
    """Is there a detection within one reach in place and within one in time of each point?"""
    # The tree looks within a box of place and time; a ball in place is asked of those few that are left.
    found = tree.query_ball_point(at, 1.0, p=np.inf)  # type: ignore[attr-defined]
    data = tree.data  # type: ignore[attr-defined]
    near = np.zeros(len(at), dtype=bool)
    for n in np.flatnonzero([len(hits) > 0 for hits in found]):
        near[n] = (np.linalg.norm(data[found[n]][:, :3] - at[n, :3], axis=1) <= 1.0).any()
    return near.astype(np.float64)


def _worth(n: int, share: float, chance: float, copies: int) -> Worth:
    """Half a report is added to each, so that none gives no infinite weight."""
    a, c = (share * n + 0.5) / (n + 1), (chance * n * copies + 0.5) / (n * copies + 1)
    ratio = np.log(a / c)
    # What is counted of n, beside what is counted of as many again and again; moved reports of one place are not free
    # of each other, so that they count as one copy only.
    error = _Z * np.sqrt((1 - a) / (a * (n + 1)) + (1 - c) / (c * (n + 1)))
    p = max(0.0, (share - chance) / max(1 - chance, 1e-9))
    return Worth(n, share, chance, p, float(ratio), float(ratio - error), float(ratio + error))


def _points(rows: pl.DataFrame) -> Floats:
    kept = rows.filter(pl.col("lon").is_not_null(), pl.col("lat").is_not_null())
    lon, lat = np.radians(kept["lon"].to_numpy()), np.radians(kept["lat"].to_numpy())
    middle = (kept["t0"].dt.epoch("us").to_numpy() + kept["t1"].dt.epoch("us").to_numpy()) / 2e6
    return np.column_stack(
        [EARTH_M * np.cos(lat) * np.cos(lon), EARTH_M * np.cos(lat) * np.sin(lon), EARTH_M * np.sin(lat), middle]
    )
