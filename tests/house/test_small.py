"""Small rooms: a file of at most 400 lines, a function of at most 60, both with their comments."""

from __future__ import annotations

import ast
from pathlib import Path

FILE, FUNCTION = 400, 60


def too_long(root: Path) -> list[str]:
    """Files and functions that are too long."""
    found = []
    for path in sorted((root / "src").rglob("*.py")):
        text, name = path.read_text(), path.relative_to(root / "src").as_posix()
        if (lines := len(text.splitlines())) > FILE:
            found.append(f"{name} has {lines} lines, may have {FILE}")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION:
                    found.append(f"{name}:{node.lineno} {node.name} has {lines} lines, may have {FUNCTION}")
    return found


def test_no_file_and_no_function_is_too_long(root):
    assert too_long(root) == []


def test_what_is_too_long_is_seen_and_what_just_fits_is_not(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/fits.py").write_text("x = 1\n" * FILE)
    (tmp_path / "src/long.py").write_text("x = 1\n" * (FILE + 1))
    (tmp_path / "src/inside.py").write_text("class A:\n    def f(self):\n" + "        x = 1\n" * FUNCTION)
    (tmp_path / "src/same.py").write_text("def f():\n" + "    x = 1\n" * (FUNCTION - 1))
    assert too_long(tmp_path) == [
        "inside.py:2 f has 61 lines, may have 60",
        "long.py has 401 lines, may have 400",
    ]
