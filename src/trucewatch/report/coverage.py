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


def watched(exposure: pl.DataFrame, span: Period, alike: float) -> dict[str, Any] | None:
    """exposure by day -> how well this period and the one before were watched, and what follows for their comparison.

    None where no look tells its ground. `times`: how many times as well as the previous one this period was watched,
    by the least and the greatest chances; nulls where they cannot tell, nothing at all where both were watched alike.
    `unseen`: the period in which nobody is recorded to have looked. Counts stay as they are: sources that record no
    looks counted too, and incidents do not lie evenly over the ground. What is adjusted is their comparison.
    """
    if exposure.is_empty():
        return None
    now, before = (_chance(exposure, part) for part in (span, span.before))
    says = f"Over the ground at which anybody looked at some time, {_chance_says(now)}"
    unseen = "this period" if now["high"] is None else "the previous period" if before["high"] is None else None
    times = None
    if not unseen and max(ratio := _times(now["high"], before["high"]) or 0.0, 1 / max(ratio, 1e-9)) > alike:
        times = [_times(now["low"], before["low"]), ratio]
        says += (
            f" In the previous period {_chance_says(before)} The two were not watched alike: their counts are compared "
            "per chance to notice, and that is told apart from what was counted."
        )
    return {"now": now, "before": before, "times": times, "unseen": unseen, "says": says}


def _times(now: float | None, before: float | None) -> float | None:
    return now / before if now and before else None


def _chance(exposure: pl.DataFrame, part: Period) -> dict[str, float | None]:
    mine = exposure.filter((pl.col("t0") < part.until) & (pl.col("t1") > part.since))
    if mine.is_empty() or mine["high"].sum() <= 0:
        return {"low": None, "high": None, "share": 0.0}
    days = max(mine.height, -(-(part.until - part.since) // timedelta(days=1)))  # a day without a row is one unseen
    return {name: float(mine[name].sum()) / days for name in ("low", "high", "share")}


def _chance_says(told: dict[str, float | None]) -> str:
    if told["high"] is None:
        return "nobody is recorded to have looked: how many incidents there were is unknown."
    return (
        f"{told['share']:.0%} of places and days had a look, and whoever looked would have noticed an incident at a "
        f"random place and moment (a shelling, say) with a chance between {told['low']:.1%} and {told['high']:.1%}."
    )


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
