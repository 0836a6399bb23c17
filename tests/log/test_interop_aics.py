"""With an implementation that we did not write: `aics-tlog` reads our logs, and we read its.

It needs Python 3.12: there CI installs the extra `interop` and sets TRUCEWATCH_INTEROP, so that it cannot be missing
unseen. Where it is not installed these tests are left out.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from logkit import LOG, ORIGIN, WHEN, WHEN_S, WITNESSES, ask_policy, head_of, signed_head, swapped

from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note
from trucewatch.log.policy import Policy

WANTED = "TRUCEWATCH_INTEROP"
if os.environ.get(WANTED):
    import aics_tlog as theirs
else:
    theirs = pytest.importorskip(
        "aics_tlog", reason="aics-tlog is not installed (Python 3.12 or newer, extra `interop`)"
    )

SIZES = (1, 2, 255, 256, 257, 70_000)
SEVERAL = ask_policy("group two 2 a b c", "quorum two")


def line(n: int) -> bytes:
    return b"entry %d" % n


@dataclass
class Pair:
    """One log of `size` entries, twice: the folder that we wrote, and the folder that they wrote."""

    size: int
    lines: list[bytes]
    root: bytes
    ours: Path
    theirs: Path


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size}-entries")
def pair(request: Any, tmp_path_factory: Any) -> Pair:
    size = request.param
    lines = [line(n) for n in range(size)]
    ours, other = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs")
    at, cuts = 0, sorted({0, size // 3, size // 2, size})
    for start, end in itertools.pairwise(cuts):
        step = tiles.grow(start, reader(ours), lines[start:end])
        for path, raw in step.files.items():
            (ours / path).parent.mkdir(parents=True, exist_ok=True)
            (ours / path).write_bytes(raw)
        for path in step.outgrown:
            (ours / path).unlink()
        at = step.size
    assert at == size
    writer = theirs.IncrementalTileWriter(theirs.DirectoryTileStore(other, fsync=False))
    for start, end in itertools.pairwise(cuts):
        writer.append(lines[start:end])
    assert step.root == writer.root()
    return Pair(size, lines, step.root, ours, other)


def reader(folder: Path) -> tiles.Files:
    def read(path: str) -> bytes:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            raise KeyError(path) from None

    return read


def some(size: int) -> list[int]:
    """Entries at the edges of tiles and in their middle."""
    return sorted({n for n in (0, 1, 127, 254, 255, 256, 257, 65_535, 65_536, size // 2, size - 1) if n < size})


# (a) what we wrote, read by them


def test_our_files_are_audited_by_them_to_the_last_hash_and_entry(pair: Pair) -> None:
    report = theirs.audit_tiles(theirs.FileSystemTileReader(pair.ours), pair.size, pair.root)
    mine = tiles.tiles_of(pair.size)
    assert report.bundles == sum(tile.level < 0 for tile in mine)
    assert report.tiles == sum(tile.level >= 0 for tile in mine)


def test_our_root_and_proofs_are_theirs_and_hold_for_them(pair: Pair) -> None:
    files = theirs.FileSystemTileReader(pair.ours)
    mine = tiles.subtrees(pair.size, reader(pair.ours))
    assert theirs.tree_root_from_tiles(files, pair.size) == pair.root == merkle.hash_of(mine, 0, pair.size)
    for index in some(pair.size):
        way = merkle.path(mine, index, pair.size)
        assert way == theirs.inclusion_proof_from_tiles(files, index, pair.size)
        assert theirs.verify_leaf_inclusion(pair.lines[index], index, pair.size, way, pair.root)
        assert not theirs.verify_leaf_inclusion(b"forged", index, pair.size, way, pair.root)
    for index in some(pair.size):
        old = index + 1
        way, before = merkle.consistency(mine, old, pair.size), merkle.hash_of(mine, 0, old)
        assert way == theirs.consistency_proof_from_tiles(files, old, pair.size)
        assert theirs.verify_consistency(old, pair.size, before, pair.root, way)
        assert not theirs.verify_consistency(old, pair.size, bytes(32), pair.root, way)


def test_our_folder_is_theirs_file_by_file_but_for_partial_ones_that_only_one_keeps(pair: Pair) -> None:
    needed = {tile.path for tile in tiles.tiles_of(pair.size)}
    mine, other = (
        {p.relative_to(at).as_posix() for p in at.rglob("*") if p.is_file()} for at in (pair.ours, pair.theirs)
    )
    assert mine == needed <= other
    for path in needed:
        assert (pair.ours / path).read_bytes() == (pair.theirs / path).read_bytes()
    assert all(tiles.Tile.parse(path).width < tiles.WIDTH for path in other - needed)


def policy_of_theirs(quorum: int) -> Any:
    keys = [theirs.parse_vkey(signer.vkey.encode()) for signer in WITNESSES.values()]
    return theirs.WitnessPolicy(quorum=quorum, witnesses=tuple(keys))


def judged(raw: bytes, quorum: int = 2) -> Any:
    key = theirs.parse_vkey(LOG.vkey.encode())
    return theirs.verify_checkpoint(
        theirs.parse_note(raw), key, expected_origin=ORIGIN, policy=policy_of_theirs(quorum), now=WHEN_S
    )


def test_our_checkpoint_and_cosignatures_hold_for_them(pair: Pair) -> None:
    raw = signed_head(Head(ORIGIN, pair.size, pair.root), "ac")
    found = judged(raw)
    assert (found.ok, found.size, found.root) == (True, pair.size, pair.root)
    assert found.witnesses == [WITNESSES[name].name for name in "ac"]
    assert found.timestamps == {WITNESSES[name].name: WHEN_S for name in "ac"}
    assert theirs.parse_note(raw).to_bytes() == raw
    assert not judged(raw, 3).ok


def test_a_real_case_folder_is_audited_by_them(tmp_path: Path) -> None:
    from trucewatch.stores.posix import make_case

    store, lines = make_case(tmp_path / "case", ORIGIN), [line(n) for n in range(600)]
    with store.writing():
        store.log.append(lines[:1])
        store.log.append(lines[1:300])
        early = signed_head(store.log.head(), "b")
        store.log.keep_checkpoint(early)
        store.log.append(lines[300:])
        store.log.keep_checkpoint(signed_head(store.log.head(), "ab"))
    served = tmp_path / "case" / "log"
    found = judged((served / "checkpoint").read_bytes())
    assert found.ok and found.size == 600
    files = theirs.FileSystemTileReader(served)
    assert theirs.audit_tiles(files, found.size, found.root).bundles == 3
    assert theirs.read_entry(files, 599, 600) == lines[599]
    first = judged(early, 1)
    way = theirs.consistency_proof_from_tiles(files, first.size, found.size)
    assert theirs.verify_consistency(first.size, found.size, first.root, found.root, way)
    merkle.extends(first.size, first.root, found.size, found.root, way)
    theirs.audit_tiles(files, first.size, first.root)


# (b) what they wrote, read by us


def private(signer: Any) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(signer.seed)


def signed_by_them(size: int, root: bytes, by: str = "ab", when_s: int = WHEN_S) -> bytes:
    head = theirs.Checkpoint(origin=ORIGIN, size=size, root=root)
    note = theirs.sign_checkpoint(head, private(LOG), ORIGIN)
    lines = [
        theirs.sign_cosignature(private(WITNESSES[name]), WITNESSES[name].name, when_s, ORIGIN, size, root)[1]
        for name in by
    ]
    return bytes(theirs.Note(text=note.text, signatures=(*note.signatures, *lines)).to_bytes())


def test_their_files_proofs_and_entries_hold_for_us(pair: Pair) -> None:
    files = theirs.FileSystemTileReader(pair.theirs)
    read = reader(pair.theirs)
    mine = tiles.subtrees(pair.size, read)
    assert tiles.root_of(pair.size, read) == merkle.hash_of(mine, 0, pair.size) == pair.root
    assert list(tiles.entries(pair.size, read)) == pair.lines
    for index in some(pair.size):
        way = theirs.inclusion_proof_from_tiles(files, index, pair.size)
        assert merkle.climb(merkle.leaf(tiles.entry(index, pair.size, read)), index, pair.size, way) == pair.root
        old, before = index + 1, theirs.tree_root_from_tiles(files, index + 1, pair.size)
        merkle.extends(old, before, pair.size, pair.root, theirs.consistency_proof_from_tiles(files, old, pair.size))


def test_our_log_goes_on_from_theirs_and_theirs_from_ours(pair: Pair) -> None:
    more = [b"more %d" % n for n in range(300)]
    step = tiles.grow(pair.size, reader(pair.theirs), more)
    store = theirs.MemoryTileStore(
        {p.relative_to(pair.ours).as_posix(): p.read_bytes() for p in pair.ours.rglob("*") if p.is_file()}
    )
    writer = theirs.IncrementalTileWriter(store, pair.size)
    writer.append(more)
    assert writer.root() == step.root
    assert {path: store.tiles[path] for path in step.files} == step.files


def test_their_checkpoint_and_cosignatures_hold_for_us_and_are_those_that_we_would_make(pair: Pair) -> None:
    raw = signed_by_them(pair.size, pair.root)
    trusted = Policy.decode(SEVERAL).open(raw, WHEN)
    assert trusted.head == Head(ORIGIN, pair.size, pair.root)
    assert trusted.witnesses == {"a": WHEN, "b": WHEN}
    assert Note.decode(raw).encode() == raw == signed_head(trusted.head, "ab")


def test_a_verifier_key_of_theirs_is_ours() -> None:
    for signer in (LOG, *WITNESSES.values()):
        assert theirs.format_vkey(theirs.parse_vkey(signer.vkey.encode())) == signer.vkey.encode()
        made = theirs.vkey_from_ed25519(signer.name, private(signer).public_key(), signer.kind)
        assert theirs.format_vkey(made) == signer.vkey.encode()


# (c) what was tampered with is refused by both


def ours_holds(raw: bytes) -> bool:
    try:
        Policy.decode(SEVERAL).open(raw, WHEN)
    except VerificationError:
        return False
    return True


def theirs_holds(raw: bytes) -> bool:
    try:
        return bool(judged(raw).ok)
    except ValueError:
        return False


GOOD = signed_head(head_of([line(n) for n in range(9)]), "ab")


def test_every_bit_flipped_in_a_signed_head_is_refused_by_both() -> None:
    assert ours_holds(GOOD) and theirs_holds(GOOD)
    for bit in range(len(GOOD) * 8):
        raw = swapped(GOOD, bit)
        assert (ours_holds(raw), theirs_holds(raw)) == (False, False), raw


DUPLICATED = Note(Note.decode(GOOD).text, (*Note.decode(GOOD).signatures, Note.decode(GOOD).signatures[-1])).encode()


@pytest.mark.parametrize(
    ("what", "raw"),
    [
        ("one witness too few", signed_head(head_of([line(n) for n in range(9)]), "a")),
        ("nobody of the log", Note(Note.decode(GOOD).text, Note.decode(GOOD).signatures[1:]).encode()),
        ("one line twice", DUPLICATED),
        ("another log", signed_head(head_of([line(0)], "example.org/other"), "ab")),
        ("a cut", GOOD[:-10]),
        ("no signatures", Note.decode(GOOD).text + b"\n"),
        ("a carriage return", GOOD.replace(b"\n", b"\r\n")),
    ],
)
def test_what_is_no_good_checkpoint_is_refused_by_both(what: str, raw: bytes) -> None:
    assert (ours_holds(raw), theirs_holds(raw)) == (False, False), what


@pytest.mark.parametrize("size", [257, 513])
def test_a_changed_file_is_refused_by_both(size: int) -> None:
    lines = [line(n) for n in range(size)]
    files = tiles.grow(0, {}.__getitem__, lines).files
    root = head_of(lines).root

    def refused(call: Callable[[], object]) -> bool:
        try:
            return call() != root
        except (VerificationError, KeyError, theirs.TileVerificationError, theirs.TileMissingError):
            return True

    for path, raw in files.items():
        for forged in (swapped(raw, 5), raw[:-1], raw + b"x", raw[32:] + raw[:32]):
            if forged == raw:
                continue
            altered = files | {path: forged}
            assert refused(lambda at=altered: theirs.audit_tiles(theirs.MemoryTileReader(at), size, root))
            entries = lambda at=altered: head_of(list(tiles.entries(size, at.__getitem__))).root  # noqa: E731
            tree = lambda at=altered: whole_root(size, at)  # noqa: E731
            assert refused(entries if path.startswith("tile/entries") else tree)


def whole_root(size: int, files: dict[str, bytes]) -> bytes | None:
    """The root that all tiles lead to, each held to those below it; None where two of them disagree."""
    subtree = tiles.subtrees(size, files.__getitem__)
    for tile in tiles.tiles_of(size):
        if tile.level > 0:
            below = [
                merkle.root(tiles.hashes(files[tiles.Tile(tile.level - 1, n).path], 256)) for n in range(tile.width)
            ]
            if files[tile.path] != b"".join(below):
                return None
    return merkle.hash_of(subtree, 0, size)
