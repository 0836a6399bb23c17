"""The log's key signs what extends what it signed before, and the log itself says whose key that is."""

from __future__ import annotations

import json
import shutil

import pytest

from trucewatch.archive import commit
from trucewatch.base.errors import CaseBroken, InputError
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign, opened
from trucewatch.log.note import COSIGNED, Note, Signer
from trucewatch.proving import announced, entries_of
from trucewatch.signing import Memory, Rotation, not_handed_over, sign
from trucewatch.stores.memory import MemoryCase
from trucewatch.stores.posix import make_case, open_case
from trucewatch.testing import FakeClock

ORIGIN = "example.org/signed"
OURS, LATER = Signer(ORIGIN, bytes(range(32))), Signer(ORIGIN, bytes(range(1, 33)))
WITNESS = Signer("witness.example/a", bytes([7]) * 32, COSIGNED)
CLOCK = FakeClock()
LOST = "the laptop was lost"


@pytest.fixture
def case(tmp_path):
    return make_case(tmp_path / "case", ORIGIN)


def grow(case, *said: str) -> None:
    with case.writing():
        commit(case, [("remark", json.dumps({"says": word}).encode()) for word in said], CLOCK, "tests")


def signed(case, key=OURS, rotate=None) -> Head:
    return opened(sign(case, key, CLOCK, "tests", rotate), [OURS.vkey, LATER.vkey])


def kinds(case) -> list[str]:
    return [entry.kind for entry in entries_of(case)]


def test_the_first_signing_enters_the_key_and_the_next_does_not(case):
    grow(case, "a")
    assert signed(case).size == 2
    assert kinds(case) == ["remark", "key"] and announced(case, entries_of(case)) == [OURS.vkey]
    grow(case, "b")
    assert signed(case).size == 3 and kinds(case).count("key") == 1


def test_an_empty_log_is_signed_with_its_key_as_the_one_entry(case):
    assert signed(case).size == 1 and kinds(case) == ["key"]


def test_memory_keeps_the_same_promises():
    case = MemoryCase()
    key = Signer(case.log.origin, bytes(32))
    note = sign(case, key, CLOCK, "tests")
    assert sign(case, key, CLOCK, "tests") == note == case.log.checkpoint()


def test_the_same_size_gives_the_checkpoint_that_is_there_with_its_cosignatures(case):
    first = Note.decode(sign(case, OURS, CLOCK, "tests"))
    cosigned = Note(first.text, (*first.signatures, cosign(first, WITNESS, 1_800_000_000))).encode()
    with case.writing():
        case.log.keep_checkpoint(cosigned)
    assert sign(case, OURS, CLOCK, "tests") == cosigned and kinds(case) == ["key"]


def test_what_a_crash_left_between_the_two_places_of_a_checkpoint_is_mended_and_no_cosignature_is_lost(case):
    old = sign(case, OURS, CLOCK, "tests")
    note = Note.decode(old)
    cosigned = Note(note.text, (*note.signatures, cosign(note, WITNESS, 1_800_000_000))).encode()
    (case.folder / "log/checkpoint").write_bytes(cosigned)
    assert sign(case, OURS, CLOCK, "tests") == cosigned == case.log.checkpoint(1)


def test_another_key_is_refused_and_nothing_is_entered_unless_it_is_told_why(case):
    signed(case)
    with pytest.raises(InputError, match="announced another key; expected that key, or --rotate"):
        sign(case, LATER, CLOCK, "tests")
    assert kinds(case) == ["key"]
    assert signed(case, LATER, Rotation(LOST, OURS)).size == 2
    assert json.loads(case.objects.get(entries_of(case)[-1].body_hash))["why"] == LOST


def test_a_key_that_was_replaced_does_not_come_back_by_itself(case):
    # Found here: any key that was ever announced could sign, so that a lost one could go on doing so.
    signed(case)
    kept = sign(case, LATER, CLOCK, "tests", Rotation(LOST, None))
    with pytest.raises(InputError, match="announced another key"):
        sign(case, OURS, CLOCK, "tests")
    assert case.log.checkpoint() == kept
    assert signed(case, OURS, Rotation("it was found", LATER)).size == 3
    assert announced(case, entries_of(case)) == [OURS.vkey, LATER.vkey, OURS.vkey]


