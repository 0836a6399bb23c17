"""Write the pages that are made from code: docs/tables.md, params.md, commands.md,
agreement.schema.json and the words in glossary.md.

    python tools/gen_docs.py            write them
    python tools/gen_docs.py --check    write nothing; exit 1 and say which are stale

The tables, kinds and commands come from the installed package, comments and params from the source text.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import io
import json
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MADE = "<!-- Made by tools/gen_docs.py; change the code, then run `make docs`. -->"
START, END = "<!-- words: made by tools/gen_docs.py -->", "<!-- /words -->"
WIDTH = 100
NOT_ROOMS = {"base", "tables", "sources", "stores", "engines", "cli", "web", "data"}
UNITS = {
    "_m": "metres", "_km": "kilometres", "_km2": "square kilometres", "_s": "seconds", "_min": "minutes",
    "_h": "hours", "_days": "days", "days": "days", "_deg": "degrees", "_lon": "degrees", "_lat": "degrees",
    "sigmas": "standard deviations", "_sd": "standard deviations",
}  # fmt: skip


class Unfinished(Exception):
    """A page cannot be made, since what it is made from is not there."""


@dataclass(frozen=True)
class Param:
    """One number of a room."""

    name: str
    default: str
    unit: str
    reason: str


def rooms(root: Path) -> list[str]:
    """The rooms: packages of the tree that are not floor 0, 4 or 5."""
    package = root / "src" / "trucewatch"
    return sorted(
        at.name for at in package.iterdir() if at.name not in NOT_ROOMS and at.is_dir() and list(at.glob("*.py"))
    )


# The tables


def tables_page() -> str:
    """Every table and column, with its type and meaning."""
    tables = importlib.import_module("trucewatch.tables")
    lines = [
        "# The tables", "", MADE, "",
        "They pass between rooms; rooms share nothing else. Every instant is UTC in microseconds, spans are half-open",
        "[t0, t1), longitude and latitude are degrees in OGC:CRS84. An empty cell always means *not told*, never",
        "*none* and never *half*. Columns in **bold** are never empty.", "",
    ]  # fmt: skip
    for table in tables.ALL:
        key = f"A row is named by `{table.key}`." if table.key else "Rows have no name."
        lines += [f"## {table.name}", "", key, "", "| column | type | meaning |", "|---|---|---|"]
        for name, (kind, meaning) in table.columns.items():
            shown = f"**`{name}`**" if name in table.needed else f"`{name}`"
            lines.append(f"| {shown} | {_type(kind)} | {_cell(meaning)} |")
        lines.append("")
    return "\n".join(lines)


def _type(kind: Any) -> str:
    """A column's type in words that do not change with the version of the engine."""
    import polars as pl

    if isinstance(kind, pl.Enum):
        return "one of " + ", ".join(f"`{word}`" for word in kind.categories)
    if isinstance(kind, pl.Struct):
        return "struct of " + ", ".join(f"`{part.name}`" for part in kind.fields)
    if isinstance(kind, pl.List):
        return "list of " + _type(kind.inner)
    if isinstance(kind, pl.Datetime):
        return "instant"
    plain = {
        pl.String: "text", pl.Float64: "number", pl.Int64: "whole number", pl.UInt64: "cell", pl.Binary: "bytes",
        pl.Boolean: "yes or no",
    }  # fmt: skip
    return next((word for type_, word in plain.items() if kind == type_), str(kind))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


# The words


def words_part(root: Path) -> str:
    """Kinds, acts and targets for the glossary; their meanings are the comments of kinds.py."""
    kinds = importlib.import_module("trucewatch.kinds")
    said = _comments(root / "src/trucewatch/kinds.py")
    lines = ["### Acts", "", "| act | meaning |", "|---|---|"]
    lines += [f"| `{act}` | {said.get(act, '')} |" for act in kinds.ACTS]
    lines += ["", "### Kinds", "", "Every act is a kind of its own. These are vaguer:", ""]
    lines += ["| kind | may have been | note |", "|---|---|---|"]
    for kind, acts in kinds.KINDS.items():
        if kind not in kinds.ACTS:
            lines.append(f"| `{kind}` | {_may_be(acts, kinds)} | {said.get(kind, '')} |")
    lines += ["", "### Targets", "", "What was hit, where a source says so: "]
    lines[-1] += ", ".join(f"`{target}`" for target in kinds.TARGETS) + "."
    return "\n".join(lines)


def _may_be(acts: tuple[str, ...], kinds: Any) -> str:
    return "any act" if set(acts) == set(kinds.ACTS) else ", ".join(f"`{act}`" for act in acts)


def _comments(path: Path) -> dict[str, str]:
    """word -> the comment at the end of the line that begins with that word as a string."""
    said: dict[str, str] = {}
    for line in path.read_text().splitlines():
        if match := re.match(r"""\s*"(\w+)"\s*[,:].*?#\s*(.+)$""", line):
            said.setdefault(match[1], _cell(match[2]))
    return said


def glossary_page(root: Path) -> str:
    """The glossary as it stands, with the part between the markers made anew."""
    path = root / "docs/glossary.md"
    text = path.read_text() if path.exists() else ""
    if text.count(START) != 1 or text.count(END) != 1:
        raise Unfinished(f"docs/glossary.md has not exactly one '{START}' and one '{END}'")
    before, rest = text.split(START)
    return f"{before}{START}\n\n{words_part(root)}\n\n{END}{rest.split(END)[1]}"


