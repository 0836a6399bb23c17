"""The period, the one before it, and words for comparing them."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reported import AGREEMENT, DAY, HOUR, MINUTE, SINCE, UNTIL, made, many, material, sighting

from trucewatch.base.errors import InputError
from trucewatch.report.period import Period, compared, period_of, record_of, touching, within, worded

SPAN = Period(SINCE, UNTIL)


def sides(*spans) -> tuple[list[bool], list[bool]]:
    table = pl.DataFrame(
        {"t0": [a for a, _ in spans], "t1": [b for _, b in spans]},
        schema_overrides={"t0": pl.Datetime("us", "UTC"), "t1": pl.Datetime("us", "UTC")},
    )
    told = table.select(within=within(SPAN), touching=touching(SPAN))
    return told["within"].to_list(), told["touching"].to_list()


def told(rows, **more) -> dict:
    return json.loads(made(rows, **more).json)


def row(report: dict, measure: str) -> dict:
    return next(r for r in report["summary"] if r["measure"] == measure)


class TestHalfOpen:
    def test_what_starts_as_the_period_starts_is_in(self):
        assert sides((SINCE, SINCE + MINUTE)) == ([True], [False])

    def test_what_ends_as_the_period_ends_is_in(self):
        assert sides((UNTIL - MINUTE, UNTIL)) == ([True], [False])

    def test_what_starts_as_the_period_ends_is_out(self):
        assert sides((UNTIL, UNTIL + MINUTE)) == ([False], [False])

    def test_what_ends_as_the_period_starts_is_out(self):
        assert sides((SINCE - MINUTE, SINCE)) == ([False], [False])

    def test_an_instant_is_in_exactly_one_of_two_periods_that_meet(self):
        assert sides((SINCE, SINCE), (UNTIL, UNTIL)) == ([True, False], [False, False])

    def test_what_straddles_an_edge_touches_only(self):
        assert sides((SINCE - MINUTE, SINCE + MINUTE), (UNTIL - MINUTE, UNTIL + MINUTE)) == ([False] * 2, [True] * 2)

    def test_what_is_longer_than_the_period_touches_only(self):
        assert sides((SINCE - DAY, UNTIL + DAY)) == ([False], [True])

    @given(st.integers(-3000, 20000), st.integers(0, 20000))
    def test_nothing_is_both_and_a_span_is_in_one_period_at_most(self, start, minutes):
        a, b = SINCE + start * MINUTE, SINCE + (start + minutes) * MINUTE
        table = pl.DataFrame({"t0": [a], "t1": [b]}).cast(pl.Datetime("us", "UTC"))
        later = Period(UNTIL, UNTIL + (UNTIL - SINCE))
        flags = table.select(
            a=within(SPAN), b=touching(SPAN), before=within(SPAN.before), after=within(later)
        ).row(0)  # fmt: skip
        assert not (flags[0] and flags[1])
        assert sum((flags[0], flags[2], flags[3])) <= 1


class TestThePeriodBefore:
    def test_it_is_as_long_and_ends_where_this_one_starts(self):
        assert (SPAN.before.until, SPAN.before.until - SPAN.before.since) == (SINCE, UNTIL - SINCE)

    def test_incidents_are_counted_in_their_own_period_and_straddlers_apart(self):
        report = told([
            *many(3, SINCE - 5 * DAY), *many(2, SINCE + DAY),
            sighting(SINCE - HOUR, 30.0, 40.0, 2 * HOUR), sighting(SINCE - 11 * DAY, 31.0, 41.0),
        ])  # fmt: skip
        assert (row(report, "Incidents")["now"], row(report, "Incidents")["before"]) == (2, 3)
        assert report["head"]["straddle"] == 1

    def test_straddlers_are_told_on_the_page(self):
        page = made([*many(2), sighting(SINCE - HOUR, 30.0, 40.0, 2 * HOUR)]).html
        assert "1 more is dated so vaguely that it may lie in it or not" in page


class TestWhichPeriod:
    def of(self, rows, text=AGREEMENT, since=None, until=None) -> Period:
        m = material(rows, text)
        return period_of(m.terms, record_of(m.incidents, m.observations, m.looks), since, until)

    def test_it_starts_with_the_text_and_ends_with_it(self):
        assert self.of([sighting(UNTIL + 5 * DAY)]) == SPAN

    def test_it_ends_with_the_last_incident_where_that_is_earlier(self):
        assert self.of([sighting(SINCE + DAY)]).until == SINCE + DAY + MINUTE

    def test_an_open_end_is_the_last_incident(self):
        text = AGREEMENT.replace('until: "2026-01-20 00:00 UTC"', "until: open")
        assert self.of([sighting(UNTIL + 5 * DAY)], text).until == UNTIL + 5 * DAY + MINUTE

    def test_what_was_asked_for_comes_first(self):
        assert self.of([sighting(SINCE)], since=SINCE - DAY, until=UNTIL + DAY) == Period(SINCE - DAY, UNTIL + DAY)

    def test_an_end_before_the_start_is_one_clear_line(self):
        with pytest.raises(InputError, match=r"would end .* before it starts"):
            self.of([sighting(SINCE)], since=UNTIL, until=SINCE)

    def test_nothing_at_all_is_one_clear_line(self):
        text = AGREEMENT.replace('until: "2026-01-20 00:00 UTC"', "until: open")
        with pytest.raises(InputError, match="nothing to report on"):
            self.of([], text)


class TestComparedWords:
    @pytest.mark.parametrize(
        ("now", "before", "word"),
        [(0, 0, "none in either"), (3, 0, "similar"), (5, 0, "more"), (0, 5, "fewer"), (100, 100, "similar"),
         (104, 110, "similar"), (380, 70, "more"), (70, 380, "fewer")],
    )  # fmt: skip
    def test_more_fewer_similar(self, now, before, word):
        assert compared(now, before, 2.0) == word

    @given(st.integers(0, 10_000), st.integers(0, 10_000))
    def test_the_words_are_fair_to_both_periods(self, a, b):
        swapped = {"more": "fewer", "fewer": "more"}
        assert compared(b, a, 2.0) == swapped.get(compared(a, b, 2.0), compared(a, b, 2.0))

    @given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([0.125, 0.5, 2.0, 8.0]))
    def test_they_are_fair_where_the_periods_were_not_watched_alike(self, a, b, times):
        swapped = {"more": "fewer", "fewer": "more"}
        word = compared(a, b, 2.0, times)
        assert compared(b, a, 2.0, 1 / times) == swapped.get(word, word)

    @pytest.mark.parametrize(
        ("now", "before", "times", "word"),
        [
            (50, 100, [0.5, 0.5], "fewer counted; similar as watched"),
            (100, 100, [0.25, 0.5], "similar counted; more as watched"),
            (10, 100, [0.5, 0.5], "fewer"), (50, 100, [0.25, 1.0], "fewer counted; not watched alike"),
            (50, 100, [None, 0.5], "fewer counted; not watched alike"), (0, 0, [0.5, 0.5], "none in either"),
            (50, 100, None, "fewer"),
        ],
    )  # fmt: skip
    def test_a_direction_is_told_alone_only_where_it_holds_as_counted_and_as_watched(self, now, before, times, word):
        assert worded(now, before, 2.0, {"unseen": None, "times": times}) == word

    def test_a_period_in_which_nobody_looked_is_unknown_whatever_was_counted(self):
        said = worded(0, 100, 2.0, {"unseen": "this period", "times": None})
        assert said == "unknown: nobody is recorded to have looked in this period"


class TestCasualties:
    def of(self, rows) -> tuple[dict, dict]:
        killed, injured = told(rows)["casualties"]
        return killed, injured

    def test_they_are_bounds(self):
        killed, _ = self.of(
            [sighting(SINCE + HOUR, killed_low=1, killed_high=4), sighting(SINCE + DAY, 20.0, killed=2)]
        )
        assert (killed["now"], killed["now_says"]) == ([3, 6], "3 to 6 (told for 2 of 2 incidents)")

    def test_figures_of_two_sources_of_one_incident_are_never_added(self):
        rows = [sighting(SINCE + HOUR, killed=2, source="x"), sighting(SINCE + HOUR, killed=3, source="y")]
        assert self.of(rows)[0]["now"] == [2, 3]

    def test_where_nobody_tells_it_is_not_nought(self):
        killed, injured = self.of([*many(3), sighting(SINCE - 15 * DAY)])
        assert (killed["now"], killed["now_says"], injured["before_says"]) == (None, "not told", "not told")

    def test_where_somebody_tells_of_nobody_it_is_nought(self):
        assert self.of([sighting(SINCE + HOUR, killed=0)])[0]["now_says"] == "0 to 0 (told for 1 of 1 incident)"

    def test_the_page_says_not_told(self):
        assert "<td>not told<sup>" in made(many(2)).html

    def test_a_lowest_figure_that_nobody_gives_counts_as_nought(self):
        killed = self.of([sighting(SINCE + HOUR, killed_high=4)])[0]
        assert killed["now"] == [0, 4]
        assert "1 has no lowest figure, taken as 0" in killed["now_says"]

    def test_they_say_of_how_many_incidents_they_are_told(self):
        out = made([*many(59), sighting(SINCE + 4 * DAY, 33.3, 44.4, killed=5)])
        assert json.loads(out.json)["casualties"][0]["now_says"] == "5 to 5 (told for 1 of 60 incidents)"
        assert "5 to 5 (told for 1 of 60 incidents)" in out.html
