"""`trucewatch settle`: what it prints, how it says what cannot be used, and what it holds back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from trucewatch.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "settle"))
from ford import FORD
from test_settle_frontier import OPEN, WEIGHTS
from test_settle_keep import STAKES

EXAMPLE = Path(__file__).parents[2] / "examples/march-2025"
EXPOSURE = "cell,t0,t1,source,p_noticed\n1,2030-01-01T00:00:00Z,2030-01-11T00:00:00Z,patrol,0.2\n"


def run(*words: str):
    return CliRunner().invoke(main, ["settle", *words])


@pytest.fixture
def ford(tmp_path) -> str:
    (tmp_path / "ford.yaml").write_text(FORD)
    return str(tmp_path / "ford.yaml")


def test_conflicts_name_the_lines_the_quotes_and_the_ways_out(ford):
    told = json.loads(run("conflicts", ford, "--json").output)
    assert [row["issues"] for row in told["conflicts"]] == [["line"]] and len(told["ways_out"]) == 2 and told["whole"]
    assert "not one step back" in run("conflicts", ford).output


def test_a_fault_is_named_on_standard_error_and_the_rest_still_runs(tmp_path):
    (tmp_path / "ford.yaml").write_text(FORD.replace("accepts: [as-is]", "accepts: []"))
    ran = run("conflicts", str(tmp_path / "ford.yaml"), "--firmness", "demand")
    assert ran.exit_code == 0 and "line 17, accepts: accepts nothing" in ran.stderr
    told = json.loads(run("packages", str(tmp_path / "ford.yaml"), "--json").stdout)
    assert told["faults"] and told["allowed"]["ferry"] == ["runs"]
    checked = run("check", str(tmp_path / "ford.yaml"))
    assert checked.exit_code == 2 and "1 fault" in checked.output


def test_a_file_of_which_nothing_is_left_ends_with_status_2_and_no_traceback(tmp_path):
    (tmp_path / "x.yaml").write_text("positions: x\n")
    ran = run("conflicts", str(tmp_path / "x.yaml"))
    assert ran.exit_code == 2 and "Traceback" not in ran.output and "x.yaml, line 1" in ran.stderr
    assert run("conflicts", "no-such-thing").exit_code == 2
    assert run("conflicts", str(tmp_path / "x.yaml"), "--on", "spring").exit_code == 2


def test_the_default_answer_has_no_point_and_weights_add_them_with_whose_they_are(tmp_path):
    (tmp_path / "ford.yaml").write_text(OPEN)
    (tmp_path / "w.yaml").write_text(WEIGHTS)
    plain = run("packages", str(tmp_path / "ford.yaml")).output
    assert "nash" not in plain and "None of these is a recommendation" in plain
    ran = run("packages", str(tmp_path / "ford.yaml"), "--weights", str(tmp_path / "w.yaml"), "--json")
    told = json.loads(ran.stdout)["weighed"]
    assert {row["point"] for row in told["points"]} == {"frontier", "nash", "kalai_smorodinsky", "egalitarian"}
    assert told["source"] == "an adviser's guess" and "None is a recommendation" in told["says"]


def test_below_restricted_nothing_is_told_of_who_looks_where(tmp_path):
    (tmp_path / "s.yaml").write_text(STAKES)
    (tmp_path / "e.csv").write_text(EXPOSURE)
    words = ("keep", str(tmp_path / "s.yaml"), "--exposure", str(tmp_path / "e.csv"), "--json")
    public = run(*words).stdout
    for word in ("noticed", "patrol", "weakest", "self_enforcing", "tower"):
        assert word not in public
    told = json.loads(run(*words, "--level", "restricted", "--add", "1").stdout)
    assert told["keepings"] and told["looks"] and told["best"][0]["looks"]
    assert run(*words, "--add", "1").exit_code == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cell,t0\n1,2030-01-01T00:00:00Z\n", "has no column t1, source, p_noticed; expected Parquet or CSV with"),
        ("cell,t0,t1,source,p_noticed\n1,soon,2030-01-02T00:00:00Z,a,0.2\n", "is no table of exposure"),
        (json.dumps({f"n{n}": n for n in range(9_000)}), "has no column cell, t0, t1, source, p_noticed; expected"),
        (EXPOSURE.replace("0.2", "1.2"), "row 1"),
        (EXPOSURE.replace("Z", ""), "has no zone"),
        (
            "cell,t0,t1,source,p_noticed,low,high\n1,2030-01-01T00:00:00Z,2030-01-02T00:00:00Z,a,0.5,0.9,0.1\n",
            "row 1, low, p_noticed, high: 1 rows have bounds that cannot be",
        ),
    ],
)
def test_a_table_of_exposure_that_is_none_is_one_line(tmp_path, text, told):
    (tmp_path / "s.yaml").write_text(STAKES)
    (tmp_path / "e.csv").write_text(text)
    ran = run("keep", str(tmp_path / "s.yaml"), "--exposure", str(tmp_path / "e.csv"))
    assert ran.exit_code == 2 and told in ran.stderr and "Traceback" not in ran.output
    assert ran.stderr.count("\n") == 1 and len(ran.stderr) < 500


@pytest.mark.parametrize("option", ["--exposure", "--watched"])
def test_a_table_that_is_no_file_is_one_line_and_no_file_beside_it_is_named(tmp_path, option):
    (tmp_path / "s.yaml").write_text(STAKES)
    (tmp_path / "e.csv").write_text(EXPOSURE)
    beside = () if option == "--exposure" else ("--exposure", str(tmp_path / "e.csv"))
    for name, told in (
        ("none.csv", "none.csv: there is no such file; expected"),
        ("", ": is a folder; expected a file"),
    ):
        ran = run("keep", str(tmp_path / "s.yaml"), *beside, option, str(tmp_path / name))
        assert ran.exit_code == 2 and told in ran.stderr and ran.stderr.count("\n") == 1
        assert "s.yaml" not in ran.stderr and "stored half" not in ran.stderr


def test_where_no_look_raises_the_weakest_place_it_says_none(tmp_path):
    (tmp_path / "s.yaml").write_text(STAKES[: STAKES.index("looks:")])
    (tmp_path / "e.csv").write_text(EXPOSURE)
    words = ("keep", str(tmp_path / "s.yaml"), "--exposure", str(tmp_path / "e.csv"), "--level", "restricted")
    assert "best together at quiet: none of them; the chance at the weakest" in run(*words, "--add", "1").stdout


def test_one_is_told_as_one_and_what_is_softer_is_said_not_to_be_held(ford):
    assert "1 lines" not in run("conflicts", ford, "--firmness", "red_line").stdout
    assert "softer than red line are not held here" in run("section", ford).stdout
    assert "not held here" not in run("section", ford, "--firmness", "open").stdout


def test_the_section_has_every_quote_no_point_and_no_mark_up_of_those_who_typed(tmp_path):
    (tmp_path / "ford.yaml").write_text(FORD.replace("not one step back", "not <b>one</b> step | back"))
    plain = run("section", str(tmp_path / "ford.yaml")).stdout
    assert "not &lt;b&gt;one&lt;/b&gt; step \\| back" in plain and "the envoy, or together" in plain
    assert "Cannot all hold (rank 1, knot 1)" in plain and "nothing that every line allows" in plain
    assert "nash" not in plain.lower() and "nothing is recommended" in plain
    assert run("section", str(tmp_path / "ford.yaml"), "--out", str(tmp_path / "s.md")).exit_code == 0
    assert (tmp_path / "s.md").read_text() == plain


def whole(*words: str):
    return CliRunner().invoke(main, list(words))


def test_positions_go_into_a_case_are_asked_there_and_stand_in_its_report(ford, tmp_path):
    case = str(tmp_path / "case")
    whole("init", case)
    told = json.loads(run("enter", ford, "--case", case, "--by", "the desk", "--json").stdout)
    assert told["positions"] == "ford" and told["conflicts"] == 1 and told["faults"] == []
    ran = run("run", "--case", case, "--firmness", "demand")
    assert "not one step back" in ran.stdout and "None of this is a recommendation" in ran.stdout
    assert not json.loads(run("run", "ford", "--case", case, "--json").stdout)["new"]
    from_file, from_case = (run("conflicts", *words, "--json").stdout for words in ((ford,), ("ford", "--case", case)))
    assert from_case == from_file
    assert run("show", "ford", "--case", case, "--as-of", "0").exit_code == 2
    assert run("show", ford, "--as-of", "1").exit_code == 2
    assert whole("replay", "all", "--case", case).stdout.count("same bytes") == 2
    whole("agree", "easter-2025", "--case", case)
    assert whole("report", "--case", case).exit_code == 0
    page = (tmp_path / "case/report/report.html").read_text()
    assert "not one step back" in page and "nash" not in page.lower()
    assert "differs" not in whole("replay", "all", "--case", case).stdout


def test_a_file_with_a_fault_is_entered_with_its_fault_told_and_one_of_nothing_but_faults_is_not(tmp_path):
    case = str(tmp_path / "case")
    whole("init", case)
    (tmp_path / "ford.yaml").write_text(FORD.replace("accepts: [as-is]", "accepts: []"))
    ran = run("enter", str(tmp_path / "ford.yaml"), "--case", case)
    assert ran.exit_code == 0 and "line 17, accepts: accepts nothing" in ran.stderr
    (tmp_path / "x.yaml").write_text("positions: x\n")
    ran = run("enter", str(tmp_path / "x.yaml"), "--case", case)
    assert ran.exit_code == 2 and "Traceback" not in ran.output and "no issue with two parties" in ran.stderr


def test_keep_takes_cover_of_a_case_and_is_restricted_only(tmp_path):
    case, looks = str(tmp_path / "case"), tmp_path / "looks.csv"
    whole("init", case)
    (tmp_path / "s.yaml").write_text(STAKES[: STAKES.index("looks:")])
    words = ("keep", str(tmp_path / "s.yaml"), "--case", case)
    assert "nobody is recorded to have looked" in run(*words, "--level", "restricted").stderr
    looks.write_text(
        "source,means,start,until,lon,lat,range_km,p_seen_if_there\n"
        "patrol,patrol,2010-03-11 08:00Z,2010-03-11 17:00Z,-40.0,40.0,20,0.8\n"
    )
    whole("pull", "looks", "--case", case, "--file", str(looks))
    for level in ((), ("--level", "parties")):
        ran = run(*words, *level)
        assert ran.exit_code == 2 and "never told at the level" in ran.stderr
    told = json.loads(run(*words, "--level", "restricted", "--cell-km", "5", "--json").stdout)
    assert told["keepings"] and [row["look"] for row in told["looks"]] == ["patrol"]
    both = run(*words, "--level", "restricted", "--exposure", str(looks))
    assert both.exit_code == 2 and "takes no table beside a case" in both.stderr
    assert "differs" not in whole("replay", "all", "--case", case).stdout


def test_the_shipped_files_are_listed():
    assert {one["name"] for one in json.loads(run("list", "--json").output)} >= {"ukraine-2025", "yemen-2022"}


def test_every_cell_of_the_worked_case_has_its_source():
    assert run("check", str(EXAMPLE / "positions.yaml")).exit_code == 0
    said = yaml.safe_load((EXAMPLE / "statements.yaml").read_text())
    assert all("http" in row["source"] and len(row.get("quote", "").split()) <= 12 for row in said)


@pytest.mark.slow
def test_the_worked_case_says_cannot_be_told_of_the_ring_without_a_map(tmp_path):
    script = Path(sys.executable).with_name("trucewatch")
    if not script.exists():
        pytest.skip("there is no command trucewatch beside this Python")
    env = {**os.environ, "TRUCEWATCH": str(script), "PYTHON": sys.executable}
    subprocess.run(["bash", str(EXAMPLE / "run.sh"), str(tmp_path / "case")], check=True, env=env, capture_output=True)
    page = (tmp_path / "case/settle/march-2025.md").read_text()
    assert (
        "cannot be told (0.00 to 1.00) | no map in the case" in page
        and "A ceasefire should not come with a 'but'" in page
    )
