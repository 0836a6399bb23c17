"""An agreement's file with several things wrong: each is told, at its own line and field, and nothing that is right is."""

from __future__ import annotations

import re

import pytest
from assessed import ROOT, SMALL, small

from trucewatch.assess import agreement
from trucewatch.base.errors import InputError

EXAMPLE = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/agreements.md").read_text(), re.DOTALL)[0]


def faults(text: str) -> list[str]:
    """`line, field: what` of each fault of a text."""
    try:
        agreement(text, "a")
    except InputError as wrong:
        return [str(part).removeprefix("a, ") for part in getattr(wrong, "faults", [wrong])]
    return []


def begins(text: str, *lines: str) -> None:
    told = faults(text)
    assert len(told) == len(lines), told
    for found, line in zip(told, lines, strict=True):
        assert found.startswith(line), told


def at(text: str) -> str:
    """The line of the page's example that holds a text."""
    (line,) = (n for n, line in enumerate(EXAMPLE.splitlines(), 1) if text in line)
    return f"line {line}"


def changed(old: str, new: str) -> str:
    assert EXAMPLE.count(old) == 1, old
    return EXAMPLE.replace(old, new)


TWO = [
    (small(since="2020-05-01", until="never"), "line 15, since: the time", "line 16, until: cannot read the time"),
    (small(binds="[nord, sud]"), "line 12, binds: there is no party 'nord'", "line 12, binds: there is no party 'sud'"),
    (small(bars="{acts: [shellin], targets: [energi]}"), "line 13, acts: there is no act", "line 13, targets: there is no target"),
    (small(unless="[{article: x}, {says: y, acts: [exchang]}]"), "line 17, says: has no says", "line 17, acts: there is no act 'exchang'"),
    (small(unless="[{says: y, acts: [exchang], within: soon}]"), "line 17, acts: there is no act", "line 17, within: 'soon' is not"),
    (small(requires="{what: x, at_least: few, each: moon}"), "line 17, at_least: 'few' is not", "line 17, each: 'moon' is not"),
    (small(where="{line: x}"), "line 14, line: a zone along a line needs", "line 14, says: has no says"),
    (small(where="{polygon: [[1, 1], [2, 1], [2, 2]]}"), "line 14, polygon: polygon is not a mapping; expected crs: OGC:CRS84, and ring:", "line 14, says: has no says"),
    (small(where="{says: x, polygon: {ring: [[1, 1], [2, 1]]}}"), "line 14, crs: the zone has no CRS", "line 14, ring: the zone is not a ring"),
    ('reporting_day: {begins: "25:00", zone: Mars/Base}\n' + SMALL, "line 1, begins: '25:00' is not", "line 1, zone: there is no time zone"),
    ("status: [{party: nord, is: agreed, source: x}]\n" + SMALL, "line 1, is: there is no status", "line 1, party: there is no party"),
    ("umbrella: [{name: A, of: [north]}, {name: B, of: [nord, south]}]\n" + SMALL, "line 1, of: 'A' stands for fewer", "line 1, of: there is no party 'nord'"),
    ("events: [{id: a, says: x, at: noon}, {id: b, says: y, at: [1]}]\n" + SMALL, "line 1, at: [1] is not a time", "line 1, at: cannot read the time"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "one", "other"), TWO, ids=[one.split(":")[0] + other for _, one, other in TWO])
def test_two_faults_of_one_place_are_both_told(text, one, other):
    told = sorted(faults(text))
    assert len(told) == 2, told
    assert told[0].startswith(min(one, other)) and told[1].startswith(max(one, other)), told


def test_both_ends_of_a_when_and_of_its_pauses_are_told():
    text = changed("{for: 2 months}", "{for: 2 moons}").replace('since: "2020-05-24 00:00 Asia/Aden"', "since: dawn")
    told = faults(text)
    assert [line.split(":")[0].split(", ")[1] for line in told] == ["for", "since"], told


def test_an_event_that_is_wrong_is_one_fault_and_what_hangs_on_it_is_none():
    text = changed("at: unknown", "at: soon").replace(
        'since: "2020-05-15 00:00 Asia/Aden"', "since: {event: guns-gone}"
    )
    assert len(told := faults(text)) == 1 and ", at: cannot read the time" in told[0], told


