"""trucewatch casework show"""

from __future__ import annotations

import click
import polars as pl

from trucewatch.archive import Proofs, know
from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT
from trucewatch.casework import of_matter, standing, worded
from trucewatch.cli.base import WallClock, as_of_option, case_option, json_option, moment, show
from trucewatch.cli.casework.common import about_words
from trucewatch.report.beside import answer, who
from trucewatch.stores import Where, open_store


@click.command("show")
@click.argument("entry", type=int)
@case_option
@click.option("--on", default=None, metavar="TIME", help="The moment by which deadlines are judged (default: now).")
@as_of_option
@json_option
def show_command(entry: int, case: Where, on: str | None, as_of: int | None, as_json: bool) -> None:
    """Show the whole matter that ENTRY belongs to, with the words, what was superseded, and each entry verified."""
    store = open_store(case)
    known = know(store, as_of)
    if entry not in known.filed:
        expected = "the number of an entry of case work: trucewatch casework list"
        raise InputError(f"entry {entry} is no case work among the first {known.size} entries", expected=expected)
    table = of_matter(worded(store, known, standing(known, moment(on, "--on") or WallClock().now())), entry)
    proofs = Proofs(store, known)
    proved = [proofs.proved(n) for n in table["entry"]]
    rows = table.with_columns(verified=pl.Series(proved, dtype=pl.String)).rows(named=True)
    lines = []
    for row in rows:
        gone = f" [superseded by entry {row['superseded_by']}]" if row["superseded_by"] is not None else ""
        to = f" to entry {row['answers']}" if row["answers"] is not None else ""
        lines.append(f"entry {row['entry']}, {row['kind'].replace('_', ' ')}{to}{gone}")
        told = {
            "by": f"{who(row, {})}, {row['at']:%Y-%m-%d %H:%M} UTC",
            "about": about_words(row),
            "under": f"{row['agreement']}{', article ' + row['article'] if row['article'] else ''}",
            "says": answer(row, {}, "UTC"),
            "words": (row["words"] or row["held"] or "").replace("\n", "\n            "),
            "documents": ", ".join(name[:SHORT] for name in row["documents"]),
            "verified": row["verified"],
        }
        lines += [f"    {name}: {text}" for name, text in told.items() if text]
    show(rows, as_json, lines)
