"""trucewatch witness show"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import CaseBroken
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import json_option, show
from trucewatch.cli.witness.init import policy_lines
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import time_of
from trucewatch.log.note import Note
from trucewatch.stores.witness import PosixWitness, open_witness


@click.command("show")
@click.argument("folder", metavar="WITNESS", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def show_command(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Show the witness's keys, the logs that it serves, and what it cosigned last of each.

    Exits 1 where what it cosigned of a log is not known any more, or where a log has shown two histories.
    """
    witness = open_witness(folder)
    logs = [_log(witness, origin) for origin in witness.logs()]
    told = {"name": witness.name, "vkeys": [key.encode() for key in witness.vkeys], "logs": logs}
    show(told, as_json, [*policy_lines(witness), *(_line(log) for log in logs)])
    if any(log["fault"] or log["split"] for log in logs):
        ctx.exit(1)


def _log(witness: PosixWitness, origin: str) -> dict[str, Any]:
    told: dict[str, Any] = {"log": origin, "keys": [key.encode() for key in witness.logs()[origin]]}
    told.update(size=None, root=None, cosigned_at=None, fault=None)
    split = witness.split(origin)
    told["split"] = None if split is None else split.decode()
    try:
        raw = witness.held(origin)
    except CaseBroken as wrong:
        return {**told, "fault": str(wrong)}
    if raw is not None:
        note = Note.decode(raw)
        head = Head.decode(note.text)
        ours = [line for line in note.signatures if any(key.named_by(line) for key in witness.vkeys)]
        told.update(size=head.size, root=head.root.hex(), cosigned_at=max(time_of(line) for line in ours).isoformat())
    return told


def _line(log: dict[str, Any]) -> str:
    if log["fault"]:
        says = f"REFUSED: {log['fault']}"
    elif log["size"] is None:
        says = "nothing cosigned yet"
    else:
        says = f"{log['size']} entries, root {log['root'][:SHORT]}, cosigned {log['cosigned_at'][:19]} UTC"
    two = "; THE LOG HAS SHOWN TWO HISTORIES, the proof is in --json and in the folder split" if log["split"] else ""
    return f"log {log['log']}: {says}{two}"
