"""Notice: some acts have to be told of beforehand: exercises, works, flights, a relief.

It asks that the other side, or a mission, knows before it happens. The act by itself is allowed; done without notice
it is not. So two things have to hold: that it was such an act, which is asked here, and that it was not told of in
time, which is a doubt of its own and settled from the notices that are kept (`notices.py`). That no notice is on
record shows nothing where nobody kept a record.

It serves measures that build confidence: notified exercises, announced flights and reliefs, works near a line.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all

ACTS: tuple[str, ...] = ()
"""None: a text says of which acts it wants to be told."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name the acts to be told of."""
    return bool(term["acts"])


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where it surely was such an act, 0 where it surely was none, else null.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("works", "damage", "shelling")]})
    >>> seen.select(p_barred({"acts": ["works", "burning"]})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
