"""trucewatch locate case"""

from __future__ import annotations

import click
import polars as pl

from trucewatch import pipeline
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.stores import Where, open_store


@click.command(name="case")
@case_option
@as_of_option
@json_option
def case(case: Where, as_of: int | None, as_json: bool) -> None:
    """Regions of the case's observations that tell a bearing or a range, and of the incidents that they are in.

    The regions go on into fuse, assess (in the zone with what probability?) and the map.
    """
    use = tools()
    store = open_store(case)
    made, fused = pipeline.locate(store, use, as_of), pipeline.fuse(store, use, as_of)
    use.tell.done()  # type: ignore[attr-defined]
    regions, incidents = made.tables["regions"], fused.tables["incidents"]
    shaped = incidents.filter(pl.col("spread").is_not_null())
    apart = shaped.filter(pl.col("p_not_same") >= 0.5)
    told = {
        "observations_with_region": regions.height,
        "incidents_with_region": shaped.height,
        "of_several_observers": shaped["p_not_same"].count(),
        "rather_not_one_happening": apart["id"].to_list(),
        "outputs": made.body["outputs"],
        "new": made.new,
    }
    line = (
        f"{regions.height} observations tell a sector; {shaped.height} incidents have a region, "
        f"{shaped['p_not_same'].count()} of them from several observers, {apart.height} rather not of one happening"
    )
    show(told, as_json, [line + ("" if made.new else " (as before)")])