def test_a_party_that_is_wrong_is_one_fault_and_not_one_for_each_place_that_names_it():
    begins(SMALL.replace("name: Southland", "name: norland"), "line 4, parties: the name 'norland' stands for two")
    assert faults(SMALL.replace("  - {id: south, name: Southland}\n", "").replace("binds: all", "binds: [north]")) == [
        "line 4, parties: has fewer than two parties; expected each side by its own formal name"
    ]
    without = SMALL.replace("parties:", "partys:").replace("binds: all", "binds: [north]")
    begins(without, "line 1, parties: has fewer", "line 4: there is no field 'partys'")


def test_a_kind_or_a_debt_that_is_wrong_is_one_fault():
    begins(changed("kind: quota", "kind: quoto"), f"{at('kind: quota')}, kind: there is no kind of term 'quoto'")
    begins(changed("at_least: 18, each", "each"), f"{at('fuel ships,')}, what: does not say how many")
    begins(
        changed("unit: ships, at_least: 18", "unit: ships, at_least: many"),
        f"{at('fuel ships,')}, at_least: 'many' is not",
    )


def test_two_terms_without_an_id_do_not_stand_twice():
    text = SMALL.replace("  - id: quiet\n    article", "  - article")
    text += text[text.index("  - article") :]
    begins(text, "line 8, id: has no id", "line 16, id: has no id")


NOT = [
    (small(toward="false"), "line 17, toward: toward is not a list of words"),
    (small(unless='""'), "line 17, unless: unless is not a list of mappings"),
    ("events: 0\n" + SMALL, "line 1, events: events is not a list of mappings"),
    (small(bars='{acts: [armed], weapons: [""]}'), "line 13, weapons: weapons is not a list of words"),
    (small(unless="[{says: x, article: 2.10}]"), "line 17, article: 2.1 is not a text; expected quotes"),
    (small(unless="[{says: x, article: [a]}]"), "line 17, article: has no article"),
    (small(where="{says: x, everywhere: true, line: ''}"), "line 14, where: does not say where it holds"),
    (small(where="{says: x, role: y, toward: [1, 1]}"), "line 14, toward: only a line has sides"),
    ('reporting_day: {begins: "19:30 Europe/Kyiv", zone: UTC}\n' + SMALL, "line 1, begins: '19:30 Europe/Kyiv' is not a time of day"),
    ('reporting_day: {begins: "19:30:15", zone: UTC}\n' + SMALL, "line 1, begins: '19:30:15' is not a time of day"),
    ('reporting_day: {begins: "19:30", zone: Mars}\n' + SMALL, "line 1, zone: there is no time zone 'Mars'"),
    ('signed: "2020-04-30 12:00 Asia/Adn"\n' + SMALL, "line 1, signed: there is no time zone 'Asia/Adn'"),
    ('signed: "2020-04-30 12:00"\n' + SMALL, "line 1, signed: the time '2020-04-30 12:00' has no zone"),
    ("when: {windows: []}\n" + SMALL, "line 1, windows: there is no window"),
    (changed("each: 1 month, unless: a party gives notice, source: \"The sheet, article 9\", grade: text", "each: 1 month, grade: txt"), f"{at('renews:')}, grade: there is no grade 'txt'"),
    (changed("source: The minister, grade: party}]}\nreadings", "source: [a], grade: party}]}\nreadings"), f"{at('release:')}, source: has no source"),
    (changed("says: a burial", "says: 1.5"), f"{at('a burial')}, says: 1.5 is not a text"),
    (changed("says: prolonged once", "says: []"), f"{at('prolonged once')}, says: has no says"),
    (changed('article: "8", invoked', "article: 8.10, invoked"), f"{at('release:')}, article: 8.1 is not a text"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), NOT, ids=[line[:70] for _, line in NOT])
def test_what_is_not_what_it_should_be_is_refused_and_told_once(text, line):
    begins(text, line)


def test_a_ring_that_crosses_itself_and_a_crs_that_there_is_not_are_told_with_their_lines_among_the_others():
    square, bow = "ring: [[44.0, 15.0], [44.4, 15.0], [44.4, 15.3]", "ring: [[44.0, 15.0], [44.4, 15.3], [44.4, 15.0]"
    begins(changed(square, bow), f"{at('ring:')}, ring: the zone's ring crosses itself")
    begins(
        changed("crs: OGC:CRS84", "crs: OGC:CRS48"), f"{at('crs:')}, crs: there is no CRS 'OGC:CRS48'; expected a name"
    )
    both = changed(square, bow).replace("crs: OGC:CRS84", "crs: OGC:CRS48").replace("until: open", "until: opne")
    begins(
        both,
        f"{at('until: open')}, until: cannot read",
        f"{at('crs:')}, crs: there is no CRS",
        f"{at('ring:')}, ring: the zone's ring",
    )


