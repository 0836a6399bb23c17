"""Why it may have been done: a table of likelihoods with every factor shown; what is not known counts nothing."""

from __future__ import annotations

import math
from datetime import timedelta

import polars as pl
import pytest
import shapely
from assessed import ROOT, START, happened
from hypothesis import given, settings
from hypothesis import strategies as st
from sided import HALVES, agreed, drawn

from trucewatch.assess.motive import WORDS, motives, weigh_motives
from trucewatch.assess.signs import OF_SIGN
from trucewatch.tables import AREAS

EXAMPLE = motives((ROOT / "docs" / "examples" / "motives.yaml").read_text(encoding="utf-8"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FAR = {"lon": 30.0, "lat": 40.0}


def table(sign: str, likelihood: tuple[float, ...] = (0.1, 0.8, 0.3, 0.4), events: str = "", **numbers: float):
    four = ", ".join(f"{word}: {p}" for word, p in zip(WORDS, likelihood, strict=True))
    given_ = "".join(f"{name}: {value}, " for name, value in numbers.items())
    return motives(
        f"motives: one\nsource: invented\nprior: {{strategic: 0.4, retaliatory: 0.3, spoiling: 0.2, localized: 0.1}}\n"
        f"signs: {{{sign}: {{{given_}likelihood: {{{four}}}}}}}\nevents: [{events}]\n"
    )


def seen(
    sign: str, *rows: dict, areas: pl.DataFrame | None = None, events: str = "", **numbers: float
) -> dict[str, bool | None]:
    """incident -> whether the sign is seen; None where it was left out."""
    made = weigh_motives(
        happened(*rows), AREAS.empty() if areas is None else areas, agreed(), table(sign, events=events, **numbers)
    )
    strategic = made.filter(pl.col("motive") == "strategic")
    return {
        incident: factors[0]["seen"] if factors else None
        for incident, factors in strategic.select("incident", "factors").rows()
    }


FOLLOWS = {"hours": 24, "km": 10}


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        ({"by": "Northland"}, {"by": "Southland"}, True),
        ({"by": "Southland"}, {"by": "Northland"}, True),
        ({"by": "Northland"}, {"by": "Northland"}, False),  # its own
        ({"by": "Northland", **FAR}, {"by": "Southland"}, False),
        ({"by": "Northland", "t0": START - 3 * DAY}, {"by": "Southland"}, False),
        ({"by": "Northland", "kind": "works"}, {"by": "Southland"}, False),  # no act of force
        ({}, {"by": "Southland"}, None),  # by nobody named: it may have been the other's
        ({"by": "Northland"}, {}, None),
        ({"by": "Northland"}, {"by": "Allies"}, None),
        ({"by": "Northland", "lon": None, "lat": None}, {"by": "Southland"}, None),
        ({"by": "Northland", "radius_m": 90_000.0, "lon": 38.5}, {"by": "Southland"}, None),
        ({"by": "Northland", "t0": START - HOUR}, {"by": "Southland", "t0": START - 2 * HOUR, "t1": START + HOUR}, None),
    ],
)  # fmt: skip
def test_it_follows_an_act_of_another_party_where_the_record_surely_shows_one(before, after, answer):
    found = seen("follows_act", {"t0": START - 2 * HOUR, **before}, after, **FOLLOWS)
    assert found["i2"] is answer


def test_an_act_that_came_later_was_not_answered():
    assert seen("follows_act", {"by": "north"}, {"by": "south", "t0": START + HOUR}, **FOLLOWS) == {
        "i1": False,
        "i2": True,
    }


BURST = {"hours": 6, "km": 200, "cell_km": 5, "cells": 3}


