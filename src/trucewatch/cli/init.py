"""trucewatch init"""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from trucewatch.cli.base import json_option, show
from trucewatch.stores.posix import make_case


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--origin", default=None, help="Name of the case's log, one line without spaces (default: a random one).")
@json_option
def init(folder: Path, origin: str | None, as_json: bool) -> None:
    """Make a case in FOLDER: a new or empty folder. Opens the one that is there, if there is one."""
    case = make_case(folder, origin or f"trucewatch.case/{secrets.token_hex(8)}")
    told = {"case": str(folder), "origin": case.log.origin, "entries": case.log.head().size}
    show(told, as_json, [f"case in {folder}, log {told['origin']}, {told['entries']} entries"])
