"""One word, four paths: a room's folder, command, test folder and page have its name, and every room has one plan."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from gen_docs import rooms

COMMANDS = {
    "ring": "src/trucewatch/cli/ring/__init__.py",  # a group whose bare form is `ring at`
    "claims": "src/trucewatch/cli/claims/__init__.py",  # a group of commands, one file each
    "cover": "src/trucewatch/cli/cover/__init__.py",  # runs the room, and has a group of commands under it
    "watch": "src/trucewatch/cli/watch/__init__.py",  # a group of commands too
    "locate": "src/trucewatch/cli/locate/__init__.py",  # likewise
    "log": "src/trucewatch/cli/log/__init__.py",  # a group of commands, one file each
    "fuse": "src/trucewatch/cli/fuse/__init__.py",  # itself a command, with commands beneath
    "report": "src/trucewatch/cli/report/__init__.py",  # itself a command, with one beneath
    "settle": "src/trucewatch/cli/settle/__init__.py",  # a group of commands, one file each
    "simulate": "src/trucewatch/cli/demo.py",  # shown by the demonstration, which simulates before all else
}
NO_PARAMS: set[str] = set()


def missing(root: Path) -> list[str]:
    """What the floor plan asks of each room and is not there."""
    faults = []
    for room in rooms(root):
        wanted = [f"docs/rooms/{room}.md", COMMANDS.get(room, f"src/trucewatch/cli/{room}.py"), f"tests/{room}"]
        wanted += [] if room in NO_PARAMS else [f"src/trucewatch/{room}/params.py"]
        faults += [f"{room}: no {path}" for path in wanted if not (root / path).exists()]
        if (root / f"tests/{room}").is_dir() and not list((root / f"tests/{room}").glob("test_*.py")):
            faults.append(f"{room}: no test in tests/{room}")
        init = root / f"src/trucewatch/{room}/__init__.py"
        said = ast.get_docstring(ast.parse(init.read_text())) if init.exists() else None
        if not said or "->" not in said:
            faults.append(f"{room}: the docstring of __init__.py does not say tables in -> tables out")
    return faults


def test_every_room_has_its_page_command_tests_params_and_sentence(root):
    assert missing(root) == []


@pytest.fixture
def house(tmp_path) -> Path:
    """A house with one room as it should be."""
    for path in ("docs/rooms/guess.md", "src/trucewatch/cli/guess.py", "tests/guess/test_guess.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    room = tmp_path / "src/trucewatch/guess"
    room.mkdir()
    (room / "__init__.py").write_text('"""tables -> guesses. What may it be?"""\n')
    (room / "params.py").touch()
    return tmp_path


def test_a_room_that_has_everything_is_let_through(house):
    assert missing(house) == []


@pytest.mark.parametrize(
    "path",
    ["docs/rooms/guess.md", "src/trucewatch/cli/guess.py", "src/trucewatch/guess/params.py"],
)
def test_a_room_that_lacks_a_part_is_seen(house, path):
    (house / path).unlink()
    assert missing(house) == [f"guess: no {path}"]


def test_a_room_without_a_test_is_seen(house):
    (house / "tests/guess/test_guess.py").unlink()
    assert missing(house) == ["guess: no test in tests/guess"]
    (house / "tests/guess").rmdir()
    assert missing(house) == ["guess: no tests/guess"]


@pytest.mark.parametrize("text", ["", '"""Guesses."""'])
def test_a_room_that_does_not_say_what_goes_in_and_out_is_seen(house, text):
    (house / "src/trucewatch/guess/__init__.py").write_text(text)
    assert len(missing(house)) == 1


def test_an_exception_that_is_no_longer_needed_is_seen(root):
    assert set(COMMANDS) | NO_PARAMS <= set(rooms(root))
    assert [r for r in COMMANDS if (root / f"src/trucewatch/cli/{r}.py").exists()] == []
    assert [r for r in NO_PARAMS if (root / f"src/trucewatch/{r}/params.py").exists()] == []
