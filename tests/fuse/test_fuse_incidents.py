"""An incident says what its observations agree on, and no more."""

from __future__ import annotations

import itertools
import math
from typing import Any

import polars as pl
import pytest
from fused import PARAMS, START, at, crowds, said, together, told
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse.incidents import _kind
from trucewatch.kinds import KINDS, mask_of
from trucewatch.tables import INCIDENTS, LINKS


def one(*rows: dict[str, Any]) -> dict[str, Any]:
    """The one incident that these rows make."""
    made = told(list(rows))
    assert together(made) == {frozenset(str(n) for n in range(1, len(rows) + 1))}
    return made.incidents.row(0, named=True)


@settings(max_examples=80)
@given(crowds())
def test_every_row_is_in_exactly_one_incident_and_a_source_speaks_once_in_each_but_for_pixels(rows):
    made = told(rows)
    INCIDENTS.check(made.incidents)
    LINKS.check(made.links)
    assert made.links.height == len(rows) == made.incidents["n_observations"].sum()
    for group in together(made):
        mine = [rows[int(n) - 1] for n in group]
        for source in {row["source"] for row in mine}:
            same = [row for row in mine if row["source"] == source]
            assert len(same) == 1 or {(row["kind"], row["t0"], row["stance"]) for row in same} == {
                ("heat", same[0]["t0"], same[0]["stance"])
            }


def pixel(n: int, source: str = "orbit/1", **row: Any) -> dict[str, Any]:
    return said(source, "heat", lon=38 + 0.005 * n, radius_m=270.0, **row)


def test_pixels_side_by_side_at_one_overpass_are_one_fire_and_one_voice():
    fire = one(*(pixel(n) for n in range(6)))
    assert (fire["n_observations"], fire["n_lineages"], fire["p"]) == (6, 1, pytest.approx(PARAMS.p_instrument))
    assert fire["radius_m"] > 270.0


def test_pixels_with_a_gap_or_of_another_overpass_or_satellite_or_denied_are_other_fires():
    assert len(together(told([pixel(0), pixel(3)]))) == 2
    assert len(together(told([pixel(0), pixel(1, t0=at(minutes=100))]))) == 2
    assert len(together(told([pixel(0), pixel(1, stance="denies")]))) == 2


@pytest.mark.parametrize("lat", [0.0, 48.0, 88.0, 89.9])
def test_pixels_side_by_side_are_one_fire_wherever_the_edge_of_a_box_falls(lat):
    # Found by reading: beyond 87 degrees the boxes for pixels were too narrow.
    for start in range(20):
        lon = -100 + start * 0.37
        east = lon + 0.0075 / math.cos(math.radians(lat))
        rows = [said("orbit", "heat", lon=x, lat=lat, radius_m=270.0) for x in (lon, east)]
        assert len(together(told(rows))) == 1


def test_two_fields_that_a_newspaper_says_burn_are_two_statements_and_not_pixels():
    # Found by reading: any source's `burning` was taken for pixels, and believed like an instrument.
    rows = [said("paper", "burning", t1=at(days=1), radius_m=2_000.0, lat=48 + n * 0.02) for n in range(2)]
    made = told(rows)
    assert len(together(made)) == 2
    assert made.incidents["p"].to_list() == pytest.approx([PARAMS.p_statement] * 2)
    with_heat = told([said("orbit", "burning", lat=49.0), said("orbit", "heat", lat=50.0)])
    assert with_heat.incidents["p"].to_list() == pytest.approx([PARAMS.p_instrument] * 2)


def test_two_voices_are_surer_than_one_and_copies_are_one_voice():
    alone, two = one(said("a")), one(said("a"), said("b"))
    copied = one(said("a"), said("b", lineage=["a"]))
    both_copy = one(said("b", lineage=["wire"]), said("c", lineage=["wire", "other"]))
    assert (alone["p"], alone["n_lineages"]) == (pytest.approx(0.7), 1)
    assert (two["p"], two["n_lineages"]) == (pytest.approx(0.91), 2)
    assert (copied["p"], copied["n_lineages"], copied["n_observations"]) == (pytest.approx(0.7), 1, 2)
    assert (both_copy["p"], both_copy["n_lineages"]) == (pytest.approx(0.7), 1)


