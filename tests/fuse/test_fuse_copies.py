"""Rows of one source that repeat one origin about one thing are one sighting; all others of one source stay apart."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from fused import PARAMS, START, as_table, at, captures, said, seen, together, told
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse import fuse
from trucewatch.testing import observations

POST = ["some.example/posts/1"]


def reasons(rows: list[dict[str, Any]]) -> list[str]:
    made = told(rows).links.with_columns(n=pl.col("observation").str.split("#").list.last().cast(pl.Int64))
    return made.sort("n")["because"].to_list()


def test_two_rows_of_one_list_that_cite_one_address_about_one_shelling_are_one_incident_with_one_voice():
    rows = [
        said("a", lineage=POST, says="Shelling of the market"),
        said("a", lineage=POST, lat=48.002, says="market hit"),
    ]
    made = told(rows).incidents.row(0, named=True)
    assert together(told(rows)) == {frozenset("12")}
    assert (made["n_observations"], made["n_lineages"], made["p"]) == (2, 1, pytest.approx(PARAMS.p_statement))
    assert 48.0 < made["lat"] < 48.002
    assert reasons(rows) == ["one source repeating one origin"] * 2


def test_a_second_source_meets_them_as_one():
    rows = [said("a", lineage=POST), said("a", lineage=POST), said("b")]
    made = told(rows).incidents.row(0, named=True)
    assert (made["n_observations"], made["n_lineages"], made["sources"]) == (3, 2, ["a", "b"])
    assert {line.split()[0] for line in reasons(rows)} == {"nearer"}


@pytest.mark.parametrize(
    "other",
    [
        {"lineage": ["some.example/posts/2"]},
        {"lineage": [*POST, "some.example/posts/2"]},
        {"lineage": []},
        {"lineage": None},
        {"source": "b", "lat": 52.0},
        {"stance": "denies"},
        {"kind": "explosion"},
        {"t0": at(minutes=1)},
        {"t1": at(minutes=2)},
        {"lat": 48.0 + 0.0064},  # 712 m, and the two errors together are 707
        {"lon": None, "lat": None, "radius_m": None},
        {"radius_m": None},
        {"radius_m": 40_000.0},
        {"place": "Other village"},
        {"target": "school"},
        {"by": "X"},
        {"weapon": "mortar"},
        {"killed": 1},
        {"killed_low": 1},
        {"killed_high": 1},
        {"injured": 1},
    ],
    ids=str,
)
def test_whatever_else_they_tell_apart_keeps_them_apart(other):
    made = told([said("a", lineage=POST), {**said("a", lineage=POST), **other}])
    assert made.incidents.height == 2
    assert "one source repeating one origin" not in made.links["because"].to_list()


@pytest.mark.parametrize("origin", [["agency"], ["agency", "the post"], ["wire:3f2a"], ["agency.example"], ["a/b"]])
def test_an_outlets_or_a_teams_name_is_no_origin_of_one_thing(origin):
    # Measured: of 2,489 rows of UCDP 1,240 share their office, day, kind and ground with another, and each is a death.
    assert told([said("a", lineage=origin), said("a", lineage=origin)]).incidents.height == 2


def test_rows_of_a_headline_laid_out_over_places_stay_apart():
    headline = ["pravda", "viina:0123456789ab"]
    rows = [said("viina", lineage=headline, place=p, lat=48 + n * 0.02, radius_m=10_000.0) for n, p in enumerate("ABC")]
    assert told(rows).incidents.height == 3


def test_pixels_are_still_told_as_pixels():
    rows = [said("orbit", "heat", lon=38 + n * 0.005, radius_m=270.0, lineage=POST) for n in range(2)]
    assert reasons(rows) == ["one overpass, pixels side by side"] * 2


def test_who_stands_alone_is_told_that_no_other_source_speaks_of_it():
    said_so = "no sighting of another source is likelier the same than coincidence"
    assert reasons([said("a"), said("a")]) == [said_so] * 2


def test_what_is_too_vague_to_link_stands_alone_though_it_repeats():
    rows = [said("a", lineage=POST, t1=at(days=20)), said("a", lineage=POST, t1=at(days=20))]
    assert reasons(rows) == ["too vague in time to link"] * 2


@st.composite
def copies(draw: st.DrawFn) -> list[dict[str, Any]]:
    row = st.fixed_dictionaries(
        {
            "source": st.sampled_from("ab"),
            "lineage": st.sampled_from([POST, POST, ["x.example/2"], ["agency"], None]),
            "lat": st.integers(0, 12).map(lambda n: 48 + n * 0.002),
            "radius_m": st.sampled_from([100.0, 500.0, 2_600.0, None]),
            "kind": st.sampled_from(["shelling", "explosion"]),
            "t0": st.sampled_from([START, at(minutes=3)]),
            "stance": st.sampled_from(["affirms", "affirms", "denies"]),
            "killed": st.sampled_from([None, None, 2]),
        }
    )
    return [said(**one) for one in draw(st.lists(row, min_size=1, max_size=12))]


@settings(max_examples=150, deadline=None)
@given(copies(), st.randoms(use_true_random=False))
def test_copies_in_any_order_give_the_same_tables_and_meet_only_where_they_may(rows, chance: random.Random):
    frame = observations(rows)
    order = list(range(len(rows)))
    chance.shuffle(order)
    made = fuse(frame, captures(frame))
    assert as_table(made) == as_table(fuse(frame[order], captures(frame)))
    same = ("source", "lineage", "kind", "stance", "t0", "killed")
    for group in together(made):
        mine = [rows[int(n) - 1] for n in group]
        for source in {row["source"] for row in mine}:
            told_by = [row for row in mine if row["source"] == source]
            assert len(told_by) == 1 or len({str([row[k] for k in same]) for row in told_by}) == 1


@settings(max_examples=100, deadline=None)
@given(copies())
def test_sightings_of_copies_are_what_walking_from_row_to_row_finds(rows):
    same = ("source", "lineage", "kind", "stance", "t0", "killed")

    def copy(a: dict[str, Any], b: dict[str, Any]) -> bool:
        if (
            a["lineage"] in (None, ["agency"])
            or any(a[k] != b[k] for k in same)
            or None in (a["radius_m"], b["radius_m"])
        ):
            return False
        return abs(a["lat"] - b["lat"]) * 111_195.08 <= (a["radius_m"] ** 2 + b["radius_m"] ** 2) ** 0.5

    left, groups = set(range(len(rows))), 0
    while left:
        groups, todo = groups + 1, [left.pop()]
        while todo:
            here = todo.pop()
            met = {n for n in left if copy(rows[here], rows[n])}
            left -= met
            todo += met
    assert seen(rows).height == groups
