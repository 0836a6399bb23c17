"""Tamper with a log in every way that we know, and write down what catches it: the table in docs/why/evidence.md.

python tools/tamper.py            write the table
python tools/tamper.py --check    write nothing; exit 1 where something is not caught, or the table is stale
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tamper_bench import (
    KEY,
    MAKER,
    ORIGIN,
    OTHER_KEY,
    POLICY,
    RAW,
    START_AT,
    WITNESSES,
    Bench,
    Escaped,
    by_consistency,
    by_fsck,
    by_verify,
    by_witness,
    enter,
    rewrite,
)

from trucewatch.base.errors import TrucewatchError
from trucewatch.copies import Copy, compare
from trucewatch.fsck import fsck
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.cosign import cosign
from trucewatch.log.entry import Entry
from trucewatch.log.note import Note, Signer
from trucewatch.log.policy import Policy, lines_of
from trucewatch.log.proof import Extra, Proof
from trucewatch.log.split import Split, verify_split
from trucewatch.log.verify import verify_evidence
from trucewatch.signing import Memory, sign
from trucewatch.stores.posix import PosixCase, open_case
from trucewatch.testing import FakeClock

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/why/evidence.md"
START, END = "<!-- tamper table: made by tools/tamper.py -->", "<!-- /tamper table -->"
Attack = tuple[str, Callable[[], tuple[str, str]]]
"""What is done, in words, and as a function -> (what says so, its message); it raises Escaped where nothing does."""


@dataclass(frozen=True)
class Caught:
    """One row of the table."""

    done: str
    step: str
    says: str


def attacks(bench: Bench) -> list[Attack]:
    """Every way that we know."""
    kinds = (_Flipped(bench), _Rewritten(bench), _SetBack(bench), _Shown(bench), _Long())
    return [row for kind in kinds for row in kind.rows()]


class _Tampering:
    """Copies of the bench's case, each to be tampered with once."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.lines = open_case(bench.folder).log.lines()

    def case(self) -> PosixCase:
        return self.bench.copy(f"copy{len(list(self.bench.folder.parent.iterdir()))}")


