"""The head of the log: its size and root, in the text form of C2SP tlog-checkpoint, not yet signed."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from trucewatch.base.errors import VerificationError

_SIZE = re.compile(r"^(0|[1-9]\d*)$")


@dataclass(frozen=True)
class Head:
    """origin: the log's name, one line; size: how many lines; root: RFC 6962 tree head, 32 bytes."""

    origin: str
    size: int
    root: bytes

    def encode(self) -> bytes:
        """-> the checkpoint's text: origin, size, root, a line each.

        >>> Head("example.org/log", 0, bytes(32)).encode().count(b"\\n")
        3
        """
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    @staticmethod
    def decode(text: bytes) -> Head:
        """The text -> the head, refused unless it prints back to the same bytes. VerificationError only."""
        try:
            origin, size, root, rest = text.decode().split("\n")
            if rest or not origin or not _SIZE.match(size):
                raise ValueError
            head = Head(origin, int(size), base64.b64decode(root, validate=True))
        except ValueError:
            raise VerificationError("the head is not three lines: origin, size, root") from None
        if len(head.root) != 32 or head.encode() != text:
            raise VerificationError("the head's root is not 32 bytes in base64")
        return head
