"""A duty to tell beforehand: what was told of in time, what was not, and what nobody can know."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from owing import NOTICE, SHIPS, agreed, day, reading, said

from trucewatch.assess.notices import notified, with_notices
from trucewatch.tables import INCIDENTS

BOTH = ("north", "south")
DUTY = reading(NOTICE, binds=BOTH)
AGREED = agreed(DUTY, kind="notification")


def incident(first: float, last: float, by: str | None = "Northland") -> dict[str, Any]:
    return {"t0": day(first), "t1": day(last), "by": by}


def notice(by: str, first: float, last: float, told: float | None, **more: Any) -> dict[str, Any]:
    at = None if told is None else day(told)
    return {"speaker": by, "about": NOTICE.what, "t0": day(first), "t1": day(last), "said_at": at, **more}


def register(first: float, last: float, told: float | None = 400, **more: Any) -> dict[str, Any]:
    at = None if told is None else day(told)
    about = f"{NOTICE.what} register complete"
    return {"speaker": "envoy", "about": about, "t0": day(first), "t1": day(last), "said_at": at, **more}


def answer(happened: dict[str, Any], *told: dict[str, Any], duty=DUTY) -> float | None:
    frame = pl.DataFrame([happened], schema={name: INCIDENTS.schema[name] for name in ("t0", "t1", "by")})
    return notified(frame, said(*told), duty, agreed(duty, kind="notification")).item()


class TestToldInTime:
    def test_a_notice_two_days_before_was_in_time(self):
        assert answer(incident(10, 11), notice("north", 10, 12, 8)) == 1.0

    def test_one_minute_less_than_two_days_was_not_surely_in_time(self):
        assert answer(incident(10, 11), notice("north", 10, 12, 8 + 1 / 1440)) is None

    def test_a_notice_given_for_the_party_by_somebody_else_is_its_own(self):
        assert answer(incident(10, 11), notice("a clerk", 10, 12, 8, on_behalf_of="Norland")) == 1.0

    def test_a_notice_of_the_other_side_tells_nothing_of_this_one(self):
        assert answer(incident(10, 11), notice("south", 10, 12, 8)) is None

    def test_where_nobody_knows_who_did_it_all_that_are_bound_have_to_have_told(self):
        unnamed = incident(10, 11, by=None)
        assert answer(unnamed, notice("north", 10, 12, 8)) is None
        assert answer(unnamed, notice("north", 10, 12, 8), notice("south", 9, 12, 7)) == 1.0

    def test_what_a_party_did_that_owes_no_notice_is_not_said_to_have_been_told_of(self):
        duty = reading(NOTICE, binds=("south",))
        assert answer(incident(10, 11, "Northland"), notice("south", 10, 12, 8), duty=duty) is None

    def test_a_notice_for_some_hours_of_an_incident_dated_by_the_day_may_be_of_another(self):
        assert answer(incident(10, 11), notice("north", 10.2, 10.5, 8)) is None

    @pytest.mark.parametrize("change", [{"said_at": None}, {"t0": None}, {"about": "notice of leave"}])
    def test_a_notice_that_lacks_its_time_or_is_about_something_else_settles_nothing(self, change):
        assert answer(incident(10, 11), notice("north", 10, 12, 8) | change) is None


class TestNotTold:
    def test_that_no_notice_is_at_hand_does_not_show_that_none_was_given(self):
        assert answer(incident(10, 11)) is None

    def test_a_register_said_to_be_complete_shows_it(self):
        assert answer(incident(10, 11), register(0, 30)) == 0.0

    @pytest.mark.parametrize(("told", "chance"), [(None, None), (0, None), (7.9, None), (8, 0.0), (30, 0.0)])
    def test_a_register_shows_it_only_from_when_no_notice_could_be_in_time_any_more(self, told, chance):
        """Two days before the tenth it may still come: who says on the first that none is missing has not looked."""
        assert answer(incident(9, 10), register(0, 30, told)) == chance

    def test_a_register_of_one_place_shows_nothing_of_another(self):
        assert answer(incident(9, 10), register(0, 30, place="the bridge")) is None

    def test_a_notice_for_one_place_may_be_for_another(self):
        of_the_bridge = notice("Northland", 9, 10, 0, place="the bridge")
        assert answer(incident(9, 10), of_the_bridge) is None
        assert answer(incident(9, 10), of_the_bridge, register(0, 30)) is None

    def test_that_no_notice_was_given_is_no_notice(self):
        none = notice("Northland", 9, 10, 0, figure=0.0, unit="notices")
        assert answer(incident(9, 10), none) is None
        assert answer(incident(9, 10), none, register(0, 30)) == 0.0

    def test_a_register_of_another_month_does_not(self):
        assert answer(incident(10, 11), register(12, 30)) is None
        assert answer(incident(10, 11), register(0, 10.5)) is None

    def test_a_notice_that_came_too_late_in_a_complete_register_was_none_in_time(self):
        assert answer(incident(10, 11), register(0, 30), notice("north", 10, 12, 9.5)) == 0.0

    def test_a_notice_that_may_have_been_in_time_keeps_it_open(self):
        assert answer(incident(10, 11), register(0, 30), notice("north", 10, 12, 8.5)) is None
        assert answer(incident(10, 11), register(0, 30), notice("north", 10.2, 10.5, 8)) is None
        assert answer(incident(10, 11), register(0, 30), notice("north", 10, 12, None)) is None

    def test_a_complete_register_does_not_undo_a_notice_in_it(self):
        assert answer(incident(10, 11), register(0, 30), notice("north", 10, 12, 8)) == 1.0

    def test_where_one_of_two_that_may_have_done_it_told_it_stays_open(self):
        assert answer(incident(10, 11, by=None), register(0, 30), notice("north", 10, 12, 8)) is None

    def test_without_a_length_told_a_notice_just_before_is_in_time(self):
        duty = reading(type(NOTICE)(NOTICE.what, NOTICE.unit, of=NOTICE.of), binds=BOTH)
        assert answer(incident(10, 11), notice("north", 10, 12, 10), duty=duty) == 1.0
        assert answer(incident(10, 11), register(0, 30), notice("north", 10, 12, 11), duty=duty) == 0.0


class TestTheDoubt:
    def doubts(self, former: float | None, *told: dict[str, Any], duty=DUTY) -> float | None:
        frame = pl.DataFrame(
            [{**incident(10, 11), "p_unexcepted": former}],
            schema={
                "t0": INCIDENTS.schema["t0"],
                "t1": INCIDENTS.schema["t1"],
                "by": pl.String,
                "p_unexcepted": pl.Float64,
            },
        )
        made = agreed(duty, kind="notification")
        return with_notices(frame, {"term": "ships", "reading": "text"}, said(*told), made)["p_unexcepted"].item()

    def test_what_was_told_of_is_no_breach_of_the_duty(self):
        assert self.doubts(1.0, notice("north", 10, 12, 8)) == 0.0
        assert self.doubts(None, notice("north", 10, 12, 8)) == 0.0

    def test_what_surely_was_not_leaves_the_former_doubt(self):
        assert [self.doubts(former, register(0, 30)) for former in (1.0, 0.0, None)] == [1.0, 0.0, None]

    def test_what_nobody_knows_stays_open(self):
        assert [self.doubts(former) for former in (1.0, 0.0, None)] == [None, 0.0, None]

    def test_a_term_that_owes_no_notices_is_left_as_it_is(self):
        assert self.doubts(1.0, register(0, 30), duty=reading(SHIPS)) == 1.0
        assert self.doubts(1.0, register(0, 30), duty=reading(None)) == 1.0


@given(
    st.lists(st.tuples(st.sampled_from(BOTH), st.integers(5, 12), st.integers(1, 4), st.integers(3, 12)), max_size=4)
)
def test_it_does_not_matter_in_which_order_notices_stand_nor_how_the_parties_are_called(notices):
    told = [notice(by, a, a + n, t) for by, a, n, t in notices] + [register(0, 30)]
    swap = {"north": "south", "south": "north"}
    other = [t | {"speaker": swap.get(t["speaker"], t["speaker"])} for t in told]
    assert answer(incident(10, 11), *told) == answer(incident(10, 11), *reversed(told))
    assert answer(incident(10, 11, "Northland"), *told) == answer(incident(10, 11, "Southland"), *other)


@given(st.lists(st.tuples(st.integers(5, 12), st.integers(1, 4), st.integers(3, 12)), max_size=4), st.integers(3, 12))
def test_to_learn_when_a_notice_was_given_never_unsettles_an_answer(notices, told_at):
    told = [notice("north", a, a + n, t) for a, n, t in notices] + [register(0, 30)]
    before = answer(incident(10, 11), *told, notice("north", 9, 12, None))
    assert before in (None, answer(incident(10, 11), *told, notice("north", 9, 12, told_at)))


def test_no_incidents_give_no_answers():
    frame = pl.DataFrame(schema={name: INCIDENTS.schema[name] for name in ("t0", "t1", "by")})
    assert notified(frame, said(register(0, 1)), DUTY, AGREED).to_list() == []


@given(
    st.lists(
        st.tuples(st.integers(0, 14), st.integers(0, 5), st.sampled_from([None, "north", "south", "a third"])),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.tuples(st.sampled_from(BOTH), st.integers(0, 14), st.integers(0, 6), st.integers(-4, 12)), max_size=4),
    st.integers(0, 12),
)
def test_many_incidents_are_answered_as_each_is_by_itself(happened, notices, kept_from):
    rows = [incident(a, a + n, by) for a, n, by in happened]
    told = [notice(by, a, a + n, t) for by, a, n, t in notices] + [register(kept_from, 30)]
    frame = pl.DataFrame(rows, schema={name: INCIDENTS.schema[name] for name in ("t0", "t1", "by")})
    together = notified(frame, said(*told), DUTY, AGREED).to_list()
    assert together == [answer(row, *told) for row in rows]
