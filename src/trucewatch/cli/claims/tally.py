"""trucewatch claims tally"""

from __future__ import annotations

import click
import polars as pl

from trucewatch.archive import know
from trucewatch.assess import tallies
from trucewatch.cli.base import as_of_option, case_option, json_option, show
from trucewatch.cli.claims.common import noted
from trucewatch.counted import astray, counts_of
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
    table = know(store, as_of).table(store, "statements")
    loose = astray(table)
    if about is not None:
        keys = table.filter(pl.col("about") == about)["key"].drop_nulls().to_list()
        table = table.filter((pl.col("about") == about) | pl.col("part_of").is_in(keys))
    counts, odd = counts_of(table)
    lines = tallies.told(counts) or ["no count is in the register"]
    lines += (
        [f"{odd} figures are no whole numbers from 0 on, so no counts; they stand in: trucewatch claims list"]
        if odd
        else []
    )
    noted(loose)
    show({**tallies.as_told(counts), "no_counts": odd, "astray": loose}, as_json, lines)
