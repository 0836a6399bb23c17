"""trucewatch log export"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from trucewatch.base.errors import InputError
from trucewatch.bundle import LEVELS, files, hand_out, items, left_out
from trucewatch.cli.base import by_option, case_option, read_file, shipped_files, tools, words
from trucewatch.cli.log.common import policy_of
from trucewatch.proving import wanted_entry
from trucewatch.stores import Where, lies_in, open_store
from trucewatch.stores.files import PART, sync_folder, umask, write_all


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
@click.option(
    "--for", "recipient", default=None, metavar="WHOM", callback=words, help="Whom it is for; becomes an entry."
)
@click.option("--why", default=None, callback=words, help="What for; becomes an entry.")
@click.option("--trust", type=click.Path(path_type=Path), help="A trust policy that goes with it, as a proposal.")
@by_option
def export(
    folder: Path,
    case: Where,
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
    if lies_in(folder, case):
        raise InputError("lies in the case", file=str(folder), expected="a folder outside of it")
    policy = read_file(trust) if trust else None
    if trust is not None:
        policy_of(trust)
    store, hands = open_store(case), tools(by)
    given = items(store, [wanted_entry(store, word) for word in entries], store.published, level)
    if not by and any(item.capture and item.raw is not None for item in given):
        raise InputError("captured bytes would go out, and nobody is named", field="--by", expected="who gives them")
    made = dict(files(store, given, level, policy, shipped_files("offline")))
    # What goes out is entered first: a crash behind this may leave an entry of what never went, not the reverse.
    hand_out(store, hands, given, recipient, why)
    _write(folder, made, public=level == "public")
    click.echo(f"{folder}: {len(given)} items at level {level}; {folder / 'CHECK.txt'} says how to check them")
    stay = left_out(store, level) if not entries else []
    if stay:
        click.echo(f"{len(stay)} report{'s' * (len(stay) > 1)} left out: {'; '.join(stay)}")


def _write(folder: Path, made: Mapping[str, bytes], public: bool) -> None:
    """Make the folder, whole or not at all. Only what is public is for others to read."""
    others = ~umask() if public else 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PART, dir=folder.parent) as part:
        whole = Path(part) / "bundle"
        write_all({whole / name: raw for name, raw in made.items()}, mode=0o666 & others or 0o600)
        for at, _, _ in os.walk(whole):
            Path(at).chmod(0o777 & others or 0o700)
        whole.rename(folder)
        sync_folder(folder.parent)
