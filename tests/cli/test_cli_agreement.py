"""`trucewatch agreement`: list, show, check, diff, schema, as people and programs meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from trucewatch.cli import main
from trucewatch.cli.base import shipped

TRUCE = """agreement: truce
title: A truce
source: invented
parties: [{id: north, name: Northern Side}, {id: south, name: Southern Side}]
when: {since: "2030-04-10 00:00Z", until: open}
terms:
  - {id: quiet, article: "1", says: All fire stops., source: invented, bars: {acts: [armed]}, where: {everywhere: true, says: all}}
"""


def run(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["agreement", *words])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def files(tmp_path: Path):
    def write(**texts: str) -> list[str]:
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return [str(tmp_path / f"{name}.yaml") for name in texts]

    return write


def test_the_list_holds_every_agreement_that_is_shipped_in_order_of_time():
    code, out, _ = run("list", "--json")
    told = json.loads(out)
    assert code == 0 and {one["file"] for one in told} == set(shipped("agreements"))
    assert all(one["agreement"] == one["file"] for one in told)
    known = [one["since"] for one in told if one["since"]]
    assert known == sorted(known)
    assert len(run("list")[1].splitlines()) == len(told)


@pytest.mark.parametrize("name", sorted(shipped("agreements")))
def test_every_shipped_agreement_has_no_fault_and_can_be_shown(name):
    code, out, err = run("check", name)
    assert (code, err) == (0, "") and "no fault" in out
    code, out, err = run("show", name)
    assert (code, err) == (0, "") and out.startswith(f"{name}: ")


def test_a_file_name_of_a_shipped_one_will_do(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run("check", "minsk-ii-2015.yaml")[0] == 0


def test_all_faults_come_at_once_each_with_line_field_what_was_expected_and_the_nearest_name(files):
    (bad,) = files(bad=TRUCE.replace("title:", "titel:").replace("armed", "armd").replace("open}", "opne}"))
    code, out, err = run("check", bad)
    lines = err.splitlines()
    assert code == 2 and out == "" and lines[-1].endswith("4 faults; nothing was stored")
    assert all(line.startswith("trucewatch: ") for line in lines)
    assert any("line 2: there is no field 'titel'; did you mean 'title'?" in line for line in lines)
    assert any("line 5, until" in line and "expected" in line for line in lines)
    assert any("line 7, acts: there is no act 'armd'; did you mean 'armed'?" in line for line in lines)
    told = json.loads(run("check", bad, "--json")[1])
    assert [(f["line"], f["nearest"]) for f in told["faults"] if f["nearest"]] == [(2, "title"), (7, "armed")]


def test_several_files_are_checked_in_one_go_and_one_fault_makes_it_2(files):
    good, bad = files(good=TRUCE, bad=TRUCE.replace("acts", "act"))
    assert run("check", good, good)[0] == 0
    code, out, err = run("check", good, bad)
    assert code == 2 and "no fault" in out and "1 fault; nothing was stored" in err


@pytest.mark.parametrize("command", ["show", "check", "when", "tally"])
def test_what_is_no_agreement_is_one_clear_line(command, files, tmp_path):
    for name in (str(tmp_path / "none.yaml"), "minsk-iii-2015"):
        code, out, err = run(command, name)
        assert code == 2 and out == "" and len(err.splitlines()) <= 2 and "Traceback" not in err
    assert "did you mean 'minsk-ii-2015'?" in run(command, "minsk-iii-2015")[2]


def test_a_difference_is_told_in_words_and_as_json(files):
    old, new = files(old=TRUCE, new=TRUCE.replace("[armed]", "[armed, works]"))
    code, out, _ = run("diff", old, new)
    assert code == 0
    assert "Northern Side: of its obligations, 1 grew" in out
    assert "  grew     Northern Side, Southern Side: also barred now: works" in out
    told = json.loads(run("diff", old, new, "--json")[1])
    assert told["by_party"] == {"north": {"grew": 1}, "south": {"grew": 1}}
    assert run("diff", old, old)[1] == "no obligation differs between truce and truce\n"


def test_where_only_a_title_differs_no_obligation_does(files):
    """Found: they were told to say the same."""
    old, new = files(old=TRUCE, new=TRUCE.replace("title: A truce", "title: Another title"))
    assert "say the same" not in run("diff", old, new)[1]


def test_the_schema_is_printed_as_json():
    code, out, _ = run("schema")
    assert code == 0 and json.loads(out)["$schema"].endswith("2020-12/schema")


def test_a_fault_of_the_ground_names_its_file_too(files):
    """Found: what the ground itself refused came without the file's name."""
    there_and_back = "path: {points: [[38, 48], [38, 49], [38, 48]]}, distance_a_side_m: 9, toward: [39, 48]"
    (bad,) = files(bad=TRUCE.replace("everywhere: true", there_and_back))
    code, _, err = run("check", bad)
    assert code == 2 and err.splitlines()[0].startswith(f"trucewatch: {bad}")
