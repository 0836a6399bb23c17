from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoil import holds, spoilt

from trucewatch.base.errors import FetchError, InputError
from trucewatch.ports import Request
from trucewatch.sources.days import zones_of
from trucewatch.sources.ucdp import RADIUS_M, SOURCE
from trucewatch.testing import FakeTransport, check_source

REPOSITORY = Path(__file__).parents[2]
Read = Callable[[str], bytes]
AT_HOME = {"zone": "Asia/Bangkok"}
ZONES = {"mapping": {"zones": {"9001": "Asia/Bangkok"}}}
HEAD = (
    "id,type_of_violence,side_a,date_start,date_end,latitude,longitude,where_prec,date_prec,best,country,country_id\n"
)


def one(**cells: str) -> tuple[dict[str, object], pl.DataFrame]:
    """A plain row with some other cells -> its observation, its problems."""
    row = dict(
        zip(
            HEAD.strip().split(","),
            ["1", "1", "Alpha", "2031-03-04", "2031-03-04", "10.1", "20.2", "1", "1", "2", "Northland", "9001"],
            strict=True,
        )
    )
    read = check_source(SOURCE, (HEAD + ",".join((row | cells).values()) + "\n").encode(), options=AT_HOME)
    return (read.observations.row(0, named=True) if read.observations.height else {}), read.problems


def test_an_export_is_read(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME)
    assert read.rows == read.observations.height == 4
    first = read.observations.row(0, named=True)
    assert (first["t0"], first["t1"]) == (datetime(2031, 3, 3, 17, tzinfo=UTC), datetime(2031, 3, 4, 17, tzinfo=UTC))
    assert (first["killed"], first["killed_low"], first["killed_high"]) == (2, 1, 3)
    assert (first["key"], first["place"], first["source"]) == ("900001", "Riverton town", "ucdp")
    assert first["says"] == "Shells fall on Riverton, two dead;Two dead in Riverton"


def test_a_dyad_does_not_say_who_fired_but_one_sided_violence_does(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME)
    assert read.observations["kind"].to_list() == ["clash", "clash", "attack_on_civilians", "clash"]
    assert read.observations["by"].to_list() == [None, None, "Alpha", None]
    assert read.observations["between"].to_list() == [["Alpha", "Beta"], ["Delta", "Gamma"], None, ["Alpha", "Beta"]]


def test_an_outlet_that_is_named_twice_is_one_voice(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME)
    assert read.observations["lineage"].to_list()[:3] == [["Morning Wire", "Evening Post"], ["Evening Post"], None]


def test_nonsense_years_among_the_report_dates_are_not_taken_for_publication(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME)
    assert read.observations["published_at"].null_count() == 4


def test_an_event_of_several_days_spans_them_all(golden: Read) -> None:
    second = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME).observations.row(1, named=True)
    assert (second["t0"], second["t1"]) == (datetime(2031, 3, 4, 17, tzinfo=UTC), datetime(2031, 3, 8, 17, tzinfo=UTC))


def test_somewhere_in_the_country_is_a_name_and_no_point(golden: Read) -> None:
    last = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME).observations.row(3, named=True)
    assert (last["lon"], last["lat"], last["radius_m"], last["place"]) == (None, None, None, "Southland")


@pytest.mark.parametrize("prec", list(RADIUS_M))
def test_the_radius_goes_by_where_prec(prec: int) -> None:
    row, _ = one(where_prec=str(prec))
    assert row["radius_m"] == RADIUS_M[prec]
    assert (row["lon"] is None) == (prec in (6, 7))


def test_a_precision_that_nobody_knows_leaves_the_radius_open() -> None:
    row, problems = one(where_prec="9")
    assert row["radius_m"] is None and row["lon"] == 20.2
    assert problems["code"].to_list() == ["unknown_precision"]


def test_an_event_that_ucdp_has_not_cleared_says_so(golden: Read) -> None:
    problems = check_source(SOURCE, golden("ucdp.csv"), options=AT_HOME).problems
    assert problems.select("where", "code", "lost").rows() == [("file.csv, row 2", "not_clear", False)]