def test_copies_of_copies_are_one_voice():
    made = one(said("a"), said("b", lineage=["a"]), said("c", lineage=["b", "a"]), said("d", lineage=["c", "b"]))
    assert made["n_lineages"] == 1


def test_a_denial_lowers_the_chance_does_not_settle_it_and_does_not_vanish():
    plain = one(said("a"), said("b"))
    denied = one(said("a"), said("b"), said("c", stance="denies"))
    twice = one(said("a"), said("b"), said("c", stance="denies"), said("d", stance="denies"))
    assert plain["p"] > denied["p"] > twice["p"] > 0.5
    assert (denied["n_denials"], denied["n_lineages"], denied["n_observations"]) == (1, 2, 3)
    assert denied["sources"] == ["a", "b", "c"]


def test_what_is_only_denied_is_an_incident_that_nothing_supports():
    for denied in (one(said("a", stance="denies", killed=4)), one(*(said(s, stance="denies") for s in "abc"))):
        assert (denied["p"], denied["n_lineages"]) == (0.0, 0)


@pytest.mark.parametrize(
    ("one_span", "other_span", "wanted"),
    [
        ((0, 60), (50, 90), (50, 60)),  # as long as clocks err
        ((0, 60), (51, 90), (0, 90)),  # a sliver: all of it
        ((0, 60), (20, 21), (20, 21)),  # a sliver, but all that one of them told
        ((0, 60), (59, 60), (59, 60)),
        ((0, 60), (20, 20), (20, 20)),
        ((0, 60), (60, 60), (0, 60)),  # spans are half-open
        ((0, 60), (61, 90), (0, 90)),
    ],
)
def test_a_sliver_that_spans_share_decides_nothing(one_span, other_span, wanted):
    rows = [
        said(name, t0=at(minutes=start), t1=at(minutes=end))
        for name, (start, end) in zip("ab", (one_span, other_span), strict=True)
    ]
    for order in (rows, rows[::-1]):
        made = one(*order)
        assert (made["t0"], made["t1"]) == (at(minutes=wanted[0]), at(minutes=wanted[1]))


def test_two_clocks_that_differ_do_not_decide_on_which_side_of_midnight_it_was():
    midnight = at()
    made = one(said("a", t0=at(minutes=-60), t1=at(minutes=2)), said("b", t0=at(minutes=-1), t1=at(minutes=60)))
    assert made["t0"] < midnight < made["t1"]
    assert (made["t0"], made["t1"]) == (at(minutes=-60), at(minutes=60))


def test_a_denial_says_nothing_about_where_when_or_how_many():
    denied = one(said("a", killed=2), said("b", stance="denies", lat=48.003, killed=0, by="X", t0=at(minutes=5)))
    assert (denied["lat"], denied["t0"], denied["by"]) == (48.0, START, None)
    assert (denied["killed_low"], denied["killed_high"]) == (2, 2)


def test_heat_adds_less_to_a_shelling_than_a_second_voice_does():
    both = one(said("a"), said("orbit", "heat"))
    assert (both["kind"], both["p"]) == ("shelling", pytest.approx(1 - 0.3 * 0.7))


@pytest.mark.parametrize(
    ("kinds", "met"),
    [
        (("shelling", "explosion"), "shelling"),
        (("heat", "firing"), "firing"),
        (("strike_from_afar", "explosion"), "strike_from_afar"),
        (("air_or_drone_strike", "heat"), "air_or_drone_strike"),
        (("unspecified", "works"), "works"),
    ],
)
def test_the_kind_is_what_all_can_agree_on(kinds, met):
    assert one(*(said(name, kind) for name, kind in zip("ab", kinds, strict=True)))["kind"] == met


def test_what_any_two_kinds_share_has_a_name():
    named = {frozenset(acts) for acts in KINDS.values()} | {frozenset()}
    pairs = itertools.combinations(KINDS, 2)
    assert [pair for pair in pairs if frozenset(KINDS[pair[0]]) & frozenset(KINDS[pair[1]]) not in named] == []


