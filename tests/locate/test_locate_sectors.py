"""Bearings and ranges to a region: no point where there is none, and a doubt whether it was one happening."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from sighted import MIDDLE, covered, row, table, theatre

from trucewatch.locate import SectorParams
from trucewatch.locate.plane import Plane
from trucewatch.locate.sectors import regions


def one(*rows, params=None):
    places, shapes = regions(table(*rows), params)
    return places.row(0, named=True), {r["level"]: r for r in shapes.iter_rows(named=True)}


def test_one_observer_gives_the_wedge_that_he_points_to():
    place, shape = one(row(0, 0, 157.5, 2000.0, 4000.0))
    x, y = MIDDLE.there(place["lon"], place["lat"])
    assert np.degrees(np.arctan2(x, y)) == pytest.approx(157.5, abs=1)
    assert 2500 < math.hypot(x, y) < 3500
    wedge = math.pi * (4000**2 - 2000**2) * 22.5 / 360 / 1e6
    assert 0.95 * wedge < shape[0.95]["km2"] < 2 * wedge
    assert place["p_not_same"] is None


def test_two_who_look_from_two_sides_give_a_smaller_region_than_either():
    a, b = row(0, 0, 0.0, 2000.0, 4000.0), row(3000, 3000, 270.0, 2000.0, 4000.0, who="p")
    place, both = one(a, b)
    assert both[0.95]["km2"] < min(one(a)[1][0.95]["km2"], one(b)[1][0.95]["km2"])
    x, y = MIDDLE.there(place["lon"], place["lat"])
    assert math.hypot(x - 0, y - 3000) < 400
    assert place["p_not_same"] < 0.05


def test_two_who_point_apart_are_not_of_one_happening_and_the_region_holds_both():
    place, shape = one(row(0, 0, 0.0, 1000.0, 2000.0), row(0, -100, 180.0, 1000.0, 2000.0, who="p"))
    assert place["p_not_same"] > 0.95
    region = shapely.from_wkb(shape[0.95]["region"])
    for north in (1500, -1600):
        assert shapely.intersects_xy(region, *MIDDLE.back(0, north))


def test_one_of_four_who_is_wrong_is_named_and_moves_little():
    three = [
        row(0, 0, 0.0, 2000.0, 4000.0),
        row(3000, 3000, 270.0, 2000.0, 4000.0, who="p"),
        row(-3000, 3000, 90.0, 2000.0, 4000.0, who="q"),
    ]
    place, _ = one(*three, row(0, 6000, 0.0, 1000.0, 2000.0, who="w"))
    other = dict(zip(place["observers"], place["p_other"], strict=True))
    assert other["w"] > 0.9
    assert max(other["o"], other["p"], other["q"]) < 0.1
    assert place["p_not_same"] > 0.9
    assert math.hypot(*np.subtract(MIDDLE.there(place["lon"], place["lat"]), (0, 3000))) < 600


def test_times_hours_apart_speak_against_one_happening():
    a, b = (0, 0, 0.0, 2000.0, 4000.0), (3000, 3000, 270.0, 2000.0, 4000.0)
    near, _ = one(row(*a, at=0.0), row(*b, who="p", at=60.0))
    far, _ = one(row(*a, at=0.0), row(*b, who="p", at=4 * 3600.0))
    assert near["p_not_same"] < 0.02
    assert far["p_not_same"] > 0.95


def test_a_bearing_alone_reaches_as_far_as_sound_carries_and_two_of_them_meet():
    alone, wide = one(row(0, 0, 0.0, None, None))
    assert alone["radius_m"] > 4000
    met, narrow = one(row(0, 0, 45.0, None, None), row(6000, 0, 315.0, None, None, who="p"))
    assert math.hypot(*np.subtract(MIDDLE.there(met["lon"], met["lat"]), (3000, 3000))) < 1200
    assert narrow[0.8]["km2"] < wide[0.8]["km2"] / 4
    assert narrow[0.95]["km2"] > 5 * narrow[0.8]["km2"]  # about one time in ten they do not mean the same


def test_a_range_alone_is_a_ring():
    _, shape = one(row(0, 0, None, 2000.0, 3000.0, spread=180.0))
    region = shapely.from_wkb(shape[0.95]["region"])
    assert [bool(shapely.intersects_xy(region, *MIDDLE.back(*at))) for at in ((0, 2500), (-2500, 0), (0, 0))] == [
        True,
        True,
        False,
    ]


def test_the_density_is_that_of_counting_by_hand():
    """Slow twin: throw points at the field, weigh each by what the two observers would say, count where they fall."""
    params = SectorParams()
    place, _ = one(row(0, 0, 0.0, 1000.0, 2000.0), row(2500, 500, 292.5, 2000.0, 4000.0, who="p"))
    draw = np.random.default_rng(3)
    xy = draw.uniform(-6000, 6000, (400_000, 2))

    def says(stands, bearing, near, far):
        off = xy - np.array(stands)
        d = np.hypot(*off.T)
        turn = np.abs((np.degrees(np.arctan2(off[:, 0], off[:, 1])) - bearing + 180) % 360 - 180)
        sd = np.hypot(params.heard_range_share * d, params.range_floor_m)
        arc = ndtr((11.25 - turn) / 4.0) - ndtr((-11.25 - turn) / 4.0)
        return arc * (ndtr((far - d) / sd) - ndtr((near - d) / sd))

    weight = says((0, 0), 0.0, 1000, 2000) * says((2500, 500), 292.5, 2000, 4000)
    mean = (xy * weight[:, None]).sum(axis=0) / weight.sum()
    assert math.hypot(*np.subtract(MIDDLE.there(place["lon"], place["lat"]), mean)) < 60  # and a little of either alone


@given(turn=st.sampled_from([22.5, 90.0, 202.5]), seed=st.integers(0, 30))
@settings(max_examples=8, deadline=None)
def test_a_map_that_is_turned_turns_the_region(turn, seed):
    draw = np.random.default_rng(seed)
    at = draw.uniform(-2000, 2000, (2, 2))
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    plain = [row(*p, b, 1000.0, 4000.0, who=str(k)) for k, (p, b) in enumerate(zip(at, (10.0, 300.0), strict=True))]
    turned = [
        row(c * p[0] + s * p[1], c * p[1] - s * p[0], (b + turn) % 360, 1000.0, 4000.0, who=str(k))
        for k, (p, b) in enumerate(zip(at, (10.0, 300.0), strict=True))
    ]
    (here, shapes), (there, others) = one(*plain), one(*turned)
    x, y = MIDDLE.there(here["lon"], here["lat"])
    u, v = MIDDLE.there(there["lon"], there["lat"])
    assert math.hypot(u - (c * x + s * y), v - (c * y - s * x)) < 80
    assert others[0.8]["km2"] == pytest.approx(shapes[0.8]["km2"], rel=0.12)


def test_the_order_of_rows_plays_no_part():
    sightings, _ = theatre(3, 6, seed=5)
    first = regions(sightings)
    again = regions(sightings.sample(fraction=1.0, shuffle=True, seed=1))
    assert first[1].equals(again[1])
    assert first[0].equals(again[0])


@pytest.mark.parametrize("middle", [Plane(180.0, 10.0), Plane(-179.99, -40.0), Plane(20.0, 89.99), Plane(0.0, -90.0)])
def test_the_antimeridian_and_the_poles_are_ground_like_any_other(middle):
    def told(plane):
        lon, lat = plane.back(0.0, 0.0)
        first = ("a", "o", float(lon), float(lat), 20.0, 11.25, 2000.0, 4000.0, False, None, None, None)
        ring = ("b", "o", float(lon), float(lat), None, 180.0, 2000.0, 4000.0, False, None, None, None)
        return regions(table(first, ring))

    here, there = told(MIDDLE)[1], told(middle)[1]
    assert there["km2"].to_list() == pytest.approx(here["km2"].to_list(), rel=0.03)
    for raw in there["region"]:
        shape = shapely.from_wkb(raw)
        west, south, east, north = shapely.bounds(shape)
        assert shapely.is_valid(shape)
        assert -180 <= west <= east <= 180 and -90 <= south <= north <= 90
        area = sum(
            abs(np.sum((c[:-1, 0] - c[1:, 0]) * (np.sin(np.radians(c[:-1, 1])) + np.sin(np.radians(c[1:, 1]))) / 2))
            * math.pi
            / 180
            * 6371.0**2
            * (1 if outer else -1)
            for part in shapely.get_parts(shape)
            for outer, c in [
                (True, np.array(part.exterior.coords)),
                *((False, np.array(r.coords)) for r in part.interiors),
            ]
        )
        km2 = there.filter(pl.col("region") == raw)["km2"].item()
        assert area == pytest.approx(km2, rel=0.05)


def test_the_points_that_go_on_stand_for_the_region():
    place, shape = one(row(0, 0, 157.5, 2000.0, 4000.0))
    points = shapely.get_coordinates(shapely.from_wkb(place["spread"]))
    assert len(points) == SectorParams().points
    held = {
        level: np.mean(shapely.intersects_xy(shapely.from_wkb(s["region"]), *points.T)) for level, s in shape.items()
    }
    assert held[0.5] == pytest.approx(0.5, abs=0.08)
    assert held[0.95] == pytest.approx(0.95, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("observers", "wrong"), [(1, 0), (2, 0), (3, 0), (4, 0), (4, 1)])
def test_regions_cover_what_they_claim(observers, wrong):
    sightings, true = theatre(observers, 120, seed=observers + 10 * wrong, wrong=wrong)
    _, shapes = regions(sightings)
    for level, slack in ((0.5, 0.16), (0.8, 0.13), (0.95, 0.07)):
        assert covered(shapes, true, level) == pytest.approx(level, abs=slack)
