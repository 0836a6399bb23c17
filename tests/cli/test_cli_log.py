"""The log's commands as a party uses them: key, checkpoint, prove, verify, fsck. Consistency and export: beside."""

from __future__ import annotations

import json
import re
import shutil
import stat
import threading
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import commanded
import pytest
from commanded import FIRES, entries, refused, run, tree

from trucewatch.archive import know
from trucewatch.base.errors import VerificationError
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign
from trucewatch.log.note import COSIGNED, Note, Signature, Signer
from trucewatch.log.policy import Policy
from trucewatch.log.proof import Extra, Proof
from trucewatch.log.verify import verify_evidence
from trucewatch.proving import prove
from trucewatch.stores.posix import make_case, open_case

files, case = commanded.files, commanded.case
WITNESS, SECOND = (Signer(f"witness.example/{n}", bytes([n]) * 32, COSIGNED) for n in (7, 8))


class Signed:
    """A case with two captures, an agreement, the rooms' results and a report; and what a verifier has of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.case, self.key = folder, folder / "case", folder / "log.key"
        self.policy, self.proof = folder / "policy", folder / "proof"
        run("pull", "firms", "--case", "case", "--file", "fires.csv")
        run("run", "--case", "case", "--agreement", "truce.yaml")
        self.vkey = run("log", "key", "--case", "case", "--out", self.key).stdout.strip()
        self.trust("quorum none")
        self.sign()

    def sign(self) -> bytes:
        run("log", "checkpoint", "--case", "case", "--key", self.key)
        return open_case(self.case).log.checkpoint()

    def trust(self, *lines: str, log: str | None = None) -> Path:
        self.policy.write_text("\n".join([f"log {log or self.vkey}", *lines, ""]))
        return self.policy

    def cosigned(self, *by: Signer, when: datetime | None = None) -> None:
        """The witnesses' lines, as `log checkpoint --add` would keep them."""
        store = open_case(self.case)
        note = Note.decode(store.log.checkpoint())
        when_s = int((when or datetime.now(UTC)).timestamp())
        with store.writing():
            store.log.keep_checkpoint(
                Note(note.text, note.signatures + tuple(cosign(note, w, when_s) for w in by)).encode()
            )

    def prove(self, *words: object) -> bytes:
        self.proof.unlink(missing_ok=True)
        run("log", "prove", *words, "--case", "case", "--out", self.proof)
        return self.proof.read_bytes()

    def verify(self, *words: object, ok: int = 0):
        return run("log", "verify", *words, "--proof", self.proof, "--trust", self.policy, ok=ok)

    def refuses(self, *words: object, status: int) -> str:
        return refused("log", "verify", *words, "--proof", self.proof, "--trust", self.policy, status=status)


@pytest.fixture
def ours(case) -> Signed:
    return Signed(case.parent)


