"""Headings of a table that people type: theirs, whatever the case, become ours."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from trucewatch.base.errors import InputError, nearest
from trucewatch.sources.table.rows import Problem


def headed(
    frame: pl.DataFrame, file: str, columns: Sequence[str], needed: str | None, what: str
) -> tuple[pl.DataFrame, list[Problem]]:
    """Text columns under their headings -> `columns`, all there, blanks null; one problem for each that is not ours.

    needed: the column without which it is no `what` ("report", "register"), or None; InputError where it is missing.
    """
    noted: list[Problem] = []
    named: dict[str, str] = {}
    for theirs in frame.columns:
        name = "_".join(theirs.lower().replace("-", " ").split())
        if name in columns and name not in named.values():
            named[theirs] = name
            continue
        hint = nearest(name, columns)
        noted.append((file, "unknown_column", theirs[:40], f"is no column of a {what}; not read{hint}", False))
    if needed and needed not in named.values():
        there = f"a {what}'s columns: {', '.join(columns)}"
        raise InputError(f"has no column {needed!r}", file=file, field=needed, expected=there)
    ours = frame.select(pl.col(theirs).alias(name) for theirs, name in named.items())
    absent = [pl.lit(None, pl.String).alias(name) for name in columns if name not in named.values()]
    ours = ours.with_columns(absent).select(columns)
    blank = pl.all().str.strip_chars()
    return ours.select(pl.when(blank != "").then(blank).name.keep()), noted
