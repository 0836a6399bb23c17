"""VIINA: headlines about a war from many outlets, sorted and geocoded by machine. One headline is one voice.

Read in the reduced extract's form (datetime, lon, lat, place_name, event_type, headline) and in VIINA 2.0's own
(event_id, date, time, longitude, latitude, t_*_b, source, text, ...), column by column, by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.time import UTC_US
from trucewatch.kinds import KINDS
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.cells import SAYS_CHARS, Faults, Sheet, files_of, number, point, read_sheet, repeated, words
from trucewatch.sources.days import EARLIEST, FIRST_MIDNIGHT, LAST_MIDNIGHT, zone_of
from trucewatch.sources.days import LATEST as LATEST_DAY
from trucewatch.tables import OBSERVATIONS

REPORT_LAG_H = 24
"""Hours from the happening to its headline. The stamp is the report's, and the staple of the feed is the morning
communique about the day and night before. Option `lag_hours` sets another."""
MOST_LAG_H = 24 * 31
"""A lag of more than a month says nothing about when."""
RADIUS_M = 10_000.0
"""The middle of a place named in a headline: it holds all but the largest cities, and the fields around a village."""
RADIUS_BY_PRECISION_M = {
    "STREET": 1_000.0,  # geocoded to a street
    "ADM3": 10_000.0,  # a settlement's own unit
    "ADM2": 50_000.0,  # the middle of a district
    "ADM1": 150_000.0,  # the middle of a province
}
"""GEO_PRECISION of VIINA's own files -> metres."""
NULL_ISLAND_DEG = 0.01
"""Points this near to 0, 0 are a geocoder's way to say that it found nothing: no land is there."""
REPAIRS = {
    "arresb": "arrest", "firefighb": "firefight", "retreab": "retreat", "airalerb": "airalert",
    "san": "sanctions", "hospitals": "hospital",
}  # fmt: skip
"""Labels as the extractor mangles them (it ate the tail of `_b`) -> labels as VIINA has them."""
KIND_OF = {
    "artillery": "shelling",
    "airstrike": "air_strike",
    "uav": "drone_strike",
    "ied": "explosion",  # VIINA: "improvised explosive device, roadside bomb, landmine, car bomb, explosion"
    "firefight": "small_arms",
    "raid": "assault",
    "armor": "clash",  # a tank battle, or an assault
    "aad": "air_defence",
    "killing": "killing",
    "civcas": "damage",
    "hospital": "damage",
    "property": "damage",
    "milcas": "loss",
    "arrest": "detention",
    "retreat": "redeployment",
    "control": "control",
    "occupy": "control",
    "cyber": "other",
    "sanctions": "other",
}
"""label -> kind."""
FLAGS = frozenset({"loc", "mil", "nmil", "airalert"})
"""Labels that are no act: a place was named, it is about the war, it is not, sirens went off."""
PEACEFUL = frozenset({"detention", "redeployment", "control", "other"})
"""Kinds that tell nothing of a strike that the same headline also reports; they speak where there is no other."""
NOT_JOINED = frozenset({"heat", "loss", "attack_on_civilians", "unspecified"})
"""Kinds that are not used to stand for two different acts: each says more than "one of these"."""
EXPECTED = "a VIINA table with datetime (or date), lon, lat, event_type (or t_*_b), headline"
KEEP = ("zone", "mapping", "lag_hours")
ALIASES = {"longitude": "lon", "latitude": "lat", "text": "headline", "asciiname": "place_name"}
"""VIINA 2.0's names -> the extract's."""
OPTIONAL = ("place_name", "event_type", "headline", "source", "event_id", "geo_precision", "time")