def test_a_key_with_another_name_and_a_witness_key_are_refused_before_anything_is_entered(case):
    with pytest.raises(InputError, match=r"named somebody\.example; expected a key named as the log is"):
        sign(case, Signer("somebody.example", bytes(32)), CLOCK, "tests")
    # Found here: it came out as a traceback, with the witness's key announced as the log's.
    with pytest.raises(InputError, match="a cosigner's key"):
        sign(case, Signer(ORIGIN, bytes(32), COSIGNED), CLOCK, "tests")
    assert kinds(case) == []


class TestAHistoryThatWasChanged:
    """The folder of the log is another one than was signed; what was signed is still known from a checkpoint."""

    @pytest.fixture
    def rewritten(self, case, tmp_path):
        """Another case with the same first entry, whose log is put in the place of ours but for what was signed."""
        grow(case, "a")
        signed(case)
        shutil.copytree(case.folder, tmp_path / "before")
        grow(case, "b", "c")
        signed(case)

        def put(folder, leave=()):
            for name in ("head", "tile"):
                at = case.folder / "log" / name
                shutil.rmtree(at) if at.is_dir() else at.unlink()
                source = folder / "log" / name
                (shutil.copytree if source.is_dir() else shutil.copy)(source, at)
            for name in leave:
                (case.folder / "log" / name).unlink()
            return open_case(case.folder)

        return put

    @pytest.mark.parametrize("leave", [(), ("checkpoint",)])
    def test_an_older_log_is_not_signed_where_a_later_one_was(self, rewritten, tmp_path, leave):
        # With the latest gone, those that are kept by their sizes still say it.
        with pytest.raises(CaseBroken, match="does not extend a checkpoint that was signed"):
            sign(rewritten(tmp_path / "before", leave), OURS, CLOCK, "tests")

    def test_another_history_of_the_same_and_of_a_greater_length_is_not_signed(self, rewritten, tmp_path):
        other = open_case(tmp_path / "before")
        grow(other, "B", "c")
        for _ in range(2):
            forged = rewritten(other.folder)
            for name in other.objects.ids():
                forged.objects.put(other.objects.get(name))
            before = forged.log.head().size
            with pytest.raises(CaseBroken, match="does not extend"):
                sign(forged, OURS, CLOCK, "tests")
            with pytest.raises(CaseBroken, match="does not extend"):
                sign(forged, LATER, CLOCK, "tests", Rotation("a new key does not help", None))
            # Found here: the key was entered before the log was looked at.
            assert forged.log.head().size == before
            grow(other, "d")

    def test_a_log_without_a_tile_is_told_in_one_line(self, case):
        grow(case, "a", "b")
        signed(case)
        grow(case, "c")
        (case.folder / "log/tile/0/000.p/4").unlink()
        with pytest.raises(CaseBroken, match="is gone"):
            sign(case, OURS, CLOCK, "tests")

    def test_a_checkpoint_that_somebody_else_signed_is_not_gone_on_from(self, case):
        signed(case)
        head = case.log.head()
        forged = checkpoint(Head(head.origin, head.size, head.root), LATER).encode()
        for name in ("checkpoint", "checkpoints/1"):
            (case.folder / "log" / name).write_bytes(forged)
        with pytest.raises(CaseBroken, match="no known key"):
            sign(case, OURS, CLOCK, "tests")


