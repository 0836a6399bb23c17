"""What watch found, in a report: coarse and late below restricted, and nothing of where anybody looked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from reported import LATER, SINCE, UNTIL, many, material

from trucewatch.report import ReportRequest, report
from trucewatch.tables import ALARMS, CLUSTERS, TREND

DAY = date(2026, 1, 15)
GIVEN = {"by": "cell", "cell_km": "5.0", "options": {"arl_years": "10"}}
CLUSTER = {"llr": 9.0, "p": 0.01, "locations": ["50.023 N 10.031 E"], "from": DAY, "to": DAY, "cases": 12,
           "expected": 3.0, "radius_km": 0.0, "lon": 10.031, "lat": 50.023, "looked": 1.7}  # fmt: skip
ALARM = {"series": "50.023 N 10.031 E", "date": DAY, "evidence": 9e3, "since": DAY, "counted": 12, "expected": 3.0,
         "days": 1, "raised_by": "x", "lowered_by": "a day like 2026-01-15 with at most 4"}  # fmt: skip


def told(level, made_at=LATER, given=GIVEN):
    watches = (
        {"given": given, "clusters": CLUSTERS.fit(pl.DataFrame([CLUSTER]))},
        {"given": given, "alarms": ALARMS.fit(pl.DataFrame([ALARM]))},
    )
    request = ReportRequest(level, SINCE, UNTIL, made_at=made_at)
    return report(replace(material(many(3)), watches=watches), request)


@pytest.mark.parametrize("level", ["public", "parties"])
def test_below_restricted_no_fine_cell_is_named_nor_where_anybody_looked(level):
    made = told(level, given={**GIVEN, "cell_km": "1.0"})
    for text in (made.html, made.json):
        assert "What has changed" in made.html and "12 incidents where 3.0" in text
        assert "50.023" not in text and "10.031" not in text and "looked at 1.7" not in text


def test_restricted_says_all_of_it():
    made = told("restricted")
    assert "50.023 N 10.031 E (a cell of 5 km)" in made.html and "looked at 1.70 times" in made.html


def test_sectors_are_named_at_every_level():
    assert "50.023 N 10.031 E" in told("public", given={**GIVEN, "by": "sectors"}).html


def test_what_is_too_recent_is_counted_and_not_told():
    soon = UNTIL.replace(day=16) + timedelta(hours=71)
    said = json.loads(told("public", soon).json)["changes"]
    assert said == {"rows": [], "too_recent": 2, "explained": 0}
    assert len(json.loads(told("public", soon + timedelta(hours=1)).json)["changes"]["rows"]) == 2


@pytest.mark.parametrize(
    ("over", "told_of"),
    [({"p": 0.05}, 1), ({"p": 0.06}, 0), ({"looked": 3.9}, 1), ({"looked": 4.0}, 0), ({"looked": None}, 1)],
)
def test_a_cluster_that_chance_or_looking_explains_is_counted_and_not_told(over, told_of):
    watch = {"given": GIVEN, "clusters": CLUSTERS.fit(pl.DataFrame([{**CLUSTER, **over}]))}
    request = ReportRequest("public", SINCE, UNTIL, made_at=LATER)
    made = report(replace(material(many(3)), watches=(watch,)), request)
    said = json.loads(made.json)["changes"]
    assert (len(said["rows"]), said["explained"]) == (told_of, 1 - told_of)
    assert ("that are not told: 1" in made.html) == (not told_of)


def test_nothing_watched_is_no_section():
    made = report(material(many(3)), ReportRequest("public", SINCE, UNTIL, made_at=LATER))
    assert "What has changed" not in made.html


def test_days_that_are_one_alarm_are_one_line_and_each_that_is_too_recent_is_counted():
    day = {"series": "east", "within": "all cells", "count": 9, "expected": 1.0, "limit": 4, "excess": True, "alarm": 1}
    rows = [{**day, "day": DAY + timedelta(n), "chance": 10.0 ** (n - 9)} for n in range(4)]
    watch = {"given": {**GIVEN, "by": "sectors", "options": {"a_year": "1"}}, "trend": TREND.fit(pl.DataFrame(rows))}
    made_at = UNTIL.replace(day=16) + timedelta(hours=72 + 48)
    request = ReportRequest("public", SINCE, UNTIL, made_at=made_at)
    said = json.loads(report(replace(material(many(3)), watches=(watch,)), request).json)["changes"]
    assert [row["when"] for row in said["rows"]] == ["2026-01-15"] and said["too_recent"] == 1
    assert said["rows"][0]["says"].endswith("the least likely of 3 days, 2026-01-15 to 2026-01-17")
