"""trucewatch agreement when: spans by reading, for machines and for people."""

from __future__ import annotations

import json

import pytest
from commanded import TRUCE, refused, run

REAL = {
    "easter-2025": ("2025-04-19T15:00:00Z", "2025-04-20T21:00:00Z"),
    "easter-2026": ("2026-04-11T13:00:00Z", "2026-04-12T21:00:00Z"),
    "may-2025-72h": ("2025-05-07T21:00:00Z", "2025-05-10T21:00:00Z"),
    "minsk-ii-2015": ("2015-02-14T22:00:00Z", None),
    "sudan-jeddah-2023": ("2023-05-22T19:45:00Z", "2023-06-03T19:45:00Z"),
    "thailand-cambodia-2025": ("2025-07-28T17:00:00Z", None),
    "yemen-2022": ("2022-04-02T16:00:00Z", "2022-10-02T16:00:00Z"),
}
LATE = """\
display_zone: Asia/Gaza
when:
  since: {agreed: "2025-01-19 08:30 Asia/Gaza", actual: "2025-01-19 11:15 Asia/Gaza"}
  until: {for: 42 days}
  release: {says: either is free after a breach, invoked: [{by: bb, at: "2025-02-01 00:00Z", source: invented}]}
readings:
  aa: {source: invented, when: {since: unknown, until: open}}
"""


def written(tmp_path, name: str, text: str):
    path = tmp_path / f"{name}.yaml"
    path.write_text(text.replace("paper-truce", name), encoding="utf-8")
    return path


def late(tmp_path):
    text = TRUCE.replace("display_zone: UTC\n", LATE)
    return written(
        tmp_path,
        "late",
        "".join(
            line
            for line in text.splitlines(True)
            if not line.startswith("    since") and not line.startswith("    until")
        ),
    )


@pytest.mark.parametrize("name", REAL)
def test_shipped_truces_start_and_end_when_they_did(name):
    told = json.loads(run("agreement", "when", name, "--json").stdout)
    spans = told["readings"]["text"]
    assert told["agreement"] == name
    assert (spans[0]["from"], spans[-1]["until"]) == REAL[name]


def test_machines_get_every_reading_what_is_sure_the_gap_at_the_start_and_what_is_not_known(tmp_path):
    told = json.loads(run("agreement", "when", late(tmp_path), "--json").stdout)
    assert told["readings"] == {
        "text": [{"from": "2025-01-19T06:30:00Z", "until": "2025-03-02T09:15:00Z"}],
        "aa": [{"from": None, "until": None}],
    }
    assert told["sure"] == {"text": [{"from": "2025-01-19T09:15:00Z", "until": "2025-03-02T06:30:00Z"}], "aa": []}
    assert told["ends"] == {"text": "set", "aa": "open"}
    assert told["starts"] == [
        {"reading": "text", "agreed": "2025-01-19T06:30:00Z", "actual": "2025-01-19T09:15:00Z", "gap_s": 9900.0}
    ]
    assert told["lacks"]["aa"] == ["when it starts"] and len(told["lacks"]["text"]) == 1
    assert set(told["terms"]["ceasefire"]) == {"text", "aa", "bb"}  # bb invoked the release clause
    free = {"term": "ceasefire", "party": "bb", "at": "2025-02-01T00:00:00Z"}
    assert free | {"reading": "text", "sure": False} in told["freed"]
    assert free | {"reading": "bb", "sure": True} in told["freed"]


def test_people_get_both_clocks_and_words(tmp_path):
    said = run("agreement", "when", late(tmp_path)).stdout
    for words in (
        "    in force         2025-01-19 09:15 UTC to 2025-03-02 06:30 UTC (41 days 21 h 15 min)",
        "                     2025-01-19 11:15 to 2025-03-02 08:30 in Asia/Gaza",
        "    may be in force  2025-01-19 06:30 UTC to 2025-03-02 09:15 UTC",
        "    start            agreed for 2025-01-19 06:30 UTC, came at 2025-01-19 09:15 UTC, 2 h 45 min later",
        "    may be in force  from a start that nobody knows on, with no end set",
        "    surely in force  at no time that is known",
        "    not known        when it starts",
        "  text: bb is maybe free from 2025-02-01 00:00 UTC on",
    ):
        assert words in said


def test_hours_are_not_told_as_if_all_had_agreed():
    said = run("agreement", "when", "may-2025-72h").stdout
    assert "  ukraine: refused" in said
    assert "  ukraine, the term announced: binds nobody" in said
    assert "russia: accepted" not in said, "plain acceptance needs no line"
    told = json.loads(run("agreement", "when", "may-2025-72h", "--json").stdout)
    assert {"party": "ukraine", "is": "refused", "on": None} in told["status"]
    assert told["binds_nobody"] == [{"term": "announced", "reading": "ukraine"}]


def test_a_term_with_times_of_its_own_is_told_by_itself_and_many_windows_are_cut_short(tmp_path):
    windows = 'when:\n  windows: {from: "09:00", to: "17:00", zone: UTC, first: "2010-03-01", last: "2010-03-31"}\n'
    said = run("agreement", "when", written(tmp_path, "windows", TRUCE.replace("terms:", windows + "terms:"))).stdout
    assert "and 23 more; --json has all" in said and "  text, the term ceasefire" in said


def test_several_files_show_where_rivals_overlap(tmp_path):
    one = written(tmp_path, "one", TRUCE)
    other = written(
        tmp_path, "other", TRUCE.replace("2010-03-10", "2010-04-09").replace('"2010-04-10 00:00 UTC"', "open")
    )
    told = json.loads(run("agreement", "when", one, other, "--json").stdout)
    assert list(told["agreements"]) == ["one", "other"]
    assert told["overlaps"] == [
        {"a": "one", "b": "other", "reading": "text", "from": "2010-04-09T00:00:00Z", "until": "2010-04-10T00:00:00Z"}
    ]
    said = run("agreement", "when", one, other).stdout
    assert "one and other may both be in force from 2010-04-09 00:00 UTC to 2010-04-10 00:00 UTC (text)" in said
    apart = written(tmp_path, "apart", TRUCE.replace("2010-0", "2011-0"))
    assert "No two of them are in force at once." in run("agreement", "when", one, apart).stdout


def test_what_cannot_be_answered_is_refused(tmp_path):
    one = written(tmp_path, "one", TRUCE)
    assert "is the agreement 'one' once more" in refused("agreement", "when", one, one)
    assert "did you mean 'easter-2025'" in refused("agreement", "when", "easter-205")
    assert "no such file" in refused("agreement", "when", tmp_path / "none.yaml")
