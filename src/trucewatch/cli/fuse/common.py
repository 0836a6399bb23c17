"""What the commands of fuse share."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
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


class _Above(click.FloatRange):
    """A number above nothing, and no infinity: a window has to end."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        made = super().convert(value, param, ctx)
        if not math.isfinite(made):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return made


def rule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--rule, --within-km, --within-days, --agree: how a bare file is linked."""
    above = _Above(0, min_open=True)
    for option in (
        click.option(
            "--agree",
            type=click.Path(path_type=Path),
            default=None,
            metavar="FILE",
            help="With --rule window: which words agree: column, source, word, level (1 is the finest), means.",
        ),
        click.option(
            "--within-days", type=above, default=None, help="With --rule window: how far apart in time. [default: 2]"
        ),
        click.option(
            "--within-km", type=above, default=None, help="With --rule window: how far apart in place. [default: 4]"
        ),
        click.option(
            "--rule",
            type=click.Choice(["chances", "window"]),
            default=None,
            help="Link a bare file by chances, or by MELTT's rule: a window, one of a source. [default: chances]",
        ),
    ):
        command = option(command)
    return command
