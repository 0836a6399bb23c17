"""When an agreement is in force: the traps of real truces, and boundaries worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trucewatch.assess.model import Event, Freed, When
from trucewatch.assess.when import Known, freed, in_force, parse_events, parse_when
from trucewatch.base.document import document

MOSCOW = Known(display_zone="Europe/Moscow")
SIGNED = datetime(2023, 5, 20, 19, 45, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def when(text: str, known: Known | None = None) -> When:
    return parse_when(document(text, "a.yaml"), known or Known())


def told(spans) -> list[tuple[str | None, str | None]]:
    return [tuple(at and at.strftime("%Y-%m-%d %H:%M") for at in (span.start, span.end)) for span in spans]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def events(*told_: str) -> dict[str, Event]:
    text = "events:\n" + "\n".join(f"  - {{{one}}}" for one in told_)
    return {event.id: event for event in parse_events(document(text, "a.yaml").items_of("events"), "Asia/Gaza")}


REAL = [
    (
        'since: "2025-04-19 18:00 Europe/Moscow"\nuntil: "2025-04-21 00:00 Europe/Moscow"',
        "2025-04-19 15:00",
        "2025-04-20 21:00",
        30,
    ),
    ('since: "2025-04-19 18:00 Europe/Moscow"\nuntil: {for: 30 h}', "2025-04-19 15:00", "2025-04-20 21:00", 30),
    (
        'since: "2026-04-11 16:00 Europe/Moscow"\nuntil: "2026-04-12 24:00 Europe/Moscow"',
        "2026-04-11 13:00",
        "2026-04-12 21:00",
        32,
    ),
    (
        'since: "2026-04-11 16:00 Europe/Moscow"\nuntil: {day: "2026-04-12", zone: Europe/Moscow, included: true}',
        "2026-04-11 13:00",
        "2026-04-12 21:00",
        32,
    ),
    ('since: "2025-05-08 00:00 Europe/Moscow"\nuntil: {for: 72 h}', "2025-05-07 21:00", "2025-05-10 21:00", 72),
    (
        'since: {day: "2025-05-08", zone: Europe/Moscow}\nuntil: {day: "2025-05-11", zone: Europe/Moscow, included: false}',
        "2025-05-07 21:00",
        "2025-05-10 21:00",
        72,
    ),
    ('since: "2015-02-15 00:00 Europe/Kyiv"\nuntil: open', "2015-02-14 22:00", None, None),
    ('since: "2025-07-28 24:00 Asia/Bangkok"\nuntil: open', "2025-07-28 17:00", None, None),
    ('since: "2025-05-10 17:00 Asia/Kolkata"\nuntil: open', "2025-05-10 11:30", None, None),
    ('since: "2020-07-27 00:01 Europe/Kyiv"\nuntil: open', "2020-07-26 21:01", None, None),
    ('since: "2024-11-27 04:00 Asia/Beirut"\nuntil: {for: 60 days}', "2024-11-27 02:00", "2025-01-26 02:00", 1440),
    ('since: "2023-05-22 21:45 Africa/Khartoum"\nuntil: {for: 7 days}', "2023-05-22 19:45", "2023-05-29 19:45", 168),
]


@pytest.mark.parametrize(("text", "start", "end", "hours"), REAL)
def test_real_truces_start_and_end_as_their_words_say(text, start, end, hours):
    made = when(text, MOSCOW)
    assert told(made.sure) == told(made.may) == [(start, end)]
    assert made.ends == ("set" if end else "open") and not made.lacks
    assert hours is None or made.until - made.since == timedelta(hours=hours)


def test_midnight_at_the_end_of_a_day_is_not_the_midnight_at_its_start():
    late, early = (when(f'since: "2025-07-28 {hour} Asia/Bangkok"\nuntil: open').since for hour in ("24:00", "00:00"))
    assert late - early == timedelta(days=1)


def test_one_wall_time_is_another_moment_in_each_zone_and_season():
    hours = {
        zone: when(f'since: "{day} 18:00 {zone}"\nuntil: open').since.hour
        for day, zone in [("2025-01-19", "Europe/Kyiv"), ("2025-04-19", "Europe/Kiev"), ("2025-04-19", "Europe/Moscow")]
    }
    assert hours == {"Europe/Kyiv": 16, "Europe/Kiev": 15, "Europe/Moscow": 15}


@pytest.mark.parametrize(
    ("included", "sure", "may"),
    [
        ("true", "2026-02-01 21:00", "2026-02-01 21:00"),
        ("false", "2026-01-31 21:00", "2026-01-31 21:00"),
        ("unknown", "2026-01-31 21:00", "2026-02-01 21:00"),
    ],
)
def test_until_a_day_is_its_end_its_start_or_in_doubt(included, sure, may):
    made = when(f'since: "2026-01-29 00:00Z"\nuntil: {{day: "2026-02-01", zone: Europe/Moscow, included: {included}}}')
    assert (told(made.sure)[0][1], told(made.may)[0][1]) == (sure, may)
    assert made.lacks == (() if sure == may else ("whether 2026-02-01 is included",))


def test_until_a_day_of_which_nothing_more_is_said_is_in_doubt_and_since_a_day_includes_it():
    made = when('since: {day: "2026-01-29", zone: UTC}\nuntil: {day: "2026-02-01", zone: UTC}')
    assert told(made.sure) == [("2026-01-29 00:00", "2026-02-01 00:00")]
    assert told(made.may) == [("2026-01-29 00:00", "2026-02-02 00:00")]
    assert told(when('since: {day: "2026-01-29", zone: UTC, included: false}').may) == [("2026-01-30 00:00", None)]


def test_a_start_that_hangs_on_an_event_nobody_saw_is_never_sure_and_says_which():
    left = events("id: left, says: the third party confirms the withdrawal, at: unknown")
    made = when("since: {event: left}\nuntil: open", Known(left))
    assert made.sure == () and told(made.may) == [(None, None)] and made.ends == "open"
    assert made.lacks == ("when the third party confirms the withdrawal",)


def test_an_event_known_within_bounds_bounds_the_start():
    left = events('id: left, says: they leave, at: {between: ["2025-10-10 12:00Z", "2025-10-10 15:00Z"]}')
    made = when("since: {event: left, plus: 1 h}\nuntil: {for: 72 h}", Known(left))
    assert told(made.may) == [("2025-10-10 13:00", "2025-10-13 16:00")]
    assert told(made.sure) == [("2025-10-10 16:00", "2025-10-13 13:00")]
    assert made.lacks == ("when they leave",)


def test_a_clock_that_starts_with_an_event_runs_from_it():
    left = events('id: left, says: the withdrawal is confirmed, at: "2025-10-10 12:00 Asia/Gaza"')
    made = when("since: {event: left}\nuntil: {event: left, plus: 72 h}", Known(left))
    assert told(made.sure) == told(made.may) == [("2025-10-10 09:00", "2025-10-13 09:00")]
    assert made.lacks == ()


def test_a_truce_may_start_so_long_after_it_is_signed():
    signature = {"signature": Event("signature", "it is signed", "", SIGNED)}
    made = when("since: {event: signature, plus: 48 h}\nuntil: {for: 7 days}", Known(signature, "Africa/Khartoum"))
    assert told(made.sure) == [("2023-05-22 19:45", "2023-05-29 19:45")]


def test_an_event_may_hang_on_another_one_or_on_the_signature():
    items = document(
        "events:\n  - {id: a, says: a comes, at: {event: signature, plus: 1 h}}\n  - {id: b, says: b, at: {event: a, plus: 1 h}}",
        "a.yaml",
    )
    made = parse_events(items.items_of("events"), "UTC", {"signature": Event("signature", "signed", "", SIGNED)})
    assert [event.at - SIGNED for event in made] == [timedelta(hours=1), timedelta(hours=2)]


def test_an_event_told_by_the_day_lies_within_that_day():
    made = events('id: a, says: a, at: {day: "2025-01-19", zone: Asia/Gaza}')["a"]
    assert (made.at, made.first, made.last) == (None, at("2025-01-18 22:00"), at("2025-01-19 22:00"))


LATE = '{agreed: "2025-01-19 08:30 Asia/Gaza", actual: "2025-01-19 11:15 Asia/Gaza"}'


def test_a_start_that_came_later_than_agreed_is_in_doubt_in_between():
    made = when(f'since: {LATE}\nuntil: "2025-03-18 02:00 Asia/Gaza"')
    assert told(made.may) == [("2025-01-19 06:30", "2025-03-18 00:00")]
    assert told(made.sure) == [("2025-01-19 09:15", "2025-03-18 00:00")]
    assert made.actual - made.agreed == timedelta(hours=2, minutes=45)
    assert made.lacks == ("whether it held between the agreed start (2025-01-19T06:30:00+00:00) and the actual one",)


def test_agreed_and_actual_may_hang_on_one_event_and_an_actual_day_is_some_time_on_it():
    lists = events('id: lists, says: the lists come, agreed: "2025-01-19 06:30Z", at: "2025-01-19 09:15Z"')
    made = when("since: {agreed: {event: lists}, actual: {event: lists, plus: 1 h}}\nuntil: open", Known(lists))
    assert (told(made.may), told(made.sure)) == ([("2025-01-19 06:30", None)], [("2025-01-19 10:15", None)])
    made = when('since: {agreed: {day: "2025-01-19", zone: UTC}, actual: {day: "2025-01-19", zone: UTC}}\nuntil: open')
    assert (told(made.may), told(made.sure)) == ([("2025-01-19 00:00", None)], [("2025-01-20 00:00", None)])
    assert made.lacks == ("at what time on 2025-01-19 it was",)


def test_an_event_that_came_later_than_agreed_does_the_same_to_a_start_and_nothing_to_an_end():
    lists = events(
        'id: lists, says: the lists come, agreed: "2025-01-19 08:30 Asia/Gaza", at: "2025-01-19 11:15 Asia/Gaza"'
    )
    made = when("since: {event: lists}\nuntil: open", Known(lists))
    assert (told(made.may), told(made.sure)) == ([("2025-01-19 06:30", None)], [("2025-01-19 09:15", None)])
    assert (made.agreed, made.actual) == (at("2025-01-19 06:30"), at("2025-01-19 09:15"))
    ended = when('since: "2025-01-01 00:00Z"\nuntil: {event: lists}', Known(lists))
    assert told(ended.sure) == told(ended.may) == [("2025-01-01 00:00", "2025-01-19 09:15")]


def test_a_start_that_came_early_binds_nobody_before_what_was_agreed():
    made = when('since: {agreed: "2025-01-19 08:30Z", actual: "2025-01-19 08:00Z"}\nuntil: open')
    assert told(made.sure) == told(made.may) == [("2025-01-19 08:30", None)]


def test_a_start_that_was_agreed_and_of_which_no_more_is_known_is_never_sure():
    made = when('since: {agreed: "2025-01-19 08:30Z", actual: unknown}\nuntil: open')
    assert made.sure == () and told(made.may) == [("2025-01-19 08:30", None)]
    assert (made.agreed, made.actual, made.lacks) == (at("2025-01-19 08:30"), None, ("when it came into force",))


def test_a_start_of_the_agreement_is_known_even_where_its_end_is_not():
    start = when('since: "2025-01-19 08:30Z"\nuntil: unknown')
    assert start.sure == ()
    made = when("since: {event: start, plus: 21 days}\nuntil: open", Known(start=start))
    assert told(made.sure) == [("2025-02-09 08:30", None)]


def test_a_start_between_two_times_is_sure_only_from_the_second():
    made = when('since: {between: ["2025-03-18 00:00Z", "2025-03-25 12:00Z"]}\nuntil: {for: 30 days}')
    assert told(made.may) == [("2025-03-18 00:00", "2025-04-24 12:00")]
    assert told(made.sure) == [("2025-03-25 12:00", "2025-04-17 00:00")]


def test_an_end_that_nobody_knows_leaves_nothing_sure():
    made = when('since: "2020-05-01 00:00Z"')
    assert made.sure == () and told(made.may) == [("2020-05-01 00:00", None)]
    assert (made.ends, made.lacks) == ("unknown", ("when it ends",))


def test_a_truce_extended_twice_runs_on_without_a_gap():
    made = when(
        'since: "2022-04-02 19:00 Asia/Aden"\nuntil: {for: 2 months}\nextensions: [{until: {for: 2 months}}, {until: "2022-10-02 19:00 Asia/Aden"}]',
        Known(display_zone="Asia/Aden"),
    )
    assert told(made.sure) == told(made.may) == [("2022-04-02 16:00", "2022-10-02 16:00")]


def test_an_extension_with_a_start_of_its_own_leaves_a_gap():
    made = when(
        'since: "2020-05-01 00:00Z"\nuntil: {for: 1 day}\nextensions: [{since: "2020-05-03 00:00Z", until: {for: 1 day}}]'
    )
    assert (
        told(made.sure)
        == told(made.may)
        == [("2020-05-01 00:00", "2020-05-02 00:00"), ("2020-05-03 00:00", "2020-05-04 00:00")]
    )


def test_what_renews_itself_may_be_in_force_after_its_end_but_not_surely():
    text = 'since: "2020-11-10 00:00 Europe/Moscow"\nuntil: {for: 5 years}\nrenews: {each: 5 years, unless: notice of six months}'
    made = when(text, MOSCOW)
    assert told(made.sure) == [("2020-11-09 21:00", "2025-11-09 21:00")]
    assert told(made.may) == [("2020-11-09 21:00", None)]
    assert (made.ends, len(made.lacks)) == ("unknown", 1) and "notice of six months" in made.lacks[0]
    said = when(text + "\nextensions: [{until: {for: 5 years}}]", MOSCOW)
    assert told(said.sure) == [("2020-11-09 21:00", "2030-11-09 21:00")] and said.may[-1].end is None


def test_a_pause_is_taken_out_and_one_in_doubt_leaves_doubt():
    base = 'since: "2020-05-01 00:00Z"\nuntil: "2020-05-10 00:00Z"\n'
    made = when(base + 'pauses: [{since: "2020-05-03 00:00Z", until: "2020-05-04 00:00Z"}]')
    assert (
        told(made.sure)
        == told(made.may)
        == [("2020-05-01 00:00", "2020-05-03 00:00"), ("2020-05-04 00:00", "2020-05-10 00:00")]
    )
    made = when(
        base + 'pauses: [{since: "2020-05-03 00:00Z", until: {between: ["2020-05-04 00:00Z", "2020-05-05 00:00Z"]}}]'
    )
    assert told(made.sure)[1][0] == "2020-05-05 00:00" and told(made.may)[1][0] == "2020-05-04 00:00"
    made = when(base + 'pauses: [{since: "2020-05-03 00:00Z"}]')
    assert told(made.sure) == [("2020-05-01 00:00", "2020-05-03 00:00")] and told(made.may) == [
        ("2020-05-01 00:00", "2020-05-10 00:00")
    ]
    assert made.lacks == ("when the pause ends",)


def test_several_spans_stay_several_and_those_that_touch_are_one():
    made = when(
        'spans: [{since: "2020-05-01 09:00Z", until: {for: 6 h}}, {since: "2020-05-02 09:00Z", until: {for: 6 h}}, {since: "2020-05-02 15:00Z", until: {for: 1 h}}]'
    )
    assert (
        told(made.sure)
        == told(made.may)
        == [("2020-05-01 09:00", "2020-05-01 15:00"), ("2020-05-02 09:00", "2020-05-02 16:00")]
    )


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2023-01-31 12:00 Europe/Kyiv", "1 month", "2023-02-28 10:00"),
        ("2024-01-31 12:00 Europe/Kyiv", "1 month", "2024-02-29 10:00"),
        ("2024-02-29 12:00 Europe/Kyiv", "1 year", "2025-02-28 10:00"),
        ("2025-03-29 12:00 Europe/Kyiv", "1 day", "2025-03-30 09:00"),  # that day has 23 hours
        ("2025-03-29 12:00 Europe/Kyiv", "24 h", "2025-03-30 10:00"),
        ("2025-10-25 12:00 Europe/Kyiv", "1 week", "2025-11-01 10:00"),
        ("2025-03-29 03:30 Europe/Kyiv", "1 day", "2025-03-30 01:00"),  # 03:30 was skipped: the jump
    ],
)
def test_days_months_and_years_are_steps_of_the_calendar_and_hours_are_not(start, length, end):
    made = when(f'since: "{start}"\nuntil: {{for: {length}}}', Known(display_zone="Europe/Kyiv"))
    assert told(made.sure)[0][1] == told(made.may)[0][1] == end


def test_a_step_to_a_time_that_clocks_show_twice_may_be_either():
    made = when('since: "2025-10-25 03:30 Europe/Kyiv"\nuntil: {for: 1 day}', Known(display_zone="Europe/Kyiv"))
    assert (told(made.sure)[0][1], told(made.may)[0][1]) == ("2025-10-26 00:30", "2025-10-26 01:30")
    assert made.lacks


def test_release_frees_the_invoker_in_its_own_reading_and_leaves_doubt_in_all_others():
    item = document(
        'release: {says: either is free, article: "9", invoked: [{by: south, at: "2025-04-16 00:00Z", source: x}]}',
        "a.yaml",
    )
    assert freed(item, Known(), "south", ["north", "south"]) == (Freed("south", at("2025-04-16 00:00"), True),)
    for who in ("text", "north"):
        assert freed(item, Known(), who, ["north", "south"]) == (Freed("south", at("2025-04-16 00:00"), False),)
    bounded = document('release: {invoked: [{by: south, at: {day: "2025-04-16", zone: UTC}}]}', "a.yaml")
    assert freed(bounded, Known(), "south", ["south"]) == (
        Freed("south", at("2025-04-16 00:00"), False),
        Freed("south", at("2025-04-17 00:00"), True),
    )
    assert freed(document("since: x", "a.yaml"), Known(), "text", []) == ()


def test_at_its_first_moment_it_holds_and_at_its_end_no_longer():
    made = when(f'since: {LATE}\nuntil: "2025-01-20 00:00Z"')
    agreed, actual, end = at("2025-01-19 06:30"), at("2025-01-19 09:15"), at("2025-01-20 00:00")
    points = (agreed - MINUTE, agreed, actual - MINUTE, actual, end - MINUTE, end)
    assert [in_force(made, t, t) for t in points] == [False, None, None, True, True, False]
    assert in_force(made, actual, end) is True and in_force(made, end, end + MINUTE) is False
    assert in_force(made, end - MINUTE, end + MINUTE) is None and in_force(made, agreed - MINUTE, agreed) is False
