"""YAML's `no` is no word, a date is no hour, and a row may say itself whose it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
import yaml

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.ports import Read
from trucewatch.sources.table import SOURCE
from trucewatch.sources.table.mapping import plan
from trucewatch.testing import check_source

SIMPLE: dict[str, Any] = {
    "mapping": "simple", "zone": "UTC", "time": {"day": "day"}, "columns": {"kind": "what"},
}  # fmt: skip


def read(raw: bytes, **changed: Any) -> Read:
    return check_source(SOURCE, raw, options={"mapping": {**SIMPLE, **changed}})


# --- what YAML does not read as text


def test_a_bare_no_never_turns_denials_into_affirmations() -> None:
    # Found by others: `starts: no` is False in YAML, matched "False", and every denial went to `otherwise`.
    told = yaml.safe_load("{column: position, rules: [{starts: no, stance: denies}], otherwise: affirms}")
    with pytest.raises(InputError) as wrong:
        plan({**SIMPLE, "stances": told})
    assert str(wrong.value) == "mapping 'simple', stances.rules[1].starts: False is not text; put it in quotes"
    quoted = yaml.safe_load("{column: position, rules: [{starts: 'no', stance: denies}], otherwise: affirms}")
    got = read(b"day,what,position\n2020-01-01,shelling,no fire\n2020-01-02,shelling,fire\n", stances=quoted)
    assert got.observations["stance"].to_list() == ["denies", "affirms"]


RULES = ("is: no", "is: [a, yes]", "is: 1", "is: [a, 1.0]", "is: 010", "is: [~]", "starts: off", "starts: [1]",
         "matches: yes", "matches: 1", "matches: [a]", "is: 2020-01-01")  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_told_in_text(rule: str) -> None:
    told = {"column": "what", "rules": [{"is": "x", "kind": "clash"}, {**yaml.safe_load(rule), "kind": "shelling"}]}
    with pytest.raises(InputError, match=r"^mapping 'simple', kinds.rules\[2\].\w+: .* is not text; put it in quotes$"):
        plan({**SIMPLE, "kinds": told})


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"by": {"column": "what", "rules": [{"is": "x", "by": True}]}}, r"by.rules\[1\].by: True"),
        ({"by": {"column": "what", "rules": [{"is": "x", "by": 7}]}}, r"by.rules\[1\].by: 7"),
        ({"stances": {"column": "what", "rules": [{"is": "x", "stance": False}]}}, r"stances.rules\[1\].stance: False"),
        ({"by": {"column": "what", "rules": [], "otherwise": False}}, "by.otherwise: False"),
        ({"targets": {"column": "what", "rules": [], "otherwise": 0}}, "targets.otherwise: 0"),
        ({"columns": {"kind": "what", "place": {"column": "x", "nulls": [False]}}}, "columns.place.nulls: False"),
        ({"columns": {"kind": "what", "place": {"column": "x", "nulls": -99}}}, "columns.place.nulls: -99"),
        ({"columns": {"kind": "what", "place": {"value": True}}}, "columns.place.value: True"),
        ({"columns": {"kind": "what", "place": {"column": 2014}}}, "columns.place.column: 2014"),
        ({"columns": {"kind": "what", "place": {"join": ["a", False]}}}, "columns.place.join: False"),
        ({"columns": {"kind": "what", "place": {"column": "x", "replace": {False: "a"}}}}, "columns.place.replace: False"),
        ({"columns": {"kind": "what", "place": {"column": "x", "replace": {"a": 1}}}}, "columns.place.replace: 1"),
        ({"time": {"day": True}}, "time.day: True"),
        ({"time": {"start": "when", "end": True}}, "time.end: True"),
        ({"source": False}, "source: False"),
        ({"source": 1}, "source: 1"),
        ({"source": [1]}, r"source: \[1\]"),
        ({"licence": False}, "licence: False"),
        ({"zone": False}, "zone: False"),
        ({"columns": {"kind": "what", "place": 7}}, "columns.place: 7"),
    ],
)  # fmt: skip
def test_every_word_of_a_mapping_is_text(changed: dict[str, Any], at: str) -> None:
    with pytest.raises(InputError, match=rf"^mapping 'simple', {at} is not text; put it in quotes$"):
        plan({**SIMPLE, **changed})


@pytest.mark.parametrize("name", [[1], 1, True, False, {"a": "b"}, date(2020, 1, 1)])
def test_a_mapping_whose_name_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(InputError, match=r"^mapping: .* is not text; put it in quotes$"):
        plan({**SIMPLE, "mapping": name})


def test_a_number_in_quotes_is_the_cells_text_and_null_is_nothing_told() -> None:
    kinds = yaml.safe_load("{column: what, rules: [{is: ['1', '010'], kind: shelling}], otherwise: null}")
    got = read(b"day,what\n2020-01-01,1\n2020-01-01,010\n2020-01-01,8\n", kinds=kinds)
    assert got.observations["kind"].to_list() == ["shelling", "shelling", "unspecified"]
    assert got.problems.is_empty()


def test_figures_that_hold_for_all_may_be_numbers() -> None:
    columns = {"kind": "what", "lon": {"value": 40}, "lat": {"value": 12.5}, "radius_m": {"value": 500, "because": "x"}}
    plan({**SIMPLE, "columns": columns})


# --- whose each row is

OUTLETS = b"day,what,outlet,id\n2020-01-01,shelling,The Post,1\n2020-01-01,shelling, the  radio ,1\n2020-01-01,shelling,,1\n2020-01-02,clash,The Post,1\n"


def sources(got: Read) -> list[str]:
    return got.observations["source"].to_list()


def test_each_row_is_of_the_outlet_that_it_names() -> None:
    assert sources(read(OUTLETS, source={"column": "outlet"})) == ["The Post", "the radio", "simple", "The Post"]


def test_a_row_that_names_none_is_of_who_the_mapping_says() -> None:
    got = read(OUTLETS, source={"column": "outlet", "otherwise": "a monitor"})
    assert sources(got) == ["The Post", "the radio", "a monitor", "The Post"]


def test_a_key_is_told_apart_within_one_outlet_only() -> None:
    got = read(OUTLETS, source={"column": "outlet"}, columns={"kind": "what", "key": "id"})
    assert got.observations["key"].to_list() == ["1", "1", "1", "1/2"]
    assert read(OUTLETS, columns={"kind": "what", "key": "id"}).observations["key"].to_list() == [
        "1",
        "1/2",
        "1/3",
        "1/4",
    ]


def test_statements_name_theirs_too() -> None:
    raw = b"m,n,who\n2020-01,3,The Post\n2020-02,4,\n"
    told = {
        "mapping": "simple",
        "makes": "statements",
        "zone": "UTC",
        "time": {"month": "m"},
        "source": {"column": "who"},
    }
    for more in ({"columns": {"figure": "n"}}, {"melt": {"columns": {"n": "all"}, "into": "place"}}):
        got = check_source(SOURCE, raw, options={"mapping": {**told, **more}})
        assert got.statements["source"].to_list() == ["The Post", "simple"]


def test_an_outlets_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"mapping 'simple', source.column: there is no column 'outlt'; did you mean"):
        read(OUTLETS, source={"column": "outlt"})


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"colum": "outlet"}, "did you mean 'column'"),
        ({"otherwise": "a"}, "source: names no column"),
        ({"column": 3}, "source.column: 3 is not text"),
        ({"column": "outlet", "otherwise": False}, "source.otherwise: False is not text"),
    ],
)
def test_a_source_that_is_none_is_refused(source: Any, says: str) -> None:
    with pytest.raises(InputError) as wrong:
        plan({**SIMPLE, "source": source})
    assert says in str(wrong.value) and "mapping 'simple'" in str(wrong.value)


# --- a date has no hour


@pytest.mark.parametrize("form", ["%Y-%m-%d", ["%Y-%m-%d %H:%M", "%d.%m.%Y"], "%B %d, %Y", "%Y%m%d"])
def test_a_start_without_an_hour_is_refused(form: Any) -> None:
    # Found by others: midnight was made up, and an event of the evening lay on the wrong side of a truce.
    with pytest.raises(InputError, match=r"^mapping 'simple', time.format: .*: a date has no hour; use time.day$"):
        plan({**SIMPLE, "time": {"start": "day", "format": form}})


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M", "%FT%T", "%d/%m/%y %I:%M %p", "%F %R", "%-d.%-m.%Y %-H:%M", "%s"])
def test_a_start_with_an_hour_is_taken(form: str) -> None:
    plan({**SIMPLE, "time": {"start": "day", "format": form}})


@pytest.mark.parametrize("form", [None, ["%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M"], "%Y-%m-%d, %H:%M", "%F %T"])
def test_a_cell_without_an_hour_is_lost_and_says_what_to_do(form: Any) -> None:
    time = {"start": "day", **({"format": form} if form else {})}
    got = read(b"day,what\n2020-01-01,clash\n2020-13-01,clash\n", time=time)
    assert got.problems.select("code", "lost", "message").rows() == [
        ("bad_time", True, "'2020-01-01' has no hour; use time.day"),
        ("bad_time", True, "'2020-13-01' is no time that we can read or that there was"),
    ]


def test_a_midnight_that_the_clocks_skipped_has_an_hour() -> None:
    got = read(b"day,what\n2018-11-04 00:00,clash\n", time={"start": "day"}, zone="America/Sao_Paulo")
    assert got.problems["message"].to_list() == ["'2018-11-04 00:00' is no time that we can read or that there was"]
    assert got.problems.filter(pl.col("lost")).height == 1
