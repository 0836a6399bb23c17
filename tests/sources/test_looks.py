"""Looks and gaps from a mission's own list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from spoil import holds, spoilt, spoilt_cells

from trucewatch.base.errors import InputError
from trucewatch.ports import Request
from trucewatch.sources.looks import SOURCE
from trucewatch.testing import FakeTransport, check_source

RAW = (Path(__file__).parent / "golden" / "looks.csv").read_bytes()
KEEP = RAW.index(b"\n") + 1


def read(raw: bytes = RAW, zone: str | None = "UTC"):
    return check_source(SOURCE, raw, options={"zone": zone} if zone else {})


def row(n: int) -> dict:
    return read().looks.filter(pl.col("locator") == f"row {n}").row(0, named=True)


def test_no_row_is_lost_without_a_word():
    got = read()
    assert (got.rows, got.looks.height) == (12, 9)
    lost = got.problems.filter("lost")
    assert lost["message"].to_list() == [
        "nobody is named who looked", "until is before start", "start is no time with a zone (--option zone=...)",
    ]  # fmt: skip


def test_cloud_cuts_the_chance_of_a_pass_and_a_closed_sky_ends_it():
    assert row(1)["p_seen_if_there"] == pytest.approx(0.8 * 0.75)
    assert row(12)["p_seen_if_there"] == 0.0


def test_a_sight_line_is_a_sector_that_begins_at_the_camera():
    ground = shapely.from_wkb(row(3)["footprint"])
    assert ground.is_valid and ground.covers(shapely.Point(10.1, 50.1))
    assert ground.contains(shapely.Point(10.13, 50.1)) and not ground.contains(shapely.Point(10.07, 50.1))


HEAD = "source,start,until,lon,lat,range_km,bearing,bearing_spread\n"


def ground(bearing: str, spread: str = ""):
    day = "2030-02-01 06:00Z,2030-02-01 08:00Z"
    return read(f"{HEAD}report,{day},10,50,5,{bearing},{spread}\n".encode())


@pytest.mark.parametrize("told", ["400", "-10", "up the hill"])
def test_a_sight_line_whose_bearing_cannot_be_read_is_no_look_all_round(told):
    got = ground(told)
    assert got.looks["footprint"].to_list() == [None]
    assert sorted(got.problems["code"]) == ["bad_number", "no_footprint"]
    assert "expected degrees from 0 to 360" in " ".join(got.problems["message"])


def test_a_sight_line_by_the_compass_is_as_wide_as_its_point():
    looked = [shapely.from_wkb(ground(*told).looks["footprint"][0]) for told in (("SSE",), ("157.5", "11.25"))]
    assert looked[0].equals_exact(looked[1], 1e-9)


def test_a_width_that_cannot_be_is_told():
    assert ground("90", "-10").problems["code"].to_list() == ["bad_number"]


def test_a_range_without_a_bearing_is_a_circle():
    ground = shapely.from_wkb(row(2)["footprint"])
    assert ground.contains(shapely.Point(9.93, 50.0)) and ground.contains(shapely.Point(10.07, 50.0))


def test_an_outage_is_a_gap_and_needs_no_ground():
    gap = row(4)
    assert (gap["gap"], gap["footprint"]) == ("power_outage", None)
    assert not read().problems.filter(pl.col("where").str.ends_with("row 4")).height


def test_a_day_is_the_whole_day_in_its_zone_and_without_a_zone_nobody_knows_which():
    day = read(zone="Asia/Bangkok").looks.filter(pl.col("locator") == "row 6").row(0, named=True)
    assert day["t0"] == datetime(2030, 1, 31, 17, tzinfo=UTC) and day["t1"] == datetime(2030, 2, 5, 17, tzinfo=UTC)
    assert read(zone=None).problems.filter("lost").height == 4


def test_outlets_say_whom_they_repeat():
    assert (row(6)["lineage"], row(7)["lineage"]) == (["agency"], ["agency", "wire"])


def test_what_cannot_be_used_of_a_row_is_a_problem_and_the_rest_is_kept():
    codes = read().problems.filter(pl.col("where").str.ends_with("row 8"))["code"].to_list()
    assert sorted(codes) == ["bad_number", "bad_place", "bad_share", "bad_share", "no_footprint", "unknown_means"]


@pytest.mark.parametrize("raw", [b"", b"source,start\na,b\n", b"\x00\x01"])
def test_what_is_no_such_list_is_one_line(raw):
    with pytest.raises(InputError):
        read(raw)


@settings(max_examples=40, deadline=None)
@given(spoilt(RAW, KEEP) | spoilt_cells(RAW))
def test_spoilt_bytes_lose_no_row(raw):
    holds(SOURCE, raw, zone="UTC")


def test_a_zone_that_there_is_not_is_refused_before_anything_is_captured():
    asked = Request(files=(("a", b"source\n"),), options={"zone": "Mars/Base"})
    with pytest.raises(InputError, match="there is no time zone 'Mars/Base'"):
        list(SOURCE.fetch(asked, FakeTransport({})))
