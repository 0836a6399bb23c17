"""Claims of encirclement go to the room `ring`: the two meet outside of both, by their tables."""

from __future__ import annotations

import pytest
from record import PARTIES, areas, at, statements

from trucewatch import encircled
from trucewatch.claims import CheckParams, Evidence, check

CLAIM = {"asserts": "encircled", "whom": "Northland", "kind": None, "lon": 10.0, "lat": 60.0}
ISLAND = [("m", "North", (9.95, 59.97, 10.05, 60.03)), ("m", "North", (11.0, 59.0, 13.0, 61.0)),
          ("m", "South", (8.0, 59.0, 9.95, 61.0)), ("m", "South", (10.05, 59.0, 11.0, 61.0)),
          ("m", "South", (9.95, 60.03, 10.05, 61.0)), ("m", "South", (9.95, 59.0, 10.05, 59.97))]  # fmt: skip
OPEN = [("m", "North", (9.0, 59.0, 13.0, 61.0)), ("m", "South", (7.0, 59.0, 9.0, 61.0))]


def verdict(shapes, claim=CLAIM, elsewhere=None):
    table, evidence = statements(claim), Evidence(areas=areas(*shapes, on=at(10)), parties=PARTIES)
    found = encircled.answers(table, evidence, elsewhere, CheckParams())
    return check(table, Evidence(areas=evidence.areas, parties=PARTIES, answers=found)).checks.row(0, named=True)


def test_a_ring_that_is_closed_on_the_map_bears_the_claim_out_and_an_open_front_does_not():
    closed, open_ = verdict(ISLAND), verdict(OPEN)
    assert (closed["verdict"], open_["verdict"]) == ("borne out", "not borne out")
    assert "map of m: rung" in closed["looked_at"][0]
    assert verdict(OPEN, {**CLAIM, "asserts": "not_encircled"})["verdict"] == "borne out"


@pytest.mark.parametrize(
    ("shapes", "change"),
    [([], {}), (ISLAND, {"t0": None, "t1": None, "said_at": None}), (ISLAND, {"lon": None, "lat": None}),
     (ISLAND, {"whom": "Somebody"}), ([(f"{'Ministry'}", *s[1:]) for s in ISLAND], {}),
     ([("m", "South", (7.0, 59.0, 9.0, 61.0))], {})],
)  # fmt: skip
def test_without_a_map_a_place_a_time_a_side_or_with_the_speakers_own_map_it_cannot_be_told(shapes, change):
    row = verdict(shapes, {**CLAIM, **change})
    assert row["verdict"] == "cannot be told" and row["would_settle"]


def test_who_holds_what_a_map_leaves_unmarked_is_for_the_user_to_say():
    only = [("m", "South", (7.0, 59.0, 9.0, 61.0))]
    assert verdict(only, elsewhere="Northland")["verdict"] == "not borne out"


def test_a_corridor_that_may_have_no_open_road_leaves_both_the_claim_and_its_denial_open():
    """Rung 1 to 4: no road was given, and a corridor of two kilometres may have none that is open."""
    narrow = [*ISLAND[:3], ("m", "South", (10.05, 59.0, 11.0, 59.99)), ("m", "South", (10.05, 60.01, 11.0, 61.0)),
              ("m", "North", (10.05, 59.99, 11.0, 60.01)), *ISLAND[4:]]  # fmt: skip
    for claim in (CLAIM, {**CLAIM, "asserts": "not_encircled"}):
        row = verdict(narrow, claim)
        assert row["verdict"] == "cannot be told" and "to 4 of 6" in row["looked_at"][0], row
