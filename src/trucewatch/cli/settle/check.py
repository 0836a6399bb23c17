"""trucewatch settle check"""

from __future__ import annotations

import json
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.base import BAD_INPUT, found, json_option
from trucewatch.cli.settle.common import counted, read_text
from trucewatch.settle import positions


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
@click.pass_context
def check(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Check FILEs of positions: every fault at once, each with line and what was expected.

    Exit status 2 where there is a fault. The other commands leave a fault out, name it, and go on with the rest.
    """
    told = [_checked(file) for file in files]
    if as_json:
        click.echo(json.dumps(told if len(files) > 1 else told[0], ensure_ascii=False, indent=1))
    else:
        for one in told:
            for fault in one["faults"]:
                click.echo(f"trucewatch: {fault['text']}", err=True)
            click.echo(
                f"{one['file']}: {counted(one['issues'], 'issue')}, {counted(one['positions'], 'position')}, "
                f"{counted(len(one['faults']))}"
            )
    if any(one["faults"] for one in told):
        ctx.exit(BAD_INPUT)


def _checked(file: str) -> dict[str, Any]:
    path = found("positions", "file of positions", file)
    try:
        made = positions(read_text(path), str(path))
    except InputError as wrong:
        return {"file": str(path), "issues": 0, "positions": 0, "faults": [_fault(wrong)]}
    return {
        "file": str(path),
        "issues": len(made.issues),
        "positions": sum(len(issue.positions) for issue in made.issues),
        "faults": [_fault(fault) for fault in made.faults],
    }


def _fault(wrong: InputError) -> dict[str, Any]:
    line = str(wrong.row or "").removeprefix("line ")
    return {
        "line": int(line) if line.isdigit() else None,
        "field": wrong.field,
        "what": wrong.what,
        "expected": wrong.expected,
        "text": str(wrong),
    }
