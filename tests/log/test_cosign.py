"""Checkpoints and cosignatures: signed by whom they say, over this head, at that time, or refused."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logkit import LINES, LOG, ORIGIN, OTHER_LOG, POST_QUANTUM, WHEN, WHEN_S, WITNESSES, head_of, signed_head, swapped

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log.checkpoint import Head, checkpoint, plain
from trucewatch.log.cosign import by_kind, cosign, cosigned, opened, time_of
from trucewatch.log.note import COSIGNED, COSIGNED_ML_DSA, ED25519, Note, Signature, Signer, VKey, made_with, sign

HEAD = head_of(LINES)
NOTE = checkpoint(HEAD, LOG)
A = WITNESSES["a"]
BOTH = (A, POST_QUANTUM)


def test_a_checkpoint_is_the_heads_text_signed_and_opens_with_its_logs_key_alone():
    assert NOTE.text == HEAD.encode()
    assert plain(LOG.vkey, NOTE, NOTE.signatures[0])
    assert opened(NOTE.encode(), [LOG.vkey]) == opened(NOTE.encode(), [OTHER_LOG.vkey, LOG.vkey]) == HEAD
    with pytest.raises(VerificationError, match="no known key of the log has signed"):
        opened(NOTE.encode(), [OTHER_LOG.vkey])


def test_a_log_signs_only_heads_of_its_own_name():
    with pytest.raises(VerificationError, match=r"the key is of example\.org/other, the log is example\.org/log"):
        checkpoint(HEAD, OTHER_LOG)


def test_a_head_that_another_log_signed_is_refused_though_its_signature_holds():
    forged = Note(HEAD.encode(), (sign(HEAD.encode(), OTHER_LOG),)).encode()
    with pytest.raises(
        VerificationError, match=r"is of the log 'example\.org/log', it is signed by 'example\.org/other'"
    ):
        opened(forged, [LOG.vkey, OTHER_LOG.vkey])


def test_an_origin_that_would_move_the_cursor_is_told_without_doing_so():
    text = Head("a\x9b2J\u2028b", 1, bytes(32)).encode()
    with pytest.raises(VerificationError) as wrong:
        opened(Note(text, (sign(text, LOG),)).encode(), [LOG.vkey])
    assert str(wrong.value).isprintable()


def test_an_empty_log_has_the_root_of_nothing():
    assert opened(signed_head(head_of([])), [LOG.vkey]).size == 0
    with pytest.raises(VerificationError, match="of an empty log, and its root is not that of one"):
        opened(signed_head(replace(head_of([]), root=bytes(32))), [LOG.vkey])


def test_lines_behind_the_root_are_read_and_printed_and_are_under_the_logs_signature():
    head = replace(HEAD, extensions=("one more", "and another"))
    raw = signed_head(head, "a")
    assert opened(raw, [LOG.vkey]) == head
    with pytest.raises(VerificationError, match="does not verify"):
        opened(raw.replace(b"one more", b"one less"), [LOG.vkey])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "three lines"),
        (b"a\n1\n", "three lines"),
        (b"a\n1\n\n", "three lines"),
        (b"\n1\nAAAA\n", "three lines"),
        (b"a\n1\nAAAA", "three lines"),
        (b"\xff\n1\nAAAA\n", "not UTF-8"),
        (b"a\n01\nAAAA\n", "whole number in plain digits"),
        (b"a\n+1\nAAAA\n", "whole number in plain digits"),
        (b"a\n9223372036854775808\nAAAA\n", "whole number in plain digits"),
        ("a\n١\nAAAA\n".encode(), "whole number in plain digits"),
        (b"a\n1\nAAAA\n", "not 32 bytes"),
        (b"a\n1\nAAAB=\n", "not base64"),
    ],
)
def test_what_is_no_head_is_refused_with_its_reason(text, told):
    with pytest.raises(Unreadable, match=told):
        Head.decode(text)


def test_the_largest_size_is_read_and_the_next_is_not():
    head = Head("a", 2**63 - 1, bytes(32))
    assert Head.decode(head.encode()) == head


@pytest.mark.parametrize("signer", BOTH, ids=("ed25519", "ml-dsa-44"))
@given(when_s=st.integers(1, 2**63 - 1))
def test_a_cosignature_holds_for_its_key_and_head_and_time_alone(signer, when_s):
    line = cosign(NOTE, signer, when_s)
    assert cosigned(signer.vkey, NOTE, line) and by_kind(signer.vkey, NOTE, line)
    assert struct.unpack(">Q", line.made[:8]) == (when_s,)
    assert not cosigned(WITNESSES["b"].vkey, NOTE, line)
    assert not cosigned(signer.vkey, checkpoint(head_of(LINES[:-1]), LOG), line)
    other = replace(line, made=struct.pack(">Q", when_s ^ 1) + line.made[8:])
    assert not cosigned(signer.vkey, NOTE, other)


@pytest.mark.parametrize("signer", BOTH, ids=("ed25519", "ml-dsa-44"))
def test_every_bit_of_a_cosignature_counts(signer):
    line = cosign(NOTE, signer, WHEN_S)
    step = 1 if signer is A else 97
    for bit in range(0, len(line.made) * 8, step):
        assert not cosigned(signer.vkey, NOTE, replace(line, made=swapped(line.made, bit)))
    for made in (b"", line.made[:7], line.made[:8], line.made[:-1], line.made + b"x"):
        assert not cosigned(signer.vkey, NOTE, replace(line, made=made))


def test_the_message_under_an_ed25519_cosignature_is_the_one_that_the_specification_spells():
    message = b"cosignature/v1\ntime %d\n" % WHEN_S + HEAD.encode()
    assert cosign(NOTE, A, WHEN_S).made == struct.pack(">Q", WHEN_S) + made_with(A, message)


def test_the_message_under_a_post_quantum_cosignature_is_the_one_that_the_specification_spells():
    def short(text: str) -> bytes:
        return bytes([len(text)]) + text.encode()

    message = b"subtree/v1\n\x00" + short(POST_QUANTUM.name) + struct.pack(">Q", WHEN_S) + short(ORIGIN)
    message += struct.pack(">QQ", 0, HEAD.size) + HEAD.root
    made = struct.pack(">Q", WHEN_S) + made_with(POST_QUANTUM, message)
    assert cosigned(POST_QUANTUM.vkey, NOTE, Signature(POST_QUANTUM.name, POST_QUANTUM.vkey.key_id, made))


def test_what_ed25519_says_of_lines_behind_the_root_is_signed_and_what_ml_dsa_says_is_not():
    more = checkpoint(replace(HEAD, extensions=("more",)), LOG)
    assert not cosigned(A.vkey, more, cosign(NOTE, A, WHEN_S))
    assert cosigned(POST_QUANTUM.vkey, more, cosign(NOTE, POST_QUANTUM, WHEN_S))


@pytest.mark.parametrize("when_s", [0, 2**63, 2**64 - 1])
@pytest.mark.parametrize("signer", BOTH, ids=("ed25519", "ml-dsa-44"))
def test_a_time_that_no_cosignature_may_have_is_not_signed_and_not_believed(signer, when_s):
    with pytest.raises(ValueError, match="no time to sign at"):
        cosign(NOTE, signer, when_s)
    message = b"cosignature/v1\ntime %d\n" % when_s + HEAD.encode()
    line = Signature(A.name, A.vkey.key_id, struct.pack(">Q", when_s) + made_with(A, message))
    assert not cosigned(A.vkey, NOTE, line)


def test_a_logs_own_key_makes_no_cosignature_and_a_witnesss_no_plain_one_counts():
    # Found by reading: a plain key signed the message of the post-quantum kind under its own id.
    with pytest.raises(ValueError, match="signs no cosignatures"):
        cosign(NOTE, LOG, WHEN_S)
    same = Signer(A.name, A.seed, ED25519)
    line = sign(NOTE.text, same)
    assert plain(same.vkey, NOTE, line) and not cosigned(same.vkey, NOTE, line)
    assert not plain(A.vkey, NOTE, line) and not by_kind(A.vkey, NOTE, line)


def test_a_note_that_is_no_head_or_too_long_a_name_gets_no_post_quantum_cosignature():
    line = cosign(NOTE, POST_QUANTUM, WHEN_S)
    assert not cosigned(POST_QUANTUM.vkey, Note(b"no head\n", ()), line)
    with pytest.raises(VerificationError, match="more than 255 bytes"):
        cosign(checkpoint(replace(HEAD, origin="a" * 256), Signer("a" * 256, bytes(32))), POST_QUANTUM, WHEN_S)


def test_the_time_of_a_cosignature_is_told_or_it_is_said_that_there_is_none():
    assert time_of(cosign(NOTE, A, WHEN_S)) == WHEN
    assert time_of(Signature("a", b"abcd", bytes(8))) == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(VerificationError, match="too short to hold a time"):
        time_of(Signature("a", b"abcd", bytes(7)))
    for many in (253402300800, 2**63, 2**64 - 1):
        with pytest.raises(VerificationError, match="not in any year that can be written"):
            time_of(Signature("a", b"abcd", struct.pack(">Q", many)))


def test_kinds_of_keys_are_not_mistaken_for_each_other():
    line = cosign(NOTE, A, WHEN_S)
    for kind in (ED25519, COSIGNED_ML_DSA):
        assert not cosigned(VKey(A.name, kind, A.vkey.public), NOTE, line)
    assert A.vkey.kind == COSIGNED
