"""Floor 4: what is given out of a case to be checked elsewhere: files, proofs, the signed head, the log's tiles.

What may go out depends on the level of release. Captured bytes hold positions and observers: they go out at
`restricted` only. Hashes say nothing of them, and go out at every level.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trucewatch.archive import Known, commit, know
from trucewatch.base.errors import CaseBroken, InputError, VerificationError, Withheld
from trucewatch.base.ids import SHORT, sha256
from trucewatch.bodies import CASEWORK
from trucewatch.custody import line
from trucewatch.log import tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.entry import Entry
from trucewatch.log.note import Note
from trucewatch.log.timestamp import Stamped
from trucewatch.ports import Store, Tools
from trucewatch.proving import body_of, entries_of, prove, said_of, steady, withheld
from trucewatch.withhold import reports_from

LEVELS = ("public", "parties", "restricted")
_FREE = {
    "public": {"agreement", "key", "timestamp", "determination"},
    "parties": {"agreement", "key", "timestamp", "attachment", "withheld",
                "inquiry", "determination", "corrective_action", "judgement"},
}  # fmt: skip
"""Kinds of entries whose bodies may go out; runs of report go by their own level, and `restricted` is all. The words of
case work are captures. What was filed for everybody goes out at every level; what somebody says who speaks for no party
at `restricted` only: it may be a witness."""

_WHOLE = ("capture", "agreement")
"""Kinds that are given out without being asked for, where the level lets them; and files of reports are."""
_LONGEST = 80
"""Characters of a name that a file in the bundle keeps, from its end: any file system takes so many."""


@dataclass(frozen=True)
class Item:
    """One thing given out: its name in the bundle, its entry, its bytes (None: the entry alone), and which capture."""

    name: str
    index: int
    raw: bytes | None
    capture: str | None = None


def items(store: Store, wanted: Sequence[int], published: Mapping[str, bytes], level: str) -> list[Item]:
    """Which entries, and what lies published in the case -> what the bundle will hold, of what that level lets out.

    Without `wanted`: every published file of that level and below, every agreement, and at `restricted` every capture
    and all case work; but no report of `stale`. InputError where something that was asked for is above the level, or
    such a report.
    """
    known = know(store)
    entries, gone, never = known.entries, known.withheld, stale(known)
    lie = _Lying(published)
    found: list[Item] = []
    for n in dict.fromkeys(wanted) if wanted else range(len(entries)):
        kind = entries[n].kind
        body = {} if kind == "agreement" else said_of(store, entries[n], n)
        if not _may(kind, body, level):
            if wanted:
                raise InputError(f"entry {n} ({kind}) is not for {level}", field="--level", expected="a level above it")
            continue
        if n in never:
            if wanted:
                raise InputError(f"entry {n} is a report {never[n]}", expected="one that is not")
            continue
        whole = wanted or kind in _WHOLE or (level == "restricted" and kind in CASEWORK)
        if whole or (kind == "run" and body.get("room") == "report"):
            made = _items(store, n, entries[n], body, lie, gone)
            found += made if whole else [item for item in made if item.raw is not None]
    return found


def _items(
    store: Store, n: int, entry: Entry, body: Mapping[str, Any], lie: _Lying, gone: Collection[str]
) -> list[Item]:
    """One entry -> what there is to be given of it, at the least the entry alone."""
    if entry.kind == "capture":
        return [_capture(store, n, body, gone)]
    if entry.kind == "run" and body.get("room") == "report":
        return list(_files(n, body, lie)) or [Item(f"{n}-report", n, None)]
    end = "yaml" if entry.kind == "agreement" else "json"
    return [Item(f"{n}-{entry.kind}.{end}", n, body_of(store, entry, n))]


def _may(kind: str, body: Mapping[str, Any], level: str) -> bool:
    if level == "restricted":
        return True
    if kind == "run" and body.get("room") == "report" and body.get("level") in LEVELS:
        return LEVELS.index(body["level"]) <= LEVELS.index(level)
    if kind in CASEWORK and body.get("public") is True:
        return True
    if kind in ("complaint", "reply"):
        return level == "parties" and body.get("on_behalf_of") is not None
    return kind in _FREE[level]


def _capture(store: Store, n: int, body: Mapping[str, Any], gone: Collection[str]) -> Item:
    capture = str(body.get("id"))
    held = Item(f"{n}-withheld-{safe(capture)[:SHORT]}", n, None, capture)
    if capture in gone:  # also where withholding was broken off, and the bytes still lie here
        return held
    try:
        raw = store.vault.get(capture)[1]
    except KeyError:
        raise CaseBroken(f"the bytes of capture {capture[:SHORT]} (entry {n}) are gone, and not withheld") from None
    name = safe(str(body.get("url")).rstrip("/").rsplit("/", 1)[-1].split("?")[0])
    return Item(f"{n}-{name or 'bytes'}", n, raw, capture)


class _Lying:
    """What lies published, by its hash. Each file is read once, and none before one is asked for."""

    def __init__(self, published: Mapping[str, bytes]) -> None:
        self._published = published

    @cached_property
    def _by_hash(self) -> dict[str, bytes]:
        raws = (self._published[name] for name in self._published)
        return {sha256(raw): raw for raw in raws}

    def get(self, sha: str) -> bytes | None:
        """The bytes of that hash, if they lie there."""
        return self._by_hash.get(sha)


def _files(n: int, body: Mapping[str, Any], lie: _Lying) -> Iterator[Item]:
    """The files of a report that still lie there as they were made."""
    outputs = body.get("outputs")
    for at, (name, sha) in enumerate(outputs.items() if isinstance(outputs, dict) else ()):
        raw = lie.get(sha)
        if raw is not None:
            yield Item(f"{n}.{at}-{safe(name)}", n, raw)


def stale(known: Known) -> dict[int, str]:
    """The entries of reports that were made from what is withheld now -> from what, and who withholds it."""
    return {
        n: f"made from capture {capture[:SHORT]}, which {held.says}"
        for capture, held in known.withheld.items()
        for n in reports_from(known, [capture])
    }


def left_out(store: Store, level: str) -> list[str]:
    """Reports that a bundle of that level would hold, had nothing been withheld since: why not, a line each."""
    known = know(store)
    told = stale(known)
    may = [n for n in sorted(told) if _may("run", said_of(store, known.entries[n], n), level)]
    return [f"entry {n}, {told[n]}" for n in may]


def hand_out(store: Store, tools: Tools, given: Sequence[Item], to: str | None, why: str | None) -> None:
    """What is about to leave is seen once more, and entered as custody of the captures whose bytes go, in one lock.

    Withheld where something was withheld since it was read, and then nothing may leave.
    """
    captures = sorted({item.capture for item in given if item.capture and item.raw is not None})
    with store.writing():
        known = know(store)
        held = [known.withheld[capture].refusal(f"capture {capture[:SHORT]}") for capture in captures
                if capture in known.withheld]  # fmt: skip
        told = stale(known)
        held += [Withheld(f"entry {item.index} is a report {told[item.index]}") for item in given if item.index in told]
        if held:
            raise Withheld(f"{held[0]}; nothing was given out")
        if captures:
            commit(store, [line(tools, "exported", captures, to, why)], tools.clock, tools.maker)


def safe(name: str) -> str:
    """A name that somebody else chose -> one that names a file in any folder, behind a number, and nothing else.

    >>> safe("../../etc/passwd"), safe("a b.csv ")
    ('.._.._etc_passwd', 'a_b.csv_')
    """
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[-_LONGEST:].rstrip(".")


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
    try:
        size = Head.decode(Note.decode(note).text).size
    except VerificationError as wrong:
        raise CaseBroken(f"the latest checkpoint: {wrong}") from None
    for tile in tiles.tiles_of(size):
        if tile.level >= 0 or level != "public":
            yield f"log/{tile.path}", _tile(store, tile)
    gone = withheld(store)
    for item in given:
        yield f"proofs/{item.name}.tlog-proof", prove(store, item.index, gone)
        if item.raw is not None:
            yield f"files/{item.name}", item.raw
    yield from _timestamps(store)


def _tile(store: Store, tile: tiles.Tile) -> bytes:
    """A tile of a signed size: as it lies there, or cut from the fuller one that has replaced it."""
    try:
        return steady(store.log)(tile.path)
    except VerificationError as wrong:
        raise CaseBroken(f"{tile.path}: {wrong}") from None
    except KeyError:
        raise CaseBroken(f"{tile.path}, which the signed checkpoint needs, is gone") from None


def _timestamps(store: Store) -> Iterator[tuple[str, bytes]]:
    for n, entry in enumerate(entries_of(store)):
        if entry.kind == "timestamp":
            try:
                said = Stamped.decode(body_of(store, entry, n))
            except VerificationError as wrong:
                raise CaseBroken(f"entry {n} (timestamp): {wrong}") from None
            yield f"timestamps/{n}.checkpoint", said.checkpoint
            yield f"timestamps/{n}.tsr", said.token
