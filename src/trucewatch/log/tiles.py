"""The log as files (C2SP tlog-tiles): what lies where, how a log grows by its right edge, proofs from tiles. Pure.

    tile/<level>/<index>[.p/<width>]      up to 256 hashes of 32 bytes; level 0 holds leaf hashes, level 1 the hash
                                          of each full tile of level 0, and so on
    tile/entries/<index>[.p/<width>]      the entries themselves, each behind its length as two bytes, big-endian

Only the last tile of a level may be partial; a full one never changes. Whoever has some of these files and a head can
prove what they hold without the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from trucewatch.base.errors import VerificationError
from trucewatch.log import merkle
from trucewatch.log.merkle import HASH_BYTES

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, entries in a full bundle."""
LONGEST_ENTRY = (1 << 16) - 1
ENTRIES = "entries"
MOST_LEVEL = 63 // HEIGHT
_LENGTH = 2
_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

Files = Callable[[str], bytes]
"""path -> the file's bytes. KeyError where there is none."""


@dataclass(frozen=True, order=True)
class Tile:
    """One file: its level (-1 for entries), its index in the level, how many hashes or entries it holds."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log.

        >>> Tile(0, 1234067).path, Tile(-1, 5, 17).path
        ('tile/0/x001/x234/067', 'tile/entries/005.p/17')
        """
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[n : n + 3] for n in range(0, len(digits), 3)]
        level = ENTRIES if self.level < 0 else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return "/".join(("tile", level, *(f"x{part}" for part in parts[:-1]), parts[-1])) + part

    @staticmethod
    def parse(path: str) -> Tile:
        """The path -> which file it is. VerificationError where no file of a log has such a path."""
        found = _PATH.fullmatch(path)
        if found is not None:
            level, index, width = found.groups()
            tile = Tile(
                -1 if level == ENTRIES else int(level),
                int(index.replace("x", "").replace("/", "")),
                WIDTH if width is None else int(width),
            )
            if tile.path == path and tile.width <= WIDTH:
                return tile
        raise VerificationError(f"{path[:60]!r} is no path of a tile")


def tiles_of(size: int) -> list[Tile]:
    """Every file that a log of that size has, entries and hashes; partial ones last in their level.

    >>> [tile.path for tile in tiles_of(256)]
    ['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']
    """
    found = []
    for level in range(-1, MOST_LEVEL + 1):
        held = size >> HEIGHT * max(level, 0)
        full, part = divmod(held, WIDTH)
        found += [Tile(level, index) for index in range(full)]
        found += [Tile(level, full, part)] if part else []
    return found


def edge_of(size: int) -> list[Tile]:
    """The partial files at the right edge of a log of that size: what it takes to go on from there."""
    found = []
    for level in range(-1, MOST_LEVEL + 1):
        full, part = divmod(size >> HEIGHT * max(level, 0), WIDTH)
        found += [Tile(level, full, part)] if part else []
    return found


def bundle(lines: Sequence[bytes]) -> bytes:
    """Entries -> the bytes of their file. ValueError where one is too long for its length to be told."""
    if any(len(line) > LONGEST_ENTRY for line in lines):
        raise ValueError(f"an entry has at most {LONGEST_ENTRY} bytes")
    return b"".join(len(line).to_bytes(_LENGTH, "big") + line for line in lines)


def unbundle(raw: bytes, width: int) -> list[bytes]:
    """The bytes of a file of entries -> exactly `width` of them. VerificationError only."""
    lines: list[bytes] = []
    at = 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + _LENGTH], "big")
        end = at + _LENGTH + size
        if end > len(raw):
            raise VerificationError(f"entry {len(lines)} of the file breaks off")
        lines.append(raw[at + _LENGTH : end])
        at = end
    if len(lines) != width:
        raise VerificationError(f"the file holds {len(lines)} entries, expected {width}")
    return lines


def hashes(raw: bytes, width: int) -> list[bytes]:
    """The bytes of a tile -> exactly `width` hashes. VerificationError only."""
    if len(raw) != width * HASH_BYTES:
        raise VerificationError(f"the tile has {len(raw)} bytes, expected {width} hashes of {HASH_BYTES}")
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


@dataclass(frozen=True)
class Grown:
    """A log that has grown: its size and root, the files that are new, and the partial ones that are now outgrown."""

    size: int
    root: bytes
    files: dict[str, bytes]
    outgrown: tuple[str, ...]


