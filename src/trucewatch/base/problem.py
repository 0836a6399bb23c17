"""What was wrong with the world, as rows. Nothing is dropped: a row that cannot be read becomes one of these."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

SCHEMA = pl.Schema(
    {
        "where": pl.String,
        "code": pl.String,
        "subject": pl.String,
        "message": pl.String,
        "lost": pl.Boolean,
    }
)


def problems(rows: Iterable[tuple[str, str, str, str, bool]] = ()) -> pl.DataFrame:
    """(where, code, subject, message, lost) tuples -> problems table.

    >>> problems([("fires.csv, row 3", "no_place", "latitude", "'abc' is not a number", True)])["code"].item()
    'no_place'
    """
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def problems_where(
    rows: pl.DataFrame, bad: pl.Expr, *, file: str, code: str, subject: str, message: pl.Expr, lost: bool
) -> pl.DataFrame:
    """One problem for each row where `bad` holds. rows(row, ...) -> problems(where, code, subject, message, lost).

    `row` counts from 1, the header not counted; `message` is an expression over the same rows.
    """
    # One chunk: polars 2.1 panics at `format` over some frames of several.
    return (rows.filter(bad.fill_null(False)).rechunk()).select(
        where=pl.format("{}, row {}", pl.lit(file), pl.col("row")),
        code=pl.lit(code),
        subject=pl.lit(subject),
        message=message.cast(pl.String).fill_null(""),
        lost=pl.lit(lost),
    )
