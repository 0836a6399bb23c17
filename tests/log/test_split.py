"""Two histories under one name: found from any two copies, written down, and checked by someone who trusts nobody."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logkit import LEAVES, LINES, LOG, OTHER_LOG, TREE, head_of, signed_head

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log import merkle
from trucewatch.log.checkpoint import checkpoint
from trucewatch.log.note import Note
from trucewatch.log.split import FORMAT, Split, find, verify_split

KEYS = [LOG.vkey]
FORK = [*LINES[:2], b"another", *LINES[3:]]
FORK_TREE = merkle.in_memory([merkle.leaf(line) for line in FORK])


def found(old: int, new: int) -> Split:
    """The log shown with `old` entries to one, and forked, with `new`, to another."""
    newer = signed_head(head_of(FORK[:new]))
    split = find(signed_head(head_of(LINES[:old])), newer, KEYS, {newer: FORK_TREE})
    assert split is not None
    return split


@pytest.mark.parametrize(("old", "new"), [(old, new) for new in range(3, 8) for old in range(3, new + 1)])
def test_every_fork_is_found_whichever_copy_comes_first_and_anyone_can_check_it(old, new):
    one, other = signed_head(head_of(LINES[:old])), signed_head(head_of(FORK[:new]))
    trees = {other: FORK_TREE}
    split = find(one, other, KEYS, trees)
    assert split == find(other, one, KEYS, trees)
    older, newer = verify_split(split.encode(), KEYS)
    assert (older.size, newer.size) == (old, new)
    assert {older, newer} == {head_of(LINES[:old]), head_of(FORK[:new])}


@given(st.integers(0, 7), st.integers(0, 7))
def test_of_an_honest_log_no_two_heads_make_a_split_and_no_proof_of_one_holds(one, other):
    old, new = sorted((one, other))
    first, last = signed_head(head_of(LINES[:old])), signed_head(head_of(LINES[:new]))
    assert find(first, last, KEYS, {first: TREE, last: TREE}) is None
    if old > 0:
        claimed = Split(first, last, head_of(LINES[:old]).root, tuple(merkle.consistency(TREE, old, new)))
        with pytest.raises(VerificationError, match=r"^\(4\) the newer checkpoint extends the older one"):
            verify_split(claimed.encode(), KEYS)


def test_before_the_fork_there_is_none():
    older, newer = signed_head(head_of(LINES[:2])), signed_head(head_of(FORK))
    assert find(older, newer, KEYS, {newer: FORK_TREE}) is None


def test_what_is_asked_of_the_wrong_tree_or_of_none_is_said():
    older, newer = signed_head(head_of(LINES[:4])), signed_head(head_of(FORK))
    with pytest.raises(VerificationError, match="entries at hand are not those of the checkpoint of 7"):
        find(older, newer, KEYS, {newer: TREE})
    with pytest.raises(KeyError):
        find(older, newer, KEYS, {older: TREE})
    other = signed_head(head_of(FORK, OTHER_LOG.name))
    with pytest.raises(VerificationError, match="of two logs"):
        find(older, other, [*KEYS, OTHER_LOG.vkey], {other: FORK_TREE})
    with pytest.raises(VerificationError, match="no known key"):
        find(older, other, KEYS, {other: FORK_TREE})


SPLIT = found(5, 7)


@pytest.mark.parametrize(
    ("split", "told"),
    [
        (replace(SPLIT, older=b"no note"), r"^\(2\) the older checkpoint: the note has no blank line"),
        (replace(SPLIT, newer=signed_head(head_of(FORK, OTHER_LOG.name))), r"^\(2\) the newer checkpoint: no known key"),
        (replace(SPLIT, older=signed_head(head_of(LINES[:4]))), r"^\(3\) "),
        (replace(SPLIT, root=bytes(32)), r"^\(3\) the proof does not lead to the root of the first 5"),
        (replace(SPLIT, root=b"short"), r"^\(3\) a hash has not 32 bytes"),
        (replace(SPLIT, way=SPLIT.way[:-1]), r"^\(3\) the proof is shorter"),
        (replace(SPLIT, way=(*SPLIT.way, bytes(32))), r"^\(3\) the proof is longer"),
        (replace(SPLIT, older=SPLIT.newer, newer=SPLIT.older), r"^\(3\) a tree of 5 cannot be shown to extend one of 7"),
        (replace(SPLIT, older=signed_head(head_of([]))), r"^\(3\) a tree of 7 cannot be shown to extend one of 0"),
        (replace(found(7, 7), root=bytes(32)), r"^\(3\) two different roots"),
        (Split(SPLIT.older, signed_head(head_of(LINES)), head_of(LINES[:5]).root, tuple(merkle.consistency(TREE, 5, 7))),
         r"^\(4\) the newer checkpoint extends the older one"),
    ],
)  # fmt: skip
def test_a_proof_that_shows_nothing_is_refused_and_the_step_is_named(split, told):
    verify_split(SPLIT.encode(), KEYS)
    with pytest.raises(VerificationError, match=told):
        verify_split(split.encode(), KEYS)


def test_heads_of_two_logs_are_no_split_view():
    mixed = replace(SPLIT, older=signed_head(head_of(LINES[:5], OTHER_LOG.name)))
    with pytest.raises(VerificationError, match=r"^\(2\) the checkpoints are of two logs"):
        verify_split(mixed.encode(), [*KEYS, OTHER_LOG.vkey])


def test_nobody_but_the_log_can_make_one():
    forged = checkpoint(head_of(FORK, OTHER_LOG.name), OTHER_LOG)
    text = head_of(FORK).encode()
    with pytest.raises(VerificationError, match=r"^\(2\) the newer checkpoint: "):
        verify_split(replace(SPLIT, newer=Note(text, forged.signatures).encode()).encode(), KEYS)
    borrowed = Note(text, Note.decode(SPLIT.older).signatures).encode()
    with pytest.raises(VerificationError, match=r"^\(2\) the newer checkpoint: .* does not verify"):
        verify_split(replace(SPLIT, newer=borrowed).encode(), KEYS)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda said: [], "not of the form"),
        (lambda said: said | {"format": "trucewatch/split-view@v2"}, "not of the form " + FORMAT),
        (lambda said: said | {"more": ""}, "not of the form"),
        (lambda said: {k: said[k] for k in said if k != "root"}, "not of the form"),
        (lambda said: said | {"older": 1}, "not text"),
        (lambda said: said | {"proof": "AAAA"}, "not text"),
        (lambda said: said | {"proof": [None]}, "not text"),
        (lambda said: said | {"older": "\ud800"}, "not Unicode"),
        (lambda said: said | {"root": "!"}, "the root is not base64"),
        (lambda said: said | {"proof": ["!"]}, "a hash of the proof is not base64"),
        (lambda said: dict(reversed(said.items())), "one spelling"),
    ],
)
def test_what_is_no_proof_of_a_split_is_refused_with_its_reason(change, told):
    raw = json.dumps(change(json.loads(SPLIT.encode())), separators=(",", ":")).encode() + b"\n"
    with pytest.raises(Unreadable, match=told):
        Split.decode(raw)
    for broken in (b"", b"{", b"[" * 100_000, b"\xff"):
        with pytest.raises(Unreadable, match="not JSON"):
            Split.decode(broken)


def test_a_proof_reads_back_as_it_was_written():
    assert Split.decode(SPLIT.encode()) == SPLIT
    assert len(LEAVES) == 7
