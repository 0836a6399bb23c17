"""How far a weapon reaches: a table of words; what it does not know has no bound."""

from __future__ import annotations

import pytest
from sided import TABLE

from trucewatch.assess.motive import motives
from trucewatch.assess.ranges import ranges, reach_of
from trucewatch.base.errors import InputError


@pytest.mark.parametrize(
    ("said", "km"),
    [
        ("82 mm mortar", 9),
        ("82mm mortars", 9),
        ("82-mm Mortar", 9),
        ("mortar", 25),
        ("mortar fire", 25),
        ("120 mm mortar", 20),
        ("120 mm", 20),  # a mortar's or a tank's: the farther one
        ("120 mm tank gun", 15),
        ("122 mm D-30 howitzer", 30),
        ("122 mm", 60),
        ("BM-21 Grad", 60),
        ("heavy machine gun", 9),
        ("machine gun", 9),
        ("12.7 mm heavy machine gun", 8),
        ("small arms", 5),
        ("small arms and mortar", 25),
        ("small arms, heavy machine guns", 9),
        ("automatic grenade launcher", 8),
        ("tank", 15),
        ("artillery", 80),
    ],
)
def test_of_all_that_a_word_may_mean_the_farthest_counts(said, km):
    reach = reach_of(said, TABLE)
    assert reach is not None and reach.metres == km * 1000


@pytest.mark.parametrize(
    "said",
    [
        None, "", " , ", "thing", "mortar and drones", "mortar, thing", "MLRS", "122 mm rocket", "anti-tank guided missile",
        "82 mm drone bomb", "97 mm gun", "82 mm and 97 mm mortars", "82 and 120 mm thing", "upgraded", "1820 mm", "mm",
        "mortarlike", "guns of unknown kind; missiles",
    ],
)  # fmt: skip
def test_what_the_table_does_not_know_whole_has_no_bound(said):
    assert reach_of(said, TABLE) is None


@pytest.mark.parametrize(
    "said", ["possibly a mortar", "no mortar", "mortar?", "other than mortars", "mortar, unconfirmed"]
)
def test_what_is_only_half_said_has_no_bound(said):
    assert reach_of("mortar", TABLE) is not None
    assert reach_of(said, TABLE) is None


def test_a_class_without_a_calibre_reaches_as_far_as_any_of_its_words_with_one():
    for wide in TABLE.weapons:
        if wide.calibre_mm is None and wide.range_m is not None:
            for word in wide.words:
                found = reach_of(word, TABLE)
                assert found is None or found.metres >= max(w.range_m or 0 for w in TABLE.weapons if word in w.words), (
                    word
                )


def test_the_shipped_table_says_how_good_it_is_and_bounds_no_guided_weapon():
    assert TABLE.grade == "unchecked" and "general knowledge" in TABLE.source
    assert {w.range_m for w in TABLE.weapons if "missile" in w.words or "drone" in w.words} == {None}
    assert min(w.range_m for w in TABLE.weapons if w.range_m is not None) >= 3000


GOOD = "ranges: x\nsource: y\nweapons:\n  - {class: bow, words: [bow], range_m: 300}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "mine.yaml: is not a table of ranges; expected the fields ranges, source, grade, weapons"),
        ("- a", "mine.yaml: is not a table of ranges"),
        ("a: [", "mine.yaml, line 1: is not YAML"),
        ("ranges: x\nsource: y\n", "mine.yaml, line 1, weapons: names no weapons"),
        (GOOD.replace("source: y\n", ""), "mine.yaml, line 1, source: has no source"),
        (GOOD.replace("300", "far"), "mine.yaml, line 4, range_m: 'far' is not a number"),
        (GOOD.replace(", range_m: 300", ""), "mine.yaml, line 4, range_m: has no range_m; expected metres, or null"),
        (GOOD.replace("[bow]", "[]"), "mine.yaml, line 4, words: has no words"),
        (GOOD.replace("class: bow, ", ""), "mine.yaml, line 4, class: has no class"),
        (GOOD.replace("range_m", "range"), "mine.yaml, line 4: there is no field 'range'; did you mean 'range_m'?"),
        (GOOD + "grade: sure\n", "mine.yaml, line 5, grade: there is no grade 'sure'"),
    ],
)
def test_a_fault_of_the_table_is_one_clear_line(text, line):
    with pytest.raises(InputError) as wrong:
        ranges(text, "mine.yaml")
    assert str(wrong.value).startswith(line) and "\n" not in str(wrong.value)


FOUR = "{strategic: 0.25, retaliatory: 0.25, spoiling: 0.25, localized: 0.25}"
MOTIVE = f"motives: x\nsource: y\nprior: {FOUR}\nsigns:\n  no_party: {{likelihood: {FOUR}}}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "m.yaml: is not a table of motives; expected the fields motives"),
        (MOTIVE.replace("no_party", "no_part"), "m.yaml, line 5: there is no field 'no_part'; did you mean 'no_party'?"),
        (MOTIVE.replace("prior: {strategic: 0.25", "prior: {strategic: 0.5"), "m.yaml, line 3, prior: the chances add up to 1.25"),
        (MOTIVE.replace("likelihood: {strategic: 0.25", "likelihood: {strategic: 1"), "m.yaml, line 5, likelihood: does not give each"),
        (MOTIVE.replace("likelihood: {strategic: 0.25", "likelihood: {strategic: 0"), "m.yaml, line 5, likelihood: does not give each"),
        (MOTIVE.replace("likelihood: {strategic", "likelihood: {strategy"), "m.yaml, line 5: there is no motive 'strategy'; did you mean 'strategic'?"),
        (MOTIVE.replace("no_party: {", "near_talks: {"), "m.yaml, line 5, days: near_talks has no days"),
        (MOTIVE.replace("no_party: {", "near_talks: {days: 0, "), "m.yaml, line 5, days: near_talks has no days"),
        (MOTIVE[: MOTIVE.index("signs")], "m.yaml, line 1, signs: names no signs"),
        (MOTIVE + 'events: [{says: talks, at: "2030-05-01 12:00"}]\n', "m.yaml, line 6, at: the time '2030-05-01 12:00' has no zone"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_of_motives_is_one_clear_line(text, line):
    with pytest.raises(InputError) as wrong:
        motives(text, "m.yaml")
    assert str(wrong.value).startswith(line) and "\n" not in str(wrong.value)
