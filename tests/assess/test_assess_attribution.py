"""Which side could have done it: by whose word and whose map; never by default the other side."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
import yaml
from assessed import DATA, ROOT, START
from hypothesis import given, settings
from hypothesis import strategies as st
from sided import BEFORE, DEEP, HALVES, NORTH, PARAMS, SOUTH, agreed, answer, asked, basis, drawn, evidence, reaching

from trucewatch.assess.attribution import Attributed, Evidence
from trucewatch.assess.directions import compass
from trucewatch.assess.held import sheet
from trucewatch.assess.model import Party
from trucewatch.assess.params import AttributionParams
from trucewatch.base.errors import UnknownName
from trucewatch.sources import source
from trucewatch.sources.http import plain
from trucewatch.tables import AREAS
from trucewatch.testing import capture_of

GEOD = pyproj.Geod(ellps="WGS84")
LEFT = "the only party that this map leaves"


def one(**row) -> dict:
    return {**DEEP, **row}


# What a weapon reaches


def test_a_mortar_that_falls_deep_in_one_sides_ground_was_out_of_the_others_reach_and_that_is_no_proof_of_the_first():
    made = asked(evidence(one()))
    assert basis(made, "range") == {"north": "could", "south": "could_not"}
    said = made.attributed.row(0, named=True)
    assert (said["could"], said["could_not"], said["answer"]) == (["north"], ["south"], "left")
    assert said["says"].startswith("undetermined: Northland is the only party")
    words = made.attributions.filter(pl.col("party") == "south")["because"].item()
    assert "82 mm mortar: 9.0 km at the most" in words and "55.3 km off" in words and "14.5 km" in words


def test_near_the_line_either_could_have():
    made = asked(evidence(one(lat=48.05)))
    assert basis(made, "range") == {"north": "could", "south": "could"}
    assert answer(made) == "undetermined"


@pytest.mark.parametrize("others", [True, False])
def test_the_other_side_is_left_only_where_nobody_else_fights_there_and_even_then_it_only_could(others):
    made = asked(evidence(one()), agreed(others=others))
    row = made.attributions.filter(pl.col("party") == "north").row(0, named=True)
    assert row["says"] == "could" and (LEFT in row["because"]) is not others
    assert answer(made) == ("undetermined" if others else "left")
    assert made.attributed["named"].item().to_list() == []


def test_no_row_that_rests_on_a_map_ever_says_that_somebody_did_it():
    made = asked(evidence(one(), one(kind="works", weapon=None), one(kind="small_arms", weapon="rifle")))
    assert "did" not in made.attributions["says"].cast(pl.String).to_list()
    assert made.attributions.height == 8  # a rifle is held against both, its reach and who has to be there


def test_of_three_parties_that_one_could_not_leaves_two():
    third = agreed(parties=(NORTH, SOUTH, Party("east", "Eastland", ())))
    shapes = (*HALVES, ("Eastland", shapely.box(37.95, 48.45, 38.05, 48.55)))
    made = asked(evidence(one(), areas=drawn(*shapes)), third)
    assert basis(made, "range") == {"north": "could", "south": "could_not", "east": "could"}
    assert answer(made) == "undetermined" and LEFT not in "".join(made.attributions["because"])


def test_ground_of_somebody_who_is_no_party_within_reach_keeps_the_question_open():
    shapes = (*HALVES, ("The Band", shapely.box(37.95, 48.45, 38.05, 48.55)))
    made = asked(evidence(one(), areas=drawn(*shapes)))
    assert basis(made, "range")["south"] == "could_not"
    assert answer(made) == "undetermined"


def test_where_a_source_names_somebody_who_is_no_party_no_side_is_left():
    made = asked(evidence(one(), said=({"by": "The Band"},)))
    assert LEFT not in "".join(made.attributions["because"])
    assert made.attributed.row(0, named=True)["named"] == ["The Band"]
    assert made.attributions.filter(pl.col("basis") == "named")["party"].to_list() == [None]


# Maps


@pytest.mark.parametrize("who", ["contested", "unknown"])
def test_what_is_drawn_over_a_sides_ground_as_open_is_open(who):
    over = (who, shapely.box(37.98, 48.48, 37.99, 48.49))
    assert basis(asked(evidence(one(), areas=drawn(*HALVES, over))), "range") == {"north": "could", "south": None}


def test_a_party_is_left_by_one_map_and_not_by_several_together():
    """One rules out the south, the other the east: neither leaves the north alone."""
    third = agreed(parties=(NORTH, SOUTH, Party("east", "Eastland", ())))
    patch = shapely.box(37.95, 48.45, 38.05, 48.55)
    first = drawn(*HALVES, ("east", patch))
    second = drawn(*HALVES, ("south", patch), source="control/two")
    made = asked(evidence(one(), areas=pl.concat([first, second])), third)
    assert LEFT not in "".join(made.attributions["because"]) and answer(made) == "undetermined"
    assert made.attributed["disputed"].to_list() == [["east", "south"]]


@pytest.mark.parametrize("who", ["contested", "unknown", "Allies", None])
def test_ground_within_reach_of_which_the_map_does_not_tell_may_be_anybodys(who):
    """None: the map draws nothing there."""
    hole = shapely.box(37.98, 48.48, 37.99, 48.49)
    shapes = [("north", shapely.difference(HALVES[0][1], hole)), HALVES[1]]
    made = asked(evidence(one(), areas=drawn(*shapes, *([(who, hole)] if who else []))))
    assert basis(made, "range")["south"] == ("could" if who == "Allies" else None)
    assert answer(made) == "undetermined"


def test_ground_that_a_map_draws_as_both_sides_may_be_either_s():
    made = asked(evidence(one(), areas=drawn(*HALVES, ("south", shapely.box(37.98, 48.48, 37.99, 48.49)))))
    assert basis(made, "range") == {"north": "could", "south": "could"}


def test_each_map_speaks_for_itself_and_where_two_differ_that_is_said():
    other = drawn(("south", shapely.box(36, 47, 40, 50)), source="control/two")
    made = asked(evidence(one(), areas=pl.concat([drawn(*HALVES), other])))
    rows = made.attributions.select("source", "party", pl.col("says").cast(pl.String)).rows()
    assert sorted(rows) == [
        ("control/one", "north", "could"),
        ("control/one", "south", "could_not"),
        ("control/two", "north", "could_not"),
        ("control/two", "south", "could"),
    ]
    said = made.attributed.row(0, named=True)
    assert (said["disputed"], said["could"], said["answer"]) == (["north", "south"], [], "undetermined")


def test_two_maps_are_never_joined():
    """West of 38 is drawn by one and east of it by the other: neither tells of all ground within reach."""
    west = drawn(("north", shapely.box(37, 48, 38, 49)))
    east = drawn(("north", shapely.box(38, 48, 39, 49)), source="control/two")
    made = asked(evidence(one(), areas=pl.concat([west, east])))
    assert set(made.attributions.filter(pl.col("party") == "south")["says"]) == {None}


@pytest.mark.parametrize("days", [-1, 15, 40])
def test_a_map_of_a_later_day_or_of_long_ago_tells_nothing(days):
    made = asked(evidence(one(), areas=drawn(*HALVES, on=START - timedelta(days=days))))
    assert made.attributions.is_empty() and made.attributed["untold"].to_list() == [["north", "south"]]
    assert answer(made) == "undetermined"


def test_of_one_sources_maps_the_latest_before_it_counts():
    now = drawn(*HALVES)
    old = drawn(("south", shapely.box(36, 47, 40, 50)), on=BEFORE - timedelta(days=3))
    after = drawn(("south", shapely.box(36, 47, 40, 50)), on=START + timedelta(minutes=5))
    assert basis(asked(evidence(one(), areas=pl.concat([old, now, after]))), "range")["south"] == "could_not"


@pytest.mark.parametrize(
    ("row", "south"),
    [
        ({"radius_m": None}, None),  # how far off the place may be is not told
        ({"radius_m": 50_000.0}, "could"),
        ({"kind": "clash"}, None),  # may have been a drone
        ({"n_lineages": 1}, None),  # one voice may have the place or the weapon wrong
        ({"kind": "firing"}, "could_not"),
        ({"weapon": "152 mm howitzer"}, "could"),
    ],
)
def test_what_is_not_sure_rules_nobody_out(row, south):
    assert basis(asked(evidence(one(**row))), "range")["south"] == south


@pytest.mark.parametrize(
    "row",
    [
        {"weapon": None},
        {"weapon": "82 mm mortar and drones"},
        {"weapon": "97 mm thing"},
        {"kind": "loss"},
        {"kind": "presence"},
        {"kind": "explosion"},
        {"lon": None, "lat": None},
    ],
)
def test_without_a_bound_of_the_weapon_used_or_a_place_there_is_no_row(row):
    assert asked(evidence(one(**row))).attributions.is_empty()


# Who has to be there


@pytest.mark.parametrize("kind", ["works", "detention", "small_arms", "obstruction", "control", "assault"])
def test_who_acts_in_person_has_to_have_come_there(kind):
    made = asked(evidence(one(kind=kind, weapon=None)))
    assert basis(made, "ground") == {"north": "could", "south": "could_not"}
    assert basis(asked(evidence(one(kind=kind, weapon=None, lat=48.05))), "ground") == {
        "north": "could",
        "south": "could",
    }


@pytest.mark.parametrize("kind", ["shelling", "drone_strike", "mine_blast", "clash"])
def test_acts_that_can_be_done_from_elsewhere_ask_for_nobody_s_presence(kind):
    assert asked(evidence(one(kind=kind, weapon=None))).attributions.is_empty()


# Words


def test_copies_of_one_origin_are_one_voice_and_rivals_stand_beside_each_other():
    said = (
        {"by": "Northland", "source": "a", "lineage": ["agency"]},
        {"by": "Norland", "source": "b", "lineage": ["agency", "wire"]},
        {"by": "north", "source": "c", "lineage": ["wire"]},
        {"by": "Southland", "source": "d"},
    )
    made = asked(evidence({"weapon": None}, said=said))
    rows = made.attributions.select(
        "party", "source", pl.col("says").cast(pl.String), pl.col("observations").list.len()
    )
    assert sorted(rows.rows()) == [("north", "a, b, c", "did", 3), ("south", "d", "did", 1)]
    assert answer(made) == "rival"
    assert made.attributed["could"].to_list() == [["north", "south"]]


def test_a_name_by_one_voice_is_said_as_that_and_a_map_against_it_disputes_it():
    assert answer(asked(evidence(one(), said=({"by": "Northland"},)))) == "named"
    made = asked(evidence(one(), said=({"by": "Southland"},)))
    assert answer(made) == "disputed" and made.attributed["disputed"].to_list() == [["south"]]


def test_denials_name_nobody():
    assert asked(evidence(one(weapon=None), said=({"by": "Northland", "stance": "denies"},))).attributions.is_empty()


@pytest.mark.parametrize(("by", "between"), [("Allies", None), (None, ["Northland", "Southland"])])
def test_a_name_for_several_and_the_sides_of_a_fight_are_not_who_did_it(by, between):
    made = asked(evidence({"weapon": None}, said=({"by": by, "between": between},)))
    assert basis(made, "named") == {"north": "could", "south": "could"}
    assert "not as who did it" in made.attributions["because"][0]
    assert answer(made) == "undetermined"


SPEAKS = {"feed/ministry": "Northland", "agency": "north"}


@pytest.mark.parametrize(
    ("said", "kind", "verdict"),
    [
        ({"by": "north", "source": "feed/ministry"}, "against_interest", "against_interest"),
        ({"by": "south", "source": "feed/ministry"}, "own_claim", "claimed"),
        ({"by": "The Band", "source": "feed/ministry"}, "own_claim", "claimed"),
        ({"by": "north", "source": "x", "lineage": ["agency"]}, "against_interest", "against_interest"),
        ({"by": "south", "source": "x", "lineage": ["agency"]}, "own_claim", "claimed"),
        ({"by": "south", "source": "x", "lineage": ["agency", "somebody"]}, "own_claim", "claimed"),
        # Who repeats others beside the party may have it from them: no word against interest.
        ({"by": "north", "source": "x", "lineage": ["agency", "somebody"]}, "named", "named"),
        ({"by": "north", "source": "Norland"}, "against_interest", "against_interest"),
        ({"by": "south", "source": "elsewhere"}, "named", "named"),
        ({"by": "Allies", "source": "feed/ministry"}, "named", "undetermined"),
        # One side's source that tells of the other's admission is no admission.
        ({"by": "south", "source": "feed/ministry", "lineage": ["Sutherland"]}, "named", "named"),
    ],
)
def test_a_word_against_ones_own_interest_is_a_basis_of_its_own_and_one_against_another_side_weighs_little(
    said, kind, verdict
):
    made = asked(evidence({"weapon": None}, said=(said,)), speaks=SPEAKS)
    assert set(made.attributions["basis"].cast(pl.String)) == {kind}
    assert answer(made) == verdict
    words = made.attributions["because"][0]
    assert ("against its interest, so it weighs more" in words) is (kind == "against_interest")
    assert ("interest in naming another side" in words) is (kind == "own_claim")


def test_who_repeats_both_sides_speaks_for_none():
    lineage = ["Norland", "Sutherland"]
    for by in ("north", "south"):
        made = asked(evidence({"weapon": None}, said=({"by": by, "lineage": lineage},)))
        assert set(made.attributions["basis"].cast(pl.String)) == {"named"}


def test_a_word_against_interest_does_not_silence_a_rival():
    said = ({"by": "north", "source": "Norland"}, {"by": "south", "source": "elsewhere"})
    made = asked(evidence({"weapon": None}, said=said))
    assert answer(made) == "rival" and "against its interest" in made.attributed["says"].item()


def test_a_speaker_for_a_party_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'north'"):
        asked(evidence({}), speaks={"x": "nort"})


# Directions


def seen(bearing: float, near: float, far: float, says: str, lat: float = 48.5) -> dict:
    place = {"lon": 38.0, "lat": lat, "bearing_deg": bearing, "spread_deg": 11.25, "near_m": near, "far_m": far}
    return {"sector": place, "says": says}


def test_fire_that_leaves_over_ground_of_one_side_did_not_leave_from_the_others():
    said = seen(0.0, 2000.0, 4000.0, "heard: outgoing rounds")
    made = asked(evidence({"weapon": None}, said=(said,)))
    assert basis(made, "direction") == {"north": "could", "south": "could_not"}
    assert answer(made) == "left"


@pytest.mark.parametrize(
    ("bearing", "lat", "says", "north", "south"),
    [
        (180.0, 48.02, "outgoing", "could", "could"),  # the wedge is near the line
        (180.0, 47.5, "outgoing", "could_not", "could"),
        (0.0, 48.95, "outgoing", "could", None),  # part of it lies where the map draws nothing
    ],
)
def test_a_direction_speaks_of_all_ground_that_it_may_mean(bearing, lat, says, north, south):
    made = asked(evidence({"weapon": None}, said=(seen(bearing, 2000.0, 4000.0, says, lat),)))
    assert basis(made, "direction") == {"north": north, "south": south}


@pytest.mark.parametrize(
    ("bearing", "lat", "exact", "south"),
    [
        (70.0, 48.01, {}, "could"),  # 22.5 degrees further round it crosses the line
        (70.0, 48.01, {"bearing_slack_deg": 0.0}, "could_not"),
        (180.0, 48.05, {}, "could"),  # at twice the range it reaches the line
        (180.0, 48.05, {"ear_factor": 1.0}, "could_not"),
    ],
)
def test_bearings_and_ranges_by_ear_are_given_room_for_error(bearing, lat, exact, south):
    params = AttributionParams(**{"map_edge_m": 0.0, **exact})
    made = asked(evidence({"weapon": None}, said=(seen(bearing, 1000.0, 4000.0, "outgoing", lat),)), params=params)
    assert basis(made, "direction") == {"north": "could", "south": south}


def test_a_direction_that_one_voice_alone_tells_rules_nobody_out():
    said = seen(0.0, 2000.0, 4000.0, "outgoing")
    assert basis(asked(evidence({"weapon": None, "n_lineages": 1}, said=(said,))), "direction")["south"] is None


@pytest.mark.parametrize("says", ["explosions", "incoming", "outgoing and incoming", None, "ongoing"])
def test_a_bearing_of_something_that_is_not_said_to_leave_tells_nothing_of_who_did_it(says):
    made = asked(evidence({"weapon": None}, said=(seen(0.0, 2000.0, 4000.0, says),)))
    assert made.attributions.is_empty()


def test_where_it_came_in_from_is_a_hint_that_rules_nobody_out():
    north = asked(evidence({"lat": 48.03, "weapon": "60 mm mortar"}, said=({"says": "incoming from the north"},)))
    assert basis(north, "direction") == {"north": "could", "south": "could"}  # the edge of the map may be off
    deep = asked(evidence({"lat": 48.2, "weapon": "60 mm mortar"}, said=({"says": "incoming, north to south"},)))
    assert basis(deep, "direction") == {"north": "could", "south": None}


@pytest.mark.parametrize(
    ("says", "turn"),
    [
        ("incoming from the north-west", (315.0, 22.5)),
        ("from southeast", (135.0, 22.5)),
        ("incoming, flew east to west", (90.0, 45.0)),
        ("from the north-north-west", (337.5, 11.25)),
        ("from the east-south-east", (112.5, 11.25)),
        ("from the west bank", None),
        ("from north of the village", None),
        ("from Northland", None),
        ("from northern fields", None),
        ("towards the east", None),
    ],
)
def test_a_point_of_the_compass_is_where_it_came_from_only_where_the_words_say_so(says, turn):
    assert compass(says) == turn


# Neutral, and safe


NAMES = {"north": "south", "Northland": "Southland", "Norland": "Sutherland"}
SWAP = NAMES | {b: a for a, b in NAMES.items()}


def swapped(given: Evidence) -> Evidence:
    said = given.observations.with_columns(
        pl.col("by", "source").replace(SWAP), pl.col("lineage", "between").list.eval(pl.element().replace(SWAP))
    )
    return Evidence(given.incidents, said, given.links, given.areas.with_columns(pl.col("held_by").replace(SWAP)))


def bag(made: Attributed, swap: bool) -> list:
    """All that is told, but for ids that are made from names."""
    turn = SWAP if swap else {}
    lists = ("could", "could_not", "disputed", "untold", "left", "named")
    sources = pl.col("source").str.split(", ").list.eval(pl.element().replace(turn)).list.sort().list.join(", ")
    rows = made.attributions.drop("id", "because").with_columns(pl.col("party").replace(turn), sources)
    whole = made.attributed.drop("says").with_columns(pl.col(lists).list.eval(pl.element().replace(turn)).list.sort())
    return sorted(map(repr, rows.rows())) + sorted(map(repr, whole.rows()))


@st.composite
def worlds(draw) -> Evidence:
    place = st.floats(47.2, 48.8)
    kinds = st.sampled_from(["shelling", "small_arms", "works", "clash", "explosion"])
    weapons = st.sampled_from([None, "82 mm mortar", "122 mm Grad", "small arms", "tube"])
    rows = [
        {"kind": draw(kinds), "lat": draw(place), "weapon": draw(weapons), "radius_m": draw(st.sampled_from([None, 200.0, 9000.0]))}
        for _ in range(draw(st.integers(1, 3)))
    ]  # fmt: skip
    words = st.fixed_dictionaries(
        {
            "by": st.sampled_from([None, "Northland", "Southland", "Allies", "The Band"]),
            "source": st.sampled_from(["a", "b", "Norland", "Sutherland"]),
            "lineage": st.sampled_from([None, ["x"], ["Norland"], ["x", "Sutherland"]]),
            "of": st.sampled_from([f"i{n + 1}" for n in range(len(rows))]),
            "says": st.sampled_from([None, "outgoing", "incoming from the north"]),
            "sector": st.sampled_from([None, seen(0.0, 500.0, 2000.0, "")["sector"]]),
        }
    )
    line = draw(st.floats(47.5, 48.5))
    shapes = [("north", shapely.box(37, line, 39, 49)), ("south", shapely.box(37, 47, 39, line))]
    shapes += [("contested", shapely.box(37, line - 0.02, 39, line + 0.02))] * draw(st.integers(0, 1))
    return evidence(*rows, areas=drawn(*shapes), said=tuple(draw(st.lists(words, max_size=4))))


@settings(max_examples=40)
@given(worlds())
def test_with_the_parties_exchanged_the_answer_is_the_same_with_them_exchanged(world):
    assert bag(asked(world), swap=False) == bag(asked(swapped(world)), swap=True)


@settings(max_examples=25)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(world, chance):
    def mixed(table: pl.DataFrame) -> pl.DataFrame:
        return table.sample(fraction=1, shuffle=True, seed=chance.randrange(1000))

    again = asked(Evidence(*(mixed(t) for t in (world.incidents, world.observations, world.links, world.areas))))
    assert again.attributions.equals(asked(world).attributions)
    assert again.attributed.equals(asked(world).attributed)


def ruled_out(made: Attributed) -> set:
    out = made.attributions.filter(pl.col("says") == "could_not")
    return set(out.select("incident", "party", "basis", "source", "map_on").rows())


TUBE = st.floats(47.2, 48.8).map(lambda lat: {"lat": lat, "weapon": "tube"})


@settings(max_examples=40)
@given(TUBE, st.floats(1, 60_000), st.floats(1, 60_000))
def test_more_range_never_rules_a_party_out(row, a, b):
    short, long = sorted((a, b))
    world = evidence(row)
    assert ruled_out(asked(world, table=reaching(long))) <= ruled_out(asked(world, table=reaching(short)))


@settings(max_examples=40)
@given(
    worlds(),
    st.sampled_from(["map_edge_m", "presence_m", "bearing_slack_deg", "ear_factor", "flat_slack"]),
    st.floats(1, 3),
)
def test_more_room_for_error_never_rules_a_party_out(world, name, times):
    more = AttributionParams(**{name: getattr(PARAMS, name) * times})
    assert ruled_out(asked(world, params=more)) <= ruled_out(asked(world))


@settings(max_examples=40)
@given(TUBE, st.floats(0, 60_000), st.floats(0, 60_000))
def test_a_larger_radius_never_rules_a_party_out(row, a, b):
    fine, vague = sorted((a, b))
    tight, wide = (ruled_out(asked(evidence({**row, "radius_m": r}), table=reaching(5000))) for r in (fine, vague))
    assert wide <= tight


def by_hand(ground: shapely.Geometry, lon: float, lat: float) -> float:
    """Metres to the nearest point of an outline, on the ellipsoid, by trying many of them."""
    at = shapely.get_coordinates(shapely.segmentize(shapely.boundary(ground), 0.002))
    n = len(at)
    return float(np.min(GEOD.inv(np.full(n, lon), np.full(n, lat), at[:, 0], at[:, 1])[2]))


@pytest.mark.parametrize("wide", [1.0, 8.0, 25.0])
def test_the_nearest_ground_is_no_farther_than_by_hand_and_hardly_nearer(wide):
    """On a map that is 50 degrees wide a flat drawing stretches what is far from its middle."""
    north, south = shapely.box(38 - wide, 48, 38 + wide, 56), shapely.box(38 - wide, 40, 38 + wide, 48)
    one_map = sheet(drawn(("north", north), ("south", south)), agreed())
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(38 - wide, 38 + wide, 12), rng.uniform(46, 50, 12)
    points = one_map.points(lon, lat)
    away, kept = one_map.away_m("south", points, PARAMS), one_map.kept_m("south", points, PARAMS)
    for n in range(len(lon)):
        inside = shapely.contains_xy(north, lon[n], lat[n])
        true = by_hand(south, lon[n], lat[n]) if inside else 0.0
        most = 1.002 * true + 30  # the drawing's edges are straight between corners of 0.05 degrees
        assert 0.93 * true - 30 <= away[n] <= most
        assert kept[n] <= (by_hand(north, lon[n], lat[n]) * 1.002 + 30 if inside else 0.0)


def test_on_a_real_map_nobody_is_ruled_out_who_may_stand_within_reach():
    """Control on 1 May 2022: every circle that is said to be out of a side's reach is tried at many points of it."""
    path = DATA / "deepstate_control_daily" / "2022-05-01.geojson.gz"
    if not path.is_file():
        pytest.skip(f"no real data: {path} is not there (set TRUCEWATCH_DATA)")
    areas = real_map(path)
    held = areas.filter(pl.col("held_by") == "russia")
    box = shapely.total_bounds(shapely.from_wkb(held["geometry"].to_numpy()))
    rng = np.random.default_rng(2)
    rows = [
        {"lon": x, "lat": y, "weapon": "82 mm mortar", "t0": areas["on"][0] + timedelta(hours=1)}
        for x, y in zip(rng.uniform(box[0], box[2], 400), rng.uniform(box[1], box[3], 400), strict=True)
    ]
    two = agreed(parties=(Party("russia", "R", ()), Party("ukraine", "U", ())))
    world = evidence(*rows, areas=areas)
    made = asked(world, two)
    out = made.attributions.filter(pl.col("says") == "could_not").join(
        world.incidents, left_on="incident", right_on="id"
    )
    assert 20 < out.height < 300
    for party, lon, lat in out.select("party", "lon", "lat").rows():
        turns, far = np.arange(0, 360, 10.0), 9000.0 + 500.0
        x, y, _ = GEOD.fwd(np.full(36, lon), np.full(36, lat), turns, np.full(36, far))
        others = areas.filter(pl.col("held_by").is_in(["russia", "ukraine"]) & (pl.col("held_by") != party))
        ground = shapely.union_all(shapely.make_valid(shapely.from_wkb(others["geometry"].to_numpy())))
        assert shapely.contains_xy(ground, [*x, lon], [*y, lat]).all()


def real_map(path: Path) -> pl.DataFrame:
    raw = gzip.decompress(path.read_bytes())
    mapping = plain(yaml.safe_load((ROOT / "mappings" / "deepstate-daily.yaml").read_text(encoding="utf-8")))
    feed = source("control")
    return feed.read(capture_of(feed, raw, url=path.name, options={"mapping": mapping}), raw).areas


def test_with_nothing_at_hand_everything_is_undetermined():
    made = asked(evidence({}, {}, areas=AREAS.empty()))
    assert made.attributions.is_empty()
    assert made.attributed["answer"].cast(pl.String).to_list() == ["undetermined"] * 2
    empty = evidence({})
    assert asked(replace(empty, incidents=empty.incidents.head(0))).attributed.is_empty()
