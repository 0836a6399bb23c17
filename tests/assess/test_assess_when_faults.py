"""Every fault of a time says where it stands and what was expected."""

from __future__ import annotations

import pytest

from trucewatch.assess.when import Known, freed, parse_events, parse_when
from trucewatch.base.document import document
from trucewatch.base.errors import AgreementError, InputError, UnknownName

START = 'since: "2020-05-01 00:00Z"\nuntil: '
FAULTS = [
    ("since: 20200501", "a.yaml, line 1, since: 20200501 is not a time; expected text, as"),
    ("since: open", "a.yaml, line 1, since: cannot read the time 'open'"),
    ('since: "2020-05-01 00:00"', "a.yaml, line 1, since: the time '2020-05-01 00:00' has no zone"),
    ('since: "2020-05-01 00:00 MSK"', "a.yaml, line 1, since: the time '2020-05-01 00:00 MSK' tells its zone by letters, which may stand for several (MSK); expected the zone by its IANA name"),
    ("since: {dya: x}", "a.yaml, line 1: there is no field 'dya'; did you mean 'day'?"),
    ('since: {day: "2020-05-01", event: a}', "a.yaml, line 1, since: {'day': '2020-05-01', 'event': 'a'} is not one way to say when; expected a time"),
    ('since: {day: "2020-05-01"}', "a.yaml, line 1, zone: has no zone; expected the zone whose day"),
    ('since: {day: "2020-05-32", zone: UTC}', "a.yaml, line 1, day: there is no day '2020-05-32'"),
    ('since: {day: "2020-05", zone: UTC}', "a.yaml, line 1, day: '2020-05' is not a day; expected year-month-day"),
    ('since: {day: "2020-05-01", zone: Mars/Base}', "a.yaml, line 1, zone: there is no time zone 'Mars/Base'"),
    ('since: {day: "2020-05-01", zone: UTC, included: maybe}', "a.yaml, line 1, included: 'maybe' is neither true, false nor unknown"),
    ("since: {event: withdrawl}", "a.yaml, line 1, event: there is no event 'withdrawl'; did you mean 'withdrawal'?"),
    ("since: {event: start}", "a.yaml, line 1, event: the agreement has no start of its own; expected a `when`"),
    ("since: {event: withdrawal, plus: 2 moons}", "a.yaml, line 1, plus: '2 moons' is not a length of time: there is no unit 'moons'; expected"),
    ('since: {between: ["2020-05-02 00:00Z"]}', "a.yaml, line 1, between: ['2020-05-02 00:00Z'] is not two times"),
    ('since: {between: ["2020-05-02 00:00Z", "2020-05-01 00:00Z"]}', "a.yaml, line 1, between: '2020-05-01 00:00Z' is before"),
    ("since: {for: 30 h}", "a.yaml, line 1, for: only an end can be so long after its start"),
    (START + "{for: 0 h}", "a.yaml, line 2, for: '0 h' is no time at all"),
    (START + "{for: 1.5 h}", "a.yaml, line 2, for: '1.5 h' is not a length of time; expected a whole number"),
    (START + "{for: 9000 years}", "a.yaml, line 2, for: so long after it lies outside the calendar"),
    (START + '{agreed: "2020-05-02 00:00Z", actual: unknown}', "a.yaml, line 2, agreed: only a start is agreed"),
    ('since: {agreed: "2020-05-02 00:00Z"}', "a.yaml, line 1: has no actual; expected agreed, and actual"),
    (START + '"2020-05-01 00:00Z"', "a.yaml, line 2, until: the term ends (2020-05-01T00:00:00+00:00) before it starts"),
    (START + "open\nextensions: [{until: {for: 1 h}}]", "a.yaml, line 3, until: what has no end cannot be extended"),
    (START + '"2020-05-09 00:00Z"\nextensions:\n  - until: "2020-05-08 00:00Z"', "a.yaml, line 4, until: the extension ends"),
    (START + '"2020-05-09 00:00Z"\nextensions:\n  - until: open\n    since: "2020-05-08 00:00Z"', "a.yaml, line 5, since: starts (2020-05-08"),
    (START + "{for: 1 h}\nextensions: [{untill: x}]", "a.yaml, line 3: there is no field 'untill'; did you mean 'until'?"),
    (START + "{for: 1 h}\nextensions: [{until: {for: 1 h}, grade: txt}]", "a.yaml, line 3, grade: there is no grade 'txt'; did you mean 'text'?"),
    (START + "open\nrenews: {each: 5 years}", "a.yaml, line 3, renews: what has no end is not renewed"),
    (START + "{for: 1 h}\nrenews: {unless: x}", "a.yaml, line 3, each: has no each"),
    (START + 'open\npauses:\n  - since: "2020-05-02 00:00Z"\n    until: "2020-05-01 00:00Z"', "a.yaml, line 5, until: the term ends"),
    ("spans: []", "a.yaml, line 1, spans: there is no span"),
    ("spans: [{since: unknown}]\nsince: unknown", "a.yaml, line 2, since: stands beside spans"),
    ('spans:\n  - {since: "2020-05-02 00:00Z", until: {for: 2 h}}\n  - {since: "2020-05-02 01:00Z", until: {for: 2 h}}', "a.yaml, line 3, since: starts (2020"),
]  # fmt: skip


def events(*told: str):
    text = "events:\n" + "\n".join(f"  - {{{one}}}" for one in told)
    return {event.id: event for event in parse_events(document(text, "a.yaml").items_of("events"), "UTC")}


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_every_fault_says_where_and_what_was_expected(text, message):
    with pytest.raises((AgreementError, UnknownName)) as fault:
        parse_when(document(text, "a.yaml"), Known(events("id: withdrawal, says: they leave, at: unknown")))
    assert str(fault.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: start, says: x", "a.yaml, line 2, id: the event 'start' is the start of the agreement itself"),
        ("id: a, says: x}\n  - {id: a, says: y", "a.yaml, line 3, id: the event 'a' stands twice"),
        ("says: x", "a.yaml, line 2, id: has no id"),
        ("id: a", "a.yaml, line 2, says: has no says"),
        ("id: a, says: x, at: {event: b}}\n  - {id: b, says: y", "a.yaml, line 2, event: there is no event 'b'"),
        ("id: a, says: x, at: {for: 3 h}", "a.yaml, line 2, for: only an end can be"),
        ("id: a, says: x, agreed: unknown", "a.yaml, line 2, agreed: the time that was agreed is not one time"),
        (
            'id: a, says: x, at: {day: "2020-05-01", zone: UTC, included: true}',
            "a.yaml, line 2, included: what happens on a day",
        ),
    ],
)
def test_every_fault_of_an_event_says_where(text, message):
    with pytest.raises(InputError) as fault:
        events(text)
    assert str(fault.value).startswith(message)


@pytest.mark.parametrize(
    ("invoked", "message"),
    [
        ('{by: sout, at: "2020-05-01 00:00Z"}', "a.yaml, line 1, by: there is no party 'sout'; did you mean 'south'?"),
        ("{by: south, at: unknown}", "a.yaml, line 1, at: nobody says when it was invoked"),
        ("{by: south, on: x}", "a.yaml, line 1: there is no field 'on'"),
    ],
)
def test_every_fault_of_a_release_says_where(invoked, message):
    with pytest.raises(InputError) as fault:
        freed(document(f"release: {{invoked: [{invoked}]}}", "a.yaml"), Known(), "south", ["south"])
    assert str(fault.value).startswith(message)
