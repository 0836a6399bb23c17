"""A case as a folder: the embedded default. No server, no account.

    CASE/
      trucewatch.json         what this folder is, and its log's origin
      lock                    held by the one process that writes
      vault/9f/2c...          captured bytes; 2c....salt beside them
      objects/ab/cd...        bodies, batches and results under their SHA-256
      log/entries             one canonical entry a line
      log/head                origin, size, root: what is committed
      report/                 finished files

Every file arrives by a flushed temporary file and a rename, and the log's head is replaced last:
a crash at any point leaves either all of an append or none of it. Lines past the head are
leftovers of a crash; readers do not see them, and the next append writes over them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from trucewatch.base.errors import CaseBroken, CaseBusy, CaseError, NotACase, VerificationError
from trucewatch.base.ids import SALT_BYTES, canonical, commitment, sha256
from trucewatch.log import merkle
from trucewatch.log.checkpoint import Head

MARKER = "trucewatch.json"
FORMAT = 1
PART = ".part-"
"""A name that begins so is a file that a crash left unfinished; nobody reads it."""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    """Make a folder and what lies above it, each entered durably in the one above."""
    missing = [at for at in (folder, *folder.parents) if not at.exists()]
    for at in reversed(missing):
        at.mkdir(exist_ok=True)
        _sync_folder(at.parent)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn the system's words for a full or forbidden disk into one clear line."""
    try:
        yield
    except OSError as wrong:
        why = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EFBIG: "the file would be larger than is permitted",
            errno.EROFS: "the disk is read-only",
            errno.EACCES: "writing is not permitted",
        }.get(wrong.errno or 0)
        if why is None:
            raise
        raise CaseError(f"{path}: {why}; nothing was stored") from None


