"""Rows of PA-X whose parties are told by a delegation, by "signed by" or by the title; and those that nobody can tell."""

from __future__ import annotations

import polars as pl
import pytest
import yaml

from trucewatch.assess import agreement, pax
from trucewatch.assess.pax.draft import NAMELESS, NOBODY, NOTHING, ONE, ROW, UNTOLD
from trucewatch.assess.pax.sides import sides
from trucewatch.assess.pax.titles import by_title

BARE = dict.fromkeys(pax.COLUMNS, "0") | {
    "AgtId": "7", "Ver": "9", "Con": "Fordland/(Hillia)", "Agt": "Truce at the ford", "Dat": "01/05/2020",
    "Status": "Multiparty signed/agreed", "Stage": "Cea", "CeProv": "1", "Ce": "2",
    "Part": "Adam Millerstone, Minister; Berta Smithfield",
}  # fmt: skip
BETWEEN = "Ceasefire Agreement between the Government of Fordland and the River Movement (RM)"


def made(*rows: dict[str, str | None]) -> pax.Imported:
    full = [BARE | row for row in rows]
    return pax.drafts_of(
        pl.DataFrame({name: [row[name] for row in full] for name in BARE}, schema=dict.fromkeys(BARE, pl.String)), "9"
    )


def test_a_row_whose_parties_cannot_be_told_is_a_problem_and_an_unnamed_draft_too():
    rows = (
        {},
        {"AgtId": "8", "Part": "Hill Army"},
        {"AgtId": "9", "Part": None},
        {"AgtId": "10", "Part": "Hill Army; River Army"},
    )
    told = made(*rows)
    assert [one.agt_id for one in told.drafts] == ["10"]
    assert [(one.agt_id, one.reason) for one in told.problems] == [("7", UNTOLD), ("8", ONE), ("9", NOBODY)]
    assert [one.agt_id for one in told.unnamed] == ["7", "8", "9"]
    assert all(one.unnamed for one in told.unnamed) and not any(one.unnamed for one in told.drafts)
    assert {one.reason for one in told.problems} == set(NAMELESS)


def test_a_row_that_codes_nothing_or_cannot_be_read_or_stands_twice_makes_no_unnamed_draft():
    told = made({"CeProv": "0", "Ce": "0"}, {"AgtId": "8", "Dat": "soon"}, {"AgtId": "7"})
    assert [one.reason for one in told.problems] == [NOTHING, ROW, ROW]
    assert not told.unnamed


def test_an_unnamed_draft_has_two_placeholders_and_reads_as_an_agreement():
    (one,) = made({}).unnamed
    assert [party["id"] for party in one.document["parties"]] == ["party-1", "party-2"]
    for party in one.document["parties"]:
        assert "PA-X's coding does not name it" in party["name"] and "has to be typed in" in party["name"]
    assert {term["binds"] for term in one.document["terms"]} == {"all"}
    assert one.document["notes"].startswith("The parties have to be typed in")
    agreed = agreement(yaml.safe_dump(dict(one.document), allow_unicode=True), "pax-7.yaml")
    assert all(reading.binds == ("party-1", "party-2") for term in agreed.terms for reading in term.readings)


def test_nothing_of_the_list_of_signatures_comes_into_an_unnamed_draft():
    text = yaml.safe_dump(dict(made({}).unnamed[0].document))
    assert not [word for word in ("Adam", "Millerstone", "Berta", "Smithfield", "Minister") if word in text]


def test_a_row_that_somebody_named_badly_makes_no_unnamed_draft():
    table = pl.DataFrame({name: [cell] for name, cell in BARE.items()})
    assert not pax.drafts_of(table, "9", {"7": ["Fordland"]}).unnamed


def test_no_party_gets_the_id_of_a_placeholder():
    table = pl.DataFrame({name: [cell] for name, cell in BARE.items()})
    (one,) = pax.drafts_of(table, "9", {"7": ["Party 1", "Party 2"]}).drafts
    assert not {party["id"] for party in one.document["parties"]} & {"party-1", "party-2"}


def test_coverage_counts_named_and_unnamed_drafts_apart():
    told = made({}, {"AgtId": "8", "Part": "Hill Army; River Army"}, {"AgtId": "9", "Stage": "Pre"})
    rows = pax.coverage(told.drafts, told.problems, told.coded, told.unnamed)["rows"]
    assert {stage: (one["rows"], one["drafts"], one["problems"], one["unnamed"]) for stage, one in rows.items()} == {
        "all": (3, 1, 2, 2), "Cea": (2, 1, 1, 1), "Pre": (1, 0, 1, 1),
    }  # fmt: skip
    assert "unnamed" not in pax.coverage(told.drafts, told.problems, told.coded)["rows"]["all"]


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("A. Miller, Minister and Head of GoF Delegation.\n\nMr. B. Smith, Leader of the RM Delegation", ("GoF", "RM")),
        ("Adam Miller\nHead of Fordland Delegation\n\nBerta Smith\nLeader of the RM Delegation", ("Fordland", "RM")),
        ("Head of the delegation of Fordland:\nA. MILLER\n\nHead of the delegation of the hill opposition:\nB. SMITH",
         ("Fordland", "hill opposition")),
        ("A. Miller, Head of Delegation, Government of Fordland\n\nB. Smith, Head of Delegation, River Army",
         ("Government of Fordland", "River Army")),
        ("Al Tabt, signed by A. Miller; Al Faras, signed by B. Smith", ("Al Tabt", "Al Faras")),
        ("The Ford side was represented by a delegation.\nThe Hill side was represented by B. Smith.",
         ("Ford side", "Hill side")),
        ("Adam Miller [On behalf of Hill Army]\nBerta Smith [For the River Clan]", ("Hill Army", "River Clan")),
        ("Hill Army; River Army (In Opposition)", ("Hill Army", "River Army (In Opposition)")),
    ],
)  # fmt: skip
def test_who_heads_a_delegation_or_signs_for_a_name_tells_the_party(part, wanted):
    told = sides(part, "Truce", "Fordland")
    assert told.problem is None, told.problem
    assert tuple(name for name, _ in told.names) == wanted


