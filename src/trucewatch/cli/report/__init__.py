"""trucewatch report: itself a command, and a group: daily."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from trucewatch import pipeline
from trucewatch.cli.base import as_of_option, case_option, json_option, tools
from trucewatch.cli.fuse.common import learnt_option
from trucewatch.cli.report.common import level_option, print_files, report_options, request_of
from trucewatch.cli.report.daily import daily
from trucewatch.stores import Where, open_store

__all__ = ["level_option", "print_files", "report", "report_options", "request_of"]


@click.group(invoke_without_command=True, subcommand_metavar="[COMMAND [ARGS]...]")
@case_option
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@report_options
@learnt_option
@as_of_option
@json_option
@click.pass_context
def report(
    ctx: click.Context,
    /,
    case: Where,
    agreement: str | None,
    level: str,
    since: str | None,
    until: str | None,
    recipient: str | None,
    out: Path | None,
    learnt: str,
    as_of: int | None,
    as_json: bool,
) -> None:
    """Write the report: a page for people, its data, and the released tables, into the case's folder report.

    With no COMMAND it does that. `report daily` writes the daily report that missions' readers know.
    """
    if ctx.invoked_subcommand is not None:
        given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        if given:
            raise click.UsageError(
                f"put the options behind the command: trucewatch report {ctx.invoked_subcommand} ..."
            )
        return
    use, store = tools(), open_store(case)
    files = pipeline.report(store, use, request_of(level, since, until, recipient), agreement, as_of, learnt)
    use.tell.done()  # type: ignore[attr-defined]
    print_files(store, level, files, out, as_json)


report.add_command(daily)
