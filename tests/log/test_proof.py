"""A proof as a file, and what it carries besides: read as printed, refused otherwise."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logkit import BODIES, LINES, TREE, head_of, signed_head

from trucewatch.base.errors import Unreadable
from trucewatch.log import merkle
from trucewatch.log.proof import MAGIC, Extra, Proof

CHECKPOINT = signed_head(head_of(LINES), "a")
GOOD = Proof(3, tuple(merkle.path(TREE, 3, 7)), CHECKPOINT, Extra(LINES[3], BODIES[3]).encode())
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


@given(st.integers(0, 2**63 - 1), HASHES, st.none() | st.binary(max_size=40))
def test_a_proof_reads_back_as_it_was_written(index, way, extra):
    proof = Proof(index, way, CHECKPOINT, extra)
    assert Proof.decode(proof.encode()) == proof


def test_a_proof_is_spelled_as_the_specification_shows():
    lines = GOOD.encode().split(b"\n")
    assert lines[0] == b"c2sp.org/tlog-proof@v1" == MAGIC.encode()
    assert base64.b64decode(lines[1].removeprefix(b"extra ")) == GOOD.extra
    assert lines[2] == b"index 3"
    assert [base64.b64decode(line) for line in lines[3:6]] == list(GOOD.way)
    assert lines[6] == b"" and b"\n".join(lines[7:]) == CHECKPOINT
    assert Proof(0, (), CHECKPOINT).encode() == MAGIC.encode() + b"\nindex 0\n\n" + CHECKPOINT


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda raw: b"", "does not begin with c2sp"),
        (lambda raw: raw.replace(b"@v1", b"@v2"), "does not begin with c2sp"),
        (lambda raw: raw[1:], "does not begin with c2sp"),
        (lambda raw: raw.split(b"\n\n")[0], "does not go on to a checkpoint"),
        (lambda raw: b"\xc3\xa9" + raw, "not plain text"),
        (lambda raw: raw.replace(b"index 3\n", b""), "no line with an index"),
        (lambda raw: raw.replace(b"index 3", b"index"), "no line with an index"),
        (lambda raw: raw.replace(b"index 3", b"index 03"), "index is not a whole number"),
        (lambda raw: raw.replace(b"index 3", b"index -3"), "index is not a whole number"),
        (lambda raw: raw.replace(b"index 3", b"index 9223372036854775808"), "index is not a whole number"),
        (lambda raw: raw.replace(b"extra ", b"extra !"), "extra data is not base64"),
        (lambda raw: raw.replace(b"extra ", b"extra \n"), "no line with an index"),
        (lambda raw: raw.replace(b"index 3\n", b"index 3\nAAAA\n"), "a hash of the proof has not 32 bytes"),
        (lambda raw: raw.replace(b"index 3\n", b"index 3\n!\n"), "a hash of the proof is not base64"),
        (lambda raw: raw.replace(b"index 3\n", b"index 3\n" + (b"A" * 43 + b"=\n") * 64), "more than 63 hashes"),
        (lambda raw: raw.replace(b"index 3\n", b"index 3\r\n"), "line ends of another system"),
        (lambda raw: raw[:-1], "the note has no blank line"),
        (lambda raw: raw + b"x", "the note has no blank line"),
    ],
)
def test_what_is_no_proof_is_refused_with_its_reason(change, told):
    with pytest.raises(Unreadable, match=told):
        Proof.decode(change(GOOD.encode()))


@given(st.binary(max_size=40), st.binary(max_size=40), st.none() | st.binary(min_size=32, max_size=32))
def test_what_a_proof_carries_besides_reads_back(line, body, salt):
    assert Extra.decode(Extra(line, body, salt).encode()) == Extra(line, body, salt)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        (b"null", "not the texts"),
        (b'{"line":""}', "not the texts"),
        (b'{"body":"","line":"","more":""}', "not the texts"),
        (b'{"body":"","line":1}', "not the texts"),
        (b'{"body":"!","line":""}', "body is not base64"),
        (b'{"body":"\xc3\xa9","line":""}', "body is not base64"),
        (b'{"body":"","line":"","salt":"AAAA"}', "salt has not 32 bytes"),
        (b'{"line":"","body":""}', "one spelling"),
        (b'{"body": "","line":""}', "one spelling"),
        (b'{"body":"","body":"","line":""}', "one spelling"),
        ('{"body":"","line":""}'.encode("utf-16"), "one spelling"),
    ],
)
def test_what_is_no_extra_data_of_ours_is_refused_with_its_reason(raw, told):
    with pytest.raises(Unreadable, match=told):
        Extra.decode(raw)
