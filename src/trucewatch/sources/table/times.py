"""When a row of a table happened, and which rows are lost since nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import polars as pl

from trucewatch.base.time import UTC_US, instant
from trucewatch.sources.table import cells
from trucewatch.sources.table.mapping import DAYS, HOUR, INSTANTS, Plan


def times(made: Plan) -> Iterator[pl.Expr]:
    """A mapping's times over their columns -> t0, t1, told_time; said and end, with their faults, where it has them."""
    when, zone = made.when, made.zone
    told = cells.text(when.start)
    yield told.alias("told_time")
    if when.unit == "day":
        date = cells.day(told, when.formats)
    elif when.unit == "month":
        date = cells.month(told, when.formats)
    if when.unit == "start":
        start = cells.sane(cells.moment(told, when.formats, zone))
        least = cells.moment(told, when.formats, zone, latest=True) + pl.duration(seconds=when.precision_s)
        yield start.cast(UTC_US).alias("t0")
        end = least
        if when.end:
            ended = cells.text(when.end)
            stop = cells.sane(cells.moment(ended, when.formats, zone, latest=True))
            end = pl.when(stop > start).then(stop).otherwise(least)
            yield ended.alias("told_end")
            yield (ended.is_not_null() & ~(stop >= start).fill_null(False) & start.is_not_null()).alias("bad_end")
        yield end.cast(UTC_US).alias("t1")
    else:
        zone = zone or "UTC"
        yield cells.begins(date, zone).alias("t0")
        yield cells.begins(date.dt.offset_by("1d" if when.unit == "day" else "1mo"), zone).alias("t1")
    if when.said:
        spoken = cells.text(when.said)
        dated = [cells.begins(cells.day(spoken, ["%Y-%m-%d"]), zone)] if zone else []
        said = cells.sane(pl.coalesce(cells.moment(spoken, INSTANTS, zone), *dated))
        yield said.alias("said")
        yield spoken.alias("told_said")
        yield (spoken.is_not_null() & said.is_null()).alias("bad_said")


def _bound(text: str | None, zone: str | None) -> datetime | None:
    if text is None:
        return None
    return instant(text + " 00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text, zone)


def lost_for_time(table: pl.DataFrame, made: Plan, known_at: datetime | None) -> pl.DataFrame:
    """Adds `lost` (a problem's code, or null) and `why`. known_at: what happened later cannot have been in the file."""
    t0, told = pl.col("t0"), pl.col("told_time")
    since, until = _bound(made.when.since, made.zone), _bound(made.when.until, made.zone)
    never = pl.lit(False)
    no_zone = never
    if made.zone is None:
        naive = cells.moment(told, made.when.formats, "UTC")
        no_zone = t0.is_null() & naive.is_not_null()
    outside = (t0 < since if since else never) | (t0 >= until if until else never)
    checks: list[tuple[pl.Expr, str, str]] = [
        (told.is_null(), "no_time", "no time is told"),
        (no_zone, "no_zone", "{} has no zone, and the mapping names none"),
        (t0.is_null() | pl.col("t1").is_null(), "bad_time", "{} is no time that we can read or that there was"),
        (outside, "outside_span", "{} is outside the time that this file is about"),
        (t0 > known_at if known_at else never, "in_future", "{} was still to come when the file was fetched"),
    ]
    quoted = pl.format("'{}'", told.str.slice(0, 40)).fill_null("")
    chain = [pl.when(bad).then(pl.lit(code)) for bad, code, _ in checks]
    table = table.with_columns(pl.coalesce(*chain).alias("lost"))
    said = [
        pl.when(pl.col("lost") == code).then(pl.format(why, quoted) if "{}" in why else pl.lit(why))
        for _, code, why in checks
    ]
    why = pl.coalesce(*said)
    if made.when.unit == "start":
        bare = (pl.col("lost") == "bad_time") & _date_only(made)
        why = pl.when(bare).then(pl.format("{} has no hour; use time.day", quoted)).otherwise(why)
    return table.with_columns(why.alias("why"))


def _date_only(made: Plan) -> pl.Expr:
    """The cell of a row that is lost is a day by itself: as a format has it before its hour, or in a usual form."""
    bare = (re.sub(r"\W*$", "", form[: hour.start()]) for form in made.when.formats if (hour := HOUR.search(form)))
    told = pl.when(pl.col("lost").is_not_null()).then("told_time")
    forms = [form for form in dict.fromkeys((*DAYS, *bare)) if form]
    return pl.any_horizontal(told.str.strptime(pl.Date, form, strict=False).is_not_null() for form in forms)
