"""Each kind of term: what shows it, what leaves it open, what settles it against. Twins are slow and plain."""

from __future__ import annotations

import random
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.assess import rules
from trucewatch.assess.model import TERM_KINDS
from trucewatch.assess.rules import BY_KIND, p_barred
from trucewatch.assess.rules.calibre import LARGEST_MM, SMALLEST_MM, calibres, p_calibre
from trucewatch.kinds import ACT_WORDS, ACTS, ARMED, KINDS, TARGETS, barred_by, mask_of

NONE = None
TERM = {
    "acts": [],
    "targets": None,
    "weapons": None,
    "calibre_from_mm": None,
    "calibre_below_mm": None,
    "requires": None,
}


def barred(rows: list[dict[str, Any]], **term: Any) -> list[float | None]:
    table = pl.DataFrame(
        [{"mask": mask_of(row["kind"]), "target": row.get("target"), "weapon": row.get("weapon")} for row in rows],
        {"mask": pl.UInt32, "target": pl.String, "weapon": pl.String},
    )
    return table.with_columns(p_barred({**TERM, **term}).alias("p"))["p"].to_list()


# The kinds


def test_every_kind_of_term_has_its_file_and_no_other_has():
    assert tuple(BY_KIND) == TERM_KINDS


@pytest.mark.parametrize("kind", TERM_KINDS)
def test_a_kind_of_term_is_told_to_people_and_its_acts_are_in_the_dictionary(kind):
    rule = BY_KIND[kind]
    told = rule.__doc__
    assert "It asks" in told and "It serves" in told and len(told.splitlines()) >= 6
    assert set(rule.ACTS) <= set(ACTS) and len(set(rule.ACTS)) == len(rule.ACTS)
    assert rule.applies.__doc__ and ">>>" in rule.p_barred.__doc__


@pytest.mark.parametrize(
    ("kind", "yes", "no", "open_"),
    [
        ("no_advance", ["assault", "control"], ["shelling", "presence", "works"], ["clash", "heat", "unspecified"]),
        (
            "separation",
            ["presence", "movement", "rotation", "works", "shelling", "clash", "control"],
            ["detention", "burning", "accident", "exchange"],
            ["damage", "unspecified"],
        ),
        ("no_reinforcement", ["reinforcement", "rotation", "works"], ["resupply", "redeployment"], ["movement"]),
        ("return_fire", ["small_arms", "clash", "air_strike"], ["works", "movement"], ["explosion", "heat"]),
        (
            "no_advantage",
            ["reinforcement", "resupply", "control", "assault", "works"],
            ["shelling", "rotation", "evacuation"],
            ["movement", "clash"],
        ),
        ("limitation", ["presence"], ["movement", "shelling"], ["unspecified"]),
    ],
)
def test_what_shows_it_what_does_not_and_what_leaves_it_open(kind, yes, no, open_):
    for words, answer in ((yes, 1.0), (no, 0.0), (open_, None)):
        assert barred([{"kind": word} for word in words], kind=kind) == [answer] * len(words), words


def test_a_text_that_names_its_acts_goes_before_the_usual_ones():
    rows = [{"kind": kind} for kind in ("reinforcement", "rotation", "works")]
    assert barred(rows, kind="no_reinforcement", acts=["reinforcement"]) == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("target", "kind", "named", "chance"),
    [
        ("monitors", "obstruction", NONE, 1.0), ("aid", "obstruction", NONE, 0.0), (NONE, "obstruction", NONE, NONE),
        ("aid", "obstruction", ["monitors", "aid"], 1.0), ("monitors", "small_arms", NONE, 0.0),
        ("monitors", "unspecified", NONE, NONE), ("aid", "unspecified", NONE, 0.0),
    ],
)  # fmt: skip
def test_monitors_are_meant_where_a_term_about_passage_names_nobody(target, kind, named, chance):
    assert barred([{"kind": kind, "target": target}], kind="freedom_of_movement", targets=named) == [chance]


