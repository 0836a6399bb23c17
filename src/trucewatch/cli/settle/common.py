"""What the commands of `settle` share: the file, how firm and as of when, and faults told beside the result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.archive import know
from trucewatch.base.errors import InputError
from trucewatch.cli.base import PLACE, as_of_option, found, read_file
from trucewatch.positioned import edition
from trucewatch.settle import FIRMNESS, Positions, positions
from trucewatch.stores import Where, open_store


def read_text(path: Path) -> str:
    """A file's text. InputError where it is none."""
    try:
        return read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InputError(f"is not UTF-8 text: byte {wrong.start} is no letter", file=str(path)) from None


def loaded(name: str, case: Where | None = None, as_of: int | None = None) -> Positions:
    """A path or the name of a shipped file, or with a case the id of positions there -> positions, the faults told on
    standard error. InputError where nothing is left that could be used."""
    if case is not None:
        made = edition(know(open_store(case), as_of), name).made
        tell_faults(made, f"positions {made.id}")
        return made
    if as_of is not None:
        raise InputError("a file has no log", field="--as-of", expected="--case CASE, too")
    path = found("positions", "file of positions", name)
    made = positions(read_text(path), str(path))
    if not made.issues or len(made.parties) < 2:
        raise first_of(made, path)
    tell_faults(made, str(path))
    return made


def tell_faults(made: Positions, where: str) -> None:
    """Every fault of a file that is used all the same, a line each."""
    for fault in made.faults:
        click.echo(f"trucewatch: {fault}", err=True)
    if made.faults:
        click.echo(f"trucewatch: {where}: {counted(len(made.faults))} left out; the rest is used", err=True)


def first_of(made: Positions, path: Path) -> InputError:
    """Every fault of a file of which nothing is left, as one."""
    told = "\n".join(str(fault) for fault in made.faults)
    wrong = InputError("has no issue with two parties that could be used", file=str(path))
    wrong.args = ("\n".join(filter(None, [told, str(wrong)])),)
    return wrong


def counted(n: int, noun: str = "fault") -> str:
    """1 fault, 2 faults."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def on_day(_: click.Context, option: click.Parameter, value: str | None) -> date | None:
    """What --on says -> the day."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{value!r} is not a day", field=option.opts[0], expected="a day, as 2025-06-02") from None


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """FILE, --case and --as-of -> the positions, as the command's first argument."""

    @functools.wraps(command)
    def asked(file: str, case: Where | None, as_of: int | None, **words: Any) -> Any:
        return command(loaded(file, case, as_of), **words)

    place = click.option(
        "--case", type=PLACE, default=None, help="Take FILE, an id, from what was entered into this case."
    )
    return click.argument("file", metavar="FILE")(place(as_of_option(asked)))


def asked_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--firmness and --on."""
    for add in (
        click.option(
            "--on", default=None, metavar="DAY", callback=on_day, help="As of that day: what had been said by then."
        ),
        click.option(
            "--firmness", type=click.Choice(FIRMNESS), default="red_line", show_default=True,
            help="Hold positions that are at least so firm for lines that nobody crosses.",
        ),
    ):  # fmt: skip
        command = add(command)
    return command


def position_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """FILE, --case, --as-of, --firmness and --on."""
    return file_options(asked_options(command))


def rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON has it."""
    return table.to_dicts()


def head(made: Positions, on: date | None, firmness: str) -> dict[str, Any]:
    """What every result says first."""
    return {
        "positions": made.id,
        "title": made.title,
        "as_of": on,
        "held": f"positions of firmness {firmness} and above",
        "parties": [{"id": party.id, "name": party.name} for party in made.parties],
        "faults": [str(fault) for fault in made.faults],
    }


def quoted(values: Sequence[str]) -> str:
    """A list in words."""
    return ", ".join(values) or "none"
