"""Step 5: clusters, best pairs first, at most one sighting of each source in each."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from trucewatch.fuse.params import FuseParams


def link(pairs: pl.DataFrame, sightings: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """scored pairs, sightings -> clusters(sighting, cluster, score).

    Best first: two clusters become one where every sighting of one is a likely partner of every sighting of
    the other (complete linkage, so that no chain creeps along a front) and no source would be in it twice.
    `cluster` is its first sighting; `score` the weakest of a sighting's links in its cluster, null where alone.
    Ties fall to the earlier sighting, and sightings are in an order that does not depend on how rows came in.
    """
    likely = pairs.filter(pl.col("score") >= math.log(params.accept_odds)).sort(
        ["score", "left", "right"], descending=[True, False, False]
    )
    left, right = likely["left"].to_list(), likely["right"].to_list()
    weight = dict(zip(zip(left, right, strict=True), likely["score"].to_list(), strict=True))
    source = sightings["source"].to_list()
    cluster: dict[int, list[int]] = {}
    for one, two in zip(left, right, strict=True):
        a, b = cluster.get(one) or [one], cluster.get(two) or [two]
        if a is b:
            continue
        if len(a) == 1 == len(b) or _may_join(a, b, source, weight):
            both = a + b
            for member in both:
                cluster[member] = both
    label = np.arange(sightings.height, dtype=np.uint32)
    score = np.full(sightings.height, np.nan)
    for member, mates in cluster.items():
        label[member] = min(mates)
        score[member] = min(weight[min(member, m), max(member, m)] for m in mates if m != member)
    return pl.DataFrame(
        {"sighting": np.arange(sightings.height, dtype=np.uint32), "cluster": label, "score": score}
    ).with_columns(pl.col("score").fill_nan(None))


def _may_join(a: list[int], b: list[int], source: list[int], weight: dict[tuple[int, int], float]) -> bool:
    if {source[m] for m in a} & {source[m] for m in b}:
        return False
    return all((min(m, n), max(m, n)) in weight for m in a for n in b)
