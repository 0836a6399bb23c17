"""The Merkle tree of RFC 6962, section 2.1 (and RFC 9162), over the log's lines. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

from trucewatch.base.errors import VerificationError

HASH_BYTES = 32
MOST_STEPS = 63
"""So many hashes has a consistency proof at most, in trees of a 63-bit size; C2SP tlog-witness says so too."""

Subtree = Callable[[int, int], bytes]
"""(level, index) -> the hash of the whole subtree over leaves index * 2**level up to (index + 1) * 2**level."""


def leaf(line: bytes) -> bytes:
    """Hash of one line: SHA-256(0x00, line)."""
    return hashlib.sha256(b"\x00" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees: SHA-256(0x01, left, right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def empty() -> bytes:
    """The head of a tree without leaves: SHA-256 of nothing."""
    return hashlib.sha256().digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Leaf hashes -> tree head.

    >>> root([]).hex()[:8], root([leaf(b"")]).hex()[:8]
    ('e3b0c442', '6e340b9c')
    """
    if not leaves:
        return empty()
    level = list(leaves)
    while len(level) > 1:
        pairs = [node(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def in_memory(leaves: Sequence[bytes]) -> Subtree:
    """Leaf hashes -> their whole subtrees, each made once: O(n) at the start, O(1) after."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


# A range of leaves that begins where a power of two does is hashed as RFC 6962 hashes a list: the largest whole
# subtree that is smaller than it on the left, the rest on the right.


def hash_of(subtree: Subtree, start: int, end: int) -> bytes:
    """The hash over leaves [start, end), as RFC 6962 hashes a list of them; O(log n) whole subtrees are asked for.

    >>> leaves = [leaf(bytes([n])) for n in range(7)]
    >>> hash_of(in_memory(leaves), 0, 7) == root(leaves)
    True
    """
    if start == end:
        return empty()
    at = None
    for level, index in reversed(_whole(start, end)):
        part = subtree(level, index)
        at = part if at is None else node(part, at)
    assert at is not None
    return at


def _whole(start: int, end: int) -> list[tuple[int, int]]:
    """[start, end) as whole subtrees, the largest first; `start` is a multiple of each of their widths."""
    if start % (1 << (end - start).bit_length() - 1):
        raise ValueError(f"leaves {start} to {end} are not whole subtrees, the largest first")
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def path(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """The audit path of one leaf in a tree of `size`, from the leaf up (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    way, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            way.append(hash_of(subtree, middle, end))
            end = middle
        else:
            way.append(hash_of(subtree, start, middle))
            start = middle
    return way[::-1]


def consistency(subtree: Subtree, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves extends that of its first `old` (RFC 6962, 2.1.2). Nothing where old
    is 0 or new."""
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} does not extend one of {old}")
    if old in (0, new):
        return []
    way, start, end, known = [], 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            way.append(hash_of(subtree, middle, end))
            end = middle
        else:
            way.append(hash_of(subtree, start, middle))
            start, known = middle, False
    if not known:
        way.append(hash_of(subtree, start, end))
    return way[::-1]


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << (width - 1).bit_length() - 1


def climb(start: bytes, index: int, size: int, way: Sequence[bytes]) -> bytes:
    """Leaf hash, its index, the tree's size, the audit path -> the head that they lead to (RFC 9162, 2.1.3.2).

    Raises VerificationError where the path cannot belong to that index and size.
    """
    if not 0 <= index < size:
        raise VerificationError(f"there is no leaf {index} in a tree of {size}")
    _all_hashes((start, *way))
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


def extends(old: int, old_root: bytes, new: int, new_root: bytes, way: Sequence[bytes]) -> None:
    """Check that the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2). VerificationError where not.

    An old size of 0 is refused: every tree extends the empty one, so a proof of it shows nothing.
    """
    if not 0 < old <= new:
        raise VerificationError(f"a tree of {new} cannot be shown to extend one of {old}")
    if old == new:
        if way:
            raise VerificationError("a proof between heads of one size is empty, this one is not")
        if not hmac.compare_digest(old_root, new_root):
            raise VerificationError(f"two different roots for the same size {old}")
        return
    _all_hashes((old_root, new_root, *way))
    was, now = both_roots(old, new, way, old_root)
    if not hmac.compare_digest(was, old_root):
        raise VerificationError(f"the proof does not lead to the root of the first {old}")
    if not hmac.compare_digest(now, new_root):
        raise VerificationError(f"the proof does not lead to the root of the {new}")


def both_roots(old: int, new: int, way: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The roots of the first `old` and of all `new` leaves that a consistency proof leads to.

    Where `old` is a power of two the proof does not name its root; it is `old_root`, and only the second says anything.
    """
    if not 0 < old < new:
        raise VerificationError(f"no proof leads from a tree of {old} to one of {new}")
    steps = list(way)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise VerificationError("the proof is shorter than the tree is high")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise VerificationError("the proof is longer than the tree is high")
        if place & 1 or place == last:
            was, now = node(step, was), node(step, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node(now, step)
        place, last = place >> 1, last >> 1
    if last:
        raise VerificationError("the proof is shorter than the tree is high")
    return was, now


def _all_hashes(parts: Sequence[bytes]) -> None:
    if any(len(part) != HASH_BYTES for part in parts):
        raise VerificationError(f"a hash has not {HASH_BYTES} bytes")
