"""NASA FIRMS: heat seen from orbit, and the overpasses that saw it.

Both CSV dialects (MODIS and VIIRS, archive and near real time), and lists of points with no more than a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
import shapely

from trucewatch.base.errors import FetchError, InputError
from trucewatch.base.time import UTC_US
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.cells import Faults, Sheet, code, files_of, number, point, read_sheet, repeated, words, written
from trucewatch.sources.days import EARLIEST, LATEST
from trucewatch.sources.http import body_of
from trucewatch.tables import LOOKS, OBSERVATIONS

API = "https://firms.modaps.eosdis.nasa.gov/api/area/csv"
MOST_DAYS = 5
"""Days that the area API answers for at once (its own limit)."""
DEFAULT_PRODUCT = "VIIRS_SNPP_SP"
"""The finest instrument with the longest archive; its near-real-time twin is VIIRS_SNPP_NRT."""
PIXEL_DEG = 0.005
"""Half a pixel in degrees (a pixel is 0.4 to 1 km), by which the ground around a lone detection was looked at."""
WIDEST_PASS_DEG = 180.0
"""A minute's detections that span more longitude than this lie on both sides of the antimeridian: no hull is drawn."""
KINDS = {1: "other", 2: "burning", 3: "burning"}
"""FIRMS `type` -> kind, where it is not plain `heat`: 1 a volcano, 2 a static source on land, 3 one offshore."""
NEEDED = ("latitude", "longitude", "acq_date")
OPTIONAL = ("acq_time", "satellite", "scan", "track", "confidence", "frp", "daynight", "type")
EXPECTED = "a FIRMS table with the columns latitude, longitude, acq_date"


class Firms:
    """NASA FIRMS active fires."""

    name = "firms"
    about = "Heat seen from orbit by MODIS and VIIRS (NASA FIRMS): points with a minute, and each overpass as a look."
    licence = "NASA Earth science data: free and open; acknowledge NASA FIRMS/LANCE"
    options: Mapping[str, str] = {
        "key": "your FIRMS MAP_KEY, for pulling from the API (free at firms.modaps.eosdis.nasa.gov)",
        "product": f"which instrument, or several with commas; {DEFAULT_PRODUCT} where not told",
    }
    default_mapping: str | None = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files given; without any, the area API in pieces of five days. The key is not in what is stored."""
        if request.files:
            yield from files_of(request, self.licence, ())
            return
        key, first, last, box = _asked(request)
        for product in str(request.options.get("product") or DEFAULT_PRODUCT).split(","):
            day = first
            while day <= last:
                days = min(MOST_DAYS, (last - day).days + 1)
                tail = f"{product.strip()}/{box}/{days}/{day.isoformat()}"
                body = body_of(transport.get(f"{API}/{key}/{tail}"), API, "are the key and the product right?")
                if b"latitude" not in body[:200].lower():
                    told = body[:100].decode(errors="replace").replace(key, "KEY")
                    raise FetchError(" ".join(f"FIRMS gave no table but said: {told}".split()))
                yield Fetched(body, f"{API}/KEY/{tail}", "text/csv", self.licence)
                day += timedelta(days=days)

    def read(self, capture: Capture, raw: bytes) -> Read:
        """CSV of any of the dialects -> observations of heat, and a look for each overpass."""
        sheet = read_sheet(raw, capture.name, NEEDED, EXPECTED)
        rows = _timed(sheet, sheet.wide(OPTIONAL))
        observations = OBSERVATIONS.fit(_observations(rows, capture, sheet.faults))
        return Read(sheet.total, observations, looks=_looks(rows, capture), problems=sheet.faults.table())


def _asked(request: Request) -> tuple[str, date, date, str]:
    """What the API needs, or an InputError that says what is lacking. -> (key, first day, last day, box)."""
    key = str(request.options.get("key") or "")
    if not key:
        raise InputError("needs a key", field="key", expected="--option key=<your FIRMS MAP_KEY>, or --file")
    if request.since is None or request.until is None or request.until <= request.since:
        raise InputError("needs a window of time", field="since, until", expected="since before until")
    if request.box is None:
        raise InputError("needs a box", field="box", expected="west,south,east,north in degrees")
    last = (request.until - timedelta(microseconds=1)).date()
    return key, request.since.date(), last, ",".join(f"{edge:g}" for edge in request.box)


def _timed(sheet: Sheet, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `day`, `clock` (minutes since 00:00 UTC, null where not told), `lon`, `lat`; lose rows without a day."""
    faults = sheet.faults
    day = pl.col("acq_date").str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    cell = pl.col("acq_time").str.strip_chars()
    digits = cell.str.extract(r"^(\d{1,4})$").str.zfill(4)
    hour = pl.coalesce(cell.str.extract(r"^(\d{1,2}):\d{2}(?::\d{2})?$"), digits.str.slice(0, 2)).cast(pl.Int32)
    minute = pl.coalesce(cell.str.extract(r"^\d{1,2}:(\d{2})(?::\d{2})?$"), digits.str.slice(2, 2)).cast(pl.Int32)
    clock = hour * 60 + minute
    # 24:00 is the end of that day, not its start.
    sound = (minute < 60) & (clock <= 24 * 60)
    lon, lat = point(rows, "longitude", "latitude", faults)
    rows = rows.with_columns(
        day=pl.when(day.is_between(EARLIEST, LATEST)).then(day),
        clock=pl.when(sound).then(clock),
        lon=lon,
        lat=lat,
        satellite=words("satellite"),
    )
    shown = pl.format("'{}' is no date", pl.col("acq_date").fill_null(""))
    faults.where(rows, pl.col("day").is_null(), "no_date", "acq_date", shown, lost=True)
    rows = rows.filter(pl.col("day").is_not_null())
    late = pl.format("'{}' is no time of day; taken as the whole day", pl.col("acq_time"))
    told = pl.col("acq_time").str.strip_chars().str.len_chars() > 0
    faults.where(rows, pl.col("clock").is_null() & told, "bad_time", "acq_time", late)
    return rows.with_columns(
        t0=pl.col("day").cast(UTC_US) + pl.duration(minutes=pl.col("clock").fill_null(0)),
        source=pl.concat_str([pl.lit("firms"), pl.lit("/") + pl.col("satellite")], ignore_nulls=True),
    )


