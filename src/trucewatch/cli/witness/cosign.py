"""trucewatch witness cosign"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trucewatch.base.errors import InputError, Unreadable
from trucewatch.cli.base import DOES_NOT_HOLD, WallClock, read_file
from trucewatch.cli.log.common import write_new
from trucewatch.log.witness import Asked
from trucewatch.stores.witness import open_witness


@click.command()
@click.argument("folder", metavar="WITNESS", type=click.Path(path_type=Path))
@click.argument("request", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--out", type=click.Path(path_type=Path), help="Where the cosignature goes, a new file.")
@click.pass_context
def cosign(ctx: click.Context, folder: Path, request: Path, out: Path | None) -> None:
    """Answer a log's request that was carried here by hand, offline: REQUEST is a file, or - for standard input.

    Prints the cosignature, which is carried back. Exits 1 with the reason where the witness refuses.
    """
    if out is not None and out.exists():
        raise InputError("is there already; nothing was written over it", file=str(out))
    witness = open_witness(folder)
    raw = sys.stdin.buffer.read() if str(request) == "-" else read_file(request)
    try:
        Asked.decode(raw)
    except Unreadable as wrong:
        raise Unreadable(f"{request}: {wrong}") from None
    answer = witness.answer(raw, WallClock())
    said = answer.body.decode().strip()
    if answer.status == 200:
        click.echo(answer.body.decode(), nl=False) if out is None else write_new(out, answer.body)
        return
    if answer.status == 409:
        said = f"it has cosigned {said} entries of that log; make the request with: log checkpoint --request-for {said}"
    click.echo(f"trucewatch: refused: {said}", err=True)
    if answer.split is not None:
        click.echo("trucewatch: the log has signed two histories; the proof: trucewatch witness show --json", err=True)
    ctx.exit(DOES_NOT_HOLD)
