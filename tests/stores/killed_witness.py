"""Run as a program: for each write step of one answer, a real process gives it and kills itself there with SIGKILL.

What had been answered by then is kept; afterwards the log asks for its other history. Prints how many processes there
were; two histories cosigned are a traceback and exit status 1.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from breaking import Crash, failing, raising
from witnessed import WORKS, ask, before, contradicts, goes_on

from trucewatch.stores.witness import open_witness


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def answered(folder: Path, work: str, k: int, halfway: bool) -> tuple[int, bytes]:
    """Another process answers, up to its k-th step -> its status, and what it has let go of."""
    there, here = os.pipe()
    process = os.fork()
    if process == 0:
        witness = open_witness(folder)
        with failing(k, kill_me, halfway=halfway):
            body = ask(witness, "A", *WORKS[work]).body
        os.write(here, body)
        os._exit(0)
    os.close(here)
    with os.fdopen(there, "rb") as pipe:
        said = pipe.read()
    return os.waitpid(process, 0)[1], said


def main(work: str, where: Path) -> int:
    witness = before(where / "count", work)
    with failing(0, raising(Crash())) as counter:
        ask(witness, "A", *WORKS[work])
    steps, runs = counter.calls, 0
    assert steps >= 4, "the work was not watched"
    for k in range(1, steps + 2):
        for halfway in (False, True):
            folder, runs = where / "killed", runs + 1
            before(folder, work)
            status, said = answered(folder, work, k, halfway)
            assert (status == 0) == (k > steps) == bool(said), (k, status, said)
            after = open_witness(folder)
            two = contradicts(after, work)
            assert not (two and (said or work == "again")), f"two histories after step {k}"
            assert goes_on(open_witness(folder))
            shutil.rmtree(folder)
    return runs


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2])))
