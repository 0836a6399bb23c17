"""Kinds of term, one file each: what makes an act one that the term bars.

Each has `applies(term)` and `p_barred(term)`: terms row -> expression over incidents with `mask`, in [0, 1] or null.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules import bars_acts, target_class, weapon_class

KINDS = (target_class, weapon_class, bars_acts)
"""The first that applies decides; `bars_acts` applies to every term."""


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> the doubt whether what happened is barred."""
    for kind in KINDS:
        if kind.applies(term):
            doubt: pl.Expr = kind.p_barred(term)
            return doubt
    raise AssertionError("bars_acts applies to every term")
