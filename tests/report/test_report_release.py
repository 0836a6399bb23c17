"""Release levels: what leaves the case, and what must not."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from reported import DAY, HOUR, LATER, MINUTE, SINCE, UNTIL, looks, made, material, sighting

from trucewatch.base.errors import UnknownName
from trucewatch.base.place import EARTH_M
from trucewatch.report import ReportParams, ReportRequest, report
from trucewatch.report.release import release
from trucewatch.tables import AREAS, FINDINGS, INCIDENTS

LEVELS = ReportParams().levels


def incidents(*places: tuple[float | None, float | None], t1=UNTIL) -> pl.DataFrame:
    rows = [
        {"id": f"i{n}", "kind": "shelling", "t0": t1 - MINUTE, "t1": t1, "lon": lon, "lat": lat, "radius_m": 100.0,
         "p": 0.9, "n_observations": 1, "n_lineages": 1, "n_denials": 0}
        for n, (lon, lat) in enumerate(places)
    ]  # fmt: skip
    return INCIDENTS.fit(pl.DataFrame(rows, schema_overrides={"lon": pl.Float64, "lat": pl.Float64}))


def apart_m(lon, lat, lon2, lat2) -> float:
    a, b, c, d = (math.radians(v) for v in (lon, lat, lon2, lat2))
    half = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1, half)))


class TestPlaces:
    @given(st.floats(-180, 180), st.floats(-85, 85), st.sampled_from(["public", "parties"]))
    def test_the_released_circle_always_holds_the_true_place(self, lon, lat, level):
        row = release(incidents((lon, lat)), FINDINGS.empty(), LEVELS[level], LATER).incidents.row(0, named=True)
        assert apart_m(lon, lat, row["lon"], row["lat"]) <= row["radius_m"] - 100.0

    def test_it_holds_the_far_corner_of_a_cell_too(self):
        tall = 5000 / (EARTH_M * math.pi / 180)
        for row in (math.floor((60 + 90) / tall), math.floor((-72 + 90) / tall), math.floor((84 + 90) / tall)):
            middle = (row + 0.5) * tall - 90
            wide = tall / math.cos(math.radians(middle))
            for share in (1e-9, 1 - 1e-9):
                lon, lat = 100 * wide - 180 + share * wide, (row + share) * tall - 90
                at = release(incidents((lon, lat)), FINDINGS.empty(), LEVELS["public"], LATER).incidents.row(
                    0, named=True
                )
                assert apart_m(lon, lat, at["lon"], at["lat"]) <= at["radius_m"] - 100.0

    def test_places_in_one_cell_become_one_place(self):
        out = release(
            incidents((10.001, 50.001), (10.002, 50.003)), FINDINGS.empty(), LEVELS["public"], LATER
        ).incidents
        assert out.select("lon", "lat").n_unique() == 1

    def test_no_place_stays_no_place(self):
        out = release(incidents((None, None)), FINDINGS.empty(), LEVELS["public"], LATER).incidents
        assert out.select("lon", "lat").row(0) == (None, None)

    def test_an_error_that_was_not_told_stays_not_told(self):
        table = incidents((10.0, 50.0)).with_columns(radius_m=pl.lit(None, pl.Float64))
        assert release(table, FINDINGS.empty(), LEVELS["public"], LATER).incidents["radius_m"].item() is None

    def test_the_end_of_the_degrees_stays_on_the_earth(self):
        table = incidents((180.0, 90.0), (-180.0, -90.0), (179.9999, 0.0))
        INCIDENTS.check(release(table, FINDINGS.empty(), LEVELS["public"], LATER).incidents)

    def test_restricted_moves_nothing(self):
        table = incidents((10.123456789, 50.987654321))
        assert release(table, FINDINGS.empty(), LEVELS["restricted"], LATER).incidents.equals(table)

    def test_how_near_a_zones_edge_it_was_does_not_leave_the_case(self):
        """p_inside of an exact place tells its distance from the zone's edge to the metre."""
        rows = [sighting(SINCE + HOUR, 10.1, 50.0)]
        full, public = made(rows), made(rows, "public")
        exact = full.findings.filter(term="quiet-zone").row(0, named=True)
        told = public.findings.filter(term="quiet-zone").row(0, named=True)
        assert 0 < exact["p_inside"] < 1
        assert told["p_inside"] is None
        assert told["low"] <= exact["low"] and told["high"] >= exact["high"]
        assert {told["low"], told["high"]} <= {0.0, 0.5, 0.9, 1.0}
        assert told["verdict"] == exact["verdict"]


