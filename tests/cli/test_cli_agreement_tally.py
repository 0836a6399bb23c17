"""`trucewatch agreement tally` as somebody uses it who has a headline and its parts in front of him."""

from __future__ import annotations

import json

import commanded
from commanded import TRUCE, refused, run

files = commanded.files

COUNTS = """\
counts:
  - {id: a, by: aa, of: bb, says: the first night, unit: breaches, total: 2935, source: invented, grade: party,
     parts: {assaults: 96, shellings: 1882, drone uses: 950}}
  - {id: m, by: The Mission, says: half a year, unit: observations, total: 11000, qualifier: at least, source: invented,
     parts: {explosions: 3927, projectiles: 1416, muzzle flames: 116, flares: 62, bursts and shots: 5932}}
"""


def test_a_headline_is_held_against_its_parts(files):
    (files / "counted.yaml").write_text(TRUCE + COUNTS)
    said = run("agreement", "tally", "counted.yaml").stdout
    assert "a: 2,935 breaches of Beeland, by Aaland\n" in said
    assert "96 assaults + 1,882 shellings + 950 drone uses = 2,928\n  not accounted for: 7 are in no part\n" in said
    assert "= 11,453\n  borne out: the parts are 453 above the number stated\n" in said
    assert "a and m: not comparable: one counts breaches, the other observations\n" in said


def test_the_same_can_be_had_as_json(files):
    (files / "counted.yaml").write_text(TRUCE + COUNTS)
    told = json.loads(run("agreement", "tally", "counted.yaml", "--json").stdout)
    assert [(one["sum"], one["above"], one["remainder"]) for one in told["counts"]] == [(2928, 0, 7), (11453, 453, 0)]
    assert told["counts"][0]["parts"][1] == {"what": "shellings", "n": 1882}
    assert [pair["comparable"] for pair in told["side_by_side"]] == [False]


def test_an_agreement_without_counts_says_so(files):
    assert run("agreement", "tally", "truce.yaml").stdout == "paper-truce holds no published counts\n"
    assert json.loads(run("agreement", "tally", "truce.yaml", "--json").stdout)["counts"] == []


def test_the_shipped_counts_come_out_as_they_were_published():
    easter = json.loads(run("agreement", "tally", "easter-2025", "--json").stdout)["counts"]
    assert (2928, 2935, 7) in [(one["sum"], one["total"], one["remainder"]) for one in easter]
    measures = json.loads(run("agreement", "tally", "minsk-measures-2020", "--json").stdout)["counts"]
    assert (11453, 11000, "borne out") in [(one["sum"], one["total"], one["answer"]) for one in measures]


def test_a_count_that_is_none_is_refused_in_one_line(files):
    (files / "counted.yaml").write_text(TRUCE + COUNTS.replace("total: 2935", "total: about 2935"))
    said = refused("agreement", "tally", "counted.yaml")
    assert "counted.yaml, line 19, total: 'about 2935' is not a count" in said


def test_a_file_that_is_not_there_names_the_nearest():
    assert "did you mean 'easter-2025'?" in refused("agreement", "tally", "easter-2205")
