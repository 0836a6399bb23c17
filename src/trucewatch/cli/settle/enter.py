"""trucewatch settle enter"""

from __future__ import annotations

import click

from trucewatch import settling
from trucewatch.cli.base import by_option, case_option, found, json_option, show, tools
from trucewatch.cli.settle.common import counted, read_text, tell_faults
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("file", metavar="FILE")
@case_option
@by_option
@json_option
def enter(file: str, case: Where, by: str | None, as_json: bool) -> None:
    """Enter a FILE of positions (or a shipped one, by name) into the case, and what collides in it: from then on the
    case's reports have a section about it, quotes included.

    A later file with the same id is its next edition; the earlier one stays in the log.
    """
    path = found("positions", "file of positions", file)
    store, use = open_store(case), tools(by)
    made = settling.enter(store, read_text(path), str(path), use)
    tell_faults(made, str(path))
    run = settling.settle(store, use, made.id)
    use.tell.done()  # type: ignore[attr-defined]
    conflicts = run.tables["conflicts"].filter(run.tables["conflicts"]["kind"] == "conflict").height
    n = sum(len(issue.positions) for issue in made.issues)
    told = {
        "positions": made.id, "title": made.title, "issues": len(made.issues), "n_positions": n,
        "faults": [str(fault) for fault in made.faults], "conflicts": conflicts,
    }  # fmt: skip
    counts = ", ".join((counted(len(made.issues), "issue"), counted(n, "position"), counted(conflicts, "conflict")))
    show(told, as_json, [f"{made.id}: {made.title}", counts])
