"""What every store's log does alike: it is a head and C2SP tiles. Decides and checks; where bytes lie is the store's.

Files are asked for by their path below the log. `where` is what stands before that path in a message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trucewatch.base.errors import CaseBroken, CaseError, VerificationError
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import MOST_SIGNATURES, Note, Signature
from trucewatch.log.tiles import HEIGHT, LONGEST_ENTRY, WIDTH, Files, Grown, Tile

PLAIN_BYTES, TIME_BYTES = 64, 8
"""A plain Ed25519 signature, with which a log signs; a cosignature is longer, and begins with its time."""
MOST_TRIES = 50
"""A reader who holds no lock begins again where the log has grown under his hands; so often, then he gives up."""


def empty(origin: str) -> Head:
    """The head of a log in which nothing was committed yet."""
    return Head(origin, 0, merkle.empty())


def named(origin: str) -> None:
    """CaseError where a head could not carry that name."""
    if not origin or len(origin.splitlines()) != 1:
        raise CaseError(f"the name of a log is one line, not {origin!r}")


def usable(lines: Sequence[bytes]) -> None:
    """ValueError where one of these can be no entry."""
    if any(b"\n" in line for line in lines):
        raise ValueError("an entry is one line")
    if any(len(line) > LONGEST_ENTRY for line in lines):
        raise ValueError(f"an entry has at most {LONGEST_ENTRY} bytes")


def grown(head: Head, files: Files, lines: Sequence[bytes], where: str) -> Grown:
    """Lines to be put behind the committed ones -> what is to be written. Reads the right edge only, never the log.

    CaseBroken where the edge is not what the head commits to: nothing is built on altered files.
    """
    edge = {tile.path: _read(tile, files, where) for tile in tiles.edge_of(head.size)}
    _check_edge(head, edge, where)
    return tiles.grow(head.size, edge.__getitem__, lines)


def _read(tile: Tile, files: Files, where: str) -> bytes:
    try:
        return files(tile.path)
    except KeyError:
        raise CaseBroken(f"{where}/{tile.path} is gone") from None


def _check_edge(head: Head, edge: dict[str, bytes], where: str) -> None:
    """Are these the partial files of a log with that head? CaseBroken names the one that is not, as far as it can."""
    parts = {tile.level: tile for tile in tiles.edge_of(head.size)}
    try:
        leaves = _leaves(parts[-1], edge[parts[-1].path]) if -1 in parts else []
        for tile in parts.values():
            if tile.level >= 0:
                tiles.hashes(edge[tile.path], tile.width)
    except VerificationError as wrong:
        tile = next(tile for tile in parts.values() if not _formed(tile, edge[tile.path]))
        raise CaseBroken(f"{where}/{tile.path}: {wrong}") from None
    if tiles.root_of(head.size, edge.__getitem__) != head.root:
        named = ", ".join(f"{where}/{tile.path}" for tile in parts.values() if tile.level >= 0)
        raise CaseBroken(
            f"{named}: not the hashes that the head commits to; the log of {head.size} is not gone on from"
        )
    if leaves and b"".join(leaves) != edge[parts[0].path]:
        raise CaseBroken(f"{where}/{parts[-1].path} does not hold the entries that {parts[0].path} commits to")


def _leaves(tile: Tile, raw: bytes) -> list[bytes]:
    return [merkle.leaf(line) for line in tiles.unbundle(raw, tile.width)]


def _formed(tile: Tile, raw: bytes) -> bool:
    try:
        (tiles.unbundle if tile.level < 0 else tiles.hashes)(raw, tile.width)
    except VerificationError:
        return False
    return True


def committed(head_now: Callable[[], Head], files: Files, where: str) -> list[bytes]:
    """All lines, checked against the head, for a reader without a lock. CaseBroken where they are not its lines.

    The partial file is read first: it alone may be outgrown and taken away while we read, and then the head has moved.
    """
    head = head_now()
    for _ in range(MOST_TRIES):
        bundles = [tile for tile in tiles.tiles_of(head.size) if tile.level < 0]
        try:
            read = {tile: files(tile.path) for tile in reversed(bundles)}
        except KeyError as gone:
            before, head = head, head_now()
            if head == before:
                raise CaseBroken(f"{where}/{gone.args[0]} is gone; the head speaks of {head.size} entries") from None
            continue
        return _opened(head, [(tile, read[tile]) for tile in bundles], files, where)
    raise CaseBroken(f"{where} grows faster than it can be read; try again when less is written")


def _opened(head: Head, bundles: list[tuple[Tile, bytes]], files: Files, where: str) -> list[bytes]:
    lines: list[bytes] = []
    for tile, raw in bundles:
        try:
            lines += tiles.unbundle(raw, tile.width)
        except VerificationError as wrong:
            raise CaseBroken(f"{where}/{tile.path}: {wrong}") from None
    if merkle.root([merkle.leaf(line) for line in lines]) == head.root:
        return lines
    for tile, raw in bundles:
        hashes = Tile(0, tile.index, tile.width).path
        try:
            if files(hashes) != b"".join(_leaves(tile, raw)):
                raise CaseBroken(f"{where}/{tile.path} does not hold the entries that {hashes} commits to")
        except KeyError:
            raise CaseBroken(f"{where}/{hashes} is gone") from None
    raise CaseBroken(f"{where} does not hold the {head.size} entries that its head commits to")


def to_keep(
    note: bytes, head: Head, files: Files, kept: Callable[[int | None], bytes | None], where: str
) -> tuple[int, bytes, dict[str, bytes]]:
    """A signed note -> its size; it, with the lines that are kept already for the same text; and its partial files
    where they are gone or other: its readers will ask for them.

    kept: a size, or None for the latest -> the note that is kept. MUST run where nobody else keeps one.
    VerificationError unless its text is the head of the log's first entries; CaseBroken where the log cannot say.
    """
    # (1) it is a head of this log
    read = Note.decode(note)
    said = Head.decode(read.text)
    if said.origin != head.origin:
        raise VerificationError(f"(1) the checkpoint is of the log {said.origin}, this is {head.origin}")
    if said.extensions:
        raise VerificationError("(1) the checkpoint has lines behind its root; this log writes none")

    # (2) of entries that are committed
    if said.size > head.size:
        raise VerificationError(f"(2) the checkpoint speaks of {said.size} entries, the log has {head.size}")

    # (3) the files tell the root of so many, and it is what the committed head extends
    try:
        subtree = tiles.subtrees(head.size, files)
        root = merkle.hash_of(subtree, 0, said.size)
        if said.size:
            merkle.extends(said.size, root, head.size, head.root, merkle.consistency(subtree, said.size, head.size))
        lay = {tile.path: tiles.narrowed(tile, head.size, files) for tile in tiles.edge_of(said.size)}
    except KeyError as gone:
        raise CaseBroken(f"{where}/{gone.args[0]} is gone") from None
    except VerificationError as wrong:
        raise CaseBroken(f"{where} does not hold the {head.size} entries that its head commits to: {wrong}") from None

    # (4) it is the root that the checkpoint names
    if root != said.root:
        raise VerificationError(f"(4) the checkpoint's root is not that of the log's first {said.size} entries")
    _check_edge(said, lay, where)
    whole = _merged(read, kept(said.size), kept(None))
    return said.size, whole, {path: raw for path, raw in lay.items() if not _holds(files, path, raw)}


def _merged(note: Note, *kept: bytes | None) -> bytes:
    """The note with the lines of those that are kept, where they are of the same text: of each key the newest line.

    Two who ask witnesses at once each bring a line that the other has not.
    """
    lines = list(note.signatures)
    for raw in kept:
        try:
            before = Note.decode(raw or b"")
        except VerificationError:  # gone or spoiled, and to be replaced
            continue
        for line in before.signatures if before.text == note.text else ():
            at = next((n for n, one in enumerate(lines) if (one.name, one.key_id) == (line.name, line.key_id)), None)
            if at is not None:
                lines[at] = max(lines[at], line, key=_when)
            elif len(lines) < MOST_SIGNATURES:
                lines.append(line)
    return Note(note.text, tuple(lines)).encode()


def _when(line: Signature) -> int:
    """When a cosignature was made, in seconds; a log's own signature tells no time."""
    return int.from_bytes(line.made[:TIME_BYTES], "big") if len(line.made) > PLAIN_BYTES else 0


def _holds(files: Files, path: str, raw: bytes) -> bool:
    try:
        return files(path) == raw
    except KeyError:
        return False


def sizes_with(tile: Tile) -> range:
    """The sizes of a log that has this very partial file: whoever holds a checkpoint of one of them needs it."""
    held, below = tile.index * WIDTH + tile.width, HEIGHT * max(tile.level, 0)
    return range(held << below, held + 1 << below)