def write_whole(path: Path, raw: bytes, mode: int = 0o600) -> None:
    """Write a file so that after a crash there is the old one or the new one, never a part. `mode`: who may read it."""
    with _told(path):
        _make_folder(path.parent)
        handle, name = tempfile.mkstemp(prefix=PART, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def drop_whole(path: Path) -> None:
    """Take a file away so that it does not come back after a crash. No error where there is none."""
    with _told(path):
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        _sync_folder(path.parent)


def _held(folder: Path) -> list[str]:
    return sorted(
        part.name + file.name
        for part in (folder.iterdir() if folder.is_dir() else ())
        if part.is_dir()
        for file in part.iterdir()
        if "." not in file.name
    )


class PosixVault:
    """Captured bytes at vault/9f/2c..., the salt beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, capture_id: str) -> Path:
        """Where the bytes of that capture lie."""
        return self.folder / capture_id[:2] / capture_id[2:]

    def put(self, capture_id: str, salt: bytes, raw: bytes) -> None:
        """Keep the bytes; the salt first, so that bytes never lie without it."""
        path = self.path(capture_id)
        write_whole(path.with_name(path.name + ".salt"), salt)
        write_whole(path, raw)

    def get(self, capture_id: str) -> tuple[bytes, bytes]:
        """-> (salt, bytes), checked against the commitment; KeyError where there are none."""
        path = self.path(capture_id)
        try:
            salt, raw = path.with_name(path.name + ".salt").read_bytes(), path.read_bytes()
        except FileNotFoundError:
            raise KeyError(capture_id) from None
        if len(salt) != SALT_BYTES or commitment(salt, raw) != capture_id:
            raise CaseBroken(f"{path} and its salt are not what was captured")
        return salt, raw

    def drop(self, capture_id: str) -> None:
        """Take away the salt, then the bytes: what a crash leaves in between is still listed by `ids`."""
        path = self.path(capture_id)
        drop_whole(path.with_name(path.name + ".salt"))
        drop_whole(path)

    def ids(self) -> list[str]:
        """Every capture held, or of which the bytes are left."""
        return _held(self.folder)


class PosixObjects:
    """Bodies, batches and results at objects/ab/cd..., named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the bytes of that name lie."""
        return self.folder / name[:2] / name[2:]

    def put(self, raw: bytes) -> str:
        """Keep the bytes -> their SHA-256."""
        name = sha256(raw)
        if not self._holds(name, raw):
            write_whole(self.path(name), raw)
        return name

    def _holds(self, name: str, raw: bytes) -> bool:
        try:
            return self.path(name).read_bytes() == raw
        except FileNotFoundError:
            return False

    def get(self, name: str) -> bytes:
        """The bytes of that name, checked; KeyError where there are none."""
        try:
            raw = self.path(name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None
        if sha256(raw) != name:
            raise CaseBroken(f"{self.path(name)} does not hold the bytes it is named after")
        return raw

    def drop(self, name: str) -> None:
        """Take the bytes of that name away."""
        drop_whole(self.path(name))

    def ids(self) -> list[str]:
        """Every object held."""
        return _held(self.folder)


class PosixLog:
    """log/entries and log/head. What the head does not cover was never committed."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder, self.origin = folder, origin

    def head(self) -> Head:
        """The committed head; size 0 where nothing was committed yet."""
        path = self.folder / "head"
        try:
            head = Head.decode(path.read_bytes())
        except FileNotFoundError:
            if (self.folder / "entries").exists():
                raise CaseBroken(f"{path} is gone, but there are entries beside it") from None
            return Head(self.origin, 0, merkle.root([]))
        except VerificationError as wrong:
            raise CaseBroken(f"{path}: {wrong}") from None
        if head.origin != self.origin:
            raise CaseBroken(f"{path} is of the log {head.origin!r}, this case's log is {self.origin!r}")
        return head

    def lines(self) -> list[bytes]:
        """All committed lines, checked against the head."""
        head = self.head()
        return self._committed(head)[0]

    def _committed(self, head: Head) -> tuple[list[bytes], int]:
        try:
            raw = (self.folder / "entries").read_bytes() if head.size else b""
        except FileNotFoundError:
            raise CaseBroken(f"{self.folder / 'entries'} is gone; the head speaks of {head.size} lines") from None
        lines = raw.split(b"\n")[:-1][: head.size]
        if len(lines) != head.size or merkle.root([merkle.leaf(line) for line in lines]) != head.root:
            raise CaseBroken(f"{self.folder / 'entries'} does not hold the {head.size} lines that the head commits to")
        return lines, sum(len(line) + 1 for line in lines)

    def append(self, lines: list[bytes]) -> int:
        """Put lines behind the committed ones, all or none -> index of the first."""
        if any(b"\n" in line for line in lines):
            raise ValueError("an entry is one line")
        head = self.head()
        before, end = self._committed(head)
        path = self.folder / "entries"
        with _told(path):
            if not path.exists():
                # From here on a folder with entries has a head; where it has none, somebody took it away.
                write_whole(self.folder / "head", head.encode())
                write_whole(path, b"")
            with path.open("r+b") as file:
                file.truncate(end)
                file.seek(end)
                file.write(b"".join(line + b"\n" for line in lines))
                file.flush()
                os.fsync(file.fileno())
            _sync_folder(self.folder)
        root = merkle.root([merkle.leaf(line) for line in before + lines])
        write_whole(self.folder / "head", Head(self.origin, len(before) + len(lines), root).encode())
        return len(before)


class PosixCase:
    """A case folder. Open one with `open_case`, make one with `make_case`."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder = folder
        self.vault, self.objects = PosixVault(folder / "vault"), PosixObjects(folder / "objects")
        self.log = PosixLog(folder / "log", origin)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock. The system lets go of it when the process ends, however it ends."""
        with _told(self.folder / "lock"):
            file = (self.folder / "lock").open("a+b")
        with file:
            with _told(self.folder / "lock"):
                self._lock(file)
            yield

    def _lock(self, file: BinaryIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = " ".join(file.read(80).decode(errors="replace").split()) or "another process"
            raise CaseBusy(f"{self.folder}: {who} is writing to this case; try again when it is done") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}\n".encode())
        file.flush()

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Write finished files below the case folder, each whole or not at all."""
        for name, raw in files.items():
            # Only what lies in `report` itself is public; what lies below is for those that it was made for.
            public = Path(name).parent == Path("report")
            write_whole(self.folder / name, raw, _for_others() if public else 0o600)


def _for_others() -> int:
    """Finished files are for whoever the user's umask lets read; what the case keeps is for its owner only."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def make_case(folder: Path, origin: str) -> PosixCase:
    """Make a case in an empty or new folder, or open the one that is there. Raises NotACase, CaseError."""
    if (folder / MARKER).exists():
        return open_case(folder)
    if not origin or len(origin.splitlines()) != 1:
        raise CaseError(f"the name of a log is one line, not {origin!r}")
    if folder.exists() and (not folder.is_dir() or not all(at.name.startswith(PART) for at in folder.iterdir())):
        raise NotACase(f"{folder} holds other things and is not a case; give a new or an empty folder")
    write_whole(folder / MARKER, canonical({"format": FORMAT, "origin": origin}) + b"\n")
    return open_case(folder)


def open_case(folder: Path) -> PosixCase:
    """Open the case in that folder. Raises NotACase, CaseBroken."""
    try:
        said = json.loads((folder / MARKER).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise NotACase(
            f"{folder} is not a case (it has no {MARKER}); make one with: trucewatch init {folder}"
        ) from None
    except (ValueError, RecursionError):
        raise CaseBroken(f"{folder / MARKER} is not JSON") from None
    except OSError as wrong:
        raise CaseError(f"{folder / MARKER} cannot be read: {wrong.strerror}") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT or not isinstance(said.get("origin"), str):
        raise CaseBroken(f"{folder / MARKER} is of a form that this version does not know; expected format {FORMAT}")
    return PosixCase(folder, said["origin"])
