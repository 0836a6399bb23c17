"""The example finds the command where it may be, and says in one line where it is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples/minsk-ii/run.sh"
EVENTS = "ucdp_ged_ukraine_2014_2018/ucdp_ged_ukraine.csv.gz"


@pytest.fixture
def checkout(tmp_path):
    """A checkout of its own with the example, and a data folder."""
    (tmp_path / "co/examples/minsk-ii").mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "co/examples/minsk-ii/run.sh")
    (tmp_path / EVENTS).parent.mkdir()
    (tmp_path / EVENTS).write_bytes(b"")
    return tmp_path / "co"


def example(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    where = {"PATH": "/usr/bin:/bin", "TRUCEWATCH_DATA": str(checkout.parent), **env}
    script = checkout / "examples/minsk-ii/run.sh"
    return subprocess.run(["bash", script, "case"], cwd=checkout, env=where, capture_output=True, text=True, timeout=60)


def command(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "{name} $1"\n')
    path.chmod(0o755)
    return path


def test_no_command_anywhere_is_one_line(checkout):
    ran = example(checkout)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("run.sh: there is no command trucewatch; ") and ran.stderr.count("\n") == 1


def test_the_checkouts_own_command_is_found_and_the_path_comes_before_it(checkout, tmp_path):
    command(checkout / ".venv/bin/trucewatch", "ours")
    assert example(checkout).stdout.startswith("ours init\nours pull\nours run\n")
    there = command(tmp_path / "bin/trucewatch", "theirs").parent
    assert example(checkout, PATH=f"{there}:/usr/bin:/bin").stdout.startswith("theirs init\n")


def test_a_command_that_was_named_is_the_only_one_tried(checkout, tmp_path):
    command(checkout / ".venv/bin/trucewatch", "ours")
    assert "there is no command nowhere; " in example(checkout, TRUCEWATCH="nowhere").stderr
    named = command(tmp_path / "named", "named")
    assert example(checkout, TRUCEWATCH=str(named)).stdout.startswith("named init\n")


@pytest.mark.slow
def test_the_story_of_the_log_is_true_from_end_to_end(tmp_path):
    script = Path(__file__).parents[2] / "examples/log/run.sh"
    env = {**os.environ, "TRUCEWATCH": str(Path(sys.executable).with_name("trucewatch"))}
    ran = subprocess.run(["bash", script, tmp_path / "story"], env=env, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    for said in (
        "the quorum 'two' is not met", "witnesses A, N", "it is the captured bytes", "withheld by the operator",
        "1 more are withheld, each by an entry", "AILS", "signed two histories",
    ):  # fmt: skip
        assert said in ran.stdout, said


@pytest.mark.slow
def test_the_array_at_the_bridge_goes_from_arrivals_to_an_evenings_report(tmp_path):
    script = Path(__file__).parents[2] / "examples/array/run.sh"
    env = {**os.environ, "TRUCEWATCH": str(Path(sys.executable).with_name("trucewatch"))}
    ran = subprocess.run(["bash", script, tmp_path / "case"], env=env, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert "array.json: 4 rows in, 4 observations out (0 rows lost)" in ran.stdout
    said = json.loads((tmp_path / "case/report/restricted/daily-2030-02-01.json").read_text())
    assert sorted(phase for row in said["annex"]["rows"] for phase in row["phases"])[-2:] == ["launch", "launch"]
    assert said["regions"][0]["looked"] is True


def test_the_story_of_the_log_is_not_told_into_a_folder_that_is_not_empty(tmp_path):
    script = Path(__file__).parents[2] / "examples/log/run.sh"
    (tmp_path / "mine").write_text("x")
    env = {**os.environ, "TRUCEWATCH": str(Path(sys.executable).with_name("trucewatch"))}
    ran = subprocess.run(["bash", script, tmp_path], env=env, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1)
    assert [at.name for at in tmp_path.iterdir()] == ["mine"]
