"""Any table with a mapping: what becomes of each row, and of each thing that can be wrong with a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import canonical
from trucewatch.ports import Read, Request
from trucewatch.sources.http import plain
from trucewatch.sources.table import SOURCE
from trucewatch.sources.table.mapping import plan
from trucewatch.testing import FakeTransport, check_source

GOLDEN = Path(__file__).parent / "golden"
MAPPINGS = Path(__file__).parents[2] / "mappings"
Real = Callable[[str], bytes]


def shipped(name: str) -> dict[str, Any]:
    made: dict[str, Any] = plain(yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8")))
    return made


def read(name: str, mapping: str) -> Read:
    return check_source(SOURCE, (GOLDEN / name).read_bytes(), url=name, options={"mapping": shipped(mapping)})


def codes(got: Read, *, lost: bool) -> list[str]:
    return sorted(got.problems.filter(pl.col("lost") == lost)["code"].to_list())


def row(got: Read, number: int) -> dict[str, Any]:
    return got.observations.filter(pl.col("locator") == f"row {number}").row(0, named=True)


SIMPLE: dict[str, Any] = {
    "mapping": "simple",
    "zone": "Asia/Bangkok",
    "time": {"start": "when"},
    "columns": {"kind": "what", "lon": "lon", "lat": "lat", "count": {"column": "n", "as": "about"}},
}
HEAD = "when,what,lon,lat,n\n"


def simple(body: str, **changed: Any) -> Read:
    return check_source(SOURCE, (HEAD + body).encode(), options={"mapping": {**SIMPLE, **changed}})


# --- the shipped mappings on invented captures


def test_a_day_becomes_the_span_of_that_day_in_its_zone() -> None:
    first = row(read("table_cir.csv", "cir-eyes-on-russia"), 1)
    assert (first["t0"], first["t1"]) == (datetime(2022, 2, 28, 22, tzinfo=UTC), datetime(2022, 3, 1, 22, tzinfo=UTC))


def test_event_groups_become_kinds_and_titles_become_targets() -> None:
    got = read("table_cir.csv", "cir-eyes-on-russia")
    assert [row(got, n)["kind"] for n in (1, 2, 3, 4, 5)] == [
        "damage", "explosion", "presence", "clash", "attack_on_civilians",
    ]  # fmt: skip
    assert row(got, 1)["target"] == "school" and row(got, 2)["target"] is None
    assert row(got, 3)["by"] == "russia" and row(got, 1)["by"] is None


def test_a_group_that_no_rule_knows_is_kept_as_unspecified_with_a_problem() -> None:
    got = read("table_cir.csv", "cir-eyes-on-russia")
    assert row(got, 6)["kind"] == "unspecified"
    assert got.problems.filter(pl.col("code") == "unknown_kind")["where"].to_list() == ["table_cir.csv, row 6"]


def test_a_repeated_id_is_told_apart_so_that_no_row_replaces_another() -> None:
    got = read("table_cir.csv", "cir-eyes-on-russia")
    assert [row(got, n)["key"] for n in (2, 3, 4, 5, 6)] == ["ZZ0002", "ZZ0002/2", "ZZ0002/3", None, None]
    assert codes(got, lost=False).count("repeated_key") == 2


def test_missing_impossible_and_misdated_days_are_lost_and_each_says_why() -> None:
    got = read("table_cir.csv", "cir-eyes-on-russia")
    lost = got.problems.filter("lost").select("where", "code").rows()
    assert lost == [
        ("table_cir.csv, row 7", "no_time"),
        ("table_cir.csv, row 8", "outside_span"),
        ("table_cir.csv, row 9", "bad_time"),
        ("table_cir.csv, row 10", "bad_time"),
    ]


@pytest.mark.parametrize(
    ("number", "code"), [(11, "same_lon_lat"), (12, "bad_number"), (13, "half_place"), (14, "bad_place")]
)
def test_a_bad_place_leaves_the_row_without_a_place(number: int, code: str) -> None:
    got = read("table_cir.csv", "cir-eyes-on-russia")
    assert (row(got, number)["lon"], row(got, number)["lat"], row(got, number)["radius_m"]) == (None, None, None)
    where = f"table_cir.csv, row {number}"
    assert got.problems.filter(pl.col("where") == where)["code"].to_list() == [code]


def test_two_rows_that_cite_one_address_are_one_voice_however_it_is_spelt() -> None:
    got = read("table_cir.csv", "cir-eyes-on-russia")
    assert row(got, 1)["lineage"] == row(got, 2)["lineage"] == ["twitter.com/someone/status/1"]
    assert row(got, 3)["lineage"] is None


def test_json_without_ids_has_no_key_and_its_lists_are_lineage() -> None:
    got = read("table_bellingcat.json", "bellingcat-civilian-harm")
    assert got.observations["key"].null_count() == got.observations.height == 4
    assert row(got, 1)["lineage"] == ["facebook.com/story.php?story_fbid=1&id=2", "twitter.com/a/status/5"]
    assert row(got, 2)["lineage"] is None and row(got, 3)["lineage"] is None
    assert row(got, 3)["place"] == "Fourthville" and row(got, 3)["kind"] == "drone_strike"


def test_null_island_and_bare_nan_are_no_place() -> None:
    got = read("table_bellingcat.json", "bellingcat-civilian-harm")
    assert [row(got, n)["lon"] for n in (1, 2, 3, 4)] == [38.9, None, None, None]
    assert codes(got, lost=False) == ["null_island", "null_island"]
    assert codes(got, lost=True) == ["broken_row", "no_time"]


def test_a_month_of_counts_is_a_statement_and_a_blank_is_unknown_not_zero() -> None:
    got = read("table_counts.csv", "loc-india-pakistan")
    assert got.statements["figure"].to_list() == [3.0, None, 0.0, None]
    assert got.statements["t0"][0] == datetime(2029, 12, 31, 18, 30, tzinfo=UTC)
    assert got.statements["t1"][0] == datetime(2030, 1, 31, 18, 30, tzinfo=UTC)
    assert codes(got, lost=False) == ["bad_number", "blank"] and codes(got, lost=True) == ["bad_time"]


def test_a_wide_table_is_melted_and_the_figures_of_a_row_share_its_locator() -> None:
    got = read("table_counts_sectors.csv", "loc-india-pakistan-sectors")
    assert got.statements.height == 26 and got.statements["locator"].n_unique() == 2
    assert got.statements["place"][10] == "Drass and Kargil" and got.statements["figure"][12] == 3.0
    assert got.statements["figure"].null_count() == codes(got, lost=False).count("blank") == 12


# --- times, figures and words


def test_a_wall_time_without_a_zone_is_lost_and_never_taken_as_utc() -> None:
    got = simple("2026-01-01 10:00,shelling,100,14,1\n2026-01-01T10:00:00+07:00,shelling,100,14,1\n", zone=None)
    assert codes(got, lost=True) == ["no_zone"]
    assert got.observations["t0"].to_list() == [datetime(2026, 1, 1, 3, tzinfo=UTC)]


def test_the_zone_converts_and_24_00_is_the_end_of_the_day() -> None:
    got = simple("2025-07-28 24:00,shelling,100,14,1\n2025-07-28 23:59:59.250,shelling,100,14,1\n")
    assert got.observations["t0"].to_list() == [
        datetime(2025, 7, 28, 17, tzinfo=UTC), datetime(2025, 7, 28, 16, 59, 59, tzinfo=UTC),
    ]  # fmt: skip


def test_an_hour_that_comes_twice_gives_a_span_that_holds_both_and_a_skipped_hour_is_lost() -> None:
    got = simple("2025-10-26 03:30,shelling,30,50,1\n2025-03-30 03:30,shelling,30,50,1\n", zone="Europe/Kyiv")
    first = row(got, 1)
    assert (first["t0"], first["t1"]) == (
        datetime(2025, 10, 26, 0, 30, tzinfo=UTC),
        datetime(2025, 10, 26, 1, 31, tzinfo=UTC),
    )
    assert codes(got, lost=True) == ["bad_time"]


def test_what_was_still_to_come_when_the_file_was_fetched_is_lost() -> None:
    assert codes(simple("2031-01-01 10:00,shelling,100,14,1\n"), lost=True) == ["in_future"]


def test_an_end_before_the_start_is_left_out_with_a_problem() -> None:
    told = {**SIMPLE, "time": {"start": "when", "end": "until"}}
    raw = b"when,until,what,lon,lat,n\n2025-01-01 10:00,2025-01-01 09:00,shelling,1.5,2.25,1\n2025-01-01 10:00,2025-01-01 12:00,shelling,1.5,2.25,1\n"
    got = check_source(SOURCE, raw, options={"mapping": told})
    assert (got.observations["t1"] - got.observations["t0"]).dt.total_minutes().to_list() == [1, 120]
    assert codes(got, lost=False) == ["bad_time"]


def test_figures_that_are_none_become_null_with_a_problem() -> None:
    body = "".join(
        f"2025-01-01 10:00,shelling,100,14,{n}\n" for n in ("about 9", "9.0", "9.5", "-1", "1e999", "", "nine")
    )
    got = simple(body)
    assert got.observations["count"].to_list() == [9, 9, None, None, None, None, None]
    assert codes(got, lost=False) == ["bad_number"] * 4


def test_a_kind_that_is_no_word_of_ours_is_kept_as_unspecified() -> None:
    got = simple("2025-01-01 10:00,bang,100,14,1\n2025-01-01 10:00,,100,14,1\n")
    assert got.observations["kind"].to_list() == ["unspecified"] * 2 and codes(got, lost=False) == ["unknown_kind"] * 2


# --- mappings that are wrong


def test_a_missing_column_names_the_mapping_the_field_and_the_nearest() -> None:
    told = {**SIMPLE, "columns": {**SIMPLE["columns"], "place": "wat"}}
    with pytest.raises(
        UnknownName, match=r"mapping 'simple', columns.place: there is no column 'wat'; did you mean 'what'"
    ):
        check_source(SOURCE, HEAD.encode() + b"2025-01-01 10:00,shelling,1,2,3\n", options={"mapping": told})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"zonne": "UTC"}, "did you mean 'zone'"),
        ({"columns": {"latt": "lat"}}, "did you mean 'lat'"),
        ({"columns": {"lat": {"colum": "lat"}}}, "did you mean 'column'"),
        ({"columns": {"radius_m": {"value": 9}}}, "because"),
        ({"time": {"start": "when", "precission": "hour"}}, "did you mean 'precision'"),
        ({"time": {"day": "when"}, "zone": None}, "zone"),
        ({"time": None}, "nothing of time"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"kinds": {"column": "what", "rules": [{"is": "x", "kind": "shellling"}]}}, "did you mean 'shelling'"),
        ({"kinds": {"column": "what", "rules": [{"matches": "(", "kind": "shelling"}]}}, "no pattern"),
        ({"targets": {"column": "what", "rules": [{"is": "x", "target": "scool"}]}}, "did you mean 'school'"),
        ({"reads": {"separator": "ab"}}, "not one character"),
        ({"makes": "observation"}, "did you mean 'observations'"),
        ({"melt": {"columns": ["a"], "into": "place"}}, "makes: statements"),
        ({"needs": ["a"]}, "needs: is not a set of column: reason"),
        ({"needs": {"a": True}}, "needs.a: True is not text"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_says_what_and_where(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as wrong:
        plan({**SIMPLE, **changed})
    assert (says in str(wrong.value) and "simple" in str(wrong.value)) or "zone" in says


def test_without_a_mapping_nothing_is_guessed() -> None:
    with pytest.raises(InputError, match="mapping"):
        check_source(SOURCE, HEAD.encode())


MINE = sorted(p for p in MAPPINGS.glob("*.yaml") if "For --source table" in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MINE, ids=lambda path: path.stem)
def test_every_shipped_mapping_for_tables_is_one(path: Path) -> None:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    plan(plain(told))
    canonical(plain(told))


# --- fetch


def test_fetch_takes_files_and_records_what_read_needs() -> None:
    told = {**SIMPLE, "columns": {**SIMPLE["columns"], "p": {"value": 0.5, "because": "told"}}}
    request = Request(files=(("a.csv", b"x"),), options={"mapping": told, "zone": "UTC", "other": 1})
    got = list(SOURCE.fetch(request, FakeTransport({})))
    assert got[0].raw == b"x" and set(got[0].options) == {"mapping", "zone"}
    assert canonical(got[0].options)
    assert plain({"d": date(2022, 1, 1)}) == {"d": "2022-01-01"}


def test_fetch_gets_an_address_once() -> None:
    out = FakeTransport({"https://example.org/": (200, b"y")})
    got = list(SOURCE.fetch(Request(options={"mapping": SIMPLE, "url": "https://example.org/t.csv"}), out))
    assert [f.raw for f in got] == [b"y"] and out.asked == ["https://example.org/t.csv"]


# --- whatever is done to a file, no row is lost unsaid

BODY = HEAD + "".join(f"2025-01-{n:02d} 10:00,shelling,{100 + n},14,{n}\n" for n in range(1, 9))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(BODY)), st.sampled_from(['"', ",", "\n", "\r", "\x00", "é", "-", "9" * 30, ",,", "\ufeff", "NaN", " "]), st.integers(0, 9)), max_size=6), st.integers(0, len(BODY)), st.booleans())  # fmt: skip
def test_rows_in_are_rows_out_and_problems_whatever_is_done_to_the_text(
    cuts: list[tuple[int, str, int]], end: int, cut: bool
) -> None:
    text = BODY
    for at, new, gone in cuts:
        text = text[:at] + new + text[at + gone :]
    try:
        check_source(SOURCE, (text[:end] if cut else text).encode(), options={"mapping": SIMPLE})
    except InputError as wrong:
        assert "\n" not in str(wrong)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["when", "what", "lon", "lat", "n", "x"]), inner, max_size=6), max_leaves=12)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(JSON, max_size=6), st.integers(0, 300))
def test_rows_in_are_rows_out_and_problems_whatever_json_holds(items: list[Any], end: int) -> None:
    whole = {"when": "2025-01-01 10:00", "what": "clash", "lon": 1.5, "lat": 2.5, "n": 1}
    raw = json.dumps([whole, *items]).encode()
    for body in (raw, raw[:end]):
        try:
            check_source(SOURCE, body, options={"mapping": SIMPLE})
        except InputError as wrong:
            assert "\n" not in str(wrong)


# --- real data, where it lies at hand


def test_all_rows_of_eyes_on_russia_are_accounted_for(real_data: Real) -> None:
    raw = real_data("cir_eyes_on_russia_2022/events.csv")
    got = check_source(SOURCE, raw, options={"mapping": shipped("cir-eyes-on-russia")})
    assert (got.rows, got.observations.height) == (6650, 6643)
    assert codes(got, lost=True) == ["no_time"] * 4 + ["outside_span"] * 3
    assert codes(got, lost=False).count("repeated_key") == 8 and codes(got, lost=False).count("same_lon_lat") == 3


def test_all_rows_of_civilian_harm_are_accounted_for(real_data: Real) -> None:
    raw = real_data("bellingcat_civharm_2022_2025/bellingcat_incidents.json")
    got = check_source(SOURCE, raw, options={"mapping": shipped("bellingcat-civilian-harm")})
    assert (got.rows, got.observations.height) == (2514, 2514)
    assert codes(got, lost=False) == ["null_island"] * 3


def test_all_months_of_the_line_of_control_are_statements(real_data: Real) -> None:
    raw = real_data("loc_india_pakistan_cfv_2013_2017/cfv.csv")
    got = check_source(SOURCE, raw, options={"mapping": shipped("loc-india-pakistan")})
    assert got.rows == got.statements.height == 60 and got.problems.is_empty()
    raw = real_data("loc_india_pakistan_cfv_2013_2017/cfv_sectors_var.csv")
    wide = check_source(SOURCE, raw, options={"mapping": shipped("loc-india-pakistan-sectors")})
    assert wide.statements.height == 60 * 13 and wide.statements["figure"].null_count() == 144
