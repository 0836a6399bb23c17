"""Sectors in a case: each observation's region, incidents that several saw, and the chance to lie in a zone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely
from sighted import MIDDLE, row, table, theatre

from trucewatch.assess.inside import Insides, p_inside
from trucewatch.assess.params import AssessParams
from trucewatch.locate import SectorParams
from trucewatch.locate.observed import placed, regions, sighted
from trucewatch.locate.points import several
from trucewatch.locate.sectors import regions as together
from trucewatch.locate.wedges import wedges
from trucewatch.locating import fused
from trucewatch.tables import INCIDENTS, LINKS, OBSERVATIONS

NOON = datetime(2030, 2, 1, 10, tzinfo=UTC)


def seen(name, east, north, bearing, near, far, *, source=None, minutes=0, point=None, says="heard: bangs"):
    """An observation by an observer so many metres from the middle."""
    lon, lat = MIDDLE.back(east, north)
    at = NOON + timedelta(minutes=minutes)
    told = {
        "id": name, "capture": "c", "locator": name, "source": source or f"report/{name}", "kind": "explosion",
        "stance": "affirms", "t0": at, "t1": at + timedelta(minutes=1), "says": says,
        "sector": {"lon": lon, "lat": lat, "bearing_deg": bearing, "spread_deg": 11.25, "near_m": near, "far_m": far},
    }  # fmt: skip
    if point is not None:
        x, y = MIDDLE.back(*point[:2])
        told |= {"lon": float(x), "lat": float(y), "radius_m": float(point[2])}
    return told


def observations(*rows) -> pl.DataFrame:
    return OBSERVATIONS.fit(pl.DataFrame(rows, schema_overrides=dict(OBSERVATIONS.schema)))


CAPTURES = pl.DataFrame({"capture": ["c"], "fetched_at": [NOON], "feed": ["report"]})


@pytest.mark.parametrize(
    "said",
    [(157.5, 2000.0, 4000.0), (20.0, 500.0, 1000.0), (None, 1000.0, 3000.0), (90.0, None, None), (90.0, 3000.0, None)],
)
def test_a_sector_by_itself_is_what_the_grid_makes_of_it(said):
    """Slow twin: the grid lays every cell; quantiles of bearing and range have to agree with it."""
    spread = 180.0 if said[0] is None else 11.25
    sightings = table(row(300, -200, *said, spread=spread))
    quick, (place, shapes) = wedges(sightings, SectorParams()), together(sightings)
    x, y = MIDDLE.there(quick.lon[0], quick.lat[0])
    u, v = MIDDLE.there(place["lon"].item(), place["lat"].item())
    scale = place["radius_m"].item()
    assert math.hypot(x - u, y - v) < 0.08 * scale
    assert quick.radius_m[0] == pytest.approx(scale, rel=0.1)
    region = shapely.from_wkb(shapes.filter(pl.col("level") == 0.95)["region"].item())
    points = shapely.get_coordinates(shapely.from_wkb(quick.spread[0]))
    assert len(points) == SectorParams().points
    assert np.mean(shapely.intersects_xy(region, *points.T)) == pytest.approx(0.95, abs=0.06)
    outline = shapely.from_wkb(quick.region[0])
    assert shapely.is_valid(outline)
    others = shapely.get_coordinates(shapely.from_wkb(place["spread"].item()))
    assert np.mean(shapely.intersects_xy(outline, *others.T)) == pytest.approx(0.95, abs=0.06)


def test_a_bearing_without_a_range_gets_a_place_so_that_it_can_meet_others():
    given = observations(
        seen("a", 0, 0, 45.0, None, None), seen("b", 0, 0, 45.0, 1000.0, 2000.0, point=(1060, 1060, 500))
    )
    made = sighted(given)
    assert made.columns == given.columns
    assert made["lon"].null_count() == 0
    assert made.filter(pl.col("id") == "b").equals(given.filter(pl.col("id") == "b"))
    assert made.filter(pl.col("id") == "a")["radius_m"].item() > 3000


def test_observations_without_a_sector_have_no_region_and_are_left_as_they_are():
    plain = observations({**seen("a", 0, 0, None, None, None, point=(0, 0, 100)), "sector": None})
    assert regions(plain).is_empty()
    assert sighted(plain).equals(plain)


def test_a_point_that_was_seen_is_no_sectors_middle():
    given = observations(seen("a", 0, 0, 45.0, 1000.0, 2000.0, point=(900, 1200, 30)))
    assert regions(given).is_empty()
    assert regions(observations(seen("a", 0, 0, 45.0, 1000.0, 2000.0))).height == 1


def two_teams(**more):
    a = seen("a", 0, 0, 0.0, 2000.0, 4000.0, point=(0, 3000, 1150))
    b = seen("b", 3000, 3000, 270.0, 2000.0, 4000.0, point=(0, 3000, 1150), **more)
    return observations(a, b)


def test_two_teams_who_saw_one_thing_make_one_incident_with_a_smaller_region():
    made = fused(two_teams(), CAPTURES)
    assert made.incidents.height == 1
    one = made.incidents.row(0, named=True)
    x, y = MIDDLE.there(one["lon"], one["lat"])
    assert math.hypot(x, y - 3000) < 300
    assert one["radius_m"] < 1150
    assert one["p_not_same"] < 0.1
    assert shapely.intersects_xy(shapely.from_wkb(one["region"]), *MIDDLE.back(0, 3000))


def test_without_a_sector_fuse_is_fuse_and_nothing_else():
    from trucewatch.fuse import fuse

    plain = observations({**seen("a", 0, 0, None, None, None, point=(0, 0, 100)), "sector": None})
    assert fused(plain, CAPTURES).incidents.equals(fuse(plain, CAPTURES).incidents)


def test_the_order_of_observations_plays_no_part_in_where_it_was():
    given = two_teams()
    assert fused(given, CAPTURES).incidents.equals(fused(given.reverse(), CAPTURES).incidents)


def test_a_denial_places_nothing_and_an_origin_that_is_repeated_is_one_voice():
    incident = INCIDENTS.fit(
        pl.DataFrame({"id": ["i"], "kind": ["explosion"], "t0": [NOON], "t1": [NOON], "p": [0.9], "n_observations": [2],
                      "n_lineages": [1], "n_denials": [0], "lon": [38.0], "lat": [48.0], "radius_m": [2000.0]})
    )  # fmt: skip
    links = LINKS.fit(pl.DataFrame({"incident": ["i", "i"], "observation": ["a", "b"], "because": ["", ""]}))
    denied = two_teams().with_columns(
        stance=pl.when(pl.col("id") == "b")
        .then(pl.lit("denies"))
        .otherwise("stance")
        .cast(OBSERVATIONS.schema["stance"])
    )
    repeated = two_teams().with_columns(lineage=pl.lit(["report:one"], pl.List(pl.String)))
    for given in (denied, repeated):
        one = placed(incident, links, given).row(0, named=True)
        assert one["p_not_same"] is None
        assert (one["lon"], one["radius_m"]) == (38.0, 2000.0)
        assert one["spread"] is not None


def zone(west, south, east, north):
    xy = np.array([(west, south), (east, south), (east, north), (west, north)])
    return shapely.Polygon(np.column_stack(MIDDLE.back(xy[:, 0], xy[:, 1])))


def test_the_region_and_not_its_circle_decides_the_chance_to_lie_in_a_zone():
    """A wedge to the north, and a zone beside it that its circle reaches and it does not."""
    incidents = fused(observations(seen("a", 0, 0, 0.0, 2000.0, 6000.0, point=(0, 4000, 2400))), CAPTURES).incidents
    beside = zone(1600, 3000, 4000, 5000)
    by_circle = p_inside(beside, incidents.drop("spread"), 0.0, AssessParams())[0]
    by_region = p_inside(beside, incidents, 0.0, AssessParams())[0]
    assert by_circle > 0.02
    assert by_region == 0.0
    half = zone(0, -9000, 9000, 9000)
    assert p_inside(half, incidents, 0.0, AssessParams())[0] == pytest.approx(0.5, abs=0.03)
    assert p_inside(zone(-9000, -1000, 9000, 9000), incidents, 0.0, AssessParams())[0] == 1.0
    asked = Insides(incidents, AssessParams()).of(shapely.to_wkb(half), np.array([0]))
    assert asked[0] == pytest.approx(0.5, abs=0.03)


def test_where_the_zones_edge_may_be_off_by_what_decides_it_is_not_known():
    incidents = fused(observations(seen("a", 0, 0, 0.0, 2000.0, 6000.0, point=(0, 4000, 2400))), CAPTURES).incidents
    assert np.isnan(p_inside(zone(0, -9000, 9000, 9000), incidents, 500.0, AssessParams())[0])


@pytest.mark.parametrize("observers", [2, 3, 4])
def test_many_happenings_at_once_are_what_the_grid_makes_of_each(observers):
    """Slow twin: the grid of sectors.py, happening by happening."""
    sightings, _ = theatre(observers, 25, seed=observers, wrong=1 if observers == 4 else 0)
    places, _ = together(sightings)
    quick = several(sightings.sort("happening", "observer"), SectorParams())
    both = places.join(quick, left_on="happening", right_on="incident", suffix="_q")
    assert both.height == 25
    x, y = MIDDLE.there(both["lon"].to_numpy(), both["lat"].to_numpy())
    u, v = MIDDLE.there(both["lon_q"].to_numpy(), both["lat_q"].to_numpy())
    off = np.hypot(x - u, y - v) / both["radius_m"].to_numpy()
    assert np.median(off) < 0.06
    assert np.quantile(off, 0.9) < 0.2
    assert np.median(np.abs(both["radius_m_q"] / both["radius_m"] - 1)) < 0.1
    assert np.median(np.abs(both["p_not_same"] - both["p_not_same_q"])) < 0.02


def test_regions_are_drawn_and_leave_the_case_at_the_restricted_level_only():
    from trucewatch.report.params import ReportParams
    from trucewatch.report.release import release
    from trucewatch.report.svg_map import draw_map
    from trucewatch.tables import AREAS, FINDINGS, TERMS

    incidents, params = fused(two_teams(), CAPTURES).incidents, ReportParams()
    for level, drawn in (("restricted", 1), ("parties", 0), ("public", 0)):
        out = release(incidents, FINDINGS.empty(), params.levels[level], NOON + timedelta(days=30)).incidents
        assert out["region"].count() == out["spread"].count() == drawn
        svg = draw_map(out, AREAS.empty(), TERMS.empty(), {}, params)["svg"]
        assert svg.count("Where observers heard or saw it") == drawn
