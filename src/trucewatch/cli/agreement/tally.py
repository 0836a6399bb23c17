"""trucewatch agreement tally"""

from __future__ import annotations

import click

from trucewatch import pipeline
from trucewatch.assess import agreement as parsed
from trucewatch.assess import tallies
from trucewatch.cli.base import found, json_option, read_file, show


@click.command("tally")
@click.argument("file")
@json_option
def tally_command(file: str, as_json: bool) -> None:
    """Do the counts in FILE (a path, or the name of a shipped one) agree with their own parts?

    Each published count is held against the sum of its parts, and what no part accounts for is shown. Counts by several
    sides stand beside one another: they are never added, and different units are never converted.
    """
    path = found("agreements", "agreement", file)
    agreed = parsed(pipeline.text_of(read_file(path), str(path)), str(path))
    names = {party.id: party.name for party in agreed.parties} | dict(agreed.mediators)
    none = [f"{agreed.id} holds no published counts"]
    told = {"agreement": agreed.id, **tallies.as_told(agreed.counts)}
    show(told, as_json, tallies.told(agreed.counts, names) or none)