def test_under_a_cap_one_that_is_seen_shows_nothing_and_without_one_it_does():
    rows = [{"kind": "presence", "weapon": weapon} for weapon in ("152 mm gun", "82 mm mortar", "gun", None)]
    guns = {"kind": "limitation", "calibre_from_mm": 100.0}
    assert barred(rows, **guns) == [1.0, 0.0, None, None]
    assert barred(rows, **guns, requires="guns: at most 20") == [None, 0.0, None, None]


def test_no_incident_bears_on_a_quota():
    assert barred([{"kind": kind} for kind in KINDS], kind="quota", acts=list(ACTS)) == [0.0] * len(KINDS)
    assert not BY_KIND["quota"].applies({**TERM, "acts": list(ACTS)})


def test_acts_that_have_to_be_told_of_are_asked_for_here_and_the_telling_elsewhere():
    rows = [{"kind": kind} for kind in ("works", "damage", "heat", "shelling")]
    assert barred(rows, kind="notification", acts=["works", "burning"]) == [1.0, None, None, 0.0]


def test_a_row_that_tells_no_kind_of_term_is_about_acts():
    assert barred([{"kind": "shelling"}], acts=["shelling"]) == [1.0]


def test_a_term_that_names_targets_and_weapons_wants_both_whatever_its_kind():
    rows = [{"kind": "shelling", "target": t, "weapon": w} for t in ("school", "energy", None) for w in ("D-30", None)]
    for kind in ("barred_acts", "protected_targets", "weapon_withdrawal", "return_fire"):
        found = barred(rows, kind=kind, acts=["shelling"], targets=["school"], weapons=["d-30"])
        assert found == [1.0, None, 0.0, 0.0, None, None], kind


# The words of acts


def test_a_collective_word_stands_for_its_acts_and_each_act_for_itself():
    assert set(ACT_WORDS) == {*ACTS, "armed", "movement"}
    assert ACT_WORDS["armed"] == ARMED and ACT_WORDS["movement"] == KINDS["movement"]
    assert all(ACT_WORDS[act] == (act,) for act in ACTS)
    assert barred_by(["movement", "rotation", "movement"]) == KINDS["movement"]
    with pytest.raises(KeyError):
        barred_by(["explosion"])


# The twin of it all: one incident at a time, in plain words


def twin(term: dict[str, Any], kind: str, target: str | None, weapon: str | None) -> float | None:
    name = term["kind"]
    rule = BY_KIND[name]
    if not rule.applies(term):
        return 0.0
    acts, may = set(term["acts"] or rule.ACTS), set(KINDS[kind])
    answers: list[float | None] = [1.0 if may <= acts else 0.0 if not may & acts else None]
    wanted = term["targets"] or (["monitors"] if name == "freedom_of_movement" else None)
    if wanted:
        answers.append(None if target is None else float(target in wanted))
    low, high = term["calibre_from_mm"], term["calibre_below_mm"]
    if term["weapons"] or low is not None or high is not None:
        answers.append(weapon_twin(weapon, term["weapons"] or [], low, high))
    if 0.0 in answers:
        return 0.0
    sure = all(answer == 1.0 for answer in answers) and not (name == "limitation" and term["requires"])
    return 1.0 if sure else None


def weapon_twin(weapon: str | None, words: list[str], low: float | None, high: float | None) -> float | None:
    """Of texts with one calibre at most, as `N mm` at their start."""
    if weapon is None:
        return None
    named = any(re.search(rf"(?<![^\W_]){re.escape(word)}s?(?![^\W_])", weapon.lower()) for word in words)
    measured = None
    if (low is not None or high is not None) and (found := re.match(r"(\d+) mm", weapon)):
        measured = (low or 0) <= float(found[1]) < (high or float("inf"))
    if named and measured is False:
        return None
    if named or measured:
        return 1.0
    return 0.0 if measured is False else None


