"""Who could have seen an incident and did not say so; where nobody could have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
import shapely
from looking import ASK, DAY, WIDE, incidents, looks

from trucewatch.cover import CoverParams, cover, silent
from trucewatch.cover.blind import NO_CHANCE, NO_LOOK, NO_MEANS
from trucewatch.tables import INCIDENTS, LINKS, OBSERVATIONS
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


@pytest.mark.parametrize(
    ("since", "until", "wanted"),
    [(0, 3, ["day", "early", "late"]), (1, 3, ["late"]), (0, 1, ["day", "early"]), (0.2, 0.3, ["day"])],
)
def test_who_is_silent_is_told_of_incidents_of_the_time_asked_for_alone(since, until, wanted):
    there = incidents(
        {"id": "early", "from": 1, "to": 1}, {"id": "day", "from": 0, "to": 24}, {"id": "late", "from": 24, "to": 24}
    )
    ask = replace(ASK, since=DAY + timedelta(days=since), until=DAY + timedelta(days=until))
    got = cover(looks({"from": 0, "to": 72, "p": 0.9}), there, *NOBODY, ask).silent
    assert got["incident"].to_list() == wanted


FAR = bytes(shapely.to_wkb(shapely.box(12.0, 50.0, 12.1, 50.1)))


def causes(gaps: pl.DataFrame) -> dict[str, set[str]]:
    """By ground, `near` or `far`, the causes that are told of it."""
    where = pl.when(pl.col("lon") > 11).then(pl.lit("far")).otherwise(pl.lit("near"))
    return {at: set(rows["because"]) for (at,), rows in gaps.group_by(where)}


def test_a_gap_without_ground_is_told_where_its_source_looks_and_nowhere_else():
    seen = looks(
        {"from": 0, "to": 24, "p": 0.5, "source": "near"},
        {"from": 0, "to": 24, "p": 0.5, "source": "far/1", "footprint": FAR},
        {"from": 24, "to": 72, "source": "far", "gap": "outage", "footprint": None},
        {"from": 24, "to": 72, "source": "nowhere", "gap": "denied_access", "footprint": None},
    )
    made = cover(seen, INCIDENTS.empty(), *NOBODY, ASK)
    assert causes(made.gaps) == {"near": {NO_LOOK}, "far": {"outage"}}


def test_a_gap_of_one_source_stands_in_no_row_of_ground_that_it_never_saw():
    seen = looks(
        {"from": 0, "to": 72, "p": 0.5, "source": "near"},
        {"from": 0, "to": 36, "p": 0.5, "source": "far", "footprint": FAR},
        {"from": 24, "to": 72, "source": "far", "gap": "outage", "footprint": None},
    )
    together = cover(seen, INCIDENTS.empty(), *NOBODY, ASK).exposure.filter(pl.col("source") == "together")
    assert together.height and together["gaps"].explode().drop_nulls().is_empty()
    assert causes(cover(seen, INCIDENTS.empty(), *NOBODY, ASK).gaps) == {"far": {"outage"}}


def test_a_look_that_could_see_nothing_is_no_absent_look():
    seen = looks(
        {"from": 12, "to": 12.1, "p": 0.0, "means": "satellite"},
        {"from": 36, "to": 36.1, "p": 0.9, "means": "satellite"},
    )
    gaps = cover(seen, INCIDENTS.empty(), *NOBODY, ASK).gaps
    day = timedelta(days=1)
    told = gaps.filter(pl.col("cell") == gaps["cell"][0]).sort("t0").select("t0", "because").rows()
    assert told == [(DAY, NO_CHANCE), (DAY + 2 * day, NO_LOOK)]
    none = cover(seen, INCIDENTS.empty(), *NOBODY, replace(ASK, kind="rotation")).gaps
    assert causes(none)["near"] == {NO_CHANCE, NO_MEANS, NO_LOOK}


def test_ground_that_was_looked_at_another_day_is_dark_on_a_day_without_a_look():
    seen = looks({"from": 0, "to": 24, "p": 0.5, "footprint": WIDE})
    whole = cover(seen, INCIDENTS.empty(), *NOBODY, ASK)
    later = cover(seen, INCIDENTS.empty(), *NOBODY, replace(ASK, since=DAY + timedelta(days=1)))
    assert later.exposure.is_empty()
    assert later.gaps["cell"].n_unique() == whole.exposure["cell"].n_unique()
