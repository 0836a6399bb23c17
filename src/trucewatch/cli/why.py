"""trucewatch why"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch.cli.base import case_option, json_option, show
from trucewatch.stores.posix import open_case
from trucewatch.trail import trail


@click.command()
@click.argument("finding")
@case_option
@json_option
def why(finding: str, case: Path, as_json: bool) -> None:
    """Follow FINDING (or an incident; the first characters of its id will do) back to the bytes, each hop verified."""
    hops = trail(open_case(case), finding)
    lines = []
    for n, hop in enumerate(hops, 1):
        lines.append(f"{n}. {hop.what}")
        lines += [f"     {key}: {value}" for key, value in hop.facts.items()]
        lines.append(f"     verified: {hop.verified}")
    show([{"hop": hop.what, "facts": hop.facts, "verified": hop.verified} for hop in hops], as_json, lines)
