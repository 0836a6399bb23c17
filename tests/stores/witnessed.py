"""What the tests of a witness's folder share: a log with two histories, and how it asks."""

from __future__ import annotations

from pathlib import Path

from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import Signer
from trucewatch.log.witness import Answer, Asked
from trucewatch.stores.witness import PosixWitness, make_witness
from trucewatch.testing import FakeClock

ORIGIN = "test.invalid/log"
LOG = Signer(ORIGIN, bytes(range(32)))
NAME = "test.invalid/w"
PARTED = 3
"""The two histories share so many entries."""
LEAVES = {
    name: [merkle.leaf(b"%d" % n if n < PARTED else b"%s %d" % (name.encode(), n)) for n in range(300)] for name in "AB"
}
TREES = {name: merkle.in_memory(leaves) for name, leaves in LEAVES.items()}


def note_of(history: str, size: int, signer: Signer = LOG) -> bytes:
    head = Head(signer.name, size, merkle.hash_of(TREES[history], 0, size))
    return checkpoint(head, signer).encode()


def asked(history: str, old: int, size: int) -> bytes:
    """The body of a request."""
    return Asked(old, tuple(merkle.consistency(TREES[history], old, size)), note_of(history, size)).encode()


def made(folder: Path, ml_dsa: bool = False) -> PosixWitness:
    """A witness that serves the log and has cosigned nothing yet."""
    seeds = iter([bytes([71]) * 32, bytes([72]) * 32])
    witness = make_witness(folder, NAME, lambda: next(seeds), ml_dsa)
    witness.trust(LOG.vkey)
    return witness


def ask(witness: PosixWitness, history: str, old: int, size: int, clock: FakeClock | None = None) -> Answer:
    return witness.answer(asked(history, old, size), clock or FakeClock())


WORKS: dict[str, tuple[int, int]] = {"first": (0, 5), "next": (3, 5), "again": (5, 5), "long": (3, 300)}
"""What the log asks of history A: from the size that was cosigned, for which."""


def before(folder: Path, work: str) -> PosixWitness:
    """A witness as it is before that work."""
    witness = made(folder)
    if WORKS[work][0]:
        assert ask(witness, "A", 0, WORKS[work][0]).status == 200
    return witness


def known(witness: PosixWitness) -> int:
    """The size that it names to whoever starts from another."""
    answer = ask(witness, "A", 0, 0)
    return int(answer.body) if answer.status == 409 else 0


def contradicts(witness: PosixWitness, work: str) -> bool:
    """Can it be brought to cosign the other history, which is the same up to three entries?"""
    size, start = WORKS[work][1], known(witness)
    return start <= size and ask(witness, "B", start, size).status == 200


def goes_on(witness: PosixWitness) -> bool:
    """Does it still serve the history that it knows?"""
    start = known(witness)
    return any(ask(witness, history, start, 300).status == 200 for history in "AB")