class TestHandingOver:
    def chain(self, case):
        return [(one.entry, one.lost, one.wrong) for one in not_handed_over(case, entries_of(case))]

    def body(self, case) -> dict:
        return json.loads(case.objects.get(entries_of(case)[-1].body_hash))

    def test_the_old_key_signs_the_new_one_and_the_entry_bears_it(self, case):
        signed(case)
        signed(case, LATER, Rotation("a yearly change", OURS))
        assert set(self.body(case)) == {"vkey", "why", "by", "signature"} and self.chain(case) == []
        assert self.body(case)["by"] == f"{ORIGIN}+{OURS.vkey.key_id.hex()}"

    def test_only_the_key_that_was_announced_last_can_hand_over(self, case):
        signed(case)
        signed(case, LATER, Rotation("a yearly change", OURS))
        third = Signer(ORIGIN, bytes(range(2, 34)))
        with pytest.raises(InputError, match=r"--old-key: that is not the key that the log has announced last"):
            sign(case, third, CLOCK, "tests", Rotation("by one that was replaced", OURS))
        assert kinds(case) == ["key", "key"]

    def test_without_the_old_key_the_entry_says_so_and_it_is_told(self, case):
        signed(case)
        signed(case, LATER, Rotation(LOST, None))
        assert self.body(case) == {"vkey": LATER.vkey.encode(), "why": LOST, "by": None}
        assert self.chain(case) == [(1, True, False)]

    @pytest.mark.parametrize(
        "change",
        [
            {"signature": "AAAA"},
            {"signature": "not base64"},
            {"signature": 7},
            {"by": "somebody+00000000"},
            {"vkey": Signer(ORIGIN, bytes(range(3, 35))).vkey.encode()},
        ],
    )
    def test_a_handing_over_that_was_made_up_is_seen(self, case, change):
        signed(case)
        signed(case, LATER, Rotation(LOST, OURS))
        body = {**self.body(case), **change}
        other = make_case(case.folder.with_name("other"), ORIGIN)
        signed(other)
        with other.writing():
            commit(other, [("key", json.dumps(body).encode())], CLOCK, "tests")
        assert self.chain(other) == [(1, False, True)]

    def test_a_signature_for_another_log_does_not_hand_over_here(self, case):
        elsewhere = make_case(case.folder.with_name("other"), "example.org/other")
        keys = [Signer(elsewhere.log.origin, key.seed) for key in (OURS, LATER)]
        sign(elsewhere, keys[0], CLOCK, "tests")
        sign(elsewhere, keys[1], CLOCK, "tests", Rotation(LOST, keys[0]))
        body = {**self.body(elsewhere), "vkey": LATER.vkey.encode(), "by": f"{ORIGIN}+{OURS.vkey.key_id.hex()}"}
        signed(case)
        with case.writing():
            commit(case, [("key", json.dumps(body).encode())], CLOCK, "tests")
        assert self.chain(case) == [(1, False, True)]


class TestWhatIsKeptBesideTheKey:
    """Whoever can write to the case sets it back, signed heads and all; the operator's own key must not sign that."""

    def memory(self, held=None):
        kept = []
        return kept, Memory(held, kept.append)

    @pytest.fixture
    def back(self, case, tmp_path):
        """The case as it was at its first signing, which goes on otherwise; and what the key signed last."""
        grow(case, "a")
        signed(case)
        shutil.copytree(case.folder, tmp_path / "before")
        grow(case, "b", "c")
        held = sign(case, OURS, CLOCK, "tests")
        return open_case(tmp_path / "before"), held

    def test_what_is_signed_is_kept_before_it_is_handed_out(self, case, monkeypatch):
        grow(case, "a")
        kept, memory = self.memory()
        monkeypatch.setattr(type(case.log), "keep_checkpoint", lambda self, note: kept.append("handed out"))
        note = sign(case, OURS, CLOCK, "tests", memory=memory)
        assert kept == [note, "handed out"]

    def test_without_it_a_case_that_was_set_back_is_signed_a_second_time(self, back):
        case, _ = back
        grow(case, "B", "C")
        assert signed(case).size == 4

    @pytest.mark.parametrize("more", [(), ("B",), ("B", "C"), ("B", "C", "d")])
    def test_a_case_that_was_set_back_is_refused_whatever_its_length(self, back, more):
        case, held = back
        grow(case, *more)
        size, latest = case.log.head().size, case.log.checkpoint()
        kept, memory = self.memory(held)
        with pytest.raises(CaseBroken, match="the case was set back, or changed: it does not extend what this key"):
            sign(case, OURS, CLOCK, "tests", memory=memory)
        assert not kept and (case.log.head().size, case.log.checkpoint()) == (size, latest)

    def test_a_new_key_does_not_help_where_the_old_one_hands_over(self, back):
        case, held = back
        grow(case, "B", "C")
        with pytest.raises(CaseBroken, match="was set back"):
            sign(case, LATER, CLOCK, "tests", Rotation("x", OURS), self.memory(held)[1])

    def test_the_honest_case_goes_on_and_signs_the_same_again(self, case, back):
        _, held = back
        kept, memory = self.memory(held)
        assert sign(case, OURS, CLOCK, "tests", memory=memory) == held and kept == [held]
        grow(case, "d")
        assert opened(sign(case, OURS, CLOCK, "tests", memory=memory), [OURS.vkey]).size == 5

    @pytest.mark.parametrize("held", [b"", b"no note", checkpoint(Head(ORIGIN, 1, bytes(32)), LATER).encode()])
    def test_what_is_kept_and_is_none_of_ours_is_refused(self, case, held):
        grow(case, "a")
        with pytest.raises(CaseBroken, match="was set back, or changed"):
            sign(case, OURS, CLOCK, "tests", memory=self.memory(held)[1])
