"""trucewatch owed"""

from __future__ import annotations

from typing import Any

import click

from trucewatch import pipeline
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.stores import Where, open_store

ANSWERS = {1.0: "not met, by this count", 0.0: "met, by this count", None: "cannot tell"}


@click.command()
@case_option
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@as_of_option
@json_option
def owed(case: Where, agreement: str | None, as_of: int | None, as_json: bool) -> None:
    """What was counted of what was owed: for each term, reading, period and speaker, with what is lacking.

    Each speaker's counts stand by themselves: those of rivals are never added.
    """
    use = tools()
    made = pipeline.assess(open_store(case), use, agreement, as_of).tables["owed"]
    use.tell.done()  # type: ignore[attr-defined]
    rows = made.rows(named=True)
    lines: list[str] = []
    former = ""
    for row in rows:
        head = f"article {row['article']}, {row['term']}, reading {row['reading']}: {_owed(row)}"
        lines += [head] if head != former else []
        lines += [_line(row)] + ([f"    lacks: {row['lacks']}"] if row["lacks"] else [])
        former = head
    show({"owed": rows}, as_json, lines or ["nothing that can be counted is owed"])


def _owed(row: dict[str, Any]) -> str:
    parts = [f"at least {row['at_least']:g}"] if row["at_least"] is not None else []
    parts += [f"at most {row['at_most']:g}"] if row["at_most"] is not None else []
    each = f" each {row['each']}" if row["each"] else " at any one time" if row["at_once"] else ""
    return f"{row['what']}, {' and '.join(parts)} {row['unit']}{each}"


def _line(row: dict[str, Any]) -> str:
    start, end = (f"{row[name]:%Y-%m-%d %H:%M}Z" if row[name] else "no bound" for name in ("t0", "t1"))
    span = f"  {start} to {end}{' (cut short)' if row['cut'] else ''}"
    if row["speaker"] is None:
        return f"{span}  {ANSWERS[None]}"
    most = "or more" if row["most"] is None else f"to {row['most']:g}"
    counted = f"{row['least']:g}" if row["least"] == row["most"] else f"{row['least']:g} {most}"
    part = "" if row["covered"] is None else f", {row['covered']:.0%} of the time"
    return f"{span}  {row['speaker']}: {counted}{part}  {ANSWERS[row['unmet']]}"
