"""trucewatch locate sectors"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError, nearest
from trucewatch.base.time import zone as known
from trucewatch.cli.base import BAD_INPUT, json_option, read_file, show
from trucewatch.tables import PROBLEMS

ALSO = {
    "lon": "observer_lon", "lat": "observer_lat", "range_km": "km", "range": "km",
    "bearing_deg": "bearing", "bearing_error": "bearing_spread", "bearing_error_deg": "bearing_spread",
    "spread_deg": "bearing_spread", "direction": "bearing", "sensed": "heard_or_seen", "means": "heard_or_seen",
    "min_km": "near_km", "max_km": "far_km", "range_min_km": "near_km", "range_max_km": "far_km",
    "near_m": "near_km", "far_m": "far_km", "range_min_m": "near_km", "range_max_m": "far_km", "min_m": "near_km",
    "max_m": "far_km",
}  # fmt: skip
"""Other headers that people use -> those of a report; what ends in _m is in metres."""
NAMES = ("happening", "event", "incident", "happening_id", "event_id")
UNUSABLE = ("bad_bearing", "bad_place", "bad_number", "no_observer_place")
"""What was told and cannot be read leaves the row out: without it, its sector would be another one."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--zone", default=None, help="Zone of times that have no offset, as Asia/Aden.")
@json_option
def sectors(file: Path, zone: str | None, as_json: bool) -> None:
    """Observers' bearings and ranges to regions: FILE is a CSV with a row an observer of a happening.

    Columns: happening, observer, observer_lon, observer_lat, bearing (degrees or SSE), bearing_spread, near_km and
    far_km (or km, as 2-4), heard_or_seen, time. Rows of one happening give one region; without that column all do.
    """
    from trucewatch.locate.sectors import regions

    if zone is not None:
        known(zone, "--zone")
    sightings, problems = _sightings(file, zone)
    for where, subject, message in problems:
        click.echo(f"trucewatch: {where}{', ' if subject else ''}{subject}: {message}", err=True)
    places, shapes = regions(sightings)
    answers = _answers(places, shapes)
    show(answers, as_json, [_line(answer) for answer in answers])
    if not answers:
        click.get_current_context().exit(BAD_INPUT)


def _sightings(file: Path, zone: str | None) -> tuple[pl.DataFrame, list[tuple[str, str, str]]]:
    """A file -> what the room takes, and (where, field, message) of what cannot be used or is doubtful."""
    from trucewatch.locate.sectors import SIGHTINGS
    from trucewatch.sources.report.rows import COLUMNS, flaws, settled
    from trucewatch.sources.table.rows import rows_of

    rows = rows_of(read_file(file), file.name)
    if not rows.count:
        raise InputError("has no rows", file=file.name, expected="one for each observer of a happening")
    frame = rows.frame.rename({name: "_".join(name.lower().replace("-", " ").split()) for name in rows.frame.columns})
    told = _ours(frame)
    if not {"observer_lon", "observer_lat"} <= set(told.columns):
        raise InputError("has no observer's place", file=file.name, expected="columns observer_lon and observer_lat")
    named = next((name for name in NAMES if name in frame.columns), None)
    blank = pl.all().str.strip_chars()
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in told.columns]
    told = told.with_columns(absent).select(COLUMNS).select(pl.when(blank != "").then(blank).name.keep())
    timed = told["time"].is_not_null()
    told = told.with_columns(time=pl.col("time").fill_null("2000-01-01 00:00Z"), kind=pl.lit("explosion"))
    table = settled(told.with_columns(rows.number), zone).with_columns(
        happening=frame[named] if named else pl.lit("1"), timed=timed
    )
    wrong = [(str(p[0]), str(p[2]), str(p[3])) for p in rows.problems] + _unread(frame, named, file.name)
    faults = list(flaws(table, file.name))
    lost = _lost(table, pl.concat(faults) if faults else PROBLEMS.empty(), file.name, wrong)
    place = pl.format("{}, row {}", pl.lit(file.name), pl.col("row"))
    kept, twice = _once(table.filter(~place.is_in(list(lost))), file.name)
    at = (pl.col("start").dt.epoch("us") + pl.col("end").dt.epoch("us")) / 2e6
    made = kept.select(
        "happening", observer=pl.coalesce("observer", "team", pl.format("row {}", "row")), lon="observer_lon",
        lat="observer_lat", bearing_deg="turn", spread_deg=pl.col("spread").fill_null(180.0), near_m="near_m",
        far_m="far_m",
        seen=pl.col("heard_or_seen").str.to_lowercase().str.contains("seen|saw").fill_null(False),
        at_s=pl.when("timed").then(at), span_s=(pl.col("end") - pl.col("start")).dt.total_seconds(),
        sd_m=None,
    )  # fmt: skip
    theirs = {ours: name for name, ours in ALSO.items() if name in frame.columns and ours not in frame.columns}
    return made.cast(SIGHTINGS), [(where, theirs.get(name, name), why) for where, name, why in wrong + twice]


