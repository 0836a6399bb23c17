"""Withholding: the bytes go and all that was made of them; that they were there, and who withheld them, stays provable."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_pipeline import AGREEMENT, ASK, A, B, Told, log, pull, size, tools
from trucewatch import pipeline
from trucewatch import withhold as withholding
from trucewatch.archive import Known, Proofs, commit, know
from trucewatch.base.errors import CaseBroken, CaseBusy, InputError, Withheld
from trucewatch.base.ids import canonical, commitment, leaves, sha256
from trucewatch.fuse import FuseParams
from trucewatch.log.verify import verify_capture
from trucewatch.ports import Fetched
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case
from trucewatch.testing import FakeClock
from trucewatch.withhold import derived, unfinished, unfounded, withhold

WHY = "it names a witness"
RAWS = (A, B, b"50 30 45 shelling\n", b"70 31 46 shelling\n71 31 46 small_arms\n")


@pytest.fixture(params=["memory", "posix"])
def store(request, tmp_path):
    return MemoryCase() if request.param == "memory" else make_case(tmp_path / "case", "test.invalid/log")


def by(name: str = "the bench", seed: int = 70) -> pipeline.Tools:
    use = tools(seed)
    return pipeline.Tools(use.clock, use.salt, use.code, by=name)


def whole(store, *raws: bytes) -> list[str]:
    """A case with these files, each pulled for itself, and every room run -> the captures."""
    captures = [pull(store, raw, use=tools(n))[0].capture.id for n, raw in enumerate(raws)]
    pipeline.run(store, tools(90), AGREEMENT, "a.yaml", ASK)
    return captures


def held(store) -> set[str]:
    return {*store.vault.ids(), *store.objects.ids()}


def rows(store, **more) -> list[list[dict]]:
    """What fuse and assess say, without ids, which hang on the salts."""
    fused, judged = pipeline.fuse(store, tools(91)), pipeline.assess(store, tools(92))
    incidents = fused.tables["incidents"].drop("id").sort("t0", "lon").to_dicts()
    return [incidents, judged.tables["findings"].drop("id", "subject").to_dicts()]


class TestWhatGoes:
    def test_salt_bytes_batch_and_every_result_made_of_them_go_and_nothing_else(self, store):
        one, two = whole(store, A, B)
        before, known = held(store), know(store)
        done = withhold(store, one, WHY, by())
        gone = before - held(store)
        outputs = {sha for run in known.runs if run["room"] != "report" for sha in run["outputs"].values()}
        assert gone == {one, *known.reads[one].values(), *outputs}
        assert done.new and done.dropped == len(gone) and done.reports == [known.run_at[-1]]
        assert store.vault.get(two)[1] == B

    def test_who_when_and_why_is_an_entry_and_names_what_went(self, store):
        one, _ = whole(store, A, B)
        known = know(store)
        withhold(store, one, WHY, by())
        kind, body = log(store)[-1]
        outputs = [sha for run in known.runs if run["room"] != "report" for sha in run["outputs"].values()]
        assert (kind, {**body, "salt": ""}) == (
            "withheld",
            {
                "capture": one, "by": "the bench", "why": WHY, "salt": "",
                "objects": sorted([*known.reads[one].values(), *outputs]),
            },
        )  # fmt: skip

    def test_the_committed_entry_comes_before_anything_goes(self, store, monkeypatch):
        one, _ = whole(store, A, B)
        seen = []
        for part in (store.vault, store.objects):
            drop = part.drop
            monkeypatch.setattr(part, "drop", lambda name, drop=drop: (seen.append(log(store)[-1][0]), drop(name)))
        withhold(store, one, WHY, by())
        assert set(seen) == {"withheld"}

    def test_a_result_of_an_earlier_state_that_did_not_know_it_stays(self, store):
        pull(store, A)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        earlier = pipeline.fuse(store, tools()).body["outputs"]
        later = pull(store, B, use=tools(5))[0].capture.id
        outputs = pipeline.fuse(store, tools()).body["outputs"]
        withhold(store, later, WHY, by())
        assert set(earlier.values()) <= held(store) and not set(outputs.values()) & held(store)
        assert pipeline.fuse(store, tools()).body["outputs"] == earlier

    def test_what_another_run_made_too_stays(self, store):
        """The same bytes may be named by two entries; one that is not made of the capture keeps them."""
        one, _ = whole(store, A, B)
        sha = know(store).reads[one]["observations"]
        body = {
            "room": "fuse",
            "inputs": {"observations": []},
            "code": "x",
            "params": {},
            "outputs": {"incidents": sha},
            "tree_size": 0,
        }
        with store.writing():
            commit(store, [("run", canonical(body))], FakeClock(), "x")
        assert sha not in derived(know(store), [one])
        withhold(store, one, WHY, by())
        assert sha in held(store) and one not in held(store)

    def test_no_body_of_an_entry_ever_goes(self, store):
        one, _ = whole(store, A, B)
        known = know(store)
        agreement = next(e.body_hash for e in known.entries if e.kind == "agreement")
        forged = {"capture": one, "by": "x", "why": "x", "objects": [agreement]}
        with store.writing():
            commit(store, [("withheld", canonical(forged))], FakeClock(), "x")
        withhold(store, one, WHY, by())
        assert agreement in held(store)
        assert unfounded(know(store)) == [
            f"entry {known.size} withholds 1 objects that were not made of capture {one[:12]}"
        ]

    def test_captures_of_the_very_same_bytes_go_with_it(self, store):
        """A file that was read again in another way lies there twice; it is the bytes that are withheld."""
        first = pull(store, A)[0].capture.id
        second = pull(store, A, use=tools(9), tag="right")[0].capture.id
        other = pull(store, B, use=tools(11))[0].capture.id
        done = withhold(store, second, WHY, by())
        assert {w.capture for w in done.withheld} == {first, second}
        assert list(store.vault.ids()) == [other]
        assert [body["capture"] for kind, body in log(store) if kind == "withheld"] == [second, first]

    def test_what_an_interrupted_pull_left_of_them_goes_too(self, store):
        with pytest.raises(KeyboardInterrupt):
            pull(store, A, B, use=tools(5), source=Told(KeyboardInterrupt(), "read"))
        assert len(list(store.vault.ids())) == 1 and len(list(store.objects.ids())) == 1
        (one,) = whole(store, A)
        stray = store.objects.put(b"left by something else")
        withhold(store, one, WHY, by())
        assert list(store.vault.ids()) == []
        bodies = {entry.body_hash for entry in know(store).entries}
        details = {run["detail"] for run in know(store).runs if "detail" in run}
        assert set(store.objects.ids()) == {*bodies, *details, stray}

    def test_unfinished_files_that_a_kill_left_are_named_and_go_too(self, tmp_path):
        store = make_case(tmp_path / "case", "test.invalid/log")
        one, two = whole(store, A, B)
        parts = [store.vault.path(two).parent / ".part-abc", store.objects.path("ab" * 32).parent / ".part-x1"]
        for part in parts:
            part.parent.mkdir(exist_ok=True)
            part.write_bytes(A)
        assert {f"{part.parent.name}{part.name}" for part in parts} <= {*store.vault.ids(), *store.objects.ids()}
        done = withhold(store, one, WHY, by())
        assert not any(part.exists() for part in parts) and done.dropped == 2 + 1 + 1 + 10
        assert list(store.vault.ids()) == [two]

    def test_a_second_one_after_a_first(self, store):
        one, two = whole(store, A, B)
        withhold(store, one, WHY, by())
        pipeline.run(store, tools(), AGREEMENT, "a.yaml", ASK)
        withhold(store, two, WHY, by())
        assert list(store.vault.ids()) == [] and rows(store) == [[], []]


class TestNaming:
    def test_by_the_number_of_its_entry_or_the_start_of_its_id(self, store):
        one, two = whole(store, A, B)
        n = know(store).at[two]
        assert withhold(store, str(n), WHY, by()).withheld[0].capture == two
        assert withhold(store, one[:12], WHY, by()).withheld[0].capture == one

    @pytest.mark.parametrize(
        ("wanted", "says"),
        [
            ("", "there is no capture ''"),
            ("abc", "there is no capture 'abc' in this case; expected 4 characters or more"),
            ("zzzz", "there is no capture 'zzzz'"),
            ("1", "entry 1 is no capture's"),
            ("999", "entry 999 is no capture's"),
            ("-1", "there is no capture '-1'"),
            ("²", "there is no capture"),
        ],
    )
    def test_what_names_none_is_one_line_and_changes_nothing(self, store, wanted, says):
        whole(store, A)
        before, entered = held(store), size(store)
        with pytest.raises(InputError, match=re.escape(says)) as wrong:
            withhold(store, wanted, WHY, by())
        assert len(str(wrong.value).splitlines()) == 1
        assert (held(store), size(store)) == (before, entered)

    def test_a_start_of_two_ids_is_refused(self):
        store = MemoryCase()
        ids = whole(store, A)
        known = know(store)
        known.captures[ids[0][:9] + "0" * 55] = known.captures[ids[0]]
        with pytest.raises(InputError, match=r"begins the ids of 2 captures; expected more of its characters"):
            known.capture_named(ids[0][:8])

    def test_nobody_withholds_without_a_name(self, store):
        one, *_ = whole(store, A)
        with pytest.raises(InputError, match="--by: nobody is named; expected who withholds it"):
            withhold(store, one, WHY, tools())
        assert one in held(store)

    def test_not_while_somebody_writes(self, store):
        one, *_ = whole(store, A)
        with store.writing(), pytest.raises(CaseBusy):
            withhold(store, one, WHY, by())
        assert one in held(store)


class TestAfterwards:
    def test_every_proof_still_holds(self, store):
        one, _ = whole(store, A, B)
        withhold(store, one, WHY, by())
        known = know(store)
        proofs = Proofs(store, known)
        assert all(f"entry {n} is in the tree" in proofs.proved(n) for n in range(known.size))

    def test_its_table_then_is_withheld_in_one_line_and_now_it_is_left_out(self, store):
        one, _ = whole(store, A, B)
        then = size(store)
        withhold(store, one, WHY, by())
        with pytest.raises(Withheld) as wrong:
            pipeline.fuse(store, tools(code="another"), as_of=then)
        said = str(wrong.value)
        assert re.fullmatch(
            rf"the table [0-9a-f]{{12}} is withheld by the bench since 2026-01-02 12:00 UTC \(entry {then}\): {WHY}",
            said,
        )
        with pytest.raises(Withheld, match="by the bench"):
            pipeline.report(store, tools(), ASK, as_of=then)
        assert pipeline.fuse(store, tools(code="another")).tables["incidents"].height == 2

    def test_as_of_before_it_was_captured_nothing_is_missing(self, store):
        pull(store, B)
        pipeline.agree(store, AGREEMENT, "a.yaml", tools())
        then = size(store)
        told = pipeline.report(store, tools(), ASK, as_of=then)
        one = pull(store, A, use=tools(3))[0].capture.id
        withhold(store, one, WHY, by())
        assert pipeline.report(store, tools(), ASK, as_of=then) == told

    def test_the_same_file_can_be_pulled_anew_and_is_another_capture(self, store):
        """We hold nothing any more by which to recognise it: the salt went with the bytes."""
        one, _ = whole(store, A, B)
        withhold(store, one, WHY, by())
        again = pull(store, A, use=tools(40))[0]
        assert again.new and again.capture.id != one and again.replaces == ()

    def test_an_earlier_reading_of_other_bytes_does_not_come_back(self, store):
        """What a withheld reading had replaced stays replaced."""
        first = pull(store, A)[0].capture.id
        withhold(store, first, WHY, by())
        assert know(store).table(store, "observations").height == 0

    def test_a_run_that_was_thinking_of_it_meanwhile_keeps_nothing(self, store, monkeypatch):
        one, _ = whole(store, A, B)
        real = pipeline.fuse_room.fuse

        def slow(*words):
            made = real(*words)
            withhold(store, one, WHY, by())
            return made

        monkeypatch.setattr(pipeline.fuse_room, "fuse", slow)
        with pytest.raises(Withheld, match="what this run of fuse was made of is withheld by the bench"):
            pipeline.fuse(store, tools(), params=FuseParams(place_sd_m=99.0))
        assert log(store)[-1][0] == "withheld" and unfinished(know(store), store.vault.ids(), store.objects.ids()) == []

    def test_a_report_that_was_made_of_it_meanwhile_is_not_published(self, store, monkeypatch):
        one, _ = whole(store, A, B)
        real, seen = pipeline.report_room.report, []

        def slow(*words):
            made = real(*words)
            withhold(store, one, WHY, by())
            return made

        monkeypatch.setattr(pipeline.report_room, "report", slow)
        monkeypatch.setattr(store, "publish", seen.append)
        with pytest.raises(Withheld, match="what this run of report was made of"):
            pipeline.report(store, tools(), ASK)
        assert seen == []

    def test_a_table_that_is_gone_without_an_entry_is_still_a_broken_case(self, store):
        one, two = whole(store, A, B)
        withhold(store, one, WHY, by())
        store.objects.drop(know(store).reads[two]["observations"])
        with pytest.raises(CaseBroken, match="is gone from the case"):
            pipeline.fuse(store, tools())


class TestTheReport:
    def told(self, store, level="public"):
        ask = pipeline.report_room.ReportRequest(level, made_at=ASK.made_at)
        files = pipeline.report(store, tools(), ask)
        return json.loads(files["report.json"]), files["report.html"].decode(), files

    @pytest.mark.parametrize("level", ["public", "parties", "restricted"])
    def test_it_says_that_something_is_withheld_and_nothing_of_what_it_says(self, store, level):
        one = pull(store, b"5 12.345678 51.765432 shelling\n")[0].capture.id
        pull(store, B, use=tools(3))
        pipeline.run(store, tools(90), AGREEMENT, "a.yaml", ASK)
        entry = size(store)
        withhold(store, one, WHY, by())
        data, page, files = self.told(store, level)
        assert data["withheld"] == [{"n": 1, "entries": [entry], "by": "the bench", "why": WHY}]
        assert (
            f"1 capture is withheld by the bench (entry {entry}): {WHY}. Nothing in this report is made of it." in page
        )
        for raw in files.values():
            for trace in (one[:12], "12.345678", "51.765432", "12.34", "51.76"):
                assert trace.encode() not in raw, trace
        assert data["summary"][0]["now"] == 2

    def test_several_of_one_reason_are_one_line(self, store):
        one, two, _ = whole(store, A, B, RAWS[2])
        for capture in (one, two):
            withhold(store, capture, WHY, by())
        n = size(store)
        assert f"2 captures are withheld by the bench (entries {n - 2}, {n - 1}): {WHY}" in self.told(store)[1]

    def test_what_people_wrote_cannot_break_the_page(self, store):
        one, _ = whole(store, A, B)
        withhold(store, one, "<script>alert(1)</script>", by("<b>x</b>"))
        page = self.told(store)[1]
        assert "<script>alert" not in page and "&lt;script&gt;" in page and "<b>x</b>" not in page

    def test_without_any_it_says_nothing_of_it(self, store):
        whole(store, A)
        data, page, _ = self.told(store)
        assert data["withheld"] == [] and "withheld" not in page

    def test_a_withheld_document_is_said_to_be_and_not_quoted(self, store):
        whole(store, A)
        text = Fetched(b"Title\nNobody shall use weapons, says MARK.\n", "text.txt", "text/plain", "free")
        document = pipeline.attach(store, None, "ceasefire", text, (2, 2), tools(7))
        assert "says MARK" in self.told(store)[1]
        withhold(store, document.id, WHY, by())
        data, page, _ = self.told(store)
        assert "MARK" not in page and "The text that was attached here is withheld" in page
        assert data["articles"][0]["quote"]["quote"] is None
        again = pipeline.attach(store, None, "ceasefire", text, (2, 2), tools(8))
        assert again.id != document.id and "says MARK" in self.told(store)[1]


class Killed(BaseException):
    """The process is gone at this step."""


def kill_at(store, monkeypatch, step: int) -> list[str]:
    """Let `step` writes through, and die at the next; -> what was done."""
    done: list[str] = []

    def guarded(part, name):
        real = getattr(part, name)

        def write(*words):
            if len(done) == step:
                raise Killed
            result = real(*words)
            done.append(name)
            return result

        monkeypatch.setattr(part, name, write)

    for part, name in ((store.objects, "put"), (store.log, "append"), (store.objects, "drop"), (store.vault, "drop")):
        guarded(part, name)
    return done


class TestCrash:
    @pytest.mark.parametrize("kind", ["memory", "posix"])
    def test_killed_at_every_write_it_is_finished_by_doing_it_again(self, kind, tmp_path, monkeypatch):
        """Every step is enumerated: before the entry nothing is lost; after it nothing that is left can be read."""
        step, outcomes = 0, set()
        while True:
            store = MemoryCase() if kind == "memory" else make_case(tmp_path / f"case{step}", "test.invalid/log")
            with pytest.raises(KeyboardInterrupt):
                pull(store, A, B, use=tools(50), source=Told(KeyboardInterrupt(), "read"))
            one, two = whole(store, A, B)
            then, before = size(store), held(store)
            with monkeypatch.context() as patched:
                kill_at(store, patched, step)
                try:
                    withhold(store, one, WHY, by())
                    break
                except Killed:
                    pass
            left = unfinished(know(store), store.vault.ids(), store.objects.ids())
            if size(store) == then:
                assert before <= held(store) and left == [] and know(store).captured(store, one)[1] == A
                outcomes.add("not begun")
            else:
                assert len(left) == 1 and "but still lying here" in left[0] and len(left[0].splitlines()) == 1
                assert f"finish with: trucewatch withhold {one[:12]}" in left[0]
                with pytest.raises(Withheld):
                    know(store).captured(store, one)
                with pytest.raises(Withheld):
                    know(store, then).table(store, "observations")
                assert pipeline.fuse(store, tools(code="other")).tables["incidents"].height == 2
                outcomes.add("begun")
            entered = sum(kind == "withheld" for kind, _ in log(store))
            withhold(store, one, WHY, by())
            assert sum(kind == "withheld" for kind, _ in log(store)) == 1 and entered <= 1
            assert unfinished(know(store), store.vault.ids(), store.objects.ids()) == []
            assert list(store.vault.ids()) == [two]
            assert pipeline.fuse(store, tools(code="other")).tables["incidents"].height == 2
            step += 1
        assert outcomes == {"not begun", "begun"} and step > 8

    def test_a_drop_broken_off_between_salt_and_bytes_is_seen_and_finished(self, tmp_path):
        store = make_case(tmp_path / "case", "test.invalid/log")
        one, _ = whole(store, A, B)
        withhold(store, one, WHY, by())
        store.vault.put(one, bytes(32), A)
        path = store.vault.path(one)
        path.with_name(path.name + ".salt").unlink()
        assert "still lying here: its bytes" in unfinished(know(store), store.vault.ids(), store.objects.ids())[0]
        withhold(store, one, WHY, by())
        assert not path.exists() and unfinished(know(store), store.vault.ids(), store.objects.ids()) == []

    def test_doing_it_twice_is_doing_it_once(self, store):
        one, _ = whole(store, A, B)
        withhold(store, one, WHY, by())
        entered, before = size(store), held(store)
        done = withhold(store, one, "another reason", by("somebody else"))
        assert (done.new, done.dropped, size(store), held(store)) == (False, 0, entered, before)
        assert (done.withheld[0].by, done.withheld[0].why) == ("the bench", WHY)

    def test_bytes_that_were_put_back_are_seen_and_go_again(self, store):
        one, _ = whole(store, A, B)
        salt, raw = store.vault.get(one)
        withhold(store, one, WHY, by())
        store.vault.put(one, salt, raw)
        assert len(unfinished(know(store), store.vault.ids(), store.objects.ids())) == 1
        assert withhold(store, one, WHY, by()).dropped == 1 and one not in held(store)

    def test_a_file_pulled_anew_between_the_crash_and_the_end_is_let_alone(self, store, monkeypatch):
        one, _ = whole(store, A, B)
        with monkeypatch.context() as patched:
            patched.setattr(store.vault, "drop", lambda name: (_ for _ in ()).throw(Killed()))
            with pytest.raises(Killed):
                withhold(store, one, WHY, by())
        again = pull(store, A, use=tools(40))[0].capture.id
        withhold(store, one, WHY, by())
        assert one not in held(store) and store.vault.get(again)[1] == A

    def test_bytes_that_were_spoilt_before_can_be_withheld_all_the_same(self, tmp_path):
        store = make_case(tmp_path / "case", "test.invalid/log")
        one, _ = whole(store, A, B)
        store.vault.path(one).write_bytes(b"spoilt")
        withhold(store, one, WHY, by())
        assert one not in held(store)


class TestTheKeptCopy:
    def test_it_is_made_before_anything_goes_and_opens_the_commitment(self, store):
        one, _ = whole(store, A, B)
        copies: dict[str, bytes] = {}

        def keep(files):
            assert one in held(store) and log(store)[-1][0] != "withheld"
            copies.update(files)

        before = held(store)
        withhold(store, one, WHY, by(), keep)
        verify_capture(one, copies[f"{one}.salt"], copies[one])
        assert copies[one] == A and commitment(copies[f"{one}.salt"], A) == one
        gone = before - held(store)
        assert set(copies) == {*gone, f"{one}.salt"}
        assert all(sha256(raw) == name for name, raw in copies.items() if not name.startswith(one))

    def test_where_it_cannot_be_written_nothing_is_withheld(self, store):
        one, _ = whole(store, A, B)
        before, entered = held(store), size(store)

        def full(files):
            raise OSError(28, "full")

        with pytest.raises(OSError, match="full"):
            withhold(store, one, WHY, by(), full)
        assert (held(store), size(store)) == (before, entered)


@settings(max_examples=12)
@given(chosen=st.sets(st.integers(0, len(RAWS) - 1)), order=st.permutations(range(len(RAWS))))
def test_withholding_any_of_them_in_any_order_leaves_a_case_that_never_had_them_and_every_proof(chosen, order):
    store, never = MemoryCase(), MemoryCase()
    captures = whole(store, *RAWS)
    for n, raw in enumerate(RAWS):
        if n not in chosen:
            pull(never, raw, use=tools(n))
    pipeline.agree(never, AGREEMENT, "a.yaml", tools())
    for n in order:
        if n in chosen:
            withhold(store, captures[n], WHY, by())
    assert rows(store) == rows(never)
    ours, theirs = (know(case).table(case, "observations") for case in (store, never))
    assert ours.equals(theirs)  # the same salts, so the same ids
    known = know(store)
    proofs = Proofs(store, known)
    for n in range(known.size):
        proofs.proved(n)
    for as_of in range(known.size + 1):
        then = know(store, as_of)
        assert set(then.withheld) == {captures[n] for n in chosen}
        standing = {sha for shas in then.batches.values() for sha in shas}
        assert bool(standing & set(then.gone)) == any(
            then.at.get(captures[n], as_of) < as_of <= then.withheld[captures[n]].entry and captures[n] in then.reads
            for n in chosen
        )
    assert unfinished(known, store.vault.ids(), store.objects.ids()) == [] and unfounded(known) == []
    assert not {captures[n] for n in chosen} & held(store)


def test_the_hashes_of_a_run_are_found_at_any_depth():
    assert leaves({"a": ["x", {"b": "y"}], "c": "z", "d": 3, "e": None}) == {"x", "y", "z"}


def test_what_came_of_a_capture_is_found_in_one_pass_over_the_runs(monkeypatch):
    looks = []
    monkeypatch.setattr(withholding, "leaves", lambda value: (looks.append(1), leaves(value))[1])
    # Each run is made of the one that stands behind it in the log: a pass for each would be quadratic.
    runs = [
        {"room": "fuse", "inputs": {"observations": [f"o{n}"]}, "outputs": {"incidents": f"o{n + 1}"}}
        for n in reversed(range(300))
    ]
    known = Known(0, b"", reads={"c": {"observations": "o0"}, "d": {"observations": "x"}}, runs=runs)
    assert derived(known, ["c"]) == sorted(f"o{n}" for n in range(301))
    assert len(looks) == 300
    held = withholding.Withholding(0, "c", "b", "w", FakeClock().now(), ())
    known.withheld.update(dict.fromkeys(("c", "d", "e"), held))
    looks.clear()
    unfinished(known, [], [])
    assert len(looks) == 300
