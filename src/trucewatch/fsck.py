"""Floor 4: derive the whole log again from its bytes, and hold everything that lies in the case to it.

Each unit of bytes has one check that catches a change in it: entries and tiles are made again and compared, heads are
recomputed, signatures verified, bodies and batches hashed, commitments opened. The first difference is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from trucewatch.archive import Known, know
from trucewatch.base.errors import CaseBroken, TrucewatchError, VerificationError
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.cosign import by_kind, opened, time_of
from trucewatch.log.note import Note, VKey, signed
from trucewatch.log.params import LogParams
from trucewatch.log.policy import Policy
from trucewatch.log.verify import verify_capture
from trucewatch.ports import Store
from trucewatch.proving import announced
from trucewatch.withhold import unfinished

Check = tuple[str, bool, str]
"""(what was checked, does it hold, what was found)."""


def fsck(store: Store, policy: Policy | None = None, tell: Callable[[str], None] = lambda line: None) -> list[Check]:
    """Everything, in order -> what was checked. It stops at the first step that does not hold, since the next ones
    would speak of bytes that nobody vouches for."""
    found: list[Check] = []
    for step in (_entries, _tiles, _bodies, _checkpoints, _times, _captures, _objects, _leftovers):
        name = step.__name__[1:]
        tell(name)
        try:
            found.append((name, True, step(store, policy)))
        except TrucewatchError as wrong:
            found.append((name, False, str(wrong)))
            break
    return found


def _leaves(store: Store) -> Iterator[bytes]:
    size = store.log.head().size
    for line in tiles.entries(size, _named(store)):
        yield merkle.leaf(line)


def _named(store: Store) -> tiles.Files:
    def file(path: str) -> bytes:
        try:
            return store.log.file(path)
        except KeyError:
            raise CaseBroken(f"{path} is gone") from None

    return file


def _entries(store: Store, policy: Policy | None) -> str:
    """The files of entries can be read, and hold as many as the head says."""
    size = store.log.head().size
    count = sum(1 for _ in tiles.entries(size, _named(store)))
    return f"{count} in the files that the head speaks of"


def _tiles(store: Store, policy: Policy | None) -> str:
    """Every tile is what the entries make it, level by level, and so is the root of the head."""
    head, file = store.log.head(), _named(store)
    levels = derived(list(_leaves(store)))
    wanted = [tile for tile in tiles.tiles_of(head.size) if tile.level >= 0]
    for tile in wanted:
        check_tile(tile, file(tile.path), levels)
    root = merkle.root(levels[0])
    if root != head.root:
        raise CaseBroken(f"the {head.size} entries do not lead to the root that the head speaks of")
    return f"{len(wanted)} made again from the entries, the same bytes; root {root.hex()[:12]}"


def derived(leaves: list[bytes]) -> list[list[bytes]]:
    """Leaf hashes -> the hashes of every level of tiles, the leaves first."""
    levels, width = [leaves], tiles.WIDTH
    while len(levels[-1]) >= width:
        below = levels[-1]
        levels.append([merkle.root(below[n : n + width]) for n in range(0, len(below) - width + 1, width)])
    return levels


def check_tile(tile: tiles.Tile, raw: bytes, levels: Sequence[Sequence[bytes]]) -> None:
    """Hold one tile's bytes to the hashes that the entries make. CaseBroken names the first that differs."""
    start = tile.index * tiles.WIDTH
    wanted = levels[tile.level][start : start + tile.width]
    if raw == b"".join(wanted):
        return
    if len(raw) != tile.width * merkle.HASH_BYTES:
        raise CaseBroken(f"{tile.path} has {len(raw)} bytes, expected {tile.width} hashes of {merkle.HASH_BYTES}")
    for n, (left, right) in enumerate(zip(tiles.hashes(raw, tile.width), wanted, strict=True)):
        if left != right:
            first = (start + n) * tiles.WIDTH**tile.level
            raise CaseBroken(f"{tile.path}: hash {n} is not what the entries from {first} on make it")


def _bodies(store: Store, policy: Policy | None) -> str:
    """Every line is an entry and every entry's body is there, is the one, and can be understood."""
    return f"{know(store).size} are there and are what their entries commit to"


def _checkpoints(store: Store, policy: Policy | None) -> str:
    """Every signed checkpoint is of this log as it was at that size, and signed by a key that the log goes by."""
    known = know(store)
    keys: list[VKey] = list(policy.logs) if policy else announced(store, known.entries)
    leaves = list(_leaves(store))
    size, tree, levels = known.size, merkle.in_memory(leaves), derived(leaves)
    sizes = store.log.checkpoints()
    for at in sizes:
        raw = store.log.checkpoint(at)
        if raw is None:
            raise CaseBroken(f"the checkpoint of {at} is gone")
        try:
            head = opened(raw, keys)
        except VerificationError as wrong:
            raise CaseBroken(f"the checkpoint of {at}: {wrong}") from None
        if head.size != at or head.origin != store.log.head().origin:
            raise CaseBroken(f"the checkpoint of {at} is of {head.size} entries of {head.origin}")
        if at > size:
            raise CaseBroken(f"a checkpoint of {at} entries was signed, the log has {size}: some are gone")
        if merkle.hash_of(tree, 0, at) != head.root:
            raise CaseBroken(f"the first {at} entries do not lead to the root that was signed: the history was changed")
        _edge(store, at, levels)
    latest = store.log.checkpoint()
    if latest is not None and Head.decode(Note.decode(latest).text).size != max(sizes, default=-1):
        raise CaseBroken("the latest checkpoint is not the largest that was signed")
    if latest is not None and latest != store.log.checkpoint(max(sizes)):
        raise CaseBroken("the latest checkpoint is not the one that is kept under its size")
    return _signed(latest, sizes, policy)


