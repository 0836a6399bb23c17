"""What the commands of fuse share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from trucewatch.learning import LATEST


def learnt_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--learnt N|latest|none."""
    return click.option(
        "--learnt",
        default=LATEST,
        show_default=True,
        metavar="N|latest|none",
        help="Which version of the learnt table: its entry in the log, the last one, or none.",
    )(command)
