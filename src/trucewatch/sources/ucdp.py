"""UCDP GED and its candidate editions: events with at least one death, coded by people, with how precisely.

Read in every form met so far: CSV, CSV that went through a spreadsheet, GeoJSON, and pages of the API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlencode

import polars as pl

from trucewatch.base.errors import FetchError, InputError
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.cells import (
    SAYS_CHARS,
    Faults,
    Sheet,
    code,
    files_of,
    kept,
    point,
    quoted,
    records_of,
    repeated,
    sheet_from_records,
    sheet_of,
    text_of,
    voices,
    whole,
    words,
)
from trucewatch.sources.days import date_of, place_zones, spans
from trucewatch.sources.http import body_of
from trucewatch.tables import OBSERVATIONS

API = "https://ucdpapi.pcr.uu.se/api/gedevents"
DEFAULT_VERSION = "25.1"
"""The yearly release asked for where the user names none; candidate releases have names like 25.0.6."""
PAGE_ROWS = 1000
"""Rows a page: the API's own limit."""
MOST_PAGES = 5000
"""Five million events, ten times all that GED holds: past it the server counts wrongly."""
KINDS = {1: "clash", 2: "clash", 3: "attack_on_civilians"}
"""type_of_violence -> kind: 1 state-based, 2 between groups, 3 one-sided. A dyad does not say with which means."""
RADIUS_M: dict[int, float | None] = {
    1: 5_000.0,  # a named place: its centre is told, and a town reaches some kilometres from its centre
    2: 25_000.0,  # the codebook: within about 25 km of a named place
    3: 50_000.0,  # the middle of a district; districts are commonly 40 to 100 km across
    4: 150_000.0,  # the middle of a province; the mean one has 40,000 km2, and few are round
    5: 150_000.0,  # a stand-in point for a river, road, border or region "around": no better than a province
    6: None,  # somewhere in the country: its middle would be a lie
    7: None,  # somewhere at sea or in the air: likewise
}
"""where_prec -> metres; None: the name of the place is kept and the point is not."""
LONGEST_DAYS = {1: 1, 2: 6, 3: 7, 4: 31, 5: 366}
"""date_prec -> most days that the codebook lets such an event last; used only where date_end is unreadable."""
NEEDED = ("id", "type_of_violence", "date_start", "date_end", "latitude", "longitude")
OPTIONAL = (
    "side_a", "side_b", "source_office", "source_headline", "where_prec", "where_coordinates", "country", "country_id",
    "date_prec", "best", "low", "high", "code_status",
)  # fmt: skip
EXPECTED = "a UCDP GED table or GeoJSON with the fields " + ", ".join(NEEDED)
KEEP = ("zone", "mapping")


