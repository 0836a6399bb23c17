"""Step 4: who looked, and what nobody could have seen. A zero without a look is unknown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl

from trucewatch.report.period import Period


def coverage(looks: pl.DataFrame, observations: pl.DataFrame, span: Period, detailed: bool) -> dict[str, Any]:
    """looks, observations, period -> who spoke, who looked, on how many days; gaps where that may be told."""
    days = max(1, -(-(span.until - span.since) // timedelta(days=1)))
    seen = looks.filter((pl.col("t0") < span.until) & (pl.col("t1") > span.since))
    spoke = observations.filter((pl.col("t0") < span.until) & (pl.col("t1") > span.since))
    table = (
        spoke.group_by("source")
        .agg(
            observations=pl.len(), denials=(pl.col("stance") == "denies").sum(), unplaced=pl.col("lon").is_null().sum()
        )
        .join(_looked(seen), on="source", how="full", coalesce=True)
        .with_columns(pl.col("observations", "denials", "unplaced", "looks", "days").fill_null(0))
        .sort("source")
    )
    looked = seen.select(day=pl.col("t0").clip(span.since, span.until).dt.truncate("1d"))["day"].n_unique()
    out: dict[str, Any] = {
        "days": days,
        "days_looked": min(looked, days),
        "looks": seen.height,
        "looks_of_unknown_power": int(seen["p_seen_if_there"].null_count()),
        "sources": table.rows(named=True),
        "says": _words(seen.height, looked, days),
        "days_without_a_look": [],
    }
    if detailed and seen.height:
        every = pl.datetime_range(span.since, span.until, "1d", closed="left", eager=True, time_zone="UTC").dt.truncate(
            "1d"
        )
        out["days_without_a_look"] = [
            day.date().isoformat() for day in sorted(set(every.to_list()) - set(seen["t0"].dt.truncate("1d").to_list()))
        ]
    return out


def _looked(seen: pl.DataFrame) -> pl.DataFrame:
    return seen.group_by("source").agg(looks=pl.len(), days=pl.col("t0").dt.truncate("1d").n_unique())


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
