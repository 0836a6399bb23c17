"""Maps of control: what each mapper's shapes become, and what is never read from them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.ids import canonical
from trucewatch.ports import Read, Request
from trucewatch.sources.control import SOURCE
from trucewatch.sources.control.rules import plan
from trucewatch.sources.http import plain
from trucewatch.testing import FakeTransport, check_source

GOLDEN = Path(__file__).parent / "golden"
MAPPINGS = Path(__file__).parents[2] / "mappings"
NOON = "2030-02-01T12:00Z"
RAW = "control_raw_2023-05-01_1682960400.geojson"
Real = Callable[[str], bytes]


def shipped(name: str) -> dict[str, Any]:
    made: dict[str, Any] = plain(yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8")))
    return made


def read(name: str, mapping: str | None = None, **options: Any) -> Read:
    if mapping:
        options["mapping"] = shipped(mapping)
    return check_source(SOURCE, (GOLDEN / name).read_bytes(), url=f"dir/{name}", options=options)


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


SQUARE = {"type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]]}


def held(got: Read) -> dict[str, str | None]:
    return dict(got.areas.select("locator", "held_by").rows())


def codes(got: Read, *, lost: bool) -> list[str]:
    return sorted(got.problems.filter(pl.col("lost") == lost)["code"].to_list())


# --- what the shapes say


def test_colours_become_holders_by_the_mapping() -> None:
    got = held(read(RAW, "deepstate-raw"))
    assert got == {
        "feature 1": "russia", "feature 2": "russia", "feature 3": "unknown", "feature 4": "contested",
        "feature 5": "ukraine", "feature 6": "russia", "feature 11": "russia", "feature 12": "unknown",
    }  # fmt: skip


def test_a_colour_changes_its_meaning_on_the_day_that_the_mapping_names() -> None:
    for on, holder in (("2024-08-07T23:59Z", "contested"), ("2024-08-08T00:00Z", "unknown")):
        assert held(read(RAW, "deepstate-raw", on=on))["feature 4"] == holder


def test_a_colour_that_no_rule_knows_is_unknown_and_said_to_be() -> None:
    problems = read(RAW, "deepstate-raw").problems
    assert problems.filter(pl.col("code") == "no_rule")["where"].to_list() == [f"{RAW}, row 12"]


def test_classes_of_the_daily_files_become_holders() -> None:
    got = read("control_daily.geojson", "deepstate-daily")
    assert list(held(got).values()) == ["russia", "russia", "unknown", "unknown", "ukraine", "ukraine", "unknown"]
    assert got.areas["on"].unique().to_list() == [datetime(2024, 8, 9, 20, 15, tzinfo=UTC)]
    assert codes(got, lost=False) == ["no_rule"]


def test_a_map_without_properties_is_what_its_mapping_says_at_the_hour_it_says() -> None:
    got = read("control_deepstatemap_data_20300201.geojson", "deepstate-occupied")
    assert held(got) == {"feature 1": "russia"} and got.areas["source"][0] == "control/deepstate"
    assert got.areas["on"][0] == datetime(2030, 2, 1, 3, tzinfo=UTC)


def test_what_somebody_claims_is_a_zone_and_holds_nothing() -> None:
    got = read("control_isw.geojson", "isw", on="2025-03-14 15:00", zone="America/New_York")
    assert got.areas["held_by"].to_list() == ["russia", None, "ukraine", "contested", "unknown"]
    assert got.areas["role"][1] == "zone: claimed, not assessed"
    assert got.areas["on"][0] == datetime(2025, 3, 14, 19, tzinfo=UTC)


def test_a_plain_map_says_itself_who_holds_what() -> None:
    got = read("control_plain.geojson", on=NOON, mapper="survey")
    assert got.areas.select("locator", "held_by", "role").rows() == [
        ("feature 1", "north", None), ("feature 2", "contested", None), ("feature 3", None, "zone: buffer"),
        ("feature 4", None, "line: contact"), ("feature 7", None, None),
    ]  # fmt: skip
    assert got.areas["source"].unique().to_list() == ["control/survey"] and codes(got, lost=False) == ["no_rule"]


# --- what is never read


def test_icons_and_arrows_never_become_rows_and_their_problem_tells_neither_name_nor_place() -> None:
    got = read(RAW, "deepstate-raw")
    icons = got.problems.filter(pl.col("code") == "not_an_area")
    assert icons["where"].to_list() == [f"{RAW}, row 8", f"{RAW}, row 9"] and icons["lost"].all()
    told = json.dumps(got.problems.rows(), ensure_ascii=False) + str(got.areas.drop("geometry").rows())
    for secret in ("Brigade", "99th", "10.12345", "50.54321", "Direction"):
        assert secret not in told


def test_territory_that_the_mapping_skips_is_a_problem_with_its_reason() -> None:
    skipped = read(RAW, "deepstate-raw").problems.filter(pl.col("code") == "skipped")
    assert skipped["message"].to_list() == [
        "the mapping leaves it out: territory that has nothing to do with this front"
    ]


# --- geometry


def test_heights_are_dropped_and_collections_become_their_polygons() -> None:
    got = read(RAW, "deepstate-raw")
    shapes = {k: shapely.from_wkb(g) for k, g in got.areas.select("locator", "geometry").rows()}
    assert not any(shapely.has_z(shape) for shape in shapes.values())
    assert shapes["feature 2"].geom_type == "MultiPolygon" and len(shapes["feature 2"].geoms) == 2
    assert shapes["feature 11"].geom_type == "Polygon" and "part_not_an_area" in codes(got, lost=False)


def test_an_outline_that_crosses_itself_is_mended_and_said_to_be() -> None:
    got = read(RAW, "deepstate-raw")
    bow = shapely.from_wkb(got.areas.filter(pl.col("locator") == "feature 6")["geometry"][0])
    assert bow.is_valid and bow.area == pytest.approx(0.02)
    assert got.problems.filter(pl.col("code") == "mended")["where"].to_list() == [f"{RAW}, row 6"]


def test_a_null_geometry_is_a_lost_row() -> None:
    assert "no_geometry" in codes(read(RAW, "deepstate-raw"), lost=True)


@pytest.mark.parametrize("geometry", [{}, {"type": "Polygon"}, {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [[[1, 1]]]},
    {"type": "Blob", "coordinates": [1]}, {"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [1, 1], [1, 1]]]}, "text", 7,
    {"type": "Polygon", "coordinates": [[[1, float("nan")], [2, 2], [3, 1], [1, float("nan")]]]}])  # fmt: skip
def test_a_geometry_that_is_none_is_lost_and_the_others_are_not(geometry: Any) -> None:
    got = check_source(
        SOURCE, collection(feature(SQUARE, held_by="a"), feature(geometry, held_by="b")), options={"on": NOON}
    )
    assert got.rows == 2 and held(got) == {"feature 1": "a"}


def test_a_declared_system_is_reprojected_to_degrees() -> None:
    ring = [[1113194.9, 6446275.8], [1224514.4, 6446275.8], [1224514.4, 6621293.7], [1113194.9, 6446275.8]]
    web = {"type": "Polygon", "coordinates": [ring]}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    got = check_source(SOURCE, collection(feature(web, held_by="a"), crs=crs), options={"on": NOON})
    assert got.areas["crs"].to_list() == ["OGC:CRS84"]
    assert shapely.from_wkb(got.areas["geometry"][0]).bounds == pytest.approx((10, 50, 11, 51), abs=1e-4)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_degrees_by_any_name_stay_as_they_are(name: str) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    got = check_source(SOURCE, collection(feature(SQUARE, held_by="a"), crs=crs), options={"on": NOON})
    assert shapely.from_wkb(got.areas["geometry"][0]).bounds == (10, 50, 11, 51)


def test_coordinates_that_are_no_degrees_need_a_declared_system() -> None:
    far = {"type": "Polygon", "coordinates": [[[500000, 5500000], [500100, 5500000], [500100, 5500100], [500000, 5500000]]]}  # fmt: skip
    with pytest.raises(InputError, match="without a CRS"):
        check_source(SOURCE, collection(feature(far, held_by="a")), options={"on": NOON})


@pytest.mark.parametrize("crs", [{"type": "name", "properties": {"name": "EPSG:999999"}}, {"type": "link"}, 7])
def test_a_system_that_nobody_knows_is_refused(crs: Any) -> None:
    with pytest.raises(InputError, match="coordinate system"):
        check_source(SOURCE, collection(feature(SQUARE), crs=crs), options={"on": NOON})


# --- the instant


def test_the_instant_is_in_the_name_as_unix_seconds() -> None:
    assert read(RAW, "deepstate-raw").areas["on"][0] == datetime(2023, 5, 1, 17, tzinfo=UTC)


def test_a_day_without_an_hour_is_no_instant() -> None:
    with pytest.raises(InputError, match="not the hour"):
        read("control_deepstatemap_data_20300201.geojson")


def test_a_map_of_no_told_instant_is_refused_and_so_is_one_without_a_zone() -> None:
    with pytest.raises(InputError, match="of what instant"):
        read("control_plain.geojson")
    with pytest.raises(InputError, match="no zone"):
        read("control_plain.geojson", on="2030-01-01 10:00")


def test_a_file_named_for_another_day_than_it_says_is_noted() -> None:
    raw = (GOLDEN / "control_deepstatemap_data_20300201.geojson").read_bytes()
    got = check_source(
        SOURCE, raw, url="deepstatemap_data_20300202.geojson", options={"mapping": shipped("deepstate-occupied")}
    )
    assert got.areas["on"][0].day == 1 and codes(got, lost=False) == ["two_dates"]


# --- files that are broken or something else


NONSENSE = (
    b"",
    b" \n",
    b"<html></html>",
    b"\x00\xff\xfe" * 50,
    b"\x1f\x8b no",
    b"[1, 2]",
    b"{}",
    b'"x"',
    b"a,b\n1,2\n",
)


@pytest.mark.parametrize("raw", NONSENSE)
def test_nonsense_is_refused_in_one_line_that_names_the_file(raw: bytes) -> None:
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw, url="dir/x.geojson", options={"on": NOON})
    assert str(wrong.value).startswith("x.geojson") and "\n" not in str(wrong.value)


def test_half_a_map_is_refused_since_land_that_is_cut_off_would_look_free() -> None:
    raw = (GOLDEN / RAW).read_bytes()
    for body in (raw[: len(raw) // 2], gzip.compress(raw)[:200]):
        with pytest.raises(InputError, match="whole"):
            check_source(SOURCE, body, options={"on": NOON})


def test_gzip_and_a_byte_order_mark_change_nothing() -> None:
    raw = (GOLDEN / RAW).read_bytes()
    plainly = read(RAW, "deepstate-raw")
    for body in (gzip.compress(raw, mtime=0), b"\xef\xbb\xbf" + raw):
        again = check_source(SOURCE, body, url=RAW, options={"mapping": shipped("deepstate-raw")})
        assert again.areas.select("locator", "geometry", "held_by").equals(
            plainly.areas.select("locator", "geometry", "held_by")
        )


def test_an_empty_map_has_no_rows_and_says_so() -> None:
    got = check_source(SOURCE, collection(), options={"on": NOON})
    assert got.rows == 0 and codes(got, lost=False) == ["empty_map"]


def test_a_lone_feature_or_geometry_is_a_map_of_one() -> None:
    for raw in (json.dumps(feature(SQUARE, held_by="a")), json.dumps(SQUARE)):
        assert check_source(SOURCE, raw.encode(), options={"on": NOON}).areas.height == 1


# --- mappings


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"mapping": "m", "rulse": []}, "did you mean 'rules'"),
        ({"mapping": "m", "rules": [{"where": {"a": 1}}]}, "held_by, role or skip"),
        ({"mapping": "m", "rules": [{"where": {"a": 1}, "held_by": "x", "skip": "y"}]}, "held_by, role or skip"),
        ({"mapping": "m", "rules": [{"held_by": "x"}]}, "rules[1].where"),
        ({"mapping": "m", "rules": [{"where": {"a": {"matches": "("}}, "held_by": "x"}]}, "no pattern"),
        ({"mapping": "m", "rules": [{"where": {"a": {"match": "b"}}, "held_by": "x"}]}, "did you mean 'matches'"),
        ({"mapping": "m", "rules": [{"where": {"a": 1}, "held_by": "x", "from": "soon"}]}, "no date"),
        ({"mapping": "m", "hour_utc": 24}, "no hour"),
        ("text", "not a mapping"),
    ],
)
def test_a_wrong_mapping_says_what_and_where(told: Any, says: str) -> None:
    with pytest.raises(InputError) as wrong:
        plan(told)
    assert says in str(wrong.value)


def test_a_rule_may_ask_that_a_property_is_absent() -> None:
    told = {"mapping": "m", "rules": [{"where": {"colour": None}, "held_by": "a"}], "default": {"held_by": "b"}}
    got = check_source(
        SOURCE, collection(feature(SQUARE), feature(SQUARE, colour="red")), options={"on": NOON, "mapping": told}
    )
    assert list(held(got).values()) == ["a", "b"]


MINE = sorted(p for p in MAPPINGS.glob("*.yaml") if "For --source control" in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MINE, ids=lambda path: path.stem)
def test_every_shipped_mapping_for_maps_is_one(path: Path) -> None:
    told = plain(yaml.safe_load(path.read_text(encoding="utf-8")))
    plan(told)
    canonical(told)


def test_fetch_takes_files_and_an_address_and_records_what_read_needs() -> None:
    out = FakeTransport({"https://example.org/": (200, b"y")})
    options = {"mapping": shipped("isw"), "on": NOON, "url": "https://example.org/m.geojson"}
    got = list(SOURCE.fetch(Request(files=(("a.geojson", b"x"),), options=options), out))
    assert [f.raw for f in got] == [b"x", b"y"] and set(got[0].options) == {"mapping", "on"}
    with pytest.raises(UnknownName):
        list(SOURCE.fetch(Request(options={"mapping": {"x": 1}}), out))


# --- whatever is done to a map, no feature is lost unsaid

PARTS = st.sampled_from([SQUARE, None, {}, {"type": "Point", "coordinates": [1, 2]}, {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
    {"type": "GeometryCollection", "geometries": [SQUARE, {"type": "Point", "coordinates": [1, 2]}]}, {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"], SQUARE["coordinates"]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, {"type": "GeometryCollection", "geometries": []}, 5, "x", [1]])  # fmt: skip
VALUES = (
    st.none()
    | st.text(max_size=4)
    | st.integers()
    | st.floats()
    | st.lists(st.integers(), max_size=2)
    | st.sampled_from(["line: contact", "#a52714"])
)
FEATURES = st.lists(
    st.builds(
        lambda g, p: {"type": "Feature", "geometry": g, "properties": p},
        PARTS,
        st.none() | st.dictionaries(st.sampled_from(["held_by", "role", "name", "fill"]), VALUES),
    )
    | VALUES,
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(FEATURES, st.booleans(), st.integers(0, 900))
def test_features_in_are_areas_out_and_problems_whatever_a_map_holds(
    features: list[Any], coloured: bool, end: int
) -> None:
    options: dict[str, Any] = {"on": NOON} | ({"mapping": shipped("deepstate-raw")} if coloured else {})
    raw = collection(*features)
    assert check_source(SOURCE, raw, options=options).rows == len(features)
    try:
        check_source(SOURCE, raw[:end], options=options)
    except InputError as wrong:
        assert "\n" not in str(wrong)


# --- real data, where it lies at hand


@pytest.mark.parametrize(
    ("name", "features", "areas", "icons"),
    [
        ("2022-04-03_1649005166", 71, 63, 7),
        ("2024-08-25_1724617038", 475, 94, 369),
        ("2024-12-12_1734011158", 481, 93, 376),
    ],
)
def test_every_feature_of_the_raw_maps_is_accounted_for(
    real_data: Real, name: str, features: int, areas: int, icons: int
) -> None:
    raw = real_data(f"deepstate_raw_samples/{name}.geojson.gz")
    got = check_source(SOURCE, raw, url=f"{name}.geojson.gz", options={"mapping": shipped("deepstate-raw")})
    assert (got.rows, got.areas.height, codes(got, lost=True).count("not_an_area")) == (features, areas, icons)
    assert "no_rule" not in codes(got, lost=False)
    assert all(shapely.is_valid(shapely.from_wkb(g)) for g in got.areas["geometry"])
    assert int(got.areas["on"][0].timestamp()) == int(name[-10:])


@pytest.mark.parametrize(
    ("day", "features"), [("2022-04-03", 63), ("2024-08-05", 27), ("2024-09-20", 37), ("2024-12-25", 34)]
)
def test_every_feature_of_the_daily_maps_is_accounted_for(real_data: Real, day: str, features: int) -> None:
    raw = real_data(f"deepstate_control_daily/{day}.geojson.gz")
    got = check_source(SOURCE, raw, url=f"{day}.geojson.gz", options={"mapping": shipped("deepstate-daily")})
    assert got.rows == got.areas.height == features and codes(got, lost=True) == []
    assert got.areas["on"][0].date().isoformat() == day


def test_the_occupied_maps_are_one_area_of_three_in_the_morning(real_data: Real) -> None:
    raw = real_data("deepstate_occupied_daily_2025_08/deepstatemap_data_20250801.geojson.gz")
    got = check_source(SOURCE, raw, url="x.geojson.gz", options={"mapping": shipped("deepstate-occupied")})
    assert got.areas.select("held_by", "on").rows() == [("russia", datetime(2025, 8, 1, 3, tzinfo=UTC))]


def test_borders_are_areas_that_nobody_is_said_to_hold(real_data: Real) -> None:
    raw = real_data("ukraine_oblast_borders/oblast.geojson.gz")
    got = check_source(SOURCE, raw, options={"on": NOON})
    assert got.rows == got.areas.height == 27 and got.areas["held_by"].null_count() == 27
