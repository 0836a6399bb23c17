"""trucewatch watch pause"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, doing, json_option, show, tools
from trucewatch.cli.watch.daily import daily, day, span
from trucewatch.pausing import PauseAsked, paused
from trucewatch.stores import open_store, place
from trucewatch.watch import PauseAsk, pause


@click.command("pause")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--case", "case", default=None, metavar="PLACE", help="Measure it in a case, in place of a FILE.")
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@click.option("--since", default=None, metavar="DATE", help="First day of the pause (in a case: the agreement's).")
@click.option("--until", default=None, metavar="DATE", help="First day after it (in a case: the agreement's).")
@click.option(
    "--lag-days",
    default="0",
    show_default=True,
    metavar="N or N-M",
    help="Days between an act and the day under which it stands, least and most.",
)
@click.option("--before-days", default=28, show_default=True, help="Days before that it is compared with.")
@click.option("--after-days", default=14, show_default=True, help="Days after it, for the rebound.")
@as_of_option
@json_option
def pause_command(file: Path | None, case: str | None, as_json: bool, **words: Any) -> None:  # fmt: skip
    """Is the pause being used? The same measure for every side, beside dates on which there was no pause.

    FILE is CSV with date, count and, where there are such, side, measure, unit (`count`, or of a level, as `km2`) and
    exposure. Where the data are too thin it says that it cannot tell, and why.
    """
    if (file is None) == (case is None):
        raise InputError("needs one of FILE and --case", expected="a file of days and counts, or a case")
    lag = span(words["lag_days"], "--lag-days")
    if file is not None:
        if words["since"] is None or words["until"] is None:
            raise InputError("a file does not say when the pause was", field="--since, --until", expected="both")
        ask = PauseAsk(day(words["since"], "--since"), day(words["until"], "--until"), lag,
                       words["before_days"], words["after_days"])  # fmt: skip
        with doing("holding the pause against other dates"):
            table = pause(daily(file, ("side", "measure", "unit")), ask)
        told: dict[str, Any] = {"paused": table.rows(named=True)}
    else:
        use = tools()
        since, until = (None if words[n] is None else day(words[n], f"--{n}") for n in ("since", "until"))
        days = words["before_days"], words["after_days"]
        asked = PauseAsked(since, until, lag, *days, words["agreement"], words["as_of"])
        made = paused(open_store(place(str(case))), use, asked)
        use.tell.done()  # type: ignore[attr-defined]
        table = made.table
        assert made.ask is not None
        told = {"paused": table.rows(named=True), "since": made.ask.since, "until": made.ask.until, "notes": made.notes,
                "outputs": made.run.body["outputs"], "new": made.run.new}  # fmt: skip
    lines = [_line(row) for row in table.rows(named=True)]
    show(told, as_json, [*told.get("notes", []), *(lines or ["nothing of the kind is recorded: cannot tell"])])


def _line(row: dict[str, Any]) -> str:
    head = f"{row['measure'].replace('_', ' ')}, {row['part']}, {row['side']}: {row['verdict'].replace('_', ' ')}"
    sign = "x" if row["unit"] == "count" else f"{row['unit']} a day"
    bounds = "" if row["effect_low"] is None else f" ({row['effect_low']:.2f} to {row['effect_high']:.2f})"
    size = "" if row["effect"] is None else f", {row['effect']:.2f} {sign}{bounds}"
    others = "; ".join(f"{o['side']} {'not known' if o['effect'] is None else format(o['effect'], '.2f')}"
                       for o in row["others"])  # fmt: skip
    alarms = "" if row["false_alarms"] is None else f", {row['false_alarms']:.0%} of placebo dates would be called"
    return f"{head}{size}; others: {others or 'no other side is told of'}; {row['because']}{alarms}"
