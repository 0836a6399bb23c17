from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rooms" / "simulate.md"
ROOM = ROOT / "src" / "trucewatch" / "simulate"


def rows() -> Iterator[str]:
    """Each field of params.py as a row of the page's table: name, default, the sentence under it."""
    for group in ast.parse((ROOM / "params.py").read_text()).body:
        if not isinstance(group, ast.ClassDef) or group.name == "Outlet":
            continue
        for field, after in zip(group.body, group.body[1:], strict=False):
            if not (isinstance(field, ast.AnnAssign) and field.value):
                continue
            assert isinstance(field.target, ast.Name)
            default = ast.unparse(field.value)
            if default.startswith("field("):
                continue
            assert isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant), (
                f"{field.target.id} has no reason"
            )
            name = field.target.id if group.name == "SimulateParams" else f"{group.name.lower()}.{field.target.id}"
            name = name.replace("eventlist.", "event_list.")
            yield f"| `{name}` | `{default}` | {' '.join(str(after.value.value).split())} |"


def test_the_page_has_every_parameter_with_its_default_and_its_reason():
    page = PAGE.read_text()
    lacking = [row for row in rows() if row not in page]
    assert not lacking, "\n".join(lacking)


def test_the_room_is_small_and_touches_nothing():
    for file in ROOM.glob("*.py"):
        text = file.read_text()
        assert len(text.splitlines()) <= 400, file.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{file.name}: {node.name}"
                assert len([a for a in node.args.args if a.arg != "self"]) <= 6, f"{file.name}: {node.name}"
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rsplit(".", 1)[-1]
                banned = ("print", "open", "now", "iter_rows", "map_elements", "to_dicts")
                assert called not in banned and not called.startswith(("read_", "write_", "scan_", "sink_"))
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
                assert not {name.split(".")[0] for name in names} & {"os", "io", "random", "time", "pathlib", "logging"}
