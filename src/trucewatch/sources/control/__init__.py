"""Maps of who holds what: GeoJSON in each mapper's own form -> areas. Half a map is no map and is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems
from trucewatch.base.time import instant
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.control.rules import Plan, plan, spaced
from trucewatch.sources.control.shapes import CRS, Shape, in_degrees, mover, shape_of, wkb
from trucewatch.sources.http import given, plain
from trucewatch.sources.table.rows import unzipped
from trucewatch.tables import AREAS

KEEP = ("mapping", "mapper", "on", "zone")
FORM = "a whole GeoJSON FeatureCollection"
_UNIX = re.compile(r"(?<!\d)(1\d{9})(?!\d)")  # September 2001 to May 2033
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
Problem = tuple[str, str, str, str, bool]


class Control:
    """One capture is one map of one instant by one mapper."""

    name = "control"
    about = "front-line and control maps (GeoJSON), with a mapping for each mapper's colours and words"
    licence = "as the mapper says"
    options = {  # noqa: RUF012
        "mapping": "name of a file in mappings/, or your own: which colour or word means whose; none for plain GeoJSON",
        "mapper": "whose map it is, where the mapping does not say: makes the source `control/<mapper>`",
        "on": "the instant that the map speaks of, with its zone, where neither the file nor its name tells",
        "zone": "zone of `on`, where that has none",
        "url": "an address to get the map from, in place of --file",
    }
    default_mapping = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        licence = plan(plain(request.options.get("mapping") or None)).licence or self.licence
        yield from given(request, transport, "application/geo+json", licence, KEEP)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Features -> areas. Points are never read: an icon may be where people stand."""
        made = plan(capture.options.get("mapping"))
        collection = _collection(raw, capture.name)
        declared, move = mover(collection.get("crs"), capture.name)
        noted: list[Problem] = []
        on = _instant(collection, capture, made, noted)
        mapper = spaced(capture.options.get("mapper")) or made.mapper or "unnamed"
        rows: list[dict[str, Any]] = []
        features = collection["features"]
        if not features:
            noted.append((capture.name, "empty_map", "", "the map has no features at all", False))
        for number, feature in enumerate(features, 1):
            where = f"{capture.name}, row {number}"
            area, flaws = _area(feature, made, on, move, (declared, capture.name))
            lost = area is None
            noted += [(where, code, subject, why, lost) for code, subject, why in flaws]
            if area is not None:
                rows.append({"id": f"{capture.id}#feature-{number}", "locator": f"feature {number}", **area})
        areas = pl.DataFrame(rows, schema={name: kind for name, kind in AREAS.schema.items() if name not in _SAME})
        areas = areas.with_columns(
            capture=pl.lit(capture.id), source=pl.lit(f"control/{mapper}"), on=pl.lit(on), crs=pl.lit(CRS)
        )
        return Read(len(features), areas=AREAS.fit(areas), problems=problems(noted))


_SAME = ("capture", "source", "on", "crs")


def _collection(raw: bytes, file: str) -> dict[str, Any]:
    """bytes, gzip's or not -> a FeatureCollection; a lone feature or geometry is one of one."""
    raw = unzipped(raw, file, FORM)
    if not raw.strip():
        raise InputError("is empty", file=file, expected=FORM)
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=file, expected=FORM) from None
    except (ValueError, RecursionError) as wrong:
        what = "is a web page" if raw.lstrip().startswith(b"<") else f"is not whole JSON ({wrong})"
        raise InputError(what, file=file, expected=FORM) from None
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = {"type": "FeatureCollection", "features": [value], "crs": value.get("crs")}
    elif isinstance(value, dict) and "coordinates" in value:
        value = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": value, "properties": {}}]}
    if not isinstance(value, dict) or not isinstance(value.get("features"), list):
        raise InputError("has no list of features", file=file, expected=FORM)
    return value


def _instant(collection: Mapping[str, Any], capture: Capture, made: Plan, noted: list[Problem]) -> datetime:
    """Option `on`, else the file's own instant, else its name's: unix seconds, or a date and the mapping's hour."""
    if told := capture.options.get("on"):
        zone = capture.options.get("zone")
        try:
            return instant(str(told), str(zone) if zone else None)
        except InputError as wrong:
            raise InputError(wrong.what, field="on", expected=wrong.expected) from None
    if told := spaced(collection.get(made.instant_at)):
        try:
            return instant(told, "UTC" if made.instant_at.endswith("_utc") else None)
        except InputError as wrong:
            raise InputError(wrong.what, file=capture.name, field=made.instant_at, expected=wrong.expected) from None
    names = [name for name in (spaced(collection.get("name")), capture.name) if name]
    for name in names:
        if unix := _UNIX.search(name):
            return datetime.fromtimestamp(int(unix[1]), UTC)
    dates = [found for found in (_date(name) for name in names) if found]
    if dates and made.hour_utc is not None:
        if len(set(dates)) > 1:
            why = f"the file is named for {dates[1]} and says {dates[0]} inside; the latter is taken"
            noted.append((capture.name, "two_dates", "on", why, False))
        return datetime(dates[0].year, dates[0].month, dates[0].day, made.hour_utc, tzinfo=UTC)
    what = f"tells the day ({dates[0]}) and not the hour" if dates else "does not tell of what instant it is"
    raise InputError(
        what, file=capture.name, field="on", expected="--option on='2026-01-02 03:00 UTC', or hour_utc in a mapping"
    )


def _date(name: str) -> date | None:
    for year, month, day in _DATE.findall(name):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


Flaw = tuple[str, str, str]


def _area(
    feature: Any, made: Plan, on: datetime, move: Any, crs: tuple[bool, str]
) -> tuple[dict[str, Any] | None, list[Flaw]]:
    """One feature -> (its row, flaws), or (None, the one reason why it is lost)."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
        return None, [("bad_feature", "", "is not a GeoJSON feature")]
    shape: Shape = shape_of(feature.get("geometry"), move)
    if shape.lost:
        return None, [(shape.lost[0], "geometry", shape.lost[1])]
    if not in_degrees(shape.geometry):
        if not crs[0]:
            raise InputError(
                "is a map without a CRS: its coordinates are not degrees",
                file=crs[1], field="crs", expected="a `crs` member, as EPSG:3857, or degrees",
            )  # fmt: skip
        return None, [("bad_place", "geometry", "has degrees that no place has")]
    properties = feature.get("properties") or {}
    says = made.says(properties, on)
    flaws: list[Flaw] = [(code, "geometry", why) for code, why in shape.flaws]
    if says is not None and says.skip:
        return None, [("skipped", "", f"the mapping leaves it out: {says.skip}")]
    if shape.is_line and not (says and (says.role or "").startswith("line")):
        return None, [("not_an_area", "geometry", "is a line to which the mapping gives no role; not read")]
    if says is None:
        flaws.append(("no_rule", "held_by", "no rule of the mapping fits it, so who holds it is not told"))
    return {
        "held_by": says.held_by if says else None if made.plain else "unknown",
        "role": says.role if says else None,
        "name": spaced(properties.get(made.label)),
        "geometry": wkb(shape.geometry),
    }, flaws


SOURCE = Control()
