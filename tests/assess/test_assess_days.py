"""Findings by reporting day: evening to evening where the mission counts so, and of no day where it may be two."""

from datetime import UTC, date, datetime, timedelta

from assessed import happened, judged, parsed, small

from trucewatch.assess import agreement
from trucewatch.assess.days import by_day

EVENING = 'reporting_day: {begins: "19:30", zone: Europe/Kyiv}\n'


def at(hour: int, minute: int, **told):
    return {"t0": datetime(2020, 5, 2, hour, minute, tzinfo=UTC), **told}


def days(incidents, agreed) -> list:
    return by_day(judged(incidents, agreed).findings, incidents, agreed)["day"].to_list()


def test_the_day_runs_from_evening_to_evening_and_is_named_by_its_end():
    agreed = agreement(EVENING + small(), "x")
    # 19:30 in Kyiv is 16:30 UTC in May.
    assert days(happened(at(16, 29)), agreed) == [date(2020, 5, 2)]
    assert days(happened(at(16, 30)), agreed) == [date(2020, 5, 3)]


def test_without_a_reporting_day_it_is_midnight_where_the_agreement_shows_its_times():
    assert days(happened(at(23, 58)), parsed()) == [date(2020, 5, 2)]
    assert days(happened(at(21, 30)), agreement("display_zone: Europe/Kyiv\n" + small(), "x")) == [date(2020, 5, 3)]


def test_what_may_be_of_two_days_is_of_neither_and_what_ends_as_a_day_begins_is_of_the_first():
    agreed = agreement(EVENING + small(), "x")
    long = at(16, 0, t1=datetime(2020, 5, 2, 17, tzinfo=UTC))
    just = at(16, 0, t1=datetime(2020, 5, 2, 16, 30, tzinfo=UTC))
    assert days(happened(long), agreed) == [None]
    assert days(happened(just), agreed) == [date(2020, 5, 2)]


def test_all_findings_of_incidents_are_counted_once():
    rows = [at(hour, 0) for hour in range(24)]
    incidents, agreed = happened(*rows), agreement(EVENING + small(), "x")
    made = by_day(judged(incidents, agreed).findings, incidents, agreed)
    assert made["n"].sum() == 24
    assert made["n"].to_list() == [17, 7]
    assert timedelta(days=1) == made["day"][1] - made["day"][0]
