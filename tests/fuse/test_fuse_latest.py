"""A source may revise what it said: then the edition that was fetched last speaks, in whatever order they reached us."""

from __future__ import annotations

import random

import polars as pl
import pytest
from fused import START, as_table, at, captures, said, together

from trucewatch.fuse import fuse
from trucewatch.testing import observations


def edition(capture: str, *rows: dict) -> list[dict]:
    return [{**row, "capture": capture, "id": f"{capture}#{n}"} for n, row in enumerate(rows, 1)]


def later(name: str):
    return at(days="abc".index(name))


def stand(rows: list[dict]) -> tuple[set[str], list[str]]:
    frame = observations(rows)
    made = fuse(frame, captures(frame, later))
    return set(made.links["observation"]), made.problems["message"].to_list()


def test_a_later_edition_of_a_record_replaces_the_earlier_one_and_says_so():
    rows = edition("a", said("x", key="7", killed=1), said("x", key="8")) + edition("b", said("x", key="7", killed=3))
    assert stand(rows) == ({"a#2", "b#1"}, ["the record with key 7 is replaced by a later edition"])


def test_the_first_replaced_records_of_a_source_are_named_and_the_others_counted():
    rows = [said("x", key=f"{n:02}") for n in range(25)]
    messages = stand(edition("a", *rows, said("y")) + edition("b", *rows, said("y")))[1]
    assert messages[:20] == [f"the record with key {n:02} is replaced by a later edition" for n in range(20)]
    assert messages[20:] == [
        "the record with a#26 is replaced by a later edition",
        "5 more records are replaced by a later edition",
    ]


def test_the_same_row_pulled_twice_without_a_key_counts_once():
    assert stand(edition("a", said("x")) + edition("b", said("x")))[0] == {"b#1"}


def test_another_figure_without_a_key_is_another_record():
    assert stand(edition("a", said("x", killed=1)) + edition("b", said("x", killed=2)))[0] == {"a#1", "b#1"}


def test_a_key_belongs_to_its_source():
    assert stand(edition("a", said("x", key="7")) + edition("b", said("y", key="7")))[0] == {"a#1", "b#1"}


def test_a_table_that_takes_the_name_of_another_feed_replaces_nothing_of_it():
    rows = edition("a", said("ucdp", key="7"), said("ucdp")) + edition("b", said("ucdp", key="7"), said("ucdp"))
    frame = observations(rows)
    for feeds, wanted in ((["ucdp", "table"], {"a#1", "a#2", "b#1", "b#2"}), (["ucdp", "ucdp"], {"b#1", "b#2"})):
        known = captures(frame, later).with_columns(feed=pl.Series(feeds))
        assert set(fuse(frame, known).links["observation"]) == wanted
    assert stand(rows)[0] == {"b#1", "b#2"}  # where no feed is told, all are one


SECTOR = {"lon": 38.0, "lat": 48.0, "bearing_deg": 90.0, "spread_deg": 5.0, "near_m": 0.0, "far_m": 900.0}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"lineage": ["p"]}, {"lineage": ["q"]}),
        ({"lineage": ["p"]}, {}),
        ({"lineage": ["p", "q"]}, {"lineage": ["pq"]}),
        ({"sector": SECTOR}, {"sector": {**SECTOR, "bearing_deg": 95.0}}),
        ({"sector": SECTOR}, {}),
    ],
)
def test_without_a_key_origin_and_sector_tell_records_apart(first, second):
    assert stand(edition("a", said("x", **first)) + edition("b", said("x", **second)))[0] == {"a#1", "b#1"}
    assert stand(edition("a", said("x", **first)) + edition("b", said("x", **first)))[0] == {"b#1"}


def test_what_stands_twice_in_one_capture_stays_twice_with_a_later_edition_too():
    twice = (said("x", key="7"), said("x", key="7"))
    assert stand(edition("a", *twice))[0] == {"a#1", "a#2"}
    assert stand(edition("a", *twice) + edition("b", *twice))[0] == {"b#1", "b#2"}


@pytest.mark.parametrize("seed", range(5))
def test_captures_may_reach_us_in_any_order(seed):
    rows = edition("a", said("x", key="7"), said("y")) + edition("b", said("x", key="7", lat=48.3))
    rows += edition("c", said("x", key="7", lat=48.2), said("z"))
    frame = observations(rows)
    table = captures(frame, later)
    wanted = as_table(fuse(frame, table))
    random.Random(seed).shuffle(rows)
    assert as_table(fuse(observations(rows), table.sample(fraction=1, shuffle=True, seed=seed))) == wanted
    assert {name for _, name, *_ in wanted[1]} == {"a#2", "c#1", "c#2"}


def test_one_capture_cut_in_two_gives_the_same_incidents_up_to_ids():
    rows = [said(name, lat=48 + n * 0.001, t0=at(minutes=n), killed=n) for n, name in enumerate("xyxzyx")]
    whole = edition("a", *rows)
    cut = [{**row, "capture": "ab"[n % 2], "id": f"{'ab'[n % 2]}#{n + 1}"} for n, row in enumerate(rows)]
    one, two = (fuse(f := observations(part), captures(f, later)) for part in (whole, cut))
    assert together(one) == together(two)
    assert one.incidents.drop("id").equals(two.incidents.drop("id"))
    assert one.incidents["id"].to_list() != two.incidents["id"].to_list()


def test_no_rows_are_no_incidents():
    made = fuse(observations([said()]).clear(), pl.DataFrame({"capture": [], "fetched_at": []}))
    assert (made.incidents.height, made.links.height) == (0, 0)


def test_a_capture_of_which_the_time_is_not_told_gives_way():
    frame = observations(edition("a", said("x", key="7")) + edition("b", said("x", key="7", killed=3)))
    known = pl.DataFrame({"capture": ["z", "b"], "fetched_at": [START, at(days=1)]})
    assert fuse(frame, known).links["observation"].to_list() == ["b#1"]
