"""A case as a folder: the embedded default. No server, no account.

    CASE/
      trucewatch.json         what this folder is, and its log's origin
      lock                    held by the one process that writes
      vault/9f/2c...          captured bytes; 2c....salt beside them
      objects/ab/cd...        bodies, batches and results under their SHA-256
      log/                    entries and hashes as C2SP tlog-tiles, the head, signed checkpoints
      report/                 finished files

Every file arrives by a flushed temporary file and a rename, and the log's head is replaced last:
a crash at any point leaves either all of an append or none of it. Files past the head are
leftovers of a crash; readers do not see them, and the next append writes over them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from trucewatch.base.errors import CaseBroken, CaseBusy, CaseError, NotACase
from trucewatch.base.ids import SALT_BYTES, canonical, commitment, sha256
from trucewatch.stores import tiled
from trucewatch.stores.files import PART, drop_whole, read_whole, sync_folder, told, umask, write_whole
from trucewatch.stores.posix_log import PosixLog

MARKER = "trucewatch.json"
FORMAT = 2


def _held(folder: Path) -> list[str]:
    """What lies there: ids, and by their place and name (`9f.part-...`) the unfinished files that a kill has left."""
    return sorted(
        part.name + file.name
        for part in (folder.iterdir() if folder.is_dir() else ())
        if part.is_dir()
        for file in part.iterdir()
        if "." not in file.name or file.name.startswith(PART)
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
            salt, raw = read_whole(path.with_name(path.name + ".salt")), read_whole(path)
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
        """Every capture held, or of which the bytes are left; and unfinished files, which may be dropped."""
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
            return read_whole(self.path(name)) == raw
        except FileNotFoundError:
            return False

    def get(self, name: str) -> bytes:
        """The bytes of that name, checked; KeyError where there are none."""
        try:
            raw = read_whole(self.path(name))
        except FileNotFoundError:
            raise KeyError(name) from None
        if sha256(raw) != name:
            raise CaseBroken(f"{self.path(name)} does not hold the bytes it is named after")
        return raw

    def drop(self, name: str) -> None:
        """Take the bytes of that name away."""
        drop_whole(self.path(name))

    def ids(self) -> list[str]:
        """Every object held; and unfinished files, which may be dropped."""
        return _held(self.folder)


class PosixPublished(Mapping[str, bytes]):
    """The finished files, by their names below the case folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> bytes:
        if name not in set(self):
            raise KeyError(name)
        return read_whole(self.folder / name)

    def __iter__(self) -> Iterator[str]:
        found = (self.folder / "report").rglob("*")
        files = (path for path in found if path.is_file() and not path.name.startswith("."))
        return iter(sorted(path.relative_to(self.folder).as_posix() for path in files))

    def __len__(self) -> int:
        return len(list(iter(self)))


def _named(lock: BinaryIO) -> str:
    """Who wrote his name into the lock file."""
    lock.seek(0)
    return " ".join(lock.read(80).decode(errors="replace").split())


class PosixCase:
    """A case folder. Open one with `open_case`, make one with `make_case`."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder = folder
        self.vault, self.objects = PosixVault(folder / "vault"), PosixObjects(folder / "objects")
        self.log = PosixLog(folder / "log", origin)

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def published(self) -> Mapping[str, bytes]:
        """The finished files by name."""
        return PosixPublished(self.folder)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock. The system lets go of it when the process ends, however it ends."""
        with told(self.folder / "lock"):
            file = (self.folder / "lock").open("a+b")
        with file:
            with told(self.folder / "lock"):
                self._lock(file)
            yield
            # Only who came to his end in good order says so; see `_lock`.
            file.truncate(0)

    def _lock(self, file: BinaryIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CaseBusy(
                f"{self.folder}: {_named(file) or 'another process'} is writing to this case; try again when it is done"
            ) from None
        if _named(file):
            # The last writer was broken off. What it renamed can be seen, but may not have been flushed: whatever we
            # build on it has to be as durable as we say.
            for at, _, _ in os.walk(self.folder):
                sync_folder(Path(at))
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
    return 0o666 & ~umask()


def make_case(folder: Path, origin: str) -> PosixCase:
    """Make a case in an empty or new folder, or open the one that is there. Raises NotACase, CaseError."""
    if (folder / MARKER).exists():
        return open_case(folder)
    tiled.named(origin)
    if folder.exists() and (not folder.is_dir() or not all(at.name.startswith(PART) for at in folder.iterdir())):
        raise NotACase(f"{folder} holds other things and is not a case; give a new or an empty folder")
    write_whole(folder / MARKER, canonical({"format": FORMAT, "origin": origin}) + b"\n")
    return open_case(folder)


def open_case(folder: Path) -> PosixCase:
    """Open the case in that folder. Raises NotACase, CaseBroken."""
    try:
        said = json.loads(read_whole(folder / MARKER))
    except (FileNotFoundError, NotADirectoryError):
        raise NotACase(
            f"{folder} is not a case (it has no {MARKER}); make one with: trucewatch init {folder}"
        ) from None
    except (ValueError, RecursionError):
        raise CaseBroken(f"{folder / MARKER} is not JSON") from None
    except OSError as wrong:
        raise CaseError(f"{folder / MARKER} cannot be read: {wrong.strerror}") from None
    if isinstance(said, dict) and said.get("format") == 1:
        raise CaseBroken(
            f"{folder} is a case of format 1, which no released version wrote; make a new one with trucewatch init"
            " and pull again"
        )
    if not isinstance(said, dict) or said.get("format") != FORMAT or not isinstance(said.get("origin"), str):
        raise CaseBroken(f"{folder / MARKER} is of a form that this version does not know; expected format {FORMAT}")
    return PosixCase(folder, said["origin"])
