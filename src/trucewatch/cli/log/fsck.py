"""trucewatch log fsck"""

from __future__ import annotations

from pathlib import Path

import click

from trucewatch import fsck as checks
from trucewatch.base.errors import CaseBroken
from trucewatch.cli.base import Progress, case_option, json_option, show
from trucewatch.cli.log.common import policy_of, trust_option
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@trust_option()
@json_option
@click.pass_context
def fsck(ctx: click.Context, case: Where, trust: Path | None, as_json: bool) -> None:
    """Derive the whole log again from its bytes and hold every file of the case to it. Exits 0 clean, 1 not.

    With --trust, signed checkpoints must be signed as that policy says; without, by keys that the log announces.
    """
    policy, progress = policy_of(trust) if trust else None, Progress()
    try:
        found = checks.fsck(open_store(case), policy, progress)
    except CaseBroken as wrong:  # what says that this is a case is one of its files, too
        found = [("case", False, str(wrong))]
    finally:
        progress.done()
    told = [{"check": what, "well": well, "says": says} for what, well, says in found]
    show(told, as_json, [f"{'well' if well else 'AILS':5} {what}: {says}" for what, well, says in found])
    if not all(well for _, well, _ in found):
        ctx.exit(1)
