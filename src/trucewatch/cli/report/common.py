"""What the commands that make reports share: the level, the period, where the files lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import UnknownName
from trucewatch.cli.base import moment, show
from trucewatch.ports import Store
from trucewatch.report import ReportParams, ReportRequest
from trucewatch.reporting import report_folder
from trucewatch.stores.files import write_all


def _level(_: click.Context, option: click.Parameter, value: str) -> str:
    if value not in ReportParams().levels:
        raise UnknownName("release level", value, ReportParams().levels, field="--level")
    return value


level_option = click.option(
    "--level",
    default="public",
    show_default=True,
    callback=_level,
    metavar="|".join(ReportParams().levels),
    shell_complete=lambda ctx, option, begun: [name for name in ReportParams().levels if name.startswith(begun)],
    help="Release level: how much of the case leaves it.",
)
"""Checked before anything is done: an unknown level names the nearest."""


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a report, shared with `run`."""
    for option in (
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            help="Also write the files into this folder, as from a case that is no folder itself.",
        ),
        click.option("--for", "recipient", default=None, metavar="WHOM", help="For whom it is made; kept in the log."),
        click.option("--until", default=None, metavar="TIME", help="End of the period, not included."),
        click.option(
            "--since",
            default=None,
            metavar="TIME",
            help="Start of the period, as '2015-02-15 00:00 Europe/Kyiv' (default: the agreement's).",
        ),
        level_option,
    ):
        command = option(command)
    return command


def request_of(level: str, since: str | None, until: str | None, recipient: str | None) -> ReportRequest:
    """The options -> what is asked of the room."""
    return ReportRequest(level, moment(since, "--since"), moment(until, "--until"), recipient)


def print_files(store: Store, level: str, files: dict[str, bytes], out: Path | None, as_json: bool) -> None:
    """Where the files lie, and how big they are; with `out`, write them there too."""
    if out is not None:
        write_all({out / name: raw for name, raw in files.items()})
    at = str(out) if out is not None else f"{store.where}/{report_folder(level)}"
    told = {name: {"path": f"{at}/{name}", "bytes": len(raw)} for name, raw in files.items()}
    show(told, as_json, [f"{entry['path']}  ({entry['bytes']:,} bytes)" for entry in told.values()])
