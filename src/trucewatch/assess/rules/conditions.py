"""The conditions that a term may set for what it bars: the act, what was hit, with what. Each by itself, and together.

An answer is 1 where the condition surely holds, 0 where it surely does not, and null where nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from trucewatch.assess.rules.weapon_class import names_weapons, p_weapon
from trucewatch.kinds import bits_of

UNKNOWN = pl.lit(None, pl.Float64)
_OPEN = 0.5  # between no and yes, within one expression only
NEVER = pl.lit(0.0).alias("p_barred")


def every(answers: Iterable[pl.Expr]) -> pl.Expr:
    """Kleene's "and": 0 where one of them is 0, 1 where all are 1, else null. Of no conditions at all: 1.

    >>> pl.select(a=every([pl.lit(1.0), UNKNOWN]), b=every([pl.lit(0.0), UNKNOWN]), c=every([])).row(0)
    (None, 0.0, 1.0)
    """
    # Least of 0, unknown and 1, in one look at each answer: an answer may be long in the making.
    least = pl.min_horizontal(pl.lit(1.0), *(answer.fill_null(_OPEN) for answer in answers))
    return least.replace(_OPEN, None)


def p_act(acts: Sequence[str]) -> pl.Expr:
    """Acts -> is what happened one of them? By `mask`, the bits of all acts that it may have been.

    All of them barred: the act was barred. None: it was not. Some: nobody knows yet, and that is null, not a share.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("shelling", "firing", "works")]})
    >>> seen.select(p_act(["shelling", "small_arms"])).to_series().to_list()
    [1.0, None, 0.0]
    """
    barred = bits_of(acts)
    mask = pl.col("mask").cast(pl.UInt32)
    return (
        pl.when((mask & barred) == 0)
        .then(pl.lit(0.0))
        .when((mask & barred) == mask)
        .then(pl.lit(1.0))
        .otherwise(UNKNOWN)
    )


def p_target(targets: Sequence[str]) -> pl.Expr:
    """Target classes -> was what was hit of one of them? Null where no source says what was hit.

    >>> seen = pl.DataFrame({"target": ["energy", "school", None]})
    >>> seen.select(p_target(["energy", "water"])).to_series().to_list()
    [1.0, 0.0, None]
    """
    return pl.col("target").is_in(list(targets)).cast(pl.Float64)


def p_all(term: dict[str, Any], acts: Sequence[str], targets: Sequence[str] = ()) -> pl.Expr:
    """terms row -> every condition that it sets; `acts` and `targets` stand in where it names none.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of("shelling")] * 3, "target": ["medical", "school", None]})
    >>> seen.select(p_all({"acts": [], "targets": ["medical"]}, ["shelling"])).to_series().to_list()
    [1.0, 0.0, None]
    """
    conditions = [p_act(term["acts"] or acts)]
    if wanted := term.get("targets") or targets:
        conditions.append(p_target(wanted))
    if names_weapons(term):
        conditions.append(p_weapon(term))
    return every(conditions).alias("p_barred")


def at_most_open(answer: pl.Expr) -> pl.Expr:
    """What one incident cannot show by itself: 0 stays 0, all else is open.

    >>> pl.select(a=at_most_open(pl.lit(1.0)), b=at_most_open(pl.lit(0.0))).row(0)
    (None, 0.0)
    """
    return pl.when(answer == 0.0).then(pl.lit(0.0)).otherwise(UNKNOWN).alias("p_barred")
