"""Notice: some acts have to be told of beforehand: exercises, works, flights, a relief.

It asks that the other side, or a mission, knows before it happens. The act by itself is allowed. So an act of that
kind that happened leaves it open whether it was told of, which is settled where notices are kept (`owed.py`); an act
of another kind settles it against. That no notice is on record shows nothing where nobody kept a record.

It serves measures that build confidence: notified exercises, announced flights and reliefs, works near a line.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import at_most_open, p_all

ACTS: tuple[str, ...] = ()
"""None: a text says of which acts it wants to be told."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name the acts to be told of."""
    return bool(term["acts"])


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> null where it may have been such an act, 0 where it was none. Never 1.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("works", "damage", "shelling")]})
    >>> seen.select(p_barred({"acts": ["works", "burning"]})).to_series().to_list()
    [None, None, 0.0]
    """
    return at_most_open(p_all(term, ACTS))
