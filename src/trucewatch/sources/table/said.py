"""Rows of a table of published counts -> statements. A blank figure is unknown, never zero."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from trucewatch.base.problem import problems, problems_where
from trucewatch.base.time import UTC_US
from trucewatch.ports import Capture, Read
from trucewatch.sources.table import cells
from trucewatch.sources.table.facts import ours, quoted
from trucewatch.sources.table.mapping import TEXTS, Plan
from trucewatch.sources.table.rows import Rows
from trucewatch.sources.table.times import lost_for_time, times
from trucewatch.tables import STATEMENTS


def statements_of(capture: Capture, made: Plan, rows: Rows) -> Read:
    """One statement a row, or a row and melted column; those of one row share its locator."""
    base = rows.frame.select(rows.number, *ours(made, rows.frame.columns), *times(made), *_wide(made))
    base = lost_for_time(base, made, None)
    lost = problems_where(
        base, pl.col("lost").is_not_null(), file=capture.name, code="", subject="time", message=pl.col("why"), lost=True
    ).with_columns(code=base["lost"].drop_nulls())
    kept = _long(base.filter(pl.col("lost").is_null()), made)
    noted = pl.concat([problems(rows.problems), lost, *_flaws(kept, capture.name)])
    return Read(rows.count, statements=_table(kept, capture, made), problems=noted)


def _wide(made: Plan) -> Iterator[pl.Expr]:
    for number, theirs in enumerate(made.melt.columns if made.melt else (), 1):
        yield cells.text(theirs).alias(f"melted_{number}")


def _long(base: pl.DataFrame, made: Plan) -> pl.DataFrame:
    """A row for each melted column; `part` numbers them, `heading` is the column as the file has it."""
    if not made.melt:
        return base.with_columns(part=pl.lit(None, pl.Int64), heading=pl.lit("figure"))
    narrow = base.drop([c for c in base.columns if c.startswith("melted_")])
    pieces = [
        narrow.with_columns(
            pl.lit(named).alias(made.melt.into),
            base[f"melted_{number}"].alias("told_figure"),
            cells_of(base[f"melted_{number}"]).alias("figure"),
            part=pl.lit(number, pl.Int64),
            heading=pl.lit(theirs),
        )
        for number, (theirs, named) in enumerate(made.melt.columns.items(), 1)
    ]
    return pl.concat([piece.select(pieces[0].columns) for piece in pieces]).sort("row", "part")


def cells_of(told: pl.Series) -> pl.Series:
    """A column of told figures -> numbers."""
    return told.to_frame("told").select(cells.real(pl.col("told"))).to_series()


def _flaws(kept: pl.DataFrame, file: str) -> Iterator[pl.DataFrame]:
    if "told_figure" in kept.columns:
        told = pl.col("told_figure")
        blank = pl.format("{} is blank: unknown, not zero", pl.col("heading"))
        yield problems_where(kept, told.is_null(), file=file, code="blank", subject="figure", message=blank, lost=False)
        odd = told.is_not_null() & pl.col("figure").is_null()
        why = pl.format("{} under {} is no figure; left out", quoted("told_figure"), pl.col("heading"))
        yield problems_where(kept, odd, file=file, code="bad_number", subject="figure", message=why, lost=False)
    for name in ("end", "said"):
        if f"bad_{name}" in kept.columns:
            why = pl.format("{} is no time that it can be; left out", quoted(f"told_{name}"))
            once = pl.col(f"bad_{name}") & (pl.col("part").fill_null(1) == 1)
            yield problems_where(
                kept, once, file=file, code="bad_time", subject=f"time.{name}", message=why, lost=False
            )


def _table(kept: pl.DataFrame, capture: Capture, made: Plan) -> pl.DataFrame:
    has = set(kept.columns)
    row = pl.col("row").cast(pl.String)
    named = pl.when(pl.col("part").is_null()).then(row).otherwise(pl.format("{}.{}", row, "part"))
    steps = [
        pl.format("{}#{}", pl.lit(capture.id), named).alias("id"),
        pl.lit(capture.id).alias("capture"),
        pl.format("row {}", row).alias("locator"),
        pl.col("source"),
        pl.col("t0"),
        pl.col("t1"),
        *(pl.col(name) for name in (*TEXTS["statements"], "figure") if name in has),
    ]
    if "said" in has:
        steps.append(pl.col("said").cast(UTC_US).alias("said_at"))
    return STATEMENTS.fit(kept.select(steps))
