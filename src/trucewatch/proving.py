"""Floor 4: what the log can show to others: the keys that it goes by, and a proof for any of its entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from trucewatch.base.errors import CaseBroken, InputError, VerificationError
from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.note import Note, VKey
from trucewatch.log.proof import Extra, Proof
from trucewatch.ports import Store


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


def announced(store: Store, entries: Sequence[Entry]) -> list[VKey]:
    """The keys that the log itself says it is signed with, in order. A reader who must not trust the log has them from
    elsewhere: from a policy, or from hand to hand."""
    found = []
    for n, entry in enumerate(entries):
        if entry.kind == "key":
            try:
                found.append(VKey.decode(json.loads(body_of(store, entry, n))["vkey"]))
            except (ValueError, KeyError, TypeError, AttributeError, VerificationError):
                raise CaseBroken(f"entry {n} announces something that is no key") from None
    return found


def tree_of(store: Store) -> tuple[int, merkle.Subtree]:
    """-> the log's size, and its subtrees from the tiles as they lie there."""
    size = store.log.head().size
    return size, tiles.subtrees(size, store.log.file)


def prove(store: Store, index: int) -> bytes:
    """The proof file of one entry under the latest signed checkpoint: with it, its file and the keys, anyone can check.

    The salt of a capture goes with it, as long as its bytes are here; where they were withheld, the proof shows the
    entry alone. InputError where no signed checkpoint is of a log that long.
    """
    note = store.log.checkpoint()
    head = None if note is None else Head.decode(Note.decode(note).text)
    size, tree = tree_of(store)
    if not 0 <= index < size:
        raise InputError(f"there is no entry {index}", expected=f"a number from 0 to {size - 1}")
    if note is None or head is None or head.size <= index:
        covers = "there is no signed checkpoint" if head is None else f"the signed checkpoint is of {head.size} entries"
        raise InputError(f"entry {index} cannot be proved: {covers}", expected="first: trucewatch log checkpoint")
    line = tiles.entry(index, size, store.log.file)
    entry = Entry.decode(line)
    body = body_of(store, entry, index)
    extra = Extra(line, body, _salt(store, entry, body))
    return Proof(index, tuple(merkle.path(tree, index, head.size)), note, extra.encode()).encode()


def _salt(store: Store, entry: Entry, body: bytes) -> bytes | None:
    if entry.kind != "capture":
        return None
    try:
        return store.vault.get(json.loads(body)["id"])[0]
    except KeyError:
        return None


def wanted_entry(store: Store, word: str) -> int:
    """An entry's number, or the first characters of a capture's id or of a body's hash -> its number. InputError."""
    entries = entries_of(store)
    if word.isascii() and word.isdigit() and len(word) < 12 and int(word) < len(entries):
        return int(word)
    hits = [
        n
        for n, entry in enumerate(entries)
        if entry.body_hash.startswith(word)
        or (entry.kind == "capture" and json.loads(body_of(store, entry, n))["id"].startswith(word))
    ]
    if len(hits) != 1:
        what = f"{word!r} begins {len(hits)} entries" if hits else f"there is no entry {word!r}"
        raise InputError(what, expected="a number, or the first characters of a capture's id or of a body's hash")
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
    said: dict[str, Any] = json.loads(body_of(store, entry, n))
    if entry.kind == "capture":
        if said.get("size") != len(raw):
            return False
        try:
            salt = store.vault.get(said["id"])[0]
        except KeyError:
            return False
        return bool(commitment(salt, raw) == said["id"])
    return name in {**said.get("tables", {}), **said.get("outputs", {})}.values()
