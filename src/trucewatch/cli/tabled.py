"""A file that a person names as a table, CSV or Parquet -> the table, or one short line that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError

_LONGEST = 160
"""What a library says of a file may go on for pages, and may repeat what is in it."""


def table_file(path: Path, wanted: str, **csv: Any) -> pl.DataFrame:
    """Parquet by the name's end, else CSV, read as `csv` says. InputError names the file and what was expected."""
    if path.is_dir():
        raise InputError("is a folder", file=str(path), expected=f"a file: {wanted}")
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path, glob=False)
        return pl.read_csv(path, glob=False, **csv)
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(path), expected=wanted) from None
    except (OSError, pl.exceptions.PolarsError) as wrong:
        raise InputError(f"cannot be read ({why(wrong)})", file=str(path), expected=wanted) from None


def need(table: pl.DataFrame, names: Iterable[str], path: Path, wanted: str) -> None:
    """InputError where the table lacks one of these columns."""
    if lacking := [name for name in names if name not in table.columns]:
        raise InputError(f"has no column {', '.join(lacking)}", file=str(path), expected=wanted)


def why(wrong: Exception) -> str:
    """The first line of what a library says, cut short."""
    told = (str(wrong).splitlines() or [type(wrong).__name__])[0]
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST].rstrip()}..."
