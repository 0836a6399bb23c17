"""A case in memory: the same promises as the folder's, but for outliving the process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from trucewatch.base.errors import CaseBusy
from trucewatch.base.ids import sha256


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
    """The log's lines."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def append(self, lines: list[bytes]) -> int:
        """-> index of the first."""
        if any(b"\n" in line for line in lines):
            raise ValueError("an entry is one line")
        first = len(self._lines)
        self._lines = self._lines + lines
        return first

    def lines(self) -> list[bytes]:
        """All lines."""
        return list(self._lines)


class MemoryCase:
    """A store that is gone with its process."""

    def __init__(self) -> None:
        self.vault, self.objects, self.log = MemoryVault(), MemoryObjects(), MemoryLog()
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
