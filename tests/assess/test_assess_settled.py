"""What a person settled: an unknown that is settled never widens a finding's bounds, and the finding says by whom."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.assess.params import AssessParams
from trucewatch.assess.settled import SETTLED, say, settle
from trucewatch.assess.weigh import DOUBTS, weigh

CHANCE = st.none() | st.floats(0, 1, allow_nan=False)
DOUBT, VALUE = st.sampled_from(DOUBTS), st.sampled_from([1.0, 0.0, None])


def cases(*rows: dict) -> pl.DataFrame:
    """Cases with the doubts given, all else null, under one agreement."""
    plain = {"agreement": "a", "term": "t", "reading": "text", "lacks": None, "unless": None, "may_answer": None}
    full = [{"id": f"f{n}", "subject": f"i{n}", **plain, **dict.fromkeys(DOUBTS), **row} for n, row in enumerate(rows)]
    return pl.DataFrame(
        full,
        schema_overrides={
            **dict.fromkeys(DOUBTS, pl.Float64),
            "lacks": pl.String,
            "unless": pl.String,
            "may_answer": pl.String,
        },
    )


def said(*rows: tuple) -> pl.DataFrame:
    """(subject, term, reading, doubt, value, who) each."""
    full = [(s, "a", t, r, d, v, who, n) for n, (s, t, r, d, v, who) in enumerate(rows, 1)]
    return pl.DataFrame(full, schema=SETTLED, orient="row")


def weighed(table: pl.DataFrame) -> pl.DataFrame:
    return weigh(table, AssessParams())


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(DOUBTS, CHANCE)), min_size=1, max_size=5), DOUBT, VALUE)
@settings(max_examples=200)
def test_settling_an_unknown_never_widens_a_finding_s_bounds(rows, doubt, value):
    before = cases(*rows)
    people = said(*[(f"i{n}", None, None, doubt, value, "Ada") for n in range(len(rows))])
    then, now = weighed(before), weighed(settle(before, people))
    unknown = before[doubt].is_null()
    assert (now["low"] >= then["low"]).filter(unknown).all()
    assert (now["high"] <= then["high"]).filter(unknown).all()


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(DOUBTS, CHANCE)), min_size=1, max_size=3),
       st.lists(st.tuples(st.integers(0, 3), DOUBT, VALUE, st.sampled_from("AB")), max_size=6))  # fmt: skip
@settings(max_examples=200)
def test_only_what_somebody_settled_changes_and_only_to_one_or_nought(rows, calls):
    before = cases(*rows)
    people = said(*[(f"i{n}", None, None, doubt, value, who) for n, doubt, value, who in calls])
    after = settle(before, people)
    assert after.drop("settled", *DOUBTS).equals(before.drop(DOUBTS))
    for n in range(before.height):
        for doubt in DOUBTS:
            values = {v for i, d, v, _ in calls if (f"i{i}", d) == (before["subject"][n], doubt)} - {None}
            wanted = values.pop() if len(values) == 1 else before[doubt][n]
            assert after[doubt][n] == wanted


def test_a_told_doubt_is_overruled_by_a_person_and_the_finding_says_who():
    table = cases({"p_event": 0.95})
    out = settle(table, said(("i0", None, None, "p_event", 0.0, "Ada, team leader")))
    assert out["p_event"][0] == 0.0 and out["settled"][0] == "whether it happened: no, by Ada, team leader (entry 1)"
    finding = say(weighed(out)).row(0, named=True)
    assert finding["verdict"] == "not_indicated" and finding["high"] == 0
    assert finding["would_settle"] == "nothing more is needed; people determine"
    assert finding["because"] == "whether it happened; settled: whether it happened: no, by Ada, team leader (entry 1)"


def test_two_people_who_differ_settle_nothing_and_one_who_is_unsure_takes_nothing_back():
    table = cases({"p_when": None}, {"p_when": 0.4})
    differ = [(i, None, None, "p_when", v, who) for i in ("i0", "i1") for v, who in ((1.0, "Ada"), (0.0, "Ben"))]
    assert settle(table, said(*differ))["p_when"].to_list() == [None, 0.4]
    out = settle(table, said(("i0", None, None, "p_when", 1.0, "Ada"), ("i0", None, None, "p_when", None, "Ben")))
    assert out["p_when"].to_list() == [1.0, 0.4] and out["settled"].to_list()[1] is None
    agree = settle(table, said(*[("i0", None, None, "p_when", 1.0, who) for who in ("Ada", "Ben")]))
    assert agree["settled"][0].endswith("yes, by Ada (entry 1) and Ben (entry 2)")


def test_a_judgement_holds_under_its_agreement_term_and_reading_and_the_narrowest_of_one_person_counts():
    table = cases(
        {"subject": "i", "reading": "text"}, {"subject": "i", "reading": "north"}, {"subject": "i", "term": "u"}
    )
    people = said(("i", "t", None, "p_inside", 1.0, "Ada"), ("i", "t", "north", "p_inside", 0.0, "Ada"))
    assert settle(table, people)["p_inside"].to_list() == [1.0, 0.0, None]
    unsure = said(("i", "t", None, "p_inside", 1.0, "Ada"), ("i", "t", "north", "p_inside", None, "Ada"))
    assert settle(table, unsure)["p_inside"].to_list() == [1.0, None, None]
    other = people.with_columns(agreement=pl.lit("b"))
    assert settle(table, other)["p_inside"].to_list() == [None, None, None]


def test_a_judgement_of_a_finding_holds_for_that_finding_alone():
    table = cases({"subject": "i"}, {"subject": "i", "reading": "north"})
    assert settle(table, said(("f1", "t", "north", "p_bound", 1.0, "Ada")))["p_bound"].to_list() == [None, 1.0]


def test_nothing_settled_changes_nothing():
    table = cases({"p_event": 0.5}, {"p_when": 1.0})
    out = settle(table, said())
    assert out.drop("settled").equals(table) and out["settled"].null_count() == 2
    assert say(weighed(out)).equals(weighed(table))
    assert settle(table.clear(), said(("i", None, None, "p_event", 1.0, "Ada"))).is_empty()
