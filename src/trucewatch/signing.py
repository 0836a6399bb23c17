"""Floor 4: sign the log's head, and never one that does not extend what was signed before."""

from __future__ import annotations

from collections.abc import Sequence

from trucewatch.archive import commit
from trucewatch.base.errors import CaseBroken, InputError, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import opened
from trucewatch.log.note import ED25519, Note, Signer, VKey
from trucewatch.ports import Clock, Store
from trucewatch.proving import announced, entries_of, tree_of


def sign(store: Store, signer: Signer, clock: Clock, maker: str, rotate: str | None = None) -> bytes:
    """Sign the log as it is now -> the checkpoint, kept. The first time, and with each new key, the log itself says so.

    rotate: why another key signs from now on; without it, a key that is not the last one that the log has announced is
    refused, one that was replaced before too. Signing the same size again gives the checkpoint that is there, with all
    its cosignatures.
    """
    origin = store.log.head().origin
    if signer.name != origin:
        raise InputError(f"the key is named {signer.name}", expected=f"a key named as the log is: {origin}")
    if signer.kind != ED25519:
        raise InputError("that is a cosigner's key", expected="a key of the log, as made by: trucewatch log key")
    with store.writing():
        known = announced(store, entries_of(store))  # and all entries lead to the head
        _extends(store, known)
        if known[-1:] != [signer.vkey]:
            if known and rotate is None:
                raise InputError("the log has announced another key", expected="that key, or --rotate WHY")
            body = {"vkey": signer.vkey.encode(), **({"why": rotate} if rotate else {})}
            commit(store, [("key", canonical(body))], clock, maker)
        head = store.log.head()
        now = Head(head.origin, head.size, head.root)
        latest = store.log.checkpoint()
        note = latest if latest is not None and _is_of(latest, now) else checkpoint(now, signer).encode()
        if note != store.log.checkpoint(now.size):
            store.log.keep_checkpoint(note)
    return note


def _is_of(note: bytes, head: Head) -> bool:
    return Note.decode(note).text == head.encode()


def _extends(store: Store, known: Sequence[VKey]) -> None:
    """CaseBroken unless the log extends the latest checkpoint, and every other that is kept."""
    head, (_, tree) = store.log.head(), tree_of(store)
    for note in {store.log.checkpoint(size) for size in (*store.log.checkpoints(), None)} - {None}:
        try:
            before = opened(note or b"", known)
            if before.size:
                way = merkle.consistency(tree, before.size, head.size)
                merkle.extends(before.size, before.root, head.size, head.root, way)
        except (VerificationError, IndexError) as wrong:
            raise CaseBroken(f"the log does not extend a checkpoint that was signed: {wrong}") from None
