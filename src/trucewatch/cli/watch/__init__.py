"""trucewatch watch: has anything changed, and is anyone massing? One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.watch.alarms import alarms_command
from trucewatch.cli.watch.change import change_command
from trucewatch.cli.watch.pause import pause_command
from trucewatch.cli.watch.scan import scan_command
from trucewatch.cli.watch.trend import trend_command


@click.group()
def watch() -> None:
    """Has anything changed, where, and is anyone massing? Each answer with how often it would be chance."""


_COMMANDS: tuple[click.Command, ...] = (
    alarms_command,
    scan_command,
    trend_command,
    pause_command,
    change_command,
)
for _command in _COMMANDS:
    watch.add_command(_command)
