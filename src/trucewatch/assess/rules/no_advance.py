"""Standstill: the lines are frozen as they ran at the start, and nobody goes forward.

It asks each side to stay where it is. An attempt to change positions shows that it was not kept, whether it succeeded
or not; so does a place that changes hands. It stays open where all that is told is that there was a fight: a clash may
have been an exchange of fire from where both stood. A place may also have been taken before and shown on maps only
later: the time at which it changed hands decides, not that of the map.

It serves truces that freeze positions, statements by which forces "stop where they are", and measures that define an
offensive act as any attempt to change positions.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all

ACTS: tuple[str, ...] = ("assault", "control")
"""An attempt to change positions; a place that changes hands."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where it surely was an advance, 0 where it surely was none, else null.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("control", "clash", "shelling")]})
    >>> seen.select(p_barred({"acts": []})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
