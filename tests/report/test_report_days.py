"""Days are the zone's own, however its clocks change; a period that is not over is not compared."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from reported import AGREEMENT, DAY, HOUR, LATER, SINCE, UNTIL, Page, looks, made, many, sighting

from trucewatch.report.period import Period
from trucewatch.report.svg_time import edges_of

KYIV = ZoneInfo("Europe/Kyiv")
IN_KYIV = AGREEMENT.replace("display_zone: UTC", "display_zone: Europe/Kyiv")


def midnight(month: int, day: int) -> datetime:
    return datetime(2015, month, day, tzinfo=KYIV).astimezone(UTC)


def on(month: int, day: int, lon: float = 10.0) -> dict:
    """Dated by the day, as most sources do."""
    start = midnight(month, day)
    return sighting(start, lon, 50.0, midnight(month, day + 1) - start)


def spring(rows, **more):
    return made(rows, text=IN_KYIV, since=midnight(2, 15), until=midnight(4, 15), **more)


class TestBars:
    def test_what_is_dated_by_the_day_is_drawn_after_the_clocks_change(self):
        page = spring([on(2, 20), on(3, 29, 12.0), on(3, 30, 14.0), on(3, 30, 16.0)]).html
        drawing = re.search(r'<svg class="time".*?</svg>', page)
        assert drawing is not None
        bars = re.findall(r"<g><title>(.*?)</title>", drawing[0])
        assert bars == [
            "20 Feb 2015 00:00: 1 incident",
            "29 Mar 2015 00:00: 1 incident",
            "30 Mar 2015 00:00: 2 incidents",
        ]
        assert "not drawn" not in page

    def test_edges_are_midnights_and_cover_both_periods(self):
        span = Period(midnight(2, 15), midnight(4, 15))
        edges = edges_of(span, 1, "Europe/Kyiv")
        assert {at.astimezone(KYIV).hour for at in edges} == {0}
        assert span.since in edges and span.until in edges
        assert edges[0] <= span.before.since and edges[-1] >= span.until

    @pytest.mark.parametrize("days", [1, 7, 30])
    def test_a_period_that_starts_within_a_day_is_cut_from_there(self, days):
        span = Period(midnight(2, 15) + HOUR, midnight(4, 15))
        edges = edges_of(span, days, "Europe/Kyiv")
        assert {b - a for a, b in itertools.pairwise(edges)} == {timedelta(days=days)}
        assert span.since in edges


class TestDaysWithALook:
    def of(self, *spans, zone_text=IN_KYIV, **more) -> dict:
        out = made(
            [on(2, 20)], text=zone_text, since=midnight(3, 28), until=midnight(3, 31), looks=looks(*spans), **more
        )
        return json.loads(out.json)["coverage"]

    def test_a_look_counts_on_every_day_that_it_touches(self):
        told = self.of((midnight(3, 28) - DAY, midnight(3, 30) + HOUR))
        assert (told["days"], told["days_looked"], told["sources"][0]["days"]) == (3, 3, 3)
        assert told["says"].startswith("Looks are recorded on every day")
        assert told["days_without_a_look"] == []

    def test_days_are_those_of_the_zone(self):
        # 22:30 UTC on the 28th is half past midnight of the 29th in Kyiv.
        at = datetime(2015, 3, 28, 22, 30, tzinfo=UTC)
        told = self.of((at, at + HOUR / 2))
        assert told["days_without_a_look"] == [date(2015, 3, 28).isoformat(), date(2015, 3, 30).isoformat()]
        assert told["says"].startswith("Looks are recorded on 1 of 3 days")

    def test_an_end_at_midnight_does_not_touch_the_next_day(self):
        assert self.of((midnight(3, 28), midnight(3, 29)))["days_looked"] == 1


# As much fire in the ten days before as in the ten days of the truce: an incident every two hours.
FIRE = (
    sighting(SINCE - 11 * DAY, 60.0, 40.0),
    *many(120, SINCE - 10 * DAY, 2 * HOUR),
    *many(120, SINCE, 2 * HOUR),
)


class TestAPeriodThatIsNotOver:
    def word(self, rows=FIRE, level="public", made_at=LATER, **more) -> str:
        return json.loads(made(list(rows), level, made_at, **more).json)["summary"][0]["word"]

    def test_equal_fire_is_not_fewer_for_being_held_back(self):
        told = self.word(made_at=UNTIL + 54 * HOUR, looks=looks((SINCE - 12 * DAY, UNTIL - 18 * HOUR)))
        assert told == "not comparable: this period is complete only to 2026-01-19 06:00 UTC"

    def test_nor_where_nearly_all_is_held_back(self):
        assert self.word(made_at=SINCE + 6 * DAY).startswith("not comparable")

    def test_the_page_says_until_when_it_is_complete(self):
        page = made(list(FIRE), "public", UNTIL + 54 * HOUR).html
        assert "not comparable: this period is complete only to 2026-01-19" in "".join(Page(page).text)

    def test_what_is_past_the_end_of_the_record_is_not_compared_either(self):
        told = self.word(FIRE[:180], "restricted")
        assert told == "not comparable: this period is complete only to 2026-01-14 20:01 UTC"

    def test_a_period_that_is_over_is_compared(self):
        whole = looks((SINCE - 12 * DAY, UNTIL))
        assert self.word(looks=whole) == "similar"
        assert self.word(made_at=UNTIL + 72 * HOUR, looks=whole) == "similar"
