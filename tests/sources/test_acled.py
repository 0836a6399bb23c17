from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoil import holds, spoilt

from trucewatch.base.errors import FetchError, InputError
from trucewatch.kinds import KINDS as DICTIONARY
from trucewatch.ports import Request
from trucewatch.sources.acled import KINDS, PAGE_ROWS, SOURCE
from trucewatch.sources.days import zones_of
from trucewatch.testing import FakeTransport, check_source

REPOSITORY = Path(__file__).parents[2]
Read = Callable[[str], bytes]
AT_HOME = {"zone": "Asia/Bangkok"}
FIELDS = {
    "event_id_cnty": "XXX1", "event_date": "2031-03-04", "time_precision": "1", "event_type": "Battles",
    "sub_event_type": "Armed clash", "actor1": "Alpha", "iso": "9001", "country": "Northland", "location": "Riverton",
    "latitude": "10.1", "longitude": "20.2", "geo_precision": "1", "source": "Morning Wire", "notes": "They clashed",
    "fatalities": "2", "timestamp": "1930000000",
}  # fmt: skip


def one(**cells: str):
    """A plain row with some other cells -> its observation or nothing, its problems."""
    row = FIELDS | cells
    read = check_source(SOURCE, f"{','.join(row)}\n{','.join(row.values())}\n".encode(), options=AT_HOME)
    return (read.observations.row(0, named=True) if read.observations.height else {}), read.problems


def test_an_export_is_read(golden: Read) -> None:
    read = check_source(SOURCE, golden("acled.csv"), options=AT_HOME)
    assert read.rows == read.observations.height == 3 and read.problems.is_empty()
    first = read.observations.row(0, named=True)
    assert (first["t0"], first["t1"]) == (datetime(2031, 3, 3, 17, tzinfo=UTC), datetime(2031, 3, 4, 17, tzinfo=UTC))
    assert first["lineage"] == ["Morning Wire", "Evening Post"]
    assert (first["key"], first["killed"], first["killed_low"]) == ("XXX1", 2, None)
    assert first["published_at"] == datetime.fromtimestamp(1_930_000_000, UTC)


def test_a_week_and_a_month_are_as_long_as_they_may_be(golden: Read) -> None:
    spans = check_source(SOURCE, golden("acled.csv"), options=AT_HOME).observations
    assert (spans["t1"] - spans["t0"]).dt.total_days().to_list() == [1, 13, 31]


def test_the_radius_goes_by_geo_precision(golden: Read) -> None:
    assert check_source(SOURCE, golden("acled.csv"), options=AT_HOME).observations["radius_m"].to_list() == [
        5e3,
        25e3,
        2e5,
    ]


def test_who_did_it_is_told_only_of_one_sided_violence_and_never_of_the_unidentified(golden: Read) -> None:
    assert check_source(SOURCE, golden("acled.csv"), options=AT_HOME).observations["by"].to_list() == [
        None,
        "Beta Front",
        None,
    ]


def test_the_sides_of_a_battle_are_told_where_both_are_known(golden: Read) -> None:
    read = check_source(SOURCE, golden("acled.csv"), options=AT_HOME)
    assert read.observations["between"].to_list() == [["Alpha Forces", "Beta Front"], None, None]


def test_every_type_becomes_a_word_of_the_dictionary() -> None:
    assert set(KINDS.values()) <= set(DICTIONARY)
    for told, kind in KINDS.items():
        assert one(sub_event_type=told)[0]["kind"] == kind


def test_a_type_that_nobody_knows_is_unspecified() -> None:
    row, problems = one(sub_event_type="Laser strike")
    assert row["kind"] == "unspecified" and problems["code"].to_list() == ["unknown_kind"]


@pytest.mark.parametrize("day", ["2031-03-04", "04 March 2031", "4 March 2031"])
def test_both_date_styles_are_read(day: str) -> None:
    assert one(event_date=day)[0]["t0"] == datetime(2031, 3, 3, 17, tzinfo=UTC)


@pytest.mark.parametrize("day", ["1753-01-01", "9999-12-31", "31 February 2031", ""])
def test_an_impossible_day_loses_the_row_and_says_so(day: str) -> None:
    row, problems = one(event_date=day)
    assert row == {} and problems.select("code", "lost").rows() == [("no_date", True)]


@pytest.mark.parametrize(
    ("cell", "value", "code", "column"),
    [
        ("fatalities", "some", "bad_number", "killed"),
        ("timestamp", "yesterday", "bad_time", "published_at"),
        ("geo_precision", "8", "unknown_precision", "radius_m"),
        ("latitude", "91", "bad_place", "lat"),
    ],
)
def test_a_bad_cell_is_nothing_and_a_problem(cell: str, value: str, code: str, column: str) -> None:
    row, problems = one(**{cell: value})
    assert row[column] is None and problems.select("code", "lost").rows() == [(code, False)]


@pytest.mark.parametrize("cell", ["fatalities", "timestamp"])
def test_a_bare_nan_is_nothing_and_no_problem(cell: str) -> None:
    assert one(**{cell: "NaN"})[1].is_empty()


