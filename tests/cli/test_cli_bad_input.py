"""Bad input: one clear line with file, row and field, exit status 2, and nothing half stored."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import commanded
import pytest
from commanded import BOOK, TRUCE, entries, process, refused, run, tree

from trucewatch.stores import posix

files = commanded.files
case = commanded.case


@pytest.fixture
def untouched(case):
    """After the test the case's files are what they were before."""
    before = tree(case)
    yield case
    assert tree(case) == before


MAPPING = """\
time: {start: when, format: "%Y-%m-%d %H:%M"}
zone: UTC
columns:
  kind: what
  lon: x
  lat: y
"""


class TestSources:
    def test_an_unknown_source_names_the_nearest(self, untouched):
        assert refused("pull", "firm", "--case", untouched).startswith(
            "there is no source 'firm'; did you mean 'firms'?"
        )

    def test_a_file_that_is_not_there(self, untouched):
        assert refused("pull", "firms", "--case", untouched, "--file", "no.csv") == "no.csv: there is no such file"

    def test_a_folder_in_place_of_a_file(self, untouched):
        assert "is a folder; expected a file" in refused("pull", "firms", "--case", untouched, "--file", untouched)

    def test_a_path_through_a_file(self, untouched):
        assert "cannot be read" in refused("pull", "firms", "--case", untouched, "--file", "fires.csv/x")

    def test_an_empty_file(self, untouched, files):
        (files / "empty.csv").write_bytes(b"")
        assert "empty.csv" in refused("pull", "firms", "--case", untouched, "--file", "empty.csv")

    def test_a_file_of_another_kind(self, untouched, files):
        (files / "photo.csv").write_bytes(bytes(range(256)) * 9)
        assert "photo.csv" in refused("pull", "firms", "--case", untouched, "--file", "photo.csv")

    def test_columns_that_are_missing_are_named(self, untouched, files):
        (files / "odd.csv").write_text("a,b\n1,2\n")
        assert "latitude" in refused("pull", "firms", "--case", untouched, "--file", "odd.csv")

    def test_one_bad_file_of_two_stores_neither(self, case, files):
        """The first one's bytes may lie in the vault still; they belong to no entry, and the doctor says so."""
        (files / "odd.csv").write_text("a,b\n1,2\n")
        refused("pull", "firms", "--case", case, "--file", "fires.csv", "--file", "odd.csv")
        assert entries(case) == 0
        assert "files belong to no entry" in run("doctor", "--case", case).stdout

    def test_a_key_that_is_lacking(self, untouched, monkeypatch):
        monkeypatch.delenv("TRUCEWATCH_FIRMS_KEY", raising=False)
        assert "--option key=" in refused("pull", "firms", "--case", untouched)

    def test_an_option_that_the_feed_has_not(self, untouched):
        said = refused("pull", "firms", "--case", untouched, "--file", "fires.csv", "--option", "kay=1")
        assert said.startswith("there is no option of firms 'kay'; did you mean 'key'?")

    def test_an_option_without_a_value(self, untouched):
        assert (
            refused("pull", "firms", "--case", untouched, "--option", "key")
            == "--option: 'key' is not an option; expected NAME=VALUE"
        )

    @pytest.mark.parametrize("box", ["1,2", "a,b,c,d", "10,0,5,1", "0,0,1,91", "nan,0,1,1"])
    def test_a_box_that_is_none(self, untouched, box):
        assert refused("pull", "firms", "--case", untouched, "--box", box).startswith(f"--box: {box!r}")

    @pytest.mark.parametrize("option", ["--since", "--until"])
    @pytest.mark.parametrize("text", ["2025-04-19 00:00", "2025-04-19", "yesterday", "2025-02-30 00:00Z"])
    def test_a_naive_or_unreadable_time_names_the_option(self, untouched, option, text):
        assert refused("pull", "firms", "--case", untouched, option, text).startswith(f"{option}: ")
        assert refused("report", "--case", untouched, option, text).startswith(f"{option}: ")


