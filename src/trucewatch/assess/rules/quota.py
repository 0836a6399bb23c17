"""A quota: so many ships, flights, lorries or prisoners are owed in each period.

It asks for something to be done, so no single incident shows that it was not kept: what was let through is counted
over the period and held against what was owed (`owed.py`). Incidents therefore never bear on it. That a convoy was
stopped bears on a term about passage, if the text has one.

It serves fuel ships and flights a month, aid lorries a day, and exchanges of so many for so many.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import NEVER

ACTS: tuple[str, ...] = ()
"""None: it bars nothing."""


def applies(term: dict[str, Any]) -> bool:
    """No incident bears on it."""
    return False


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 0, whatever happened.

    >>> pl.DataFrame({"mask": [1]}).select(p_barred({"acts": []})).to_series().to_list()
    [0.0]
    """
    return NEVER
