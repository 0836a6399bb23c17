"""trucewatch report daily"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, case_option, json_option, read_file, shipped, tools
from trucewatch.cli.report.common import level_option, print_files
from trucewatch.dailies import spoken
from trucewatch.report.daily import DailyRequest
from trucewatch.report.params import DailyParams
from trucewatch.stores import Where, open_store


def _day(_: click.Context, option: click.Parameter, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{value!r} is no day", field=option.opts[0], expected="YYYY-MM-DD") from None


@click.command()
@case_option
@click.option("--on", required=True, callback=_day, metavar="DAY", help="The day whose evening ends it, YYYY-MM-DD.")
@click.option(
    "--lang", "languages", multiple=True, default=("en",), show_default=True, metavar="CODE",
    help="Language of the page; may be given again. English is always written: it is the text that counts.",
)  # fmt: skip
@click.option(
    "--evening", default=DailyParams.evening, show_default=True, envvar="TRUCEWATCH_EVENING", metavar="HH:MM",
    help="Hour at which the mission's day ends. Also read from TRUCEWATCH_EVENING.",
)  # fmt: skip
@click.option("--zone", default=None, metavar="ZONE", help="Zone of that hour (default: the agreement's).")
@click.option(
    "--evenings", default=1, show_default=True, metavar="N",
    help="How many evenings it has: after days without a report, one report of several.",
)  # fmt: skip
@click.option(
    "--by", default=None, envvar="TRUCEWATCH_REGIONS", metavar="MAP",
    help="Regions: the named areas of this map of the case, as control/mission. Also read from TRUCEWATCH_REGIONS.",
)  # fmt: skip
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@level_option
@click.option("--for", "recipient", default=None, metavar="WHOM", help="For whom it is made; kept in the log.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Also write the files into this folder.")
@as_of_option
@json_option
def daily(
    case: Where, on: date, languages: tuple[str, ...], as_of: int | None, out: Path | None, as_json: bool, **told: Any
) -> None:
    """Write the daily report, from evening to evening, in the layout of missions, into the case's folder report.

    By region, with the previous period's number beside; casualties, zones, weapons, ordnance, facilitation,
    restrictions, and the annex table. Files: daily-DAY.LANG.html, daily-DAY.json, daily-DAY.csv.
    """
    use, store = tools(), open_store(case)
    texts = {name: read_file(path).decode("utf-8") for name, path in shipped("messages").items()}
    agreed = pipeline.chosen(know(store, as_of), agreement := told.pop("agreement"))
    zone = told.pop("zone") or agreed.display_zone
    request = DailyRequest(on=on, made_at=use.clock.now(), zone=zone, **told)
    files = pipeline.daily(store, use, request, spoken(texts, languages), agreement, as_of)
    use.tell.done()  # type: ignore[attr-defined]
    print_files(store, request.level, files, out, as_json)
