"""A cessation: some acts, mostly every use of weapons, are barred on some ground for some time.

It asks each side that is bound to leave the acts. A barred act that happened shows that it was not kept. It stays
open where what happened may have been another act: an explosion may have been old ordnance. Nobody has shown that a
term was kept by the silence of a feed.

It serves the bare cessation of hostilities, the holiday truce of some hours, and the ban on flights over a zone.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all

ACTS: tuple[str, ...] = ()
"""None: a text that bars acts says which."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where every act that it may have been is barred, 0 where none is, null where some are.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("shelling", "firing", "works")]})
    >>> seen.select(p_barred({"acts": ["shelling", "small_arms"]})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
