"""trucewatch casework judge"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.assess.weigh import DOUBTS
from trucewatch.bodies import CALLS
from trucewatch.cli.casework.common import enter, said


@click.command()
@click.option("--doubt", required=True, metavar="|".join(DOUBTS), help="Which doubt of the finding is settled.")
@click.option("--call", required=True, metavar="|".join(CALLS), help="The answer: did it, was it, is it so?")
@click.option("--reading", default=None, help="Under which reading of the term (default: all of them).")
@said
def judge(doubt: str, call: str, reading: str | None, **given: Any) -> None:
    """Settle one doubt of one incident or finding as a person, by name and with the reason as --text.

    The findings that are made from now on take it as settled, and say by whom. This name is public: it stands in every
    report at every level. Where it would endanger somebody, let the office speak: --by "Team 2". Where two people
    differ, nothing is settled.
    """
    enter("judgement", given, doubt=doubt, call=call, reading=reading)
