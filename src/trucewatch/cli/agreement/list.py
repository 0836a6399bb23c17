"""trucewatch agreement list"""

from __future__ import annotations

from typing import Any

import click

from trucewatch import assess as assess_room
from trucewatch.assess import TEXT, When
from trucewatch.cli.base import json_option, read_file, shipped, show
from trucewatch.pipeline import text_of


@click.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """The agreements that come with the project: since when, of what form, how many terms and readings."""
    told = []
    for name, path in shipped("agreements").items():
        agreed = assess_room.agreement(text_of(read_file(path), str(path)), str(path))
        when = agreed.whens.get(TEXT, When())
        told.append(
            {
                "agreement": agreed.id,
                "title": agreed.title,
                "since": when.since and when.since.isoformat().replace("+00:00", "Z"),
                "form": agreed.form,
                "parties": [party.name for party in agreed.parties],
                "terms": len(agreed.terms),
                "readers": sorted({r.who for term in agreed.terms for r in term.readings} | set(agreed.whens)),
                "file": name,
            }
        )
    told.sort(key=lambda one: (str(one["since"] or "9"), one["agreement"]))
    show(told, as_json, [_line(one) for one in told])


def _line(one: dict[str, Any]) -> str:
    readings = len(one["readers"])
    return (
        f"{one['agreement']:26} {str(one['since'] or 'start not known')[:16]:16} {one['form'] or '':10} "
        f"{one['terms']:2} terms, {readings} reading{'s' if readings != 1 else ' '}  {one['title']}"
    )