TERMS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(TERM_KINDS),
        "acts": st.lists(st.sampled_from(ACTS), max_size=5, unique=True),
        "targets": st.none() | st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3, unique=True),
        "weapons": st.none() | st.lists(st.sampled_from(["d-30", "howitzer", "mortar"]), min_size=1, unique=True),
        "calibre_from_mm": st.none() | st.sampled_from([82.0, 100.0]),
        "calibre_below_mm": st.none() | st.sampled_from([120.0, 121.0]),
        "requires": st.sampled_from([None, "guns: at most 20"]),
    }
)
SEEN = st.tuples(
    st.sampled_from(sorted(KINDS)),
    st.none() | st.sampled_from(TARGETS),
    st.sampled_from(
        [None, "D-30", "82 mm mortar", "120 mm", "100 mm howitzers", "81 mm Mortar", "guns", "", "60 mm D-30"]
    ),
)


@given(TERMS, st.lists(SEEN, min_size=1, max_size=12), st.integers(0, 2**32))
def test_columns_say_what_a_plain_look_at_each_incident_says_in_whatever_order(term, seen, seed):
    def columns(rows: list[tuple[str, str | None, str | None]]) -> list[float | None]:
        return barred([{"kind": kind, "target": target, "weapon": weapon} for kind, target, weapon in rows], **term)

    wanted = [twin(term, *row) for row in seen]
    assert columns(seen) == wanted
    order = list(range(len(seen)))
    random.Random(seed).shuffle(order)
    assert columns([seen[n] for n in order]) == [wanted[n] for n in order]


NARROWER = [(wide, narrow) for wide in KINDS for narrow in KINDS if set(KINDS[narrow]) < set(KINDS[wide])]


@given(TERMS, st.sampled_from(NARROWER), st.sampled_from(TARGETS), st.sampled_from(["D-30", "82 mm", "120 mm"]))
def test_what_is_settled_stays_settled_when_more_is_told(term, kinds, target, weapon):
    """Kind made narrower, target told, weapon told: 0 stays 0, 1 stays 1, and only what was open changes."""
    before = {"kind": kinds[0]}
    for after in (
        {"kind": kinds[1]},
        {**before, "target": target},
        {**before, "weapon": weapon},
        {"kind": kinds[1], "target": target, "weapon": weapon},
    ):
        was, is_ = barred([before, after], **term)
        assert was is None or is_ == was


# Weapons and calibres


@pytest.mark.parametrize(
    ("said", "mm"),
    [
        ("122mm D-30", [122]), ("122 mm D-30", [122]), ("152-mm", [152]), ("152\u2011mm gun", [152]),
        ("122 MM", [122]), ("122 millimetres", [122]), ("122-millimeter", [122]), ("152 мм гаубица", [152]),
        ("10.5 cm", [105]), ("10,5cm gun", [105]), ("8-inch howitzer", [203.2]), ('5" naval gun', [127]),
        (".50 cal machine gun", [12.7]), ("7.62 mm", [7.62]), ("7,62 mm", [7.62]), ("5.45x39", [5.45]),
        # Cartridges: the bore, then the length of the case.
        ("30x165mm", [30]), ("30×165 mm", [30]), ("30 x 165 mm", [30]), ("30mm x 165mm", [30]), ("23x152mmB", [23]),
        ("12.7 x 108 mm", [12.7]), ("120x570mm", [120]), ("7.62х54R", [7.62]),
        # So many guns.
        ("2 x 122 mm", [122]), ("2x122mm howitzers", [122]), ("6 x 82 mm", [82]), ("120 mm x 2", [120]),
        # It can be read both ways.
        ("20 x 152 mm", [20, 152]), ("16x155mm", [16, 155]),
        # Several in one text.
        ("82 mm and 120 mm mortars", [82, 120]), ("60, 82 and 120 mm mortars", [60, 82, 120]),
        ("82/120 mm", [82, 120]), ("82-120 mm mortars", [82, 120]), ("100 mm gun + 30 mm cannon", [30, 100]),
        ("100 to 122 mm", [100, 122]), ("BM-21, 122 mm", [122]), ("BM 21 and 122 mm", [122]), ("T-72 125mm", [125]),
        # None at all.
        ("D-30", []), ("", []), ("2100 mm", []), ("2,100 mm", []), ("0.5 mm", []), ("122", []), ("60 km", []),
        ("155/52", []), ("4x4 lorry", []), ("mm 122", []), ("122 mmol", []),
        ("155 mm/52 cal", [155]), ("155 mm/52", [155]),
    ],
)  # fmt: skip
def test_the_calibre_of_a_weapon_is_read_as_sources_write_it(said, mm):
    assert calibres(pl.Series([said]))["mm"].item().to_list() == mm


