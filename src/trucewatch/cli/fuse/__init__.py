"""trucewatch fuse: itself a command, and a group: learn, review, judge. One file a command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.cli.base import as_of_option, case_option, json_option, show, tools
from trucewatch.cli.fuse.bare import Asked, fuse_file
from trucewatch.cli.fuse.common import learnt_option, rule_options
from trucewatch.cli.fuse.judge import judge
from trucewatch.cli.fuse.learn import learn
from trucewatch.cli.fuse.review import review
from trucewatch.learning import chosen
from trucewatch.ports import Store
from trucewatch.stores import Where, open_store


@click.group(invoke_without_command=True, subcommand_metavar="[COMMAND [ARGS]...]")
@case_option
@as_of_option
@learnt_option
@click.option(
    "--observations",
    "file",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Fuse a bare Parquet or CSV file, without a case: id, source, kind, t0, t1, lon, lat, radius_m; by if told.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Where incidents.parquet, links.parquet, problems.parquet and summary.json of a bare file go.",
)
@rule_options
@json_option
@click.pass_context
def fuse(ctx: click.Context, /, case: Where, as_of: int | None, learnt: str, as_json: bool, **bare: Any) -> None:
    """Which sightings are one happening? Observations to incidents, with the links between them.

    With no COMMAND it fuses. The commands learn how wrong sources are, and let people judge.
    """
    if ctx.invoked_subcommand is not None:
        given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        if given:
            raise click.UsageError(f"put the options behind the command: trucewatch fuse {ctx.invoked_subcommand} ...")
        return
    if any(value is not None for value in bare.values()):
        _bare(as_json, **bare)
        return
    use, store = tools(), open_store(case)
    made = pipeline.fuse(store, use, as_of, learnt=learnt)
    use.tell.done()  # type: ignore[attr-defined]
    incidents, links = made.tables["incidents"], made.tables["links"]
    several = incidents.filter(incidents["n_lineages"] >= 2).height
    told = {
        "observations": links.height,
        "incidents": incidents.height,
        "of_two_voices_or_more": several,
        **_chances(store, as_of, learnt),
        "outputs": made.body["outputs"],
        "new": made.new,
    }
    line = f"{links.height} observations, {incidents.height} incidents, {several} of them from two voices or more"
    version = "nothing learnt" if told["learnt"] is None else f"learnt version {told['learnt']}"
    rests = f"by {version}; chances {'calibrated on judged incidents' if told['calibrated'] else 'not calibrated'}"
    show(told, as_json, [f"{line}{'' if made.new else ' (as before)'}; {rests}"])


def _chances(store: Store, as_of: int | None, learnt: str) -> dict[str, Any]:
    """By which version of the learnt table it was fused, and whether that is calibrated on what people judged."""
    known = know(store, as_of)
    entry = chosen(known, learnt)
    if entry is None:
        return {"learnt": None, "calibrated": False}
    made = known.table_of(store, known.runs[known.run_at.index(entry)]["outputs"]["calibration"])
    return {"learnt": entry, "calibrated": "adjudicated" in made["part"]}


def _bare(as_json: bool, file: Path | None, out: Path | None, rule: str | None, **told: Any) -> None:
    if file is None or out is None:
        raise click.UsageError("a bare file needs both --observations FILE and --out DIR")
    asked = Asked(rule, **told)
    if rule != "window" and any(value is not None for value in told.values()):
        raise click.UsageError("--within-km, --within-days and --agree go with --rule window")
    summary, line = fuse_file(file, out, asked)
    show(summary, as_json, [line])


for _command in (learn, review, judge):
    fuse.add_command(_command)
