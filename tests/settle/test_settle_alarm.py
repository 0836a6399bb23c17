"""A breach that only an alarm can tell from what is usual: cover says how many acts are counted, watch what stands out."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from test_settle_keep import STAKES, exposure

from trucewatch.cli import main
from trucewatch.detecting import Watching, likely, noticing
from trucewatch.settle import DETECTED, SettleParams, keepings, stakes

ALARM = STAKES.replace("within: 48 h}", "within: 10 days, told_by: alarm}").replace("acts: 10", "acts: 60")
KINDS = {"series": pl.String, "mean": pl.Float64, "mean_used": pl.Float64, "k": pl.Float64, "k_used": pl.Float64}


def watched(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=KINDS, orient="row")


def quiet(table: pl.DataFrame, usual: pl.DataFrame | None, years: float = 10.0) -> dict:
    """The first obligation, of the first party, weighed once."""
    made = stakes(ALARM)
    watch = None if usual is None else Watching(usual, years)
    found = noticing(made, table, watch, 0.0)
    return keepings(made, table, detected=found).row(0, named=True)


def test_what_is_usual_hides_a_breach_that_cover_would_show():
    table = exposure((1, 0, 20, "a", 0.5))
    calm, loud = (quiet(table, watched(("1", m, m, 3.0, 3.0))) for m in (0.5, 30.0))
    assert calm["noticed_low"] > 0.95 and calm["answer"] == "self_enforcing"
    assert loud["noticed_high"] < 0.1 and loud["answer"] == "needs_more_monitoring"
    assert "by an alarm of watch (one false alarm in 10 years among 1 series)" in loud["says"]
    by_act = keepings(stakes(ALARM.replace(", told_by: alarm", "")), table).row(0, named=True)
    assert by_act["noticed_low"] > 0.95


def test_less_cover_lets_an_alarm_count_less():
    usual = watched(("1", 2.0, 2.0, 3.0, 3.0))
    rising = [quiet(exposure((1, 0, 20, "a", p)), usual)["noticed_low"] for p in (0.05, 0.3, 0.9)]
    assert rising == sorted(rising) and rising[0] < 0.1 and rising[-1] > 0.9


def test_the_weakest_place_counts_and_one_of_which_nothing_usual_is_known_cannot_be_told():
    table = exposure((1, 0, 20, "a", 0.5), (2, 0, 20, "a", 0.5))
    both = quiet(table, watched(("1", 0.5, 0.5, 3.0, 3.0), ("2", 30.0, 30.0, 3.0, 3.0)))
    assert both["weakest"] == 2 and both["noticed_high"] < 0.1
    one = quiet(table, watched(("1", 0.5, 0.5, 3.0, 3.0), ("2", None, None, None, None)))
    assert (one["weakest"], one["noticed_low"], one["answer"]) == (2, 0.0, "cannot_tell")
    none = quiet(table, None)
    assert (none["noticed_low"], none["answer"]) == (0.0, "cannot_tell") and "knows nothing usual there" in none["says"]


def test_where_nobody_looks_no_alarm_comes():
    table = exposure((1, 0, 20, "a", 0.5), (2, 0, 20, "a", 0.0))
    row = quiet(table, watched(("1", 0.5, 0.5, 3.0, 3.0), ("2", 0.5, 0.5, 3.0, 3.0)))
    assert row["weakest"] == 2 and row["noticed_high"] < 0.05


def test_a_breach_that_has_to_be_noticed_within_hours_is_noticed_by_no_watch_of_days():
    made = stakes(ALARM.replace("within: 10 days", "within: 20 h"))
    table = exposure((1, 0, 20, "a", 0.9))
    found = noticing(made, table, Watching(watched(("1", 0.5, 0.5, 3.0, 3.0)), 10.0), 0.0)
    assert keepings(made, table, detected=found)["noticed_high"][0] == 0.0


def test_an_alarm_is_no_likelier_than_that_any_act_is_noticed():
    made, table = stakes(ALARM.replace("acts: 60", "acts: 1")), exposure((1, 0, 20, "a", 0.01))
    sure = pl.DataFrame([("quiet", 1, 0.9, 1.0, "by decree")], schema=DETECTED, orient="row")
    row = keepings(made, table, detected=sure).row(0, named=True)
    assert row["noticed_high"] == pytest.approx(0.01) and row["noticed_low"] <= row["noticed_high"]


def test_where_acts_usually_are_is_what_is_counted_over_the_chance_to_count_it():
    table = exposure((1, 0, 20, "a", 0.5), (2, 0, 20, "a", 0.1), (3, 0, 20, "a", 0.1))
    watch = Watching(watched(("1", 5.0, 5.0, 3.0, 3.0), ("2", 5.0, 5.0, 3.0, 3.0), ("4", 9.0, 9.0, 3.0, 3.0)), 10.0)
    assert likely(table, watch, 0.0, SettleParams()) == {1: pytest.approx(10.0), 2: pytest.approx(50.0)}
    assert likely(table, None, 0.0, SettleParams()) is None


def test_rarer_false_alarms_notice_less():
    table, usual = exposure((1, 0, 20, "a", 0.2)), watched(("1", 2.0, 2.0, 3.0, 3.0))
    often, seldom = (quiet(table, usual, years)["noticed_low"] for years in (0.2, 1000.0))
    assert often > seldom


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_command_takes_a_table_of_what_is_usual_and_refuses_what_is_none(tmp_path):
    (tmp_path / "s.yaml").write_text(ALARM)
    exposure((1, 0, 20, "a", 0.5)).write_parquet(tmp_path / "e.parquet")
    (tmp_path / "w.csv").write_text("series,mean,mean_used,k,k_used\n1,0.5,0.6,3,2\n")
    words = ["settle", "keep", tmp_path / "s.yaml", "--level", "restricted", "--watched", tmp_path / "w.csv", "--json"]
    told = json.loads(run(*words, "--exposure", tmp_path / "e.parquet").stdout)
    assert told["keepings"][0]["noticed_low"] > 0.9
    ran = run(*words)
    assert ran.exit_code == 2 and "needs cover beside it" in ran.stderr
    for bad, says in (("series,mean\n1,2\n", "has no column mean_used, k, k_used"), ("series,mean,mean_used,k,k_used\n1,2,1,3,2\n", "row 1"),
                      ("series,mean,mean_used,k,k_used\n1,1,1,3,2\n1,1,1,3,2\n", "twice")):  # fmt: skip
        (tmp_path / "w.csv").write_text(bad)
        ran = run(*words, "--exposure", tmp_path / "e.parquet")
        assert ran.exit_code == 2 and says in ran.stderr and len(ran.stderr.splitlines()) == 1, ran.stderr
    (tmp_path / "s.yaml").write_text(ALARM.replace("told_by: alarm", "told_by: luck"))
    ran = run(*words)
    assert ran.exit_code == 2 and "way to be told 'luck'" in ran.stderr and re.search(r"line \d+", ran.stderr)


START = datetime(2010, 1, 1, 9)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """One town, three shellings a day for a third of a year, and two cameras over it."""
    folder = tmp_path_factory.mktemp("alarmed")
    rng, rows = np.random.default_rng(1), []
    for day in range(120):
        for n in range(int(rng.poisson(3))):
            at = START + timedelta(days=day, minutes=50 * n)
            rows.append(f"{len(rows)},{at:%Y-%m-%d %H:%M}Z,shelling,-40.0,{40 + 0.001 * (n % 3)},50")
    (folder / "book.csv").write_text("\n".join(["id,time,kind,lon,lat,radius_m", *rows]) + "\n")
    looks = ["source,means,start,until,lon,lat,range_km,p_seen_if_there"]
    looks += [
        f"{name},camera,2010-01-01 00:00Z,2010-05-01 00:00Z,-40.0,40.0,0.4,{p}" for name, p in (("a", 0.9), ("b", 0.5))
    ]
    (folder / "looks.csv").write_text("\n".join(looks) + "\n")
    stakes_of = ALARM[: ALARM.index("looks:")].replace("acts: 60", "acts: 200")
    (folder / "s.yaml").write_text(stakes_of)
    assert run("init", folder / "case").exit_code == 0
    for source, file in (("report", "book.csv"), ("looks", "looks.csv")):
        ran = run("pull", source, "--case", folder / "case", "--file", folder / file)
        assert ran.exit_code == 0, ran.output
    return folder


def test_in_a_case_the_newest_watch_by_cells_tells_and_the_run_is_made_again(case):
    words = ("settle", "keep", case / "s.yaml", "--case", case / "case", "--level", "restricted", "--json",
             "--cell-km", "2")  # fmt: skip
    before = json.loads(run(*words).stdout)["keepings"][0]
    assert before["noticed_low"] == 0.0 and "knows nothing usual there" in before["says"]
    ran = run("watch", "alarms", "--case", case / "case", "--arl-years", "1", "--train-until", "2010-04-15", "--cell-km",
              "10", "--json")  # fmt: skip
    assert ran.exit_code == 0, ran.output
    ran = run(*words)
    assert ran.exit_code == 0, ran.output
    after = json.loads(ran.stdout)["keepings"][0]
    assert "by an alarm of watch (one false alarm in 1 years among 1 series)" in after["says"], after["says"]
    assert after["noticed_high"] > 0.1
    ran = run("replay", "--case", case / "case", "all")
    assert ran.exit_code == 0 and "run of keep: same bytes" in ran.stdout, ran.output
