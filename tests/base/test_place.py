"""Distances, shifts and cells hold on the whole globe, poles and the antimeridian included."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.base.place import EARTH_M, cell_centre, cell_of, gap_m, shifted

LON, LAT = st.floats(-180, 180), st.floats(-90, 90)
SIZE = st.sampled_from([500.0, 5_000.0, 50_000.0])


def by_hand_m(lon, lat, lon2, lat2):
    """The chord between two points of the unit ball, and the arc over it."""
    ends = [
        (math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p))
        for q, p in ((math.radians(lon), math.radians(lat)), (math.radians(lon2), math.radians(lat2)))
    ]
    return 2 * EARTH_M * math.asin(min(1, math.dist(*ends) / 2))


@given(LON, LAT, LON, LAT)
def test_distance_is_what_the_chord_says(lon, lat, lon2, lat2):
    at = pl.DataFrame({"x": [lon], "y": [lat], "u": [lon2], "v": [lat2]})
    there, back = at.select(gap_m("x", "y", "u", "v"), back=gap_m("u", "v", "x", "y")).row(0)
    assert math.isclose(there, by_hand_m(lon, lat, lon2, lat2), rel_tol=1e-6, abs_tol=0.5)
    assert math.isclose(there, back, rel_tol=1e-9, abs_tol=1e-6)


@given(LON, st.floats(-89, 89), st.floats(0, 360), st.floats(0, 100_000))
def test_a_shift_goes_as_far_as_it_was_told(lon, lat, bearing, range_m):
    at = pl.DataFrame({"x": [lon], "y": [lat]})
    to = shifted(pl.col("x"), pl.col("y"), pl.lit(bearing), pl.lit(range_m))
    moved = at.with_columns(u=to[0], v=to[1])
    assert abs(moved.select(gap_m("x", "y", "u", "v")).item() - range_m) < 1
    assert -180 <= moved["u"].item() <= 180 and -90 <= moved["v"].item() <= 90


def test_a_shift_north_goes_north_and_east_goes_east():
    at = pl.DataFrame({"x": [30.0], "y": [50.0]})
    north = at.select(*shifted(pl.col("x"), pl.col("y"), pl.lit(0.0), pl.lit(1000.0))).row(0)
    east = at.select(*shifted(pl.col("x"), pl.col("y"), pl.lit(90.0), pl.lit(1000.0))).row(0)
    assert north[1] > 50 and math.isclose(north[0], 30)
    assert east[0] > 30 and math.isclose(east[1], 50, abs_tol=1e-4)


@given(LON, LAT, SIZE)
def test_the_centre_of_a_cell_is_a_place_on_the_globe_and_its_latitude_is_near(lon, lat, size_m):
    at = pl.DataFrame({"x": [lon], "y": [lat]}).with_columns(c=cell_of(pl.col("x"), pl.col("y"), size_m))
    centre = cell_centre(pl.col("c"), size_m)
    u, v = at.select(u=centre[0], v=centre[1]).row(0)
    assert -180 <= u <= 180 and -90 <= v <= 90
    assert abs(v - lat) <= size_m / 111_000


@given(LON, st.floats(-89.5, 89.5), SIZE)
def test_a_cell_is_about_as_large_as_it_was_asked_to_be(lon, lat, size_m):
    at = pl.DataFrame({"x": [lon], "y": [lat]}).with_columns(c=cell_of(pl.col("x"), pl.col("y"), size_m))
    centre = cell_centre(pl.col("c"), size_m)
    near = at.with_columns(u=centre[0], v=centre[1]).select(gap_m("x", "y", "u", "v")).item()
    assert near <= size_m * 2


def test_the_last_cell_before_the_antimeridian_has_its_centre_on_the_globe():
    # Found by hand: a cell that the end of the degrees cuts off had its middle at 180.01.
    lats = [0.31 * n for n in range(200)]
    at = pl.DataFrame({"x": [180.0] * 200, "y": lats}).with_columns(c=cell_of(pl.col("x"), pl.col("y"), 5000.0))
    assert at.select(cell_centre(pl.col("c"), 5000.0)[0].max()).item() <= 180
