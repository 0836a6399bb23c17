"""Run as a program: for each statement of one work in a database, a real process does it and kills itself there.

Prints how many statements there were; any finding is a traceback and exit status 1.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import psycopg
from breaking import NAME, ORIGIN, RAW, SALT, Counter, Patches, drop, lines_to, note_of

from trucewatch.base.errors import CaseBusy
from trucewatch.base.ids import sha256
from trucewatch.log import merkle, tiles
from trucewatch.stores.postgres import make_case, open_case

WORKS = {
    "append": (255, lambda case: case.log.append(lines_to(257, case.log.head().size))),
    "append of 600": (200, lambda case: case.log.append(lines_to(800, case.log.head().size))),
    "checkpoint": (300, lambda case: case.log.keep_checkpoint(note_of(257))),
    "publish": (3, lambda case: case.publish({"report/a": b"new", "report/b": b"new"})),
    "drop": (3, drop),
}


def watch(k: int) -> tuple[Counter, Patches]:
    """From now on the k-th statement kills this process: an odd k before the server has it, an even one after."""
    counter, patch = Counter(0, lambda: None, False), Patches()

    def watched(real):
        def called(*args, **kwargs):
            counter.calls += 1
            if counter.calls == (k + 1) // 2 and k % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            found = real(*args, **kwargs)
            if counter.calls == k // 2 and not k % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return called

    patch.setattr(psycopg.Connection, "wait", watched(psycopg.Connection.wait))
    return counter, patch


def whole(url: str) -> int:
    """Look at everything -> the log's size."""
    case = open_case(url)
    head = case.log.head()
    assert case.log.lines() == lines_to(head.size)
    for size in {head.size, *case.log.checkpoints()}:
        root = merkle.root([merkle.leaf(line) for line in lines_to(size)])
        assert list(tiles.entries(size, case.log.file)) == lines_to(size)
        assert merkle.hash_of(tiles.subtrees(size, case.log.file), 0, size) == root
    assert set(case.published.values()) in ({b"old"}, {b"new"}), "all of one publication or none"
    assert all(case.vault.get(name) for name in case.vault.ids())
    assert all(case.objects.get(name) for name in case.objects.ids())
    return head.size


def done(url: str, work: str) -> None:
    """Do it, as soon as the server has seen that the one before is dead."""
    for _ in range(1000):
        case = open_case(url)
        try:
            with case.writing():
                WORKS[work][1](case)
            return
        except CaseBusy:
            time.sleep(0.01)
    raise AssertionError("the lock of a killed process is not let go")


def main(work: str, url: str) -> int:
    size, do = WORKS[work]
    k = 0
    while True:
        k += 1
        at = f"{url} {k}"
        case = make_case(at, ORIGIN)
        case.log.append(lines_to(size))
        case.objects.put(RAW)
        case.vault.put(NAME, SALT, RAW)
        case.publish({"report/a": b"old", "report/b": b"old"})
        del case
        process = os.fork()
        if process == 0:
            case = open_case(at)
            with case.writing():
                _, patch = watch(k)
                do(case)
                patch.undo()
                os._exit(0)
        status = os.waitpid(process, 0)[1]
        found = whole(at)
        after = WORKS[work][0] if work not in ("append", "append of 600") else (257 if work == "append" else 800)
        assert found in (size, after)
        if not status:
            assert found == after
            if work == "drop":
                assert (open_case(at).vault.ids(), sha256(RAW) in open_case(at).objects.ids()) == ([], False)
            return k - 1
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        done(at, work)
        assert whole(at) == after


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2]))
