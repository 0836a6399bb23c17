"""Signed notes and keys: read as printed, refused otherwise; a signature of a known key holds, or all is refused."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa
from hypothesis import example, given
from hypothesis import strategies as st
from logkit import LOG, OTHER_LOG, POST_QUANTUM, WITNESSES, swapped

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log import note as room
from trucewatch.log.cosign import by_kind
from trucewatch.log.note import (
    COSIGNED,
    ED25519,
    MOST_NOTE_BYTES,
    MOST_SIGNATURES,
    Note,
    Signature,
    Signer,
    VKey,
    holds,
    sign,
    signature_lines,
    signed,
)  # fmt: skip

TEXT = b"hello\n"
NOTE = Note(TEXT, (sign(TEXT, LOG),))
NAMES = st.text(st.characters(exclude_characters="+", exclude_categories=["Z", "C"]), min_size=1, max_size=9)
LINES = st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=70))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=30)


@given(TEXTS, st.lists(LINES, min_size=1, max_size=5))
@example("with\n\nempty\n\n\nlines", [Signature("a", b"abcd", b"e")])
def test_a_note_reads_back_as_it_was_written(text, lines):
    note = Note((text + "\n").encode(), tuple(lines))
    assert Note.decode(note.encode()) == note
    assert signature_lines("".join(line.encode() for line in lines).encode()) == tuple(lines)


def line(coded: str, name: str = "a") -> bytes:
    return f"hello\n\n— {name} {coded}\n".encode()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "no blank line"),
        (b"hello\n", "no blank line"),
        (TEXT + b"\n", "no blank line"),
        (b"hello\n\n" + NOTE.encode()[len(TEXT) + 1 : -1], "no blank line"),
        (NOTE.encode() + b"\n", "no blank line"),
        (NOTE.encode()[:-1], "no blank line"),
        (b"\xff" + NOTE.encode(), "not UTF-8"),
        (b"a\tb\n" + NOTE.encode(), "control character"),
        (NOTE.encode().replace(b"\n", b"\r\n"), "control character"),
        (NOTE.encode().replace("—".encode(), b"-"), "does not begin with a dash"),
        (NOTE.encode() + b"more\n", "does not begin with a dash"),
        (line("YWJjZGU=", ""), "no name of a key"),
        (line("YWJjZGU=", "a+b"), "no name of a key"),
        (line("YWJjZGU=", "a\u00a0b"), "no name of a key"),
        (line("YWJjZGU=", "a\u2028b"), "no name of a key"),
        (line("YWJjZGU= "), "not base64"),
        (line("YWJjZGU"), "not base64"),
        (line("YWJjZGV="), "one spelling"),
        (line("YWJjZA=="), "too short"),
        (line(""), "too short"),
        (line("٣WJjZGU="), "not base64"),
        (TEXT + b"\n" + LOG.vkey.encode().encode() * (MOST_NOTE_BYTES // 60), "more than 1000000 bytes"),
        (TEXT + b"\n" + "— a YWJjZGU=\n".encode() * (MOST_SIGNATURES + 1), "more than 100 signatures"),
    ],
)
def test_what_is_no_note_is_refused_with_its_reason(raw, told):
    with pytest.raises(Unreadable, match=told):
        Note.decode(raw)


def test_sixteen_signatures_and_more_are_read_as_the_specification_asks():
    assert len(Note.decode(TEXT + b"\n" + "— a YWJjZGU=\n".encode() * MOST_SIGNATURES).signatures) == MOST_SIGNATURES


@pytest.mark.parametrize("raw", [b"", b"\n" + NOTE.encode()[7:], NOTE.encode(), b"hello\n\n"])
def test_an_answer_with_anything_but_signature_lines_is_refused(raw):
    with pytest.raises(Unreadable):
        signature_lines(raw)


def test_the_signature_of_a_known_key_is_found_and_lines_of_others_are_passed_over():
    lines = (Signature("unknown.example", b"abcd", b"what"), sign(TEXT, OTHER_LOG), *NOTE.signatures)
    assert [key for key, _ in signed(Note(TEXT, lines), [LOG.vkey], by_kind)] == [LOG.vkey]
    assert signed(Note(TEXT, lines[:2]), [LOG.vkey], by_kind) == []
    same_name = Signature(LOG.name, b"abcd", b"another key of that name")
    same_id = Signature("unknown.example", LOG.vkey.key_id, b"another name with that id")
    assert len(signed(Note(TEXT, (same_name, same_id, *NOTE.signatures)), [LOG.vkey], by_kind)) == 1


def test_a_line_of_a_known_key_that_does_not_hold_or_stands_there_twice_spoils_the_note():
    good = NOTE.signatures[0]
    for bit in range(len(good.made) * 8):
        with pytest.raises(VerificationError, match=r"the signature of example\.org/log does not verify"):
            signed(Note(TEXT, (Signature(good.name, good.key_id, swapped(good.made, bit)),)), [LOG.vkey], by_kind)
    with pytest.raises(VerificationError, match="does not verify"):
        signed(Note(b"hallo\n", NOTE.signatures), [LOG.vkey], by_kind)
    with pytest.raises(VerificationError, match="has signed twice"):
        signed(Note(TEXT, (good, good)), [LOG.vkey], by_kind)


@given(NAMES, st.binary(min_size=32, max_size=32), st.sampled_from([ED25519, COSIGNED]))
def test_keys_read_back_as_they_were_written_and_differ_by_name_and_kind(name, seed, kind):
    signer = Signer(name, seed, kind)
    assert Signer.decode(signer.encode()) == signer
    assert VKey.decode(signer.vkey.encode()) == signer.vkey
    assert Signer(name + "x", seed, kind).vkey.key_id != signer.vkey.key_id
    assert Signer(name, seed, ED25519 + COSIGNED - kind).vkey.key_id != signer.vkey.key_id


def test_a_post_quantum_key_reads_back_and_its_signature_holds():
    assert Signer.decode(POST_QUANTUM.encode()) == POST_QUANTUM
    assert VKey.decode(POST_QUANTUM.vkey.encode()) == POST_QUANTUM.vkey
    made = room.made_with(POST_QUANTUM, b"message")
    assert holds(POST_QUANTUM.vkey, made, b"message")
    assert not holds(POST_QUANTUM.vkey, swapped(made, 99), b"message")
    assert not holds(POST_QUANTUM.vkey, made, b"messages")
    assert not holds(POST_QUANTUM.vkey, made[:-1], b"message")


GOOD = LOG.vkey.encode()
ID = LOG.vkey.key_id.hex()


def vkey(raw: bytes, name: str = "a", kind: int = ED25519) -> str:
    return VKey(name, kind, raw).encode()


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("", "with a plus between"),
        ("a+b", "with a plus between"),
        (GOOD.replace("example", "exbmple"), "has the id"),
        (GOOD.replace(ID, "00000000"), f"has the id {ID}, not '00000000'"),
        (GOOD.replace(ID, ID.upper()), "has the id"),
        (GOOD.replace(ID, "\x1b[2J"), r"not '\\x1b\[2J'"),
        (GOOD + " ", "not base64"),
        (GOOD[:-1], "not base64"),
        (" " + GOOD, "no name of a key"),
        ("+00000000+AQ==", "no name of a key"),
        ("a\x1b[2J+00000000+AQ==", "cannot be printed"),
        ("a\udcff+00000000+AQ==", "cannot be printed"),
        ("a\u202eb+00000000+AQ==", "cannot be printed"),
        ("a+00000000+", "signature type 0x00"),
        (vkey(bytes(32), kind=2), "signature type 0x02, which is not known"),
        (vkey(b"x" * 31), "has 31 bytes, expected 32"),
        (vkey(b"x" * 32, kind=6), "has 32 bytes, expected 1312"),
    ],
)
def test_what_is_no_verifier_key_is_refused_with_its_reason(word, told):
    with pytest.raises(Unreadable, match=told) as wrong:
        VKey.decode(word)
    assert len(str(wrong.value).splitlines()) == 1


FIELD = 2**255 - 19
CURVE = -121665 * pow(121666, -1, FIELD) % FIELD


def small_order() -> list[int]:
    """Every y of a point P with 8 P = 0, from the curve's own equation -x² + y² = 1 + d x² y².

    Of order 1 and 2: x = 0. Of order 4: y = 0. Of order 8: twice it has y = 0, so x² = -y², so d y⁴ + 2 y² - 1 = 0.
    """
    root = pow(1 + CURVE, (FIELD + 3) // 8, FIELD)
    if root * root % FIELD != (1 + CURVE) % FIELD:
        root = root * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    found = [0, 1, FIELD - 1]
    for square in ((-1 + root) * pow(CURVE, -1, FIELD) % FIELD, (-1 - root) * pow(CURVE, -1, FIELD) % FIELD):
        y = pow(square, (FIELD + 3) // 8, FIELD)
        for one in (y, y * pow(2, (FIELD - 1) // 4, FIELD) % FIELD):
            if one * one % FIELD == square:
                found += [one, FIELD - one]
    return found


def test_a_key_under_which_anybody_can_sign_is_refused():
    # Found by reading: under the key 01 00 ... the "signature" 01 00 ... held for every text there is.
    weak = small_order()
    assert len(weak) == 5
    for y in [*weak, FIELD, FIELD + 1, 2**255 - 1]:
        for sign_bit in (0, 1):
            public = (y | sign_bit << 255).to_bytes(32, "little")
            for kind in (ED25519, COSIGNED):
                with pytest.raises(Unreadable, match="anybody can sign"):
                    VKey.decode(vkey(public, kind=kind))
    assert holds(VKey("a", ED25519, b"\x01" + bytes(31)), b"\x01" + bytes(63), b"anything at all")


@pytest.mark.parametrize(
    "change",
    [
        lambda s: "", lambda s: s.removeprefix("PRIVATE+KEY+"), lambda s: "PRIVATE+KEY+a", lambda s: s[:-4],
        lambda s: s.replace("example", "exbmple"), lambda s: s + "=", lambda s: s.replace("+KEY+", "+KEY+ "),
        lambda s: s.replace("+KEY+", "+KEY+\udcff"), lambda s: s.replace("+KEY+", "+KEY+\x07"),
        lambda s: s[:-44] + base64.b64encode(b"\x02" + LOG.seed).decode(),
        lambda s: s[:-44] + base64.b64encode(b"\x04" + LOG.seed).decode(),
    ],
)  # fmt: skip
def test_what_is_no_private_key_is_refused_without_a_word_of_the_secret(change):
    secret = LOG.encode().rsplit("+", 1)[1]
    with pytest.raises(Unreadable) as wrong:
        Signer.decode(change(LOG.encode()))
    assert secret[4:] not in str(wrong.value)


def test_a_private_key_shown_by_accident_shows_no_secret():
    assert "seed" not in repr(LOG) and LOG.seed.hex() not in repr(LOG)


def test_a_cosigners_key_signs_no_plain_notes():
    with pytest.raises(ValueError, match="cosignatures only"):
        sign(TEXT, WITNESSES["a"])


def test_without_post_quantum_signatures_in_the_library_a_verification_error_says_so(monkeypatch):
    def unsupported(seed: bytes) -> None:
        raise UnsupportedAlgorithm("not in this build")

    room._ml_dsa.cache_clear()
    monkeypatch.setattr(mldsa, "MLDSA44PrivateKey", type("Without", (), {"from_seed_bytes": staticmethod(unsupported)}))
    try:
        with pytest.raises(VerificationError, match="knows no ML-DSA-44"):
            holds(POST_QUANTUM.vkey, bytes(2420), b"message")
    finally:
        room._ml_dsa.cache_clear()