@given(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
def test_the_kind_is_exactly_what_all_that_were_said_share(kinds):
    shared = set.intersection(*(set(KINDS[kind]) for kind in kinds))
    told = pl.DataFrame({"cluster": 0, "kind": kinds, "mask": [mask_of(kind) for kind in kinds]})
    found = _kind(told.cast({"mask": pl.UInt32}))["kind"].item()
    assert set(KINDS[found]) == shared or (not shared and found in kinds)


def test_no_two_kinds_stand_for_the_same_acts():
    assert len({frozenset(acts) for acts in KINDS.values()}) == len(KINDS)


def test_fighting_and_an_explosion_are_a_blast_and_no_accident():
    assert one(said("a", "clash"), said("b", "explosion"))["kind"] == "blast"


def test_figures_are_bounds_over_sources_and_are_never_added():
    made = one(
        said("a", killed=2, killed_low=1, killed_high=6, injured=9),
        said("b", killed=5, killed_low=4),
        said("c", injured=3),
    )
    assert (made["killed_low"], made["killed_high"]) == (1, 6)
    assert (made["injured_low"], made["injured_high"]) == (3, 9)


def test_null_stays_null():
    made = one(said("a"), said("b"))
    for name in ("by", "weapon", "target", "killed_low", "killed_high", "injured_low", "injured_high", "place"):
        assert made[name] is None, name
    vague = one(said("a", lon=None, lat=None, radius_m=None))
    assert (vague["lon"], vague["lat"], vague["radius_m"]) == (None, None, None)


def test_who_did_it_is_told_only_where_all_that_say_so_agree():
    assert one(said("a", by="X"), said("b"))["by"] == "X"
    assert one(said("a", by="X"), said("b", by="Y"))["by"] is None


def test_spans_that_meet_leave_what_they_share_and_others_leave_all_of_it():
    meet = one(said("a", t0=at(hours=0), t1=at(hours=24)), said("b", t0=at(hours=10), t1=at(hours=30)))
    assert (meet["t0"], meet["t1"]) == (at(hours=10), at(hours=24))
    apart = one(said("a", t0=START, t1=at(minutes=1)), said("b", t0=at(minutes=5), t1=at(minutes=6)))
    assert (apart["t0"], apart["t1"]) == (START, at(minutes=6))


def test_an_instant_inside_a_span_is_when_it_happened():
    # Found by reading: the overlap of a span with an instant has no length, and was taken for none at all.
    day = said("a", t0=START, t1=at(hours=24))
    noon = said("b", t0=at(hours=12), t1=at(hours=12))
    made = one(day, noon)
    assert (made["t0"], made["t1"]) == (at(hours=12), at(hours=12))
    edge = one(said("a", t0=START, t1=at(minutes=5)), said("b", t0=at(minutes=5), t1=at(minutes=6)))
    assert (edge["t0"], edge["t1"]) == (START, at(minutes=6))  # half-open spans that only touch do not meet


def test_the_finer_place_weighs_more_and_two_that_agree_are_no_finer_than_the_finest():
    made = one(said("a", radius_m=200.0), said("b", radius_m=5_000.0, lat=48.02, t0=START))
    assert 48.0 < made["lat"] < 48.001
    agree = one(said("a", radius_m=1_000.0), said("b", radius_m=1_000.0))
    assert agree["radius_m"] == 1_000.0
    apart = one(said("a", radius_m=300.0), said("b", radius_m=300.0, lat=48.006))
    assert apart["radius_m"] > 400.0  # they differ by more than either claims
    assert one(said("a", radius_m=777.0))["radius_m"] == 777.0


def test_the_reason_of_a_link_is_told():
    because = dict(
        told([said("a"), said("b"), said("c", lat=51.0), said("d", radius_m=None)])
        .links.select("observation", "because")
        .rows()
    )
    assert [because[f"{'0' * 64}#{n}"].split(" ")[0] for n in range(1, 5)] == ["nearer", "nearer", "no", "its"]
