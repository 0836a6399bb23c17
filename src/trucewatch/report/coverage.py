"""Step 4: who looked, and what nobody could have seen. A zero without a look is unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from trucewatch.report.period import Period

_INSTANT = timedelta(microseconds=1)
"""The finest that the tables tell: the last moment of a span whose end is not included."""


def coverage(
    looks: pl.DataFrame, observations: pl.DataFrame, span: Period, zone: str, detailed: bool
) -> dict[str, Any]:
    """looks, observations, period -> who spoke, who looked, on how many days of the zone; more where it may be told."""
    days = _days_of(span, zone)
    meets = (pl.col("t0") < span.until) & ((pl.col("t1") > span.since) | (pl.col("t0") >= span.since))
    seen, spoke = looks.filter(meets), observations.filter(meets)
    by_day = _by_day(seen, span, zone)
    looked = set(by_day["day"].to_list())
    table = spoke.group_by("source").agg(
        observations=pl.len(), denials=(pl.col("stance") == "denies").sum(), unplaced=pl.col("lon").is_null().sum()
    )
    if detailed:
        per = seen.group_by("source").agg(looks=pl.len())
        per = per.join(by_day.group_by("source").agg(days=pl.col("day").n_unique()), on="source", how="left")
        table = table.join(per, on="source", how="full", coalesce=True).with_columns(pl.exclude("source").fill_null(0))
    return {
        "detailed": detailed,
        "days": len(days),
        "days_looked": len(looked),
        "looks": seen.height,
        "looks_of_unknown_power": int(seen["p_seen_if_there"].null_count()),
        "sources": table.sort("source").rows(named=True),
        "says": _words(seen.height, len(looked), len(days)),
        "days_without_a_look": (
            [day.isoformat() for day in days if day not in looked] if detailed and seen.height else []
        ),
    }


def _days_of(span: Period, zone: str) -> list[date]:
    """The days of the zone of which some lies in the period."""
    first, last = (at.astimezone(ZoneInfo(zone)).date() for at in (span.since, span.until - _INSTANT))
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _by_day(seen: pl.DataFrame, span: Period, zone: str) -> pl.DataFrame:
    """looks -> a row per source and day of the zone on which it looked, within the period."""
    rows = {
        (source, day)
        for source, t0, t1 in seen.select("source", "t0", "t1").unique().rows()
        for day in _days_of(_cut(t0, t1, span), zone)
    }
    return pl.DataFrame(sorted(rows), schema={"source": pl.String, "day": pl.Date}, orient="row")


def _cut(t0: datetime, t1: datetime, span: Period) -> Period:
    """A look's span, or its instant, as far as it lies in the period."""
    since = max(t0, span.since).astimezone(UTC)
    return Period(since, max(min(t1, span.until).astimezone(UTC), since + _INSTANT))


def _words(looks: int, looked: int, days: int) -> str:
    if not looks:
        return (
            "No source recorded when and where it looked in this period. "
            "Silence in this report is therefore not evidence of quiet: a day or a place without incidents is "
            "unknown, not peaceful."
        )
    if looked < days:
        return (
            f"Looks are recorded on {looked} of {days} days. On the others silence says nothing; "
            "and where a look's power is not known (cloud, distance), its silence says little."
        )
    return (
        "Looks are recorded on every day, but not of every place: silence counts only where someone looked, "
        "and where a look's power is not known (cloud, distance), it counts little."
    )
