"""trucewatch assess"""

from __future__ import annotations

import click
import polars as pl

from trucewatch import pipeline
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@as_of_option
@json_option
def assess(case: Where, agreement: str | None, as_of: int | None, as_json: bool) -> None:
    """Which article does each incident touch, under each party's reading? Findings with bounds and the weakest link."""
    use = tools()
    made = pipeline.assess(open_store(case), use, agreement, as_of)
    use.tell.done()  # type: ignore[attr-defined]
    counts = (
        made.tables["findings"]
        .group_by("article", "term", "reading", pl.col("verdict").cast(pl.String))
        .agg(n=pl.len(), contested=pl.col("contested").sum())
        .sort("article", "term", "reading", "verdict")
    )
    told = {"findings": counts.rows(named=True), "outputs": made.body["outputs"], "new": made.new}
    lines = [
        f"article {a:4} {t:28} {r:24} {v.replace('_', ' '):18} {n:7}  contested {c}"
        for a, t, r, v, n, c in counts.rows()
    ]
    show(told, as_json, lines or ["no incident bears on any term"])
