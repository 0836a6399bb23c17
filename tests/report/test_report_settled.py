"""What was demanded and what collides, in the page: quotes at every level, no point of theory, nothing that aims."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from reported import LATER, SINCE, UNTIL, Page, looks, many, material

from trucewatch import settle
from trucewatch.report import ReportRequest, report
from trucewatch.report.params import ReportParams
from trucewatch.report.settled import Kept, Settled, settled

sys.path.insert(0, str(Path(__file__).parents[1] / "settle"))
from ford import FORD
from test_settle_keep import STAKES, exposure

LEVELS = ("public", "parties", "restricted")
SEEN = exposure((1, 0, 10, "MARK-PATROL", 0.2), (2, 0, 10, "MARK-CAMERA", 0.1))


def run_of(text: str = FORD, firmness: str = "red_line") -> Settled:
    made = settle.positions(text)
    got = settle.settled(made, firmness)
    tables = {name: getattr(got, name) for name in ("held", "conflicts", "allowed", "packages")}
    return Settled(made.title, made.source, 3, firmness, None, len(made.faults), False, **tables)


def kept_of(text: str = STAKES) -> Kept:
    made = settle.stakes(text)
    return Kept(made.title, 4, settle.keepings(made, SEEN), settle.look_values(made, SEEN))


def released(level: str, *runs: Settled, kept: tuple[Kept, ...] = ()):
    given = replace(material(many(3), looks=looks((SINCE, UNTIL))), settled=runs, kept=kept)
    return report(given, ReportRequest(level, SINCE, UNTIL, made_at=LATER))


@pytest.mark.parametrize("level", LEVELS)
def test_conflicts_with_their_quotes_and_what_would_open_them_are_in_the_page_at_every_level(level):
    made = released(level, run_of())
    page = Page(made.html)
    text = " ".join(" ".join(page.text).split())
    assert page.faults == []
    for words in ("not one step back", "they must go back first", "the northern radio", "the southern paper"):
        assert words in text
    assert "What was demanded, and what collides: The ford" in text and "nothing: the lines collide here" in text
    (told,) = json.loads(made.json)["settled"]
    assert len(told["conflicts"]) == 1 and len(told["conflicts"][0]["lines"]) == 2
    assert [len(way["lines"]) for way in told["ways_out"]] == [1, 1]
    assert [row["takes"] for row in told["allowed"]][2] == ["it runs"]


def test_where_nothing_collides_it_says_so_and_tells_the_packages():
    soft = FORD.replace("accepts: [as-is], firmness: red_line", "accepts: [as-is, pulled], firmness: red_line")
    made = released("public", run_of(soft))
    assert "All of these can hold together." in made.html and "Cannot" not in made.html.split("What was demanded")[1]
    (told,) = json.loads(made.json)["settled"]
    assert told["packages"] and told["allowed"][0]["takes"] == ["both a day&#39;s march back".replace("&#39;", "'")]


@pytest.mark.parametrize("level", LEVELS)
def test_no_point_of_theory_and_no_word_of_a_recommendation_is_in_a_report(level):
    made = released(level, run_of(), run_of(firmness="demand"), kept=(kept_of(),))
    for file in (made.html, made.json):
        for word in ("nash", "kalai", "egalitarian", "pareto", "frontier", "recommendation", "we recommend"):
            assert word not in file.lower()
        assert re.findall(r"recommend\w*", made.html) == ["recommended"] * 2  # "nothing here is recommended"


@pytest.mark.parametrize("level", ["public", "parties"])
def test_below_restricted_nothing_is_told_of_coverage_or_of_what_a_look_buys(level):
    with_it, without = released(level, run_of(), kept=(kept_of(),)), released(level, run_of())
    assert (with_it.html, with_it.json) == (without.html, without.json)
    assert "MARK-" not in with_it.html + with_it.json and "Would it be kept" not in with_it.html


def test_the_markers_can_be_found_where_they_may_be():
    made = released("restricted", run_of(), kept=(kept_of(),))
    assert "MARK-PATROL" in made.html and "Would it be kept (restricted): The truce at the ford" in made.html
    (told,) = json.loads(made.json)["kept"]
    assert {row["look"] for row in told["looks"]} >= {"MARK-PATROL", "tower"} and told["rows"]


def test_without_positions_there_is_no_section():
    made = released("restricted")
    assert "What was demanded" not in made.html and json.loads(made.json)["settled"] == []


def test_mark_up_that_somebody_typed_is_shown_and_not_run():
    made = released("public", run_of(FORD.replace("not one step back", "not <script>one</script> step")))
    assert "<script" not in made.html and "not &lt;script&gt;one&lt;/script&gt; step" in made.html


def test_what_is_beyond_a_page_is_counted_and_not_dropped_in_silence():
    (told,) = settled([run_of()], ReportParams(most_conflicts=1))
    assert len(told["ways_out"]) == 1 and told["more"] == {"conflict": 0, "way_out": 1}
    made = report(
        replace(material(many(3)), settled=(run_of(),)),
        ReportRequest("public", SINCE, UNTIL, made_at=LATER),
        ReportParams(most_conflicts=1),
    )
    assert "And 1 more." in made.html


def test_a_file_with_faults_says_how_many_left_something_out():
    made = released("public", run_of(FORD.replace("accepts: [as-is]", "accepts: []")))
    assert "1 fault of that file left something out" in made.html


SWAP = {"north": "south", "south": "north", "Northland": "Southland", "Southland": "Northland",
        "northern": "southern", "southern": "northern"}  # fmt: skip


def swapped(text: str) -> str:
    return re.sub("|".join(rf"\b{name}\b" for name in SWAP), lambda hit: SWAP[hit.group()], text)


def bags(made: Settled, back=str) -> list[str]:
    """Rows of the page as bags: the order within one rank may follow the names, which say nothing."""
    (told,) = settled([made], ReportParams())
    rows = [
        (kind, row["rank"], row["knot"], sorted(map(back, row["lines"])))
        for kind in ("conflicts", "ways_out")
        for row in told[kind]
    ]
    left = [(row["asks"], sorted(row["takes"])) for row in told["allowed"]]
    return sorted(map(repr, [*rows, left, told["n_held"], sorted(row["says"] for row in told["packages"])]))


@pytest.mark.parametrize("firmness", ["red_line", "demand", "preference", "open"])
def test_the_section_is_the_same_with_its_parties_exchanged(firmness):
    assert bags(run_of(swapped(FORD), firmness), swapped) == bags(run_of(FORD, firmness))


def test_a_report_at_a_wide_level_is_made_as_if_what_is_confidential_had_not_been_said(tmp_path):
    """In a case, from the command line; and made again by replay."""
    from click.testing import CliRunner
    from reported import AGREEMENT

    from trucewatch.cli import main

    def run(*words):
        ran = CliRunner().invoke(main, [str(word) for word in words])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    case = tmp_path / "case"
    (tmp_path / "truce.yaml").write_text(AGREEMENT)
    (tmp_path / "ford.yaml").write_text(FORD.replace('quote: "not one step', 'level: parties, quote: "not one step'))
    run("init", case)
    run("agree", tmp_path / "truce.yaml", "--case", case)
    run("settle", "enter", tmp_path / "ford.yaml", "--case", case, "--by", "Ada")
    run("settle", "run", "--case", case)
    told = {}
    for level in LEVELS:
        run("report", "--case", case, "--level", level)
        folder = case / "report" if level == "public" else case / "report" / level
        told[level] = "".join(f.read_text() for f in folder.iterdir() if f.suffix in (".html", ".json"))
    assert [("not one step back" in told[level], "narrower level alone" in told[level]) for level in LEVELS] == [
        (False, True), (True, False), (True, False),
    ]  # fmt: skip
    assert "run of report: same bytes" in run("replay", "--case", case, "all")
    section = run("settle", "section", tmp_path / "ford.yaml", "--level", "public")
    assert "not one step back" not in section and "narrower level alone" in section
    assert "not one step back" in run("settle", "section", tmp_path / "ford.yaml", "--level", "restricted")