def _observations(rows: pl.DataFrame, capture: Capture, faults: Faults) -> pl.DataFrame:
    for name in ("scan", "track", "type"):
        bad = written(name) & number(name).is_null()
        faults.where(rows, bad, "bad_number", name, pl.format("'{}' is no number", pl.col(name)))
    no_scan = pl.col("clock").is_not_null() & (number("scan").is_null() | number("track").is_null())
    faults.where(rows, no_scan, "no_pixel_size", "scan, track", pl.lit("the size of the pixel is not told"))
    radius = 500 * (number("scan") ** 2 + number("track") ** 2).sqrt()  # half a pixel's diagonal; km -> m
    time = pl.format("{}{}", (pl.col("clock") // 60).cast(pl.String).str.zfill(2),
                     (pl.col("clock") % 60).cast(pl.String).str.zfill(2))  # fmt: skip
    parts = [pl.col("satellite"), pl.col("day").cast(pl.String), time, words("latitude"), words("longitude")]
    key = pl.concat_str([part.fill_null("") for part in parts], separator=",")
    says = pl.concat_str(
        [
            pl.format("confidence {}", words("confidence")),
            pl.format("frp {} MW", words("frp")),
            pl.format("satellite {}", pl.col("satellite")),
            pl.when(words("daynight") == "D").then(pl.lit("day")).when(words("daynight") == "N").then(pl.lit("night")),
        ],
        separator=", ",
        ignore_nulls=True,
    )
    kinds = code("type").replace_strict(KINDS, default="heat", return_dtype=pl.String)
    made = rows.with_columns(key=key)
    repeated(made, pl.col("key"), faults)
    return made.select(
        id=pl.lit(capture.id + "#") + pl.col("row").cast(pl.String),
        capture=pl.lit(capture.id),
        locator=pl.lit("row ") + pl.col("row").cast(pl.String),
        source="source",
        key="key",
        kind=kinds.fill_null("heat"),
        stance=pl.lit("affirms"),
        t0="t0",
        t1=pl.col("t0") + pl.duration(minutes=pl.when(pl.col("clock").is_null()).then(24 * 60).otherwise(1)),
        lon="lon",
        lat="lat",
        radius_m=pl.when(pl.col("lon").is_not_null() & (radius > 0)).then(radius),
        says=pl.when(says != "").then(says),
    )


def _looks(rows: pl.DataFrame, capture: Capture) -> pl.DataFrame:
    """One look for each satellite and minute: the hull of what it saw, which is the least that it looked at."""
    seen = rows.filter(pl.col("clock").is_not_null()).select("source", "satellite", "t0", "lon", "lat")
    if seen.is_empty():
        return LOOKS.empty()
    seen = seen.sort("source", "t0", "lon", "lat")
    passes = seen.group_by("source", "satellite", "t0", maintain_order=True).agg(
        pl.len(), wide=pl.col("lon").max() - pl.col("lon").min(), placed=pl.col("lon").count()
    )
    index = np.repeat(np.arange(passes.height), passes["len"].to_numpy())
    placed = seen["lon"].is_not_null().to_numpy()
    dots = shapely.points(seen["lon"].to_numpy()[placed], seen["lat"].to_numpy()[placed])
    out = np.full(passes.height, None, dtype=object)
    many = shapely.multipoints(dots, indices=index[placed], out=out) if placed.any() else out
    hulls = shapely.convex_hull(many)
    hulls = np.where(shapely.area(hulls) > 0, hulls, shapely.buffer(hulls, PIXEL_DEG, cap_style="square"))
    drawn = ((passes["placed"] > 0) & (passes["wide"].fill_null(0) <= WIDEST_PASS_DEG)).to_numpy()
    name = pl.col("satellite").fill_null("unknown")
    stamp = pl.col("t0").dt.to_string("%Y-%m-%dT%H:%MZ")
    footprints = pl.Series(
        [wkb if ok else None for wkb, ok in zip(shapely.to_wkb(hulls), drawn, strict=True)], dtype=pl.Binary
    )
    return LOOKS.fit(
        passes.with_columns(footprint=footprints).select(
            id=pl.format("{}#pass-{}-{}", pl.lit(capture.id), name, stamp),
            capture=pl.lit(capture.id),
            locator=pl.format("pass {} {}", name, stamp),
            source="source",
            t0="t0",
            t1=pl.col("t0") + pl.duration(minutes=1),
            footprint="footprint",
            means=pl.lit("satellite"),
        )
    )


SOURCE = Firms()
