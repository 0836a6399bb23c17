"""watch pause and watch change on a case."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from commanded import TRUCE, refused, run


def case_of(tmp_path, acts):
    place = tmp_path / "case"
    run("init", place)
    lines = ["id,time,kind,lon,lat,radius_m"]
    lines += [f"{n},{at:%Y-%m-%d %H:%M}Z,shelling,-40,40,100" for n, at in enumerate(acts)]
    (tmp_path / "book.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "truce.yaml").write_text(TRUCE)
    run("pull", "report", "--case", place, "--file", tmp_path / "book.csv")
    run("agree", tmp_path / "truce.yaml", "--case", place)
    return place


def test_a_case_is_asked_for_every_party_and_every_term(tmp_path):
    start = datetime(2009, 10, 1, 6)
    case = case_of(tmp_path, [start + timedelta(hours=9 * n + n % 5) for n in range(500)])
    told = json.loads(run("watch", "pause", "--case", case, "--until", "2010-03-17", "--json").stdout)
    assert {row["side"] for row in told["paused"]} == {"aa", "bb"} and told["since"] == "2010-03-10"
    assert {row["verdict"] for row in told["paused"]} == {"cannot_tell"}  # no side of any act is told
    assert any("no side is told" in note for note in told["notes"])
    made = json.loads(
        run("watch", "change", "--case", case, "--before-days", "28", "--after-days", "7", "--json").stdout
    )
    assert [row["verdict"] for row in made["changed"]] == ["no_change_shown"]


def test_what_is_lacking_is_one_line(tmp_path):
    run("init", tmp_path / "empty")
    for command in ("pause", "change"):
        assert "needs one of FILE and --case" in refused("watch", command)
        assert "agree" in refused("watch", command, "--case", tmp_path / "empty")
