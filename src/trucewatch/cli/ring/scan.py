"""trucewatch ring scan: every pocket of a side, without being asked for one"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any

import click
import polars as pl
import shapely

from trucewatch.archive import know
from trucewatch.base.errors import InputError
from trucewatch.cli.base import WallClock, as_of_option, json_option, show, tools
from trucewatch.cli.ring.at import no_map
from trucewatch.cli.ring.common import asked_of, case_option, ground_options, line, map_options, metres, sided, tell
from trucewatch.cli.ring.maps import day, read_map
from trucewatch.ring import RingParams, drawn, maps_of_day, middle_of_map, scan
from trucewatch.ring.question import Question
from trucewatch.ringed import ring as ring_in
from trucewatch.stores import Where, open_store
from trucewatch.tables import RINGS


@click.command("scan")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@case_option
@ground_options
@click.option("--on", "on", default=None, metavar="DATE", help="The day (UTC) asked about; of a bare file, its date.")
@click.option(
    "--wide", "corridor_m", type=click.FloatRange(1.0), default=RingParams.corridor_m, show_default=True,
    metavar="METRES", help="Find what a corridor narrower than this cuts off.",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Also what the map cannot be trusted to draw, with the reason.")
@map_options
@as_of_option
@json_option
def scan_command(
    file: Path | None, case: Where | None, on: str | None, corridor_m: float, every: bool, as_json: bool, **words: Any
) -> None:
    """Every pocket that a corridor narrower than --wide cuts off from its side, and how long it lasts as that grows."""
    params = RingParams()
    if not isfinite(corridor_m):
        raise InputError(f"is {corridor_m}", field="--wide", expected="metres, a finite number")
    if (file is None) == (case is None):
        raise InputError("one of the two is wanted", field="FILE or --case", expected="a map (GeoJSON), or a case")
    asked, until = asked_of((0.0, 0.0), words), day(on, "--on")
    if file is not None:
        made = read_map(file, words["named"], until, WallClock().now())
        told = drawn(made.areas)
        sided(asked, list(told.holders), file=file.name)
        tell(made.problems)
        found = scan(told, asked_of(middle_of_map(told), words), corridor_m, params)
    else:
        if until is None:
            raise InputError("is not given", field="--on", expected="a day (UTC), as 2024-12-12")
        use = tools()
        assert case is not None
        asks = Question("scan", asked, until, None, words["source"], corridor_m)
        store = open_store(case)
        _known(store, asks, params, words["as_of"], str(on))
        found = ring_in(store, use, asks, params, words["as_of"]).tables["pockets"]
        use.tell.done()  # type: ignore[attr-defined]
    kept = found if every else found.filter(pl.col("fit_to_tell"))
    rows = [_row(row) for row in kept.sort("neck_m", pl.col("persistence_m").neg()).rows(named=True)]
    show({"pockets": rows, "left_out": found.height - kept.height}, as_json, _lines(rows, found.height - kept.height))


def _known(store: Any, asks: Question, params: RingParams, as_of: int | None, on: str) -> None:
    """InputError where no map speaks of that day, or none of the side: no pocket found would then say nothing."""
    areas = know(store, as_of).table(store, "areas")
    maps = maps_of_day(areas, asks.until, params, asks.source)
    if not maps:
        no_map(RINGS.empty(), asks, params, on)
    sided(asks.asked, sorted({name for one in maps for name in one.holders}))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in row.items() if key not in ("neck_line", "pocket", "capture")}
    made["on"] = f"{row['on']:%Y-%m-%dT%H:%M:%SZ}"
    made["neck_line"] = line(row["neck_line"])
    made["pocket"] = shapely.to_geojson(shapely.from_wkb(row["pocket"]))
    return made


def _lines(rows: list[dict[str, Any]], left: int) -> list[str]:
    made = [
        f"{r['lon']:9.4f} {r['lat']:8.4f}  {r['treatment'].replace('_', ' '):17}  neck {metres(r['neck_m']):>8}, widest"
        f" {metres(r['wide_m'])}, {r['pocket_km2']:,.1f} km2, {r['facing'] or 0:.0%} faces the other side"
        + ("" if r["fit_to_tell"] else f"; not fit to tell: {r['because']}")
        for r in rows
    ]
    return [*made, f"{len(rows)} pockets; {left} left out, which the map cannot be trusted to draw (--all shows them)"]
