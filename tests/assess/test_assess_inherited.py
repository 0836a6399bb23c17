"""Whose times a term has: its own, the agreement's, and those of whoever reads either in another way."""

from __future__ import annotations

from datetime import datetime

from assessed import SMALL

from trucewatch.assess import agreement

HEAD = SMALL[: SMALL.index("    since:")]
WHOLE = 'when: {since: "2020-05-01 00:00Z", until: {for: 60 days}%s}\n'
NORTH = 'readings: {north: {source: x, when: {since: "2020-05-02 00:00Z", until: {for: 10 days}}}}\n'
INVOKED = ', release: {says: x, invoked: [{by: south, at: "2020-05-20 00:00Z", source: a letter, grade: party}]}'


def read(text: str) -> dict[str, tuple[str, str | None]]:
    """Reading -> from, until, of the one term."""
    readings = agreement(text, "a").terms[0].readings
    day = lambda at: at and f"{at:%m-%d}"  # noqa: E731
    return {reading.who: (day(reading.since), day(reading.until)) for reading in readings}


def freed(text: str) -> dict[str, list[tuple[str, datetime, bool]]]:
    return {
        r.who: [(f.party, f"{f.at:%m-%d}", f.sure) for f in r.freed] for r in agreement(text, "a").terms[0].readings
    }


def test_a_term_that_begins_later_ends_with_the_agreement():
    """Found: 60 days were counted from the term's own start, so that it outlived the agreement by ten."""
    text = WHOLE % "" + HEAD + '    since: "2020-05-11 00:00Z"\n'
    assert read(text) == {"text": ("05-11", "06-30")}
    longer = WHOLE % ", extensions: [{until: {for: 10 days}}]" + HEAD + '    since: "2020-05-11 00:00Z"\n'
    assert read(longer) == {"text": ("05-11", "07-10")}


def test_a_reading_that_has_it_begin_later_keeps_its_length():
    text = WHOLE % "" + HEAD + '    readings: {north: {source: y, since: "2020-05-11 00:00Z"}}\n'
    assert read(text) == {"text": ("05-01", "06-30"), "north": ("05-11", "07-10")}


def test_what_hangs_on_the_start_of_the_agreement_hangs_on_the_start_that_the_reading_has():
    text = WHOLE % "" + NORTH + HEAD + "    since: {event: start, plus: 24 h}\n    until: {event: start, plus: 48 h}\n"
    assert read(text) == {"text": ("05-02", "05-03"), "north": ("05-03", "05-04")}
    assert agreement(text, "a").terms[0].readings[1].differs == "start"
    fixed = WHOLE % "" + NORTH + HEAD + '    since: "2020-05-05 00:00Z"\n    until: open\n'
    assert read(fixed) == {"text": ("05-05", None)}


def test_a_party_that_invoked_a_release_clause_is_free_under_its_own_reading_though_nobody_gave_it_one():
    text = WHOLE % INVOKED + HEAD
    assert freed(text) == {"text": [("south", "05-20", False)], "south": [("south", "05-20", True)]}
    south = agreement(text, "a").terms[0].readings[1]
    assert (south.differs, south.source, south.grade) == ("release", "a letter", "party")


def test_a_release_clause_stays_where_a_reading_or_a_term_has_another_when():
    south = NORTH.replace("north", "south")
    own = '    when: {since: "2020-05-03 00:00Z", until: open}\n'
    both = {"text": [("south", "05-20", False)], "south": [("south", "05-20", True)]}
    assert freed(WHOLE % INVOKED + south + HEAD) == both
    assert freed(WHOLE % INVOKED + HEAD + own) == both
    none = own.replace("open}", "open, release: {says: none}}")
    assert freed(WHOLE % INVOKED + HEAD + none) == {"text": []}
