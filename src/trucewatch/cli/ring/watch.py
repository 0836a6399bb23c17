"""trucewatch ring watch: how a neck went over days"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import as_of_option, json_option, show, tools
from trucewatch.cli.ring.common import (
    asked_of,
    case_option,
    ground_options,
    map_options,
    maps_of,
    neck,
    params_of,
    place_options,
    road_options,
    says,
)
from trucewatch.cli.ring.maps import day, point, roads_of
from trucewatch.report.svg_ring import draw_necks
from trucewatch.ring import SETTLES, Question, answered, trend
from trucewatch.ringed import ring as ring_in
from trucewatch.ringed import shared
from trucewatch.stores import Where, open_store


@click.command("watch")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@case_option
@place_options
@ground_options
@road_options
@click.option("--from", "since", required=True, metavar="DATE", help="The first day (UTC).")
@click.option("--to", "until", required=True, metavar="DATE", help="The last day (UTC).")
@click.option("--plot", default=None, type=click.Path(path_type=Path), help="Write the trend as a drawing (SVG).")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Share the maps over processes.")
@map_options
@as_of_option
@json_option
def watch_command(files: tuple[Path, ...], case: Where | None, at: str, as_json: bool, **words: Any) -> None:
    """How a place's neck went from day to day by each map, since when no way was open, and what became of it."""
    where, params = point(at, "--at"), params_of(words)
    first, last = day(words["since"], "--from"), day(words["until"], "--to")
    assert where is not None and first is not None and last is not None
    first = first - timedelta(days=1) if len(words["since"].strip()) == 10 else first
    if first >= last:
        raise InputError("is after --to", field="--from", expected="days in order")
    if bool(files) == (case is not None):
        raise InputError("one of the two is wanted", field="FILES or --case", expected="maps (GeoJSON), or a case")
    asks = Question("watch", asked_of(where, words), last, first, words["source"], None, roads_of(words["roads"]))
    if case is not None:
        use = tools()
        found = ring_in(open_store(case), use, asks, params, words["as_of"], words["workers"]).tables["rings"]
        use.tell.done()  # type: ignore[attr-defined]
    else:
        areas = maps_of(files, asks.asked, words["named"])
        many = words["workers"] > 1
        tables = shared(asks, areas, None, params, words["workers"]) if many else answered(asks, areas, None, params)
        found = tables["rings"]
    if found.is_empty():
        raise InputError("no map speaks of these days", field="--from and --to", expected="days that maps speak of")
    went = trend(found, params)
    if words["plot"] is not None:
        words["plot"].write_text(draw_necks(found, params.direct_m), encoding="utf-8")
    days = [_day(row) for row in found.sort("source", "on", "treatment").rows(named=True)]
    show({"trend": went.rows(named=True), "days": days}, as_json, [*_days(days), *_trend(went)])


def _day(row: dict[str, Any]) -> dict[str, Any]:
    keys = ("source", "treatment", "held_by", "neck_m", "narrows", "pocket_km2", "depth_m", "facing", "rung_low",
            "rung_high", "routes_left", "because")  # fmt: skip
    return {"on": f"{row['on']:%Y-%m-%dT%H:%M:%SZ}", **{key: row[key] for key in keys}}


def _days(days: list[dict[str, Any]]) -> list[str]:
    made = []
    for d in days:
        rung = says(d["rung_low"], d["rung_high"])
        made.append(f"{d['on'][:10]} {d['source']} {d['treatment'].replace('_', ' '):17} neck {neck(d):>9}  {rung}")
    return made


def _trend(went: pl.DataFrame) -> list[str]:
    made = []
    for r in went.rows(named=True):
        slope = "no trend"
        if r["per_day_m"] is not None:
            slope = f"{r['per_day_m']:+,.0f} m a day over the fortnight to {r['neck_until']:%Y-%m-%d}"
        shut = "no map shows an open way"
        if r["last_open"] is not None:
            shut = f"last open on {r['last_open']:%Y-%m-%d}, {r['days_since_open']:.1f} days before the last map"
        made.append(f"{r['source']}, {r['treatment'].replace('_', ' ')}: {r['maps']} maps, {slope}; {shut}")
        if r["resolved"] is not None:
            span = f"after {r['resolved_after']:%Y-%m-%d} and by {r['resolved_by']:%Y-%m-%d}"
            made.append(f"  indicated: {r['resolved']} {span}; {says(r['known_low'], r['known_high'])}")
            made.append(f"  would settle it: {SETTLES[r['resolved']]}")
    return made
