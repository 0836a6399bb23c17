"""What a witness cosigned is durable before anybody sees it, and it never vouches for two histories, whatever breaks."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from breaking import Crash, failing, raising
from test_lost_renames import Disk, every, lay, tree_of
from witnessed import LEAVES, LOG, NAME, ORIGIN, WORKS, ask, asked, before, contradicts, goes_on, made, note_of

from trucewatch.base.errors import CaseBroken, CaseBusy, CaseError, InputError, NotACase
from trucewatch.base.ids import sha256
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import time_of
from trucewatch.log.note import COSIGNED, Note, Signer, signature_lines
from trucewatch.log.split import verify_split
from trucewatch.stores import files
from trucewatch.stores import witness as stored
from trucewatch.stores.witness import NOTHING, make_witness, open_witness
from trucewatch.testing import NOON, FakeClock

KILLED = Path(__file__).parent / "killed_witness.py"
STATE = sha256(ORIGIN.encode())


def size_of(witness) -> int:
    held = witness.held(ORIGIN)
    return 0 if held is None else Head.decode(Note.decode(held).text).size


# The folder


def test_a_witness_is_made_with_keys_that_only_its_owner_can_read(tmp_path):
    made(tmp_path / "w", ml_dsa=True)
    assert (tmp_path / "w/key").stat().st_mode & 0o777 == 0o600
    one, other = (Signer.decode(word) for word in (tmp_path / "w/key").read_text().split())
    assert (one.kind, other.kind) == (0x04, 0x06) and one.seed != other.seed


def test_made_again_it_is_the_same_witness_and_another_name_or_other_keys_are_refused(tmp_path):
    first = made(tmp_path / "w")
    assert make_witness(tmp_path / "w", NAME, lambda: bytes(32)).vkeys == first.vkeys
    for name, ml_dsa in (("test.invalid/x", False), (NAME, True)):
        with pytest.raises(InputError):
            make_witness(tmp_path / "w", name, lambda: bytes(32), ml_dsa)


def test_keys_are_never_written_over(tmp_path):
    first = made(tmp_path / "w")
    (tmp_path / "w/witness.json").unlink()
    with pytest.raises(NotACase):
        make_witness(tmp_path / "w", NAME, lambda: bytes(32))
    shutil.rmtree(tmp_path / "w/state")
    (tmp_path / "w/logs.lock").unlink()
    assert make_witness(tmp_path / "w", NAME, lambda: bytes(32)).vkeys == first.vkeys


def test_two_keys_from_one_seed_are_refused_when_made_and_when_read(tmp_path):
    with pytest.raises(ValueError, match="one seed"):
        make_witness(tmp_path / "w", NAME, lambda: bytes(32), ml_dsa=True)
    made(tmp_path / "x")
    words = [Signer(NAME, bytes(32), kind).encode() for kind in (COSIGNED, 0x06)]
    (tmp_path / "x/key").write_text("\n".join(words))
    with pytest.raises(CaseBroken, match="two seeds"):
        open_witness(tmp_path / "x")


@pytest.mark.parametrize("name", ["", "two words", "a+b", "x" * 256, "line\nbreak"])
def test_a_name_that_no_key_can_have_is_refused_and_nothing_is_made(tmp_path, name):
    with pytest.raises(InputError):
        make_witness(tmp_path / "w", name, lambda: bytes(32))
    assert not (tmp_path / "w/witness.json").exists()


@pytest.mark.parametrize("file", ["witness.json", "key", "logs"])
@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[1]", b"nonsense\n", None])
def test_a_broken_folder_is_told_in_one_line_and_never_repeats_a_secret(tmp_path, file, raw):
    witness = made(tmp_path / "w")
    (tmp_path / "w" / file).unlink() if raw is None else (tmp_path / "w" / file).write_bytes(raw)
    if (file, raw) == ("logs", b""):
        assert witness.logs() == {}
        return
    with pytest.raises(CaseError) as told:
        open_witness(tmp_path / "w").logs()
    secret = witness.signers[0].encode().rsplit("+", 1)[1]
    assert len(str(told.value).splitlines()) == 1 and secret not in str(told.value)


def test_a_making_that_broke_off_anywhere_can_be_done_again(tmp_path):
    with failing(0, raising(Crash())) as counter:
        made(tmp_path / "count")
    for k in range(1, counter.calls + 1):
        with failing(k, raising(Crash())), pytest.raises(Crash):
            made(tmp_path / str(k))
        assert ask(made(tmp_path / str(k)), "A", 0, 5).status == 200


# Which logs


def test_a_log_is_trusted_once_and_its_further_keys_keep_what_was_cosigned(tmp_path):
    witness = made(tmp_path / "w")
    assert ask(witness, "A", 0, 5).status == 200
    assert witness.trust(LOG.vkey) is False
    assert witness.trust(Signer(ORIGIN, bytes([9]) * 32).vkey) is True
    assert len(witness.logs()[ORIGIN]) == 2 and size_of(witness) == 5


def test_a_line_that_was_taken_out_and_put_back_does_not_begin_anew(tmp_path):
    witness = made(tmp_path / "w")
    ask(witness, "A", 0, 5)
    (tmp_path / "w/logs").write_text("# none\n")
    assert ask(witness, "A", 5, 7).status == 404
    witness.trust(LOG.vkey)
    assert size_of(witness) == 5 and not contradicts(witness, "next")


def test_neither_a_witnesss_key_nor_its_own_nor_a_name_too_long_is_a_log(tmp_path):
    witness = made(tmp_path / "w")
    own = Signer(ORIGIN, bytes([71]) * 32)
    for key in (Signer("x", bytes(32), COSIGNED).vkey, witness.vkeys[0], own.vkey, Signer("x" * 256, bytes(32)).vkey):
        with pytest.raises(InputError):
            witness.trust(key)


def test_comments_and_empty_lines_in_the_list_of_logs_are_passed_over_and_a_last_line_may_want_its_end(tmp_path):
    witness = made(tmp_path / "w")
    (tmp_path / "w/logs").write_text(f"# ours\n\n  {LOG.vkey.encode()}")
    other = Signer("test.invalid/other", bytes([3]) * 32).vkey
    witness.trust(other)
    assert witness.logs() == {ORIGIN: (LOG.vkey,), other.name: (other,)}


# The state


def test_requests_that_cannot_be_read_are_400_and_of_unknown_logs_404_and_leave_no_trace(tmp_path):
    witness = made(tmp_path / "w")
    there = tree_of(tmp_path / "w")
    assert witness.answer(b"hello", FakeClock()).status == 400
    stranger = Signer("test.invalid/stranger", bytes(32))
    assert witness.answer(b"old 0\n\n" + note_of("A", 5, stranger), FakeClock()).status == 404
    assert tree_of(tmp_path / "w") == there


def test_what_was_cosigned_is_remembered_across_processes(tmp_path):
    ask(made(tmp_path / "w"), "A", 0, 5)
    again = open_witness(tmp_path / "w")
    assert ask(again, "A", 0, 7).body == b"5\n" and not contradicts(again, "next")
    assert ask(again, "A", 5, 7).status == 200


@pytest.mark.parametrize("raw", [None, b"", b"x", NOTHING[:-1], "torn", "flipped", "another log", "unsigned"])
def test_a_state_that_is_gone_or_not_whole_is_refused_and_never_begun_anew(tmp_path, raw):
    witness = made(tmp_path / "w")
    ask(witness, "A", 0, 5)
    path = tmp_path / "w/state" / STATE
    held = path.read_bytes()
    other = Signer("test.invalid/other", bytes([3]) * 32)
    spoilt = {
        "torn": held[: len(held) // 2], "flipped": held.replace(b"\n5\n", b"\n4\n"),
        "another log": note_of("A", 5, other), "unsigned": note_of("A", 5),
    }.get(raw, raw)  # fmt: skip
    path.unlink() if spoilt is None else path.write_bytes(spoilt)
    for old in range(8):
        with pytest.raises(CaseBroken):
            ask(witness, "A", old, 7)
    with pytest.raises(CaseBroken):
        witness.checkpoint(STATE)
    assert witness.trust(LOG.vkey) is False
    with pytest.raises(CaseBroken):
        ask(open_witness(tmp_path / "w"), "B", 0, 7)


def test_every_flipped_bit_of_the_state_is_refused_or_says_the_same_head(tmp_path):
    witness = made(tmp_path / "w")
    ask(witness, "A", 0, 5)
    path = tmp_path / "w/state" / STATE
    held = path.read_bytes()
    text = Note.decode(held).text
    for bit in range(len(held) * 8):
        path.write_bytes(held[: bit // 8] + bytes([held[bit // 8] ^ 1 << bit % 8]) + held[bit // 8 + 1 :])
        try:
            got = witness.held(ORIGIN)
        except CaseBroken:
            continue
        assert got is not None and Note.decode(got).text == text  # the log's own line is no business of the state's


def test_the_whole_state_folder_gone_is_refused_in_one_line(tmp_path):
    witness = made(tmp_path / "w")
    shutil.rmtree(tmp_path / "w/state")
    with pytest.raises(CaseBroken, match="nothing is signed"):
        ask(witness, "A", 0, 5)


def test_a_proof_of_two_histories_is_kept_and_the_first_one_stays(tmp_path):
    witness = made(tmp_path / "w")
    ask(witness, "A", 0, 5)
    assert witness.split(ORIGIN) is None
    assert ask(witness, "B", 5, 5).status == 422
    proof = witness.split(ORIGIN)
    assert proof is not None and verify_split(proof, [LOG.vkey])[0].size == 5
    ask(witness, "A", 5, 7), ask(witness, "B", 7, 7)
    assert witness.split(ORIGIN) == proof


def test_monitors_are_shown_what_was_cosigned_and_only_once_it_is_durable(tmp_path, monkeypatch):
    witness = made(tmp_path / "w")
    assert witness.checkpoint(STATE) is None and witness.checkpoint("0" * 64) is None
    body = ask(witness, "A", 0, 5).body
    flushed: list[Path] = []
    monkeypatch.setattr(stored, "sync_folder", lambda folder: flushed.append(folder) or files.sync_folder(folder))
    raw = witness.checkpoint(STATE)
    assert raw is not None and raw == note_of("A", 5) + body
    # The rename may have outlived a crash and not yet the power: it is flushed before it is shown.
    assert flushed == [tmp_path / "w/state"]


# What breaks


def test_a_full_disk_signs_nothing_and_leaves_what_was_known(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    first = before(tmp_path / "count", "next")
    with failing(0, raising(Crash())) as counter:
        ask(first, "A", 3, 5)
    for k in range(1, counter.calls + 1):
        for halfway in (False, True):
            witness = before(tmp_path / f"{k}{halfway}", "next")
            with failing(k, raising(full), halfway=halfway, cleans=True), pytest.raises(CaseError, match="full"):
                ask(witness, "A", 3, 5)
            # What was renamed and could not be flushed may stay: nobody has seen it, and the log can ask from there.
            assert size_of(witness) in (3, 5)
            assert goes_on(witness)


@pytest.mark.parametrize("work", WORKS)
def test_a_witness_killed_at_any_write_step_never_contradicts_what_it_let_go_of(work, tmp_path):
    ran = subprocess.run([sys.executable, str(KILLED), work, str(tmp_path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 8


@pytest.mark.parametrize("work", WORKS)
def test_whatever_of_the_unflushed_is_lost_with_the_power_no_cosignature_is_contradicted(work, tmp_path):
    assert lose(tmp_path, work) >= 4


def lose(folder: Path, work: str) -> int:
    """Build each state that the disk may be in after the power failed while A was answered -> how many."""
    witness = before(folder / "w", work)
    there, disk, n = tree_of(folder / "w"), Disk(folder / "w"), 0
    after_power = folder / "after"
    try:
        assert ask(witness, "A", *WORKS[work]).status == 200
    finally:
        disk.patch.undo()
    for returned, tree in every(there, disk):
        n += 1
        after_power.mkdir()
        lay(tree, after_power)
        after = open_witness(after_power)
        # Once it was answered, the cosignature is out; what an earlier answer let go of is out from the start.
        assert not (contradicts(after, work) and (returned or work == "again"))
        assert goes_on(after)
        shutil.rmtree(after_power)
    return n


def test_the_model_sees_a_witness_that_answers_before_it_is_durable(tmp_path, monkeypatch):
    """Plant the fault: the folder is not flushed."""
    monkeypatch.setattr(files, "sync_folder", lambda folder: None)
    with pytest.raises(AssertionError):
        lose(tmp_path, "next")


def test_a_clock_that_goes_back_makes_no_earlier_time_and_one_set_back_signs_nothing(tmp_path):
    witness = made(tmp_path / "w")
    times, statuses = [], []
    for n, back_s in enumerate((0, 10, 299, 300, 301, 86_400, -5), 1):
        answer = ask(witness, "A", size_of(witness), n, FakeClock(NOON - timedelta(seconds=back_s)))
        statuses.append(answer.status)
        if answer.status == 200:
            times += [time_of(line) for line in signature_lines(answer.body)]
    assert statuses == [200, 200, 200, 200, 503, 503, 200]
    assert times == sorted(times) and times[0] == NOON


# At once


def test_the_race_of_the_specification_does_not_roll_back(tmp_path, monkeypatch):
    """A, of size N, is checked before B, of N+K, is stored: were A stored after, K entries would be forgotten."""
    witness = made(tmp_path / "w")
    ask(witness, "A", 0, 3)
    gate, real = threading.Event(), stored.write_whole
    answers = {}

    def slow(path: Path, raw: bytes, mode: int = 0o600) -> None:
        gate.wait(0.3)  # B has had its turn, if it can have one
        real(path, raw, mode)

    monkeypatch.setattr(stored, "write_whole", slow)

    def run(name: str, size: int) -> None:
        answers[name] = ask(open_witness(tmp_path / "w"), "A", 3, size)

    threads = [threading.Thread(target=run, args=pair) for pair in (("A", 5), ("B", 9))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = 9 if answers["B"].status == 200 else 5
    assert sorted(one.status for one in answers.values()) == [200, 409]
    assert size_of(witness) == won


def _hammer(folder: str, history: str, seed: int, said) -> None:
    witness, known, got = open_witness(Path(folder)), 0, []
    for n in range(40):
        size = known + 1 + (seed * 7 + n * 3) % 5
        if size > 299:
            break
        answer = ask(witness, history, known, size)
        if answer.status == 200:
            got.append((size, history))
        known = int(answer.body) if answer.status == 409 else size if answer.status == 200 else known
        if answer.status == 422:
            break
    said.put(got)


def test_many_processes_that_ask_for_two_histories_at_once_get_one(tmp_path):
    made(tmp_path / "w")
    how = multiprocessing.get_context("spawn")
    said = how.Queue()
    crowd = [how.Process(target=_hammer, args=(str(tmp_path / "w"), "AB"[n % 2], n, said)) for n in range(4)]
    for one in crowd:
        one.start()
    got = [pair for _ in crowd for pair in said.get(timeout=120)]
    for one in crowd:
        one.join()
    roots = {(size, merkle.root(LEAVES[history][:size])) for size, history in got}
    assert len(got) == len({size for size, _ in got}) >= 10, "no size is cosigned twice where all ask for more"
    assert any(all(merkle.root(leaves[:size]) == root for size, root in roots) for leaves in LEAVES.values())


def test_a_request_waits_for_the_one_before_it_and_not_for_ever(tmp_path, monkeypatch):
    witness = made(tmp_path / "w")
    monkeypatch.setattr(stored, "WAIT_S", 0.05)
    with witness._alone(f"state/{STATE}"), pytest.raises(CaseBusy):
        ask(open_witness(tmp_path / "w"), "A", 0, 5)
    assert ask(witness, "A", 0, 5).status == 200


def test_requests_for_two_logs_do_not_wait_for_each_other(tmp_path, monkeypatch):
    witness = made(tmp_path / "w")
    other = Signer("test.invalid/other", bytes([3]) * 32)
    witness.trust(other.vkey)
    monkeypatch.setattr(stored, "WAIT_S", 0.05)
    with witness._alone(f"state/{STATE}"):
        assert witness.answer(b"old 0\n\n" + note_of("A", 5, other), FakeClock()).status == 200


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_signs_nothing(tmp_path):
    witness = made(tmp_path / "w")
    (tmp_path / "w/state").chmod(0o500)
    with pytest.raises(CaseError, match="not permitted"):
        ask(witness, "A", 0, 5)


def test_the_request_that_was_refused_can_be_made_right_and_a_replay_is_told_where_we_are(tmp_path):
    witness = made(tmp_path / "w")
    first = asked("A", 0, 5)
    assert witness.answer(first, FakeClock()).status == 200
    assert witness.answer(first, FakeClock()).body == b"5\n"
    assert ask(witness, "A", 5, 5).status == 200
