"""Cases to run commands on."""

from __future__ import annotations

import shutil

import pytest
from commanded import BOOK, FIRES, TRUCE, run


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
