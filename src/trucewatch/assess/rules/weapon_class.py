"""The condition that it was done with a weapon of a class: artillery from some calibre up, rockets, tanks.

A class is given by names (`howitzer`, `D-30`), by calibre (from 100 mm, below 120 mm), or by both, and then either
will do: a source that says `D-30` tells no calibre, and one that says `122 mm` tells no name. A class that needs both,
as mortars below 120 mm, is given by names alone (`60 mm mortar`, `82 mm mortar`).

A source that names no weapon leaves it open, and so does one that names a weapon by a word that nobody here knows: a
list of names is never complete. Only a calibre can settle it against: 82 mm is no gun of 100 mm and over. Where the
name says yes and the calibre no, as in `75 mm howitzer`, it stays open; and so it does where the source takes the name
back or leaves it open (`no howitzers`, `possibly howitzers`, `howitzer or mortar`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import polars as pl

from trucewatch.assess.rules.calibre import named_surely, p_calibre


def names_weapons(term: dict[str, Any]) -> bool:
    """The term is about a class of weapons.

    >>> names_weapons({"weapons": None, "calibre_from_mm": 100.0}), names_weapons({"weapons": None})
    (True, False)
    """
    return bool(term.get("weapons")) or _calibre(term) != (None, None)


def p_weapon(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where a weapon of the class is named, 0 where only calibres outside it are, else null.

    >>> seen = pl.DataFrame({"weapon": ["122 mm D-30", "82 mm mortar", "D-30", "mortar", None]})
    >>> guns = {"weapons": ["d-30"], "calibre_from_mm": 100.0, "calibre_below_mm": None}
    >>> seen.select(p_weapon(guns)).to_series().to_list()
    [1.0, 0.0, 1.0, None, None]
    """
    of = partial(_answers, words=tuple(term.get("weapons") or ()), calibre=_calibre(term))
    return pl.col("weapon").map_batches(of, return_dtype=pl.Float64, is_elementwise=True)


def _calibre(term: dict[str, Any]) -> tuple[float | None, float | None]:
    return term.get("calibre_from_mm"), term.get("calibre_below_mm")


def _answers(said: pl.Series, words: Sequence[str], calibre: tuple[float | None, float | None]) -> pl.Series:
    """An answer per row; each text is looked at once, however many rows say it."""
    texts = said.cast(pl.String).drop_nulls().unique(maintain_order=True)
    told = _of_texts(texts, words, calibre)
    return said.cast(pl.String).replace_strict(texts, told, default=None, return_dtype=pl.Float64)


def _of_texts(texts: pl.Series, words: Sequence[str], calibre: tuple[float | None, float | None]) -> pl.Series:
    texts, said = _glued(texts), "|".join(_whole(word) for word in _glued(pl.Series(words, dtype=pl.String)))
    named = named_surely(texts, said) if words else pl.lit(False)
    told = texts.to_frame("text").with_columns(named=named, measured=pl.lit(None, pl.Float64))
    if calibre != (None, None):
        told = told.with_columns(measured=p_calibre(texts, *calibre))
    # A name that a calibre speaks against is neither, and so is one that is only half said.
    by_name = texts.str.to_lowercase().str.contains(said) if words else pl.lit(False)
    answer = pl.when(~by_name | (pl.col("measured") == 1.0)).then("measured")
    return told.select(answer.when(pl.col("measured").is_null() & pl.col("named")).then(1.0)).to_series()


def _glued(texts: pl.Series) -> pl.Series:
    """What is made against a weapon is another one, and a vessel is none: `anti-tank` becomes one word."""
    against = texts.str.replace_all(r"(?i)\b(anti|counter)[-\s]+", "${1}")
    return against.str.replace_all(r"(?i)\b(water|fuel|oil|gas|storage)[-\s]+(tank)", "${1}${2}")


def _whole(word: str) -> str:
    """The word by itself or in the plural: an "upgraded" gun is no Grad, and 2100 mm are not 100 mm."""
    spaced = r"\s*".join(re.escape(part) for part in word.casefold().split())
    return rf"(?:^|[^\p{{L}}\p{{N}}]){spaced}s?(?:$|[^\p{{L}}\p{{N}}])"
