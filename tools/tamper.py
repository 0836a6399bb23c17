"""Tamper with a log in every way that we know, and write down what catches it: the table in docs/why/evidence.md.

    python tools/tamper.py            write the table
    python tools/tamper.py --check    write nothing; exit 1 where something is not caught, or the table is stale

Keys, clock and bytes are fixed, so the messages are the same on every machine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from trucewatch.archive import commit
from trucewatch.base.errors import TrucewatchError
from trucewatch.base.ids import canonical, commitment
from trucewatch.copies import Copy, compare
from trucewatch.fsck import fsck
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.entry import Entry
from trucewatch.log.note import COSIGNED, Note, Signer
from trucewatch.log.policy import Policy, lines_of
from trucewatch.log.proof import Extra, Proof
from trucewatch.log.split import Split, verify_split
from trucewatch.log.verify import verify_evidence
from trucewatch.log.witness import Answer, Asked, added, answer
from trucewatch.proving import prove
from trucewatch.signing import sign
from trucewatch.stores.posix import PosixCase, make_case, open_case
from trucewatch.testing import FakeClock

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/why/evidence.md"
START, END = "<!-- tamper table: made by tools/tamper.py -->", "<!-- /tamper table -->"
ORIGIN, MAKER = "example.org/truce-log", "trucewatch"
START_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, OTHER_KEY = Signer(ORIGIN, b"operator".ljust(32, b".")), Signer(ORIGIN, b"another".ljust(32, b"."))
WITNESSES = {name: Signer(f"{name}.example/w", name.encode().ljust(32, b"."), COSIGNED) for name in ("A", "B", "N")}
POLICY = Policy(
    (KEY.vkey,), {n: w.vkey for n, w in WITNESSES.items()}, {"two": (2, tuple(WITNESSES))}, "two"
)  # fmt: skip
RAW = [f"row,{n}\nfire seen at noon,{n}\n".encode() for n in range(8)]
SALT = bytes(range(32))


@dataclass(frozen=True)
class Caught:
    """One row of the table."""

    done: str
    step: str
    says: str


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


def by_fsck(case: PosixCase, policy: Policy | None = None) -> tuple[str, str]:
    """The first check of fsck that does not hold."""
    for what, well, says in fsck(open_case(case.folder), policy):
        if not well:
            return f"`log fsck{' --trust POLICY' if policy else ''}`, {what}", says
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


def attacks(bench: Bench) -> list[tuple[str, Callable[[], tuple[str, str]]]]:
    """Every way that we know: in words, and as a function."""
    lines = open_case(bench.folder).log.lines()
    index, proof, raw = bench.index, Proof.decode(bench.proof), RAW[0]
    made: dict[str, int] = {}

    def case() -> PosixCase:
        made["n"] = made.get("n", 0) + 1
        return bench.copy(f"copy{made['n']}")

    def flip(path: str) -> tuple[str, str]:
        there = case()
        at = there.folder / path
        changed = bytearray(at.read_bytes())
        changed[len(changed) // 2] ^= 1
        at.write_bytes(changed)
        return by_fsck(there, POLICY)

    def other(
        new: list[bytes], how: str, signer: Signer | None = None, policy: Policy | None = POLICY
    ) -> tuple[str, str]:
        there = case()
        kept = {size: there.log.checkpoint(size) for size in there.log.checkpoints()}
        note = rewrite(there, new, signer)
        if how == "kept":  # whoever does not want to be seen removing them leaves the signed heads where they are
            for size, held in kept.items():
                (there.folder / f"log/checkpoints/{size}").parent.mkdir(exist_ok=True)
                (there.folder / f"log/checkpoints/{size}").write_bytes(held or b"")
            (there.folder / "log/checkpoint").write_bytes(bench.new)
            return by_fsck(there, policy)
        if how == "trust":
            return by_fsck(there, policy)
        return by_witness(bench, there, note or b"") if how == "witness" else by_consistency(bench, there)

    dated = Entry.decode(lines[index])
    dated_line = Entry(dated.kind, dated.body_hash, dated.made_at - timedelta(days=2), dated.maker).encode()
    changed = [*lines[:index], dated_line, *lines[index + 1 :]]
    dropped, doubled = lines[:index] + lines[index + 1 :], [*lines[: index + 1], lines[index], *lines[index + 1 :]]
    swapped = [*lines[:index], lines[index + 1], lines[index], *lines[index + 2 :]]

    def backdated() -> tuple[str, str]:
        there = case()
        clock = FakeClock(START_AT - timedelta(days=1))
        enter(there, b"said to be from before\n", clock)
        notes = [says for what, _, says in fsck(open_case(there.folder), POLICY) if what == "times"]
        if not notes[0].startswith("a note"):
            raise Escaped(notes[0])
        return "`log fsck --trust POLICY`, times: a note, not a fault", notes[0]

    def split_view() -> tuple[str, str]:
        there = case()
        rewrite(there, changed[:-1], KEY)
        return by_consistency(bench, there)

    def old_shown() -> tuple[str, str]:
        there = case()
        (there.folder / "log/checkpoint").write_bytes(bench.old)
        return by_fsck(there, POLICY)

    def old_proof() -> tuple[str, str]:
        size = Head.decode(Note.decode(bench.old).text).size
        honest = open_case(bench.folder)
        way = merkle.path(tiles.subtrees(honest.log.head().size, honest.log.file), index, size)
        stale = Proof(index, tuple(way), bench.old, proof.extra).encode()
        verify_evidence(raw, stale, POLICY)  # it is a true proof, of an old state
        return by_verify(raw, stale, since=START_AT + timedelta(hours=6))

    def dishonest() -> tuple[str, str]:
        extra = Extra.decode(proof.extra or b"")
        body = extra.body.replace(b"own", b"new")
        return by_verify(raw, replace(proof, extra=replace(extra, body=body).encode()).encode())

    def moved_cosignature() -> tuple[str, str]:
        old, new = Note.decode(bench.old), Note.decode(bench.new)
        mixed = Note(new.text, (new.signatures[0], *old.signatures[1:])).encode()
        return by_verify(raw, replace(proof, checkpoint=mixed).encode())

    def forged_split() -> tuple[str, str]:
        honest = open_case(bench.folder)
        tree = tiles.subtrees(honest.log.head().size, honest.log.file)
        size, old = honest.log.head().size, Head.decode(Note.decode(bench.old).text)
        newer = Head.decode(Note.decode(bench.new).text)
        forged = Split(bench.old, bench.new, old.root, tuple(merkle.consistency(tree, old.size, newer.size)))
        assert size >= newer.size
        try:
            verify_split(forged.encode(), [KEY.vkey])
        except TrucewatchError as wrong:
            return "`log consistency --check`", str(wrong)
        raise Escaped("the log is accused of what it did not do")

    entries, tile = tiles.Tile(-1, 0, len(lines)).path, tiles.Tile(0, 0, len(lines)).path
    vault = bench.copy("look").vault
    capture = vault.ids()[0]
    operator = "the operator"
    return [
        ("flip a bit of an entry", lambda: flip(f"log/{entries}")),
        ("flip a bit of a tile", lambda: flip(f"log/{tile}")),
        ("flip a bit of the head", lambda: flip("log/head")),
        ("flip a bit of a signed checkpoint", lambda: flip("log/checkpoint")),
        ("flip a bit of captured bytes", lambda: flip(f"vault/{capture[:2]}/{capture[2:]}")),
        ("flip a bit of a salt", lambda: flip(f"vault/{capture[:2]}/{capture[2:]}.salt")),
        ("flip a bit of a body", lambda: flip(f"objects/{dated.body_hash[:2]}/{dated.body_hash[2:]}")),
        ("drop an entry; tiles and head made to fit", lambda: other(dropped, "kept")),
        ("duplicate an entry; made to fit", lambda: other(doubled, "kept")),
        ("reorder two entries; made to fit", lambda: other(swapped, "kept")),
        ("truncate the log; made to fit", lambda: other(lines[:-2], "kept")),
        (
            f"truncate the log, remove the signed heads too; {operator} signs again",
            lambda: other(lines[:-2], "witness", KEY),
        ),
        ("back-date an entry; made to fit", lambda: other(changed, "kept")),
        ("enter a new entry with an old date", backdated),
        (f"re-sign: {operator} changes an entry and signs again, to a reader", lambda: other(changed, "trust", KEY)),
        (f"re-sign: {operator} changes an entry and signs again, to a witness", lambda: other(changed, "witness", KEY)),
        ("swap the log's key: history changed, signed with another key", lambda: other(changed, "trust", OTHER_KEY)),
        ("split view: two signed heads of which neither extends the other", split_view),
        ("replay: an old checkpoint in place of the new one", old_shown),
        ("replay: an old proof where a recent one is asked for (`--since`)", old_proof),
        ("forge a proof: an honest line with a dishonest body", dishonest),
        ("forge a proof: other bytes than were captured", lambda: by_verify(b"other bytes", bench.proof)),
        ("forge a proof: another index", lambda: by_verify(raw, replace(proof, index=proof.index + 1).encode())),
        ("move a witness's cosignature to another checkpoint", moved_cosignature),
        ("verify against a policy with another key", lambda: by_verify(
            raw, bench.proof, replace(POLICY, logs=(OTHER_KEY.vkey,)))),
        ("accuse an honest log of a split view", forged_split),
    ]  # fmt: skip


def rows() -> list[Caught]:
    """Do all of it -> what caught each. Raises Escaped where nothing did."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "case")
        clean = [what for what, well, _ in fsck(open_case(bench.folder), POLICY) if not well]
        if clean:
            raise Escaped(f"the honest case does not hold: {clean}")
        verify_evidence(RAW[0], bench.proof, Policy.decode("".join(f"{line}\n" for line in lines_of(POLICY)).encode()))
        for done, attack in attacks(bench):
            try:
                step, says = attack()
            except Escaped as why:
                raise Escaped(f"{done}: {why}") from None
            for copy in sorted(Path(folder).glob("c*"), key=lambda path: -len(path.name)):
                says = says.replace(str(copy), "CASE")
            found.append(Caught(done, step, says))
    return found


def table() -> str:
    """The rows as Markdown."""
    lines = ["| what is done | caught by | the message |", "|---|---|---|"]
    lines += [f"| {row.done} | {row.step} | {row.says.replace('|', ',')} |" for row in rows()]
    return "\n".join(lines)


def page(text: str) -> str:
    """The page's text with the table of now in it."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


def main() -> int:
    """Write the table, or check it."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page is stale")
    check = words.parse_args().check
    path = ROOT / PAGE
    try:
        new = page(path.read_text())
    except Escaped as why:
        print(f"not caught: {why}", file=sys.stderr)
        return 1
    if check and new != path.read_text():
        print(f"{PAGE} is stale; run: python tools/tamper.py", file=sys.stderr)
        return 1
    if not check:
        path.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
