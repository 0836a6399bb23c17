"""Withdrawal: weapons of a class are behind a line, out of a zone, from a date on.

It asks that none of them is left inside. Such a weapon seen inside shows that it was not kept; so does its fire, for a
gun that fires from the zone is in it. It stays open where no source names the weapon, or names it by a word that
nobody here knows; a calibre outside the class settles it against. Fire is put where the source puts it: where that is
the impact, a gun behind the line may have fired it, and a note on the place is for people to read.

It serves security zones by calibre (guns of 100 mm and over, rocket launchers), tanks and mortars taken back in
stages, and towns that no heavy weapons may stand in.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.rules.conditions import p_all
from trucewatch.assess.rules.weapon_class import names_weapons

ACTS: tuple[str, ...] = ("shelling", "presence")
"""Its fire, and that it is there."""


def applies(term: dict[str, Any]) -> bool:
    """Terms that name weapons or a calibre."""
    return names_weapons(term)


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> Kleene's "and" of act and weapon.

    >>> from trucewatch.kinds import mask_of
    >>> said = ["122 mm gun", "82 mm mortar", "D-30", None]
    >>> seen = pl.DataFrame({"mask": [mask_of("presence")] * 4, "weapon": said})
    >>> seen.select(p_barred({"acts": [], "weapons": None, "calibre_from_mm": 100.0})).to_series().to_list()
    [1.0, 0.0, None, None]
    """
    return p_all(term, ACTS)
