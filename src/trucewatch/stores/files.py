"""Files that survive a crash whole: written under a temporary name, flushed to the disk, renamed, entered durably."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from trucewatch.base.errors import CaseBroken, CaseError

PART = ".part-"
"""A name that begins so is a file that a crash left unfinished; nobody reads it."""


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
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


def read_whole(path: Path) -> bytes:
    """A file's bytes. CaseBroken where a pipe or a device lies there, which would be waited for without end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise CaseBroken(f"{path} is no file")
    return path.read_bytes()


def umask() -> int:
    """Whom the user lets read his new files, as the system keeps it."""
    held = os.umask(0)
    os.umask(held)
    return held


def sync_folder(folder: Path) -> None:
    """What was entered in the folder stays there, also across a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, raw: bytes, mode: int = 0o600) -> None:
    """Write a file so that after a crash there is the old one or the new one, never a part. `mode`: who may read it."""
    write_all({path: raw}, mode)


def write_all(files: Mapping[Path, bytes], mode: int = 0o600) -> None:
    """Write several files, each as `write_whole` does. All are durable when it returns; a crash before may leave some.

    Each folder is flushed once, after all that is new in it.
    """
    entered: dict[Path, None] = {}
    parts: dict[str, Path] = {}
    try:
        for path, raw in files.items():
            with told(path):
                entered.update(dict.fromkeys((*_make_folder(path.parent), path.parent)))
                handle, name = tempfile.mkstemp(prefix=PART, dir=path.parent)
                parts[name] = path
                with os.fdopen(handle, "wb") as file:
                    file.write(raw)
                    file.flush()
                    os.fchmod(file.fileno(), mode)
                    os.fsync(file.fileno())
        for name, path in list(parts.items()):
            with told(path):
                Path(name).replace(path)
            del parts[name]
    except BaseException:
        for name in parts:
            Path(name).unlink(missing_ok=True)
        raise
    for folder in entered:
        with told(folder):
            sync_folder(folder)


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and what lies above it -> the folders that something was entered in, which are to be flushed."""
    if folder.is_dir():
        return []
    missing = [at for at in (folder, *folder.parents) if not at.exists()]
    for at in reversed(missing):
        at.mkdir(exist_ok=True)
    return [at.parent for at in missing]


def drop_whole(path: Path) -> None:
    """Take a file away so that it does not come back after a crash. No error where there is none."""
    with told(path):
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        sync_folder(path.parent)
