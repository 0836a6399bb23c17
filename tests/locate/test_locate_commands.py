"""The commands: places and regions out, one line for each fault, and never a wrong place."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner
from sounded import heard

from trucewatch.cli import main

HEAD = "happening,observer,lon,lat,bearing,near_km,far_km,heard_or_seen,time\n"
GOOD = "a,one,38.0,48.0,SSE,2,4,heard,2030-01-01 10:00Z\na,two,38.05,48.0,SSW,2,4,seen,2030-01-01 10:01Z\n"


def run(*words):
    made = CliRunner().invoke(main, ["locate", *map(str, words)])
    return made.exit_code, made.stdout, made.stderr


@pytest.fixture
def shots(tmp_path):
    def write(said):
        path = tmp_path / "shots.json"
        path.write_text(said if isinstance(said, str) else json.dumps(said))
        return path

    return write


@pytest.fixture
def sightings(tmp_path):
    def write(rows, head=HEAD):
        path = tmp_path / "seen.csv"
        path.write_text(head + rows)
        return path

    return write


def test_a_file_of_arrivals_gives_a_list_of_places_with_ellipses(shots):
    code, out, err = run(shots([heard(), {**heard(seed=3), "id": 7}]), "--json")
    made = json.loads(out)
    assert (code, err) == (0, "")
    assert [one["id"] for one in made] == ["a", "7"]
    assert {"id", "x", "y", "t", "ellipse"} <= set(made[0])
    assert set(made[0]["ellipse"]) == {"semi_major_m", "semi_minor_m", "angle_deg", "level"}


def test_a_happening_without_a_place_says_why_beside_those_that_have_one(shots):
    code, out, err = run(shots([heard(), {**heard(n=2), "id": "b"}]), "--json")
    made = json.loads(out)
    assert code == 0
    assert made[1]["x"] is None
    assert "three or more" in made[1]["problem"]
    assert "happening b" in err
    assert run(shots([heard(n=2)]))[0] == 2


def test_times_with_dates_come_back_with_dates(shots):
    happening = heard()
    for s in happening["sensors"]:
        s["t"] = f"2030-01-01T10:00:{s['t'] + 10:09.6f}Z"
    _, out, _ = run(shots([happening]), "--json")
    assert json.loads(out)[0]["t"] == "2030-01-01T10:00:15.000+00:00"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ({"id": "a"}, "is not a list of happenings"),
        ([{"sensors": []}], "has no id"),
        ([{"id": "a"}], "has no list of sensors"),
        ([{"id": "a", "sensors": []}], "has no sensors"),
        ([3], "is not an object"),
        ([{**heard(), "temperature_c": 283.15}], "no air temperature in degrees Celsius"),
        ([{**heard(), "temperature_c": "warm"}], "is not a number"),
        ([{**heard(), "wind": {"speed_mps": 4}}], "no side that it blows from"),
        ([{**heard(), "wind": {"speed_mps": 400, "from_deg": 10}}], "no wind"),
        ([{**heard(), "wind": {"speed_mps": 4, "from_deg": 400}}], "no wind"),
        ([{**heard(), "speed_mps": 0.34}], "no speed of a wave"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_no_place(shots, said, told):
    code, _, err = run(shots(said), "--json")
    assert code == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"x": None}, "x: is missing"),
        ({"y": "north"}, "is not a number"),
        ({"t": float("nan")}, "not a number"),
        ({"t": "2030-01-01 10:00"}, "has no zone"),
        ({"sigma": 0}, "no standard deviation"),
        ({"sigma": -1}, "no standard deviation"),
        ({"phase": "bang"}, "is none of launch, flight, impact"),
    ],
)
def test_a_sensor_that_cannot_be_used_is_told_and_the_others_are(shots, change, told):
    happening = heard()
    happening["sensors"][0] |= change
    code, out, err = run(shots([happening]), "--json")
    assert code == 0
    assert told in err
    assert json.loads(out)[0]["given"] == 7


def test_the_same_id_twice_is_told(shots):
    code, out, err = run(shots([heard(), heard()]), "--json")
    assert code == 0
    assert len(json.loads(out)) == 1
    assert "stands twice" in err


def test_seconds_beside_dates_in_one_happening_are_refused(shots):
    happening = heard()
    happening["sensors"][0]["t"] = "2030-01-01T10:00:00Z"
    assert "some have dates and others seconds" in run(shots([happening]))[2]


@pytest.mark.parametrize("level", ["0", "1", "95"])
def test_a_level_that_is_no_chance_is_refused(shots, level):
    code, _, err = run(shots([heard()]), "--level", level)
    assert code == 2
    assert "--level" in err


def test_a_file_of_sightings_gives_regions(sightings):
    code, out, err = run("sectors", sightings(GOOD), "--json")
    made = json.loads(out)
    assert (code, err) == (0, "")
    assert [part["level"] for part in made[0]["regions"]] == [0.5, 0.8, 0.95]
    assert {part["geometry"]["type"] for part in made[0]["regions"]} <= {"Polygon", "MultiPolygon"}
    assert made[0]["p_not_same"] < 0.1


def test_a_field_that_is_not_read_is_told_once_with_the_nearest(shots):
    odd = {k: v for k, v in heard().items() if k != "temperature_c"} | {"temprature_c": 31, "note": "x"}
    code, _, err = run(shots([odd, {**odd, "id": "b"}]))
    assert code == 0
    assert err.count("'temprature_c' is no field of ours; not read; did you mean 'temperature_c'?") == 1
    assert err.count("'note' is no field of ours") == 1


def in_a_line():
    near = [(x, 0.0) for x in (0, 300, 600, 900, 1200)]
    sound = 331.3 * math.sqrt(1 + 15 / 273.15)
    sensors = [{"x": x, "y": y, "t": math.hypot(x - 300, y - 400) / sound, "sigma": 0.005} for x, y in near]
    return {"id": "a", "sensors": sensors, "temperature_c": 15, "wind": [0, 0]}


def test_a_mirror_image_is_as_likely_as_its_place_and_people_are_told_of_it(shots):
    rival = json.loads(run(shots([in_a_line()]), "--json")[1])[0]["rival"]
    assert rival["p"] == pytest.approx(0.5, abs=0.01)
    assert "(chance 0.50)" in run(shots([in_a_line()]))[1]


def test_an_arrival_that_is_set_aside_is_named_to_people(shots):
    one = heard()
    one["sensors"][0] |= {"sensor": "north", "t": one["sensors"][0]["t"] + 3}
    assert "set aside: north" in run(shots([one]))[1]


def test_a_list_without_a_happening_is_bad_input(shots):
    code, out, err = run(shots([]))
    assert (code, out) == (2, "")
    assert "holds no happening" in err


def test_metres_in_other_words_are_the_same_region(sightings):
    plain = json.loads(run("sectors", sightings(GOOD), "--json")[1])
    head = "event,observer,observer_lon,observer_lat,direction,near_m,far_m,sensed,time\n"
    other = GOOD.replace(",2,4,", ",2000,4000,")
    assert json.loads(run("sectors", sightings(other, head), "--json")[1]) == plain


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,three,38.0,48.0,400,2,4,heard,2030-01-01 10:00Z\n", "bearing: '400' is no bearing, expected"),
        ("a,three,38.0,48.0,up,2,4,heard,2030-01-01 10:00Z\n", "bearing: 'up' is no bearing, expected"),
        ("a,three,38.0,48.0,N,2 miles,4 miles,heard,2030-01-01 10:00Z\n", "near_km: '2 miles' is no figure"),
        ("a,three,38.0,48.0,N,2000,4000,heard,2030-01-01 10:00Z\n", "expected kilometres up to 200"),
        ("a,three,38.0,148.0,N,2,4,heard,2030-01-01 10:00Z\n", "not the degrees of a place"),
        ("a,three,,,N,2,4,heard,2030-01-01 10:00Z\n", "from nowhere"),
        ("a,three,38.0,48.0,,,,heard,2030-01-01 10:00Z\n", "neither a bearing nor a range"),
        ("a,three,38.0,48.0,N,2,4,heard,2030-01-01 10:00\n", "no time that can be placed"),
        (",three,38.0,48.0,N,2,4,heard,2030-01-01 10:00Z\n", "happening: is empty"),
        ("a,two,38.0,48.0,N,2,4,heard,2030-01-01 10:00Z\n", "speaks twice"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_and_moves_nothing(sightings, row, told):
    plain = json.loads(run("sectors", sightings(GOOD), "--json")[1])
    code, out, err = run("sectors", sightings(GOOD + row), "--json")
    assert code == 0
    assert told in err
    assert "row 3" in err
    assert json.loads(out) == plain


def test_a_file_in_which_no_row_can_be_used_is_bad_input(sightings):
    code, _, err = run("sectors", sightings("a,one,38.0,48.0,400,2,4,heard,\n"))
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_a_range_in_a_column_that_is_not_read_is_told(sightings):
    head = "observer,lon,lat,bearing,range_miles,time\n"
    _, _, err = run("sectors", sightings("one,38,48,SSE,2,2030-01-01 10:00Z\n", head))
    assert "range_miles: is no column of sightings; not read" in err
    assert "did you mean 'range_km'" in err


def test_a_fault_is_told_under_the_heading_that_the_file_has(sightings):
    head = "observer,lon,lat,bearing,min_m,max_m,time\n"
    _, _, err = run("sectors", sightings("one,38,48,SSE,1 mile,4000,2030-01-01 10:00Z\n", head))
    assert "row 1, min_m: '1 mile' is no figure" in err


def test_a_zone_that_there_is_not_is_one_line(sightings):
    code, _, err = run("sectors", sightings(GOOD), "--zone", "Mars/Base")
    assert (code, len(err.strip().splitlines())) == (2, 1)
    assert "--zone: there is no time zone 'Mars/Base'" in err


def test_a_file_with_a_heading_alone_is_one_line(sightings):
    code, _, err = run("sectors", sightings(""))
    assert code == 2
    assert "has no rows" in err


def test_a_file_without_places_of_observers_is_refused(sightings):
    code, _, err = run("sectors", sightings("N\n", "bearing\n"))
    assert code == 2
    assert "observer_lon" in err
