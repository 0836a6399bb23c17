"""Step 7: from cover to whether an obligation enforces itself, and what each look buys."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.settle import best_in_all, best_looks, keepings, look_values, stakes
from trucewatch.settle.noticed import Breach, at_weakest, noticed
from trucewatch.settle.weakest import weakest
from trucewatch.tables import EXPOSURE

PLAIN = {name: EXPOSURE.schema[name] for name in ("cell", "t0", "t1", "source", "p_noticed")}
DAY0 = datetime(2030, 1, 1, tzinfo=UTC)
STAKES = """\
keep: ford-truce
title: The truce at the ford
source: an adviser's guess
parties:
  - {id: north, name: Northland}
  - {id: south, name: Southland}
obligations:
  - id: quiet
    article: "1"
    says: no fire across the ford
    breach: {says: a battery fires, acts: 10, within: 48 h}
    stakes:
      - {party: north, gain: {low: 1, high: 2}, loss: 3, accused: 1, false_alarm: 0.02, repeated: {worth: {low: 1, high: 2}, after: 0, patience: 0.9}}
      - {party: south, gain: {low: 1, high: 2}, loss: 3}
  - id: stores
    says: stores stay shut
    breach: {says: a store is opened, within: 7 days}
    noticed: {low: 0.1, high: 0.2, source: the inspectors}
    stakes:
      - {party: north, gain: 2, loss: 1}
looks:
  - {id: tower, says: a camera, cells: [2], p_noticed: {low: 0.2, high: 0.5}}
  - {id: boat, says: a boat, cells: [1, 2], p_noticed: 0.1}
  - {id: kite, says: a kite, cells: [1], p_noticed: 0.05}
