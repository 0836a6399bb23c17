"""What the tests of this room share: keys that are no secret, a small log, its checkpoints and its trees."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from trucewatch.base.ids import sha256
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign
from trucewatch.log.entry import Entry
from trucewatch.log.note import COSIGNED, COSIGNED_ML_DSA, Note, Signer
from trucewatch.log.tiles import grow

DATA = Path(os.environ.get("TRUCEWATCH_DATA") or Path(__file__).parents[3] / "shared" / "data")
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
WHEN_S = int(WHEN.timestamp())
ORIGIN = "example.org/log"
LOG = Signer(ORIGIN, bytes(range(32)))
OTHER_LOG = Signer("example.org/other", bytes(range(1, 33)))
WITNESSES = {name: Signer(f"witness.example/{name}", bytes([n]) * 32, COSIGNED) for n, name in enumerate("abcd", 40)}
POST_QUANTUM = Signer("witness.example/pq", bytes([90]) * 32, COSIGNED_ML_DSA)

BODIES = [f'{{"said":"body {n}"}}'.encode() for n in range(7)]
LINES = [Entry("judgement", sha256(body), WHEN, "trucewatch").encode() for body in BODIES]
LEAVES = [merkle.leaf(line) for line in LINES]
TREE = merkle.in_memory(LEAVES)


def head_of(lines: list[bytes], origin: str = ORIGIN) -> Head:
    return Head(origin, len(lines), merkle.root([merkle.leaf(line) for line in lines]))


def signed_head(head: Head, by: str = "", signer: Signer | None = None, when_s: int = WHEN_S) -> bytes:
    """A checkpoint, signed by its log and cosigned by the witnesses named, each by one letter."""
    note = checkpoint(head, signer or (LOG if head.origin == ORIGIN else OTHER_LOG))
    lines = tuple(cosign(note, WITNESSES[name], when_s) for name in by)
    return Note(note.text, note.signatures + lines).encode()


def swapped(raw: bytes, bit: int) -> bytes:
    """The bytes with one bit flipped."""
    return raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :]


def files_of(lines: list[bytes]) -> dict[str, bytes]:
    """Every file of a log of these lines, made at once."""
    return grow(0, {}.__getitem__, lines).files


def ask_policy(*lines: str) -> bytes:
    """A policy of our log and its four witnesses, and then these lines."""
    witnesses = [f"witness {name} {signer.vkey.encode()}" for name, signer in WITNESSES.items()]
    return "\n".join([f"log {LOG.vkey.encode()}", *witnesses, *lines, ""]).encode()
