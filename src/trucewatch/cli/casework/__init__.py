"""trucewatch casework: what people said and decided of a case, each an entry of the log. One file a command."""

from __future__ import annotations

import click

from trucewatch.cli.casework.act import act
from trucewatch.cli.casework.complain import complain
from trucewatch.cli.casework.determine import determine
from trucewatch.cli.casework.inquire import inquire
from trucewatch.cli.casework.judge import judge
from trucewatch.cli.casework.list import list_command
from trucewatch.cli.casework.reply import reply
from trucewatch.cli.casework.show import show_command


@click.group()
def casework() -> None:
    """Enter complaints, replies, inquiries, determinations, corrective actions and judgements, and show them.

    Nothing is overwritten: a later entry by the same maker supersedes an earlier one, and both stay.
    """


for _command in (complain, reply, inquire, determine, act, judge, list_command, show_command):
    casework.add_command(_command)
