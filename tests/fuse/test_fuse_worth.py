"""What a fire detection beside a report is worth: its ratio to coincidence, nothing more, and nothing when moved."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from fused import at, said
from test_fuse_real import checked, heat

from trucewatch.fuse.params import LearnParams
from trucewatch.fuse.worth import worth
from trucewatch.testing import observations

DAY = timedelta(days=1)


def moved(rows: pl.DataFrame, days: int) -> pl.DataFrame:
    return rows.with_columns(pl.col("t0") + days * DAY, pl.col("t1") + days * DAY)


def strikes() -> pl.DataFrame:
    return checked().filter(pl.col("kind").is_in(["shelling", "air_strike", "explosion", "drone_strike", "rocket", "unspecified"]))  # fmt: skip


def test_a_detection_is_found_within_a_ball_and_a_day_and_not_in_the_corner_of_the_box():
    reports = observations([said("a", t0=at(days=100))])
    near = observations([said("s", "heat", lat=48.01, t0=at(days=100, hours=20))])
    corner = observations([said("s", "heat", lat=48.017, lon=38.025, t0=at(days=100))])
    late = observations([said("s", "heat", t0=at(days=101, hours=2))])
    shares = [worth(reports, seen, LearnParams()).share for seen in (near, corner, late)]
    assert shares == [1.0, 0.0, 0.0]


def test_where_there_is_nothing_there_is_no_worth():
    none = observations([said("a")]).clear()
    assert worth(none, none, LearnParams()).log_ratio == 0.0


def test_the_real_weight_is_about_four_and_vanishes_on_copies_moved_by_a_month_and_a_year():
    params = LearnParams()
    real = worth(strikes(), heat(), params)
    ratio = real.share / real.chance
    assert 2.5 < ratio < 6.5, f"{real.share:.3f} against {real.chance:.3f} by chance"
    for days in (30, -30, 365):
        shifted = worth(moved(strikes(), days), heat(), params)
        told = f"moved by {days} days: {shifted.share:.4f} against {shifted.chance:.4f}"
        if shifted.n < 200:  # moved out of what the instrument saw: nothing can be said
            continue
        assert shifted.share < 0.6 * real.share, told
        assert shifted.low <= 0.5, told


@pytest.mark.parametrize("days", [0])
def test_learning_takes_that_weight_and_no_other(days):
    from trucewatch.fuse.learn import learn

    rows = pl.concat([heat(), strikes()])
    learnt = learn(rows)
    chance = dict(learnt.calibration.filter(pl.col("part") == "chance").select("name", "value").rows())
    for name in heat()["source"].unique():
        p = learnt.sources.filter(pl.col("source") == name)["p_reports"].item()
        told = worth(strikes(), heat().filter(pl.col("source") == name), LearnParams())
        assert (p + chance[name]) / chance[name] == pytest.approx(told.share / told.chance, rel=0.05)
