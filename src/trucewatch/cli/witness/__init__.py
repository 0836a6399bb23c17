"""trucewatch witness: what a party or a third runs, so that a log can show no two histories. One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.witness.cosign import cosign
from trucewatch.cli.witness.init import init
from trucewatch.cli.witness.serve import serve
from trucewatch.cli.witness.show import show_command
from trucewatch.cli.witness.trust import trust


@click.group()
def witness() -> None:
    """Run a witness: it cosigns a log's head only where that extends what it cosigned before."""


for _command in (init, trust, show_command, cosign, serve):
    witness.add_command(_command)
