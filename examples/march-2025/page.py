"""The page of the worked case, from what the commands said: python page.py CASE_DIR VERIFIABLE.yaml"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def accepted(shown: dict[str, Any]) -> Iterator[str]:
    """Who took what on each issue, in whose words."""
    for issue in shown["issues"]:
        options = {option["id"]: option["says"] for option in issue["options"]}
        yield f"### {issue['asks']}"
        yield ""
        yield "| party | day | takes | how firmly | words | source |"
        yield "|---|---|---|---|---|---|"
        for one in issue["positions"]:
            takes = "; ".join(options[option] for option in one["accepts"])
            if len(one["accepts"]) == len(options):
                takes = "names no answer"
            note = f" ({one['says']})" if one["says"] else ""
            words = f'"{one["quote"]}" | {one["source"]}'
            yield f"| {one['name']} | {one['on']} | {takes}{note} | {one['firmness']} | {words} |"
        yield ""


def versions(shown: dict[str, Any]) -> Iterator[str]:
    """How each position moved, and whose each draft crosses."""
    for move in shown["moves"]:
        how = "the same options" if move["how"] == "same" else f"{move['how']} options"
        days = f"{move['from_day']} to {move['to_day']}"
        yield f"- {move['party']} on {move['issue']}: {how}, {move['firmer']} in tone, {days}"
    yield from (f"- {row['says']}" for row in shown["drafts"])


def collisions(found: dict[str, Any]) -> Iterator[str]:
    """What cannot hold together, and what would open it."""
    says = {line["id"]: line["says"] for line in found["lines"]}
    for key, title in (("conflicts", "Cannot all hold"), ("ways_out", "Opens the knot once softened")):
        for row in found[key]:
            yield f"- {title} (rank {row['rank']}):"
            yield from (f"  - {says[line]}" for line in row["lines"])
    if not found["whole"]:
        yield "- There are more than are listed."


def encirclement(checked: dict[str, Any]) -> Iterator[str]:
    """What the record says of each statement about the ring."""
    yield "| who | says | by the record | looked at | what would settle it |"
    yield "|---|---|---|---|---|"
    for row in checked["checks"]:
        if "encircled" in row["asserts"]:
            bounds = f"{row['verdict']} ({row['low']:.2f} to {row['high']:.2f})"
            looked = "; ".join(row["looked_at"]) or "nothing"
            words = row["asserts"].replace("_", " ")
            yield f"| {row['speaker']} | {words} | {bounds} | {looked} | {row['would_settle']} |"


def main() -> None:
    """Read what the commands said, write the page."""
    folder = Path(sys.argv[1]) / "settle"
    shown, found, left, checked = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("positions", "conflicts", "packages", "claims")
    )
    asks = {issue["id"]: issue["asks"] for issue in shown["issues"]}
    needs = yaml.safe_load(Path(sys.argv[2]).read_text(encoding="utf-8"))
    lines = [
        f"# {shown['title']}", "",
        "Typed in by people, each row with its source. Ordered by stated criteria; nothing is recommended.", "",
        "## What each side took", "", *accepted(shown),
        "## Which version, and how it moved", "", *versions(shown), "",
        "## What collides, and why", "",
        f"Held: {found['held']}. Ranked by how firmly each was said; no side counts.", "", *collisions(found), "",
        "Options that every one of these allows, issue by issue: "
        + "; ".join(f"{issue}: {', '.join(options) or 'none'}" for issue, options in left["allowed"].items()) + ".", "",
        "## What monitoring would have to see", "",
        "| for | it would have to see | by what means | what stays hard |", "|---|---|---|---|",
        *(f"| {asks[row['issue']]} | {row['see']} | {row['means']} | {row['hard']} |" for row in needs), "",
        "## The ring in the Kursk region", "", *encirclement(checked), "",
        "That others say the same is no evidence; a denial is a statement, too.", "",
    ]  # fmt: skip
    (folder / "march-2025.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
