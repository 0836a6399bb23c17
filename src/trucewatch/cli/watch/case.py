"""What `watch scan`, `alarms` and `trend` share where they are asked of a case: options, the run, its notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, tools
from trucewatch.stores import open_store, place
from trucewatch.watch import CaseAsk, CaseParams

_MINE = ("case", "by", "kinds", "source", "cell_km", "as_of")


def case_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The case in place of a file: what is counted in it, by what ground."""
    for option in (
        as_of_option,
        click.option("--cell-km", type=float, default=CaseParams.cell_km, show_default=True,
                     help="Side of the cells, in kilometres."),
        click.option("--source", default=None, metavar="NAME",
                     help="Count what this source observed, in place of incidents."),
        click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Kinds counted (default: all armed)."),
        click.option("--by", default="cell", show_default=True, metavar="cell|MAP",
                     help="Cells, or the named areas of a map that the case holds, as sectors."),
        click.option("--case", "case", default=None, metavar="PLACE", help="Watch a case, in place of a FILE."),
    ):  # fmt: skip
        command = option(command)
    return command


def one_of(file: Path | None, words: Mapping[str, Any]) -> bool:
    """Is a case meant? InputError where both or neither are."""
    if (file is None) == (words["case"] is None):
        raise InputError("needs one of FILE and --case", expected="a file, or a case")
    return file is None


def rest_of(words: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are the watch's own."""
    return {name: value for name, value in words.items() if name not in _MINE}


def in_case(what: str, words: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[dict[str, pl.DataFrame], Any]:
    """The run's tables, and what is printed beside them: its outputs and notes."""
    from trucewatch.watching import watched  # the pipeline: who watches a file does not wait for it

    own = tuple(sorted((name, str(value)) for name, value in options.items()))
    kinds = tuple(sorted(set(words["kinds"])))
    ask = CaseAsk(what, words["by"], kinds, words["source"], float(words["cell_km"]), own)
    use = tools()
    made = watched(open_store(place(str(words["case"]))), use, ask, words["as_of"])
    use.tell.done()  # type: ignore[attr-defined]
    beside = {"outputs": made.run.body["outputs"], "new": made.run.new, "notes": list(made.notes)}
    return made.run.tables, beside


def day_said(text: str, option: str) -> str:
    """A day as it was written, or InputError naming the option."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"is {text!r}", field=option, expected="a day as 2022-02-23") from None
