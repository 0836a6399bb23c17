"""trucewatch ring: is a force cut off, and by whose map? One file a command; the bare form is `at`."""

from __future__ import annotations

from typing import Any

import click

from trucewatch.cli.ring.at import at_command
from trucewatch.cli.ring.check import check_command
from trucewatch.cli.ring.page import page_command
from trucewatch.cli.ring.scan import scan_command
from trucewatch.cli.ring.watch import watch_command


class Bare(click.Group):
    """A group whose first word may be left out: then it is `at`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `at` before arguments that name no command."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["at", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Bare)
def ring() -> None:
    """Is a force cut off, by whose map, and what follows? Without a command's name: `trucewatch ring at`."""


_COMMANDS: tuple[Any, ...] = (at_command, scan_command, watch_command, check_command, page_command)
for _command in _COMMANDS:
    ring.add_command(_command)
