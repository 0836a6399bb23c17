"""trucewatch locate ..., one file a command"""

from __future__ import annotations

import click

from trucewatch.cli.locate.arrivals import arrivals
from trucewatch.cli.locate.case import case
from trucewatch.cli.locate.sectors import sectors


class _Located(click.Group):
    """`locate FILE.json` is `locate arrivals FILE.json`, and `locate --case DIR` is `locate case --case DIR`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Where the first word is none of the commands, it is a file of arrivals, or a case."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["case" if args[0].split("=")[0] == "--case" else "arrivals", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Located)
def locate() -> None:
    """Where did it happen? From arrival times, or bearings and ranges, to a region with its honest error.

    trucewatch locate FILE.json is short for locate arrivals FILE.json, and locate --case DIR for locate case.
    """


locate.add_command(arrivals)
locate.add_command(sectors)
locate.add_command(case)
