"""The tree of RFC 6962: against a slow twin written from the RFC, and against vectors made by others."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logkit import DATA

from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle

VECTORS = DATA / "merkle_vectors" / "inclusion"

LINES = st.lists(st.binary(max_size=8), max_size=40)


def slow_head(lines: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word: k is the largest power of two smaller than n."""
    if not lines:
        return hashlib.sha256(b"").digest()
    if len(lines) == 1:
        return hashlib.sha256(b"\x00" + lines[0]).digest()
    k = 1
    while k * 2 < len(lines):
        k *= 2
    return hashlib.sha256(b"\x01" + slow_head(lines[:k]) + slow_head(lines[k:])).digest()


def slow_path(m: int, lines: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, word for word."""
    if len(lines) == 1:
        return []
    k = 1
    while k * 2 < len(lines):
        k *= 2
    if m < k:
        return slow_path(m, lines[:k]) + [slow_head(lines[k:])]
    return slow_path(m - k, lines[k:]) + [slow_head(lines[:k])]


def leaves(lines: list[bytes]) -> list[bytes]:
    return [merkle.leaf(line) for line in lines]


def tree(lines: list[bytes]) -> merkle.Subtree:
    return merkle.in_memory(leaves(lines))


@given(LINES)
def test_the_head_is_the_one_that_the_rfc_defines(lines):
    assert merkle.root(leaves(lines)) == slow_head(lines)


@pytest.mark.parametrize("size", range(1, 70))
def test_every_path_of_every_small_tree_is_the_one_that_the_rfc_defines_and_leads_to_the_head(size):
    lines = [bytes([n]) for n in range(size)]
    for index in range(size):
        way = merkle.path(tree(lines), index, len(lines))
        assert way == slow_path(index, lines)
        assert merkle.climb(merkle.leaf(lines[index]), index, size, way) == slow_head(lines)


@given(LINES.filter(bool), st.data())
def test_a_path_with_one_bit_flipped_does_not_lead_to_the_head(lines, data):
    index = data.draw(st.integers(0, len(lines) - 1))
    way = merkle.path(tree(lines), index, len(lines))
    parts = [merkle.leaf(lines[index]), *way]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[which] = (int.from_bytes(parts[which]) ^ (1 << bit)).to_bytes(32)
    assert merkle.climb(parts[0], index, len(lines), parts[1:]) != slow_head(lines)


@given(st.binary(max_size=40), st.integers(-2, 99), st.integers(-2, 99), st.lists(st.binary(max_size=40), max_size=9))
def test_whatever_is_climbed_gives_a_hash_or_a_verification_error(start, index, size, way):
    with contextlib.suppress(VerificationError):
        assert len(merkle.climb(start, index, size, way)) == 32


def test_a_path_too_long_or_too_short_or_for_no_leaf_is_named():
    lines = [bytes([n]) for n in range(5)]
    way = merkle.path(tree(lines), 2, 5)
    with pytest.raises(VerificationError, match="longer"):
        merkle.climb(merkle.leaf(lines[2]), 2, 5, [*way, bytes(32)])
    with pytest.raises(VerificationError, match="shorter"):
        merkle.climb(merkle.leaf(lines[2]), 2, 5, way[:-1])
    with pytest.raises(VerificationError, match="no leaf 5"):
        merkle.climb(merkle.leaf(lines[2]), 5, 5, way)
    with pytest.raises(VerificationError, match="no leaf -1"):
        merkle.climb(merkle.leaf(lines[2]), -1, 5, way)
    with pytest.raises(IndexError):
        merkle.path(tree(lines), 5, 5)


def test_a_hash_that_is_not_a_hash_is_refused_before_it_is_climbed():
    # Found by the vectors: an empty leaf "led" to an empty root in a tree of one.
    with pytest.raises(VerificationError, match="32 bytes"):
        merkle.climb(b"", 0, 1, [])
    with pytest.raises(VerificationError, match="32 bytes"):
        merkle.climb(bytes(32), 0, 2, [bytes(31)])


def test_a_line_cannot_be_passed_off_as_a_subtree():
    left, right = merkle.leaf(b"a"), merkle.leaf(b"b")
    assert merkle.leaf(left + right) != merkle.node(left, right)


def vectors() -> list[object]:
    return [pytest.param(at, id=at.relative_to(VECTORS).as_posix()) for at in sorted(VECTORS.rglob("*.json"))]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the inclusion vectors are not here: set TRUCEWATCH_DATA")
@pytest.mark.parametrize("at", vectors())
def test_a_vector_made_by_others_is_judged_as_they_say(at):
    said = json.loads(at.read_text())
    start, root = (base64.b64decode(said[name]) for name in ("leafHash", "root"))
    way = [base64.b64decode(step or "") for step in said["proof"] or []]
    try:
        holds = merkle.climb(start, said["leafIdx"], said["treeSize"], way) == root
    except VerificationError:
        holds = False
    assert holds is not said["wantErr"]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the inclusion vectors are not here: set TRUCEWATCH_DATA")
def test_there_are_vectors_that_hold_and_many_that_must_not():
    wants = [json.loads(at.read_text())["wantErr"] for at in VECTORS.rglob("*.json")]
    assert wants.count(False) >= 5 and wants.count(True) >= 50
