"""trucewatch settle section"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.report import level_option
from trucewatch.cli.settle.common import head, position_options
from trucewatch.settle import Positions, crossed, line_says, moves, possible, stuck
from trucewatch.settle.lines import standing
from trucewatch.settle.model import FIRMNESS, LEVELS
from trucewatch.stores.files import write_all


@click.command()
@position_options
@level_option
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here (default: print it).")
def section(made: Positions, firmness: str, on: date | None, level: str, out: Path | None) -> None:
    """The section of a report about FILE, in Markdown: who takes what in whose words, how that moved, what collides and
    why, and what every red line allows. No point of theory stands in it, and nothing is recommended.
    """
    shown = made.at(level)
    if not shown.issues:
        raise InputError("has nothing that may be told at it", field="--level", expected=f"one of {', '.join(LEVELS)}")
    text = "\n".join(section_of(shown, firmness, on, shown != made)) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        write_all({out: text.encode()})
        click.echo(f"{out}  ({len(text.encode()):,} bytes)")


def section_of(made: Positions, firmness: str, on: date | None, hidden: bool = False) -> Iterator[str]:
    """positions -> lines of Markdown. hidden: some were left out that are told at a narrower level alone."""
    held = head(made, on, firmness)["held"]
    yield from (f"# {_plain(made.title)}", "")
    yield from ("Typed in by people, each row with its source. Ordered by stated criteria; nothing is recommended.", "")
    if hidden:
        yield from ("What may be told at a narrower level alone is left out, as if it had not been said.", "")
    for fault in made.faults:
        yield f"- Left out: {_plain(str(fault))}"
    yield from ("## Who takes what", "")
    yield from _taken(made, on)
    yield from ("## How it moved, and what drafts cross", "")
    for move in moves(made).rows(named=True):
        yield f"- {_moved(made, move)}"
    yield from (f"- {_plain(says)}" for says in crossed(made, on)["says"])
    yield from ("", "## What collides, and why", "", f"Held: {held}. Ranked by firmness; no side counts.", "")
    yield from _collisions(made, firmness, on)
    yield from ("", "## What is left", "")
    if firmness != FIRMNESS[0]:
        softer = f"Positions softer than {firmness.replace('_', ' ')} are not held here"
        yield from (f"{softer}: what is left is not what everybody accepts.", "")
    for issue, options in possible(made, firmness, on).left.items():
        says = "; ".join(option.says for option in made.issue(issue).options if option.id in options)
        yield f"- {_plain(made.issue(issue).asks)}: {_plain(says) or 'nothing that every line allows'}"


def _taken(made: Positions, on: date | None) -> Iterator[str]:
    said = standing(made, on)
    for issue in made.issues:
        yield from (f"### {_plain(issue.asks)}", "")
        yield "| party | day | takes | how firmly | words | source |"
        yield "|---|---|---|---|---|---|"
        for one in said:
            if one.issue != issue.id:
                continue
            takes = "; ".join(option.says for option in issue.options if option.id in one.accepts)
            takes = "names no answer" if len(one.accepts) == len(issue.options) else takes
            note = f" ({one.says})" if one.says else ""
            cells = (made.name(one.party), one.on, takes + note, one.firmness, f'"{one.quote}"', one.source)
            yield f"| {' | '.join(_plain(str(cell)) for cell in cells)} |"
        yield ""


def _moved(made: Positions, move: dict[str, Any]) -> str:
    options = "the same options" if move["how"] == "same" else f"{move['how']} options"
    days = f"{move['from_day']} to {move['to_day']}"
    who = _plain(made.name(move["party"]))
    return f"{who}, {_plain(made.issue(move['issue']).asks)}: {options}, {move['firmer']} in firmness, {days}"


def _collisions(made: Positions, firmness: str, on: date | None) -> Iterator[str]:
    found = stuck(made, firmness, on)
    says = {line.position.id: line_says(made, line) for line in found.lines}
    if found.table.is_empty():
        yield "All of them can hold together."
    for row in found.table.rows(named=True):
        title = "Cannot all hold" if row["kind"] == "conflict" else "Opens the knot once softened"
        yield f"- {title} (rank {row['rank']}, knot {row['knot']}):"
        yield from (f"  - {_plain(says[line])}" for line in row["lines"])
    if not all(knot.whole for knot in found.knots):
        yield "- There are more than are listed."


def _plain(text: str) -> str:
    """Text that people typed in, as it may stand in a cell: no mark-up of theirs is let through."""
    told = " ".join(text.split())
    for mark, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|"), ("[", "\\["), ("`", "'")):
        told = told.replace(mark, instead)
    return told
