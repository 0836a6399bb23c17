"""The page of the worked case, from what the commands said: python page.py CASE_DIR VERIFIABLE.yaml"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


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


def by_map(path: Path) -> Iterator[str]:
    """What the map that the user points to says of the ring; nothing where there is none."""
    if not path.exists():
        yield "No map was given (`MAP=FILE`): by the record alone it cannot be told."
        return
    yield "| by whose map | of when | was it so | rung of the ladder | because |"
    yield "|---|---|---|---|---|"
    for row in json.loads(path.read_text(encoding="utf-8")):
        rungs, because = f"{row['rung_low']} to {row['rung_high']}", row["because"] or row["would_settle"] or ""
        was = row["says"].replace("_", " ")
        yield f"| {row['source']} | {row['on']} | {was} | {rungs} | {because.replace('|', ' ')} |"


def main() -> None:
    """Put the section about the positions, what it takes to verify each, and the ring, on one page."""
    folder = Path(sys.argv[1]) / "settle"
    shown, checked = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("positions", "claims")
    )
    asks = {issue["id"]: issue["asks"] for issue in shown["issues"]}
    needs = yaml.safe_load(Path(sys.argv[2]).read_text(encoding="utf-8"))
    lines = [
        (folder / "section.md").read_text(encoding="utf-8"),
        "## What monitoring would have to see", "",
        "| for | it would have to see | by what means | what stays hard |", "|---|---|---|---|",
        *(f"| {asks[row['issue']]} | {row['see']} | {row['means']} | {row['hard']} |" for row in needs), "",
        "## The ring in the Kursk region", "", *encirclement(checked), "",
        *by_map(folder / "ring.json"), "",
        "That others say the same is no evidence; a denial is a statement, too.", "",
    ]  # fmt: skip
    (folder / "march-2025.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
