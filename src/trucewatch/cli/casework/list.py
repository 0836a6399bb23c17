"""trucewatch casework list"""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from trucewatch.archive import know
from trucewatch.casework import standing
from trucewatch.cli.base import WallClock, as_of_option, case_option, json_option, moment, show
from trucewatch.cli.casework.common import about_words
from trucewatch.report.beside import answer, who
from trucewatch.stores import Where, open_store


@click.command("list")
@case_option
@click.option("--on", default=None, metavar="TIME", help="The moment by which deadlines are judged (default: now).")
@click.option("--overdue", is_flag=True, help="Only matters with a corrective action that is overdue.")
@as_of_option
@json_option
def list_command(case: Where, on: str | None, overdue: bool, as_of: int | None, as_json: bool) -> None:
    """List the matters as they stand, one entry a line: what is superseded stays in the list, and says by what."""
    table = standing(know(open_store(case), as_of), moment(on, "--on") or WallClock().now())
    if overdue:
        late = table.filter("overdue")["matter"].to_list()
        table = table.filter(pl.col("matter").is_in(late))
    rows = table.sort("matter", "entry").rows(named=True)
    show(_matters(rows), as_json, _lines(rows) or ["no matter is overdue" if overdue else "no case work was entered"])


def _matters(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A matter each, with its entries."""
    told: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        told.setdefault(row["matter"], []).append(row)
    return [{"matter": matter, "entries": entries} for matter, entries in told.items()]


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        if row["entry"] == row["matter"]:
            under = f", article {row['article']}" if row["article"] else ""
            lines.append(
                f"matter {row['matter']}: {about_words(row)} ({row['agreement'] or 'under no agreement'}{under})"
            )
        said = answer(row, {}, "UTC")
        gone = f"  [superseded by entry {row['superseded_by']}]" if row["superseded_by"] is not None else ""
        what = f"{row['kind'].replace('_', ' ')} by {who(row, {})}{': ' + said if said else ''}"
        lines.append(f"{row['entry']:6}  {row['at']:%Y-%m-%d}  {what}{gone}")
    return lines