@pytest.mark.parametrize(
    ("said", "chance"),
    [
        ("122mm D-30", 1.0), ("100 mm", 1.0), ("99.9 mm", 0.0), ("82 mm mortar", 0.0), ("2100 mm", NONE), ("D-30", NONE),
        ("30x165mm", 0.0), ("30 x 165 mm cannon", 0.0), ("20 x 152 mm", NONE), ("10.5 cm", 1.0), ("9 cm", 0.0),
        # All of them, or one of them.
        ("82 and 120 mm mortars", 1.0), ("82 or 120 mm mortar", NONE), ("82-120 mm mortars", NONE),
        ("120 or 152 mm", 1.0), ("60/82 mm", 0.0), ("100 mm gun, 30 mm cannon", 1.0),
        # Something is named beside.
        ("82 mm mortar, D-30", NONE), ("82 mm mortar (2B14)", 0.0), ("122 mm gun and small arms", 1.0),
        ("122 mm gun or small arms", NONE), ("82 mm mortar with tank", NONE),
        # The source does not know.
        ("possibly 122 mm", NONE), ("122 mm?", NONE), ("up to 120 mm", NONE), ("over 82 mm", NONE), ("not 122 mm", NONE),
        ("100 mm and over", NONE), ("100 mm+ artillery", NONE), ("likely 82 mm", NONE), ("at least 82 mm", NONE),
    ],
)  # fmt: skip
def test_a_calibre_is_inside_outside_or_nobody_knows(said, chance):
    assert p_calibre(pl.Series([said]), 100.0, None).to_list() == [chance]


@pytest.mark.parametrize(
    ("low", "high", "inside"),
    [(100.0, 120.0, [100, 119.9]), (None, 100.0, [82, 99.9]), (100.0, None, [100, 119.9, 120, 203])],
)
def test_from_is_included_and_below_is_not(low, high, inside):
    mm = [82, 99.9, 100, 119.9, 120, 203]
    found = p_calibre(pl.Series([f"{n} mm" for n in mm]), low, high).to_list()
    assert found == [float(n in inside) for n in mm]


@pytest.mark.parametrize(
    ("said", "chance"),
    [
        ("D-30", 1.0), ("122 mm D-30", 1.0), ("152 mm", 1.0), ("82 mm mortar", 0.0), ("howitzer", 1.0),
        ("75 mm howitzer", NONE),  # the name says yes and the calibre no
        ("mortar", NONE), (NONE, NONE), ("82 mm and 120 mm howitzers", 1.0),
    ],
)  # fmt: skip
def test_a_name_or_a_calibre_will_do_and_where_they_disagree_it_stays_open(said, chance):
    found = barred(
        [{"kind": "presence", "weapon": said}],
        kind="weapon_withdrawal",
        weapons=["d-30", "howitzer"],
        calibre_from_mm=100.0,
    )
    assert found == [chance]