@pytest.mark.parametrize(
    "part",
    [
        "A. Miller, Head of the Delegation of Fordland; B. Smith, Special Envoy of the Union",
        "A. Miller, Head of the Fordland Mission; B. Smith, Leader of the RM Delegation",
        "A. Miller\nHead of Delegation",
        "Al Tabt and Al Faras, signed by A. Miller; Al Jamal, signed by B. Smith",
        "the delegation of Fordland, led by A. Miller; and the highest officials of Hillia, led by B. Smith",
        "Al Tabt, signed by A. Miller; Al Faras, signed by B. Smith; C. Carter",
    ],
)
def test_where_one_of_them_does_not_say_for_whom_nobody_is_told(part):
    assert sides(part, "Truce", "Fordland").problem is not None


def titled(title: str, part: str) -> tuple[str, ...] | None:
    told = by_title(title, part, "Fordland")
    return None if told is None else tuple(name for name, _ in told.names)


@pytest.mark.parametrize(
    ("title", "part", "wanted"),
    [
        (BETWEEN, "A. Miller, President of Fordland; B. Smith, Chairman, RM", ("Government of Fordland", "River Movement")),
        (f"{BETWEEN} (Addendum 2)", "A. Miller, GoF; B. Smith, RM", ("Government of Fordland", "River Movement")),
        (f"{BETWEEN}, signed at the ford ('Ford Accord')", "Fordland, A. Miller; B. Smith of the River Movement",
         ("Government of Fordland", "River Movement")),
        ("Untitled Agreement [between Al Tabt, Al Faras and Al Jamal]", "x of al tabt, y of Al Faras, z of Al-Jamal",
         ("Al Tabt", "Al Faras", "Al Jamal")),
        (f"{BETWEEN} in Fordville", "A. Miller, Fordland; B. Smith, RM", ("Government of Fordland", "River Movement")),
    ],
)  # fmt: skip
def test_a_title_tells_the_parties_where_the_signatures_bear_it_out(title, part, wanted):
    assert titled(title, part) == wanted


@pytest.mark.parametrize(
    ("title", "part"),
    [
        # The list does not know one of them, or knows another.
        (BETWEEN, "A. Miller, Fordland; B. Smith"),
        (BETWEEN, "A. Miller, Fordland; B. Smith, RM; The Hill Brigade, C. Carter"),
        ("Truce between Al Tabt and Al Faras", "Elders of Al Tabt and Al Faras; Fordland Government"),
        # Where a name ends is not sure.
        ("Agreement between the Army of Ford and Hill and the River Movement", "Ford, Hill, River"),
        ("Agreement between the River Movement and the Hill Army in Fordville", "River, Hill"),
        ("Agreement between the River Movement and the Hill Army, Ford Faction", "River, Hill, Ford"),
        ("Agreement between the River and Hill Tribes", "River, Hill"),
        ("Agreement between the Tribes of Al Tabt and Al Faras", "Al Tabt, Al Faras"),
        ("Agreement between the Government of Fordland and the Armed Organisations (AO)", "Fordland, AO"),
        ("Agreement between the River Movement and armed elders", "River, elders"),
        ("Agreement between Fordland and CPF (XYZ)", "Fordland, CPF, XYZ"),
        # Somebody else speaks of two, or what is between them is no agreement.
        ("Report on the agreement between Fordland and the River Movement", "Fordland, River"),
        ("Protocol on the Conflict between Fordland and the River Movement", "Fordland, River"),
        ("Initiative to stop the fighting between Al Tabt and Al Faras", "Al Tabt, Al Faras"),
    ],
)
def test_a_title_that_does_not_surely_tell_the_parties_tells_none(title, part):
    assert titled(title, part) is None


def test_a_title_is_asked_only_where_the_parties_signed_and_the_list_is_in_no_doubt():
    part = "A. Miller, President of Fordland; B. Smith, Chairman, RM"
    (one,) = made({"Agt": BETWEEN, "Part": part}).drafts
    assert [party["name"] for party in one.document["parties"]] == ["Government of Fordland", "River Movement"]
    assert "those that the title says it is between" in one.document["notes"]
    assert not made({"Agt": BETWEEN, "Part": part, "Status": "Unilateral document"}).drafts
    assert not made({"Agt": BETWEEN, "Part": f"{part} (unsigned)"}).drafts
    assert made({"Agt": BETWEEN, "Part": f"{part}; witnessed by the Hill Army"}).drafts
