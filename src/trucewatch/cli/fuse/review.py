"""trucewatch fuse review"""

from __future__ import annotations

import click

from trucewatch import reviewing
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.cli.fuse.common import learnt_option
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@as_of_option
@learnt_option
@click.option("--most", type=click.IntRange(1), default=20, show_default=True, help="So many of each sort at most.")
@json_option
def review(case: Where, as_of: int | None, learnt: str, most: int, as_json: bool) -> None:
    """Which answer of a person would change most? Pairs that may be one incident, and incidents that may be none."""
    use = tools()
    asked = reviewing.review(open_store(case), use, as_of, learnt, most)
    use.tell.done()  # type: ignore[attr-defined]
    lines = []
    for row in asked.to_dicts():
        ids = row["one"][:SHORT] + (f" {_short(row['two'])}" if row["two"] else "")
        question = "the same?" if row["what"] == "pair" else "did it happen?"
        lines.append(f"{ids}  {question}  {row['p']:.0%} as it stands; {row['because']}")
    show(asked.to_dicts(), as_json, lines or ["nothing is in doubt"])


def _short(name: str) -> str:
    """An observation is named in full, an incident by its first characters."""
    return name if "#" in name else name[:SHORT]
