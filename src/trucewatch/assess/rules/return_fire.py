"""Return fire: fire is allowed in answer only, and only under conditions.

It asks that nobody fires, but in answer, and then only as the text says: on order, after a channel has failed, within
some time and distance, not with heavier weapons. Fire shows that it was not kept unless it was such an answer, and
that is a doubt of its own (`exempt.py`): whether it was is not in any feed. It stays open wherever the conditions may
have been met; it is plain where they cannot have been, as for an air strike under a text that allows small arms only.

It serves truces in which return fire needs an order after the agreed mechanism has failed, and rules of self-defence
written into a cessation.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all
from trucewatch.kinds import ARMED

ACTS: tuple[str, ...] = ARMED
"""Every use of weapons."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where weapons were surely used, 0 where surely not, else null; the conditions are apart.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("small_arms", "explosion", "works")]})
    >>> seen.select(p_barred({"acts": []})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