class _Flipped(_Tampering):
    """One bit of one file."""

    def flip(self, path: str) -> tuple[str, str]:
        there = self.case()
        at = there.folder / path
        changed = bytearray(at.read_bytes())
        changed[len(changed) // 2] ^= 1
        at.write_bytes(changed)
        return by_fsck(there, POLICY)

    def rows(self) -> list[Attack]:
        size = len(self.lines)
        entries, tile = tiles.Tile(-1, 0, size).path, tiles.Tile(0, 0, size).path
        capture = open_case(self.bench.folder).vault.ids()[0]
        body = Entry.decode(self.lines[self.bench.index]).body_hash
        return [
            ("flip a bit of an entry", lambda: self.flip(f"log/{entries}")),
            ("flip a bit of a tile", lambda: self.flip(f"log/{tile}")),
            ("flip a bit of the head", lambda: self.flip("log/head")),
            ("flip a bit of a signed checkpoint", lambda: self.flip("log/checkpoint")),
            ("flip a bit of captured bytes", lambda: self.flip(f"vault/{capture[:2]}/{capture[2:]}")),
            ("flip a bit of a salt", lambda: self.flip(f"vault/{capture[:2]}/{capture[2:]}.salt")),
            ("flip a bit of a body", lambda: self.flip(f"objects/{body[:2]}/{body[2:]}")),
        ]


class _Rewritten(_Tampering):
    """Other entries; tiles and head made to fit."""

    def kept(self, new: list[bytes]) -> tuple[str, str]:
        """Whoever does not want to be seen removing the signed heads leaves them where they are."""
        there = self.case()
        held = {size: there.log.checkpoint(size) for size in there.log.checkpoints()}
        rewrite(there, new)
        for size, raw in held.items():
            (there.folder / f"log/checkpoints/{size}").parent.mkdir(exist_ok=True)
            (there.folder / f"log/checkpoints/{size}").write_bytes(raw or b"")
        (there.folder / "log/checkpoint").write_bytes(self.bench.new)
        return by_fsck(there, POLICY)

    def reader(self, new: list[bytes], signer: Signer | None = None) -> tuple[str, str]:
        there = self.case()
        rewrite(there, new, signer)
        return by_fsck(there, POLICY)

    def witness(self, new: list[bytes]) -> tuple[str, str]:
        there = self.case()
        return by_witness(self.bench, there, rewrite(there, new, KEY) or b"")

    def split(self, new: list[bytes]) -> tuple[str, str]:
        there = self.case()
        rewrite(there, new, KEY)
        return by_consistency(self.bench, there)

    def backdated(self) -> tuple[str, str]:
        there = self.case()
        enter(there, b"said to be from before\n", FakeClock(START_AT - timedelta(days=1)))
        notes = [says for what, _, says in fsck(open_case(there.folder), POLICY) if what == "times"]
        if not notes[0].startswith("a note"):
            raise Escaped(notes[0])
        return "`log fsck --trust POLICY`, times: a note, not a fault", notes[0]

    def rows(self) -> list[Attack]:
        lines, index = self.lines, self.bench.index
        dated = Entry.decode(lines[index])
        line = Entry(dated.kind, dated.body_hash, dated.made_at - timedelta(days=2), dated.maker).encode()
        changed = [*lines[:index], line, *lines[index + 1 :]]
        doubled = [*lines[: index + 1], lines[index], *lines[index + 1 :]]
        dropped, short = lines[:index] + lines[index + 1 :], lines[:-2]
        swapped = [*lines[:index], lines[index + 1], lines[index], *lines[index + 2 :]]
        again = "the operator changes an entry and signs again"
        return [
            ("drop an entry; tiles and head made to fit", lambda: self.kept(dropped)),
            ("duplicate an entry; made to fit", lambda: self.kept(doubled)),
            ("reorder two entries; made to fit", lambda: self.kept(swapped)),
            ("truncate the log; made to fit", lambda: self.kept(short)),
            ("truncate the log, remove the signed heads too; the operator signs again", lambda: self.witness(short)),
            ("change an entry, remove all signed heads", lambda: self.reader(changed)),
            ("back-date an entry; made to fit", lambda: self.kept(changed)),
            ("enter a new entry with an old date", self.backdated),
            (f"re-sign: {again}, to a reader", lambda: self.reader(changed, KEY)),
            (f"re-sign: {again}, to a witness", lambda: self.witness(changed)),
            ("swap the log's key: history changed, signed with another key", lambda: self.reader(changed, OTHER_KEY)),
            ("split view: two signed heads of which neither extends the other", lambda: self.split(changed[:-1])),
        ]


class _SetBack(_Tampering):
    """The case as it was at its first signing, with the head that a quorum cosigned then: nothing in it is wrong."""

    def back(self) -> PosixCase:
        there = self.case()
        rewrite(there, self.lines[: Head.decode(Note.decode(self.bench.old).text).size])
        fresh = open_case(there.folder)
        fresh.log.keep_checkpoint(self.bench.old)
        return fresh

    def witness(self) -> tuple[str, str]:
        there = self.back()
        enter(there, b"another way on\n", self.bench.clock)
        head = there.log.head()
        return by_witness(self.bench, there, checkpoint(Head(head.origin, head.size, head.root), KEY).encode())

    def operator(self) -> tuple[str, str]:
        there = self.back()
        try:
            sign(there, KEY, self.bench.clock, MAKER, memory=Memory(self.bench.new, lambda note: None))
        except TrucewatchError as wrong:
            return "`log checkpoint --key`, by what lies beside the key", str(wrong)
        raise Escaped("the operator's own key has signed it")

    def old_shown(self) -> tuple[str, str]:
        there = self.case()
        (there.folder / "log/checkpoint").write_bytes(self.bench.old)
        return by_fsck(there, POLICY)

    def future(self) -> tuple[str, str]:
        there = self.case()
        note = Note.decode(self.bench.new)
        lines = (cosign(note, witness, 4_102_444_800) for witness in WITNESSES.values())
        late = Note(note.text, (note.signatures[0], *lines)).encode()
        for name in ("checkpoint", f"checkpoints/{len(self.lines)}"):
            (there.folder / "log" / name).write_bytes(late)
        return by_fsck(there, POLICY)

    def rows(self) -> list[Attack]:
        since = START_AT + timedelta(hours=6)
        back = "set the whole case back to an older cosigned head"
        return [
            (f"{back}; a reader asks for a recent one", lambda: by_fsck(self.back(), POLICY, since)),
            (f"{back}; a reader has kept a newer one", lambda: by_fsck(self.back(), POLICY, kept=self.bench.new)),
            (f"{back}, go on otherwise, to a witness", self.witness),
            (f"{back}; its honest operator is to sign that", self.operator),
            ("replay: an old checkpoint in place of the new one", self.old_shown),
            ("cosignatures of the year 2100, so that a head never grows old", self.future),
        ]


class _Shown(_Tampering):
    """Proofs, to whoever verifies them."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.proof, self.raw = Proof.decode(bench.proof), RAW[0]

    def old_proof(self) -> tuple[str, str]:
        size = Head.decode(Note.decode(self.bench.old).text).size
        honest = open_case(self.bench.folder)
        way = merkle.path(tiles.subtrees(honest.log.head().size, honest.log.file), self.bench.index, size)
        stale = Proof(self.bench.index, tuple(way), self.bench.old, self.proof.extra).encode()
        verify_evidence(self.raw, stale, POLICY)  # it is a true proof, of an old state
        return by_verify(self.raw, stale, since=START_AT + timedelta(hours=6))

    def dishonest(self) -> tuple[str, str]:
        extra = Extra.decode(self.proof.extra or b"")
        body = extra.body.replace(b"own", b"new")
        return by_verify(self.raw, replace(self.proof, extra=replace(extra, body=body).encode()).encode())

    def moved_cosignature(self) -> tuple[str, str]:
        old, new = Note.decode(self.bench.old), Note.decode(self.bench.new)
        mixed = Note(new.text, (new.signatures[0], *old.signatures[1:])).encode()
        return by_verify(self.raw, replace(self.proof, checkpoint=mixed).encode())

    def forged_split(self) -> tuple[str, str]:
        honest, old = open_case(self.bench.folder), Head.decode(Note.decode(self.bench.old).text)
        size = Head.decode(Note.decode(self.bench.new).text).size
        tree = tiles.subtrees(honest.log.head().size, honest.log.file)
        forged = Split(self.bench.old, self.bench.new, old.root, tuple(merkle.consistency(tree, old.size, size)))
        try:
            verify_split(forged.encode(), [KEY.vkey])
        except TrucewatchError as wrong:
            return "`log consistency --check`", str(wrong)
        raise Escaped("the log is accused of what it did not do")

    def rows(self) -> list[Attack]:
        raw, index = self.raw, replace(self.proof, index=self.proof.index + 1).encode()
        others: Policy = replace(POLICY, logs=(OTHER_KEY.vkey,))
        return [
            ("replay: an old proof where a recent one is asked for (`--since`)", self.old_proof),
            ("forge a proof: an honest line with a dishonest body", self.dishonest),
            ("forge a proof: other bytes than were captured", lambda: by_verify(b"other bytes", self.bench.proof)),
            ("forge a proof: another index", lambda: by_verify(raw, index)),
            ("move a witness's cosignature to another checkpoint", self.moved_cosignature),
            ("verify against a policy with another key", lambda: by_verify(raw, self.bench.proof, others)),
            ("accuse an honest log of a split view", self.forged_split),
        ]


class _Long:
    """Copies of logs of more than one tile, of which one file is not what the others make it."""

    def grown(self, name: str, tag: str, size: int) -> tuple[Copy, dict[str, bytes]]:
        """A signed log whose entries from 256 on bear the tag."""
        bodies = (f"{n:064x}" if n < tiles.WIDTH else f"{n:062x}{tag}" for n in range(size))
        made = tiles.grow(0, {}.__getitem__, [Entry("judgement", body, START_AT, MAKER).encode() for body in bodies])
        head, files = Head(ORIGIN, made.size, made.root), dict(made.files)
        return Copy(name, head, (checkpoint(head, KEY).encode(),), files.__getitem__, made.size), files

    def contradicts(self, one: Copy, other: Copy) -> tuple[str, str]:
        try:
            found = compare(one, other, [KEY.vkey])
        except TrucewatchError as wrong:
            return "`log consistency A B`", str(wrong)
        raise Escaped(found.says)

    def hidden(self) -> tuple[str, str]:
        (one, theirs), (other, files) = self.grown("A", "aa", 300), self.grown("B", "bb", 600)
        first = theirs["tile/0/001.p/44"]
        files["tile/0/001"] = first + files["tile/0/001"][len(first) :]
        return self.contradicts(replace(one, files=None, size=0), other)

    def accused(self) -> tuple[str, str]:
        (one, _), (other, files) = self.grown("A", "bb", 300), self.grown("B", "bb", 600)
        files["tile/0/001"] = bytes([files["tile/0/001"][0] ^ 1]) + files["tile/0/001"][1:]
        return self.contradicts(replace(one, files=None, size=0), other)

    def rows(self) -> list[Attack]:
        return [
            ("split view of 300 and 600 entries, hidden by a tile of the one in the copy of the other", self.hidden),
            ("accuse an honest log of 600 entries by one bit of a tile in its copy", self.accused),
        ]


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
