"""Who looked, when, at which ground, and what kept them from it: overpasses and cloud, patrol hours, sight lines,
ranges of cameras and sensors, newsrooms' working days; outages, jamming, denied access. One row a look or a gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl
import shapely

from trucewatch.base.errors import InputError
from trucewatch.base.place import shifted
from trucewatch.base.problem import problems, problems_where
from trucewatch.ports import Capture, Fetched, Read, Request, Transport
from trucewatch.sources.http import given
from trucewatch.sources.report.rows import there_is
from trucewatch.sources.report.sector import ALL_ROUND_DEG, DEGREES_SPREAD_DEG, bearing
from trucewatch.sources.table import cells
from trucewatch.sources.table.mapping import INSTANTS
from trucewatch.sources.table.rows import rows_of
from trucewatch.tables import LOOKS

COLUMNS = (
    "id", "source", "means", "start", "until", "footprint", "lon", "lat", "range_km", "bearing", "bearing_spread",
    "p_seen_if_there", "cloud", "gap", "repeats",
)  # fmt: skip
"""The columns; docs/sources/looks.md says what each holds."""
MEANS = ("satellite", "patrol", "camera", "sensor", "drone", "outlet")
ARC_STEPS = 32
"""Corners along the arc of a sight line or the circle of a range: inscribed, so that no ground is claimed unseen."""
SHARES = ("p_seen_if_there", "cloud")
_EXPECTED = {
    "range_km": "kilometres above 0", "bearing": "degrees from 0 to 360, or a point as SSE",
    "bearing_spread": "degrees from 0 to 180",
}  # fmt: skip
"""What a cell should have held, where no figure can be read in it."""
_REALS = ("lon", "lat", "range_km", "bearing_spread", *SHARES)


class Looks:
    """CSV or JSON with the columns of docs/sources/looks.md; any order, any may be absent but source, start, until."""

    name = "looks"
    about = "who looked, when and at which ground, and what kept them from it (CSV or JSON): looks and gaps"
    licence = "the mission's own"
    options: Mapping[str, str] = {
        "zone": "zone of times that have no offset; without it such rows are lost and not taken as UTC",
        "url": "an address to get the file from, in place of --file",
    }
    default_mapping: str | None = None

    def fetch(self, request: Request, transport: Transport) -> Iterator[Fetched]:
        """The files that the door has read, and the answer of `url` where one is given."""
        there_is(request.options.get("zone"))
        yield from given(request, transport, "text/csv", self.licence, ("zone",))

    def read(self, capture: Capture, raw: bytes) -> Read:
        """Rows -> looks; what cannot be used of a row is a problem, and a row without its looker or time is lost."""
        rows = rows_of(raw, capture.name)
        frame = _ours(rows.frame)
        for name in ("source", "start", "until"):
            if name not in frame.columns:
                raise InputError(
                    f"has no column {name!r}", file=capture.name, field=name, expected=f"columns: {', '.join(COLUMNS)}"
                )
        zone = capture.options.get("zone")
        table = _settled(frame.with_columns(rows.number), str(zone) if zone else None)
        kept = table.filter(pl.col("lost").is_null()).rechunk()
        gone = table.filter(pl.col("lost").is_not_null()).rechunk()
        lost = problems_where(
            gone, pl.lit(True), file=capture.name, code="unusable", subject="source, start, until",
            message=pl.col("lost"), lost=True,
        )  # fmt: skip
        strange = [
            (capture.name, "unknown_column", name[:40], "is no column of this form; not read", False)
            for name in frame.columns
            if name not in COLUMNS
        ]
        faults = [lost, *_faults(kept, capture.name), problems(rows.problems + strange)]
        return Read(rows.count, looks=_looks(kept, capture.id), problems=pl.concat(faults))


def _ours(frame: pl.DataFrame) -> pl.DataFrame:
    """Headers in any case and with any strokes -> ours; of two that are one, the first."""
    named: dict[str, str] = {}
    for theirs in frame.columns:
        named.setdefault("_".join(theirs.lower().replace("-", " ").split()), theirs)
    return frame.select(pl.col(theirs).alias(name) for name, theirs in named.items())


def _settled(frame: pl.DataFrame, zone: str | None) -> pl.DataFrame:
    """Text -> typed columns; `told_<name>` keeps the text, `lost` says why a row cannot be used."""
    absent = [pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in frame.columns]
    frame = frame.with_columns(absent).select(*COLUMNS, "row")
    blank = pl.col(COLUMNS).str.strip_chars()
    frame = frame.with_columns(pl.when(blank != "").then(blank).name.keep())
    # A date alone is a whole day: from its first hour, until its last.
    day = r"^\d{4}-\d\d-\d\d$"
    clock = {"start": " 00:00", "until": " 24:00"}
    whole = [
        pl.when(pl.col(name).str.contains(day)).then(pl.col(name) + hour).otherwise(name).alias(f"_{name}")
        for name, hour in clock.items()
    ]
    frame = frame.with_columns(whole)
    turns = [None if text is None else bearing(text) for text in frame["bearing"].to_list()]
    table = frame.with_columns(
        *(pl.col(name).alias(f"told_{name}") for name in COLUMNS),
        *(cells.real(pl.col(name)).alias(name) for name in _REALS),
        means=pl.col("means").str.to_lowercase(),
        start=cells.sane(cells.moment(pl.col("_start"), INSTANTS, zone)),
        until=cells.sane(cells.moment(pl.col("_until"), INSTANTS, zone, latest=True)),
        lineage=pl.col("repeats").str.split(";").list.eval(pl.element().str.strip_chars()),
        gap=pl.col("gap").str.to_lowercase().str.replace_all(r"[\s-]+", "_"),
    )
    table = table.with_columns(
        pl.when(pl.col(name).is_between(0, 1)).then(pl.col(name)).alias(name) for name in SHARES
    ).with_columns(
        means=pl.when(pl.col("means").is_in(MEANS)).then("means"),
        range_km=pl.when(pl.col("range_km") > 0).then("range_km"),
        bearing_spread=pl.when(pl.col("bearing_spread").is_between(0, ALL_ROUND_DEG)).then("bearing_spread"),
        bearing=pl.Series([turn and turn[0] for turn in turns], dtype=pl.Float64),
        turn_spread=pl.Series([turn and turn[1] for turn in turns], dtype=pl.Float64),
        here=(~cells.off_earth("lon", "lat") & ~cells.nowhere("lon", "lat")).fill_null(False),
        shape=pl.Series([_shape(text) for text in table["footprint"].to_list()], dtype=pl.Binary),
    )
    lost = (
        pl.when(pl.col("source").is_null()).then(pl.lit("nobody is named who looked"))
        .when(pl.col("start").is_null()).then(pl.lit("start is no time with a zone (--option zone=...)"))
        .when(pl.col("until").is_null()).then(pl.lit("until is no time with a zone (--option zone=...)"))
        .when(pl.col("until") < pl.col("start")).then(pl.lit("until is before start"))
    )  # fmt: skip
    return table.with_columns(lost=lost)


def _shape(text: str | None) -> bytes | None:
    """WKT -> WKB of a polygon on the earth, or None."""
    if text is None:
        return None
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.GEOSException:
        return None
    west, south, east, north = shapely.bounds(shape)
    good = shapely.area(shape) > 0 and shapely.is_valid(shape) and west >= -180 and east <= 180
    return bytes(shapely.to_wkb(shape)) if good and south >= -90 and north <= 90 else None


def _looks(kept: pl.DataFrame, capture: str) -> pl.DataFrame:
    """Settled rows -> LOOKS. Cloud cuts the chance; where only cloud is told, the rest of it stays untold."""
    if kept.is_empty():
        return LOOKS.empty()
    row = pl.col("row").cast(pl.String)
    clear = 1 - pl.col("cloud").fill_null(0.0)
    return LOOKS.fit(
        kept.with_columns(footprint=_footprints(kept)).select(
            id=pl.format("{}#{}", pl.lit(capture), row),
            capture=pl.lit(capture),
            locator=pl.format("row {}", row),
            source="source",
            t0="start",
            t1="until",
            footprint="footprint",
            p_seen_if_there=pl.when(pl.col("cloud") == 1).then(0.0).otherwise(pl.col("p_seen_if_there") * clear),
            means="means",
            lineage="lineage",
            gap="gap",
        )
    )


def _unturned() -> pl.Expr:
    """Rows of a sight line whose bearing cannot be read: a whole circle would claim ground that nobody looked at."""
    return pl.col("told_bearing").is_not_null() & pl.col("bearing").is_null()


def _footprints(kept: pl.DataFrame) -> pl.Series:
    """The ground told as WKT, or the circle or sector of a range around a place; null where neither is told."""
    near = pl.col("shape").is_null() & pl.col("here") & pl.col("range_km").is_not_null()
    round_ = kept.filter(near & ~_unturned())
    made = dict(zip(kept["row"].to_list(), kept["shape"].to_list(), strict=True))
    if round_.height:
        spread = pl.coalesce("bearing_spread", "turn_spread", pl.lit(DEGREES_SPREAD_DEG)).clip(0.1, ALL_ROUND_DEG)
        half = pl.when(pl.col("bearing").is_null()).then(ALL_ROUND_DEG).otherwise(spread)
        step = pl.int_range(0, ARC_STEPS + 1).cast(pl.Float64) / ARC_STEPS
        arcs = round_.select("row", "lon", "lat", "range_km", half=half, turn=pl.col("bearing").fill_null(0.0))
        steps = pl.select(step=step)
        corners = arcs.join(steps, how="cross", maintain_order="left_right")
        turn = pl.col("turn") - pl.col("half") + 2 * pl.col("half") * pl.col("step")
        x, y = shifted(pl.col("lon"), pl.col("lat"), turn, pl.col("range_km") * 1000)
        corners = corners.select("row", "half", "lon", "lat", x=x, y=y)
        for row, half_, lon, lat, xs, ys in (
            corners.group_by("row", "half", "lon", "lat", maintain_order=True).agg("x", "y").rows()
        ):
            points = list(zip(xs, ys, strict=True))
            ring = points if half_ >= ALL_ROUND_DEG else [(lon, lat), *points]
            if max(xs) - min(xs) < 180:
                made[row] = bytes(shapely.to_wkb(shapely.Polygon(ring), byte_order=1))
    return pl.Series("footprint", [made[row] for row in kept["row"].to_list()], dtype=pl.Binary)


def _faults(kept: pl.DataFrame, file: str) -> Iterator[pl.DataFrame]:
    """What is wrong with rows that are kept."""
    told = {name: pl.col(f"told_{name}").is_not_null() for name in COLUMNS}
    bare = pl.col("shape").is_null() & (pl.col("range_km").is_null() | ~pl.col("here"))
    found: list[tuple[pl.Expr, str, str, str]] = [
        (told["means"] & pl.col("means").is_null(), "unknown_means", "means",
         f"is none of {', '.join(MEANS)}; left out"),
        (told["footprint"] & pl.col("shape").is_null(), "bad_footprint", "footprint",
         "is no polygon in WKT, degrees east and north; left out"),
        (~bare & pl.col("shape").is_null() & _unturned() & pl.col("gap").is_null(), "no_footprint", "bearing",
         "which way it was looked cannot be read; it covers no cell"),
        (bare & pl.col("gap").is_null(), "no_footprint", "footprint, range_km",
         "nobody knows which ground was looked at; it covers no cell"),
        ((told["lon"] | told["lat"]) & ~pl.col("here"), "bad_place", "lon, lat",
         "are not the degrees of a place; left out"),
    ]  # fmt: skip
    for name in SHARES:
        why = "is no share between 0 and 1; left out"
        found.append((told[name] & pl.col(name).is_null(), "bad_share", name, why))
    for name, expected in _EXPECTED.items():
        why = f"is no figure for it, expected {expected}; left out"
        found.append((told[name] & pl.col(name).is_null(), "bad_number", name, why))
    for bad, code, subject, why in found:
        rows = kept.filter(bad.fill_null(False)).rechunk()
        if rows.height:
            yield problems_where(
                rows, pl.lit(True), file=file, code=code, subject=subject, message=pl.lit(why), lost=False
            )


SOURCE = Looks()
