"""Exceptions and permitted acts: which can apply, which surely does, and what fire may be an answer to."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from assessed import START
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.assess import exempt
from trucewatch.assess.exempt import because, p_unexcepted, with_exemptions
from trucewatch.kinds import ACT_WORDS, ACTS, ARMED, KINDS, mask_of

NONE = None
PLAIN = {"says": "x", "article": None, "clears": True, "acts": [], "parties": [], "within_s": None, "within_m": None,
         "needs": []}  # fmt: skip
ALL_ACTS = [act for act in ACTS if act not in ("burning", "accident")]


def exception(**parts: Any) -> dict[str, Any]:
    return {**PLAIN, **parts}


def term(*exceptions: dict[str, Any], acts: Any = ALL_ACTS) -> dict[str, Any]:
    return {"acts": list(acts), "exempt": list(exceptions)}


def facts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Incidents as cases.py hands them on: by nobody named, at one place and minute, but for what is told."""
    full = []
    for n, row in enumerate(rows):
        t0 = START + timedelta(minutes=row.get("min", 0))
        full.append(
            {
                "id": row.get("id", f"i{n}"), "mask": mask_of(row.get("kind", "shelling")), "t0": t0,
                "t1": t0 + timedelta(minutes=row.get("lasts", 1)), "lon": row.get("lon", 30.0), "lat": row.get("lat", 0.0),
                "radius_m": row.get("radius_m", 100.0), "by": row.get("by"), "sides": row.get("sides"),
                "who": row.get("who", [row["by"]] if row.get("by") else []), "stranger": row.get("stranger", False),
            }
        )  # fmt: skip
    schema = {
        "id": pl.String, "mask": pl.UInt32, "t0": pl.Datetime("us", "UTC"), "t1": pl.Datetime("us", "UTC"),
        "lon": pl.Float64, "lat": pl.Float64, "radius_m": pl.Float64, "by": pl.String, "sides": pl.String,
        "who": pl.List(pl.String), "stranger": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(full, schema=schema, orient="row")


def chance(row: dict[str, Any], *exceptions: dict[str, Any], acts: Any = ALL_ACTS) -> float | None:
    return with_exemptions(facts(row), term(*exceptions, acts=acts))["p_unexcepted"].item()


HELP = exception(says="carrying wounded", acts=["evacuation"])


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("evacuation", 0.0), ("reinforcement", 1.0), ("movement", NONE), ("unspecified", NONE), ("shelling", 1.0)],
)
def test_a_permitted_act_clears_itself_no_other_and_perhaps_what_may_be_either(kind, answer):
    assert chance({"kind": kind}, HELP) == answer


def test_no_exception_leaves_nothing_open_and_a_remark_weakens_nothing():
    assert chance({}) == 1.0
    assert chance({"kind": "evacuation"}, exception(acts=["evacuation"], clears=False)) == 1.0
    assert chance({}, exception(clears=False, needs=["an order"])) == 1.0
    assert with_exemptions(facts({}), {"acts": ["shelling"], "exempt": None})["p_unexcepted"].to_list() == [1.0]


def test_an_exception_in_words_alone_stays_open_for_every_act():
    assert {chance({"kind": kind}, exception(says="answering breaches")) for kind in KINDS} == {None}


def test_an_exception_that_needs_something_is_never_sure():
    for more in ({"needs": ["an order"]}, {"within_s": 60.0}, {"within_m": 10.0}):
        assert chance({"kind": "evacuation"}, exception(acts=["evacuation"], **more)) is None
        assert chance({"kind": "shelling"}, exception(acts=["evacuation"], **more)) == 1.0


def test_an_exception_as_wide_as_the_bar_hangs_on_something_even_where_nobody_says_on_what():
    """Else a truce with "except in answer to fire" would bar nothing."""
    assert chance({"kind": "shelling"}, exception(acts=ARMED), acts=ARMED) is None
    assert chance({"kind": "exchange"}, exception(acts=["exchange"]), acts=["exchange"]) is None
    assert chance({"kind": "exchange"}, exception(acts=["exchange"]), acts=["exchange", "shelling"]) == 0.0


@pytest.mark.parametrize(
    ("says", "act"),
    [
        ("moves that are not toward the other side", "redeployment"), ("weapons in their stores", "presence"),
        ("flights over the own side", "overflight"), ("repairs", "works"), ("clearing mines", "mine_blast"),
    ],
)  # fmt: skip
def test_of_other_acts_a_text_lets_off_some_and_the_name_of_the_act_does_not_say_which(says, act):
    """Found by reading the library: no weapon seen anywhere was barred any more, since those in stores are not."""
    excepted = exception(says=says, acts=[act, "evacuation"])
    assert chance({"kind": act}, excepted) is None
    assert chance({"kind": "evacuation"}, excepted) == 0.0
    assert chance({"kind": "detention"}, excepted) == 1.0


