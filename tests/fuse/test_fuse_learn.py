"""What is learnt of the sources, held to theatres whose truth is known; any words, any order."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from trucewatch.fuse.learn import learn
from trucewatch.fuse.params import LearnParams
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports

FOUR = ReportsParams(
    reports=8_000, seed=3, sees=(0.75, 0.6, 0.45, 0.3), place_sd_km=(0.7, 1.5, 3.0, 1.0),
    time_sd_days=(0.2, 0.4, 0.8, 0.3), repeats=(0.0, 0.0, 0.0, 0.0), copies=((3, 2, 0.6),),
)  # fmt: skip


def row(learnt: pl.DataFrame, source: str) -> dict[str, float]:
    return learnt.filter(pl.col("source") == source).row(0, named=True)


@pytest.fixture(scope="module")
def plain():
    params = ReportsParams(reports=12_000, seed=5)
    return params, learn(reports(params).observations)


def test_errors_in_place_and_time_are_recovered_where_no_radius_is_told(plain):
    params, learnt = plain
    for n, source in enumerate(learnt.sources["source"]):
        found = row(learnt.sources, source)
        assert found["place_sd_m"] == pytest.approx(params.place_sd_km[n] * 1e3, rel=0.2)
        assert found["time_sd_s"] == pytest.approx(params.time_sd_days[n] * 86_400, rel=0.2)


def test_wrong_kinds_misses_and_inventions_are_recovered(plain):
    params, learnt = plain
    for n, source in enumerate(learnt.sources["source"]):
        found = row(learnt.sources, source)
        assert found["kind_wrong"] == pytest.approx(params.wrong_kind, abs=0.04)
        assert found["p_reports"] == pytest.approx(params.sees[n], abs=0.05)
        assert found["spurious"] == pytest.approx(params.spurious, abs=0.06)
        assert found["most_per_incident"] == 1


def test_where_nobody_copies_nobody_is_said_to(plain):
    assert plain[1].dependence.is_empty()


def test_where_a_radius_is_told_truly_nothing_comes_on_top():
    learnt = learn(reports(ReportsParams(reports=6_000, told_error=True)).observations)
    assert learnt.sources["place_sd_m"].max() < 300


@pytest.mark.parametrize(("times", "share"), [(1.0, 1.0), (5.0, 0.2), (0.5, 1.0)])
def test_radii_that_tell_too_much_are_cut_and_others_are_taken_at_their_word(times, share):
    made = reports(ReportsParams(reports=6_000, told_error=True, place_sd_km=(0.2, 0.3, 0.4))).observations
    learnt = learn(made.with_columns(pl.col("radius_m") * times)).sources
    assert learnt["told_share"].to_list() == pytest.approx([share] * 3, abs=0.05)
    if share < 1:
        assert learnt["place_sd_m"].max() == 1.0, "nothing comes on top of what is told too much"
    if times == 0.5:
        assert learnt["place_sd_m"].max() > 200, "what is told too little is learnt on top"


def test_a_source_is_taken_at_its_word_as_long_as_one_other_bears_it_out():
    """Two that share a map lie nearer to each other than either lies to the truth."""
    made = reports(ReportsParams(reports=9_000, told_error=True)).observations
    two = made.filter(pl.col("source") == "source-2")
    shared = two.with_columns(pl.lit("source-9").alias("source"), pl.col("id") + "m", pl.col("lat") + 0.0005)
    learnt = learn(pl.concat([made, shared])).sources
    assert row(learnt, "source-2")["told_share"] == 1.0


def test_the_copier_is_found_and_is_not_blamed_for_errors_it_copied():
    learnt = learn(reports(FOUR).observations)
    assert learnt.dependence.select("copier", "original").rows() == [("source-4", "source-3")]
    own, repeats = 0.3, 0.6
    assert learnt.dependence["p"].item() == pytest.approx(repeats / (repeats + own * 0.9), abs=0.06)
    found = row(learnt.sources, "source-4")
    assert found["place_sd_m"] == pytest.approx(1_000, rel=0.25)
    assert found["p_reports"] == pytest.approx(1 - 0.7 * (1 - 0.45 * 0.6), abs=0.06)
    assert found["spurious"] == pytest.approx(0.1, abs=0.06)


def test_the_later_one_is_held_to_repeat_and_not_the_one_with_the_later_name():
    turned = ReportsParams(**{**vars(FOUR), "copies": ((0, 2, 0.6),)})
    learnt = learn(reports(turned).observations)
    assert learnt.dependence.select("copier", "original").rows() == [("source-1", "source-3")]


def test_one_gazetteer_and_whole_days_are_no_copying():
    made = reports(ReportsParams(reports=6_000, seed=2, per_day=40.0, front_km=60.0)).observations
    step = 0.25
    village = made.with_columns(
        (pl.col("lon") / step).round() * step, (pl.col("lat") / step).round() * step,
        t0=pl.col("t0").dt.truncate("1d"), t1=pl.col("t0").dt.truncate("1d") + timedelta(days=1),
    )  # fmt: skip
    assert learn(village).dependence.is_empty()


def test_the_same_words_within_days_are_copied_wherever_they_put_it():
    made = reports(ReportsParams(reports=6_000, seed=4)).observations
    pairs = made.filter(pl.col("source") == "source-1").head(400)
    echo = pairs.with_columns(
        pl.lit("source-9").alias("source"), pl.col("id") + "e", pl.col("lat") + 0.001,
        published_at=pl.col("published_at") + timedelta(hours=2),
        says=pl.format("Two shells fell on the north of village {}!", pl.int_range(pl.len())),
    )  # fmt: skip
    first = pairs.with_columns(says=pl.format("two shells fell on the NORTH of village {}", pl.int_range(pl.len())))
    rest = made.filter(~pl.col("id").is_in(pairs["id"].to_list())).with_columns(says=pl.lit(None, pl.String))
    learnt = learn(pl.concat([rest, first, echo]))
    assert ("source-9", "source-1") in learnt.dependence.select("copier", "original").rows()


def test_a_source_that_repeats_itself_may_give_two():
    learnt = learn(reports(ReportsParams(reports=8_000, seed=6, repeats=(0.0, 0.4, 0.0))).observations)
    assert learnt.sources["most_per_incident"].to_list() == [1, 2, 1]
    assert row(learnt.sources, "source-2")["p_reports"] == pytest.approx(0.6, abs=0.06)


def test_of_two_sources_alone_what_they_miss_stays_unknown():
    made = reports(ReportsParams(reports=6_000)).observations.filter(pl.col("source") != "source-3")
    found = learn(made).sources
    assert found["p_reports"].null_count() == found["spurious"].null_count() == 2
    assert found["place_sd_m"].null_count() == 0
    total = (found["place_sd_m"] ** 2).sum()
    assert total == pytest.approx(700**2 + 1_500**2, rel=0.25), "only the sum is told; it is halved"


def test_one_source_alone_and_no_rows_teach_nothing_and_do_no_harm():
    made = reports(ReportsParams(reports=500)).observations
    alone = learn(made.filter(pl.col("source") == "source-1")).sources
    assert alone.drop("source", "most_per_incident").null_count().sum_horizontal().item() == 6
    assert learn(made.clear()).sources.is_empty()


def test_any_words_any_order_and_parties_changed_round_give_the_same():
    made = reports(FOUR).observations
    words = {kind: f"слово {n}" for n, kind in enumerate(FOUR.kinds)}
    swapped = {"Party A": "Party B", "Party B": "Party A"}
    other = made.sample(fraction=1.0, shuffle=True, seed=1).with_columns(
        pl.col("kind").replace(words), pl.col("by").replace(swapped)
    )
    one, two = learn(made), learn(other)
    assert_frame_equal(one.sources, two.sources, check_exact=True)
    assert_frame_equal(one.dependence, two.dependence, check_exact=True)


def test_of_very_many_reports_stretches_teach_the_same():
    made = reports(ReportsParams(reports=20_000)).observations
    some = learn(made, LearnParams(sample_rows=10_000)).sources
    assert row(some, "source-2")["place_sd_m"] == pytest.approx(1_500, rel=0.2)
    assert row(some, "source-2")["p_reports"] == pytest.approx(0.6, abs=0.06)


def test_denials_teach_nothing():
    made = reports(ReportsParams(reports=3_000)).observations
    lies = made.head(500).with_columns(pl.col("id") + "d", pl.col("lat") + 0.01, stance=pl.lit("denies"))
    both = pl.concat([made.with_columns(stance=pl.lit("affirms")), lies])
    assert_frame_equal(learn(made).sources, learn(both).sources)


def test_errors_beyond_the_antimeridian_are_learnt_as_well():
    made = reports(ReportsParams(reports=6_000, seed=8)).observations
    shift = 180 - made["lon"].mean()
    there = made.with_columns(lon=(pl.col("lon") + shift + 180) % 360 - 180)
    assert there["lon"].min() < -179 < 179 < there["lon"].max()
    one, two = (learn(frame).sources["place_sd_m"].to_numpy() for frame in (made, there))
    assert np.allclose(one, two, rtol=1e-3)
