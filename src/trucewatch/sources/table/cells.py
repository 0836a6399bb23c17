"""Columns of text -> numbers, words and instants, as expressions; a cell that cannot be read becomes null."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from trucewatch.base.time import UTC_US, local_midnight
from trucewatch.sources.table.mapping import Rules
from trucewatch.sources.table.rows import BETWEEN

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside are slips of a pen: no record of a truce that this tool can judge lies there."""
NULL_ISLAND_DEG = 0.01
"""A point this near to 0, 0 is a lost place and no place: about 1 km, in open sea."""
_ABOUT = r"(?i)^(?:about|approximately|approx\.?|around|at least|some|circa|ca\.?|c\.|~|≈)?\s*(\d+)\+?$"
_OFFSET = r"(:\d{2}(?:\.\d+)?)\s*(Z|[+-]\d{2}(?::?\d{2})?)$"  # only after a time: a date may end in -2022
_FRACTION = r"(:\d{2})\.\d+$"


def text(name: str, nulls: Sequence[str] = ()) -> pl.Expr:
    """A column of text: trimmed; blank cells and `nulls` are null."""
    trimmed = pl.col(name).str.strip_chars()
    return pl.when(trimmed.is_in(["", *nulls])).then(None).otherwise(trimmed)


def real(cell: pl.Expr, decimal_comma: bool = False) -> pl.Expr:
    """Text -> Float64; what is no finite number is null."""
    plain = cell.str.replace_all(",", ".", literal=True) if decimal_comma else cell
    number = plain.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def whole(cell: pl.Expr, about: bool = False) -> pl.Expr:
    """Text -> Int64, zero or more; `12.0` is 12, `12.5` is null; with `about`, 'about 9' is 9."""
    if about:
        cell = pl.coalesce(cell.str.extract(_ABOUT, 1), cell)
    number = cell.cast(pl.Float64, strict=False)
    return pl.when(number.is_between(0, 2**53) & (number == number.floor())).then(number).cast(pl.Int64)


def parts(cell: pl.Expr, urls: bool = False, replace: Sequence[tuple[str, str]] = ()) -> pl.Expr:
    """Text -> sorted list of its parts, each once; as `urls`, what is only spelling in an address is taken off."""
    split = cell.str.replace_all(r"[;|\n\x1e]", BETWEEN).str.split(BETWEEN)
    part = pl.element().str.strip_chars()
    if urls:
        part = part.str.replace(r"(?i)^https?://(?:www\.|mobile\.|m\.)?", "").str.replace(r"[/#]+$", "")
    for pattern, to in replace:
        part = part.str.replace(pattern, to)
    made = split.list.eval(part.filter(part != "")).list.unique().list.sort()
    return pl.when(made.list.len() > 0).then(made)


def words(rules: Rules) -> pl.Expr:
    """A column's values -> the first rule's word that fits; `otherwise` where none does or there is no value."""
    cell = pl.col(rules.column).str.strip_chars()
    chain = [
        pl.when(
            pl.any_horizontal(
                *([cell.is_in(list(rule.equals))] if rule.equals else []),
                *[cell.str.starts_with(start) for start in rule.starts],
                *([cell.str.contains(rule.matches)] if rule.matches else []),
            )
        ).then(pl.lit(rule.to))
        for rule in rules.rules
    ]
    return pl.coalesce(*chain, pl.lit(rules.otherwise, pl.String))


def day(cell: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Text -> Date by the first format that reads it; a midnight after a date is no news and is taken off."""
    bare = cell.str.replace(r"[ T]00:00(?::00(?:\.0+)?)?$", "")
    return pl.coalesce(bare.str.strptime(pl.Date, form, strict=False) for form in formats)


def month(cell: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """Text -> Date of the month's first day."""
    first = cell + " 01"
    return pl.coalesce(first.str.strptime(pl.Date, f"{form} %d", strict=False) for form in formats)


def moment(cell: pl.Expr, formats: Sequence[str], zone: str | None, latest: bool = False) -> pl.Expr:
    """Text -> UTC instant. With an offset it stands; without one it is wall time in `zone`, null where there is none.

    24:00 is the end of its day. Of an hour that comes twice, the first, or with `latest` the second.
    """
    clock = cell.str.replace(_OFFSET, "${1}")
    late = clock.str.contains(r"[ T]24:00(?::00)?$")
    clock = clock.str.replace(r"([ T])24:00", "${1}00:00").str.replace(_FRACTION, "${1}")
    wall = pl.coalesce(clock.str.strptime(pl.Datetime("us"), form, strict=False) for form in formats)
    wall = pl.when(late).then(wall.dt.offset_by("1d")).otherwise(wall)
    offset = cell.str.extract(_OFFSET, 2).str.replace("Z", "+0000", literal=True).str.replace(":", "", literal=True)
    minutes = offset.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    seconds = (offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 3600 + minutes * 60) * pl.when(
        offset.str.starts_with("-")
    ).then(-1).otherwise(1)
    moved = (wall - pl.duration(seconds=seconds)).dt.replace_time_zone("UTC")
    if zone is None:
        return moved.cast(UTC_US)
    local = wall.dt.replace_time_zone(zone, ambiguous="latest" if latest else "earliest", non_existent="null")
    return pl.when(offset.is_null()).then(local.dt.convert_time_zone("UTC")).otherwise(moved).cast(UTC_US)


def sane(when: pl.Expr) -> pl.Expr:
    """Instants or dates in years that can be meant; others null."""
    return pl.when(when.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(when)


def begins(date: pl.Expr, zone: str) -> pl.Expr:
    """Dates -> the instant at which they begin in the zone."""
    return local_midnight(sane(date), zone)


def nowhere(lon: str = "lon", lat: str = "lat") -> pl.Expr:
    """The point is so near 0, 0 that it is a place nobody filled in."""
    return (pl.col(lon).abs() < NULL_ISLAND_DEG) & (pl.col(lat).abs() < NULL_ISLAND_DEG)


def off_earth(lon: str = "lon", lat: str = "lat") -> pl.Expr:
    """Degrees that no place has."""
    return ~(pl.col(lon).is_between(-180, 180) & pl.col(lat).is_between(-90, 90))


def utc(at: datetime) -> datetime:
    """An aware time in UTC."""
    return at.astimezone(UTC)
