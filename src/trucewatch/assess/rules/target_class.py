"""A term that protects a class of targets, with no polygon to look in: energy works, hospitals, monitors.

Both have to hold: the act is one of those barred, and what was hit is of a protected class. A source that does
not say what was hit leaves it open.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules import bars_acts


def applies(term: dict[str, Any]) -> bool:
    """Terms that name target classes."""
    return bool(term["targets"])


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1, 0 or null: Kleene's "and" of act and target.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of("shelling")] * 3, "target": ["energy", "school", None]})
    >>> seen.select(p_barred({"acts": ["shelling"], "targets": ["energy"]})).to_series().to_list()
    [1.0, 0.0, None]
    """
    act = bars_acts.p_barred(term)
    hit = pl.col("target").is_in(term["targets"])
    return (
        pl.when((act == 0.0) | ~hit)
        .then(pl.lit(0.0))
        .when((act == 1.0) & hit)
        .then(pl.lit(1.0))
        .otherwise(pl.lit(None, pl.Float64))
        .alias("p_barred")
    )
