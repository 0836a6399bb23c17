"""Windows of silence: hours of the day, over changes of the clock, past midnight, on some days of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trucewatch.assess.model import When
from trucewatch.assess.when import Known, in_force, parse_when
from trucewatch.base.document import document
from trucewatch.base.errors import AgreementError, UnknownName
from trucewatch.base.time import zone


def when(text: str) -> When:
    return parse_when(document(text, "a.yaml"), Known())


def told(spans) -> list[tuple[str, str]]:
    return [(span.start.strftime("%d %H:%M"), span.end.strftime("%d %H:%M")) for span in spans]


DAYTIME = 'windows: {from: "09:00", to: "17:00", zone: Asia/Aden, first: "2020-05-01", last: "2020-05-03"%s}'


def test_windows_open_and_close_each_day_on_that_zones_clocks():
    made = when(DAYTIME % "")
    assert (
        told(made.sure)
        == told(made.may)
        == [("01 06:00", "01 14:00"), ("02 06:00", "02 14:00"), ("03 06:00", "03 14:00")]
    )
    assert made.ends == "set" and made.starts == (made.since, made.since) and not made.lacks


def test_windows_open_on_the_days_of_the_week_that_are_told():
    assert told(when(DAYTIME % ", weekdays: [sat, fri]").sure) == [("01 06:00", "01 14:00"), ("02 06:00", "02 14:00")]


def test_a_span_cuts_the_windows_and_what_is_not_known_of_it_stays_unknown():
    text = 'since: "2020-05-01 10:00Z"\nuntil: {between: ["2020-05-02 08:00Z", "2020-05-02 09:00Z"]}\nwindows: {from: "09:00", to: "17:00", zone: Asia/Aden}'
    made = when(text)
    assert told(made.sure) == [("01 10:00", "01 14:00"), ("02 06:00", "02 08:00")]
    assert told(made.may) == [("01 10:00", "01 14:00"), ("02 06:00", "02 09:00")]


def test_a_window_that_closes_before_it_opens_lies_past_midnight():
    made = when(
        'since: "2020-05-01 00:00Z"\nuntil: "2020-05-02 00:00Z"\nwindows: {from: "22:00", to: "04:00", zone: UTC}'
    )
    assert told(made.sure) == [("01 00:00", "01 04:00"), ("01 22:00", "02 00:00")]


def test_a_window_to_the_end_of_the_day_and_one_from_its_start_are_one():
    made = when(
        'windows: [{from: "18:00", to: "24:00", zone: UTC, first: "2020-05-01", last: "2020-05-01"}, {from: "00:00", to: "06:00", zone: UTC, first: "2020-05-02", last: "2020-05-02"}]'
    )
    assert told(made.sure) == [("01 18:00", "02 06:00")]


@pytest.mark.parametrize(
    ("day", "hours", "sure", "may"),
    [
        ("2015-03-29", ("02:00", "05:00"), ("29 00:00", "29 02:00"), None),  # an hour is skipped
        ("2015-03-29", ("03:30", "05:00"), ("29 01:00", "29 02:00"), None),  # it opens at the jump
        ("2015-10-25", ("02:00", "05:00"), ("24 23:00", "25 03:00"), None),  # an hour comes twice
        ("2015-10-25", ("02:00", "03:30"), ("24 23:00", "25 00:30"), ("24 23:00", "25 01:30")),
        ("2015-10-25", ("03:30", "05:00"), ("25 01:30", "25 03:00"), ("25 00:30", "25 03:00")),
    ],
)
def test_windows_keep_to_the_wall_clock_where_clocks_change(day, hours, sure, may):
    made = when(f'windows: {{from: "{hours[0]}", to: "{hours[1]}", zone: Europe/Kyiv, first: "{day}", last: "{day}"}}')
    assert (told(made.sure), told(made.may)) == ([sure], [may or sure])


def test_a_window_that_clocks_skip_whole_does_not_open():
    made = when('windows: {from: "03:10", to: "03:50", zone: Europe/Kyiv, first: "2015-03-29", last: "2015-03-29"}')
    assert (
        made.sure == made.may == ()
        and made.ends == "set"
        and in_force(made, *[datetime(2015, 3, 29, 1, tzinfo=UTC)] * 2) is False
    )


def test_minute_by_minute_the_window_is_open_where_the_clock_on_the_wall_says_so():
    made = when('windows: {from: "21:30", to: "03:45", zone: Europe/Kyiv, first: "2015-10-20", last: "2015-10-28"}')
    at, there = datetime(2015, 10, 21, tzinfo=UTC), zone("Europe/Kyiv")
    doubts = 0
    for _ in range(6 * 24 * 60):
        wall = at.astimezone(there).strftime("%H:%M")
        answer = in_force(made, at, at)
        assert answer in (wall >= "21:30" or wall < "03:45", None), at
        doubts += answer is None
        at += timedelta(minutes=1)
    assert doubts == 60  # the hour that comes twice, at the end of one window


def test_a_pause_is_cut_out_of_windows_too():
    made = when(DAYTIME % "" + '\npauses: [{since: "2020-05-01 10:00Z", until: "2020-05-03 00:00Z"}]')
    assert told(made.sure) == [("01 06:00", "01 10:00"), ("03 06:00", "03 14:00")]


BAD = [
    ("{}", "a.yaml, line 1, from: has no from; expected a time of day"),
    ('{from: "9", to: "17:00", zone: UTC}', "a.yaml, line 1, from: '9' is not a time of day; expected hours and minutes"),
    ('{from: "09:60", to: "17:00", zone: UTC}', "a.yaml, line 1, from: '09:60' is not a time of day"),
    ('{from: "09:00", to: "24:01", zone: UTC}', "a.yaml, line 1, to: '24:01' is not a time of day"),
    ('{from: "09:00", to: "09:00", zone: UTC}', "a.yaml, line 1, to: the window has no length; expected another"),
    ('{from: "24:00", to: "09:00", zone: UTC}', "a.yaml, line 1, to: the window has no length"),
    ('{from: "09:00", to: "17:00"}', "a.yaml, line 1, zone: has no zone"),
    ('{from: "09:00", to: "17:00", zone: Mars/Base}', "a.yaml, line 1, zone: there is no time zone 'Mars/Base'"),
    ('{from: "09:00", to: "17:00", zone: UTC}', "a.yaml, line 1, first: the windows have no first day; expected first, as"),
    ('{from: "09:00", to: "17:00", zone: UTC, first: "2020-05-01"}', "a.yaml, line 1, last: the windows have no last day"),
    ('{from: "09:00", to: "17:00", zone: UTC, first: "2020-05-02", last: "2020-05-01"}', "a.yaml, line 1, last: the last day (2020-05-01)"),
    ('{from: "09:00", to: "17:00", zone: UTC, first: "2020-05-02", last: "2120-05-01"}', "a.yaml, line 1: there are more than 3660 days"),
    ('{from: "09:00", to: "17:00", zone: UTC, first: soon}', "a.yaml, line 1, first: 'soon' is not a day"),
    ('{from: "09:00", to: "17:00", zone: UTC, first: 2020}', "a.yaml, line 1, first: 2020 is not a day"),
    ('{from: "09:00", to: "17:00", zone: UTC, weekdays: [monday]}', "a.yaml, line 1, weekdays: 'monday' is not a day of the week"),
    ('{form: "09:00"}', "a.yaml, line 1: there is no field 'form'; did you mean 'from'?"),
    ("x", "a.yaml, line 1, windows: windows is not a mapping"),
    ("[x]", "a.yaml, line 1, windows: windows is not a list of mappings"),
    ('{from: "00:00", to: "01:00", zone: Asia/Aden, first: "0001-01-01", last: "0001-01-02"}', "a.yaml, line 1: 0001-01-01 00:00:00 lies outside the calendar"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD)
def test_every_fault_of_a_window_says_where_and_what_was_expected(text, message):
    with pytest.raises((AgreementError, UnknownName)) as fault:
        when(f"windows: {text}")
    assert str(fault.value).startswith(message)
