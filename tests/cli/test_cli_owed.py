"""From a team's table of counts to what was owed, as docs/owed.md shows it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import commanded
from commanded import run

files = commanded.files
case = commanded.case

PAGE = (Path(__file__).resolve().parents[2] / "docs/owed.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The first fenced block of a language in the page."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def worked_example(folder: Path) -> str:
    """Do what the page does -> what its last command prints."""
    (folder / "truce.yaml").write_text(block("yaml"))
    (folder / "counts.csv").write_text(block("csv"))
    (folder / "case").rmdir() if (folder / "case").exists() else None
    return [run(*shlex.split(line)[1:]).stdout for line in block("sh").splitlines()][-1]


def test_the_worked_example_of_the_page_prints_what_the_page_shows(files):
    assert worked_example(files) == block("text")


def test_each_row_is_a_finding_by_its_period_and_speaker(files):
    worked_example(files)
    told = json.loads(run("assess", "--case", "case", "--json").stdout)["findings"]
    assert {(one["article"], one["verdict"], one["n"]) for one in told} == {
        ("2", "indicated", 1),
        ("2", "not_indicated", 1),
        ("2", "cannot_tell", 2),
        ("3", "indicated", 1),
        ("3", "not_indicated", 1),
        ("3", "cannot_tell", 1),
    }


def test_the_same_can_be_had_as_json(files):
    worked_example(files)
    rows = json.loads(run("owed", "--case", "case", "--json").stdout)["owed"]
    assert [(row["speaker"], row["least"], row["most"], row["unmet"]) for row in rows[:3]] == [
        ("Coast Side", 13.0, 13.0, 1.0),
        ("Hill Side", 20.0, 20.0, 0.0),
        ("The envoy", 0.0, 19.0, None),
    ]


def test_as_of_forgets_what_was_counted_later(files):
    worked_example(files)
    rows = json.loads(run("owed", "--case", "case", "--as-of", 1, "--json").stdout)["owed"]
    assert [row["speaker"] for row in rows] == [None, None]


def test_an_agreement_that_owes_nothing_says_so(case):
    run("agree", "truce.yaml", "--case", case)
    assert run("owed", "--case", case).stdout == "nothing that can be counted is owed\n"


def test_the_mapping_takes_offsets_and_keeps_a_blank_figure_unknown(files):
    (files / "truce.yaml").write_text(block("yaml"))
    (files / "counts.csv").write_text(
        "speaker,on_behalf_of,about,place,from,until,figure,unit,said_at,quote\n"
        "a clerk,Coast Side,fuel ships,,2030-04-02 19:00+03:00,2030-06-02T16:00Z,,ships,,\n"
        "Hill Side,,fuel ships,the small port,2030-04-02 16:00Z,2030-06-01 24:00Z,7,,2030-06-03 00:00Z,seven\n"
    )
    run("init", "case")
    run("agree", "truce.yaml", "--case", "case")
    said = run("pull", "table", "--file", "counts.csv", "--mapping", "tallies", "--case", "case").stdout
    assert "2 statements" in said and "figure is blank: unknown, not zero" in said
    rows = {row["speaker"]: row for row in json.loads(run("owed", "--case", "case", "--json").stdout)["owed"]}
    assert (rows["a clerk"]["most"], rows["a clerk"]["lacks"]) == (
        None,
        "the count of fuel ships by a clerk for the rest of the period; the figures that a clerk left blank",
    )
    assert rows["Hill Side"]["covered"] == 0.0 and "the small port" in rows["Hill Side"]["lacks"]


def test_the_page_tells_every_field_that_a_term_or_a_table_may_have():
    for field in (
        "what",
        "unit",
        "at_least",
        "at_most",
        "each",
        "at_once",
        "of",
        "before",
        "place",
        "figure",
        "said_at",
    ):
        assert f"`{field}`" in PAGE


def test_the_tallies_of_the_page_are_what_the_command_prints(files):
    (files / "tallied.yaml").write_text(
        block("yaml")
        + "counts:\n"
        + "  - {id: mission, by: The Mission, says: s, unit: observations, total: 11000, qualifier: at least, source: s,\n"
        + "     parts: {explosions: 3927, projectiles: 1416, muzzle flames: 116, flares: 62, bursts and shots: 5932}}\n"
        + "  - {id: north, by: Northland, of: Southland, says: s, unit: breaches, total: 2935, source: s,\n"
        + "     parts: {assaults: 96, shellings: 1882, drone uses: 950}}\n"
    )
    printed = run("agreement", "tally", "tallied.yaml").stdout.splitlines()
    shown = re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1].splitlines()
    assert [line for line in printed if line not in ("  s", "  source: s")] == shown