class TestMappings:
    def test_a_mapping_with_a_missing_column_names_mapping_and_column(self, untouched, files):
        (files / "map.yaml").write_text(MAPPING)
        (files / "told.csv").write_text("what,when,x\nshelling,2010-03-11 10:00,1\n")
        said = refused("pull", "table", "--case", untouched, "--file", "told.csv", "--mapping", "map.yaml")
        assert "map.yaml" in said and "no column 'y'" in said, said

    def test_a_mapping_with_an_unknown_field_names_file_and_field(self, untouched, files):
        (files / "map.yaml").write_text(MAPPING.replace("columns", "colums"))
        said = refused("pull", "table", "--case", untouched, "--file", "fires.csv", "--mapping", "map.yaml")
        assert "map.yaml" in said and "did you mean 'columns'" in said, said

    def test_an_unknown_mapping_names_the_nearest(self, untouched):
        assert "did you mean 'acled'" in refused("pull", "acled", "--case", untouched, "--mapping", "acle")

    def test_a_mapping_that_is_no_yaml_names_the_line(self, untouched, files):
        (files / "map.yaml").write_text("a: 1\nb: [\n")
        said = refused("pull", "table", "--case", untouched, "--file", "fires.csv", "--mapping", "map.yaml")
        assert said.startswith("map.yaml, line ") and "is not YAML" in said

    @pytest.mark.parametrize("raw", [b"", b"- a\n", b"\xff\xfe\x00"])
    def test_a_mapping_that_is_none(self, untouched, files, raw):
        (files / "map.yaml").write_bytes(raw)
        assert refused("pull", "table", "--case", untouched, "--file", "fires.csv", "--mapping", "map.yaml").startswith(
            "map.yaml: "
        )

    def test_a_table_without_a_mapping(self, untouched):
        assert "--mapping" in refused("pull", "table", "--case", untouched, "--file", "fires.csv")


def without(line: str) -> str:
    assert line in TRUCE
    return TRUCE.replace(line, "")


AGREEMENTS = {
    "a term without an article": (without('    article: "1"\n'), "line 9, article: has no article"),
    "a term without a source": (without("    source: invented\n    binds: all\n"), "line 9, source: has no source"),
    "a term that ends before it starts": (TRUCE.replace("2010-04-10", "2010-03-01"), "line 17, until: "),
    "a zone without a CRS": (
        TRUCE.replace("everywhere: true", "polygon: {ring: [[0, 0], [1, 0], [1, 1]]}"),
        "line 15, crs: the zone has no CRS; expected",
    ),
    "a naive time": (TRUCE.replace("2010-03-10 00:00 UTC", "2010-03-10 00:00"), "line 16, since: "),
    "an unknown field": (TRUCE.replace("    binds:", "    bind:"), "there is no field 'bind'; did you mean 'binds'?"),
    "no YAML": ("a: [", "is not YAML"),
    "nothing": ("", "is not an agreement"),
    "a list": ("- a\n", "is not an agreement"),
}


class TestAgreements:
    @pytest.mark.parametrize("what", AGREEMENTS)
    def test_a_bad_agreement_names_file_line_and_field(self, untouched, files, what):
        text, wanted = AGREEMENTS[what]
        (files / "bad.yaml").write_text(text)
        for words in (("agree", "bad.yaml"), ("run", "--agreement", "bad.yaml")):
            said = refused(*words, "--case", untouched)
            assert said.startswith("bad.yaml"), said
            assert wanted in said, said
        assert entries(untouched) == 0

    def test_bytes_that_are_no_text(self, untouched, files):
        (files / "bad.yaml").write_bytes(b"\xff\xfe\x00")
        assert refused("agree", "bad.yaml", "--case", untouched).startswith("bad.yaml: is not text in UTF-8")

    def test_an_unknown_name_names_the_nearest(self, untouched):
        assert "did you mean 'minsk-ii-2015'" in refused("run", "--agreement", "minsk", "--case", untouched)

    @pytest.mark.parametrize("command", ["assess", "report"])
    def test_no_agreement_yet(self, case, command):
        said = refused(command, "--case", case)
        assert "no agreement was entered" in said and "trucewatch agree FILE" in said


