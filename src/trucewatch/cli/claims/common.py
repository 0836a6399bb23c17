"""What the commands of the statement register share: gazetteers, and statements in lines for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch import pipeline
from trucewatch.base.errors import InputError
from trucewatch.cli.base import read_file, tools
from trucewatch.cli.pull import show_pulled
from trucewatch.ports import Request
from trucewatch.sources import source
from trucewatch.sources.http import PoliteTransport
from trucewatch.sources.table.rows import decoded
from trucewatch.stores import Where, open_store

Command = Callable[..., Any]
SHOWN = 12
"""Characters of an id that a list shows, with the row after it."""
_NOTED = 8
_GAZETTEER = "columns name, lon, lat, and maybe radius_m and also (other names, with ; between)"


def gazetteer_option(command: Command) -> Command:
    """Commands that look places up take --gazetteer FILE."""
    told = "Places that you vouch for: CSV with name, lon, lat, and maybe radius_m and also. May be given again."
    return click.option("--gazetteer", "gazetteers", multiple=True, type=click.Path(path_type=Path), help=told)(command)


def zone_option(command: Command) -> Command:
    """Commands that read times take --zone NAME."""
    return click.option("--zone", default=None, metavar="NAME", help="Zone of times that name none.")(command)


def places(paths: tuple[Path, ...]) -> list[dict[str, str]]:
    """Gazetteers -> places, each name a row of its own, figures as text. InputError names file and row."""
    return [place for path in paths for place in _gazetteer(path)]


def _gazetteer(path: Path) -> list[dict[str, str]]:
    text, _ = decoded(read_file(path), path.name)
    found: list[dict[str, str]] = []
    try:
        for number, row in enumerate(csv.DictReader(io.StringIO(text)), 1):
            found += _named(row, path.name, number)
    except csv.Error as wrong:
        raise InputError(f"is no CSV ({wrong})", file=path.name, expected=_GAZETTEER) from None
    return found


def _named(row: Mapping[str, Any], file: str, number: int) -> list[dict[str, str]]:
    name = (row.get("name") or "").strip()
    figures = {n: (row.get(n) or "").strip() for n in ("lon", "lat", "radius_m")}
    for field, least, most in (("lon", -180, 180), ("lat", -90, 90), ("radius_m", 0, 1e6)):
        if field == "radius_m" and not figures[field]:
            continue
        try:
            fits = least <= float(figures[field]) <= most
        except ValueError:
            fits = False
        if not (name and fits):
            what = f"{figures[field]!r} is no {field}" if name else "has no name"
            raise InputError(what, file=file, row=number, field=field if name else "name", expected=_GAZETTEER)
    kept = {n: v for n, v in figures.items() if v}
    names = [name, *(part.strip() for part in (row.get("also") or "").split(";"))]
    return [{"name": n, **kept} for n in names if n]


def keep(case: Where, feed: str, request: Request, by: str | None, as_json: bool) -> None:
    """Pull a register or a text that the door has read, and say what became of it."""
    use = tools(by)
    done = pipeline.pull(open_store(case), source(feed), request, PoliteTransport(), use)
    use.tell.done()  # type: ignore[attr-defined]
    show_pulled(done, as_json)


def noted(notes: Sequence[str]) -> None:
    """What of the register leads nowhere: on standard error, so that it is in nobody's way."""
    for note in notes[:_NOTED]:
        click.echo(f"trucewatch: {note}", err=True)
    if len(notes) > _NOTED:
        click.echo(f"trucewatch: and {len(notes) - _NOTED} more of that kind", err=True)


def said(row: Mapping[str, Any]) -> str:
    """A statement in one line for people."""
    who = row["speaker"] or "somebody"
    if row["on_behalf_of"] and row["on_behalf_of"] != row["speaker"]:
        who += f", for {row['on_behalf_of']}"
    when = "" if row["said_at"] is None else f"{row['said_at']:%Y-%m-%d %H:%MZ} "
    figure = "" if row["figure"] is None else f" [{figures(row)}]"
    place = f" ({row['place']})" if row["place"] else ""
    what = row["says"] or row["about"] or ""
    quote = f" “{row['quote']}”" if row["quote"] else ""
    return f"{when}{who} {row['speech'] or 'states'}: {what}{quote}{place}{figure}".replace("\n", " ")


def figures(row: Mapping[str, Any]) -> str:
    """A figure as it was said, with its unit."""
    meant = row["qualifier"]
    return f"{'' if meant in (None, 'exact') else meant + ' '}{row['figure']:,g} {row['unit'] or ''}".strip()


def short(name: str) -> str:
    """An id as people are shown it: the start of its capture's, and its row.

    >>> short("0123456789abcdef#7")
    '0123456789ab#7'
    """
    capture, _, row = name.partition("#")
    return f"{capture[:SHOWN]}#{row}"


def lines(table: pl.DataFrame) -> list[str]:
    """Statements or drafts -> a line each."""
    return [f"{row['key'] or short(row['id'])}  {said(row)}" for row in table.rows(named=True)]
