"""Ground: a zone's width is shared by both sides, lines are read as they stood, and what nobody told is not known."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
from assessed import PARAMS, START, drawn, happened, judged, parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.assess.zones import p_inside, widened
from trucewatch.base.errors import InputError

GEOD = pyproj.Geod(ellps="WGS84")
BENT = shapely.LineString([(38.0, 47.0), (38.3, 47.9), (37.6, 48.6), (38.9, 49.4)])


def places(*rows: tuple[float | None, float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, {"lon": pl.Float64, "lat": pl.Float64, "radius_m": pl.Float64}, orient="row")


def east_of(lon: float, lat: float, metres: float) -> tuple[float, float]:
    return GEOD.fwd(lon, lat, 90, metres)[:2]


@pytest.mark.parametrize(
    "line",
    [
        shapely.LineString([(38, 47), (38, 49)]),
        shapely.LineString([(20, 60), (45, 60)]),  # 1,400 km along a parallel, bent by no map
        shapely.LineString([(-60, -20), (-60, 5)]),
        shapely.LineString([(76, 34), (77, 35)]),
        BENT,
    ],
)
def test_a_zone_50_km_wide_reaches_25_km_to_each_side_measured_on_the_ellipsoid(line):
    zone = widened(line, 25_000, PARAMS)
    for share in (0.2, 0.37, 0.5, 0.71, 0.8):
        here, ahead = (line.interpolate(share + step, normalized=True) for step in (0, 1e-4))
        bearing = GEOD.inv(here.x, here.y, ahead.x, ahead.y)[0]
        reached = []
        for side in (90, -90):
            ray = [GEOD.fwd(here.x, here.y, bearing + side, m)[:2] for m in np.arange(0, 40_000, 25.0)]
            inside = shapely.contains_xy(zone, *np.array(ray).T)
            reached.append(25.0 * int(np.argmin(inside)))
        assert sum(reached) == pytest.approx(50_000, rel=0.02) or line is BENT
        assert all(m >= 25_000 * 0.99 for m in reached)
        if line is not BENT:  # a bend brings the other leg nearer on its inner side
            assert reached == pytest.approx([25_000, 25_000], rel=0.01)


def zone_term(**fields: str):
    where = {"says": "a zone", **fields}
    return parsed(where="{" + ", ".join(f"{k}: {v}" for k, v in where.items()) + "}")


def zone_of(agreed, *shapes) -> dict:
    return judged(happened({}), agreed, drawn(*shapes)).terms.row(0, named=True)


LINE = shapely.LineString([(38, 47), (38, 49)])
MOVED = shapely.LineString([(39, 47), (39, 49)])
BEFORE, LONG_BEFORE = datetime(2020, 4, 20, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)


def test_a_width_is_halved_and_a_distance_a_side_is_not():
    wide = zone_of(zone_term(line="contact", zone_width_m="50000"), ("line: contact", LINE, BEFORE))
    side = zone_of(zone_term(line="contact", distance_a_side_m="25000"), ("line: contact", LINE, BEFORE))
    assert wide["zone"] == side["zone"] and wide["zone_kind"] == "polygon"


def test_the_latest_line_that_is_not_younger_than_the_terms_start_is_the_one():
    agreed = zone_term(line="contact", zone_width_m="20000")
    young = ("line: contact", shapely.LineString([(40, 47), (40, 49)]), datetime(2020, 5, 1, 0, 0, 1, tzinfo=UTC))
    got = zone_of(agreed, ("line: contact", LINE, LONG_BEFORE), ("line: contact", MOVED, BEFORE), young)
    assert shapely.from_wkb(got["zone"]).contains(shapely.Point(39, 48))
    assert not shapely.from_wkb(got["zone"]).contains(shapely.Point(38, 48))
    at_start = ("line: contact", LINE, datetime(2020, 5, 1, tzinfo=UTC))
    assert shapely.from_wkb(zone_of(agreed, at_start)["zone"]).contains(shapely.Point(38, 48))


def test_no_line_no_ground_and_it_says_which_map_is_lacking():
    agreed = zone_term(line="contact", zone_width_m="20000")
    for shapes in ((), (("line: other", LINE, BEFORE),), (("line: contact", LINE, datetime(2021, 1, 1, tzinfo=UTC)),)):
        got = zone_of(agreed, *shapes)
        assert (got["zone_kind"], got["zone"]) == ("unknown", None)
        assert got["lacks"] == "a map of 2020-05-01 that draws the line: contact"


@pytest.mark.parametrize(
    ("since", "day", "known"),
    [
        ("unknown", 25, False),
        ('{between: ["2020-04-22 00:00Z", "2020-04-28 00:00Z"]}', 25, False),
        ('{between: ["2020-04-22 00:00Z", "2020-04-24 00:00Z"]}', 25, True),  # the later map is younger than any start
        ('{between: ["2020-04-26 00:00Z", "2020-04-28 00:00Z"]}', 25, True),  # the later map is older than any start
    ],
)
def test_where_nobody_knows_the_start_nobody_knows_which_of_two_maps_counts(since, day, known):
    """The line moved a degree: what lies in the zone of one map and not of the other is neither in nor out."""
    agreed = parsed(where="{says: a zone, line: contact, zone_width_m: 20000}", since=since)
    maps = drawn(("line: contact", LINE, BEFORE), ("line: contact", MOVED, datetime(2020, 4, day, tzinfo=UTC)))
    made = judged(happened({"lon": 38.0}, {"lon": 39.0}), agreed, maps)
    assert [row["zone_kind"] for row in made.terms.to_dicts()] == ["polygon" if known else "unknown"]
    assert made.findings.height == (1 if known else 2)
    words = "when the term began, and so which map that draws the line: contact counts"
    assert known or all(words in row for row in made.findings["would_settle"])
    same = drawn(*(("line: contact", LINE, datetime(2020, 4, n, tzinfo=UTC)) for n in (20, day)))
    assert judged(happened({}), agreed, same).terms["zone_kind"].to_list() == ["polygon"]


def by_mapper(agreed, *maps) -> dict:
    """maps: (source, line, on) -> the terms row."""
    areas = drawn(*(("line: contact", line, on) for _, line, on in maps))
    areas = areas.with_columns(source=pl.Series([source for source, _, _ in maps]))
    return judged(happened({}), agreed, areas).terms.row(0, named=True)


def test_rival_maps_are_neither_joined_nor_does_the_last_one_win():
    maps = (("control/ours", LINE, LONG_BEFORE), ("control/theirs", MOVED, BEFORE))
    got = by_mapper(zone_term(line="contact", zone_width_m="20000"), *maps)
    assert (got["zone_kind"], got["zone"]) == ("unknown", None)
    assert got["lacks"] == "one map: several draw the line: contact (sources control/ours, control/theirs)"


@pytest.mark.parametrize(("mapper", "lon"), [("control/ours", 38), ("control/theirs", 39)])
def test_a_term_may_say_whose_map_it_means(mapper, lon):
    agreed = zone_term(line="contact", zone_width_m="20000", map=mapper)
    maps = (("control/ours", LINE, LONG_BEFORE), ("control/theirs", MOVED, BEFORE))
    zone = shapely.from_wkb(by_mapper(agreed, *maps)["zone"])
    assert [zone.contains(shapely.Point(x, 48)) for x in (38, 39)] == [lon == 38, lon == 39]
    got = by_mapper(agreed, ("control/others", LINE, BEFORE))
    assert got["lacks"] == f"a map of 2020-05-01 by {mapper} that draws the line: contact"


def test_a_rival_that_is_younger_than_the_start_is_none():
    got = by_mapper(
        zone_term(line="contact", zone_width_m="20000"),
        ("a", LINE, BEFORE),
        ("b", MOVED, datetime(2021, 1, 1, tzinfo=UTC)),
    )
    assert shapely.from_wkb(got["zone"]).contains(shapely.Point(38, 48))


def test_a_zone_by_its_role_is_what_the_map_draws():
    box = shapely.box(37, 47, 39, 49)
    got = zone_of(zone_term(role="buffer"), ("zone: buffer", box, BEFORE))
    assert shapely.from_wkb(got["zone"]).equals(box)


def test_another_crs_is_reprojected_and_one_that_does_not_exist_is_refused():
    east, north = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:32637", always_xy=True).transform(38.0, 48.0)
    ring = [[east + dx, north + dy] for dx, dy in ((-5e3, -5e3), (5e3, -5e3), (5e3, 5e3), (-5e3, 5e3))]
    got = zone_of(zone_term(polygon=f"{{crs: 'EPSG:32637', ring: {ring}}}"))
    west, south, right, top = shapely.from_wkb(got["zone"]).bounds
    assert GEOD.inv(west, 48, right, 48)[2] == pytest.approx(10_000, rel=0.04)  # turned a little against north
    assert GEOD.inv(38, south, 38, top)[2] == pytest.approx(10_000, rel=0.04)
    with pytest.raises(InputError, match="there is no CRS 'EPSG:999999'; expected a name"):
        zone_of(zone_term(polygon=f"{{crs: 'EPSG:999999', ring: {ring}}}"))


def test_a_ring_that_crosses_itself_is_refused():
    with pytest.raises(InputError, match="crosses itself"):
        zone_of(zone_term(polygon="{crs: 'OGC:CRS84', ring: [[1, 1], [2, 2], [2, 1], [1, 2]]}"))


HALF = shapely.box(38, 44, 46, 52)  # its western edge runs along the meridian of 38


def off_edge(metres: float, radius: float | None = 2_447.7, edge_m: float = 0.0) -> float:
    lon, lat = east_of(38.0, 48.0, metres)
    return float(p_inside(HALF, places((lon, lat, radius)), edge_m, PARAMS)[0])


def test_far_inside_is_1_and_far_outside_is_0_and_on_a_straight_edge_it_is_a_half():
    assert off_edge(4_100) == 1.0 and off_edge(-4_100) == 0.0
    assert off_edge(0) == pytest.approx(0.5, abs=2 / 96)
    assert off_edge(5, radius=0.0) == 1.0 and off_edge(-5, radius=0.0) == 0.0


def test_the_further_inside_the_likelier():
    chances = [off_edge(m) for m in range(-4_500, 4_501, 250)]
    assert chances[0] == 0.0 and chances[-1] == 1.0
    assert chances == sorted(chances)


def test_an_error_that_nobody_told_or_an_edge_that_nobody_knows_is_not_known():
    assert math.isnan(off_edge(3_000, radius=None))
    assert math.isnan(float(p_inside(HALF, places((None, None, 500.0)), 0.0, PARAMS)[0]))
    assert math.isnan(off_edge(2_900, radius=10.0, edge_m=3_000))
    assert math.isnan(off_edge(-2_900, radius=10.0, edge_m=3_000))
    assert off_edge(3_100, radius=10.0, edge_m=3_000) == 1.0
    assert off_edge(-3_100, radius=10.0, edge_m=3_000) == 0.0


@settings(max_examples=25)
@given(st.floats(37.0, 39.5), st.floats(46.5, 49.8), st.floats(500, 60_000), st.integers(0, 2**32 - 1))
def test_the_chance_to_be_inside_is_what_throwing_many_stones_gives(lon, lat, radius, seed):
    zone = widened(BENT, 12_000, PARAMS)
    chance = np.random.default_rng(seed)
    far = chance.rayleigh(radius / PARAMS.radius_sigmas, 4_000)
    turn = chance.uniform(0, 360, 4_000)
    x, y, _ = GEOD.fwd(np.full(4_000, lon), np.full(4_000, lat), turn, far)
    thrown = shapely.contains_xy(zone, x, y).mean()
    assert float(p_inside(zone, places((lon, lat, radius)), 0.0, PARAMS)[0]) == pytest.approx(thrown, abs=0.05)


def test_each_partys_own_line_gives_its_own_zone():
    lines = drawn(("line: mine", LINE, BEFORE), ("line: theirs", MOVED, BEFORE))
    at = east_of(38.0, 48.0, -9_000)
    here = happened({"lon": at[0], "lat": at[1], "radius_m": 100.0})
    verdicts = {
        line: judged(here, zone_term(line=line, zone_width_m="20000"), lines).findings["verdict"].to_list()
        for line in ("mine", "theirs")
    }
    assert verdicts == {"mine": ["strongly_indicated"], "theirs": []}
    assert BEFORE + timedelta(days=1) < START


def test_a_sharp_hole_in_a_coarse_outline_blurs_neither():
    """Only near the hole does its own edge count; only near the outline does the outline's."""
    ring = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    hole = [(1.9, 1.9), (2.1, 1.9), (2.1, 2.1), (1.9, 2.1)]
    whole, pierced = shapely.Polygon(ring), shapely.Polygon(ring, [hole])
    at = places((2.0, 2.0, 100.0), (2.0, 2.6, 100.0), (0.1, 2.0, 100.0), (2.0, 1.905, 100.0))
    plain = p_inside(whole, at, 25_000.0, PARAMS)
    sharp = p_inside(pierced, at, 25_000.0, PARAMS, 3_000.0)
    assert plain[[0, 1, 3]].tolist() == [1.0, 1.0, 1.0]
    assert sharp[[0, 1]].tolist() == [0.0, 1.0]
    assert math.isnan(plain[2]) and math.isnan(sharp[2])  # near the outline both are as coarse
    assert math.isnan(sharp[3])  # near the hole's edge