def test_a_burst_along_many_sectors_is_many_cells_at_one_time():
    along = [{"lat": 48 + n / 5} for n in range(3)]
    assert set(seen("burst", *along, **BURST).values()) == {True}
    assert set(seen("burst", *along[:2], **BURST).values()) == {False}
    assert set(seen("burst", *[{"lat": 48.0} for _ in range(5)], **BURST).values()) == {False}
    late = {"lat": 48.6, "t0": START + 10 * HOUR}
    assert set(seen("burst", *along[:2], late, **BURST).values()) == {False}
    vague = {"lat": 48.6, "t0": START - 6 * HOUR, "t1": START + 18 * HOUR}  # some time that day
    assert set(seen("burst", *along[:2], vague, **BURST).values()) == {None}


@pytest.mark.parametrize(
    ("after", "answer"),
    [
        (HALVES, False),
        ((("south", shapely.box(36, 47, 40, 50)),), True),
        ((("contested", shapely.box(36, 47, 40, 50)),), None),
        ((("south", shapely.box(36, 47, 40, 50)), HALVES[0]), None),
        ((), None),
    ],
)
def test_ground_changed_where_a_map_before_and_one_after_say_so(after, answer):
    maps = [drawn(*HALVES)] + ([drawn(*after, on=START + 2 * DAY)] if after else [])
    assert seen("ground_changed", {"lat": 48.5}, areas=pl.concat(maps), days=7)["i1"] is answer


def test_ground_that_changed_within_the_days_is_seen_though_the_next_day_s_map_was_the_same():
    later = (("south", shapely.box(36, 47, 40, 50)),)
    maps = pl.concat([drawn(*HALVES), drawn(*HALVES, on=START + DAY), drawn(*later, on=START + 3 * DAY)])
    assert seen("ground_changed", {"lat": 48.5}, areas=maps, days=7)["i1"] is True
    assert seen("ground_changed", {"lat": 48.5}, areas=maps, days=2)["i1"] is False


def test_maps_that_differ_leave_it_unknown():
    later = (("south", shapely.box(36, 47, 40, 50)),)
    maps = [drawn(*HALVES), drawn(*HALVES, on=START + DAY)]
    maps += [drawn(*HALVES, source="two"), drawn(*later, on=START + DAY, source="two")]
    assert seen("ground_changed", {"lat": 48.5}, areas=pl.concat(maps), days=7)["i1"] is None


@pytest.mark.parametrize(("by", "answer"), [("The Band", True), ("Norland", False), ("Allies", None), (None, None)])
def test_the_doer_is_no_party_only_where_a_source_says_who(by, answer):
    assert seen("no_party", {"by": by})["i1"] is answer


@pytest.mark.parametrize(
    ("row", "other", "answer"),
    [
        ({"kind": "small_arms"}, {"kind": "works"}, True),
        ({"kind": "small_arms"}, FAR, True),
        ({"kind": "small_arms"}, {}, False),
        ({"kind": "shelling"}, FAR, False),
        ({"kind": "clash"}, FAR, None),
        ({"kind": "small_arms"}, {"lon": None, "lat": None}, None),
    ],
)
def test_isolated_small_arms_have_no_other_act_of_force_near_by(row, other, answer):
    assert seen("isolated_small_arms", row, other, hours=24, km=5)["i1"] is answer


TALKS = '{says: talks, at: "2020-05-03 12:00Z"}'


@pytest.mark.parametrize(
    ("row", "events", "answer"),
    [
        ({}, TALKS, True),
        ({"t0": START - 9 * DAY}, TALKS, False),
        ({"t0": START - 9 * DAY, "t1": START}, TALKS, None),
        ({}, "", None),
    ],
)
def test_nearness_to_talks_is_known_only_where_talks_are_given(row, events, answer):
    assert seen("near_talks", row, events=events, days=3)["i1"] is answer


@pytest.mark.parametrize("kind", ["works", "explosion", "heat", "unspecified", "burning"])
def test_what_may_have_been_no_act_of_force_has_no_motive(kind):
    assert seen("no_party", {"kind": kind, "by": "The Band"}) == {}


