"""Tables that `watch` makes: clusters in space and time, alarms, and what a baseline expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from trucewatch.tables.contract import LAT, LON, Contract

CLUSTERS = Contract(
    "clusters",
    {
        "llr": (pl.Float64, "log-likelihood ratio of the cylinder against no cluster anywhere"),
        "p": (pl.Float64, "share of chance arrangements whose likeliest cylinder is at least as likely"),
        "locations": (pl.List(pl.String), "the locations in its circle, the centre first, then nearest first"),
        "from": (pl.Date, "first day of its window"),
        "to": (pl.Date, "last day of its window, included"),
        "cases": (pl.Int64, "cases in it"),
        "expected": (pl.Float64, "cases that its places and days would hold if neither depended on the other"),
        "radius_km": (pl.Float64, "kilometres from its centre to the farthest of its locations"),
        "lon": LON,
        "lat": LAT,
        "looked": (
            pl.Float64,
            "how many times as much it was looked at as its places and days alone explain; null where not known",
        ),
    },
    needed=("llr", "locations", "from", "to", "cases", "expected", "radius_km"),
    key=None,
)
ALARMS = Contract(
    "alarms",
    {
        "series": (pl.String, "the series that alarmed: a cell, a sector, a kind"),
        "date": (pl.Date, "the day at whose end the evidence passed the bar"),
        "evidence": (pl.Float64, "how strongly: without a change it grows by at most 1 a day on average"),
        "since": (pl.Date, "the likeliest first day of the rise"),
        "counted": (pl.Int64, "counted from then to the alarm, on days that were looked at"),
        "expected": (pl.Float64, "usual on those days"),
        "days": (pl.Int64, "those days"),
        "raised_by": (pl.String, "what raised it, in words"),
        "lowered_by": (pl.String, "what would lower it, in words"),
    },
    needed=("series", "date", "evidence", "since", "counted", "expected", "days", "raised_by", "lowered_by"),
    key=None,
)
WATCHED = Contract(
    "watched",
    {
        "series": (pl.String, "a series that was given"),
        "k": (pl.Float64, "dispersion, likeliest: variance is mean + mean^2/k; null where nothing can be told"),
        "k_used": (pl.Float64, "dispersion that was used, on the careful side"),
        "mean": (pl.Float64, "counted on a usual day, over those days; null where it is not told"),
        "mean_used": (pl.Float64, "the upper side of that mean, which was used"),
        "days": (pl.Int64, "days after the training that weigh something"),
        "cannot_tell": (pl.String, "why nothing can be told of it; null where something can"),
        "remarks": (pl.List(pl.String), "what its baseline lacks, and which days weigh nothing"),
    },
    needed=("series", "days", "remarks"),
    key="series",
)
TREND = Contract(
    "trend",
    {
        "series": (pl.String, "the series: a cell, a sector"),
        "within": (
            pl.String,
            "the larger place whose season, weather and spread it shares; itself where there is none",
        ),
        "day": (pl.Date, "the day that is judged"),
        "count": (
            pl.Int64,
            "counted there and then; with a reach, together with the days before and the series nearby",
        ),
        "expected": (pl.Float64, "usual for the same"),
        "limit": (pl.Int64, "the highest count that is not in excess: a limit of the count, not of its mean"),
        "chance": (pl.Float64, "chance to count so many or more where nothing has changed, taken on the careful side"),
        "excess": (pl.Boolean, "above the limit"),
        "alarm": (
            pl.Int64,
            "where in excess, which alarm of its larger place the day belongs to: days in excess that were judged by a "
            "day and series in common are one",
        ),
        "reach_days": (pl.Int64, "days over which it was counted, this one the last: of those tried, the least likely"),
        "near_km": (pl.Float64, "kilometres around within which it was counted, 0 the series alone"),
    },
    needed=("series", "within", "day", "count", "expected", "limit", "chance", "excess"),
    key=None,
)


def alarmed(trend: pl.DataFrame) -> pl.DataFrame:
    """Days in excess of TREND -> a row an alarm: its least likely day, `days` and `places` it holds, `first`, `last`.

    By alarm within a larger place, those that began first first.
    """
    keys = ["within", "alarm"]
    held = trend.group_by(keys).agg(
        days=pl.len(), places=pl.col("series").n_unique(), first=pl.col("day").min(), last=pl.col("day").max()
    )
    top = trend.sort("chance", "day", "series").unique(keys, keep="first", maintain_order=True)
    return top.join(held, on=keys, how="left", validate="1:1").sort("first", "within", "alarm")


def held_by(alarm: Mapping[str, Any]) -> str:
    """What else an alarm of `alarmed` holds, in words; nothing where it is one day."""
    if alarm["days"] == 1:
        return ""
    places = "" if alarm["places"] == 1 else f" at {alarm['places']} places"
    return f"; the least likely of {alarm['days']} days{places}, {alarm['first']} to {alarm['last']}"
