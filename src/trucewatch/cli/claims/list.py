"""trucewatch claims list"""

from __future__ import annotations

import click
import polars as pl

from trucewatch.archive import know
from trucewatch.cli.base import as_of_option, case_option, json_option, show
from trucewatch.cli.claims.common import lines
from trucewatch.stores import Where, open_store


@click.command("list")
@case_option
@click.option("--speaker", default=None, metavar="NAME", help="Only statements by this speaker, or on behalf of it.")
@as_of_option
@json_option
def list_command(case: Where, speaker: str | None, as_of: int | None, as_json: bool) -> None:
    """Show the register: every statement that counts, in the order in which they were said."""
    store = open_store(case)
    table = know(store, as_of).table(store, "statements")
    if speaker is not None:
        table = table.filter(pl.any_horizontal(pl.col("speaker", "on_behalf_of") == speaker))
    table = table.sort("said_at", "speaker", "id", nulls_last=True)
    show(table.to_dicts(), as_json, lines(table) or ["no statement is in the register"])