def _lost(table: pl.DataFrame, faults: pl.DataFrame, file: str, wrong: list[tuple[str, str, str]]) -> set[str]:
    """Rows that cannot be used; each is told in `wrong`, and so are faults that leave a row usable."""
    lost: set[str] = set()
    for where, code, subject, message in faults.select("where", "code", "subject", "message").rows():
        out = code in UNUSABLE and subject not in ("count", "killed", "injured")
        lost |= {where} if out else set()
        wrong.append((where, subject, f"{message.split(';')[0]}; the row is not used" if out else message))
    checks = (
        (pl.col("happening").is_null(), "happening", "is empty"),
        (pl.col("observer_lon").is_null(), "observer_lon", "the observer's place is not told"),
        (pl.col("turn").is_null() & pl.col("far_m").is_null(), "bearing", "neither a bearing nor a range is told"),
        (pl.col("timed") & pl.col("start").is_null(), "time", "is no time that can be placed (offset or --zone)"),
        (pl.col("nothing"), "nothing", "nothing was heard or seen, so there is nothing to locate"),
    )
    place = pl.format("{}, row {}", pl.lit(file), pl.col("row"))
    for bad, subject, message in checks:
        for row in table.filter(bad & ~place.is_in(list(lost)))["row"].to_list():
            wrong.append((f"{file}, row {row}", subject, f"{message}; the row is not used"))
            lost.add(f"{file}, row {row}")
    return lost


def _unread(frame: pl.DataFrame, named: str | None, file: str) -> list[tuple[str, str, str]]:
    """Columns that are none of ours: a range in miles must not go missing without a word."""
    from trucewatch.sources.report.rows import COLUMNS

    known = {*COLUMNS, *ALSO, named}
    made = []
    for name in frame.columns:
        if name not in known:
            hint = nearest(name, [*COLUMNS, *ALSO, *NAMES])
            made.append((file, name[:40], f"is no column of sightings; not read{hint}"))
    return made


def _ours(frame: pl.DataFrame) -> pl.DataFrame:
    """Their headers -> a report's; metres become kilometres."""
    from trucewatch.sources.report.rows import COLUMNS

    made: dict[str, pl.Expr] = {name: pl.col(name) for name in frame.columns if name in COLUMNS and name not in ALSO}
    for theirs, ours in ALSO.items():
        if theirs in frame.columns and ours not in made:
            value = pl.col(theirs)
            if theirs.endswith("_m"):
                metres = value.str.strip_chars().cast(pl.Float64, strict=False)
                value = pl.when(metres.is_null()).then(value).otherwise((metres / 1000).cast(pl.String))
            made[ours] = value
    return frame.select(expr.alias(name) for name, expr in made.items())


def _once(table: pl.DataFrame, file: str) -> tuple[pl.DataFrame, list[tuple[str, str, str]]]:
    """An observer who speaks twice of one happening is one voice: the first row is used, the other told."""
    key = ["happening", "observer"]
    named = pl.col("observer").is_not_null()
    again = table.filter(named & ~pl.struct(key).is_first_distinct())
    wrong = [
        (f"{file}, row {row}", "observer", f"{who} speaks twice of happening {what}; only the first is used")
        for row, who, what in again.select("row", "observer", "happening").rows()
    ]
    return table.filter(~named | pl.struct(key).is_first_distinct()), wrong


def _answers(places: pl.DataFrame, shapes: pl.DataFrame) -> list[dict[str, Any]]:
    import shapely
    from shapely.geometry import mapping

    made = []
    for place in places.iter_rows(named=True):
        own = shapes.filter(pl.col("happening") == place["happening"])
        made.append({
            "id": place["happening"], "lon": round(place["lon"], 6), "lat": round(place["lat"], 6),
            "radius_m": round(place["radius_m"], 1), "n_observers": place["n_observers"],
            "p_not_same": None if place["p_not_same"] is None else round(place["p_not_same"], 4),
            "observers": [
                {"observer": who, "p_other": None if p is None else round(p, 4)}
                for who, p in zip(place["observers"], place["p_other"], strict=True)
            ],
            "regions": [
                {"level": row["level"], "km2": round(row["km2"], 4),
                 "geometry": mapping(shapely.transform(shapely.from_wkb(row["region"]), lambda xy: xy.round(6)))}
                for row in own.iter_rows(named=True)
            ],
        })  # fmt: skip
    return made


def _line(answer: dict[str, Any]) -> str:
    sizes = ", ".join(f"{part['level']:.0%} in {part['km2']:.2f} km2" for part in answer["regions"])
    doubt = "" if answer["p_not_same"] is None else f"; not one happening: {answer['p_not_same']:.2f}"
    who = "observer" if answer["n_observers"] == 1 else "observers"
    return (
        f"{answer['id']}: {answer['n_observers']} {who}, around {answer['lon']:.4f} {answer['lat']:.4f} within "
        f"{answer['radius_m'] / 1000:.1f} km: {sizes}{doubt}"
    )
