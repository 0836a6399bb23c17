"""trucewatch settle conflicts"""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from trucewatch.cli.base import json_option, show
from trucewatch.cli.settle.common import counted, head, position_options, rows
from trucewatch.settle import Positions, line_says, stuck


@click.command()
@position_options
@json_option
def conflicts(made: Positions, firmness: str, on: date | None, as_json: bool) -> None:
    """Why it is stuck: every smallest set of red lines in FILE that cannot hold together, with the quotes, and the
    smallest sets whose softening opens an agreement.

    FILE is a path or the name of a shipped file. Ordered by how firmly each was said; no side counts.
    """
    found = stuck(made, firmness, on)
    table = rows(found.table)
    result = {
        **head(made, on, firmness),
        "lines": [{"id": line.position.id, "says": line_says(made, line)} for line in found.lines],
        "conflicts": [row for row in table if row["kind"] == "conflict"],
        "ways_out": [row for row in table if row["kind"] == "way_out"],
        "whole": all(knot.whole for knot in found.knots),
    }
    show(result, as_json, _lines(result))


def _lines(result: dict[str, Any]) -> list[str]:
    if not result["lines"]:
        return [f"{result['title']}: nothing in it is {result['held'].removeprefix('positions of ')}; nothing collides"]
    told = [f"{result['title']}: {counted(len(result['lines']), 'line')} ({result['held']})"]
    if not result["conflicts"]:
        told.append("All of them can hold together.")
    for kind, title in (("conflicts", "Cannot hold together"), ("ways_out", "Opens that knot, once softened")):
        for row in result[kind]:
            told += [f"{title} (rank {row['rank']}, knot {row['knot']}):"]
            told += [f"  - {line['says']}" for line in result["lines"] if line["id"] in row["lines"]]
    if not result["whole"]:
        told.append("There are more than are listed.")
    return told
