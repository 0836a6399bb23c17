"""Local days -> spans of UTC, where a zone is told, and honestly wider ones where none is. Shared by the feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.time import UTC_US, local_midnight, zone
from trucewatch.sources.cells import Faults

EARLIEST = date(1900, 1, 1)
"""No event before this is believed: spreadsheets write 1753 for an empty date."""
LATEST = date(2100, 1, 1)
"""Nor one after this: databases write 9999 for an open end."""
FIRST_MIDNIGHT = "-14h"
"""A day begins first at UTC+14, the furthest east: 14 hours before UTC's own midnight."""
LAST_MIDNIGHT = "12h"
"""And last at UTC-12: 12 hours after it."""


def zone_of(options: Mapping[str, Any]) -> str | None:
    """The user's option `zone`, checked; null where none is given. InputError where there is no such zone."""
    told = options.get("zone")
    return zone(str(told)).key if told else None


def zones_of(options: Mapping[str, Any], file: str) -> dict[str, str]:
    """The mapping's `zones`: code -> IANA zone, each checked.

    >>> zones_of({"mapping": {"zones": {"678": "Asia/Aden"}}}, "a.yaml")
    {'678': 'Asia/Aden'}
    """
    mapping = options.get("mapping") or {}
    zones = mapping.get("zones") or {} if isinstance(mapping, Mapping) else None
    if not isinstance(zones, Mapping):
        raise InputError("has no table of zones", file=file, field="mapping", expected="zones: {code: IANA zone}")
    return {str(code).removesuffix(".0"): zone(str(name)).key for code, name in zones.items()}


def date_of(name: str) -> pl.Expr:
    """A date cell -> Date. Read: 2014-01-22 with or without a time, 1/22/2014 (month first), 22 January 2014.

    >>> cells = pl.DataFrame({"d": ["2014-01-22T00:00:00", "1/22/2014 12:00:00 AM", "22 January 2014", "22/1/2014"]})
    >>> cells.select(date_of("d").dt.to_string("%F"))["d"].to_list()
    ['2014-01-22', '2014-01-22', '2014-01-22', None]
    """
    cell = pl.col(name).str.strip_chars()
    slashed = cell.str.extract_groups(r"^(?<m>\d{1,2})/(?<d>\d{1,2})/(?<y>\d{4})(?:[ T]|$)")
    month_first = pl.format(
        "{}-{}-{}",
        slashed.struct.field("y"),
        slashed.struct.field("m").str.zfill(2),
        slashed.struct.field("d").str.zfill(2),
    )
    found = pl.coalesce(
        cell.str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[ T]|$)").str.to_date("%Y-%m-%d", strict=False),
        month_first.str.to_date("%Y-%m-%d", strict=False),
        cell.str.to_date("%d %B %Y", strict=False),
    )
    return pl.when(found.is_between(EARLIEST, LATEST)).then(found).alias(name)


def spans(first: pl.Expr, last: pl.Expr, place: pl.Expr, zones: list[str]) -> tuple[pl.Expr, pl.Expr]:
    """First and last local day (both included) and the zone's name -> (t0, t1) in UTC.

    `zones`: every name that `place` can take. Where it is null, from the first place on earth where that day
    begins to the last where it ends: 26 hours more than the day itself.
    """
    after = last.cast(pl.Date).dt.offset_by("1d")
    starts = [pl.when(place == name).then(local_midnight(first, name)) for name in zones]
    ends = [pl.when(place == name).then(local_midnight(after, name)) for name in zones]
    return pl.coalesce(*starts, _midnight(first, FIRST_MIDNIGHT)), pl.coalesce(*ends, _midnight(after, LAST_MIDNIGHT))


def _midnight(day: pl.Expr, off: str) -> pl.Expr:
    return day.cast(pl.Date).cast(pl.Datetime("us")).dt.offset_by(off).dt.replace_time_zone("UTC").cast(UTC_US)


def place_zones(
    rows: pl.DataFrame, code: str, label: str, options: Mapping[str, Any], faults: Faults
) -> tuple[pl.Expr, list[str]]:
    """Which zone does each row's day belong to? -> (zone's name or null, the names that occur).

    The option `zone` speaks for every row; else the mapping's `zones` by the cell `code`. One problem for each
    code without a zone, named as the cell `label` calls it.
    """
    if (told := zone_of(options)) is not None:
        return pl.lit(told), [told]
    zones = zones_of(options, faults.file)
    plain = pl.col(code).str.strip_chars().str.replace(r"\.0$", "")
    known = pl.lit(None, pl.String)
    if zones:
        known = plain.replace_strict(list(zones), list(zones.values()), default=None, return_dtype=pl.String)
    unknown = rows.filter(known.is_null()).select(plain.alias("code"), pl.col(label).alias("label"))
    for number, name, count in unknown.group_by("code").agg(pl.col("label").min(), pl.len()).sort("code").rows():
        faults.once(
            "zone_unknown",
            code,
            f"no time zone is told for {name or 'no country'} ({code} {number}): the days of {count} rows are 26 hours "
            "wider; say --option zone=..., or put it into the mapping's zones",
        )
    return known, rows.select(known.unique().drop_nulls().sort().alias("zone"))["zone"].to_list() if zones else []
