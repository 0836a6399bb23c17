"""The gate: every pair that both its errors allow, no other, and each once."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta

import polars as pl
import pytest
from fused import PARAMS, START, at, crowds, metres, said, seen
from hypothesis import example, given, settings

from trucewatch.fuse.gate import candidate_pairs


def by_hand(sightings: pl.DataFrame) -> set[tuple[int, int]]:
    """All pairs, one after the other."""
    found = set()
    for one, two in itertools.combinations(sightings.rows(named=True), 2):
        if one["alone"] or two["alone"] or one["source"] == two["source"] or not one["mask"] & two["mask"]:
            continue
        near = metres(one["lon"], one["lat"], two["lon"], two["lat"]) <= 3 * math.hypot(one["sd_m"], two["sd_m"])
        soon = abs(one["at_s"] - two["at_s"]) <= 3 * math.hypot(one["sd_s"], two["sd_s"])
        if near and soon:
            found.add((one["sighting"], two["sighting"]))
    return found


def met(sightings: pl.DataFrame) -> list[tuple[int, int]]:
    return candidate_pairs(sightings, PARAMS).select("left", "right").rows()


@settings(max_examples=200)
@given(crowds())
@example([said("a"), said("b", lat=48.0001, t0=START, t1=START)])
def test_the_gate_finds_what_looking_at_every_pair_finds_each_once(rows):
    sightings = seen(rows)
    found = met(sightings)
    assert len(found) == len(set(found))
    assert set(found) == by_hand(sightings)


def test_a_long_span_meets_a_short_one_that_lies_days_away_from_its_start():
    week = said("a", t0=at(days=-3), t1=at(days=4), radius_m=5_000.0)
    assert met(seen([week, said("b", t0=at(days=3, hours=20))])) == [(0, 1)]


def test_a_vague_place_meets_a_fine_one_many_fine_boxes_away():
    assert met(seen([said("a", radius_m=25_000.0), said("b", lat=48.25)])) == [(0, 1)]


def off_by(error: float) -> tuple[pl.DataFrame, float]:
    """Two points whose distance is three standard deviations and `error` metres more."""
    sightings = seen([said("a"), said("b")])
    reach = 3 * math.hypot(*sightings["sd_m"])
    north = 48 + math.degrees((reach + error) / 6_371_008.8)
    return seen([said("a"), said("b", lat=north)]), reach


def test_exactly_at_the_reach_is_in_and_a_metre_beyond_is_out():
    assert met(off_by(-0.01)[0]) == [(0, 1)]
    assert met(off_by(+1.0)[0]) == []


def test_exactly_at_the_reach_in_time_is_in_and_a_second_beyond_is_out():
    reach_s = 3 * math.hypot(*seen([said("a"), said("b")])["sd_s"])
    for error, wanted in ((-0.01, [(0, 1)]), (1.0, [])):
        assert met(seen([said("a"), said("b", t0=START + timedelta(seconds=reach_s + error))])) == wanted


@pytest.mark.parametrize("lat", [0.0, 48.0, 85.0, 89.0, 89.5, 89.99, -89.9])
def test_boxes_are_wide_enough_at_any_latitude(lat):
    # Found by hand: boxes stopped widening at 89 degrees, and were a hair too narrow from 85 on.
    sightings = seen([said("a", lat=lat, radius_m=30_000.0), said("b", lat=lat, lon=39.0, radius_m=30_000.0)])
    reach = 3 * math.hypot(*sightings["sd_m"])
    share = math.sin((reach - 1) / 2 / 6_371_008.8) / math.cos(math.radians(lat))
    apart = math.degrees(2 * math.asin(share)) if share < 1 else 140.0
    for start in range(5):  # wherever the edge of a box falls
        west = -90 + start * apart / 5
        rows = [said("a", lat=lat, lon=west, radius_m=30_000.0)]
        rows += [said("b", lat=lat, lon=west + apart, radius_m=30_000.0)]
        assert met(seen(rows)) == [(0, 1)]


def test_known_limit_pairs_across_the_antimeridian_are_not_met():
    assert met(seen([said("a", lon=179.9999), said("b", lon=-179.9999)])) == []
    assert met(seen([said("a", lon=179.9999), said("b", lon=179.9998)])) == [(0, 1)]


def test_zero_length_spans_meet():
    assert met(seen([said("a", t0=START, t1=START), said("b", t0=START, t1=START)])) == [(0, 1)]


def test_one_source_never_meets_itself_nor_acts_that_cannot_be_the_same():
    assert met(seen([said("a"), said("a")])) == []
    assert met(seen([said("a", "shelling"), said("b", "works")])) == []
    assert met(seen([said("a", "shelling"), said("b", "explosion")])) == [(0, 1)]


@pytest.mark.parametrize(
    ("vague", "why"),
    [
        ({"lon": None, "lat": None}, "no point is told"),
        ({"radius_m": None}, "its error in place is not told"),
        ({"radius_m": 30_001.0}, "too vague in place to link"),
        ({"t1": at(days=8, seconds=1)}, "too vague in time to link"),
    ],
)
def test_what_is_too_vague_stands_alone_and_says_why(vague, why):
    sightings = seen([said("a", **vague), said("b")])
    assert sightings.filter(pl.col("alone").is_not_null())["alone"].to_list() == [why]
    assert met(sightings) == []


def test_just_fine_enough_is_not_too_vague():
    assert met(seen([said("a", radius_m=30_000.0, t1=at(days=8)), said("b", t0=at(days=4))])) == [(0, 1)]


def test_a_partner_is_found_in_each_of_the_26_boxes_around():
    # Found by planting a fault: chance alone seldom puts a pair across the corner of a box.
    rows = []
    v_m, v_s = (
        3 * math.hypot(*seen([said("a"), said("b")])["sd_m"]),
        3 * math.hypot(*seen([said("a"), said("b")])["sd_s"]),
    )
    north = math.degrees(v_m / 6_371_008.8)
    east = north / math.cos(math.radians(48))
    for place, step in enumerate(itertools.product((-1, 0, 1), repeat=3)):
        for phase in range(12):  # wherever the edges of boxes fall
            lon, lat = -100 + place + phase * 0.083 * east, 48 + phase * 0.29 * north
            t0 = at(days=2 * phase, seconds=phase * 0.41 * v_s)
            rows.append(said("a", lon=lon, lat=lat, t0=t0))
            later = t0 + timedelta(seconds=step[2] * 0.97 * v_s)
            rows.append(said("b", lon=lon + step[0] * 0.68 * east, lat=lat + step[1] * 0.68 * north, t0=later))
    sightings = seen(rows)
    assert len(met(sightings)) >= 27 * 12
    assert set(met(sightings)) == by_hand(sightings)
