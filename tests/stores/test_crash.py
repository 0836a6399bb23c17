"""A crash at any point leaves a case that can be read, with all of an append or none of it."""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trucewatch.base.errors import CaseBusy, CaseError
from trucewatch.base.ids import commitment, sha256
from trucewatch.stores import posix
from trucewatch.stores.posix import make_case, open_case

SALT = bytes(range(32))
OLD, NEW = [b"old 1", b"old 2"], [b"new 1", b"new 2", b"new 3"]
NAME = commitment(SALT, b"raw " * 100)


class Crash(BaseException):
    """The power is gone: no handler of ours may take it for an error."""


class Counter:
    """Counts the calls that touch the disk, and lets the k-th one fail, before or halfway through it."""

    def __init__(self, k: int, wrong: BaseException, halfway: bool) -> None:
        self.k, self.wrong, self.halfway, self.calls = k, wrong, halfway, 0

    def wrap(self, real: Callable, part: Callable | None = None) -> Callable:
        def called(*args, **kwargs):
            self.calls += 1
            if self.calls == self.k:
                if self.halfway:
                    (part or real)(*args, **kwargs)
                raise self.wrong
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


@contextlib.contextmanager
def failing(monkeypatch, k: int, wrong: BaseException, *, halfway: bool = False) -> Iterator[Counter]:
    """Let the k-th touch of the disk fail. A k of 0 lets all pass and counts them."""
    counter = Counter(k, wrong, halfway)
    with monkeypatch.context() as patch:
        for name in ("replace", "fsync"):
            patch.setattr(os, name, counter.wrap(getattr(os, name)))
        patch.setattr(os, "mkdir", counter.wrap(os.mkdir, lambda *_: None))  # there is no half of a folder
        real_fdopen, real_open = os.fdopen, io.open
        patch.setattr(os, "fdopen", lambda *a, **k: Watched(real_fdopen(*a, **k), counter))

        def opened(file, mode="r", *args, **kwargs):
            got = real_open(file, mode, *args, **kwargs)
            return Watched(got, counter) if "b" in mode and set(mode) & set("wa+") else got

        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)
        if isinstance(wrong, Crash):
            # Who lost his power cleans nothing up.
            patch.setattr(Path, "unlink", lambda *_, **__: None)
        yield counter


def touches(monkeypatch, case_of: Callable[[], posix.PosixCase], work: Callable) -> int:
    """How often the work touches the disk when nothing fails."""
    case = case_of()
    with failing(monkeypatch, 0, Crash()) as counter:
        work(case)
    assert counter.calls >= 4, "the work was not watched"
    return counter.calls


def whole(case: posix.PosixCase) -> None:
    """Everything that the case says it holds can be had, and is what it is named after."""
    assert all(case.vault.get(name) for name in case.vault.ids())
    assert all(sha256(case.objects.get(name)) == name for name in case.objects.ids())
    assert case.log.head().size == len(case.log.lines())


WORKS: dict[str, Callable[[posix.PosixCase], object]] = {
    "append": lambda case: case.log.append(NEW),
    "vault": lambda case: case.vault.put(NAME, SALT, b"raw " * 100),
    "object": lambda case: case.objects.put(b"body " * 100),
    "publish": lambda case: case.publish({"report/report.html": b"new" * 100}),
}
FAULTS = {
    "crash before": (Crash(), False),
    "crash halfway": (Crash(), True),
    "full disk": (OSError(errno.ENOSPC, "No space left on device"), False),
    "full disk halfway": (OSError(errno.ENOSPC, "No space left on device"), True),
}


@pytest.fixture
def cases(tmp_path) -> Callable[[], posix.PosixCase]:
    """Each call makes another case with two lines, an object and a report in it."""
    count = iter(range(10_000))

    def make() -> posix.PosixCase:
        case = make_case(tmp_path / f"case{next(count)}", "test.invalid/log")
        case.log.append(OLD)
        case.objects.put(b"elder")
        case.publish({"report/report.html": b"old"})
        return case

    return make


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("work", WORKS)
def test_wherever_it_breaks_off_the_case_is_whole_and_holds_all_of_the_work_or_none(
    cases, monkeypatch, work, fault, tmp_path
):
    wrong, halfway = FAULTS[fault]
    for k in range(1, touches(monkeypatch, cases, WORKS[work]) + 1):
        case = cases()
        with failing(monkeypatch, k, wrong, halfway=halfway), pytest.raises((Crash, CaseError)) as told:
            WORKS[work](case)
        if isinstance(wrong, OSError):
            assert isinstance(told.value, CaseError) and "the disk is full" in str(told.value)
            assert len(str(told.value).splitlines()) == 1
            assert list(case.folder.rglob(posix.PART + "*")) == [], f"a leftover after touch {k}"
        after = open_case(case.folder)
        whole(after)
        assert after.log.lines() in (OLD, OLD + NEW), f"touch {k}"
        assert (case.folder / "report/report.html").read_bytes() in (b"old", b"new" * 100), f"touch {k}"
        assert after.objects.get(sha256(b"elder")) == b"elder"

        # What broke off can be done again, as if it had never been begun.
        WORKS[work](after)
        whole(after)
        assert after.log.lines()[:2] == OLD
        shutil.rmtree(case.folder)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_very_first_append_is_all_or_nothing_too(tmp_path, monkeypatch, fault):
    wrong, halfway = FAULTS[fault]
    count = iter(range(1000))

    def fresh():
        return make_case(tmp_path / f"case{next(count)}", "test.invalid/log")

    for k in range(1, touches(monkeypatch, fresh, WORKS["append"]) + 1):
        case = fresh()
        with failing(monkeypatch, k, wrong, halfway=halfway), pytest.raises((Crash, CaseError)):
            case.log.append(NEW)
        after = open_case(case.folder)
        before = after.log.lines()
        assert before in ([], NEW), f"touch {k}"
        assert after.log.append(OLD) == len(before)
        assert open_case(case.folder).log.lines() == before + OLD


