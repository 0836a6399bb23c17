"""Roads, rungs, claims, pockets found without asking, and days in a row, on shapes with known answers."""

from __future__ import annotations

import json
import sqlite3
import struct
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
import shapely
from shapes import SHAPES, K, Shape, areas, asked, degrees, plane, slit, told

from trucewatch.cli.ring.maps import roads_of
from trucewatch.ring import (
    SETTLES,
    Asked,
    Beside,
    Claim,
    RingParams,
    Roads,
    became,
    check,
    claim_in,
    drawn,
    rings,
    scan,
    trend,
)  # fmt: skip

P = RingParams()
NAMED = {shape.name: shape for shape in SHAPES}
SLIT = NAMED["a rectangle with a slit"]


def roads(*lines):
    return Roads(
        tuple(degrees(shapely.LineString(line), plane()) for line in lines), tuple(f"R{n}" for n in range(len(lines)))
    )


def asked_with(shape, network, params=P, incidents=None):
    made = rings([told(shape)], asked(shape), params, Beside(network, incidents))
    return made.rings.row(0, named=True), made.routes.filter(pl.col("treatment") == "contested_free")


def test_a_road_through_the_slit_is_under_direct_fire_and_one_over_the_others_ground_is_cut():
    row, ways = asked_with(SLIT, roads([(0, 0), (0, 40 * K)], [(0, 0), (30 * K, 0)]))
    assert ways.select("state", "reach").rows() == [("under_fire", "direct"), ("cut", None)]
    assert ways["least_m"][0] == pytest.approx(250, abs=1)
    assert (row["rung_low"], row["rung_high"], row["routes_left"]) == (1, 3, 1)
    assert (row["physical"], row["lines"], row["fire"]) == ("not_met", "not_met", "cannot_tell")


def test_where_every_road_is_cut_the_rung_is_four_and_the_ring_is_not_closed():
    row, ways = asked_with(SLIT, roads([(0, 0), (30 * K, 0)]))
    assert (row["rung_low"], row["rung_high"], row["physical"], row["lines"]) == (4, 4, "not_met", "met")
    assert ways["state"].to_list() == ["cut"]


def test_incidents_near_every_road_left_lift_the_lower_rung_and_meet_fire_control():
    to = plane()
    lon, lat = to.transform(0, 5 * K)
    on = datetime(2024, 12, 11, tzinfo=UTC)
    near = pl.DataFrame({"lon": [lon], "lat": [lat], "t0": [on], "t1": [on + timedelta(hours=1)]})
    network = roads([(0, 0), (0, 40 * K)])
    row, ways = asked_with(SLIT, network, incidents=near)
    assert (row["rung_low"], row["rung_high"], row["fire"], ways["incidents"][0]) == (2, 3, "met", 1)
    old = near.with_columns(t0=pl.col("t0") - timedelta(days=30), t1=pl.col("t1") - timedelta(days=30))
    assert asked_with(SLIT, network, incidents=old)[0]["rung_low"] == 1


def test_two_roads_through_two_gaps_are_two_routes_and_through_one_junction_one():
    shape = NAMED["two necks in parallel"]
    two, _ = asked_with(shape, roads([(0, 0), (0, 40 * K)], [(0, 0), (-40 * K, 0)]))
    assert two["routes_left"] == 2
    one, _ = asked_with(
        SLIT, roads([(0, 0), (0, 20 * K)], [(0, 20 * K), (9 * K, 40 * K)], [(0, 20 * K), (-9 * K, 40 * K)])
    )
    assert one["routes_left"] == 1


def test_the_least_exposed_way_comes_first_though_it_is_longer():
    wide = replace(SLIT, a=slit(2000, wall=20 * K))
    winding = [(0, 0), (0, 6 * K), *((300 * (-1) ** n, (7 + n) * K) for n in range(16)), (0, 40 * K)]
    _, ways = asked_with(wide, roads(winding, [(0, 0), (900, 3 * K), (900, 40 * K)]))
    assert ways["roads"].to_list() == [["R0"], ["R1"]] and ways["length_m"][0] > ways["length_m"][1]
    assert ways["least_m"].to_list() == [pytest.approx(700, abs=2), pytest.approx(100, abs=2)]