class TestKeyAndCheckpoint:
    def test_a_key_is_made_once_for_its_owner_alone_and_never_in_the_case(self, case):
        out = case.parent / "log.key"
        said = run("log", "key", "--case", "case", "--out", out).stdout
        assert stat.S_IMODE(out.stat().st_mode) == 0o600 and "PRIVATE" not in said
        before = out.read_bytes()
        assert "is there already" in refused("log", "key", "--case", "case", "--out", out)
        assert out.read_bytes() == before
        assert "lies in the case" in refused("log", "key", "--case", "case", "--out", "case/log.key")
        assert "there is no such folder" in refused("log", "key", "--case", "case", "--out", "none/log.key")
        assert sorted(path.name for path in case.parent.iterdir()) == [
            "book.csv",
            "case",
            "fires.csv",
            "log.key",
            "truce.yaml",
        ]

    def test_a_file_beside_the_key_is_left_alone(self, case):
        # Found here: whatever lay at log.key.part was written over with the secret, and taken away.
        beside = case.parent / "log.key.part"
        beside.write_text("mine")
        run("log", "key", "--case", "case", "--out", "log.key")
        assert beside.read_text() == "mine"

    def test_a_log_whose_name_no_key_can_have_is_told_before_a_key_is_made(self, files):
        make_case(files / "odd", "a name with spaces")
        # Found here: a key was written that no command could read again.
        assert "a log of that name cannot be signed" in refused("log", "key", "--case", "odd", "--out", "odd.key")
        assert not (files / "odd.key").exists()

    def test_signing_prints_the_checkpoint_and_again_the_same(self, ours):
        before = entries(ours.case)
        said = run("log", "checkpoint", "--case", "case", "--key", ours.key).stdout
        assert said.startswith(open_case(ours.case).log.checkpoint().decode())
        assert entries(ours.case) == before
        told = json.loads(run("log", "checkpoint", "--case", "case", "--json").stdout)
        assert told["size"] == before and told["counts"] is None

    def test_another_key_is_refused_and_rotated_with_a_reason(self, ours):
        run("log", "key", "--case", "case", "--out", "second.key")
        before = tree(ours.case)
        told = refused("log", "checkpoint", "--case", "case", "--key", "second.key")
        assert told == "the log has announced another key; expected that key, or --rotate WHY"
        assert tree(ours.case) == before
        run("log", "checkpoint", "--case", "case", "--key", "second.key", "--rotate", "lost", "--without-old-key")
        assert "another key" in refused("log", "checkpoint", "--case", "case", "--key", ours.key)
        assert "only a policy can vouch for it" in run("log", "fsck", "--case", "case").stdout

    def test_the_old_key_hands_over_to_the_new_one(self, ours):
        run("log", "key", "--case", "case", "--out", "second.key")
        sign = ("log", "checkpoint", "--case", "case", "--key", "second.key")
        before = tree(ours.case)
        assert "who hands over?" in refused(*sign, "--rotate", "yearly")
        assert "who hands over?" in refused(*sign, "--rotate", "yearly", "--old-key", ours.key, "--without-old-key")
        assert "nothing is rotated" in refused(*sign, "--old-key", ours.key)
        assert "announced last" in refused(*sign, "--rotate", "yearly", "--old-key", "second.key")
        assert tree(ours.case) == before
        run(*sign, "--rotate", "yearly", "--old-key", ours.key)
        assert "hand over" not in run("log", "fsck", "--case", "case").stdout

    def test_what_was_signed_last_lies_beside_the_key_and_a_case_that_was_set_back_is_refused(self, ours):
        beside = ours.folder / "log.key.signed"
        assert beside.read_bytes() == open_case(ours.case).log.checkpoint()
        before = ours.folder / "before"
        shutil.copytree(ours.case, before)
        run("agree", "truce.yaml", "--case", "case")
        run("custody", "0", "--case", "case", "--record", "read", "--by", "Ada")
        ours.sign()
        kept = beside.read_bytes()
        shutil.rmtree(ours.case)
        shutil.copytree(before, ours.case)
        told = refused("log", "checkpoint", "--case", "case", "--key", ours.key)
        assert told.startswith("the case was set back, or changed: it does not extend what this key has signed before")
        assert beside.read_bytes() == kept
        # And whoever has kept the newer head sees it, too.
        run("log", "fsck", "--case", "case")
        said = run("log", "fsck", "--case", "case", "--head", beside, ok=1).stdout
        assert "some are gone" in said

    def test_a_restricted_report_in_the_public_place_is_seen_by_fsck_and_by_the_doctor(self, ours):
        # Found by a review: both took it for the one that belongs there.
        run("report", "--case", "case", "--level", "restricted", "--for", "Ada")
        run("report", "--case", "case")
        run("doctor", "--case", "case")
        run("log", "fsck", "--case", "case")
        page = ours.case / "report/report.html"
        page.write_bytes((ours.case / "report/restricted/report.html").read_bytes())
        for command in (("doctor",), ("log", "fsck")):
            told = "AILS  .*report/report.html: a restricted file lies where the public one belongs"
            assert re.search(told, run(*command, "--case", "case", ok=1).stdout)

    def test_a_time_since_when_takes_a_policy_with_witnesses_and_a_head_takes_a_checkpoint(self, ours):
        assert "whose cosignatures?" in refused("log", "fsck", "--case", "case", "--since", "2026-01-01T00:00Z")
        told = refused("log", "fsck", "--case", "case", "--trust", ours.policy, "--since", "2026-01-01T00:00Z")
        assert "whose cosignatures?" in told
        ours.policy.with_name("none").write_text("no checkpoint")
        assert "none: the note has no blank line" in refused("log", "fsck", "--case", "case", "--head", "none")

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"PRIVATE+KEY+a+b", b"PRIVATE+KEY+x+00000000+AAAA"])
    def test_a_file_that_is_no_key_is_named_and_nothing_of_it_is_repeated(self, ours, raw):
        (ours.folder / "bad.key").write_bytes(raw)
        told = refused("log", "checkpoint", "--case", "case", "--key", "bad.key")
        assert told.startswith("bad.key: the private key") or told.startswith("bad.key: a private key")
        assert "AAAA" not in told

    def test_a_key_of_a_witness_or_of_another_log_does_not_sign(self, ours):
        name = open_case(ours.case).log.origin
        for signer in (Signer(name, bytes(32), COSIGNED), Signer("example.org/other", bytes(32))):
            (ours.folder / "bad.key").write_text(signer.encode())
            assert "expected a key" in refused("log", "checkpoint", "--case", "case", "--key", "bad.key")

    def test_a_checkpoint_that_does_not_count_yet_is_exit_status_1(self, ours):
        ours.trust(f"witness w {WITNESS.vkey.encode()}", "quorum w")
        said = run("log", "checkpoint", "--case", "case", "--trust", ours.policy, ok=1).stdout
        assert "it does not count under" in said and "witness w has not signed" in said
        ours.cosigned(WITNESS)
        told = json.loads(run("log", "checkpoint", "--case", "case", "--trust", ours.policy, "--json").stdout)
        assert told["counts"] is True
        assert "no checkpoint" not in run("log", "checkpoint", "--case", "case").stdout

    def test_a_kept_note_that_no_known_key_has_signed_is_not_called_signed(self, ours):
        # Found in review: whatever lay there was printed, and "signed" below it.
        path = ours.case / "log/checkpoint"
        honest = path.read_bytes()
        note = Note.decode(honest)
        other = Signer(note.signatures[0].name, bytes([9]) * 32)
        for lines in ((Signature("nobody", b"abcd", bytes(64)),), checkpoint(Head.decode(note.text), other).signatures):
            path.write_bytes(Note(note.text, lines).encode())
            for words in ((), ("--trust", ours.policy), ("--request-for", 0, "--out", "request")):
                told = refused("log", "checkpoint", "--case", "case", *words, status=1)
                assert told == "the latest checkpoint: no known key of the log has signed the checkpoint"
        path.write_bytes(honest)
        assert "signed: " in run("log", "checkpoint", "--case", "case", "--trust", ours.policy).stdout

    def test_cosignatures_of_two_who_ask_at_once_are_both_kept(self, ours, monkeypatch):
        # Found in review: the later of two commands wrote over what the earlier had kept.
        ours.trust(
            f"witness a {WITNESS.vkey.encode()}", f"witness b {SECOND.vkey.encode()}", "group q 2 a b", "quorum q"
        )
        store, when = open_case(ours.case), int(datetime.now(UTC).timestamp())
        note = Note.decode(store.log.checkpoint())
        for name, by in (("a", WITNESS), ("b", SECOND)):
            (ours.folder / f"{name}.answer").write_bytes(cosign(note, by, when).encode().encode())
        command = import_module("trucewatch.cli.log.checkpoint")
        real = command.added

        def meanwhile(note, lines, keys):
            made = real(note, lines, keys)
            monkeypatch.setattr(command, "added", real)
            run("log", "checkpoint", "--case", "case", "--trust", ours.policy, "--add", "b.answer", ok=1)
            return made

        monkeypatch.setattr(command, "added", meanwhile)
        said = run("log", "checkpoint", "--case", "case", "--trust", ours.policy, "--add", "a.answer").stdout
        assert "it counts under" in said and said.startswith(open_case(ours.case).log.checkpoint().decode())

    @pytest.mark.parametrize("why", ["", "a\x1b[2Jb", "a\udcffb"])
    def test_a_reason_that_no_line_can_hold_rotates_nothing(self, ours, why):
        run("log", "key", "--case", "case", "--out", "second.key")
        before = tree(ours.case)
        told = refused("log", "checkpoint", "--case", "case", "--key", "second.key", "--rotate", why)
        assert told.startswith("--rotate: ") and tree(ours.case) == before

    def test_without_a_key_and_without_a_checkpoint_there_is_nothing_to_show(self, case):
        told = refused("log", "checkpoint", "--case", "case")
        assert told == "--key: no checkpoint was signed yet; expected the log's private key"


