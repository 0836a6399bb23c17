from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoil import holds, spoilt

from trucewatch.base.errors import InputError
from trucewatch.kinds import KINDS
from trucewatch.ports import Request
from trucewatch.sources.viina import FLAGS, KIND_OF, REPAIRS, SOURCE, kind_of
from trucewatch.testing import FakeTransport, check_source

Read = Callable[[str], bytes]
AT_HOME = {"zone": "Asia/Bangkok"}
HEAD = "datetime,lon,lat,place_name,event_type,headline\n"


def one(stamp: str = "2031-03-04 06:51:00", labels: str = "artillery|loc", place: str = "20.2,10.1", **options: str):
    """A plain row with other cells -> its observation or nothing, its problems."""
    read = check_source(
        SOURCE, f"{HEAD}{stamp},{place},Riverton,{labels},Shells fall\n".encode(), options=AT_HOME | options
    )
    return (read.observations.row(0, named=True) if read.observations.height else {}), read.problems


def test_the_extract_is_read(golden: Read) -> None:
    read = check_source(SOURCE, golden("viina.csv"), options=AT_HOME)
    assert read.rows == read.observations.height == 6
    assert read.observations["kind"].to_list() == [
        "shelling",
        "shelling",
        "unspecified",
        "detention",
        "other",
        "small_arms",
    ]
    assert read.observations["key"].null_count() == 6


def test_the_happening_lies_before_the_headline() -> None:
    row, _ = one()
    said = datetime(2031, 3, 3, 23, 51, tzinfo=UTC)
    assert (row["t0"], row["t1"], row["published_at"]) == (
        said - timedelta(hours=24),
        said + timedelta(minutes=1),
        said,
    )


def test_midnight_means_that_the_time_is_not_known() -> None:
    row, problems = one("2031-03-04 00:00:00")
    assert row["t1"] == datetime(2031, 3, 4, 17, tzinfo=UTC)
    assert row["t0"] == datetime(2031, 3, 3, 17, tzinfo=UTC) - timedelta(hours=24)
    assert row["published_at"] is None and problems.is_empty()


def test_the_lag_is_the_users_to_set() -> None:
    row, _ = one("2031-03-04 00:00:00", lag_hours="0")
    assert (row["t0"], row["t1"]) == (datetime(2031, 3, 3, 17, tzinfo=UTC), datetime(2031, 3, 4, 17, tzinfo=UTC))
    row, _ = one(lag_hours="0")
    assert row["t1"] - row["t0"] == timedelta(minutes=1)


@pytest.mark.parametrize("lag", ["-1", "1.5", "soon", "9999999"])
def test_a_lag_that_is_none_is_refused(lag: str) -> None:
    with pytest.raises(InputError, match="lag_hours"):
        one(lag_hours=lag)


def test_without_a_zone_spans_are_wider_and_one_problem_says_so(golden: Read) -> None:
    read = check_source(SOURCE, golden("viina.csv"))
    assert (read.observations["t1"] - read.observations["t0"]).dt.total_hours()[0] == 24 + 24 + 26
    assert read.observations["published_at"].null_count() == 6
    assert read.problems["code"].to_list().count("zone_unknown") == 1


def test_an_hour_that_happened_twice_is_taken_whole_and_a_skipped_one_is_moved() -> None:
    row, _ = one("2015-10-25 03:30:00", zone="Europe/Kyiv", lag_hours="0")
    assert row["t1"] - row["t0"] == timedelta(hours=1, minutes=1)
    row, _ = one("2015-03-29 03:30:00", zone="Europe/Kyiv", lag_hours="0")
    assert row["t0"] == datetime(2015, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("mangled", sorted(REPAIRS))
def test_mangled_labels_are_mended(mangled: str) -> None:
    row, problems = one(labels=mangled)
    assert problems.is_empty()
    assert row["kind"] == KIND_OF.get(REPAIRS[mangled], "unspecified")


def test_a_label_that_nobody_knows_is_told_once() -> None:
    raw = (HEAD + "2031-03-04 06:51:00,20.2,10.1,R,teleport|loc,Shells\n" * 5).encode()
    problems = check_source(SOURCE, raw, options=AT_HOME).problems
    assert problems.height == 1 and "'teleport', in 5 rows" in problems["message"].item()


@pytest.mark.parametrize("labels", ["", "loc", "airalert|loc", '"' + '"'])
def test_no_label_is_unspecified_and_no_problem(labels: str) -> None:
    row, problems = one(labels=labels)
    assert row["kind"] == "unspecified" and problems.is_empty()


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["uav", "ied"], "drone_strike"),
        (["airstrike", "artillery"], "strike_from_afar"),
        (["artillery", "firefight"], "firing"),
        (["artillery", "property", "civcas"], "shelling"),
        (["artillery", "control", "arrest"], "shelling"),
        (["airstrike", "uav"], "air_or_drone_strike"),
        (["raid", "ied"], "assault"),
        (["control", "occupy"], "control"),
        (["retreat", "control"], "redeployment"),
        (["milcas"], "loss"),
    ],
)
def test_several_labels_become_the_one_kind_that_is_true_of_them(labels: list[str], kind: str) -> None:
    assert kind_of(labels) == kind


@given(st.lists(st.sampled_from(sorted(KIND_OF) + sorted(FLAGS)), max_size=6), st.randoms())
def test_the_order_of_labels_says_nothing(labels: list[str], random: object) -> None:
    kind = kind_of(labels)
    assert kind in KINDS
    assert kind == kind_of(reversed(labels)) == kind_of(labels + labels)


