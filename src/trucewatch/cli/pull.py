"""trucewatch pull"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch import pipeline
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import by_option, case_option, json_option, mapping, moment, read_file, show, tools
from trucewatch.ports import Request, Source
from trucewatch.sources import source
from trucewatch.sources.http import PoliteTransport
from trucewatch.stores import Where, open_store

_CODES = 5
"""Codes of problems that are told after a pull; all of them stay in the case."""


@click.command()
@click.argument("feed")
@case_option
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Read this file instead of the network. May be given again.",
)
@click.option("--since", default=None, metavar="TIME", help="From this time on, as '2025-04-19 00:00Z'.")
@click.option("--until", default=None, metavar="TIME", help="Until this time, not included.")
@click.option("--box", default=None, metavar="W,S,E,N", help="Only this ground: degrees west, south, east, north.")
@click.option(
    "--mapping",
    "mapping_name",
    default=None,
    metavar="NAME|FILE",
    help="How the file's columns become ours: a shipped mapping or a file.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the feed (see: trucewatch sources). Also read from TRUCEWATCH_<FEED>_<NAME>.",
)
@by_option
@json_option
def pull(
    feed: str,
    case: Where,
    files: tuple[Path, ...],
    since: str | None,
    until: str | None,
    box: str | None,
    mapping_name: str | None,
    options: tuple[str, ...],
    by: str | None,
    as_json: bool,
) -> None:
    """Capture what FEED brings, read it, and keep both: from the network, or from files.

    FEED is the name of a source (see: trucewatch sources). Bytes that the case holds already are not kept twice.
    """
    origin = source(feed)
    windows = {"--since": since, "--until": until, "--box": box}
    if files and (told := [name for name, value in windows.items() if value is not None]):
        raise InputError("a file is read whole; the report takes --since and --until", field=told[0])
    store = open_store(case)
    request = Request(
        since=moment(since, "--since"),
        until=moment(until, "--until"),
        box=_box(box),
        files=tuple((path.name, read_file(path)) for path in files),
        options=_options(origin, options, mapping_name),
    )
    use = tools(by)
    done = pipeline.pull(store, origin, request, PoliteTransport(), use)
    use.tell.done()  # type: ignore[attr-defined]
    show_pulled(done, as_json)


def show_pulled(done: list[pipeline.Pulled], as_json: bool) -> None:
    """Print what became of the files of a pull."""
    told: list[dict[str, Any]] = [
        {
            "capture": p.capture.id,
            "file": p.capture.name,
            "new": p.new,
            "replaces": list(p.replaces),
            "rows": p.rows,
            "lost": int(p.problems["lost"].sum()) if p.problems.height else 0,
            **{name: n for name, n in p.counts.items() if n},
            "common": _common(p.problems),
        }
        for p in done
    ]
    lines = []
    for row in told:
        if not row["new"]:
            lines.append(f"{row['file']}: held already, as capture {row['capture'][:12]}")
            continue
        kept = ", ".join(
            f"{row[name]} {name}"
            for name in ("observations", "looks", "areas", "statements", "drafts", "problems")
            if row.get(name)
        )
        every = row["new"] and 0 < row["rows"] <= row["lost"]
        lines.append(
            f"{row['file']}: {row['rows']} rows in, {kept or 'nothing'} out "
            f"({'all ' if every else ''}{row['lost']} rows lost), capture {row['capture'][:12]}"
        )
        lines += [
            _printable(f"  {c['count']} x {c['code']}, as in {c['where']}: {c['message']}") for c in row["common"]
        ]
        for earlier in row["replaces"]:
            lines.append(
                f"  the same bytes were read otherwise before, as {earlier[:12]}; this reading takes its place"
            )
        if every:
            click.echo(f"trucewatch: {row['file']}: every row was lost; is the mapping right?", err=True)
    show(told, as_json, lines)


def _common(problems: pl.DataFrame) -> list[dict[str, Any]]:
    """The commonest codes of problems, each with how often it came and the first that has it."""
    if problems.is_empty():
        return []
    told = problems.group_by("code", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("where").first(), pl.col("message").first()
    )
    return told.sort(["count", "code"], descending=[True, False]).head(_CODES).to_dicts()


def _printable(line: str) -> str:
    """Without what would move the cursor or colour the terminal: cells of a feed are not ours to trust."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in line)


def _box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{text!r} is not a box", field="--box", expected="four numbers, as 22,44,41,53") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError(
            f"{text!r} is not a box on the earth", field="--box", expected="west,south,east,north in degrees"
        )
    return west, south, east, north


def _options(feed: Source, given: tuple[str, ...], mapping_name: str | None) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in feed.options:
        if value := os.environ.get(f"TRUCEWATCH_{feed.name}_{name}".upper()):
            made[name] = value
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"{text!r} is not an option", field="--option", expected="NAME=VALUE")
        if name not in feed.options:
            raise UnknownName(f"option of {feed.name}", name, feed.options)
        made[name] = value
    if chosen := mapping_name or feed.default_mapping:
        made["mapping"] = mapping(chosen)
    return made
