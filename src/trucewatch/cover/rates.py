"""Step 7: what is counted, adjusted for who could have seen it. Zero exposure is unknown, not zero.

Each incident that somebody noticed, who was looking there and then, stands for as many as its own chance to be noticed
says: one of four, for four (Horvitz and Thompson 1952). So it matters neither that incidents do not lie evenly over the
ground, nor what sources tell that record no looks: those are not counted here. Of ground and times without a look it
says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.cover.exposure import CoverAsk
from trucewatch.cover.params import CoverParams
from trucewatch.cover.silent import met_by, spoke
from trucewatch.tables import TOGETHER


@dataclass(frozen=True)
class Rate:
    """noticed: incidents of which somebody tells who looked there and then; met: those that somebody's look covered,
    told by whoever; least, most: how many they stand for, in expectation, where anybody looked. None: nobody can tell,
    for no look covered any, or a chance of 0 is not ruled out."""

    noticed: int
    met: int
    least: float | None
    most: float | None


def rate(
    looks: pl.DataFrame, incidents: pl.DataFrame, observations: pl.DataFrame, links: pl.DataFrame, ask: CoverAsk,
    params: CoverParams | None = None,
) -> Rate:  # fmt: skip
    """looks, incidents, observations, links -> what the incidents of the kind that is asked for stand for.

    An incident is noticed where one voice or more that looked there and then affirms it; its chance to be, by any of
    those that looked, is at least the best of theirs and at most their sum.
    """
    params = params or CoverParams()
    affirmed = incidents.filter(
        pl.col("kind") == ask.kind, pl.col("n_lineages") > 0, pl.col("t0") >= ask.since, pl.col("t0") < ask.until
    )
    met, looked = met_by(affirmed, looks, ask.size, params)
    if met.is_empty():
        return Rate(0, 0, None, None)
    voice = met.group_by("incident", "voice").agg(pl.col("low").max(), pl.col("high").sum().clip(upper_bound=1))
    told = spoke(observations.filter(pl.col("stance") == "affirms"), links, looked)
    noticed = voice.join(told, on=["incident", "voice"], how="semi")["incident"].unique()
    chance = voice.group_by("incident").agg(pl.col("low").max(), pl.col("high").sum().clip(upper_bound=1))
    mine = chance.filter(pl.col("incident").is_in(noticed.to_list()))
    sure = bool((chance["low"] > 0).all())
    return Rate(
        noticed.len(), chance.height, float((1 / mine["high"]).sum()), float((1 / mine["low"]).sum()) if sure else None
    )


def daily(exposed: pl.DataFrame, n_cells: int) -> pl.DataFrame:
    """exposure -> (t0, t1, low, high, share): by span, the mean over `n_cells` cells of ground, those without a look
    counted with no chance at all; `share` of them where anybody looked."""
    both = exposed.filter(pl.col("source") == TOGETHER)
    return (
        both.group_by("t0", "t1")
        .agg(
            low=pl.col("low").sum() / max(1, n_cells),
            high=pl.col("high").sum() / max(1, n_cells),
            share=(pl.col("high") > 0).sum() / max(1, n_cells),
        )
        .sort("t0")
    )
