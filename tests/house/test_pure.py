"""Rooms touch nothing of the world, by no back door that imports would not show; and no row becomes an object."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from gen_docs import rooms

STARTS = ("read_", "scan_", "write_", "sink_")
NAMES = {"print", "now", "iter_rows", "map_elements", "to_dicts"}
BUILTINS = {"open", "input", "exec", "eval", "__import__"}


def touches(root: Path) -> list[str]:
    """Every use of a banned word in a room: `room/file.py:line word`."""
    found = []
    for room in rooms(root):
        for path in sorted((root / "src/trucewatch" / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if word := _banned(node):
                    found.append(f"{path.relative_to(root / 'src/trucewatch')}:{node.lineno} {word}")
    return found


def _banned(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        word = node.attr
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "now":
        return "now"
    elif isinstance(node, ast.Name) and node.id != "now":  # a table may be called so; only asking for it is banned
        word = node.id
        if word in BUILTINS:
            return word
    elif isinstance(node, ast.ImportFrom):
        return next((name.name for name in node.names if name.name.startswith(STARTS) or name.name in NAMES), None)
    else:
        return None
    return word if word.startswith(STARTS) or word in NAMES else None


def test_no_room_touches_the_world(root):
    assert touches(root) == []


def test_there_are_rooms_to_look_at(root):
    assert {"log", "fuse", "assess"} <= set(rooms(root))


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import polars as pl\nframe = pl.read_csv('a.csv')", "read_csv"),
        ("def f(frame): frame.lazy().sink_parquet('a')", "sink_parquet"),
        ("def f(pl): return map(pl.scan_csv, ['a'])", "scan_csv"),
        ("def f(frame): return frame.write_json()", "write_json"),
        ("from polars import read_parquet as harmless", "read_parquet"),
        ("print('hello')", "print"),
        ("import datetime\nwhen = datetime.datetime.now()", "now"),
        ("from datetime import datetime as d\nask = d.now", "now"),
        ("def f(now): return now()", "now"),
        ("def f(frame): return [r for r in frame.iter_rows()]", "iter_rows"),
        ("def f(col): return col.map_elements(len)", "map_elements"),
        ("def f(frame): return frame.to_dicts()", "to_dicts"),
        ("text = open('a').read()", "open"),
        ("keep = open", "open"),
        ("os = __import__('os')", "__import__"),
    ],
)
def test_a_room_that_touches_the_world_is_seen(tmp_path, code, word):
    room = tmp_path / "src/trucewatch/guess/deep"
    room.mkdir(parents=True)
    (room.parent / "__init__.py").touch()
    (room / "step.py").write_text(code)
    assert [found.split()[-1] for found in touches(tmp_path)] == [word]


def test_a_word_that_only_looks_banned_is_let_through(tmp_path):
    room = tmp_path / "src/trucewatch/guess"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text(
        "'''print it now'''\nopening = ready = reading = now = 1\nx = {'open': opening}\n"
    )
    (tmp_path / "src/trucewatch/cli").mkdir()
    (tmp_path / "src/trucewatch/cli/door.py").write_text("print(open('a'))")
    assert touches(tmp_path) == []
