"""What a witness answers to add-checkpoint (C2SP tlog-witness): a cosignature, or why not. Pure.

A witness remembers, for each log, the last checkpoint that it cosigned. It signs a new one only where a consistency
proof shows that it extends that one. So it can never vouch for two histories.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log import merkle, split
from trucewatch.log.checkpoint import Head, number
from trucewatch.log.cosign import by_kind, cosign, time_of
from trucewatch.log.note import Note, Signature, Signer, VKey, signature_lines, signed, unbase64
from trucewatch.log.params import LogParams

TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


@dataclass(frozen=True)
class Asked:
    """A request: the size that the log believes we know, the proof from there, and the checkpoint, as it came."""

    old: int
    way: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """-> the request's body."""
        lines = [f"old {self.old}", *(base64.b64encode(part).decode() for part in self.way)]
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint

    @staticmethod
    def decode(raw: bytes) -> Asked:
        """A request's body -> the request. Unreadable only."""
        told, gap, checkpoint = raw.partition(b"\n\n")
        try:
            first, *lines = told.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Unreadable("the request is not plain text") from None
        if not gap or not first.startswith("old "):
            raise Unreadable("the request does not begin with old SIZE, or does not go on to a checkpoint")
        if len(lines) > merkle.MOST_STEPS:
            raise Unreadable(f"the request has more than {merkle.MOST_STEPS} hashes")
        way = tuple(unbase64(line, "a hash of the request") for line in lines)
        if any(len(part) != merkle.HASH_BYTES for part in way):
            raise Unreadable(f"a hash of the request has not {merkle.HASH_BYTES} bytes")
        Head.decode(Note.decode(checkpoint).text)
        asked = Asked(number(first.removeprefix("old "), "the old size"), way, checkpoint)
        if asked.encode() != raw:
            raise Unreadable("the request is not in its one spelling")
        return asked

    @property
    def origin(self) -> str:
        """Which log asks, by its own word."""
        return Head.decode(Note.decode(self.checkpoint).text).origin


@dataclass(frozen=True)
class Answer:
    """HTTP status, body and type; `keep` is what must be stored, durably, before the answer is given.

    split: where the log has now signed two roots for one size, the proof of it (`log.split`), for anyone to check.
    """

    status: int
    body: bytes
    type: str = TEXT
    keep: bytes | None = None
    split: bytes | None = None


def answer(asked: Asked, keys: Sequence[VKey], held: bytes | None, signers: Sequence[Signer], now_s: int) -> Answer:
    """A request, the keys of the log that it names, what we kept of that log -> the answer, and what to keep now.

    held: the last checkpoint that we cosigned, with our lines, or None. The caller MUST let no other request for the
    same log in between reading `held` and storing `keep`.
    """
    # (1) the log is one that we know, and has signed
    note = Note.decode(asked.checkpoint)
    head = Head.decode(note.text)
    ours = [key for key in keys if key.name == head.origin]
    if not ours:
        return _no(404, f"the log {head.origin} is not known here")
    try:
        by = signed(note, ours, by_kind)
    except VerificationError as wrong:
        return _no(403, str(wrong))
    if not by:
        return _no(403, f"no known key of {head.origin} has signed the checkpoint")

    # (2) it starts from what we signed last
    last = None if held is None else Note.decode(held)
    known = None if last is None else Head.decode(last.text)
    size = 0 if known is None else known.size
    two = _two_roots(asked.checkpoint, head, held, known, ours)
    if asked.old > head.size:
        return _no(400, f"the old size {asked.old} is above the checkpoint's {head.size}", two)
    if asked.old != size:
        return Answer(409, b"%d\n" % size, SIZE, split=two)

    # (3) and extends it
    if head.size == 0 and head.root != merkle.empty():
        return _no(422, "the root of an empty log is another")
    try:
        _extends(known, head, asked.way)
    except VerificationError as wrong:
        return _no(422, str(wrong), two)

    # (4) the clock shows a time to sign at: never earlier than the last one, and none that is still to come
    times = [] if last is None else [int(time_of(line).timestamp()) for line in _by_us(last, signers)]
    if now_s < 1 or now_s + LogParams().clock_slack_s < max([1, *times]):
        return _no(503, "the clock of this witness stands before its last cosignature; whoever runs it must set it")
    when_s = max([now_s, *times])

    # (5) then we sign, and it is kept before anyone sees it
    try:
        lines = tuple(cosign(Note(note.text, ()), signer, when_s) for signer in signers)
    except VerificationError as wrong:
        return _no(403, str(wrong))
    body = "".join(line.encode() for line in lines).encode()
    return Answer(200, body, keep=Note(note.text, (*(line for _, line in by), *lines)).encode())


def _extends(known: Head | None, head: Head, way: Sequence[bytes]) -> None:
    if known is None or known.size == 0:
        if way:
            raise VerificationError("a proof from size 0 is empty, this one is not")
        return
    merkle.extends(known.size, known.root, head.size, head.root, way)


def _two_roots(new: bytes, head: Head, held: bytes | None, known: Head | None, keys: Sequence[VKey]) -> bytes | None:
    """Has the log signed another root for the size that we know? Then the proof, whatever else the request is."""
    if held is None or known is None or known.size != head.size or hmac.compare_digest(known.root, head.root):
        return None
    try:
        found = split.find(held, new, keys, {})
    except VerificationError:  # what we hold was signed by a key that the log has no more
        return None
    return None if found is None else found.encode()


def _by_us(note: Note, signers: Sequence[Signer]) -> list[Signature]:
    vkeys = [signer.vkey for signer in signers]
    return [line for line in note.signatures if any(key.named_by(line) for key in vkeys)]


def _no(status: int, why: str, two: bytes | None = None) -> Answer:
    return Answer(status, (why + "\n").encode(), split=two)


def added(checkpoint: bytes, lines: bytes, keys: Sequence[VKey]) -> bytes:
    """A checkpoint and a witness's answer -> the checkpoint with that witness's lines, once they are seen to hold.

    Lines of keys that we do not know are left out; an older line of the same key is replaced. VerificationError where
    none of the keys has signed.
    """
    note = Note.decode(checkpoint)
    new = Note(note.text, signature_lines(lines))
    found = [line for _, line in signed(new, keys, by_kind)]
    if not found:
        raise VerificationError("the answer holds no signature of the witness that was asked")
    again = {(line.name, line.key_id) for line in found}
    stay = [line for line in note.signatures if (line.name, line.key_id) not in again]
    return Note(note.text, (*stay, *found)).encode()
