"""trucewatch agreement: what an agreement's file says. One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.agreement.check import check
from trucewatch.cli.agreement.diff import diff_command
from trucewatch.cli.agreement.import_pax import import_group
from trucewatch.cli.agreement.list import list_command
from trucewatch.cli.agreement.schema import schema_command
from trucewatch.cli.agreement.show import show_command
from trucewatch.cli.agreement.tally import tally_command
from trucewatch.cli.agreement.when import when
from trucewatch.cli.agreement.where import where


@click.group()
def agreement() -> None:
    """Read, check, compare and draw agreements: when and where each article holds, by whose reading."""


_COMMANDS: tuple[click.Command, ...] = (
    list_command, show_command, check, diff_command, schema_command, tally_command, when, where,
    import_group,
)  # fmt: skip
for _command in _COMMANDS:
    agreement.add_command(_command)
