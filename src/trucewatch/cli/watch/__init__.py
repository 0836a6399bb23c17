"""trucewatch watch: has anything changed, and is anyone massing? One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.later import Later

NAMES = ("alarms", "scan", "trend", "pause", "change")


@click.group(commands=Later({name: f"trucewatch.cli.watch.{name}:{name}_command" for name in NAMES}))
def watch() -> None:
    """Has anything changed, where, and is anyone massing? Each answer with how often it would be chance."""
