"""Necks that are known from how the shape is made: to 1 m or 0.1 %, however it is turned, drawn or called."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from ring_grid import grid_neck
from shapes import SHAPES, K, Shape, asked, plane, slit, told

from trucewatch.ring import RingParams, rings

NAMED = {shape.name: shape for shape in SHAPES}


def necks(shape: Shape, to=None, names=("a", "b"), step_m=2000.0):
    made = rings([told(shape, to, names, step_m)], asked(shape, to, names), RingParams()).rings
    return {row["treatment"]: row for row in made.rows(named=True)}


def near(found, want):
    return abs(found - want) <= max(1.0, 0.001 * want)


def hold(rows, shape):
    for treatment, want in (("contested_free", shape.free), ("contested_hostile", shape.hostile)):
        row = rows[treatment]
        if want is None:
            assert not row["narrows"] and (row["rung_low"], row["rung_high"]) == (0, 0), (shape.name, row["neck_m"])
        else:
            assert near(row["neck_m"], want), (shape.name, treatment, row["neck_m"])
            assert (row["neck_m"] == 0) == (want == 0) == (row["rung_low"] == 5)


@pytest.mark.parametrize("name", NAMED)
def test_the_neck_is_as_it_was_made(name):
    hold(necks(NAMED[name]), NAMED[name])


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("turn", [17.3, 90.0, 211.7])
def test_turning_the_map_changes_nothing(name, turn):
    hold(necks(NAMED[name].turned(turn)), NAMED[name])


@pytest.mark.parametrize("name", ["a rectangle with a slit", "a spiral", "a coast that is nobody's front"])
@pytest.mark.parametrize("where", [(36.5, 0.0), (-70.2, -33.4), (25.0, 69.0), (179.98, 12.0)])
def test_elsewhere_on_earth_it_is_as_wide(name, where):
    hold(necks(NAMED[name], plane(*where)), NAMED[name])


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("step_m", [133.0, 500.0])
def test_more_points_along_the_same_lines_change_nothing(name, step_m):
    hold(necks(NAMED[name], step_m=step_m), NAMED[name])


@pytest.mark.parametrize("name", NAMED)
def test_the_parties_called_by_each_others_names_get_the_same_answer(name):
    one, other = necks(NAMED[name]), necks(NAMED[name], names=("b", "a"))
    for treatment in one:
        for column in ("neck_m", "pocket_km2", "depth_m", "facing", "rung_low", "rung_high", "neck_line", "pocket"):
            assert one[treatment][column] == other[treatment][column]


def test_the_neck_lies_where_it_is():
    row = necks(NAMED["two necks in series"])["contested_free"]
    back = plane()
    ends = np.column_stack(
        back.transform(*shapely.get_coordinates(shapely.from_wkb(row["neck_line"])).T, direction="INVERSE")
    )
    assert np.allclose(sorted(ends[:, 0]), [-250, 250], atol=0.5)
    assert (ends[:, 1] > 9 * K - 1).all() and (ends[:, 1] < 11 * K + 1).all()


def test_a_neck_far_from_the_place_is_as_wide_as_on_the_ellipsoid_and_not_as_on_the_plane():
    row = necks(Shape("far", slit(2000, (20 * K, 900 * K)), (0, -440 * K), 2000, 2000))["contested_free"]
    (lon, lat), (lon2, lat2) = shapely.get_coordinates(shapely.from_wkb(row["neck_line"]))
    there = pyproj.Geod(ellps="WGS84").inv(lon, lat, lon2, lat2)[2]
    assert row["neck_m"] == pytest.approx(there, abs=0.05) and there == pytest.approx(1998.3, abs=0.3)


@pytest.mark.parametrize("name", [n for n, s in NAMED.items() if s.km2])
def test_the_pockets_area_is_as_it_was_made(name):
    row = necks(NAMED[name])["contested_free"]
    assert row["pocket_km2"] == pytest.approx(NAMED[name].km2, rel=0.001)


def test_a_pocket_in_a_ring_faces_the_other_side_all_around_and_the_place_own_distance_is_told_apart():
    row = necks(NAMED["a hole in a hole's ring"])["contested_free"]
    assert row["facing"] == pytest.approx(1.0, abs=1e-6)
    assert row["front_m"] == pytest.approx(4000, rel=0.001)


def test_a_barrier_is_a_wall_and_nobodys_front():
    row = necks(NAMED["a coast that is nobody's front"])["contested_free"]
    assert 0.5 < row["facing"] < 0.99


def test_without_elsewhere_unmarked_ground_leads_nowhere():
    from dataclasses import replace

    shape = replace(NAMED["a keyhole of its own ground"], own=shapely.union_all([
        shapely.box(-4 * K, -4 * K, 4 * K, 4 * K), shapely.box(-20 * K, 9 * K, 20 * K, 30 * K)]))  # fmt: skip
    assert necks(shape)["contested_free"]["neck_m"] == 0


@pytest.mark.parametrize("w", [150.0, 333.0, 777.0, 1500.0, 3999.0])
@pytest.mark.parametrize("wall", [10.0, 800.0])
def test_any_slit_is_as_wide_as_it_was_cut(w, wall):
    shape = Shape("slit", slit(w, wall=wall), (-3 * K, -2 * K), w, w)
    hold(necks(shape.turned(31.0)), shape)


@pytest.mark.parametrize(
    "name",
    ["a rectangle with a slit", "the place in the corner", "two necks in series", "two necks in parallel", "a spiral",
     "an island in the neck", "a neck through a hole", "a neck aslant", "closed", "a hole in a hole's ring"],
)  # fmt: skip
def test_the_grid_says_the_same_to_its_own_grain(name):
    shape, cell = NAMED[name], 50.0
    assert abs(grid_neck(shape.a, shape.at, cell) - shape.free) <= 2.1 * cell
    assert near(necks(shape)["contested_free"]["neck_m"], shape.free)
