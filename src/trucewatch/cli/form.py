"""trucewatch form"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.cli.base import json_option, show
from trucewatch.sources.form.questions import NAMES, RECORDS, xlsform
from trucewatch.stores.files import write_all


@click.command()
@click.option(
    "--xlsform",
    "out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the form here, an Excel file that KoboToolbox and ODK take.",
)
@click.option("--title", default="Field report", show_default=True, help="The form's title, as monitors see it.")
@json_option
def form(out: Path, title: str, as_json: bool) -> None:
    """Write the monitors' form: incidents, tallies, weapons, harm, restrictions, and that nothing was heard.

    What monitors send comes back with: trucewatch pull form
    """
    raw = xlsform(title)
    write_all({out: raw})
    told = {"path": str(out), "bytes": len(raw), "records": list(RECORDS), "questions": len(NAMES)}
    show(told, as_json, [f"{out}  ({len(raw):,} bytes): {len(RECORDS)} kinds of record, {len(NAMES)} questions"])
