"""`trucewatch agreement where`: each article's ground on a map, by whose reading and whose line."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyproj
import pytest
import shapely
from commanded import refused, run

from trucewatch.assess import AssessParams, agreement
from trucewatch.assess.rows import terms_table
from trucewatch.cli.agreement.maps import MapOptions, read_map
from trucewatch.cli.base import shipped

GEOD = pyproj.Geod(ellps="WGS84")
DATA = Path(os.environ.get("TRUCEWATCH_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
DE_FACTO = [[38.0, 47.0], [38.0, 48.0], [38.0, 49.5]]
OF_2014 = [[38.3, 47.0], [38.3, 48.0], [38.3, 49.5]]
HALF_KM = {"artillery": 25, "rockets": 35, "heavy-rockets": 70}

TRUCE = """\
agreement: ford
title: Truce at the ford
display_zone: Asia/Aden
source: invented
parties:
  - {id: north, name: Northland, also: [Norland]}
  - {id: south, name: Southland}
  - {id: east, name: Eastland}
umbrella:
  - {name: Allies, of: [south, east]}
terms:
  - id: guns
    article: "1"
    says: Guns leave a zone 50 km wide.
    source: invented
    bars: {acts: [shelling]}
    where: {says: along the line, line: contact, zone_width_m: 50000}
    since: "2020-05-01 12:00 Asia/Aden"
    until: "2020-06-01 00:00 Asia/Aden"
    readings:
      south: {source: invented, since: unknown}
  - id: bank
    article: "2"
    says: Fifteen kilometres on the western bank.
    source: invented
    bars: {acts: [shelling]}
    where: {says: the bank, line: contact, distance_a_side_m: 15000, toward: [30, 15]}
    since: "2020-05-01 12:00 Asia/Aden"
    until: open
  - id: buffer
    article: "3"
    says: The buffer is left.
    source: invented
    bars: {acts: [armed]}
    where: {says: the buffer, role: buffer}
    since: "2020-05-01 12:00 Asia/Aden"
    until: open
  - id: strait
    article: "4"
    says: Ten kilometres along the strait.
    source: invented
    bars: {acts: [armed]}
    where: {says: the strait, path: {points: [[179.8, 15.0], [-179.8, 15.2]]}, zone_width_m: 20000}
    since: "2020-05-01 12:00 Asia/Aden"
    until: open
