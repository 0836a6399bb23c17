"""Is the pause being used; did the truce change anything: the same measure for all, beside placebo dates."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.cli import main
from trucewatch.watch import ChangeAsk, PauseAsk, PauseParams, advance, change, pause, update_lag
from trucewatch.watch.change import step
from trucewatch.watch.pause import _series
from trucewatch.watch.placebo import bar, placebos

START = date(2030, 1, 1)
AT = 150
ASK = PauseAsk(START + timedelta(days=AT), START + timedelta(days=AT + 7))


def counts(unit: str = "count", **sides: np.ndarray) -> pl.DataFrame:
    parts = []
    for side, y in sides.items():
        days = [START + timedelta(days=n) for n in range(len(y))]
        parts.append(pl.DataFrame({"side": side, "measure": "rotation", "unit": unit, "date": days,
                                   "count": y.astype(float), "exposure": 1.0}))  # fmt: skip
    return pl.concat(parts)


def calm(seed: int, days: int = 200, mean: float = 6.0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, days)


def used(seed: int, times: int) -> np.ndarray:
    y = calm(seed)
    y[AT : AT + 7] *= times
    return y


def rows(table: pl.DataFrame, part: str = "during") -> dict[str, dict]:
    return {r["side"]: r for r in table.filter(pl.col("part") == part).rows(named=True)}


def test_the_side_that_does_far_more_in_the_pause_is_told_and_the_other_stands_beside_it():
    got = rows(pause(counts(a=used(1, 4), b=calm(2)), ASK))
    assert got["a"]["verdict"] == "more" and got["b"]["verdict"] == "no_change_shown"
    assert got["a"]["others"] == [{"side": "b", "effect": got["b"]["effect"]}]
    assert got["a"]["gap_low"] > 1 and got["b"]["gap_high"] < 1
    assert got["a"]["n_placebos"] >= 8 and got["a"]["false_alarms"] <= 0.1


def test_the_mirror_gives_the_mirror_answer_to_the_last_digit():
    here, there = (pause(counts(**s), ASK) for s in (
        {"a": used(1, 3), "b": calm(2)}, {"b": used(1, 3), "a": calm(2)}))  # fmt: skip
    swap = {"a": "b", "b": "a"}
    back = there.with_columns(
        pl.col("side").replace(swap),
        others=pl.col("others").list.eval(
            pl.struct(side=pl.element().struct["side"].replace(swap), effect=pl.element().struct["effect"])
        ),
    ).sort("measure", "unit", "part", "side")
    assert here.equals(back)


@settings(max_examples=8, deadline=None)
@given(st.randoms())
def test_the_order_of_rows_changes_nothing(random):
    table = counts(a=calm(1), b=calm(2))
    order = list(range(table.height))
    random.shuffle(order)
    assert pause(table[order], ASK).equals(pause(table, ASK))


def test_days_that_nobody_watched_weigh_nothing():
    seen = counts(a=calm(1), b=calm(2))
    dark = pl.col("date").is_between(ASK.since, ASK.since + timedelta(days=2))
    unseen = seen.with_columns(
        exposure=pl.when(dark).then(0.0).otherwise("exposure"), count=pl.when(dark).then(999.0).otherwise("count")
    )
    got = rows(pause(unseen, ASK))["a"]
    assert got["during"] < 20
    assert rows(pause(seen.filter(~dark), ASK))["a"] == got


def test_thin_data_short_records_and_late_reports_cannot_tell():
    thin = rows(pause(counts(a=calm(1, mean=0.05), b=calm(2)), ASK))["a"]
    assert thin["verdict"] == "cannot_tell" and "fewer than 10" in thin["because"]
    short = PauseAsk(START + timedelta(days=30), START + timedelta(days=37))
    few = rows(pause(counts(a=calm(1, 50), b=calm(2, 50)), short))["a"]
    assert few["verdict"] == "cannot_tell" and "placebo" in few["because"]
    late = PauseAsk(ASK.since, ASK.since + timedelta(days=1), lag=(0, 3))
    assert "late" in rows(pause(counts(a=calm(1), b=calm(2)), late))["a"]["because"]


def test_an_unknown_lag_widens_the_interval_and_never_narrows_it():
    table = counts(a=used(1, 4), b=calm(2))
    sure = rows(pause(table, ASK))["a"]
    vague = rows(pause(table, PauseAsk(ASK.since, ASK.until, lag=(0, 4))))["a"]
    assert vague["effect_low"] <= sure["effect_low"] and vague["effect_high"] >= sure["effect_high"]


def test_a_rebound_is_held_against_the_trend_before():
    y = calm(3)
    y[AT + 7 : AT + 21] *= 4
    got = rows(pause(counts(a=y, b=calm(2)), ASK), "rebound")
    assert got["a"]["verdict"] == "more" and got["b"]["verdict"] == "no_change_shown"


def test_a_level_may_fall_below_nothing_and_has_no_rebound():
    rng = np.random.default_rng(4)
    y = rng.normal(0, 1, 200)
    y[AT : AT + 7] += 5
    table = pause(counts("km2", a=y, b=rng.normal(0, 1, 200)), ASK)
    got = rows(table)
    assert set(table["part"]) == {"during"} and got["a"]["verdict"] == "more" and got["a"]["effect"] > 3
    assert got["b"]["verdict"] == "no_change_shown"


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (PauseAsk(ASK.since, ASK.since), "--until"), (PauseAsk(ASK.since, ASK.until, lag=(3, 1)), "--lag-days"),
        (PauseAsk(ASK.since, ASK.until, before=0), "--before-days"), (PauseAsk(ASK.since, ASK.until, after=0), "--after"),
        (PauseAsk(ASK.since, ASK.until, before=400), "longer than the series"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_line(ask, word):
    with pytest.raises(InputError, match=word):
        pause(counts(a=calm(1), b=calm(2)), ask)


def test_few_placebos_make_the_bar_higher_and_not_lower():
    table = np.random.default_rng(5).normal(size=400)
    many, some = (placebos(lambda n: (table[n], 1.0), list(range(days)), 1, PauseParams()) for days in (400, 15))
    assert some.critical >= 1.96 and many.critical >= 1.96
    assert placebos(lambda n: (table[n], 1.0), list(range(5)), 1, PauseParams()).critical is None


# --- change


def series(y: np.ndarray, **more: float) -> pl.DataFrame:
    days = [START + timedelta(days=n) for n in range(len(y))]
    return pl.DataFrame({"series": "all", "date": days, "count": y.astype(float), "exposure": 1.0})


def test_a_truce_that_halves_is_told_and_a_date_on_which_nothing_began_is_not():
    y = np.random.default_rng(6).poisson(20, 500)
    y[400:] //= 3
    hit = change(series(y), ChangeAsk(START + timedelta(days=400))).row(0, named=True)
    assert hit["verdict"] == "fewer" and 0.2 < hit["effect"] < 0.6 and hit["p"] < 0.05
    none = change(series(y[:400]), ChangeAsk(START + timedelta(days=330))).row(0, named=True)
    assert none["verdict"] == "no_change_shown"


def test_the_step_is_that_of_its_windows_days_and_of_none_beside_them():
    y = np.random.default_rng(8).poisson(20, 300).astype(float)
    ask, start = ChangeAsk(START, before=56, after=28), 200

    def found(wild: int) -> tuple[float, float]:
        z = y.copy()
        z[wild] += 500
        return step(_series(series(z), counted=True), start, ask, PauseParams())

    plain = step(_series(series(y), counted=True), start, ask, PauseParams())
    assert found(start - 57) == found(start + 28) == plain
    assert found(start + 27)[0] > found(start - 1)[0] and found(start)[0] > plain[0] > found(start - 1)[0]
    assert found(start - 56) != plain


def test_twice_the_watching_is_no_change():
    y = np.random.default_rng(7).poisson(20, 500).astype(float)
    y[400:] *= 2
    table = series(y).with_columns(exposure=pl.Series([0.5] * 400 + [1.0] * 100))
    assert change(table, ChangeAsk(START + timedelta(days=400))).row(0, named=True)["verdict"] == "no_change_shown"


def test_constant_zeros_and_short_series_give_no_number():
    zero = change(series(np.zeros(500)), ChangeAsk(START + timedelta(days=400))).row(0, named=True)
    assert zero["verdict"] == "cannot_tell" and zero["effect"] is None
    with pytest.raises(InputError, match="longer than the series"):
        change(series(np.ones(50)), ChangeAsk(START + timedelta(days=40)))


# --- the front as mapped


def test_advance_is_what_a_party_holds_more_than_on_the_map_of_the_day_before():
    import shapely

    box = [shapely.to_wkb(shapely.box(0, 0, 0.1 * n, 0.1)) for n in (1, 2, 2)]
    areas = pl.DataFrame({"source": "m", "on": [START, START + timedelta(days=1), START + timedelta(days=3)],
                          "held_by": "a", "geometry": box}).with_columns(pl.col("on").cast(pl.Datetime("us", "UTC")))  # fmt: skip
    got = advance(areas)
    assert got["date"].to_list() == [START + timedelta(days=1)]
    assert got["count"].item() == pytest.approx(123, rel=0.02)


def test_a_map_that_follows_the_fighting_by_three_days_is_found_to_and_noise_is_not():
    rng = np.random.default_rng(8)
    fought = rng.gamma(2, 2, 300)
    days = [START + timedelta(days=n) for n in range(300)]
    moved = np.roll(fought, 3) + rng.normal(0, 0.5, 300)
    tables = [pl.DataFrame({"date": days, "count": y}) for y in (moved, fought, rng.normal(size=300))]
    assert update_lag(tables[0], tables[1], 10)[0] == 3
    assert update_lag(tables[0].head(20), tables[1], 10) is None


# --- the commands


def run(*words: object, status: int = 0) -> str:
    result = CliRunner().invoke(main, [str(w) for w in words], prog_name="trucewatch")
    assert result.exit_code == status, (result.stdout, result.stderr)
    return result.stdout if status == 0 else result.stderr


def test_a_bare_file_is_answered(tmp_path: Path):
    table = counts(a=used(1, 4), b=calm(2))
    table.write_csv(tmp_path / "acts.csv")
    words = ("watch", "pause", tmp_path / "acts.csv", "--since", ASK.since, "--until", ASK.until)
    told = json.loads(run(*words, "--json"))["paused"]
    assert {r["side"]: r["verdict"] for r in told if r["part"] == "during"} == {"a": "more", "b": "no_change_shown"}
    assert "others: b" in run(*words)
    table.filter(pl.col("side") == "b").write_csv(tmp_path / "one.csv")
    at = START + timedelta(days=120)
    assert "no change shown" in run(
        "watch", "change", tmp_path / "one.csv", "--at", at, *("--before-days", 28, "--after-days", 7)
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "date,count\n2030-01-01,1\n2030-01-01,2\n",
            "row 2, date: is '2030-01-01'; expected each day of a series once",
        ),
        ("side,date,count\na,2030-01-01,1\n a ,2030-01-01,2\n", "row 2, date"),
        ("side,date,count\na,2030-01-01,1\n,2030-01-02,2\n", "row 2, side: is empty; expected a name"),
        ("date,count,exposure\n2030-01-01,1,1.5\n", "row 1, exposure: is '1.5'"),
        ("date,count,exposure\n2030-01-01,1,much\n", "row 1, exposure: is 'much'"),
        ("date,count\n2030-01-01,-1\n", "row 1, count: is '-1'"),
        ("date,count\n2030-01-01,1.5\n", "row 1, count: is '1.5'; expected a whole number"),
        ("date,count\n2030-01-01,1e300\n", "row 1, count: is '1e300'"),
        ("date,count\n2030-02-31,1\n", "row 1, date: is '2030-02-31'; expected a day as 2022-02-24"),
        ("date,count\n2030-01-01,many\n", "row 1, count: is 'many'"),
        ("date,count\n2030-01-01,1\n2030-01-02\n", "row 2"),
        ("day,count\n2030-01-01,1\n", "has no column date"),
        ("date,count\n", "has no rows"),
        (
            "side,unit,date,count\na,count,2030-01-01,1\nb,km2,2030-01-01,1\n",
            "row 2, unit: is 'km2'; expected one unit for each measure",
        ),
        ("", "is empty"),
        ("date,count,count\n2030-01-01,1,2\n", "has the column 'count' twice"),
        ("date,count\n2030-01-02,1\n2030-01-01,2\n", "longer than the series"),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, text: str, says: str):
    (tmp_path / "bad.csv").write_text(text)
    said = run("watch", "pause", tmp_path / "bad.csv", "--since", "2030-01-02", "--until", "2030-01-03", status=2)
    assert says in said and len(said.splitlines()) == 1


def test_what_cannot_be_told_has_no_number():
    short = counts(a=calm(1, days=60), b=calm(2, days=60))
    ask = PauseAsk(START + timedelta(days=40), START + timedelta(days=47))
    for row in pause(short, ask).rows(named=True):
        assert row["verdict"] == "cannot_tell"
        assert row["effect"] is row["effect_low"] is row["gap"] is None


def test_a_pause_of_which_no_day_is_known_says_so():
    dark = counts(a=calm(1), b=calm(2)).filter(~pl.col("date").is_between(ASK.since, ASK.until - timedelta(days=1)))
    for row in pause(dark, ASK).filter(pl.col("part") == "during").rows(named=True):
        assert row["verdict"] == "cannot_tell" and row["because"] == "none of the 7 days of the pause are known"


@pytest.mark.parametrize(("missing", "sure"), [(3, True), (4, False)])
def test_a_pause_of_which_half_of_the_days_are_not_known_cannot_be_told_and_gaps_are_said(missing, sure):
    dark = ASK.since + timedelta(days=missing - 1)
    table = counts(a=used(1, 4), b=calm(2)).filter(
        ~(pl.col("date").is_between(ASK.since, dark) & (pl.col("side") == "a"))
    )
    told = {row["side"]: row for row in pause(table, ASK).filter(pl.col("part") == "during").rows(named=True)}
    if sure:
        assert told["a"]["verdict"] == "more" and told["a"]["because"].endswith("known on 4 of 7 days")
        assert told["a"]["gap"] is not None
    else:
        assert told["a"]["verdict"] == "cannot_tell" and told["a"]["effect"] is None and told["a"]["gap"] is None
        assert told["a"]["because"] == "3 of the 7 days of the pause are known"
    assert "known on" not in told["b"]["because"]


def test_a_day_that_nobody_watched_may_hold_anything(tmp_path: Path):
    table = counts(a=used(1, 4), b=calm(2)).with_columns(exposure=1.0)
    rows = table.with_columns(pl.col("count").cast(pl.String))
    dark = pl.col("date") == ASK.since + timedelta(days=2)
    told = []
    for value in ("n/a", "", "-7"):
        one = rows.with_columns(
            count=pl.when(dark).then(pl.lit(value)).otherwise("count"),
            exposure=pl.when(dark).then(0.0).otherwise("exposure"),
        )
        one.write_csv(tmp_path / "acts.csv")
        words = ("watch", "pause", tmp_path / "acts.csv", "--since", ASK.since, "--until", ASK.until, "--json")
        told.append(run(*words))
    assert told[0] == told[1] == told[2]


def test_the_bar_is_one_rank_above_the_levels_quantile_and_never_below_the_normal_one():
    sizes = np.arange(100.0)
    assert bar(sizes, 50, PauseParams()) == 96  # 0.95 x 51 / 50 of the way through 100 sizes, rounded up
    assert bar(sizes, 10, PauseParams()) == 99  # few dates: the highest
    assert bar(sizes / 100, 50, PauseParams()) == PauseParams().normal_bar
