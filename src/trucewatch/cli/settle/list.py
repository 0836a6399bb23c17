"""trucewatch settle list"""

from __future__ import annotations

import click

from trucewatch.cli.base import json_option, shipped, show
from trucewatch.cli.settle.common import read_text
from trucewatch.settle import positions


@click.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """The files of positions that come with Trucewatch."""
    told = []
    for name, path in shipped("positions").items():
        made = positions(read_text(path), str(path))
        n = sum(len(issue.positions) for issue in made.issues)
        told.append({"name": name, "title": made.title, "issues": len(made.issues), "positions": n})
    show(
        told,
        as_json,
        [f"{one['name']}: {one['title']} ({one['issues']} issues, {one['positions']} positions)" for one in told],
    )
