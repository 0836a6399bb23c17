"""watch scan, alarms and trend on a case."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pytest
from commanded import TRUCE, refused, run

START = datetime(2010, 1, 1, 9)
DAYS, CHANGE = 250, 215
SCAN = ("--max-radius-km", "30", "--max-days", "20", "--replicates", "99", "--seed", "1")
LATE = ("--train-until", "2010-07-31")


def reports() -> list[str]:
    """Two towns far apart, two shellings a day on average; from day CHANGE five times as many in the first."""
    rng, rows = np.random.default_rng(1), []
    for day in range(DAYS):
        for lon, mean in ((-40.0, 9 if day >= CHANGE else 2), (-35.0, 2)):
            for n in range(int(rng.poisson(mean))):
                at = START + timedelta(days=day, minutes=50 * n)
                rows.append(f"{len(rows)},{at:%Y-%m-%d %H:%M}Z,shelling,{lon},{40 + 0.02 * (n % 3)},50")
    return rows


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    place = folder / "case"
    run("init", place)
    (folder / "book.csv").write_text("\n".join(["id,time,kind,lon,lat,radius_m", *reports()]) + "\n")
    run("pull", "report", "--case", place, "--file", folder / "book.csv")
    return place


def told(*words) -> dict:
    return json.loads(run("watch", *words, "--json").stdout)


def test_the_scan_of_a_case_finds_where_and_since_when_and_is_remembered(case):
    made = told("scan", "--case", case, *SCAN)
    first = next(row for row in made["clusters"] if round(row["lon"]) == -40)
    assert first["p"] <= 0.05 and first["from"] >= "2010-07-31"
    assert first["looked"] == pytest.approx(1) and made["new"]
    assert any("no look tells its ground" in note for note in made["notes"])
    assert not told("scan", "--case", case, *SCAN)["new"]


def test_alarms_and_trend_of_a_case_name_the_place_that_changed(case):
    raised = told("alarms", "--case", case, "--arl-years", "10", *LATE)["alarms"]
    assert raised and {row["series"] for row in raised} == {raised[0]["series"]}
    over = told("trend", "--case", case, *LATE)["excess"]
    assert {row["series"] for row in over} == {raised[0]["series"]}
    assert {row["within"] for row in over} == {"all cells"}


def test_what_a_source_observed_is_counted_in_place_of_incidents(case):
    made = told("alarms", "--case", case, "--source", "report", "--arl-years", "10", *LATE)
    assert made["alarms"]
    assert "did you mean 'report'" in refused(
        "watch", "alarms", "--case", case, "--source", "reprt", "--arl-years", "10", *LATE
    )


def test_every_run_comes_out_the_same_again(case):
    for words in (("scan", *SCAN), ("alarms", "--arl-years", "10", *LATE), ("trend", *LATE)):
        run("watch", words[0], "--case", case, *words[1:])
    said = run("replay", "all", "--case", case).stdout
    assert said.count("run of watch") >= 3 and "differs" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("scan", "--max-radius-km", "5", "--max-days", "400"), "--max-days"),
        (("scan", "--max-radius-km", "5", "--max-days", "4", "--kind", "sheling"), "did you mean 'shelling'"),
        (("scan", "--max-radius-km", "5", "--max-days", "4", "--by", "nobody's map"), "--by"),
        (("scan", "--max-radius-km", "5", "--max-days", "4", "--cell-km", "0.1"), "--cell-km"),
        (("alarms", "--arl-years", "9", "--train-until", "2031-01-01"), "--train-until"),
        (("alarms", "--arl-years", "9", "--train-until", "soon"), "--train-until"),
        (("trend", "--train-until", "2010-07-31", "--beside", "rain"), "--beside"),
        (("trend", "--train-until", "2010-07-31", "--kind", "rotation"), "nothing of these kinds"),
    ],
)
def test_what_cannot_be_is_one_line(case, words, says):
    assert says in refused("watch", words[0], "--case", case, *words[1:])


def test_a_file_or_a_case_is_needed_and_something_in_it(tmp_path):
    run("init", tmp_path / "empty")
    assert "needs one of FILE and --case" in refused("watch", "trend", *LATE)
    assert "nothing is recorded" in refused("watch", "trend", "--case", tmp_path / "empty", *LATE)


def test_days_that_nobody_watched_are_unknown_and_weigh_nothing(tmp_path):
    place = tmp_path / "case"
    run("init", place)
    (tmp_path / "book.csv").write_text("\n".join(["id,time,kind,lon,lat,radius_m", *reports()]) + "\n")
    looks = ["source,means,start,until,lon,lat,range_km,p_seen_if_there"]
    looks += [f"mission,patrol,{START + timedelta(days=d):%Y-%m-%d},{START + timedelta(days=d + 1):%Y-%m-%d},{lon},40,25,0.9"
              for d in range(DAYS) for lon in (-40, -35) if d < CHANGE - 4 or lon == -35]  # fmt: skip
    (tmp_path / "looks.csv").write_text("\n".join(looks) + "\n")
    run("pull", "report", "--case", place, "--file", tmp_path / "book.csv")
    run("pull", "looks", "--case", place, "--file", tmp_path / "looks.csv", "--option", "zone=UTC")
    made = told("alarms", "--case", place, "--arl-years", "10", *LATE)
    assert made["alarms"] == []
    assert "no day after the training" in made["cannot_tell"][0]["cannot_tell"]
    assert any("had no look" in note for note in made["notes"])
    assert "differs" not in run("replay", "all", "--case", place).stdout


def test_the_report_has_a_section_of_it_and_is_made_again_the_same(case, tmp_path):
    run("watch", "scan", "--case", case, *SCAN)
    (tmp_path / "truce.yaml").write_text(TRUCE)
    run("agree", tmp_path / "truce.yaml", "--case", case)
    run("report", "--case", case)
    assert "What has changed" in (case / "report/report.html").read_text()
    assert "differs" not in run("replay", "all", "--case", case).stdout
