"""trucewatch attach"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch import pipeline
from trucewatch.base.errors import InputError
from trucewatch.cli.base import by_option, case_option, json_option, read_file, show, tools
from trucewatch.ports import Fetched
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@case_option
@click.option("--term", required=True, help="The term whose verbatim text this is.")
@click.option("--lines", required=True, metavar="FIRST-LAST", help="The document's lines that are the text, from 1.")
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@click.option("--licence", default="not told", help="Under which licence the document may be quoted.")
@by_option
@json_option
def attach(
    file: Path,
    case: Where,
    term: str,
    lines: str,
    agreement: str | None,
    licence: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Keep a text document and say which of its lines are the verbatim text of a term. The report then quotes them."""
    first, dash, last = lines.partition("-")
    if not (first.isdigit() and (not dash or last.isdigit())):
        raise InputError(f"{lines!r} is not a range of lines", field="--lines", expected="as 10-14")
    fetched = Fetched(read_file(file), file.name, "text/plain", licence)
    span = int(first), int(last or first)
    capture = pipeline.attach(open_store(case), agreement, term, fetched, span, tools(by))
    told = {"term": term, "capture": capture.id, "lines": list(span)}
    show(told, as_json, [f"{term}: lines {span[0]} to {span[1]} of {file.name}, capture {capture.id[:12]}"])