class Viina:
    """Violent Incident Information from News Articles."""

    name = "viina"
    about = "News headlines of a war, labelled and geocoded by machine (VIINA 2.0): many voices, coarse places."
    licence = "ODbL 1.0 (Zhukov and Ayers, VIINA 2.0): attribute, and share databases made of it alike"
    options: Mapping[str, str] = {
        "zone": "IANA zone of the stamps, as the outlets' own; without it every span is 26 hours wider",
        "lag_hours": f"most hours from the happening to its headline; {REPORT_LAG_H} where not told",
        "mapping": "file under mappings/ with `actors: {a_..._b: who that is}`, for VIINA's own files",
    }
    default_mapping: str | None = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files given. VIINA has no API: its files are at github.com/zhukovyuri/VIINA."""
        if not request.files:
            raise InputError("has no API", field="file", expected="--file with a VIINA table")
        yield from files_of(request, self.licence, KEEP)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """CSV of either form -> observations, one a row: rows of one headline share its lineage."""
        sheet = read_sheet(raw, capture.name, ("lon", "lat"), EXPECTED, _renamed)
        faults = sheet.faults
        rows = _stamped(sheet, capture, faults)
        rows = rows.join(_kinds(rows, faults), on="labels", how="left", nulls_equal=True, maintain_order="left")
        rows = rows.join(_hashes(rows), on="headline", how="left", nulls_equal=True, maintain_order="left")
        rows = rows.with_columns(by=_by(rows, capture.options))
        return Read(sheet.total, OBSERVATIONS.fit(_observations(rows, capture, faults)), problems=faults.table())


def _renamed(name: str) -> str:
    return ALIASES.get(name.lower(), name.lower())


def _lag_h(options: Mapping[str, Any]) -> int:
    told = str(options.get("lag_hours", REPORT_LAG_H))
    if not told.isdigit() or int(told) > MOST_LAG_H:
        raise InputError(f"cannot be {told!r}", field="lag_hours", expected=f"whole hours from 0 to {MOST_LAG_H}")
    return int(told)


def _stamped(sheet: Sheet, capture: Capture, faults: Faults) -> pl.DataFrame:
    """Add `labels`, `t0`, `t1` and `published_at`; rows without a date are lost."""
    rows = sheet.wide(OPTIONAL)
    if sheet.has("datetime"):
        cell = pl.col("datetime").str.strip_chars()
    elif sheet.has("date"):
        cell = pl.concat_str(_iso_date("date"), pl.col("time").fill_null(""), separator=" ").str.strip_chars()
    else:
        raise InputError("has no column datetime or date", file=faults.file, expected=EXPECTED)
    day = cell.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[ T]|$)").str.to_date("%Y-%m-%d", strict=False)
    hour, minute = (cell.str.extract(r"^\S{10}[ T](\d{1,2}):(\d{2})", n).cast(pl.Int32, strict=False) for n in (1, 2))
    clock = pl.when((hour < 24) & (minute < 60)).then(hour * 60 + minute)
    rows = rows.with_columns(
        cell=cell,
        day=pl.when(day.is_between(EARLIEST, LATEST_DAY)).then(day),
        clock=pl.when(clock > 0).then(clock),
        labels=pl.col("event_type") if sheet.has("event_type") else _labels_of_flags(rows),
    )
    faults.where(rows, pl.col("day").is_null(), "no_date", "datetime",
                 pl.format("'{}' is no date", pl.col("cell").fill_null("")), lost=True)  # fmt: skip
    rows = rows.filter(pl.col("day").is_not_null())
    bad = (pl.col("cell").str.len_chars() > 10) & clock.is_null()
    faults.where(rows.with_columns(bad=bad), pl.col("bad"), "bad_time", "datetime",
                 pl.format("'{}' has no time of day; taken as the whole day", pl.col("cell")))  # fmt: skip
    return rows.with_columns(**_span(zone_of(capture.options), _lag_h(capture.options), rows.height, faults))


def _iso_date(name: str) -> pl.Expr:
    """20220224 or 2022-02-24 -> 2022-02-24."""
    return pl.col(name).str.strip_chars().str.replace(r"^(\d{4})(\d{2})(\d{2})$", "${1}-${2}-${3}").fill_null("")


def _span(zone: str | None, lag_h: int, count: int, faults: Faults) -> dict[str, pl.Expr]:
    """From the lag before the stamp to the end of the stamp's minute; of its day where 00:00:00 says "not known".

    `published_at` is the stamp where it has a minute and the zone is told.
    """
    midnight = pl.col("day").cast(pl.Datetime("us"))
    stamp = midnight + pl.duration(minutes=pl.col("clock").fill_null(0))
    whole_day = pl.when(pl.col("clock").is_null()).then(midnight.dt.offset_by("1d"))
    after = whole_day.otherwise(stamp + pl.duration(minutes=1))
    lag = pl.duration(hours=lag_h)
    if zone is None:
        if count:
            told = f"no time zone is told: the spans of {count} rows are 26 hours wider; say --option zone=..."
            faults.once("zone_unknown", "datetime", told)
        first = stamp.dt.offset_by(FIRST_MIDNIGHT).dt.replace_time_zone("UTC").cast(UTC_US)
        last = after.dt.offset_by(LAST_MIDNIGHT).dt.replace_time_zone("UTC").cast(UTC_US)
        return {"t0": first - lag, "t1": last, "published_at": pl.lit(None, UTC_US)}
    first, last = _utc(stamp, zone, "earliest"), _utc(after, zone, "latest")
    said = pl.when(pl.col("clock").is_not_null()).then(_utc(stamp, zone, "latest"))
    return {"t0": first - lag, "t1": last, "published_at": said}


def _utc(wall: pl.Expr, zone: str, which: Any) -> pl.Expr:
    """Wall time -> UTC; a time that the clocks skipped is that of an hour later."""
    there = wall.dt.replace_time_zone(zone, ambiguous=which, non_existent="null")
    later = wall.dt.offset_by("1h").dt.replace_time_zone(zone, ambiguous=which, non_existent="null")
    return pl.coalesce(there, later).dt.convert_time_zone("UTC").cast(UTC_US)


def _labels_of_flags(rows: pl.DataFrame) -> pl.Expr:
    """The columns t_*_b that are 1 -> `a|b`, as the extract writes it."""
    flags = sorted(name for name in rows.columns if name.startswith("t_") and name.endswith("_b"))
    if not flags:
        return pl.lit(None, pl.String)
    set_ = [pl.when(number(name) == 1).then(pl.lit(name[2:-2])) for name in flags]
    return pl.concat_str(set_, separator="|", ignore_nulls=True)


def _kinds(rows: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """The distinct label cells -> labels, kind. One problem for each label that nobody knows."""
    counted = rows.group_by("labels").len().sort("labels", nulls_last=False)
    unknown: dict[str, int] = {}
    kinds: list[str] = []
    for cell, count in counted.rows():
        parts = [part for piece in (cell or "").split("|") if (part := piece.strip().lower())]
        labels = [REPAIRS.get(part, part) for part in parts]
        kinds.append(kind_of(labels))
        for label in {label for label in labels if label not in KIND_OF and label not in FLAGS}:
            unknown[label] = unknown.get(label, 0) + count
    for label, count in sorted(unknown.items()):
        faults.once("unknown_label", "event_type", f"{label[:60]!r}, in {count} rows, is no label that we know")
    return counted.select("labels").with_columns(kind=pl.Series(kinds, dtype=pl.String))


def kind_of(labels: Iterable[str]) -> str:
    """Repaired labels of one headline -> the one kind that is true of them.

    What they have in common, if anything; else what either may be, if there is a word for it; else the narrowest.

    >>> [kind_of(labels) for labels in (["artillery", "civcas"], ["airstrike", "artillery"], ["raid", "ied"], ["loc"])]
    ['shelling', 'strike_from_afar', 'assault', 'unspecified']
    """
    told = sorted({KIND_OF[label] for label in labels if label in KIND_OF})
    violent = [kind for kind in told if kind not in PEACEFUL]
    kinds = violent or told
    if not kinds:
        return "unspecified"
    acts = [set(KINDS[kind]) for kind in kinds]
    common = set.intersection(*acts)
    found = _narrowest(common, set()) if common else _narrowest(set.union(*acts), set(NOT_JOINED))
    if found is not None and (common or violent):
        return found
    order = list(KINDS)
    return min(kinds, key=lambda kind: (len(KINDS[kind]), order.index(kind)))


def _narrowest(acts: set[str], without: set[str]) -> str | None:
    fitting = [kind for kind, may in KINDS.items() if kind not in without and acts <= set(may)]
    return min(fitting, key=lambda kind: len(KINDS[kind])) if fitting else None


def _hashes(rows: pl.DataFrame) -> pl.DataFrame:
    """The distinct headlines -> headline, voice: the same whatever the case, spaces and marks are."""
    distinct = rows.select("headline").unique(maintain_order=True)
    plain = distinct["headline"].str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    voices = [f"viina:{hashlib.sha256(text.encode()).hexdigest()[:12]}" if text else None for text in plain.to_list()]
    return distinct.with_columns(voice=pl.Series(voices, dtype=pl.String))


def _by(rows: pl.DataFrame, options: Mapping[str, Any]) -> pl.Expr:
    """The mapping's name of the one actor column that is 1; null where none is, or several are, or none is mapped."""
    mapping = options.get("mapping")
    actors = mapping.get("actors") if isinstance(mapping, Mapping) else None
    known = {str(k).lower(): str(v) for k, v in actors.items()} if isinstance(actors, Mapping) else {}
    there = sorted((name, who) for name, who in known.items() if name in rows.columns)
    found = [pl.when(number(name) == 1).then(pl.lit(who)) for name, who in there]
    if not found:
        return pl.lit(None, pl.String)
    who = pl.concat_list(found).list.drop_nulls().list.unique(maintain_order=True)
    return pl.when(who.list.len() == 1).then(who.list.first())


