"""trucewatch assess"""

from __future__ import annotations

import click
import polars as pl

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.assess.days import by_day
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.cli.fuse.common import learnt_option
from trucewatch.ports import Store
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@click.option("--days", is_flag=True, help="By reporting day, as the agreement has it: maybe from evening to evening.")
@learnt_option
@as_of_option
@json_option
def assess(case: Where, agreement: str | None, days: bool, learnt: str, as_of: int | None, as_json: bool) -> None:
    """Which article does each incident touch, under each party's reading? Findings with bounds and the weakest link."""
    use = tools()
    made = pipeline.assess(open_store(case), use, agreement, as_of, learnt=learnt)
    use.tell.done()  # type: ignore[attr-defined]
    if days:
        _show_days(open_store(case), made, as_of, as_json)
        return
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


def _show_days(store: Store, made: pipeline.Run, as_of: int | None, as_json: bool) -> None:
    known = know(store, as_of)
    agreed = pipeline.chosen(known, made.tables["terms"]["agreement"][0])
    counts = by_day(made.tables["findings"], known.table_of(store, made.body["inputs"]["incidents"]), agreed)
    lines = [
        f"{d or 'one of two days':15} article {a:4} {t:28} {r:24} {v.replace('_', ' '):18} {n:7}  contested {c}"
        for d, a, t, r, v, n, c in counts.with_columns(pl.col("day").cast(pl.String)).rows()
    ]
    show({"days": counts.rows(named=True)}, as_json, lines or ["no incident bears on any term"])
