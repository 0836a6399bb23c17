"""Days in excess: limits of what will be counted, at a rate of false ones that was named; nothing from the future."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from scipy.stats import nbinom

from trucewatch.cli import main
from trucewatch.watch.params import BaselineParams
from trucewatch.watch.reach import Reach, reaches
from trucewatch.watch.trend import _lowered, _tail, trend

BEGINS, UNTIL = date(2018, 1, 1), date(2020, 12, 31)
DAYS = (date(2021, 12, 31) - BEGINS).days + 1


def drawn(seed=1, cells=6, k=1.5, mean=2.0, attack=None) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    day = np.arange(DAYS)
    heat = 15 + 10 * np.sin(day * 2 * np.pi / 365.25) + rng.normal(0, 3, DAYS)
    parts = []
    for n in range(cells):
        mu = mean * (n + 1) / 3 * np.exp(0.06 * (heat - 15))
        count = rng.negative_binomial(k, k / (k + mu))
        if attack and n == 2:
            count[attack] += 120
        parts.append(
            pl.DataFrame({"series": [f"c{n}"] * DAYS, "within": ["east"] * DAYS, "count": count, "heat": heat,
                          "day": [BEGINS + timedelta(int(d)) for d in day]})
        )  # fmt: skip
    return pl.concat(parts)


def test_the_chance_of_so_many_or_more_is_that_of_the_negative_binomial():
    y = np.array([0.0, 1, 5, 40])
    assert _tail(y, np.full(4, 3.0), 0.8) == pytest.approx(nbinom.sf(y - 1, 0.8, 0.8 / 3.8))


def test_a_peace_year_keeps_the_promised_rate():
    found = [trend(drawn(seed), UNTIL, 1.0, ["heat"]).days["excess"].sum() for seed in range(4)]
    assert sum(found) <= 4


def test_the_spread_is_lowered_as_far_as_trying_all_days_at_each_step_would_have_it():
    params, dice = BaselineParams(), np.random.default_rng(1)
    for most in range(12):
        mean, k = np.exp(dice.uniform(-9, 1, 300)), 1.0
        counts = dice.negative_binomial(0.2, 0.2 / (0.2 + mean)).astype(float)
        bar = 10 ** dice.uniform(-4, -2)
        while k > params.k_floor and (_tail(counts, mean, k) < bar).sum() > most % 3:
            k *= params.k_step
        assert _lowered(1.0, counts, mean, (bar, most % 3), params) == k


def test_a_year_unlike_the_others_makes_the_spread_wider_and_a_year_like_them_does_not():
    spring = pl.col("day").dt.ordinal_day().is_between(90, 130) & (pl.col("day").dt.year() == 2019)
    calm = drawn(3, cells=3)
    wild = calm.with_columns(count=pl.when(spring).then(pl.col("count") * 6).otherwise("count"))
    used = {
        name: trend(rows, UNTIL, 1.0, ["heat"]).series["k_used"][0] for name, rows in (("calm", calm), ("wild", wild))
    }
    assert used["calm"] > 1
    # Judged by itself among the years that it helped to make, that spring would leave 0.7.
    assert used["wild"] < 0.3


def test_one_year_of_baseline_says_that_it_does_not_know_how_years_differ():
    late = drawn(cells=2).filter(pl.col("day") >= date(2020, 1, 1))
    assert any("one year" in said for said in trend(late, UNTIL, 1.0).series["remarks"][0])
    assert not any("one year" in said for said in trend(drawn(cells=2), UNTIL, 1.0).series["remarks"][0])


def test_an_attack_is_in_excess_on_its_day_and_its_limit_is_one_of_counts():
    made = trend(drawn(attack=DAYS - 100), UNTIL, 1.0, ["heat"]).days
    row = made.filter(pl.col("day") == BEGINS + timedelta(DAYS - 100), series="c2").row(0, named=True)
    assert row["excess"]
    assert row["count"] > row["limit"] > 2 * row["expected"]
    assert made.filter(pl.col("excess") != (pl.col("count") > pl.col("limit"))).is_empty()


def spread_out(count: int, days: int = 20) -> pl.DataFrame:
    """Six cells in a row, ten kilometres apart; in the last weeks of the record two neighbours have more every day."""
    rows = drawn(k=2.0, mean=0.5).with_columns(lon=pl.col("series").str.slice(1).cast(pl.Float64) * 0.14 + 30, lat=50.0)
    late = pl.col("day") > BEGINS + timedelta(DAYS - 1 - days)
    more = late & pl.col("series").is_in(["c1", "c2"])
    return rows.with_columns(count=pl.when(more).then(pl.col("count") + count).otherwise("count"))


def test_what_goes_on_for_weeks_in_two_cells_is_in_excess_with_a_reach_and_not_without():
    rows = spread_out(2)
    alone = trend(rows, UNTIL, 1.0, ["heat"]).days.filter("excess")
    reach = trend(rows, UNTIL, 1.0, ["heat"], Reach(14, 12.0)).days.filter("excess")
    assert alone.filter(pl.col("day") > BEGINS + timedelta(DAYS - 21)).height <= 1
    assert {"c1", "c2"} <= set(reach["series"])
    assert reach["day"].min() > BEGINS + timedelta(DAYS - 21)


def test_a_reach_sums_by_hand_over_days_and_neighbours_and_not_beyond():
    rows = spread_out(0).with_columns(exposure=pl.when(pl.col("day").dt.day() == 9).then(0.0).otherwise(1.0))
    made = trend(rows, UNTIL, 1.0, ["heat"], Reach(5, 12.0)).days
    at = date(2021, 6, 11)
    some = rows.filter(pl.col("day").is_between(at - timedelta(4), at), pl.col("exposure") > 0)
    for series, near in (("c0", ["c0", "c1"]), ("c3", ["c2", "c3", "c4"])):
        told = made.filter(pl.col("day") == at, pl.col("series") == series)["count"].item()
        assert told == some.filter(pl.col("series").is_in(near))["count"].sum()


def test_a_reach_of_one_day_and_no_neighbour_is_none():
    rows = spread_out(0)
    plain = trend(rows.drop("lon", "lat"), UNTIL, 1.0, ["heat"]).days
    assert trend(rows, UNTIL, 1.0, ["heat"], Reach()).days.equals(plain)


def test_a_peace_year_keeps_the_promised_rate_with_a_reach():
    found = [trend(spread_out(0), UNTIL, 1.0, ["heat"], Reach(14, 12.0)).days["excess"].sum()]
    assert sum(found) <= 1


LADDER = reaches([1, 7, 28], [0.0, 12.0])


def test_of_several_reaches_each_day_is_told_by_the_least_likely_with_all_of_them_counted():
    """The slow twin: each reach by itself at its share of the rate, and the least chance of them, times how many."""
    rows = spread_out(2)
    together = trend(rows, UNTIL, 1.0, ["heat"], LADDER).days
    parts = [trend(rows, UNTIL, 1.0 / len(LADDER), ["heat"], reach).days for reach in LADDER]
    least = pl.concat(
        [part.with_columns(order=pl.lit(n)) for n, part in enumerate(parts)]
    ).sort("series", "day", "chance", "order").unique(["series", "day"], keep="first", maintain_order=True)  # fmt: skip
    same = ["series", "day", "count", "expected", "limit", "excess", "reach_days", "near_km"]
    # Where chance would be above one many reaches tie, and any of them may be told.
    some = pl.Series(least["chance"] * len(LADDER) < 1)
    assert together.filter(some).select(same).equals(least.filter(some).select(same))
    assert together.filter(some)["chance"].to_list() == pytest.approx((least.filter(some)["chance"] * 6).to_list())
    assert (together.filter(~some)["chance"] == 1).all()
    assert together["excess"].equals(together["alarm"].is_not_null())


def test_a_burst_is_told_by_its_day_and_what_smoulders_by_weeks_in_one_run():
    burst = spread_out(2).with_columns(
        count=pl.when(pl.col("day") == date(2021, 5, 3), pl.col("series") == "c5").then(200).otherwise("count")
    )
    told = trend(burst, UNTIL, 1.0, ["heat"], LADDER).days.filter("excess")
    assert told.filter(pl.col("day") == date(2021, 5, 3), pl.col("series") == "c5")["reach_days"].item() == 1
    late = told.filter(pl.col("day") > BEGINS + timedelta(DAYS - 10))
    assert late["reach_days"].min() > 1 and late["near_km"].max() == 12


def test_several_reaches_share_the_promised_rate():
    found = [trend(spread_out(0), UNTIL, 1.0, ["heat"], LADDER).days["excess"].sum()]
    assert sum(found) <= 1


@pytest.mark.parametrize("tried", [Reach(), LADDER])
def test_nothing_from_the_future_changes_a_day(tried):
    rows = spread_out(2).with_columns(count=pl.col("count") * 2)
    whole = trend(rows, UNTIL, 1.0, ["heat"], tried).days
    cut = BEGINS + timedelta(DAYS - 10)
    assert trend(rows.filter(pl.col("day") <= cut), UNTIL, 1.0, ["heat"], tried).days.equals(
        whole.filter(pl.col("day") <= cut)
    )


def test_the_order_of_rows_changes_nothing():
    rows = drawn()
    shuffled = rows.sample(fraction=1, shuffle=True, seed=3)
    assert trend(shuffled, UNTIL, 1.0, ["heat"]).days.equals(trend(rows, UNTIL, 1.0, ["heat"]).days)


def test_days_on_which_nobody_looked_are_not_judged():
    rows = drawn().with_columns(exposure=pl.when(pl.col("day").dt.weekday() == 7).then(0.0).otherwise(1.0))
    wild = rows.with_columns(count=pl.when(pl.col("exposure") == 0).then(5_000).otherwise("count"))
    made = trend(rows, UNTIL, 1.0, ["heat"]).days
    assert made["day"].dt.weekday().max() == 6
    assert trend(wild, UNTIL, 1.0, ["heat"]).days.equals(made)


def test_a_place_without_counts_cannot_be_told():
    made = trend(drawn().with_columns(count=pl.col("count") * 0), UNTIL)
    assert made.days.is_empty()
    assert "nothing was counted" in made.series["cannot_tell"][0]


def test_the_command_tells_the_days_in_excess(tmp_path):
    rows = drawn(attack=DAYS - 100).rename({"day": "date"})
    rows.write_csv(tmp_path / "c.csv")
    args = ["watch", "trend", str(tmp_path / "c.csv"), "--train-until", "2020-12-31", "--json"]
    made = json.loads(CliRunner().invoke(main, [*args, "--beside", "heat"]).stdout)
    assert {"series": "c2", "date": str(BEGINS + timedelta(DAYS - 100))}.items() <= made["excess"][0].items()
    longer = json.loads(CliRunner().invoke(main, [*args, "--beside", "heat", "--days", "3"]).stdout)["excess"]
    assert [row["date"] for row in longer if row["series"] == "c2"] == [
        str(BEGINS + timedelta(DAYS - 100 + n)) for n in range(3)
    ]
    wrong = CliRunner().invoke(main, [*args, "--beside", "haet"])
    assert wrong.exit_code == 2 and "haet" in wrong.stderr
    several = json.loads(CliRunner().invoke(main, [*args, "--beside", "heat", "--days", "1,3"]).stdout)["excess"]
    assert [row["reach_days"] for row in several if row["series"] == "c2"] == [1, 3, 3]
    said = CliRunner().invoke(main, [*args[:-1], "--beside", "heat", "--days", "1,3"]).stdout
    assert said.count("c2: ") == 1 and "the least likely of 3 days" in said
    for option, value in (("--days", "0"), ("--days", "1,4000"), ("--days", "1,x"), ("--days", "1,,7"),
                          ("--near-km", "-1"), ("--near-km", "0,nan"), ("--near-km", "5")):  # fmt: skip
        wrong = CliRunner().invoke(main, [*args, option, value])
        assert wrong.exit_code == 2 and len(wrong.stderr.splitlines()) == 1
        assert ("lon" if value == "5" else option) in wrong.stderr
    wrong = CliRunner().invoke(main, [*args, "--a-year", "0"])
    assert wrong.exit_code == 2 and "--a-year" in wrong.stderr


def test_days_of_a_platform_that_the_baseline_has_not_are_said_to_be_so_and_not_unseen():
    late = pl.when(pl.col("day") > UNTIL).then(pl.lit("two")).otherwise(pl.lit("one"))
    made = trend(drawn().with_columns(platform=late), UNTIL, 1.0, ["heat"])
    assert made.days.is_empty() and "is of a platform that the baseline has" in made.series["cannot_tell"][0]
    dark = drawn().with_columns(exposure=pl.when(pl.col("day") > UNTIL).then(0.0).otherwise(1.0))
    assert "was looked at" in trend(dark, UNTIL, 1.0, ["heat"]).series["cannot_tell"][0]


def test_how_many_series_never_counted_in_the_baseline_is_said():
    never = pl.when(pl.col("series") == "c1").then(0).otherwise("count")
    remarks = trend(drawn(cells=3).with_columns(count=never), UNTIL, 1.0, ["heat"]).series["remarks"][0]
    assert any(said.startswith("1 of 3 series counted nothing in the baseline") for said in remarks)
    assert not any(
        "counted nothing" in said for said in trend(drawn(cells=3), UNTIL, 1.0, ["heat"]).series["remarks"][0]
    )


def test_that_no_day_is_in_excess_is_said_beside_what_else_there_is_to_say(tmp_path):
    rows = drawn(cells=2).filter(pl.col("day") >= date(2020, 1, 1)).rename({"day": "date"})
    rows.write_csv(tmp_path / "c.csv")
    said = CliRunner().invoke(main, ["watch", "trend", str(tmp_path / "c.csv"), "--train-until", "2020-12-31",
                                     "--beside", "heat", "--a-year", "0.001"]).stdout.splitlines()  # fmt: skip
    assert said[0].startswith("no day in excess among ") and "one year" in said[1]


@pytest.mark.parametrize(
    ("lat", "said"), [("95", "row 1, lat: is '95.0'; expected degrees north"), ("50.5", "row 1, series: is 'c0'")]
)
def test_a_place_that_is_none_or_moves_is_one_clear_line(tmp_path, lat, said):
    rows = spread_out(0).rename({"day": "date"}).with_columns(pl.col("lat").cast(pl.String))
    first = (pl.col("series") == "c0") & (pl.col("date") == BEGINS)
    rows.with_columns(lat=pl.when(first).then(pl.lit(lat)).otherwise("lat")).write_csv(tmp_path / "c.csv")
    made = CliRunner().invoke(
        main, ["watch", "trend", str(tmp_path / "c.csv"), "--train-until", "2020-12-31", "--near-km", "5"]
    )
    assert made.exit_code == 2 and said in made.stderr and len(made.stderr.splitlines()) == 1
