"""trucewatch watch change"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, doing, json_option, show, tools
from trucewatch.cli.watch.daily import daily, day
from trucewatch.pausing import ChangeAsked, changed
from trucewatch.stores import open_store, place
from trucewatch.watch import ChangeAsk, change


@click.command("change")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--case", "case", default=None, metavar="PLACE", help="Measure it in a case, in place of a FILE.")
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@click.option("--at", default=None, metavar="DATE", help="First day of the truce (in a case: each term's own).")
@click.option("--before-days", default=56, show_default=True, help="Days before that are looked at.")
@click.option("--after-days", default=28, show_default=True, help="Days from the first day on.")
@as_of_option
@json_option
def change_command(file: Path | None, case: str | None, as_json: bool, **words: Any) -> None:
    """Did the truce change anything? The step on its first day, beside the step at dates on which none began.

    FILE is CSV with date, count and, where there are such, series and exposure. In a case there is a series for each
    term, of what it bars in its zone.
    """
    if (file is None) == (case is None):
        raise InputError("needs one of FILE and --case", expected="a file of days and counts, or a case")
    at = None if words["at"] is None else day(words["at"], "--at")
    if file is not None:
        if at is None:
            raise InputError("a file does not say when the truce began", field="--at", expected="a date")
        with doing("holding the day against other dates"):
            table = change(daily(file, ("series",)), ChangeAsk(at, words["before_days"], words["after_days"]))
        notes: list[str] = []
        more: dict[str, Any] = {}
    else:
        use = tools()
        asked = ChangeAsked(at, words["before_days"], words["after_days"], words["agreement"], words["as_of"])
        made = changed(open_store(place(str(case))), use, asked)
        table, notes = made.table, made.notes
        more = {"outputs": made.run.body["outputs"], "new": made.run.new}
        use.tell.done()  # type: ignore[attr-defined]
    lines = [_line(row) for row in table.rows(named=True)]
    show(
        {"changed": table.rows(named=True), "notes": notes, **more},
        as_json,
        [*notes, *(lines or ["cannot tell: no series"])],
    )


def _line(row: dict[str, Any]) -> str:
    bounds = "" if row["effect_low"] is None else f" ({row['effect_low']:.2f} to {row['effect_high']:.2f})"
    size = "" if row["effect"] is None else f", {row['effect']:.2f} x{bounds}"
    rank = "" if row["p"] is None else f", p {row['p']:.3g}"
    alarms = "" if row["false_alarms"] is None else f", {row['false_alarms']:.0%} of placebo dates would be called"
    return f"{row['series']}: {row['verdict'].replace('_', ' ')}{size}{rank}; {row['because']}{alarms}"