class TestDelay:
    def test_what_is_younger_than_the_delay_is_not_there(self):
        for level in ("public", "parties"):
            delay = LEVELS[level].delay
            edge = LATER - delay
            rows = [sighting(edge - HOUR, 10.0, 50.0), sighting(edge - HOUR + MINUTE, 20.0, 50.0, HOUR)]
            out = made(rows, level, until=LATER)
            assert out.incidents.height == 1, level
            assert json.loads(out.json)["head"]["too_recent"] == 1

    def test_what_ends_exactly_then_is_there(self):
        edge = LATER - LEVELS["public"].delay
        assert made([sighting(edge - MINUTE)], "public", until=LATER).incidents.height == 1

    def test_findings_go_with_their_incidents(self):
        rows = [sighting(SINCE + HOUR), sighting(UNTIL - 2 * HOUR, 20.0)]
        out = made(rows, "public", made_at=UNTIL + DAY)
        assert out.incidents.height == 1
        assert set(out.findings["subject"]) == set(out.incidents["id"])

    def test_restricted_is_complete_even_where_a_span_has_not_ended(self):
        out = made([sighting(SINCE, long=DAY)], "restricted", made_at=SINCE + HOUR)
        assert out.incidents.height == 1
        assert json.loads(out.json)["head"]["too_recent"] == 0

    def test_counts_of_who_spoke_and_looked_hold_back_what_is_too_recent(self):
        recent = UNTIL - HOUR
        out = made(
            [sighting(SINCE + HOUR), sighting(recent, 20.0)],
            "public",
            made_at=UNTIL + HOUR,
            looks=looks((recent, recent + MINUTE)),
        )
        told = json.loads(out.json)["coverage"]
        assert told["looks"] == 0
        assert [row["observations"] for row in told["sources"]] == [1]

    def test_a_map_drawn_since_is_held_back(self):
        held = AREAS.fit(
            pl.DataFrame(
                [
                    {"id": f"x#{n}", "capture": "0" * 64, "source": "mapper", "on": on, "held_by": "aa",
                     "geometry": shapely.box(9, 49, 11, 51).wkb, "crs": "OGC:CRS84"}
                    for n, on in enumerate((SINCE, UNTIL))
                ]
            ).with_columns(pl.col("on").cast(pl.Datetime("us", "UTC")))
        )  # fmt: skip
        out = made([sighting(SINCE + HOUR)], "public", made_at=UNTIL + HOUR, areas=held)
        assert "2026-01-10" in json.dumps(json.loads(out.json)["map"]["grounds"])
        assert "2026-01-20" not in json.dumps(json.loads(out.json)["map"]["grounds"])


class TestCoverageGaps:
    @pytest.mark.parametrize("level", ["public", "parties"])
    def test_where_and_when_nobody_looked_stays_inside(self, level):
        out = made([sighting(SINCE + HOUR)], level, looks=looks((SINCE, SINCE + HOUR)))
        assert json.loads(out.json)["coverage"]["days_without_a_look"] == []
        assert "2026-01-15" not in out.html
        assert "Where and when nobody could have seen is not published" in out.html

    def test_restricted_names_the_days(self):
        out = made([sighting(SINCE + HOUR)], looks=looks((SINCE, SINCE + HOUR), (SINCE + DAY, SINCE + DAY + HOUR)))
        assert json.loads(out.json)["coverage"]["days_without_a_look"] == [f"2026-01-{day}" for day in range(12, 20)]
        assert "2026-01-15" in out.html


class TestLevels:
    @pytest.mark.parametrize("level", ["public", "parties", "restricted"])
    def test_every_file_says_its_level(self, level):
        out = made([sighting(SINCE + HOUR)], level)
        assert f'<meta name="trucewatch:level" content="{level}">' in out.html
        assert f"Release level: <b>{level}</b>" in out.html
        assert json.loads(out.json)["head"]["level"] == level
        assert out.stamp["trucewatch:level"] == level
        assert out.findings["level"].unique().to_list() == [level]

    def test_public_is_the_default(self):
        assert ReportRequest().level == "public"

    def test_an_unknown_level_names_the_nearest(self):
        with pytest.raises(UnknownName, match=r"no release level 'publik'; did you mean 'public'"):
            report(material([]), ReportRequest("publik", made_at=LATER))

    def test_a_report_without_a_time_is_refused(self):
        with pytest.raises(ValueError, match="made_at"):
            report(material([]), ReportRequest())

    @pytest.mark.parametrize("level", ["public", "parties"])
    def test_no_row_of_a_single_observation_is_listed(self, level):
        out = made([sighting(SINCE + HOUR, says="MARK-SAYS")], level)
        assert json.loads(out.json)["observed"] == []
        assert "MARK-SAYS" not in out.html + out.json

    def test_restricted_lists_the_words(self):
        assert "MARK-SAYS" in made([sighting(SINCE + HOUR, says="MARK-SAYS")]).html

    @pytest.mark.parametrize("level", ["public", "parties"])
    def test_names_of_files_stay_inside(self, level):
        rows = [sighting(SINCE + HOUR)]
        named = material(rows).captures.with_columns(name=pl.lit("patrol-of-MARK-OBSERVER.csv"))
        out = made(rows, level, captures=named)
        assert "MARK-OBSERVER" not in out.html + out.json
        assert "MARK-OBSERVER" in made(rows, "restricted", captures=named).html