# The numbers


def params_of(path: Path) -> dict[str, tuple[str, list[Param]]]:
    """A params.py -> class -> (what it is, its params). The reason is the text below a field, or its comment."""
    text = path.read_text()
    comments = _comment_lines(text)
    found: dict[str, tuple[str, list[Param]]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            about = ast.get_docstring(node) or ""
            found[node.name] = (about, [_with_reason(param, about) for param in _fields(node, comments)])
    return found


def _fields(node: ast.ClassDef, comments: dict[int, tuple[str, bool]]) -> Iterator[Param]:
    for field, below in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        name, default = field.target.id, ast.unparse(field.value) if field.value else ""
        reason = ""
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            reason = below.value.value
        elif (at := comments.get(field.end_lineno or 0)) or (
            (at := comments.get(field.lineno - 1)) and at[1]
        ):  # at the end of the line, or alone on the line above
            reason = at[0]
        if default.startswith("field(default_factory=") and default[22:-1].isidentifier():
            reason = reason or f"See {default[22:-1]} below."
            default = ""
        yield Param(name, default, _unit(name, ast.unparse(field.annotation)), _cell(reason))


def _with_reason(param: Param, about: str) -> Param:
    """Where a field says nothing itself, the text of its class may: "`name`: why"."""
    told = re.search(rf"`?\b{param.name}`?: ([^.;]+)", about)
    return replace(param, reason=_cell(told[1])) if told and not param.reason else param


def _comment_lines(text: str) -> dict[int, tuple[str, bool]]:
    """line -> (comment, alone on its line?)."""
    return {
        token.start[0]: (token.string.lstrip("# "), not token.line[: token.start[1]].strip())
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }


def _unit(name: str, annotation: str) -> str:
    for end, unit in sorted(UNITS.items(), key=lambda pair: -len(pair[0])):
        if name.endswith(end):
            return unit
    return {"bool": "yes or no", "int": "count", "float": "ratio", "str": "text"}.get(annotation.split(" |")[0], "")


def params_page(root: Path) -> str:
    """Every number of every room: its unit and its reason."""
    lines = [
        "# The numbers", "", MADE, "",
        "Every number that a room decides by has one home, `params.py` of that room, and a reason. A result's `run`",
        "entry holds the numbers that it was made with.", "",
    ]  # fmt: skip
    for room in rooms(root):
        path = root / "src/trucewatch" / room / "params.py"
        if not path.exists():
            continue
        lines += [f"## {room}", ""]
        for name, (about, params) in params_of(path).items():
            lines += [f"### {name}", "", _cell(about), "", "| name | default | unit | reason |", "|---|---|---|---|"]
            lines += [f"| `{p.name}` | {_code(p.default)} | {p.unit} | {p.reason} |" for p in params]
            lines.append("")
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""


# The commands


def group() -> Any:
    """The click group of the command line. Raises Unfinished."""
    import click

    cli = importlib.import_module("trucewatch.cli")
    groups = [value for value in vars(cli).values() if isinstance(value, click.Group)]
    main = getattr(cli, "main", None)
    if isinstance(main, click.Group):
        return main
    if not groups:
        raise Unfinished("trucewatch.cli has no click group yet")
    return groups[0]


def commands(command: Any, path: tuple[str, ...] = ("trucewatch",), above: Any = None) -> Iterator[tuple[Any, ...]]:
    """Every command under a group, itself first: (path, command, context)."""
    import click

    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=path[-1], parent=above, **settings)
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (part := command.get_command(context, name)) is not None and not part.hidden:
                yield from commands(part, (*path, name), context)


def commands_page() -> str:
    """What `--help` says of each command."""
    lines = ["# The commands", "", MADE, ""]
    for path, command, context in commands(group()):
        lines += [f"{'#' * min(len(path) + 1, 4)} {' '.join(path)}", "", "```text"]
        lines += [line.rstrip() for line in command.get_help(context).splitlines()] + ["```", ""]
    return "\n".join(lines)


def schema_page() -> str:
    """The format of agreements, for tools written by others."""
    return json.dumps(importlib.import_module("trucewatch.assess.schema").schema(), indent=2)


# All of them


def pages(root: Path = ROOT) -> dict[str, str | Unfinished]:
    """path -> what the page should hold, or why it cannot be made yet."""
    made: dict[str, str | Unfinished] = {}
    for path, make in (
        ("docs/tables.md", tables_page),
        ("docs/glossary.md", lambda: glossary_page(root)),
        ("docs/params.md", lambda: params_page(root)),
        ("docs/commands.md", commands_page),
        ("docs/agreement.schema.json", schema_page),
    ):
        try:
            made[path] = make().rstrip("\n") + "\n"
        except Unfinished as why:
            made[path] = why
    return made


def stale(root: Path = ROOT) -> list[str]:
    """What is not as the code has it, a line each."""
    faults = []
    for path, text in pages(root).items():
        if isinstance(text, Unfinished):
            faults.append(f"{path}: {text}")
        elif not (root / path).exists() or (root / path).read_text() != text:
            faults.append(f"{path} is stale; run `make docs`")
    return faults


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    if parser.parse_args().check:
        faults = stale()
        print("\n".join(faults) or "The pages are as the code has them.")
        return 1 if faults else 0
    for path, text in pages().items():
        if isinstance(text, Unfinished):
            print(f"left out {path}: {text}", file=sys.stderr)
        else:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
