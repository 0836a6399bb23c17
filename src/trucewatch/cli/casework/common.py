"""What the commands of case work share: their options, and how an entry is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import case_option, json_option, moment, read_file, show, tools, words
from trucewatch.filing import Filing, file
from trucewatch.ports import Fetched
from trucewatch.stores import open_store

_PLAIN, _ANY, _NOT_TOLD = "text/plain", "application/octet-stream", "not told"

Command = Callable[..., Any]
_ABOUT = (
    "An incident or a finding, by its id or the first characters of it, or matter/NAME. May be given several times."
)
_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    case_option,
    click.option("--about", multiple=True, metavar="ID", help=_ABOUT),
    click.option("--agreement", default=None, help="Id of the agreement, where the case has several."),
    click.option("--term", default=None, help="The term of the agreement, where it is about one."),
    click.option("--by", required=True, metavar="NAME", callback=words, help="Whose words they are, by name."),
    click.option("--for", "party", default=None, metavar="PARTY", help="The party for which it is said, if any."),
    click.option("--at", default=None, metavar="TIME", help="When it was said, with its zone (default: now)."),
    click.option("--text", default=None, metavar="WORDS", help="What is said; or take it from --file."),
    click.option("--file", "path", type=click.Path(path_type=Path), default=None, help="A text file that says it."),
    click.option("--document", "documents", multiple=True, metavar="FILE|CAPTURE",
                 help="A file to keep beside it, or a capture of the case. May be given several times."),
    click.option("--public", is_flag=True,
                 help="Its words, and the name of --by, may stand in reports at every release level."),
    click.option("--supersedes", type=int, default=None, metavar="ENTRY",
                 help="An earlier entry of one's own in whose place this one stands; that one stays, struck."),
    click.option("--entered-by", default=None, metavar="NAME", envvar="TRUCEWATCH_BY", callback=words,
                 help="Who enters it, for the chain of custody of its words. Also read from TRUCEWATCH_BY."),
    json_option,
)  # fmt: skip


def said(command: Command) -> Command:
    """The options of everything that somebody says."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def enter(kind: str, given: Mapping[str, Any], answers: int | None = None, **more: Any) -> None:
    """Enter what the options say, and print the number of the entry. InputError in one line where it cannot be."""
    fetched = _words(kind, given["text"], given["path"])
    documents = tuple(_document(name) for name in given["documents"])
    what = Filing(
        kind,
        given["by"],
        fetched,
        tuple(given["about"]),
        answers,
        given["supersedes"],
        given["agreement"],
        given["term"],
        given["party"],
        moment(given["at"], "--at"),
        documents,
        given["public"],
        more,
    )
    entry = file(open_store(given["case"]), tools(given["entered_by"]), what)
    noun = kind.replace("_", " ")
    late = f", in the place of entry {what.supersedes}, which stays" if what.supersedes is not None else ""
    told = {"entry": entry, "kind": kind, "answers": answers, "supersedes": what.supersedes}
    show(told, given["as_json"], [f"entry {entry}: {noun} by {what.by}{late}"])


def _words(kind: str, text: str | None, path: Path | None) -> Fetched:
    if (text is None) == (path is None):
        raise InputError("what is said?", field="--text", expected="either --text WORDS or --file FILE")
    if path is not None:
        return Fetched(read_file(path), path.name, _PLAIN, _NOT_TOLD)
    return Fetched((text or "").encode(), f"{kind.replace('_', '-')}.txt", _PLAIN, _NOT_TOLD)


def _document(name: str) -> str | Fetched:
    path = Path(name)
    return Fetched(read_file(path), path.name, _ANY, _NOT_TOLD) if path.exists() else name


def about_words(row: Mapping[str, Any]) -> str:
    """What it is about, as people are shown it."""
    return ", ".join(name if name.startswith("matter/") else name[:SHORT] for name in row["subjects"])
