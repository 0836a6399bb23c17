"""trucewatch settle show"""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from trucewatch.cli.base import json_option, show
from trucewatch.cli.settle.common import file_options, head, on_day, quoted, rows
from trucewatch.settle import crossed, moves
from trucewatch.settle.lines import standing
from trucewatch.settle.model import Positions


@click.command("show")
@file_options
@click.option("--on", default=None, metavar="DAY", callback=on_day, help="As of that day: what had been said by then.")
@json_option
def show_command(made: Positions, on: date | None, as_json: bool) -> None:
    """Who takes what on each issue of FILE, in whose words, how that moved, and whose lines each draft crosses."""
    said = standing(made, on)
    result = {
        **head(made, on, "open"),
        "issues": [_issue(made, issue.id, said) for issue in made.issues],
        "moves": rows(moves(made)),
        "drafts": rows(crossed(made, on)),
    }
    show(result, as_json, _lines(result))


def _issue(made: Positions, id: str, said: list[Any]) -> dict[str, Any]:
    issue = made.issue(id)
    return {
        "id": issue.id,
        "asks": issue.asks,
        "options": [{"id": option.id, "says": option.says} for option in issue.options],
        "positions": [
            {
                "party": one.party, "name": made.name(one.party), "on": one.on, "draft": one.draft,
                "accepts": [option.id for option in issue.options if option.id in one.accepts],
                "firmness": one.firmness, "quote": one.quote, "says": one.says, "source": one.source,
                "grade": one.grade, "if": {name: sorted(options) for name, options in one.where.items()},
            }
            for one in said if one.issue == id
        ],
    }  # fmt: skip


def _lines(result: dict[str, Any]) -> list[str]:
    told = [result["title"]]
    for issue in result["issues"]:
        told.append(f"{issue['id']}: {issue['asks']} ({quoted([option['id'] for option in issue['options']])})")
        for one in issue["positions"]:
            where = "".join(f" where {name} is {quoted(options)}" for name, options in one["if"].items())
            told.append(
                f"  {one['name']}, {one['on']}, {one['firmness']}: {quoted(one['accepts'])}{where} "
                f'("{one["quote"]}"; {one["source"]})'
            )
    for move in result["moves"]:
        told.append(f"{move['issue']}: {move['party']} {move['how']}, {move['from_day']} to {move['to_day']}")
    told += [row["says"] for row in result["drafts"]]
    return told
