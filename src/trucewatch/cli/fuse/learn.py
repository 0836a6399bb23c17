"""trucewatch fuse learn"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl
import yaml

from trucewatch import reviewing
from trucewatch.archive import know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import as_of_option, case_option, json_option, read_file, show, tools
from trucewatch.learning import written_dependence
from trucewatch.ports import Store
from trucewatch.stores import Where, open_store


@click.command()
@case_option
@as_of_option
@click.option(
    "--dependence",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="A table, CSV or YAML, of who repeats whom (copier, original, p, because); it stands before what is learnt.",
)
@json_option
def learn(case: Where, as_of: int | None, dependence: Path | None, as_json: bool) -> None:
    """How wrong is each source, how much does it miss, and who repeats whom? A version of the learnt table.

    It is learnt from the reports themselves; what people have judged calibrates it. Each version is an entry of the
    log, and is named by its number.
    """
    use = tools()
    store = open_store(case)
    written = _written(dependence)
    _strangers(store, as_of, written, str(dependence))
    made = reviewing.learn(store, use, as_of, written)
    use.tell.done()  # type: ignore[attr-defined]
    version = reviewing.entry_of(store, made)
    told = {
        "version": version,
        "new": made.new,
        **{name: made.tables[name].to_dicts() for name in ("learnt", "dependence")},
        "calibration": made.tables["calibration"].filter(pl.col("part") != "step").to_dicts(),
        "outputs": made.body["outputs"],
    }
    show(told, as_json, [*_lines(version, made.new, made.tables)])


def _written(path: Path | None) -> str:
    """A file of a person's -> the same in the one form that the log keeps. InputError names the row that is wrong."""
    if path is None:
        return ""
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=str(path), expected="CSV or YAML") from None
    rows: list[dict[str, Any]] = written_dependence(text, str(path)).to_dicts()
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=True)


def _strangers(store: Store, as_of: int | None, written: str, file: str) -> None:
    """Tells which sources of a written table say nothing in this case, since what is written of them does nothing."""
    rows = yaml.safe_load(written) or [] if written else []
    if not rows:
        return
    sources = know(store, as_of).table(store, "observations")["source"].unique().to_list()
    for name in sorted({row[field] for row in rows for field in ("copier", "original")} - set(sources)):
        near = UnknownName("source in this case", name, sources, file=file)
        click.echo(f"trucewatch: {near}; what is written of it does nothing yet", err=True)


def _lines(version: int, new: bool, tables: dict[str, pl.DataFrame]) -> list[str]:
    counted = f"{tables['learnt'].height} sources; errors come on top of the radius and span that each tells"
    lines = [f"version {version}{'' if new else ' (as before)'}: {counted}"]
    for row in tables["learnt"].to_dicts():
        place, time = _told(row["place_sd_m"], "{:.0f} m"), _told(row["time_sd_s"], "{:.0f} s")
        shares = [
            f"{noun} {_told(row[name], '{:.0%}')}"
            for noun, name in (("wrong kind", "kind_wrong"), ("reports", "p_reports"), ("of nothing", "spurious"))
        ]
        most = row["most_per_incident"]
        lines.append(
            f"  {row['source']}: off by {place} and {time} more; {', '.join(shares)}; at most {most} an incident"
        )
    for row in tables["dependence"].to_dicts():
        lines.append(f"  {row['copier']} repeats {row['original']} in {row['p']:.0%} ({row['because']})")
    rests = tables["calibration"].filter(pl.col("part").is_in(["prior", "adjudicated"]))
    judged = int(rests["value"].sum() or 0)
    said = f"calibrated on {judged} judged incidents" if "adjudicated" in rests["part"] else "not calibrated: a prior"
    return [*lines, f"  chances are {said}"]


def _told(value: float | None, form: str) -> str:
    return "unknown" if value is None else form.format(value)
