"""trucewatch run"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch import pipeline
from trucewatch.cli.base import as_of_option, case_option, found, json_option, read_file, tools
from trucewatch.cli.report import print_files, report_options, request_of
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.option("--agreement", required=True, metavar="FILE", help="The agreement's file, or the name of a shipped one.")
@report_options
@as_of_option
@json_option
def run(
    case: Where,
    agreement: str,
    level: str,
    since: str | None,
    until: str | None,
    recipient: str | None,
    out: Path | None,
    as_of: int | None,
    as_json: bool,
) -> None:
    """The main job: judge what was pulled against an agreement, through all rooms, and write the report."""
    path = found("agreements", "agreement", agreement)
    use, store = tools(), open_store(case)
    text = pipeline.text_of(read_file(path), str(path))
    files = pipeline.run(store, use, text, str(path), request_of(level, since, until, recipient), as_of)
    use.tell.done()  # type: ignore[attr-defined]
    print_files(store, level, files, out, as_json)
