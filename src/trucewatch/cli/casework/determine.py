"""trucewatch casework determine"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.bodies import OUTCOMES, RESPONSIBILITIES
from trucewatch.cli.casework.common import enter, said


@click.command()
@click.argument("answers", metavar="[ENTRY]", type=int, required=False)
@click.option("--outcome", required=True, metavar="|".join(OUTCOMES), help="What was determined.")
@click.option("--responsibility", default=None, metavar="|".join(RESPONSIBILITIES), help="Whether it was attributed.")
@click.option("--to", default=None, metavar="PARTY", help="To which party it was attributed, or attributed largely.")
@said
def determine(answers: int | None, outcome: str, responsibility: str | None, to: str | None, **given: Any) -> None:
    """Enter a determination by a named person or body, of ENTRY or of what --about names.

    It stands beside what the tool indicates, also where they differ. The tool determines nothing itself.
    """
    enter("determination", given, answers, outcome=outcome, responsibility=responsibility, to=to)
