"""What the watch commands share: a table of counts from a file, every row of it sound, or one clear line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import read_file
from trucewatch.sources.cells import read_sheet
from trucewatch.sources.days import date_of


def counts_file(path: Path, needed: Sequence[str], numbers: Sequence[str]) -> pl.DataFrame:
    """A CSV -> its columns as text, `date` as a day, `numbers` as numbers, and `row`. InputError names the first fault.

    A row that cannot be read is no row of nought: what is counted from the rest would be a number about something else.
    """
    sheet = read_sheet(read_file(path), path.name, needed, f"the columns {', '.join(needed)}")
    rows, file = sheet.rows, path.name
    if lost := sheet.faults.table().filter("lost").rows(named=True):
        raise InputError(f"{lost[0]['message']} ({len(lost)} such rows)", file=lost[0]["where"])
    if rows.is_empty():
        raise InputError("has no rows", file=file, expected="a header line and rows")
    made = rows.with_columns(date_of("date"), *(pl.col(n).str.strip_chars().cast(pl.Float64, strict=False)
                                                for n in numbers if n in rows.columns))  # fmt: skip
    for name in ("date", *needed, *numbers):
        if name not in made.columns:
            continue
        bad = made[name].is_null() if name not in numbers else ~made[name].is_finite().fill_null(False)
        refuse(rows, bad, file, name, "a day as 2022-02-24" if name == "date" else
               "a number" if name in numbers else "a name")  # fmt: skip
    return made


def refuse(rows: pl.DataFrame, bad: pl.Series, file: str, name: str, expected: str) -> None:
    """Raise InputError for the first row where `bad` holds; says how many more there are."""
    count = int(bad.sum())
    if not count:
        return
    at = rows.filter(bad).row(0, named=True)
    more = f" ({count - 1} more such rows)" if count > 1 else ""
    said = "is empty" if at[name] is None else f"is {str(at[name])[:60]!r}"
    raise InputError(f"{said}{more}", file=file, row=int(at["row"]), field=name, expected=expected)
