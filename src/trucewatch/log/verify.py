"""Check that bytes are what the log says was known."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from trucewatch.base.errors import VerificationError
from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle
from trucewatch.log.entry import Entry
from trucewatch.log.head import Head


def verify_lines(lines: Sequence[bytes], head: Head) -> list[Entry]:
    """Check that these are all the lines of that head, and read them. Raises VerificationError naming the step."""
    # (1) as many lines as the head says
    if len(lines) != head.size:
        raise VerificationError(f"(1) the head is of {head.size} lines, there are {len(lines)}")

    # (2) and they are those lines
    if not hmac.compare_digest(merkle.root([merkle.leaf(line) for line in lines]), head.root):
        raise VerificationError(f"(2) the {head.size} lines do not lead to the root of the head")

    # (3) each, read only now that we trust it, is an entry
    entries = []
    for n, line in enumerate(lines):
        try:
            entries.append(Entry.decode(line))
        except VerificationError as wrong:
            raise VerificationError(f"(3) line {n}: {wrong}") from None
    return entries


def verify_body(body: bytes, line: bytes, index: int, way: Sequence[bytes], head: Head) -> Entry:
    """Check that `body` is committed to by line `index` of the log with that head, and return the entry that does.

    Whether the head itself is to be believed (who signed it) is the CALLER's to check.
    """
    # (1) the line is in that tree
    try:
        reached = merkle.climb(merkle.leaf(line), index, head.size, way)
    except VerificationError as wrong:
        raise VerificationError(f"(1) line {index}: {wrong}") from None
    if not hmac.compare_digest(reached, head.root):
        raise VerificationError(f"(1) line {index} is not in the tree of {head.size} at {head.origin}")

    # (2) the line, read only now that we trust it, commits to these very bytes
    try:
        entry = Entry.decode(line)
    except VerificationError as wrong:
        raise VerificationError(f"(2) line {index}: {wrong}") from None
    if not hmac.compare_digest(sha256(body), entry.body_hash):
        raise VerificationError(f"(2) line {index} commits to other bytes than these")
    return entry


def verify_capture(capture_id: str, salt: bytes, raw: bytes) -> None:
    """Check that salt and bytes open the commitment. Raises VerificationError."""
    if len(salt) != 32 or not hmac.compare_digest(commitment(salt, raw).encode(), capture_id.encode(errors="replace")):
        raise VerificationError(f"the bytes are not those that {capture_id[:12]} commits to")
