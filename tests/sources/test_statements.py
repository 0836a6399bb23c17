"""The register: typed rows become statements, or problems that say why not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
import yaml

from trucewatch.base.errors import InputError
from trucewatch.sources.statements import SOURCE
from trucewatch.testing import check_source

ROW = {"speaker": "The Ministry", "says": "shells fell on the bridge", "source": "evening note"}
PLACES = [{"name": "Mill Bridge", "lon": "30", "lat": "50", "radius_m": "500"}]


def read(*rows, url="register.yaml", **options):
    raw = yaml.safe_dump([dict(row) for row in rows], allow_unicode=True) if url.endswith("yaml") else json.dumps(rows)
    return check_source(SOURCE, raw.encode(), url=url, options=options)


def codes(got):
    return dict(zip(got.problems["subject"], got.problems["code"], strict=True))


def test_a_row_is_the_same_from_yaml_json_and_csv():
    row = {
        **ROW,
        "said_at": "2031-05-02 18:00+02:00",
        "figure": "at least 11,000",
        "unit": "shells",
        "asserts": "happened",
    }
    head, line = ",".join(row), ",".join(f'"{v}"' for v in row.values())
    made = [
        read(row).statements,
        read(row, url="r.json").statements,
        check_source(SOURCE, f"{head}\n{line}\n".encode(), url="r.csv").statements,
    ]
    assert len({frame.drop("id", "capture").rows()[0] for frame in made}) == 1
    one = made[0].row(0, named=True)
    assert (one["figure"], one["qualifier"], one["speech"]) == (11_000, "at least", "states")
    assert one["said_at"] == datetime(2031, 5, 2, 16, tzinfo=UTC)


def test_a_day_stands_for_all_of_it_and_an_end_that_is_a_day_is_included():
    row = read({**ROW, "from": "2025-03-13 Europe/Moscow", "until": "2025-03-14 Europe/Moscow"}).statements.row(
        0, named=True
    )
    assert (row["t0"], row["t1"]) == (datetime(2025, 3, 12, 21, tzinfo=UTC), datetime(2025, 3, 14, 21, tzinfo=UTC))
    row = read({**ROW, "from": "2025-03-13"}, zone="UTC").statements.row(0, named=True)
    assert (row["t0"], row["t1"]) == (datetime(2025, 3, 13, tzinfo=UTC), datetime(2025, 3, 14, tzinfo=UTC))


def test_a_time_without_a_zone_is_left_out_and_told():
    got = read({**ROW, "said_at": "2025-03-13", "from": "2025-03-13 10:00"})
    assert got.statements.select("said_at", "t0", "t1").row(0) == (None, None, None)
    assert codes(got) == {"said_at": "bad_time", "from": "bad_time"}


def test_a_place_without_coordinates_takes_those_of_the_gazetteer_and_never_of_two_of_a_name():
    got = read({**ROW, "place": "mill bridge"}, places=PLACES).statements
    assert got.select("lon", "lat", "radius_m").row(0) == (30, 50, 500)
    twice = [*PLACES, {"name": "mill bridge", "lon": "31", "lat": "51"}]
    assert read({**ROW, "place": "Mill Bridge"}, places=twice).statements["lon"][0] is None
    own = read({**ROW, "place": "Mill Bridge", "lon": "1", "lat": "2"}, places=PLACES).statements
    assert own.select("lon", "lat", "radius_m").row(0) == (1, 2, None)


@pytest.mark.parametrize(
    ("row", "code", "subject"),
    [
        ({"says": "x", "source": "y"}, "no_speaker", "speaker"),
        ({"speaker": "A", "source": "y"}, "says_nothing", "says"),
    ],
)
def test_a_row_that_is_no_statement_is_lost_and_named(row, code, subject):
    got = read(ROW, row)
    lost = got.problems.filter(pl.col("lost"))
    assert lost.select("where", "code", "subject").rows() == [("register.yaml, row 2", code, subject)]
    assert got.rows == 2 and got.statements.height == 1


def test_a_key_that_stands_twice_is_no_correction():
    got = read({**ROW, "key": "a"}, {**ROW, "key": "a", "says": "another thing"}, {**ROW, "key": "b"})
    assert got.problems.filter(pl.col("lost"))["code"].to_list() == ["repeated_key"]
    assert got.statements["key"].to_list() == ["a", "b"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ({"speech": "shouts"}, "unknown_word"), ({"asserts": "maybe"}, "unknown_word"), ({"kind": "war"}, "unknown_word"),
        ({"figure": "many"}, "bad_number"), ({"lon": "200", "lat": "3"}, "bad_place"), ({"lon": "3"}, "bad_place"),
        ({"from": "2031-01-02 UTC", "until": "2031-01-01 UTC"}, "bad_time"), ({"source": None}, "no_source"),
        ({"qualifier": "roughly"}, "unknown_word"), ({"radius_m": "-1"}, "bad_number"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_told_and_its_row_is_kept(cell, code):
    got = read({**ROW, **cell})
    assert got.statements.height == 1 and code in got.problems["code"].to_list()
    assert not got.problems["lost"].any()


@pytest.mark.parametrize(
    ("told", "figure", "qualifier"),
    [("2935", 2935, None), ("11,000+", 11_000, "at least"), ("about 4 900", 4900, "about"),
     ("more than 800", 800, "more than"), ("3.5", 3.5, None), ("exactly 7", 7, "exact"),
     ("1,234,567", 1_234_567, None), ("12,34,567", 1_234_567, None), ("11000.0", 11_000, None)],
)  # fmt: skip
def test_a_figure_says_how_it_is_meant(told, figure, qualifier):
    row = read({**ROW, "figure": told}).statements.row(0, named=True)
    assert (row["figure"], row["qualifier"]) == (figure, qualifier)


@pytest.mark.parametrize("told", ["1,5", "10 12", "11.000", "about 1.200", "1,2345", "1.5 million", "5-7"])
def test_a_figure_that_may_be_two_numbers_is_left_out_and_told(told):
    got = read({**ROW, "figure": told})
    assert got.statements["figure"].to_list() == [None]
    assert got.problems.select("code", "lost").rows() == [("bad_number", False)]


def test_a_field_that_stands_twice_in_a_row_is_a_fault_with_its_line():
    raw = b"- speaker: A\n  says: one\n  source: s\n  says: another\n"
    with pytest.raises(InputError, match=r"register.yaml, line 4: is not YAML: the field 'says' stands twice"):
        check_source(SOURCE, raw, url="register.yaml")


def test_a_column_that_is_not_ours_is_told_with_the_nearest():
    got = read({**ROW, "speakr": "x"})
    assert "did you mean 'speaker'?" in got.problems["message"][0]


@pytest.mark.parametrize(
    ("raw", "url", "expected"),
    [
        (b"a: [", "r.yaml", "r.yaml, line"), (b"a: b", "r.yaml", "holds no list"), (b"", "r.csv", "is empty"),
        (b"says,source\nx,y\n", "r.csv", "has no column 'speaker'"), (b"\x00\x01\x02" * 9, "r.yaml", "is not text"),
    ],
)  # fmt: skip
def test_what_is_no_register_is_one_clear_line(raw, url, expected):
    with pytest.raises(InputError, match=expected):
        check_source(SOURCE, raw, url=url)


def test_yaml_dates_keep_their_zone_and_broken_items_are_rows():
    raw = b"statements:\n- speaker: A\n  says: x\n  source: y\n  said_at: 2031-05-02 18:00+02:00\n- just words\n"
    got = check_source(SOURCE, raw, url="r.yml")
    assert got.statements["said_at"][0] == datetime(2031, 5, 2, 16, tzinfo=UTC)
    assert got.problems["where"].to_list() == ["r.yml, row 2"] and got.rows == 2
