"""trucewatch init"""

from __future__ import annotations

import secrets

import click

from trucewatch.cli.base import PLACE, json_option, show
from trucewatch.stores import Where, make_store


@click.command()
@click.argument("folder", type=PLACE)
@click.option("--origin", default=None, help="Name of the case's log, one line without spaces (default: a random one).")
@json_option
def init(folder: Where, origin: str | None, as_json: bool) -> None:
    """Make a case in FOLDER: a new or empty folder. Opens the one that is there, if there is one.

    FOLDER may also be a place in a database: postgresql://user@host:port/database#case.
    """
    case = make_store(folder, origin or f"trucewatch.case/{secrets.token_hex(8)}")
    told = {"case": case.where, "origin": case.log.origin, "entries": case.log.head().size}
    show(told, as_json, [f"case in {case.where}, log {told['origin']}, {told['entries']} entries"])