def test_the_middle_of_a_corridor_is_half_its_width_from_the_other_side():
    near = replace(P, direct_m=2900.0, drones_m=3100.0, tube_m=3200.0)
    row = rings([told(replace(SLIT, a=slit(6000)))], asked(SLIT), near).rings.row(0, named=True)
    assert "its middle is 3,000 m from the other side, within drones (3.1 km)" in row["because"]


def test_reaches_are_what_is_stated():
    far = replace(P, direct_m=100.0, drones_m=200.0, tube_m=240.0)
    row, ways = asked_with(SLIT, roads([(0, 0), (0, 40 * K)]), far)
    assert ways["state"].to_list() == ["open"] and row["rung_high"] == 1


def test_a_place_that_no_map_marks_is_told_so_in_those_words():
    made = rings([told(SLIT)], Asked("b", *plane().transform(0, 0), "a"), P).rings
    assert all("on ground that the map leaves unmarked" in said for said in made["because"])


def test_a_main_body_with_others_all_around_it_may_be_cut_off_as_a_whole():
    round_it = shapely.box(-40 * K, -40 * K, 40 * K, 40 * K)
    own = shapely.box(-9 * K, -9 * K, 9 * K, 9 * K)
    shape = Shape("all around", round_it.difference(own), (0, 0), None, None, own=own, elsewhere=None)
    for row in rings([told(shape)], asked(shape), P).rings.rows(named=True):
        assert (row["rung_low"], row["rung_high"], row["physical"]) == (0, 5, "cannot_tell")
        assert "--rear" in row["would_settle"] and "all around" in row["because"]
    open_side = replace(shape, a=shapely.box(-40 * K, -40 * K, 8.9 * K, 40 * K).difference(own))
    assert rings([told(open_side)], asked(open_side), P).rings["rung_high"].to_list() == [0, 0]


def test_a_ring_around_ground_where_nothing_is_drawn_may_be_a_hole_in_the_drawing_and_says_so():
    closed, grey = NAMED["closed"], replace(NAMED["closed"], grey=shapely.box(-5 * K, -4 * K, -4 * K, 0))
    says = [
        "hole in the drawing" in said for s in (closed, grey) for said in rings([told(s)], asked(s), P).rings["because"]
    ]
    assert says == [True, True, False, False]


def test_a_point_of_the_main_body_that_is_not_its_sides_tells_nothing_and_says_why():
    shape = replace(SLIT, rear=(6 * K, 0))
    made = rings([told(shape)], asked(shape), P).rings
    assert made["rung_low"].null_count() == 2
    assert all("(--rear) is not on ground of b" in said for said in made["because"])


def test_far_outside_what_a_map_draws_it_tells_nothing():
    made = rings([told(SLIT)], Asked("b", 60.0, 10.0, "b"), P).rings
    assert made["held_by"].to_list() == ["outside"] * 2 and made["rung_low"].null_count() == 2


@pytest.mark.parametrize(
    ("words", "claim"),
    [
        ("Thousands are completely surrounded", "encircled"),
        ("they have not been fully encircled", "not_encircled"),
        ("supplied by road, not encircled", "not_encircled"),
        ("in no danger of being surrounded", None),
        ("it is false that they are surrounded", None),
        ("the general denied being encircled", None),
        ("they isn\u2019t surrounded", None),
        ("no longer encircled", None),
        ("the road is not open", None),
        ("could soon be cut off", None),
    ],
)
def test_words_that_turn_a_claim_around_are_not_taken_for_it(words, claim):
    assert claim_in(words) == claim


