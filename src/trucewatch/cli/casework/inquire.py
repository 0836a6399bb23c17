"""trucewatch casework inquire"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.cli.casework.common import enter, said


@click.command()
@click.argument("answers", metavar="[ENTRY]", type=int, required=False)
@said
def inquire(answers: int | None, **given: Any) -> None:
    """Enter an inquiry into ENTRY, or into what --about names: that it was opened, a visit, what was found."""
    enter("inquiry", given, answers)
