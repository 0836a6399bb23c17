"""ACLED: events of political violence and disorder, coded by people, in the export's and the API's form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlencode

import polars as pl

from trucewatch.base.errors import FetchError, InputError
from trucewatch.base.time import UTC_US
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.cells import (
    SAYS_CHARS,
    Faults,
    Sheet,
    code,
    files_of,
    kept,
    number,
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
    written,
)
from trucewatch.sources.days import EARLIEST, LATEST, date_of, place_zones, spans
from trucewatch.sources.http import body_of
from trucewatch.tables import OBSERVATIONS

API = "https://acleddata.com/api/acled/read"
PAGE_ROWS = 5000
"""Rows a page: what the API gives at most by default."""
DAY = timedelta(days=1)
"""Local days run up to 14 hours ahead of UTC and 12 behind: a day more to either side holds them all."""
MOST_PAGES = 2000
"""Ten million events, several times all that ACLED holds: past it the server does not stop by itself."""
KINDS = {
    "Armed clash": "clash",
    "Government regains territory": "assault",  # a battle after which the ground had another holder
    "Non-state actor overtakes territory": "assault",
    "Air/drone strike": "air_or_drone_strike",
    "Shelling/artillery/missile attack": "strike_from_afar",
    "Remote explosive/landmine/IED": "mine_blast",
    "Suicide bomb": "mine_blast",  # a charge brought to its place; the nearest act that there is
    "Grenade": "small_arms",
    "Chemical weapon": "clash",  # a weapon was used, and how it was brought is not told
    "Attack": "attack_on_civilians",
    "Sexual violence": "other",
    "Abduction/forced disappearance": "detention",
    "Arrests": "detention",
    "Excessive force against protesters": "attack_on_civilians",
    "Peaceful protest": "other",
    "Protest with intervention": "other",
    "Violent demonstration": "other",
    "Mob violence": "other",
    "Agreement": "other",
    "Change to group/activity": "unspecified",  # withdrawals, redeployments, mergers: too many things
    "Disrupted weapons use": "unspecified",  # interceptions, seizures and cleared charges alike
    "Headquarters or base established": "presence",
    "Looting/property destruction": "unspecified",  # theft, arson and demolition alike
    "Non-violent transfer of territory": "control",
    "Other": "other",
}
"""sub_event_type -> kind: the narrowest word that cannot be wrong."""
ONE_SIDED = ("Explosions/Remote violence", "Violence against civilians")
"""event_type in which actor1 is who did it; in a battle the order of the actors says nothing."""
NOBODY = "Unidentified"
"""actor1 that begins so names nobody: ACLED does not say who did it."""
RADIUS_M = {
    1: 5_000.0,  # a named town: its centre is told, and a town reaches some kilometres from its centre
    2: 25_000.0,  # near a town, or a small region, put at a town in it
    3: 200_000.0,  # a larger region, put at its capital, which may lie at its edge
}
"""geo_precision -> metres."""
WEEK_DAYS = 6
"""time_precision 2 is "in that week", dated to a day of it which is not told: six days to either side hold the week."""
NEEDED = ("event_id_cnty", "event_date", "sub_event_type", "latitude", "longitude")
OPTIONAL = (
    "time_precision", "event_type", "actor1", "actor2", "iso", "country", "location", "geo_precision", "source",
    "notes", "fatalities", "timestamp",
)  # fmt: skip
EXPECTED = "an ACLED export with the columns " + ", ".join(NEEDED)
KEEP = ("zone", "mapping")


class Acled:
    """Armed Conflict Location & Event Data."""

    name = "acled"
    about = "Political violence and disorder, coded weekly by people from news and partners (ACLED): days and places."
    licence = "ACLED terms of use: free with registration for non-commercial use; rows may not be republished"
    options: Mapping[str, str] = {
        "zone": "IANA zone in which the days were counted, for every row; the mapping's zones by iso otherwise",
        "mapping": "file under mappings/ with `zones: {iso: zone}`",
        "token": "your ACLED access token (OAuth), for pulling from the API",
        "iso": "numeric ISO 3166 code of the country to pull; all that your account allows where not told",
    }
    default_mapping: str | None = "acled"

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files given; without any, the API page by page. The token goes in a header and is never stored."""
        if request.files:
            yield from files_of(request, self.licence, KEEP)
            return
        token = str(request.options.get("token") or "")
        if not token:
            raise InputError("needs a token", field="token", expected="--option token=<your ACLED token>, or --file")
        for page in range(1, MOST_PAGES + 1):
            url = f"{API}?{urlencode({'_format': 'json', 'limit': PAGE_ROWS, 'page': page} | _window(request))}"
            answer = transport.get(url, {"Authorization": f"Bearer {token}"})
            body = body_of(answer, url, "is the token right, and not older than a day?")
            count = _count(body)
            if count or page == 1:
                yield Fetched(body, url, "application/json", self.licence, kept(request, KEEP))
            if count < PAGE_ROWS:
                return
        raise FetchError(f"ACLED gave {MOST_PAGES} full pages and does not stop; narrow the window")

    def read(self, capture: Capture, raw: bytes) -> Read:
        """CSV or a page of the API -> observations, one for each event."""
        sheet = _sheet(capture, raw)
        faults = sheet.faults
        rows = _dated(sheet.wide(OPTIONAL), faults)
        zone, zones = place_zones(rows, "iso", "country", capture.options, faults)
        span = spans(pl.col("first"), pl.col("last"), zone, zones)
        return Read(sheet.total, OBSERVATIONS.fit(_observations(rows, capture, faults, span)), problems=faults.table())


