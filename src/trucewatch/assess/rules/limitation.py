"""Limitation: an area in which forces or weapons are capped, or some class of weapons is not allowed at all.

It asks that there are never more than so many. One sighting is one towards the count and shows nothing by itself, so
under a cap a weapon of the class that was seen there leaves it open; what people counted at one time is held against
the cap elsewhere (`owed.py`). Where the text sets no cap, and so allows none of the class, one that is seen shows it.
A calibre outside the class, or an act that shows nobody's presence, settles it against.

It serves areas of limitation beside an area of separation, ceilings on tanks and guns by zone, and storage sites in
which what has been withdrawn is to stay.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import at_most_open, p_all

ACTS: tuple[str, ...] = ("presence",)
"""Forces or weapons seen in the area."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name acts, or leave it at those above."""
    return bool(term["acts"] or ACTS)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 0 where it is nothing of what is capped; else null under a cap, 1 without one.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of("presence")] * 3, "weapon": ["125 mm tank", "82 mm mortar", None]})
    >>> guns = {"acts": ["presence"], "weapons": None, "calibre_from_mm": 100.0}
    >>> seen.select(p_barred({**guns, "requires": "guns: at most 20"})).to_series().to_list()
    [None, 0.0, None]
    >>> seen.select(p_barred({**guns, "requires": None})).to_series().to_list()
    [1.0, 0.0, None]
    """
    return at_most_open(p_all(term, ACTS)) if term.get("requires") else p_all(term, ACTS)
