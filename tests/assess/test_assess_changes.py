"""What a revision changes, in plain words: whose obligations grew, shrank or moved. A lawyer could check each line."""

from __future__ import annotations

import pytest

from trucewatch.assess import agreement
from trucewatch.assess.changes import GREW, MOVED, SHRANK, WORDS, Change, changes, tally

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
    # A name or a calibre will do, so that a name beside a calibre is more and not less.
    (
        "calibre_mm: {from: 100}",
        "calibre_mm: {from: 100}, weapons: [howitzer]",
        GREW,
        "north",
        "also meant now: howitzer",
    ),
    ("calibre_mm: {from: 100}", "weapons: [howitzer]", None, "north", None),
    (", calibre_mm: {from: 100}", "", GREW, "north", "only calibres from 100 mm counted before, any weapon now"),
    ("{from: 100}", "{from: 0}", GREW, "north", "calibres from 100 mm before, from 0 mm now"),
    (
        "    binds: [north]\n",
        "    binds: [north]\n    toward: [south]\n",
        MOVED,
        "north",
        "owed to nobody named before, to Southern Side now",
    ),
    ("each: 2 months}", "each: 2 months, at_once: false}", None, None, None),
    (
        ", each: 2 months}",
        ", at_once: true}",
        MOVED,
        "south",
        "owed before: fuel ships at least 18 ships each 2 months; owed now: fuel ships at least 18 ships at any one time",
    ),
    (
        "[{says: fire in answer}]",
        "[{says: fire in answer, within: 30 min}]",
        GREW,
        "north",
        "the exception is narrower now: fire in answer",
    ),
    (
        "[{says: fire in answer}]",
        "[{says: fire in answer, acts: [shelling], parties: [north]}]",
        GREW,
        "north",
        "the exception is narrower now",
    ),
    (
        "[{says: fire in answer}]",
        "[{says: fire in answer, clears: false}]",
        GREW,
        "north",
        "a remark now, no exception: fire in answer",
    ),
    (
        "is: proposed, source: invented}]",
        "is: proposed, source: invented}, {party: north, is: accepted, source: invented}]",
        MOVED,
        "north",
        "Northern Side: nothing told before, accepted now",
    ),
    (
        "form: mutual",
        "form: mutual\nothers: true",
        MOVED,
        None,
        "armed groups that are no party: not told of before, told of now",
    ),
    (
        "form: mutual",
        "form: mutual\nreporting_day: {begins: '19:30', zone: UTC}",
        MOVED,
        None,
        "the reporting day began at midnight before, begins at 19:30 (UTC) now",
    ),
    (
        "form: mutual",
        "form: mutual\numbrella: [{name: Allies, of: [north, south]}]",
        MOVED,
        None,
        "the name Allies stands for Northern Side, Southern Side now",
    ),
    (
        "name: Southern Side}",
        "name: Southern Side, also: [Southerners]}",
        MOVED,
        "south",
        "Southern Side: was told by no other names, is told by Southerners now",
    ),
    ('article: "2"', 'article: "3"', WORDS, None, "the article was 2 and is 3"),
    (
        "says: along the line",
        "says: along the whole line",
        WORDS,
        None,
        "the ground was told as: along the line Is told as: along the whole line",
    ),
]


@pytest.mark.parametrize(("old", "new", "how", "party", "words"), CASES, ids=[case[1] or case[0] for case in CASES])
def test_each_change_says_whose_obligation_grew_shrank_or_moved(old, new, how, party, words):
    made = told(old, new)
    if words is None:
        assert [(h, p) for h, p, _ in made] == ([] if party is None else [(GREW, party), (SHRANK, party)])
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


def of(told: tuple[Change, ...], term: str = "guns") -> list[tuple[str, str | None]]:
    return [(change.how, change.party) for change in told if change.term == term and change.reading == "text"]


WHENS = [
    ('since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z", pauses: [{since: "2030-04-11 00:00Z", until: "2030-04-12 00:00Z"}]', SHRANK),
    ('since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z", extensions: [{since: "2030-05-11 00:00Z", until: "2030-05-12 00:00Z"}]', GREW),
    ('since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z", windows: {from: "09:00", to: "17:00", zone: UTC}', SHRANK),
    ('since: "2030-06-10 00:00Z", until: open', MOVED),
    ('since: "2030-04-10 00:00Z", until: open', GREW),
    ('since: "2030-04-10 00:00Z", until: unknown', MOVED),
    ('since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z", pauses: [{since: "2030-04-01 00:00Z", until: open}]', SHRANK),
    ('since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z", release: {invoked: [{by: south, at: "2030-04-20 00:00Z"}]}', MOVED),
]  # fmt: skip