def test_weapons_are_never_let_off_for_themselves():
    """In answer, in defence, to clear mines: each is a condition, whether the file says so or not."""
    assert chance({"kind": "small_arms"}, exception(says="answering fire", acts=["small_arms"])) is None
    assert chance({"kind": "air_strike"}, exception(says="answering fire", acts=["small_arms"])) == 1.0


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"by": "north"}, 0.0), ({"by": "south"}, 1.0), ({}, NONE),
        ({"by": "Allies", "who": ["north", "south"]}, NONE),
        ({"by": "Allies", "who": ["east", "south"]}, 1.0),
        ({"by": "Bandits", "who": [], "stranger": True}, NONE),  # they may be the north by another name
        ({"sides": "north|south", "who": ["north", "south"]}, NONE),
        ({"sides": "east|south", "who": ["east", "south"]}, 1.0),
        ({"sides": "east|Bandits", "who": ["east"], "stranger": True}, NONE),
    ],
)  # fmt: skip
def test_an_exception_for_one_party_is_for_no_other(row, answer):
    assert chance({"kind": "exchange", **row}, exception(acts=["exchange"], parties=["north"])) == answer


def test_one_exception_that_surely_applies_is_enough_and_one_that_may_leaves_it_open():
    words, drill = exception(says="in answer"), exception(acts=["works"])
    assert chance({"kind": "evacuation"}, words, HELP) == 0.0
    assert chance({"kind": "rotation"}, HELP, drill) == 1.0
    assert chance({"kind": "rotation"}, HELP, drill, words) is None


# The twin


def twin(row: dict[str, Any], exceptions: list[dict[str, Any]], acts: list[str]) -> float | None:
    answers = []
    may, who = set(KINDS[row["kind"]]), set(row["who"])
    named = row["by"] is not None or row["sides"] is not None
    for x in exceptions:
        if not x["clears"]:
            continue
        known = named and not row["stranger"]
        if (x["acts"] and not may & set(x["acts"])) or (x["parties"] and known and not who & set(x["parties"])):
            answers.append(1.0)
            continue
        more = (
            x["needs"]
            or x["within_s"] is not None
            or x["within_m"] is not None
            or (acts and set(acts) <= set(x["acts"]))
        )
        doer = not x["parties"] or (known and who and who <= set(x["parties"]))
        humane = set(x["acts"]) & {"evacuation", "exchange"}
        answers.append(0.0 if may <= humane and doer and not more else None)
    return 0.0 if 0.0 in answers else None if None in answers else 1.0


PARTIES = st.lists(st.sampled_from(["north", "south", "east"]), max_size=2, unique=True)
EXCEPTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "says": st.just("x"),
            "article": st.none(),
            "clears": st.sampled_from([True, True, False]),
            "acts": st.lists(
                st.sampled_from(["evacuation", "exchange", "movement", "armed", "works", *ACT_WORDS]), max_size=3
            ).map(lambda words: sorted({act for word in words for act in ACT_WORDS[word]})),
            "parties": PARTIES,
            "within_s": st.sampled_from([None, None, None, 0.0, 1800.0]),
            "within_m": st.sampled_from([None, None, None, 0.0, 5000.0]),
            "needs": st.sampled_from([[], [], ["an order"]]),
        }
    ),
    max_size=3,
)
DOERS = st.sampled_from(
    [
        {"by": None, "sides": None, "who": [], "stranger": False},
        {"by": "north", "sides": None, "who": ["north"], "stranger": False},
        {"by": "south", "sides": None, "who": ["south"], "stranger": False},
        {"by": "Allies", "sides": None, "who": ["north", "south"], "stranger": False},
        {"by": "Bandits", "sides": None, "who": [], "stranger": True},
        {"by": None, "sides": "north|south", "who": ["north", "south"], "stranger": False},
        {"by": None, "sides": "north|Bandits", "who": ["north"], "stranger": True},
    ]
)
ROWS = st.lists(
    st.tuples(
        DOERS,
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["evacuation", "exchange", "movement", "works", "shelling", *sorted(KINDS)]),
                "min": st.integers(-90, 90),
                "lasts": st.sampled_from([0, 1, 60, 1440]),
                "lon": st.sampled_from([30.0, 30.01, 30.06, 31.0, None]),
                "radius_m": st.sampled_from([0.0, 100.0, 4000.0, None]),
            }
        ),
    ).map(lambda both: {**both[0], **both[1]}),
    min_size=1,
    max_size=10,
)


def placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "id": f"i{n}", "lat": None if row["lon"] is None else 0.0} for n, row in enumerate(rows)]