def test_without_a_zone_the_day_is_every_place_on_earths(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.csv"))
    first = read.observations.row(0, named=True)
    assert (first["t0"], first["t1"]) == (datetime(2031, 3, 3, 10, tzinfo=UTC), datetime(2031, 3, 5, 12, tzinfo=UTC))
    told = read.problems.filter(pl.col("code") == "zone_unknown")
    assert told.height == 2 and "Northland" in told["message"][0] and "3 rows" in told["message"][0]


def test_the_mapping_that_is_shipped_names_zones_that_exist(golden: Read) -> None:
    mapping = yaml.safe_load((REPOSITORY / "mappings" / "ucdp.yaml").read_text())
    assert len(zones_of({"mapping": mapping}, "ucdp.yaml")) > 60
    options = {"mapping": {"zones": mapping["zones"] | {"9001": "Asia/Bangkok"}}}
    assert check_source(SOURCE, golden("ucdp.csv"), options=options).observations["t0"][0] == datetime(
        2031, 3, 3, 17, tzinfo=UTC
    )


def test_the_mapping_tells_the_zone_by_country(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.csv"), options=ZONES)
    hours = (read.observations["t1"] - read.observations["t0"]).dt.total_hours().to_list()
    assert hours[0] == 24 and hours[3] == 181 * 24 + 26
    assert read.problems.filter(pl.col("code") == "zone_unknown").height == 1


def test_the_option_zone_outranks_the_mapping(golden: Read) -> None:
    both = check_source(SOURCE, golden("ucdp.csv"), options={**AT_HOME, "mapping": {"zones": {"9001": "UTC"}}})
    assert both.observations["t0"][0] == datetime(2031, 3, 3, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    "options", [{"zone": "Mars/Olympus"}, {"mapping": {"zones": {"1": "Mars"}}}, {"mapping": "ucdp"}]
)
def test_a_zone_that_is_none_is_refused(options: dict[str, object], golden: Read) -> None:
    with pytest.raises(InputError):
        check_source(SOURCE, golden("ucdp.csv"), options=options)


def test_a_day_when_clocks_change_has_23_hours() -> None:
    raw = (HEAD + "1,1,Alpha,2015-03-29,2015-03-29,10.1,20.2,1,1,2,Northland,9001\n").encode()
    row = check_source(SOURCE, raw, options={"zone": "Europe/Kyiv"}).observations
    assert (row["t1"] - row["t0"]).dt.total_hours().item() == 23


def test_a_spreadsheets_bytes_and_its_two_date_styles_are_read_month_first(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp_spreadsheet_cp1252.csv"), options=AT_HOME)
    assert (read.rows, read.observations.height) == (3, 2)
    first, second = read.observations.rows(named=True)
    assert first["t0"] == datetime(2031, 3, 3, 17, tzinfo=UTC)
    assert (second["t1"] - second["t0"]).days == 2
    assert (first["place"], first["says"]) == ("Saint-André", "Mayor’s house hit in Saint-André")
    assert set(read.problems["code"]) == {"not_utf8", "no_date"}


def test_a_first_number_above_12_is_no_month_and_is_not_swapped(golden: Read) -> None:
    lost = check_source(SOURCE, golden("ucdp_spreadsheet_cp1252.csv"), options=AT_HOME).problems.filter(pl.col("lost"))
    assert lost["where"].to_list() == ["file.csv, row 3"]


def test_geojson_is_read_and_a_bare_nan_is_nothing(golden: Read) -> None:
    read = check_source(SOURCE, golden("ucdp.geojson"), options=AT_HOME)
    assert read.observations["killed"].to_list() == [3, None]
    assert read.observations["lon"].to_list() == [20.4, 20.4] and read.problems.is_empty()


def test_geojson_cut_in_half_gives_what_came_before(golden: Read) -> None:
    raw = golden("ucdp.geojson")
    read = check_source(SOURCE, raw[: len(raw) - 300], options=AT_HOME)
    assert (read.rows, read.observations.height) == (2, 1)


def test_geojson_with_half_a_letter_and_odd_names_is_read(golden: Read) -> None:
    raw = golden("ucdp.geojson").replace(b"Along the", rb"\ud800 the").replace(b'"relid"', b'"x"')
    raw = raw.replace(b'"country":', b'"row": 1, "AB": 1, "Ab": 2, "country":')
    read = check_source(SOURCE, raw, options=AT_HOME)
    assert read.observations["place"].to_list() == ["? the river"] * 2


def test_gzip_is_read_and_a_cut_one_keeps_its_whole_rows(golden: Read) -> None:
    raw = golden("ucdp.csv")
    assert check_source(SOURCE, gzip.compress(raw, mtime=0)).rows == 4


def test_a_file_cut_inside_a_quoted_cell_loses_that_row_only(golden: Read) -> None:
    raw = golden("ucdp.csv")
    read = check_source(SOURCE, raw[: raw.index(b"to talks") - 3], options=AT_HOME)
    assert (read.rows, read.observations.height) == (2, 1)
    assert read.problems["lost"].to_list() == [True]


def test_a_stray_quote_costs_its_own_row_and_no_other() -> None:
    rows = [f"{n},1,Alpha,2031-03-04,2031-03-04,10.1,20.2,1,1,2,Northland,9001" for n in range(1, 200)]
    rows[4] = rows[4].replace("Alpha", '"Alpha')
    read = check_source(SOURCE, (HEAD + "\n".join(rows) + "\n").encode(), options=AT_HOME)
    assert (read.rows, read.observations.height) == (199, 198)
    assert read.problems["where"].to_list() == ["file.csv, row 5"]


@pytest.mark.parametrize("cell", ["NaN", "", "nan", "NULL"])
def test_a_bare_nan_in_a_number_is_nothing_and_no_problem(cell: str) -> None:
    row, problems = one(best=cell)
    assert row["killed"] is None and problems.is_empty()


@pytest.mark.parametrize("cell", ["-1", "2.5", "many", "1e999", "inf"])
def test_a_figure_that_is_no_count_is_nothing_and_a_problem(cell: str) -> None:
    row, problems = one(best=cell)
    assert row["killed"] is None and problems["code"].to_list() == ["bad_number"]


@pytest.mark.parametrize("day", ["1753-01-01", "9999-12-31", "2031-02-30", ""])
def test_an_impossible_day_loses_the_row_and_says_so(day: str) -> None:
    row, problems = one(date_start=day)
    assert row == {} and problems.select("code", "lost").rows() == [("no_date", True)]


def test_an_end_that_is_unreadable_is_as_late_as_its_precision_allows() -> None:
    row, problems = one(date_end="9999-12-31", date_prec="3")
    assert (row["t1"] - row["t0"]).days == 7  # type: ignore[operator]
    assert problems.select("code", "lost").rows() == [("no_date_end", False)]


def test_dates_the_wrong_way_round_are_turned_and_told() -> None:
    row, problems = one(date_start="2031-03-06")
    assert (row["t1"] - row["t0"]).days == 3  # type: ignore[operator]
    assert problems["code"].to_list() == ["dates_reversed"]


def test_a_type_that_nobody_knows_is_unspecified() -> None:
    row, problems = one(type_of_violence="7")
    assert row["kind"] == "unspecified" and problems["code"].to_list() == ["unknown_kind"]


def test_a_repeated_id_stays_twice_and_is_a_problem() -> None:
    row = "1,1,Alpha,2031-03-04,2031-03-04,10.1,20.2,1,1,2,Northland,9001\n"
    read = check_source(SOURCE, (HEAD + row + row).encode(), options=AT_HOME)
    assert read.observations["key"].to_list() == ["1", "1"]
    assert read.problems["code"].to_list() == ["repeated_key"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\x00\xfe\x01" * 40, b"<html><body>busy</body></html>", b"a,b\n1,2\n", b'{"Result": 3}', b"{nonsense", b"[1,2",
     b'{"features": [{"type": "Feature", "properties": {"id": 1}}]}'],
)  # fmt: skip
def test_what_is_no_ged_at_all_is_one_line(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw)
    assert str(wrong.value).startswith("file.csv: ") and "\n" not in str(wrong.value)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="date_end"):
        check_source(SOURCE, HEAD.replace("date_end,", "").encode())


def page(number: int, pages: int) -> tuple[int, bytes]:
    event = dict(
        zip(
            HEAD.strip().split(","),
            [number, 1, "Alpha", "2031-03-04", "2031-03-04", 10.1, 20.2, 1, 1, 2, "N", 9001],
            strict=True,
        )
    )
    return 200, json.dumps({"TotalCount": pages, "TotalPages": pages, "NextPageUrl": "", "Result": [event]}).encode()


def test_the_api_is_followed_page_by_page_and_the_token_is_not_kept() -> None:
    way = FakeTransport({"https://ucdpapi.pcr.uu.se/api/gedevents/25.0.6?": [page(1, 3), page(2, 3), page(3, 3)]})
    window = (datetime(2031, 3, 4, tzinfo=UTC), datetime(2031, 3, 6, tzinfo=UTC))
    asked = Request(*window, options={"token": "s3cret", "version": "25.0.6", **AT_HOME})
    got = list(SOURCE.fetch(asked, way))
    assert [url.split("?")[1] for url in way.asked][1] == "pagesize=1000&page=2&StartDate=2031-03-03&EndDate=2031-03-06"
    assert len(got) == 3 and dict(got[0].options) == AT_HOME
    assert all("s3cret" not in f"{one.url}{one.options}" for one in got)
    read = check_source(SOURCE, got[1].raw, options=got[1].options)
    assert read.observations["key"].to_list() == ["2"] and read.observations["locator"].to_list() == ["row 1"]


@pytest.mark.parametrize("answer", [(401, b"no"), (200, b"<html>"), (200, b"[]"), (200, b'{"TotalPages": 99999999}')])
def test_an_answer_that_is_no_page_is_an_error_without_the_token(answer: tuple[int, bytes]) -> None:
    with pytest.raises(FetchError) as wrong:
        list(SOURCE.fetch(Request(options={"token": "s3cret"}), FakeTransport({"https://": answer})))
    assert "s3cret" not in str(wrong.value)


def test_pulling_without_a_token_says_so() -> None:
    with pytest.raises(InputError, match="token"):
        list(SOURCE.fetch(Request(), FakeTransport({})))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_in_are_rows_out_and_problems_whatever_happens_to_the_bytes(data: st.DataObject, golden: Read) -> None:
    raw = golden(data.draw(st.sampled_from(["ucdp.csv", "ucdp.geojson", "ucdp_spreadsheet_cp1252.csv"])))
    holds(SOURCE, data.draw(spoilt(raw, raw.index(b"\n") + 1)), **AT_HOME)


@pytest.mark.parametrize(
    ("name", "rows", "zone"),
    [
        ("ucdp_ged_ukraine_2014_2018/ucdp_ged_ukraine.csv.gz", 2489, "Europe/Kyiv"),
        ("ucdp_ged_ukraine_2014_2018/ucdp_spreadsheet_export_cp1252.csv.gz", 2478, "Europe/Kyiv"),
        ("ucdp_ged_car/GEDEvent_v23_1_CAR.geojson.gz", 1848, "Africa/Bangui"),
    ],
)
def test_real_files_are_read_whole(name: str, rows: int, zone: str, real_data: Read) -> None:
    read = check_source(SOURCE, real_data(name), url=name, options={"zone": zone})
    assert read.rows == read.observations.height == rows
    assert not read.problems["lost"].any()


def test_the_spreadsheets_dates_are_those_of_the_clean_file(real_data: Read) -> None:
    folder = "ucdp_ged_ukraine_2014_2018/"
    clean, dirty = (
        check_source(SOURCE, real_data(folder + name), options={"zone": "Europe/Kyiv"}).observations.select(
            "key", "t0", "t1"
        )
        for name in ("ucdp_ged_ukraine.csv.gz", "ucdp_spreadsheet_export_cp1252.csv.gz")
    )
    both = clean.join(dirty, on="key")
    assert both.height > 2000
    same = both.filter((pl.col("t0") == pl.col("t0_right")) & (pl.col("t1") == pl.col("t1_right")))
    assert same.height / both.height > 0.99
