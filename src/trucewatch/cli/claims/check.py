"""trucewatch claims check"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch import checking
from trucewatch.archive import know
from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, case_option, json_option, read_file, show, tools
from trucewatch.cli.claims.common import noted, short
from trucewatch.counted import astray
from trucewatch.sources.table.rows import rows_of
from trucewatch.stores import Where, open_store
from trucewatch.tables import ANSWERS

_FORM = f"a table with the columns {', '.join(ANSWERS.columns)}"


@click.command()
@case_option
@click.option(
    "--agreement", default=None, help="Id of the agreement whose parties and dates are meant, where there are several."
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    default=None,
    help="What was found of some statements elsewhere, as of a ring: CSV or JSON, by statement.",
)
@click.option("--elsewhere", default=None, metavar="PARTY", help="Who holds what front-line maps leave unmarked.")
@as_of_option
@json_option
def check(
    case: Where, agreement: str | None, answers: Path | None, elsewhere: str | None, as_of: int | None, as_json: bool
) -> None:
    """Does the record bear out what was said? Each checkable statement against incidents, coverage, maps and dates.

    Borne out, not borne out, or cannot be told: with bounds, what was looked at and what was not. That others say the
    same is told beside it and is no evidence.
    """
    use, store = tools(), open_store(case)
    table = know(store, as_of).table(store, "statements")
    told = None if answers is None else _answers(answers, table)
    made = checking.check(store, use, agreement, as_of, told, elsewhere)
    use.tell.done()  # type: ignore[attr-defined]
    checks, left = made.tables["checks"], made.tables["left_out"]
    lines = [line for row in checks.rows(named=True) for line in _lines(row)]
    lines += [f"{left.height} statements say nothing that the record can bear on"] if left.height else []
    lines = lines or ["no statement is in the register"]
    loose = astray(table)
    noted(loose)
    show({"checks": checks.to_dicts(), "left_out": left.to_dicts(), "astray": loose}, as_json, lines)


def _lines(row: Mapping[str, Any]) -> list[str]:
    beside = []
    if row["against_interest"]:
        beside.append("against its speaker's own interest")
    if row["n_copies"] > 1:
        beside.append(f"one of {row['n_copies']} copies, one lineage")
    if row["n_lineages"] > 1:
        beside.append(f"{row['n_lineages']} lineages say so, which is no evidence")
    if row["denied_by"]:
        beside.append(f"denied by {len(row['denied_by'])}")
    bounds = f"between {row['low']:.2f} and {row['high']:.2f}"
    name = row["key"] or short(row["statement"])
    made = [
        f"{name}  {row['speaker'] or 'somebody'}: {str(row['asserts']).replace('_', ' ')}: {row['verdict']}, {bounds}"
    ]
    made.append(f"    because {row['because']}")
    made += [f"    looked at: {'; '.join(row['looked_at'])}"] if row["looked_at"] else []
    made += [f"    not looked at: {'; '.join(row['not_looked_at'])}"] if row["not_looked_at"] else []
    made += [f"    would settle it: {row['would_settle']}"] if row["would_settle"] else []
    return made + ([f"    {'; '.join(beside)}"] if beside else [])


def _answers(path: Path, statements: pl.DataFrame) -> pl.DataFrame:
    """A file -> answers. InputError names the row, also of one that answers no statement of the register."""
    known = {*statements["id"].to_list(), *statements["key"].drop_nulls().to_list()}
    told = rows_of(read_file(path), path.name).frame
    if lacking := [name for name in ANSWERS.needed if name not in told.columns]:
        raise InputError(f"has no column {lacking[0]!r}", file=path.name, expected=_FORM)
    frame = told.select(name for name in ANSWERS.columns if name in told.columns)
    figures = frame.with_columns(pl.col("low", "high").cast(pl.Float64, strict=False))
    for n, row in enumerate(figures.rows(named=True), 1):
        if row["low"] is None or row["high"] is None or not 0 <= row["low"] <= row["high"] <= 1:
            raise InputError(
                "has no bounds", file=path.name, row=n, field="low, high", expected="0 <= low <= high <= 1"
            )
        if any(row[name] is None for name in ("statement", "looked_at", "because")):
            raise InputError("is not whole", file=path.name, row=n, expected="statement, looked_at and because")
        if row["statement"] not in known:
            what = f"{row['statement']!r} is no statement of the register"
            here = "an id or a key from: trucewatch claims list"
            raise InputError(what, file=path.name, row=n, field="statement", expected=here)
    return ANSWERS.fit(figures)
