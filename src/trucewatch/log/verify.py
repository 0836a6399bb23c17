"""Check that bytes are what the log says was known."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trucewatch.base.errors import Unreadable, VerificationError
from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.policy import Policy, Trusted
from trucewatch.log.proof import Extra, Proof


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


_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")


@dataclass(frozen=True)
class Evidence:
    """What was verified: the entry, its place, under which head, who vouches for that, and what the file is to it."""

    entry: Entry
    index: int
    trusted: Trusted
    body: bytes
    file: str


def verify_evidence(
    file: bytes | None, proof: bytes, policy: Policy, now: datetime | None = None, since: datetime | None = None
) -> Evidence:
    """Check that a log we trust commits to these very bytes. VerificationError only, naming the first step that failed.

    file: the bytes in question; None where only the entry is to be verified, as for bytes that were withheld.
    now, since: as in `Policy.open`, from the door.
    """
    # (1) the proof can be read
    read = Proof.decode(proof)
    if read.extra is None:
        raise Unreadable("the proof carries no line and no body")
    extra = Extra.decode(read.extra)

    # (2) the checkpoint is signed as the policy demands
    try:
        trusted = policy.open(read.checkpoint, now, since)
    except VerificationError as wrong:
        raise VerificationError(f"(2) {wrong}") from None

    # (3) the line is in that tree, (4) and commits to that body
    try:
        entry = verify_body(extra.body, extra.line, read.index, read.way, trusted.head)
    except VerificationError as wrong:
        step = {"(1)": "(3)", "(2)": "(4)"}
        raise VerificationError(step[str(wrong)[:3]] + str(wrong)[3:]) from None

    # (5) and the body to that file
    what = "not given: only the entry was verified" if file is None else _file_of(entry, extra, file)
    return Evidence(entry, read.index, trusted, extra.body, what)


def _file_of(entry: Entry, extra: Extra, file: bytes) -> str:
    """What the file is to an entry that is already believed."""
    name = sha256(file)
    if hmac.compare_digest(name, entry.body_hash):
        return "the agreement itself" if entry.kind == "agreement" else f"the body of the {entry.kind}"
    try:
        said = json.loads(extra.body)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict):
        if extra.salt is not None and entry.kind == "capture" and said.get("id") == commitment(extra.salt, file):
            return "the captured bytes"
        for field, what in (("tables", "a batch"), ("outputs", "a result")):
            named = said.get(field)
            for key, value in named.items() if isinstance(named, dict) else ():
                if value == name:
                    return f"{what}: {key if _NAME.fullmatch(key) else ascii(key)}"
    if entry.kind == "capture" and extra.salt is None:
        raise VerificationError("(5) cannot be told: the proof has no salt, as for bytes that were withheld")
    raise VerificationError(f"(5) entry of kind {entry.kind!r} commits to other bytes than this file")
