"""trucewatch settle run"""

from __future__ import annotations

from datetime import date
from typing import Any

import click
import polars as pl

from trucewatch import pipeline, settling
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.cli.settle.common import asked_options, counted, quoted, rows
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("positions", metavar="[ID]", required=False)
@case_option
@as_of_option
@asked_options
@json_option
def run(positions: str | None, case: Where, as_of: int | None, firmness: str, on: date | None, as_json: bool) -> None:
    """Ask what collides in the positions ID that were entered into the case (the only ones, where none are named), and
    enter the answer as a run, which `replay` makes again and the case's reports tell."""
    use = tools()
    made = settling.settle(open_store(case), use, positions, firmness, on, as_of)
    use.tell.done()  # type: ignore[attr-defined]
    result = {
        "new": made.new,
        "entries_seen": made.body["tree_size"],
        "given": {name: value for name, value in made.body["given"].items() if name != "salt"},
        **{name: rows(table) for name, table in made.tables.items()},
    }
    show(result, as_json, _lines(made))


def _lines(made: pipeline.Run) -> list[str]:
    given, held = made.body["given"], made.tables["held"]
    says = dict(held.select("id", "says").rows())
    of_day = f", as of {given['on']}" if given["on"] else ""
    told = [f"{counted(held.height, 'position')} held, of firmness {given['firmness']} and above{of_day}"]
    for row in made.tables["conflicts"].rows(named=True):
        title = "Cannot hold together" if row["kind"] == "conflict" else "Opens that knot, once softened"
        told += [
            f"{title} (rank {row['rank']}, knot {row['knot']}; {row['id'][:SHORT]}):",
            *(f"  - {says[id]}" for id in row["lines"]),
        ]
    left = _left(made.tables["allowed"])
    return [*told, *(f"Allowed on {issue}: {quoted(options)}" for issue, options in left.items()), _END]


_END = "Ordered by firmness and size. None of this is a recommendation."


def _left(allowed: pl.DataFrame) -> dict[str, Any]:
    of_issue = allowed.group_by("issue", maintain_order=True).agg(pl.col("option").filter(pl.col("allowed")))
    return dict(of_issue.rows())
