"""Floor 4: sign the log's head, and never one that does not extend what was signed before."""

from __future__ import annotations

from trucewatch.archive import commit
from trucewatch.base.errors import CaseBroken, InputError, VerificationError
from trucewatch.base.ids import canonical
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import opened
from trucewatch.log.note import Signer
from trucewatch.ports import Clock, Store
from trucewatch.proving import announced, entries_of, tree_of


def sign(store: Store, signer: Signer, clock: Clock, maker: str, rotate: str | None = None) -> bytes:
    """Sign the log as it is now -> the checkpoint, kept. The first time, and with each new key, the log itself says so.

    rotate: why another key signs from now on; without it a key that the log has not announced is refused, once there
    is one that it has. Signing the same size again gives the checkpoint that is there, with all its cosignatures.
    """
    if signer.name != store.log.head().origin:
        raise InputError(
            f"the key is named {signer.name}", expected=f"a key named as the log is: {store.log.head().origin}"
        )
    with store.writing():
        entries = entries_of(store)  # and all of them lead to the head
        known = announced(store, entries)
        if signer.vkey not in known:
            if known and rotate is None:
                raise InputError("the log has announced another key", expected="that key, or --rotate WHY")
            body = {"vkey": signer.vkey.encode(), **({"why": rotate} if rotate else {})}
            commit(store, [("key", canonical(body))], clock, maker)
            known.append(signer.vkey)
        head = store.log.head()
        now = Head(head.origin, head.size, head.root)
        held = store.log.checkpoint()
        if held is not None:
            try:
                before = opened(held, known)
                if before.size == now.size and before.root == now.root and signer.vkey in known[-1:]:
                    return held
                if before.size:
                    _, tree = tree_of(store)
                    way = merkle.consistency(tree, before.size, now.size)
                    merkle.extends(before.size, before.root, now.size, now.root, way)
            except (VerificationError, IndexError) as wrong:
                raise CaseBroken(f"the log does not extend the checkpoint that was signed last: {wrong}") from None
        note = checkpoint(now, signer).encode()
        store.log.keep_checkpoint(note)
    return note
