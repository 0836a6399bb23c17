"""A register's rows in text -> settled columns: times, numbers, words; and what was wrong with which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.problem import problems_where
from trucewatch.base.time import UTC_US, instant
from trucewatch.kinds import KINDS
from trucewatch.sources.table import cells
from trucewatch.tables import ASSERTS, QUALIFIERS, SPEECH, STATEMENTS

COLUMNS = (
    "key", "speaker", "on_behalf_of", "side", "said_at", "speech", "answers", "repeats", "about", "asserts", "kind",
    "whom", "place", "lon", "lat", "radius_m", "from", "until", "figure", "unit", "qualifier", "part_of", "says",
    "quote", "source", "language", "draft",
)  # fmt: skip
"""A register's columns; docs/sources/statements.md says what each holds."""
NOT_TOLD = "not told"
"""Stands as the source of a statement whose source nobody wrote down."""
PRECISION = timedelta(minutes=1)
"""A time of day stands for its minute."""
_TEXTS = (
    "key", "speaker", "on_behalf_of", "side", "answers", "repeats", "about", "whom", "place", "unit", "part_of",
    "says", "quote", "language", "draft",
)  # fmt: skip
_WORDS = {
    "speech": SPEECH.categories.to_list(),
    "asserts": ASSERTS.categories.to_list(),
    "qualifier": QUALIFIERS.categories.to_list(),
    "kind": list(KINDS),
}
_REALS = ("lon", "lat", "radius_m", "figure")
_TIMES = ("said_at", "from", "until")
_DAY = re.compile(r"^(\d{4}-\d\d-\d\d)\s*(Z|[+-]\d\d:?\d\d|[A-Za-z_]+(?:/[A-Za-z_+\-0-9]+)+|UTC)?$")
_GROUP = "[,\u00a0\u2009\u202f ]"
_NUMBER = rf"(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|\d+)(?:\.\d+)?"
"""Thousands stand in groups; `1,5` is no fifteen, and whether it is one and a half nobody has said."""
_FIGURE = rf"(?i)^(?:(exactly|exact|at least|about|around|some|more than|over)\s+)?({_NUMBER})\s*(\+)?$"
_EITHER = r"(?:^|\s)[1-9]\d{0,2}\.\d{3}\s*\+?$"
"""`11.000` is eleven in one country and eleven thousand in another."""
_MEANT = {
    "exactly": "exact", "exact": "exact", "at least": "at least", "about": "about", "around": "about", "some": "about",
    "more than": "more than", "over": "more than",
}  # fmt: skip


def span(text: str, zone: str | None = None) -> tuple[datetime, datetime] | None:
    """A day or a time of day, with its zone -> the span that it stands for; None where it is none or has no zone.

    >>> [at.isoformat() for at in span("2025-03-13 Europe/Moscow") or ()]
    ['2025-03-12T21:00:00+00:00', '2025-03-13T21:00:00+00:00']
    >>> span("2025-03-13"), span("yesterday", "UTC")
    (None, None)
    """
    try:
        if day := _DAY.match(text.strip()):
            first, place = day[1], day[2] or zone
            if place is None:
                return None
            return _midnight(first, place), _midnight(f"{_next(first)}", place)
        start = instant(text, zone)
        return start, start + PRECISION
    except (InputError, OverflowError, ValueError):
        return None


def _next(day: str) -> str:
    return (datetime.strptime(day, "%Y-%m-%d") + timedelta(days=1)).date().isoformat()


def _midnight(day: str, zone: str) -> datetime:
    """Where clocks spring over midnight the day begins at 01:00."""
    try:
        return instant(f"{day} 00:00 {zone}")
    except InputError:
        return instant(f"{day} 01:00 {zone}")


