"""trucewatch settle: what parties said they would take. One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.settle.check import check
from trucewatch.cli.settle.conflicts import conflicts
from trucewatch.cli.settle.enter import enter
from trucewatch.cli.settle.keep import keep
from trucewatch.cli.settle.list import list_command
from trucewatch.cli.settle.packages import packages
from trucewatch.cli.settle.run import run
from trucewatch.cli.settle.section import section
from trucewatch.cli.settle.show import show_command


@click.group()
def settle() -> None:
    """Red lines and packages: which demands collide and why, what every red line allows, what both could keep.

    It orders by stated criteria, and recommends nothing.
    """


for _command in (list_command, show_command, check, conflicts, packages, keep, section, enter, run):
    settle.add_command(_command)
