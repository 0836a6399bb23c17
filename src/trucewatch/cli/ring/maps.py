"""Files at the door: a map of control, barriers, borders and roads -> what the room takes."""

from __future__ import annotations

import json
import sqlite3
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import polars as pl
import shapely

from trucewatch.base.errors import InputError
from trucewatch.base.time import instant
from trucewatch.cli.base import mapping, read_file
from trucewatch.ports import Capture
from trucewatch.ring import Roads
from trucewatch.sources.control import FORM, SOURCE
from trucewatch.sources.control.shapes import in_degrees, mover
from trucewatch.sources.table.rows import unzipped

GEOPACKAGE = b"SQLite format 3\x00"
_NAMED = 20
"""So many rows that are left out are told one by one; the others are counted."""


@dataclass(frozen=True)
class File:
    """A map's areas and problems; told: did anybody say of what instant it is?"""

    areas: pl.DataFrame
    problems: pl.DataFrame
    told: bool


def read_map(path: Path, named: str | None, on: datetime | None, now: datetime) -> File:
    """A map file -> its areas. InputError where it cannot be read, draws nobody's ground, or is of a day to come."""
    raw = read_file(path)
    _one_crs(unzipped(raw, path.name, FORM), path.name)
    keep: dict[str, Any] = {"mapping": mapping(named)} if named else {}

    def read(at: datetime | None) -> Any:
        options = {**keep, "on": at.isoformat()} if at else keep
        return SOURCE.read(Capture(path.name, "control", path.name, "application/geo+json", now, "", options), raw)

    told = True
    try:
        made = read(on)
    except InputError as wrong:
        if wrong.field != "on" or on is not None:
            raise
        made, told = read(now), False
    if made.areas.is_empty():
        first = made.problems["message"][0] if made.problems.height else "it is empty"
        raise InputError(f"draws no ground ({first})", file=path.name, expected="polygons that say `held_by`")
    dated = made.areas["on"][0]
    if dated > now + timedelta(days=1):
        raise InputError(f"is dated {dated:%Y-%m-%d}, which is to come", file=path.name, expected="a map of the past")
    if made.areas["held_by"].null_count() == made.areas.height:
        what = "says of none of its shapes who holds them"
        raise InputError(
            what, file=path.name, field="held_by", expected="a party, `contested` or `unknown`, or --mapping"
        )
    return File(made.areas, made.problems, told)


