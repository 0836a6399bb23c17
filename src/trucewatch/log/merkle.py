"""The Merkle tree of RFC 6962, section 2.1 (and RFC 9162), over the log's lines. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from trucewatch.base.errors import VerificationError

_HASH_BYTES = 32


def leaf(line: bytes) -> bytes:
    """Hash of one line: SHA-256(0x00, line)."""
    return hashlib.sha256(b"\x00" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees: SHA-256(0x01, left, right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Leaf hashes -> tree head.

    >>> root([]).hex()[:8], root([leaf(b"")]).hex()[:8]
    ('e3b0c442', '6e340b9c')
    """
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        pairs = [node(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of one leaf, from the leaf up (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path(leaves[:split], index), root(leaves[split:])]
    return [*path(leaves[split:], index - split), root(leaves[:split])]


def climb(start: bytes, index: int, size: int, way: Sequence[bytes]) -> bytes:
    """Leaf hash, its index, the tree's size, the audit path -> the head that they lead to (RFC 9162, 2.1.3.2).

    Raises VerificationError where the path cannot belong to that index and size.
    """
    if not 0 <= index < size:
        raise VerificationError(f"there is no leaf {index} in a tree of {size}")
    if any(len(part) != _HASH_BYTES for part in (start, *way)):
        raise VerificationError(f"a hash in the path has not {_HASH_BYTES} bytes")
    place, last, at = index, size - 1, start
    for step in way:
        if last == 0:
            raise VerificationError("the path is longer than the tree is high")
        if place & 1 or place == last:
            at = node(step, at)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            at = node(at, step)
        place, last = place >> 1, last >> 1
    if last:
        raise VerificationError("the path is shorter than the tree is high")
    return at
