"""trucewatch casework complain"""

from __future__ import annotations

from typing import Any

import click

from trucewatch.cli.casework.common import enter, said


@click.command()
@said
def complain(**given: Any) -> None:
    """Enter a complaint: somebody says that something happened, and that it should not have. Nobody checked it yet."""
    enter("complaint", given)
