"""SIGKILL at every write step, of a process that really dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from breaking import WORKS

KILLED = Path(__file__).parent / "killed.py"


@pytest.mark.parametrize("work", WORKS)
def test_a_writer_killed_at_any_write_step_leaves_a_whole_case_that_goes_on(work, tmp_path):
    ran = subprocess.run([sys.executable, str(KILLED), work, str(tmp_path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 2
