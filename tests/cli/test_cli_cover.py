"""trucewatch cover, cover gaps, cover map."""

from __future__ import annotations

import json

import pytest
from commanded import refused, run

LOOKS = """\
source,means,start,until,lon,lat,range_km,p_seen_if_there,gap
patrol,patrol,2010-03-11 08:00Z,2010-03-11 17:00Z,-40.0,40.0,20,0.8,
camera,camera,2010-03-11 00:00Z,2010-03-13 00:00Z,-40.0,40.0,5,,
camera,,2010-03-12 00:00Z,2010-03-13 00:00Z,,,,,outage
"""
BOOK = """\
team,observer_lon,observer_lat,time,kind,heard_or_seen,lon,lat,radius_m
one,-40.01,40.01,2010-03-11 16:30Z,shelling,heard,-40.0,40.01,200
"""


@pytest.fixture
def case(tmp_path):
    place = tmp_path / "case"
    run("init", place)
    for name, text in (("looks", LOOKS), ("report", BOOK)):
        (tmp_path / f"{name}.csv").write_text(text)
        run("pull", name, "--case", place, "--file", tmp_path / f"{name}.csv")
    return place


def test_it_tells_totals_and_is_remembered(case):
    told = json.loads(run("cover", "--case", case, "--json").stdout)
    assert told["new"] and told["cells_and_spans_with_a_look"] > 0
    assert 0 <= told["least_chance"] <= told["greatest_chance"] <= 1
    assert told["incidents_somebody_was_silent_on"] == 1
    assert not json.loads(run("cover", "--case", case, "--json").stdout)["new"]
    assert "same bytes" in run("replay", "all", "--case", case).stdout


SPAN = ("--since", "2010-03-12 00:00Z", "--until", "2010-03-13 00:00Z")


@pytest.mark.parametrize("level", [(), ("--level", "parties")])
@pytest.mark.parametrize("times", [SPAN, SPAN[:2], SPAN[2:]])
def test_totals_between_chosen_times_are_refused_below_restricted(case, level, times):
    says = refused("cover", "--case", case, *times, *level)
    assert "--level" in says and "between --since and --until is never told" in says


def test_totals_between_chosen_times_speak_of_those_times_alone(case):
    told = json.loads(run("cover", "--case", case, "--level", "restricted", *SPAN, "--json").stdout)
    assert (told["level"], told["cells_and_spans_with_a_look"]) == ("restricted", 0)
    assert told["incidents_somebody_was_silent_on"] == 0
    words = run("cover", "--case", case, "--level", "restricted", *SPAN).stdout
    assert words.startswith("restricted: not to be passed on\n")


@pytest.mark.parametrize("command", ["gaps", "map"])
@pytest.mark.parametrize("level", [(), ("--level", "public"), ("--level", "parties")])
def test_gaps_are_refused_below_restricted(case, command, level):
    assert "never told at the level" in refused("cover", command, "--case", case, *level)


def test_an_unknown_level_names_the_nearest(case):
    for command in ((), ("gaps",)):
        assert "did you mean 'restricted'" in refused("cover", *command, "--case", case, "--level", "restrictd")


def test_gaps_say_where_when_and_why(case):
    told = json.loads(run("cover", "gaps", "--case", case, "--level", "restricted", "--json").stdout)
    causes = {gap["because"] for gap in told["gaps"]}
    assert causes == {"outage", "no look is recorded"} and told["level"] == "restricted"
    assert "outage" in run("cover", "gaps", "--case", case, "--level", "restricted").stdout


def test_the_map_is_geojson_that_says_its_level(case, tmp_path):
    out = tmp_path / "map.geojson"
    run("cover", "map", "--case", case, "--level", "restricted", "--out", out)
    told = json.loads(out.read_text())
    assert told["trucewatch:level"] == "restricted"
    assert {f["properties"]["source"] for f in told["features"]} == {"patrol", "camera", "together"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "2010-03-12 00:00 UTC", "--until", "2010-03-11 00:00 UTC", "--level", "restricted"), "--until"),
        (("--since", "noon"), "--since"),
        (("--kind", "sheling"), "did you mean 'shelling'"),
        (("--size", "0"), "--size"),
        (("--cell-km", "0"), "--cell-km"),
    ],
)
def test_what_cannot_be_asked_is_one_line(case, words, says):
    assert says in refused("cover", "--case", case, *words)


def test_a_case_in_which_nobody_looked_says_so(tmp_path):
    run("init", tmp_path / "empty")
    assert "nobody is recorded to have looked" in refused("cover", "--case", tmp_path / "empty")