def test_the_posterior_is_prior_times_likelihood_by_hand():
    made = weigh_motives(happened({"by": "The Band"}), AREAS.empty(), agreed(), table("no_party"))
    prior, like = (0.4, 0.3, 0.2, 0.1), (0.1, 0.8, 0.3, 0.4)
    whole = sum(p * q for p, q in zip(prior, like, strict=True))
    assert made["motive"].cast(pl.String).to_list() == list(WORDS)
    assert made["posterior"].to_list() == pytest.approx([p * q / whole for p, q in zip(prior, like, strict=True)])
    assert made["factors"][1].to_list() == [{"sign": "no_party", "seen": True, "likelihood": 0.8}]
    unlike = weigh_motives(happened({"by": "north"}), AREAS.empty(), agreed(), table("no_party"))
    assert unlike["factors"][1][0]["likelihood"] == pytest.approx(0.2)


def test_with_no_sign_known_the_posterior_is_the_prior_and_not_one_half_of_anything():
    made = weigh_motives(happened({}), AREAS.empty(), agreed(), table("no_party"))
    assert made["posterior"].to_list() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert made["left_out"].to_list() == [["no_party"]] * 4 and made["likelihood"].to_list() == [1.0] * 4


def test_the_shipped_example_says_that_it_is_invented_and_has_every_sign():
    assert {sign.name for sign in EXAMPLE.signs} == set(OF_SIGN)
    assert "invented" in EXAMPLE.called and "unchecked" in EXAMPLE.called
    assert "NOT CALIBRATED" in (ROOT / "docs" / "examples" / "motives.yaml").read_text(encoding="utf-8").splitlines()[0]


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["shelling", "small_arms", "clash", "works"]),
            "by": st.sampled_from([None, "Northland", "Southland", "The Band", "Allies"]),
            "t0": st.integers(0, 40).map(lambda h: START + h * HOUR),
            "lat": st.floats(47.5, 48.5),
            "radius_m": st.sampled_from([None, 500.0, 8000.0]),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40)
@given(ROWS)
def test_posteriors_add_up_to_one_and_the_parties_can_be_exchanged(rows):
    incidents, areas = happened(*rows), drawn(*HALVES)
    made = weigh_motives(incidents, areas, agreed(), EXAMPLE)
    for one in made.partition_by("incident"):
        assert math.isclose(one["posterior"].sum(), 1, rel_tol=1e-9)
    swap = {"Northland": "Southland", "Southland": "Northland", "north": "south", "south": "north"}
    other = incidents.with_columns(pl.col("by").replace(swap))
    ground = areas.with_columns(pl.col("held_by").replace(swap))
    assert weigh_motives(other, ground, agreed(), EXAMPLE).equals(made)


@settings(max_examples=30)
@given(ROWS, st.integers(0, 999))
def test_the_order_of_incidents_changes_no_motive(rows, seed):
    incidents = happened(*rows)
    mixed = incidents.sample(fraction=1, shuffle=True, seed=seed)
    assert weigh_motives(mixed, drawn(*HALVES), agreed(), EXAMPLE).equals(
        weigh_motives(incidents, drawn(*HALVES), agreed(), EXAMPLE)
    )


def test_many_incidents_are_met_in_blocks_as_they_are_by_hand():
    """More than one block of time: the answers of the first and the last are those of a scan of every pair."""
    rows = [
        {"by": ("Northland", "Southland")[n % 2], "t0": START + n * HOUR, "lat": 48 + (n % 7) / 20} for n in range(600)
    ]
    found = seen("follows_act", *rows, **FOLLOWS)
    for n in (0, 1, 255, 256, 257, 599):
        mine = rows[n]
        by_hand = any(
            other["by"] != mine["by"]
            and other["t0"] < mine["t0"]
            and mine["t0"] + timedelta(minutes=1) - other["t0"] <= 24 * HOUR
            and abs(other["lat"] - mine["lat"]) * 111.195 <= 10
            for other in rows
        )
        assert found[f"i{n + 1}"] is by_hand, n
