"""The log of a case folder, as files that any static file server can serve as a C2SP tlog-tiles log.

log/head                what is committed: origin, size, root; replaced last, and signed by nobody
log/tile/...            entries and hashes
log/checkpoints/<size>  every signed checkpoint
log/checkpoint          the latest of them
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from trucewatch.base.errors import CaseBroken, VerificationError
from trucewatch.log.checkpoint import Head
from trucewatch.log.note import Note
from trucewatch.log.tiles import Grown, Tile
from trucewatch.stores import tiled
from trucewatch.stores.files import PART, read_whole, write_all, write_whole


class PosixLog:
    """Tiles and heads below one folder. What the head does not cover was never committed."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder, self.origin = folder, origin

    def head(self) -> Head:
        """The committed head; size 0 where nothing was committed yet."""
        path = self.folder / "head"
        try:
            head = Head.decode(read_whole(path))
        except FileNotFoundError:
            if any((self.folder / name).exists() for name in ("tile", "checkpoint", "checkpoints")):
                raise CaseBroken(f"{path} is gone, but the log's other files are there") from None
            return tiled.empty(self.origin)
        except VerificationError as wrong:
            raise CaseBroken(f"{path}: {wrong}") from None
        if head.origin != self.origin:
            raise CaseBroken(f"{path} is of the log {head.origin!r}, this case's log is {self.origin!r}")
        return head

    def append(self, lines: list[bytes]) -> int:
        """Put lines behind the committed ones, all or none -> index of the first."""
        tiled.usable(lines)
        head = self.head()
        if lines:
            grown = tiled.grown(head, self.file, lines, str(self.folder))
            self._begin(head)
            write_all({self.folder / path: raw for path, raw in grown.files.items()})
            write_whole(self.folder / "head", Head(self.origin, grown.size, grown.root).encode())
            # It is committed. What stays for want of permission, or beside a spoiled checkpoint, is harmless.
            with contextlib.suppress(OSError, VerificationError):
                self._tidy(grown)
        return head.size

    def _begin(self, head: Head) -> None:
        """From here on a log with files has a head; where it has none, somebody took it away."""
        if not (self.folder / "head").exists():
            write_whole(self.folder / "head", head.encode())

    def _tidy(self, grown: Grown) -> None:
        """Take partial files away that are outgrown and that no checkpoint needs."""
        for path in grown.outgrown:
            tile = Tile.parse(path)
            full = Tile(tile.level, tile.index).path
            if full not in grown.files:
                self._let_go(tile)
                continue
            folder = self.folder / f"{full}.p"
            for at in list(folder.iterdir()):
                if at.name.startswith(PART):
                    at.unlink()
                elif at.name.isdecimal():
                    self._let_go(Tile(tile.level, tile.index, int(at.name)))
            if not any(folder.iterdir()):
                folder.rmdir()

    def _let_go(self, tile: Tile) -> None:
        sizes = tiled.sizes_with(tile)
        # The latest may not lie under its size yet, where a crash came in between.
        latest = self.checkpoint()
        kept = [Head.decode(Note.decode(latest).text).size] if latest is not None else []
        kept += [sizes[0]] if self._note(sizes[0]).exists() else []
        if len(sizes) > 1:
            kept += self.checkpoints()
        if not any(size in sizes for size in kept):
            (self.folder / tile.path).unlink()

    def lines(self) -> list[bytes]:
        """All committed lines, checked against the head."""
        return tiled.committed(self.head, self.file, str(self.folder))

    def file(self, path: str) -> bytes:
        """One file below `tile/`, unchecked."""
        try:
            return read_whole(self.folder / Tile.parse(path).path)
        except (VerificationError, FileNotFoundError, NotADirectoryError):
            raise KeyError(path) from None

    def files(self) -> Iterable[str]:
        """Every path below `tile/` at which something lies."""
        found = []
        for at, _, names in os.walk(self.folder / "tile"):
            below = Path(at).relative_to(self.folder).as_posix()
            found += [f"{below}/{name}" for name in names if not name.startswith(PART)]
        return sorted(found)

    def _note(self, size: int) -> Path:
        return self.folder / "checkpoints" / str(size)

    def checkpoint(self, size: int | None = None) -> bytes | None:
        """A signed note as it was kept: of that size, or the latest."""
        try:
            return read_whole(self.folder / "checkpoint" if size is None else self._note(size))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def checkpoints(self) -> list[int]:
        """The sizes of which a signed note is kept."""
        folder = self.folder / "checkpoints"
        names = [at.name for at in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(name) for name in names if name.isdecimal() and name == str(int(name)))

    def keep_checkpoint(self, note: bytes) -> None:
        """Keep a signed note of the log's own first entries, with the lines that it has here already: as the latest if
        it is that, then under its size.

        In that order: where the latest is older than one that is kept, no crash has left it so; somebody put it there.
        """
        head = self.head()
        size, note, partial = tiled.to_keep(note, head, self.file, self.checkpoint, str(self.folder))
        self._begin(head)
        write_all({self.folder / path: raw for path, raw in partial.items()})
        if size >= max(self.checkpoints(), default=0):
            write_whole(self.folder / "checkpoint", note)
        write_whole(self._note(size), note)
