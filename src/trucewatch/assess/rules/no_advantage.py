"""No advantage: between signature and start nobody betters its position.

It asks each side, in the hours or days before fire stops, to bring up nothing and take nothing. Reinforcing, supplying
with arms, digging, attacking and taking ground show that it was not kept; fire by itself does not, for fire has not
stopped yet, unless the text says so too. It stays open where forces are only said to be on the move.

It serves short truces with a period of some hours before the start, in which a military advantage is not to be sought.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all

ACTS: tuple[str, ...] = ("reinforcement", "resupply", "control", "assault", "works")
"""Bringing up forces or arms, attacking, taking ground, digging."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where it surely was such an act, 0 where it surely was none, else null.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("resupply", "movement", "shelling")]})
    >>> seen.select(p_barred({"acts": []})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
