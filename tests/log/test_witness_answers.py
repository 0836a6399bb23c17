"""A witness answers as C2SP tlog-witness says it must, and whatever it is asked, it vouches for one history."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from logkit import LOG, ORIGIN, OTHER_LOG, POST_QUANTUM, WHEN, WHEN_S, WITNESSES, head_of, signed_head

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign, cosigned, time_of
from trucewatch.log.note import Note, Signature, Signer, signature_lines
from trucewatch.log.params import LogParams
from trucewatch.log.split import verify_split
from trucewatch.log.witness import SIZE, TEXT, Answer, Asked, added, answer

W = WITNESSES["a"]
SLACK_S = LogParams().clock_slack_s
PARTED = 4
"""The two histories share so many entries."""
HISTORIES = {
    name: [b"entry %d" % n if n < PARTED else b"%s %d" % (name.encode(), n) for n in range(20)] for name in "AB"
}
LEAVES = {name: [merkle.leaf(line) for line in lines] for name, lines in HISTORIES.items()}


def note_of(history: str, size: int) -> bytes:
    return signed_head(head_of(HISTORIES[history][:size]))


def way(history: str, old: int, size: int) -> tuple[bytes, ...]:
    return tuple(merkle.consistency(merkle.in_memory(LEAVES[history]), old, size))


def asked(history: str, old: int, size: int) -> Asked:
    return Asked(old, way(history, old, size), note_of(history, size))


def ask(request: Asked, held: bytes | None = None, now_s: int = WHEN_S, keys=(LOG.vkey,), signers=(W,)) -> Answer:
    return answer(request, keys, held, signers, now_s)


def kept(history: str, size: int, now_s: int = WHEN_S) -> bytes:
    keep = ask(asked(history, 0, size), now_s=now_s).keep
    assert keep is not None
    return keep


def refused(made: Answer, status: int) -> str:
    assert (made.status, made.keep, made.type) == (status, None, TEXT)
    assert made.body.count(b"\n") == 1 and made.body.endswith(b"\n")
    return made.body.decode()


# The request


def test_a_request_is_the_old_size_the_proof_an_empty_line_and_the_checkpoint():
    raw = asked("A", 3, 7).encode()
    lines = raw.split(b"\n")
    assert lines[0] == b"old 3" and lines[1 + len(way("A", 3, 7))] == b"" and raw.endswith(note_of("A", 7))
    assert Asked.decode(raw) == asked("A", 3, 7)


@pytest.mark.parametrize("old", ["00", "03", "+3", "-1", "3 ", " 3", "", "0x3", "٣", "9223372036854775808", "1e3"])
def test_an_old_size_is_a_decimal_in_its_one_spelling(old):
    raw = asked("A", 3, 7).encode().replace(b"old 3\n", f"old {old}\n".encode(), 1)
    with pytest.raises(Unreadable):
        Asked.decode(raw)


def test_63_lines_of_proof_are_read_and_64_are_not():
    most = replace(asked("A", 3, 7), way=(bytes(32),) * 63)
    assert len(Asked.decode(most.encode()).way) == 63
    with pytest.raises(Unreadable, match="more than 63"):
        Asked.decode(replace(most, way=(bytes(32),) * 64).encode())


def test_each_line_of_proof_is_one_hash_in_base64():
    for wrong in (b"AAAA", b"!" * 44, b"A" * 43 + b"B", b" " + b"A" * 43 + b"="):
        with pytest.raises(Unreadable):
            Asked.decode(b"old 3\n" + wrong + b"\n\n" + note_of("A", 7))


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"old 3", b"old 3\n", b"old 3\n\n", b"new 3\n\n", b"OLD 3\n\n", b"old\t3\n\n", b"old 3\r\n\n"]
)
def test_what_is_no_request_is_unreadable(raw):
    for tail in (b"", note_of("A", 7)):
        if raw + tail != b"old 3\n\n" + note_of("A", 7):
            with pytest.raises(Unreadable):
                Asked.decode(raw + tail)


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.tuples(st.integers(0, 600), st.binary(max_size=4)))
def test_no_bytes_do_more_than_be_unreadable(drawn):
    raw = asked("A", 3, 7).encode()
    bad = drawn if isinstance(drawn, bytes) else raw[: drawn[0]] + drawn[1] + raw[drawn[0] + 2 :]
    try:
        request = Asked.decode(bad)
    except Unreadable:
        return
    assert request.encode() == bad
    assert ask(request).status in (200, 400, 403, 404, 409, 422)


# Whose signature


def test_an_unknown_log_is_404():
    assert "not known" in refused(ask(asked("A", 0, 3), keys=()), 404)
    assert refused(ask(asked("A", 0, 3), keys=(OTHER_LOG.vkey,)), 404)


def test_no_signature_of_a_known_key_is_403():
    stranger = Signer(ORIGIN, b"\x77" * 32)
    request = replace(asked("A", 0, 3), checkpoint=signed_head(head_of(HISTORIES["A"][:3]), signer=stranger))
    refused(ask(request), 403)


def test_a_line_of_a_known_key_that_does_not_hold_is_403_also_beside_one_that_does():
    note = Note.decode(note_of("A", 3))
    false = Signature(ORIGIN, LOG.vkey.key_id, bytes(64))
    for lines in ((false,), (*note.signatures, false), (false, *note.signatures)):
        refused(ask(Asked(0, (), Note(note.text, lines).encode())), 403)


def test_lines_of_unknown_keys_are_passed_over():
    note = Note.decode(note_of("A", 3))
    strange = Signature("someone.example", b"abcd", bytes(5))
    made = ask(Asked(0, (), Note(note.text, (strange, *note.signatures, strange)).encode()))
    assert made.status == 200 and made.keep is not None
    assert strange not in Note.decode(made.keep).signatures


def test_any_of_a_logs_keys_will_do_and_all_that_hold_are_kept():
    second = Signer(ORIGIN, b"\x55" * 32)
    head = head_of(HISTORIES["A"][:3])
    both = Note(head.encode(), (*checkpoint(head, LOG).signatures, *checkpoint(head, second).signatures))
    made = ask(Asked(0, (), both.encode()), keys=(LOG.vkey, second.vkey))
    assert made.keep is not None and Note.decode(made.keep).signatures[:2] == both.signatures
    assert ask(Asked(0, (), both.encode()), keys=(second.vkey,)).status == 200


def test_another_logs_key_does_not_speak_for_this_one():
    head = head_of(HISTORIES["A"][:3])
    note = Note(head.encode(), checkpoint(Head("example.org/other", head.size, head.root), OTHER_LOG).signatures)
    refused(ask(Asked(0, (), note.encode()), keys=(LOG.vkey, OTHER_LOG.vkey)), 403)


# Sizes and proofs


def test_an_old_size_above_the_checkpoints_is_400():
    refused(ask(replace(asked("A", 3, 3), old=4), kept("A", 3)), 400)


@pytest.mark.parametrize(("held", "old", "size"), [(None, 1, 3), (3, 0, 7), (3, 2, 7), (3, 4, 7), (7, 3, 3), (7, 3, 5)])
def test_an_old_size_that_is_not_the_one_last_cosigned_is_409_and_names_that(held, old, size):
    made = ask(asked("A", old, size), None if held is None else kept("A", held))
    assert made == Answer(409, b"%d\n" % (held or 0), SIZE)
    assert made.type == "text/x.tlog.size"


def test_an_empty_log_has_the_root_of_one_or_is_422():
    assert ask(asked("A", 0, 0)).status == 200
    refused(ask(Asked(0, (), signed_head(Head(ORIGIN, 0, bytes(32))))), 422)


def test_a_proof_from_size_0_is_empty_or_422():
    assert ask(asked("A", 0, 7)).status == 200
    refused(ask(replace(asked("A", 0, 7), way=(bytes(32),))), 422)


def test_a_proof_from_the_empty_log_that_was_cosigned_is_empty_too():
    assert ask(asked("A", 0, 7), kept("A", 0)).status == 200
    refused(ask(replace(asked("A", 0, 7), way=(bytes(32),)), kept("A", 0)), 422)


@pytest.mark.parametrize("old", range(1, 20))
def test_every_later_head_of_the_same_history_is_cosigned(old):
    for size in range(old, 21):
        assert ask(asked("A", old, size), kept("A", old)).status == 200


@pytest.mark.parametrize("old", range(PARTED + 1, 20))
def test_no_head_of_another_history_is_422_whatever_proof_comes_with_it(old):
    for size in range(old, 21):
        for proof in (way("A", old, size), way("B", old, size), ()):
            refused(ask(Asked(old, proof, note_of("B", size)), kept("A", old)), 422)


def test_a_proof_with_any_part_changed_left_out_or_doubled_is_422():
    right = way("A", 5, 19)
    for n in range(len(right)):
        for wrong in (
            (*right[:n], bytes(32), *right[n + 1 :]),
            (*right[:n], *right[n + 1 :]),
            (*right[:n], right[n], *right[n:]),
        ):
            refused(ask(Asked(5, wrong, note_of("A", 19)), kept("A", 5)), 422)


def test_two_roots_for_one_size_are_422_and_the_proof_of_it_is_at_hand_for_anyone():
    made = ask(Asked(7, (), note_of("B", 7)), kept("A", 7))
    assert "two different roots" in refused(made, 422)
    assert made.split is not None
    older, newer = verify_split(made.split, [LOG.vkey])
    assert older.size == newer.size == 7 and older.root != newer.root


def test_two_roots_for_one_size_are_seen_also_behind_a_wrong_old_size():
    made = ask(asked("B", 3, 7), kept("A", 7))
    assert made.status == 409 and made.split is not None
    assert verify_split(made.split, [LOG.vkey])


# The answer


def test_the_answer_is_the_cosignature_of_each_of_the_witnesss_keys_with_the_time():
    made = ask(asked("A", 0, 7), signers=(W, POST_QUANTUM))
    lines = signature_lines(made.body)
    note = Note.decode(note_of("A", 7))
    assert made.status == 200 and len(lines) == 2
    for line, key in zip(lines, (W.vkey, POST_QUANTUM.vkey), strict=True):
        assert cosigned(key, note, line) and time_of(line) == WHEN
    assert all(line.startswith("— ") for line in made.body.decode().splitlines())


def test_what_is_kept_is_the_checkpoint_with_the_logs_line_and_those_that_were_answered():
    made = ask(asked("A", 0, 7))
    assert made.keep is not None
    note = Note.decode(made.keep)
    assert note.text == Note.decode(note_of("A", 7)).text
    assert note.signatures == (*Note.decode(note_of("A", 7)).signatures, *signature_lines(made.body))


def test_the_same_head_is_cosigned_again_with_the_time_of_now():
    held = kept("A", 7)
    made = ask(asked("A", 7, 7), held, WHEN_S + 60)
    assert made.status == 200 and time_of(signature_lines(made.body)[0]).timestamp() == WHEN_S + 60


# The clock


def test_a_clock_that_drifts_back_a_little_never_makes_an_earlier_time():
    held = kept("A", 3)
    made = ask(asked("A", 3, 7), held, WHEN_S - SLACK_S)
    assert made.status == 200 and time_of(signature_lines(made.body)[0]) == WHEN


def test_with_a_clock_that_was_set_back_nothing_is_signed_for_no_time_is_made_up():
    assert "clock" in refused(ask(asked("A", 3, 7), kept("A", 3), WHEN_S - SLACK_S - 1), 503)


@pytest.mark.parametrize("now_s", [0, -1])
def test_a_clock_that_shows_no_time_signs_nothing(now_s):
    refused(ask(asked("A", 0, 3), now_s=now_s), 503)


# The answer on the log's side


def test_a_witnesss_lines_are_added_once_they_hold_and_replace_its_older_ones():
    first = added(note_of("A", 7), ask(asked("A", 0, 7)).body, [W.vkey])
    again = added(first, ask(asked("A", 7, 7), kept("A", 7), WHEN_S + 9).body, [W.vkey])
    lines = [line for line in Note.decode(again).signatures if W.vkey.named_by(line)]
    assert len(lines) == 1 and time_of(lines[0]).timestamp() == WHEN_S + 9


def test_lines_of_unknown_keys_in_an_answer_are_left_out_and_without_a_known_one_it_is_refused():
    both = ask(asked("A", 0, 7), signers=(W, WITNESSES["b"])).body
    got = Note.decode(added(note_of("A", 7), both, [W.vkey])).signatures
    assert len(got) == 2
    with pytest.raises(VerificationError, match="no signature of the witness"):
        added(note_of("A", 7), both, [WITNESSES["c"].vkey])


def test_a_cosignature_of_another_head_or_with_a_time_of_0_is_refused():
    other = ask(asked("A", 0, 5)).body
    with pytest.raises(VerificationError, match="does not verify"):
        added(note_of("A", 7), other, [W.vkey])
    line = cosign(Note.decode(note_of("A", 7)), W, WHEN_S)
    timeless = Signature(line.name, line.key_id, struct.pack(">Q", 0) + line.made[8:])
    with pytest.raises(VerificationError, match="does not verify"):
        added(note_of("A", 7), timeless.encode().encode(), [W.vkey])


# A log that tries everything


@dataclass(frozen=True)
class Vouched:
    """A head that somebody can now show with the witness's word on it."""

    size: int
    root: bytes
    when_s: float


