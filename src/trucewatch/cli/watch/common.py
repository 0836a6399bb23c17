"""What the watch commands share: a table of counts from a file, every row of it sound, or one clear line.

A row that cannot be read is no row of nought: what is counted from the rest would be a number about something else.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import read_file
from trucewatch.sources.cells import read_sheet

A_DAY = "a day as 2022-02-24"
A_SHARE = "a share from 0 (nobody looked) to 1"
MOST = 1_000_000_000
"""No count of a day is higher: more than that is a mistake of the file, and no number could be had of it."""


def counts_file(
    path: Path, needed: Sequence[str], numbers: Sequence[str], names: Sequence[str] = (), counts: Sequence[str] = ()
) -> pl.DataFrame:
    """A CSV in UTF-8 -> its columns as text, `date` as a day, `numbers` and `counts` as numbers, and `row`.

    needed: columns that must be there; names: those that name something and may not be empty; of the others only
    `counts` may hold what is no number, for whoever knows which days were watched. InputError names the first fault.
    """
    raw, file = read_file(path), path.name
    if not raw.strip():
        raise InputError("is empty", file=file, expected=f"the columns {', '.join(needed)}")
    _utf8(raw, file)
    sheet = read_sheet(raw, file, needed, f"the columns {', '.join(needed)}")
    if lost := sheet.faults.table().filter("lost").rows(named=True):
        raise InputError(f"{lost[0]['message']} ({len(lost)} such rows)", file=lost[0]["where"])
    if sheet.rows.is_empty():
        raise InputError("has no rows", file=file, expected="a header line and rows")
    rows = sheet.rows.with_columns(pl.col(name).str.strip_chars() for name in names if name in sheet.rows.columns)
    made = rows.with_columns(
        pl.col("date").str.strip_chars().str.to_date("%Y-%m-%d", strict=False),
        *(pl.col(n).str.strip_chars().cast(pl.Float64, strict=False) for n in (*numbers, *counts) if n in rows.columns),
    )
    refuse(rows, made["date"].is_null(), file, "date", A_DAY)
    for name in names:
        if name in made.columns:
            unfit = (made[name].fill_null("") == "") | made[name].str.contains(r"[\x00-\x1f\x7f]").fill_null(False)
            refuse(rows, unfit, file, name, "a name")
    for name in numbers:
        if name in made.columns:
            refuse(rows, ~made[name].is_finite().fill_null(False), file, name, "a number")
    return made.with_columns(**{f"{name} said": rows[name] for name in counts if name in rows.columns})


def _utf8(raw: bytes, file: str) -> None:
    """InputError where the bytes are no UTF-8, or the header names a column twice."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        raise InputError("is not UTF-8", file=file, row=f"line {line}", expected="CSV in UTF-8") from None
    head = next(csv.reader([text.lstrip("\r\n").partition("\n")[0].rstrip("\r")]), [])
    twice = [name for name, n in Counter(name.strip().lower() for name in head).items() if name and n > 1]
    if twice:
        raise InputError(f"has the column {twice[0]!r} twice", file=file, expected="each column once")


def sound_counts(rows: pl.DataFrame, file: str, name: str = "count", whole: bool = True) -> pl.DataFrame:
    """Rows of `counts_file` -> the same with `exposure` held to be a share, and `name` to be a count where somebody
    looked; null where nobody did, whatever stands there. whole: counts; otherwise levels, which may fall below 0."""
    unseen = pl.repeat(False, rows.height, eager=True)
    if "exposure" in rows.columns:
        refuse(rows, ~rows["exposure"].is_between(0, 1), file, "exposure", A_SHARE)
        unseen = rows["exposure"] == 0
    value = rows[name]
    sound = value.is_finite() & (value.abs() <= MOST)
    if whole:
        sound &= (value >= 0) & (value == value.floor())
    expected = f"a whole number from 0 to {MOST:,}" if whole else f"a number of at most {MOST:,}"
    refuse(
        rows.select("row", pl.col(f"{name} said").alias(name)), ~sound.fill_null(False) & ~unseen, file, name, expected
    )
    return rows.with_columns(pl.when(~unseen).then(pl.col(name)).alias(name))


def each_day_once(rows: pl.DataFrame, keys: Sequence[str], file: str) -> None:
    """InputError at the first row that tells a day again."""
    again = rows.select(
        "row", date=pl.col("date").cast(pl.String), again=~pl.struct(*keys, "date").is_first_distinct()
    )  # fmt: skip
    refuse(again, again["again"], file, "date", "each day of a series once")


def placed(rows: pl.DataFrame, name: str, file: str) -> None:
    """InputError where lon and lat are none on earth, or `name` is at two places."""
    refuse(rows, ~rows["lon"].is_between(-180, 180), file, "lon", "degrees east from -180 to 180")
    refuse(rows, ~rows["lat"].is_between(-90, 90), file, "lat", "degrees north from -90 to 90")
    moved = rows.select("row", name, moved=(pl.struct("lon", "lat").n_unique().over(name) > 1))
    refuse(moved, moved["moved"], file, name, f"one lon and lat for each {name}")


def refuse(rows: pl.DataFrame, bad: pl.Series, file: str, name: str, expected: str) -> None:
    """Raise InputError for the first row where `bad` holds; says how many more there are."""
    count = int(bad.sum())
    if not count:
        return
    at = rows.filter(bad).row(0, named=True)
    more = f" ({count - 1} more such rows)" if count > 1 else ""
    said = "is empty" if at[name] is None or at[name] == "" else f"is {str(at[name])[:60]!r}"
    raise InputError(f"{said}{more}", file=file, row=int(at["row"]), field=name, expected=expected)
