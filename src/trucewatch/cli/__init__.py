"""Floor 5, a door: arguments in, pages and lines out, nothing else. One file a command."""

from __future__ import annotations

import click

from trucewatch import __version__
from trucewatch.cli.agree import agree
from trucewatch.cli.agreement import agreement
from trucewatch.cli.assess import assess
from trucewatch.cli.attach import attach
from trucewatch.cli.attribute import attribute
from trucewatch.cli.base import Commands
from trucewatch.cli.casework import casework
from trucewatch.cli.claims import claims
from trucewatch.cli.completion import completion
from trucewatch.cli.cover import cover
from trucewatch.cli.custody import custody
from trucewatch.cli.demo import demo
from trucewatch.cli.doctor import doctor
from trucewatch.cli.form import form
from trucewatch.cli.fuse import fuse
from trucewatch.cli.init import init
from trucewatch.cli.locate import locate
from trucewatch.cli.log import log
from trucewatch.cli.owed import owed
from trucewatch.cli.pull import pull
from trucewatch.cli.replay import replay
from trucewatch.cli.report import report
from trucewatch.cli.ring import ring
from trucewatch.cli.run import run
from trucewatch.cli.settle import settle
from trucewatch.cli.sources import sources
from trucewatch.cli.watch import watch
from trucewatch.cli.why import why
from trucewatch.cli.withhold import withhold
from trucewatch.cli.witness import witness


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="trucewatch")
def main() -> None:
    """Trucewatch: control and verification for truces, for every side.

    A case is a folder. Start with: trucewatch demo, or: trucewatch init DIR, trucewatch pull SOURCE --case DIR
    --file FILE, trucewatch run --case DIR --agreement FILE.
    """


for _command in (
    init, sources, form, pull, agree, agreement, attach, locate, fuse, assess, owed, attribute, cover, report, run, why,
    casework, claims, custody, replay, ring, watch, withhold, log, witness, doctor, demo, completion, settle,
):  # fmt: skip
    main.add_command(_command)
