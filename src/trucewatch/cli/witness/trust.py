"""trucewatch witness trust"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.cli.log.common import policy_of
from trucewatch.log.note import VKey
from trucewatch.stores.witness import open_witness


@click.command()
@click.argument("folder", metavar="WITNESS", type=click.Path(path_type=Path))
@click.argument("key", metavar="VKEY|POLICY")
def trust(folder: Path, key: str) -> None:
    """Serve a log from now on: its key as one word, or a trust policy's file that names it.

    To trust a key is to say that whoever holds it speaks for that log, and no more: no word about what is in it.
    """
    witness = open_witness(folder)
    for vkey in policy_of(Path(key)).logs if Path(key).is_file() else [VKey.decode(key)]:
        new = witness.trust(vkey)
        click.echo(f"{vkey.name} {vkey.key_id.hex()}: {'served from now on' if new else 'was served already'}")
