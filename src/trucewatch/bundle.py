"""Floor 4: what is given out of a case to be checked elsewhere: files, proofs, the signed head, the log's tiles.

What may go out depends on the level of release. Captured bytes hold positions and observers: they go out at
`restricted` only. Hashes say nothing of them, and go out at every level.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trucewatch.base.errors import CaseBroken, InputError
from trucewatch.base.ids import SHORT, sha256
from trucewatch.log import tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.note import Note
from trucewatch.ports import Store
from trucewatch.proving import body_of, entries_of, prove

LEVELS = ("public", "parties", "restricted")
_FREE = {
    "public": {"agreement", "key", "timestamp"},
    "parties": {"agreement", "key", "timestamp", "attachment", "withheld", "judgement"},
}
"""Kinds of entries whose bodies may go out; runs of report go by their own level, and `restricted` is all."""


@dataclass(frozen=True)
class Item:
    """One thing given out: its name in the bundle, its entry, its bytes (None: the entry alone), and which capture."""

    name: str
    index: int
    raw: bytes | None
    capture: str | None = None


def items(store: Store, wanted: Sequence[int], published: Mapping[str, bytes], level: str) -> list[Item]:
    """Which entries, and what lies published in the case -> what the bundle will hold, of what that level lets out.

    Without `wanted`: every published file of that level and below, every agreement, and at `restricted` every capture.
    InputError where something that was asked for is above the level.
    """
    entries = entries_of(store)
    bodies = {n: _said(store, entries[n], n) for n in (wanted or range(len(entries)))}
    found: list[Item] = []
    for n, body in bodies.items():
        kind = entries[n].kind
        if not _may(kind, body, level):
            if wanted:
                raise InputError(f"entry {n} ({kind}) is not for {level}", field="--level", expected="a level above it")
            continue
        if kind == "capture" and (wanted or level == "restricted"):
            found.append(_capture(store, n, body))
        elif kind == "run" and body.get("room") == "report":
            found += _files(n, body, published)
        elif kind == "agreement":
            found.append(Item(f"{n}-agreement.yaml", n, body_of(store, entries[n], n)))
        elif wanted:
            found.append(Item(f"{n}-{kind}.json", n, body_of(store, entries[n], n)))
    return found


def _said(store: Store, entry: Entry, n: int) -> dict[str, Any]:
    if entry.kind == "agreement":
        return {}
    try:
        said: dict[str, Any] = json.loads(body_of(store, entry, n))
    except ValueError:
        raise CaseBroken(f"the body of entry {n} ({entry.kind}) is not JSON") from None
    return said


def _may(kind: str, body: Mapping[str, Any], level: str) -> bool:
    if level == "restricted":
        return True
    if kind == "run" and body.get("room") == "report":
        return LEVELS.index(body["level"]) <= LEVELS.index(level)
    return kind in _FREE[level]


def _capture(store: Store, n: int, body: Mapping[str, Any]) -> Item:
    name = re.sub(r"[^A-Za-z0-9._-]", "_", body["url"].rstrip("/").rsplit("/", 1)[-1].split("?")[0])[-60:] or "bytes"
    try:
        raw = store.vault.get(body["id"])[1]
    except KeyError:
        return Item(f"{n}-withheld-{body['id'][:SHORT]}", n, None, body["id"])
    return Item(f"{n}-{name}", n, raw, body["id"])


def _files(n: int, body: Mapping[str, Any], published: Mapping[str, bytes]) -> Iterator[Item]:
    """The files of a report that still lie there as they were made."""
    for name, sha in body["outputs"].items():
        for raw in published.values():
            if sha256(raw) == sha:
                yield Item(f"{n}-{name}", n, raw)
                break


def files(
    store: Store, given: Sequence[Item], level: str, policy: bytes | None, shipped: Mapping[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    """The bundle's files, path and bytes, one after the other. `shipped`: how to check it, in words and in Python."""
    yield from shipped.items()
    if policy is not None:
        yield "policy.txt", policy
    note = store.log.checkpoint()
    if note is None:
        raise InputError("no checkpoint of the log was signed yet", expected="first: trucewatch log checkpoint")
    yield "log/checkpoint", note
    size = Head.decode(Note.decode(note).text).size
    for tile in tiles.tiles_of(size):
        if tile.level >= 0 or level != "public":
            yield f"log/{tile.path}", _tile(store, tile)
    for item in given:
        yield f"proofs/{item.name}.tlog-proof", prove(store, item.index)
        if item.raw is not None:
            yield f"files/{item.name}", item.raw
    yield from _timestamps(store)


def _tile(store: Store, tile: tiles.Tile) -> bytes:
    """A tile of a signed size: as it lies there, or cut from the fuller one that has replaced it."""
    try:
        return store.log.file(tile.path)
    except KeyError:
        raise CaseBroken(f"{tile.path}, which the signed checkpoint needs, is gone") from None


def _timestamps(store: Store) -> Iterator[tuple[str, bytes]]:
    for n, entry in enumerate(entries_of(store)):
        if entry.kind == "timestamp":
            said = json.loads(body_of(store, entry, n))
            yield f"timestamps/{n}.checkpoint", said["checkpoint"].encode()
            yield f"timestamps/{n}.tsr", base64.b64decode(said["token"])
