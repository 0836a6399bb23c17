"""One clear line and exit status 2, or a problem row; never a wrong rung."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from shapes import SHAPES, geojson, plane

from trucewatch.cli import main

SLIT = next(shape for shape in SHAPES if shape.name == "a rectangle with a slit")


def ask(path, *more, at=None, held_by="b", elsewhere="b"):
    lon, lat = at or plane().transform(*SLIT.at)
    words = ["ring", str(path), "--at", f"{lon},{lat}", "--held-by", held_by, "--json", *more]
    return CliRunner().invoke(main, words + (["--elsewhere", elsewhere] if elsewhere else []))


def written(tmp_path, text=None, name="map.geojson"):
    path = tmp_path / name
    path.write_text(geojson(SLIT) if text is None else text)
    return path


def refused(ran, *words):
    assert ran.exit_code == 2, ran.output
    lines = [line for line in ran.stderr.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("trucewatch: "), ran.stderr
    assert all(word in lines[0] for word in words), lines[0]
    assert ran.stdout == ""


def test_the_bare_form_answers_as_the_issue_says(tmp_path):
    told = json.loads(ask(written(tmp_path)).stdout)
    assert told["neck_m"] == {
        "contested_free": pytest.approx(500, abs=1),
        "contested_hostile": pytest.approx(500, abs=1),
    }
    assert {"rung_low", "rung_high", "neck_line", "pocket_km2", "depth_m", "routes", "maps", "because"} <= set(told)
    assert (told["rung_low"], told["rung_high"]) == (1, 4)


def spoiled(**feature):
    """The slit with one more feature, first."""
    value = json.loads(geojson(SLIT))
    value["features"].insert(0, {"type": "Feature", "properties": {"held_by": "a"}, **feature})
    return json.dumps(value)


@pytest.mark.parametrize(
    ("geometry", "lost"),
    [
        (None, True),
        ({"type": "Polygon", "coordinates": []}, True),
        ({"type": "Polygon", "coordinates": [[[36.5, 48.3], [36.51, 48.3]]]}, True),
        ({"type": "Point", "coordinates": [36.5, 48.3]}, True),
        # Crosses itself: mended, and far from the pocket.
        (
            {
                "type": "Polygon",
                "coordinates": [[[36.9, 48.3], [36.92, 48.32], [36.92, 48.3], [36.9, 48.32], [36.9, 48.3]]],
            },
            False,
        ),
    ],
)
def test_a_geometry_that_is_none_or_not_valid_is_a_problem_row_and_the_rung_stands(tmp_path, geometry, lost):
    told = json.loads(ask(written(tmp_path, spoiled(geometry=geometry))).stdout)
    assert told["neck_m"]["contested_free"] == pytest.approx(500, abs=1)
    assert [row["lost"] for row in told["problems"]] == [lost]


def test_heights_are_left_out(tmp_path):
    value = json.loads(geojson(SLIT))
    rings = value["features"][0]["geometry"]["coordinates"]
    value["features"][0]["geometry"]["coordinates"] = [[[x, y, 12.5] for x, y in ring] for ring in rings]
    told = json.loads(ask(written(tmp_path, json.dumps(value))).stdout)
    assert told["neck_m"]["contested_free"] == pytest.approx(500, abs=1)


def test_a_declared_projection_brings_the_same_answer(tmp_path):
    import pyproj
    import shapely

    to = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform
    value = json.loads(geojson(SLIT))
    for feature in value["features"]:
        moved = shapely.transform(shapely.from_geojson(json.dumps(feature["geometry"])), to, interleaved=False)
        feature["geometry"] = json.loads(shapely.to_geojson(moved))
    value["crs"] = {"type": "name", "properties": {"name": "EPSG:3857"}}
    told = json.loads(ask(written(tmp_path, json.dumps(value))).stdout)
    assert told["neck_m"]["contested_free"] == pytest.approx(500, abs=1)
    del value["crs"]
    refused(ask(written(tmp_path, json.dumps(value))), "map.geojson", "crs")


def test_two_coordinate_systems_in_one_file_are_refused(tmp_path):
    crs = {"type": "name", "properties": {"name": "EPSG:3857"}}
    refused(ask(written(tmp_path, spoiled(geometry=None, crs=crs))), "row 1", "crs")


def test_a_place_in_the_sea_outside_the_map_or_on_others_ground_is_refused(tmp_path):
    path = written(tmp_path)
    lon, lat = plane().transform(6000, 0)
    refused(ask(path, at=(lon, lat)), "ground of a", "--at")
    refused(ask(path, at=(2.0, 48.0)), "outside", "--at")
    refused(ask(path, at=(36.5, 95.0)), "no place on earth", "--at")
    sea = {
        "type": "Polygon",
        "coordinates": [[[36.4, 47.87], [36.6, 47.87], [36.6, 47.93], [36.4, 47.93], [36.4, 47.87]]],
    }
    coast = written(tmp_path, json.dumps(sea), "sea.geojson")
    refused(ask(path, "--barrier", str(coast)), "barrier", "--at")
    refused(ask(path, elsewhere=None, held_by="a"), "marks nothing", "--at")


def test_a_side_that_holds_nothing_is_refused_and_the_nearest_named(tmp_path):
    refused(ask(written(tmp_path), held_by="c", elsewhere=None), "'c'", "there are: a")


def test_a_map_of_a_day_to_come_is_refused(tmp_path):
    value = json.loads(geojson(SLIT)) | {"snapshot_utc": "2202-12-12T12:00:00Z"}
    refused(ask(written(tmp_path, json.dumps(value))), "2202", "to come")


@pytest.mark.parametrize("text", ["", "{", "[]", "<html>", '{"type": "FeatureCollection", "features": []}'])
def test_what_is_no_map_is_refused(tmp_path, text):
    refused(ask(written(tmp_path, text)), "map.geojson")


def test_a_map_whose_shapes_say_nothing_is_refused(tmp_path):
    value = json.loads(geojson(SLIT))
    value["features"][0]["properties"] = {}
    refused(ask(written(tmp_path, json.dumps(value))), "held_by")


def test_roads_that_are_none_and_reaches_that_do_not_grow_are_refused(tmp_path):
    path = written(tmp_path)
    refused(
        ask(path, "--roads", str(written(tmp_path, '{"type": "FeatureCollection", "features": []}', "r.json"))), "road"
    )
    refused(ask(path, "--direct-m", "9000", "--drones-m", "10"), "reaches")
    refused(ask(path, "--tube-m", "inf"), "reaches", "finite")
    refused(ask(path, "--roads", str(tmp_path / "gone.gpkg")), "gone.gpkg")


def test_a_main_body_that_is_not_its_sides_is_refused(tmp_path):
    lon, lat = plane().transform(6000, 0)
    refused(ask(written(tmp_path), "--rear", f"{lon},{lat}"), "ground of a", "--rear")


@pytest.mark.parametrize(("held_by", "elsewhere"), [("A", "b"), ("b", "A")])
def test_a_holder_in_other_letters_is_refused_since_its_own_ground_would_count_as_hostile(tmp_path, held_by, elsewhere):
    refused(ask(written(tmp_path), held_by=held_by, elsewhere=elsewhere), "'A'", "did you mean 'a'?")


def test_a_map_that_does_not_tell_its_day_is_told_so_and_is_of_no_day_that_is_asked_for(tmp_path):
    path = tmp_path / "2024-12-12.geojson"
    path.write_text(
        json.dumps({key: value for key, value in json.loads(geojson(SLIT)).items() if key != "snapshot_utc"})
    )
    lon, lat = plane().transform(*SLIT.at)
    asks = ["--at", f"{lon},{lat}", "--held-by", "b", "--elsewhere", "b"]
    assert "of a day that it does not tell" in CliRunner().invoke(main, ["ring", str(path), *asks]).stdout
    days = ["--from", "2024-12-01", "--to", "2024-12-31"]
    refused(CliRunner().invoke(main, ["ring", "watch", str(path), *asks, *days]), "2024-12-12.geojson", "instant")
    claim = ["--claim", "encircled", "--claimant", "x", "--on", "2024-12-12"]
    refused(CliRunner().invoke(main, ["ring", "check", str(path), *asks, *claim]), "2024-12-12.geojson", "instant")


def test_a_claim_is_not_held_against_a_map_that_is_too_old(tmp_path):
    path = written(tmp_path, geojson(SLIT, snapshot_utc="2024-12-12T12:00:00Z"))
    lon, lat = plane().transform(*SLIT.at)
    asks = ["ring", "check", str(path), "--at", f"{lon},{lat}", "--held-by", "b", "--elsewhere", "b"]
    asks += ["--claim", "encircled", "--claimant", "x", "--on"]
    assert CliRunner().invoke(main, [*asks, "2024-12-15"]).exit_code == 0
    refused(CliRunner().invoke(main, [*asks, "2025-12-15"]), "no map", "7 days")


def test_roads_that_cannot_be_read_are_told_by_their_row(tmp_path):
    line = {"type": "LineString", "coordinates": [[36.5, 47.9], [36.5, 48.4]]}
    far = {"type": "LineString", "coordinates": [[4000000, 47.9], [4000100, 48.4]]}
    features = [{"type": "Feature", "properties": {}, "geometry": g} for g in (line, None, far)]
    roads = written(tmp_path, json.dumps({"type": "FeatureCollection", "features": features}), "roads.geojson")
    ran = ask(written(tmp_path), "--roads", str(roads))
    assert ran.exit_code == 0
    told = [line for line in ran.stderr.splitlines() if "roads.geojson" in line]
    assert told == [f"trucewatch: roads.geojson, row {n}: is no road in degrees; left out" for n in (2, 3)]
