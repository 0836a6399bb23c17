"""How well a period was watched stands beside its counts; who was silent is told at one level alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
from reported import DAY as DAY_
from reported import LATER, SINCE, UNTIL, looks, many, material

from trucewatch.report import ReportRequest, report
from trucewatch.report.coverage import watched
from trucewatch.report.period import Period
from trucewatch.report.silent import quiet
from trucewatch.tables import SILENT

DAY = datetime(2030, 3, 11, tzinfo=UTC)
SPAN = Period(DAY, DAY + timedelta(days=10))


def exposure(now: float, before: float) -> pl.DataFrame:
    start = [SPAN.before.since + timedelta(days=n) for n in range(20)]
    high = [before] * 10 + [now] * 10
    return pl.DataFrame({"t0": start, "low": [0.01] * 20, "high": high, "share": [0.5] * 20}).with_columns(
        t1=pl.col("t0") + timedelta(days=1)
    )


def test_periods_watched_unlike_say_so_and_those_alike_do_not():
    assert "not watched alike" in watched(exposure(0.6, 0.2), SPAN, 1.25)["says"]
    assert "not watched alike" in watched(exposure(0.2, 0.6), SPAN, 1.25)["says"]
    assert "not watched alike" not in watched(exposure(0.5, 0.55), SPAN, 1.25)["says"]


def test_nobody_looked_is_unknown_and_not_quiet():
    assert watched(pl.DataFrame(), SPAN, 1.25) is None
    got = watched(exposure(0.5, 0.5).head(10), SPAN, 1.25)
    assert got["now"]["high"] is None and "unknown" in got["says"]


def test_how_many_times_as_well_one_period_was_watched_is_told_where_it_matters():
    half = watched(exposure(0.25, 0.5), SPAN, 1.25)
    assert half["times"] == [1.0, 0.5] and half["unseen"] is None
    assert watched(exposure(0.5, 0.55), SPAN, 1.25)["times"] is None
    assert watched(exposure(0.5, 0.5).head(10), SPAN, 1.25)["unseen"] == "this period"
    assert watched(exposure(0.5, 0.5).tail(10), SPAN, 1.25)["unseen"] == "the previous period"


def test_a_report_compares_what_was_counted_as_it_was_watched():
    rows = [*many(40, SINCE - 9 * DAY_), *many(20, SINCE + DAY_)]
    record = looks((SINCE - 12 * DAY_, UNTIL))

    def word(now: float, before: float) -> str:
        start = [SINCE - 10 * DAY_ + DAY_ * n for n in range(20)]
        days = pl.DataFrame(
            {"t0": start, "low": [before / 2] * 10 + [now / 2] * 10, "high": [before] * 10 + [now] * 10, "share": 1.0}
        ).with_columns(t1=pl.col("t0") + DAY_)
        made = report(
            replace(material(rows, looks=record), exposure=days),
            ReportRequest("restricted", SINCE, UNTIL, made_at=LATER),
        )
        return json.loads(made.json)["summary"][0]["word"]

    assert word(0.6, 0.6) == "fewer"
    assert word(0.3, 0.6) == "fewer counted; similar as watched"
    assert word(0.1, 0.8) == "fewer counted; more as watched"
    assert word(0.6, 0.0) == "unknown: nobody is recorded to have looked in the previous period"


def test_days_without_a_row_are_days_unseen():
    assert watched(exposure(0.5, 0.5).tail(5), SPAN, 1.25)["now"]["high"] == 0.25


def test_silent_looks_are_named_the_likeliest_first_and_the_rest_counted():
    rows = [("i", f"c#{n}", f"s{n}", None, DAY, DAY + timedelta(hours=1), 0.0, n / 10) for n in range(6)]
    said = quiet(SILENT.fit(pl.DataFrame(rows, schema=list(SILENT.columns), orient="row")), 2, "UTC")["i"]
    assert said.startswith("s5 (2030-03-11 00:00 to 01:00; chance 0% to 50%); s4") and said.endswith("and 4 more")
