from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely
from polars.testing import assert_frame_equal
from simulated import tables, theatre

from trucewatch.base.errors import InputError
from trucewatch.kinds import ACTS, ARMED
from trucewatch.simulate import SimulateParams, simulate
from trucewatch.simulate.params import Bursts, Truce


def test_the_same_seed_gives_the_same_theatre():
    one, two = (simulate(SimulateParams(observations=2_000, seed=7)) for _ in range(2))
    assert_frame_equal(one.truth, two.truth)
    assert_frame_equal(one.sightings, two.sightings)
    assert_frame_equal(one.settlements, two.settlements)
    assert_frame_equal(one.roads, two.roads)
    assert_frame_equal(one.looks_truth, two.looks_truth)
    assert one.agreement == two.agreement
    for mine, other in zip(one.feeds, two.feeds, strict=True):
        assert mine.name == other.name and mine.options == other.options
        assert mine.frame == other.frame if isinstance(mine.frame, dict) else mine.frame.equals(other.frame)


def test_another_seed_gives_another_theatre():
    one, two = theatre(2_000, 7), theatre(2_000, 8)
    assert not one.truth.equals(two.truth)
    for mine, other in zip(tables(one), tables(two), strict=False):
        assert not mine.frame.equals(other.frame)


@pytest.mark.parametrize("observations", [100, 1_000, 10_000, 100_000])
def test_there_are_as_many_rows_as_were_asked_for(observations):
    made = theatre(observations)
    rows = sum(feed.frame.height for feed in tables(made))
    assert abs(rows - observations) <= 0.05 * observations
    assert made.sightings.height == rows


@pytest.mark.slow
def test_a_million_rows_are_a_million_rows_of_the_same_density():
    made = simulate(SimulateParams(observations=1_000_000))
    assert made.sightings.height == 1_000_000
    assert _density(made) == pytest.approx(_density(theatre(10_000)), rel=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_a_tiny_theatre_is_whole_whatever_the_seed(seed):
    made = theatre(100, seed)
    assert made.sightings.height == 100
    assert {"satellite.csv", "patrols.csv", "events.csv"} <= {feed.name for feed in made.feeds}
    assert made.truth["in_force"].any() and not made.truth["in_force"].all()


def _density(made) -> float:
    return made.truth.height / made.area_km2 / (made.until - made.since).days


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_density_stays_as_the_theatre_grows(seed):
    assert _density(theatre(10_000, seed)) == pytest.approx(_density(theatre(100_000, seed)), rel=0.2)


def test_the_ground_that_is_stated_is_the_ground_that_is_used():
    made = theatre()
    km = (made.truth["lat"].max() - made.truth["lat"].min()) * 111.195
    assert km == pytest.approx(made.length_km, rel=0.02)
    assert made.truth["t0"].min() >= made.since and made.truth["t0"].max() < made.until


def _close_pairs(km_y: np.ndarray, km_x: np.ndarray, day: np.ndarray) -> int:
    """Pairs within 3 km and 12 hours, by hand over a sliding window in time."""
    order = np.argsort(day)
    y, x, t = km_y[order], km_x[order], day[order]
    until = np.searchsorted(t, t + 0.5)
    return int(sum((np.hypot(y[i + 1 : j] - y[i], x[i + 1 : j] - x[i]) < 3).sum() for i, j in enumerate(until)))


def test_incidents_excite_others_near_them_in_space_and_time():
    fought = theatre().truth.filter(~pl.col("peaceful"))
    y = fought["lat"].to_numpy() * 111.195
    x = fought["lon"].to_numpy() * 111.195 * np.cos(np.radians(40.0))
    day = fought["t0"].dt.epoch("us").to_numpy() / 86_400e6
    # Shuffled times keep every place and every time but not which goes with which (Knox).
    rng = np.random.default_rng(0)
    by_chance = [_close_pairs(y, x, rng.permutation(day)) for _ in range(5)]
    assert _close_pairs(y, x, day) > 1.6 * max(by_chance)


def test_without_branching_there_are_no_bursts():
    bare = SimulateParams(observations=3_000, bursts=Bursts(branching=0.0))
    fought = simulate(bare).truth.filter(~pl.col("peaceful"))
    y, x = fought["lat"].to_numpy() * 111.195, fought["lon"].to_numpy() * 85.0
    day = fought["t0"].dt.epoch("us").to_numpy() / 86_400e6
    shuffled = np.random.default_rng(0).permutation(day)
    assert _close_pairs(y, x, day) < 1.4 * _close_pairs(y, x, shuffled)


def _daily(made, since: datetime, until: datetime) -> float:
    fought = made.truth.filter(~pl.col("peaceful"), pl.col("t0").is_between(since, until, closed="left"))
    return fought.height / (until - since).days


def test_the_truce_lowers_the_rate_and_does_not_end_it_and_a_rebound_follows():
    made, params = theatre(100_000), SimulateParams(observations=100_000)
    since, until = (params.start + timedelta(days=day) for day in params.truce_days)
    before, within = _daily(made, made.since, since), _daily(made, since, until)
    after = _daily(made, until, until + timedelta(days=4))
    assert 0.1 * before < within < 0.4 * before
    assert after > 1.05 * before


def test_barred_is_an_armed_act_while_in_force():
    truth, params = theatre().truth, SimulateParams()
    since, until = (params.start + timedelta(days=day) for day in params.truce_days)
    assert set(truth["kind"]) <= set(ACTS)
    assert truth["id"].n_unique() == truth.height
    in_force = (truth["t0"] >= since) & (truth["t0"] < until)
    assert (truth["in_force"] == in_force).all()
    assert (truth["barred"] == (in_force & truth["kind"].is_in(list(ARMED)))).all()
    assert (truth["peaceful"] == (truth["kind"] == "burning")).all()
    assert truth.filter("peaceful")["by"].null_count() == truth["peaceful"].sum()
    assert (truth["t1"] > truth["t0"]).all()


def test_neither_side_does_more_than_the_other():
    shares = theatre(100_000).truth["by"].drop_nulls().value_counts()
    low, high = shares["count"].min(), shares["count"].max()
    assert high < 1.03 * low


def test_an_advance_changes_hands_in_the_truce_and_none_is_made_where_none_is_asked_for():
    assert theatre().truth.filter(kind="control")["in_force"].to_list() == [True]
    quiet = SimulateParams(observations=1_000, truce=Truce(advance_km=0.0))
    assert simulate(quiet).truth.filter(kind="control").is_empty()


def test_settlements_and_roads_lie_on_the_ground():
    made = theatre()
    assert made.settlements["name"].n_unique() == made.settlements.height
    assert (made.settlements["population"] > 0).all()
    lines = shapely.from_wkb(made.roads["geometry"].to_numpy())
    assert len(lines) and all(line.geom_type == "LineString" for line in lines)
    places = set(zip(made.settlements["lon"], made.settlements["lat"], strict=True))
    assert all(end in places for line in lines for end in line.coords)


@pytest.mark.parametrize(
    "wrong",
    [
        {"observations": 99},
        {"observations": 10_000_001},
        {"parties": ("Party A", "Party A")},
        {"start": datetime(2010, 3, 1)},
        {"start": datetime(2010, 3, 1, 6, tzinfo=UTC)},
        {"bursts": Bursts(branching=0.9)},
    ],
)
def test_params_that_cannot_be_simulated_are_refused(wrong):
    with pytest.raises(InputError):
        SimulateParams(**wrong)


def test_params_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SimulateParams().seed = 2
