"""Withhold, custody and replay as a lawyer would use them, and what they refuse."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import commanded
import polars as pl
import pytest
from commanded import entries, refused, run, tree

from trucewatch.archive import Proofs, commit, know
from trucewatch.base.ids import canonical
from trucewatch.stores.posix import open_case
from trucewatch.testing import FakeClock

files = commanded.files
case = commanded.case

WHY = "it names a witness"


@pytest.fixture
def judged(case):
    """A case with two captures and a report; fires.csv is entry 0, book.csv entry 3."""
    run("pull", "firms", "--case", case, "--file", "fires.csv", "--by", "Ada")
    run("pull", "report", "--case", case, "--file", "book.csv", "--by", "Ada")
    run("run", "--agreement", "truce.yaml", "--case", case)
    return case


def capture_of(case: Path, name: str) -> str:
    return next(c.id for c in know(open_case(case)).captures.values() if c.name == name)


class TestTheStory:
    def test_a_witness_is_protected_and_everybody_can_still_check_the_rest(self, judged):
        """Pull, run, withhold; replay says withheld, every proof holds, the doctor is well, the next report says so."""
        before = entries(judged)
        assert "entry 9, run of report: same bytes" in run("replay", 9, "--case", judged).stdout
        run("doctor", "--again", "--case", judged)

        said = run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY).stdout
        book = capture_of(judged, "book.csv")
        assert said.startswith(f"capture {book[:12]} is withheld by the bench since 20")
        assert f"UTC (entry {before}): {WHY}\n" in said
        assert "reports made of it before are not taken back by this: entries 9" in said

        for n in (7, 8, 9):
            told = run("replay", n, "--case", judged).stdout
            assert f": withheld: capture {book[:12]} is withheld by the bench since" in told and WHY in told
        assert "entry 1, reading of capture" in run("replay", 1, "--case", judged).stdout

        known = know(open_case(judged))
        proofs = Proofs(open_case(judged), known)
        assert all(proofs.proved(n) for n in range(known.size))

        well = run("doctor", "--again", "--case", judged).stdout
        assert "AILS" not in well and f"withheld: 1 captures, accounted for by entries {before}" in well
        assert "something that it was made of is withheld now" in well
        assert "3 are withheld" in well

        run("run", "--agreement", "truce.yaml", "--case", judged)
        page = (judged / "report" / "report.html").read_text()
        assert f"1 capture is withheld by the bench (entry {before}): {WHY}" in page
        chain = run("custody", book[:12], "--case", judged).stdout
        assert "imported by Ada" in chain and f"withheld by the bench: {WHY}" in chain

    def test_the_bytes_are_nowhere_in_the_case(self, judged):
        run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY)
        book = capture_of(judged, "book.csv")
        for name, raw in tree(judged).items():
            assert b"heavy, close" not in raw, name
            assert book[2:] not in name

    def test_a_sealed_copy_opens_the_commitment_with_tools_that_we_did_not_write(self, judged, files):
        book = capture_of(judged, "book.csv")
        batches = know(open_case(judged)).reads[book].values()
        run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY, "--keep", "sealed")
        kept = files / "sealed"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept.iterdir())
        assert {f"{book}.salt", book, *batches} <= {path.name for path in kept.iterdir()}
        assert (kept / book).read_text() == commanded.BOOK
        made = subprocess.run(
            f"cat {book}.salt {book} | sha256sum", shell=True, cwd=kept, capture_output=True, text=True
        )
        assert made.stdout.split()[0] == book

    def test_why_says_what_became_of_a_finding(self, judged):
        finding = pl.read_csv(judged / "report" / "findings.csv")["id"][0]
        run("why", finding, "--case", judged)
        run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY)
        said = run("why", finding, "--case", judged).stdout
        assert "run of assess (entry 8): withheld" in said and "by the bench" in said and WHY in said
        assert "verified: entry 8 is in the tree of 11" in said and "; entry 10 is in the tree of 11" in said
        assert "heavy, close" not in said

    def test_what_was_interrupted_ails_until_it_is_finished(self, judged):
        store, book = open_case(judged), capture_of(judged, "book.csv")
        salt, raw = store.vault.get(book)
        run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY)
        store.vault.put(book, salt, raw)
        said = run("doctor", "--case", judged, ok=1).stdout
        assert f"AILS  withheld: capture {book[:12]} is withheld (entry 10) but still lying here: its bytes" in said
        told = run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY).stdout
        assert "1 files were let go; it was withheld already, finished now" in told
        assert entries(judged) == 11 and "AILS" not in run("doctor", "--case", judged).stdout
        told = run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY).stdout
        assert "0 files were let go; it was withheld already, nothing was left to do" in told


class TestCustody:
    def test_the_whole_chain_can_be_read(self, judged):
        run(
            "custody", 3, "--case", judged, "--record", "handed", "--by", "Ada", "--to", "the court", "--why", "order 7"
        )
        lines = run("custody", 3, "--case", judged).stdout.splitlines()
        assert [" ".join(line.split()[4:]) for line in lines[1::2]] == [
            f"captured from book.csv by the feed report, {len(commanded.BOOK)} bytes, by trucewatch",
            next(line for line in (" ".join(at.split()[4:]) for at in lines) if line.startswith("2 rows read into")),
            "imported by Ada",
            "handed over to the court by Ada: order 7",
        ]
        assert all("verified: entry" in line and "is in the tree of 11" in line for line in lines[2::2])

    def test_the_original_bytes_go_out_only_after_it_was_entered(self, judged, files):
        run("custody", 3, "--case", judged, "--out", "copy.csv", "--by", "Ada", "--to", "the court")
        assert (files / "copy.csv").read_text() == commanded.BOOK
        assert stat.S_IMODE((files / "copy.csv").stat().st_mode) == 0o600
        assert "exported to the court by Ada" in run("custody", 3, "--case", judged).stdout

    def test_why_by_name_enters_who_read_and_without_it_nothing(self, judged):
        finding, before = pl.read_csv(judged / "report" / "findings.csv")["id"][0], entries(judged)
        run("why", finding, "--case", judged)
        assert entries(judged) == before
        run("why", finding, "--case", judged, "--by", "Cy")
        assert entries(judged) == before + 1
        told = [run("custody", n, "--case", judged).stdout for n in (0, 3)]
        assert any(f"read by Cy: followed {finding}" in said for said in told)

    def test_a_copy_that_may_not_be_written_can_be_read(self, judged):
        finding = pl.read_csv(judged / "report" / "findings.csv")["id"][0]
        before = tree(judged)
        for words in (("why", finding), ("custody", 0), ("replay", "all")):
            run(*words, "--case", judged)
        assert tree(judged) == before

    def test_the_name_can_come_from_the_environment(self, case, monkeypatch):
        monkeypatch.setenv("TRUCEWATCH_BY", "Ada")
        run("pull", "report", "--case", case, "--file", "book.csv")
        assert "imported by Ada" in run("custody", 0, "--case", case).stdout
        run("agree", "truce.yaml", "--case", case)
        run("attach", "fires.csv", "--case", case, "--term", "ceasefire", "--lines", "1")
        assert "imported by Ada" in run("custody", 4, "--case", case).stdout

    def test_as_of(self, judged):
        run("custody", 3, "--case", judged, "--record", "read", "--by", "Ada")
        assert "read by Ada" not in run("custody", 3, "--case", judged, "--as-of", 10).stdout
        assert "there is no capture" in refused(
            "custody", capture_of(judged, "book.csv"), "--case", judged, "--as-of", 3
        )

    def test_as_json(self, judged):
        told = json.loads(run("custody", 3, "--case", judged, "--json").stdout)
        assert told["capture"] == capture_of(judged, "book.csv")
        assert [set(link) for link in told["chain"]] == [{"entry", "when", "what", "verified"}] * 3


class TestWhyAsOf:
    def test_what_was_found_later_is_not_known_then(self, judged):
        finding = pl.read_csv(judged / "report" / "findings.csv")["id"][0]
        run("why", finding, "--case", judged, "--as-of", 9)
        assert "there is no finding or incident" in refused("why", finding, "--case", judged, "--as-of", 7)


class TestReplay:
    def test_same_bytes_with_each_hash(self, judged):
        said = run("replay", "all", "--case", judged).stdout
        assert said.count("same bytes") == 5 and "made by" not in said
        outputs = know(open_case(judged)).runs[0]["outputs"]
        assert all(f"  {name}: {sha}" in said for name, sha in outputs.items())

    def test_what_was_made_up_differs_and_exits_1(self, judged):
        store = open_case(judged)
        body = know(store).runs[0]
        forged = {**body, "outputs": {**body["outputs"], "incidents": body["outputs"]["links"]}, "code": "x"}
        with store.writing():
            commit(store, [("run", canonical(forged))], FakeClock(), "somebody")
        said = run("replay", entries(judged) - 1, "--case", judged, ok=1).stdout
        assert "run of fuse: differs (made by x, replayed by trucewatch" in said and "incidents: column " in said
        assert "differs" in run("replay", "all", "--case", judged, ok=1).stdout

    def test_what_cannot_be_done_again_is_2_alone_and_told_among_all(self, judged):
        store = open_case(judged)
        with store.writing():
            commit(store, [("run", canonical({**know(store).runs[0], "room": "divine"}))], FakeClock(), "somebody")
        n = entries(judged) - 1
        assert refused("replay", n, "--case", judged).startswith(f"entry {n} says nothing that this code can do again")
        assert f"cannot be done again: entry {n} says" in run("replay", "all", "--case", judged).stdout

    def test_a_case_without_anything_to_replay_says_so(self, case):
        assert run("replay", "all", "--case", case).stdout == "there is nothing in this case to do again\n"

    def test_as_json(self, judged):
        told = json.loads(run("replay", 7, "--case", judged, "--json").stdout)
        assert (told[0]["outcome"], told[0]["entry"]) == ("same bytes", 7)


BAD = [
    (("withhold", "3", "--why", WHY), "--by: nobody is named; expected who withholds it"),
    (("withhold", "3", "--by", " ", "--why", WHY), "--by: says nothing that can be printed; expected a line of text"),
    (("withhold", "3", "--by", "Ada", "--why", ""), "--why: says nothing that can be printed; expected a line of text"),
    (("withhold", "3", "--by", "A\x1b[31m", "--why", WHY), "--by: says nothing that can be printed"),
    (("withhold", "3", "--by", "Ada"), "Missing option '--why'; see: trucewatch withhold --help"),
    (("withhold", "1", "--by", "Ada", "--why", WHY), "entry 1 is no capture's"),
    (("withhold", "ffff", "--by", "Ada", "--why", WHY), "there is no capture 'ffff' in this case"),
    (("withhold", "3", "--by", "Ada", "--why", WHY, "--keep", "."), "--keep: holds something already"),
    (("withhold", "3", "--by", "Ada", "--why", WHY, "--keep", "book.csv"), "--keep: holds something already"),
    (("withhold", "3", "--by", "Ada", "--why", WHY, "--keep", "book.csv/x"), "book.csv/x"),
    (("custody", "3", "--record", "read"), "--by: nobody is named; expected who read it"),
    (("custody", "3", "--record", "eaten", "--by", "Ada"), "Invalid value for '--record'"),
    (("custody", "3", "--record", "handed", "--by", "Ada"), "--to: nobody is named; expected to whom it was handed"),
    (("custody", "3", "--record", "read", "--by", "Ada", "--as-of", "3"), "--as-of: what is entered now comes after"),
    (("custody", "3", "--to", "x"), "--to: nothing is entered; expected --record or --out with it"),
    (("custody", "3", "--why", "x"), "--why: nothing is entered"),
    (("custody", "3", "--out", "new.csv"), "--by: nobody is named; expected who exported it"),
    (("custody", "3", "--out", "fires.csv", "--by", "Ada"), "fires.csv: is there already; expected a new file"),
    (("custody", "3", "--out", "no/such/new.csv", "--by", "Ada"), "no/such: there is no such folder"),
    (("custody", "3", "--out", "new.csv", "--record", "read", "--by", "Ada"), "--out: writing the bytes to a file is no"),
    (("custody", "zzzz"), "there is no capture 'zzzz' in this case"),
    (("custody", "3", "--as-of", "99"), "--as-of: there are no first 99 entries; expected a number from 0 to 10"),
    (("replay", "0"), "0: entry 0 is of kind capture; expected an entry of kind run or observations"),
    (("replay", "99"), "99: no entry"),
    (("replay", "zzzz"), "there is no run 'zzzz' in this case"),
    (("why", "zzzz", "--as-of", "99"), "--as-of: there are no first 99 entries"),
    (("why", "zzzz", "--by", ""), "--by: says nothing that can be printed"),
]  # fmt: skip


class TestBadInput:
    @pytest.mark.parametrize(("words", "says"), BAD)
    def test_it_is_one_line_and_nothing_changes(self, judged, words, says):
        before = tree(judged)
        assert says in refused(*words, "--case", judged)
        assert tree(judged) == before

    def test_a_withheld_capture_cannot_be_exported_and_nothing_is_entered(self, judged, files):
        run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY)
        before = entries(judged)
        said = refused("custody", 3, "--case", judged, "--out", "new.csv", "--by", "Ada")
        assert "is withheld by the bench since" in said and entries(judged) == before
        assert not (files / "new.csv").exists()

    def test_a_case_that_may_not_be_written_is_refused_in_one_line(self, judged):
        if os.geteuid() == 0:
            pytest.skip("root may write anywhere")
        (judged / "lock").chmod(0o400)
        assert "writing is not permitted" in refused("withhold", 3, "--case", judged, "--by", "Ada", "--why", WHY)

    def test_an_earlier_state_with_what_is_withheld_is_refused_in_one_line(self, judged):
        run("withhold", 3, "--case", judged, "--by", "the bench", "--why", WHY)
        for words in (("fuse",), ("assess",), ("report",)):
            said = refused(*words, "--case", judged, "--as-of", 7)
            assert "is withheld by the bench since" in said and said.endswith(f"(entry 10): {WHY}")


def test_the_words_are_the_same_whoever_withholds(judged):
    """Nothing of what is printed hangs on who it is: only the name itself is another."""
    said = []
    for name in ("Aaland", "Beeland"):
        copy = judged.parent / name
        subprocess.run(["cp", "-r", judged, copy], check=True)
        told = run("withhold", 3, "--case", copy, "--by", name, "--why", WHY).stdout
        said.append([line.split(" since ")[0].replace(name, "NAME") for line in told.splitlines()])
    assert said[0] == said[1]


@pytest.mark.parametrize("inside", ["copy", "vault/copy", "report/x/y", "../case/copy"])
def test_nothing_that_is_given_out_is_written_into_the_case(judged, inside):
    before, there = entries(judged), tree(judged)
    keep = ("withhold", 3, "--by", "the bench", "--why", WHY, "--keep", judged / inside, "--case", judged)
    assert "--keep: lies in the case; expected a folder outside it" in refused(*keep)
    out = ("custody", 3, "--by", "Ada", "--out", judged / inside, "--case", judged)
    assert "--out: lies in the case; expected a file outside it" in refused(*out)
    assert (entries(judged), tree(judged)) == (before, there)
