"""How far chances can be held to account, and what nobody reported: in the page, at every level, in plain words."""

from __future__ import annotations

import polars as pl

from trucewatch.report.reliable import reliable
from trucewatch.tables import COMPLETENESS, RELIABILITY


def test_without_judgements_the_page_says_that_chances_are_held_to_nothing():
    told = reliable(COMPLETENESS.empty(), RELIABILITY.empty())
    assert told["says"].startswith("No incident of this case has been judged")
    assert told["bars"] == told["sides"] == told["unseen"] == []


def test_judged_incidents_make_a_diagram_overall_and_an_error_per_side():
    rows = [(None, 0.5, 8, 0.55, 0.5, 0.05), ("A", 0.5, 5, 0.55, 0.6, 0.05), ("B", 0.5, 3, 0.55, 0.33, 0.22)]
    told = reliable(COMPLETENESS.empty(), pl.DataFrame(rows, schema=RELIABILITY.schema, orient="row"))
    assert told["bars"] == [{"least": "50%", "n": 8, "said": "55%", "was": "50%"}]
    assert [(s["side"], s["error"]) for s in told["sides"]] == [("A", "0.05"), ("B", "0.22")]
    assert "Of 8 incidents that people judged" in told["says"]


def test_what_cannot_be_known_is_said_and_is_no_nought():
    rows = [("all", 30, 1, None, None, None, None, None, "one source only: what it misses is unknown")]
    told = reliable(pl.DataFrame(rows, schema=COMPLETENESS.schema, orient="row"), RELIABILITY.empty())
    assert told["unseen"][0]["least"] is None
    assert told["unseen"][0]["says"].endswith("unknown")


def test_no_bound_is_less_than_none():
    rows = [("kind: blast", 3, 2, None, None, None, -0.0, None, "sources share too few incidents to tell")]
    told = reliable(pl.DataFrame(rows, schema=COMPLETENESS.schema, orient="row"), RELIABILITY.empty())
    assert told["unseen"][0]["least"] == "0"
