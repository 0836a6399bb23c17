"""trucewatch run"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.errors import UnknownName
from trucewatch.cli.base import as_of_option, case_option, found, json_option, read_file, shipped, tools
from trucewatch.cli.report import print_files, report_options, request_of
from trucewatch.ports import Store
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.option(
    "--agreement",
    required=True,
    metavar="FILE|ID",
    help="The agreement's file, the name of a shipped one, or the id of one that the case holds.",
)
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
    use, store, request = tools(), open_store(case), request_of(level, since, until, recipient)
    path = _file(store, agreement)
    if path is None:
        files = pipeline.report(store, use, request, agreement, as_of)
    else:
        text = pipeline.text_of(read_file(path), str(path))
        files = pipeline.run(store, use, text, str(path), request, as_of)
    use.tell.done()  # type: ignore[attr-defined]
    print_files(store, level, files, out, as_json)


def _file(store: Store, agreement: str) -> Path | None:
    """A path or a shipped name -> the file; None for the id of an agreement that the case holds."""
    try:
        return found("agreements", "agreement", agreement)
    except UnknownName:
        held = know(store).agreements
        if agreement in held:
            return None
        raise UnknownName("agreement", agreement, {*shipped("agreements"), *held}) from None
