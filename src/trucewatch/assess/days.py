"""Findings by reporting day. A mission's day may run from evening to evening; an incident of two days is of neither."""

from __future__ import annotations

import polars as pl

from trucewatch.assess.model import Agreement
from trucewatch.base.calendar import reporting_day


def by_day(findings: pl.DataFrame, incidents: pl.DataFrame, agreed: Agreement) -> pl.DataFrame:
    """findings, incidents -> day, article, term, reading, verdict, n, contested; `day` null where it may be one of two.

    The day begins where the agreement's `reporting_day` says so, else at midnight in its `display_zone`, and is named
    by the date on which it ends. Findings of periods and of ground are of no day, and are not here.

    >>> from trucewatch.tables import FINDINGS, INCIDENTS
    >>> by_day(FINDINGS.empty(), INCIDENTS.empty(), Agreement("a", "A", "UTC", "x", True, (), ())).height
    0
    """
    begins, place = agreed.reporting_day or ("00:00", agreed.display_zone)
    first = reporting_day(pl.col("t0"), begins, place)
    # Spans are half-open: what ends as a day begins was of the day before.
    last = reporting_day(pl.max_horizontal("t0", pl.col("t1") - pl.duration(microseconds=1)), begins, place)
    days = incidents.select(subject="id", day=pl.when(first == last).then(first))
    return (
        findings.join(days, on="subject", how="inner")
        .group_by("day", "article", "term", "reading", pl.col("verdict").cast(pl.String))
        .agg(n=pl.len(), contested=pl.col("contested").sum())
        .sort("day", "article", "term", "reading", "verdict", nulls_last=True)
    )
