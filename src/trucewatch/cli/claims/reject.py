"""trucewatch claims reject"""

from __future__ import annotations

import click

from trucewatch import drafted
from trucewatch.cli.base import by_option, case_option, json_option, show, tools, words
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("drafts", nargs=-1, required=True)
@case_option
@click.option("--why", default=None, metavar="WORDS", callback=words, help="Why it is no statement.")
@by_option
@json_option
def reject(drafts: tuple[str, ...], case: Where, why: str | None, by: str | None, as_json: bool) -> None:
    """Say of DRAFTS that they are no statements. They stay where they are, and do not count."""
    n = drafted.reject(open_store(case), tools(by), drafts, why)
    show({"rejected": n}, as_json, [f"{n} drafts rejected"])