@pytest.mark.parametrize("fault", FAULTS)
def test_a_case_whose_making_broke_off_can_be_made_again(tmp_path, monkeypatch, fault):
    wrong, halfway = FAULTS[fault]
    with failing(monkeypatch, 0, Crash()) as counter:
        make_case(tmp_path / "first", "test.invalid/log")
    for k in range(1, counter.calls + 1):
        folder = tmp_path / f"case{k}"
        with failing(monkeypatch, k, wrong, halfway=halfway), pytest.raises((Crash, CaseError)):
            make_case(folder, "test.invalid/log")
        assert make_case(folder, "test.invalid/log").log.lines() == []


def test_lines_past_the_head_are_not_seen_and_the_next_append_writes_over_them(cases):
    case = cases()
    entries = case.folder / "log/entries"
    entries.write_bytes(entries.read_bytes() + b"left over, and much longer than what comes next\nhalf a li")
    assert open_case(case.folder).log.lines() == OLD
    case.log.append([b"next"])
    assert open_case(case.folder).log.lines() == [*OLD, b"next"]
    assert entries.read_bytes() == b"old 1\nold 2\nnext\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_is_really_full_is_told_in_one_line():
    with pytest.raises(CaseError) as wrong, posix._told(Path("a")), Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")
    assert str(wrong.value) == "a: the disk is full; nothing was stored"


LIMITED = """
import resource, sys
from pathlib import Path
from trucewatch.base.errors import CaseError
from trucewatch.stores.posix import open_case
case = open_case(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
for work in (lambda: case.log.append([b"x" * 400] * 40), lambda: case.objects.put(bytes(9000))):
    try:
        work()
    except CaseError as wrong:
        print(wrong)
"""


def test_a_write_that_the_system_really_cuts_off_leaves_nothing_half_stored(cases):
    case = cases()
    ran = subprocess.run([sys.executable, "-c", LIMITED, str(case.folder)], capture_output=True, text=True, check=True)
    assert ran.stdout.count("nothing was stored\n") == 2 == len(ran.stdout.splitlines())
    assert (case.folder / "log/entries").stat().st_size > 1000, "the write was not cut off halfway"
    after = open_case(case.folder)
    whole(after)
    assert after.log.lines() == OLD and list(after.objects.ids()) == [sha256(b"elder")]
    assert list(case.folder.rglob(posix.PART + "*")) == []
    after.log.append(NEW)
    assert open_case(case.folder).log.lines() == OLD + NEW


def test_a_disk_that_may_not_be_written_is_told_in_one_line(cases, monkeypatch):
    case = cases()
    with failing(monkeypatch, 1, OSError(errno.EROFS, "Read-only file system")), pytest.raises(CaseError) as wrong:
        case.objects.put(b"body")
    assert "the disk is read-only; nothing was stored" in str(wrong.value)


HOLDER = """
import sys, time
from pathlib import Path
from trucewatch.stores.posix import open_case
case = open_case(Path(sys.argv[1]))
with case.writing():
    case.log.append([b"from the other process"])
    print("held", flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes to the case and holds its lock."""
    other = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        yield other
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


def test_two_processes_cannot_both_write_but_one_can_read_while_the_other_writes(cases):
    case = cases()
    with another_process(case.folder) as other:
        with pytest.raises(CaseBusy, match=f"process {other.pid} is writing to this case"), case.writing():
            pass
        assert open_case(case.folder).log.lines() == [*OLD, b"from the other process"]


def test_the_lock_of_a_process_that_was_killed_is_free(cases):
    case = cases()
    with another_process(case.folder) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with case.writing():
            case.log.append([b"next"])
    assert open_case(case.folder).log.lines() == [*OLD, b"from the other process", b"next"]


APPENDER = """
import sys
from pathlib import Path
from trucewatch.stores.posix import open_case
case = open_case(Path(sys.argv[1]))
with case.writing():
    for n in range(100_000):
        case.log.append([b"%d.%d" % (n, k) for k in range(3)])
        print(n, flush=True)
"""


def test_a_writer_killed_at_any_moment_leaves_whole_appends_and_all_that_it_had_confirmed(cases):
    for rounds in (1, 4, 9):
        case = cases()
        other = subprocess.Popen([sys.executable, "-c", APPENDER, str(case.folder)], stdout=subprocess.PIPE)
        assert other.stdout is not None
        for _ in range(rounds):
            confirmed = int(other.stdout.readline())
        other.send_signal(signal.SIGKILL)
        rest = other.stdout.read().split()
        other.wait()
        other.stdout.close()
        lines = open_case(case.folder).log.lines()[len(OLD) :]
        assert len(lines) % 3 == 0
        assert len(lines) // 3 > (int(rest[-1]) if rest else confirmed)
        assert lines == [b"%d.%d" % (n, k) for n in range(len(lines) // 3) for k in range(3)]
