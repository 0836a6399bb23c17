"""trucewatch attribute: which side could have done it, printed and as JSON, kept as a run that can be made again."""

from __future__ import annotations

import json
from pathlib import Path

import commanded
import pytest
from commanded import entries, refused, run

from trucewatch.cli.base import shipped
from trucewatch.stores.posix import open_case
from trucewatch.tables import ATTRIBUTED, ATTRIBUTIONS, MOTIVES

files = commanded.files
case = commanded.case

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "motives.yaml"
LOG = """\
team,time,kind,lon,lat,radius_m,weapon,says
one,2010-03-12 16:30Z,shelling,-40.0,40.5,200,82 mm mortar,deep in the ground of Aaland
three,2010-03-12 16:30Z,shelling,-40.0,40.5,200,82 mm mortar,the same
two,2010-03-13 16:30Z,shelling,-40.0,39.99,200,82 mm mortar,near the line
"""


def square(who: str, south: float, north: float) -> dict:
    ring = [[-41, south], [-39, south], [-39, north], [-41, north], [-41, south]]
    return {"type": "Feature", "properties": {"held_by": who}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def fill(case: Path, log: str) -> None:
    """What teams told, a map of two sides and an agreement, into an empty case."""
    (case.parent / "log.csv").write_text(log)
    ground = {"type": "FeatureCollection", "features": [square("aa", 40, 41), square("Beeland", 39, 40)]}
    (case.parent / "map.geojson").write_text(json.dumps(ground))
    on = ["--option", "mapper=survey", "--option", "on=2010-03-11T12:00Z"]
    run("pull", "report", "--case", case, "--file", "log.csv")
    run("pull", "control", "--case", case, "--file", "map.geojson", *on)
    run("agree", "truce.yaml", "--case", case)


@pytest.fixture
def sides(case):
    """A case with two shellings, the first told of by two teams."""
    fill(case, LOG)
    return case


def told(sides, *more: object) -> dict:
    return json.loads(run("attribute", "--case", sides, "--json", *more).stdout)


def test_it_says_who_could_have_and_never_who_did(sides):
    said = told(sides)
    deep, near = said["attributed"]
    assert (deep["could"], deep["could_not"], deep["answer"]) == (["aa"], ["bb"], "left")
    assert (near["could"], near["could_not"], near["answer"]) == (["aa", "bb"], [], "undetermined")
    assert {row["says"] for row in said["attributions"]} == {"could", "could_not"}
    assert list(said["attributions"][0]) == list(ATTRIBUTIONS.columns)
    assert list(deep) == list(ATTRIBUTED.columns)
    assert set(said["outputs"]) == {"attributions", "attributed"}


def test_one_voice_rules_nobody_out_unless_asked_to(case):
    alone = "\n".join(line for line in LOG.splitlines() if not line.startswith("three"))
    fill(case, alone)
    assert [row["could_not"] for row in told(case)["attributed"]] == [[], []]
    assert [row["could_not"] for row in told(case, "--voices", 1)["attributed"]] == [["bb"], []]
    assert "--voices" in refused("attribute", "--case", case, "--voices", 0)


def test_for_people_it_counts_answers_and_shows_one_incident_with_its_reasons(sides):
    lines = run("attribute", "--case", sides).stdout
    for words in ("undetermined", "nothing tells", "could not", "bb"):
        assert words in lines
    deep = told(sides)["attributed"][0]["incident"]
    one = run("attribute", "--case", sides, "--incident", deep[:6]).stdout
    assert "Aaland is the only party that a map leaves, which is no proof" in one
    assert "control/survey of 2010-03-11: 82 mm mortar: 9.0 km at the most" in one


def test_the_same_question_is_one_run_and_other_ranges_are_another(sides):
    first = told(sides)
    size = entries(sides)
    assert first["new"] and not told(sides)["new"] and entries(sides) == size
    (sides.parent / "mine.yaml").write_text(
        "ranges: mine\nsource: me\nweapons: [{class: mortar, words: [mortar], calibre_mm: 82, range_m: 70000}]\n"
    )
    again = told(sides, "--ranges", "mine.yaml")
    assert again["new"] and again["attributed"][0]["could"] == ["aa", "bb"]
    assert entries(sides) == size + 1


def test_the_run_can_be_made_again_and_the_doctor_finds_it_well(sides):
    told(sides, "--motive", EXAMPLE, "--speaks", "report=aa")
    said = json.loads(run("replay", "all", "--case", sides, "--json").stdout)
    assert "run of attribute" in json.dumps(said) and "differs" not in json.dumps(said)
    assert run("doctor", "--case", sides).exit_code == 0


def test_what_was_made_of_a_capture_goes_with_it(sides):
    made = set(told(sides)["outputs"].values())
    assert made <= set(open_case(sides).objects.ids())
    run("withhold", 0, "--case", sides, "--by", "the bench", "--why", "names a witness")
    assert not made & set(open_case(sides).objects.ids())
    assert told(sides)["attributed"] == []
    assert run("doctor", "--case", sides).exit_code == 0


def test_motives_are_a_table_of_their_own_only_where_asked_for_and_change_no_answer(sides):
    plain, with_motives = told(sides), told(sides, "--motive", EXAMPLE)
    assert "motives" not in plain and plain["attributed"] == with_motives["attributed"]
    assert list(with_motives["motives"][0]) == list(MOTIVES.columns) and len(with_motives["motives"]) == 8
    before = json.loads(run("assess", "--case", sides, "--json").stdout)["outputs"]
    deep = with_motives["attributed"][0]["incident"]
    one = run("attribute", "--case", sides, "--motive", EXAMPLE, "--incident", deep).stdout
    assert "motive retaliatory" in one and "invented-example (unchecked)" in one and "not known: " in one
    assert json.loads(run("assess", "--case", sides, "--json").stdout)["outputs"] == before


def test_as_of_a_state_without_the_map_it_rests_on_words_alone(sides):
    size = entries(sides)
    ground = {"type": "FeatureCollection", "features": [square("bb", 39, 41)]}
    (sides.parent / "other.geojson").write_text(json.dumps(ground))
    run(
        "pull",
        "control",
        "--case",
        sides,
        "--file",
        "other.geojson",
        "--option",
        "mapper=b",
        "--option",
        "on=2010-03-12T12:00Z",
    )
    assert told(sides)["attributed"][0]["disputed"] == ["aa", "bb"]
    assert told(sides, "--as-of", size)["attributed"][0]["answer"] == "left"
    assert "no agreement was entered among the first 3 entries" in refused("attribute", "--case", sides, "--as-of", 3)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--speaks", "report"), "--speaks: 'report' is no pair; expected SOURCE=PARTY"),
        (("--speaks", "=aa"), "--speaks: '=aa' is no pair"),
        (("--speaks", "x=aa", "--speaks", "x=bb"), "--speaks: 'x' speaks for two parties"),
        (("--speaks", "x=ab"), "there is no party 'ab'; did you mean"),
        (("--ranges", "rangs"), "there is no table of ranges 'rangs'; did you mean 'ranges'?"),
        (("--ranges", "gone.yaml"), "gone.yaml: there is no such file"),
        (("--ranges", "truce.yaml"), "truce.yaml, line 1: there is no field 'agreement'"),
        (("--motive", "truce.yaml"), "truce.yaml, line 1: there is no field 'agreement'"),
        (("--incident", "zz"), "--incident: 'zz' begins no incident's id"),
        (("--incident", ""), "--incident: '' begins the ids of 2 incidents"),
        (("--agreement", "other"), "there is no agreement in this case 'other'"),
    ],
)
def test_what_cannot_be_answered_is_one_clear_line(sides, words, line):
    assert refused("attribute", "--case", sides, *words).startswith(line)


def test_a_case_without_incidents_is_told_so(case):
    run("agree", "truce.yaml", "--case", case)
    assert run("attribute", "--case", case).stdout == "there is no incident\n"


def test_the_table_of_ranges_comes_with_the_project():
    assert set(shipped("weapons")) == {"ranges"}
