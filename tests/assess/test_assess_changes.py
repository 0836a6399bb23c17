"""What a revision changes, in plain words: whose obligations grew, shrank or moved. A lawyer could check each line."""

from __future__ import annotations

import pytest

from trucewatch.assess import agreement
from trucewatch.assess.changes import GREW, MOVED, SHRANK, changes, tally

BASE = """
agreement: truce
title: A truce
source: invented
form: mutual
parties: [{id: north, name: Northern Side}, {id: south, name: Southern Side}]
status: [{party: south, is: proposed, source: invented}]
when: {since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z"}
terms:
  - id: guns
    article: "1"
    kind: weapon_withdrawal
    says: Guns leave the zone.
    source: invented
    binds: [north]
    bars: {acts: [shelling], targets: [medical], calibre_mm: {from: 100}}
    where: {says: along the line, line: contact, zone_width_m: 50000}
    unless: [{says: fire in answer}]
  - id: ships
    article: "2"
    says: Ships are let in.
    source: invented
    binds: [south]
    requires: {what: fuel ships, unit: ships, at_least: 18, each: 2 months}
"""


def told(old: str, new: str) -> list[tuple[str, str | None, str]]:
    assert old in BASE
    made = changes(agreement(BASE, "old"), agreement(BASE.replace(old, new), "new"))
    return [(change.how, change.party, change.words) for change in made]


def test_an_agreement_compared_with_itself_says_nothing():
    assert changes(agreement(BASE), agreement(BASE)) == ()


CASES = [
    ("zone_width_m: 50000", "zone_width_m: 70000", GREW, "north", "25 km to each side before, 35 km now"),
    ("zone_width_m: 50000", "distance_a_side_m: 15000", SHRANK, "north", "25 km to each side before, 15 km now"),
    ("zone_width_m: 50000", "distance_a_side_m: 25000", None, None, None),
    ("line: contact", "line: old line", MOVED, "north", "measured from contact before, from old line now"),
    ("[shelling]", "[shelling, assault]", GREW, "north", "also barred now: assault"),
    ("[medical]", "[medical, school]", GREW, "north", "also protected now: school"),
    ("targets: [medical], ", "", GREW, "north", "only medical counted before, any target now"),
    ("{from: 100}", "{from: 82}", GREW, "north", "calibres from 100 mm before, from 82 mm now"),
    ("{from: 100}", "{from: 100, below: 200}", SHRANK, "north", "calibres below any before, below 200 mm now"),
    ("unless: [{says: fire in answer}]", "unless: []", GREW, "north", "excepted no longer: fire in answer"),
    ("binds: [north]", "binds: all", GREW, "south", "Southern Side is bound now"),
    ("at_least: 18", "at_least: 12", SHRANK, "south", "fuel ships: at least 18 before, 12 now"),
    ("each: 2 months", "each: 1 month", MOVED, "south", "owed before: fuel ships at least 18 ships each 2 months"),
    ("is: proposed", "is: accepted", MOVED, "south", "Southern Side: proposed before, accepted now"),
    ("form: mutual", "form: unilateral", MOVED, None, "the form was mutual and is unilateral"),
]


@pytest.mark.parametrize(("old", "new", "how", "party", "words"), CASES, ids=[case[1] or case[0] for case in CASES])
def test_each_change_says_whose_obligation_grew_shrank_or_moved(old, new, how, party, words):
    made = told(old, new)
    if how is None:
        assert made == []
    else:
        assert [(h, p) for h, p, _ in made] == [(how, party)]
        assert made[0][2].startswith(words)


@pytest.mark.parametrize(("old", "new", "how", "party", "words"), CASES, ids=[case[1] or case[0] for case in CASES])
def test_the_way_back_is_the_mirror_of_the_way_there(old, new, how, party, words):
    there, back = (agreement(text) for text in (BASE, BASE.replace(old, new)))
    mirror = {GREW: SHRANK, SHRANK: GREW}
    ahead = sorted((mirror.get(c.how, c.how), str(c.party)) for c in changes(there, back))
    assert ahead == sorted((c.how, str(c.party)) for c in changes(back, there))


def test_a_longer_truce_is_more_for_everybody_whom_it_binds_and_a_shift_is_neither():
    longer = agreement(BASE.replace('until: "2030-05-10', 'until: "2030-06-10'))
    assert tally(changes(agreement(BASE), longer)) == {"north": {GREW: 1}, "south": {GREW: 1}}
    later = BASE.replace("2030-05-10", "2030-07-10").replace("2030-04-10", "2030-06-10")
    shifted = [c for c in changes(agreement(BASE), agreement(later)) if c.term == "guns"]
    assert [c.how for c in shifted] == [MOVED]


def test_a_reading_that_a_party_takes_up_and_one_that_it_drops_are_both_told():
    read = BASE.replace(
        "    unless: [{says: fire in answer}]\n",
        "    unless: [{says: fire in answer}]\n    readings: {south: {source: x, binds: nobody}}\n",
    )
    ahead, back = (changes(agreement(a), agreement(b)) for a, b in ((BASE, read), (read, BASE)))
    assert [(c.reading, c.words) for c in ahead] == [("south", "Southern Side reads it otherwise now, in: binds")]
    assert [(c.reading, c.words) for c in back] == [("south", "Southern Side has no reading of its own any more")]


def test_a_term_that_is_new_is_more_and_one_that_is_dropped_is_less_for_those_it_binds():
    short = BASE[: BASE.index("  - id: ships")]
    assert [(c.how, c.party) for c in changes(agreement(short), agreement(BASE))] == [(GREW, "south")]
    assert [(c.how, c.party) for c in changes(agreement(BASE), agreement(short))] == [(SHRANK, "south")]
