"""Easter 2025: thirty hours that one side declared and the other mirrored. Each is bound by its own word only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from assessed import happened, judged, shipped

START, END = datetime(2025, 4, 19, 15, tzinfo=UTC), datetime(2025, 4, 20, 21, tzinfo=UTC)


def answers(**row) -> dict[str, str]:
    found = judged(happened(row), shipped("easter-2025")).findings
    return dict(found.select("term", "verdict").rows())


def test_each_side_is_bound_by_its_own_announcement_only_and_each_keeps_the_answer_to_fire_for_itself():
    assert answers(by="Russia", t0=START) == {"announced": "cannot_tell"}
    assert answers(by="Ukraine", t0=START) == {"mirrored": "cannot_tell"}


def test_all_but_the_exception_is_settled_by_reports():
    found = judged(happened({"by": "Russia", "t0": START}), shipped("easter-2025")).findings.row(0, named=True)
    assert (found["low"], found["high"], found["because"]) == (0.0, 1.0, "whether no exception applies")
    assert found["would_settle"].startswith("whether an exception applies: answering breaches")


def test_the_truce_lasts_thirty_hours_to_the_minute():
    last = END - timedelta(minutes=1)
    assert answers(by="Russia", t0=START - timedelta(minutes=1)) == {}
    assert answers(by="Russia", t0=last) == {"announced": "cannot_tell"}
    assert answers(by="Russia", t0=END) == {}


def test_a_shot_that_is_dated_by_the_day_only_on_the_first_day_cannot_be_told():
    day = datetime(2025, 4, 19, tzinfo=UTC)
    made = judged(happened({"by": "Russia", "t0": day, "t1": day + timedelta(days=1)}), shipped("easter-2025")).findings
    assert made["verdict"].to_list() == ["cannot_tell"]
    assert made["would_settle"].item().startswith("the hour at which it happened; whether an exception applies")


def test_a_shot_by_nobody_named_is_held_against_neither_and_for_neither():
    made = judged(happened({"t0": START}), shipped("easter-2025")).findings
    assert dict(made.select("term", "verdict").rows()) == {"announced": "cannot_tell", "mirrored": "cannot_tell"}
    assert set(made["attribution"]) == {"undetermined"}
    assert set(made["because"]) == {"whether whoever did it is bound"}