def test_a_grey_neck_is_contested_not_open_or_shut():
    made = rings([told(NAMED["grey in the neck"])], asked(NAMED["grey in the neck"]), P).rings
    assert made["rung_low"].min() < 5 and made["rung_high"].max() == 5
    checked = check(Claim("x", "encircled", "b", date(2024, 12, 12)), made)
    assert checked["says"].to_list() == ["cannot_tell"] and checked["would_settle"][0]


def test_mappers_who_disagree_stay_apart():
    open_map = told(SLIT)
    shut = drawn(areas(NAMED["closed"]).with_columns(source=pl.lit("control/other")))
    made = rings([open_map, shut], asked(SLIT), P).rings
    assert made.select("source", "rung_low").unique().sort("source").rows() == [
        ("control/maker", 1),
        ("control/other", 5),
    ]
    checked = check(
        Claim("x", "encircled", "b", date(2024, 12, 12), speaks_for="b", mappers=(("control/other", "b"),)), made
    )
    assert checked.select("source", "says", "against_interest", "map_against_interest").rows() == [
        ("control/maker", "was_not", True, None),
        ("control/other", "was_so", True, True),
    ]


def test_a_claim_of_the_other_side_is_not_against_its_interest():
    made = rings([told(NAMED["closed"])], asked(SLIT), P).rings
    checked = check(
        Claim("x", "encircled", "b", date(2024, 12, 12), speaks_for="a", mappers=(("control/maker", "a"),)), made
    )
    assert checked.select("against_interest", "map_against_interest").row(0) == (False, False)


def test_a_scan_finds_each_pocket_and_how_long_it_lasts():
    at = Asked("b", *plane().transform(0, 0), "b")
    found = scan(told(SLIT), at, 600.0, P).filter(pl.col("treatment") == "contested_free")
    assert found.height == 1
    row = found.row(0, named=True)
    assert row["neck_m"] == pytest.approx(500, abs=1) and row["wide_m"] == pytest.approx(8000, rel=0.11)
    assert scan(told(SLIT), at, 400.0, P).is_empty()
    both = scan(told(NAMED["two necks in series, the near one narrower"]), at, 1000.0, P).filter(
        pl.col("treatment") == "contested_free"
    )
    assert sorted(round(neck) for neck in both["neck_m"]) == [400, 900]


def test_a_hole_with_nothing_drawn_in_it_is_no_pocket_fit_to_tell_and_one_with_contested_ground_is():
    at = Asked("b", *plane().transform(0, 0), "b")
    bare = scan(told(NAMED["closed"]), at, 600.0, P)
    assert bare["neck_m"].to_list() == [0, 0] and not bare["fit_to_tell"].any()
    grey = replace(NAMED["closed"], grey=shapely.box(-5 * K, -4 * K, -4 * K, 0))
    assert scan(told(grey), at, 600.0, P)["fit_to_tell"].all()


def on_day(shape, day, holder=None):
    """A shape as the map of a day of December; holder: who holds all of it in place of `a`."""
    on = datetime(2024, 12, day, 12, tzinfo=UTC)
    made = areas(shape).with_columns(on=pl.lit(on).cast(pl.Datetime("us", "UTC")))
    return drawn(made if holder is None else made.with_columns(held_by=pl.lit(holder)))


def went(*widths, then=()):
    """Slits of those widths from the first of December on, and other maps -> what is known after the last."""
    days = [on_day(replace(SLIT, a=slit(w)), 1 + n) for n, w in enumerate(widths)]
    return trend(rings([*days, *then], asked(SLIT), P).rings, P).row(0, named=True)


def test_days_in_a_row_bring_a_trend_and_the_last_open_day():
    row = went(900, 700, 500, 300, 0)
    assert row["per_day_m"] == pytest.approx(-200, abs=1)
    assert (row["days_since_open"], row["last_open"]) == (1.0, datetime(2024, 12, 4, 12, tzinfo=UTC))
    assert (row["resolved"], row["neck_m"], row["known_low"], row["known_high"]) == (None, 0, 5, 5)


