"""Lines of contact from maps of who holds what: only where the map shows one, and never a guess."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
import yaml
from assessed import DATA, PARAMS, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.assess.frontline import between, contacts, held
from trucewatch.ports import Capture
from trucewatch.sources.control import SOURCE

GEOD = pyproj.Geod(ellps="WGS84")
WEST, EAST = shapely.box(36, 47, 38, 49), shapely.box(38, 47, 40, 49)


def a_map(*shapes: tuple[str | None, shapely.Geometry]) -> pl.DataFrame:
    rows = {"held_by": [by for by, _ in shapes], "geometry": [shapely.to_wkb(shape) for _, shape in shapes]}
    return pl.DataFrame(rows, {"held_by": pl.String, "geometry": pl.Binary})


def length_km(line: shapely.Geometry) -> float:
    return GEOD.geometry_length(line) / 1000


def test_two_sides_that_touch_give_the_border_between_them():
    (found,) = contacts(a_map(("north", WEST), ("south", EAST)), PARAMS)
    assert found.between == ("north", "south") and not found.outline
    assert found.says == "the line where ground held by north and by south is less than 500 m apart"
    assert shapely.hausdorff_distance(found.line, shapely.LineString([(38, 47), (38, 49)])) < 1e-6


@pytest.mark.parametrize("gap_m", [-450.0, 60.0, 450.0])
def test_a_sliver_or_an_overlap_within_the_tolerance_gives_the_middle_of_it(gap_m):
    east = GEOD.fwd(38, 48, 90, gap_m)[0]
    (found,) = contacts(a_map(("north", WEST), ("south", shapely.box(east, 46.9, 40, 49.1))), PARAMS)
    xy = shapely.get_coordinates(found.line)
    xy = xy[(xy[:, 1] > 47.01) & (xy[:, 1] < 48.99)]  # where two outlines overlap, they cross at the ends
    # The strip between two meridians is a little narrower in the north, so its middle in degrees stays the same.
    assert np.abs(xy[:, 0] - (38 + east) / 2).max() < 1e-4
    assert length_km(found.line) == pytest.approx(222.4, rel=0.01)


def test_grey_ground_that_is_wider_than_the_tolerance_is_no_line():
    east = GEOD.fwd(38, 48, 90, 700.0)[0]
    parts = a_map(("north", WEST), ("south", shapely.box(east, 47, 40, 49)))
    assert [one.between for one in contacts(parts, PARAMS)] == [("north",), ("south",)]
    assert all(one.outline for one in contacts(parts, PARAMS))
    (found,) = contacts(parts, replace(PARAMS, contact_gap_m=1_000.0))
    assert found.between == ("north", "south")


def test_contested_and_unknown_ground_is_no_side():
    grey = shapely.box(38, 47, 38.5, 49)
    far = shapely.box(38.5, 47, 40, 49)
    parts = (("north", WEST), ("contested", grey), ("unknown", grey), (None, grey), ("south", far))
    assert {one.between for one in contacts(a_map(*parts), PARAMS)} == {("north",), ("south",)}
    assert set(held(a_map(*parts), {})) == {"north", "south"}


def test_one_side_alone_gives_its_outline_and_it_is_told_as_such():
    (found,) = contacts(a_map(("north", WEST), ("unknown", EAST)), PARAMS)
    assert found.outline and found.between == ("north",)
    assert (
        found.says
        == "the whole outline of the ground drawn as held by north, coast and border included: no other is drawn"
    )
    assert length_km(found.line) == pytest.approx(length_km(shapely.boundary(WEST)), rel=0.001)


def test_patches_of_the_other_side_are_no_line_between_two_sides():
    """A map of one side's gains alone: what it touches of the other is no front."""
    patch = shapely.box(38, 47.9, 39.9, 47.95)
    found = contacts(a_map(("north", WEST), ("south", patch)), PARAMS)
    assert [one.between for one in found] == [("north",), ("south",)]
    assert "sides touch along 1.9% of the shorter outline at most" in found[0].says


def test_slivers_between_a_sides_own_parts_are_in_no_outline():
    sliver = GEOD.fwd(37, 48, 90, 100.0)[0]
    parts = (("north", shapely.box(36, 47, 37, 49)), ("north", shapely.box(sliver, 47, 38, 49)))
    (found,) = contacts(a_map(*parts), PARAMS)
    assert length_km(found.line) == pytest.approx(length_km(shapely.boundary(WEST)), rel=0.001)


