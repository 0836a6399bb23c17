"""No reinforcement: a side neither adds to its forces, nor relieves them, nor fortifies.

It asks that what stands opposite does not grow while fire is held. Forces or weapons that come in addition show that
it was not kept; so do a relief and digging, where the text bars those too. A text may bar only some: adding but not
relieving, or relieving on notice. It stays open where forces are only said to be on the move: they may be fewer
afterwards. Whether more came than went takes a count before and after, which one sighting does not give.

It serves border truces that bar reinforcement and new positions, and lulls of which each side says that the other used
them to bring up reserves.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all

ACTS: tuple[str, ...] = ("reinforcement", "rotation", "works")
"""Adding to forces, relieving them, digging."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where it surely was one of those acts, 0 where it surely was none, else null.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("reinforcement", "movement", "evacuation")]})
    >>> seen.select(p_barred({"acts": []})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
