"""What people said stands beside what the tool indicates: at its level, both ways alike, and never counted by side."""

from __future__ import annotations

import json
from datetime import timedelta

import polars as pl
import pytest
import reported
from reported import HOUR, LATER, SINCE, many, material

from trucewatch.report import ReportParams, ReportRequest, report
from trucewatch.report.beside import FILED, released

DAY = timedelta(days=1)


def filed(*rows: dict) -> pl.DataFrame:
    """Rows with only what matters -> a whole table of case work."""
    plain = {
        **dict.fromkeys(FILED), "agreement": "test-truce", "subjects": [], "incidents": [], "documents": [],
        "public": False, "at": SINCE + DAY, "kind": "complaint", "by": "a person",
    }  # fmt: skip
    return pl.DataFrame(
        [{**plain, "matter": n, "entry": n, **row} for n, row in enumerate(rows, 20)], schema=FILED, orient="row"
    )


def made(rows: pl.DataFrame, level: str = "restricted", seen=None, made_at=LATER):
    seen = many(2) if seen is None else seen
    request = ReportRequest(level, SINCE, reported.UNTIL, made_at=made_at)
    return report(material(seen, casework=rows), request)


def first() -> str:
    return material(many(2)).incidents["id"][0]


def test_a_determination_stands_beside_the_indication_where_they_differ():
    ruled = {"kind": "determination", "by": "the Board", "outcome": "no violation", "term": "ceasefire", "article": "1"}
    page = made(filed({**ruled, "incidents": [first()], "subjects": [first()]}), "public")
    row = next(r for r in json.loads(page.json)["annex"]["rows"] if r["id"] == first())
    assert "1 (text): strongly indicated" in row["findings"] or "1 (text): indicated" in row["findings"]
    assert row["beside"] == ["1: determined by the Board on 2026-01-11: no violation (entry 20)"]
    (case,) = json.loads(page.json)["articles"][0]["casework"]
    assert "indicated (text)" in case["tool"] and case["answer"] == "no violation"
    assert not reported.Page(page.html).faults


@pytest.mark.parametrize("level", ["public", "parties", "restricted"])
def test_what_is_about_an_incident_that_is_too_recent_is_held_back_with_it(level):
    rows = filed({"incidents": [first()], "words": "Beside it."})
    soon = made(rows, level, made_at=SINCE + HOUR * 2)
    told = json.loads(soon.json)["casework"]
    assert len(told["all"]) == (1 if level == "restricted" else 0)
    assert told["too_recent"] == (0 if level == "restricted" else 1)


def test_words_and_names_at_each_level():
    rows = filed(
        {"by": "liaison", "on_behalf_of": "aa", "words": "kept"}, {"by": "witness", "words": "seen"},
        {"by": "free", "words": "for all", "public": True}, {"kind": "determination", "by": "Board", "words": "because"},
    )  # fmt: skip
    shown = {}
    for name, level in ReportParams().levels.items():
        table, _ = released(rows, material(many(2)).incidents, level, LATER)
        shown[name] = (table["by"].to_list(), table["words"].to_list())
    assert shown == {
        "public": ([None, None, "free", "Board"], [None, None, "for all", None]),
        "parties": (["liaison", None, "free", "Board"], ["kept", "seen", "for all", "because"]),
        "restricted": (["liaison", "witness", "free", "Board"], ["kept", "seen", "for all", "because"]),
    }


@pytest.mark.parametrize("public", [False, True])
def test_who_will_look_where_is_not_told_before_they_have_been_there(public):
    rows = filed({"kind": "inquiry", "by": "Chair", "words": "Team 2 visits the mill.", "incidents": [first()],
                  "at": LATER, "public": public})  # fmt: skip
    levels = ReportParams().levels
    for name, hours, told in (("parties", 23, public), ("parties", 24, True), ("public", 999, public),
                              ("restricted", 0, True)):  # fmt: skip
        table, _ = released(rows, material(many(2)).incidents, levels[name], LATER + hours * HOUR)
        assert table["words"].to_list() == (["Team 2 visits the mill."] if told else [None]), (name, hours)
        assert table.height == 1


def test_words_cannot_become_part_of_the_page():
    page = made(filed({"words": "<script>alert(1)</script>", "by": "<b>x</b>"}))
    assert "<script>" not in page.html and "<b>x</b>" not in page.html
    assert not reported.Page(page.html).faults


def test_a_long_text_is_cut_on_the_page_and_whole_in_the_data():
    page = made(filed({"words": "word " * 2000}))
    assert page.html.count("word word") < 400 and "the whole text stands in report.json" in page.html
    assert json.loads(page.json)["casework"]["all"][0]["words"] == "word " * 2000


def test_an_incident_under_another_id_says_which_it_is_now():
    page = made(filed({"subjects": ["0123456789abcdef"], "incidents": [first()]}))
    assert "0123456789ab" in page.html and f"incident {first()[:12]}" in page.html


def test_the_same_case_work_the_other_way_round_is_the_same_page_with_the_names_changed():
    def page(one: str, other: str) -> str:
        rows = filed(
            {"by": "x", "on_behalf_of": one, "words": "They fired.", "term": "ceasefire", "article": "1"},
            {"kind": "reply", "by": "y", "on_behalf_of": other, "words": "No.", "matter": 20, "answers": 20},
            {"kind": "determination", "by": "B", "outcome": "violation", "responsibility": "attributed", "to": other},
            {"kind": "corrective_action", "by": "B", "whom": other, "status": "asked", "state": "asked", "due": SINCE},
        )  # fmt: skip
        return made(rows).html

    there, back = page("aa", "bb"), page("bb", "aa")
    assert there != back and "OVERDUE" in there
    swapped = there.replace("Aaland", "\x00").replace("Beeland", "Aaland").replace("\x00", "Beeland")
    cases = [part.split("</table>")[0] for part in swapped.split('<table class="cases">')[1:]]
    assert cases == [part.split("</table>")[0] for part in back.split('<table class="cases">')[1:]]


def test_no_number_of_complaints_or_rulings_by_side_is_anywhere():
    rows = filed(*[{"by": "x", "on_behalf_of": side, "kind": "complaint"} for side in ("aa", "aa", "bb")])
    told = json.loads(made(rows).json)
    assert set(told["casework"]) == {"others", "elsewhere", "too_recent", "all"}


def test_a_page_without_case_work_has_no_table_of_it():
    page = made(pl.DataFrame(schema=FILED))
    assert "Case work" not in page.html and '<table class="cases">' not in page.html
