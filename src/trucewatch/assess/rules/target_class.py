"""Protected targets: a class of works or persons is not attacked, wherever it stands; no polygon has to be drawn.

It asks that what is protected is not attacked: works that supply energy, hospitals, monitors. Two things show that it
was not kept, and both have to: an act that is barred, and that what was hit is of the class. It stays open where no
source says what was hit; a target of another class settles it against. A list of works by name is narrower than its
class: whether a work stands on the list is for people.

It serves moratoriums on strikes against energy works, undertakings to leave hospitals and water works alone, and
guarantees to a monitoring mission.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all
from trucewatch.kinds import ARMED

ACTS: tuple[str, ...] = ARMED
"""Every use of weapons."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name target classes."""
    return bool(term["targets"])


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> Kleene's "and" of act and target.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of("shelling")] * 3, "target": ["energy", "school", None]})
    >>> seen.select(p_barred({"acts": ["shelling"], "targets": ["energy"]})).to_series().to_list()
    [1.0, 0.0, None]
    """
    return p_all(term, ACTS)
