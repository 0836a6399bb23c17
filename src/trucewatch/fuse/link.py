"""Step 5: clusters, best pairs first, at most one sighting of each source in each."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from trucewatch.fuse.params import FuseParams

_SHIFT = 32


def link(pairs: pl.DataFrame, sightings: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """scored pairs, sightings -> clusters(sighting, cluster, score).

    Best first: two clusters become one where the log odds of all pairs across them add up in favour, and no source
    would be in it twice. A pair too far apart to be scored counts against (`apart`), so that no chain creeps along
    a front. `cluster` is its first sighting; `score` the mean of a sighting's log odds with the others of its
    cluster, null where alone. Ties fall to the earlier sighting, and sightings are in an order that does not
    depend on how rows came in.
    """
    near = pairs.filter(pl.col("score") > params.apart).sort(
        ["score", "left", "right"], descending=[True, False, False]
    )
    keys = near.select((pl.col("left").cast(pl.Int64) * 2**_SHIFT) + pl.col("right")).to_series().to_list()
    odds = dict(zip(keys, near["score"].to_list(), strict=True))
    likely = near.filter(pl.col("score") >= math.log(params.accept_odds)).select("left", "right")
    source = sightings["source"].to_list()
    cluster: dict[int, list[int]] = {}
    for one, two in zip(likely["left"].to_list(), likely["right"].to_list(), strict=True):
        a, b = cluster.get(one) or [one], cluster.get(two) or [two]
        if a is not b and (len(a) == 1 == len(b) or _may_join(a, b, source, odds, params.apart)):
            both = a + b
            for member in both:
                cluster[member] = both
    label = np.arange(sightings.height, dtype=np.uint32)
    score = np.full(sightings.height, np.nan)
    for member, mates in cluster.items():
        label[member] = min(mates)
        score[member] = sum(_odds(member, m, odds, params.apart) for m in mates if m != member) / (len(mates) - 1)
    return pl.DataFrame(
        {"sighting": np.arange(sightings.height, dtype=np.uint32), "cluster": label, "score": score}
    ).with_columns(pl.col("score").fill_nan(None))


def _odds(one: int, two: int, odds: dict[int, float], apart: float) -> float:
    return odds.get((min(one, two) << _SHIFT) + max(one, two), apart)


def _may_join(a: list[int], b: list[int], source: list[int], odds: dict[int, float], apart: float) -> bool:
    if {source[m] for m in a} & {source[m] for m in b}:
        return False
    return sum(_odds(m, n, odds, apart) for m in a for n in b) > 0