def test_parties_that_are_one_side_have_no_line_between_them():
    north, south = shapely.box(38, 48, 40, 49), shapely.box(38, 47, 40, 48)
    parts = a_map(("west", WEST), ("first", north), ("second", south))
    assert [one.between for one in contacts(parts, PARAMS)] == [
        ("first", "second"),
        ("first", "west"),
        ("second", "west"),
    ]
    (found,) = contacts(parts, PARAMS, {"first": "allies", "second": "allies"})
    assert found.between == ("allies", "west")
    assert length_km(found.line) == pytest.approx(222.4, rel=0.01)


def test_an_enclave_has_a_line_of_contact_all_round():
    pocket = shapely.box(36.8, 47.8, 37.2, 48.2)
    (found,) = contacts(a_map(("north", shapely.difference(WEST, pocket)), ("south", pocket)), PARAMS)
    assert length_km(found.line) == pytest.approx(length_km(shapely.boundary(pocket)), rel=0.001)


def test_corners_that_touch_are_no_front():
    one, other = shapely.box(0, 0, 9_000, 9_000), shapely.box(9_000, 9_000, 18_000, 18_000)
    assert shapely.is_empty(between(one, other, 500.0))


def test_a_map_without_ground_has_no_line():
    assert contacts(a_map(), PARAMS) == ()
    assert contacts(a_map(("unknown", WEST)), PARAMS) == ()


def ragged(seed: int, gap_m: float) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Ground of two sides along a front that wanders, with a gap or an overlap between them, in metres."""
    chance = np.random.default_rng(seed)
    y = np.arange(0, 60_001, 3_000.0)
    x = np.cumsum(chance.normal(0, 1_500, len(y)))
    west = shapely.Polygon([(-90_000, 0), *zip(x, y, strict=True), (-90_000, 60_000)])
    east = shapely.Polygon([(90_000, 0), *zip(x + gap_m, y, strict=True), (90_000, 60_000)])
    return west, east


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-200, 200))
def test_which_party_holds_which_ground_changes_no_line(seed, gap_m):
    one, other = ragged(seed, gap_m)
    found = between(one, other, 500.0)
    assert found.equals(between(other, one, 500.0))
    assert not shapely.is_empty(found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-200, 200))
def test_the_line_is_no_further_from_either_side_than_the_gap(seed, gap_m):
    one, other = ragged(seed, gap_m)
    found = between(one, other, 500.0)
    points = shapely.points(shapely.get_coordinates(found))
    for side in (one, other):
        assert shapely.distance(shapely.boundary(side), points).max() <= 0.6 * abs(gap_m) + 1.0
    # From the one end of the front to the other, give or take the tolerance.
    _, south, _, north = shapely.bounds(found)
    assert south <= 500 and north >= 59_500


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_exactly_shared_comes_out_exactly(seed):
    one, other = ragged(seed, 0.0)
    front = shapely.intersection(shapely.boundary(one), shapely.boundary(other))
    found = shapely.segmentize(between(one, other, 500.0), 50.0)
    assert shapely.hausdorff_distance(found, shapely.segmentize(front, 50.0)) < 30.0


@pytest.mark.parametrize(
    ("file", "mapping", "sides"),
    [
        ("deepstate_occupied_daily_2025_08/deepstatemap_data_20250801.geojson.gz", "deepstate-occupied", 1),
        ("deepstate_control_daily/2024-12-31.geojson.gz", "deepstate-daily", 2),
    ],
)
def test_a_real_map_that_draws_one_sides_ground_whole_gives_outlines_and_no_front(file, mapping, sides):
    if not (DATA / file).is_file():
        pytest.skip("the maps are not here: set TRUCEWATCH_DATA")
    options = {"mapping": yaml.safe_load((ROOT / "mappings" / f"{mapping}.yaml").read_text(encoding="utf-8"))}
    capture = Capture("m", "control", file, "", datetime(2030, 1, 1, tzinfo=UTC), "", options)
    found = contacts(SOURCE.read(capture, (DATA / file).read_bytes()).areas, PARAMS)
    assert len(found) == sides and all(one.outline for one in found)
    longest = max(length_km(one.line) for one in found)
    assert 3_500 < longest < 5_500, json.dumps(longest)  # front, coast and border together
