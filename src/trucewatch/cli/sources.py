"""trucewatch sources"""

from __future__ import annotations

import click

from trucewatch.cli.base import json_option, shipped, show
from trucewatch.sources import names, source


@click.command()
@json_option
def sources(as_json: bool) -> None:
    """List the feeds that are installed, their options, and the mappings and agreements that come with them."""
    feeds = [source(name) for name in names()]
    told = {
        "sources": {f.name: {"about": f.about, "licence": f.licence, "options": dict(f.options)} for f in feeds},
        "mappings": sorted(shipped("mappings")),
        "agreements": sorted(shipped("agreements")),
    }
    lines = []
    for feed in feeds:
        lines += [f"{feed.name:9} {feed.about}"] + [
            f"{'':11}--option {key}=...  {says}" for key, says in feed.options.items()
        ]
    lines += [f"mappings:   {', '.join(told['mappings'])}", f"agreements: {', '.join(told['agreements'])}"]
    show(told, as_json, lines)
