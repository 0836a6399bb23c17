"""Each doubt by itself: settled for, settled against, or open. Open is null, and never a half."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from assessed import START, happened, judged, parsed, small

from trucewatch.assess import agreement
from trucewatch.assess.cases import p_bound, p_when
from trucewatch.assess.rules import p_barred
from trucewatch.base.errors import InputError
from trucewatch.base.time import UTC_US
from trucewatch.kinds import ACTS, ARMED, KINDS, mask_of

NONE = None
SINCE, UNTIL = START, START + timedelta(hours=10)


def when(t0: float, t1: float, since: Any = SINCE, until: Any = UNTIL, ends: str = "set") -> float | None:
    """p_when of one incident, under a term that begins and ends so; times in hours after its start."""
    at = [pl.Series([START + timedelta(hours=hours)], dtype=UTC_US) for hours in (t0, t1)]
    may = [{"from": since, "until": until}]
    return p_when(at[0], at[1], {"sure": may if since and ends != "unknown" else [], "may": may}).item()


@pytest.mark.parametrize(
    ("t0", "t1", "chance"),
    [
        (1, 2, 1.0),  # the whole span in force
        (0, 10, 1.0),  # exactly all of it
        (-1, 1, NONE),  # straddles the start: nothing says which side
        (9, 11, NONE),  # straddles the end
        (-1, 11, NONE),  # around all of it
        (-2, -1, 0.0),
        (11, 12, 0.0),
        (-1, 0, 0.0),  # half-open: over as it starts
        (10, 11, 0.0),  # half-open: begins as it ends
        (0, 0, 1.0),  # an instant on the start is in
        (10, 10, 0.0),  # an instant on the end is out
        (-0.001, -0.001, 0.0),
    ],
)
def test_in_force_while_it_happened(t0, t1, chance):
    assert when(t0, t1) == chance


def test_a_start_that_nobody_told_leaves_it_open_until_the_end():
    assert [when(1, 2, since=None), when(9, 11, since=None), when(10, 11, since=None)] == [None, None, 0.0]


def test_an_open_end_holds_and_an_unknown_end_leaves_it_open():
    assert when(5_000, 5_001, until=None, ends="open") == 1.0
    assert when(5_000, 5_001, until=None, ends="unknown") is None
    assert when(-2, -1, until=None, ends="unknown") == 0.0


def barred(rows: list[dict[str, Any]], **term: Any) -> list[float | None]:
    full = {"acts": list(ARMED), "targets": None, "weapons": None, **term}
    table = pl.DataFrame(
        [{"mask": mask_of(row["kind"]), "target": row.get("target"), "weapon": row.get("weapon")} for row in rows],
        {"mask": pl.UInt32, "target": pl.String, "weapon": pl.String},
    )
    return table.select(p_barred(full)).to_series().to_list()


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_is_barred_surely_only_where_every_act_it_may_be_is(kind):
    acts = set(KINDS[kind])
    wanted = 1.0 if acts <= set(ARMED) else 0.0 if not acts & set(ARMED) else None
    assert barred([{"kind": kind}]) == [wanted]
    assert barred([{"kind": kind}], acts=list(ACTS)) == [1.0]


@pytest.mark.parametrize(
    ("kind", "target", "chance"),
    [
        ("shelling", "energy", 1.0), ("shelling", "school", 0.0), ("shelling", NONE, NONE),
        ("works", "energy", 0.0), ("works", NONE, 0.0), ("works", "school", 0.0),
        ("explosion", "energy", NONE), ("explosion", "school", 0.0), ("explosion", NONE, NONE),
    ],
)  # fmt: skip
def test_a_protected_target_and_a_barred_act_both_have_to_hold(kind, target, chance):
    assert barred([{"kind": kind, "target": target}], targets=["energy"]) == [chance]


@pytest.mark.parametrize(
    ("kind", "weapon", "chance"),
    [
        ("shelling", "122 mm howitzer", 1.0), ("shelling", "122mm Howitzers", 1.0), ("shelling", "D-30", 1.0),
        ("shelling", "82 mm mortar", NONE), ("shelling", NONE, NONE), ("explosion", "D-30", NONE),
        ("works", "D-30", 0.0), ("works", NONE, 0.0),
        # Found by hand: words were looked for inside other words.
        ("shelling", "upgraded tank gun", NONE), ("shelling", "2122 mm", NONE), ("shelling", "D-300", NONE),
        ("shelling", "BM-21 (Grad)", 1.0),
    ],
)  # fmt: skip
def test_a_weapon_of_the_class_settles_it_and_another_name_leaves_it_open(kind, weapon, chance):
    assert barred([{"kind": kind, "weapon": weapon}], weapons=["122 mm", "d-30", "grad", "howitzer"]) == [chance]


def test_a_term_about_guns_at_hospitals_wants_both():
    # Found by reading: a term with targets never looked at its weapons.
    rows = [{"kind": "shelling", "target": t, "weapon": w} for t in ("medical", "school", None) for w in ("D-30", None)]
    assert barred(rows, targets=["medical"], weapons=["d-30"]) == [1.0, None, 0.0, 0.0, None, None]


def bound(by: str | None, binds: str, between: list[str] | None = None, top: str = "") -> list[float | None]:
    agreed = agreement(small(binds=binds).replace("terms:\n", f"{top}\nterms:\n"), "small.yaml")
    made = judged(happened({"by": by, "between": between}), agreed)
    return made.findings["p_bound"].to_list() or made.left_out.filter(pl.col("n") > 0)["reason"].to_list()


@pytest.mark.parametrize(
    ("by", "binds", "chance"),
    [
        ("Northland", "all", [1.0]),
        ("Norland", "[north]", [1.0]),
        ("Southland", "[north]", ["by someone it does not bind"]),  # a truce that one side declared for itself
        ("Northland", "[south]", ["by someone it does not bind"]),
        (NONE, "all", [1.0]),
        (NONE, "[north]", [None]),
        ("Bandits", "all", [None]),
        ("Bandits", "[north]", [None]),
    ],
)
def test_whoever_did_it_was_bound(by, binds, chance):
    assert bound(by, binds) == chance


OUT = ["by someone it does not bind"]
BOTH = "umbrella: [{name: United Forces, of: [north, south]}]"


@pytest.mark.parametrize(
    ("between", "binds", "chance"),
    [
        (["Northland", "Southland"], "all", [1.0]),
        (["Norland", "Southland"], "[north]", [None]),  # one of them fired, and nobody says which
        (["Bandits", "Northland"], "all", [None]),
        (["Bandits", "Northland"], "[south]", [None]),  # they may be the south by another name
        (["Bandits", "Pirates"], "all", [None]),
        (["Bandits", "Pirates"], "nobody", OUT),
        (["Southland", "Southland"], "[north]", OUT),
        (["Northland"], "[north]", [None]),  # whom it fought is not told, and it may have been those who fired
        (["Southland"], "[north]", [None]),
        (["Northland", "United Forces"], "all", [1.0]),
        (["Bandits", "United Forces"], "[north]", [None]),
    ],
)
def test_of_a_fight_whose_sides_are_named_either_side_may_have_fired(between, binds, chance):
    assert bound(None, binds, between, BOTH) == chance


@pytest.mark.parametrize(
    ("t0", "t1", "chance"), [(0, 4, None), (0, 2, None), (2, 4, 0.0), (0, 1, 1.0), (1, 2, 0.0)], ids=str
)
def test_an_act_that_may_be_older_than_a_first_release_is_open_though_a_second_followed(t0, t1, chance):
    """The south left after an hour, and said so again after three; it may have fired before either."""
    hour = START.replace(hour=0)
    left = [{"party": "south", "at": hour + timedelta(hours=n), "sure": True} for n in (1, 3)]
    rows = happened({"by": "Southland", "t0": hour + timedelta(hours=t0), "t1": hour + timedelta(hours=t1)})
    rows = rows.with_columns(sides=pl.lit(None, pl.String), who=pl.lit(["south"]), stranger=pl.lit(False))
    term = {"binds": ["north", "south"], "freed": left}
    assert rows.select(p_bound(term, agreement(small(), "small.yaml"))).item() == chance


@pytest.mark.parametrize(("binds", "chance"), [("all", [1.0]), ("[north]", [None])])
def test_an_umbrella_is_bound_where_all_of_its_parties_are(binds, chance):
    assert bound("united forces", binds, None, BOTH) == chance


def test_who_did_it_counts_before_the_sides_of_the_fight():
    assert bound("Northland", "[north]", ["Bandits", "Pirates"]) == [1.0]


@pytest.mark.parametrize(("between", "chance"), [(None, [None]), (["Northland", "Southland"], [1.0])])
def test_where_others_fight_too_an_act_by_nobody_named_may_be_theirs(between, chance):
    assert bound(None, "all", between, "others: true") == chance


def test_the_sides_of_a_fight_are_not_who_fired():
    rows = {"between": ["Northland", "Southland"]}, {"by": "United Forces"}
    made = judged(happened(*rows), agreement(small().replace("terms:", f"{BOTH}\nterms:")))
    assert made.findings.sort("subject")["attribution"].to_list() == [
        "undetermined",
        "United Forces (any of Northland, Southland)",
    ]


@pytest.mark.parametrize(
    ("umbrella", "fault"),
    [
        ("{name: U, of: [north]}", "'U' stands for fewer than two parties"),
        ("{name: Norland, of: [north, south]}", "'Norland' stands for a party or an umbrella already"),
        ("{name: U, of: [north, south, west]}", "west"),
        ("{of: [north, south]}", "has no name"),
    ],
)
def test_an_umbrella_that_cannot_be_is_refused(umbrella, fault):
    with pytest.raises(InputError, match=fault):
        agreement(small().replace("terms:", f"umbrella: [{umbrella}]\nterms:"))


def test_an_unnamed_actor_stays_undetermined_and_a_stranger_is_called_by_the_name_given():
    made = judged(happened({}, {"by": "norland"}, {"by": "Bandits"}), parsed()).findings.sort("subject")
    assert made["attribution"].to_list() == ["undetermined", "Northland", "Bandits (not a party by that name)"]
