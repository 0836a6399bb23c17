"""Case work: what people said and decided are entries, superseded and never overwritten, beside what the tool says."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from casefiled import LATER, body, filed, findings, incidents, judged, tools
from flipped import ORIGIN, signed
from test_bundle import export, offline
from test_pipeline import Salts
from trucewatch import custody, pipeline
from trucewatch.archive import commit, know
from trucewatch.assess.weigh import DOUBTS
from trucewatch.base.errors import CaseBroken, InputError
from trucewatch.base.ids import canonical, sha256
from trucewatch.bodies import CALLS, CASEWORK, OUTCOMES, RESPONSIBILITIES, STATUSES
from trucewatch.bundle import items
from trucewatch.casework import judgements, of_matter, placed, printable, settled, standing, worded
from trucewatch.filing import Filing, file
from trucewatch.fsck import fsck
from trucewatch.log.entry import KINDS
from trucewatch.ports import Fetched
from trucewatch.replay import SAME, WITHHELD, Again, replay
from trucewatch.report import ReportRequest
from trucewatch.report.beside import FILED
from trucewatch.sources import source
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case
from trucewatch.testing import NOON, FakeClock
from trucewatch.trail import trail
from trucewatch.withhold import withhold


@pytest.fixture(params=["memory", "posix"])
def store(request, tmp_path):
    return judged(MemoryCase() if request.param == "memory" else make_case(tmp_path / "case", "test.invalid/log"))


@pytest.fixture
def case(tmp_path):
    return judged(make_case(tmp_path / "case", "test.invalid/log"))


def said(store, entry: int) -> dict:
    known = know(store)
    return json.loads(store.objects.get(known.entries[entry].body_hash))


def rows(store, now: datetime = LATER, as_of: int | None = None) -> dict[int, dict]:
    return {row["entry"]: row for row in standing(know(store, as_of), now).rows(named=True)}


def ails(store) -> list[tuple[str, str]]:
    return [(what, says) for what, well, says in fsck(store) if not well]


def enter(store, kind: str, raw: bytes) -> int:
    with store.writing():
        commit(store, [(kind, raw)], FakeClock(NOON + timedelta(days=31)), "somebody")
    return store.log.head().size - 1


class TestFiling:
    def test_every_kind_of_case_work_is_a_kind_of_entry(self):
        assert set(CASEWORK) <= set(KINDS)

    def test_a_complaint_is_an_entry_and_its_words_are_a_capture_with_its_chain_of_custody(self, store):
        incident = incidents(store)[0]
        entry = filed(store, "complaint", "A liaison", "They fired at us.", incident[:8], on_behalf_of="Aaland")
        kinds = [e.kind for e in know(store).entries][-3:]
        assert kinds == ["capture", "custody", "complaint"] and entry == know(store).size - 1
        body = said(store, entry)
        assert body["by"] == "A liaison" and body["on_behalf_of"] == "aa" and body["agreement"] == "test-truce"
        assert body["about"][0]["id"] == incident and body["about"][0]["observations"]
        assert "They fired" not in store.objects.get(know(store).entries[entry].body_hash).decode()
        assert know(store).captured(store, body["text"])[1] == b"They fired at us."
        links = [link.what for link in custody.chain(store, body["text"])[1]]
        assert links[1] == "imported by the clerk"
        assert links[2].startswith("these are the words of the complaint by A liaison, said at 2026-02-01 12:00")

    def test_each_body_has_a_drawn_salt_of_its_own_and_one_spelling(self, store):
        incident = incidents(store)[0]
        one, two = (filed(store, "complaint", "A", "The same.", incident) for _ in "ab")
        assert said(store, one)["salt"] != said(store, two)["salt"] and len(said(store, one)["salt"]) == 64
        raw = store.objects.get(know(store).entries[one].body_hash)
        assert raw == canonical(json.loads(raw))

    def test_a_finding_brings_its_term_article_and_reading_and_a_reply_what_it_answers(self, store):
        finding = findings(store).row(0, named=True)
        first = filed(store, "complaint", "A", "This.", finding["id"], on_behalf_of="aa")
        reply = filed(store, "reply", "B", "Not so.", answers=first, on_behalf_of="bb")
        body = said(store, reply)
        assert (body["term"], body["article"]) == ("ceasefire", "1") and body["answers"]["entry"] == first
        assert body["about"] == said(store, first)["about"] and body["about"][0]["reading"] == "text"
        assert body["answers"]["body"] == know(store).entries[first].body_hash

    def test_a_reply_can_stand_beside_a_finding_that_nobody_complained_of(self, store):
        entry = filed(store, "reply", "B", "We were not there.", findings(store)["id"][0], on_behalf_of="bb")
        assert rows(store)[entry]["matter"] == entry

    def test_a_matter_of_its_own_name_needs_no_incident(self, store):
        entry = filed(store, "complaint", "A", "No fuel came.", "matter/fuel-1", on_behalf_of="aa")
        assert rows(store)[entry]["subjects"] == ["matter/fuel-1"] and not rows(store)[entry]["incidents"]

    def test_documents_are_captures_of_the_case_or_kept_with_it(self, store):
        held = next(iter(know(store).captures))
        photo = Fetched(b"\x89PNG", "photo.png", "application/octet-stream", "not told")
        entry = filed(store, "complaint", "A", "See.", incidents(store)[0], documents=(held[:10], photo))
        first, second = said(store, entry)["documents"]
        assert first == held and know(store).captured(store, second)[1] == b"\x89PNG"
        assert "handed in as a document with the complaint by A" in custody.chain(store, second)[1][-1].what


class TestRefused:
    """Nothing is stored half: after each, the log is as long as it was and no bytes lie about."""

    @pytest.fixture(autouse=True)
    def nothing_is_left(self, store):
        before = know(store).size, sorted(store.vault.ids()), sorted(store.objects.ids())
        yield
        assert (know(store).size, sorted(store.vault.ids()), sorted(store.objects.ids())) == before

    @pytest.mark.parametrize(
        ("about", "fields", "what"),
        [
            (("0123456789abcdef",), {}, "there is no incident or finding '0123456789abcdef' in this case"),
            (("ab",), {}, "there is no incident or finding 'ab'"),
            (("matter/Not So",), {}, "is no name of a matter"),
            ((), {}, "it is about nothing"),
            (("matter/x",), {"on_behalf_of": "Ceeland"}, "there is no party of test-truce 'Ceeland'"),
            (("matter/x",), {"agreement": "test-truth"}, "did you mean 'test-truce'?"),
            (("matter/x",), {"term": "ceasefires"}, "did you mean 'ceasefire'?"),
            (("matter/x",), {"documents": ("beef12",)}, "there is no capture 'beef12'"),
            (("matter/x",), {"answers": 0}, "a complaint answers no other entry|entry 0 is of kind capture"),
            (("matter/x",), {"supersedes": 0}, "entry 0 is of kind capture"),
            (("matter/x",), {"supersedes": 999}, "there is no entry 999"),
            (("matter/x",), {"at": NOON + timedelta(days=999)}, "--at: is still to come"),
            (("matter/x",), {"more": {"outcome": "pending"}}, "a complaint has no field 'outcome'"),
        ],
    )
    def test_what_names_something_that_is_not_there(self, store, about, fields, what):
        with pytest.raises(InputError, match=what):
            filed(store, "complaint", "A", "Words.", *about, **fields)

    def test_words_that_are_none(self, store):
        for raw in (b"", b" \n ", b"\xff\xfe\x00"):
            words = Fetched(raw, "words.txt", "text/plain", "not told")
            with pytest.raises(InputError, match=r"words.txt: (says nothing|is not text)"):
                file(store, tools(), Filing("complaint", "A", words, ("matter/x",)))

    @pytest.mark.parametrize(
        ("kind", "more", "what"),
        [
            ("determination", {}, "nothing is determined"),
            ("determination", {"outcome": "guilty"}, "there is no outcome 'guilty'"),
            ("determination", {"outcome": "violation", "responsibility": "attributed"}, "to whom is it attributed"),
            ("determination", {"outcome": "violation", "to": "aa"}, "names a party to which nothing is attributed"),
            ("determination", {"outcome": "violation", "responsibility": "not attributable", "to": "aa"}, "names a party"),
            ("corrective_action", {}, "who is to act"),
            ("corrective_action", {"whom": "aa", "status": "done"}, "nothing was asked for that could be done"),
            ("corrective_action", {"whom": "aa", "confirmed_by": "M"}, "confirms what is not done"),
            ("corrective_action", {"whom": "aa", "due": NOON}, "is over before it was asked for"),
            ("judgement", {"doubt": "p_event", "call": "yes"}, "a judgement settles one doubt"),
            ("opinion", {}, "there is no kind of case work 'opinion'"),
        ],
    )  # fmt: skip
    def test_a_decision_that_does_not_hang_together(self, store, kind, more, what):
        with pytest.raises(InputError, match=what):
            filed(store, kind, "M", "Words.", "matter/x", more=more)

    @pytest.mark.parametrize(
        ("more", "fields", "what"),
        [
            ({"doubt": "p_guilt", "call": "yes"}, {}, "there is no doubt 'p_guilt'"),
            ({"doubt": "p_when"}, {}, "what is the answer"),
            ({"doubt": "p_when", "call": "yes"}, {}, "under which term"),
            ({"doubt": "p_when", "call": "perhaps"}, {}, "there is no call 'perhaps'"),
            (
                {"doubt": "p_when", "call": "yes", "reading": "cc"},
                {"term": "ceasefire"},
                "there is no reading of ceasefire",
            ),
        ],
    )
    def test_a_judgement_that_settles_nothing(self, store, more, fields, what):
        with pytest.raises(InputError, match=what):
            filed(store, "judgement", "Ada", "Why.", incidents(store)[0], more=more, **fields)


class TestSuperseding:
    def test_the_first_is_kept_and_struck_and_the_later_one_stands(self, store):
        incident = incidents(store)[0]
        first = filed(store, "complaint", "A", "Two shells.", incident, on_behalf_of="aa")
        raw = store.objects.get(know(store).entries[first].body_hash)
        later = filed(store, "complaint", "A", "Three shells.", supersedes=first, on_behalf_of="aa")
        table = rows(store)
        assert table[first]["superseded_by"] == later and table[later]["supersedes"] == first
        assert table[later]["superseded_by"] is None and table[later]["matter"] == first
        assert store.objects.get(know(store).entries[first].body_hash) == raw
        words = worded(store, know(store), standing(know(store), LATER))["words"].to_list()
        assert words == ["Two shells.", "Three shells."]
        assert said(store, later)["about"] == said(store, first)["about"]

    def test_as_of_tells_what_stood_then(self, store):
        first = filed(store, "complaint", "A", "Two shells.", "matter/x")
        filed(store, "complaint", "A", "Three shells.", supersedes=first)
        assert rows(store, as_of=first + 1)[first]["superseded_by"] is None
        assert rows(store, as_of=first) == {}

    def test_nobody_supersedes_what_somebody_else_said(self, store):
        first = filed(store, "complaint", "A", "Two shells.", "matter/x", on_behalf_of="aa")
        for by, party in (("B", "aa"), ("A", "bb"), ("A", None)):
            with pytest.raises(InputError, match=f"entry {first} is by A, for aa"):
                filed(store, "complaint", by, "None.", supersedes=first, on_behalf_of=party)
        with pytest.raises(InputError, match=f"entry {first} is a complaint"):
            filed(store, "reply", "A", "None.", supersedes=first, on_behalf_of="aa")

    def test_what_is_superseded_is_not_superseded_again(self, store):
        first = filed(store, "complaint", "A", "One.", "matter/x")
        second = filed(store, "complaint", "A", "Two.", supersedes=first)
        with pytest.raises(InputError, match=f"entry {second} stands in the place of entry {first}"):
            filed(store, "complaint", "A", "Three.", supersedes=first)
        third = filed(store, "complaint", "A", "Three.", supersedes=second)
        assert [rows(store)[n]["superseded_by"] for n in (first, second, third)] == [second, third, None]

    def test_an_entry_by_hand_that_supersedes_anothers_strikes_nothing_and_is_a_fault(self, store):
        first = filed(store, "complaint", "A", "One.", "matter/x", on_behalf_of="aa")
        assert ails(store) == []
        named = {"entry": first, "body": know(store).entries[first].body_hash}
        text = said(store, first)["text"]
        n = enter(store, "complaint", body("complaint", by="B", on_behalf_of="bb", text=text, supersedes=named))
        assert rows(store)[first]["superseded_by"] is None
        assert ails(store) == [("bodies", f"entry {n} (complaint) supersedes entry {first}, which is by somebody else")]


class TestActions:
    def ask(self, store, due=None):
        ruling = filed(
            store, "determination", "the Board", "It was so.", incidents(store)[0], term="ceasefire",
            more={"outcome": "violation", "responsibility": "attributed", "to": "bb"},
        )  # fmt: skip
        due = due or NOON + timedelta(days=40)
        more = {"whom": "Beeland", "due": due}
        return filed(store, "corrective_action", "the Board", "Withdraw the gun.", answers=ruling, more=more)

    def step(self, store, answers, status, by="B", confirmed_by=None):
        more = {"status": status, "confirmed_by": confirmed_by}
        return filed(store, "corrective_action", by, f"It is {status}.", answers=answers, more=more)

    def test_it_is_overdue_when_its_deadline_is_over_and_not_a_second_before(self, store):
        entry, due = self.ask(store), NOON + timedelta(days=40)
        assert [rows(store, now)[entry]["overdue"] for now in (due, due + timedelta(seconds=1))] == [False, True]
        self.step(store, entry, "accepted")
        row = rows(store)[entry]
        assert row["overdue"] is True and row["state"] == "accepted"

    @pytest.mark.parametrize("status", ["done", "refused", "lapsed"])
    def test_what_was_answered_is_no_longer_overdue(self, store, status):
        entry = self.ask(store)
        step = self.step(store, entry, status)
        table = rows(store)
        assert table[entry]["overdue"] is False and table[step]["state"] is None
        assert (table[step]["whom"], table[step]["due"]) == ("bb", NOON + timedelta(days=40))

    def test_done_is_only_said_until_somebody_confirms_it(self, store):
        entry = self.ask(store)
        step = self.step(store, self.step(store, entry, "accepted"), "done")
        assert rows(store)[entry]["state"] == "said to be done, not confirmed"
        self.step(store, step, "done", by="a team", confirmed_by="a team")
        assert rows(store)[entry]["state"] == "done, confirmed by a team"

    def test_a_new_deadline_by_whoever_asked_is_asked_again(self, store):
        entry = self.ask(store)
        self.step(store, entry, "accepted")
        more = {"whom": "bb", "due": NOON + timedelta(days=90)}
        later = filed(store, "corrective_action", "the Board", "By then.", supersedes=entry, more=more)
        table = rows(store)
        assert table[entry]["state"] is None and table[later]["state"] == "asked" and table[later]["overdue"] is False
        self.step(store, entry, "done")  # in answer to the first edition: it is of the same action
        assert rows(store)[later]["state"] == "said to be done, not confirmed"


class TestJudgements:
    def judge(self, store, doubt="p_event", call="yes", by="Ada", subject=None, **fields):
        more = {"doubt": doubt, "call": call, "reading": fields.pop("reading", None)}
        return filed(store, "judgement", by, "I was there.", subject or incidents(store)[0], more=more, **fields)

    def table(self, store):
        known = know(store)
        run = [run for run in known.runs if run["room"] == "fuse"][-1]
        return settled(known, "test-truce", known.table_of(store, run["outputs"]["links"]))

    def test_what_a_person_settled_with_who_and_where(self, store):
        entry = self.judge(store)
        incident = incidents(store)[0]
        assert self.table(store).rows() == [(incident, "test-truce", None, None, "p_event", 1.0, "Ada", entry)]
        assert judgements(know(store), "test-truce") == [know(store).entries[entry].body_hash]
        assert judgements(know(store), "other") == []

    def test_whether_it_happened_is_of_the_incident_whichever_finding_was_named(self, store):
        finding = findings(store).row(0, named=True)
        self.judge(store, subject=finding["id"])
        assert self.table(store).row(0)[:4] == (finding["subject"], "test-truce", None, None)

    def test_another_doubt_of_a_finding_is_of_that_finding(self, store):
        finding = findings(store).row(0, named=True)
        self.judge(store, "p_when", "no", subject=finding["id"])
        assert self.table(store).row(0)[:6] == (finding["id"], "test-truce", "ceasefire", "text", "p_when", 0.0)

    def test_unsure_settles_nothing_and_a_superseded_one_is_gone(self, store):
        first = self.judge(store)
        later = self.judge(store, call="unsure", supersedes=first)
        assert self.table(store).select("value", "entry").rows() == [(None, later)]

    def test_nobody_judges_one_doubt_twice_but_two_people_may_differ(self, store):
        first = self.judge(store)
        with pytest.raises(InputError, match=f"Ada has judged this already, in entry {first}; expected {first}"):
            self.judge(store, call="no")
        self.judge(store, call="no", by="Ben")
        assert self.table(store)["value"].to_list() == [1.0, 0.0]

    def test_it_follows_an_incident_that_somebody_else_tells_of_too_and_waits_where_it_fell_apart(self, store):
        self.judge(store)
        known = know(store)
        mine = known.filed[max(known.filed)]["about"][0]["observations"]
        grown = pl.DataFrame({"incident": ["new"] * (len(mine) + 1), "observation": [*mine, "another"]})
        assert settled(known, "test-truce", grown)["subject"].to_list() == ["new"]
        assert settled(known, "test-truce", grown.filter(pl.col("observation") == "another")).is_empty()

    def test_a_run_that_heeds_judgements_is_done_again_with_the_same_ones(self, store):
        use = pipeline.Tools(FakeClock(LATER), Salts(60), "test 1")
        before = pipeline.assess(store, use).body["outputs"]
        self.judge(store, call="no")
        made = pipeline.assess(store, use)
        assert made.new and made.body["outputs"]["findings"] != before["findings"]
        low, because = made.tables["findings"].filter(subject=incidents(store)[0]).select("high", "because").row(0)
        assert low == 0 and "no, by Ada" in because
        self.judge(store, doubt="p_when", by="Ben", term="ceasefire")  # entered after the run: it does not heed it
        for n, run in zip(know(store).run_at, know(store).runs, strict=True):
            if run["room"] == "assess":
                assert replay(Again(store, know(store), source, "test 1"), n).outcome == SAME
        assert not pipeline.assess(store, use, as_of=made.body["tree_size"]).new


class TestDocs:
    def test_the_page_names_every_field_and_every_word(self):
        page = (Path(__file__).parents[1] / "docs" / "casework.md").read_text()
        assert [name for name in FILED if f"`{name}`" not in page] == []
        words = (*OUTCOMES, *STATUSES, *CALLS, *RESPONSIBILITIES)
        assert [word for word in words if f"*{word}*" not in page.lower()] == []
        assert [doubt for doubt in DOUBTS if f"`{doubt}`" not in page] == []


class TestFollowing:
    def test_what_was_filed_follows_its_incident_under_another_id(self, store):
        entry = filed(store, "complaint", "A", "This.", incidents(store)[0])
        known = know(store)
        seen = known.filed[entry]["about"][0]["observations"]
        links = pl.DataFrame({"incident": ["merged"] * 2, "observation": [seen[0], "other"]})
        table = placed(known, standing(known, LATER), links)
        assert table["incidents"].to_list() == [["merged"]] and table["subjects"].to_list() == [[incidents(store)[0]]]


class TestWords:
    def test_words_that_are_withheld_are_gone_and_what_was_decided_stays(self, store):
        entry = filed(store, "complaint", "A", "A witness, by name.", "matter/x", on_behalf_of="aa")
        withhold(store, said(store, entry)["text"], "it names a witness", tools(9, by="the bench"))
        row = worded(store, know(store), standing(know(store), LATER)).row(0, named=True)
        assert row["words"] is None and "is withheld by the bench" in row["held"] and row["by"] == "A"
        assert ails(store) == []
        assert all(b"A witness" not in store.objects.get(name) for name in store.objects.ids())

    def test_words_cannot_steer_a_terminal_or_turn_a_line_around(self):
        assert printable("a\x1b[2Jb\u202ec\r\nd\te") == "a�[2Jb�c\nd e"
        assert printable("\u0645\u06cc\u200c\u0634\u0648\u062f") == "\u0645\u06cc\u200c\u0634\u0648\u062f"


class TestFsck:
    def test_a_changed_body_is_found(self, case):
        entry = filed(case, "determination", "M", "No.", "matter/x", more={"outcome": "no violation"})
        assert ails(case) == []
        sha = know(case).entries[entry].body_hash
        path = case.folder / "objects" / sha[:2] / sha[2:]
        path.write_bytes(path.read_bytes().replace(b"no violation", b"on violation"))
        assert ails(case)[0][0] == "bodies" and "does not hold the bytes" in ails(case)[0][1]

    @pytest.mark.parametrize(
        ("kind", "over"),
        [
            ("determination", {"outcome": "guilty"}), ("determination", {"responsibility": "somewhat"}),
            ("corrective_action", {"status": "late"}), ("corrective_action", {"due": "tomorrow"}),
            ("judgement", {"doubt": "p_guilt"}), ("judgement", {"call": "maybe"}), ("complaint", {"about": []}),
            ("complaint", {"about": ["a"]}), ("complaint", {"at": "2026-01-01T00:00:00"}), ("reply", {"answers": 7}),
            ("complaint", {"by": None}), ("inquiry", {"public": "yes"}), ("complaint", {"documents": "x"}),
            ("complaint", {"at": "2026-01-01T00:00:00+02:00"}), ("complaint", {"about": [{"id": "x"}]}),
        ],
    )  # fmt: skip
    def test_a_body_of_another_form_makes_the_case_refuse_to_be_read(self, store, kind, over):
        n = enter(store, kind, body(kind, **over))
        with pytest.raises(CaseBroken, match=rf"the body of entry {n} \({kind}\) cannot be understood"):
            know(store)
        assert ails(store)[0][0] == "bodies"

    def test_a_body_that_names_what_is_not_there_is_a_fault(self, store):
        text = said(store, filed(store, "complaint", "A", "One.", "matter/x"))["text"]
        for over, what in (
            ({"text": "f" * 64}, "names capture ffffffffffff, which no entry before it enters"),
            ({"text": text, "documents": ["f" * 64]}, "names capture ffffffffffff"),
            ({"text": text, "answers": {"entry": 0, "body": "0" * 64}}, "answers entry 0, which is no case work"),
            (
                {"text": text, "supersedes": {"entry": 10**6, "body": ""}},
                "supersedes entry 1000000, which is no case work",
            ),
        ):
            here = judged(MemoryCase())
            kept = said(here, filed(here, "complaint", "A", "One.", "matter/x"))["text"]
            n = enter(
                here, "reply", body("reply", **{**over, "text": kept if over.get("text") == text else over["text"]})
            )
            assert ails(here)[0][1].startswith(f"entry {n} (reply) {what}")


class TestReports:
    ASK = ReportRequest("restricted", made_at=LATER)

    def test_a_report_with_case_work_is_replayed_to_the_same_bytes(self, store):
        entry = filed(store, "complaint", "A", "This.", incidents(store)[0], on_behalf_of="aa")
        use = pipeline.Tools(FakeClock(LATER), Salts(50), "test 1")
        pipeline.report(store, use, self.ASK)
        inputs = know(store).runs[-1]["inputs"]
        assert inputs["casework"] == [know(store).entries[entry].body_hash]
        assert inputs["words"] == [said(store, entry)["text"]]
        filed(store, "reply", "B", "No.", incidents(store)[0], on_behalf_of="bb")
        n = know(store).run_at[-1]
        done = replay(Again(store, know(store), source, "test 1"), n)
        assert (done.outcome, done.says) == (SAME, "")

    def test_a_report_that_printed_words_that_are_withheld_now_is_told_apart(self, store):
        entry = filed(store, "complaint", "A", "A witness.", incidents(store)[0], on_behalf_of="aa")
        pipeline.report(store, pipeline.Tools(FakeClock(LATER), Salts(50), "test 1"), self.ASK)
        n = know(store).run_at[-1]
        done = withhold(store, said(store, entry)["text"], "it names a witness", tools(9, by="the bench"))
        assert done.reports == [n]
        assert replay(Again(store, know(store), source, "test 1"), n).outcome == WITHHELD

    def test_a_case_without_case_work_names_none_among_a_report_s_inputs(self, store):
        pipeline.report(store, pipeline.Tools(FakeClock(LATER), Salts(50), "test 1"), self.ASK)
        assert {"casework", "words"}.isdisjoint(know(store).runs[-1]["inputs"])

    def test_a_reply_after_release_stands_in_the_next_report_and_the_released_one_stays_as_it_was(self, store):
        ask = ReportRequest("public", made_at=LATER)
        first = pipeline.report(store, pipeline.Tools(FakeClock(LATER), Salts(50), "test 1"), ask)
        released = know(store).run_at[-1]
        filed(store, "reply", "B", "We were away.", incidents(store)[0], on_behalf_of="bb", public=True)
        again = replay(Again(store, know(store), source, "test 1"), released)
        assert again.outcome == SAME and again.outputs == {name: sha256(raw) for name, raw in first.items()}
        second = pipeline.report(store, pipeline.Tools(FakeClock(LATER), Salts(51), "test 1"), ask)
        assert b"We were away." not in first["report.html"] and b"We were away." in second["report.html"]
        assert f"after the report of entry {released}".encode() in second["report.html"]


class TestWhy:
    def test_why_tells_of_what_stands_beside_a_finding_each_with_its_proof(self, store):
        finding = findings(store).row(0, named=True)
        first = filed(store, "reply", "B", "We were away.", finding["id"], on_behalf_of="bb")
        reply = filed(store, "reply", "B", "We were elsewhere.", supersedes=first, on_behalf_of="bb")
        more = {"outcome": "no violation", "responsibility": "not attributable"}
        ruled = filed(store, "determination", "the Board", "Nobody knows.", finding["subject"], more=more)
        other = filed(store, "complaint", "A", "Another.", incidents(store)[1])
        hops = {hop.what: hop for hop in trail(store, finding["id"])}
        mine = [what for what in hops if "beside what the tool indicates" in what]
        assert mine == [f"reply (entry {reply}), beside what the tool indicates",
                        f"determination (entry {ruled}), beside what the tool indicates"]  # fmt: skip
        told = hops[mine[1]]
        assert told.facts["says"] == "no violation; could not be attributed" and told.facts["words"] == "Nobody knows."
        assert f"entry {ruled} is in the tree of {other + 1}" in told.verified
        assert hops[mine[0]].capture == said(store, reply)["text"]


class TestExport:
    @pytest.fixture
    def entries(self, store):
        incident = incidents(store)[0]
        spoke = filed(store, "complaint", "A", "This.", incident, on_behalf_of="aa")
        witness = filed(store, "complaint", "Somebody", "I saw it.", incident)
        free = filed(store, "reply", "B", "No.", answers=spoke, on_behalf_of="bb", public=True)
        ruled = filed(store, "determination", "M", "So.", answers=spoke, more={"outcome": "pending"})
        judged_ = filed(store, "judgement", "Ada", "Seen.", incident, more={"doubt": "p_event", "call": "yes"})
        return {"spoke": spoke, "witness": witness, "free": free, "ruled": ruled, "judged": judged_}

    @pytest.mark.parametrize(
        ("level", "may"),
        [
            ("public", {"free", "ruled"}),
            ("parties", {"spoke", "free", "ruled", "judged"}),
            ("restricted", {"spoke", "witness", "free", "ruled", "judged"}),
        ],
    )
    def test_who_may_be_given_what(self, store, entries, level, may):
        for name, entry in entries.items():
            if name in may:
                assert [item.index for item in items(store, [entry], {}, level)] == [entry]
            else:
                with pytest.raises(InputError, match=f"is not for {level}"):
                    items(store, [entry], {}, level)

    def test_unasked_all_of_it_goes_out_at_restricted_and_none_below(self, store, entries):
        assert set(entries.values()) <= {item.index for item in items(store, [], {}, "restricted")}
        assert set(entries.values()).isdisjoint(item.index for item in items(store, [], {}, "parties"))

    def test_a_bundle_of_a_case_with_case_work_verifies_offline_and_a_changed_ruling_in_it_does_not(self, tmp_path):
        case = judged(make_case(tmp_path / "case", ORIGIN))
        filed(case, "complaint", "A", "This.", incidents(case)[0], on_behalf_of="aa")
        entry = filed(case, "determination", "M", "So.", incidents(case)[0], more={"outcome": "no violation"})
        signed(case, FakeClock(LATER, timedelta(seconds=1)))
        assert ails(case) == []
        folder = export(case, "restricted", "--by", "me")
        done = offline(folder)
        assert done.returncode == 0 and f"entry {entry} (determination)" in done.stdout, done
        path = folder / "files" / f"{entry}-determination.json"
        path.write_bytes(path.read_bytes().replace(b"no violation", b"on violation"))
        assert offline(folder).returncode == 1


class TestTheStory:
    """From a complaint to a corrective action that is done, between two parties; and the very same the other way."""

    @pytest.mark.parametrize(("one", "other"), [("aa", "bb"), ("bb", "aa")])
    def test_from_complaint_to_corrective_action_and_its_mirror(self, store, one, other):
        incident = incidents(store)[0]
        complaint = filed(
            store, "complaint", "liaison one", "They fired.", incident, on_behalf_of=one, term="ceasefire"
        )
        reply = filed(store, "reply", "liaison two", "It was an exercise.", answers=complaint, on_behalf_of=other)
        inquiry = filed(store, "inquiry", "the Mission", "A team goes there.", answers=complaint)
        pending = filed(store, "determination", "the Board", "We wait.", answers=inquiry, more={"outcome": "pending"})
        more = {"outcome": "violation", "responsibility": "attributed largely", "to": other}
        ruled = filed(store, "determination", "the Board", "The team saw it.", supersedes=pending, more=more)
        more = {"whom": other, "due": NOON + timedelta(days=40)}
        asked = filed(store, "corrective_action", "the Board", "Withdraw.", answers=ruled, more=more)
        more = {"status": "done", "confirmed_by": "the Mission"}
        filed(
            store,
            "corrective_action",
            "liaison two",
            "They are withdrawn.",
            answers=asked,
            more=more,
            on_behalf_of=other,
        )
        table = standing(know(store), LATER)
        assert table["matter"].unique().to_list() == [complaint] and of_matter(table, asked).height == 7
        assert table["kind"].to_list() == [
            "complaint", "reply", "inquiry", "determination", "determination", "corrective_action", "corrective_action",
        ]  # fmt: skip
        row = {r["entry"]: r for r in table.rows(named=True)}
        assert row[pending]["superseded_by"] == ruled and row[ruled]["to"] == other
        assert row[asked]["state"] == "done, confirmed by the Mission" and row[asked]["overdue"] is False
        assert row[reply]["on_behalf_of"] == other and ails(store) == []
