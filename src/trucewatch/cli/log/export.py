"""trucewatch log export"""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from trucewatch.base.errors import InputError
from trucewatch.bundle import LEVELS, files, items
from trucewatch.cli.base import by_option, case_option, read_file, shipped_files, tools
from trucewatch.cli.log.common import policy_of
from trucewatch.custody import record
from trucewatch.proving import wanted_entry
from trucewatch.stores.posix import open_case


@click.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@case_option
@click.option("--entry", "entries", multiple=True, help="An entry or capture to give out. May be given again.")
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="public",
    show_default=True,
    help="Who may have it; captured bytes are restricted.",
)
@click.option("--for", "recipient", default=None, metavar="WHOM", help="Whom it is for; becomes an entry.")
@click.option("--why", default=None, help="What for; becomes an entry.")
@click.option("--trust", type=click.Path(path_type=Path), help="A trust policy that goes with it, as a proposal.")
@by_option
def export(
    folder: Path,
    case: Path,
    entries: tuple[str, ...],
    level: str,
    recipient: str | None,
    why: str | None,
    trust: Path | None,
    by: str | None,
) -> None:
    """Write a bundle that can be checked without us: files, proofs, signed head, tiles, and how to check them.

    Without --entry: the reports of that level and below and the agreements; at restricted, every capture too.
    Captures that go out become an entry of custody first: who gave them to whom, and why.
    """
    if folder.exists():
        raise InputError("is there already", file=str(folder), expected="a folder that is not there yet")
    policy = read_file(trust) if trust else None
    if trust is not None:
        policy_of(trust)
    store, hands = open_case(case), tools(by)
    given = items(store, [wanted_entry(store, word) for word in entries], store.published, level)
    captures = sorted({item.capture for item in given if item.capture and item.raw is not None})
    if captures and not by:
        raise InputError("captured bytes would go out, and nobody is named", field="--by", expected="who gives them")
    made = files(store, given, level, policy, shipped_files("offline"))
    part = folder.with_name(folder.name + ".part")
    try:
        for name, raw in made:
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        record(store, hands, "exported", captures, to=recipient, why=why)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    click.echo(f"{folder}: {len(given)} items at level {level}; {folder / 'CHECK.txt'} says how to check them")
