"""Who could have seen an incident and did not say so; where nobody could have."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import shapely
from looking import ASK, DAY, incidents, looks

from trucewatch.cover import CoverParams, cover, silent
from trucewatch.tables import LINKS, OBSERVATIONS
from trucewatch.testing import observations

PARAMS = CoverParams()
NOBODY = (OBSERVATIONS.empty(), LINKS.empty())


def spoke(source: str, lineage: list[str] | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    said = observations([{"kind": "shelling", "source": source, "lineage": lineage}])
    return said, LINKS.fit(pl.DataFrame({"incident": ["i"], "observation": said["id"], "because": ["x"]}))


def test_who_looked_there_and_then_and_says_nothing_is_silent():
    there = incidents({"id": "i", "from": 9, "to": 9.1})
    got = silent(there, *NOBODY, looks({"from": 8, "to": 16, "p": 0.9}), PARAMS)
    assert got.select("incident", "source").rows() == [("i", "a")]
    assert got.select("low", "high").row(0) == (0.9 * 0.7, 0.9)


def test_who_speaks_of_it_is_not_silent_nor_is_a_copy_of_who_speaks():
    there = incidents({"id": "i", "from": 9, "to": 9.1})
    seen = looks(
        {"from": 8, "to": 16, "p": 0.9, "source": "a", "lineage": ["agency"]},
        {"from": 8, "to": 16, "p": 0.9, "source": "b", "lineage": ["agency"]},
        {"from": 8, "to": 16, "p": 0.9, "source": "c"},
    )
    assert silent(there, *spoke("a"), seen, PARAMS)["source"].to_list() == ["c"]
    assert silent(there, *spoke("z", lineage=["agency"]), seen, PARAMS)["source"].to_list() == ["c"]


def test_of_an_incident_known_to_the_day_a_look_of_some_hours_may_have_missed_it():
    there = incidents({"id": "i", "from": 0, "to": 24})
    row = silent(there, *NOBODY, looks({"from": 6, "to": 12, "p": 1.0}), PARAMS).row(0, named=True)
    assert row["low"] == 0 and row["high"] == 0.25


def test_other_ground_other_times_and_other_kinds_are_not_covered():
    far = bytes(shapely.to_wkb(shapely.box(20, 20, 21, 21)))
    there = incidents({"id": "i", "from": 9, "to": 9.1}, {"id": "r", "from": 9, "to": 9.1, "kind": "rotation"})
    seen = looks(
        {"from": 8, "to": 16, "footprint": far},
        {"from": 10, "to": 16},
        {"from": 8, "to": 16, "footprint": None},
        {"from": 12, "to": 12, "means": "satellite", "p": 1.0, "source": "orbit"},
    )
    got = silent(there, *NOBODY, seen, PARAMS)
    assert got.select("incident", "source").rows() == [("i", "orbit")]


def test_a_gap_excuses_silence():
    there = incidents({"id": "i", "from": 9, "to": 10})
    whole = looks({"from": 8, "to": 16, "p": 1.0}, {"from": 9, "to": 11, "gap": "jamming", "footprint": None})
    assert silent(there, *NOBODY, whole, PARAMS).is_empty()
    some = looks({"from": 8, "to": 16, "p": 1.0}, {"from": 9.5, "to": 11, "gap": "jamming"})
    assert silent(there, *NOBODY, some, PARAMS)["low"].to_list() == [0.0]
    elsewhere = bytes(shapely.to_wkb(shapely.box(10.2, 50.2, 10.4, 50.4)))
    other = looks({"from": 8, "to": 16, "p": 1.0}, {"from": 8, "to": 16, "gap": "jamming", "footprint": elsewhere})
    assert silent(there, *NOBODY, other, PARAMS)["low"].to_list() == [0.7]


def test_gaps_are_runs_of_days_with_the_cause_that_was_told():
    seen = looks(
        {"from": 0, "to": 24, "p": 0.5},
        {"from": 24, "to": 48, "gap": "denied_access", "source": "a", "footprint": None},
    )
    got = cover(seen, incidents({"id": "i", "from": 1, "to": 2}), *NOBODY, ASK).gaps
    one = got.filter(pl.col("cell") == got["cell"][0]).sort("t0")
    day = timedelta(days=1)
    assert one.select("t0", "t1", "because").rows() == [
        (DAY + day, DAY + 2 * day, "denied_access"),
        (DAY + 2 * day, DAY + 3 * day, "no look is recorded"),
    ]


def test_where_only_an_incident_lies_all_days_are_dark():
    far = incidents({"id": "i", "from": 1, "to": 2, "lon": 12.0, "lat": 52.0})
    got = cover(looks({"from": 0, "to": 72, "p": 0.5, "footprint": None}), far, *NOBODY, ASK).gaps
    assert got.height == 1 and got["t1"].item() - got["t0"].item() == timedelta(days=3)
