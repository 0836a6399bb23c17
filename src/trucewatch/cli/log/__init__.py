"""trucewatch log: what a party, a mediator or a court does with the log. One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.log.timestamp import timestamp


@click.group()
def log() -> None:
    """Sign, prove, verify and export the log: evidence that can be checked without trusting its operator."""


for _command in (timestamp,):
    log.add_command(_command)
