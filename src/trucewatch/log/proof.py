"""A proof as a file (C2SP tlog-proof): index, audit path and signed checkpoint, to be checked on one machine offline.

Its `extra` line carries what the file itself does not say: the log's line, the body that the line commits to, and,
for captured bytes, the salt. None of it is believed before it was checked. Pure.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from trucewatch.base.errors import Unreadable
from trucewatch.base.ids import SALT_BYTES, canonical
from trucewatch.log import merkle
from trucewatch.log.checkpoint import number
from trucewatch.log.note import Note, unbase64

MAGIC = "c2sp.org/tlog-proof@v1"
_FIELDS = ("body", "line", "salt")


@dataclass(frozen=True)
class Extra:
    """line: the log's line; body: what it commits to; salt: of a capture, so that its bytes can be checked."""

    line: bytes
    body: bytes
    salt: bytes | None = None

    def encode(self) -> bytes:
        """-> canonical JSON of base64 texts."""
        told = {"line": _coded(self.line), "body": _coded(self.body)}
        return canonical(told if self.salt is None else {**told, "salt": _coded(self.salt)})

    @staticmethod
    def decode(raw: bytes) -> Extra:
        """The bytes -> the parts. Unreadable only."""
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            raise Unreadable("the proof's extra data is not ours: it is not JSON") from None
        if (
            not isinstance(said, dict)
            or not {"body", "line"} <= set(said) <= set(_FIELDS)
            or not all(isinstance(part, str) for part in said.values())
        ):
            raise Unreadable("the proof's extra data has not the texts line, body and perhaps salt")
        parts = {name: unbase64(part, f"the proof's {name}") for name, part in said.items()}
        if "salt" in parts and len(parts["salt"]) != SALT_BYTES:
            raise Unreadable(f"the proof's salt has not {SALT_BYTES} bytes")
        extra = Extra(**parts)
        if extra.encode() != raw:
            raise Unreadable("the proof's extra data is not in its one spelling")
        return extra


@dataclass(frozen=True)
class Proof:
    """index of the entry; way: the audit path, from the leaf up; checkpoint: the signed note, as it is."""

    index: int
    way: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """-> the file's bytes."""
        lines = [MAGIC]
        lines += [] if self.extra is None else [f"extra {_coded(self.extra)}"]
        lines += [f"index {self.index}", *(_coded(part) for part in self.way)]
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint

    @staticmethod
    def decode(raw: bytes) -> Proof:
        """The file's bytes -> the proof, refused unless it prints back to the same bytes. Unreadable only."""
        if b"\r" in raw:
            raise Unreadable("the proof has line ends of another system (CR LF): it was changed on its way")
        told, gap, checkpoint = raw.partition(b"\n\n")
        try:
            lines = told.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Unreadable("the proof is not plain text") from None
        if not gap or lines.pop(0) != MAGIC:
            raise Unreadable(f"the proof does not begin with {MAGIC}, or does not go on to a checkpoint")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = unbase64(lines.pop(0).removeprefix("extra "), "the proof's extra data")
        if not lines or not lines[0].startswith("index "):
            raise Unreadable("the proof has no line with an index")
        index = number(lines.pop(0).removeprefix("index "), "the proof's index")
        if len(lines) > merkle.MOST_STEPS:
            raise Unreadable(f"the proof has more than {merkle.MOST_STEPS} hashes")
        way = tuple(unbase64(line, "a hash of the proof") for line in lines)
        if any(len(part) != merkle.HASH_BYTES for part in way):
            raise Unreadable(f"a hash of the proof has not {merkle.HASH_BYTES} bytes")
        Note.decode(checkpoint)
        proof = Proof(index, way, checkpoint, extra)
        if proof.encode() != raw:
            raise Unreadable("the proof is not in its one spelling")
        return proof


def _coded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