"""


def exposure(*rows) -> pl.DataFrame:
    """(cell, first day, last day, source, p) -> a table."""
    made = [(c, DAY0 + timedelta(days=a), DAY0 + timedelta(days=b), s, p) for c, a, b, s, p in rows]
    return EXPOSURE.fit(pl.DataFrame(made, schema=PLAIN, orient="row"))


def by_hand(table: pl.DataFrame, cell: int, start: datetime, breach: Breach) -> tuple[float, float, float]:
    """low, high, alone of one cell and start, in loops."""
    missed: dict[str, list[float]] = {}
    for row in table.rows(named=True):
        if row["cell"] != cell:
            continue
        shared = (min(row["t1"], start + breach.within) - max(row["t0"], start)) / breach.within
        if shared > 0:
            p = row["p_noticed"]
            low, high = missed.setdefault(row["source"], [1.0, 1.0])
            missed[row["source"]] = [
                low * (1 - (0 if p is None else p)) ** (breach.acts * shared),
                high * (1 - (1 if p is None else p)) ** (breach.acts * shared),
            ]
    alone = 1.0
    for low, _ in missed.values():
        alone *= low
    return (
        max((1 - low for low, _ in missed.values()), default=0.0),
        min(1.0, sum(1 - high for _, high in missed.values())),
        1 - alone,
    )


rows_of = st.lists(
    st.tuples(
        st.integers(1, 3), st.integers(0, 4), st.integers(1, 4), st.sampled_from("ab"),
        st.sampled_from([None, 0.0, 0.1, 0.5, 0.9, 1.0]),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows_of, st.integers(1, 3), st.sampled_from([0.5, 1.0, 4.0]))
def test_the_chance_that_a_breach_is_noticed_is_that_of_loops(drawn, days, acts):
    table = exposure(*((c, a, a + n, s, p) for c, a, n, s, p in drawn))
    breach = Breach(acts, timedelta(days=days), (1, 2, 3))
    for row in noticed(table, breach).rows(named=True):
        low, high, alone = by_hand(table, row["cell"], row["start"], breach)
        assert (row["low"], row["high"], row["alone"]) == pytest.approx((low, high, alone))
        assert row["low"] <= row["alone"] + 1e-12


@settings(max_examples=40, deadline=None)
@given(rows_of, st.tuples(st.integers(1, 3), st.sampled_from([0.1, 0.5, 1.0])))
def test_one_more_look_never_makes_a_breach_less_likely_to_be_noticed(drawn, more):
    rows = [(c, a, a + n, s, p) for c, a, n, s, p in drawn]
    cell, p = more
    breach = Breach(2, timedelta(days=1), (1, 2, 3))
    before, after = noticed(exposure(*rows), breach), noticed(exposure(*rows, (cell, 0, 9, "new", p)), breach)
    both = before.join(after, on=["cell", "start"], suffix="_new")
    assert (both["low_new"] >= both["low"] - 1e-12).all() and (both["alone_new"] >= both["alone"] - 1e-12).all()


def test_a_cell_where_nobody_looks_is_the_weakest_and_a_look_of_unknown_worth_widens():
    table = exposure((1, 0, 5, "a", 0.9), (2, 0, 5, "b", None))
    found = noticed(table, Breach(1, timedelta(days=1), (1, 2, 3)))
    assert at_weakest(found)[0] == 3
    two = found.filter(cell=2)
    assert (two["low"].max(), two["high"].min()) == (0.0, 1.0)


def test_the_least_of_the_most_counts_since_whoever_breaches_picks_the_place():
    found = noticed(exposure((1, 0, 5, "a", 0.9), (2, 0, 5, "b", 0.3)), Breach(1, timedelta(days=5)))
    assert at_weakest(found) == (2, pytest.approx(0.3), pytest.approx(0.3))


def test_whoever_breaches_waits_for_the_night_between_two_looks():
    table = exposure((1, 0, 1, "a", 0.9), (1, 3, 4, "a", 0.9))
    assert at_weakest(noticed(table, Breach(1, timedelta(days=1))))[1] == 0.0


@settings(max_examples=60, deadline=None)
@given(rows_of, st.integers(1, 3), st.sampled_from([0.5, 1.0, 4.0]))
def test_the_weakest_time_is_no_stronger_than_any_that_a_fine_comb_finds(drawn, days, acts):
    """The slow twin: every start an hour apart, in loops. What lies between two hours may be a little weaker."""
    table = exposure(*((c, a, a + n, s, p) for c, a, n, s, p in drawn))
    breach = Breach(acts, timedelta(days=days), (1, 2, 3))
    first, last = table["t0"].min(), max(table["t0"].min(), table["t1"].max() - breach.within)
    starts = [first + timedelta(hours=n) for n in range(1 + int((last - first) / timedelta(hours=1)))]
    for row in weakest(table, breach).rows(named=True):
        tried = [by_hand(table, row["cell"], start, breach) for start in starts]
        for n, name in enumerate(("low", "high", "alone")):
            assert row[name] <= min(one[n] for one in tried) + 1e-9
        at_start = by_hand(table, row["cell"], row["start"], breach)
        assert row["low"] == pytest.approx(at_start[0], abs=1e-3) or 1.0 in table["p_noticed"].to_list()


def test_between_two_sources_that_look_in_turn_the_breach_straddles_their_watch():
    """Half of the acts fall to each: told of the better of them, five of ten acts, and not all ten."""
    table = exposure((1, 0, 1, "a", 0.1), (1, 1, 2, "b", 0.1))
    found = at_weakest(weakest(table, Breach(10, timedelta(days=1))))
    assert found[1] == pytest.approx(1 - 0.9**5) and found[2] == pytest.approx(1 - 0.9**10)
    assert weakest(table, Breach(10, timedelta(days=1)))["start"].item() == DAY0 + timedelta(hours=12)


def test_one_day_without_a_look_in_a_year_is_found():
    """However many starts there are, none is passed over."""
    days = [day for day in range(365) if day != 200]
    table = exposure(*((1, day, day + 1, "a", 0.9) for day in days))
    row = weakest(table, Breach(1, timedelta(days=1))).row(0, named=True)
    assert (row["low"], row["high"], row["start"]) == (0.0, 0.0, DAY0 + timedelta(days=200))


def answers(text: str, table: pl.DataFrame | None = None) -> dict[tuple[str, str, str], str]:
    rows = keepings(stakes(text), table).rows(named=True)
    return {(row["obligation"], row["party"], row["game"]): row["answer"] for row in rows}


def test_the_answer_follows_the_bounds():
    full, thin = exposure((1, 0, 5, "a", 0.9)), exposure((1, 0, 5, "a", 0.001))
    assert answers(STAKES, full)["quiet", "north", "once"] == "self_enforcing"
    assert answers(STAKES, thin)["quiet", "north", "once"] == "needs_more_monitoring"
    assert answers(STAKES)["quiet", "north", "once"] == "cannot_tell"
    assert answers(STAKES)["stores", "north", "once"] == "needs_more_monitoring"
    hopeless = STAKES.replace("gain: 2, loss: 1", "gain: 2, loss: 0, accused: 5, false_alarm: 0.5")
    assert answers(hopeless)["stores", "north", "once"] == "no_monitoring_suffices"


def test_both_parties_are_weighed_alike_and_the_mirror_is_identical():
    table = exposure((1, 0, 5, "a", 0.05), (2, 0, 5, "b", 0.03))
    swap = {"north": "south", "south": "north", "Northland": "Southland", "Southland": "Northland"}
    mirrored = re.sub(r"Northland|Southland|north|south", lambda m: swap[m[0]], STAKES)

    def told(text: str, back: dict[str, str]) -> list[tuple]:
        rows = keepings(stakes(text), table).rows(named=True)
        return sorted(
            (row["obligation"], back.get(row["party"], row["party"]), row["game"], row["answer"], row["needed_low"],
             row["needed_high"], row["noticed_low"]) for row in rows
        )  # fmt: skip

    assert told(mirrored, swap) == told(STAKES, {})


def test_the_unit_of_the_stakes_changes_nothing():
    table = exposure((1, 0, 5, "a", 0.05))
    larger = re.sub(
        r"(gain|loss|accused|worth|after|low|high): ([\d.]+)",
        lambda m: m[0] if float(m[2]) < 1 and m[1] in ("low", "high") else f"{m[1]}: {float(m[2]) * 10:g}", STAKES,
    )  # fmt: skip
    here, there = (keepings(stakes(text), table).drop("says") for text in (STAKES, larger))
    assert here.equals(there)


def test_every_number_comes_with_a_sentence_of_reasons():
    for row in keepings(stakes(STAKES), exposure((1, 0, 5, "a", 0.2))).rows(named=True):
        assert "noticed within" in row["says"] and "by an adviser's guess" in row["says"]


def test_a_look_is_worth_what_it_adds_where_a_breach_is_least_noticed():
    table = exposure((1, 0, 5, "patrol", 0.05), (2, 0, 5, "patrol", 0.01))
    found = {row["look"]: row for row in look_values(stakes(STAKES), table).rows(named=True)}
    assert found["boat"]["value"] > 0 and found["kite"]["value"] == 0 and found["kite"]["mean_value"] > 0
    assert found["tower"]["rank"] < found["kite"]["rank"]
    assert found["patrol"]["kind"] == "has" and found["patrol"]["value"] > 0
    assert all("chance at the weakest place" in row["says"] for row in found.values())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.001, 0.01, 0.05, 0.2]), min_size=2, max_size=2), st.integers(1, 3))
def test_the_best_few_looks_are_those_of_trying_every_few(now, n):
    made = stakes(STAKES)
    table = exposure(*((cell, 0, 5, "patrol", p) for cell, p in zip((1, 2), now, strict=True)))
    one = made.obligations[0]
    from trucewatch.settle.keep import with_looks

    def worst(ids) -> tuple[float, float]:
        alone = noticed(with_looks(table, made, ids), one.breach)["alone"]
        return round(float(alone.min()), 3), 0.0

    best = max(worst(ids) for k in range(n + 1) for ids in itertools.combinations([look.id for look in made.looks], k))
    assert worst(best_looks(made, one, table, n)) == best


COPIES = (
    STAKES[: STAKES.index("looks:")]
    + "looks:\n"
    + "".join(
        f"  - {{id: eye-{cell}-{n}, says: a camera, cells: [{cell}], p_noticed: 0.5}}\n"
        for cell in (1, 2, 3)
        for n in (1, 2, 3)
    )
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 0.01, 0.05, 0.2]), min_size=3, max_size=3),
    st.lists(st.sampled_from([0.0, 1.0, 3.0, 10.0]), min_size=3, max_size=3),
    st.integers(1, 4),
)
def test_looks_one_after_the_other_leave_no_more_unnoticed_than_any_others_as_many(now, likely, n):
    """The slow twin: every few looks that there are."""
    made = stakes(COPIES.replace("acts: 10", "acts: 1"))
    table = exposure(*((cell, 0, 5, "patrol", p) for cell, p in zip((1, 2, 3), now, strict=True)))
    where = dict(zip((1, 2, 3), likely, strict=True))
    steps = best_in_all(made, made.obligations[0], table, n, where)
    shares = [part / sum(likely) for part in likely] if sum(likely) else [1 / 3] * 3

    def unnoticed(ids) -> float:
        looks = [sum(look.startswith(f"eye-{cell}-") for look in ids) for cell in (1, 2, 3)]
        return sum(s * (1 - p) * 0.5**k for s, p, k in zip(shares, now, looks, strict=True))

    least = min(unnoticed(ids) for ids in itertools.combinations([look.id for look in made.looks], n))
    assert steps[-1].unnoticed == pytest.approx(least) == pytest.approx(unnoticed([step.look for step in steps]))
    assert all(a.less >= b.less - 1e-12 for a, b in itertools.pairwise(steps))


def test_a_look_where_the_breach_could_not_be_adds_nothing():
    made = stakes(COPIES.replace("acts: 10", "acts: 1"))
    table = exposure((1, 0, 2, "patrol", 0.1), (1, 3, 5, "camera", 0.2))
    steps = best_in_all(made, made.obligations[0], table, 5)
    assert [step.look[:5] for step in steps[:3]] == ["eye-1"] * 3 and steps[0].less > 0
    assert [step.less for step in steps[3:]] == [0.0, 0.0]


def test_a_second_look_at_the_same_place_finds_what_the_first_left():
    table = exposure((1, 0, 5, "patrol", 0.0), (2, 0, 5, "patrol", 0.0), (3, 0, 5, "patrol", 0.0))
    made = stakes(COPIES.replace("acts: 10", "acts: 1"))
    steps = best_in_all(made, made.obligations[0], table, 3, {1: 10.0, 2: 4.0, 3: 1.0})
    assert [step.look[:5] for step in steps] == ["eye-1", "eye-1", "eye-2"]
    assert [step.less for step in steps] == pytest.approx([5 / 15, 2.5 / 15, 2 / 15])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("within: 48 h", "within: soon", "line 11, within: 'soon' is no length of time"),
        ("loss: 3, accused", "accused", "does not say the loss"),
        ("{party: south", "{party: sout", "there is no party 'sout'; did you mean 'south'?"),
        ("patience: 0.9", "patience: 1", "is not below 1"),
        ("{low: 0.2, high: 0.5}", "{low: 0.5, high: 0.2}", "is below low"),
        ("cells: [1]", "cells: [x]", "is no list of cells"),
        ("false_alarm: 0.02", "false_alarm: 2", "2 is no number from 0 to 1"),
        ("acts: 10, within", "acts: 0, within", "acts: is 0, and so no breach"),
        ("id: stores", "id: quiet", "id: 'quiet' stands twice"),
        ("{id: south", "{id: north", "id: 'north' stands twice"),
        ("{party: south", "{party: north", "party: 'north' stands twice"),
        ("    breach: {says: a store is opened, within: 7 days}\n", "", "does not say which breach is looked for"),
    ],
)
def test_a_fault_of_stakes_is_named_with_its_line(old, new, told):
    assert old in STAKES
    with pytest.raises(InputError) as wrong:
        stakes(STAKES.replace(old, new, 1), "s.yaml")
    assert told in str(wrong.value) and str(wrong.value).startswith("s.yaml, line ")


def test_bounds_of_cover_are_used_and_its_row_for_all_together_is_not_counted_again():
    table = exposure((1, 0, 5, "a", 0.2), (1, 0, 5, "together", 0.9)).with_columns(low=pl.lit(0.1), high=pl.lit(0.3))
    (row,) = noticed(table, Breach(1, timedelta(days=5))).rows(named=True)
    assert (row["low"], row["alone"], row["high"]) == pytest.approx((0.1, 0.2, 0.3))
