"""Case work as a mission's legal officer enters it: from the complaint to the action that is overdue, and the report."""

from __future__ import annotations

import json
from pathlib import Path

import commanded
import pytest
from commanded import entries, refused, run, tree

from trucewatch.archive import know
from trucewatch.stores.posix import open_case

files = commanded.files
case = commanded.case

KINDS = ("complain", "reply", "inquire", "determine", "act", "judge")
MORE = {
    "determine": ("--outcome", "pending"),
    "act": ("--whom", "aa"),
    "judge": ("--doubt", "p_event", "--call", "yes"),
}


@pytest.fixture
def judged(case):
    """A case with incidents and a public report."""
    run("pull", "firms", "--case", case, "--file", "fires.csv")
    run("pull", "report", "--case", case, "--file", "book.csv")
    run("run", "--agreement", "truce.yaml", "--case", case, "--level", "restricted")
    return case


def incidents(case: Path) -> list[str]:
    known = know(open_case(case))
    made = [body for body in known.runs if body["room"] == "fuse"][-1]
    return known.table_of(open_case(case), made["outputs"]["incidents"])["id"].to_list()


def enter(case: Path, *words: object) -> int:
    return json.loads(run("casework", *words, "--case", case, "--json").stdout)["entry"]


def page(case: Path, level: str) -> str:
    folder = "report" if level == "public" else f"report/{level}"
    run("report", "--case", case, "--level", level)
    return (case / folder / "report.html").read_text()


class TestTheStory:
    def test_from_a_complaint_to_an_overdue_action_beside_what_the_tool_indicates(self, judged, files):
        incident = incidents(judged)[0]
        (files / "complaint.txt").write_text("They fired at our village.\nTwo houses burnt.\n")
        (files / "photo.jpg").write_bytes(b"\xff\xd8 a photo")
        report = entries(judged) - 1
        asked = enter(
            judged, "complain", "--about", incident[:10], "--term", "ceasefire", "--by", "Liaison of Aaland", "--for", "Aaland",
            "--file", "complaint.txt", "--document", "photo.jpg", "--at", "2010-03-13 09:00Z", "--entered-by", "Ada",
        )  # fmt: skip
        answer = enter(
            judged, "reply", asked, "--by", "Liaison of Beeland", "--for", "bb", "--text", "We had left by then."
        )
        inquiry = enter(judged, "inquire", asked, "--by", "the Mission", "--text", "A team goes there on Monday.")
        ruled = enter(
            judged, "determine", inquiry, "--by", "the Joint Board", "--outcome", "no violation", "--text", "It was a drill.",
            "--responsibility", "not attributable", "--at", "2010-04-01 10:00Z",
        )  # fmt: skip
        act = enter(
            judged, "act", ruled, "--by", "the Joint Board", "--whom", "Beeland", "--due", "2099-01-01 00:00Z",
            "--text", "Announce drills a day before.",
        )  # fmt: skip

        said = run("casework", "list", "--case", judged, "--on", "2099-01-02 00:00Z").stdout
        assert said.splitlines()[0] == f"matter {asked}: {incident[:12]} (paper-truce, article 1)"
        assert f"{ruled:6}  2010-04-01  determination by the Joint Board: no violation; could not be attributed" in said
        assert said.splitlines()[-1].endswith("asked of bb, due 2099-01-01 00:00 UTC; OVERDUE")
        assert "OVERDUE" not in run("casework", "list", "--case", judged).stdout
        late = ("casework", "list", "--case", judged, "--overdue", "--on", "2099-01-02 00:00Z", "--json")
        assert [e["entry"] for e in json.loads(run(*late).stdout)[0]["entries"]] == [asked, answer, inquiry, ruled, act]
        assert run("casework", "list", "--case", judged, "--overdue").stdout == "no matter is overdue\n"

        shown = run("casework", "show", answer, "--case", judged).stdout
        assert "words: They fired at our village.\n            Two houses burnt." in shown
        assert (
            f"entry {answer}, reply to entry {asked}" in shown and f"verified: entry {ruled} is in the tree of" in shown
        )

        text = page(judged, "restricted")
        assert "determined by the Joint Board on 2010-04-01: no violation; could not be attributed" in text
        assert "They fired at our village." in text and "We had left by then." in text
        assert f"after the report of entry {report}" in text
        told = run("why", incident, "--case", judged).stdout
        assert f"determination (entry {ruled}), beside what the tool indicates" in told
        assert "AILS" not in run("log", "fsck", "--case", judged).stdout
        assert "AILS" not in run("doctor", "--again", "--case", judged).stdout

    def test_what_is_superseded_stays_and_is_struck(self, judged):
        who = ("--by", "A", "--for", "aa", "--at", "2010-03-20 09:00Z")
        first = enter(judged, "complain", "--about", "matter/fuel", *who, "--text", "Ten ships.")
        later = enter(judged, "complain", "--supersedes", first, *who, "--text", "Nine ships.")
        said = run("casework", "list", "--case", judged).stdout
        assert f"complaint by A, for aa  [superseded by entry {later}]" in said
        text = page(judged, "parties")
        assert f"superseded by entry {later}" in text and '<s><span class="said">Ten ships.</span></s>' in text
        assert '<td><span class="said">Nine ships.</span></td>' in text
        before = run("casework", "list", "--case", judged, "--as-of", first + 1).stdout
        assert "superseded" not in before and str(later) not in before

    def test_what_is_about_no_incident_is_as_late_as_they_are(self, judged):
        enter(judged, "complain", "--about", "matter/fuel", "--by", "A", "--for", "aa", "--text", "Ten ships.")
        text = page(judged, "parties")
        assert "Ten ships." not in text and "Case work too recent for this release level: 1 of its entries." in text
        assert "Ten ships." in page(judged, "restricted")

    def test_a_judgement_settles_a_doubt_in_the_findings_made_from_then_on_and_they_say_who(self, judged):
        incident = incidents(judged)[0]
        enter(judged, "judge", "--about", incident, "--doubt", "p_event", "--call", "no", "--by", "Ada of the team",
              "--text", "We stood there all day: nothing.")  # fmt: skip
        run("assess", "--case", judged)
        told = run("why", incident, "--case", judged).stdout
        assert "whether it happened: no" in told
        known = know(open_case(judged))
        made = [body for body in known.runs if body["room"] == "assess"][-1]
        found = (
            known.table_of(open_case(judged), made["outputs"]["findings"]).filter(subject=incident).row(0, named=True)
        )
        assert found["verdict"] == "not_indicated" and "Ada of the team" in found["because"]


