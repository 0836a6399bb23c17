"""When an agreement as a whole is in force, by reading, and where rivals overlap."""

from __future__ import annotations

from assessed import SMALL, parsed, small

from trucewatch.assess import TEXT, agreement
from trucewatch.assess.whens import overlaps, whole

WHEN = 'when: {since: "2020-05-01 00:00Z", until: "2020-05-03 00:00Z"}\n'
LATER = '\n      south: {source: x, until: "2020-07-01 00:00Z"}'


def told(spans) -> list[tuple[str | None, str | None]]:
    return [tuple(at and at.strftime("%m-%d %H:%M") for at in (span.start, span.end)) for span in spans]


def test_an_agreement_says_itself_when_it_is_in_force_or_its_terms_do():
    assert told(whole(parsed())[TEXT].may) == [("05-01 00:00", "06-01 00:00")]
    assert told(whole(agreement(WHEN + SMALL, "a.yaml"))[TEXT].may) == [("05-01 00:00", "05-03 00:00")]


def test_where_only_terms_say_when_each_reading_has_the_time_of_any_term():
    second = (
        SMALL[SMALL.index("  - id: quiet") :]
        .replace("quiet", "second")
        .replace("05-01", "08-01")
        .replace("06-01", "09-01")
    )
    made = whole(agreement(small(readings=LATER) + second, "a.yaml"))
    assert list(made) == [TEXT, "south"]
    assert (
        told(made[TEXT].may)
        == told(made[TEXT].sure)
        == [("05-01 00:00", "06-01 00:00"), ("08-01 00:00", "09-01 00:00")]
    )
    assert told(made["south"].may) == [("05-01 00:00", "07-01 00:00"), ("08-01 00:00", "09-01 00:00")]


def test_what_is_open_under_one_term_is_open_as_a_whole_and_what_is_lacking_is_kept():
    second = SMALL[SMALL.index("  - id: quiet") :].replace("quiet", "second").replace('"2020-06-01 00:00Z"', "%s")
    for end, ends, lacks in (("open", "open", ()), ("unknown", "unknown", ("when it ends",))):
        made = whole(agreement(SMALL + second % end, "a.yaml"))[TEXT]
        assert (made.ends, made.lacks, told(made.may)) == (ends, lacks, [("05-01 00:00", None)])


def test_rivals_overlap_where_both_may_be_in_force_by_each_reading():
    one = whole(parsed(readings=LATER))
    other = whole(parsed(since='"2020-05-20 00:00Z"', until='"2020-06-20 00:00Z"'))
    assert [(who, *told([span])) for who, span in overlaps(one, other)] == [
        (TEXT, ("05-20 00:00", "06-01 00:00")),
        ("south", ("05-20 00:00", "06-20 00:00")),
    ]
    assert overlaps(one, other) == overlaps(other, one)


def test_one_that_ends_as_the_other_begins_does_not_overlap_it():
    assert overlaps(whole(parsed()), whole(parsed(since='"2020-06-01 00:00Z"', until="open"))) == []