class TestProveAndVerify:
    def test_captured_bytes(self, ours):
        ours.prove("--file", "fires.csv")
        said = ours.verify("fires.csv").stdout
        assert "verified: fires.csv" in said and "it is the captured bytes: entry 0 (capture)" in said
        told = json.loads(ours.verify("fires.csv", "--json").stdout)
        assert told["verified"] is True and told["kind"] == "capture" and told["witnesses"] == {}

    def test_an_agreement_a_batch_a_report_and_a_body(self, ours):
        store = open_case(ours.case)
        known = know(store)
        batch = next(iter(known.reads.values()))["observations"]
        body = known.entries[0].body_hash
        given = [
            ("truce.yaml", "the agreement itself"), (store.objects.path(batch), "a batch: observations"),
            (ours.case / "report/report.html", "a result: report.html"), (store.objects.path(body), "the body of the capture"),
        ]  # fmt: skip
        for path, what in given:
            ours.prove("--file", path)
            assert f"it is {what}: entry" in ours.verify(path).stdout

    def test_an_entry_by_its_number_its_capture_and_its_body(self, ours):
        store = open_case(ours.case)
        capture, body = next(iter(know(store).captures)), know(store).entries[0].body_hash
        assert ours.prove(0) == ours.prove(capture[:12]) == ours.prove(body[:12])
        assert "it is not given: only the entry was verified" in ours.verify("--entry-only").stdout
        assert run("log", "prove", 0, "--case", "case").stdout.encode() == ours.prove(0)

    def test_a_proof_with_a_salt_is_for_its_owner_to_hand_on(self, ours):
        ours.prove(0)
        assert stat.S_IMODE(ours.proof.stat().st_mode) == 0o600

    def test_proofs_are_made_while_others_go_on_writing(self, ours):
        # Found in review: of ten proofs that were asked for while entries came in, nine failed.
        store, over = open_case(ours.case), threading.Event()
        line = store.log.lines()[-1]

        def write():
            writer = open_case(ours.case)
            while not over.is_set():
                with writer.writing():
                    writer.log.append([line])

        thread = threading.Thread(target=write)
        thread.start()
        try:
            proofs = {prove(store, 0) for _ in range(300)}
        finally:
            over.set()
            thread.join()
        assert len(proofs) == 1

    def test_a_partial_file_that_was_outgrown_is_cut_from_the_wider_one_at_every_step(self, ours, monkeypatch):
        store = open_case(ours.case)
        line, real, busy = store.log.lines()[-1], type(store.log).file, []

        def file(log, path):
            if not busy and log.head().size < 270:
                busy.append(True)
                store.log.append([line] * 7)
                busy.clear()
            return real(log, path)

        store.log.append([line])  # a size that nobody signed
        honest = run("log", "prove", 0, "--case", "case").stdout
        monkeypatch.setattr(type(store.log), "file", file)
        assert run("log", "prove", 0, "--case", "case").stdout == honest

    @pytest.mark.parametrize("word", ["999", "9999999", "zz", "", "0x1", "-1", "feed", "12345678901234567890", "٣"])
    def test_an_entry_that_there_is_not(self, ours, word):
        told = refused("log", "prove", "--case", "case", "--out", ours.folder / "p", "--", word)
        assert "there is no entry" in told or "what shall be proved" in told

    def test_what_cannot_be_proved(self, ours, case):
        (ours.folder / "other.csv").write_text("x")
        assert "no entry of the log commits to that file" in refused(
            "log", "prove", "--case", "case", "--file", "other.csv"
        )
        assert "ENTRY, or --file" not in refused("log", "prove", "--case", "case")
        assert "is a folder" in refused("log", "prove", "--case", "case", "--file", "case")
        run("pull", "firms", "--case", "case", "--file", "book.csv", ok=None)
        (ours.folder / "more.csv").write_text(FIRES.replace("333.3", "334.3"))
        run("pull", "firms", "--case", "case", "--file", "more.csv")
        last = entries(case) - 1
        told = refused("log", "prove", last, "--case", "case")
        assert "cannot be proved: the signed checkpoint is of" in told and told.endswith(
            "first: trucewatch log checkpoint"
        )

    def test_a_case_that_was_changed_hands_out_no_proof_that_does_not_hold(self, ours):
        # Found here: a proof was made of whatever lay there, and failed at whoever got it.
        log = ours.case / "log"
        size = entries(ours.case)
        for name in (f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}", "checkpoint"):
            honest = (log / name).read_bytes()
            (log / name).write_bytes(honest[:40] + bytes([honest[40] ^ 1]) + honest[41:])
            refused("log", "prove", 0, "--case", "case", status=2)
            (log / name).unlink()
            assert "gone" in (told := refused("log", "prove", 0, "--case", "case")) or "no signed checkpoint" in told
            (log / name).write_bytes(honest)
        run("log", "prove", 0, "--case", "case")

    def test_a_withheld_capture_is_proved_as_its_entry_alone(self, ours):
        run("withhold", 0, "--case", "case", "--why", "it names a witness", "--by", "me")
        ours.sign()
        ours.prove(0)
        assert Extra.decode(Proof.decode(ours.proof.read_bytes()).extra).salt is None
        ours.verify("--entry-only")
        assert "(5) cannot be told: the proof has no salt" in ours.refuses("fires.csv", status=1)