class TestLevels:
    @pytest.fixture
    def told(self, judged):
        incident = incidents(judged)[0]
        first = enter(
            judged, "complain", "--about", incident, "--by", "Liaison One", "--for", "aa", "--text", "Secret words."
        )
        enter(judged, "complain", "--about", incident, "--by", "A Villager", "--text", "I saw them.")
        enter(judged, "reply", first, "--by", "Liaison Two", "--for", "bb", "--public", "--text", "Words for all.")
        enter(judged, "determine", first, "--by", "the Board", "--outcome", "violation", "--responsibility", "attributed",
              "--to", "bb", "--text", "Reasons of the Board.")  # fmt: skip
        return judged

    def test_the_public_reads_who_determined_and_what_and_no_words_but_those_filed_for_it(self, told):
        text = page(told, "public") + (told / "report/report.json").read_text()
        for word in ("Secret words", "Liaison One", "A Villager", "I saw them", "Reasons of the Board"):
            assert word not in text, word
        assert "determined by the Board on" in text and "violation; attributed to Beeland" in text
        assert "Words for all." in text and "Liaison Two, for Beeland" in text
        assert "Complaint, Aaland," in text and "Complaint, somebody who is not named at this level," in text

    def test_the_parties_read_each_other_s_words_and_no_witness_s_name(self, told):
        text = page(told, "parties") + (told / "report/parties/report.json").read_text()
        for word in ("Secret words.", "Liaison One, for Aaland", "Reasons of the Board."):
            assert word in text, word
        assert "A Villager" not in text

    def test_restricted_has_all(self, told):
        text = page(told, "restricted")
        for word in ("Secret words.", "A Villager", "I saw them.", "Words for all."):
            assert word in text, word


class TestBadInput:
    @pytest.mark.parametrize("command", KINDS)
    def test_a_subject_that_is_not_in_the_case_is_one_line_and_nothing_is_stored(self, judged, command):
        before = tree(judged)
        line = refused("casework", command, "--case", judged, "--about", "0123456789ab", "--by", "A", "--text", "x",
                       *MORE.get(command, ()))  # fmt: skip
        assert line.startswith("--about: there is no incident or finding '0123456789ab' in this case; expected an id")
        assert tree(judged) == before

    @pytest.mark.parametrize(
        ("words", "what"),
        [
            (
                ("--text", "x", "--file", "book.csv"),
                "--text: what is said?; expected either --text WORDS or --file FILE",
            ),
            ((), "--text: what is said?"),
            (("--file", "none.txt"), "none.txt: there is no such file"),
            (
                ("--text", "x", "--for", "Beland"),
                "--for: there is no party of paper-truce 'Beland'; did you mean 'Beeland'",
            ),
            (("--text", "x", "--document", "beef"), "there is no capture 'beef' in this case"),
            (("--text", "x", "--at", "yesterday"), "--at: cannot read the time 'yesterday'"),
            (("--text", "x", "--at", "2999-01-01 00:00Z"), "--at: is still to come"),
            (("--text", "x", "--agreement", "papertruce"), "did you mean 'paper-truce'?"),
            (("--text", "x", "--supersedes", "0"), "--supersedes: entry 0 is of kind capture"),
            (("--text", "   "), "complaint.txt: says nothing"),
        ],
    )
    def test_what_a_complaint_cannot_say(self, judged, words, what):
        before = tree(judged)
        assert what in refused("casework", "complain", "--case", judged, "--about", "matter/x", "--by", "A", *words)
        assert tree(judged) == before

    def test_an_entry_that_is_no_case_work(self, judged):
        assert "entry 0 is no case work" in refused("casework", "show", 0, "--case", judged)
        assert "ENTRY: entry 0 is of kind capture" in refused(
            "casework", "reply", 0, "--case", judged, "--by", "A", "--text", "x"
        )

    def test_a_group_without_case_work_says_so(self, judged):
        assert run("casework", "list", "--case", judged).stdout == "no case work was entered\n"
        assert json.loads(run("casework", "list", "--case", judged, "--json").stdout) == []
