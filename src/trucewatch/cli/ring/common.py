"""What the commands of the group share: the options of a question, checks, and how an answer is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import click
import polars as pl
import shapely

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import PLACE, WallClock
from trucewatch.cli.ring.maps import barriers_of, border_of, point, read_map
from trucewatch.ring import NOTHING, OPEN, OUTSIDE, RUNGS, TREATMENTS, Asked, Drawn, RingParams
from trucewatch.ringed import named

FILE = click.Path(path_type=Path)


def case_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--case, in place of files."""
    return click.option(
        "--case", "case", type=PLACE, default=None, help="A case that holds the maps, in place of files."
    )(command)


def map_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--map and --mapping."""
    for option in (
        click.option("--mapping", "named", default=None, metavar="NAME|FILE", help="What a bare map's colours mean."),
        click.option("--map", "source", default=None, metavar="SOURCE", help="One mapper's maps of the case alone."),
    ):
        command = option(command)
    return command


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--at and --rear."""
    for option in (
        click.option("--rear", default=None, metavar="LON,LAT", help="A point of the main body; else the map tells."),
        click.option("--at", required=True, metavar="LON,LAT", help="The place asked about, degrees east and north."),
    ):
        command = option(command)
    return command


def ground_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Whose ground is what."""
    for option in (
        click.option("--beyond", default=None, metavar="PARTY", help="Who holds unmarked ground outside --border."),
        click.option(
            "--border", default=None, type=FILE, help="Polygons: unmarked ground outside them is held by --beyond."
        ),
        click.option(
            "--barrier",
            "barriers",
            multiple=True,
            type=FILE,
            help="A coast or a third state's border: none can pass, and it is nobody's front. May be given again.",
        ),
        click.option(
            "--elsewhere",
            default=None,
            metavar="PARTY",
            help="Who holds what the map leaves unmarked; else nobody, and no way leads across it.",
        ),
        click.option("--held-by", "held_by", required=True, metavar="PARTY", help="Whose force: the side asked after."),
    ):
        command = option(command)
    return command


def road_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--roads and the reaches by which a road is under fire."""
    p = RingParams()
    for option in (
        click.option("--tube-m", default=p.tube_m, show_default=True, help="Reach of tube artillery, metres."),
        click.option("--drones-m", default=p.drones_m, show_default=True, help="Reach of drones, metres."),
        click.option("--direct-m", default=p.direct_m, show_default=True, help="Reach of direct fire, metres."),
        click.option("--roads", default=None, type=FILE, help="Roads as lines: GeoJSON or GeoPackage."),
    ):
        command = option(command)
    return command


def params_of(words: dict[str, Any]) -> RingParams:
    """The reaches given -> params. InputError where they do not grow."""
    made = replace(RingParams(), direct_m=words["direct_m"], drones_m=words["drones_m"], tube_m=words["tube_m"])
    if not 0 < made.direct_m <= made.drones_m <= made.tube_m < inf:
        raise InputError(
            "do not grow", field="reaches", expected="0 < --direct-m <= --drones-m <= --tube-m, all finite"
        )
    return made


def asked_of(at: tuple[float, float], words: dict[str, Any]) -> Asked:
    """Options -> the question."""
    if (words["border"] is None) != (words["beyond"] is None):
        raise InputError("go together", field="--border and --beyond", expected="both or neither")
    return Asked(
        words["held_by"], *at, words["elsewhere"], point(words.get("rear"), "--rear"),
        barriers_of(words["barriers"]), border_of(words["border"]), words["beyond"],
    )  # fmt: skip


def maps_of(files: tuple[Path, ...], asked: Asked, mapped: str | None) -> pl.DataFrame:
    """Map files -> their areas, problems told. InputError where a file does not say of what instant it is, for then no
    day is its own, or where none of them knows the side."""
    made = []
    for file in files:
        one = read_map(file, mapped, None, WallClock().now())
        if not one.told:
            wanted = "`snapshot_utc` in it, unix seconds in its name, or a --mapping that knows its hour"
            raise InputError("does not tell of what instant it is", file=file.name, field="on", expected=wanted)
        tell(one.problems)
        made.append(one.areas)
    areas = pl.concat(made)
    sided(asked, areas["held_by"].drop_nulls().unique().to_list())
    return areas


