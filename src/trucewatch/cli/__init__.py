"""Floor 5, a door: arguments in, pages and lines out, nothing else. One file a command."""

from __future__ import annotations

import click

from trucewatch import __version__
from trucewatch.cli.base import Commands
from trucewatch.cli.later import Later

NAMES = (
    "init", "sources", "form", "pull", "agree", "agreement", "attach", "locate", "fuse", "assess", "owed", "attribute",
    "cover", "report", "run", "why", "casework", "claims", "custody", "replay", "ring", "watch", "withhold", "log",
    "witness", "doctor", "demo", "completion", "settle",
)  # fmt: skip
"""Each command is the thing of that name in the module of that name, read when it is asked for."""


@click.group(
    cls=Commands,
    commands=Later({name: f"trucewatch.cli.{name}:{name}" for name in NAMES}),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="trucewatch")
def main() -> None:
    """Trucewatch: control and verification for truces, for every side.

    A case is a folder. Start with: trucewatch demo, or: trucewatch init DIR, trucewatch pull SOURCE --case DIR
    --file FILE, trucewatch run --case DIR --agreement FILE.
    """
