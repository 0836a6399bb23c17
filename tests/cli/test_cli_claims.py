"""The register from the command line: typed, drafted, accepted, tallied, held against the record, and led back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from trucewatch.cli import main

ROOT = Path(__file__).resolve().parents[2]
SAID = ROOT / "tests/stories/said"
REGISTER = """
- {key: mine, speaker: Zelensky, on_behalf_of: Ukraine, said_at: 2025-04-21 10:00Z, figure: 2935, unit: breaches,
   about: breaches of the truce, whom: Russia, asserts: happened, from: 2025-04-19 15:00Z, until: 2025-04-20 21:00Z, source: a}
- {key: part, speaker: Zelensky, on_behalf_of: Ukraine, figure: 96, unit: assaults, part_of: mine, about: assaults, source: a}
- {key: other, speaker: Ministry, on_behalf_of: Russia, said_at: 2025-04-21 10:00Z, figure: about 4900, unit: breaches,
   about: breaches of the truce, whom: Ukraine, source: b}
- {key: force, speaker: Ministry, on_behalf_of: Russia, said_at: 2025-04-21 10:00Z, asserts: in_force,
   from: 2025-04-20 00:00Z, until: 2025-04-20 10:00Z, source: b}
- {key: ring, speaker: Ministry, on_behalf_of: Russia, said_at: 2025-04-21 10:00Z, asserts: encircled, whom: Ukraine, source: b}
"""


def said(*args, ok=True) -> str:
    done = CliRunner().invoke(main, [str(a) for a in args])
    assert (done.exit_code == 0) is ok, done.output
    assert done.exit_code in (0, 2) and "Traceback" not in done.output, done.output
    return done.output


@pytest.fixture
def case(tmp_path) -> Path:
    said("init", tmp_path / "case")
    said("agree", "easter-2025", "--case", tmp_path / "case")
    (tmp_path / "register.yaml").write_text(REGISTER)
    said("claims", "import", tmp_path / "register.yaml", "--case", tmp_path / "case")
    return tmp_path / "case"


def read(case, name="mill-bridge") -> list[dict]:
    more = ["--party", "Northland=", "--party", "Southland=", "--gazetteer", SAID / "places.csv", "--json"]
    return json.loads(said("claims", "read", SAID / f"{name}.txt", "--case", case, "--by", "Ada", *more))


def test_a_register_is_checked_tallied_reported_and_done_again(case):
    checks = json.loads(said("claims", "check", "--case", case, "--json"))
    assert {row["key"]: row["verdict"] for row in checks["checks"]} == {
        "mine": "cannot be told", "force": "borne out", "ring": "cannot be told",
    }  # fmt: skip
    assert [row["key"] for row in checks["left_out"]] == ["other", "part"]
    tally = json.loads(said("claims", "tally", "--case", case, "--json"))
    assert [(c["id"], c["remainder"]) for c in tally["counts"]] == [("mine", 2839), ("other", None)]
    assert not tally["side_by_side"][0]["comparable"] and "no total" in tally["side_by_side"][0]["why"]
    for level in ("restricted", "public"):
        said("report", "--case", case, "--level", level)
    full = json.loads((case / "report/restricted/report.json").read_text())
    public = json.loads((case / "report/report.json").read_text())
    assert {row["verdict"] for row in full["said"]} == {"borne out", "cannot be told"}
    assert all(row["bounds"] and row["because"] for row in full["said"])
    hidden = ("bounds", "because", "words", "would_settle")
    assert all(row[name] is None for row in public["said"] for name in hidden)
    assert "same bytes" in said("replay", "all", "--case", case) and "well" in said("doctor", "--again", "--case", case)
    assert "differs" not in said("replay", "all", "--case", case)


def test_a_draft_counts_only_once_a_person_has_accepted_it(case):
    drafts = read(case)
    assert all(row["review"] is None for row in drafts)
    assert len(json.loads(said("claims", "list", "--case", case, "--json"))) == 5
    first, second = drafts[0]["id"], drafts[1]["id"]
    said("claims", "accept", first, "--set", "key=bridge", "--case", case, "--by", "Ada")
    said("claims", "reject", second, "--why", "a caption", "--case", case, "--by", "Ada")
    register = json.loads(said("claims", "list", "--case", case, "--json"))
    mine = next(row for row in register if row["key"] == "bridge")
    assert (mine["draft"], mine["speaker"], mine["whom"]) == (first, "defence ministry", "Southland")
    waiting = {row["id"] for row in json.loads(said("claims", "list", "--drafts", "--case", case, "--json"))}
    assert waiting == {row["id"] for row in drafts} - {first, second}
    assert "accepted already, by Ada" in said("claims", "accept", first, "--case", case, "--by", "Bo", ok=False)
    assert "is in the register" in said("claims", "reject", first, "--case", case, "--by", "Bo", ok=False)
    said("claims", "accept", first.split("#")[0], "--case", case, "--by", "Bo")  # all that wait
    assert json.loads(said("claims", "list", "--drafts", "--case", case, "--json")) == []
    hops = json.loads(said("why", "bridge", "--case", case, "--json"))
    told = " ".join(str(hop) for hop in hops)
    assert [h["hop"].split()[0] for h in hops] == ["statement", "capture", "review", "draft", "capture"]
    assert "Ada" in told and "shelled the Mill Bridge" in told and "speaker before the verb" in told


def test_a_check_leads_back_to_the_register_and_its_bytes(case):
    said("claims", "check", "--case", case)
    hops = json.loads(said("why", "force", "--case", case, "--json"))
    assert [h["hop"].split()[0] for h in hops] == ["check", "run", "statement", "capture"]
    assert "key: force" in hops[3]["facts"]["row 4"]


def test_what_another_room_found_of_a_ring_is_taken_in(case, tmp_path):
    answers = tmp_path / "answers.csv"
    answers.write_text("statement,low,high,looked_at,because\nring,0,0.1,two maps,a gap of 5 km\n")
    checks = json.loads(said("claims", "check", "--case", case, "--answers", answers, "--json"))["checks"]
    ring = next(row for row in checks if row["key"] == "ring")
    assert (ring["verdict"], ring["because"]) == ("not borne out", "a gap of 5 km")
    assert "same bytes" in said("replay", "all", "--case", case)
    answers.write_text("statement,low,high,looked_at,because\nring,0.9,0.1,x,y\n")
    assert "answers.csv, row 1, low, high: has no bounds" in said(
        "claims", "check", "--case", case, "--answers", answers, ok=False
    )
    answers.write_text("statement,low\nring,0.9\n")
    assert "has no column 'high'" in said("claims", "check", "--case", case, "--answers", answers, ok=False)


def test_a_captured_text_is_read_again_by_its_id_and_a_text_without_a_case_is_only_shown(case, tmp_path):
    shown = json.loads(said("claims", "read", SAID / "mill-bridge.txt", "--party", "Northland=", "--json"))
    assert shown and shown[0]["speaker"]
    first = read(case)
    assert read(case) == first  # the same bytes, read just so, are held once
    again = json.loads(
        said("claims", "read", first[0]["capture"][:12], "--case", case, "--party", "Northland=", "--json")
    )
    assert again[0]["capture"] != first[0]["capture"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["read", "nofile.txt"], "there is no such file"), (["read", SAID / "salt-coast.txt", "--date", "soon"], "is no date"),
        (["read", SAID / "salt-coast.txt", "--zone", "Mars/One"], "no time zone"),
        (["read", SAID / "salt-coast.txt", "--language", "xx"], "there is no wording 'xx'"),
        (["read", SAID / "salt-coast.txt", "--party", "=x"], "names no party"),
        (["accept", "0123456789ab#1", "--by", "Ada"], "there is no draft"), (["accept", "x#1", "--set", "y"], "changes nothing"),
        (["reject", "0123456789ab#1", "--by", "Ada"], "there is no draft"), (["add", "--says", "x"], "who said it?"),
        (["add", "--speaker", "x"], "what was said?"), (["import", "nofile.yaml"], "there is no such file"),
        (["check", "--agreement", "none"], "no agreement"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(case, words, expected):
    where = [] if words[0] == "read" else ["--case", case]
    out = said("claims", *words, *where, ok=False)
    assert expected in out and len(out.strip().splitlines()) == 1


def test_a_gazetteer_that_is_none_is_named_with_its_row(case, tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("name,lon,lat\nAldry,10,60\nOstmark,east,60\n")
    out = said("claims", "read", SAID / "mill-bridge.txt", "--gazetteer", path, ok=False)
    assert "places.csv, row 2, lon: 'east' is no lon" in out


def test_a_draft_that_nobody_names_is_not_all_of_them(case):
    assert len(read(case)) > 1
    for name in ("", "#"):
        assert "names no draft" in said("claims", "accept", name, "--case", case, "--by", "Ada", ok=False)
    assert len(json.loads(said("claims", "list", "--drafts", "--case", case, "--json"))) == len(read(case))


@pytest.mark.parametrize(
    ("change", "told"),
    [("figure=abc", "--set figure: 'abc' is no figure"), ("asserts=hapened", "--set asserts: 'hapened' is none of"),
     ("said_at=soon", "--set said_at: 'soon' is no time"), ("lon=400", "--set lon, lat: are not the degrees")],
)  # fmt: skip
def test_what_a_person_sets_and_the_register_cannot_hold_is_refused_and_the_draft_waits(case, change, told):
    name = read(case)[0]["id"]
    assert told in said("claims", "accept", name, "--set", change, "--case", case, "--by", "Ada", ok=False)
    assert name in [row["id"] for row in json.loads(said("claims", "list", "--drafts", "--case", case, "--json"))]


def test_a_part_of_a_part_and_parts_of_one_another_are_lost_nowhere(case, tmp_path):
    rows = """
