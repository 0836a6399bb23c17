"""One tree begins with the other: against the recursive definition of RFC 6962, and against vectors made by others."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logkit import DATA, swapped

from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle

VECTORS = DATA / "merkle_vectors" / "consistency"
MOST = 64
LINES = [bytes([n]) for n in range(MOST)]
TREE = merkle.in_memory([merkle.leaf(line) for line in LINES])


def slow_head(lines: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if len(lines) < 2:
        return hashlib.sha256(b"\x00" + lines[0]).digest() if lines else hashlib.sha256(b"").digest()
    k = half(len(lines))
    return hashlib.sha256(b"\x01" + slow_head(lines[:k]) + slow_head(lines[k:])).digest()


def half(n: int) -> int:
    """k of the RFC: the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def slow_subproof(m: int, lines: list[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2, word for word."""
    n = len(lines)
    if m == n:
        return [] if known else [slow_head(lines)]
    k = half(n)
    if m <= k:
        return slow_subproof(m, lines[:k], known) + [slow_head(lines[k:])]
    return slow_subproof(m - k, lines[k:], False) + [slow_head(lines[:k])]


@pytest.mark.parametrize("new", range(1, MOST + 1))
def test_every_proof_of_every_small_tree_is_the_one_that_the_rfc_defines_and_holds(new):
    for old in range(1, new + 1):
        way = merkle.consistency(TREE, old, new)
        assert way == slow_subproof(old, LINES[:new], True)
        first, last = slow_head(LINES[:old]), slow_head(LINES[:new])
        merkle.extends(old, first, new, last, way)
        if old < new:
            assert merkle.both_roots(old, new, way, first) == (first, last)


@pytest.mark.parametrize("new", range(MOST + 1))
def test_the_hash_of_the_first_leaves_and_of_every_range_that_a_proof_names_is_that_of_the_rfc(new):
    assert merkle.hash_of(TREE, 0, new) == slow_head(LINES[:new])
    width = 1
    while width <= new:
        for start in range(0, new, width):
            end = min(start + width, new)
            assert merkle.hash_of(TREE, start, end) == slow_head(LINES[start:end])
        width *= 2


def test_a_range_that_is_not_one_of_whole_subtrees_is_refused_and_not_hashed_as_another():
    # Found by reading: leaves 1 and 2 were hashed as leaves 0 and 1.
    with pytest.raises(ValueError, match="leaves 1 to 3 are not whole subtrees"):
        merkle.hash_of(TREE, 1, 3)


@pytest.mark.parametrize("new", [2, 3, 5, 8, 13, 33, 64])
def test_no_proof_of_one_pair_of_sizes_holds_for_another(new):
    roots = [slow_head(LINES[:size]) for size in range(new + 1)]
    for old in range(1, new):
        way = merkle.consistency(TREE, old, new)
        for told_old in range(1, new):
            for told_new in {new, max(told_old, new - 1)}:
                if (told_old, told_new) == (old, new):
                    continue
                if told_old == told_new and not way:
                    continue
                with pytest.raises(VerificationError):
                    merkle.extends(told_old, roots[told_old], told_new, roots[told_new], way)


@given(st.integers(1, MOST), st.integers(1, MOST), st.data())
def test_a_proof_with_one_bit_flipped_anywhere_is_refused(one, other, data):
    old, new = sorted((one, other))
    parts = [slow_head(LINES[:old]), slow_head(LINES[:new]), *merkle.consistency(TREE, old, new)]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[which] = swapped(parts[which], bit)
    with pytest.raises(VerificationError):
        merkle.extends(old, parts[0], new, parts[1], parts[2:])


@given(st.integers(1, MOST), st.integers(1, MOST), st.data())
def test_a_tree_that_changed_one_of_its_first_leaves_does_not_extend_the_old_one(one, other, data):
    old, new = sorted((one, other))
    where = data.draw(st.integers(0, old - 1))
    lines = [*LINES[:where], b"another", *LINES[where + 1 : new]]
    forged = merkle.in_memory([merkle.leaf(line) for line in lines])
    for tree in (forged, TREE):
        with pytest.raises(VerificationError):
            merkle.extends(old, slow_head(LINES[:old]), new, slow_head(lines), merkle.consistency(tree, old, new))


HASHES = st.binary(min_size=32, max_size=32)


@given(st.integers(-2, 99), HASHES, st.integers(-2, 99), HASHES, st.lists(st.binary(max_size=33) | HASHES, max_size=9))
def test_whatever_is_shown_as_proof_nothing_but_a_verification_error_comes_of_it(old, old_root, new, new_root, way):
    with contextlib.suppress(VerificationError):
        merkle.extends(old, old_root, new, new_root, way)
        assert old == new and old_root == new_root


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a | {"way": [*a["way"], bytes(32)]}, "longer than the tree is high"),
        (lambda a: a | {"way": a["way"][:-1]}, "shorter than the tree is high"),
        (lambda a: a | {"way": []}, "shorter than the tree is high"),
        (lambda a: a | {"way": [b"short", *a["way"][1:]]}, "32 bytes"),
        (lambda a: a | {"old_root": b""}, "32 bytes"),
        (lambda a: a | {"old_root": bytes(32)}, "root of the first 3"),
        (lambda a: a | {"new_root": bytes(32)}, "root of the 7"),
        (lambda a: a | {"old": 0}, "a tree of 7 cannot be shown to extend one of 0"),
        (lambda a: a | {"old": 8}, "a tree of 7 cannot be shown to extend one of 8"),
        (lambda a: a | {"old": 7}, "between heads of one size is empty"),
        (lambda a: a | {"old": 7, "way": []}, "two different roots for the same size 7"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_proof_is_said(change, told):
    good = {"old": 3, "old_root": slow_head(LINES[:3]), "new": 7, "new_root": slow_head(LINES[:7]),
            "way": merkle.consistency(TREE, 3, 7)}  # fmt: skip
    merkle.extends(**good)
    with pytest.raises(VerificationError, match=told):
        merkle.extends(**change(good))


def test_of_trees_that_are_no_trees_of_each_other_no_proof_is_made():
    assert merkle.consistency(TREE, 0, 5) == merkle.consistency(TREE, 5, 5) == []
    for old, new in ((-1, 5), (6, 5)):
        with pytest.raises(IndexError):
            merkle.consistency(TREE, old, new)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (-1, 5), (5, 5), (6, 5)])
def test_roots_of_trees_that_no_proof_is_between_are_refused_and_not_looked_for_without_end(old, new):
    # Found by planting a fault: from a tree of 0 the search for its last leaf never ended.
    with pytest.raises(VerificationError, match="no proof leads from"):
        merkle.both_roots(old, new, [bytes(32)], bytes(32))


def vectors() -> list[object]:
    return [pytest.param(at, id=at.relative_to(VECTORS).as_posix()) for at in sorted(VECTORS.rglob("*.json"))]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the consistency vectors are not here: set TRUCEWATCH_DATA")
@pytest.mark.parametrize("at", vectors())
def test_a_consistency_vector_made_by_others_is_judged_as_they_say(at):
    said = json.loads(at.read_text())
    first, last = (base64.b64decode(said[name] or "") for name in ("root1", "root2"))
    way = [base64.b64decode(step or "") for step in said["proof"] or []]
    try:
        merkle.extends(said["size1"], first, said["size2"], last, way)
        holds = True
    except VerificationError:
        holds = False
    assert holds is not said["wantErr"]


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the consistency vectors are not here: set TRUCEWATCH_DATA")
def test_all_ninety_eight_consistency_vectors_are_here():
    wants = [json.loads(at.read_text())["wantErr"] for at in VECTORS.rglob("*.json")]
    assert len(wants) == 98 and wants.count(False) >= 5
