"""Long work shows on a terminal that it goes on, and is quiet in a pipe; what breaks off leaves one clear line."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

CASES = "location,lon,lat,date,cases\na,30,50,2030-01-01,2\nb,30.1,50,2030-01-02,2\na,30,50,2030-01-05,3\n"
SCAN = ("watch", "scan", "FILE", "--max-radius-km", "30", "--max-days", "2", "--replicates", "9", "--seed", "1")


def on_a_terminal(words: list[str]) -> tuple[int, str, str]:
    """Exit status, standard output, and what a terminal as standard error shows."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    said, _ = running.communicate(timeout=120)
    shown = b""
    while select.select([ours], [], [], 0)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed, and all of it read
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return running.returncode, said, shown.decode()


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    file = tmp_path / "cases.csv"
    file.write_text(CASES)
    return [
        str(Path(sys.executable).with_name("trucewatch")),
        *(str(file) if word == "FILE" else word for word in SCAN),
    ]


def test_a_terminal_is_told_what_is_being_done_and_that_it_is_done(words):
    status, said, shown = on_a_terminal(words)
    assert status == 0 and "scanning 3 rows" in shown and "done" in shown
    assert "scanning" not in said


def test_a_pipe_is_told_nothing_but_the_answer(words):
    piped = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert piped.returncode == 0 and piped.stderr == "" and piped.stdout


def test_what_breaks_off_clears_its_line_and_leaves_one(words):
    from trucewatch.cli.base import Progress, doing

    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "stop", lambda self: told.append("stopped"))
        patch.setattr(Progress, "done", lambda self: told.append("done"))
        with pytest.raises(ValueError, match="wrong"), doing("something"):
            raise ValueError("wrong")
    assert told == ["done", "stopped"]  # the first: whatever was being done before is over
    status, _, shown = on_a_terminal([word if word != "30" else "-1" for word in words])
    assert status == 2 and len(shown.splitlines()) == 1 and "--max-radius-km" in shown
