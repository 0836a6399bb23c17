"""`where` in an agreement's file: every fault has its line, and a zone is as wide as its text says, on a round earth."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
from assessed import PARAMS
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.assess.geometry import at_antimeridian, km2, local, moved, unrolled, widened
from trucewatch.assess.ground import WHERE_FIELDS, parse_where
from trucewatch.assess.inside import Insides, off_by, p_inside
from trucewatch.assess.model import Where
from trucewatch.assess.zones import ground_of
from trucewatch.base.document import document
from trucewatch.base.errors import AgreementError, InputError, UnknownName
from trucewatch.tables import AREAS

GEOD = pyproj.Geod(ellps="WGS84")
STRAIGHT = shapely.LineString([(38, 47), (38, 49)])
BENT = shapely.LineString([(38.0, 47.0), (38.3, 47.9), (37.6, 48.6), (38.9, 49.4)])
BORDER = shapely.LineString([(68.2, 23.7), (70.6, 27.9), (74.6, 31.1), (75.3, 32.3), (74.0, 34.0), (77.8, 35.5)])


def where(says: str) -> Where:
    return parse_where(document(f"id: x\nwhere: {{says: a zone, {says}}}", "a.yaml"))


def laid(says: str) -> shapely.Geometry:
    shape = ground_of(where(says), None, AREAS.empty(), PARAMS).shape
    assert shape is not None
    return shape


def reach(zone: shapely.Geometry, line: shapely.LineString, share: float, most: float) -> tuple[float, float]:
    """How far the zone reaches from that point of the line to its left and to its right, in metres on the ellipsoid."""
    here, ahead = (line.interpolate(share + step, normalized=True) for step in (0, 1e-5))
    bearing = GEOD.inv(here.x, here.y, ahead.x, ahead.y)[0]
    far = np.arange(5.0, most, 10.0)
    found = []
    for turn in (-90, 90):
        lon, lat, _ = GEOD.fwd(
            np.full(len(far), here.x), np.full(len(far), here.y), np.full(len(far), bearing + turn), far
        )
        inside = shapely.contains_xy(zone, lon, lat)
        found.append(float(far[int(np.argmin(inside))]) if inside[0] else 0.0)
    return found[0], found[1]


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("everywhere: true, line: a, zone_width_m: 5", "line 2, where: does not say where it holds; expected one of everywhere"),
        ("path: {points: [[1, 1], [2, 2]]}", "line 2, path: a zone along a line needs its width; expected zone_width_m"),
        ("path: {points: [[1, 1]]}, zone_width_m: 5", "line 2, points: the path goes nowhere; expected at least two"),
        ("path: {points: [[1, 1], [1, 1]]}, zone_width_m: 5", "line 2, points: the path goes nowhere; expected at least two"),
        ("path: {points: [[1, 1], a]}, zone_width_m: 5", "line 2, points: the path is not a list of points; expected at least two"),
        ("path: {points: [[1, 1], [200, 2]]}, zone_width_m: 5", "line 2, points: the path leaves the globe; expected degrees"),
        ("path: {points: [[1, 1], [2, 2]]}, zone_width_m: 0", "line 2, path: a zone without width holds nothing"),
        ("path: {points: [[1, 1], [2, 2]]}, zone_width_m: 5, map: a", "line 2, map: only a line or a role is on a map"),
        ("line: a, zone_width_m: 5, toward: [1, 2]", "line 2, zone_width_m: a zone's width is that of both sides; expected distance_a_side_m"),
        ("line: a, distance_a_side_m: 5, toward: north", "line 2, toward: is not a point on the side that is meant; expected [lon, lat]"),
        ("line: a, distance_a_side_m: 5, toward: [1, 91]", "line 2, toward: is not a point on the side that is meant"),
        ("path: {points: [[1, 1], [2, 2]]}, distance_a_side_m: 5, toward: [2, 2]", "line 2, toward: lies on the path"),
        ("role: a, toward: [1, 2]", "line 2, toward: only a line has sides; expected line or path in place of role"),
        ("role: a, zone_width_m: 5", "line 2, zone_width_m: only a line has a width; expected line in place of role"),
    ],
)  # fmt: skip
def test_a_where_that_cannot_be_is_one_line_with_its_field(says, message):
    with pytest.raises(AgreementError) as wrong:
        where(says)
    assert str(wrong.value).startswith(f"a.yaml, {message}")


def test_a_field_that_there_is_not_names_the_nearest():
    with pytest.raises(UnknownName, match="there is no field 'zone_widht_m'; did you mean 'zone_width_m'"):
        where("line: a, zone_widht_m: 5")
    assert {"path", "toward", "polygon", "line", "role", "everywhere", "unknown"} < set(WHERE_FIELDS)


def test_a_width_is_halved_and_a_distance_a_side_is_not():
    assert where("path: {points: [[1, 1], [2, 2]]}, zone_width_m: 50000").side_m == 25_000
    assert where("path: {points: [[1, 1], [2, 2]]}, distance_a_side_m: 25000").side_m == 25_000
    assert where("line: a, distance_a_side_m: 15000, toward: [38, 49]").toward == (38.0, 49.0)


@pytest.mark.parametrize("width_km", [50, 70, 140])
@pytest.mark.parametrize(
    "line", [STRAIGHT, shapely.LineString([(20, 60), (45, 60)]), BORDER], ids=["short", "parallel", "long"]
)
def test_a_path_typed_by_hand_has_half_its_zones_width_to_each_side(line, width_km):
    points = [[x, y] for x, y in line.coords]
    zone = laid(f"path: {{points: {points}}}, zone_width_m: {width_km * 1000}")
    half = width_km * 500
    for share in (0.13, 0.31, 0.47):  # not near a bend, which brings another leg nearer
        for side in reach(zone, line, share, 1.5 * half):
            assert side >= half * 0.99
            assert side == pytest.approx(half, rel=0.01) or line is BORDER


def test_a_line_of_six_thousand_kilometres_is_as_wide_at_its_ends_as_in_its_middle():
    line = shapely.LineString([(20, 50), (104, 51)])
    for toward in (None, (60.0, 70.0)):
        zone = widened(line, 25_000, PARAMS, toward)
        for share in (0.01, 0.26, 0.5, 0.99):
            north, south = reach(zone, line, share, 40_000)
            assert north == pytest.approx(25_000, rel=0.01)
            assert south == pytest.approx(25_000, rel=0.01) if toward is None else south <= 10


@pytest.mark.parametrize("side_m", [25_000, 35_000, 70_000])
def test_a_zone_on_one_side_reaches_so_far_there_and_not_at_all_to_the_other(side_m):
    for toward, left in (((36.0, 48.0), True), ((41.0, 48.0), False)):
        zone = widened(STRAIGHT, side_m, PARAMS, toward)
        for share in (0.1, 0.5, 0.9):
            mine, theirs = reach(zone, STRAIGHT, share, 1.5 * side_m)[:: 1 if left else -1]
            assert mine == pytest.approx(side_m, rel=0.01)
            assert theirs <= 10


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-0.4, 0.4), st.floats(0.15, 0.6)), min_size=1, max_size=6), st.floats(1_000, 60_000)
)
def test_the_two_sides_together_are_the_zone_and_share_nothing(steps, side_m):
    xy = np.cumsum([(38.0, 47.0), *steps], axis=0)
    line = shapely.LineString(xy)
    whole = widened(line, side_m, PARAMS)
    west, east = (widened(line, side_m, PARAMS, toward) for toward in ((20.0, 48.0), (56.0, 48.0)))
    assert km2(west) + km2(east) == pytest.approx(km2(whole), rel=1e-3)
    assert km2(shapely.intersection(west, east)) < 1e-3 * km2(whole)


@settings(max_examples=20, deadline=None)
@given(st.floats(1_000, 60_000))
def test_which_end_a_line_is_drawn_from_changes_no_zone(side_m):
    turned = shapely.reverse(BENT)
    for toward in (None, (36.0, 48.0), (41.0, 48.0)):
        one, other = (widened(line, side_m, PARAMS, toward) for line in (BENT, turned))
        assert km2(shapely.symmetric_difference(one, other)) < 1e-4 * km2(one)


def test_a_side_far_away_is_still_the_side():
    """The capital that names the side may lie hundreds of kilometres from the line, and past its end."""
    near, far = (widened(STRAIGHT, 20_000, PARAMS, toward) for toward in ((37.9, 48.0), (20.0, 58.0)))
    assert near.equals(far)


def test_inside_and_outside_of_a_line_that_closes():
    ring = shapely.LineString(shapely.box(38, 47, 39, 48).exterior.coords)
    inner = widened(ring, 10_000, PARAMS, (38.5, 47.5))
    outer = widened(ring, 10_000, PARAMS, (50.0, 47.5))
    assert inner.contains(shapely.Point(38.05, 47.5)) and not inner.contains(shapely.Point(37.95, 47.5))
    assert outer.contains(shapely.Point(37.95, 47.5)) and not outer.contains(shapely.Point(38.05, 47.5))


def test_a_line_in_pieces_gives_the_zone_of_the_line():
    pieces = shapely.MultiLineString([[(38, 47), (38, 48)], [(38, 49), (38, 48)]])
    one, other = widened(STRAIGHT, 20_000, PARAMS, (36, 48)), widened(pieces, 20_000, PARAMS, (36, 48))
    assert km2(shapely.symmetric_difference(one, other)) < 1e-6 * km2(one)


def test_a_point_that_is_drawn_twice_changes_no_side():
    twice = shapely.LineString([(38, 47), (38, 47), (38, 48), (38, 48), (38, 49), (38, 49)])
    one, other = (widened(line, 20_000, PARAMS, (36, 48)) for line in (STRAIGHT, twice))
    assert km2(shapely.symmetric_difference(one, other)) < 1e-4 * km2(one)


def test_a_point_on_the_line_is_on_no_side():
    with pytest.raises(InputError, match="the point lies on the line; expected a point on one side of it"):
        widened(STRAIGHT, 5_000, PARAMS, (38.0, 48.0))
    drawn = ground_of(where("line: a, distance_a_side_m: 5000, toward: [38, 48]"), None, a_map(STRAIGHT), PARAMS)
    assert drawn.kind == "unknown"
    assert drawn.lacks == "a point on one side of it: the point lies on the line (the line: a by map)"


def test_a_line_that_a_map_draws_as_a_point_is_no_zone():
    nowhere = shapely.LineString([(38, 48), (38, 48)])
    found = ground_of(where("line: a, zone_width_m: 5000"), None, a_map(nowhere), PARAMS)
    assert (found.kind, found.shape) == ("unknown", None)
    assert found.lacks == "a line between two points or more: the line has no length (the line: a by map)"


def a_map(line: shapely.Geometry) -> pl.DataFrame:
    row = {
        "id": "m",
        "capture": "m",
        "source": "map",
        "on": datetime(2020, 1, 1, tzinfo=UTC),
        "role": "line: a",
        "geometry": shapely.to_wkb(line),
        "crs": "OGC:CRS84",
    }
    return pl.DataFrame([row], {name: AREAS.schema[name] for name in row}, orient="row")


def test_a_zone_across_the_antimeridian_is_one_zone_and_is_written_in_two():
    path = "[[179.5, -17.0], [-179.5, -17.5]]"
    zone = laid(f"path: {{points: {path}}}, zone_width_m: 40000")
    assert 179 < shapely.bounds(zone)[0] < 180 < shapely.bounds(zone)[2] < 181
    places = pl.DataFrame(
        {"lon": [179.9, -179.9, 0.0, 178.0], "lat": [-17.2, -17.3, -17.2, -17.2], "radius_m": [100.0] * 4}
    )
    assert p_inside(zone, places, 0.0, PARAMS).tolist() == [1.0, 1.0, 0.0, 0.0]
    written, cut = at_antimeridian(zone)
    assert cut and all(-180 <= x <= 180 for part in written.geoms for x in shapely.bounds(part)[[0, 2]])
    assert km2(written) == pytest.approx(km2(zone), rel=1e-6)
    assert km2(shapely.symmetric_difference(unrolled(written), zone)) < 1e-3


def test_a_line_that_a_map_cuts_at_the_antimeridian_is_one_line():
    cut = shapely.MultiLineString([[(179.5, -17.0), (180, -17.25)], [(-180, -17.25), (-179.5, -17.5)]])
    path = laid("path: {points: [[179.5, -17.0], [-179.5, -17.5]]}, zone_width_m: 40000")
    drawn = ground_of(where("line: a, zone_width_m: 40000"), None, a_map(cut), PARAMS).shape
    assert km2(shapely.symmetric_difference(drawn, path)) < 1e-3 * km2(path)


def test_a_map_of_all_the_world_is_not_rolled_up():
    world = shapely.box(-180, -90, 180, 90)
    assert unrolled(world).equals(world)
    assert at_antimeridian(world) == (world, False)


def slowly(zone: shapely.Geometry, places: pl.DataFrame, edge_m: float) -> np.ndarray:
    """The chance to be inside, place by place and without any short cut."""
    there, _ = local(zone)
    flat = moved(shapely.segmentize(zone, PARAMS.line_step_deg), there)
    found = []
    for lon, lat, radius in places.rows():
        if lon is None or radius is None:
            found.append(math.nan)
            continue
        x, y = there.transform(lon, lat)
        sd, n = radius / PARAMS.radius_sigmas, PARAMS.zone_points
        chances = []
        for off in {-edge_m, edge_m}:
            shape = off_by(flat, off, 0.0)
            if shapely.is_empty(shape):
                chances.append(0.0)
            elif shapely.distance(shapely.boundary(shape), shapely.Point(x, y)) >= PARAMS.sure_sigmas * sd:
                chances.append(float(shapely.contains_xy(shape, x, y)))
            else:
                turns = (k * math.pi * (3 - math.sqrt(5)) for k in range(n))
                fars = (math.sqrt(-2 * math.log(1 - (k + 0.5) / n)) for k in range(n))
                spots = [
                    (x + far * math.cos(t) * sd, y + far * math.sin(t) * sd) for far, t in zip(fars, turns, strict=True)
                ]
                chances.append(sum(bool(shapely.contains_xy(shape, *spot)) for spot in spots) / n)
        found.append(math.nan if max(chances) - min(chances) > PARAMS.edge_matters else min(chances))
    return np.array(found)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 3_000.0]), st.sampled_from([0.0, 62.0, -76.0]))
def test_many_places_at_once_get_what_each_gets_alone(seed, edge_m, lat):
    """The box in degrees passes over no place that the zone's edge could matter to, near a pole neither."""
    chance = np.random.default_rng(seed)
    zone = widened(shapely.LineString([(38, lat), (38.5, lat + 0.7), (39.5, lat + 1)]), 15_000, PARAMS)
    n = 60
    places = pl.DataFrame(
        {
            "lon": chance.uniform(36.5, 41.0, n),
            "lat": chance.uniform(lat - 0.7, lat + 1.7, n),
            "radius_m": chance.choice([0.0, 500.0, 20_000.0, 90_000.0], n),
        }
    ).with_columns(lon=pl.when(pl.int_range(n) % 11 == 0).then(None).otherwise(pl.col("lon")))
    quick = p_inside(zone, places, edge_m, PARAMS)
    assert np.array_equal(quick, slowly(zone, places, edge_m), equal_nan=True)
    again, raw = Insides(places, PARAMS), shapely.to_wkb(zone)
    rows = chance.permutation(n)
    first = again.of(raw, rows[: n // 2], edge_m)
    both = again.of(raw, rows, edge_m)
    assert np.array_equal(first, quick[rows[: n // 2]], equal_nan=True)
    assert np.array_equal(both, quick[rows], equal_nan=True)


def test_a_zone_is_asked_about_a_place_once_however_many_readings_share_it(monkeypatch):
    asked = []
    import trucewatch.assess.inside as inside

    real = inside._Ground.chances
    monkeypatch.setattr(
        inside._Ground, "chances", lambda self, places: asked.append(places.height) or real(self, places)
    )
    places = pl.DataFrame({"lon": [38.0] * 100, "lat": [48.0] * 100, "radius_m": [500.0] * 100})
    again, raw = Insides(places, PARAMS), shapely.to_wkb(widened(STRAIGHT, 5_000, PARAMS))
    for rows in (np.arange(60), np.arange(40, 100), np.arange(100)):
        again.of(raw, rows)
    assert asked == [60, 40]
