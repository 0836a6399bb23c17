"""trucewatch agreement: what an agreement's file says. One file a command."""

from __future__ import annotations

import click


@click.group()
def agreement() -> None:
    """Read, check, compare and draw agreements: when and where each article holds, by whose reading."""


_COMMANDS: tuple[click.Command, ...] = ()
for _command in _COMMANDS:
    agreement.add_command(_command)
