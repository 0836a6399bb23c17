"""trucewatch casework act"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.bodies import STATUSES
from trucewatch.cli.base import moment, words
from trucewatch.cli.casework.common import enter, said


@click.command()
@click.argument("answers", metavar="[ENTRY]", type=int, required=False)
@click.option("--whom", default=None, metavar="PARTY", help="Which party is to act (default: as in ENTRY).")
@click.option("--due", default=None, metavar="TIME", help="Until when, with its zone.")
@click.option("--status", default="asked", show_default=True, metavar="|".join(STATUSES), help="How far it has come.")
@click.option("--confirmed-by", default=None, metavar="NAME", callback=words, help="Who has confirmed that it is done.")
@said
def act(
    answers: int | None, whom: str | None, due: str | None, status: str, confirmed_by: str | None, **given: Any
) -> None:
    """Enter a corrective action that is asked for after ENTRY, or how far that of ENTRY has come.

    What is to be done is said with --text. Done is only said to be done until somebody has confirmed it.
    """
    more = {"whom": whom, "due": moment(due, "--due"), "status": status, "confirmed_by": confirmed_by}
    enter("corrective_action", given, answers, **more)
