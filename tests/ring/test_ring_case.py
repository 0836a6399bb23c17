"""In a case: two mappers, an answer as an entry that can be done again, days in a row, a page at one level only."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from click.testing import CliRunner
from shapes import SHAPES, geojson, plane, slit

from trucewatch.cli import main

SLIT = next(shape for shape in SHAPES if shape.name == "a rectangle with a slit")


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    at = folder / "case"
    assert run("init", at).exit_code == 0
    for mapper, w in (("one", 500), ("two", 0)):
        for day in (10, 11, 12):
            path = folder / f"{mapper}-{day}.geojson"
            wide = w and w + 100 * (12 - day)
            path.write_text(geojson(replace(SLIT, a=slit(wide)), snapshot_utc=f"2024-12-{day}T12:00:00Z"))
            ran = run("pull", "control", "--case", at, "--file", path, "--option", f"mapper={mapper}")
            assert ran.exit_code == 0, ran.output
    return at


def ask(case, *more):
    lon, lat = plane().transform(*SLIT.at)
    return run("ring", *more, "--case", case, "--at", f"{lon},{lat}", "--held-by", "b", "--elsewhere", "b")


def test_two_mappers_are_two_opinions_and_the_bounds_hold_both(case):
    told = json.loads(ask(case, "at", "--on", "2024-12-12", "--json").stdout)
    assert [one["source"] for one in told["maps"]] == ["control/one", "control/two"]
    assert (told["rung_low"], told["rung_high"]) == (1, 5)
    assert told["neck_m"]["contested_free"] == [0.0, pytest.approx(500, abs=1)]
    one = json.loads(ask(case, "--on", "2024-12-12", "--map", "one", "--json").stdout)
    assert one["neck_m"]["contested_free"] == pytest.approx(500, abs=1)


def test_the_bare_form_is_the_default_command(case):
    assert ask(case, "--on", "2024-12-12").stdout == ask(case, "at", "--on", "2024-12-12").stdout


def test_days_in_a_row_and_their_drawing(case, tmp_path):
    ran = ask(case, "watch", "--from", "2024-12-10", "--to", "2024-12-12", "--plot", tmp_path / "p.svg", "--json")
    told = json.loads(ran.stdout)
    slopes = {(row["source"], row["treatment"]): row["per_day_m"] for row in told["trend"]}
    assert slopes["control/one", "contested_free"] == pytest.approx(-100, abs=1)
    assert (tmp_path / "p.svg").read_text().startswith("<svg")


def test_a_claim_is_so_by_one_map_and_not_by_the_other(case):
    ran = ask(case, "check", "--claim", "completely surrounded", "--claimant", "x", "--on", "2024-12-12", "--json")
    assert [row["says"] for row in json.loads(ran.stdout)] == ["was_not", "was_so"]


def test_a_mapper_is_named_with_or_without_what_all_maps_are_called(case):
    words = ("check", "--claim", "encircled", "--claimant", "x", "--on", "2024-12-12", "--json")
    for source in ("two", "control/two"):
        told = json.loads(ask(case, *words, "--stands", f"{source}=b").stdout)
        assert [row["map_against_interest"] for row in told] == [None, True]


def test_what_the_case_answered_can_be_done_again(case):
    assert ask(case, "at", "--on", "2024-12-11").exit_code == 0
    ran = run("replay", "--case", case, "all")
    assert ran.exit_code == 0, ran.output
    assert "run of ring: same bytes" in ran.stdout


def test_the_page_is_restricted_and_lists_corridors_for_civilians(case, tmp_path):
    page = tmp_path / "page.html"
    assert ask(case, "page", "--on", "2024-12-12", "--out", page).exit_code == 0
    text = page.read_text()
    assert "restricted" in text and "Corridor candidates" in text and text.count("<svg") == 4
    assert "agreements have no term on it" in text
    ran = ask(case, "page", "--on", "2024-12-12", "--out", page, "--level", "public")
    assert ran.exit_code == 2 and "--level" in ran.stderr


def test_the_page_lists_the_duties_of_the_cases_own_agreements(case, tmp_path):
    assert run("agree", Path(__file__).parents[2] / "agreements" / "minsk-ii-2015.yaml", "--case", case).exit_code == 0
    page = tmp_path / "page.html"
    ran = ask(case, "page", "--on", "2024-12-12", "--out", page)
    assert ran.exit_code == 0, ran.output
    assert re.search(r"<li>minsk-ii-2015, article \S+ the text: ", page.read_text())


CHECK = ("check", "--claim", "encircled", "--claimant", "x", "--on", "2024-12-12")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("at",), "--on"),
        (("at", "--on", "2021-01-01"), "no map"),
        (("at", "--on", "2024-12-25"), "no map"),
        (("at", "--on", "12/12"), "there is no day"),
        (("watch", "--from", "2024-12-12", "--to", "2024-12-01"), "--from"),
        (("check", "--claim", "gibberish", "--claimant", "x", "--on", "2024-12-12"), "there is no claim"),
        ((*CHECK, "--for", "B"), "did you mean 'b'?"),
        ((*CHECK, "--for", "observers"), "no side on these maps 'observers'"),
        ((*CHECK, "--stands", "three=b"), "there is no map by 'three'"),
        (("check", "--claim", "in no danger of being cut off", "--claimant", "x", "--on", "2024-12-12"), "no claim"),
    ],
)
def test_a_question_that_makes_no_sense_is_one_line(case, words, says):
    ran = ask(case, *words)
    assert ran.exit_code == 2 and len(ran.stderr.splitlines()) == 1 and says in ran.stderr


def test_a_scan_of_a_day_without_maps_or_of_nobody_is_refused_and_not_told_as_no_pockets(case):
    scan = ("ring", "scan", "--case", case, "--elsewhere", "b")
    for words, says in (
        (("--held-by", "b", "--on", "2021-01-01"), "no map"),
        (("--held-by", "c", "--on", "2024-12-12"), "'c'"),
        (("--held-by", "b", "--on", "2024-12-12", "--wide", "nan"), "--wide"),
        (("--held-by", "b", "--on", "2024-12-12", "--wide", "inf"), "--wide"),
    ):
        ran = run(*scan, *words)
        assert ran.exit_code == 2 and len(ran.stderr.splitlines()) == 1 and says in ran.stderr
    assert run(*scan, "--held-by", "b", "--on", "2024-12-12").exit_code == 0


def test_a_map_drawn_again_stands_in_the_place_of_the_first_and_is_not_laid_over_it(tmp_path):
    for first, last, neck in ((700, 500, 500), (500, 700, 700)):
        at = tmp_path / f"case-{neck}"
        assert run("init", at).exit_code == 0
        for w in (first, last):
            path = tmp_path / f"one-{w}.geojson"
            path.write_text(geojson(replace(SLIT, a=slit(w)), snapshot_utc="2024-12-12T12:00:00Z"))
            assert run("pull", "control", "--case", at, "--file", path, "--option", "mapper=one").exit_code == 0
        told = json.loads(ask(at, "--on", "2024-12-12", "--json").stdout)
        assert told["neck_m"]["contested_free"] == pytest.approx(neck, abs=1)
        days = ("--from", "2024-12-12", "--to", "2024-12-12", "--json")
        went = json.loads(ask(at, "watch", *days).stdout)
        assert {round(day["neck_m"]) for day in went["days"]} == {neck}


def test_far_outside_every_map_nothing_is_told_and_no_claim_is_refuted(case):
    asks = ("--case", case, "--at", "60,10", "--held-by", "b", "--elsewhere", "b")
    ran = run("ring", *asks, "--on", "2024-12-12")
    assert ran.exit_code == 2 and "--at: lies more than 100 km outside" in ran.stderr
    ran = run("ring", "check", *asks, "--on", "2024-12-12", "--claim", "encircled", "--claimant", "x", "--json")
    assert {row["says"] for row in json.loads(ran.stdout)} == {"cannot_tell"}


def test_a_map_that_gives_the_place_to_others_is_named_beside_the_bounds(tmp_path):
    at = tmp_path / "case"
    assert run("init", at).exit_code == 0
    for mapper, ground in (("one", SLIT.a), ("two", shapely.box(-90_000, -90_000, 90_000, 90_000))):
        path = tmp_path / f"{mapper}.geojson"
        path.write_text(geojson(replace(SLIT, a=ground), snapshot_utc="2024-12-12T12:00:00Z"))
        assert run("pull", "control", "--case", at, "--file", path, "--option", f"mapper={mapper}").exit_code == 0
    assert json.loads(ask(at, "--on", "2024-12-12", "--json").stdout)["silent"] == ["control/two"]
    text = ask(at, "--on", "2024-12-12").stdout
    assert text.splitlines()[0].endswith("of 2 maps not told by: control/two")
    assert "neck not told; the place is on ground of a" in text
