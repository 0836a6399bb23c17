"""A term about a class of weapons: artillery from some calibre up behind a line, rockets out of a zone.

Its fire inside the zone shows that such a weapon was there. A source that names no weapon leaves it open, and so
does one that names a weapon by a word that the term's list does not know: a list of names is never complete.
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from trucewatch.assess.rules import bars_acts


def applies(term: dict[str, Any]) -> bool:
    """Terms that name weapons."""
    return bool(term["weapons"])


def _whole(word: str) -> str:
    """The word by itself or in the plural: an "upgraded" gun is no Grad, and 2100 mm are not 100 mm."""
    spaced = r"\s*".join(re.escape(part) for part in word.split())
    return rf"(?:^|[^\p{{L}}\p{{N}}]){spaced}s?(?:$|[^\p{{L}}\p{{N}}])"


def p_barred(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where a barred act was surely done with a weapon of the class, 0 where no barred act, else null.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("shelling", "shelling", "works")],
    ...                      "weapon": ["122 mm D-30 howitzer", None, None]})
    >>> seen.select(p_barred({"acts": ["shelling"], "weapons": ["122 mm"]})).to_series().to_list()
    [1.0, None, 0.0]
    """
    act = bars_acts.p_barred(term)
    said = pl.col("weapon").str.to_lowercase()
    named = pl.any_horizontal(said.str.contains(_whole(word)) for word in term["weapons"])
    return (
        pl.when(act == 0.0)
        .then(pl.lit(0.0))
        .when((act == 1.0) & named)
        .then(pl.lit(1.0))
        .otherwise(pl.lit(None, pl.Float64))
        .alias("p_barred")
    )
