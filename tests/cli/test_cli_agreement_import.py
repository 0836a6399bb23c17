"""trucewatch agreement import pax: drafts in a folder, problems told, one clear line for every fault."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
import yaml
from commanded import refused, run

from trucewatch.assess import pax

BARE = dict.fromkeys(pax.COLUMNS, "0") | {
    "AgtId": "7", "Ver": "3", "Con": "Fordland", "Agt": "Truce at the ford", "Dat": "01/05/2020", "Stage": "Cea",
    "Part": "For the Northern Front:\nA. Miller\n\nFor the Government:\nB. Smith", "Ce": "3", "CeProv": "1",
}  # fmt: skip
ROWS = (
    {},
    {"AgtId": "8", "Part": "A. Miller; B. Smith"},
    {"AgtId": "9", "Stage": "Pre", "Ver": "9", "Ce": "0", "CeProv": "0"},
    {"AgtId": "10", "TjPrire": "2", "Agt": "Exchange at the ford"},
)


def written(tmp_path, *rows, name="pax.csv", without=()):
    text = io.StringIO()
    made = csv.DictWriter(text, [column for column in BARE if column not in without], extrasaction="ignore")
    made.writeheader()
    made.writerows({**BARE, **row} for row in rows)
    path = tmp_path / name
    raw = text.getvalue().encode("utf-8-sig")
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


@pytest.mark.parametrize("name", ["pax.csv", "pax.csv.gz"])
def test_drafts_are_written_one_a_row_and_each_passes_the_check(tmp_path, name):
    out = tmp_path / "drafts"
    told = json.loads(
        run("agreement", "import", "pax", written(tmp_path, *ROWS, name=name), "--out", out, "--json").stdout
    )
    assert told["rows"] == len(ROWS) == len(told["drafts"]) + len(told["problems"])
    assert sorted(path.name for path in out.iterdir()) == ["pax-10.yaml", "pax-7.yaml"]
    assert [one["file"] for one in told["drafts"]] == [str(out / "pax-7.yaml"), str(out / "pax-10.yaml")]
    checked = json.loads(run("agreement", "check", *sorted(out.iterdir()), "--json").stdout)
    assert [one["faults"] for one in checked] == [[], []]
    # The release is the latest that any row of the whole table came with.
    assert yaml.safe_load((out / "pax-7.yaml").read_text())["source"] == "PA-X agreement 7, version 9"
    run("agreement", "show", out / "pax-10.yaml")


def test_what_makes_no_draft_is_told_with_its_reason_and_the_kinds_it_would_have(tmp_path):
    told = json.loads(run("agreement", "import", "pax", written(tmp_path, *ROWS), "--json").stdout)
    assert {one["AgtId"]: one["reason"] for one in told["problems"]} == {
        "8": "the parties cannot be told",
        "9": "nothing is coded that a term could say",
    }
    assert told["problems"][0]["kinds"] == ["barred_acts"]
    lines = run("agreement", "import", "pax", written(tmp_path, *ROWS)).stdout.splitlines()
    assert lines[0] == "4 rows: 2 drafts, not written: no --out; 2 problems"
    assert any(line.startswith("  no draft of 8: the parties could not be told from the signatures") for line in lines)


def test_rows_are_picked_by_id_and_by_stage(tmp_path):
    path = written(tmp_path, *ROWS)

    def ids(*words):
        told = json.loads(run("agreement", "import", "pax", path, *words, "--json").stdout)
        return [one["AgtId"] for one in told["drafts"] + told["problems"]]

    assert ids("--id", "10", "--id", "9") == ["10", "9"]
    assert ids("--stage", "Pre") == ["9"]
    assert ids("--stage", "Cea", "--id", "9") == []


def test_people_name_the_parties_of_one_row(tmp_path):
    path = written(tmp_path, *ROWS)
    words = ("--id", "8", "--party", "Northern Front", "--party", "River Army (RA)")
    told = json.loads(run("agreement", "import", "pax", path, *words, "--json").stdout)
    assert [one["parties"] for one in told["drafts"]] == [["Northern Front", "River Army"]]
    assert "exactly one --id" in refused("agreement", "import", "pax", path, "--party", "Northern Front")


def test_rows_nobody_can_tell_are_drafts_to_type_over_only_where_asked_for(tmp_path):
    path, out = written(tmp_path, *ROWS), tmp_path / "drafts"
    told = json.loads(run("agreement", "import", "pax", path, "--unnamed", "--out", out, "--json").stdout)
    assert (told["rows"], len(told["drafts"]), told["unnamed"], len(told["problems"])) == (4, 3, 1, 2)
    assert told["rows"] == len(told["drafts"]) - told["unnamed"] + len(told["problems"])
    assert [one["AgtId"] for one in told["drafts"] if one.get("unnamed")] == ["8"]
    assert "8" in [one["AgtId"] for one in told["problems"]]
    assert sorted(at.name for at in out.iterdir()) == ["pax-10.yaml", "pax-7.yaml", "pax-8.yaml"]
    text = (out / "pax-8.yaml").read_text()
    assert "Miller" not in text and "Smith" not in text
    lines = run("agreement", "import", "pax", path, "--unnamed").stdout.splitlines()
    assert lines[0] == (
        "4 rows: 3 drafts, of them 1 unnamed, not written: no --out; 2 problems, the rows of the unnamed among them"
    )
    assert "    parties to be typed in; terms: ceasefire" in lines
    plain = json.loads(run("agreement", "import", "pax", path, "--json").stdout)
    assert "unnamed" not in plain and len(plain["drafts"]) == 2


def test_the_check_remarks_on_placeholders_until_they_are_typed_over(tmp_path):
    out = tmp_path / "drafts"
    run("agreement", "import", "pax", written(tmp_path, *ROWS), "--unnamed", "--out", out)

    def remarks(path):
        told = json.loads(run("agreement", "check", path, "--json").stdout)
        assert told["faults"] == []
        return [remark for remark in told["remarks"] if "placeholder" in remark]

    assert remarks(out / "pax-8.yaml") == ["party party-1 and 1 more: is a placeholder: type in who it is"]
    assert remarks(out / "pax-7.yaml") == []
    made = yaml.safe_load((out / "pax-8.yaml").read_text())
    made["parties"][0]["name"], made["parties"][1]["name"] = "Northern Front", "River Army"
    (out / "pax-8.yaml").write_text(yaml.safe_dump(made))
    assert remarks(out / "pax-8.yaml") == []


def test_coverage_counts_unnamed_drafts_beside_the_others(tmp_path):
    path = written(tmp_path, *ROWS)
    told = json.loads(run("agreement", "import", "pax", path, "--unnamed", "--coverage", "--json").stdout)
    assert (told["rows"]["Cea"]["drafts"], told["rows"]["Cea"]["unnamed"]) == (2, 1)
    said = run("agreement", "import", "pax", path, "--unnamed", "--coverage").stdout
    assert "4 rows, 2 drafts, 2 problems, 1 of them drafts with unnamed parties" in said


def test_coverage_is_told_for_people_and_for_machines(tmp_path):
    path = written(tmp_path, *ROWS)
    told = json.loads(run("agreement", "import", "pax", path, "--coverage", "--json").stdout)
    assert told["rows"]["Cea"] == {
        "rows": 3, "drafts": 2, "problems": 1, "reasons": {"the parties cannot be told": 1},
    }  # fmt: skip
    assert told["codings"]["all"]["yes"] == 4
    assert run("agreement", "import", "pax", path, "--coverage").stdout.startswith("28 provisions: 4 expressed, ")


@pytest.mark.parametrize(
    ("make", "words", "told"),
    [
        (lambda at: at / "none.csv", (), "there is no such file"),
        (lambda at: at, (), "is a folder"),
        (lambda at: written(at), (), "has no rows"),
        (lambda at: written(at, {}, without=("Part", "ImPK")), (), "has no column Part, ImPK"),
        (lambda at: written(at, {}), ("--id", "77"), "there is no row '77'; expected an AgtId, as 7"),
        (lambda at: written(at, {}), ("--stage", "cea"), "there is no stage 'cea'; did you mean 'Cea'?"),
        (lambda at: written(at, {}), ("--coverage", "--out", "x"), "--out or --coverage, not both"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path, make, words, told):
    assert told in refused("agreement", "import", "pax", make(tmp_path), *words)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\x01\x02", b"<html><body>no</body></html>", b"PK\x03\x04zip", b"a,b\n1,2\n"]
)
def test_a_file_that_is_no_table_of_pa_x_is_one_clear_line(tmp_path, raw):
    path = tmp_path / "pax.csv"
    path.write_bytes(raw)
    assert str(path) in refused("agreement", "import", "pax", path)


def test_a_table_that_was_cut_short_is_refused_whole(tmp_path):
    path = written(tmp_path, *ROWS, name="pax.csv.gz")
    path.write_bytes(path.read_bytes()[:-20])
    assert "ends too early" in refused("agreement", "import", "pax", path, "--out", tmp_path / "drafts")
    assert not (tmp_path / "drafts").exists()


def test_a_folder_that_is_there_is_not_written_into(tmp_path):
    out = tmp_path / "drafts"
    out.mkdir()
    (out / "pax-7.yaml").write_text("finished by hand")
    assert "is there already" in refused("agreement", "import", "pax", written(tmp_path, *ROWS), "--out", out)
    assert (out / "pax-7.yaml").read_text() == "finished by hand"


def test_where_writing_fails_nothing_is_left(tmp_path, monkeypatch):
    from trucewatch.cli.agreement import import_pax

    def full(files, mode):
        first = next(iter(files))
        first.parent.mkdir()
        first.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(first))

    monkeypatch.setattr(import_pax, "write_all", full)
    line = refused("agreement", "import", "pax", written(tmp_path, *ROWS), "--out", tmp_path / "drafts")
    assert "No space left" in line
    assert [path.name for path in tmp_path.iterdir()] == ["pax.csv"]


def test_no_row_can_move_the_cursor_or_write_elsewhere(tmp_path):
    row = {"Agt": "Truce\x08 \x1b[31m at\nthe ford", "Part": "For the \x1bNorthern Front: A.\nFor the Government: B."}
    path = written(tmp_path, row, {"AgtId": "../../x"})
    said = run("agreement", "import", "pax", path, "--out", tmp_path / "drafts").stdout
    assert "\x1b" not in said and "\x08" not in said
    assert [at.name for at in (tmp_path / "drafts").iterdir()] == ["pax-7.yaml"]
