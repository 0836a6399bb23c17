"""Cosignatures (C2SP tlog-cosignature): a witness's word, with its time, that it saw this head and none against it.

Both kinds: Ed25519 (type 0x04) and ML-DSA-44 (type 0x06). Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, plain
from trucewatch.log.note import (
    COSIGNED,
    COSIGNED_ML_DSA,
    ED25519,
    Note,
    Signature,
    Signer,
    VKey,
    holds,
    made_with,
    signed,
)

_TIME = struct.Struct(">Q")
_LATEST_S = (1 << 63) - 1
MOST_NAME_BYTES = 255


def cosign(note: Note, signer: Signer, when_s: int) -> Signature:
    """A checkpoint, a cosigner's key and the time in seconds since 1970 UTC -> the cosignature's line."""
    if not 0 < when_s <= _LATEST_S:
        raise ValueError(f"{when_s} is no time to sign at")
    if signer.kind == ED25519:
        raise ValueError("a log's own key signs no cosignatures")
    made = made_with(signer, _message(signer.vkey, note, when_s))
    return Signature(signer.name, signer.vkey.key_id, _TIME.pack(when_s) + made)


def cosigned(key: VKey, note: Note, signature: Signature) -> bool:
    """Is that line a cosignature of that key on this checkpoint?"""
    if key.kind not in (COSIGNED, COSIGNED_ML_DSA) or len(signature.made) <= _TIME.size:
        return False
    when_s = _TIME.unpack(signature.made[: _TIME.size])[0]
    if not 0 < when_s <= _LATEST_S:
        return False
    try:
        message = _message(key, note, when_s)
    except VerificationError:
        return False
    return holds(key, signature.made[_TIME.size :], message)


def time_of(signature: Signature) -> datetime:
    """When a cosignature says that it was made, UTC. Believe it only after `cosigned`."""
    if len(signature.made) < _TIME.size:
        raise VerificationError("a cosignature is too short to hold a time")
    try:
        return datetime.fromtimestamp(_TIME.unpack(signature.made[: _TIME.size])[0], UTC)
    except (ValueError, OverflowError, OSError):
        raise VerificationError("a cosignature's time is not in any year that can be written") from None


def _message(key: VKey, note: Note, when_s: int) -> bytes:
    if key.kind == COSIGNED:
        return b"cosignature/v1\ntime %d\n" % when_s + note.text
    head = Head.decode(note.text)
    return b"".join(
        (b"subtree/v1\n\x00", _short(key.name), _TIME.pack(when_s), _short(head.origin), _TIME.pack(0),
         _TIME.pack(head.size), head.root)
    )  # fmt: skip


def _short(text: str) -> bytes:
    raw = text.encode()
    if len(raw) > MOST_NAME_BYTES:
        raise VerificationError(f"a name of more than {MOST_NAME_BYTES} bytes cannot be cosigned")
    return bytes([len(raw)]) + raw


def by_kind(key: VKey, note: Note, signature: Signature) -> bool:
    """Does that line hold, by the rule of the key's own signature type? For `note.signed`."""
    return plain(key, note, signature) if key.kind == ED25519 else cosigned(key, note, signature)


def opened(raw: bytes, keys: Sequence[VKey]) -> Head:
    """A checkpoint's bytes -> its head, once a key of the log is seen to have signed it. VerificationError only."""
    note = Note.decode(raw)
    by = [key for key, _ in signed(note, keys, by_kind)]
    if not by:
        raise VerificationError("no known key of the log has signed the checkpoint")
    return head_of(note, by)


def head_of(note: Note, by: Sequence[VKey]) -> Head:
    """The head of a note that these keys of the log have signed. VerificationError where it is not theirs to sign."""
    head = Head.decode(note.text)
    if all(key.name != head.origin for key in by):
        raise VerificationError(f"the checkpoint is of the log {head.origin!r}, it is signed by {by[0].name!r}")
    if head.size == 0 and head.root != merkle.empty():
        raise VerificationError("the checkpoint is of an empty log, and its root is not that of one")
    return head
