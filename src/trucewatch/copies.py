"""Floor 4: do two copies of one log show one history? If they do not, the proof, for anyone to check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from trucewatch.base.errors import InputError, TrucewatchError, VerificationError
from trucewatch.log import merkle, split, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import opened
from trucewatch.log.note import Note, VKey

_MOST_SHOWN = 300
"""Characters of an entry that are shown: a line of ours has fewer, anybody's copy may hold longer ones."""


@dataclass(frozen=True)
class Copy:
    """What somebody holds of a log: its signed checkpoints, and perhaps its files, which reach to `size`.

    head: what the copy itself says it is, signed or not.
    """

    name: str
    head: Head
    checkpoints: tuple[bytes, ...] = ()
    files: tiles.Files | None = None
    size: int = 0


@dataclass(frozen=True)
class Compared:
    """one_history: None where what is at hand cannot tell; split: the proof, where the log signed both."""

    one_history: bool | None
    says: str
    split: split.Split | None = field(default=None)


def compare(one: Copy, other: Copy, keys: Sequence[VKey]) -> Compared:
    """Two copies -> whether one extends the other. With signed checkpoints and different histories: a proof.

    Only signatures of `keys` make a proof; copies without any are compared all the same. InputError where the copies
    are of two logs, or files of one are gone or are none; VerificationError where a checkpoint is not signed by the
    log, or the files of a copy do not lead to its own head.
    """
    # (1) of one log
    if one.head.origin != other.head.origin:
        raise InputError(
            f"{one.name} is of the log {one.head.origin}, {other.name} of {other.head.origin}",
            expected="two copies of one log",
        )

    # (2) every signed head against every other, inside the tree that is at hand
    if found := _split(one, other, keys):
        older, newer = (Head.decode(Note.decode(raw).text) for raw in (found.older, found.newer))
        return Compared(
            False, f"split view: {older.origin} signed two histories, at sizes {older.size} and {newer.size}", found
        )

    # (3) the two heads themselves, each of which the files of its copy lead to
    for copy in (one, other):
        if copy.files is not None and merkle.hash_of(_tree(copy), 0, copy.head.size) != copy.head.root:
            raise VerificationError(f"(3) the files of {copy.name} do not lead to its own head")
    small, large = sorted((one, other), key=lambda copy: copy.head.size)
    if small.head.size == large.head.size:
        same = small.head.root == large.head.root
        return Compared(same, _same(small, large) if same else _differ(small, large))
    if small.head.size == 0:
        return Compared(True, f"{small.name} is empty")
    if large.files is None:
        return Compared(None, f"cannot tell: it takes the files of the larger copy, and {large.name} has none")
    tree = _tree(large)
    if merkle.hash_of(tree, 0, small.head.size) != small.head.root:
        return Compared(False, _differ(small, large))
    return Compared(True, f"{large.name} ({large.head.size}) extends {small.name} ({small.head.size})")


def first_difference(one: Copy, other: Copy) -> str:
    """Where two copies with entries part: the first that differs, in words; empty where that cannot be told."""
    if one.files is None or other.files is None:
        return ""
    both = zip(tiles.entries(one.size, one.files), tiles.entries(other.size, other.files), strict=False)
    try:
        for n, (left, right) in enumerate(both):
            if left != right:
                return f"they part at entry {n}: {_shown(left)} and {_shown(right)}"
    except (KeyError, TrucewatchError):  # a copy need not hold the entries, only their hashes
        return ""
    return ""


def _shown(line: bytes) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in line.decode(errors="replace"))[:_MOST_SHOWN]


def _split(one: Copy, other: Copy, keys: Sequence[VKey]) -> split.Split | None:
    if not keys:
        return None
    heads = {raw: _opened(copy, raw, keys) for copy in (one, other) for raw in copy.checkpoints}

    # Two roots for one size need nothing more.
    of_size: dict[int, bytes] = {}
    for raw, head in heads.items():
        twin = of_size.setdefault(head.size, raw)
        if found := split.find(twin, raw, keys, {}):
            return found

    # Else the newest head that a copy's own tree holds stands for all that this tree holds.
    for copy in (one, other):
        if copy.files is None:
            continue
        tree = _tree(copy)
        held = [
            (head.size, raw)
            for raw, head in heads.items()
            if head.size <= copy.size and merkle.hash_of(tree, 0, head.size) == head.root
        ]
        if not held:
            continue
        size, newest = max(held)
        for raw, head in heads.items():
            if 0 < head.size < size and merkle.hash_of(tree, 0, head.size) != head.root:
                return split.find(raw, newest, keys, {newest: tree})
    return None


def _opened(copy: Copy, raw: bytes, keys: Sequence[VKey]) -> Head:
    try:
        return opened(raw, keys)
    except VerificationError as wrong:
        raise VerificationError(f"(2) a checkpoint of {copy.name}: {wrong}") from None


def _tree(copy: Copy) -> merkle.Subtree:
    assert copy.files is not None
    subtree = tiles.subtrees(copy.size, copy.files)

    def asked(level: int, index: int) -> bytes:
        try:
            return subtree(level, index)
        except KeyError as gone:
            raise InputError(f"{gone.args[0]} is gone", file=copy.name, expected="every hash of the log") from None
        except VerificationError as wrong:
            raise InputError(str(wrong), file=copy.name) from None

    return asked


def _same(one: Copy, other: Copy) -> str:
    return f"{one.name} and {other.name} are the same {one.head.size} entries"


def _differ(one: Copy, other: Copy) -> str:
    parted = first_difference(one, other)
    told = f"{one.name} ({one.head.size}) and {other.name} ({other.head.size}) are two histories"
    return f"{told}; {parted}" if parted else told
