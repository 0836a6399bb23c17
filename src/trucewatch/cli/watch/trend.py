"""trucewatch watch trend"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import click
import polars as pl

from trucewatch.base.document import shown
from trucewatch.base.errors import InputError
from trucewatch.cli.base import doing, json_option, show
from trucewatch.cli.watch.alarms import day_of, read_counts
from trucewatch.cli.watch.case import case_options, day_said, in_case, one_of
from trucewatch.tables.watched import alarmed, held_by
from trucewatch.watch.reach import reaches
from trucewatch.watch.trend import trend

_N = TypeVar("_N", int, float)


@click.command("trend")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--train-until", required=True, metavar="DATE", help="Last day of the baseline; later days are judged.")
@click.option(
    "--a-year", type=float, default=1.0, show_default=True, help="False excess days a year, for each `within`."
)
@click.option(
    "--days",
    default="1",
    show_default=True,
    metavar="N[,N...]",
    help="Judge a day with so many less one before it; of several, the least likely is told.",
)
@click.option(
    "--near-km",
    default="0",
    show_default=True,
    metavar="R[,R...]",
    help="Judge a series with those no further away (columns lon, lat); of several, as --days.",
)
@click.option("--beside", multiple=True, metavar="COLUMN", help="A column of numbers that explains counts, as weather.")
@case_options
@json_option
def trend_command(file: Path | None, train_until: str, a_year: float, as_json: bool, **words: Any) -> None:
    """How much more was counted than is usual for such a day there?

    FILE is a CSV with the columns series, date, count, and maybe exposure, platform, and within: the larger place (a
    sector, a district) whose season, weather and spread the series shares. Days above the limit of what would be
    counted are told; the limit is set so that a place where nothing changed has so many a year.
    With --days and --near-km each day is judged together with those before it and what was counted nearby: small
    counts that go on for weeks in several cells stand out so. Where several are given, every one of the days is tried
    with every one of the kilometres, and they share the rate. Days in excess that were judged by a day and series in
    common are one alarm, told by its least likely day. In a case the series are its cells, which share one
    season and spread, or its areas, each by itself.
    """
    if not 0 < a_year < float("inf"):
        raise InputError(f"is {a_year}", field="--a-year", expected="days above 0, as 1")
    tried = reaches(_several(words["days"], int, 1, "--days", "days from 1 up, as 1,7,28"),
                    _several(words["near_km"], float, 0, "--near-km", "kilometres from 0 up, as 0,12"))  # fmt: skip
    beside: tuple[str, ...] = words["beside"]
    if one_of(file, words):
        if beside:
            raise InputError("a case has no such columns", field="--beside", expected="a FILE, or no --beside")
        options = {"a_year": a_year, "train_until": day_said(train_until, "--train-until"),
                   "days": ",".join(dict.fromkeys(str(reach.days) for reach in tried)),
                   "near_km": ",".join(dict.fromkeys(f"{reach.near_km:g}" for reach in tried))}  # fmt: skip
        tables, more = in_case("trend", words, options)
        tell(tables["trend"], tables["watched"], {**more}, as_json)
        return
    assert file is not None
    spots = ("lon", "lat") if any(reach.near_km for reach in tried) else ()
    counts = read_counts(file, ("within", *spots, *beside), (*spots, *beside))
    until = day_of(train_until, "--train-until", counts, file.name)
    longest = max(reach.days for reach in tried)
    if longest > counts.filter(pl.col("day") <= until)["day"].n_unique():
        raise InputError(f"{longest} days are more than the baseline has", file=file.name, field="--days",
                         expected="a stretch that the baseline holds")  # fmt: skip
    with doing(f"judging {counts.height:,} rows"):
        made = trend(counts, until, a_year, beside, tried)
    tell(made.days, made.series, {"days": made.days.height, "counted": int(made.days["count"].sum())}, as_json)


def _several(text: str, kind: type[_N], least: int, field: str, expected: str) -> list[_N]:
    """Numbers between commas, each `least` or more."""
    try:
        found = [kind(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"is {shown(text)}", field=field, expected=expected) from None
    if wrong := [n for n in found if not least <= n < float("inf")]:
        raise InputError(f"is {wrong[0]}", field=field, expected=expected)
    return found


def tell(days: pl.DataFrame, series: pl.DataFrame, more: dict[str, Any], as_json: bool) -> None:
    """Print the days in excess, and what of each place cannot be told."""
    rows = days.filter("excess").sort("day", "within", "series").drop("excess")
    unknown = series.filter(pl.col("cannot_tell").is_not_null()).select("series", "cannot_tell")
    told = {
        "excess": rows.rename({"day": "date"}).rows(named=True),
        **more,
        "cannot_tell": unknown.rows(named=True),
        "series": series.drop("cannot_tell").rows(named=True),
    }
    lines = [
        f"{row['day']}  {row['series']}: {row['count']} counted, {row['expected']:.1f} usual, "
        f"up to {row['limit']} by chance{held_by(row)}"
        for row in alarmed(rows).rows(named=True)
    ]
    lines += [f"{name}: cannot tell: {why}" for name, why in unknown.rows()]
    lines += [f"{name}: {said}" for name, remarks in series.select("series", "remarks").rows() for said in remarks]
    judged = series["days"].sum()
    if rows.is_empty() and judged:
        lines.insert(0, f"no day in excess among {judged}")
    show(told, as_json, [*more.get("notes", []), *lines])