@pytest.mark.parametrize(
    ("said", "chance"),
    [
        ("howitzers", 1.0), ("howitzer and mortar", 1.0), ("howitzer or D-30", 1.0), ("tank, howitzer", 1.0),
        ("no howitzers", NONE), ("howitzers were not seen", NONE), ("possibly howitzers", NONE), ("howitzer?", NONE),
        ("howitzer or mortar", NONE), ("artillery/howitzer", NONE), ("howitzer-like sound", NONE),
        ("no 122 mm howitzers", NONE), ("other than 122 mm", NONE), ("without 122 mm guns", NONE),
        ("heavier than 82 mm", NONE), ("calibre exceeding 82 mm", NONE), ("approx. 100 mm", NONE),
        ("82 mm mortars as well as artillery", NONE), ("82mm mortars alongside tanks", NONE),
        ("82 mm mortars. Artillery", NONE), ("82 mm mortars plus artillery", NONE), ("82 mm mortars", 0.0),
    ],
)  # fmt: skip
def test_a_weapon_that_is_taken_back_or_half_said_is_open_and_so_is_one_beside_another(said, chance):
    """A gun that nobody saw is not seen, and a small mortar does not clear what stood beside it."""
    rows = pl.DataFrame({"mask": [mask_of("presence")], "weapon": [said]})
    term = {"kind": "weapon_withdrawal", "acts": [], "weapons": ["howitzer", "d-30"], "calibre_from_mm": 100.0}
    assert rows.select(p_barred(term)).to_series().to_list() == [chance]


@pytest.mark.parametrize(
    ("said", "words", "chance"),
    [
        ("anti-tank missile", ["tank"], NONE), ("Anti tank gun", ["tank"], NONE), ("water tank", ["tank"], NONE),
        ("fuel tanks and a tank", ["tank"], 1.0), ("anti-tank gun", ["tank", "anti-tank gun"], 1.0),
        ("anti tank guns", ["Anti-tank gun"], 1.0), ("T-72 tank", ["tank"], 1.0),
    ],
)  # fmt: skip
def test_what_is_made_against_a_weapon_is_another(said, words, chance):
    assert barred([{"kind": "presence", "weapon": said}], kind="weapon_withdrawal", weapons=words) == [chance]


@given(st.floats(SMALLEST_MM, LARGEST_MM), st.sampled_from(["{} mm", "{}mm gun", "gun of {} mm", "{}-mm", "({} mm)"]))
def test_any_calibre_in_any_dress_is_read_to_the_hundredth(mm, dress):
    said = f"{mm:.2f}"
    assert calibres(pl.Series([dress.format(said)]))["mm"].item().to_list() == [float(said)]


@given(st.text(max_size=30))
def test_no_text_makes_it_fall_over(said):
    made = calibres(pl.Series([said]))
    assert made.height == 1 and made["text"].item() == said
    assert all(SMALLEST_MM <= mm <= LARGEST_MM for mm in made["mm"].item())


def test_each_weapon_text_is_looked_at_once_however_many_rows_say_it(monkeypatch):
    from trucewatch.assess.rules import weapon_class

    looked: list[int] = []
    real = weapon_class.p_calibre
    monkeypatch.setattr(weapon_class, "p_calibre", lambda texts, *of: (looked.append(len(texts)), real(texts, *of))[1])
    rows = [{"kind": "presence", "weapon": weapon} for weapon in ("122 mm", "82 mm", None) * 500]
    assert barred(rows, kind="weapon_withdrawal", calibre_from_mm=100.0) == [1.0, 0.0, None] * 500
    assert looked == [2]


# And the faults are seen


def test_a_kind_that_takes_what_is_open_for_a_yes_is_seen(monkeypatch):
    """Plant the fault: unknown counts as yes, and the twin and the rule about settling must both go red."""
    real = rules.p_barred
    monkeypatch.setitem(globals(), "p_barred", lambda term: real(term).fill_null(1.0))
    assert (
        barred([{"kind": "clash"}], kind="no_advance")
        == [1.0]
        != [twin({**TERM, "kind": "no_advance"}, "clash", None, None)]
    )
    was, is_ = barred([{"kind": "clash"}, {"kind": "shelling"}], kind="no_advance")
    assert was is not None and is_ != was
