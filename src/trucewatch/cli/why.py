"""trucewatch why"""

from __future__ import annotations

import click

from trucewatch.cli.base import as_of_option, by_option, case_option, json_option, show, tools
from trucewatch.custody import record
from trucewatch.stores import Where, open_store
from trucewatch.trail import trail


@click.command()
@click.argument("finding")
@case_option
@as_of_option
@by_option
@json_option
def why(finding: str, case: Where, as_of: int | None, by: str | None, as_json: bool) -> None:
    """Follow FINDING (or an incident; the first characters of its id will do) back to the bytes, each hop verified.

    Or a statement: by its key, or its id as 0123456789ab#7. Or a conflict of positions (its id, from `settle run`): to
    who said what, and to what a later edition of the positions says in its place.

    With --by it is entered who read the captures that are shown; without it nothing is, so that a copy of the case
    can be read by whoever may not write.
    """
    store = open_store(case)
    hops = trail(store, finding, as_of)
    if by is not None:
        shown = list(dict.fromkeys(hop.capture for hop in hops if hop.capture))
        record(store, tools(by), "read", shown, why=f"followed {finding}")
    lines = []
    for n, hop in enumerate(hops, 1):
        lines.append(f"{n}. {hop.what}")
        lines += [f"     {key}: {value}" for key, value in hop.facts.items()]
        lines.append(f"     verified: {hop.verified}")
    show([{"hop": hop.what, "facts": hop.facts, "verified": hop.verified} for hop in hops], as_json, lines)
