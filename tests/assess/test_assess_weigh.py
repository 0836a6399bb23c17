"""Careful words from separate doubts."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from assessed import PARAMS, START, happened, judged, parsed, small
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.assess import agreement
from trucewatch.assess.weigh import DOUBTS, LINK, SETTLES, weigh

DOUBT = st.none() | st.floats(0, 1)


def weighed(*, lacks: str | None = None, unless: str | None = None, **doubts: float | None) -> dict:
    row = {doubt: doubts.get(doubt, 1.0) for doubt in DOUBTS}
    types = dict.fromkeys(DOUBTS, pl.Float64)
    cases = pl.DataFrame([row], types).with_columns(
        lacks=pl.lit(lacks, pl.String), unless=pl.lit(unless, pl.String), may_answer=pl.lit(None, pl.String)
    )
    return weigh(cases, PARAMS).row(0, named=True)


def test_a_doubt_nobody_settled_is_not_one_half():
    open_, half = weighed(p_inside=None), weighed(p_inside=0.5)
    assert (open_["low"], open_["high"], open_["verdict"]) == (0.0, 1.0, "cannot_tell")
    assert (half["low"], half["high"]) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("p_event", "p_inside", "verdict"),
    [
        (1.0, 1.0, "strongly_indicated"), (0.9, 1.0, "strongly_indicated"), (0.89, 1.0, "indicated"),
        (0.5, 1.0, "indicated"), (0.75, 0.75, "indicated"), (0.74, 0.75, "cannot_tell"), (0.49, 1.0, "not_indicated"),
        (0.49, None, "not_indicated"), (0.9, None, "cannot_tell"), (0.95, 0.95, "strongly_indicated"),
    ],
)  # fmt: skip
def test_bounds_become_words(p_event, p_inside, verdict):
    assert weighed(p_event=p_event, p_inside=p_inside)["verdict"] == verdict


@given(st.fixed_dictionaries(dict.fromkeys(DOUBTS, DOUBT)), st.sampled_from(DOUBTS), st.floats(0, 1))
def test_learning_more_never_widens_the_bounds(doubts, which, learnt):
    before, after = weighed(**{**doubts, which: None}), weighed(**{**doubts, which: learnt})
    assert before["low"] <= after["low"] and after["high"] <= before["high"]
    assert 0 <= after["low"] <= after["high"] <= 1


@given(st.fixed_dictionaries(dict.fromkeys(DOUBTS, st.floats(0, 1))))
def test_the_bounds_hold_however_the_doubts_hang_together(doubts):
    made = weighed(**doubts)
    product = 1.0
    for chance in doubts.values():
        product *= chance
    assert made["low"] - 1e-9 <= product <= made["high"] + 1e-9
    assert made["low"] == pytest.approx(max(0.0, sum(doubts.values()) - (len(DOUBTS) - 1)), abs=1e-8)
    assert made["high"] == pytest.approx(min(doubts.values()), abs=1e-8)


@pytest.mark.parametrize("doubt", DOUBTS)
def test_the_weakest_link_is_named_with_what_would_settle_it(doubt):
    for chance in (0.6, None):
        made = weighed(**{doubt: chance})
        assert (made["because"], made["would_settle"]) == (LINK[doubt], SETTLES[doubt])


def test_what_is_open_is_weaker_than_what_is_doubtful_unless_the_answer_is_no():
    assert weighed(p_event=0.6, p_inside=None)["because"] == LINK["p_inside"]
    # Found by reading: a no was put down to the place, which nobody knew, though it hardly happened at all.
    hardly = weighed(p_event=0.2, p_inside=None)
    assert (hardly["verdict"], hardly["because"]) == ("not_indicated", LINK["p_event"])


def test_a_map_that_is_lacking_and_an_exception_are_what_would_settle_it():
    assert weighed(p_inside=None, lacks="a map")["would_settle"] == "a map"
    assert weighed(unless="defence")["would_settle"] == "whether an exception applies: defence"
    open_ = weighed(p_unexcepted=None, unless="defence")
    assert (open_["verdict"], open_["because"]) == ("cannot_tell", "whether no exception applies")
    assert open_["would_settle"] == "whether an exception applies: defence"
    assert weighed()["would_settle"] == "nothing more is needed; people determine"


@pytest.mark.parametrize(
    ("unless", "chance", "verdict"),
    [
        ("[{says: answering fire}]", None, "cannot_tell"),
        ("[{says: answering fire, clears: true}]", None, "cannot_tell"),
        ("[{says: answering fire, clears: false}]", 1.0, "strongly_indicated"),
        ("[{says: a drill, clears: false}, {says: answering fire}]", None, "cannot_tell"),
        ("[]", 1.0, "strongly_indicated"),
    ],
)
def test_an_exception_that_would_clear_the_act_is_a_doubt_that_no_report_settles(unless, chance, verdict):
    found = judged(happened({}), parsed(unless=unless)).findings.row(0, named=True)
    assert (found["p_unexcepted"], found["verdict"]) == (chance, verdict)
    assert ("answering fire" in found["would_settle"]) == ("answering" in unless)


def test_a_finding_under_another_edition_of_the_agreement_has_another_id():
    ids = [
        judged(happened({}), parsed(**fields)).findings["id"].item()
        for fields in ({}, {"says": "No fire at all."}, {"until": '"2020-06-02 00:00Z"'}, {"where": BOX}, {})
    ]
    assert len(set(ids)) == 4 and ids[0] == ids[-1]


READINGS = "\n      north:\n        source: a speech\n        until: "
INSIDE = {"radius_m": 100.0}
BOX = "{says: box, polygon: {crs: 'OGC:CRS84', ring: [[37, 47], [39, 47], [39, 49], [37, 49]]}}"


def contested(until: str, **row: object) -> list[bool]:
    made = judged(happened(row), parsed(readings=READINGS + until))
    assert made.terms.height == 2
    return made.findings["contested"].to_list()


def test_readings_that_differ_about_this_incident_make_it_contested():
    assert contested('"2020-05-01 06:00Z"') == [True]  # over by noon, as the north reads it: left out there
    assert contested('"2020-05-20 00:00Z"') == [False, False]
    assert contested("unknown") == [True, True]  # one says yes, the other cannot tell


def test_a_no_beside_nothing_is_not_contested():
    assert contested('"2020-05-01 06:00Z"', p=0.2) == [False]


def test_strongly_and_plainly_indicated_is_one_answer():
    reading = "\n      north:\n        source: a speech\n        where: {says: near the edge, polygon: {crs: 'OGC:CRS84', ring: [[37.9995, 47], [39, 47], [39, 49], [37.9995, 49]]}}"
    made = judged(happened({"radius_m": 150.0, "lon": 38.0001}), parsed(readings=reading)).findings
    assert set(made["verdict"]) == {"strongly_indicated", "indicated"}
    assert made["contested"].to_list() == [False, False]


WORLD = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["shelling", "explosion", "works", "heat"]),
        "by": st.sampled_from([None, "Northland", "Southland", "Bandits"]),
        "lon": st.floats(36.5, 39.5),
        "radius_m": st.sampled_from([100.0, 20_000.0, None]),
        "p": st.floats(0, 1),
        "hour": st.integers(-24 * 20, 24 * 40),
    }
)
TWO = small(where=BOX, binds="[north]", readings=READINGS + '"2020-05-05 12:00Z"') + (
    '  - id: also\n    article: "2"\n    says: No guns.\n    source: invented\n'
    "    bars: {acts: [shelling]}\n    where: {everywhere: true, says: everywhere}\n"
    '    since: "2020-05-02 00:00Z"\n    until: unknown\n'
    "    readings: {south: {source: a letter, binds: [south]}}\n"
)


def world(rows: list[dict]) -> pl.DataFrame:
    dated = [{**row, "t0": START + timedelta(hours=row["hour"])} for row in rows]
    return happened(*({name: value for name, value in row.items() if name != "hour"} for row in dated))


@given(st.lists(WORLD, min_size=1, max_size=12))
def test_every_pair_of_incident_and_reading_is_a_finding_or_counted(rows):
    made = judged(world(rows), agreement(TWO, "two.yaml"))
    assert made.terms.height == 4
    assert made.findings.height + made.left_out["n"].sum() == len(rows) * 4
    assert made.findings["id"].n_unique() == made.findings.height


@given(st.lists(WORLD, min_size=1, max_size=12))
def test_no_finding_has_a_doubt_that_is_settled_against_it(rows):
    made = judged(world(rows), agreement(TWO, "two.yaml"))
    assert made.findings.filter(pl.min_horizontal(*DOUBTS[1:]) == 0).is_empty()


def test_surely_outside_is_no_row_and_is_counted():
    made = judged(happened({"lon": 41.0}), parsed(where=BOX))
    assert made.findings.is_empty()
    assert dict(made.left_out.select("reason", "n").rows())["outside its zone"] == 1


@given(st.lists(WORLD, max_size=12), st.randoms(use_true_random=False))
def test_shuffled_incidents_give_the_same_findings(rows, chance):
    incidents = world(rows) if rows else happened({}).clear()
    order = list(range(len(rows)))
    chance.shuffle(order)
    one, two = (judged(part, agreement(TWO, "two.yaml")) for part in (incidents, incidents[order]))
    assert one.findings.equals(two.findings) and one.left_out.equals(two.left_out)


SWAP = {"Northland": "Southland", "Southland": "Northland", "north": "south", "south": "north", "Norland": "Norland"}


def swapped(text: str) -> str:
    for one, two in (("north", "\0"), ("south", "north"), ("\0", "south"), ("North", "\0"), ("South", "North"), ("\0", "South")):  # fmt: skip
        text = text.replace(one, two)
    return text


SWAPPED = swapped(TWO)
FIRST, SECOND = (line for line in SWAPPED.splitlines() if line.startswith("  - {id: "))
TURNED = SWAPPED.replace(FIRST, "\0").replace(SECOND, FIRST).replace("\0", SECOND)
"""The same, with the parties named in the other order."""


@given(st.lists(WORLD, min_size=1, max_size=12), st.sampled_from([SWAPPED, TURNED]))
def test_with_the_parties_swapped_the_findings_are_the_same_with_their_labels_swapped(rows, text):
    mirror = [{**row, "by": SWAP.get(row["by"], row["by"])} for row in rows]
    plain = judged(world(rows), agreement(TWO, "two.yaml")).findings
    other = judged(world(mirror), agreement(text, "two.yaml")).findings
    back = other.with_columns(pl.col("reading", "attribution").replace(SWAP))
    names = [name for name in plain.columns if name != "id"]  # an id holds the reading's name
    order = ["term", "reading", "subject"]
    assert plain.select(names).sort(order).equals(back.select(names).sort(order))
