"""A case in memory: the same promises as the folder's, but for outliving the process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from trucewatch.base.errors import CaseBusy
from trucewatch.base.ids import sha256
from trucewatch.log.checkpoint import Head
from trucewatch.log.tiles import Tile
from trucewatch.stores import tiled

WHERE = "memory"


class MemoryVault:
    """Captured bytes, each beside its salt."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[bytes, bytes]] = {}

    def put(self, capture_id: str, salt: bytes, raw: bytes) -> None:
        """Keep the bytes."""
        self._held[capture_id] = (salt, raw)

    def get(self, capture_id: str) -> tuple[bytes, bytes]:
        """-> (salt, bytes)."""
        return self._held[capture_id]

    def drop(self, capture_id: str) -> None:
        """Let go of bytes and salt."""
        self._held.pop(capture_id, None)

    def ids(self) -> list[str]:
        """Every capture held."""
        return sorted(self._held)


class MemoryObjects:
    """Bodies, batches and results under their SHA-256."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def put(self, raw: bytes) -> str:
        """Keep the bytes -> their SHA-256."""
        name = sha256(raw)
        self._held[name] = raw
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes of that name."""
        return self._held[sha256]

    def drop(self, sha256: str) -> None:
        """Let go of those bytes."""
        self._held.pop(sha256, None)

    def ids(self) -> list[str]:
        """Every object held."""
        return sorted(self._held)


class MemoryLog:
    """The log as a dictionary of tiles, a head and signed notes."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._head = tiled.empty(origin)
        self._files: dict[str, bytes] = {}
        self._notes: dict[int, bytes] = {}

    def head(self) -> Head:
        """What is committed."""
        return self._head

    def append(self, lines: list[bytes]) -> int:
        """-> index of the first."""
        tiled.usable(lines)
        first = self._head.size
        if lines:
            grown = tiled.grown(self._head, self.file, lines, WHERE)
            self._files.update(grown.files)
            self._head = Head(self.origin, grown.size, grown.root)
            for path in grown.outgrown:
                if not any(size in tiled.sizes_with(Tile.parse(path)) for size in self._notes):
                    del self._files[path]
        return first

    def lines(self) -> list[bytes]:
        """All lines."""
        return tiled.committed(self.head, self.file, WHERE)

    def file(self, path: str) -> bytes:
        """One file below `tile/`, unchecked."""
        return self._files[path]

    def files(self) -> list[str]:
        """Every path below `tile/` at which something lies."""
        return sorted(self._files)

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """A signed note as it was kept: of that size, or the latest."""
        return self._notes.get(max(self._notes, default=0) if size is None else size)

    def checkpoints(self) -> list[int]:
        """The sizes of which a signed note is kept."""
        return sorted(self._notes)

    def keep_checkpoint(self, note: bytes) -> None:
        """Keep a signed note of the log's own first entries, with the lines that it has here already."""
        size, note, partial = tiled.to_keep(note, self._head, self.file, self.checkpoint, WHERE)
        self._files.update(partial)
        self._notes[size] = note


class MemoryCase:
    """A store that is gone with its process."""

    where = WHERE

    def __init__(self, origin: str = "memory.invalid/log") -> None:
        self.vault, self.objects, self.log = MemoryVault(), MemoryObjects(), MemoryLog(origin)
        self.published: dict[str, bytes] = {}
        self._busy = False

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock. CaseBusy where somebody has it already, in this same process."""
        if self._busy:
            raise CaseBusy("this process is writing to this case; try again when it is done")
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Keep finished files by name."""
        self.published.update(files)