def settled(told: pl.DataFrame, zone: str | None, places: pl.DataFrame) -> pl.DataFrame:
    """Text -> one frame with everything settled; each told value stays beside it as `told_<name>`."""
    table = told.with_columns(pl.col(name).alias(f"told_{name}") for name in COLUMNS)
    for name in _TIMES:
        table = table.join(_spans(told[name], name, zone), on=f"told_{name}", how="left", maintain_order="left")
    figure = pl.col("figure").str.extract(_FIGURE, 2).str.replace_all(_GROUP, "")
    more = pl.when(pl.col("figure").str.extract(_FIGURE, 3).is_not_null()).then(pl.lit("at least"))
    meant = pl.coalesce(more, pl.col("figure").str.extract(_FIGURE, 1).str.to_lowercase().replace(_MEANT))
    qualifier = pl.col("qualifier").str.to_lowercase().replace(_MEANT)
    table = table.with_columns(
        figure=pl.when(~pl.col("figure").str.contains(_EITHER)).then(
            pl.coalesce(cells.real(pl.col("figure")), cells.real(figure))
        ),
        qualifier=pl.coalesce(qualifier, meant),
        **{name: cells.real(pl.col(name)) for name in ("lon", "lat", "radius_m")},
        **{name: pl.col(name).str.to_lowercase().str.replace_all(r"[\s-]+", "_") for name in ("asserts", "kind")},
        speech=pl.col("speech").str.to_lowercase(),
    )
    table = table.with_columns(pl.when(pl.col(n).is_in(words)).then(n).alias(n) for n, words in _WORDS.items())
    return _lost(_placed(_fair(table), places)).rechunk()


def _spans(told: pl.Series, name: str, zone: str | None) -> pl.DataFrame:
    """Each different text is read once -> its start and end."""
    texts = told.unique(maintain_order=True).drop_nulls()
    made = [span(text, zone) or (None, None) for text in texts.to_list()]
    starts, ends = [one[0] for one in made], [one[1] for one in made]
    schema: dict[str, Any] = {f"told_{name}": pl.String, f"{name}_start": UTC_US, f"{name}_end": UTC_US}
    return pl.DataFrame({f"told_{name}": texts, f"{name}_start": starts, f"{name}_end": ends}, schema=schema)


def _fair(table: pl.DataFrame) -> pl.DataFrame:
    """Figures that cannot be, and half places, become null; the told text beside them says what they were."""
    good = ~cells.off_earth() & ~cells.nowhere()
    whole_day = pl.col("told_until").str.contains(_DAY.pattern)
    stop = pl.when(whole_day).then("until_end").otherwise("until_start")
    start = pl.col("from_start")
    return table.with_columns(
        pl.when(good).then("lon").alias("lon"),
        pl.when(good).then("lat").alias("lat"),
        pl.when(pl.col("radius_m") >= 0).then("radius_m").alias("radius_m"),
        t0=start,
        t1=pl.when(stop > start).then(stop).when(start.is_not_null()).then("from_end"),
        bad_until=pl.col("told_until").is_not_null() & ~(stop > start).fill_null(False),
    )


