"""trucewatch log prove"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.base import case_option, read_file
from trucewatch.cli.log.common import write_new
from trucewatch.proving import entry_of_file, prove, wanted_entry
from trucewatch.stores import Where, open_store


@click.command("prove")
@click.argument("entry", required=False)
@case_option
@click.option(
    "--file", type=click.Path(path_type=Path), help="Prove the entry that commits to this file, in place of ENTRY."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where the proof goes, a new file (default: printed).")
def prove_command(entry: str | None, case: Where, file: Path | None, out: Path | None) -> None:
    """Write the proof that ENTRY is in the signed log: a file for whoever holds the evidence and the public keys.

    ENTRY is a number, or the first characters of a capture's id or of a body's hash. The proof carries the entry, what
    it commits to and, for captured bytes, their salt: give it to those who may have the bytes.
    """
    if (entry is None) == (file is None):
        raise InputError("what shall be proved?", field="ENTRY", expected="an entry, or --file FILE, and not both")
    store = open_store(case)
    index = entry_of_file(store, read_file(file)) if file else wanted_entry(store, entry or "")
    proof = prove(store, index)
    if out is None:
        click.echo(proof.decode(), nl=False)
    else:
        write_new(out, proof, mode=0o600)
        check = f"trucewatch log verify FILE --proof {out} --trust POLICY"
        click.echo(f"{out}: entry {index} is proved; check it with: {check}")
