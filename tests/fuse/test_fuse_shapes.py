"""What a bearing and a range say is a piece of ground: longer one way than the other, and never a circle around its
middle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fused import PARAMS, said, seen, together, told
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.place import METRES_PER_DEGREE

HERE = (38.0, 48.0)
WIDE = METRES_PER_DEGREE * math.cos(math.radians(48.0))


def off(lon: float, lat: float, east: float, north: float) -> dict[str, float]:
    return {"lon": lon + east / WIDE, "lat": lat + north / METRES_PER_DEGREE}


def heard(source: str, bearing: float, spread: float, near: float, far: float, **row):
    """A monitor at HERE, or where `seat` (east, north in metres) says; the row's point is the sector's middle."""
    east, north = row.pop("seat", (0.0, 0.0))
    seat = off(*HERE, east, north)
    turn, middle = math.radians(bearing), (near + far) / 2
    at = off(seat["lon"], seat["lat"], middle * math.sin(turn), middle * math.cos(turn))
    slant = math.sqrt(middle**2 + far**2 - 2 * middle * far * math.cos(math.radians(spread)))
    sector = {**seat, "bearing_deg": bearing, "spread_deg": spread, "near_m": near, "far_m": far}
    return said(source, **at, radius_m=max(slant, (far - near) / 2), sector=sector, **row)


def seen_at(source: str, east: float, north: float):
    return said(source, **off(*HERE, east, north), radius_m=100.0)


@settings(max_examples=25)
@given(
    bearing=st.floats(0, 360), spread=st.floats(2, 80), near=st.floats(0, 3_000), deep=st.floats(500, 4_000),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_mean_and_error_are_those_of_points_thrown_into_the_sector(bearing, spread, near, deep, seed):
    far = near + deep
    row = seen([heard("a", bearing, spread, near, far)]).row(0, named=True)
    rng = np.random.default_rng(seed)
    r = np.sqrt(rng.uniform(near**2, far**2, 20_000))
    turn = np.radians(bearing + rng.uniform(-spread, spread, r.size))
    east, north = r * np.sin(turn), r * np.cos(turn)
    noise = far / 30
    assert (row["lon"] - HERE[0]) * WIDE == pytest.approx(east.mean(), abs=noise)
    assert (row["lat"] - HERE[1]) * METRES_PER_DEGREE == pytest.approx(north.mean(), abs=noise)
    covariance = np.cov(east, north) + np.eye(2) * PARAMS.place_sd_m**2
    told_ = row["shape"]
    assert [told_["ee"], told_["en"], told_["nn"]] == pytest.approx(
        [covariance[0, 0], covariance[0, 1], covariance[1, 1]], rel=0.08, abs=0.03 * far**2 / 12
    )
    assert row["sd_m"] == pytest.approx(math.sqrt(np.linalg.eigvalsh(covariance)[1]), rel=0.06)


def test_what_lies_along_the_bearing_is_met_and_what_lies_beside_it_is_not():
    far_off = heard("a", 0.0, 4.0, 4_000.0, 9_000.0)
    along, beside = seen_at("b", 0.0, 8_300.0), seen_at("b", 1_900.0, 6_500.0)
    assert len(together(told([far_off, along]))) == 1
    assert len(together(told([far_off, beside]))) == 2
    circle = {**far_off, "sector": None}
    assert len(together(told([circle, along]))) == len(together(told([circle, beside]))) == 1, "a circle takes both"


@pytest.mark.parametrize("turn", [0, 37, 90, 180, 271])
def test_turned_round_the_observer_the_answer_is_the_same(turn):
    rad = math.radians(turn)

    def turned(east: float, north: float):
        return (
            east * math.cos(rad) + north * math.sin(rad),
            north * math.cos(rad) - east * math.sin(rad),
        )

    far_off = heard("a", turn % 360, 4.0, 4_000.0, 9_000.0)
    assert len(together(told([far_off, seen_at("b", *turned(0.0, 8_300.0))]))) == 1
    assert len(together(told([far_off, seen_at("b", *turned(1_900.0, 6_500.0))]))) == 2


def test_two_bearings_that_cross_where_both_heard_it_are_one_and_two_that_do_not_are_two():
    west = heard("a", 45.0, 5.0, 1_000.0, 7_000.0)
    crossing = heard("b", 315.0, 5.0, 1_000.0, 7_000.0, seat=(6_000.0, 0.0))
    away = heard("b", 45.0, 5.0, 1_000.0, 7_000.0, seat=(4_500.0, 0.0))
    assert len(together(told([west, crossing]))) == 1
    assert len(together(told([west, away]))) == 2


def test_a_point_that_was_seen_stays_a_point_whatever_bearing_stands_beside_it():
    row = heard("a", 45.0, 5.0, 1_000.0, 7_000.0)
    pointed = {**row, **off(*HERE, 300.0, 5_000.0), "radius_m": 100.0}
    made = seen([pointed]).row(0, named=True)
    assert made["shape"] is None and made["lat"] == pointed["lat"]


@pytest.mark.parametrize(
    "change", [{"far_m": None}, {"bearing_deg": None}, {"spread_deg": None}, {"spread_deg": 180.0}, {"near_m": 7_000.0}]
)
def test_a_sector_that_is_not_told_whole_or_is_no_direction_stays_a_circle(change):
    row = heard("a", 45.0, 5.0, 1_000.0, 7_000.0)
    made = seen([{**row, "sector": {**row["sector"], **change}}, seen_at("b", 0, 0)])
    assert made["shape"].null_count() == 2 and made["sd_m"].null_count() == 0