class TestWhatDoesNotVerify:
    @pytest.fixture
    def proved(self, ours) -> Signed:
        ours.prove(0)
        return ours

    def test_other_bytes(self, proved):
        assert proved.refuses("book.csv", status=1).startswith("(5) entry of kind 'capture' commits to other bytes")

    def test_a_key_that_did_not_sign(self, proved):
        other = Signer(open_case(proved.case).log.origin, bytes(32))
        proved.trust("quorum none", log=other.vkey.encode())
        told = "(2) no key of a log in the policy has signed the checkpoint"
        assert proved.refuses("fires.csv", status=1) == told

    def test_another_log_s_proof(self, proved):
        other = Signer("example.org/other", bytes(32))
        proof = Proof.decode(proved.proof.read_bytes())
        head = Head.decode(Note.decode(proof.checkpoint).text)
        forged = checkpoint(Head(other.name, head.size, head.root), other).encode()
        proved.proof.write_bytes(Proof(proof.index, proof.way, forged, proof.extra).encode())
        assert proved.refuses("fires.csv", status=1).startswith("(2) no key of a log in the policy")

    def test_a_proof_of_another_place_and_of_another_body(self, proved):
        proof = Proof.decode(proved.proof.read_bytes())
        proved.proof.write_bytes(Proof(1, proof.way, proof.checkpoint, proof.extra).encode())
        assert proved.refuses("fires.csv", status=1).startswith("(3) line 1 is not in the tree")
        extra = Extra.decode(proof.extra)
        forged = Extra(extra.line, extra.body + b" ", extra.salt).encode()
        proved.proof.write_bytes(Proof(proof.index, proof.way, proof.checkpoint, forged).encode())
        assert proved.refuses("fires.csv", status=1).startswith("(4) line 0 commits to other bytes")

    def test_a_quorum_that_is_not_met_and_one_that_is(self, proved):
        lines = [f"witness a {WITNESS.vkey.encode()}", f"witness b {SECOND.vkey.encode()}", "group g 2 a b", "quorum g"]
        proved.trust(*lines)
        proved.cosigned(WITNESS)
        proved.prove(0)
        assert "(2) the quorum 'g' is not met: g has 1 of 2 (witness b has not signed)" in proved.refuses(
            "fires.csv", status=1
        )
        proved.cosigned(SECOND)
        proved.prove(0)
        assert "witness b saw this history, and no other, at" in proved.verify("fires.csv").stdout

    def test_a_cosignature_from_the_future(self, proved):
        proved.trust(f"witness a {WITNESS.vkey.encode()}", "quorum a")
        proved.cosigned(WITNESS, when=datetime.now(UTC) + timedelta(hours=2))
        proved.prove(0)
        told = proved.refuses("fires.csv", status=1)
        assert told.startswith("(2) witness a signed at ") and told.endswith("which is still to come")

    def test_a_line_of_an_unknown_type_in_a_note_is_passed_over(self, proved):
        proof = Proof.decode(proved.proof.read_bytes())
        note = proof.checkpoint + "— example.org/new AAAAAAECAwQF\n".encode()
        proved.proof.write_bytes(Proof(proof.index, proof.way, note, proof.extra).encode())
        proved.verify("fires.csv")
        only = note.split(b"\n\n")[0] + "\n\n— example.org/new AAAAAAECAwQF\n".encode()
        proved.proof.write_bytes(Proof(proof.index, proof.way, only, proof.extra).encode())
        assert "(2) no key of a log in the policy has signed" in proved.refuses("fires.csv", status=1)

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            (
                ["witness a example.org/a+00000000+/w==", "quorum a"],
                "line 2: the key of example.org/a is of signature type 0xff",
            ),
            (["group g 2 a", "quorum g"], "there is no witness or group 'a' above it"),
            (["quorum g"], "there is no witness or group 'g' above it"),
            ([], "has no quorum line"),
            (["quorum none", "\x07"], "control character 0x07"),
            (["frobnicate"], "begins with 'frobnicate'"),
        ],
    )
    def test_a_policy_that_cannot_be_read_or_that_nobody_can_meet(self, proved, lines, says):
        proved.trust(*lines)
        told = proved.refuses("fires.csv", status=2)
        assert told.startswith(f"{proved.policy}: ") and says in told

    def test_a_group_that_wants_more_than_it_has(self, proved):
        proved.trust(f"witness a {WITNESS.vkey.encode()}", "group g 2 a", "quorum g")
        assert "group g wants 2 of 1: nobody can meet that" in proved.refuses("fires.csv", status=2)

    def test_a_proof_that_was_cut_anywhere(self, proved):
        honest = proved.proof.read_bytes()
        for size in range(0, len(honest), 97):
            proved.proof.write_bytes(honest[:size])
            proved.refuses("fires.csv", status=2)

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe\n\n", b"\0" * 100, b"c2sp.org/tlog-proof@v1\n", "é\n\n".encode()])
    def test_what_is_no_proof_at_all(self, proved, raw):
        proved.proof.write_bytes(raw)
        proved.refuses("fires.csv", status=2)

    def test_folders_and_files_that_are_not_there(self, proved):
        assert (
            refused("log", "verify", "none.csv", "--proof", "proof", "--trust", "policy")
            == "none.csv: there is no such file"
        )
        assert "is a folder" in refused("log", "verify", "case", "--proof", "proof", "--trust", "policy")
        assert "case: is a folder" in refused("log", "verify", "fires.csv", "--proof", "case", "--trust", "policy")
        assert "case: is a folder" in refused("log", "verify", "fires.csv", "--proof", "proof", "--trust", "case")
        assert "none: there is no such file" in refused(
            "log", "verify", "fires.csv", "--proof", "none", "--trust", "policy"
        )
        assert "not both" in refused("log", "verify", "--proof", "proof", "--trust", "policy")
        assert "not both" in refused(
            "log", "verify", "fires.csv", "--entry-only", "--proof", "proof", "--trust", "policy"
        )

    def test_no_bit_of_a_proof_is_free(self, proved):
        honest, raw = proved.proof.read_bytes(), Path("fires.csv").read_bytes()
        policy, free = Policy.decode(proved.policy.read_bytes()), []
        verify_evidence(raw, honest, policy)
        for bit in range(len(honest) * 8):
            forged = honest[: bit // 8] + bytes([honest[bit // 8] ^ 1 << bit % 8]) + honest[bit // 8 + 1 :]
            try:
                verify_evidence(raw, forged, policy)
                free.append(bit)
            except VerificationError:
                continue
        assert free == []


class TestFsck:
    def test_clean_and_not_by_exit_status_and_as_json(self, ours):
        run("log", "fsck", "--case", "case", "--trust", ours.policy)
        told = json.loads(run("log", "fsck", "--case", "case", "--json").stdout)
        assert [row["check"] for row in told][-1] == "leftovers" and all(row["well"] for row in told)
        head = ours.case / "log/head"
        honest = head.read_bytes()
        head.write_bytes(honest[:-3] + (b"E=\n" if honest.endswith(b"A=\n") else b"A=\n"))
        told = json.loads(run("log", "fsck", "--case", "case", "--json", ok=1).stdout)
        assert told[-1]["well"] is False
        head.write_bytes(honest)
        run("log", "fsck", "--case", "case")

    def test_the_marker_is_one_of_the_files(self, ours):
        marker = ours.case / "trucewatch.json"
        for raw in (b"{", marker.read_bytes().replace(b"trucewatch.case", b"trucewatch.cas3")):
            marker.write_bytes(raw)
            assert "AILS" in run("log", "fsck", "--case", "case", ok=1).stdout
        assert "is not a case" in refused("log", "fsck", "--case", "none")

    def test_a_policy_of_another_log(self, ours):
        ours.trust("quorum none", log=Signer("example.org/other", bytes(32)).vkey.encode())
        said = run("log", "fsck", "--case", "case", "--trust", ours.policy, ok=1).stdout
        assert "AILS  checkpoints: the checkpoint of" in said and "no known key of the log has signed it" in said
        ours.policy.write_text("junk")
        refused("log", "fsck", "--case", "case", "--trust", ours.policy)

    def test_after_withholding_it_is_clean_and_says_how_many(self, ours):
        run("withhold", 0, "--case", "case", "--why", "it names a witness", "--by", "me")
        said = run("log", "fsck", "--case", "case", "--trust", ours.policy).stdout
        assert "captures: 0 open their commitments; 1 more are withheld, each by an entry" in said
