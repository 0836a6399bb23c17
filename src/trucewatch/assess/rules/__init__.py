"""Kinds of term, one file each: what makes an act one that the term bars.

Each has `applies(term)` and `p_barred(term)`: terms row -> expression over incidents with `mask`, in [0, 1] or null.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules import bars_acts, target_class, weapon_class

KINDS = (target_class, weapon_class, bars_acts)
"""All that apply have to hold: a term about guns near hospitals bars neither other arms nor other places."""


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> the doubt whether what happened is barred: Kleene's "and" of every kind that applies."""
    answers = [kind.p_barred(term) for kind in KINDS if kind.applies(term)]
    return (
        pl.when(pl.any_horizontal(answer == 0.0 for answer in answers))
        .then(pl.lit(0.0))
        .when(pl.all_horizontal(answer == 1.0 for answer in answers))
        .then(pl.lit(1.0))
        .otherwise(pl.lit(None, pl.Float64))
        .alias("p_barred")
    )