"""


def shape(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def box(west: float, south: float, east: float, north: float, **properties: Any) -> dict[str, Any]:
    return shape("Polygon", [[[west, south], [east, south], [east, north], [west, north], [west, south]]], **properties)


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Write maps into a folder, with the truce beside them: name, features -> the file's name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ford.yaml").write_text(TRUCE)

    def write(name: str, *features: dict[str, Any], **more: Any) -> str:
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **more}))
        return name

    return write


def told(file: str, *words: str, on: str = "2020-05-10") -> dict[str, dict[str, Any]]:
    """`<term>/<reading>` -> its feature."""
    found = json.loads(run("agreement", "where", file, "--on", on, *words, "--json").stdout)
    assert found["type"] == "FeatureCollection" and "crs" not in found
    return {feature["id"].partition("/")[2]: feature for feature in found["features"]}


def reach(feature: dict[str, Any], lon: float, lat: float, turn: float) -> float:
    """How far the zone reaches from there, straight in that direction, in km on the ellipsoid."""
    zone = shapely.from_geojson(json.dumps(feature["geometry"]))
    far = np.arange(10.0, 120_000, 20.0)
    xs, ys, _ = GEOD.fwd(*(np.full(len(far), value) for value in (lon, lat, turn)), far)
    inside = shapely.contains_xy(zone, xs, ys)
    return float(far[int(np.argmin(inside))]) / 1000 if inside[0] else 0.0


def test_each_partys_zone_reaches_half_its_width_from_that_partys_own_line(at):
    """50, 70 and 140 km wide are 25, 35 and 70 km to each side; the two lines are 22 km apart here."""
    lines = at(
        "lines.geojson", shape("LineString", DE_FACTO, role="line: contact de facto"),
        shape("LineString", OF_2014, name="contact 2014-09-19"),
    )  # fmt: skip
    found = told("minsk-ii-2015", "--map", lines, on="2015-03-10")
    seen = 0
    for name, feature in found.items():
        kind, _, who = name.partition("/")[0].removesuffix("-formations").rpartition("-")
        if kind.removesuffix("-armed") not in HALF_KM:
            continue
        half, lon = HALF_KM[kind.removesuffix("-armed")], 38.0 if who == "ukraine" else 38.3
        properties = feature["properties"]
        assert properties["zone_width_m"] == half * 2000 and properties["distance_a_side_m"] == half * 1000
        assert properties["line"] == ("contact de facto" if who == "ukraine" else "contact 2014-09-19")
        assert (properties["stand_in"], properties["lacks"], properties["map"]) == (False, None, "control/unnamed")
        for turn in (90, -90):
            assert reach(feature, lon, 48.25, turn) == pytest.approx(half, rel=0.01)
        seen += 1
    assert seen >= 6


def test_a_map_of_ground_stands_in_for_both_lines_and_says_so(at):
    ground = at(
        "control.geojson", box(36, 47, 38, 49.5, held_by="ukraine"), box(38, 47, 40, 48.2, held_by="dpr"),
        box(38, 48.2, 40, 49.5, held_by="lpr"),
    )  # fmt: skip
    found = told("minsk-ii-2015", "--map", ground, on="2015-03-10")
    for name, half in (("artillery-ukraine", 25), ("rockets-ukraine", 35), ("heavy-rockets-armed-formations", 70)):
        feature = found[f"{name}/text"]
        assert feature["properties"]["stand_in"] is True
        line = feature["properties"]["line"]
        assert feature["properties"]["lacks"].startswith(
            f"a map that draws the line: {line}; in its place stands the line where"
        )
        for turn in (90, -90):
            assert reach(feature, 38.0, 48.0, turn) == pytest.approx(half, rel=0.01)


def test_what_stands_in_here_is_no_ground_in_a_finding(at, tmp_path):
    """The same map, asked by the room that judges: it draws no line, so there is no zone."""
    at("g.geojson", box(44, 14, 46, 16, held_by="north"), box(46, 14, 48, 16, held_by="south"))
    assert told("ford.yaml", "--map", "g.geojson")["guns/text"]["properties"]["stand_in"] is True
    agreed = agreement((tmp_path / "ford.yaml").read_text(), "ford.yaml")
    options = MapOptions(None, None, None, agreed.terms[0].readings[0].when.since, None)
    areas = read_map("g.geojson", agreed, options, AssessParams()).areas
    terms = terms_table(agreed, areas, AssessParams()).filter(pl.col("term") == "guns")
    assert terms["zone_kind"].unique().to_list() == ["unknown"]


def test_it_is_geojson_as_the_standard_has_it(at):
    lines = at(
        "m.geojson", shape("LineString", [[46, 14], [46, 16]], name="contact"), box(44, 14, 45, 15, role="zone: buffer")
    )
    found = told("ford.yaml", "--map", lines)
    assert list(found) == ["guns/text", "guns/south", "bank/text", "buffer/text", "strait/text"]
    for feature in found.values():
        geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert geometry.is_valid
        for part in shapely.get_parts(geometry):
            assert part.exterior.is_ccw and not any(ring.is_ccw for ring in part.interiors)
        west, south, east, north = geometry.bounds
        assert -180 <= west < east <= 180 and -90 <= south < north <= 90
        assert {"agreement", "term", "article", "kind", "reading", "binds", "says", "zone_width_m", "distance_a_side_m",
                "line", "map", "in_force", "lacks", "stand_in"} <= set(feature["properties"])  # fmt: skip
    assert found["buffer/text"]["properties"]["map"] == "control/unnamed"
    assert found["strait/text"]["properties"]["antimeridian"] is True
    assert found["strait/text"]["geometry"]["type"] == "MultiPolygon"
    assert found["guns/text"]["properties"]["antimeridian"] is False


def test_a_zone_on_one_side_has_no_width_and_reaches_to_that_side_alone(at):
    lines = at("m.geojson", shape("LineString", [[46, 14], [46, 16]], name="contact"))
    bank = told("ford.yaml", "--map", lines)["bank/text"]
    assert (bank["properties"]["zone_width_m"], bank["properties"]["distance_a_side_m"]) == (None, 15000)
    assert reach(bank, 46, 15, -90) == pytest.approx(15, rel=0.01)
    assert reach(bank, 46, 15, 90) <= 0.01


@pytest.mark.parametrize(
    ("on", "forced"),
    [
        ("2020-05-10", ("yes", "not known")),
        ("2020-04-30", ("no", "not known")),
        ("2020-05-01", ("in part", "not known")),
        ("2020-05-31", ("yes", "not known")),
        ("2020-06-01", ("no", "no")),
        ("2020-05-01 08:59Z", ("no", "not known")),
        ("2020-05-01 09:00Z", ("yes", "not known")),
        ("2020-05-31 20:59Z", ("yes", "not known")),
        ("2020-05-31 24:00 Asia/Aden", ("no", "no")),
    ],
)
def test_it_says_whether_the_term_is_in_force_that_day(at, on, forced):
    found = told("ford.yaml", on=on)
    assert tuple(found[name]["properties"]["in_force"] for name in ("guns/text", "guns/south")) == forced


@pytest.mark.parametrize(
    ("features", "lacks"),
    [
        ([], "a map that draws the line: contact (m.geojson draws no line, and no ground that anybody holds)"),
        (
            [shape("LineString", [[46, 14], [46, 16]], name="a"), shape("LineString", [[47, 14], [47, 16]], name="b")],
            "a map that draws the line: contact (m.geojson draws 2 others: a, b)",
        ),
        (
            [
                box(44, 14, 46, 16, held_by="north"),
                box(46, 14, 48, 15, held_by="south"),
                box(46, 15, 48, 16, held_by="Others"),
            ],
            "a map that draws the line: contact (m.geojson draws no line, and the ground of more than two sides: "
            "Allies and Northland; Allies and Others; Northland and Others)",
        ),
        (
            [box(44, 14, 46, 16, held_by="north"), box(46.5, 14, 48, 16, held_by="south")],
            "a map that draws the line: contact (m.geojson draws no line; choose whose ground's outline is to stand in "
            "with --outline: Allies, Northland)",
        ),
    ],
)
def test_where_not_exactly_one_line_can_be_had_there_is_no_ground_and_it_says_why(at, features, lacks):
    guns = told("ford.yaml", "--map", at("m.geojson", *features))["guns/text"]
    assert guns["geometry"] is None
    assert (guns["properties"]["lacks"], guns["properties"]["stand_in"]) == (lacks, False)
    assert guns["properties"]["ground"] == "unknown"


def test_one_line_without_a_name_stands_in_and_one_by_another_name_too(at):
    for name, which in ((None, "the only line drawn, which has no name"), ("front", "the only line drawn, 'front'")):
        lines = at("m.geojson", shape("LineString", [[46, 14], [46, 16]], **({"name": name} if name else {})))
        guns = told("ford.yaml", "--map", lines)["guns/text"]
        assert guns["properties"]["stand_in"] is True
        assert guns["properties"]["lacks"] == f"a map that draws the line: contact; in its place stands {which}"
        assert reach(guns, 46, 15, 90) == pytest.approx(25, rel=0.01)


def test_a_file_given_for_a_line_is_that_line_whatever_it_calls_it(at):
    mine = at("mine.geojson", shape("LineString", [[46, 14], [46, 16]], name="front"))
    other = at("other.geojson", shape("LineString", [[40, 14], [40, 16]], name="contact"))
    guns = told("ford.yaml", "--map", f"contact={mine}", "--map", other)["guns/text"]
    assert (guns["properties"]["stand_in"], guns["properties"]["map_file"]) == (False, "mine.geojson")
    assert reach(guns, 46, 15, 90) == pytest.approx(25, rel=0.01)


def test_ground_is_known_by_a_partys_name_and_allies_are_one_side(at):
    ground = at(
        "m.geojson",
        box(44, 14, 46, 16, controlled_by="Norland"),
        box(46, 14, 48, 15, who="Southland"),
        box(46, 15, 48, 16, who="east"),
    )
    guns = told("ford.yaml", "--map", ground)["guns/text"]
    assert "ground held by Allies and by Northland" in guns["properties"]["lacks"]
    assert reach(guns, 46, 15, -90) == pytest.approx(25, rel=0.01)


def test_the_outline_of_one_sides_ground_stands_in_only_where_it_is_asked_for_or_alone(at):
    parts = (box(44, 14, 46, 16, held_by="north"), box(46.5, 14, 48, 16, held_by="south"))
    ground = at("m.geojson", *parts)
    assert told("ford.yaml", "--map", ground)["guns/text"]["geometry"] is None
    asked = told("ford.yaml", "--map", ground, "--outline", "north")["guns/text"]["properties"]
    alone = told("ford.yaml", "--map", at("n.geojson", parts[0]))["guns/text"]["properties"]
    for properties in (asked, alone):
        assert properties["stand_in"] is True and properties["km2"] > 10_000
        assert (
            "the whole outline of the ground drawn as held by Northland, coast and border included"
            in properties["lacks"]
        )
    assert refused(
        "agreement", "where", "ford.yaml", "--on", "2020-05-10", "--map", ground, "--outline", "nort"
    ).startswith("--outline: there is no holder of ground on the map 'nort'; did you mean 'north'")


def test_rival_maps_are_neither_joined_nor_chosen_between(at):
    for name, lon in (("one", 46), ("two", 46.2)):
        at(f"{name}.geojson", shape("LineString", [[lon, 14], [lon, 16]], name="contact"))
    same = told("ford.yaml", "--map", "one.geojson", "--map", "two.geojson")["guns/text"]["properties"]
    assert same["lacks"] == "one map: several of one instant draw it (one.geojson, two.geojson)"
    for name, lon, day in (("one", 46, 1), ("two", 46.2, 9)):
        line = shape("LineString", [[lon, 14], [lon, 16]], name="contact")
        at(f"{name}.geojson", line, mapper=name, snapshot_utc=f"2020-04-0{day}T00:00:00")
    rivals = told("ford.yaml", "--map", "one.geojson", "--map", "two.geojson")["guns/text"]
    assert rivals["geometry"] is None
    assert rivals["properties"]["lacks"] == "one map: several draw it (sources control/one, control/two)"


def test_of_one_mappers_maps_the_latest_not_younger_than_the_start_counts(at):
    for name, lon, on in (("one", 45, "2020-04-01"), ("two", 46, "2020-04-30"), ("three", 47, "2020-05-02")):
        at(
            f"{name}.geojson",
            shape("LineString", [[lon, 14], [lon, 16]], name="contact"),
            snapshot_utc=f"{on}T00:00:00",
        )
    words = [word for name in ("one", "two", "three") for word in ("--map", f"{name}.geojson")]
    guns = told("ford.yaml", *words)["guns/text"]
    assert (guns["properties"]["map_file"], guns["properties"]["map_on"]) == ("two.geojson", "2020-04-30T00:00:00Z")
    assert guns["properties"]["lacks"] is None
    late = told("ford.yaml", "--map", "three.geojson")["guns/text"]["properties"]
    assert late["lacks"] == "a map of the start, 2020-05-01 09:00 UTC: this one is of 2020-05-02 00:00 UTC"
    assert late["km2"] > 10_000
    dated = told("ford.yaml", "--map", "three.geojson", "--date", "2020-04-30")["guns/text"]["properties"]
    assert (dated["map_on"], dated["lacks"]) == ("2020-04-29T21:00:00Z", None)


def test_a_map_that_tells_no_instant_has_none(at):
    lines = at("m.geojson", shape("LineString", [[46, 14], [46, 16]], name="contact"))
    assert told("ford.yaml", "--map", lines)["guns/text"]["properties"]["map_on"] is None


def test_ground_that_needs_no_map_is_there_without_one():
    found = told("easter-2025", on="2025-04-20")
    assert {feature["properties"]["ground"] for feature in found.values()} == {"everywhere"}
    assert all(feature["geometry"] is None and feature["properties"]["lacks"] is None for feature in found.values())
    assert told("minsk-ii-2015", on="2015-03-10")["ceasefire/text"]["geometry"]["type"] == "Polygon"


def test_for_people_it_is_a_line_a_term_and_reading_and_what_is_lacking_once(at):
    lines = at("m.geojson", shape("LineString", [[46, 14], [46, 16]], name="front"))
    said = run("agreement", "where", "ford.yaml", "--on", "2020-05-10", "--map", lines).stdout.splitlines()
    assert said[0] == "ford on 2020-05-10"
    assert said[1].startswith(
        "  guns (text): 50 km wide, 25 km to each side of the line contact (another stands in for it) by control/unnamed, "
    )
    assert said[1].endswith(" km2, in force: yes [1]") and said[2].endswith("in force: not known [1]")
    assert "bank (text): 15 km to one side of the line contact" in said[3]
    assert said[4] == "  buffer (text): ground not known, in force: yes [2]"
    assert "across the antimeridian" in said[5]
    assert said[6] == "[1] lacks a map that draws the line: contact; in its place stands the only line drawn, 'front'"
    assert said[7] == "[2] lacks a map that draws the zone: buffer"


def test_a_packed_map_and_a_lone_geometry_are_read(at):
    Path("m.geojson.gz").write_bytes(
        gzip.compress(json.dumps({"type": "LineString", "coordinates": [[46, 14], [46, 16]]}).encode())
    )
    guns = told("ford.yaml", "--map", "m.geojson.gz")["guns/text"]
    assert guns["properties"]["stand_in"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--on", "soon"), "--on: cannot read the time 'soon'; expected a day, as 2015-03-10, or a time"),
        (("--on", "2020-02-30"), "--on: there is no day '2020-02-30'; expected a day, as 2015-03-10, or a time"),
        (("--on", "2020-05-10", "--map", "nothing.geojson"), "nothing.geojson: there is no such file"),
        (("--on", "2020-05-10", "--map", "ford.yaml"), "ford.yaml: is not whole JSON"),
        (("--on", "2020-05-10", "--map", "contcat=ford.yaml"), "--map: there is no line in the agreement 'contcat'; did you mean 'contact'"),
        (("--on", "2020-05-10", "--mapping", "deepstat"), None),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(at, words, message):
    if message is None:
        at("m.geojson")
        words = (*words, "--map", "m.geojson")
        message = "there is no mapping 'deepstat'; did you mean 'deepstate-raw'"
    assert refused("agreement", "where", "ford.yaml", *words).startswith(message)


@pytest.mark.parametrize("name", sorted(shipped("agreements")))
def test_every_shipped_agreement_has_ground_or_says_what_lacks(name):
    found = told(name, on="2025-04-20")
    assert found
    for feature in found.values():
        properties = feature["properties"]
        assert (feature["geometry"] is None) == (properties["ground"] != "polygon")
        assert bool(properties["lacks"]) == (properties["ground"] == "unknown")


def test_a_real_map_of_one_sides_ground_gives_its_outline_and_says_that_it_is_late():
    path = DATA / "deepstate_occupied_daily_2025_08" / "deepstatemap_data_20250801.geojson.gz"
    if not path.is_file():
        pytest.skip("the maps are not here: set TRUCEWATCH_DATA")
    found = told("minsk-ii-2015", "--map", str(path), "--mapping", "deepstate-occupied", on="2025-08-01")
    guns = found["artillery-ukraine/text"]["properties"]
    assert (guns["map"], guns["map_on"], guns["stand_in"]) == ("control/deepstate", "2025-08-01T03:00:00Z", True)
    assert "coast and border included" in guns["lacks"] and "a map of the start, 2015-" in guns["lacks"]
    assert 100_000 < guns["km2"] < 200_000


def test_a_line_that_says_it_is_one_goes_by_its_name(at):
    lines = at("m.geojson", shape("LineString", [[46, 14], [46, 16]], role="line", name="contact"))
    assert told("ford.yaml", "--map", lines)["guns/text"]["properties"]["ground"] == "polygon"