def _placed(table: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """A place without coordinates takes those of the gazetteer, where it knows exactly one place of that name."""
    found = places.rename({n: f"known_{n}" for n in ("lon", "lat", "radius_m")}).rename({"name": "known"})
    table = table.with_columns(known=pl.col("place").str.to_lowercase())
    table = table.join(found, on="known", how="left", maintain_order="left")
    bare = pl.col("lon").is_null()
    radius = pl.when(bare).then(pl.coalesce("radius_m", "known_radius_m")).otherwise("radius_m")
    return table.with_columns(
        *(pl.when(bare).then(f"known_{name}").otherwise(name).alias(name) for name in ("lon", "lat")), radius_m=radius
    )


def _lost(table: pl.DataFrame) -> pl.DataFrame:
    silent = pl.all_horizontal(pl.col(n).is_null() for n in ("told_about", "told_says", "told_quote", "told_asserts"))
    again = pl.col("key").is_not_null() & (pl.int_range(pl.len()).over("key") > 0)
    code = (
        pl.when(pl.col("told_speaker").is_null()).then(pl.lit("no_speaker"))
        .when(silent).then(pl.lit("says_nothing"))
        .when(again).then(pl.lit("repeated_key"))
    )  # fmt: skip
    return table.with_columns(lost=code)


_WHY = {
    "no_speaker": "nobody is named who said it",
    "says_nothing": "neither about, says, quote nor asserts is told",
    "repeated_key": "another statement of this file has that key; a correction is a new statement with its own",
}
_SUBJECT = {"no_speaker": "speaker", "says_nothing": "says", "repeated_key": "key"}


def lost_rows(table: pl.DataFrame, file: str) -> pl.DataFrame:
    """One lost problem for each row that is no statement."""
    gone = table.filter(pl.col("lost").is_not_null()).rechunk()
    made = problems_where(
        gone, pl.lit(True), file=file, code="", subject="", lost=True,
        message=pl.col("lost").replace_strict(_WHY, return_dtype=pl.String),
    )  # fmt: skip
    return made.with_columns(code=gone["lost"], subject=gone["lost"].replace_strict(_SUBJECT, return_dtype=pl.String))


def flaws(kept: pl.DataFrame, file: str) -> Iterator[pl.DataFrame]:
    """Problems of rows that are kept: the cell is null, the row is not lost."""
    for bad, code, subject, why in _faults():
        rows = kept.filter(bad.fill_null(False)).rechunk()
        if not rows.is_empty():
            note = partial(problems_where, rows, pl.lit(True), file=file, code=code, subject=subject, lost=False)
            yield note(message=why)


def _faults() -> list[tuple[pl.Expr, str, str, pl.Expr]]:
    def told(name: str) -> pl.Expr:
        return pl.col(f"told_{name}")

    def shown(name: str, why: str) -> pl.Expr:
        return pl.format("'{}' " + why, told(name).str.slice(0, 40))

    faults = [
        (told("source").is_null(), "no_source", "source", pl.lit("no source is told; a statement needs one to count")),
        (told("until").is_not_null() & pl.col("bad_until"), "bad_time", "until", shown("until", "is no time after")),
        ((told("lon").is_not_null() | told("lat").is_not_null()) & pl.col("lon").is_null(), "bad_place", "lon, lat",
         pl.lit("are not the degrees of a place; left out")),
    ]  # fmt: skip
    for name, words in _WORDS.items():
        there = ", ".join(words) if len(words) < 12 else "a word of docs/glossary.md"
        bad = told(name).is_not_null() & pl.col(name).is_null()
        faults.append((bad, "unknown_word", name, shown(name, f"is none of: {there}; left out")))
    either = told("figure").str.contains(_EITHER)
    both_ways = "is one number with a decimal point and another with a thousands' point; left out: 11,000 or 11.0"
    faults.append((either, "bad_number", "figure", shown("figure", both_ways)))
    for name in ("radius_m", "figure"):
        bad = told(name).is_not_null() & pl.col(name).is_null() & ~(either if name == "figure" else pl.lit(False))
        faults.append((bad, "bad_number", name, shown(name, "is no figure for it; left out")))
    for name in ("said_at", "from"):
        bad = told(name).is_not_null() & pl.col(f"{name}_start").is_null()
        why = "is no time, or has no zone (as 2025-03-13 14:00 Europe/Kyiv, or --zone); left out"
        faults.append((bad, "bad_time", name, shown(name, why)))
    return faults


def statements(kept: pl.DataFrame, capture: str) -> pl.DataFrame:
    """Settled rows -> statements. What is not told of `speech` is plain stating."""
    if kept.is_empty():
        return STATEMENTS.empty()
    row = pl.col("row").cast(pl.String)
    return STATEMENTS.fit(
        kept.select(
            *(pl.col(name) for name in (*_TEXTS, "asserts", "kind", "qualifier", "lon", "lat", "radius_m", "figure")),
            "t0",
            "t1",
            id=pl.format("{}#{}", pl.lit(capture), row),
            capture=pl.lit(capture),
            locator=pl.format("row {}", row),
            said_at="said_at_start",
            speech=pl.col("speech").fill_null("states"),
            source=pl.col("source").fill_null(NOT_TOLD),
        )
    )
