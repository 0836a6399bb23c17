"""Run as a program: for each write step of one work, a real process does it and kills itself there with SIGKILL.

The parent then looks at what is left. Prints how many steps there were; any finding is a traceback and exit status 1.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from breaking import WORKS, case_with, failing, touches, whole

from trucewatch.stores.posix import open_case


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def child(folder: Path, work: str, k: int, halfway: bool) -> int:
    """-> the status of the process that did the work up to step k."""
    process = os.fork()
    if process == 0:
        case = open_case(folder)
        with case.writing(), failing(k, kill_me, halfway=halfway):
            WORKS[work][1](case)
        os._exit(0)
    return os.waitpid(process, 0)[1]


def main(work: str, where: Path) -> int:
    size, do = WORKS[work]
    case_with(where / "case", size)
    shutil.copytree(where / "case", where / "done")
    steps = touches(open_case(where / "done"), do)
    done = open_case(where / "done").log
    for k in range(1, steps + 2):
        for halfway in (False, True):
            folder = where / "killed"
            shutil.copytree(where / "case", folder)
            status = child(folder, work, k, halfway)
            after = open_case(folder)
            whole(after)
            if k > steps:
                assert status == 0, "nothing was left to break off"
                assert after.log.head() == done.head() and after.log.checkpoints() == done.checkpoints()
            else:
                assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"step {k} was not reached"
                assert after.log.head().size in (size, done.head().size)
            with after.writing():
                do(after)
            whole(after)
            assert after.log.head() == done.head() and after.log.checkpoints() == done.checkpoints()
            shutil.rmtree(folder)
    return steps


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2])))
