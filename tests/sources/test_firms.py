from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoil import holds, spoilt, spoilt_cells

from trucewatch.base.errors import FetchError, InputError
from trucewatch.ports import Request
from trucewatch.sources.firms import SOURCE
from trucewatch.testing import FakeTransport, check_source

Read = Callable[[str], bytes]
HEAD = b"latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_t31,frp,daynight\n"
ROW = b"10.1,20.2,310.5,1.2,1.1,2031-03-04,%s,Terra,MODIS,35,6.03,274.4,11,D\n"


def row_of(time: bytes) -> dict[str, object]:
    return check_source(SOURCE, HEAD + ROW % time).observations.row(0, named=True)


def test_the_modis_dialect_is_read(golden: Read) -> None:
    read = check_source(SOURCE, golden("firms_modis.csv"))
    assert read.rows == read.observations.height == 5
    first = read.observations.row(0, named=True)
    assert first["source"] == "firms/Terra"
    assert (first["t0"], first["t1"]) == (
        datetime(2031, 3, 4, 9, 6, tzinfo=UTC),
        datetime(2031, 3, 4, 9, 7, tzinfo=UTC),
    )
    assert first["key"] == "Terra,2031-03-04,0906,10.1000,20.2000"
    assert first["says"] == "confidence 35, frp 11 MW, satellite Terra, day"
    assert first["p"] is None and first["published_at"] is None


def test_the_type_tells_volcanoes_and_furnaces_from_heat(golden: Read) -> None:
    read = check_source(SOURCE, golden("firms_modis.csv"))
    assert read.observations["kind"].to_list() == ["heat", "heat", "burning", "other", "burning"]


def test_the_radius_is_half_the_diagonal_of_the_pixel(golden: Read) -> None:
    read = check_source(SOURCE, golden("firms_modis.csv"))
    assert math.isclose(read.observations["radius_m"][2], 2500.0)


def test_the_viirs_dialect_is_read(golden: Read) -> None:
    read = check_source(SOURCE, golden("firms_viirs.csv"))
    assert read.observations["source"].to_list() == ["firms/N20", "firms/N20", "firms/N"]
    assert read.observations["t0"].n_unique() == 1
    assert read.observations["key"][2].split(",")[2] == "0117"


