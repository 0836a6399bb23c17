"""The score: the same nearness says much in a quiet place, and little on a busy front."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta

import polars as pl
from fused import PARAMS, START, at, crowds, said, seen
from hypothesis import given, settings

from trucewatch.base.place import METRES_PER_DEGREE
from trucewatch.fuse.gate import candidate_pairs
from trucewatch.fuse.score import agreement_by_chance, background, score_pairs

TALL = PARAMS.cell_m / METRES_PER_DEGREE


def cell_by_hand(lon: float, lat: float) -> tuple[int, int]:
    row = math.floor((lat + 90) / TALL)
    return row, math.floor((lon + 180) / width_by_hand(row))


def width_by_hand(row: int) -> float:
    return TALL / math.cos(math.radians(max(-89.9, min(89.9, (row + 0.5) * TALL - 90))))


def background_by_hand(sightings: pl.DataFrame) -> Counter[tuple[int, int, int, int]]:
    """Every sighting is counted in its own cell, and in those that lie around the cell's middle."""
    found: Counter[tuple[int, int, int, int]] = Counter()
    for one in sightings.filter(pl.col("alone").is_null()).rows(named=True):
        row, column = cell_by_hand(one["lon"], one["lat"])
        middle = min(180.0, (column + 0.5) * width_by_hand(row) - 180)
        day = math.floor(one["at_s"] / PARAMS.cell_s)
        for near in (row - 1, row, row + 1):
            if not 0 <= (near + 0.5) * TALL <= 180:
                continue
            there = math.floor((middle + 180) / width_by_hand(near))
            for x in (-1, 0, 1):
                for z in (-1, 0, 1):
                    found[near, there + x, day + z, one["source"]] += 1
    return found


@settings(max_examples=100)
@given(crowds(30))
def test_the_background_is_what_counting_by_hand_gives(rows):
    sightings = seen(rows)
    made = {
        (cell >> 32, cell & (2**32 - 1), day, source): n
        for cell, day, source, n in background(sightings, PARAMS).select("cell", "day", "source", "n").rows()
    }
    assert made == dict(background_by_hand(sightings))


def test_neighbours_to_the_north_and_south_are_counted_wherever_on_earth():
    # Found by reading: the column's number was kept from row to row, which at 38 E 48 N is three columns away.
    for lon, lat in ((38.0, 48.0), (-170.0, 48.0), (104.0, 14.0), (-60.0, -40.0), (170.0, 65.0)):
        line = seen([said("a", lon=lon, lat=lat + n * TALL) for n in range(-3, 4)])
        row, column = cell_by_hand(lon, lat)
        mine = background(line, PARAMS).filter(pl.col("cell") == (row << 32) + column, pl.col("day") == _day())
        assert mine["n"].to_list() == [3]


def _day() -> int:
    return math.floor(START.timestamp() / PARAMS.cell_s)


def test_the_ends_of_the_earth_are_no_fault():
    # Found by hand: the row beyond the south pole had a negative number, and fuse fell over.
    rows = [said("a", lon=lon, lat=lat) for lon in (-180.0, 180.0) for lat in (-90.0, -89.99, 89.99, 90.0)]
    assert background(seen(rows), PARAMS)["n"].min() == 2  # each pole's row has one cell, which both see


def scores(rows) -> list[float]:
    sightings = seen(rows)
    return score_pairs(candidate_pairs(sightings, PARAMS), sightings, PARAMS)["score"].to_list()


PAIR = [said("a"), said("b", lon=38.004, t0=at(minutes=9))]


def test_the_score_is_the_ratio_worked_out_by_hand():
    v = 2 * ((500 / 2.4477) ** 2 + 150**2)
    w = 2 * (60**2 / 12 + 600**2)
    gap = math.radians(0.004) * 6_371_008.8 * math.cos(math.radians(48))
    place = math.exp(-(gap**2) / 2 / v) / (2 * math.pi * v)
    time = math.exp(-(540**2) / 2 / w) / math.sqrt(2 * math.pi * w)
    chance = 1 / (27 * 10_000**2 * 86_400)  # one sighting in 3 x 3 cells and 3 days
    assert math.isclose(scores(PAIR)[0], math.log(0.5 * place * time / chance), rel_tol=1e-6)


def test_a_busy_front_lowers_what_nearness_says_and_a_busy_front_far_away_does_not():
    quiet = scores(PAIR)[0]
    busy = [said("b", lat=48.05, t0=at(hours=h)) for h in range(2, 22)]
    far = [{**row, "lat": 50.0} for row in busy]
    other_week = [{**row, "t0": row["t0"] + timedelta(7), "t1": row["t1"] + timedelta(7)} for row in busy]
    assert math.isclose(scores(PAIR + busy)[0], quiet - math.log(21), rel_tol=1e-9)
    assert math.isclose(scores(PAIR + far)[0], quiet, rel_tol=1e-9)
    assert math.isclose(scores(PAIR + other_week)[0], quiet, rel_tol=1e-9)


def test_agreeing_on_a_rare_act_says_more_than_agreeing_on_a_common_one():
    crowd = [
        said(name, "shelling", lat=lat, t0=at(hours=h)) for name, lat in (("a", 50.0), ("b", 51.0)) for h in range(9)
    ]
    rare = [said("a", "air_strike"), said("b", "air_strike", lon=38.004, t0=at(minutes=9))]
    assert math.isclose(scores(rare + crowd)[0] - scores(PAIR + crowd)[0], math.log(10), rel_tol=1e-9)


@given(crowds(20))
def test_chance_agreement_is_the_share_counted_by_hand(rows):
    sightings = seen(rows)
    pairs = sightings.select("source", "mask").rows()
    for mask, source, u in agreement_by_chance(sightings).select("mask", "source", "u").rows():
        meets = [m & mask != 0 for s, m in pairs if s == source]
        assert math.isclose(u, max(1e-6, sum(meets) / len(meets)))
