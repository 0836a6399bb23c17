"""trucewatch log: what a party, a mediator or a court does with the log. One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.log.checkpoint import checkpoint
from trucewatch.cli.log.consistency import consistency
from trucewatch.cli.log.export import export
from trucewatch.cli.log.fsck import fsck
from trucewatch.cli.log.key import key
from trucewatch.cli.log.prove import prove_command
from trucewatch.cli.log.timestamp import timestamp
from trucewatch.cli.log.verify import verify


@click.group()
def log() -> None:
    """Sign, prove, verify and export the log: evidence that can be checked without trusting its operator."""


for _command in (key, checkpoint, prove_command, verify, consistency, fsck, export, timestamp):
    log.add_command(_command)
