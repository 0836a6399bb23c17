"""Published status reports in prose: counts with their days and the number of the period before."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.sources.bulletin import SOURCE
from trucewatch.testing import check_source

RULES = {
    "mapping": "bulletin.yaml",
    **yaml.safe_load((Path(__file__).parents[2] / "mappings/bulletin.yaml").read_text()),
}
TEXT = """FACTS
[[1]] Between 6 and 19 April, the mission recorded about 7,200 ceasefire violations, including about 1,500 explosions.
[[2]] This compares with about 8,700 and 2,700, respectively, in the previous two-week period.
[[3]] Since the beginning of the year, it corroborated 204 civilian casualties (39 deaths and 165 injuries).
[[4]] Two people were injured on 8 April near a 60-year-old mill, 3 km from the road.
[[5]] Its freedom of movement was restricted on 31 occasions:
[[6]] 22 in northern areas and nine in southern areas.
[[7]] It handed over 40 blankets on 7 April.
"""


def read(text: str = TEXT, **more: object):
    options = {"mapping": RULES, "date": "2018-04-23", "zone": "UTC", **more}
    return check_source(SOURCE, text.encode(), url="april.txt", options=options)


def rows(text: str = TEXT, **more: object) -> list[dict]:
    return read(text, **more).statements.to_dicts()


def days(row: dict) -> tuple[date, date] | None:
    return (row["t0"].date(), row["t1"].date()) if row["t0"] else None


def one(text: str, **more: object) -> dict:
    (row,) = rows(text, **more)
    return row


def test_each_count_has_its_kind_its_number_and_how_it_is_meant():
    got = [(r["about"], r["figure"], r["qualifier"]) for r in rows()]
    assert got[:2] == [("ceasefire violations", 7200, "about"), ("explosions", 1500, "about")]
    assert ("people injured", 2, "exact") in got


@pytest.mark.parametrize("told", ["1 200", "1\u00a0200", "1,200"])
def test_a_space_between_thousands_does_not_cut_a_number(told):
    assert one(f"Between 6 and 19 April, {told} mines were removed.")["figure"] == 1200


@pytest.mark.parametrize("told", ["Between 100 and 150", "100 to 150", "100 or 150"])
def test_the_higher_end_of_a_range_is_no_exact_count(told):
    got = read(f"On 7 April, the mission spoke. {told} explosions were heard on 8 April.")
    assert got.statements.select("figure", "qualifier").rows() == [(150.0, None)]
    assert got.problems["code"].to_list() == ["unread_number", "upper_bound"]


@pytest.mark.parametrize("told", ["2.5 million", "100-150"])
def test_a_figure_that_is_no_plain_number_is_told_and_not_passed_over(told):
    got = read(f"On 7 April {told} explosions were heard.")
    assert got.statements.is_empty()
    assert got.problems.filter("lost")["code"].to_list() == ["unread_number"]


def test_what_rose_from_one_number_to_another_is_compared_with_itself_and_not_with_the_count_before():
    text = "On 7 April 20 mines were removed. On 8 April it rose, increased from 100 to 150 explosions."
    told = {(r["about"], r["figure"], r["key"].endswith("/previous")) for r in rows(text)}
    assert told == {
        ("mines and unexploded ordnance", 20, False), ("explosions", 100, True), ("explosions", 150, False),
    }  # fmt: skip


def test_the_number_of_the_period_before_stands_by_its_own_days_and_by_the_key_of_its_count():
    now, part, before, part_before = rows()[:4]
    assert days(now) == (date(2018, 4, 6), date(2018, 4, 20))
    assert days(before) == days(part_before) == (date(2018, 3, 23), date(2018, 4, 6))
    assert (before["figure"], before["key"]) == (8700, f"{now['key']}/previous")
    assert (part_before["figure"], part_before["key"]) == (2700, f"{part['key']}/previous")


def test_a_part_says_of_which_count():
    told = {r["figure"]: r for r in rows()}
    assert told[1500]["part_of"] == told[7200]["key"]
    assert told[39]["part_of"] == told[165]["part_of"] == told[204]["key"]
    assert told[22]["part_of"] == told[9]["part_of"] == told[31]["key"]


def test_the_year_so_far_ends_with_the_period():
    assert days(next(r for r in rows() if r["figure"] == 204)) == (date(2018, 1, 1), date(2018, 4, 20))


def test_the_place_in_the_text_is_the_number_itself():
    for row in rows():
        a, b = (int(word) for word in row["locator"].split() if word.isdigit())
        assert TEXT[a:b].lower() in row["quote"].lower()


def test_ages_and_distances_count_nothing_and_what_no_rule_knows_is_named():
    lost = read().problems.filter("lost")
    assert lost["message"].str.contains("'40'").to_list() == [True]
    assert not {60, 3} & {r["figure"] for r in rows()}


def test_a_day_right_after_a_number_is_its_own():
    text = "Between 1 and 14 May it saw six tanks near A on 5 May and 12 tanks near B on 9 May."
    assert [days(r)[0].day for r in rows(text)] == [5, 9]


@pytest.mark.parametrize("words", ["in the last week", "in the three days following a lull"])
def test_days_that_nobody_can_tell_stay_untold(words):
    assert days(one(f"Between 1 and 14 May it worked. It heard 30 explosions {words}.")) is None


def test_an_end_alone_tells_no_days():
    assert days(one("Between 1 and 14 May it worked. Until 9 May it heard 30 explosions.")) is None


def test_an_upper_bound_is_no_count_and_is_said_to_be_one():
    got = read("On 1 May it recorded fewer than 10 explosions.")
    assert got.statements["qualifier"].to_list() == [None]
    assert "upper_bound" in got.problems["code"].to_list()


def test_without_its_own_day_or_a_year_numbers_have_no_time_and_that_is_told():
    got = read(date=None)
    assert got.statements["t0"].null_count() == got.statements.height
    assert "no_period" in got.problems["code"].to_list()


def test_without_a_zone_no_day_is_taken_as_utc():
    got = read(zone=None)
    assert got.statements["t0"].null_count() == got.statements.height and "no_zone" in got.problems["code"].to_list()


def test_a_december_in_a_report_of_january_is_of_the_year_before():
    assert days(one("On 28 December it heard nine explosions.", date="2018-01-03"))[0] == date(2017, 12, 28)


def test_a_period_over_new_year_begins_in_the_old_year():
    row = one("Between 24 December and 13 January it recorded 10,919 ceasefire violations.", date="2019-01-15")
    assert days(row) == (date(2018, 12, 24), date(2019, 1, 14))


@pytest.mark.parametrize(
    ("raw", "options", "told"),
    [
        (b"", {}, "is empty"),
        (b"a\x00b", {}, "is not text"),
        (b"On 1 May.", {"date": "May"}, "is no date"),
        (b"On 1 May.", {"mapping": None}, "has no rules"),
        (b"On 1 May.", {"mapping": {**RULES, "counts": [{"about": "x"}]}}, "three parts"),
        (b"On 1 May.", {"mapping": {**RULES, "none": ["("]}}, "a pattern is none"),
        (b"On 1 May.", {"mapping": {**RULES, "qualifiers": {"about": "vague"}}}, "no qualifier"),
    ],
)
def test_what_cannot_be_read_is_one_line(raw, options, told):
    with pytest.raises(InputError, match=told):
        check_source(SOURCE, raw, options={"mapping": RULES, **options})


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("0123456789,.-() \nabMay twoexplosionsviolations[]"), max_size=300))
def test_no_text_breaks_it_and_no_number_gets_lost(text):
    if text.strip():
        read(text)


DATA = Path(os.environ.get("TRUCEWATCH_DATA") or Path(__file__).parents[3] / "shared/data")
REPORTS = DATA / "osce_smm_status_reports_to_2018" / "text"


@pytest.mark.skipif(not REPORTS.is_dir(), reason="needs the status reports in TRUCEWATCH_DATA")
def test_real_reports_are_read_and_every_number_is_where_it_says():
    for path in sorted(REPORTS.glob("*.txt"))[:8]:
        text = path.read_text()
        got = check_source(SOURCE, text.encode(), url=path.name, options={"mapping": RULES, "zone": "UTC"})
        spans = got.statements.select(pl.col("locator").str.extract_all(r"\d+").list.eval(pl.element().cast(pl.Int64)))
        assert all(any(sign.isalnum() for sign in text[a:b]) for a, b in spans.to_series().to_list())
