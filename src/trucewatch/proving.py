"""Floor 4: what the log can show to others: the keys that it goes by, and a proof for any of its entries."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from trucewatch.archive import LEAST, WITHHELD, is_number
from trucewatch.base.errors import CaseBroken, InputError, VerificationError
from trucewatch.base.ids import commitment, leaves, sha256
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.note import Note, VKey
from trucewatch.log.proof import Extra, Proof
from trucewatch.log.verify import verify_body
from trucewatch.ports import LogStore, Store


def entries_of(store: Store) -> list[Entry]:
    """All entries of the log, in order. CaseBroken where one is none."""
    try:
        return [Entry.decode(line) for line in store.log.lines()]
    except VerificationError as wrong:
        raise CaseBroken(f"the log holds a line that is no entry: {wrong}") from None


def body_of(store: Store, entry: Entry, n: int) -> bytes:
    """What an entry commits to. CaseBroken where it is gone."""
    try:
        return store.objects.get(entry.body_hash)
    except KeyError:
        raise CaseBroken(f"entry {n} ({entry.kind}) has no body in the case") from None


def said_of(store: Store, entry: Entry, n: int, *fields: str) -> dict[str, Any]:
    """What an entry's body says, with at least these fields. CaseBroken where it is not JSON, or lacks one."""
    try:
        said = json.loads(body_of(store, entry, n))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not set(fields) <= set(said):
        raise CaseBroken(f"the body of entry {n} ({entry.kind}) cannot be understood")
    return said


def announced(store: Store, entries: Sequence[Entry]) -> list[VKey]:
    """The keys that the log itself says it is signed with, in order. A reader who must not trust the log has them from
    elsewhere: from a policy, or from hand to hand."""
    found = []
    for n, entry in enumerate(entries):
        if entry.kind == "key":
            try:
                found.append(VKey.decode(said_of(store, entry, n, "vkey")["vkey"]))
            except (TypeError, AttributeError, VerificationError):
                raise CaseBroken(f"entry {n} announces something that is no key") from None
    return found


def tree_of(store: Store) -> tuple[int, merkle.Subtree]:
    """-> the log's size, and its subtrees from the tiles as they lie there. CaseBroken where one is gone or is none."""
    size = store.log.head().size
    return size, whole(tiles.subtrees(size, steady(store.log)))


def steady(log: LogStore) -> tiles.Files:
    """The log's files, for a reader without a lock: a partial one that was outgrown is cut from the wider one in its
    place. KeyError where both are gone."""

    def file(path: str) -> bytes:
        try:
            return log.file(path)
        except KeyError:
            tile, size = tiles.Tile.parse(path), -1
            while size != (size := log.head().size):  # it may be outgrown again while we read
                try:
                    return tiles.narrowed(tile, size, log.file)
                except KeyError:
                    continue
            raise KeyError(path) from None

    return file


def whole(subtree: merkle.Subtree) -> merkle.Subtree:
    """The same subtrees; where a file that they are made from is gone or is none, CaseBroken names it."""

    def asked(level: int, index: int) -> bytes:
        try:
            return subtree(level, index)
        except KeyError as gone:
            raise CaseBroken(f"{gone.args[0]} is gone") from None
        except VerificationError as wrong:
            raise CaseBroken(str(wrong)) from None

    return asked