def tell(problems: pl.DataFrame) -> None:
    """Problem rows, a line each."""
    for row in problems.rows(named=True):
        click.echo(f"trucewatch: {row['where']}: {row['message']}", err=True)


def sided(asked: Asked, drawn: list[str], **where: str) -> None:
    """UnknownName where nobody of that name holds ground that is drawn, nor what is not."""
    named(asked, drawn, **where)
    if asked.side not in (*(name for name in drawn if name not in OPEN), asked.elsewhere, asked.beyond):
        holders = [name for name in drawn if name not in OPEN]
        raise UnknownName("holder of ground on the map", asked.side, holders, field="--held-by", **where)


def fit(told: Drawn, asked: Asked, params: RingParams, name: str) -> None:
    """InputError where this map cannot be asked this: a side that holds nothing, a place outside it or not its own."""
    if not told.holders and asked.side not in (asked.elsewhere, asked.beyond):
        raise InputError("draws nobody's ground", file=name, field="held_by")
    sided(asked, list(told.holders), file=name)
    if told.off_m(asked) > params.outside_km * 1000:
        what = f"lies more than {params.outside_km:g} km outside everything that the map draws"
        raise InputError(what, file=name, field="--at", expected="a place on the map, as LON,LAT")
    _held(told, asked, name, "--at")
    if asked.rear is not None:
        lon, lat = asked.rear
        _held(told, replace(asked, lon=lon, lat=lat), name, "--rear")


def _held(told: Drawn, asked: Asked, name: str, option: str) -> None:
    """InputError where a point is on ground that is not and may not be the side's."""
    held = told.at(asked)
    if held == "barrier":
        raise InputError("lies on a barrier, as in the sea or a third state", file=name, field=option)
    if held == "unmarked" and asked.elsewhere is None:
        what = "lies where the map marks nothing"
        raise InputError(what, file=name, field=option, expected="--elsewhere PARTY, or another place")
    holder = asked.elsewhere if held == "unmarked" else held
    if holder not in (asked.side, "contested", "unknown"):
        raise InputError(f"lies on ground of {holder}, not of {asked.side}", file=name, field=option)


def told_of(rings: pl.DataFrame, routes: pl.DataFrame) -> dict[str, Any]:
    """RINGS and ROUTES -> the answer: bounds over maps and treatments, and every map's own opinion."""
    known = rings.filter(pl.col("rung_low").is_not_null())
    low, high = (None, None) if known.is_empty() else (known["rung_low"].min(), known["rung_high"].max())
    maps = [_map(part) for _, part in sorted(rings.partition_by("source", "on", as_dict=True).items())]
    one = maps[0] if len(maps) == 1 else None
    silent = [m["source"] for m in maps if None in m["rung_low"].values()]
    return {
        "rung_low": low,
        "rung_high": high,
        "rung_says": says(low, high),
        "silent": silent,
        "neck_m": one["neck_m"] if one else _range(rings, "neck_m"),
        "neck_line": one["neck_line"] if one else None,
        "pocket_km2": one["pocket_km2"] if one else _range(rings, "pocket_km2"),
        "depth_m": one["depth_m"] if one else _range(rings, "depth_m"),
        "doctrine": {name: _doctrine(rings, name) for name in ("physical", "lines", "fire")},
        "routes": [_route(row) for row in routes.rows(named=True)],
        "maps": maps,
        "because": [f"{r['source']}, {r['treatment']}: {r['because']}" for r in rings.rows(named=True)],
        "would_settle": settles(rings),
    }


def settles(rings: pl.DataFrame) -> list[str]:
    """What would settle it; that nothing would is told only where all maps say so."""
    told = sorted(set(rings["would_settle"].drop_nulls()))
    return [what for what in told if what != NOTHING] or told


def says(low: Any, high: Any) -> str:
    """Bounds as words."""
    if low is None:
        return "cannot be told"
    return RUNGS[low] if low == high else f"between {RUNGS[low]} and {RUNGS[high]}"