def _one_crs(raw: bytes, file: str) -> None:
    """A collection whose features name coordinate systems of their own is refused: two in one file are one too many."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return  # the reader of maps says what is wrong
    features = value.get("features") if isinstance(value, dict) else None
    if not isinstance(features, list):
        return
    whole = json.dumps(value.get("crs"), sort_keys=True)
    for row, feature in enumerate(features, 1):
        told = feature.get("crs") if isinstance(feature, dict) else None
        if told is not None and json.dumps(told, sort_keys=True) != whole:
            raise InputError("names a coordinate system of its own", file=file, row=row, field="crs",
                             expected="one for the whole file")  # fmt: skip


def shapes(path: Path, kinds: tuple[str, ...], noun: str) -> list[tuple[str, Any]]:
    """GeoJSON or GeoPackage -> (name, shape in degrees) of those kinds. InputError where there is none."""
    raw = read_file(path)
    told = _geopackage(path) if raw.startswith(GEOPACKAGE) else _geojson(unzipped(raw, path.name, FORM), path.name)
    made, lost = [], []
    for row, (name, shape) in enumerate(told, 1):
        known = shape is not None and not shapely.is_empty(shape) and in_degrees(shape)
        parts = [part for part in _parts(shapely.force_2d(shape)) if part.geom_type in kinds] if known else []
        for part in parts:
            made.append((name or f"{noun} {row}", part if shapely.is_valid(part) else shapely.make_valid(part)))
        lost += [] if parts else [row]
    if not made:
        raise InputError(f"holds no {noun}", file=path.name, expected=f"{' or '.join(kinds)} in degrees")
    for row in lost[:_NAMED]:
        click.echo(f"trucewatch: {path.name}, row {row}: is no {noun} in degrees; left out", err=True)
    if len(lost) > _NAMED:
        click.echo(f"trucewatch: {path.name}: {len(lost) - _NAMED} more rows are no {noun}; left out", err=True)
    return made


def _parts(shape: Any) -> list[Any]:
    return [p for part in shape.geoms for p in _parts(part)] if hasattr(shape, "geoms") else [shape]


def _geojson(raw: bytes, file: str) -> list[tuple[str | None, Any]]:
    try:
        value = json.loads(raw.decode("utf-8-sig"))
        if value.get("type") == "Feature" or "coordinates" in value:
            value = {"features": [value], "crs": value.get("crs")}
        features = list(value["features"])
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        raise InputError("is no GeoJSON", file=file, expected="a FeatureCollection or a GeoPackage") from None
    _, move = mover(value.get("crs"), file)
    made = []
    for feature in features:
        geometry = feature.get("geometry", feature) if isinstance(feature, dict) else None
        try:
            shape = shapely.from_geojson(json.dumps(geometry)) if geometry else None
        except (shapely.errors.GEOSException, ValueError, RecursionError):
            shape = None
        if shape is not None and move is not None:
            shape = shapely.transform(shape, move, interleaved=False)  # type: ignore[arg-type]
        made.append((_name(feature.get("properties") or {}) if isinstance(feature, dict) else None, shape))
    return made


def _name(told: dict[str, Any]) -> str | None:
    said = next((told[key] for key in ("name", "ref", "NAME", "REF", "id") if told.get(key) not in (None, "")), None)
    return None if said is None else " ".join(str(said).split())


_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


def _geopackage(path: Path) -> list[tuple[str | None, Any]]:
    """Every feature table of a GeoPackage (OGC 12-128): its header is skipped, the rest is WKB."""
    made: list[tuple[str | None, Any]] = []
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            for table, column, srs in db.execute("select table_name, column_name, srs_id from gpkg_geometry_columns"):
                move = None if srs in (4326, 0, -1) else mover(f"EPSG:{srs}", path.name)[1]
                quoted = table.replace('"', '""')
                for row in db.execute(f'select * from "{quoted}"'):
                    shape = _unwrapped(row[column])
                    if shape is not None and move is not None:
                        shape = shapely.transform(shape, move, interleaved=False)  # type: ignore[arg-type]
                    made.append((_name({key: row[key] for key in row.keys()}), shape))  # noqa: SIM118
    except sqlite3.Error as wrong:
        raise InputError(f"is no GeoPackage that can be read ({wrong})", file=path.name) from None
    return made


def _unwrapped(blob: bytes | None) -> Any:
    if not blob or blob[:2] != b"GP":
        return None
    envelope = _ENVELOPES.get((blob[3] >> 1) & 7)
    if envelope is None:
        return None
    try:
        return shapely.from_wkb(blob[8 + envelope :])
    except (shapely.errors.GEOSException, struct.error):
        return None


def roads_of(path: Path | None) -> Roads | None:
    """A file of roads -> lines and names."""
    if path is None:
        return None
    told = shapes(path, ("LineString",), "road")
    return Roads(tuple(shape for _, shape in told), tuple(name for name, _ in told))


def barriers_of(paths: tuple[Path, ...]) -> tuple[Any, ...]:
    """Files of barriers -> their shapes."""
    kinds = ("Polygon", "LineString")
    return tuple(shape for path in paths for _, shape in shapes(path, kinds, "barrier"))


def border_of(path: Path | None) -> Any:
    """A file with polygons -> the ground within the border."""
    return None if path is None else shapely.union_all([s for _, s in shapes(path, ("Polygon",), "polygon")])


def point(text: str | None, option: str) -> tuple[float, float] | None:
    """LON,LAT -> degrees. InputError names the option."""
    if text is None:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{text!r} is no place", field=option, expected="LON,LAT in degrees, as 37.27,47.91") from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(f"{text!r} is no place on earth", field=option, expected="LON,LAT in degrees") from None
    return lon, lat


def day(text: str | None, option: str) -> datetime | None:
    """A day (UTC) or an instant -> the end of the day, or the instant."""
    if text is None:
        return None
    try:
        if len(text.strip()) == 10:
            return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC) + timedelta(days=1)
        return instant(text)
    except (InputError, ValueError):
        raise InputError(f"there is no day {text!r}", field=option, expected="a day (UTC), as 2024-12-12") from None
