"""A bare file of days and counts -> a table, every fault of it told in one line."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import read_file

_WORDS = {"side": "all", "measure": "events", "unit": "count", "series": "all"}


def daily(path: Path, keys: tuple[str, ...]) -> pl.DataFrame:
    """CSV with date, count[, exposure] and these keys -> (keys, date, count, exposure), sorted. InputError at the
    first row that cannot be: no date, no number, a day told twice, an exposure that is no share, a count below 0."""
    try:
        raw = pl.read_csv(io.BytesIO(read_file(path)), infer_schema=False)
    except pl.exceptions.PolarsError:
        raise InputError("is no table", file=str(path), expected="CSV with the columns date, count") from None
    for name in ("date", "count"):
        if name not in raw.columns:
            raise InputError(f"has no column {name!r}", file=str(path), expected="date, count[, exposure][, side ...]")
    table = raw.with_row_index("row", 1).select(
        "row",
        date=pl.col("date").str.strip_chars().str.to_date("%Y-%m-%d", strict=False),
        count=pl.col("count").str.strip_chars().cast(pl.Float64, strict=False),
        exposure=(
            pl.col("exposure").str.strip_chars().cast(pl.Float64, strict=False)
            if "exposure" in raw.columns
            else pl.lit(1.0)
        ),
        told=pl.col("exposure").is_not_null() if "exposure" in raw.columns else pl.lit(False),
        **{k: pl.col(k).fill_null(_WORDS[k]) if k in raw.columns else pl.lit(_WORDS[k]) for k in keys},
    )
    counted = pl.col("unit") == "count" if "unit" in keys else pl.lit(True)
    faults = (
        (pl.col("date").is_null(), "date", "is no date", "YYYY-MM-DD"),
        (~pl.col("count").is_finite().fill_null(False), "count", "is no number", "a number"),
        (counted & (pl.col("count") < 0), "count", "is below 0", "0 or more; a level that may fall has a unit"),
        (pl.col("told") & ~pl.col("exposure").is_between(0, 1).fill_null(False), "exposure",
         "is no share between 0 and 1", "the share of ground or time in which something could have been noticed"),
        (pl.struct(*keys, "date").is_duplicated(), "date", "stands twice for one series", "each day once"),
    )  # fmt: skip
    for bad, field, what, expected in faults:
        hit = table.filter(bad).head(1)
        if hit.height:
            raise InputError(what, file=str(path), row=int(hit["row"].item()), field=field, expected=expected)
    if table.is_empty():
        raise InputError("holds no day", file=str(path), expected="a row for each day")
    # An exposure that is not told in a file that tells others is not known.
    known = table.with_columns(exposure=pl.col("exposure").fill_null(0.0) if "exposure" in raw.columns else "exposure")
    return known.select(*keys, "date", "count", "exposure").sort(*keys, "date")


def day(text: str, option: str) -> date:
    """YYYY-MM-DD -> the day. InputError names the option."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text!r} is no date", field=option, expected="YYYY-MM-DD") from None


def span(text: str, option: str) -> tuple[int, int]:
    """'2' or '0-5' -> days, the least and the most. InputError names the option."""
    low, _, high = text.partition("-")
    try:
        return int(low), int(high or low)
    except ValueError:
        raise InputError(f"{text!r} is no number of days", field=option, expected="as 2, or 0-5") from None
