"""Tools to break off a store's work: at the k-th touch of the disk, by a signal, or by power that is gone."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from trucewatch.base.ids import commitment, sha256
from trucewatch.log import merkle, tiles
from trucewatch.log.checkpoint import Head, checkpoint
from trucewatch.log.note import Note, Signer
from trucewatch.stores.files import PART
from trucewatch.stores.posix import PosixCase, make_case

ORIGIN = "test.invalid/log"
SALT = bytes(range(32))
RAW = b"raw " * 100
NAME = commitment(SALT, RAW)


def lines_to(size: int, start: int = 0) -> list[bytes]:
    return [b"line %d" % n for n in range(start, size)]


def note_of(size: int) -> bytes:
    """A checkpoint of the log of these lines."""
    head = Head(ORIGIN, size, merkle.root([merkle.leaf(line) for line in lines_to(size)]))
    return checkpoint(head, Signer(ORIGIN, bytes(32))).encode()


def append_to(size: int) -> Callable[[PosixCase], object]:
    """Append until there are so many. Done twice, it is done once."""
    return lambda case: case.log.append(lines_to(size, case.log.head().size))


def keep(size: int) -> Callable[[PosixCase], object]:
    return lambda case: case.log.keep_checkpoint(note_of(size))


def drop(case: PosixCase) -> None:
    case.vault.drop(NAME)
    case.objects.drop(sha256(RAW))


# What is done, to a log of how many entries: appends within a tile, into a new one, over one or several ends of one.
WORKS: dict[str, tuple[int, Callable[[PosixCase], object]]] = {
    "first append": (0, append_to(3)),
    "append": (2, append_to(5)),
    "append, 255 to 256": (255, append_to(256)),
    "append, 256 to 257": (256, append_to(257)),
    "append of 600": (200, append_to(800)),
    "checkpoint": (256, keep(256)),
    "checkpoint of an earlier size": (600, keep(257)),
    "vault": (2, lambda case: case.vault.put(commitment(SALT, b"new"), SALT, b"new")),
    "object": (2, lambda case: case.objects.put(b"body " * 100)),
    "drop": (2, drop),
    "publish": (2, lambda case: case.publish({"report/report.html": b"new" * 100})),
}


def case_with(folder: Path, size: int) -> PosixCase:
    """A case with so many entries, a checkpoint, an object, a capture and a report in it."""
    case = make_case(folder, ORIGIN)
    if size:
        case.log.append(lines_to(size - 1))
        case.log.append(lines_to(size, size - 1))
        case.log.keep_checkpoint(note_of(size - 1))
    case.objects.put(b"elder")
    case.objects.put(RAW)
    case.vault.put(NAME, SALT, RAW)
    case.publish({"report/report.html": b"old"})
    return case


def whole(case: PosixCase) -> None:
    """Everything that the case says it holds can be had, and is what it is named after."""
    # What a drop that broke off left is bytes without their salt, which nobody can open any more, and which are listed.
    # So are the files that a write which broke off left unfinished: nobody reads them, and withholding takes them away.
    captures, objects = ([name for name in part.ids() if PART not in name] for part in (case.vault, case.objects))
    torn = [name for name in captures if not case.vault.path(name).with_name(name[2:] + ".salt").exists()]
    assert set(torn) <= {NAME}
    assert all(case.vault.get(name) for name in captures if name not in torn)
    assert all(sha256(case.objects.get(name)) == name for name in objects)
    head, latest = case.log.head(), case.log.checkpoint()
    assert case.log.lines() == lines_to(head.size)
    # The latest checkpoint is written first, so that after a crash it may not lie under its size yet.
    published = [Head.decode(Note.decode(latest).text).size] if latest else []
    assert latest is None or (latest == note_of(*published) and published >= case.log.checkpoints()[-1:])
    for size in {head.size, *published, *case.log.checkpoints()}:
        root = merkle.root([merkle.leaf(line) for line in lines_to(size)])
        assert list(tiles.entries(size, case.log.file)) == lines_to(size)
        assert merkle.hash_of(tiles.subtrees(size, case.log.file), 0, size) == root
        note = case.log.checkpoint(size)
        assert note is None or Head.decode(Note.decode(note).text).root == root
    assert dict(case.published)["report/report.html"] in (b"old", b"new" * 100)
    assert case.objects.get(sha256(b"elder")) == b"elder"


class Crash(BaseException):
    """The power is gone: no handler of ours may take it for an error."""


class Counter:
    """Counts the calls that touch the disk, and lets the k-th one fail, before or halfway through it."""

    def __init__(self, k: int, fail: Callable[[], None], halfway: bool) -> None:
        self.k, self.fail, self.halfway, self.calls = k, fail, halfway, 0

    def wrap(self, real: Callable, part: Callable | None = None) -> Callable:
        def called(*args, **kwargs):
            self.calls += 1
            if self.calls == self.k:
                if self.halfway:
                    (part or real)(*args, **kwargs)
                self.fail()
            return real(*args, **kwargs)

        return called


class Watched:
    """A file whose writes are counted; half of the bytes arrive where a write breaks off."""

    def __init__(self, file, counter: Counter) -> None:
        self._file = file
        self.write = counter.wrap(file.write, self._half)
        self.truncate = counter.wrap(file.truncate)
        self.flush = counter.wrap(file.flush)

    def _half(self, raw: bytes) -> None:
        self._file.write(raw[: len(raw) // 2])
        self._file.flush()

    def __getattr__(self, name: str):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Patches:
    """Replaces attributes and puts them back: monkeypatch for a process without pytest."""

    def __init__(self) -> None:
        self._were: list[tuple[object, str, object]] = []

    def setattr(self, at: object, name: str, new: object) -> None:
        self._were.append((at, name, getattr(at, name)))
        setattr(at, name, new)

    def undo(self) -> None:
        for at, name, old in reversed(self._were):
            setattr(at, name, old)


@contextlib.contextmanager
def failing(k: int, fail: Callable[[], None], *, halfway: bool = False, cleans: bool = False) -> Iterator[Counter]:
    """Let the k-th touch of the disk fail. A k of 0 lets all pass and counts them.

    cleans: whether the process lives on to clean up; who lost his power cleans nothing up.
    """
    counter, patch = Counter(k, fail, halfway), Patches()
    for name in ("replace", "fsync", "unlink", "rmdir"):
        patch.setattr(os, name, counter.wrap(getattr(os, name)))
    patch.setattr(os, "mkdir", counter.wrap(os.mkdir, lambda *_: None))  # there is no half of a folder
    real_fdopen, real_open, real_unlink = os.fdopen, io.open, Path.unlink
    patch.setattr(os, "fdopen", lambda *a, **k: Watched(real_fdopen(*a, **k), counter))

    def opened(file, mode="r", *args, **kwargs):
        got = real_open(file, mode, *args, **kwargs)
        return Watched(got, counter) if "b" in mode and set(mode) & set("wa+") else got

    patch.setattr(io, "open", opened)
    patch.setattr(builtins, "open", opened)
    if not cleans:
        patch.setattr(Path, "unlink", lambda at, **kw: real_unlink(at, **kw) if counter.calls < k or not k else None)
    try:
        yield counter
    finally:
        patch.undo()


def raising(wrong: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise wrong

    return fail


def touches(case: PosixCase, work: Callable[[PosixCase], object]) -> int:
    """How often the work touches the disk when nothing fails."""
    with failing(0, raising(Crash())) as counter:
        work(case)
    assert counter.calls >= 2, "the work was not watched"
    return counter.calls