- {key: all, speaker: M, figure: 10, unit: killed, about: everybody, source: s}
- {key: men, speaker: M, figure: 6, unit: killed, about: men, part_of: all, source: s}
- {key: boys, speaker: M, figure: 2, unit: hurt, about: boys, part_of: men, source: s}
- {key: x, speaker: M, figure: 3, unit: shot, about: x, part_of: y, source: s}
- {key: y, speaker: M, figure: 3, unit: shot, about: y, part_of: x, source: s}
- {key: less, speaker: M, figure: -3, unit: shot, about: less, source: s}
"""
    (tmp_path / "more.yaml").write_text(rows)
    said("claims", "import", tmp_path / "more.yaml", "--case", case)
    tally = json.loads(said("claims", "tally", "--case", case, "--json"))
    counts = {count["id"]: [(part["what"], part["n"]) for part in count["parts"]] for count in tally["counts"]}
    assert counts["all"] == [("men", 6)] and counts["men"] == [("boys (hurt)", 2)]
    assert {"x", "y"} <= set(counts) and "less" not in counts and tally["no_counts"] == 1


def test_a_key_that_nobody_has_and_one_that_stands_twice_are_told(case, tmp_path):
    rows = """
- {key: mine, speaker: Zelensky, figure: 2936, unit: breaches, about: breaches, source: a}
- {key: no, speaker: Ministry, speech: denies, answers: mien, says: none, source: b}
- {key: its, speaker: Ministry, figure: 4, unit: assaults, about: assaults, part_of: mine, source: b}
"""
    (tmp_path / "more.yaml").write_text(rows)
    said("claims", "import", tmp_path / "more.yaml", "--case", case)
    for command in ("list", "tally", "check"):
        told = said("claims", command, "--case", case)
        assert "no: answers 'mien' is the key of no statement in the register" in told
        assert "the key 'mine' stands more than once" in told and "its: part_of 'mine' is another speaker's" in told


def test_an_answer_to_a_statement_that_is_none_is_refused(case, tmp_path):
    (tmp_path / "a.csv").write_text("statement,low,high,looked_at,because\nrung,0.1,0.2,maps,a gap\n")
    told = said("claims", "check", "--case", case, "--answers", tmp_path / "a.csv", ok=False)
    assert "a.csv, row 1, statement: 'rung' is no statement of the register" in told


def test_a_zone_that_is_none_is_refused_and_the_reading_before_stands(case, tmp_path):
    before = said("claims", "list", "--case", case)
    told = said("claims", "import", tmp_path / "register.yaml", "--case", case, "--zone", "Moon/Base", ok=False)
    assert "there is no time zone 'Moon/Base'" in told and said("claims", "list", "--case", case) == before


def test_who_accepts_must_be_named(case):
    draft = read(case)[0]["id"]
    assert "who accepts it?" in said("claims", "accept", draft, "--case", case, ok=False)
    assert "there is no field of a statement 'spekaer'" in said(
        "claims", "accept", draft, "--set", "spekaer=x", "--case", case, "--by", "Ada", ok=False
    )
