"""Periods and ground gained under several readings: contested where the readings answer differently, and only there."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from owing import PARAMS, SHIPS, agreed, count, reading, said, span, when
from test_assess_advance import DAY, T0, WEST, east_to, frozen, maps

from trucewatch.assess.advance import advances
from trucewatch.assess.grounds import ground_findings
from trucewatch.assess.model import Exemption, Span
from trucewatch.assess.owed import findings_of, owed_table
from trucewatch.assess.settled import SETTLED

NOBODY = pl.DataFrame(schema=SETTLED)


def of_periods(*counts, **other) -> list[tuple[str, str, bool]]:
    """(reading, verdict, contested) of a text and of one party that reads it otherwise."""
    both = agreed(reading(SHIPS), reading(other.pop("requires", SHIPS), "south", **other))
    found = findings_of(owed_table(both, said(*counts), PARAMS), both, PARAMS)
    return found.sort("reading", "subject").select("reading", pl.col("verdict").cast(pl.String), "contested").rows()


LATER = when(span(0.25, 61))
BOTH = [("south", "indicated", False), ("text", "indicated", False)]


def test_periods_that_begin_at_other_hours_and_are_answered_alike_are_not_contested():
    assert of_periods(count("north", 0, 61, 9), when=LATER, requires=replace(SHIPS, each=None))[1:] == BOTH[1:]
    assert [row[2] for row in of_periods(when=LATER)] == [False, False]  # nobody counted, by either


def test_periods_that_begin_at_other_hours_and_are_answered_otherwise_are_contested():
    less = replace(SHIPS, at_least=9, each=None)
    got = of_periods(count("north", 0.5, 61, 9), count("north", 0, 0.5, 0), when=LATER, requires=less)
    assert got == [("south", "not_indicated", True), ("text", "indicated", True)]


@pytest.mark.parametrize(("figure", "contested"), [(9, True), (18, False)])
def test_under_a_reading_by_which_nothing_was_in_force_the_answer_is_no(figure, contested):
    got = of_periods(count("north", 0, 61, figure), when=when(span(100, 161)))
    assert [row[2] for row in got if row[0] == "text"] == [contested]


def test_of_what_one_reading_does_not_count_it_cannot_tell():
    grain = replace(SHIPS, what="grain ships")
    assert of_periods(count("north", 0, 61, 9), requires=grain) == [
        ("south", "cannot_tell", False),
        ("text", "indicated", True),
    ]


def of_ground(agreement, *drawn) -> list[dict]:
    return ground_findings(advances(agreement, maps(*drawn), PARAMS), agreement, PARAMS, NOBODY).to_dicts()


def test_two_parties_that_gained_otherwise_do_not_contest_each_other():
    """One reading, and two sides: that the one may have gained before the start and the other not is no dispute."""
    little, more = east_to(36.1), east_to(38.5)
    north = [(n, "north", shape) for n, shape in ((-1, WEST), (1, more), (5, more), (12, more))]
    south = [(n, "south", shape) for n, shape in ((-1, little), (1, little), (5, little), (12, WEST))]
    got = of_ground(frozen(), *north, *south)
    assert {row["attribution"].split()[0]: (row["verdict"], row["contested"]) for row in got} == {
        "North": ("cannot_tell", False),
        "South": ("indicated", False),
    }


def test_ground_measured_from_other_maps_and_answered_alike_is_not_contested():
    text, late = frozen(), T0 + DAY / 4
    (first,) = text.terms[0].readings
    other = replace(first, who="south", when=replace(first.when, sure=(Span(late, None),), may=(Span(late, None),)))
    both = replace(text, terms=(replace(text.terms[0], readings=(first, other)),))
    got = of_ground(both, *((n, "north", WEST) for n in (-1, 0.2, 5)), (10, "north", east_to(39)))
    assert len({row["subject"] for row in got}) == 2
    assert [(row["verdict"], row["contested"]) for row in got] == [("indicated", False)] * 2


@pytest.mark.parametrize(
    ("exemption", "verdict"),
    [
        (Exemption("of wounded", acts=("evacuation",)), "indicated"),
        (Exemption("for the south", parties=("south",)), "indicated"),
        (Exemption("for the north", parties=("north",)), "cannot_tell"),
        (Exemption("a handing over", acts=("control",)), "cannot_tell"),
        (Exemption("something"), "cannot_tell"),
        (Exemption("a remark", clears=False), "indicated"),
    ],
)
def test_only_an_exception_that_can_be_about_this_gain_leaves_it_open(exemption, verdict):
    text = frozen()
    with_ = replace(text.terms[0].readings[0], exemptions=(exemption,))
    agreement = replace(text, terms=(replace(text.terms[0], readings=(with_,)),))
    drawn = (-1, "north", WEST), (5, "north", WEST), (10, "north", east_to(39))
    (got,) = of_ground(agreement, *drawn)
    assert got["verdict"] == verdict
    assert verdict == "indicated" or f"whether an exception applies: {exemption.says}" in got["would_settle"]
