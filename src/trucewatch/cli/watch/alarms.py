"""trucewatch watch alarms"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import doing, json_option, show
from trucewatch.cli.watch.case import case_options, day_said, in_case, one_of
from trucewatch.cli.watch.common import counts_file, each_day_once, placed, sound_counts
from trucewatch.watch.alarm import Alarmed, alarms

COLUMNS = ("series", "date", "count")


@click.command("alarms")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--arl-years", type=float, required=True, help="One false alarm in so many years, all series together.")
@click.option("--train-until", required=True, metavar="DATE", help="Last day of the baseline; later days are judged.")
@case_options
@json_option
def alarms_command(file: Path | None, arl_years: float, train_until: str, as_json: bool, **words: Any) -> None:
    """Has any series risen? With the rate of false alarms that you ask for.

    FILE is a CSV with the columns series, date, count, and maybe exposure (from 0, nobody looked, to 1) and platform
    (what counted, as a set of satellites). Each series' baseline has its own season, weekday and spread, learnt up to
    DATE and from nothing later. Evidence multiplies from day to day; a day with no exposure, or no row, weighs nothing.
    In a case the series are its cells or areas, and exposure is what `cover` makes of its looks.
    """
    if not 0 < arl_years < float("inf"):
        raise InputError(f"is {arl_years}", field="--arl-years", expected="years above 0, as 10")
    if one_of(file, words):
        options = {"arl_years": arl_years, "train_until": day_said(train_until, "--train-until")}
        tables, beside = in_case("alarms", words, options)
        tell(Alarmed(tables["alarms"], tables["watched"]), as_json, beside)
        return
    assert file is not None
    counts = read_counts(file)
    until = day_of(train_until, "--train-until", counts, file.name)
    with doing(f"judging {counts.height:,} rows"):
        made = alarms(counts, arl_years, until)
    tell(made, as_json)


def read_counts(file: Path, more: Sequence[str] = (), numbers: Sequence[str] = ()) -> pl.DataFrame:
    """FILE -> series, day, count, and what more there is, sorted. InputError names the first row that is none."""
    rows = counts_file(file, COLUMNS, ("exposure", *numbers), ("series", "platform", "within"), ("count",))
    if lacking := [name for name in numbers if name not in rows.columns]:
        known = [name for name in rows.columns if name != "row" and not name.endswith(" said")]
        raise UnknownName("column", lacking[0], known, file=file.name)
    rows = sound_counts(rows, file.name)
    each_day_once(rows, ["series"], file.name)
    if "lon" in numbers:
        placed(rows, "series", file.name)
    keep = [name for name in ("exposure", "platform", *more) if name in rows.columns]
    return rows.select("series", *keep, day="date", count=pl.col("count").cast(pl.Int64)).sort("series", "day")


def day_of(text: str, option: str, counts: pl.DataFrame, file: str) -> date:
    """An option's day -> a day with days before and after it in the file. InputError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"is {text!r}", field=option, expected="a day as 2022-02-23") from None
    first, last = (counts.select(getattr(pl.col("day"), end)()).item() for end in ("min", "max"))
    if not first <= day:
        raise InputError(f"{day} is before the first day, {first}: there is no baseline", file=file, field=option)
    if day >= last:
        raise InputError(f"{day} leaves no day to judge; the last is {last}", file=file, field=option)
    return day


def tell(made: Alarmed, as_json: bool, beside: dict[str, Any] | None = None) -> None:
    """Print the alarms, and what of each series cannot be told."""
    rows = made.alarms.rows(named=True)
    unknown = made.series.filter(pl.col("cannot_tell").is_not_null()).select("series", "cannot_tell").rows(named=True)
    told = {"alarms": rows, "cannot_tell": unknown, "series": made.series.drop("cannot_tell").rows(named=True)}
    told |= beside or {}
    lines = []
    for row in rows:
        lines.append(f"{row['date']}  {row['series']}: evidence {row['evidence']:.0f}")
        lines += [f"    raised by        {row['raised_by']}", f"    would be lowered by {row['lowered_by']}"]
    lines += [f"{row['series']}: cannot tell: {row['cannot_tell']}" for row in unknown]
    lines += [f"{name}: {said}" for name, remarks in made.series.select("series", "remarks").rows() for said in remarks]
    gaps = made.series.filter(pl.col("cannot_tell").is_null())
    if not rows and gaps.height:
        lines.insert(0, f"no alarm in {gaps.height} series")
    show(told, as_json, [*(beside or {}).get("notes", []), *lines])