def test_without_a_zone_the_day_is_every_place_on_earths(golden: Read) -> None:
    read = check_source(SOURCE, golden("acled.csv"))
    assert (read.observations["t1"] - read.observations["t0"]).dt.total_hours()[0] == 50
    assert read.problems["code"].to_list() == ["zone_unknown"]


def test_the_mapping_that_is_shipped_names_zones_that_exist(golden: Read) -> None:
    mapping = yaml.safe_load((REPOSITORY / "mappings" / "acled.yaml").read_text())
    assert len(zones_of({"mapping": mapping}, "acled.yaml")) > 60
    options = {"mapping": {"zones": mapping["zones"] | {"9001": "Asia/Bangkok"}}}
    assert check_source(SOURCE, golden("acled.csv"), options=options).observations["t0"][0] == datetime(
        2031, 3, 3, 17, tzinfo=UTC
    )


def test_the_mapping_tells_the_zone_by_iso(golden: Read) -> None:
    read = check_source(SOURCE, golden("acled.csv"), options={"mapping": {"zones": {"9001": "Asia/Bangkok"}}})
    assert read.observations["t0"][0] == datetime(2031, 3, 3, 17, tzinfo=UTC)


@pytest.mark.parametrize("name", ["event_id_cnty", "event_date", "sub_event_type", "latitude", "longitude"])
def test_a_missing_column_is_named(name: str) -> None:
    cut = {k: v for k, v in FIELDS.items() if k != name}
    with pytest.raises(InputError, match=name):
        check_source(SOURCE, f"{','.join(cut)}\n{','.join(cut.values())}\n".encode())


def test_columns_that_are_new_or_left_out_do_no_harm() -> None:
    few = ("event_id_cnty", "event_date", "sub_event_type", "latitude", "longitude")
    raw = f"new,{','.join(few)}\nx,{','.join(FIELDS[f] for f in few)}\n".encode()
    read = check_source(SOURCE, raw, options=AT_HOME)
    row = read.observations.row(0, named=True)
    assert (row["t1"] - row["t0"]).days == 31 and row["radius_m"] is None
    assert set(read.problems["code"]) == {"unknown_precision"}


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 99, b"<!doctype html>", b'{"success": false}', b'{"data": 1}'])
def test_what_is_no_acled_at_all_is_one_line(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw)
    assert "\n" not in str(wrong.value)


def test_a_file_cut_in_half_loses_only_the_row_at_the_cut(golden: Read) -> None:
    raw = golden("acled.csv")
    read = check_source(SOURCE, raw[: raw.index(b"Shells fell")], options=AT_HOME)
    assert (read.rows, read.observations.height) == (2, 1)


def pages(*counts: int) -> FakeTransport:
    rows = lambda n: [FIELDS | {"event_id_cnty": f"XXX{i}"} for i in range(n)]  # noqa: E731
    return FakeTransport(
        {"https://acleddata.com/api/acled/read?": [(200, json.dumps({"data": rows(n)}).encode()) for n in counts]}
    )


def test_the_api_is_followed_until_a_page_is_not_full_and_the_token_is_not_kept() -> None:
    way = pages(PAGE_ROWS, 2)
    asked = Request(
        datetime(2031, 3, 4, tzinfo=UTC), datetime(2031, 3, 6, tzinfo=UTC), options={"token": "s3cret", **AT_HOME}
    )
    got = list(SOURCE.fetch(asked, way))
    assert len(got) == 2 and "page=2" in way.asked[1] and "event_date=2031-03-03%7C2031-03-07" in way.asked[1]
    assert all("s3cret" not in f"{one.url}{one.options}" for one in got)
    assert check_source(SOURCE, got[1].raw, options=got[1].options).observations["key"].to_list() == ["XXX0", "XXX1"]


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (datetime(2031, 3, 4, 13, tzinfo=UTC), datetime(2031, 3, 6, 9, tzinfo=UTC), "2031-03-03|2031-03-07"),
        (datetime(2031, 3, 4, tzinfo=UTC), None, "2031-03-03|2100-01-01"),
        (None, datetime(2031, 3, 6, 23, 59, tzinfo=UTC), "1900-01-01|2031-03-07"),
        (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), "1900-01-01|2100-01-01"),
        (None, None, None),
    ],
)
def test_no_local_day_of_the_window_is_left_out(since: datetime | None, until: datetime | None, days: str) -> None:
    way = pages(0)
    list(SOURCE.fetch(Request(since, until, options={"token": "t", "iso": "887"}), way))
    asked = dict(parse_qsl(urlsplit(way.asked[0]).query))
    assert asked["iso"] == "887" and asked.get("event_date") == days
    assert asked.get("event_date_where") == (days and "BETWEEN")


def test_an_empty_first_page_is_kept_and_read_as_nothing() -> None:
    got = list(SOURCE.fetch(Request(options={"token": "t"}), pages(0)))
    assert len(got) == 1 and check_source(SOURCE, got[0].raw).rows == 0


@pytest.mark.parametrize("answer", [(401, b"no"), (200, b"<html>"), (200, b"[]")])
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
    raw = golden("acled.csv")
    holds(SOURCE, data.draw(spoilt(raw, raw.index(b"\n") + 1)), **AT_HOME)
