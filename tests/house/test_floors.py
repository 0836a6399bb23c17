"""Imports go down; rooms do not know each other, and touch nothing of the world. import-linter proves it."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gen_docs import rooms

BELOW = ("base", "kinds", "tables", "ports")
WORLD = (
    "os", "io", "pathlib", "socket", "subprocess", "urllib", "http", "sqlite3", "time", "random", "logging", "httpx",
    "urllib3", "pyarrow", "click", "typer",
)  # fmt: skip


def lint(root: Path) -> tuple[bool, str]:
    """Run import-linter over the tree at root -> (kept?, what it said)."""
    code = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    ran = subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--config", str(root / ".importlinter")],
        cwd=root / "src",
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
    )
    return ran.returncode == 0, ran.stdout + ran.stderr


def unlisted(root: Path) -> list[str]:
    """Modules of floors 0 to 3 that the contract about the world does not name, and words that it does not forbid."""
    said = configparser.ConfigParser()
    said.read(root / ".importlinter")
    contract = said["importlinter:contract:pure"]
    sources, forbidden = contract["source_modules"].split(), contract["forbidden_modules"].split()
    wanted = [f"trucewatch.{name}" for name in (*BELOW, *rooms(root))]
    return [name for name in wanted if name not in sources] + [name for name in WORLD if name not in forbidden]


def test_every_contract_is_kept(root):
    kept, said = lint(root)
    assert kept, said


def test_every_room_is_held_to_the_contract_about_the_world(root):
    assert unlisted(root) == []


@pytest.fixture
def copy(root, tmp_path) -> Path:
    """The tree, to plant faults in."""
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".importlinter", tmp_path / ".importlinter")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        ("log/merkle.py", "import os", "trucewatch.log.merkle -> os"),
        ("fuse/sightings.py", "from urllib.request import urlopen", "trucewatch.fuse.sightings -> urllib"),
        ("base/ids.py", "import time", "trucewatch.base.ids -> time"),
        ("fuse/link.py", "from trucewatch.assess import assess", "trucewatch.fuse.link -> trucewatch.assess"),
        ("base/problem.py", "from trucewatch import tables", "trucewatch.base.problem -> trucewatch.tables"),
        ("stores/memory.py", "import trucewatch.sources", "trucewatch.stores.memory -> trucewatch.sources"),
        ("pipeline.py", "import trucewatch.stores.posix", "trucewatch.pipeline -> trucewatch.stores.posix"),
        ("stores/memory.py", "import trucewatch.cli", "trucewatch.stores.memory -> trucewatch.cli"),
        ("attic.py", "", "attic"),
    ],
)
def test_an_import_that_goes_where_it_may_not_is_seen(copy, file, line, told):
    path = copy / "src/trucewatch" / file
    path.write_text(f"{path.read_text() if path.exists() else ''}\n{line}\n")
    kept, said = lint(copy)
    assert not kept
    assert told in " ".join(said.split()), said


def test_our_own_module_of_time_is_not_taken_for_the_systems(copy):
    path = copy / "src/trucewatch/log/merkle.py"
    path.write_text(path.read_text() + "\nimport trucewatch.base.time\n")
    kept, said = lint(copy)
    assert kept, said


def test_a_new_room_that_nobody_listed_is_seen(copy):
    (copy / "src/trucewatch/guess").mkdir()
    (copy / "src/trucewatch/guess/__init__.py").write_text('"""x -> y."""\n')
    assert unlisted(copy) == ["trucewatch.guess"]