def test_one_headline_is_one_voice_whatever_its_case_and_marks(golden: Read) -> None:
    lineage = check_source(SOURCE, golden("viina.csv"), options=AT_HOME).observations["lineage"].to_list()
    assert lineage[0] == lineage[1] == lineage[2] != lineage[3]
    assert lineage[0][0].startswith("viina:")


def test_null_island_is_no_place_and_a_problem(golden: Read) -> None:
    read = check_source(SOURCE, golden("viina.csv"), options=AT_HOME)
    row = read.observations.row(3, named=True)
    assert (row["lon"], row["lat"], row["radius_m"], row["place"]) == (None, None, None, "Nowhere")
    assert read.problems.select("where", "code", "lost").rows() == [("file.csv, row 4", "null_island", False)]


def test_a_place_on_the_equator_is_no_null_island() -> None:
    assert one(place="20.2,0.0")[0]["lat"] == 0.0


def test_far_off_places_stay(golden: Read) -> None:
    assert check_source(SOURCE, golden("viina.csv"), options=AT_HOME).observations["lon"][4] == -77.04


@pytest.mark.parametrize("place", ["NaN,NaN", ",", "20.2,", "x,y", "200,10"])
def test_a_point_that_is_none_is_a_problem_and_the_row_stays(place: str) -> None:
    row, problems = one(place=place)
    assert row["lon"] is None and problems.select("code", "lost").rows() == [("bad_place", False)]


@pytest.mark.parametrize("stamp", ["1753-01-01 00:00:00", "9999-12-31 00:00:00", "", "2031-02-30 01:00:00"])
def test_an_impossible_day_loses_the_row_and_says_so(stamp: str) -> None:
    row, problems = one(stamp)
    assert row == {} and problems.select("code", "lost").rows() == [("no_date", True)]


def test_a_time_that_is_none_is_the_whole_day_and_a_problem() -> None:
    row, problems = one("2031-03-04 25:61:00")
    assert row["published_at"] is None and problems["code"].to_list() == ["bad_time"]


def test_viinas_own_columns_are_read(golden: Read) -> None:
    options = {**AT_HOME, "mapping": {"actors": {"a_one_b": "Alpha", "a_two_b": "Beta"}}}
    read = check_source(SOURCE, golden("viina_2.csv"), options=options)
    first, second = read.observations.rows(named=True)
    assert (first["key"], first["kind"], first["by"], first["radius_m"]) == ("71", "shelling", "Alpha", 10_000.0)
    assert (second["kind"], second["by"], second["radius_m"]) == ("strike_from_afar", None, 150_000.0)
    assert first["published_at"] == datetime(2031, 3, 3, 23, 51, tzinfo=UTC) and second["published_at"] is None
    assert first["p"] is None and read.problems.is_empty()


def test_an_outlet_and_a_headline_are_both_a_voice(golden: Read) -> None:
    first, second = check_source(SOURCE, golden("viina_2.csv"), options=AT_HOME).observations["lineage"].to_list()
    assert first[0] == "wire" and second[0] == "post" and first[1] == second[1]


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 99, b"<html>", b"a,b\n1,2\n", b"lon,lat\n1,2\n", b"\x1f\x8b\x00"])
def test_what_is_no_viina_at_all_is_one_line(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw)
    assert "\n" not in str(wrong.value)


def test_a_file_cut_in_half_loses_only_the_row_at_the_cut(golden: Read) -> None:
    raw = golden("viina.csv")
    read = check_source(SOURCE, raw[: raw.index(b"talks of")], options=AT_HOME)
    assert (read.rows, read.observations.height) == (5, 4)


def test_a_byte_order_mark_and_a_broken_letter_do_no_harm() -> None:
    raw = b"\xef\xbb\xbf" + HEAD.encode() + "2031-03-04 06:51:00,20.2,10.1,Рівне,loc,Обстріл міста\n".encode()
    at = raw.index("міста".encode())
    read = check_source(SOURCE, raw[: at + 1] + raw[at + 2 :], options=AT_HOME)
    assert read.observations["place"].item() == "Рівне"
    assert read.problems["code"].to_list() == ["not_utf8"]


def test_there_is_no_api_to_pull_from() -> None:
    with pytest.raises(InputError, match="file"):
        list(SOURCE.fetch(Request(), FakeTransport({})))
    got = list(SOURCE.fetch(Request(files=(("a.csv", b"x"),), options={"lag_hours": "6"}), FakeTransport({})))
    assert dict(got[0].options) == {"lag_hours": "6"}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_rows_in_are_rows_out_and_problems_whatever_happens_to_the_bytes(data: st.DataObject, golden: Read) -> None:
    raw = golden(data.draw(st.sampled_from(["viina.csv", "viina_2.csv"])))
    holds(SOURCE, data.draw(spoilt(raw, raw.index(b"\n") + 1)), **AT_HOME)


@pytest.mark.parametrize(("month", "rows"), [("202304", 11836), ("202406", 7139)])
def test_real_files_are_read_whole(month: str, rows: int, real_data: Read) -> None:
    name = f"viina_extract_2023_2024/viina_incidents_{month}.csv.gz"
    read = check_source(SOURCE, real_data(name), url=name, options={"zone": "Europe/Kyiv"})
    assert read.rows == read.observations.height == rows and read.problems.is_empty()
    assert read.observations["lineage"].list.get(0).n_unique() < 0.75 * rows, "copies of one headline are one voice"
