"""A bare file of days and counts -> a table, every fault of it told in one line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.watch.common import A_SHARE, counts_file, each_day_once, refuse, sound_counts

_WORDS = {"side": "all", "measure": "events", "unit": "count", "series": "all"}


def daily(path: Path, keys: tuple[str, ...]) -> pl.DataFrame:
    """CSV with date, count[, exposure] and these keys -> (keys, date, count, exposure), sorted. InputError at the
    first row that cannot be: no date, no number, a day told twice, an exposure that is no share, a count below 0.

    A day of exposure 0 is not known, whatever is counted on it; nor is one whose exposure is empty.
    """
    rows, file = counts_file(path, ("date", "count"), (), keys, ("count", "exposure")), path.name
    if "exposure" in rows.columns:
        vague = rows["exposure said"].fill_null("").str.strip_chars() == ""
        wrong = rows["exposure"].is_null() & ~vague
        refuse(rows.select("row", exposure="exposure said"), wrong, file, "exposure", A_SHARE)
        rows = rows.with_columns(exposure=pl.col("exposure").fill_null(0.0))
    rows = rows.with_columns(pl.lit(_WORDS[key]).alias(key) for key in keys if key not in rows.columns)
    if {"measure", "unit"} <= set(keys):
        other = pl.struct("measure", "unit").is_first_distinct() & ~pl.col("measure").is_first_distinct()
        refuse(rows, rows.select(other=other)["other"], file, "unit", "one unit for each measure")
    level = rows["unit"] != "count" if "unit" in keys else pl.repeat(False, rows.height, eager=True)
    parts = [sound_counts(rows.filter(some), file, whole=whole) for some, whole in ((~level, True), (level, False))]
    made = pl.concat(parts)
    if "exposure" not in made.columns:
        made = made.with_columns(exposure=pl.lit(1.0))
    each_day_once(made.sort("row"), keys, file)
    return made.select(*keys, "date", "count", "exposure").sort(*keys, "date")


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
