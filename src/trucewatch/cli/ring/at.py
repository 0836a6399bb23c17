"""trucewatch ring [at]: one place, one day"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.cli.base import WallClock, json_option, show
from trucewatch.cli.ring.common import (
    asked_of,
    fit,
    ground_options,
    lines_of,
    params_of,
    place_options,
    road_options,
    told_of,
)
from trucewatch.cli.ring.maps import day, point, read_map, roads_of
from trucewatch.ring import Beside, drawn, rings


@click.command("at")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@place_options
@ground_options
@road_options
@click.option("--on", "on", default=None, metavar="DATE", help="The day (UTC) asked about; of a bare file, its date.")
@click.option("--mapping", "named", default=None, metavar="NAME|FILE", help="What the map's colours and words mean.")
@json_option
def at_command(file: Path | None, at: str, on: str | None, named: str | None, as_json: bool, **words: Any) -> None:
    """Is a force at a place cut off, by whose map? The default command: `trucewatch ring FILE --at LON,LAT ...`."""
    where, params, until = point(at, "--at"), params_of(words), day(on, "--on")
    assert where is not None
    if file is None:
        raise InputError("is not given", field="FILE", expected="a map (GeoJSON), or --case DIR")
    asked, roads = asked_of(where, words), roads_of(words["roads"])
    made = read_map(file, named, until, WallClock().now())
    told = drawn(made.areas)
    fit(told, asked, params, file.name)
    found = rings([told], asked, params, Beside(roads))
    answer = told_of(found.rings, found.routes)
    answer["problems"] = made.problems.rows(named=True)
    answer["dated"] = made.told
    for row in made.problems.rows(named=True):
        click.echo(f"trucewatch: {row['where']}: {row['message']}", err=True)
    show(answer, as_json, lines_of(answer))