class DishonestLog(RuleBasedStateMachine):
    """It has the log's key, two histories and all the time, and asks for whatever it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.held: bytes | None = None
        self.now_s = WHEN_S
        self.vouched: list[Vouched] = []
        self.seen: list[Asked] = []

    def put(self, request: Asked) -> None:
        self.seen.append(request)
        made = answer(request, [LOG.vkey], self.held, [W, WITNESSES["b"]], self.now_s)
        assert (made.status == 200) == (made.keep is not None)
        if made.keep is not None:
            self.held = made.keep
            head = Head.decode(Note.decode(request.checkpoint).text)
            for line in signature_lines(made.body):
                self.vouched.append(Vouched(head.size, head.root, time_of(line).timestamp()))

    sizes = st.integers(0, 20)
    names = st.sampled_from("AB")

    @rule(history=names, old=sizes, size=sizes)
    def any_head(self, history: str, old: int, size: int) -> None:
        proof = way(history, old, size) if old <= size else ()
        self.put(Asked(old, proof, note_of(history, size)))

    @rule(history=names, size=sizes)
    def from_what_is_known(self, history: str, size: int) -> None:
        old = 0 if self.held is None else Head.decode(Note.decode(self.held).text).size
        if old <= size:
            self.put(Asked(old, way(history, old, size), note_of(history, size)))

    @rule(one=names, other=names, size=sizes)
    def with_the_other_historys_proof(self, one: str, other: str, size: int) -> None:
        old = 0 if self.held is None else Head.decode(Note.decode(self.held).text).size
        if old <= size:
            self.put(Asked(old, way(one, old, size), note_of(other, size)))

    @rule(data=st.data())
    def again(self, data) -> None:
        if self.seen:
            self.put(data.draw(st.sampled_from(self.seen)))

    @rule(seconds=st.integers(-1000, 1000))
    def the_clock_jumps(self, seconds: int) -> None:
        self.now_s += seconds

    @invariant()
    def all_that_was_vouched_for_is_one_history(self) -> None:
        roots = {(one.size, one.root) for one in self.vouched}
        assert any(all(merkle.root(leaves[:size]) == root for size, root in roots) for leaves in LEAVES.values())

    @invariant()
    def sizes_and_times_never_go_back(self) -> None:
        assert [one.size for one in self.vouched] == sorted(one.size for one in self.vouched)
        assert [one.when_s for one in self.vouched] == sorted(one.when_s for one in self.vouched)


DishonestLog.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestADishonestLogNeverGetsTwoHistoriesCosigned = DishonestLog.TestCase