def test_the_trend_is_of_the_fortnight_up_to_the_last_neck():
    """Two maps on which the place is no longer the side's do not push the necks out of the fortnight."""
    gone = [on_day(replace(SLIT, a=shapely.box(-20 * K, -20 * K, 20 * K, 20 * K)), day) for day in (20, 28)]
    assert went(900, 700, 500, then=gone)["per_day_m"] == pytest.approx(-200, abs=1)


def test_a_ring_that_opens_again_was_relieved_after_the_last_map_that_shut_it_and_by_the_first_that_does_not():
    row = went(900, 0, 0, 6000, 6500)
    assert row["resolved"] == "relieved" and (row["resolved_after"].day, row["resolved_by"].day) == (3, 4)
    assert (row["known_low"], row["known_high"]) == (6, 6)
    narrow = went(900, 0, 700)  # no roads are given, and so narrow a corridor may have none that is open
    assert (narrow["resolved"], narrow["known_low"], narrow["known_high"]) == ("relieved", 1, 6)
    assert went(900, 0, 6000, 0)["resolved"] is None
    assert went(900, 700, 6000)["resolved"] is None


def test_a_place_that_is_now_another_sides_fell_and_whether_out_of_a_ring_is_told_with_bounds():
    gone = (on_day(replace(SLIT, a=shapely.box(-20 * K, -20 * K, 20 * K, 20 * K)), 9),)
    shut, narrow, wide = went(900, 0, then=gone), went(900, then=gone), went(6000, then=gone)
    assert [row["resolved"] for row in (shut, narrow, wide)] == ["fell"] * 3
    assert [(row["known_low"], row["known_high"]) for row in (shut, narrow, wide)] == [(6, 6), (0, 6), (None, None)]
    assert (shut["resolved_after"].day, shut["resolved_by"].day, shut["days_since_open"]) == (2, 9, 8.0)


@pytest.mark.parametrize("holder", ["contested", "unknown"])
def test_a_place_that_nobody_is_said_to_hold_any_more_did_not_fall(holder):
    grey = (on_day(replace(SLIT, a=shapely.box(-20 * K, -20 * K, 20 * K, 20 * K)), 9, holder),)
    rows = trend(rings([on_day(replace(SLIT, a=slit(0)), 1), *grey], asked(SLIT), P).rings, P)
    assert "fell" not in rows["resolved"].to_list()


def test_neither_a_breakout_nor_a_withdrawal_is_ever_told_from_maps_alone():
    assert set(SETTLES) == {"relieved", "fell"}


def test_what_is_known_with_a_map_does_not_hang_on_later_ones():
    days = [on_day(replace(SLIT, a=slit(w)), 1 + n) for n, w in enumerate((900, 0, 6000, 0))]
    whole = became(rings(days, asked(SLIT), P).rings)
    for n in range(1, 4):
        part = became(rings(days[:n], asked(SLIT), P).rings)
        last = whole.filter(pl.col("on") <= days[n - 1].on)
        assert part.equals(last)


def test_roads_are_read_from_a_geopackage(tmp_path):
    path = tmp_path / "roads.gpkg"
    line = shapely.LineString([(36.5, 47.9), (36.6, 48.0)])
    blob = b"GP\x00\x01" + struct.pack("<i", 4326) + shapely.to_wkb(line)
    with sqlite3.connect(path) as db:
        db.execute("create table gpkg_geometry_columns (table_name text, column_name text, srs_id integer)")
        db.execute("insert into gpkg_geometry_columns values ('ways', 'geom', 4326)")
        db.execute("create table ways (geom blob, ref text)")
        db.execute("insert into ways values (?, 'E50')", (blob,))
    db.close()
    read = roads_of(path)
    assert read.names == ("E50",) and read.lines[0].equals(line)
    plain = tmp_path / "roads.geojson"
    plain.write_text(
        json.dumps({"type": "Feature", "properties": {"ref": "E50"}, "geometry": json.loads(shapely.to_geojson(line))})
    )
    assert roads_of(plain).lines[0].equals(line)
