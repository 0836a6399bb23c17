"""trucewatch claims accept"""

from __future__ import annotations

import click

from trucewatch import drafted
from trucewatch.base.errors import InputError
from trucewatch.cli.base import by_option, case_option, json_option, tools
from trucewatch.cli.pull import show_pulled
from trucewatch.sources import source
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("drafts", nargs=-1, required=True)
@case_option
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="What it should say instead of the draft.")
@by_option
@json_option
def accept(drafts: tuple[str, ...], case: Where, changes: tuple[str, ...], by: str | None, as_json: bool) -> None:
    """Take DRAFTS into the register: from now on they are statements, and count. Who and when is an entry.

    A draft is named by its id, as 0123456789ab#7; the first part alone names all drafts of that text.
    """
    told: dict[str, str] = {}
    for text in changes:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"{text!r} changes nothing", field="--set", expected="FIELD=VALUE, as place=Aldry")
        told[name.strip().replace("-", "_")] = value.strip()
    use = tools(by)
    done = drafted.accept(open_store(case), source("statements"), PoliteTransport(), use, drafts, told)
    use.tell.done()  # type: ignore[attr-defined]
    show_pulled(done, as_json)
