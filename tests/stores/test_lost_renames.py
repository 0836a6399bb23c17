"""Power that fails: whatever was not flushed may have arrived or not, whatever the calls reported.

The work runs once, and each thing it asks of the disk is written down. From that the states are built in which the disk
may be found after the power failed at each point: what was flushed is there; of what was not, nothing arrived, or all of
it, or all but one, or one alone. Bytes that were not flushed arrive by half.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from breaking import WORKS, Patches, case_with, touches, whole

from trucewatch.stores.posix import PosixCase, open_case

Tree = dict[str, bytes | None]
"""path -> bytes, or None for a folder."""


def tree_of(folder: Path) -> Tree:
    return {
        at.relative_to(folder).as_posix(): at.read_bytes() if at.is_file() else None for at in sorted(folder.rglob("*"))
    }


class Disk:
    """What was asked of the disk, in order.

    ("enter", folder, change): an entry of a folder was made, renamed or taken away. ("folder", folder) and
    ("file", number): it was flushed. A file is known by a number, whatever it is called.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.events, self.bytes = root, [], {}
        self._numbers: dict[str, int] = {}
        patch = self.patch = Patches()
        mkdir, replace, unlink, rmdir, fsync = os.mkdir, os.replace, os.unlink, os.rmdir, os.fsync
        mkstemp = tempfile.mkstemp

        def enter(path: str, *change) -> None:
            self.events.append(("enter", str(Path(path).parent), change))

        def made(at, *rest):
            mkdir(at, *rest)
            enter(self.name(at), "folder", self.name(at))

        def begun(**how):
            handle, at = mkstemp(**how)
            self._numbers[self.name(at)] = len(self._numbers)
            enter(self.name(at), "file", self.name(at), self._numbers[self.name(at)])
            return handle, at

        def renamed(old, new):
            replace(old, new)
            old, new = self.name(old), self.name(new)
            self._numbers[new] = self._numbers.pop(old)
            enter(new, "rename", old, new, self._numbers[new])

        def gone(really, at):
            really(at)
            enter(self.name(at), "gone", self.name(at))

        def flushed(handle):
            fsync(handle)
            at = Path(f"/proc/self/fd/{handle}").readlink()
            if at.is_dir():
                self.events.append(("folder", self.name(at)))
            else:
                number = self._numbers[self.name(at)]
                self.bytes[number] = at.read_bytes()
                self.events.append(("file", number))

        for name, new in (("mkdir", made), ("replace", renamed), ("fsync", flushed)):
            patch.setattr(os, name, new)
        patch.setattr(os, "unlink", lambda at: gone(unlink, at))
        patch.setattr(os, "rmdir", lambda at: gone(rmdir, at))
        patch.setattr(tempfile, "mkstemp", begun)

    def name(self, at) -> str:
        return Path(at).relative_to(self.root).as_posix()

    def states(self, before: Tree, point: int) -> Iterator[Tree]:
        """What may lie there when the power fails after so many events."""
        past = self.events[:point]
        safe = {event[1] for event in past if event[0] == "file"}
        changes = [(n, event) for n, event in enumerate(past) if event[0] == "enter"]
        open_ = [n for n, event in changes if ("folder", event[1]) not in past[n:]]
        for arrived in (set(), set(open_), *({n} for n in open_), *(set(open_) - {n} for n in open_)):
            tree = dict(before)
            for n, (_, _, change) in changes:
                if n in arrived or n not in open_:
                    self._apply(tree, change, safe)
            yield {
                path: raw for path, raw in tree.items() if all(str(at) in tree for at in list(Path(path).parents)[:-1])
            }

    def _apply(self, tree: Tree, change: tuple, safe: set[int]) -> None:
        kind, path, *rest = change
        if kind == "folder":
            tree[path] = None
        elif kind == "gone":
            tree.pop(path, None)
        else:
            number = rest[-1]
            raw = self.bytes[number]
            tree.pop(path, None)
            tree[rest[0] if kind == "rename" else path] = raw if number in safe else raw[: len(raw) // 2]


def lay(tree: Tree, folder: Path) -> None:
    for path, raw in sorted(tree.items()):
        at = folder / path
        at.mkdir(parents=True, exist_ok=True) if raw is None else at.write_bytes(raw)


def watched(folder: Path, size: int, work: Callable[[PosixCase], object]) -> tuple[PosixCase, Tree, Disk]:
    """Do the work once -> the case, what lay there before, and what was asked of the disk."""
    case = case_with(folder / "case", size)
    before = tree_of(case.folder)
    disk = Disk(case.folder)
    try:
        work(case)
    finally:
        disk.patch.undo()
    return case, before, disk


def every(before: Tree, disk: Disk) -> Iterator[tuple[bool, Tree]]:
    """Each state once, and whether the work had returned by then."""
    end, seen = len(disk.events), set()
    for point in range(end + 1):
        for tree in disk.states(before, point):
            key = (point == end, frozenset(tree.items()))
            if key not in seen:
                seen.add(key)
                yield point == end, tree


def walk(folder: Path, size: int, work: Callable[[PosixCase], object]) -> int:
    """Build and look at every state -> how many there are."""
    case, before, disk = watched(folder, size, work)
    done, n = case.log, 0
    for n, (returned, tree) in enumerate(every(before, disk), 1):
        at = folder / "after"
        at.mkdir()
        lay(tree, at)
        after = open_case(at)
        whole(after)
        assert after.log.head().size in (size, done.head().size)
        if returned:
            # That is our word that it will stay.
            assert after.log.head() == done.head() and after.log.checkpoints() == done.checkpoints()
            assert after.log.checkpoint() == done.checkpoint() and after.vault.ids() == case.vault.ids()
            assert after.objects.ids() == case.objects.ids() and dict(after.published) == dict(case.published)
        if n % 7 == 0:
            work(after)
            whole(after)
            assert after.log.head() == done.head() and after.log.checkpoints() == done.checkpoints()
        shutil.rmtree(at)
    return n


@pytest.mark.parametrize("work", WORKS)
def test_whatever_of_the_unflushed_is_lost_nothing_acknowledged_is_and_the_case_is_whole(work, tmp_path):
    assert walk(tmp_path, *WORKS[work]) >= 2


def test_the_page_says_how_much_was_tried(tmp_path):
    points = states = steps = 0
    for name, (size, work) in WORKS.items():
        _, before, disk = watched(tmp_path / name, size, work)
        points, states = points + len(disk.events), states + sum(1 for _ in every(before, disk))
        steps += touches(case_with(tmp_path / f"{name} again", size), work)
    page = (Path(__file__).parents[2] / "docs/why/folder-case.md").read_text()
    assert f"| {points:,} points, {states:,} states of the disk |" in page
    assert f"| {steps:,} touches, {4 * steps:,} cases |" in page and f"| {2 * steps:,} processes |" in page


def test_the_model_sees_a_rename_that_was_never_flushed(tmp_path, monkeypatch):
    """Plant the fault that this is all about: the head's folder is not flushed, and an acknowledged append is lost."""
    from trucewatch.stores import files

    real = files.sync_folder
    monkeypatch.setattr(files, "sync_folder", lambda folder: None if folder.name == "log" else real(folder))
    with pytest.raises((AssertionError, KeyError)):
        walk(tmp_path / "head", *WORKS["append"])
    monkeypatch.setattr(files, "sync_folder", lambda folder: real(folder) if folder.name == "log" else None)
    with pytest.raises(Exception, match="is gone"):
        walk(tmp_path / "tiles", *WORKS["append"])
