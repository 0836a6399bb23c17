"""What was owed and can be counted: by whom, in which period, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise, product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from owing import DAY, PARAMS, SHIPS, agreed, count, day, excepted, reading, row, rows, said, span, when

from trucewatch.assess import agreement
from trucewatch.assess.counting import Told, tallied
from trucewatch.assess.model import Freed, Requirement
from trucewatch.assess.owed import findings_of, owed_table
from trucewatch.assess.periods import periods
from trucewatch.base.errors import InputError
from trucewatch.tables import FINDINGS, OWED

CAP = Requirement("tanks in the area", "tanks", at_most=50, at_once=True)
MOST = Requirement("fuel ships", "ships", at_most=18, each="2 months")
OPEN = Requirement("fuel ships", "ships", at_least=5, at_once=True)


class TestWhatIsOwedAtLeast:
    def test_enough_is_met_however_little_of_the_period_the_counts_cover(self):
        made = row(SHIPS, count("north", 3, 4, 18))
        assert (made["unmet"], made["least"]) == (0.0, 18)
        assert made["covered"] == pytest.approx(1 / 61)

    def test_too_few_in_counts_of_the_whole_period_were_not_enough(self):
        made = row(SHIPS, count("north", 0, 30, 9), count("north", 30, 61, 8))
        assert (made["least"], made["most"], made["covered"], made["unmet"]) == (17, 17, 1.0, 1.0)

    def test_too_few_in_a_part_of_the_period_tell_nothing_of_the_rest(self):
        made = row(SHIPS, count("north", 0, 30, 9))
        assert made["unmet"] is None
        assert made["lacks"] == "the count of fuel ships by Northland for the rest of the period"

    def test_nobody_who_counted_is_said_so(self):
        made = row(SHIPS)
        assert (made["speaker"], made["unmet"], made["n_statements"]) == (None, None, 0)
        assert made["lacks"] == "a count of fuel ships by anyone"

    def test_a_blank_figure_is_no_zero(self):
        made = row(SHIPS, count("north", 0, 61, None))
        assert (made["unmet"], made["most"]) == (None, None)
        assert "the figures that Northland left blank" in made["lacks"]
        assert row(SHIPS, count("north", 0, 61, 0))["unmet"] == 1.0

    @pytest.mark.parametrize("figure", [float("nan"), float("inf"), -1.0])
    def test_a_figure_that_is_none_is_taken_as_blank(self, figure):
        assert row(SHIPS, count("north", 0, 61, figure))["most"] is None

    @pytest.mark.parametrize(
        ("figure", "qualifier", "unmet"),
        [(17, "exact", 1.0), (17, None, 1.0), (17, "at least", None), (18, "at least", 0.0), (17, "more than", 0.0),
         (16, "more than", None), (18, "about", None), (27, "about", 0.0), (11, "about", 1.0)],
    )  # fmt: skip
    def test_at_least_or_about_so_many_is_no_exact_count(self, figure, qualifier, unmet):
        made = row(SHIPS, count("north", 0, 61, figure, qualifier=qualifier))
        assert made["unmet"] == unmet
        assert ("an exact count: Northland tells about, or at least, so many" in (made["lacks"] or "")) == (
            unmet is None
        )

    def test_at_least_so_many_bounds_from_below_alone(self):
        made = row(MOST, count("north", 0, 61, 12, qualifier="at least"))
        assert (made["least"], made["most"], made["unmet"]) == (12, None, None)
        assert row(MOST, count("north", 0, 61, 18, qualifier="more than"))["unmet"] == 1.0

    def test_too_few_at_one_moment_is_not_surely_so_where_the_count_is_a_lower_bound(self):
        assert row(OPEN, count("north", 0, 61, 4))["unmet"] == 1.0
        assert row(OPEN, count("north", 0, 61, 4, qualifier="at least"))["unmet"] is None
        assert row(CAP, count("north", 0, 61, 40, about="tanks in the area", qualifier="at least"))["unmet"] is None

    def test_counts_that_overlap_bound_each_other(self):
        made = row(SHIPS, count("north", 0, 40, 10), count("north", 20, 61, 9))
        assert (made["least"], made["most"], made["unmet"]) == (10, 19, None)
        assert made["lacks"] == "whether counts that overlap count the same"

    def test_overlapping_counts_that_may_just_be_enough_together_leave_it_open(self):
        assert row(SHIPS, count("north", 0, 40, 10), count("north", 20, 61, 8))["unmet"] is None

    def test_overlapping_counts_that_are_too_few_together_were_too_few(self):
        assert row(SHIPS, count("north", 0, 40, 9), count("north", 20, 61, 8))["unmet"] == 1.0

    def test_a_count_that_straddles_the_end_is_not_shared_out(self):
        made = row(SHIPS, count("north", 0, 62, 20))
        assert (made["least"], made["most"], made["unmet"]) == (0, 20, None)
        assert made["lacks"].endswith("counts that begin and end with the period")

    def test_a_straddling_count_that_is_too_small_even_whole_shows_that_too_few_came(self):
        assert row(SHIPS, count("north", -1, 62, 17))["unmet"] == 1.0

    def test_a_count_of_one_place_bounds_from_below_and_covers_nothing(self):
        made = row(SHIPS, count("north", 0, 61, 17, place="the small port"))
        assert (made["unmet"], made["covered"]) == (None, 0.0)
        assert "whether what lies at the small port is all of it" in made["lacks"]
        assert row(SHIPS, count("north", 0, 61, 18, place="the small port"))["unmet"] == 0.0

    def test_a_later_word_on_the_very_same_span_takes_the_earlier_one_back(self):
        early, late = count("north", 0, 61, 20, said_at=day(62)), count("north", 0, 61, 12, said_at=day(70))
        made = row(SHIPS, early, late)
        assert (made["least"], made["most"], made["unmet"], made["n_statements"]) == (12, 12, 1.0, 2)
        assert row(SHIPS, early)["unmet"] == 0.0

    def test_the_same_report_pulled_twice_counts_once(self):
        made = row(SHIPS, count("north", 0, 61, 12, said_at=day(62)), count("north", 0, 61, 12, said_at=day(62)))
        assert (made["least"], made["most"], made["unmet"]) == (12, 12, 1.0)

    def test_two_figures_for_one_span_without_a_date_contradict_each_other(self):
        made = row(SHIPS, count("north", 0, 61, 12), count("north", 0, 61, 10))
        assert (made["least"], made["most"], made["unmet"]) == (12, 22, None)

    def test_running_totals_are_not_added_to_each_other(self):
        totals = [count("north", 0, 10, 4), count("north", 0, 30, 9), count("north", 0, 61, 17)]
        made = row(SHIPS, *totals)
        assert (made["least"], made["most"], made["unmet"]) == (17, 17, 1.0)

    def test_a_total_of_the_period_holds_the_counts_of_its_days_and_places(self):
        parts = [count("north", 3, 4, 5), count("north", 8, 9, 6), count("north", 9, 30, 4, place="the small port")]
        made = row(SHIPS, count("north", 0, 61, 17), *parts)
        assert (made["least"], made["most"], made["unmet"]) == (17, 17, 1.0)

    def test_a_few_at_one_place_make_no_total_smaller(self):
        halves = [count("north", 0, 30, 9), count("north", 30, 61, 8)]
        made = row(SHIPS, *halves, count("north", 0, 61, 2, place="the small port"))
        assert (made["least"], made["most"], made["unmet"]) == (17, 17, 1.0)

    def test_what_was_counted_at_a_place_beside_the_time_of_a_total_comes_on_top(self):
        made = row(SHIPS, count("north", 0, 30, 9), count("north", 20, 40, 5, place="the small port"))
        assert (made["least"], made["most"]) == (9, 14)

    def test_a_total_that_is_less_than_its_own_days_contradicts_itself(self):
        made = row(SHIPS, count("north", 0, 61, 9), count("north", 3, 4, 8), count("north", 8, 9, 8))
        assert (made["least"], made["most"], made["unmet"]) == (16, 25, None)

    def test_nobody_takes_back_the_word_of_another(self):
        made = rows(SHIPS, count("north", 0, 61, 20, said_at=day(62)), count("south", 0, 61, 12, said_at=day(70)))
        assert {r["speaker"]: r["least"] for r in made} == {"Northland": 20, "Southland": 12}

    def test_another_unit_is_told_and_never_converted(self):
        made = row(SHIPS, count("north", 0, 61, 9_000, unit="tonnes"))
        assert (made["least"], made["most"], made["unmet"]) == (0, None, None)
        assert "counts in ships: those in tonnes are not converted" in made["lacks"]

    @pytest.mark.parametrize("unit", ["ships", " SHIPS ", None, "fuel ships"])
    def test_the_same_unit_is_known_by_its_words(self, unit):
        assert row(SHIPS, count("north", 0, 61, 9, unit=unit))["unmet"] == 1.0

    def test_what_is_about_something_else_is_not_counted(self):
        assert row(SHIPS, count("north", 0, 61, 9, about="grain ships"))["speaker"] is None
        assert row(SHIPS, count("north", 0, 61, 9, about=" Fuel\n  SHIPS"))["speaker"] == "Northland"

    def test_a_count_that_tells_no_time_is_mentioned(self):
        made = row(SHIPS, {**count("north", 0, 1, 30), "t0": None})
        assert (
            made["lacks"] == "a count of fuel ships by anyone; when 1 count of fuel ships that tell no time were made"
        )


class TestSpeakers:
    def test_counts_of_two_speakers_are_never_added(self):
        made = {r["speaker"]: r for r in rows(SHIPS, count("north", 0, 61, 9), count("south", 0, 61, 9))}
        assert [made[name]["most"] for name in ("Northland", "Southland")] == [9, 9]
        assert {r["unmet"] for r in made.values()} == {1.0}

    def test_a_party_is_one_speaker_under_all_its_names(self):
        made = row(SHIPS, count("north", 0, 30, 9), count("NORLAND", 30, 61, 9))
        assert (made["speaker"], made["unmet"], made["n_statements"]) == ("Northland", 0.0, 2)

    def test_so_is_a_mediator_and_anybody_else_however_the_letters_are_cased(self):
        assert row(SHIPS, count("envoy", 0, 30, 9), count("the envoy", 30, 61, 9))["speaker"] == "The envoy"
        assert row(SHIPS, count("Port Office", 0, 30, 9), count("port  office", 30, 61, 9))["speaker"] == "Port Office"

    def test_for_whom_it_was_said_names_a_speaker_who_is_not_named(self):
        assert row(SHIPS, count(None, 0, 61, 9, on_behalf_of="south"))["speaker"] == "Southland"

    def test_counts_of_nobody_knows_whom_are_not_added_to_each_other(self):
        made = rows(SHIPS, count(None, 0, 30, 9), count(None, 30, 61, 9))
        assert [r["least"] for r in made] == [9, 9]
        assert made[0]["speaker"] == "somebody not named (row 1, tallies)"

    @given(st.permutations(["north", "south", "envoy", "The Mission"]))
    def test_the_order_of_what_was_said_changes_nothing(self, order):
        counts = [count(name, 0, 61, 10 + len(name)) for name in order]
        kept = [{k: v for k, v in r.items() if k not in ("id", "statements")} for r in rows(SHIPS, *counts)]
        usual = [count(name, 0, 61, 10 + len(name)) for name in ("north", "south", "envoy", "The Mission")]
        assert kept == [{k: v for k, v in r.items() if k not in ("id", "statements")} for r in rows(SHIPS, *usual)]

    def test_swapping_the_parties_swaps_the_rows_and_nothing_else(self):
        one = rows(SHIPS, count("north", 0, 61, 9), count("south", 0, 61, 20))
        other = rows(SHIPS, count("south", 0, 61, 9), count("north", 0, 61, 20), binds=("north",))
        swap = {"Northland": "Southland", "Southland": "Northland"}
        facts = ("least", "most", "unmet", "covered", "bound")
        assert {(swap[r["speaker"]], *(r[f] for f in facts)) for r in one} == {
            (r["speaker"], *(r[f] for f in facts)) for r in other
        }


class TestPeriods:
    LONG = when(span(0, 183))  # 2 April to 2 October, 19:00 in Aden

    def test_each_period_is_a_step_of_the_calendar_on_the_wall_clock(self):
        made = periods(self.LONG, "2 months", "Asia/Aden", None, 99)
        assert [f"{p.start:%d.%m. %H:%M}" for p in made] == ["02.04. 16:00", "02.06. 16:00", "02.08. 16:00"]
        assert not any(p.cut for p in made) and all(p.sure for p in made)

    def test_a_day_in_which_the_clocks_change_has_23_hours(self):
        start = datetime.fromisoformat("2030-03-30T00:00+02:00")
        made = periods(when(type(span(0, 1))(start, start + 3 * DAY)), "1 day", "Europe/Kyiv", None, 99)
        assert [p.end - p.start for p in made[:2] if p.end and p.start] == [DAY, timedelta(hours=23)]

    def test_the_last_period_is_marked_where_it_is_cut_short(self):
        made = periods(when(span(0, 70)), "2 months", "Asia/Aden", None, 99)
        assert [p.cut for p in made] == [False, True]

    def test_what_is_owed_for_a_period_that_is_cut_short_is_not_known(self):
        short = when(span(0, 30))
        made = row(SHIPS, count("north", 0, 30, 9), when=short)
        assert (made["cut"], made["unmet"]) == (True, None)
        assert made["lacks"] == "how much is owed for a period that is cut short"
        assert row(SHIPS, count("north", 0, 30, 18), when=short)["unmet"] == 0.0

    def test_a_count_of_each_period_is_held_against_that_period(self):
        counts = [count("north", 0, 61, 17), count("north", 61, 122, 18), count("north", 130, 140, 3)]
        assert [r["unmet"] for r in rows(SHIPS, *counts, when=self.LONG)] == [1.0, 0.0, None]

    def test_a_period_that_nobody_counted_stands_between_those_that_somebody_did(self):
        made = rows(SHIPS, count("north", 0, 61, 17), count("south", 122, 183, 18), when=self.LONG)
        assert [r["speaker"] for r in made] == ["Northland", None, "Southland"]
        assert made[1]["lacks"] == "a count of fuel ships by anyone"

    def test_where_nobody_counted_at_all_there_is_one_row_for_the_whole_time(self):
        made = row(SHIPS, when=self.LONG)
        assert (made["t0"], made["t1"]) == (day(0), day(183))

    def test_a_pause_ends_a_period_and_the_next_begins_anew(self):
        made = periods(when(span(0, 30), span(40, 101)), "2 months", "Asia/Aden", None, 99)
        assert [(p.start, p.end, p.cut) for p in made] == [(day(0), day(30), True), (day(40), day(101), False)]

    def test_what_is_owed_in_all_is_owed_through_a_pause(self):
        owed = replace(SHIPS, each=None)
        made = row(owed, count("north", 0, 30, 9), count("north", 40, 61, 8), when=when(span(0, 30), span(40, 61)))
        assert (made["t0"], made["t1"], made["covered"], made["unmet"]) == (day(0), day(61), 1.0, 1.0)

    def test_where_no_end_is_set_periods_go_on_to_the_last_count(self):
        made = rows(SHIPS, count("north", 70, 71, 1), when=when(span(0, None), ends="open"))
        assert [r["speaker"] for r in made] == [None, "Northland"]

    def test_what_is_owed_in_all_without_an_end_can_be_met_and_is_never_seen_not_to_be(self):
        owed, on = replace(SHIPS, each=None), when(span(0, None), ends="open")
        made = row(owed, count("north", 0, 400, 3), when=on)
        assert (made["t1"], made["covered"], made["unmet"]) == (None, None, None)
        assert row(owed, count("north", 0, 400, 18), when=on)["unmet"] == 0.0

    def test_where_nobody_knows_the_end_it_may_not_have_been_in_force(self):
        made = row(SHIPS, count("north", 0, 61, 3), when=when(may=(span(0, None),), ends="unknown"))
        assert (made["unmet"], made["in_force"]) == (1.0, None)

    def test_from_an_agreed_start_to_the_actual_one_is_a_period_of_doubt(self):
        late = when(span(10, 71), may=(span(0, 71),), agreed=day(0), actual=day(10), starts=(day(0), day(10)))
        made = rows(SHIPS, count("north", 0, 10, 1), count("north", 10, 71, 17), when=late)
        assert [(r["cut"], r["in_force"], r["unmet"]) for r in made] == [(True, None, None), (False, 1.0, 1.0)]

    def test_a_start_that_nobody_knows_to_the_moment_moves_every_bound(self):
        vague = when(span(10, 71), may=(span(0, 71),), starts=(day(0), day(10)))
        assert [r["unmet"] for r in rows(SHIPS, count("north", 10, 71, 17), when=vague)] == [None, None]

    def test_of_all_that_is_owed_from_a_start_that_nobody_knows_some_may_have_come_before(self):
        owed, vague = replace(SHIPS, each=None), when(span(10, 71), may=(span(0, 71),), starts=(day(0), day(10)))
        made = rows(owed, count("north", 10, 71, 15), when=vague)[-1]
        assert made["unmet"] is None and "cut short" in made["lacks"]
        assert rows(owed, count("north", 10, 71, 18), when=vague)[-1]["unmet"] == 0.0

    @pytest.mark.parametrize(("first", "last", "unmet"), [(40, 51, 0.0), (52, 60, None), (50, 52, None)])
    def test_what_may_have_come_after_the_end_does_not_meet_it(self, first, last, unmet):
        owed, vague = replace(SHIPS, each=None), when(span(0, 51), may=(span(0, 61),))
        made = row(owed, count("north", first, last, 18), when=vague)
        assert (made["unmet"], made["least"]) == (unmet, 18.0)
        assert unmet == 0.0 or "when the period begins and ends" in made["lacks"]

    @pytest.mark.parametrize("owed", [SHIPS, replace(SHIPS, at_least=None, at_most=17)])
    def test_a_count_answers_only_where_it_lies_in_one_and_the_same_period_by_whichever_start(self, owed):
        """Against every start tried: thirty days from each of ten mornings, and counts of every length."""
        owed, answered = replace(owed, each="30 days"), 0
        vague = when(span(10, 130), may=(span(0, 130),), starts=(day(0), day(10)))
        for first, length in product(range(10, 100, 3), (1, 8, 15, 25)):
            told = rows(owed, count("north", first, first + length, 18), when=vague)
            in_one = len({(n - s) // 30 for s in range(11) for n in (first, first + length - 1)}) == 1
            unmet = [r["unmet"] for r in told if r["unmet"] is not None]
            assert unmet == ([] if not in_one else [0.0 if owed.at_least else 1.0]), (first, length)
            answered += len(unmet)
        assert answered > 20

    def test_after_a_pause_that_nobody_is_sure_of_no_period_has_bounds(self):
        doubt = when(span(0, 20), span(40, 130), may=(span(0, 130),))
        told = rows(replace(SHIPS, each="30 days"), count("north", 62, 88, 18), count("north", 2, 18, 18), when=doubt)
        assert [r["unmet"] for r in told if r["speaker"]] == [0.0, None]

    def test_more_periods_than_anybody_would_look_at_are_not_made(self):
        made = row(replace(SHIPS, each="1 s"), count("north", 0, 61, 3))
        assert (made["cut"], made["in_force"], made["unmet"]) == (True, None, None)

    def test_a_length_that_is_none_is_refused(self):
        with pytest.raises(InputError, match="'fortnight' is not a length of time"):
            row(replace(SHIPS, each="fortnight"))

    @given(st.integers(1, 400), st.sampled_from(["1 day", "1 week", "1 month", "30 h", "2 months"]))
    @settings(max_examples=60)
    def test_periods_follow_each_other_without_gap_or_overlap(self, length, each):
        made = periods(when(span(0, length)), each, "Europe/Kyiv", None, 9_999)
        assert (made[0].start, made[-1].end) == (day(0), day(length))
        assert all(a.end == b.start for a, b in pairwise(made))
        assert not any(p.cut for p in made[:-1])


class TestCaps:
    def test_one_count_above_the_cap_is_above_it(self):
        made = row(CAP, count("envoy", 5, 6, 51, about=CAP.what))
        assert (made["least"], made["unmet"]) == (51, 1.0)

    def test_counts_of_different_days_are_not_added_where_the_cap_is_for_one_time(self):
        counts = [count("envoy", 0, 30, 40, about=CAP.what), count("envoy", 30, 61, 45, about=CAP.what)]
        made = row(CAP, *counts)
        assert (made["least"], made["most"], made["unmet"]) == (45, 45, 0.0)

    def test_counts_of_one_time_at_two_places_may_add_up_to_too_many(self):
        counts = [count("envoy", 0, 61, 40, about=CAP.what), count("envoy", 5, 6, 20, about=CAP.what, place="hill")]
        made = row(CAP, *counts)
        assert (made["least"], made["most"], made["unmet"]) == (40, 60, None)

    def test_a_count_below_the_cap_on_one_day_tells_nothing_of_the_others(self):
        assert row(CAP, count("envoy", 5, 6, 20, about=CAP.what))["unmet"] is None

    def test_more_than_are_let_in_a_period_were_too_many(self):
        assert row(MOST, count("north", 0, 5, 10), count("north", 5, 9, 9))["unmet"] == 1.0
        assert row(MOST, count("north", 0, 61, 18))["unmet"] == 0.0
        assert row(MOST, count("north", 0, 60, 18))["unmet"] is None

    def test_of_a_period_cut_short_only_nothing_at_all_is_surely_within_the_cap(self):
        short = when(span(0, 30))
        assert row(MOST, count("north", 0, 30, 3), when=short)["unmet"] is None
        assert row(MOST, count("north", 0, 30, 0), when=short)["unmet"] == 0.0
        assert row(MOST, count("north", 0, 30, 19), when=short)["unmet"] == 1.0

    def test_between_two_bounds_both_have_to_hold(self):
        both = Requirement("fuel ships", "ships", at_least=5, at_most=18)
        assert [row(both, count("north", 0, 61, n))["unmet"] for n in (4, 5, 18, 19)] == [1.0, 0.0, 0.0, 1.0]

    def test_a_period_that_may_turn_out_to_be_cut_short_may_bear_a_smaller_cap(self):
        owed, vague = replace(SHIPS, at_least=None, at_most=17, each="30 days"), when(span(0, 50), may=(span(0, 70),))
        told = rows(owed, count("north", 0, 30, 12), count("north", 30, 60, 12), when=vague)
        assert [r["unmet"] for r in told[:2]] == [0.0, None] and "cut short" in told[1]["lacks"]

    def test_a_blank_of_the_same_time_may_be_what_was_missing(self):
        owed = replace(SHIPS, at_once=True, each=None)
        few = count("north", 5, 6, 3)
        assert row(owed, few, count("north", 8, 9, None))["unmet"] == 1.0
        assert row(owed, few, count("north", 5, 6, None, place="the bridge"))["unmet"] is None

    def test_what_has_to_be_there_at_any_one_time_may_be_missed_at_one(self):
        counts = [count("envoy", 0, 30, 5), count("envoy", 30, 61, 4)]
        assert row(OPEN, *counts)["unmet"] == 1.0
        assert row(OPEN, counts[0], count("envoy", 30, 61, 6))["unmet"] == 0.0
        assert row(OPEN, counts[0])["unmet"] is None


def twin(counts: list[tuple[int, int, float]]) -> tuple[float, float]:
    """Bounds by trying every choice of counts, in each stretch of hours that they make up together."""
    hours, least, most = sorted({hour for a, b, _ in counts for hour in range(a, b)}), 0.0, 0.0
    cuts = [0, *(n for n in range(1, len(hours)) if hours[n] > hours[n - 1] + 1), len(hours)]
    for n, m in pairwise(cuts):
        mine, stretch = [c for c in counts if hours[n] <= c[0] <= hours[m - 1]], set(hours[n:m])
        sets = [c for k in range(len(mine) + 1) for c in combinations(mine, k)]
        apart = [c for c in sets if all(a[1] <= b[0] or b[1] <= a[0] for a, b in combinations(c, 2))]
        enough = [c for c in sets if {hour for a, b, _ in c for hour in range(a, b)} == stretch]
        low, high = (best(sum(x[2] for x in c) for c in some) for best, some in ((max, apart), (min, enough)))
        least, most = least + low, most + (high if high >= low else sum(x[2] for x in mine))
    return least, most


COUNTS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(0, 30)).map(
        lambda c: (c[0], c[0] + c[1], float(c[2]))
    ),
    max_size=6,
)
ANY = Requirement("x", "x", at_least=18)


def of(counts: list[tuple[int, int, float]], owed: Requirement = ANY, **more: bool):
    return tallied([Told(a, b, f, **more) for a, b, f in counts], [(0, 60)], owed, cut=False)


class TestBounds:
    @given(COUNTS)
    def test_they_are_those_of_every_choice_tried_by_hand(self, counts):
        made = of(counts)
        assert (made.least, made.most) == twin(counts)

    @given(COUNTS, st.integers(0, 27), st.integers(0, 30), st.data())
    def test_to_tell_a_disjoint_count_in_two_parts_or_in_one_is_the_same(self, counts, at, figure, data):
        start, end = 100, 100 + 2 + at  # apart from all others
        middle = data.draw(st.integers(start + 1, end - 1))
        first = data.draw(st.integers(0, figure))
        parts, owed = [(0, 200)], ANY
        one = tallied([Told(a, b, f) for a, b, f in [*counts, (start, end, float(figure))]], parts, owed, cut=False)
        split = [*counts, (start, middle, float(first)), (middle, end, float(figure - first))]
        assert tallied([Told(a, b, f) for a, b, f in split], parts, owed, cut=False) == one

    @given(COUNTS, st.randoms())
    def test_the_order_does_not_matter(self, counts, random):
        shuffled = counts[:]
        random.shuffle(shuffled)
        assert of(shuffled) == of(counts)

    @given(COUNTS, st.integers(0, 30))
    def test_one_more_count_that_overlaps_none_never_widens_the_bounds(self, counts, figure):
        before, after = of(counts), of([*counts, (40, 50, float(figure))])
        assert before.most is not None and after.most is not None
        assert after.most - after.least == before.most - before.least

    @given(COUNTS, st.integers(0, 20), st.integers(0, 30))
    def test_to_fill_in_a_blank_never_unsettles_an_answer(self, counts, at, figure):
        told = [Told(a, b, f) for a, b, f in counts]
        for owed in (ANY, Requirement("x", "x", at_most=18), Requirement("x", "x", at_most=18, at_once=True)):
            before = tallied([*told, Told(at, at + 3, None)], [(0, 28)], owed, cut=False)
            after = tallied([*told, Told(at, at + 3, float(figure))], [(0, 28)], owed, cut=False)
            assert before.unmet in (None, after.unmet)

    @given(
        st.lists(st.integers(0, 29), max_size=25),
        st.lists(st.tuples(st.integers(0, 29), st.integers(1, 15)), max_size=6),
        st.integers(1, 12),
        st.booleans(),
    )
    @settings(max_examples=300)
    def test_no_answer_contradicts_the_ships_that_truly_came(self, ships, spans, owed, few):
        """Ships come one by one; every count is true; the period is [5, 25), and counts may straddle its ends."""
        spans = [*spans, (0, 12), (12, 18)] if few else spans
        told = [
            Told(a, a + n, float(sum(a <= ship < a + n for ship in ships)), inside=a >= 5 and a + n <= 25)
            for a, n in spans
            if a < 25 and a + n > 5
        ]
        truth = sum(5 <= ship < 25 for ship in ships)
        for bound in (Requirement("x", "x", at_least=owed), Requirement("x", "x", at_most=owed)):
            made = tallied(told, [(5, 25)], bound, cut=False)
            unmet = truth < owed if bound.at_least else truth > owed
            assert made.least <= truth and (not made.every or truth <= (made.most or 0))
            assert made.unmet in (None, float(unmet))


class TestFindings:
    def findings(self, *counts, readings=None, owed=SHIPS, **more) -> list[dict]:
        made = agreed(*(readings or (reading(owed, **more),)))
        found = findings_of(owed_table(made, said(*counts), PARAMS), made, PARAMS)
        assert found.schema == FINDINGS.schema
        return FINDINGS.check(found).to_dicts()

    def test_too_few_by_one_count_is_indicated_and_no_more(self):
        (made,) = self.findings(count("north", 0, 61, 9))
        assert made["subject"] == "period:2030-04-02T16:00Z/2030-06-02T16:00Z by Northland"
        assert (made["verdict"], made["low"], made["high"]) == ("indicated", 0.7, 0.7)
        assert made["because"] == "whether the speaker's count is right"
        assert made["would_settle"] == "a count by somebody else, or the records it is from"

    def test_enough_is_not_indicated(self):
        (made,) = self.findings(count("north", 0, 61, 20))
        assert (made["verdict"], made["high"]) == ("not_indicated", 0.0)
        assert made["because"] == "what was counted, against what was owed"

    def test_where_nobody_counted_nobody_can_tell(self):
        (made,) = self.findings()
        assert (made["verdict"], made["low"], made["high"]) == ("cannot_tell", 0.0, 1.0)
        assert made["subject"] == "period:2030-04-02T16:00Z/2030-06-02T16:00Z"
        assert (made["because"], made["would_settle"]) == ("that nobody counted", "a count of fuel ships by anyone")

    def test_two_speakers_who_differ_are_two_findings(self):
        made = self.findings(count("north", 0, 61, 9), count("south", 0, 61, 20))
        assert [f["verdict"] for f in made] == ["indicated", "not_indicated"]
        assert not any(f["contested"] for f in made)

    def test_readings_that_ask_for_different_numbers_are_contested(self):
        south = reading(replace(SHIPS, at_least=8), who="south")
        made = self.findings(count("north", 0, 61, 9), readings=(reading(SHIPS), south))
        assert {(f["reading"], f["verdict"], f["contested"]) for f in made} == {
            ("text", "indicated", True),
            ("south", "not_indicated", True),
        }

    def test_who_owed_it_is_told_where_one_party_alone_is_bound(self):
        assert self.findings(count("north", 0, 61, 9))[0]["attribution"] == "Southland"
        both = self.findings(count("north", 0, 61, 9), binds=("north", "south"))
        assert both[0]["attribution"] == "undetermined"

    def test_under_a_reading_that_binds_nobody_there_is_no_finding(self):
        assert self.findings(count("north", 0, 61, 9), binds=()) == []

    def test_a_party_that_was_surely_released_before_owes_nothing(self):
        assert self.findings(count("north", 0, 61, 9), freed=(Freed("south", day(0), sure=True),)) == []

    @pytest.mark.parametrize("freed", [Freed("south", day(30), sure=True), Freed("south", day(0), sure=False)])
    def test_a_release_in_between_or_in_doubt_leaves_it_open(self, freed):
        (made,) = self.findings(count("north", 0, 61, 9), freed=(freed,))
        assert (made["verdict"], made["p_bound"]) == ("cannot_tell", None)
        assert "who was bound then" in made["would_settle"]

    def test_a_release_after_the_period_changes_nothing(self):
        assert self.findings(count("north", 0, 61, 9), freed=(Freed("south", day(61), sure=True),))[0]["p_bound"] == 1.0

    def test_an_exception_that_clears_leaves_it_to_people(self):
        (made,) = self.findings(count("north", 0, 61, 9), exemptions=excepted(True))
        assert made["verdict"] == "cannot_tell"
        assert "whether an exception applies: storms at sea (article 3)" in made["would_settle"]
        assert self.findings(count("north", 0, 61, 9), exemptions=excepted(False))[0]["verdict"] == "indicated"

    def test_where_it_may_not_have_been_in_force_nobody_can_tell(self):
        (made,) = self.findings(count("north", 0, 61, 9), when=when(may=(span(0, 61),), ends="unknown"))
        assert made["verdict"] == "cannot_tell" and "when the term was in force" in made["would_settle"]

    def test_an_open_end_and_one_that_nobody_knows_are_told_apart(self):
        owed = replace(SHIPS, each=None)
        assert self.findings(owed=owed, when=when(span(0, None), ends="open"))[0]["subject"].endswith("/open")
        unknown = when(may=(span(0, None),), ends="unknown")
        assert self.findings(owed=owed, when=unknown)[0]["subject"].endswith("/unknown")

    def test_a_finding_changes_its_name_only_with_its_evidence_or_its_term(self):
        first = self.findings(count("north", 0, 61, 9))[0]["id"]
        assert self.findings(count("north", 0, 61, 9), {**count("north", 0, 61, 9), "about": "grain"})[0]["id"] == first
        assert self.findings(count("north", 0, 61, 9), count("north", 3, 4, 1))[0]["id"] != first
        assert self.findings(count("north", 0, 61, 9), says="another wording")[0]["id"] != first

    @given(st.integers(0, 40), st.integers(0, 40))
    @settings(max_examples=40)
    def test_settling_a_blank_never_widens_the_bounds(self, one, other):
        (before,) = self.findings(count("north", 0, 30, one), count("north", 30, 61, None))
        (after,) = self.findings(count("north", 0, 30, one), count("north", 30, 61, other))
        assert before["low"] <= after["low"] and after["high"] <= before["high"]


class TestTheTable:
    def test_it_keeps_its_contract_and_is_empty_where_nothing_is_owed(self):
        made = owed_table(agreed(reading(None)), said(count("north", 0, 61, 9)), PARAMS)
        assert made.schema == OWED.schema and made.is_empty()
        assert findings_of(made, agreed(reading(None)), PARAMS).is_empty()

    def test_every_row_without_an_answer_says_what_is_lacking(self):
        counts = [count("north", n, n + 7, n) for n in range(-5, 180, 9)]
        made = owed_table(agreed(reading(SHIPS, when=TestPeriods.LONG)), said(*counts), PARAMS)
        assert made.filter(pl.col("unmet").is_null() != pl.col("lacks").is_not_null()).is_empty()

    def test_ten_thousand_counts_are_bounded_in_seconds(self):
        counts = said(*(count("north", n / 60, n / 60 + 1, 1) for n in range(10_000)))
        made = owed_table(agreed(reading(SHIPS, when=TestPeriods.LONG)), counts, PARAMS)
        assert made.height == 3


class TestTheFile:
    TRUCE = """\
agreement: small
title: A small one
source: invented
parties:
  - {id: north, name: Northland}
  - {id: south, name: Southland}
terms:
  - id: ships
    article: "2"
    kind: quota
    says: ships
    source: invented
    requires: {what: fuel ships, unit: ships, at_least: 18, each: 2 months}
    since: "2030-04-02 19:00 Asia/Aden"
    until: open
"""

    def test_what_is_written_is_what_is_owed(self):
        (term,) = agreement(self.TRUCE, "a.yaml").terms
        assert term.readings[0].requires == SHIPS

    @pytest.mark.parametrize("each", ["fortnight", "0 days", "1 moon"])
    def test_a_length_that_is_none_names_its_line(self, each):
        with pytest.raises(InputError, match=r"a\.yaml, line 13, each: "):
            agreement(self.TRUCE.replace("2 months", each), "a.yaml")
