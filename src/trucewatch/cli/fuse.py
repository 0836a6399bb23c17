"""trucewatch fuse"""

from __future__ import annotations

import click

from trucewatch import pipeline
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@as_of_option
@json_option
def fuse(case: Where, as_of: int | None, as_json: bool) -> None:
    """Which sightings are one happening? Observations to incidents, with the links between them."""
    use = tools()
    made = pipeline.fuse(open_store(case), use, as_of)
    use.tell.done()  # type: ignore[attr-defined]
    incidents, links = made.tables["incidents"], made.tables["links"]
    several = incidents.filter(incidents["n_lineages"] >= 2).height
    told = {
        "observations": links.height,
        "incidents": incidents.height,
        "of_two_voices_or_more": several,
        "outputs": made.body["outputs"],
        "new": made.new,
    }
    line = f"{links.height} observations, {incidents.height} incidents, {several} of them from two voices or more"
    show(told, as_json, [line + ("" if made.new else " (as before)")])
