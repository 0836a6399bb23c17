"""Docs cannot drift: what can be made from code is, what cannot is checked against it, and examples run."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import gen_docs
import pytest

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
MARKS = ("docs/**/*.md", "*.md", "examples/**/*.md")


def pages(root: Path) -> list[Path]:
    """Every page of the project."""
    return sorted({path for mark in MARKS for path in root.glob(mark)})


def dead_links(root: Path) -> list[str]:
    """Links between pages that lead nowhere."""
    found = []
    for path in pages(root):
        text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        for link in LINK.findall(text):
            target, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            at = (path.parent / target).resolve() if target else path
            if not at.exists() or (anchor and at.suffix == ".md" and anchor not in anchors(at.read_text())):
                found.append(f"{path.relative_to(root)}: {link}")
    return found


def anchors(text: str) -> set[str]:
    """The names by which a page's headings can be linked."""
    heads = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def sources_without_page(root: Path) -> list[str]:
    """Entry points of the group `trucewatch.sources` that have no page."""
    said = tomllib.loads((root / "pyproject.toml").read_text())
    names = said["project"]["entry-points"]["trucewatch.sources"]
    return [name for name in names if not (root / f"docs/sources/{name}.md").exists()]


def params_without_reason(root: Path) -> list[str]:
    """Numbers of a room that nobody gives a reason for."""
    return [
        f"{room}.{cls}.{param.name}"
        for room in gen_docs.rooms(root)
        if (path := root / f"src/trucewatch/{room}/params.py").exists()
        for cls, (_, params) in gen_docs.params_of(path).items()
        for param in params
        if not param.reason
    ]


def dependencies_without_reason(root: Path) -> list[str]:
    """What we depend on at run time and do not say why."""
    said = tomllib.loads((root / "pyproject.toml").read_text())
    text = (root / "docs/why/dependencies.md").read_text()
    names = [re.split(r"[<>=!~ \[;]", wanted)[0] for wanted in said["project"]["dependencies"]]
    return [name for name in names if f"`{name}`" not in text]


def silent_commands() -> list[str]:
    """Commands and options that `--help` says nothing about."""
    found = []
    for path, command, context in gen_docs.commands(gen_docs.group()):
        if not (command.help or "").strip():
            found.append(" ".join(path))
        for option in command.get_params(context):
            if option.param_type_name == "option" and not getattr(option, "help", None):
                found.append(f"{' '.join(path)} {option.opts[0]}")
    return found


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def run(code: str, folder: Path) -> str:
    """Run a block of Python in an empty folder -> what went wrong, or nothing."""
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True)
    return ran.stderr if ran.returncode else ""


def test_the_pages_that_are_made_from_code_are_as_the_code_has_them(root):
    assert gen_docs.stale(root) == []


def test_every_link_between_pages_leads_somewhere(root):
    assert dead_links(root) == []


def test_every_source_has_its_page(root):
    assert sources_without_page(root) == []


def test_every_number_has_a_reason(root):
    assert params_without_reason(root) == []


def test_every_dependency_has_a_reason(root):
    assert dependencies_without_reason(root) == []


def test_every_command_and_every_option_says_what_it_does():
    assert silent_commands() == []


def test_every_table_and_every_column_is_in_the_docs(root):
    from trucewatch.tables import ALL

    text = (root / "docs/tables.md").read_text()
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE))
    assert [t.name for t in ALL if t.name not in sections] == []
    assert [f"{t.name}.{c}" for t in ALL for c in t.columns if f"`{c}`" not in sections[t.name]] == []


def test_every_kind_act_and_target_is_in_the_glossary(root):
    from trucewatch.kinds import ACTS, KINDS, TARGETS

    text = (root / "docs/glossary.md").read_text()
    assert [word for word in (*ACTS, *KINDS, *TARGETS) if f"`{word}`" not in text] == []


def test_every_act_has_a_meaning(root):
    assert re.findall(r"^\| `(\w+)` \|\s*\|$", gen_docs.words_part(root), re.MULTILINE) == []


def test_the_readme_says_something_and_its_python_runs(root, tmp_path):
    text = (root / "README.md").read_text()
    assert "# " in text, "README.md is empty"
    assert [wrong for code in blocks(text, "python") if (wrong := run(code, tmp_path))] == []


# And each check is seen to find what it looks for.


def test_a_stale_page_is_seen(root, tmp_path):
    import shutil

    for part in ("src", "docs"):
        shutil.copytree(root / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in gen_docs.pages(tmp_path).items():
        (tmp_path / path).write_text(text if isinstance(text, str) else "")
    before = gen_docs.stale(tmp_path)
    assert [fault for fault in before if "is stale" in fault] == []
    for path in ("docs/tables.md", "docs/params.md"):
        (tmp_path / path).write_text((tmp_path / path).read_text() + "more\n")
    glossary = tmp_path / "docs/glossary.md"
    glossary.write_text(glossary.read_text().replace("| `shelling` |", "| `shalling` |"))
    assert [fault.split()[0] for fault in gen_docs.stale(tmp_path) if fault not in before] == [
        "docs/tables.md",
        "docs/glossary.md",
        "docs/params.md",
    ]
    glossary.write_text("no markers")
    assert any("docs/glossary.md has not exactly one" in fault for fault in gen_docs.stale(tmp_path))


def test_a_dead_link_is_seen_and_a_living_one_is_not(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text(
        "# One head\n\n[b](b.md) [top](../README.md#read-me) [x](https://x.invalid/y)\n"
    )
    (tmp_path / "README.md").write_text("# Read me!\n\n[a](docs/a.md#one-head) [gone](docs/a.md#two-heads)\n")
    assert dead_links(tmp_path) == ["README.md: docs/a.md#two-heads", "docs/a.md: b.md"]


def test_a_source_a_dependency_or_a_number_that_nobody_wrote_of_is_seen(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["left-pad>=1", "numpy"]\n[project.entry-points."trucewatch.sources"]\ngossip = "g:S"\n'
    )
    (tmp_path / "docs/why").mkdir(parents=True)
    (tmp_path / "docs/why/dependencies.md").write_text("- `numpy`: arrays\n")
    room = tmp_path / "src/trucewatch/guess"
    room.mkdir(parents=True)
    (room / "__init__.py").touch()
    (room / "params.py").write_text(
        'class P:\n    told_m: float = 1.0\n    """Because."""\n    noted: int = 2  # because\n    # because\n    above: int = 3\n'
        "    bare_s: float = 4.0\n"
    )
    assert sources_without_page(tmp_path) == ["gossip"]
    assert dependencies_without_reason(tmp_path) == ["left-pad"]
    assert params_without_reason(tmp_path) == ["guess.P.bare_s"]


def test_a_silent_command_or_option_is_seen(monkeypatch):
    import click

    top = click.Group("trucewatch", help="Top.")
    quiet = click.Command("quiet", params=[click.Option(["--loud"])])
    told = click.Command("told", help="Says.", params=[click.Option(["--loud"], help="How loud.")])
    top.add_command(quiet)
    top.add_command(told)
    monkeypatch.setattr(gen_docs, "group", lambda: top)
    assert silent_commands() == ["trucewatch quiet", "trucewatch quiet --loud"]
    assert "--loud" in gen_docs.commands_page()


@pytest.mark.parametrize(("code", "wrong"), [("x = 1", False), ("x = 1 / 0", True), ("import nowhere", True)])
def test_an_example_that_does_not_run_is_seen(tmp_path, code, wrong):
    assert blocks(f"text\n```python\n{code}\n```\n```sh\nls\n```\n", "python") == [code + "\n"]
    assert bool(run(code, tmp_path)) is wrong