GROUNDS = [
    ("path: {points: [[38, 48], [38, 49]]}, distance_a_side_m: 9, toward: [38, 48.5]", "toward: lies on the path"),
    ("polygon: {crs: EPSG:32637, ring: [[0, 0], [5, 5], [0, 0]]}", "ring: the zone's ring crosses itself"),
    ("polygon: {crs: EPSG:32637, ring: [[0, 0], [5, 0], [99999999, 5]]}", "ring: the zone leaves the globe"),
    (
        "polygon: {crs: OGC:CRS84, ring: [[0, 0], [5, 0], [5, 5]], holes: [[[9, 9], [10, 9], [9, 10]]]}",
        "ring: the zone's",
    ),
    ("path: {crs: EPSG:999999, points: [[1, 1], [2, 2]]}, zone_width_m: 9", "crs: there is no CRS 'EPSG:999999'"),
]


@pytest.mark.parametrize(("ground", "what"), GROUNDS)
def test_a_ground_that_there_cannot_be_is_told_with_its_line(ground, what):
    begins(small(where=f"{{says: x, {ground}}}"), f"line 14, {what}")


def test_a_party_without_an_id_a_list_that_is_none_and_a_moment_of_no_such_name_are_one_fault_each():
    begins(SMALL.replace("{id: south, name", "{name").replace("binds: all", "binds: [south]"), "line 6, id: has no id")
    begins(SMALL[: SMALL.index("terms:")] + "terms: none\n", "line 7, terms: terms is not a list of mappings")
    begins("umbrella: [{name: Both, of: both}]\n" + SMALL, "line 1, of: of is not a list of words")
    begins(small(since="{dya: x}"), "line 15: there is no field 'dya'")


@pytest.mark.parametrize(
    "since",
    [
        '"0001-01-01 00:00Z"',
        '{between: ["0001-01-02 00:00Z", "2020-01-01 00:00Z"]}',
        '{day: "0001-05-01", zone: UTC}',
        "{event: e, plus: 7999 years}",
    ],
)
def test_a_time_at_the_edge_of_the_calendar_is_refused_for_no_clock_shows_it(since):
    """Found: `agreement show` fell over the year 9999 in a zone east of Greenwich, and year 1 was no bound at all."""
    told = faults('events: [{id: e, says: x, at: "2000-01-01 00:00Z"}]\n' + small(since=since, until="open"))
    assert len(told) == 1 and told[0].startswith("line 16, ") and "lies at the edge of the calendar" in told[0], told


SAME = [
    ("[{id: north}]", "line 1, id: the mediator 'north' is a party or a mediator already"),
    ("[{id: osce}, {id: osce}]", "line 1, id: the mediator 'osce' is a party or a mediator already"),
    ("[{id: text}]", "line 1, id: the mediator 'text' is a party or a mediator already"),
]


@pytest.mark.parametrize(("mediators", "line"), SAME)
def test_a_mediator_who_is_somebody_else_already_is_a_fault(mediators, line):
    """Found: a mediator with a party's id gave each term two readings of one name."""
    begins(f"mediators: {mediators}\n" + SMALL, line)


def test_a_duty_to_notify_says_of_what():
    """Found: without it the term was never held against anything, and nobody was told."""
    notify = small(bars="{}").replace("    bars: {}\n", "    kind: notification\n")
    begins(notify + "    requires: {what: notices, at_least: 1}\n", "line 17, of: does not say of what acts")
    assert faults(notify + "    requires: {what: notices, of: [works]}\n") == []
    begins(notify + "    requires: {what: notices, of: [wrks]}\n", "line 17, of: there is no act 'wrks'")


def test_where_the_parties_cannot_be_read_all_other_faults_still_come():
    """Found: no fault of a title, a status or a count was told before the parties were right."""
    text = (
        changed("parties:\n", "partys:\n")
        .replace("title: Truce", "titel: Truce")
        .replace("grade: party}\nnotes", "grade: x}\nnotes")
    )
    begins(text, "line 1, parties: has fewer", "line 1, title: has no title", "line 2: there is no field 'titel'",
           "line 12: there is no field 'partys'", f"{at('id: south-may')}, grade: there is no grade 'x'")  # fmt: skip
