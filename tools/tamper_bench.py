"""What `tools/tamper.py` tampers with: an honest case, signed twice and cosigned; and who says what of a copy of it.

Keys, clock and bytes are fixed, so the messages are the same on every machine.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from trucewatch.archive import commit
from trucewatch.base.errors import TrucewatchError
from trucewatch.base.ids import canonical, commitment
from trucewatch.copies import Copy, compare
from trucewatch.fsck import Asked as AskedOfFsck
from trucewatch.fsck import fsck
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import COSIGNED, Note, Signer
from trucewatch.log.policy import Policy
from trucewatch.log.split import verify_split
from trucewatch.log.verify import verify_evidence
from trucewatch.log.witness import Answer, Asked, added, answer
from trucewatch.proving import prove
from trucewatch.signing import sign
from trucewatch.stores.posix import PosixCase, make_case, open_case
from trucewatch.testing import FakeClock

ORIGIN, MAKER = "example.org/truce-log", "trucewatch"
START_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER_KEY = Signer(ORIGIN, b"operator".ljust(32, b".")), Signer(ORIGIN, b"another".ljust(32, b"."))
WITNESSES = {name: Signer(f"{name}.example/w", name.encode().ljust(32, b"."), COSIGNED) for name in ("A", "B", "N")}
POLICY = Policy(
    (KEY.vkey,), {n: w.vkey for n, w in WITNESSES.items()}, {"two": (2, tuple(WITNESSES))}, "two"
)  # fmt: skip
RAW = [f"row,{n}\nfire seen at noon,{n}\n".encode() for n in range(8)]
SALT = bytes(range(32))


class Escaped(Exception):
    """Something was tampered with, and nothing said so."""


class Bench:
    """An honest case that two states of the log were signed and cosigned of, and the witnesses' memories."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock(START_AT)
        self.held: dict[str, bytes | None] = dict.fromkeys(WITNESSES)
        case = make_case(folder, ORIGIN)
        self._enter(case, RAW[:4])
        self.old = self._signed(case)
        self.clock.at += timedelta(hours=6)
        self._enter(case, RAW[4:])
        self.new = self._signed(case)
        self.index = next(n for n, line in enumerate(case.log.lines()) if b'"capture"' in line)
        self.proof = prove(case, self.index)

    def _enter(self, case: PosixCase, raws: list[bytes]) -> None:
        for raw in raws:
            self.clock.at += timedelta(minutes=5)
            enter(case, raw, self.clock)

    def _signed(self, case: PosixCase) -> bytes:
        note = sign(case, KEY, self.clock, MAKER)
        for name in WITNESSES:
            told = self.ask(name, note, case)
            note = added(note, told.body, [WITNESSES[name].vkey])
        case.log.keep_checkpoint(note)
        return note

    def ask(self, name: str, note: bytes, case: PosixCase) -> Answer:
        """Put a checkpoint to a witness, with the proof from what it knows as far as the case can make one."""
        held = self.held[name]
        old = 0 if held is None else Head.decode(Note.decode(held).text).size
        size = case.log.head().size
        way = merkle.consistency(tiles.subtrees(size, case.log.file), old, size) if 0 < old <= size else []
        told = answer(Asked(old, tuple(way), note), [KEY.vkey], held, [WITNESSES[name]], int(self.clock.at.timestamp()))
        self.held[name] = told.keep or held
        return told

    def copy(self, name: str) -> PosixCase:
        """The case once more, to be tampered with."""
        there = self.folder.with_name(name)
        shutil.copytree(self.folder, there)
        return open_case(there)


def enter(case: PosixCase, raw: bytes, clock: FakeClock) -> None:
    """A capture as `pull` makes it, without a feed."""
    name = commitment(SALT, raw)
    case.vault.put(name, SALT, raw)
    body = {
        "id": name, "source": "document", "url": "notes.txt", "media_type": "text/plain", "licence": "own",
        "fetched_at": clock.at.isoformat(), "options": {}, "size": len(raw),
    }  # fmt: skip
    with case.writing():
        commit(case, [("capture", canonical(body))], clock, MAKER)


def rewrite(case: PosixCase, lines: list[bytes], signer: Signer | None = None) -> bytes | None:
    """What an operator with all powers does: other entries, tiles and head made to fit; signed again if there is a key.

    Earlier checkpoints that do not fit are taken away.
    """
    shutil.rmtree(case.folder / "log")
    fresh = open_case(case.folder)
    with fresh.writing():
        fresh.log.append(lines)
    if signer is None:
        return None
    head = fresh.log.head()
    note = checkpoint(Head(head.origin, head.size, head.root), signer).encode()
    fresh.log.keep_checkpoint(note)
    return note


# What is done, and what says so. Each returns (step, message), or raises Escaped.


def by_fsck(
    case: PosixCase, policy: Policy | None = None, since: datetime | None = None, kept: bytes | None = None
) -> tuple[str, str]:
    """The first check of fsck that does not hold, whose clock stands a day after the case was made."""
    asked = AskedOfFsck(START_AT + timedelta(days=1), since, kept)
    words = [("--trust POLICY", policy), ("--since TIME", since), ("--head KEPT", kept)]
    for what, well, says in fsck(open_case(case.folder), policy, asked):
        if not well:
            return f"`{' '.join(['log fsck', *(word for word, given in words if given)])}`, {what}", says
    raise Escaped("fsck is clean")


def by_consistency(bench: Bench, case: PosixCase) -> tuple[str, str]:
    """Against the checkpoint that any other holds: a proof where the operator signed again."""
    fresh = open_case(case.folder)
    head = fresh.log.head()
    raws = tuple(raw for size in fresh.log.checkpoints() if (raw := fresh.log.checkpoint(size)))
    theirs = Copy("CASE", Head(head.origin, head.size, head.root), raws, fresh.log.file, head.size)
    ours = Copy("KEPT CHECKPOINT", Head.decode(Note.decode(bench.new).text), (bench.new,))
    honest = open_case(bench.folder)
    mirror = replace(ours, files=honest.log.file, size=ours.head.size)
    found = compare(theirs, mirror, [KEY.vkey])
    if found.one_history is not False:
        raise Escaped(found.says)
    if found.split is not None:
        verify_split(found.split.encode(), [KEY.vkey])
    return "`log consistency CASE KEPT`" + (", a proof for others" if found.split else ""), found.says


def by_witness(bench: Bench, case: PosixCase, note: bytes) -> tuple[str, str]:
    """What a witness that has seen the honest log says to this checkpoint."""
    held = dict(bench.held)
    told = bench.ask("N", note, open_case(case.folder))
    bench.held = held
    if told.status == 200:
        raise Escaped("the witness signed")
    return f"the witness, status {told.status}", told.body.decode().strip()


def by_verify(raw: bytes | None, proof: bytes, policy: Policy = POLICY, **when: Any) -> tuple[str, str]:
    """What the verifier of a proof says."""
    try:
        verify_evidence(raw, proof, policy, **when)
    except TrucewatchError as wrong:
        return "`log verify`", str(wrong)
    raise Escaped("the evidence verifies")