@pytest.mark.parametrize(("when", "how"), WHENS)
def test_another_time_is_more_where_it_holds_the_former_and_less_where_that_holds_it_and_so_is_the_way_back(when, how):
    old, new = agreement(BASE), agreement(BASE.replace('since: "2030-04-10 00:00Z", until: "2030-05-10 00:00Z"', when))
    whose = "south" if "release" in when else "north"
    assert of(changes(old, new)) == [(how, whose)]
    assert of(changes(new, old)) == [({GREW: SHRANK, SHRANK: GREW}.get(how, how), whose)]


def test_a_ring_of_the_same_ground_is_not_more_of_it_and_its_edge_is_told():
    ring = "polygon: {crs: OGC:CRS84, ring: [[1, 1], [2, 1], [2, 2]]}"
    line = "line: contact, zone_width_m: 50000"
    one, other = (agreement(BASE.replace(line, ring + more)) for more in ("", ", edge_m: 500"))
    assert of(changes(one, other)) == of(changes(other, one)) == [(MOVED, "north")]
    twice = agreement(BASE.replace(line, ring.replace("[2, 1]", "[2, 1], [2, 1]")))
    assert of(changes(one, twice)) == of(changes(twice, one)) == [(MOVED, "north")]


def test_an_article_that_became_two_has_no_one_term_that_it_was():
    """Found: the first of the two was taken for the former one on the way there, and none of them on the way back."""
    guns = BASE[BASE.index("  - id: guns") : BASE.index("  - id: ships")]
    two = BASE.replace(guns, guns.replace("id: guns", "id: guns-a") + guns.replace("id: guns", "id: guns-b"))
    ahead, back = changes(agreement(BASE), agreement(two)), changes(agreement(two), agreement(BASE))
    assert sorted((c.how, c.term) for c in ahead) == [(GREW, "guns-a"), (GREW, "guns-b"), (SHRANK, "guns")]
    assert sorted((c.how, c.term) for c in back) == [(GREW, "guns"), (SHRANK, "guns-a"), (SHRANK, "guns-b")]


NOTICE = BASE.replace(
    "requires: {what: fuel ships, unit: ships, at_least: 18, each: 2 months}",
    "kind: notification\n    requires: {what: notice, of: [works], before: 48 h}",
)


def test_an_earlier_notice_is_more_and_a_notice_of_more_acts_is_told_by_name():
    longer = agreement(NOTICE.replace("48 h", "72 h"))
    assert of(changes(agreement(NOTICE), longer), "ships") == [(GREW, "south")]
    assert of(changes(longer, agreement(NOTICE)), "ships") == [(SHRANK, "south")]
    more = changes(agreement(NOTICE), agreement(NOTICE.replace("[works]", "[works, movement]")))
    assert any("owed now: notice before " in change.words for change in more)


def test_another_agreement_that_begins_later_is_not_less_for_that_and_a_later_start_of_the_same_one_is():
    """Found: of measures of 2020 that carried on a ceasefire of 2019, each was told to have shrunk by a year."""
    ends = BASE.replace('until: "2030-05-10 00:00Z"', "until: open")
    later = ends.replace("2030-04-10", "2031-04-10")
    assert of(changes(agreement(ends), agreement(later))) == [(SHRANK, "north")]
    other = agreement(later.replace("agreement: truce", "agreement: renewed"))
    assert of(changes(agreement(ends), other)) == of(changes(other, agreement(ends))) == [(MOVED, "north")]


def test_two_agreements_count_their_articles_each_for_itself_so_a_term_goes_by_what_it_bars_there():
    """Article 2 of one may be about ships, and of the other about guns."""
    other = BASE.replace("agreement: truce", "agreement: later").replace("id: guns", "id: weapons")
    other = other.replace("id: ships", "id: port").replace('article: "1"', 'article: "9"').replace('"2"', '"1"')
    other = other.replace('"9"', '"2"').replace("50000", "70000").replace("at_least: 18", "at_least: 12")
    made = changes(agreement(BASE), agreement(other))
    assert {(c.term, c.how) for c in made if c.how != WORDS} == {("weapons", GREW), ("port", SHRANK)}
    unlike = other.replace("what: fuel ships", "what: grain ships").replace("[medical]", "[school]")
    dropped = {(c.term, c.how) for c in changes(agreement(BASE), agreement(unlike))}
    assert dropped == {("weapons", GREW), ("port", GREW), ("guns", SHRANK), ("ships", SHRANK)}
