"""Alarms: rare by promise where nothing changed, soon where something did, deaf to days on which nobody looked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from scipy.stats import nbinom

from trucewatch.cli import main
from trucewatch.watch.alarm import _passed, alarms
from trucewatch.watch.baseline import learn, log_p, log_ratio
from trucewatch.watch.params import BaselineParams

BEGINS, UNTIL = date(2019, 1, 1), date(2021, 12, 31)
TRAIN = (UNTIL - BEGINS).days + 1


def drawn(seed, mean=5.0, k=3.0, days=TRAIN + 365, change=1.0, at=180, name="a", gaps=0.0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    day = np.arange(days)
    mu = mean * np.exp(0.4 * np.sin(day * 2 * np.pi / 365.25)) * np.where(day >= TRAIN + at, change, 1.0)
    exposure = np.where(rng.random(days) < gaps, 0.0, 1.0)
    return pl.DataFrame(
        {
            "series": [name] * days,
            "day": [BEGINS + timedelta(int(d)) for d in day],
            "count": rng.negative_binomial(k, k / (k + mu)) * exposure.astype(int),
            "exposure": exposure,
        }
    )


def test_a_ratio_is_on_average_one_where_nothing_changed_and_less_where_days_are_quieter_or_steadier():
    y = np.arange(3000)
    for growth in (1.3, 2.0, 4.0):
        ratio = np.exp(log_ratio(y.astype(float), np.full(y.size, 6.0), 2.0, growth))
        assert (nbinom.pmf(y, 2.0, 2 / 8) * ratio).sum() == pytest.approx(1, abs=1e-6)
        assert (nbinom.pmf(y, 2.0, 2 / 7.5) * ratio).sum() < 1  # a lower mean
        assert (nbinom.pmf(y, 5.0, 5 / 11) * ratio).sum() < 1  # the same mean, a larger k
    assert (nbinom.pmf(y, 1.0, 1 / 7) * np.exp(log_ratio(y * 1.0, np.full(y.size, 6.0), 2.0, 2.0))).sum() > 1  # wider


def test_the_log_probability_is_that_of_the_negative_binomial():
    y = np.arange(40)
    assert log_p(y, np.full(40, 4.0), 2.5) == pytest.approx(nbinom.logpmf(y, 2.5, 2.5 / 6.5))


def test_mean_and_dispersion_are_found_again():
    rows = drawn(1, mean=8, k=4, days=TRAIN)
    made = learn(np.arange(TRAIN), rows["count"].to_numpy().astype(float), np.ones(TRAIN), np.full(TRAIN, ""),
                 BaselineParams())  # fmt: skip
    assert np.exp(made.weights[0]) == pytest.approx(8, rel=0.1)
    assert made.k == pytest.approx(4, rel=0.25)
    assert made.k_low < made.k
    assert made.season


def test_no_alarm_where_nothing_changed_and_one_soon_after_a_doubling():
    assert alarms(drawn(3), 10, UNTIL).alarms.is_empty()
    made = alarms(drawn(3, change=2.0), 10, UNTIL).alarms
    first = made.row(0, named=True)
    assert UNTIL + timedelta(181) <= first["date"] <= UNTIL + timedelta(181 + 40)
    assert first["since"] <= first["date"]
    assert first["counted"] > 1.3 * first["expected"]
    assert first["evidence"] >= 10 * 365.25
    assert "counted" in first["raised_by"] and "higher" in first["lowered_by"]


def test_days_on_which_nobody_looked_weigh_nothing_whatever_stands_there():
    rows = drawn(5, change=2.0, gaps=0.2)
    wild = rows.with_columns(count=pl.when(pl.col("exposure") == 0).then(99_999).otherwise("count"))
    gone = rows.filter(pl.col("exposure") > 0)
    once = alarms(rows, 10, UNTIL)
    assert once.alarms.height
    assert alarms(wild, 10, UNTIL).alarms.equals(once.alarms)
    assert alarms(gone, 10, UNTIL).alarms.equals(once.alarms)


def test_nothing_from_the_future_changes_an_alarm():
    rows = drawn(3, change=2.0)
    made = alarms(rows, 10, UNTIL).alarms
    first = made["date"][0]
    assert alarms(rows.filter(pl.col("day") <= first), 10, UNTIL).alarms.equals(made.head(1))


def test_the_order_of_rows_and_the_names_of_other_series_change_nothing():
    rows = pl.concat([drawn(3, change=2.0), drawn(4, name="b")])
    once = alarms(rows, 10, UNTIL).alarms
    assert alarms(rows.sample(fraction=1, shuffle=True, seed=1), 10, UNTIL).alarms.equals(once)
    renamed = rows.with_columns(pl.col("series").replace({"a": "b", "b": "a"}))
    swapped = alarms(renamed, 10, UNTIL).alarms.with_columns(pl.col("series").replace({"a": "b", "b": "a"}))
    assert swapped.equals(once)


def test_the_promise_is_for_all_series_together():
    one = alarms(drawn(3, change=2.0), 10, UNTIL).alarms
    many = alarms(pl.concat([drawn(3, change=2.0), *(drawn(50 + n, name=f"n{n}") for n in range(9))]), 10, UNTIL).alarms
    assert many["date"][0] >= one["date"][0]
    assert many["evidence"][0] >= 10 * one["evidence"].min() * 0.5
    assert set(many["series"]) == {"a"}


def test_the_bar_of_several_is_shared_as_benjamini_and_hochberg_have_it():
    on = np.ones(4, np.bool_)
    assert _passed(np.array([9.0, 0, 0, 0]), 10, on).tolist() == []
    assert _passed(np.array([10.0, 0, 0, 0]), 10, on).tolist() == [0]
    assert _passed(np.array([5.0, 0, 5.0, 0]), 10, on).tolist() == [0, 2]
    assert _passed(np.array([5.0, 0, 5.0, 0]), 10, np.array([True, True, False, True])).tolist() == [0]


def test_a_platform_that_the_baseline_does_not_know_weighs_nothing():
    rows = drawn(3, change=2.0).with_columns(
        platform=pl.when(pl.col("day") >= UNTIL + timedelta(100)).then(pl.lit("two")).otherwise(pl.lit("one"))
    )
    made = alarms(rows, 10, UNTIL)
    assert made.alarms.is_empty()
    assert "platform 'two'" in made.series["remarks"][0][0]


def test_a_platform_step_inside_the_baseline_is_no_rise():
    rng = np.random.default_rng(8)
    days = TRAIN + 365
    later = np.arange(days) >= TRAIN - 400
    mu = np.where(later, 12.0, 5.0)
    rows = pl.DataFrame(
        {"series": ["a"] * days, "day": [BEGINS + timedelta(d) for d in range(days)],
         "count": rng.negative_binomial(3, 3 / (3 + mu)), "platform": np.where(later, "two", "one")}
    )  # fmt: skip
    assert alarms(rows, 10, UNTIL).alarms.is_empty()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (drawn(1).filter(pl.col("day") > UNTIL - timedelta(20)), "the baseline has 20 days"),
        (drawn(1).with_columns(count=0 * pl.col("count")), "nothing was counted"),
        (drawn(1).with_columns(exposure=pl.lit(0.0)), "the baseline has 0 days"),
    ],
)
def test_where_the_baseline_is_too_thin_it_cannot_tell(rows, why):
    made = alarms(rows, 10, UNTIL)
    assert made.alarms.is_empty()
    assert why in made.series["cannot_tell"][0]
    assert made.series["k"][0] is None


def test_less_than_a_year_of_baseline_is_said():
    made = alarms(drawn(1).filter(pl.col("day") > UNTIL - timedelta(200)), 10, UNTIL)
    assert "season is not known" in made.series["remarks"][0][0]


# The command.


def ran(tmp_path, text, *more):
    (tmp_path / "c.csv").write_text(text)
    args = ["watch", "alarms", str(tmp_path / "c.csv"), "--arl-years", "10", "--train-until", "2021-12-31", "--json"]
    return CliRunner().invoke(main, [*args, *more])


HEAD = "series,date,count,exposure\n"


def test_the_command_tells_alarms_as_json(tmp_path):
    made = json.loads(ran(tmp_path, drawn(3, change=2.0).rename({"day": "date"}).write_csv()).stdout)
    assert {"series", "date", "evidence"} <= set(made["alarms"][0])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,2021-12-01,3,1\na,2021-12-01,3,1\na,2022-01-01,1,1\n", "row 2, date"),
        ("a,2021-12-01,3,1\na,2022-01-01,1,1.2\n", "row 2, exposure"),
        ("a,2021-12-01,3,1\na,2022-01-01,-1,1\n", "row 2, count"),
        ("a,2021-12-01,3,1\na,2022-01-01,,1\n", "row 2, count"),
        ("a,2021-12-01,3,1\na,2022-01-01,3000000000,1\n", "expected a whole number from 0 to 1,000,000,000"),
        ("a,2021-12-01,3,1\na,someday,1,1\n", "row 2, date"),
        ("a,2021-12-01,3,1\na,01/03/2022,1,1\n", "row 2, date: is '01/03/2022'; expected a day as 2022-02-24"),
        ("a,2021-12-01,3,1\na,2022-01-01T23:30-05:00,1,1\n", "row 2, date"),
        ("a,2021-12-01,3,1\n a,2021-12-01,1,1\n", "row 2, date"),
        ("a,2021-12-01,3,1\na\x00b,2022-01-01,1,1\n", "row 2, series"),
        (",2021-12-01,3,1\na,2022-01-01,1,1\n", "row 1, series"),
        ("a,2021-12-01,3,1\na,2021-12-02,1,1\n", "leaves no day to judge"),
        ("a,2022-12-01,3,1\na,2022-12-02,1,1\n", "no baseline"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path, rows, said):
    made = ran(tmp_path, HEAD + rows)
    assert made.exit_code == 2
    assert said in made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert made.stdout == ""


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"series,date,count\na,2021-12-01,3\n\xe9,2022-01-01,1\n", "line 3: is not UTF-8; expected CSV in UTF-8"),
        (b"series,date,count,Count\na,2021-12-01,3,3\n", "has the column 'count' twice"),
        (b"", "is empty"), (b"\n\n", "is empty"), (b"series,date,count\n", "has no rows"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_such_table_are_one_clear_line(tmp_path, raw, said):
    (tmp_path / "c.csv").write_bytes(raw)
    words = ["watch", "alarms", str(tmp_path / "c.csv"), "--arl-years", "10", "--train-until", "2021-12-31"]
    made = CliRunner().invoke(main, words)
    assert made.exit_code == 2 and said in made.stderr and len(made.stderr.splitlines()) == 1


def test_a_day_that_nobody_watched_may_hold_anything(tmp_path):
    days = drawn(3, change=2.0, at=60).rename({"day": "date"}).with_columns(pl.col("count").cast(pl.String))
    dark = pl.col("date").is_between(UNTIL - timedelta(30), UNTIL - timedelta(20))
    told = [
        ran(tmp_path, days.with_columns(count=pl.when(dark).then(pl.lit(value)).otherwise("count"),
                                        exposure=pl.when(dark).then(0.0).otherwise("exposure")).write_csv()).stdout
        for value in ("", "n/a", "-7", "900")
    ]  # fmt: skip
    assert json.loads(told[0])["alarms"] and all(one == told[0] for one in told)


def test_a_series_of_a_billion_a_day_is_told_like_any_other(tmp_path):
    """The chance of each count up to it would fill the memory of any machine."""
    days = drawn(3, mean=2e6, change=2.0, at=60).rename({"day": "date"})
    made = json.loads(ran(tmp_path, days.write_csv()).stdout)
    assert made["alarms"] and not made["cannot_tell"]


def test_quantiles_of_many_counts_say_what_all_of_them_say():
    rows = drawn(3, mean=200.0)
    few = replace(BaselineParams(), most_counts=1000)
    said = [
        [s for s in alarms(rows, 10, UNTIL, params).series["remarks"][0] if "a rise" in s] for params in (None, few)
    ]
    assert said[0] and said[0] == said[1]


def test_too_short_a_baseline_is_no_number(tmp_path):
    made = json.loads(ran(tmp_path, HEAD + "a,2021-12-01,3,1\na,2022-01-01,100,1\n").stdout)
    assert made["alarms"] == []
    assert "the baseline has 1 days" in made["cannot_tell"][0]["cannot_tell"]


@pytest.mark.parametrize("more", [("--arl-years", "0"), ("--train-until", "soon")])
def test_an_option_that_makes_no_sense_is_named(tmp_path, more):
    made = ran(tmp_path, HEAD + "a,2021-12-01,3,1\na,2022-01-01,1,1\n", *more)
    assert made.exit_code == 2
    assert more[0] in made.stderr


# How long it would take.


def days_said(rows: pl.DataFrame, until: date) -> list[str]:
    return [said for said in alarms(rows, 10, until).series["remarks"][0] if "a rise would raise an alarm" in said]


def test_it_is_said_how_long_a_doubling_and_an_offensive_would_take_and_that_is_about_how_long_they_take():
    rows = drawn(3, change=2.0, at=60)
    (said,) = days_said(rows, UNTIL)
    double, four = (int(word) for word in said.replace(",", "").split() if word.isdigit() and word not in ("2", "4"))
    assert four < double
    took = []
    for seed in range(5):
        made = alarms(drawn(seed, change=2.0, at=60), 10, UNTIL).alarms
        took += [(d - UNTIL).days - 60 for d in made["date"][:1]]
    assert double / 3 < np.median(took) < 1.5 * double


def test_a_shorter_baseline_takes_longer_and_says_so():
    four = []
    for n in (900, 100):
        said = [
            days_said(drawn(seed, mean=1.0, k=0.8).filter(pl.col("day") > UNTIL - timedelta(n)), UNTIL)[0]
            for seed in range(4, 9)
        ]
        four.append(np.median([int(one.split("to 4 times after about ")[1].split()[0]) for one in said]))
    assert four[0] < four[1]


def test_a_baseline_on_which_not_even_an_offensive_would_alarm_in_a_season_is_not_watched_and_says_why():
    rows = drawn(2, days=TRAIN + 60).filter(pl.col("day") > UNTIL - timedelta(110))
    rare = pl.when(pl.col("day").dt.ordinal_day() % 17 == 3).then(6).otherwise(0)
    rows = rows.with_columns(count=rare)
    made = alarms(rows, 10, UNTIL)
    assert "within 90 days" in made.series["cannot_tell"][0]
    assert made.series["days"][0] == 0
    assert made.alarms.is_empty()


def test_a_series_is_watched_up_to_the_very_day_that_is_too_late_and_not_beyond():
    rows = drawn(3, mean=1.0, k=0.8).filter(pl.col("day") > UNTIL - timedelta(200))
    (said,) = days_said(rows, UNTIL)
    four = int(said.split("to 4 times after about ")[1].split()[0])  # told as the next whole day
    for most, watched in ((four, True), (four - 1, False)):
        made = alarms(rows, 10, UNTIL, replace(BaselineParams(), blind_days=most))
        assert (made.series["cannot_tell"][0] is None) == watched, most
