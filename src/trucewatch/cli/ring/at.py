"""trucewatch ring [at]: one place, one day"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import WallClock, as_of_option, json_option, show, tools
from trucewatch.cli.ring.common import (
    asked_of,
    case_option,
    fit,
    ground_options,
    lines_of,
    map_options,
    params_of,
    place_options,
    road_options,
    tell,
    told_of,
)
from trucewatch.cli.ring.maps import day, point, read_map, roads_of
from trucewatch.ring import OUTSIDE, Beside, Question, RingParams, drawn, rings
from trucewatch.ringed import ring as ring_in
from trucewatch.stores import Where, open_store


@click.command("at")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@case_option
@place_options
@ground_options
@road_options
@click.option("--on", "on", default=None, metavar="DATE", help="The day (UTC) asked about; of a bare file, its date.")
@map_options
@as_of_option
@json_option
def at_command(file: Path | None, case: Where | None, at: str, on: str | None, as_json: bool, **words: Any) -> None:
    """Is a force at a place cut off, by whose map? The default command: `trucewatch ring FILE --at LON,LAT ...`."""
    where, params = point(at, "--at"), params_of(words)
    assert where is not None
    if (file is None) == (case is None):
        raise InputError("one of the two is wanted", field="FILE or --case", expected="a map (GeoJSON), or a case")
    asks = Question(
        "at", asked_of(where, words), WallClock().now(), None, words["source"], None, roads_of(words["roads"])
    )
    answer = _of_case(case, asks, on, words, params) if case is not None else _of_file(file, asks, on, words, params)
    show(answer, as_json, lines_of(answer))


def _of_file(file: Path | None, asks: Question, on: str | None, words: dict[str, Any], params: RingParams) -> Any:
    assert file is not None
    made = read_map(file, words["named"], day(on, "--on"), WallClock().now())
    told = drawn(made.areas)
    fit(told, asks.asked, params, file.name)
    found = rings([told], asks.asked, params, Beside(asks.roads))
    answer = told_of(found.rings, found.routes)
    answer["problems"] = made.problems.rows(named=True)
    answer["dated"] = made.told
    tell(made.problems)
    return answer


def _of_case(case: Where, asks: Question, on: str | None, words: dict[str, Any], params: RingParams) -> Any:
    until = day(on, "--on")
    if until is None:
        raise InputError("is not given", field="--on", expected="a day (UTC), as 2024-12-12")
    use = tools()
    asks = Question("at", asks.asked, until, None, asks.source, None, asks.roads)
    made = ring_in(open_store(case), use, asks, params, words["as_of"])
    use.tell.done()  # type: ignore[attr-defined]
    found = made.tables["rings"]
    no_map(found, asks, params, on)
    told_by(found, asks, params)
    return told_of(found, made.tables["routes"])


def no_map(found: pl.DataFrame, asks: Question, params: RingParams, on: str | None) -> None:
    """InputError where the case holds no map that can answer."""
    if found.is_empty():
        whose = f" by {asks.source}" if asks.source else ""
        what = f"there is no map{whose} of {on} or of the {params.map_age_days:g} days before"
        raise InputError(what, field="--on", expected="a day that a map speaks of")


def told_by(found: pl.DataFrame, asks: Question, params: RingParams) -> None:
    """InputError where no map knows the side, or all of them give the place to somebody else."""
    held = found["held_by"].unique().sort().to_list()
    if held == [OUTSIDE]:
        far = f"lies more than {params.outside_km:g} km outside everything that the maps draw"
        raise InputError(far, field="--at", expected="a place on the maps, as LON,LAT")
    if found["neck_m"].null_count() < found.height or set(held) & {"contested", "unknown"}:
        return
    ours = [asks.asked.side] + ["unmarked"] * (asks.asked.elsewhere == asks.asked.side)
    if asks.asked.rear is not None and set(held) <= set(ours):
        raise InputError(f"lies on no ground of {asks.asked.side} by any map", field="--rear")
    if held == [asks.asked.side]:
        raise UnknownName("main body of that side on these maps", asks.asked.side, [], field="--held-by")
    other = asks.asked.elsewhere
    left = "ground that a map leaves unmarked" if other is None else f"ground of {other}, which the map leaves unmarked"
    words = {"unmarked": left, "barrier": "a barrier", OUTSIDE: "ground far outside a map"}
    told = ", ".join(words.get(by, f"ground of {by}") for by in held)
    raise InputError(f"lies on {told}, not of {asks.asked.side}, by every map", field="--at")