def _edge(store: Store, size: int, levels: Sequence[Sequence[bytes]]) -> None:
    """The partial files that belonged to a signed checkpoint, where they still lie there, are as they were."""
    for tile in tiles.edge_of(size):
        try:
            raw = store.log.file(tile.path)
        except KeyError:
            continue  # the fuller one says the same
        if tile.level >= 0:
            check_tile(tile, raw, levels)
            continue
        try:
            lines = tiles.unbundle(raw, tile.width)
        except VerificationError as wrong:
            raise CaseBroken(f"{tile.path}: {wrong}") from None
        start = tile.index * tiles.WIDTH
        if [merkle.leaf(line) for line in lines] != levels[0][start : start + tile.width]:
            raise CaseBroken(f"{tile.path} does not hold the entries that the fuller file holds")


def _signed(latest: bytes | None, sizes: list[int], policy: Policy | None) -> str:
    if latest is None:
        return "none was signed yet"
    if policy is None:
        return f"{len(sizes)} signed, up to {max(sizes)} entries, by keys that the log itself announces"
    trusted = policy.open(latest)
    return f"{len(sizes)} signed, up to {max(sizes)} entries; witnesses of the latest: {len(trusted.witnesses)}"


def _times(store: Store, policy: Policy | None) -> str:
    """No entry says that it was made before a time at which a witness saw the log without it."""
    if policy is None or not policy.witnesses:
        return "not bounded: no policy names a witness"
    entries, slack = know(store).entries, timedelta(seconds=LogParams().clock_slack_s)
    earliest, n = len(entries), len(entries)  # of the entries from n on, which says the earliest time?
    for size in reversed(store.log.checkpoints()):
        while n > size:
            n -= 1
            earliest = n if earliest == len(entries) or entries[n].made_at < entries[earliest].made_at else earliest
        for name, when in _seen(store.log.checkpoint(size) or b"", policy).items():
            if earliest < len(entries) and entries[earliest].made_at + slack < when:
                told = f"entry {earliest} says that it was made at {entries[earliest].made_at:%Y-%m-%d %H:%M} UTC"
                raise CaseBroken(f"{told}; witness {name} saw the log without it at {when:%Y-%m-%d %H:%M} UTC")
    return f"no entry says it is older than what {len(policy.witnesses)} witnesses saw without it"


def _seen(raw: bytes, policy: Policy) -> dict[str, datetime]:
    """The cosignatures on a checkpoint by witnesses that we know: whose, and when."""
    found = signed(Note.decode(raw), list(policy.witnesses.values()), by_kind)
    return {name: time_of(line) for name, key in policy.witnesses.items() for other, line in found if other == key}


def _captures(store: Store, policy: Policy | None) -> str:
    """Every capture opens its commitment, or an entry says who withheld it."""
    known = know(store)
    for capture in known.captures:
        if capture in known.withheld:
            continue
        try:
            verify_capture(capture, *store.vault.get(capture))
        except KeyError:
            told = f"the bytes of capture {capture[:12]} are gone"
            raise CaseBroken(f"{told}, and no entry says that they were withheld") from None
    held = f"; {len(known.withheld)} more are withheld, each by an entry" if known.withheld else ""
    return f"{len(known.captures) - len(known.withheld)} open their commitments{held}"


def _objects(store: Store, policy: Policy | None) -> str:
    """Every batch and result that an entry names is there, or was withheld with its capture."""
    known = know(store)
    gone = {sha for held in known.withheld.values() for sha in held.objects}
    wanted = _wanted(known)
    for sha in sorted(wanted - gone):
        try:
            store.objects.get(sha)
        except KeyError:
            raise CaseBroken(f"the batch or result {sha[:12]} is gone, and no entry says it was withheld") from None
    held = f"; {len(wanted & gone)} more are withheld" if wanted & gone else ""
    return f"{len(wanted - gone)} batches and results hold what the log commits to{held}"


def _wanted(known: Known) -> set[str]:
    runs: list[dict[str, Any]] = [run for run in known.runs if run["room"] != "report"]
    return {sha for tables in known.reads.values() for sha in tables.values()} | {
        sha for run in runs for sha in run["outputs"].values()
    }


def _leftovers(store: Store, policy: Policy | None) -> str:
    """What lies there and belongs to nothing: harmless, but for what should have gone."""
    known = know(store)
    if wrong := unfinished(known, store.vault.ids(), store.objects.ids()):
        raise CaseBroken("; ".join(wrong[:3]))
    bodies = {entry.body_hash for entry in known.entries}
    extra = len(set(store.objects.ids()) - _wanted(known) - bodies) + len(set(store.vault.ids()) - set(known.captures))
    stays = {t.path for size in (known.size, *store.log.checkpoints()) for t in tiles.tiles_of(size)}
    extra += len(set(store.log.files()) - stays)
    return f"{extra} files belong to nothing: left by an interrupted command, harmless" if extra else "none"
