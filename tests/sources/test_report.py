"""A monitor's own report: sectors stay sectors, silence is a look, and no time is guessed."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.base.place import EARTH_M, gap_m, shifted
from trucewatch.fuse import fuse
from trucewatch.ports import Read, Request
from trucewatch.sources.report import SOURCE
from trucewatch.sources.report.sector import bearing, range_m
from trucewatch.testing import FakeTransport, check_source

GOLDEN = Path(__file__).parent / "golden" / "report.csv"


def read(**options: Any) -> Read:
    return check_source(SOURCE, GOLDEN.read_bytes(), url="report.csv", options=options)


def one(**cells: Any) -> Read:
    full = {"time": "2030-02-01 10:00Z", "kind": "explosion", "observer_lon": 10.0, "observer_lat": 50.0, **cells}
    return check_source(SOURCE, json.dumps([full]).encode())


def row(got: Read, number: int) -> dict[str, Any]:
    return got.observations.filter(pl.col("locator") == f"row {number}").row(0, named=True)


def codes(got: Read, *, lost: bool) -> list[str]:
    return sorted(got.problems.filter(pl.col("lost") == lost)["code"].to_list())


# --- what was heard or seen


def test_a_bearing_and_a_range_are_a_sector_and_a_circle_that_covers_it() -> None:
    first = row(read(), 1)
    assert first["sector"] == {
        "lon": 10.0,
        "lat": 50.0,
        "bearing_deg": 146.25,
        "spread_deg": 22.5,
        "near_m": 2000.0,
        "far_m": 4000.0,
    }
    assert first["radius_m"] == pytest.approx(math.sqrt(9e6 + 16e6 - 24e6 * math.cos(math.radians(22.5))))
    at = pl.DataFrame({"a": [10.0], "b": [50.0], "c": [first["lon"]], "d": [first["lat"]]})
    assert at.select(gap_m("a", "b", "c", "d")).item() == pytest.approx(3000, abs=1)


def test_a_count_in_words_is_its_figure_and_the_span_is_what_was_told() -> None:
    first = row(read(), 1)
    assert first["count"] == 9 and first["says"] == "heard: undetermined"
    assert (first["t0"], first["t1"]) == (datetime(2030, 2, 1, 8, tzinfo=UTC), datetime(2030, 2, 1, 8, 5, tzinfo=UTC))


def test_without_a_range_there_is_a_sector_and_no_point() -> None:
    second = row(read(), 2)
    assert (second["lon"], second["lat"], second["radius_m"]) == (None, None, None)
    assert second["sector"]["bearing_deg"] == 157.5 and second["sector"]["far_m"] is None
    assert second["kind"] == "small_arms" and (second["t1"] - second["t0"]).total_seconds() == 60


def test_a_point_that_was_seen_stays_that_point() -> None:
    third = row(read(), 3)
    assert (third["lon"], third["lat"], third["radius_m"], third["sector"]) == (11.02, 51.01, 50.0, None)
    assert (third["weapon"], third["target"], third["killed"], third["injured"]) == ("mortar", "school", 1, 2)


def test_a_bearing_from_an_unknown_place_has_no_point() -> None:
    ninth = row(read(), 9)
    assert ninth["lon"] is None and ninth["radius_m"] is None and ninth["sector"]["lon"] is None
    assert "no_observer_place" in codes(read(), lost=False)


def test_a_range_without_a_bearing_is_a_circle_around_the_observer() -> None:
    got = row(one(km="1-2"), 1)
    assert (got["lon"], got["lat"], got["radius_m"]) == (10.0, 50.0, 2000.0)


def test_two_reports_of_one_team_are_one_voice_and_tell_nobodys_name() -> None:
    got = read()
    assert row(got, 1)["lineage"] == row(got, 2)["lineage"] != row(got, 3)["lineage"]
    told = str(got.observations.rows()) + str(got.problems.rows())
    assert "Patrol" not in told and "Monitor" not in told


def book(*teams: str | None) -> Read:
    """One shelling, seen by each; all of them number it 1."""
    seen = {"id": "1", "time": "2030-01-01 10:00Z", "kind": "shelling", "lon": 10, "lat": 50, "radius_m": 300}
    rows = [{**seen, "team": team} for team in teams] + [{**seen, "team": teams[0], "nothing": "yes"}]
    return check_source(SOURCE, json.dumps(rows).encode())


def test_every_team_is_a_source_of_its_own_and_no_name_is_told() -> None:
    got = book("Alpha", " ALPHA ", "Bravo", None)
    one, same, two, none = got.observations["source"].to_list()
    assert one == same != two and none == "report"
    assert got.looks["source"].to_list() == [one]
    assert all(re.fullmatch("report/[0-9a-f]{12}", name) for name in (one, two))
    assert one.split("/")[1] not in str(got.observations["lineage"].to_list())


def test_two_teams_that_number_alike_replace_nothing_and_corroborate() -> None:
    books = [book("Alpha").observations, book("Bravo").observations]
    names = [rows["capture"][0] for rows in books]
    times = [datetime(2030, 1, day, tzinfo=UTC) for day in (2, 3)]
    captures = pl.DataFrame({"capture": names, "fetched_at": times, "feed": ["report"] * 2})
    made = fuse(pl.concat(books), captures)
    assert made.problems.is_empty()
    assert made.incidents.select("n_observations", "n_lineages").rows() == [(2, 2)]


def test_near_and_far_told_the_wrong_way_about_are_turned_with_a_problem() -> None:
    got = one(bearing="N", near_km=5, far_km=1)
    assert row(got, 1)["sector"]["near_m"] == 1000.0 and row(got, 1)["sector"]["far_m"] == 5000.0
    assert codes(got, lost=False) == ["swapped"]


def test_only_a_far_limit_is_a_sector_from_the_observer_and_only_a_near_one_has_no_point() -> None:
    assert row(one(bearing="N", far_km=4), 1)["sector"]["near_m"] == 0.0
    near = row(one(bearing="N", near_km=4), 1)
    assert near["lon"] is None and near["sector"]["near_m"] == 4000.0


@pytest.mark.parametrize(
    ("text", "middle", "spread"),
    [("N", 0, 11.25), ("nnw", 337.5, 11.25), ("SE, SSE", 146.25, 22.5), ("NNW, N, NNE", 0, 33.75), ("W and E", None, None),
     ("90", 90, 5), ("360", 0, 5), ("45°", 45, 5), ("south-east", 135, 11.25), ("355; 5", 0, 10)],
)  # fmt: skip
def test_bearings_as_people_write_them(text: str, middle: float | None, spread: float | None) -> None:
    got = bearing(text)
    assert got is not None
    if middle is None:
        assert got[1] == 101.25
    else:
        assert ((got[0] - middle + 180) % 360 - 180, got[1]) == pytest.approx((0, spread))


@pytest.mark.parametrize("text", ["", "up", "361", "-5", "N,", "NNN", "SE or so"])
def test_what_is_no_bearing(text: str) -> None:
    assert bearing(text) is None


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("2-4", (2000, 4000)),
        ("4 to 2 km", (2000, 4000)),
        ("3", (2500, 3500)),
        ("0,6", (550, 650)),
        ("0", (0, 500)),
        ("far", None),
        ("-3", None),
    ],
)
def test_ranges_as_people_write_them(text: str, metres: tuple[float, float] | None) -> None:
    assert range_m(text) == metres


# --- nothing heard or seen


def test_silence_is_a_look_with_its_ground_and_no_observation() -> None:
    got = read()
    look = got.looks.row(0, named=True)
    assert look["locator"] == "row 4" and look["p_seen_if_there"] == 0.5
    ground = shapely.from_wkb(look["footprint"])
    assert ground.is_valid and ground.contains(shapely.Point(11, 51))
    corners = pl.DataFrame([{"a": 11.0, "b": 51.0, "c": x, "d": y} for x, y in ground.exterior.coords])
    assert corners.select(gap_m("a", "b", "c", "d").max()).item() == pytest.approx(2000, abs=0.1)


def test_a_look_of_unknown_ground_has_no_footprint_and_a_problem() -> None:
    look = read().looks.filter(pl.col("locator") == "row 10").row(0, named=True)
    assert look["footprint"] is None and look["p_seen_if_there"] is None
    assert "no_footprint" in codes(read(), lost=False)


def test_a_row_that_says_nothing_and_what_is_a_look_with_a_problem() -> None:
    got = one(nothing="yes", range_km=1)
    assert got.looks.height == 1 and codes(got, lost=False) == ["contradiction"]


def test_a_look_across_the_date_line_has_no_footprint() -> None:
    assert one(nothing=True, kind=None, range_km=5, observer_lon=179.99).looks["footprint"][0] is None


# --- bad rows and cells


def test_times_without_a_zone_impossible_and_missing_are_lost_and_a_zone_mends_the_first() -> None:
    assert codes(read(), lost=True) == ["bad_time", "no_time", "no_zone"]
    got = read(zone="Europe/Kyiv")
    assert codes(got, lost=True) == ["bad_time", "no_time"]
    assert row(got, 5)["t0"] == datetime(2030, 2, 1, 10, tzinfo=UTC)


def test_a_row_of_bad_cells_is_kept_without_them() -> None:
    got = read()
    eighth = row(got, 8)
    assert eighth["kind"] == "unspecified" and eighth["t0"] == datetime(2030, 2, 2, tzinfo=UTC)
    assert [eighth[n] for n in ("count", "lon", "lat", "radius_m", "sector", "target", "killed")] == [None] * 7
    mine = got.problems.filter(pl.col("where") == "report.csv, row 8")
    assert sorted(mine["subject"].to_list()) == sorted(
        ["kind", "target", "bearing", "km", "heard_or_seen", "lon, lat", "radius_m", "count", "killed"]
    )  # fmt: skip


def test_a_column_that_is_not_ours_is_noted_once_with_the_nearest() -> None:
    got = one(bering="N")
    assert got.problems.row(0)[3].endswith("did you mean 'bearing'?") and got.problems.height == 1


def test_a_file_without_times_is_no_report() -> None:
    with pytest.raises(InputError, match="time"):
        check_source(SOURCE, b"a,b\n1,2\n")


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\x00\x01" * 99, b"{", b"[1", b"\x1f\x8bx"])
def test_nonsense_is_refused_in_one_line(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw, url="r.csv")
    assert str(wrong.value).startswith("r.csv") and "\n" not in str(wrong.value)


def test_a_report_cut_in_half_loses_only_its_last_row() -> None:
    raw = GOLDEN.read_bytes()
    got = check_source(SOURCE, raw[: raw.index(b"Small arms")])
    assert got.rows == 2 and got.observations.height == 1 and codes(got, lost=True) == ["broken_row"]


def test_the_same_report_as_json_gives_the_same_rows() -> None:
    rows = pl.read_csv(GOLDEN, infer_schema=False).to_dicts()
    got, plainly = check_source(SOURCE, json.dumps(rows).encode(), options={"feed": "report/a"}), read()
    same = ["locator", "kind", "t0", "t1", "lon", "lat", "radius_m", "sector", "count", "lineage"]
    assert got.observations.select(same).equals(plainly.observations.select(same))
    named = plainly.observations["source"].str.replace("^report", "report/a")
    assert got.observations["source"].to_list() == named.to_list()


def test_a_byte_order_mark_and_windows_letters_are_read() -> None:
    got = check_source(SOURCE, b"\xef\xbb\xbf" + GOLDEN.read_bytes())
    assert got.observations.height == read().observations.height
    odd = check_source(SOURCE, "time,kind,place\n2030-01-01 10:00Z,explosion,Málaga\n".encode("cp1252"))
    assert odd.observations["place"].to_list() == ["Málaga"] and codes(odd, lost=False) == ["encoding"]


def test_fetch_takes_files_and_an_address() -> None:
    out = FakeTransport({"https://example.org/": (200, b"y")})
    options = {"zone": "UTC", "url": "https://example.org/r.csv", "other": 1}
    got = list(SOURCE.fetch(Request(files=(("a.csv", b"x"),), options=options), out))
    assert [f.raw for f in got] == [b"x", b"y"] and got[0].options == {"zone": "UTC"}


# --- properties


@settings(max_examples=100, deadline=None)
@given(
    st.floats(0, 359),
    st.floats(0, 180),
    st.floats(0, 30),
    st.floats(0.1, 30),
    st.floats(-75, 75),
    st.floats(0, 1),
    st.floats(-1, 1),
)
@example(0.0, 180.0, 0.0, 1.0, 0.0, 1.0, 1.0)
def test_every_point_of_the_sector_is_inside_the_radius(
    turn: float, spread: float, near: float, wide: float, lat: float, along: float, aside: float
) -> None:
    turn, far = round(turn, 1), near + wide
    got = row(
        one(observer_lat=lat, observer_lon=20, bearing=str(turn), bearing_spread=spread, near_km=near, far_km=far), 1
    )
    at = pl.DataFrame({"lon": [20.0], "lat": [lat], "x": [got["lon"]], "y": [got["lat"]]})
    reach = (near + (far - near) * along) * 1000
    u, v = shifted(pl.col("lon"), pl.col("lat"), pl.lit(turn + spread * aside), pl.lit(reach))
    away = at.with_columns(u=u, v=v).select(gap_m("x", "y", "u", "v")).item()
    assert away <= got["radius_m"] * (1 + (far * 1000 / EARTH_M) ** 2) + 0.1


CELLS = st.sampled_from(["", "x", "-1", "1e999", "nan", "true", "2030-02-30 10:00Z", "2030-01-01 10:00", "24:00", "SE", "2-4", "é", "9" * 30, "0", "181", "explosion", "  "]) | st.text("0123456789-+:Z. ,\"\n", max_size=8)  # fmt: skip
NAMES = ["time", "until", "kind", "bearing", "km", "near_km", "far_km", "lon", "lat", "radius_m", "observer_lon", "observer_lat", "nothing", "range_km", "count", "p_seen_if_there", "bearing_spread"]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), CELLS), max_size=4), st.none() | st.just("Europe/Kyiv"))
def test_rows_in_are_rows_out_and_problems_whatever_the_cells(rows: list[dict[str, str]], zone: str | None) -> None:
    good = {
        "time": "2030-02-01 10:00Z",
        "kind": "explosion",
        "observer_lon": "10",
        "observer_lat": "50",
        "bearing": "N",
        "km": "2-4",
    }
    raw = json.dumps([good, *({**good, **row} for row in rows)]).encode()
    assert check_source(SOURCE, raw, options={"zone": zone} if zone else {}).rows == len(rows) + 1


def test_a_range_of_which_one_end_cannot_be_read_is_no_range() -> None:
    for told in ({"near_km": "2 miles", "far_km": 4}, {"near_km": 2, "far_km": "4 mi"}, {"near_km": -1, "far_km": 4}):
        got = one(bearing="SSE", **told)
        assert codes(got, lost=False) == ["bad_number"]
        made = row(got, 1)
        assert made["lon"] is None
        assert made["sector"]["near_m"] is None and made["sector"]["far_m"] is None


@pytest.mark.parametrize("told", [{"near_km": 2000, "far_km": 4000}, {"km": "2000-4000"}])
def test_metres_in_a_column_of_kilometres_place_nothing_a_continent_away(told: dict[str, Any]) -> None:
    got = one(bearing="SSE", **told)
    assert set(codes(got, lost=False)) == {"bad_number"}
    assert row(got, 1)["lon"] is None and row(got, 1)["sector"]["far_m"] is None
    assert "expected kilometres" in got.problems["message"][0]


def test_a_reach_in_metres_is_no_look_at_half_a_continent() -> None:
    got = one(nothing="yes", kind=None, range_km=5000)
    assert got.looks["footprint"].to_list() == [None]
    assert codes(got, lost=False) == ["bad_number", "no_footprint"]


def test_one_figure_at_both_ends_of_a_range_is_as_good_as_its_last_digit() -> None:
    both, single = one(bearing="SSE", near_km=3, far_km=3), one(bearing="SSE", km="3")
    assert row(both, 1)["sector"] == row(single, 1)["sector"]
    assert row(one(bearing="SSE", near_km="0.6", far_km="0.6"), 1)["sector"]["far_m"] == pytest.approx(650)


def test_a_cell_that_cannot_be_read_is_told_with_what_it_says_and_what_was_expected() -> None:
    assert one(bearing="400").problems["message"][0].startswith("'400' is no bearing, expected degrees from 0 to 360")
    assert one(count="many").problems["message"][0].startswith("'many' is no figure for it, expected a whole number")
    assert "999" not in one(observer_lon="999").problems["message"][0], "where an observer stood is in no message"


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 1200), st.binary(max_size=4), st.integers(0, 20), st.integers(200, 2000))
def test_rows_in_are_rows_out_and_problems_whatever_is_done_to_the_bytes(
    at: int, new: bytes, gone: int, end: int
) -> None:
    raw = GOLDEN.read_bytes()
    try:
        check_source(SOURCE, (raw[:at] + new + raw[at + gone :])[:end])
    except InputError as wrong:
        assert "\n" not in str(wrong)


def test_a_zone_that_there_is_not_is_refused_before_anything_is_captured() -> None:
    asked = Request(files=(("a", b"time\n"),), options={"zone": "Mars/Base"})
    with pytest.raises(InputError, match="there is no time zone 'Mars/Base'"):
        list(SOURCE.fetch(asked, FakeTransport({})))