def prove(store: Store, index: int, gone: Collection[str] | None = None) -> bytes:
    """The proof file of one entry under the latest signed checkpoint: with it, its file and the keys, anyone can check.

    The salt of a capture goes with it, as long as it is not withheld; where it is, the proof shows the entry alone.
    `gone` are the captures that are, for whoever makes many proofs; without it the log is read for them.
    InputError where no signed checkpoint is of a log that long. CaseBroken where the case's own files lead elsewhere:
    a proof that does not hold is never handed out.
    """
    note = store.log.checkpoint()
    head = None if note is None else _head_in(note)
    size, tree = tree_of(store)
    if not 0 <= index < size:
        raise InputError(f"there is no entry {index}", expected=f"a number below {size}" if size else "a log with some")
    if note is None or head is None or head.size <= index:
        covers = "there is no signed checkpoint" if head is None else f"the signed checkpoint is of {head.size} entries"
        raise InputError(f"entry {index} cannot be proved: {covers}", expected="first: trucewatch log checkpoint")
    if head.size > size:
        raise CaseBroken(f"a checkpoint of {head.size} entries was signed, the log has {size}: some are gone")
    try:
        line = tiles.entry(index, size, steady(store.log))
        body = body_of(store, Entry.decode(line), index)
        way = merkle.path(tree, index, head.size)
        entry = verify_body(body, line, index, way, head)
    except KeyError as missing:
        raise CaseBroken(f"{missing.args[0]} is gone") from None
    except VerificationError as wrong:
        raise CaseBroken(f"the case's files do not prove entry {index}: {wrong}") from None
    extra = Extra(line, body, _salt(store, entry, index, gone))
    return Proof(index, tuple(way), note, extra.encode()).encode()


def _head_in(note: bytes) -> Head:
    try:
        return Head.decode(Note.decode(note).text)
    except VerificationError as wrong:
        raise CaseBroken(f"the latest checkpoint: {wrong}") from None


def _salt(store: Store, entry: Entry, n: int, gone: Collection[str] | None) -> bytes | None:
    if entry.kind != "capture":
        return None
    capture = said_of(store, entry, n, "id")["id"]
    # Where withholding was broken off the salt may still lie there; it is withheld from the entry on.
    if capture in (withheld(store) if gone is None else gone):
        return None
    try:
        return store.vault.get(capture)[0]
    except KeyError:
        return None


def withheld(store: Store) -> set[str]:
    """The captures that an entry withholds."""
    found = ((n, Entry.decode(line)) for n, line in enumerate(store.log.lines()) if WITHHELD in line)
    return {str(said_of(store, entry, n, "capture")["capture"]) for n, entry in found if entry.kind == "withheld"}


def wanted_entry(store: Store, word: str) -> int:
    """An entry's number, or the first characters of a capture's id or of a body's hash -> its number. InputError.

    As everywhere: up to seven digits are a number, and an id is named by four characters or more.
    """
    if is_number(word):
        if int(word) >= (size := store.log.head().size):
            raise InputError(
                f"there is no entry {word}", expected=f"a number below {size}" if size else "a log with some"
            )
        return int(word)
    entries = entries_of(store)
    hits = [
        n
        for n, entry in enumerate(entries)
        if len(word) >= LEAST
        and (
            entry.body_hash.startswith(word)
            or (entry.kind == "capture" and str(said_of(store, entry, n, "id")["id"]).startswith(word))
        )
    ]
    if len(hits) != 1:
        what = f"{word!r} begins {len(hits)} entries" if hits else f"there is no entry {word!r}"
        expected = f"a number, or {LEAST} characters or more of a capture's id or of a body's hash"
        raise InputError(what, expected=expected)
    return hits[0]


def entry_of_file(store: Store, raw: bytes) -> int:
    """Which entry commits to these bytes? The last one. InputError where none does."""
    name, entries = sha256(raw), entries_of(store)
    for n in range(len(entries) - 1, -1, -1):
        if entries[n].body_hash == name or _names(store, entries[n], n, name, raw):
            return n
    raise InputError("no entry of the log commits to that file", expected="a file that was captured, entered or made")


def _names(store: Store, entry: Entry, n: int, name: str, raw: bytes) -> bool:
    if entry.kind not in ("capture", "observations", "run"):
        return False
    said = said_of(store, entry, n)
    if entry.kind == "capture":
        if said.get("size") != len(raw):
            return False
        try:
            salt = store.vault.get(said["id"])[0]
        except KeyError:
            return False
        return bool(commitment(salt, raw) == said["id"])
    return name in leaves([said.get("tables"), said.get("outputs")])