def grow(size: int, files: Files, lines: Sequence[bytes]) -> Grown:
    """Put lines behind a log of `size`, of which only the files at its right edge are read -> what is to be written.

    VerificationError where these files are not of the form they should have, KeyError where one is gone. That they are
    the *right* ones is the caller's to check: `root_of` of them must be the root of the head.
    """
    edge = edge_of(size)
    held = {tile.level: (tile.index, _content(tile, files(tile.path))) for tile in edge}
    made: dict[str, bytes] = {}

    def put(level: int, new: list[bytes]) -> list[list[bytes]]:
        """Add to a level -> its newly full tiles."""
        index, before = held.get(level, ((size >> HEIGHT * max(level, 0)) // WIDTH, []))
        every = before + new
        full = [every[n : n + WIDTH] for n in range(0, len(every) - len(every) % WIDTH, WIDTH)]
        rest = every[len(full) * WIDTH :]
        encode = bundle if level < 0 else b"".join
        for n, part in enumerate(full):
            made[Tile(level, index + n).path] = encode(part)
        if rest and new:
            made[Tile(level, index + len(full), len(rest)).path] = encode(rest)
        held[level] = (index + len(full), rest)
        return full

    put(-1, list(lines))
    new = [merkle.leaf(line) for line in lines]
    for level in range(MOST_LEVEL + 1):
        new = [merkle.root(tile) for tile in put(level, new)]
        if not new:
            break
    after = size + len(lines)
    outgrown = {tile.path for tile in edge} - {tile.path for tile in edge_of(after)}
    top = _root({level: rest for level, (_, rest) in held.items() if level >= 0})
    return Grown(after, top, made, tuple(sorted(outgrown)))


def root_of(size: int, files: Files) -> bytes:
    """The root of a log of that size, from the hashes at its right edge alone."""
    return _root({tile.level: _content(tile, files(tile.path)) for tile in edge_of(size) if tile.level >= 0})


def _root(edge: dict[int, list[bytes]]) -> bytes:
    """Each level's last, partial tile -> the root: the tiles of higher levels stand to the left of those below."""
    parts: list[bytes] = []  # whole subtrees, the largest first
    for level in sorted(edge, reverse=True):
        rest, at = edge[level], 0
        while at < len(rest):
            width = 1 << (len(rest) - at).bit_length() - 1
            parts.append(merkle.root(rest[at : at + width]))
            at += width
    if not parts:
        return merkle.empty()
    top = parts.pop()
    while parts:
        top = merkle.node(parts.pop(), top)
    return top


def _content(tile: Tile, raw: bytes) -> list[bytes]:
    try:
        return unbundle(raw, tile.width) if tile.level < 0 else hashes(raw, tile.width)
    except VerificationError as wrong:
        raise VerificationError(f"{tile.path}: {wrong}") from None


def subtrees(size: int, files: Files) -> merkle.Subtree:
    """A log's files -> its whole subtrees, for proofs. A tile is read once; at most one a level for a single proof.

    KeyError where a file is gone, VerificationError where it has not the form of one.
    """
    read: dict[tuple[int, int], list[list[bytes]]] = {}

    def subtree(level: int, index: int) -> bytes:
        height, inner = divmod(level, HEIGHT)
        # Hash `index` of tree level `level` lies in the tile that holds its leftmost descendant at the tile's level.
        first = index << inner
        number, within = divmod(first, WIDTH)
        if (height, number) not in read:
            width = min(WIDTH, (size >> HEIGHT * height) - number * WIDTH)
            tile = Tile(height, number, width)
            levels = [_content(tile, files(tile.path))]
            for _ in range(HEIGHT - 1):
                below = levels[-1]
                levels.append([merkle.node(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])
            read[height, number] = levels
        return read[height, number][inner][within >> inner]

    return subtree


def width_in(tile: Tile, size: int) -> int:
    """How many hashes or entries a log of `size` has in the file of that level and index."""
    return max(0, min(WIDTH, (size >> HEIGHT * max(tile.level, 0)) - tile.index * WIDTH))


def narrowed(tile: Tile, size: int, files: Files) -> bytes:
    """A partial file as it was, cut from the wider one that a log of `size` has in its place."""
    wide = Tile(tile.level, tile.index, width_in(tile, size))
    if wide.width < tile.width:
        raise KeyError(tile.path)
    return cut(files(wide.path), wide, tile.width)


def cut(raw: bytes, tile: Tile, width: int) -> bytes:
    """The bytes of a file -> those of the partial one with its first `width`. VerificationError where it is none."""
    content = _content(tile, raw)[:width]
    return bundle(content) if tile.level < 0 else b"".join(content)


def entry(index: int, size: int, files: Files) -> bytes:
    """Entry `index` of a log of `size`, from its file. IndexError where there is none."""
    if not 0 <= index < size:
        raise IndexError(f"no entry {index} in a log of {size}")
    number, within = divmod(index, WIDTH)
    tile = Tile(-1, number, min(WIDTH, size - number * WIDTH))
    return _content(tile, files(tile.path))[within]


def entries(size: int, files: Files) -> Iterator[bytes]:
    """All entries of a log of `size`, in order."""
    for tile in tiles_of(size):
        if tile.level < 0:
            yield from _content(tile, files(tile.path))
