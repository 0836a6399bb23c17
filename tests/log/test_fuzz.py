"""Every reader of the log under atheris, each for FUZZ_S seconds: run by `make fuzz`, left out of every other run."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from parsers import PARSERS

HARNESS = Path(__file__).parent / "fuzz" / "harness.py"
SECONDS = int(os.environ.get("FUZZ_S", "20"))
pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None, reason="atheris is not installed (Linux, extra `fuzz`)"
    ),
]


@pytest.mark.parametrize("name", PARSERS)
def test_atheris_finds_no_bytes_that_a_reader_cannot_take(name):
    done = subprocess.run([sys.executable, str(HARNESS), name, str(SECONDS)], capture_output=True, text=True)
    runs = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert done.returncode == 0 and runs is not None, done.stdout[-3000:] + done.stderr[-3000:]
    print(f"{name}: {runs[1]} runs in {SECONDS} s")
    assert int(runs[1]) > 100
