"""A table keeps its contract, or the error names the table, the column and how many rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trucewatch.base.errors import TableError
from trucewatch.tables import ALL, EXPOSURE, FINDINGS, INCIDENTS, LINKS, LOOKS, OBSERVATIONS
from trucewatch.testing import observations

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def good() -> pl.DataFrame:
    return observations([{"lon": 30.0, "lat": 50.0}, {"lon": 31.0, "lat": 51.0}])


@pytest.mark.parametrize("contract", ALL, ids=lambda c: c.name)
def test_an_empty_table_keeps_its_contract_and_fitting_it_changes_nothing(contract):
    assert contract.fit(contract.check(contract.empty())).equals(contract.empty())


@pytest.mark.parametrize("contract", ALL, ids=lambda c: c.name)
def test_every_column_has_a_meaning_and_every_needed_one_exists(contract):
    assert [name for name, (_, meaning) in contract.columns.items() if not meaning.strip()] == []
    assert set(contract.needed) <= set(contract.columns)
    assert contract.key is None or contract.key in contract.columns


def test_the_names_of_tables_are_unique():
    assert len({c.name for c in ALL}) == len(ALL)


def test_a_good_table_comes_back_as_it_is(good):
    assert OBSERVATIONS.check(good) is good


def spoiled(column: str, value: object) -> pl.Expr:
    """The column with its first row replaced."""
    return pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("t1", NOON - timedelta(hours=1), "observations: t1 is before t0 in 1 of 2 rows"),
        ("lon", 180.1, "observations: lon is not in [-180, 180] in 1 of 2 rows"),
        ("lon", float("nan"), "observations: lon is not in [-180, 180] in 1 of 2 rows"),
        ("lat", -90.5, "observations: lat is not in [-90, 90] in 1 of 2 rows"),
        ("lat", None, "observations: lon without lat in 1 of 2 rows"),
        ("lon", None, "observations: lon without lat in 1 of 2 rows"),
        ("radius_m", -1.0, "observations: radius_m is negative or not finite in 1 of 2 rows"),
        ("radius_m", float("inf"), "observations: radius_m is negative or not finite in 1 of 2 rows"),
        ("radius_m", float("nan"), "observations: radius_m is negative or not finite in 1 of 2 rows"),
        ("p", 1.01, "observations: p is not in [0, 1] in 1 of 2 rows"),
        ("p", -0.01, "observations: p is not in [0, 1] in 1 of 2 rows"),
        ("p", float("nan"), "observations: p is not in [0, 1] in 1 of 2 rows"),
        ("kind", "kerfuffle", "observations: kind is not in the dictionary (trucewatch.kinds) in 1 of 2 rows"),
        ("kind", None, "observations.kind is null in 1 of 2 rows"),
        ("t0", None, "observations.t0 is null in 1 of 2 rows"),
        ("source", None, "observations.source is null in 1 of 2 rows"),
        ("id", "0" * 64 + "#2", "observations.id is not unique"),
    ],
)
def test_each_fault_of_a_value_is_named_with_its_rows(good, column, value, told):
    bad = good.with_columns(spoiled(column, value).cast(OBSERVATIONS.schema[column]))
    with pytest.raises(TableError) as wrong:
        OBSERVATIONS.check(bad)
    assert str(wrong.value) == told


def test_a_span_of_no_length_is_no_fault(good):
    OBSERVATIONS.check(good.with_columns(t1="t0"))


def test_a_place_that_nobody_told_is_no_fault(good):
    OBSERVATIONS.check(good.with_columns(lon=pl.lit(None, pl.Float64), lat=pl.lit(None, pl.Float64)))


def test_a_missing_column_is_named(good):
    with pytest.raises(TableError, match=r"^observations lacks lat, p$"):
        OBSERVATIONS.check(good.drop("p", "lat"))


def test_a_column_of_another_type_is_named_with_both_types(good):
    with pytest.raises(TableError, match=r"^observations\.count wants Int64, is Float64$"):
        OBSERVATIONS.check(good.cast({"count": pl.Float64}))
    with pytest.raises(TableError, match=r"^observations\.t0 wants Datetime"):
        OBSERVATIONS.check(good.with_columns(pl.col("t0").dt.replace_time_zone(None)))


def test_columns_in_another_order_or_too_many_are_refused(good):
    with pytest.raises(TableError, match="wants the columns"):
        OBSERVATIONS.check(good.select(reversed(good.columns)))
    with pytest.raises(TableError, match="wants the columns"):
        OBSERVATIONS.check(good.with_columns(mood=pl.lit("bad")))


def test_fit_fills_what_is_absent_with_null_and_puts_columns_in_order(good):
    fitted = OBSERVATIONS.fit(good.drop("place").select(reversed(good.drop("place").columns)))
    assert fitted.columns == list(OBSERVATIONS.schema)
    assert fitted["place"].null_count() == 2


def test_fit_refuses_a_column_it_does_not_know(good):
    with pytest.raises(TableError, match=r"^observations has no column mood$"):
        OBSERVATIONS.fit(good.with_columns(mood=pl.lit("bad")))


def test_fit_does_not_make_up_what_is_needed(good):
    with pytest.raises(TableError, match=r"^observations\.kind is null in 2 of 2 rows$"):
        OBSERVATIONS.fit(good.drop("kind"))


def test_a_chance_that_is_none_is_refused_in_every_table_that_has_one():
    looks = {"id": ["a"], "capture": ["c"], "source": ["s"], "t0": [NOON], "t1": [NOON], "p_seen_if_there": [1.5]}
    with pytest.raises(TableError, match="looks: p_seen_if_there"):
        LOOKS.fit(pl.DataFrame(looks))
    with pytest.raises(TableError, match="exposure: p_noticed"):
        EXPOSURE.fit(
            pl.DataFrame({"cell": [1], "t0": [NOON], "t1": [NOON], "source": ["s"], "p_noticed": [float("nan")]})
        )
    rest = {c: ["x"] for c in FINDINGS.needed if FINDINGS.schema[c] == pl.String}
    other = {c: [False] for c in FINDINGS.needed if FINDINGS.schema[c] == pl.Boolean}
    with pytest.raises(TableError, match="findings: high is not in"):
        FINDINGS.fit(pl.DataFrame({**rest, **other, "verdict": ["indicated"], "low": [0.0], "high": [2.0]}))


def test_an_incident_of_an_unknown_kind_is_refused():
    row = {"id": "a", "kind": "kerfuffle", "t0": NOON, "t1": NOON, "p": 0.5}
    counts = {"n_observations": 1, "n_lineages": 1, "n_denials": 0}
    with pytest.raises(TableError, match="incidents: kind is not in the dictionary"):
        INCIDENTS.fit(pl.DataFrame([row | counts]))


def test_an_observation_that_is_linked_twice_is_refused():
    twice = pl.DataFrame({"incident": ["a", "b"], "observation": ["o", "o"], "because": ["x", "y"]})
    with pytest.raises(TableError, match=r"^links\.observation is not unique$"):
        LINKS.fit(twice)
