"""trucewatch log key"""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from trucewatch.base.errors import InputError, Unreadable
from trucewatch.cli.base import case_option
from trucewatch.cli.log.common import write_new
from trucewatch.log.note import SEED_BYTES, Signer, VKey
from trucewatch.stores import Where, lies_in, open_store


@click.command()
@case_option
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Where the private key goes; a new file.")
def key(case: Where, out: Path) -> None:
    """Make a key for the case's log. The private key goes to a file of its own; the public one is printed.

    Keep the file away from the case, which others are given. Give the printed line to whoever shall be able to verify.
    """
    store = open_store(case)
    if lies_in(out, case):
        raise InputError("lies in the case", file=str(out), expected="a place that is not handed on with the case")
    signer = Signer(store.log.origin, secrets.token_bytes(SEED_BYTES))
    try:
        VKey.decode(signer.vkey.encode())
    except Unreadable as wrong:
        raise InputError(f"a log of that name cannot be signed: {wrong}", expected="a case with another name") from None
    write_new(out, (signer.encode() + "\n").encode(), mode=0o600)
    click.echo(signer.vkey.encode())
