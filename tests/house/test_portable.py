"""Nothing of the machine that something was made on is in the project: no path, no registry's host, no address pinned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PLACES = (
    "src",
    "tests",
    "docs",
    "tools",
    "bench",
    "examples",
    "agreements",
    "mappings",
    "positions",
    "messages",
    ".ci",
    "changelog.d",
)
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".cfg", ".sh", ".html", ".css", ".js", ".json", ""}
INDEX, HOST = "index-" + "url", "python" + "hosted"
"""In two pieces each, so that this file does not hold what it looks for."""
HERE = re.compile(
    r"(?<![\w.])/(?:work|root|home|Users)/\w|\bfile:///(?:work|root|home|opt)\b"
    rf"|--(?:extra-)?{INDEX}|files\.{HOST}"
)


def machine_words(root: Path) -> list[str]:
    """Every place that names this machine: `file:line`."""
    files = [at for at in root.iterdir() if at.is_file()]
    files += [at for place in PLACES if (root / place).is_dir() for at in (root / place).rglob("*") if at.is_file()]
    found = []
    for path in sorted(files):
        name = path.relative_to(root).as_posix()
        if path.suffix not in TEXT or "__pycache__" in path.parts or name == "tests/house/test_portable.py":
            continue
        lines = path.read_text(errors="replace").splitlines()
        found += [f"{name}:{n}" for n, line in enumerate(lines, 1) if HERE.search(line)]
    return found


def unpinned(root: Path) -> list[str]:
    """Lines of constraints.txt that are anything but a name, a version and where it holds."""
    line = re.compile(r"[a-z0-9][a-z0-9._-]*==[\w.+!-]+(?: ; [\w\s.<>=!'()]+)?")
    return [text for text in (root / "constraints.txt").read_text().splitlines() if not line.fullmatch(text)]


HOME = "/ro" + "ot"
"""In two pieces, so that this file does not hold what it looks for."""


def test_no_file_names_this_machine(root):
    assert machine_words(root) == []


def test_constraints_hold_names_and_versions_only(root):
    assert unpinned(root) == []


@pytest.mark.parametrize(
    "text",
    [f"data = '{HOME}/data'", "see /home/anna/x", f"--{INDEX} https://pypi.invalid/simple", "file:///opt/simple"],
)
def test_a_path_or_a_host_is_seen(tmp_path, text):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text(f"fine: ../shared/data and https://example.org/home/x\n{text}\n")
    assert machine_words(tmp_path) == ["docs/a.md:2"]


@pytest.mark.parametrize("text", ["numpy>=1", "numpy @ https://x.invalid/n.whl", "numpy==2.0 --hash=sha256:00", "-i x"])
def test_a_constraint_with_more_than_a_version_is_seen(tmp_path, text):
    (tmp_path / "constraints.txt").write_text(f"polars==2.1.0\nnumpy==2.4.6 ; python_full_version < '3.12'\n{text}\n")
    assert unpinned(tmp_path) == [text]