def _window(request: Request) -> dict[str, str]:
    """The days that can hold the window anywhere on earth, both ends included; an open end is a far day."""
    asked: dict[str, str] = {}
    if request.since or request.until:
        first = request.since.date() if request.since else EARLIEST
        last = request.until.date() if request.until else LATEST
        first, last = max(first, EARLIEST + DAY) - DAY, min(last, LATEST - DAY) + DAY
        asked |= {"event_date": f"{first.isoformat()}|{last.isoformat()}", "event_date_where": "BETWEEN"}
    if request.options.get("iso"):
        asked["iso"] = str(request.options["iso"])
    return asked


def _count(body: bytes) -> int:
    """A page -> how many events it has. FetchError where it is none."""
    try:
        events = json.loads(body)["data"]
    except (ValueError, KeyError, TypeError):
        events = None
    if not isinstance(events, list):
        raise FetchError("ACLED answered with something that is no page of events (no list `data`)")
    return len(events)


def _sheet(capture: Capture, raw: bytes) -> Sheet:
    faults = Faults(capture.name)
    text = text_of(raw, faults, EXPECTED)
    if text.lstrip()[:1] not in "{[":
        return sheet_of(text, faults, NEEDED, EXPECTED)
    return sheet_from_records(*records_of(text, faults, ("data",), EXPECTED), faults, NEEDED, EXPECTED)


def _dated(rows: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """Add `first` and `last` day by time_precision; a row without a date is lost."""
    rows = rows.with_columns(day=date_of("event_date"), prec=code("time_precision"))
    faults.where(rows, pl.col("day").is_null(), "no_date", "event_date",
                 pl.format("{} is no date", quoted("event_date")), lost=True)  # fmt: skip
    rows = rows.filter(pl.col("day").is_not_null())
    unknown = ~pl.col("prec").is_in([1, 2, 3]).fill_null(False)
    faults.where(rows, unknown, "unknown_precision", "time_precision",
                 pl.format("{} is not 1 to 3; taken as the month", quoted("time_precision")))  # fmt: skip
    day, prec = pl.col("day"), pl.col("prec")
    week = pl.duration(days=WEEK_DAYS)
    return rows.with_columns(
        first=pl.when(prec == 1).then(day).when(prec == 2).then(day - week).otherwise(day.dt.month_start()),
        last=pl.when(prec == 1).then(day).when(prec == 2).then(day + week).otherwise(day.dt.month_end()),
    )


def _observations(rows: pl.DataFrame, capture: Capture, faults: Faults, span: tuple[pl.Expr, pl.Expr]) -> pl.DataFrame:
    kind = words("sub_event_type").replace_strict(KINDS, default=None, return_dtype=pl.String)
    faults.where(rows, kind.is_null(), "unknown_kind", "sub_event_type",
                 pl.format("{} is no type that we know", quoted("sub_event_type")))  # fmt: skip
    radius = code("geo_precision").replace_strict(RADIUS_M, default=None, return_dtype=pl.Float64)
    vague = pl.format("{} is not 1 to 3: how near the point is, is not known", quoted("geo_precision"))
    faults.where(rows, radius.is_null(), "unknown_precision", "geo_precision", vague)
    second = number("timestamp")
    stamp = pl.when(second.is_between(0, 2**32)).then(second.floor())
    faults.where(rows, written("timestamp") & stamp.is_null(), "bad_time", "timestamp",
                 pl.format("{} is no Unix time", quoted("timestamp")))  # fmt: skip
    repeated(rows, words("event_id_cnty"), faults)
    lon, lat = point(rows, "longitude", "latitude", faults)
    who = words("actor1")
    one_sided, other = words("event_type").is_in(ONE_SIDED), words("actor2")
    named = one_sided & ~who.str.starts_with(NOBODY)
    fought = ~one_sided & ~who.str.starts_with(NOBODY) & ~other.str.starts_with(NOBODY)
    return rows.select(
        id=pl.lit(capture.id + "#") + pl.col("row").cast(pl.String),
        capture=pl.lit(capture.id),
        locator=pl.lit("row ") + pl.col("row").cast(pl.String),
        source=pl.lit("acled"),
        key=words("event_id_cnty"),
        lineage=voices("source"),
        kind=kind.fill_null("unspecified"),
        stance=pl.lit("affirms"),
        t0=span[0],
        t1=span[1],
        published_at=(stamp.cast(pl.Int64) * 1_000_000).cast(UTC_US),
        lon=lon,
        lat=lat,
        radius_m=pl.when(lon.is_not_null()).then(radius),
        place=words("location"),
        killed=whole(rows, "fatalities", faults),
        by=pl.when(named).then(who),
        between=pl.when(fought).then(pl.concat_list(who, other).list.sort()),
        says=words("notes").str.slice(0, SAYS_CHARS),
    )


SOURCE = Acled()
