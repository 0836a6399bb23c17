"""A term that bars acts here and then: a ceasefire, a zone without heavy weapons' fire, a ban on overflight.

An incident's kind stands for every act that it may have been. All of them barred: the act was barred.
None: it was not. Some: nobody knows yet, and that is null, not a share of them.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.kinds import ACTS


def applies(term: dict[str, Any]) -> bool:
    """Every term bars acts."""
    return bool(term["acts"])


def barred_mask(acts: list[str]) -> int:
    """Acts -> bits, as in trucewatch.kinds."""
    return sum(1 << ACTS.index(act) for act in set(acts))


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1, 0 or null by the incident's acts.

    >>> term = {"acts": ["shelling", "small_arms"]}
    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("shelling", "firing", "works")]})
    >>> seen.select(p_barred(term)).to_series().to_list()
    [1.0, None, 0.0]
    """
    barred = barred_mask(term["acts"])
    mask = pl.col("mask").cast(pl.UInt32)
    return (
        pl.when((mask & barred) == 0)
        .then(pl.lit(0.0))
        .when((mask & barred) == mask)
        .then(pl.lit(1.0))
        .otherwise(pl.lit(None, pl.Float64))
        .alias("p_barred")
    )
