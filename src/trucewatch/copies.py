"""Floor 4: do two copies of one log show one history? If they do not, the proof, for anyone to check."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    """one_history: None where what is at hand cannot tell; split: the proof, where the log signed both; left_out: which
    checkpoints were, a line for each copy that has some."""

    one_history: bool | None
    says: str
    split: split.Split | None = None
    left_out: tuple[str, ...] = ()


def compare(one: Copy, other: Copy, keys: Sequence[VKey]) -> Compared:
    """Two copies -> whether one extends the other. With signed checkpoints and different histories: a proof.

    Only signatures of `keys` make a proof; copies without any are compared all the same, by their own heads. InputError
    where the copies are of two logs, or files of one are gone or are none; VerificationError where a known key's
    signature does not hold, or the files of a copy contradict each other or its own head.
    """
    left_out = _left_out(one, other, keys) if keys else ()
    return replace(_compared(one, other, keys), left_out=left_out)


def _compared(one: Copy, other: Copy, keys: Sequence[VKey]) -> Compared:
    # (1) of one log
    if one.head.origin != other.head.origin:
        raise InputError(
            f"{one.name} is of the log {one.head.origin}, {other.name} of {other.head.origin}",
            expected="two copies of one log",
        )

    # (2) every signed head against every other, inside the tree that is at hand
    if keys and (found := _split(one, other, keys)):
        older, newer = (Head.decode(Note.decode(raw).text) for raw in (found.older, found.newer))
        return Compared(
            False, f"split view: {older.origin} signed two histories, at sizes {older.size} and {newer.size}", found
        )

    # (3) the two heads themselves, each of which the files of its copy lead to
    for copy in (one, other):
        if copy.files is not None:
            _begins(copy, _tree(copy), copy.head)
    small, large = sorted((one, other), key=lambda copy: copy.head.size)
    if small.head.size == large.head.size:
        same = small.head.root == large.head.root
        return Compared(same, _same(small, large) if same else _differ(small, large))
    if small.head.size == 0:
        return Compared(True, f"{small.name} is empty")
    if large.files is None:
        return Compared(None, f"cannot tell: it takes the files of the larger copy, and {large.name} has none")
    if not _begins(large, _tree(large), small.head):
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
    """The proof, if the signed heads and the files hold one. What is wrong with some of them hides none in the rest."""
    heads, wrong = _signed_heads(one, other, keys)

    # Two roots for one size need nothing more.
    of_size: dict[int, bytes] = {}
    for raw, head in heads.items():
        twin = of_size.setdefault(head.size, raw)
        if found := split.find(twin, raw, keys, {}):
            return _checked(found, keys)

    # Else the newest head that a copy's own tree holds stands for all that this tree holds.
    for copy in (one, other):
        try:
            if found := _split_in(copy, heads, keys):
                return _checked(found, keys)
        except TrucewatchError as fault:
            wrong = wrong or fault
    if wrong is not None:
        raise wrong
    return None


def _split_in(copy: Copy, heads: Mapping[bytes, Head], keys: Sequence[VKey]) -> split.Split | None:
    if copy.files is None:
        return None
    tree = _tree(copy)
    begins = {raw: head.size <= copy.size and _begins(copy, tree, head) for raw, head in heads.items()}
    size, newest = max(((heads[raw].size, raw) for raw, is_so in begins.items() if is_so), default=(0, b""))
    for raw, head in heads.items():
        if 0 < head.size < size and not begins[raw]:
            try:
                return split.find(raw, newest, keys, {newest: tree})
            except VerificationError as wrong:
                raise VerificationError(f"(3) the files of {copy.name}: {wrong}") from None
    return None


def _begins(copy: Copy, tree: merkle.Subtree, head: Head) -> bool:
    """Do the files of a copy begin with the entries of that head? What they say of those is proved under the copy's own
    head: without that, files of one level may lie about those of another, which hides a split or makes one up."""
    if head.size == 0:
        return True
    held, size = merkle.hash_of(tree, 0, head.size), copy.head.size
    try:
        merkle.extends(head.size, held, size, copy.head.root, merkle.consistency(tree, head.size, size))
    except VerificationError as wrong:
        if head.size == size:
            raise VerificationError(f"(3) the files of {copy.name} do not lead to its own head") from None
        raise VerificationError(f"(3) the files of {copy.name} contradict each other: {wrong}") from None
    return hmac.compare_digest(held, head.root)


def _checked(found: split.Split, keys: Sequence[VKey]) -> split.Split:
    """No proof is handed on that others could not check."""
    split.verify_split(found.encode(), keys)
    return found


def _signed_heads(one: Copy, other: Copy, keys: Sequence[VKey]) -> tuple[dict[bytes, Head], TrucewatchError | None]:
    """-> the heads that known keys have signed, and what is wrong with the first that is not as its signer made it."""
    heads: dict[bytes, Head] = {}
    wrong: TrucewatchError | None = None
    for copy in (one, other):
        for raw in copy.checkpoints:
            try:
                if _is_known(raw, keys):
                    heads[raw] = opened(raw, keys)
            except VerificationError as fault:
                wrong = wrong or VerificationError(f"(2) a checkpoint of {copy.name}: {fault}")
    return heads, wrong


def _is_known(raw: bytes, keys: Sequence[VKey]) -> bool:
    """Does it say that one of these keys has signed it? Whether one has is NOT asked."""
    return any(key.named_by(line) for line in Note.decode(raw).signatures for key in keys)


def _left_out(one: Copy, other: Copy, keys: Sequence[VKey]) -> tuple[str, ...]:
    """Checkpoints that no known key has signed, as those of a key that was replaced: no fault, and no proof."""
    told = []
    for copy in (one, other):
        unknown = []
        for raw in copy.checkpoints:
            with contextlib.suppress(VerificationError):  # what cannot be read is told as a fault
                unknown += [] if _is_known(raw, keys) else [Head.decode(Note.decode(raw).text).size]
        if unknown:
            sizes = ", ".join(map(str, sorted(unknown)))
            told.append(f"signed by no key that is known here, and left out: {copy.name}'s checkpoints of size {sizes}")
    return tuple(told)


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
