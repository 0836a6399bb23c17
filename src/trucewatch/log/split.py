"""A split view: two heads, signed by one log, of which neither extends the other. Found, written down, checked. Pure.

The proof names both signed checkpoints, and shows, by a consistency proof inside the newer one's own tree, what the
root of its first entries is: not what the log signed for that size. It needs no trust in whoever made it.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import opened
from trucewatch.log.note import VKey, unbase64

FORMAT = "trucewatch/split-view@v1"
_FIELDS = {"format", "newer", "older", "proof", "root"}


@dataclass(frozen=True)
class Split:
    """older, newer: signed checkpoints as they are; root: that of the newer tree's first entries, as many as the older
    has; way: the consistency proof from that root to the newer one."""

    older: bytes
    newer: bytes
    root: bytes
    way: tuple[bytes, ...]

    def encode(self) -> bytes:
        """-> canonical JSON."""
        told = {
            "format": FORMAT, "older": self.older.decode(), "newer": self.newer.decode(),
            "root": base64.b64encode(self.root).decode(), "proof": [base64.b64encode(p).decode() for p in self.way],
        }  # fmt: skip
        return canonical(told) + b"\n"

    @staticmethod
    def decode(raw: bytes) -> Split:
        """Bytes -> the proof. Unreadable only."""
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            raise Unreadable("the proof of a split view is not JSON") from None
        if not isinstance(said, dict) or set(said) != _FIELDS or said["format"] != FORMAT:
            raise Unreadable(f"the proof of a split view is not of the form {FORMAT}")
        texts, way = [said[name] for name in ("older", "newer", "root")], said["proof"]
        if not isinstance(way, list) or not all(isinstance(part, str) for part in (*texts, *way)):
            raise Unreadable("the proof of a split view holds something that is not text")
        try:
            older, newer = (text.encode() for text in texts[:2])
        except UnicodeEncodeError:
            raise Unreadable("the proof of a split view is not Unicode") from None
        split = Split(
            older, newer, unbase64(said["root"], "the root"), tuple(unbase64(p, "a hash of the proof") for p in way)
        )
        if split.encode() != raw:
            raise Unreadable("the proof of a split view is not in its one spelling")
        return split


def find(one: bytes, other: bytes, keys: Sequence[VKey], trees: dict[bytes, merkle.Subtree]) -> Split | None:
    """Two signed checkpoints of one log -> the proof that they contradict each other; None where one extends the other.

    trees: a checkpoint's bytes -> the tree that was built from its entries; only the newer one's is needed, and only
    where sizes differ. KeyError where it is not there. VerificationError where a checkpoint is not the log's.
    """
    (older, first), (newer, second) = sorted(
        ((raw, opened(raw, keys)) for raw in (one, other)), key=lambda pair: (pair[1].size, pair[0])
    )
    if first.origin != second.origin:
        raise VerificationError(f"the checkpoints are of two logs, {first.origin!r} and {second.origin!r}")
    if first.size == second.size:
        return None if hmac.compare_digest(first.root, second.root) else Split(older, newer, second.root, ())
    if first.size == 0:
        return None
    tree = trees[newer]
    if not hmac.compare_digest(merkle.hash_of(tree, 0, second.size), second.root):
        raise VerificationError(f"the entries at hand are not those of the checkpoint of {second.size}")
    held, way = merkle.hash_of(tree, 0, first.size), merkle.consistency(tree, first.size, second.size)
    # Tiles of one level may lie about those of another: what they say of the first entries holds where it is proved.
    try:
        merkle.extends(first.size, held, second.size, second.root, way)
    except VerificationError as wrong:
        raise VerificationError(f"the entries at hand contradict each other: {wrong}") from None
    if hmac.compare_digest(held, first.root):
        return None
    return Split(older, newer, held, tuple(way))


def verify_split(raw: bytes, keys: Sequence[VKey]) -> tuple[Head, Head]:
    """Check a proof of a split view -> the two heads that one log signed. VerificationError where it shows nothing."""
    # (1) it can be read
    split = Split.decode(raw)

    # (2) both heads are signed by a key of the log, under one name
    heads = []
    for name, note in (("older", split.older), ("newer", split.newer)):
        try:
            heads.append(opened(note, keys))
        except VerificationError as wrong:
            raise VerificationError(f"(2) the {name} checkpoint: {wrong}") from None
    older, newer = heads
    if older.origin != newer.origin:
        raise VerificationError(f"(2) the checkpoints are of two logs, {older.origin!r} and {newer.origin!r}")

    # (3) the newer one's tree has that root for its first entries
    try:
        merkle.extends(older.size, split.root, newer.size, newer.root, split.way)
    except VerificationError as wrong:
        raise VerificationError(f"(3) {wrong}") from None

    # (4) and the log signed another
    if hmac.compare_digest(split.root, older.root):
        raise VerificationError("(4) the newer checkpoint extends the older one: there is no split view here")
    return older, newer
