"""What the commands about coverage share: their options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, case_option, json_option, moment
from trucewatch.cover import CoverParams
from trucewatch.covering import Asked


def ask_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The case, the span of time, the kind and size of incident, the side of the cells."""
    return case_option(what_options(as_of_option(json_option(command))))


def what_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The span of time, the kind and size of incident, the side of the cells."""
    for option in (
        click.option("--cell-km", type=float, default=CoverParams.cell_m / 1000, show_default=True,
                     help="Side of the cells of ground, in kilometres."),
        click.option("--size", type=int, default=1, show_default=True,
                     help="How many sounds or sights the incident made; one is enough to notice it."),
        click.option("--kind", default="shelling", show_default=True, help="Kind of incident meant."),
        click.option("--until", default=None, metavar="TIME", help="End, not included (default: the last look's day)."),
        click.option("--since", default=None, metavar="TIME", help="Start, with zone (default: the first look's day)."),
    ):  # fmt: skip
        command = option(command)
    return command


def asked_of(words: Mapping[str, Any]) -> Asked:
    """The options -> what is asked. InputError names the option."""
    since, until = (moment(words[name], f"--{name}") for name in ("since", "until"))
    return Asked(since, until, words["kind"], words["size"], words["as_of"])


def params_of(words: Mapping[str, Any]) -> CoverParams:
    """The options -> the numbers of the room."""
    side = float(words["cell_km"])
    if not 0.1 <= side <= 500:
        raise InputError(f"is {side:g} km", field="--cell-km", expected="between 0.1 and 500")
    return CoverParams(cell_m=side * 1000)


def level_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """For whom: the level has to be named, so that nobody tells gaps by accident."""
    return click.option(
        "--level", default="public", show_default=True, help="Release level; only `restricted` is answered."
    )(command)
