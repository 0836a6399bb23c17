"""Plain reports along a front: as many as wanted, with the errors that the params say, and their truth."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from trucewatch.base.place import gap_m
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports


@pytest.fixture(scope="module")
def made():
    return reports(ReportsParams(reports=20_000))


def joined(made) -> pl.DataFrame:
    return made.observations.join(made.truth, on="id").join(made.incidents, on="incident", suffix="_true")


def test_there_are_exactly_as_many_as_wanted_and_each_has_its_truth(made):
    assert made.observations.height == 20_000 == made.truth.height
    assert made.observations["id"].to_list() == made.truth["id"].to_list()
    assert made.observations["id"].n_unique() == 20_000


def test_the_same_params_give_the_same_reports(made):
    again = reports(ReportsParams(reports=20_000))
    assert again.observations.equals(made.observations)
    assert not reports(ReportsParams(reports=20_000, seed=2)).observations.equals(made.observations)


def test_sources_see_what_their_chances_say(made):
    real = made.truth.join(made.observations, on="id").drop_nulls("incident")
    seen = real.group_by("source").len().sort("source")["len"].to_numpy()
    assert np.allclose(seen / seen[0], np.array([0.75, 0.60, 0.45]) / 0.75, atol=0.03)
    assert real.group_by("incident", "source").len()["len"].max() == 1
    assert abs(made.truth["incident"].null_count() / 20_000 - 0.10) < 0.01


def test_errors_are_those_of_the_params(made):
    both = joined(made)
    off = both.select("source", m=gap_m("lon", "lat", "lon_true", "lat_true"), s=(pl.col("t0") - pl.col("t")))
    by = off.group_by("source").agg(
        pl.col("m").pow(2).mean().sqrt() / 2**0.5, s=(pl.col("s").dt.total_microseconds() / 1e6).std()
    )
    assert np.allclose(by.sort("source")["m"], [700, 1500, 3000], rtol=0.05)
    assert np.allclose(by.sort("source")["s"] / 86_400, [0.2, 0.4, 0.8], rtol=0.05)
    assert abs((both["kind"] != both["kind_true"]).mean() - 0.15) < 0.01
    assert abs((both["by"] != both["by_true"]).mean() - 0.075) < 0.01


def test_copies_repeat_a_report_with_all_its_errors_later_and_name_it():
    made = reports(ReportsParams(reports=5_000, copies=((1, 0, 0.4),)))
    told = made.observations.join(made.truth, on="id")
    copies = told.drop_nulls("copy_of").join(told, left_on="copy_of", right_on="id", suffix="_of")
    assert copies.height > 500
    assert copies["copy_of"].n_unique() == copies.height
    assert set(copies["source"]) == {"source-2"} and set(copies["source_of"]) == {"source-1"}
    for name in ("lon", "lat", "t0", "kind", "by", "incident"):
        assert copies[name].equals(copies[f"{name}_of"].alias(name), null_equal=True), name
    assert (copies["published_at"] >= copies["published_at_of"]).all()


def test_a_source_may_give_an_incident_twice():
    made = reports(ReportsParams(reports=3_000, repeats=(0.5, 0.0, 0.0)))
    real = made.truth.join(made.observations, on="id").drop_nulls("incident")
    most = real.group_by("incident", "source").len().group_by("source").agg(pl.col("len").max()).sort("source")
    assert most["len"].to_list() == [2, 1, 1]


def test_density_stays_as_reports_grow():
    few, many = (reports(ReportsParams(reports=n)).observations["t0"] for n in (2_000, 20_000))
    assert 8 < (many.max() - many.min()) / (few.max() - few.min()) < 12


@pytest.mark.parametrize("told", [True, False])
def test_the_radius_is_told_only_where_asked_for(told):
    radius = reports(ReportsParams(reports=100, told_error=told)).observations["radius_m"]
    assert radius.null_count() == (0 if told else 100)
