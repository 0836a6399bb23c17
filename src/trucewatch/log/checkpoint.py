"""The head of the log: its size and root, as text in the form of C2SP tlog-checkpoint; signed, a checkpoint. Pure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.log import merkle
from trucewatch.log.note import ED25519, Note, Signature, Signer, VKey, holds, sign, unbase64

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


def number(text: str, what: str) -> int:
    """A decimal number in its one spelling, below 2**63. Unreadable names what it should have been."""
    if not _SIZE.fullmatch(text) or int(text) >= 1 << 63:
        raise Unreadable(f"{what} is not a whole number in plain digits")
    return int(text)


@dataclass(frozen=True)
class Head:
    """origin: the log's name, one line; size: how many entries; root: RFC 6962 tree head, 32 bytes.

    extensions: further lines that another log's checkpoint may carry; ours has none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """-> the checkpoint's text: origin, size, root, a line each.

        >>> Head("example.org/log", 0, bytes(32)).encode().count(b"\\n")
        3
        """
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(line + "\n" for line in lines).encode()

    @staticmethod
    def decode(text: bytes) -> Head:
        """The text -> the head, refused unless it prints back to the same bytes. Unreadable only."""
        try:
            lines = text.decode().split("\n")
        except UnicodeDecodeError:
            raise Unreadable("the head is not UTF-8") from None
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise Unreadable("the head is not three lines: origin, size, root")
        head = Head(lines[0], number(lines[1], "the head's size"), unbase64(lines[2], "the root"), tuple(lines[3:]))
        if len(head.root) != merkle.HASH_BYTES:
            raise Unreadable("the head's root is not 32 bytes in base64")
        if head.encode() != text:
            raise Unreadable("the head is not in its one spelling")
        return head


def checkpoint(head: Head, signer: Signer) -> Note:
    """Sign a head with the log's own key. The key's name is the log's origin, so that the one names the other."""
    if signer.name != head.origin:
        raise VerificationError(f"the key is of {signer.name}, the log is {head.origin}")
    text = head.encode()
    return Note(text, (sign(text, signer),))


def plain(key: VKey, note: Note, signature: Signature) -> bool:
    """Is that line the plain Ed25519 signature of that key on the note's text?"""
    return key.kind == ED25519 and holds(key, signature.made, note.text)
