"""Separation: an area that all forces leave and none enters.

It asks that no forces and no weapons are in the area at all, armed or working, standing or passing. Anything that
forces do there shows that it was not kept: that they are seen, move, dig, fire, or take a place. It stays open where
what happened there may have been no force's doing: damage may have been a fire. Police, monitors and the carrying of
wounded are mostly allowed by the text; that is an exception, and says so.

It serves disengagement areas with named corners, demilitarised zones, and buffer zones between two lines.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all
from trucewatch.kinds import ACT_WORDS, ARMED

ACTS: tuple[str, ...] = ("presence", *ACT_WORDS["movement"], "works", "control", *ARMED)
"""That forces are there, whatever they do."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where it surely shows forces there, 0 where it surely shows none, else null.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("movement", "damage", "detention")]})
    >>> seen.select(p_barred({"acts": []})).to_series().to_list()
    [1.0, None, 0.0]
    """
    return p_all(term, ACTS)