def _observations(rows: pl.DataFrame, capture: Capture, faults: Faults) -> pl.DataFrame:
    lon, lat = point(rows, "lon", "lat", faults)
    rows = rows.with_columns(x=lon, y=lat, event_id=words("event_id"))
    nowhere = (pl.col("x").abs() < NULL_ISLAND_DEG) & (pl.col("y").abs() < NULL_ISLAND_DEG)
    faults.where(rows, nowhere, "null_island", "lon, lat", pl.lit("0, 0 is where a geocoder puts what it did not find"))
    repeated(rows, pl.col("event_id"), faults)
    here = pl.col("x").is_not_null() & ~nowhere
    precision = words("geo_precision").str.to_uppercase()
    radius = precision.replace_strict(RADIUS_BY_PRECISION_M, default=RADIUS_M, return_dtype=pl.Float64)
    lineage = pl.concat_list(words("source"), pl.col("voice")).list.drop_nulls()
    return rows.select(
        id=pl.lit(capture.id + "#") + pl.col("row").cast(pl.String),
        capture=pl.lit(capture.id),
        locator=pl.lit("row ") + pl.col("row").cast(pl.String),
        source=pl.lit("viina"),
        key="event_id",
        lineage=pl.when(lineage.list.len() > 0).then(lineage),
        kind="kind",
        stance=pl.lit("affirms"),
        t0="t0",
        t1="t1",
        published_at="published_at",
        lon=pl.when(here).then(pl.col("x")),
        lat=pl.when(here).then(pl.col("y")),
        radius_m=pl.when(here).then(radius.fill_null(RADIUS_M)),
        place=words("place_name"),
        by="by",
        says=words("headline").str.slice(0, SAYS_CHARS),
    )


SOURCE = Viina()
