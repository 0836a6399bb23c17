"""trucewatch casework reply"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.cli.casework.common import enter, said


@click.command()
@click.argument("answers", metavar="[ENTRY]", type=int, required=False)
@said
def reply(answers: int | None, **given: Any) -> None:
    """Enter a reply to ENTRY; or, with --about, to an incident or finding that nobody complained of.

    It stands beside what it is about in every report from now on. Reports that went out before stay as they are.
    """
    enter("reply", given, answers)