class TestCases:
    @pytest.mark.parametrize(
        "words",
        [("fuse",), ("assess",), ("report",), ("run", "--agreement", "truce.yaml"), ("agree", "truce.yaml"),
         ("pull", "firms", "--file", "fires.csv"), ("why", "abc"), ("attach", "book.csv", "--term", "x", "--lines", "1")],
    )  # fmt: skip
    def test_a_folder_that_is_no_case(self, files, words):
        for folder in ("nowhere", ".", "fires.csv"):
            said = refused(*words, "--case", folder)
            assert "is not a case" in said and "trucewatch init" in said
        assert sorted(p.name for p in files.iterdir()) == ["book.csv", "fires.csv", "truce.yaml"]

    def test_a_case_is_not_made_among_other_things(self, files):
        assert "holds other things" in refused("init", ".")
        assert "holds other things" in refused("init", "fires.csv")

    def test_a_case_is_not_made_where_nothing_can_be_made(self, files):
        assert "/proc/nowhere" in refused("init", "/proc/nowhere")

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"format": 99, "origin": "x"}'])
    def test_a_marker_that_is_none(self, case, raw):
        (case / "trucewatch.json").write_bytes(raw)
        assert "trucewatch.json" in refused("fuse", "--case", case)

    def test_a_log_with_a_changed_byte(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        path = next((case / "log/tile/entries/000.p").iterdir())
        path.write_bytes(path.read_bytes().replace(b"capture", b"captura", 1))
        for words in (("fuse",), ("pull", "report", "--file", "book.csv"), ("why", "abc")):
            assert f"{path} does not hold the entries that tile/0/000.p/" in refused(*words, "--case", case)

    def test_a_head_that_is_gone(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        (case / "log" / "head").unlink()
        assert "is gone" in refused("fuse", "--case", case)

    def test_a_body_that_is_gone(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        for path in (case / "objects").rglob("*"):
            if path.is_file():
                path.unlink()
        assert "entry 0 (capture) has no body in the case" in refused("fuse", "--case", case)

    def test_a_batch_with_a_changed_byte(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        for path in (case / "objects").rglob("*"):
            if path.is_file() and path.read_bytes().startswith(b"PAR1"):
                path.write_bytes(path.read_bytes()[:-1] + b"?")
        assert "does not hold the bytes it is named after" in refused("fuse", "--case", case)

    def test_an_end_before_the_start(self, case):
        run("agree", "truce.yaml", "--case", case)
        said = refused("report", "--case", case, "--since", "2011-01-01T00:00Z", "--until", "2010-01-01T00:00Z")
        assert "before it starts" in said

    def test_a_case_without_anything_to_report_on(self, case, files):
        (files / "open.yaml").write_text(TRUCE.replace('until: "2010-04-10 00:00 UTC"', "until: open"))
        said = refused("run", "--agreement", "open.yaml", "--case", case)
        assert said == (
            "there is nothing to report on: no incidents and no dates; "
            "expected something pulled first, or --since and --until"
        )

    def test_a_case_of_which_all_is_withheld_says_so(self, case, files):
        (files / "open.yaml").write_text(TRUCE.replace('until: "2010-04-10 00:00 UTC"', "until: open"))
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        run("withhold", "0", "--case", case, "--by", "the bench", "--why", "by order")
        said = refused("run", "--agreement", "open.yaml", "--case", case)
        assert "; what was pulled is withheld: capture " in said and said.count("withheld by the bench") == 1
        assert "by order; expected something pulled first" in said

    @pytest.mark.parametrize("as_of", [-1, 99])
    @pytest.mark.parametrize("words", [("fuse",), ("assess",), ("report",)])
    def test_an_as_of_beyond_the_log(self, case, words, as_of):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        said = refused(*words, "--case", case, "--as-of", as_of)
        assert said == f"--as-of: there are no first {as_of} entries; expected a number from 0 to 3"

    def test_an_as_of_that_is_no_number(self, case):
        assert refused("fuse", "--case", case, "--as-of", "x") == (
            "Invalid value for '--as-of': 'x' is not a valid integer; see: trucewatch fuse --help"
        )


class TestWords:
    def test_an_unknown_command_names_the_nearest(self):
        assert refused("reprot").startswith("there is no command 'reprot'; did you mean 'report'?")

    def test_an_unknown_option_names_the_help(self, case):
        assert refused("fuse", "--cas", case).endswith("see: trucewatch fuse --help")

    def test_a_missing_argument_names_the_help(self):
        assert refused("pull") == "Missing argument 'FEED'; see: trucewatch pull --help"

    @pytest.mark.parametrize("words", [("report",), ("run", "--agreement", "truce.yaml"), ("demo",)])
    def test_an_unknown_level_names_the_nearest_before_anything_is_done(self, case, words):
        before = tree(case)
        said = refused(*words, "--case", case, "--level", "publik")
        assert said.startswith("--level: there is no release level 'publik'; did you mean 'public'?")
        assert tree(case) == before

    @pytest.mark.parametrize("n", [0, 99, 10**9])
    def test_a_demo_of_too_few_or_too_many(self, files, n):
        assert "cannot simulate" in refused("demo", "--observations", n)
        assert not (files / "demo-case").exists()

    @pytest.mark.parametrize("lines", ["a", "1-", "-3", "1-2x", "", "9", "2-1"])
    def test_lines_that_are_none(self, case, lines):
        run("agree", "truce.yaml", "--case", case)
        before = entries(case)
        said = refused("attach", "book.csv", "--case", case, "--term", "ceasefire", "--lines", lines)
        assert "lines" in said
        assert entries(case) == before

    @pytest.mark.parametrize("words", ["", "zzz", "0" * 64])
    def test_a_finding_that_there_is_not(self, case, words):
        assert "there is no finding or incident" in refused("why", words, "--case", case)


class TestTheDisk:
    def full(self, monkeypatch, number: int) -> None:
        def nothing_goes(*_, **__):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(posix.os, "fsync", nothing_goes)

    @pytest.mark.parametrize(
        ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only")]
    )
    def test_a_full_disk_is_one_line_and_the_case_is_whole(self, case, monkeypatch, number, words):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        before = entries(case)
        with monkeypatch.context() as patch:
            self.full(patch, number)
            said = refused("pull", "report", "--case", case, "--file", "book.csv")
        assert words in said and "nothing was stored" in said
        assert entries(case) == before
        run("doctor", "--case", case)
        run("pull", "report", "--case", case, "--file", "book.csv")

    def test_a_disk_that_fills_with_the_report_leaves_the_earlier_one(self, case, monkeypatch):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        run("run", "--agreement", "truce.yaml", "--case", case)
        page = (case / "report" / "report.html").read_bytes()
        with monkeypatch.context() as patch:
            self.full(patch, errno.ENOSPC)
            assert "the disk is full" in refused("report", "--case", case, "--level", "restricted")
        assert (case / "report" / "report.html").read_bytes() == page

    def test_a_fault_of_the_disk_that_we_have_no_words_for_is_one_line_too(self, case, monkeypatch):
        with monkeypatch.context() as patch:
            self.full(patch, errno.EIO)
            assert "Input/output error; nothing was stored half" in refused(
                "pull", "firms", "--case", case, "--file", "fires.csv"
            )


SLOW = """
import sys, time
from trucewatch.sources import report
real = report.SOURCE.read
def slow(capture, raw):
    print("reading", flush=True)
    time.sleep(60)
type(report.SOURCE).read = lambda self, capture, raw: slow(capture, raw)
from trucewatch.cli import main
main(prog_name="trucewatch")
"""


def slowly(case: Path) -> subprocess.Popen[str]:
    """A pull that has the lock and takes a minute."""
    at = subprocess.Popen(
        [sys.executable, "-c", SLOW, "pull", "report", "--case", str(case), "--file", "book.csv"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert at.stdout is not None and at.stdout.readline() == "reading\n"
    return at


class TestOtherProcesses:
    def test_two_cannot_write_at_once_and_both_can_read(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        run("fuse", "--case", case)
        busy = slowly(case)
        try:
            said = refused("pull", "report", "--case", case, "--file", "book.csv")
            assert f"process {busy.pid} is writing to this case; try again when it is done" in said
            assert "is writing" in process("agree", "truce.yaml", "--case", case).stderr
            assert "as before" in run("fuse", "--case", case).stdout
            run("doctor", "--case", case)
        finally:
            busy.kill()
            busy.communicate()
        run("pull", "report", "--case", case, "--file", "book.csv")

    def test_ctrl_c_in_a_pull_leaves_the_case_whole(self, case):
        run("pull", "firms", "--case", case, "--file", "fires.csv")
        before = tree(case)
        busy = slowly(case)
        time.sleep(0.2)
        busy.send_signal(signal.SIGINT)
        _, said = busy.communicate(timeout=30)
        assert (busy.returncode, said) == (130, "trucewatch: interrupted; nothing was stored half\n")
        assert tree(case) == before
        assert "well  log" in run("doctor", "--case", case).stdout
        run("pull", "report", "--case", case, "--file", "book.csv")

    def test_a_kill_in_a_pull_leaves_the_case_whole(self, case):
        before = tree(case)
        busy = slowly(case)
        busy.kill()
        busy.communicate(timeout=30)
        assert tree(case) == before
        run("pull", "report", "--case", case, "--file", "book.csv")

    def test_as_a_process_of_its_own_it_says_the_same(self, case):
        for words in (("pull", "firm"), ("fuse", "--as-of", 9), ("pull", "firms", "--file", "no.csv")):
            ran = process(*words, "--case", case)
            assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
            assert ran.stderr.startswith("trucewatch: ")

    def test_a_reader_that_goes_away_is_no_fault(self, case):
        ran = subprocess.run(
            f"{sys.executable} -m trucewatch sources | head -n 1",
            shell=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ran.stderr == "" and ran.stdout.startswith("acled")


def test_the_book_of_these_tests_is_good(case):
    """Otherwise every refusal above might have another cause."""
    assert "2 rows in, 2 observations" in run("pull", "report", "--case", case, "--file", "book.csv").stdout
    assert BOOK.count("\n") == 3
