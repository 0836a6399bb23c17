"""Statements against the record: borne out, not borne out, cannot be told, with bounds and what was looked at."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from record import DAY, PARTIES, answer, areas, at, incidents, statements, terms, told, watched

from trucewatch.claims import CheckParams, Evidence, check, lineages
from trucewatch.kinds import KINDS
from trucewatch.tables import ANSWERS

WIDE, FAR = (9.0, 59.0, 11.0, 61.0), (20.0, 59.0, 22.0, 61.0)


def test_an_event_that_independent_sources_tell_of_is_borne_out():
    row = answer({}, incidents=incidents({}))
    assert (row["verdict"], row["low"], row["high"], row["evidence"]) == ("borne out", 0.9, 1.0, ["i1"])
    assert row["would_settle"] is None and "1 may be what is meant" in row["looked_at"][0]


@pytest.mark.parametrize(
    "off",
    [{"lon": 10.1}, {"t0": at(30), "t1": at(31)}, {"kind": "works"}, {"lon": None, "lat": None}, {"p": 0.5}],
)
def test_another_place_time_or_kind_bears_nothing_out(off):
    row = answer({}, incidents=incidents(off))
    assert row["verdict"] == "cannot be told" and row["would_settle"]


def test_silence_speaks_only_where_somebody_looked_all_of_the_time():
    assert answer({})["verdict"] == "cannot be told"
    assert "nobody has told who could have noticed" in answer({})["because"]
    row = answer({}, exposure=watched(0.95))
    assert (row["verdict"], row["high"]) == ("not borne out", pytest.approx(0.05))
    for less in (0.5, 0.75, 0.89):  # silence counts from 0.9 on
        row = answer({}, exposure=watched(less))
        assert (row["verdict"], row["high"]) == ("cannot be told", 1.0) and "silence counts from 0.9" in row["because"]
    assert answer({}, exposure=watched(0.95, end=23))["high"] == 1.0  # an hour without a look


def test_two_sources_that_look_in_turn_cover_the_day_and_two_at_once_are_no_better_than_the_best():
    turns = pl.concat([watched(0.95, 0, 12, "a"), watched(0.92, 12, 24, "b")])
    assert answer({}, exposure=turns)["high"] == pytest.approx(0.08)
    both = pl.concat([watched(0.91, source="a"), watched(0.95, source="b")])
    assert answer({}, exposure=both)["high"] == pytest.approx(0.05)


def test_a_denial_has_the_contrary_bounds():
    told_so = answer({"asserts": "not_happened"}, incidents=incidents({}))
    assert (told_so["verdict"], told_so["low"], told_so["high"]) == ("not borne out", 0.0, pytest.approx(0.1))
    quiet = answer({"asserts": "not_happened"}, exposure=watched(0.95))
    assert quiet["verdict"] == "borne out"


def test_that_the_speaker_repeats_itself_is_no_corroboration():
    links, seen = told("i1", "Ministry", "note")
    row = answer({}, incidents=incidents({}), links=links, observations=seen)
    assert row["verdict"] == "cannot be told" and "repeating is not corroborating" in row["not_looked_at"][0]
    links, seen = told("i1", "Ministry", "satellite")
    assert answer({}, incidents=incidents({}), links=links, observations=seen)["verdict"] == "borne out"


def test_that_it_happened_says_nothing_of_who_did_it():
    claim = {"whom": "Southland"}
    assert answer(claim, incidents=incidents({}))["verdict"] == "cannot be told"
    assert answer(claim, incidents=incidents({"by": "South"}))["verdict"] == "borne out"
    other = answer(claim, incidents=incidents({"by": "North"}), exposure=watched(0.95))
    assert other["verdict"] == "not borne out"


@pytest.mark.parametrize(
    ("figure", "qualifier", "record", "exposed", "verdict"),
    [
        (3, "at least", 4, None, "borne out"), (3, "at least", 2, None, "cannot be told"),
        (3, "at least", 2, 0.95, "not borne out"), (3, "more than", 3, None, "cannot be told"),
        (3, "more than", 4, None, "borne out"), (3, "exact", 3, None, "cannot be told"),
        (3, "exact", 3, 0.95, "borne out"), (2, "exact", 4, None, "not borne out"),
        (3, "exact", 3, 0.05, "cannot be told"), (10, "about", 9, 0.95, "borne out"),
        (10, "about", 2, 0.95, "not borne out"), (0, "exact", 1, None, "not borne out"),
        (0, "exact", 0, 0.95, "borne out"), (0, "exact", 0, None, "cannot be told"),
    ],
)  # fmt: skip
def test_a_figure_is_held_against_how_many_the_record_holds(figure, qualifier, record, exposed, verdict):
    seen = incidents(*({"t0": at(n), "t1": at(n + 0.1), "p": 0.99} for n in range(1, record + 1)))
    more = {} if exposed is None else {"exposure": watched(exposed)}
    row = answer({"figure": float(figure), "unit": "shellings", "qualifier": qualifier}, incidents=seen, **more)
    assert row["verdict"] == verdict, row


@pytest.mark.parametrize("unit", ["people killed", "rounds", "drones", "per cent"])
def test_a_figure_of_people_or_of_shells_is_no_number_of_incidents(unit):
    claim = {"figure": 12.0, "unit": unit, "qualifier": "exact"}
    row = answer(claim, incidents=incidents({}), exposure=watched(0.95))
    assert (row["verdict"], row["low"]) == ("cannot be told", 0.0) and unit in row["not_looked_at"][0]
    assert answer(claim, exposure=watched(0.95))["verdict"] == "not borne out"  # none at all was seen
    turned = answer({**claim, "asserts": "not_happened"}, incidents=incidents({}), exposure=watched(0.95))
    assert turned["verdict"] == "cannot be told"


def test_incidents_that_may_be_meant_leave_an_exact_number_open():
    where = {"lon": None, "lat": None, "p": 0.99}
    rows = [{"t0": at(n), "t1": at(n + 0.1), "p": 0.99} for n in (1, 2, 3)]
    more = [{"t0": at(n), "t1": at(n + 0.1), **where} for n in (4, 5)]
    claim = {"figure": 3.0, "unit": "shellings", "qualifier": "exact"}
    assert answer(claim, incidents=incidents(*rows), exposure=watched(0.95))["verdict"] == "borne out"
    assert answer(claim, incidents=incidents(*rows, *more), exposure=watched(0.95))["verdict"] == "cannot be told"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.05, 0.3, 0.5, 0.9, 0.99]), max_size=5),
    st.integers(0, 6),
    st.sampled_from(["exact", "at least", "more than"]),
)
def test_the_bounds_of_a_count_hold_what_independent_incidents_give(chances, said, qualifier):
    """The slow twin: every way in which the incidents can have happened, one by one. Next to nothing goes unseen."""
    really = 0.0
    for way in itertools.product((True, False), repeat=len(chances)):
        n = sum(way)
        plain = n >= 1 if said == 1 else n == said  # "one shelling" is that there was one
        fits = {"exact": plain, "at least": n >= said, "more than": n > said}[qualifier]
        really += fits * math.prod(p if so else 1 - p for p, so in zip(chances, way, strict=True))
    seen = incidents(*({"t0": at(n), "t1": at(n + 0.1), "p": p} for n, p in enumerate(chances, 1)))
    claim = {"figure": float(said), "unit": "shellings", "qualifier": qualifier}
    row = answer(claim, incidents=seen, exposure=watched(1.0))
    assert row["low"] - 1e-9 <= really <= row["high"] + 1e-9


def test_a_name_that_no_agreement_has_is_nobodys_and_the_answer_says_so(recwarn):
    row = answer({"whom": "Southlnd"}, incidents=incidents({"by": "South"}))
    assert row["verdict"] == "cannot be told" and "by a name that the agreement has" in row["because"]
    assert not recwarn.list


def test_breaches_of_no_told_kind_are_not_counted_by_incidents():
    row = answer({"kind": "unspecified", "figure": 31.0, "unit": "breaches"}, incidents=incidents({}))
    assert row["verdict"] == "cannot be told" and "what kind of act" in row["because"]


def test_who_holds_a_place_is_asked_of_maps_that_are_not_the_speakers_own():
    claim = {"asserts": "held", "whom": "Southland", "kind": None}
    assert answer(claim, areas=areas(("m", "South", WIDE)))["verdict"] == "borne out"
    assert answer(claim, areas=areas(("m", "North", WIDE)))["verdict"] == "not borne out"
    assert answer(claim, areas=areas(("m", "South", FAR)))["verdict"] == "not borne out"
    assert answer(claim, areas=areas(("m", "North", FAR)))["verdict"] == "cannot be told"
    both = answer(claim, areas=areas(("m", "South", WIDE), ("n", "North", WIDE)))
    assert (both["verdict"], both["because"]) == ("cannot be told", "maps disagree")
    assert answer(claim, areas=areas(("Ministry", "South", WIDE)))["verdict"] == "cannot be told"
    assert answer(claim, areas=areas(("m", "South", WIDE), on=DAY - timedelta(days=9)))["verdict"] == "cannot be told"
    part = answer(claim, areas=areas(("m", "South", (10.0, 59.0, 11.0, 61.0))))
    assert "partly" in part["looked_at"][0]


def test_an_encirclement_is_another_rooms_question():
    claim = {"asserts": "encircled", "whom": "Northland", "kind": None, "key": "ring"}
    row = answer(claim, areas=areas(("m", "South", WIDE)))
    assert row["verdict"] == "cannot be told" and "roads" in row["would_settle"]
    assert row["looked_at"] == ["1 map sources in the case"]
    found = ANSWERS.fit(
        pl.DataFrame(
            [{"statement": "ring", "low": 0.0, "high": 0.1, "looked_at": "2 maps", "because": "a gap of 5 km"}]
        )
    )
    row = answer(claim, answers=found)
    assert (row["verdict"], row["because"]) == ("not borne out", "a gap of 5 km")
    assert answer({**claim, "asserts": "not_encircled"}, answers=found)["verdict"] == "borne out"


def test_a_truce_is_in_force_only_where_every_reading_says_so():
    claim = {"asserts": "in_force", "kind": None, "place": None, "lon": None, "lat": None}
    assert answer(claim, terms=terms(("text", at(-5), at(50))))["verdict"] == "borne out"
    assert answer(claim, terms=terms(("text", at(30), at(50))))["verdict"] == "not borne out"
    rival = answer(claim, terms=terms(("text", at(-5), at(50)), ("north", at(30), at(50))))
    assert rival["verdict"] == "cannot be told" and len(rival["looked_at"]) == 2
    assert answer({**claim, "asserts": "not_in_force"}, terms=terms(("text", at(30), at(50))))["verdict"] == "borne out"


@pytest.mark.parametrize(
    ("claim", "against"),
    [
        ({"whom": "Northland"}, True), ({"whom": "Southland"}, False), ({"whom": None}, None),
        ({"whom": "Southland", "asserts": "not_happened"}, True), ({"whom": "Southland", "asserts": "held"}, True),
        ({"whom": "Northland", "asserts": "encircled"}, True), ({"whom": "Southland", "asserts": "not_encircled"}, True),
        ({"whom": "Northland", "on_behalf_of": None, "speaker": "A blogger"}, None),
        ({"whom": "Northland", "on_behalf_of": None, "speaker": "A blogger", "side": "Northland"}, True),
    ],
)  # fmt: skip
def test_a_statement_against_its_own_side_is_noted(claim, against):
    assert answer(claim)["against_interest"] is against


def test_what_is_still_to_come_when_the_record_ends_cannot_be_told():
    row = answer({}, until=at(-1), exposure=watched(0.95))
    assert row["verdict"] == "cannot be told" and "after the record ends" in row["because"]
    row = answer({"asserts": "not_happened"}, until=at(6), exposure=watched(0.95))  # most of that day is still to come
    assert row["verdict"] == "cannot be told" and "the record ends" in row["not_looked_at"][0]


def test_copies_are_one_lineage_and_no_number_of_them_is_evidence():
    table = statements(
        {"key": "first", "quote": "not one of our guns has fired since the evening of the first day"},
        {"speaker": "Agency", "on_behalf_of": None, "repeats": "first"},
        {"speaker": "Paper", "on_behalf_of": None, "quote": "he said that not one of our guns has fired since Monday"},
        {"speaker": "Ministry"},
        {"speaker": "Other", "on_behalf_of": None},
        {
            "speaker": "Southland",
            "on_behalf_of": "Southland",
            "speech": "denies",
            "asserts": "not_happened",
            "answers": "first",
        },
    )
    made = lineages(table, CheckParams()).sort("statement")
    assert made["lineage"].n_unique() == 3 and made["n_copies"].to_list() == [4, 4, 4, 4, 1, 1]
    checks = check(table, Evidence(parties=PARTIES)).checks.sort("statement")
    assert checks["n_lineages"].to_list()[:5] == [2] * 5 and checks["verdict"].unique().to_list() == ["cannot be told"]
    assert checks["denied_by"][0].to_list() == ["c#6"] and checks["denied_by"][5].to_list() == [
        f"c#{n}" for n in range(1, 6)
    ]


def test_another_figure_is_another_claim_and_a_denial_is_of_both():
    other = {"speaker": "Other", "on_behalf_of": None}
    table = statements(
        {"figure": 3.0, "unit": "shellings"}, {**other, "figure": 10.0, "unit": "shellings"},
        {"speaker": "Third", "on_behalf_of": None, "asserts": "not_happened"},
    )  # fmt: skip
    checks = check(table, Evidence(parties=PARTIES)).checks.sort("statement")
    assert checks["n_lineages"].to_list() == [1, 1, 1]
    assert [row.to_list() for row in checks["denied_by"]] == [["c#3"], ["c#3"], ["c#1", "c#2"]]


def test_what_the_record_cannot_bear_on_is_left_out_and_told():
    made = check(statements({"asserts": None}, {}), Evidence())
    assert made.left_out["statement"].to_list() == ["c#1"] and made.checks["statement"].to_list() == ["c#2"]


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["shelling", "explosion", "works", "drone_strike", "unspecified"]),
            "t0": st.integers(-4, 28).map(at),
            "lon": st.sampled_from([10.0, 10.02, 10.05, 10.5]),
            "p": st.sampled_from([0.2, 0.5, 0.9]),
            "by": st.sampled_from([None, "Northland", "Southland", "Somebody"]),
        }
    ),
    max_size=6,
)
CLAIMS = st.fixed_dictionaries(
    {
        "asserts": st.sampled_from(["happened", "not_happened"]),
        "kind": st.sampled_from(["shelling", "explosion", "unspecified", None]),
        "whom": st.sampled_from([None, "Northland", "Southland"]),
        "figure": st.sampled_from([None, 1.0, 2.0, 3.0]),
        "qualifier": st.sampled_from([None, "exact", "at least", "more than"]),
        "on_behalf_of": st.sampled_from(["Northland", "Southland"]),
    }
)


def ended(rows):
    return [{**row, "t1": row["t0"] + timedelta(hours=1)} for row in rows]


@settings(max_examples=30, deadline=None)
@given(RECORDS, st.lists(CLAIMS, min_size=1, max_size=3), st.randoms())
def test_the_order_of_the_record_and_of_the_register_changes_nothing(record, claims, random):
    seen, table = incidents(*ended(record)), statements(*claims)
    plain = check(table, Evidence(incidents=seen, parties=PARTIES)).checks
    mixed = [frame[random.sample(range(frame.height), frame.height)] for frame in (seen, table)]
    again = check(mixed[1], Evidence(incidents=mixed[0], parties=PARTIES)).checks
    assert plain.sort("statement").equals(again.sort("statement"))


@settings(max_examples=30, deadline=None)
@given(RECORDS, CLAIMS)
def test_the_sides_exchanged_give_the_same_bounds(record, claim):
    """Mirror: and the bounds of a denial are always the contrary ones."""
    swap = {"Northland": "Southland", "Southland": "Northland"}
    turned = [{**row, "by": swap.get(row["by"], row["by"])} for row in ended(record)]
    mirror = {**claim, "whom": swap.get(claim["whom"]), "on_behalf_of": swap[claim["on_behalf_of"]]}
    hide = ("low", "high", "verdict", "because", "against_interest", "evidence")
    here, there = (answer(c, incidents=incidents(*r)) for c, r in ((claim, ended(record)), (mirror, turned)))
    assert [here[name] for name in hide] == [there[name] for name in hide]
    other = "not_happened" if claim["asserts"] == "happened" else "happened"
    contrary = answer({**claim, "asserts": other}, incidents=incidents(*ended(record)))
    assert (contrary["low"], contrary["high"]) == (pytest.approx(1 - here["high"]), pytest.approx(1 - here["low"]))


@settings(max_examples=30, deadline=None)
@given(RECORDS, CLAIMS)
def test_bounds_agree_with_going_through_the_record_by_hand(record, claim):
    """The slow twin, of single events."""
    rows = ended(record)
    claim = {**claim, "figure": None, "asserts": "happened"}
    acts, low, high = set(KINDS[claim["kind"] or "unspecified"]), 0.0, 1.0
    for row in rows:
        of = set(KINDS[row["kind"]])
        metres = abs(row["lon"] - 10.0) * 111_195 / 2
        inside = metres + 200 <= 3000 and row["t0"] >= at(0) and row["t1"] <= at(24)
        known = claim["kind"] not in (None, "unspecified") and of <= acts
        by = claim["whom"] is None or row["by"] == claim["whom"]
        if inside and known and by:
            low = max(low, row["p"])
    made = answer(claim, incidents=incidents(*rows))
    assert (made["low"], made["high"]) == (low, high)


def test_an_incident_is_surely_there_only_where_all_of_its_own_circle_is():
    """2.8 km off, within 3 km: known to 100 m it is surely what is meant, known to 500 m it may lie outside."""
    lows = []
    for radius in (100.0, 500.0):
        table = statements({})
        found = incidents({"lat": 60 + 2800 / 111_195, "radius_m": radius})
        links, seen = told("i1", "a", "b")
        evidence = Evidence(incidents=found, links=links, observations=seen, parties=PARTIES)
        lows.append(check(table, evidence).checks["low"][0])
    assert lows == [0.9, 0.0]
