"""trucewatch claims list"""

from __future__ import annotations

import click
import polars as pl

from trucewatch.archive import know
from trucewatch.cli.base import as_of_option, case_option, json_option, show
from trucewatch.cli.claims.common import lines, noted
from trucewatch.counted import astray
from trucewatch.drafted import standing
from trucewatch.stores import Where, open_store


@click.command("list")
@case_option
@click.option("--speaker", default=None, metavar="NAME", help="Only statements by this speaker, or on behalf of it.")
@click.option("--drafts", is_flag=True, help="Drafts that nobody has reviewed yet, in place of the register.")
@as_of_option
@json_option
def list_command(case: Where, speaker: str | None, drafts: bool, as_of: int | None, as_json: bool) -> None:
    """Show the register: every statement that counts, in the order in which they were said. Or the drafts."""
    store = open_store(case)
    known = know(store, as_of)
    table = known.table(store, "statements") if not drafts else standing(store, known)
    if speaker is not None:
        table = table.filter(pl.any_horizontal(pl.col("speaker", "on_behalf_of") == speaker))
    if drafts:
        waiting = table.filter(pl.col("review").is_null())
        none = ["no draft waits for a review"]
        show(waiting.to_dicts(), as_json, [f"unreviewed  {line}" for line in lines(waiting)] or none)
        return
    noted(astray(known.table(store, "statements")))
    table = table.sort("said_at", "speaker", "id", nulls_last=True)
    show(table.to_dicts(), as_json, lines(table) or ["no statement is in the register"])