class Ucdp:
    """UCDP Georeferenced Event Dataset."""

    name = "ucdp"
    about = "Deadly events coded by people from news (UCDP GED and candidate): days, places with precision, deaths."
    licence = "CC BY 4.0 (UCDP, Uppsala University; cite the release)"
    options: Mapping[str, str] = {
        "zone": "IANA zone in which the days were counted, for every row; the mapping's zones by country_id otherwise",
        "mapping": "file under mappings/ with `zones: {country_id: zone}`",
        "token": "your UCDP API token, for pulling from the API",
        "version": f"release to pull, as {DEFAULT_VERSION}, or a candidate as 25.0.6",
        "country": "country_id to pull, or several with commas; all where not told",
    }
    default_mapping: str | None = "ucdp"

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files given; without any, the API page by page. The token goes in a header and is never stored."""
        if request.files:
            yield from files_of(request, self.licence, KEEP)
            return
        token = str(request.options.get("token") or "")
        if not token:
            raise InputError("needs a token", field="token", expected="--option token=<your UCDP token>, or --file")
        version = str(request.options.get("version") or DEFAULT_VERSION)
        pages = 1
        page = 1
        while page <= pages:
            url = f"{API}/{version}?{urlencode({'pagesize': PAGE_ROWS, 'page': page} | _window(request))}"
            answer = transport.get(url, {"x-ucdp-access-token": token})
            body = body_of(answer, url, "are the token and the version right?")
            yield Fetched(body, url, "application/json", self.licence, kept(request, KEEP))
            pages = _pages(body)
            page += 1

    def read(self, capture: Capture, raw: bytes) -> Read:
        """CSV, GeoJSON or a page of the API -> observations, one for each event."""
        sheet = _sheet(capture, raw)
        faults = sheet.faults
        rows = _dated(sheet.wide(OPTIONAL), faults)
        zone, zones = place_zones(rows, "country_id", "country", capture.options, faults)
        observations = OBSERVATIONS.fit(_observations(rows, capture, faults, spans(*_DAYS, zone, zones)))
        return Read(sheet.total, observations, problems=faults.table())


_DAYS = (pl.col("first"), pl.col("last"))


def _window(request: Request) -> dict[str, str]:
    """The days that can hold the window anywhere on earth, as the API asks for them."""
    asked: dict[str, str] = {}
    if request.since is not None:
        asked["StartDate"] = (request.since - timedelta(hours=12)).date().isoformat()
    if request.until is not None:
        asked["EndDate"] = (request.until + timedelta(hours=14)).date().isoformat()
    if request.options.get("country"):
        asked["Country"] = str(request.options["country"])
    return asked


def _pages(body: bytes) -> int:
    try:
        told = json.loads(body)["TotalPages"]
        pages = int(told)
    except (ValueError, KeyError, TypeError):
        raise FetchError("UCDP answered with something that is no page of events (no TotalPages)") from None
    if pages > MOST_PAGES:
        raise FetchError(f"UCDP speaks of {pages} pages; that cannot be")
    return pages


def _sheet(capture: Capture, raw: bytes) -> Sheet:
    """Any of the forms -> one sheet with the names of the CSV."""
    faults = Faults(capture.name)
    text = text_of(raw, faults, EXPECTED)
    if text.lstrip()[:1] not in "{[":
        return sheet_of(text, faults, NEEDED, EXPECTED)
    records, cut = records_of(text, faults, ("features", "Result"), EXPECTED)
    flat = [_flat(record) for record in records]
    return sheet_from_records(flat, cut, faults, NEEDED, EXPECTED)


def _flat(record: object) -> object:
    """A GeoJSON feature -> its properties, and its point as longitude and latitude; anything else as it is."""
    if not isinstance(record, Mapping) or not isinstance(record.get("properties"), Mapping):
        return record
    geometry = record.get("geometry")
    place = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
    return {"longitude": lon, "latitude": lat, **record["properties"]}


def _dated(rows: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """Add `first` and `last` day; a row without a first is lost, one without a last gets what date_prec allows."""
    rows = rows.with_columns(first=date_of("date_start"), last=date_of("date_end"))
    faults.where(rows, pl.col("first").is_null(), "no_date", "date_start",
                 pl.format("{} is no date", quoted("date_start")), lost=True)  # fmt: skip
    rows = rows.filter(pl.col("first").is_not_null())
    faults.where(rows, pl.col("last").is_null(), "no_date_end", "date_end",
                 pl.format("{} is no date; taken as late as date_prec allows", quoted("date_end")))  # fmt: skip
    turned = pl.format("{} is before {}; taken the other way round", quoted("date_end"), quoted("date_start"))
    faults.where(rows, pl.col("last") < pl.col("first"), "dates_reversed", "date_start, date_end", turned)
    most = max(LONGEST_DAYS.values())
    longest = code("date_prec").replace_strict(LONGEST_DAYS, default=most, return_dtype=pl.Int64).fill_null(most)
    latest = pl.col("first") + pl.duration(days=longest - 1)
    last = pl.coalesce("last", latest.cast(pl.Date))
    return rows.with_columns(first=pl.min_horizontal("first", last), last=pl.max_horizontal("first", last))


def _observations(rows: pl.DataFrame, capture: Capture, faults: Faults, span: tuple[pl.Expr, pl.Expr]) -> pl.DataFrame:
    kind = code("type_of_violence").replace_strict(KINDS, default=None, return_dtype=pl.String)
    faults.where(rows, kind.is_null(), "unknown_kind", "type_of_violence",
                 pl.format("{} is not 1, 2 or 3", quoted("type_of_violence")))  # fmt: skip
    known = code("where_prec").is_in(list(RADIUS_M)).fill_null(False)
    faults.where(rows, ~known, "unknown_precision", "where_prec",
                 pl.format("{} is not 1 to 7: how near the point is, is not known", quoted("where_prec")))  # fmt: skip
    faults.where(rows, words("code_status") != "Clear", "not_clear", "code_status",
                 pl.format("UCDP marks this event {}", quoted("code_status")))  # fmt: skip
    repeated(rows, words("id"), faults)
    lon, lat = point(rows, "longitude", "latitude", faults)
    radius = code("where_prec").replace_strict(RADIUS_M, default=None, return_dtype=pl.Float64)
    vague = code("where_prec").is_in([prec for prec, metres in RADIUS_M.items() if metres is None]).fill_null(False)
    lon, lat = pl.when(~vague).then(lon), pl.when(~vague).then(lat)
    sides = pl.concat_list(words("side_a"), words("side_b")).list.sort()
    fought = code("type_of_violence").is_in([1, 2]) & words("side_a").is_not_null() & words("side_b").is_not_null()
    return rows.select(
        id=pl.lit(capture.id + "#") + pl.col("row").cast(pl.String),
        capture=pl.lit(capture.id),
        locator=pl.lit("row ") + pl.col("row").cast(pl.String),
        source=pl.lit("ucdp"),
        key=words("id"),
        lineage=voices("source_office"),
        kind=kind.fill_null("unspecified"),
        stance=pl.lit("affirms"),
        t0=span[0],
        t1=span[1],
        lon=lon,
        lat=lat,
        radius_m=pl.when(lon.is_not_null()).then(radius),
        place=words("where_coordinates"),
        killed=whole(rows, "best", faults),
        killed_low=whole(rows, "low", faults),
        killed_high=whole(rows, "high", faults),
        by=pl.when(code("type_of_violence") == 3).then(words("side_a")),
        between=pl.when(fought).then(sides),
        says=words("source_headline").str.slice(0, SAYS_CHARS),
    )


SOURCE = Ucdp()