def test_a_list_of_points_speaks_of_days_and_of_no_overpass(golden: Read) -> None:
    read = check_source(SOURCE, golden("firms_points.csv"))
    first = read.observations.row(0, named=True)
    assert first["source"] == "firms" and first["radius_m"] is None
    assert (first["t0"], first["t1"]) == (datetime(2031, 3, 4, tzinfo=UTC), datetime(2031, 3, 5, tzinfo=UTC))
    assert read.looks.is_empty() and read.problems.is_empty()


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        (b"31", 0, 31),
        (b"5", 0, 5),
        (b"906", 9, 6),
        (b"0906", 9, 6),
        (b"09:06", 9, 6),
        (b"09:06:00", 9, 6),
        (b"9:06", 9, 6),
    ],
)
def test_times_are_read_padded_or_not(text: bytes, hour: int, minute: int) -> None:
    assert row_of(text)["t0"] == datetime(2031, 3, 4, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("text", [b"2400", b"24:00", b"24:00:00"])
def test_24_00_is_the_end_of_that_day_not_its_start(text: bytes) -> None:
    assert row_of(text)["t0"] == datetime(2031, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", [b"2460", b"2401", b"1260", b"noon", b"-5"])
def test_a_time_that_is_none_widens_to_the_day_and_is_a_problem(text: bytes) -> None:
    read = check_source(SOURCE, HEAD + ROW % text)
    assert (read.observations["t1"] - read.observations["t0"]).item().total_seconds() == 86400
    assert read.problems.select("code", "lost").row(0) == ("bad_time", False)
    assert read.looks.is_empty()


def test_each_overpass_is_a_look_with_the_hull_of_what_it_saw(golden: Read) -> None:
    looks = check_source(SOURCE, golden("firms_modis.csv")).looks
    assert looks["locator"].to_list()[2] == "pass Terra 2031-03-04T09:06Z"
    assert looks["id"].str.contains("#pass-").all()
    assert looks["p_seen_if_there"].null_count() == looks.height == 3
    hull = shapely.from_wkb(looks.filter(pl.col("locator").str.contains("Terra"))["footprint"][0])
    assert hull.covers(shapely.Point(20.2, 10.1)) and hull.geom_type == "Polygon"
    lone = shapely.from_wkb(looks["footprint"][0])
    assert 0 < lone.area < 0.001


def test_an_overpass_across_the_antimeridian_has_no_footprint() -> None:
    rows = b"".join(b"10,%s,1,1,1,2031-03-04,0906,Terra,MODIS,1,1,1,1,D\n" % lon for lon in (b"179.9", b"-179.9"))
    assert check_source(SOURCE, HEAD + rows).looks["footprint"].to_list() == [None]


def test_gzip_is_known_by_its_first_bytes_whatever_the_name(golden: Read) -> None:
    raw = golden("firms_modis.csv")
    plain, packed = check_source(SOURCE, raw), check_source(SOURCE, gzip.compress(raw, mtime=0))
    assert plain.observations.drop("id", "capture").equals(packed.observations.drop("id", "capture"))


def test_a_gzip_file_cut_in_half_gives_what_came_before_the_cut() -> None:
    raw = HEAD + b"".join(ROW.replace(b"10.1", b"10.%d" % n) % (b"%d" % (n % 1000)) for n in range(1, 5000))
    packed = gzip.compress(raw, mtime=0)
    read = check_source(SOURCE, packed[: len(packed) // 2])
    assert 1000 < read.observations.height < 4999
    assert "cut_file" in read.problems["code"].to_list()


def test_a_file_cut_in_half_loses_only_the_row_at_the_cut(golden: Read) -> None:
    raw = golden("firms_modis.csv")
    at = raw.index(b"Aqua")
    read = check_source(SOURCE, raw[:at])
    assert (read.rows, read.observations.height) == (4, 3)
    assert read.problems.filter(pl.col("lost"))["where"].to_list() == ["file.csv, row 4"]


def test_the_same_detection_twice_stays_twice_and_is_a_problem() -> None:
    read = check_source(SOURCE, HEAD + (ROW % b"0906") * 2)
    assert read.observations.height == 2 and read.observations["key"].n_unique() == 1
    assert read.problems["code"].to_list() == ["repeated_key"]


@pytest.mark.parametrize("cell", [b"nan", b"", b"200", b"abc", b"inf"])
def test_a_row_without_a_place_stays_without_one(cell: bytes) -> None:
    read = check_source(SOURCE, HEAD + (ROW % b"0906").replace(b"10.1", cell))
    assert read.observations["lat"].item() is None and read.observations["lon"].item() is None
    assert read.problems.select("code", "lost").rows() == [("bad_place", False)]


@pytest.mark.parametrize("day", [b"1753-01-01", b"9999-12-31", b"2031-02-30", b""])
def test_an_impossible_day_loses_the_row_and_says_so(day: bytes) -> None:
    read = check_source(SOURCE, HEAD + (ROW % b"0906").replace(b"2031-03-04", day))
    assert read.observations.is_empty() and read.problems.select("code", "lost").rows() == [("no_date", True)]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n", b"\x00\x01\x02\xff\xfe" * 50, b"<!DOCTYPE html><html>", b"a,b,c\n1,2,3\n", b"\x1f\x8b\x08garbage"],
)
def test_what_is_no_firms_table_at_all_is_one_line(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw)
    assert str(wrong.value).startswith("file.csv: ") and "expected" in str(wrong.value)


def test_a_row_with_too_many_cells_is_lost_not_shifted() -> None:
    read = check_source(SOURCE, HEAD + (ROW % b"0906") + b"surplus," + ROW % b"0907")
    assert (read.rows, read.observations.height) == (2, 1)
    assert read.problems["code"].to_list() == ["broken_row"]


def request(days: tuple[int, int] = (1, 13), **options: str) -> Request:
    since, until = (datetime(2031, 3, day, tzinfo=UTC) for day in days)
    return Request(since, until, (20.0, 10.0, 21.5, 11.0), options={"key": "s3cret", **options})


def test_the_api_is_asked_in_pieces_of_five_days_and_the_key_is_not_kept(golden: Read) -> None:
    way = FakeTransport({"https://firms.modaps": (200, golden("firms_modis.csv"))})
    got = list(SOURCE.fetch(request(product="VIIRS_SNPP_SP, MODIS_SP"), way))
    assert [url.split("/area/csv/")[1] for url in way.asked[:3]] == [
        "s3cret/VIIRS_SNPP_SP/20,10,21.5,11/5/2031-03-01",
        "s3cret/VIIRS_SNPP_SP/20,10,21.5,11/5/2031-03-06",
        "s3cret/VIIRS_SNPP_SP/20,10,21.5,11/2/2031-03-11",
    ]
    assert len(got) == 6 and "/MODIS_SP/" in got[3].url
    assert all("s3cret" not in f"{one.url}{one.options}" and "/KEY/" in one.url for one in got)


def test_a_window_that_ends_at_midnight_does_not_ask_for_the_next_day() -> None:
    way = FakeTransport({"https://": (200, b"latitude,longitude,acq_date\n")})
    assert len(list(SOURCE.fetch(request((1, 2)), way))) == 1
    assert way.asked[0].endswith("/1/2031-03-01")


@pytest.mark.parametrize("answer", [(200, b"Invalid MAP_KEY. s3cret"), (403, b"no"), (200, b"<html>")])
def test_an_answer_that_is_no_table_is_an_error_without_the_key(answer: tuple[int, bytes]) -> None:
    with pytest.raises(FetchError) as wrong:
        list(SOURCE.fetch(request(), FakeTransport({"https://": answer})))
    assert "s3cret" not in str(wrong.value) and "\n" not in str(wrong.value)


@pytest.mark.parametrize("lacking", ["key", "since", "box"])
def test_pulling_says_what_it_lacks(lacking: str) -> None:
    whole = request()
    asked = Request(
        None if lacking == "since" else whole.since,
        whole.until,
        None if lacking == "box" else whole.box,
        options={} if lacking == "key" else whole.options,
    )
    with pytest.raises(InputError, match=lacking):
        list(SOURCE.fetch(asked, FakeTransport({})))


def test_files_given_are_taken_as_they_are() -> None:
    got = list(SOURCE.fetch(Request(files=(("a/b.csv.gz", b"x"),), options={"key": "s3cret"}), FakeTransport({})))
    assert [(one.raw, one.url, dict(one.options)) for one in got] == [(b"x", "a/b.csv.gz", {})]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_in_are_rows_out_and_problems_whatever_happens_to_the_bytes(data: st.DataObject, golden: Read) -> None:
    raw = golden("firms_modis.csv")
    holds(SOURCE, data.draw(spoilt(raw, raw.index(b"\n") + 1)))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_spoilt_cells_never_cost_the_other_rows(data: st.DataObject, golden: Read) -> None:
    raw = golden("firms_modis.csv")
    read = check_source(SOURCE, data.draw(spoilt_cells(raw)))
    assert read.rows == 5


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("firms_ukraine_2021_2022/MODIS-2021.csv", 10796),
        ("firms_ukraine_2021_2022/MODIS-2022-arch.csv", 8470),
        ("firms_ukraine_2021_2022/MODIS-2022.csv", 7113),
        ("firms_noaa20_sample_2025-10-23/J1_VIIRS_C2_2025296_ukraine_clipped.csv", 31),
        ("firms_ukraine_points_2012_2020/ukr_fire_data_2012.csv.gz", 92268),
    ],
)
def test_real_files_are_read_whole(name: str, rows: int, real_data: Read) -> None:
    read = check_source(SOURCE, real_data(name), url=name)
    assert read.rows == read.observations.height == rows
    assert not read.problems["lost"].any()