@given(ROWS, EXCEPTIONS, st.lists(st.sampled_from(ACTS), max_size=6, unique=True))
def test_columns_say_what_a_plain_look_at_each_exception_says(rows, exceptions, acts):
    made = with_exemptions(facts(*placed(rows)), term(*exceptions, acts=acts))
    assert made["p_unexcepted"].to_list() == [twin(row, exceptions, acts) for row in rows]


NARROWER = [(wide, narrow) for wide in KINDS for narrow in KINDS if set(KINDS[narrow]) < set(KINDS[wide])]


@given(st.sampled_from(NARROWER), EXCEPTIONS, st.sampled_from(["north", "south"]))
def test_what_is_settled_stays_settled_when_act_or_doer_become_known(kinds, exceptions, by):
    rows = [{"kind": kinds[0]}, {"kind": kinds[1]}, {"kind": kinds[0], "by": by}, {"kind": kinds[1], "by": by}]
    was, *later = with_exemptions(facts(*rows), term(*exceptions))["p_unexcepted"].to_list()
    assert was is None or later == [was] * 3


SWAP = {"north": "south", "south": "north"}


def turned(row: dict[str, Any]) -> dict[str, Any]:
    made = {**row, "by": SWAP.get(row["by"], row["by"]), "who": [SWAP.get(party, party) for party in row["who"]]}
    return {**made, "sides": row["sides"] and "|".join(SWAP.get(side, side) for side in row["sides"].split("|"))}


@given(ROWS, EXCEPTIONS, st.integers(0, 2**32))
def test_with_the_parties_swapped_or_the_rows_shuffled_the_answers_are_the_same(rows, exceptions, seed):
    rows = placed(rows)
    mirror = [{**x, "parties": [SWAP.get(party, party) for party in x["parties"]]} for x in exceptions]
    names = ["id", "p_unexcepted", "may_answer"]
    plain = with_exemptions(facts(*rows), term(*exceptions)).select(names)
    assert with_exemptions(facts(*map(turned, rows)), term(*mirror)).select(names).equals(plain)
    random.Random(seed).shuffle(rows)
    assert with_exemptions(facts(*rows), term(*exceptions)).select(names).sort("id").equals(plain.sort("id"))


# What fire may answer

SHOTS = exception(says="in answer", acts=["small_arms"], within_s=1800.0, within_m=5000.0)
FIRST = {"id": "first", "kind": "shelling", "by": "south", "min": -10}


def answers(earlier: dict[str, Any], row: dict[str, Any] | None = None, x: dict[str, Any] = SHOTS) -> str | None:
    made = facts(earlier, {"id": "shot", "kind": "small_arms", "by": "north", **(row or {})})
    found = with_exemptions(made, term(x))
    assert found["p_unexcepted"].to_list()[1] is None  # one way or the other, people judge
    return found["may_answer"].to_list()[1]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, True),
        ({"min": -31}, True), ({"min": -31.02}, False),  # it lasts a minute: 30 min from its end
        ({"min": -600, "lasts": 580}, True),
        ({"min": 0}, True),  # within the same minute either may have been first
        ({"min": 1}, False),
        ({"by": "north"}, False),  # nobody answers his own fire
        ({"by": None}, True), ({"by": "Bandits", "who": [], "stranger": True}, True),
        ({"by": "Allies", "who": ["north", "south"]}, True),
        ({"kind": "works"}, False), ({"kind": "explosion"}, True), ({"kind": "unspecified"}, True),
        ({"lon": 30.046}, True),  # 5.12 km, less 100 m of error each
        ({"lon": 30.048}, False), ({"lon": 30.048, "radius_m": 300.0}, True),
        ({"lon": 30.048, "radius_m": None}, True), ({"lon": None, "lat": None}, True),
    ],
)  # fmt: skip
def test_the_earlier_fire_that_it_may_answer_is_named(change, named):
    assert answers({**FIRST, **change}) == ("first" if named else None)


def test_that_none_is_on_record_settles_nothing():
    assert answers({**FIRST, "min": 90}) is None
    made = with_exemptions(facts({"kind": "small_arms"}), term(SHOTS))
    assert made.select("p_unexcepted", "may_answer").row(0) == (None, None)


def test_fire_that_cannot_be_excepted_is_no_answer_and_an_exception_without_bounds_names_none():
    made = with_exemptions(facts(FIRST, {"id": "bomb", "kind": "air_strike", "by": "north"}), term(SHOTS))
    assert made.select("p_unexcepted", "may_answer").row(1) == (1.0, None)
    assert answers(FIRST, x=exception(says="in answer", acts=["small_arms"])) is None


