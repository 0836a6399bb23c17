"""Floor 4: sign the log's head, and never one that does not extend what was signed before.

What was signed before is known from the case, and from what is kept beside the private key: whoever can write to the
case can set it back, and would have its own operator sign a second history.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trucewatch.archive import commit
from trucewatch.base.errors import CaseBroken, InputError, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import opened
from trucewatch.log.entry import Entry
from trucewatch.log.note import ED25519, Note, Signer, VKey, holds, made_with, unbase64
from trucewatch.ports import Clock, Store
from trucewatch.proving import announced, entries_of, said_of, tree_of


@dataclass(frozen=True)
class Rotation:
    """Why another key signs from now on. old: the key that signed until now, which hands over; None where it is lost,
    so that only a reader's policy can vouch for the new one."""

    why: str
    old: Signer | None


@dataclass(frozen=True)
class Memory:
    """What is kept beside the private key: `held`, the checkpoint that it signed last, or None; `keep` writes the next
    one, durably, before it is handed out."""

    held: bytes | None
    keep: Callable[[bytes], None]


@dataclass(frozen=True)
class NotHandedOver:
    """A key that an entry announces, and the one before it did not hand over. lost: the entry says that the old key was
    lost; wrong: it bears a signature that does not hold."""

    entry: int
    key: VKey
    lost: bool
    wrong: bool


def sign(
    store: Store,
    signer: Signer,
    clock: Clock,
    maker: str,
    rotate: Rotation | None = None,
    memory: Memory | None = None,
) -> bytes:
    """Sign the log as it is now -> the checkpoint, kept. The first time, and with each new key, the log itself says so.

    rotate: without it, a key that is not the last one that the log has announced is refused, one that was replaced
    before too. Signing the same size again gives the checkpoint that is there, with all its cosignatures.
    """
    origin = store.log.head().origin
    _usable(signer, origin)
    with store.writing():
        known = announced(store, entries_of(store))  # and all entries lead to the head
        _extends(store, known)
        if memory is not None and memory.held is not None:
            ours = [signer.vkey, *([rotate.old.vkey] if rotate and rotate.old else [])]
            _extends_held(store, memory.held, list(dict.fromkeys([*known, *ours])))
        if known[-1:] != [signer.vkey]:
            if known and rotate is None:
                raise InputError("the log has announced another key", expected="that key, or --rotate WHY")
            body = _announcement(origin, signer.vkey, known[-1] if known else None, rotate)
            commit(store, [("key", canonical(body))], clock, maker)
        head = store.log.head()
        now = Head(head.origin, head.size, head.root)
        latest = store.log.checkpoint()
        note = latest if latest is not None and _is_of(latest, now) else checkpoint(now, signer).encode()
        if memory is not None:
            memory.keep(note)
        if note != store.log.checkpoint(now.size):
            store.log.keep_checkpoint(note)
    return note


def not_handed_over(store: Store, entries: Sequence[Entry]) -> list[NotHandedOver]:
    """The keys that the log announces after its first, but for those that the one before has signed."""
    origin, found = store.log.origin, []
    before: VKey | None = None
    for n, entry in enumerate(entries):
        if entry.kind != "key":
            continue
        said = said_of(store, entry, n, "vkey")
        key = VKey.decode(said["vkey"])
        if before is not None and not _handed_over(origin, key, before, said):
            lost = "by" in said and said["by"] is None
            found.append(NotHandedOver(n, key, lost, said.get("signature") is not None))
        before = key
    return found


def _usable(signer: Signer, origin: str) -> None:
    if signer.name != origin:
        raise InputError(f"the key is named {signer.name}", expected=f"a key named as the log is: {origin}")
    if signer.kind != ED25519:
        raise InputError("that is a cosigner's key", expected="a key of the log, as made by: trucewatch log key")


def _announcement(origin: str, key: VKey, before: VKey | None, rotate: Rotation | None) -> dict[str, str | None]:
    """The body that announces a key: the first stands for itself, each other one is signed by the one before it."""
    body: dict[str, str | None] = {"vkey": key.encode()}
    if before is None or rotate is None:
        return {**body, "why": rotate.why} if rotate else body
    if rotate.old is None:
        return {**body, "why": rotate.why, "by": None}
    if rotate.old.vkey != before:
        raise InputError(
            "that is not the key that the log has announced last", field="--old-key", expected=_id_of(before)
        )
    made = base64.b64encode(made_with(rotate.old, _handover(origin, key))).decode()
    return {**body, "why": rotate.why, "by": _id_of(before), "signature": made}


def _handed_over(origin: str, key: VKey, before: VKey, said: dict[str, object]) -> bool:
    made = said.get("signature")
    if said.get("by") != _id_of(before) or not isinstance(made, str):
        return False
    try:
        return holds(before, unbase64(made, "the signature"), _handover(origin, key))
    except VerificationError:
        return False


def _handover(origin: str, key: VKey) -> bytes:
    """What the old key signs. No checkpoint is of this form: its second line would be a size."""
    return f"trucewatch/rotate\n{origin}\n{key.encode()}\n".encode()


def _id_of(key: VKey) -> str:
    return f"{key.name}+{key.key_id.hex()}"


def _is_of(note: bytes, head: Head) -> bool:
    return Note.decode(note).text == head.encode()


def _extends(store: Store, known: Sequence[VKey]) -> None:
    """CaseBroken unless the log extends the latest checkpoint, and every other that is kept."""
    tree = tree_of(store)[1]
    for note in {store.log.checkpoint(size) for size in (*store.log.checkpoints(), None)} - {None}:
        try:
            _follows(store, note or b"", known, tree)
        except (VerificationError, IndexError) as wrong:
            raise CaseBroken(f"the log does not extend a checkpoint that was signed: {wrong}") from None


def _extends_held(store: Store, held: bytes, keys: Sequence[VKey]) -> None:
    """CaseBroken unless the log extends what its key signed last, by what is kept beside the key."""
    try:
        _follows(store, held, keys, tree_of(store)[1])
    except (VerificationError, IndexError) as wrong:
        told = "the case was set back, or changed: it does not extend what this key has signed before"
        raise CaseBroken(f"{told}: {wrong}") from None


def _follows(store: Store, note: bytes, keys: Sequence[VKey], tree: merkle.Subtree) -> None:
    """Does the log begin with what that checkpoint is of? VerificationError or IndexError where it does not."""
    before, head = opened(note, keys), store.log.head()
    if before.origin != head.origin:
        raise VerificationError(f"that was the log {before.origin}")
    if before.size > head.size:
        raise VerificationError(f"{before.size} entries were signed, the log has {head.size}")
    if before.size:
        way = merkle.consistency(tree, before.size, head.size)
        merkle.extends(before.size, before.root, head.size, head.root, way)
