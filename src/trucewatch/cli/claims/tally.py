"""trucewatch claims tally"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from trucewatch.archive import know
from trucewatch.assess import tallies
from trucewatch.assess.model import Count
from trucewatch.checking import headed
from trucewatch.cli.base import as_of_option, case_option, json_option, show
from trucewatch.cli.claims.common import short
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.option("--about", default=None, metavar="TEXT", help="Only counts under this heading.")
@as_of_option
@json_option
def tally(case: Where, about: str | None, as_of: int | None, as_json: bool) -> None:
    """Parties' counts beside each other, each under its own heading and in its own unit; never a sum across parties.

    A count whose parts are told (part_of) is held against their sum, and what no part accounts for is shown.
    """
    store = open_store(case)
    rows = headed(know(store, as_of).table(store, "statements")).rows(named=True)
    if about is not None:
        keys = {row["key"] for row in rows if row["about"] == about and row["key"]}
        rows = [row for row in rows if row["about"] == about or row["part_of"] in keys]
    whole = [row for row in rows if float(row["figure"]).is_integer()]
    counts, odd = _counts(whole), len(rows) - len(whole)
    lines = tallies.told(counts) or ["no count is in the register"]
    lines += [f"{odd} figures are no whole numbers, so no counts; they stand in: trucewatch claims list"] if odd else []
    show({**tallies.as_told(counts), "no_counts": odd}, as_json, lines)


def _counts(rows: Sequence[Mapping[str, Any]]) -> list[Count]:
    """Statements of figures -> counts, a part with the total that it names by the same speaker."""
    keyed = {(row["key"], row["speaker"]): row for row in rows if row["key"]}
    inside = [row for row in rows if (row["part_of"], row["speaker"]) in keyed]
    names = {id(row) for row in inside}
    return [_count(row, [p for p in inside if p["part_of"] == row["key"]]) for row in rows if id(row) not in names]


def _count(row: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Count:
    whose = row["on_behalf_of"] or row["speaker"] or "somebody"
    return Count(
        id=row["key"] or short(row["id"]),
        by=whose if row["on_behalf_of"] in (None, row["speaker"]) else f"{row['speaker']} for {whose}",
        of=row["whom"],
        says=row["about"] or row["says"] or row["quote"] or "not told what it counts",
        unit=row["unit"],
        total=int(row["figure"]),
        qualifier=row["qualifier"] or "exact",
        parts=tuple((p["about"] or p["unit"], int(p["figure"])) for p in parts if p["speaker"] == row["speaker"]),
        source=row["source"],
    )