def test_the_earlier_fire_may_be_one_that_the_term_itself_is_not_about():
    shot, first = facts({"id": "shot", "kind": "small_arms", "by": "north"}), facts(FIRST)
    both = pl.concat([first, shot])
    assert with_exemptions(shot, term(SHOTS), both)["may_answer"].to_list() == ["first"]
    assert with_exemptions(shot, term(SHOTS))["may_answer"].to_list() == [None]


def test_of_several_the_latest_is_named():
    rows = [{**FIRST, "id": f"f{n}", "min": n} for n in (-20, -5, -12)]
    rows.append({**FIRST, "id": "long", "min": -300, "lasts": 299})
    made = with_exemptions(facts(*rows, {"kind": "small_arms", "by": "north"}), term(SHOTS))
    assert made["may_answer"].to_list()[-1] == "f-5"


def latest_twin(row: dict[str, Any], rows: list[dict[str, Any]], x: dict[str, Any]) -> str | None:
    def side(one: dict[str, Any]) -> str | None:
        return one["who"][0] if one["by"] and not one["stranger"] and len(one["who"]) == 1 else None

    best = None
    for other in rows:
        if other is row or not set(KINDS[other["kind"]]) & set(ARMED):
            continue
        if not other["min"] < row["min"] + row["lasts"]:
            continue
        if x["within_s"] is not None and (row["min"] - other["min"] - other["lasts"]) * 60 > x["within_s"]:
            continue
        if side(row) is not None and side(row) == side(other):
            continue
        told = None not in (row["lon"], other["lon"], row["radius_m"], other["radius_m"])
        if x["within_m"] is not None and told:
            apart = math.radians(abs(row["lon"] - other["lon"])) * 6_371_008.8  # on the equator
            if apart - row["radius_m"] - other["radius_m"] > x["within_m"]:
                continue
        key = (other["min"], other["min"] + other["lasts"], other["id"])
        best = max(best, key) if best else key
    return best[2] if best else None


@given(ROWS, st.sampled_from([None, 0.0, 600.0, 1800.0]), st.sampled_from([None, 0.0, 5000.0]))
def test_the_fire_that_is_named_is_the_one_that_a_plain_search_finds(rows, within_s, within_m):
    rows = placed(rows)
    x = exception(within_s=within_s, within_m=within_m)
    found = because(facts(*rows), facts(*rows), x).to_list()
    assert found == [latest_twin(row, rows, x) for row in rows]


def test_no_rows_and_no_earlier_rows_are_no_trouble():
    empty, some = facts().clear(), facts({"kind": "small_arms"})
    assert with_exemptions(empty, term(SHOTS)).columns[-2:] == ["p_unexcepted", "may_answer"]
    assert with_exemptions(some, term(SHOTS), empty)["may_answer"].to_list() == [None]
    assert some.select(p_unexcepted(term())).to_series().to_list() == [1.0]


def test_a_lack_of_earlier_fire_that_settles_is_seen(monkeypatch):
    """Plant the fault: what is open counts as not excepted, and the tests above have to see it."""
    monkeypatch.setattr(exempt, "UNKNOWN", pl.lit(0.0))
    assert chance({"kind": "small_arms"}, SHOTS) == 1.0
    with pytest.raises(AssertionError):
        answers(FIRST)


@pytest.mark.parametrize(
    ("places", "named"),
    [
        (((179.99, 0.0), (-179.99, 0.0)), True),  # 2.2 km, across the seam of the globe
        (((30.0, 60.0), (30.09, 60.0)), True),  # a degree east is half as long up there: 5.0 km
        (((30.0, 60.0), (30.10, 60.0)), False),
        (((30.0, 60.0), (30.0, 60.09)), False),
        (((10.0, 89.99), (-170.0, 89.99)), True),  # across the pole
        (((30.0, 0.0), (-150.0, 0.0)), False),
    ],
)
def test_near_is_near_wherever_on_the_globe(places, named):
    rows = [{"lon": lon, "lat": lat} for lon, lat in places]
    assert answers({**FIRST, **rows[0]}, rows[1]) == ("first" if named else None)


@given(
    st.lists(
        st.tuples(st.integers(0, 240), st.integers(0, 6), st.sampled_from(["north", "south"])), min_size=20, max_size=60
    )
)
def test_looking_into_cells_finds_what_looking_everywhere_finds(told):
    rows = [
        {"id": f"i{n:02d}", "kind": "shelling", "min": m, "lasts": 1, "lon": 30 + 0.04 * k, "lat": 0.0, "radius_m": 50.0,
         "by": by, "sides": None, "who": [by], "stranger": False}
        for n, (m, k, by) in enumerate(told)
    ]  # fmt: skip
    assert because(facts(*rows), facts(*rows), SHOTS).to_list() == [latest_twin(row, rows, SHOTS) for row in rows]