def _doctrine(rings: pl.DataFrame, name: str) -> str:
    words = set(rings[name].cast(pl.String).drop_nulls())
    return words.pop() if len(words) == 1 else "depends on the map or on contested ground" if words else "cannot_tell"


def _range(rings: pl.DataFrame, column: str) -> dict[str, list[float | None]]:
    made: dict[str, list[float | None]] = {}
    for treatment in TREATMENTS:
        mine = rings.filter(pl.col("treatment") == treatment)[column]
        made[treatment] = [mine.min(), mine.max()]  # type: ignore[list-item]
    return made


def _map(part: pl.DataFrame) -> dict[str, Any]:
    rows = {row["treatment"]: row for row in part.rows(named=True)}
    first = next(iter(rows.values()))
    made: dict[str, Any] = {key: first[key] for key in ("source", "capture", "held_by", "front_m", "lag_h")}
    made["on"] = f"{first['on']:%Y-%m-%dT%H:%M:%SZ}"
    for key in (
        "neck_m", "narrows", "pocket_km2", "depth_m", "facing", "rung_low", "rung_high", "physical", "lines", "fire",
        "routes_left", "because",
    ):  # fmt: skip
        made[key] = {treatment: row[key] for treatment, row in rows.items()}
    made["neck_line"] = {treatment: line(row["neck_line"]) for treatment, row in rows.items()}
    return made


def line(raw: bytes | None) -> list[list[float]] | None:
    """WKB -> coordinates, to a centimetre."""
    return (
        None if raw is None else [[round(x, 7), round(y, 7)] for x, y in shapely.get_coordinates(shapely.from_wkb(raw))]
    )


def _route(row: dict[str, Any]) -> dict[str, Any]:
    made = {
        key: row[key] for key in ("treatment", "route", "roads", "state", "reach", "least_m", "length_m", "incidents")
    }
    return {"source": row["source"], **made}


_WORDS = {
    "contested": "contested", "unknown": "on ground of unknown holders", "barrier": "on a barrier",
    "unmarked": "on ground that the map leaves unmarked", OUTSIDE: "far outside everything that the map draws",
}  # fmt: skip


def neck(row: dict[str, Any]) -> str:
    """A row's neck as people write it: a number, none, or not told."""
    return "not told" if row["neck_m"] is None else metres(row["neck_m"]) if row["narrows"] else "none"


def held(by: str) -> str:
    """Who holds a place by a map, in words."""
    if by in _WORDS:
        return _WORDS[by]
    return f"held by {by}"


def metres(value: float | None) -> str:
    """A length as people write it."""
    return "not told" if value is None else f"{value:,.0f} m"


def lines_of(told: dict[str, Any]) -> list[str]:
    """The answer for people."""
    bounds = "" if told["rung_low"] is None else f" (rung {told['rung_low']} to {told['rung_high']})"
    silent = f"; of {len(told['maps'])} maps not told by: {', '.join(told['silent'])}" if told["silent"] else ""
    made = [f"{told['rung_says']}{bounds}{silent}"]
    for one in told["maps"]:
        when = f"of {one['on']}" if told.get("dated", True) else "of a day that it does not tell"
        made.append(f"{one['source']} {when}: the place is {held(one['held_by'])}")
        for treatment in TREATMENTS:
            pocket = one["pocket_km2"][treatment]
            cut = "" if pocket is None else f"; pocket {pocket:,.1f} km2, {metres(one['depth_m'][treatment])} deep"
            told_neck = neck({name: one[name][treatment] for name in ("neck_m", "narrows")})
            made.append(f"  {treatment.replace('_', ' ')}: neck {told_neck}{cut}; {one['because'][treatment]}")
    names = {"physical": "physical closure", "lines": "all ground lines cut", "fire": "fire control"}
    made += [f"{names[name]}: {answer.replace('_', ' ')}" for name, answer in told["doctrine"].items()]
    for way in told["routes"]:
        reach = f", within reach of {way['reach']}" if way["reach"] else ""
        made.append(
            f"  road {', '.join(way['roads'])} ({way['treatment'].replace('_', ' ')}): {way['state'].replace('_', ' ')}"
            f"{reach}; nearest {metres(way['least_m'])}"
        )
    return made + [f"would settle it: {what}" for what in told["would_settle"]]
