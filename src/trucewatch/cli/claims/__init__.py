"""trucewatch claims: who said what, and does the record bear it out? One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.claims.accept import accept
from trucewatch.cli.claims.add import add
from trucewatch.cli.claims.check import check
from trucewatch.cli.claims.import_ import import_command
from trucewatch.cli.claims.list import list_command
from trucewatch.cli.claims.read import read
from trucewatch.cli.claims.reject import reject
from trucewatch.cli.claims.tally import tally


@click.group()
def claims() -> None:
    """Keep the register of statements: who said what, for whom, when, about what; and hold it against the record.

    A correction or a denial is a new statement; none is overwritten.
    """


for _command in (add, import_command, read, accept, reject, list_command, tally, check):
    claims.add_command(_command)
