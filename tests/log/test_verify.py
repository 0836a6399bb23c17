"""Evidence holds, or the first step that failed is named. One bad case for each known attack."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trucewatch.base.errors import VerificationError
from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.verify import verify_body, verify_capture, verify_lines

WHEN = datetime(2026, 1, 2, tzinfo=UTC)
BODIES = [f"body {n}".encode() for n in range(7)]
LINES = [Entry("observations", sha256(body), WHEN, "trucewatch").encode() for body in BODIES]
LEAVES = [merkle.leaf(line) for line in LINES]
HEAD = Head("example.org/log", len(LINES), merkle.root(LEAVES))
TREE = merkle.in_memory(LEAVES)
WAY = merkle.path(TREE, 3, len(LINES))


def test_an_honest_log_is_read():
    assert [entry.body_hash for entry in verify_lines(LINES, HEAD)] == [sha256(body) for body in BODIES]


@pytest.mark.parametrize("index", range(len(LINES)))
def test_an_honest_body_is_believed(index):
    way = merkle.path(TREE, index, len(LINES))
    assert verify_body(BODIES[index], LINES[index], index, way, HEAD).body_hash == sha256(BODIES[index])


def test_a_forged_body_is_named_as_such():
    with pytest.raises(VerificationError, match=r"^\(2\) line 3 commits to other bytes"):
        verify_body(b"body III", LINES[3], 3, WAY, HEAD)


def test_a_line_whose_digest_was_swapped_for_the_forged_bodys_is_not_in_the_tree():
    forged = Entry("observations", sha256(b"body III"), WHEN, "trucewatch").encode()
    with pytest.raises(VerificationError, match=r"^\(1\) line 3 is not in the tree of 7 at example\.org/log"):
        verify_body(b"body III", forged, 3, WAY, HEAD)


def test_an_honest_line_shown_for_another_body_of_the_log_is_refused():
    with pytest.raises(VerificationError, match=r"^\(2\)"):
        verify_body(BODIES[4], LINES[3], 3, WAY, HEAD)


def test_an_honest_path_shown_for_another_index_or_size_is_refused():
    with pytest.raises(VerificationError, match=r"^\(1\)"):
        verify_body(BODIES[3], LINES[3], 2, WAY, HEAD)
    with pytest.raises(VerificationError, match=r"^\(1\)"):
        verify_body(BODIES[3], LINES[3], 3, WAY, replace(HEAD, size=2))
    with pytest.raises(VerificationError, match=r"^\(1\)"):
        verify_body(BODIES[3], LINES[3], 3, WAY[:-1], HEAD)


def test_a_committed_line_that_is_no_entry_is_refused_and_its_step_named():
    lines = [b"hello"]
    head = Head("a", 1, merkle.root([merkle.leaf(b"hello")]))
    with pytest.raises(VerificationError, match=r"^\(3\) line 0: the line is not JSON"):
        verify_lines(lines, head)
    with pytest.raises(VerificationError, match=r"^\(2\) line 0: the line is not JSON"):
        verify_body(b"", b"hello", 0, [], head)


def test_a_line_more_or_less_or_in_another_place_is_refused():
    with pytest.raises(VerificationError, match=r"^\(1\) the head is of 7 lines, there are 6"):
        verify_lines(LINES[:-1], HEAD)
    with pytest.raises(VerificationError, match=r"^\(1\) the head is of 7 lines, there are 8"):
        verify_lines([*LINES, LINES[0]], HEAD)
    with pytest.raises(VerificationError, match=r"^\(2\)"):
        verify_lines([LINES[1], LINES[0], *LINES[2:]], HEAD)


def test_a_head_of_a_shorter_log_does_not_vouch_for_the_longer_one():
    short = Head("example.org/log", 6, merkle.root(LEAVES[:6]))
    assert len(verify_lines(LINES[:6], short)) == 6
    with pytest.raises(VerificationError, match=r"^\(1\)"):
        verify_lines(LINES, short)


@given(st.integers(0, len(LINES) - 1), st.data())
def test_one_flipped_bit_anywhere_in_the_evidence_is_noticed_and_its_step_is_named(index, data):
    parts = [BODIES[index], LINES[index], HEAD.root, *merkle.path(TREE, index, len(LINES))]
    which = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, len(parts[which]) * 8 - 1))
    parts[which] = (int.from_bytes(parts[which]) ^ (1 << bit)).to_bytes(len(parts[which]))
    body, line, root, *way = parts
    with pytest.raises(VerificationError) as wrong:
        verify_body(body, line, index, way, replace(HEAD, root=root))
    assert re.match(r"\([12]\) ", str(wrong.value))


@given(st.binary(max_size=80), st.binary(max_size=80), st.integers(-3, 9), st.lists(st.binary(max_size=33), max_size=4))
def test_whatever_is_shown_as_evidence_nothing_but_a_verification_error_comes_of_it(body, line, index, way):
    with pytest.raises(VerificationError):
        verify_body(body, line, index, way, HEAD)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.data())
def test_a_capture_opens_with_its_own_salt_and_bytes_only(salt, raw, data):
    name = commitment(salt, raw)
    verify_capture(name, salt, raw)
    both = salt + raw
    bit = data.draw(st.integers(0, len(both) * 8 - 1))
    forged = (int.from_bytes(both) ^ (1 << bit)).to_bytes(len(both))
    with pytest.raises(VerificationError):
        verify_capture(name, forged[:32], forged[32:])


def test_salt_and_bytes_cannot_be_shifted_against_each_other():
    salt = bytes(range(32))
    name = commitment(salt, b"abc")
    with pytest.raises(VerificationError):
        verify_capture(name, salt + b"a", b"bc")
    with pytest.raises(VerificationError):
        verify_capture(name, salt[:31], salt[31:] + b"abc")


@given(st.text(max_size=70))
def test_a_name_that_is_no_hash_is_refused_like_any_other(name):
    # Found by fuzzing: comparing text that is not ASCII raised a TypeError.
    with pytest.raises(VerificationError):
        verify_capture(name, bytes(32), b"")
