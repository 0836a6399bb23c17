"""watch pause and watch change on a case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from commanded import TRUCE, refused, run

from trucewatch.interrupted import _lagged
from trucewatch.watch import PauseAsk, PauseParams


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


def test_the_answers_are_runs_in_the_log_found_when_asked_again_and_made_again_by_replay(tmp_path):
    start = datetime(2009, 10, 1, 6)
    case = case_of(tmp_path, [start + timedelta(hours=9 * n + n % 5) for n in range(500)])
    asks = (
        ("pause", "--until", "2010-03-17", "--lag-days", "0-1"),
        ("change", "--before-days", "28", "--after-days", "7"),
        ("change", "--at", "2010-02-20", "--before-days", "28", "--after-days", "7"),
    )
    told = [json.loads(run("watch", *ask, "--case", case, "--json").stdout) for ask in asks]
    assert all(one["new"] for one in told)
    again = [json.loads(run("watch", *ask, "--case", case, "--json").stdout) for ask in asks]
    assert not any(one["new"] for one in again)
    assert [one["outputs"] for one in again] == [one["outputs"] for one in told]
    done = json.loads(run("replay", "all", "--case", case, "--json").stdout)
    mine = [one["outcome"] for one in done if one["what"] in ("run of pause", "run of change")]
    assert mine == ["same bytes"] * 3


def test_how_late_a_map_follows_the_fighting_widens_the_lag_and_never_makes_it_narrower():
    first, dice = date(2010, 1, 1), np.random.default_rng(4)
    days = [first + timedelta(days=n) for n in range(200)]
    fought = dice.poisson(6, 200) * np.where(dice.random(200) < 0.3, 4, 1)
    later = np.roll(fought, 3) * 0.5 + dice.normal(0, 0.2, 200)
    fights = pl.DataFrame({"date": days, "count": fought.astype(float)})
    moved = pl.DataFrame({"measure": "advance on maps", "side": "aa", "date": days, "count": later})
    ask = PauseAsk(days[100], days[110])
    own, says = _lagged(moved, fights, ask, PauseParams())
    assert own.lag == (0, 3) and "after 3 days" in says
    assert _lagged(moved, fights, replace(ask, lag=(1, 7)), PauseParams())[0].lag == (1, 7)
    still, says = _lagged(moved.with_columns(count=pl.lit(1.0)), fights, ask, PauseParams())
    assert still == ask and "cannot be told" in says


def test_what_is_lacking_is_one_line(tmp_path):
    run("init", tmp_path / "empty")
    for command in ("pause", "change"):
        assert "needs one of FILE and --case" in refused("watch", command)
        assert "agree" in refused("watch", command, "--case", tmp_path / "empty")
