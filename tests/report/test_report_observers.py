"""Below restricted nothing tells where an observer stood, what a patrol is called, or which source looked when."""

from __future__ import annotations

import json

import polars as pl
import pytest
from reported import DAY, HOUR, LATER, MINUTE, SINCE, looks, made, material, sighting

from trucewatch.report import ReportRequest, report
from trucewatch.report.observers import name_of

LON, LAT = 10.0123417, 50.0234519
BELOW = pytest.mark.parametrize("level", ["public", "parties"])


def heard(at=SINCE + HOUR, lon=LON, lat=LAT, bearing=None, **more) -> dict:
    """A row as the notebook makes it: without a bearing the point is the observer's, with a wide error."""
    sector = {"lon": LON, "lat": LAT, "bearing_deg": bearing, "spread_deg": None, "near_m": 0.0, "far_m": 4000.0}
    return {**sighting(at, lon, lat), "sector": sector, "radius_m": 9000.0, "place": "MARK-POST", **more}


def files(out) -> str:
    return out.html + out.json + repr(out.incidents.drop("geometry").rows()) + repr(out.findings.rows())


class TestWhereTheyStood:
    @BELOW
    def test_what_was_heard_without_a_bearing_has_no_point_and_no_name(self, level):
        out = made([heard(), heard(SINCE + 3 * DAY)], level)
        told = ("lon", "lat", "radius_m", "place", "geometry")
        assert out.incidents.select(told).unique().rows() == [(None,) * 5]
        assert "MARK-POST" not in files(out)
        assert json.loads(out.json)["map"]["shown"] == 0

    @BELOW
    def test_where_a_bearing_was_taken_the_sectors_middle_is_told_as_usual(self, level):
        out = made([heard(lon=LON + 0.05, bearing=90.0)], level)
        exact = made([heard(lon=LON + 0.05, bearing=90.0)]).incidents
        assert out.incidents["lon"].null_count() == 0
        assert set(out.incidents["lon"]).isdisjoint(exact["lon"])
        assert out.incidents["place"].to_list() == ["MARK-POST"]

    def test_a_point_that_was_seen_is_told_although_the_range_was_noted_too(self):
        assert made([heard(lon=LON + 0.05)], "public").incidents["lon"].null_count() == 0

    def test_a_point_of_another_source_is_told(self):
        rows = [heard(), sighting(SINCE + HOUR, LON + 0.01, LAT, source="b", place="Oakford")]
        out = made(rows, "parties")
        assert (out.incidents.height, out.incidents["lon"].null_count()) == (
            made(rows).incidents.height,
            out.incidents.height - 1,
        )

    def test_restricted_keeps_it(self):
        row = made([heard()]).incidents.row(0, named=True)
        assert (row["lon"], row["lat"], row["place"]) == (LON, LAT, "MARK-POST")


NAMES = ("report/MARK-PATROL", "desk/MARK-DESK", "firms/N20", "ucdp")


class TestNamesOfSources:
    def of(self, level: str):
        rows = [sighting(SINCE + HOUR + n * DAY, 10.0 + n, source=name) for n, name in enumerate(NAMES)]
        told = material(rows).captures.with_columns(source=pl.lit("desk/MARK-FEED"))
        return made(
            rows, level, captures=told, looks=looks((SINCE, SINCE + HOUR)).with_columns(source=pl.lit(NAMES[0]))
        )

    @BELOW
    def test_only_the_first_part_leaves_the_case(self, level):
        out = self.of(level)
        assert "MARK-" not in files(out)
        assert sorted(out.incidents["sources"].explode()) == ["desk", "firms/N20", "report", "ucdp"]
        data = json.loads(out.json)
        assert [row["source"] for row in data["coverage"]["sources"]] == ["desk", "firms/N20", "report", "ucdp"]
        assert {c["source"] for n in data["notes"] for c in n["captures"]} == {"desk"}
        assert {c["source"] for c in data["captures"]} == {"desk"}

    def test_restricted_has_them_whole(self):
        assert "report/MARK-PATROL" in files(self.of("restricted"))

    def test_a_notebook_that_calls_itself_something_else_is_a_report(self):
        rows = [sighting(SINCE + HOUR, source="MARK-PATROL")]
        out = made(rows, "public", captures=material(rows).captures.with_columns(source=pl.lit("report")))
        assert "MARK-" not in files(out)
        assert out.incidents["sources"].to_list() == [["report"]]

    def test_maps_and_satellites_keep_theirs(self):
        assert [name_of(n) for n in ("control/isw", "firms/N20", "a/b/c")] == ["control/isw", "firms/N20", "a"]


class TestWhoLookedWhen:
    @BELOW
    def test_only_totals_leave_the_case(self, level):
        out = made([sighting(SINCE + HOUR)], level, looks=looks((SINCE, SINCE + HOUR)))
        told = json.loads(out.json)["coverage"]
        assert [set(row) for row in told["sources"]] == [{"source", "observations", "denials", "unplaced"}]
        assert "Days with a look" not in out.html
        assert told["looks"] == 1

    def test_restricted_has_them_by_source(self):
        out = made([sighting(SINCE + HOUR)], looks=looks((SINCE, SINCE + HOUR)))
        assert (json.loads(out.json)["coverage"]["sources"][1]["looks"], "Days with a look" in out.html) == (1, True)


class TestLeftOut:
    @BELOW
    def test_what_was_left_out_of_the_whole_record_is_told_at_restricted_only(self, level):
        rows = [sighting(SINCE - DAY), sighting(SINCE + HOUR, 20.0)]

        def left(out) -> list:
            return [r["left_out"] for a in json.loads(out.json)["articles"] for r in a["readings"] if r["left_out"]]

        assert left(made(rows)) and not left(made(rows, level))


def test_columns_that_findings_get_later_do_not_matter():
    made_of = material([sighting(SINCE + HOUR)])
    more = made_of.findings.with_columns(between=pl.lit("aa, bb"), zz=pl.lit(0.5)).select(
        "zz", "between", *reversed(made_of.findings.columns)
    )
    for level in ("public", "restricted"):
        ask = ReportRequest(level, SINCE, SINCE + DAY, made_at=LATER)
        plain = report(made_of, ask)
        wide = report(material([sighting(SINCE + HOUR)], findings=more), ask)
        assert (wide.html, wide.json) == (plain.html, plain.json)


def test_a_look_of_an_instant_counts():
    out = made([sighting(SINCE + HOUR, long=MINUTE)], looks=looks((SINCE, SINCE)))
    assert json.loads(out.json)["coverage"]["days_looked"] == 1
