"""Step 7: what is counted, adjusted for who could have seen it. Zero exposure is unknown, not zero."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.tables import TOGETHER


@dataclass(frozen=True)
class Rate:
    """How many there may have been: noticed; the mean chance to be noticed (least, greatest); least and most of what
    there was, as far as looks tell. `most` is None where a chance of 0 is not ruled out: nobody can tell."""

    noticed: int
    low: float | None
    high: float | None
    least: float | None
    most: float | None


def rates(noticed: int, low: float | None, high: float | None) -> Rate:
    """A count and the bounds of the chance -> what it stands for, in expectation.

    >>> rates(12, 0.25, 0.75)
    Rate(noticed=12, low=0.25, high=0.75, least=16.0, most=48.0)
    >>> rates(0, None, None).most is None and rates(0, 0.0, 0.0).least is None
    True
    """
    if high is None or low is None or high <= 0:
        return Rate(noticed, low, high, None, None)
    return Rate(noticed, low, high, noticed / high, noticed / low if low > 0 else None)


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
