"""Floor 4, beneath replay: where do two results differ first, in words for people?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from trucewatch.archive import frame
from trucewatch.base.ids import sha256

WRITTEN = "every row is the same, but the file was not written as this code writes it"


def names_of(logged: Mapping[str, str], made: Mapping[str, Any]) -> list[str]:
    """Of both, those of the log first."""
    return list(dict.fromkeys([*sorted(logged), *made]))


def first_cell(then: pl.DataFrame, now: pl.DataFrame) -> str:
    """The first cell in which two tables differ, or what else does."""
    if then.schema != now.schema:
        other = next(c for c in (*then.columns, *now.columns) if then.schema.get(c) != now.schema.get(c))
        return f"column {other} was {then.schema.get(other, 'not there')}, is {now.schema.get(other, 'not there')}"
    for row, (old, new) in enumerate(zip(then.iter_rows(), now.iter_rows(), strict=False), 1):
        # By their spelling, by which no number differs from itself.
        for column, a, b in zip(then.columns, old, new, strict=True):
            if repr(a) != repr(b):
                return f"row {row}, column {column}: the log has {_short(a)}, now it is {_short(b)}"
    if then.height != now.height:
        return f"row {min(then.height, now.height) + 1}: the log has {then.height} rows, now there are {now.height}"
    return WRITTEN


def first_line(name: str, kept: bytes | None, logged: str | None, made: bytes | None) -> str:
    """The first line in which two finished files differ, or what else does."""
    if made is None:
        return f"{name}: no such file is made now"
    if logged is None:
        return f"{name}: the log names no such file"
    if kept is None or sha256(kept) != logged:
        return f"{name}: other bytes than the log names; the file that it names is no longer in the case"
    if name.endswith(".parquet"):
        return f"{name}: {first_cell(frame(kept), frame(made))}"
    old, new = kept.decode().splitlines(), made.decode().splitlines()
    for n, (a, b) in enumerate(zip(old, new, strict=False), 1):
        if a != b:
            return f"{name}: line {n}: the log has {_short(a)}, now it is {_short(b)}"
    return f"{name}: the log has {len(old)} lines, now there are {len(new)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
