"""A crash at any point leaves a case that can be read, with all of an append or none of it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from breaking import WORKS, Crash, case_with, failing, note_of, raising, touches, whole

from trucewatch.base.errors import CaseBusy, CaseError
from trucewatch.base.ids import sha256
from trucewatch.log import tiles
from trucewatch.stores import files, posix
from trucewatch.stores.posix import make_case, open_case

OLD, NEW = [b"old 1", b"old 2"], [b"new 1", b"new 2", b"new 3"]
FULL = OSError(errno.ENOSPC, "No space left on device")
FAULTS = {
    "crash before": (Crash(), False),
    "crash halfway": (Crash(), True),
    "full disk": (FULL, False),
    "full disk halfway": (FULL, True),
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
def test_wherever_it_breaks_off_the_case_is_whole_and_holds_all_of_the_work_or_none(work, fault, tmp_path):
    (wrong, halfway), (size, do) = FAULTS[fault], WORKS[work]
    case_with(tmp_path / "case", size)
    shutil.copytree(tmp_path / "case", tmp_path / "done")
    steps = touches(open_case(tmp_path / "done"), do)
    done = open_case(tmp_path / "done").log
    for k in range(1, steps + 1):
        folder = tmp_path / f"case{k}"
        shutil.copytree(tmp_path / "case", folder)
        case, told = open_case(folder), None
        with failing(k, raising(wrong), halfway=halfway, cleans=isinstance(wrong, OSError)) as counter:
            try:
                do(case)
            except (Crash, CaseError) as said:
                told = said
        assert counter.calls >= k, "it did not come so far"
        if isinstance(wrong, OSError) and told is not None:
            assert isinstance(told, CaseError) and "the disk is full" in str(told)
            assert len(str(told).splitlines()) == 1
            # Where it was the taking away of the temporary file that failed, there is one.
            assert len(list(folder.rglob(files.PART + "*"))) <= int(halfway), f"a leftover after touch {k}"
        after = open_case(folder)
        whole(after)
        assert after.log.head().size in ({size, done.head().size} if told else {done.head().size}), f"touch {k}"
        assert set(after.log.checkpoints()) <= set(done.checkpoints())

        # What broke off can be done again, as if it had never been begun.
        do(after)
        whole(after)
        assert after.log.head() == done.head() and after.log.checkpoints() == done.checkpoints()
        assert after.log.checkpoint() == done.checkpoint()
        shutil.rmtree(folder)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_case_whose_making_broke_off_can_be_made_again(tmp_path, fault):
    wrong, halfway = FAULTS[fault]
    cleans = isinstance(wrong, OSError)
    with failing(0, raising(Crash())) as counter:
        make_case(tmp_path / "first", "test.invalid/log")
    for k in range(1, counter.calls + 1):
        folder = tmp_path / f"case{k}"
        with failing(k, raising(wrong), halfway=halfway, cleans=cleans), pytest.raises((Crash, CaseError)):
            make_case(folder, "test.invalid/log")
        assert make_case(folder, "test.invalid/log").log.lines() == []


def test_files_past_the_head_are_not_seen_and_the_next_append_writes_over_them(cases):
    """What a crash leaves at a path that the log comes to later: other bytes, torn ones, whole tiles."""
    case = cases()
    left = {
        "tile/entries/000.p/3": b"\x00\x05half",
        "tile/0/000.p/3": b"x" * 96,
        "tile/0/000": b"",
        "tile/1/000.p/1": b"",
    }
    for path, raw in left.items():
        at = case.folder / "log" / path
        at.parent.mkdir(exist_ok=True, parents=True)
        at.write_bytes(raw)
    assert open_case(case.folder).log.lines() == OLD
    case.log.append([b"next"])
    assert open_case(case.folder).log.lines() == [*OLD, b"next"]
    more = [b"%d" % n for n in range(300)]
    case.log.append(more)
    assert open_case(case.folder).log.lines() == [*OLD, b"next", *more]
    twin = make_case(case.folder.parent / "twin", "test.invalid/log")
    twin.log.append([*OLD, b"next", *more])
    assert {p: case.log.file(p) for p in case.log.files()} == {p: twin.log.file(p) for p in twin.log.files()}


def test_a_torn_file_at_the_place_of_an_earlier_size_does_not_get_into_a_checkpoint(tmp_path):
    case = case_with(tmp_path / "case", 200)
    for path in ("tile/entries/000.p/150", "tile/0/000.p/150"):
        (tmp_path / "case/log" / path).write_bytes(b"torn")
    case.log.keep_checkpoint(note_of(150))
    whole(open_case(tmp_path / "case"))


def test_files_of_a_head_that_was_published_stay_also_where_a_crash_came_before_it_lay_under_its_size(tmp_path):
    case = case_with(tmp_path / "case", 255)
    case.log.keep_checkpoint(note_of(255))
    (tmp_path / "case/log/checkpoints/255").unlink()
    for size in (256, 257):
        case.log.append([b"line %d" % (size - 1)])
        assert case.log.checkpoint() == note_of(255)
        assert list(tiles.entries(255, case.log.file)) == [b"line %d" % n for n in range(255)]
        assert tiles.root_of(255, case.log.file)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_disk_that_is_really_full_is_told_in_one_line():
    with pytest.raises(CaseError) as wrong, files.told(Path("a")), Path("/dev/full").open("wb", buffering=0) as file:
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
    after = open_case(case.folder)
    assert after.log.lines() == OLD and list(after.objects.ids()) == [sha256(b"elder")]
    assert list(case.folder.rglob(files.PART + "*")) == []
    after.log.append(NEW)
    assert open_case(case.folder).log.lines() == OLD + NEW


def test_a_disk_that_may_not_be_written_is_told_in_one_line(cases):
    case, wrong_disk = cases(), OSError(errno.EROFS, "Read-only file system")
    with failing(1, raising(wrong_disk), cleans=True), pytest.raises(CaseError) as wrong:
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


def test_who_follows_a_writer_that_was_killed_first_makes_durable_what_he_sees(cases, monkeypatch):
    """A head may be renamed and not yet entered durably: power that fails later must not take what was built on it."""
    case, synced, real = cases(), [], os.fsync
    with another_process(case.folder) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
    monkeypatch.setattr(
        os, "fsync", lambda at: (synced.append(str(Path(f"/proc/self/fd/{at}").readlink())), real(at))[1]
    )
    with case.writing():
        assert set(synced) == {str(at) for at in (case.folder, *case.folder.rglob("*")) if at.is_dir()}
    synced.clear()
    with case.writing():
        assert synced == [], "the last one came to his end in good order"
    with contextlib.suppress(ZeroDivisionError), case.writing():
        _ = 1 / 0
    with case.writing():
        assert synced, "the last one did not"


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
