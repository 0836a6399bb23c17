"""Sensors' arrivals as a feed of a case: to observations, and on through fuse and assess to a finding."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from trucewatch import pipeline
from trucewatch.base.errors import InputError
from trucewatch.locate.arrivals import locate
from trucewatch.locate.told import told
from trucewatch.ports import Request
from trucewatch.sources import source
from trucewatch.sources.arrivals import SOURCE
from trucewatch.stores.memory import MemoryCase
from trucewatch.testing import NOON, SALT, FakeClock, FakeTransport, check_source

AT = datetime(2026, 1, 11, 10, tzinfo=UTC)
PLACE = (10.02, 50.01)
M_LON, M_LAT = 111_195 * math.cos(math.radians(50)), 111_195
SENSORS = [(10.0 + 0.04 * math.cos(k), 50.0 + 0.02 * math.sin(k)) for k in range(8)]
TRUCE = """\
agreement: paper
title: Truce on paper
display_zone: UTC
source: invented
parties:
  - {id: aa, name: Aaland, also: []}
  - {id: bb, name: Beeland, also: []}
terms:
  - id: quiet-zone
    article: "2"
    says: Nothing is fired in the zone.
    source: invented
    binds: all
    bars: {acts: [armed]}
    where:
      says: the square about the bridge
      polygon: {crs: "OGC:CRS84", ring: [[9.9, 49.9], [10.1, 49.9], [10.1, 50.1], [9.9, 50.1]]}
    since: "2026-01-10 00:00 UTC"
    until: "2026-01-20 00:00 UTC"
"""


def happening(name: str = "a", place=PLACE, at: datetime = AT, **more) -> dict:
    speed = 331.3 * math.sqrt(1 + 10 / 273.15)
    sensors = []
    for k, (lon, lat) in enumerate(SENSORS):
        way = math.hypot((lon - place[0]) * M_LON, (lat - place[1]) * M_LAT) / speed
        sensors.append(
            {"sensor": f"s{k}", "lon": lon, "lat": lat, "t": (at + timedelta(seconds=way)).isoformat(), **more}
        )
    return {"id": name, "sensors": sensors, "temperature_c": 10, "wind": [0, 0]}


def read(*happenings: dict, **options):
    return check_source(SOURCE, json.dumps(list(happenings)).encode(), url="array.json", options=options)


def test_a_happening_is_an_observation_at_its_place_with_its_error():
    row = read(happening()).observations.row(0, named=True)
    off = math.hypot((row["lon"] - PLACE[0]) * M_LON, (row["lat"] - PLACE[1]) * M_LAT)
    assert off < 20 < 200 and off <= row["radius_m"] < 100
    assert row["t0"] <= AT <= row["t1"] and (row["t1"] - row["t0"]).total_seconds() < 3
    assert (row["kind"], row["sensed"], row["phase"], row["count"]) == ("explosion", "recorded", None, 1)
    assert row["source"] == "arrivals" and row["lineage"] == ["arrivals"] and row["says"] == "8.0 of 8 arrivals agree"


def test_the_circle_holds_all_of_the_ellipse():
    far = happening(place=(10.09, 50.03))
    heads, rows, _ = told([far], "array.json")
    located, _ = locate(heads, rows)
    (long, short) = located.select("semi_major_m", "semi_minor_m").row(0)
    assert long > 1.5 * short
    assert read(far).observations["radius_m"].to_list() == [round(long, 1)]


def test_launch_and_impact_are_two_rows_and_what_flies_is_none():
    launch, impact = happening(phase="launch"), happening(place=(9.99, 49.99), phase="impact")
    flight = happening(phase="flight")["sensors"]
    got = read({**launch, "sensors": [*launch["sensors"], *impact["sensors"], *flight]}, feed="north")
    rows = sorted(got.observations.select("phase", "kind", "locator", "source").rows())
    assert rows == [
        ("impact", "explosion", "happening a impact", "arrivals/north"),
        ("launch", "firing", "happening a launch", "arrivals/north"),
    ]
    assert got.problems["code"].to_list() == ["flight"]


def test_a_stream_is_told_apart_first():
    one, other = happening(), happening(place=(9.985, 49.995), at=AT + timedelta(seconds=0.7))
    both = {**one, "sensors": [*one["sensors"], *other["sensors"]]}
    got = read(both, stream="yes")
    assert got.observations["locator"].to_list() == ["happening a/1", "happening a/2"]
    assert read(both).observations.is_empty()


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"sensors": happening()["sensors"][:2]}, ["not_located"]),
        ({"sensors": [{"x": 1.0 * k, "y": k * k, "t": 0.01 * k} for k in range(5)]}, ["no_degrees"]),
        ({"sensors": "none"}, ["unusable"]),
        ({"temperature_c": 283}, ["unusable"]),
        ({"sensors": [*happening()["sensors"], happening()["sensors"][0]]}, ["sensor_twice"]),
        ({"sensors": [{**s, "t": (AT + timedelta(seconds=k * 7 % 5)).isoformat()}
                      for k, s in enumerate(happening()["sensors"])]}, ["not_located"]),
    ],
)  # fmt: skip
def test_what_gives_no_place_is_a_problem_with_its_reason(change, codes):
    got = read({**happening(), **change})
    assert got.problems["code"].to_list() == codes
    assert got.observations.height == (codes == ["sensor_twice"])


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a": 1}', b"\xff"])
def test_what_is_no_list_of_happenings_is_one_line(raw):
    with pytest.raises(InputError) as wrong:
        check_source(SOURCE, raw, url="array.json")
    assert str(wrong.value).startswith("array.json: ") and "\n" not in str(wrong.value)


def test_it_goes_on_through_fuse_and_assess_to_a_finding():
    """An array and a patrol that speak of one burst are one incident of two voices, surely inside the zone."""
    book = (
        "team,observer_lon,observer_lat,time,kind,heard_or_seen,bearing,km\n"
        "one,10.0,50.0,2026-01-11 10:00Z,explosion,heard,50,1-3\n"
    )
    store, tools = MemoryCase(), pipeline.Tools(FakeClock(NOON), lambda: SALT, "test")
    for name, raw in (("arrivals", json.dumps([happening()])), ("report", book)):
        request = Request(files=((f"{name}.x", raw.encode()),))
        pipeline.pull(store, source(name), request, FakeTransport({}), tools)
    pipeline.agree(store, TRUCE, "paper.yaml", tools)
    incidents = pipeline.fuse(store, tools).tables["incidents"]
    assert incidents.height == 1 and incidents["n_lineages"].to_list() == [2]
    finding = pipeline.assess(store, tools).tables["findings"].row(0, named=True)
    assert (finding["p_inside"], finding["attribution"]) == (1.0, "undetermined")


def test_a_word_that_is_neither_yes_nor_no_is_not_taken_as_no():
    with pytest.raises(InputError, match="yes or no"):
        list(SOURCE.fetch(Request(files=(("a.json", b"[]"),), options={"stream": "maybe"}), FakeTransport({})))
