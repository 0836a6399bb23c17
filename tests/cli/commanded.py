"""Run commands as a person does, and hold each to the house's manners."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trucewatch.cli import main
from trucewatch.stores.posix import open_case

FIRES = """\
latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,daynight
40.0000,-40.0000,333.3,0.4,0.4,2010-03-11,1634,N,VIIRS,n,2.0NRT,292.7,3.1,D
40.5000,-40.5000,340.0,0.4,0.4,2010-03-12,0234,N20,VIIRS,h,2.0NRT,290.0,9.1,N
"""
BOOK = """\
team,observer_lon,observer_lat,time,kind,heard_or_seen,bearing,km,says
one,-40.01,40.01,2010-03-11 16:30Z,shelling,heard,90,2-4,"heavy, close"
one,-40.01,40.01,2010-03-12 10:00Z,shelling,heard,180,1-2,again
"""
TRUCE = """\
agreement: paper-truce
title: Truce on paper
display_zone: UTC
source: invented
parties:
  - {id: aa, name: Aaland, also: []}
  - {id: bb, name: Beeland, also: []}
terms:
  - id: ceasefire
    article: "1"
    says: Nobody uses weapons.
    source: invented
    binds: all
    bars: {acts: [armed]}
    where: {everywhere: true, says: everywhere}
    since: "2010-03-10 00:00 UTC"
    until: "2010-04-10 00:00 UTC"
"""


def run(*words: object, ok: int | None = 0) -> Result:
    """A command in this process; exit status `ok`, or any where that is None."""
    result = CliRunner().invoke(main, [str(word) for word in words], prog_name="trucewatch")
    if ok is not None:
        assert result.exit_code == ok, (result.stdout, result.stderr, result.exception)
    return result


def refused(*words: object, status: int = 2) -> str:
    """A command that must be refused: one clear line on standard error, nothing on standard output -> the line."""
    result = run(*words, ok=status)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("trucewatch: ") and "Traceback" not in lines[0]
    return lines[0].removeprefix("trucewatch: ")


def process(*words: object, **more) -> subprocess.CompletedProcess[str]:
    """The same as another process of the machine."""
    return subprocess.run(
        [sys.executable, "-m", "trucewatch", *map(str, words)], capture_output=True, text=True, timeout=120, **more
    )


def entries(case: Path) -> int:
    """How many entries the case's log has."""
    return open_case(case).log.head().size


def tree(case: Path) -> dict[str, bytes]:
    """Every file of the case but its lock."""
    return {
        str(path.relative_to(case)): path.read_bytes()
        for path in sorted(case.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def env(**more: str) -> dict[str, str]:
    """The environment with additions."""
    return {**os.environ, **more}


# Fixtures: a test module takes those it uses by name, `case = commanded.case`. No conftest: pytest's doctests
# would take it for the one above it.


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder to work in, with two files to pull and an agreement."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fires.csv").write_text(FIRES)
    (tmp_path / "book.csv").write_text(BOOK)
    (tmp_path / "truce.yaml").write_text(TRUCE)
    return tmp_path


@pytest.fixture
def case(files):
    """An empty case beside those files."""
    run("init", "case")
    return files / "case"


@pytest.fixture(scope="session")
def _demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo-case"
    result = run("demo", "--observations", 300, "--case", folder)
    return folder, result.stdout


@pytest.fixture
def demo(_demo, tmp_path):
    """A copy of a demo's case, to be spoilt at will."""
    shutil.copytree(_demo[0], tmp_path / "demo-case")
    return tmp_path / "demo-case"


@pytest.fixture
def demo_says(_demo):
    """What the demo printed."""
    return _demo[1]
