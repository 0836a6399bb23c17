"""What a pull says of what went wrong, and what it does not take for a file."""

from __future__ import annotations

import json

import commanded
import pytest
from commanded import entries, refused, run

files = commanded.files
case = commanded.case

MAPPING = """\
time: {start: when, format: "%Y-%m-%d %H:%M"}
zone: UTC
columns: {kind: what, lon: x, lat: y, count: n}
"""
HEAD = "what,when,x,y,n\n"


def pull(case, body: str, *words: object, ok: int | None = 0):
    (case.parent / "map.yaml").write_text(MAPPING)
    (case.parent / "told.csv").write_text(HEAD + body)
    return run("pull", "table", "--case", case, "--file", "told.csv", "--mapping", "map.yaml", *words, ok=ok)


BODY = (
    "shelling,2010-03-11 10:00,1,2,1\n"
    + "shelling,2010-03-11 10:00,0,0,1\n" * 3
    + "shelling,2010-03-11,1,2,nine\n"
    + "bang,2010-03-11 11:00,1,2,nine\n"
)


class TestProblems:
    def test_each_code_has_a_line_with_an_example_the_commonest_first(self, case):
        said = pull(case, BODY)
        lines = said.stdout.splitlines()
        assert lines[0].startswith("told.csv: 6 rows in, 5 observations, 6 problems out (1 rows lost), capture ")
        assert lines[1:] == [
            "  3 x null_island, as in told.csv, row 2: is at 0, 0, where nobody filled in a place; kept without a place",
            "  1 x bad_number, as in told.csv, row 6: 'nine' is no figure for it; left out",
            "  1 x bad_time, as in told.csv, row 5: '2010-03-11' has no hour; use time.day",
            "  1 x unknown_kind, as in told.csv, row 6: 'bang' is no kind that we know; kept as unspecified",
        ]
        assert said.stderr == ""

    def test_the_same_as_json(self, case):
        told = json.loads(pull(case, BODY, "--json").stdout)[0]["common"]
        assert told[0] == {
            "code": "null_island",
            "count": 3,
            "where": "told.csv, row 2",
            "message": "is at 0, 0, where nobody filled in a place; kept without a place",
        }
        assert [one["code"] for one in told] == ["null_island", "bad_number", "bad_time", "unknown_kind"]

    def test_at_most_five(self, case):
        body = (
            "bang,2010-03-11 11:00,1,2,nine\nshelling,2010-03-11 10:00,0,0,1\nshelling,2010-03-11 10:00,1,,1\n"
            "shelling,2010-03-11 10:00,1,99,1\nshelling,2010-03-11 10:00,1,2\nshelling,,1,2,3\n"
        )
        assert len(pull(case, body).stdout.splitlines()) == 6

    def test_a_cells_control_characters_do_not_reach_the_terminal(self, case):
        said = pull(case, BODY + "\x07\x1b[2Jbang,2010-03-11 11:00,1,2,3\n").stdout
        assert "unknown_kind" in said and not {"\x07", "\x1b"} & set(said)

    def test_a_file_held_already_says_so_and_no_more(self, case):
        pull(case, BODY)
        assert len(pull(case, BODY).stdout.splitlines()) == 1

    def test_without_problems_there_are_no_lines(self, case):
        assert len(run("pull", "report", "--case", case, "--file", "book.csv").stdout.splitlines()) == 1


class TestEveryRowLost:
    @pytest.mark.parametrize("words", [(), ("--json",)])
    def test_it_is_kept_and_there_is_a_warning(self, case, words):
        said = pull(case, "shelling,2010-03-11,1,2,3\nshelling,noon,1,2,3\n", *words)
        assert said.stderr == "trucewatch: told.csv: every row was lost; is the mapping right?\n"
        assert words or "2 rows in, 2 problems out (all 2 rows lost)" in said.stdout
        assert entries(case) == 3

    def test_a_table_without_rows_has_lost_none(self, case):
        assert pull(case, "").stderr == ""


class TestWindows:
    @pytest.mark.parametrize(
        "words",
        [("--since", "2010-03-11 00:00Z"), ("--until", "2010-03-11 00:00Z"), ("--box", "1,2,3,4"), ("--since", "2010-03-11 00:00Z", "--until", "2010-03-12 00:00Z")],
    )  # fmt: skip
    @pytest.mark.parametrize("feed", ["firms", "report"])
    def test_a_file_is_read_whole_and_a_window_on_it_is_refused(self, case, feed, words):
        said = refused("pull", feed, "--case", case, "--file", "fires.csv", *words)
        assert said == f"{words[0]}: a file is read whole; the report takes --since and --until"
        assert entries(case) == 0
