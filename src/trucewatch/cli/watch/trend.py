"""trucewatch watch trend"""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import json_option, show
from trucewatch.cli.watch.alarms import day_of, read_counts
from trucewatch.watch.trend import Trend, trend


@click.command("trend")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--train-until", required=True, metavar="DATE", help="Last day of the baseline; later days are judged.")
@click.option(
    "--a-year", type=float, default=1.0, show_default=True, help="False excess days a year, for each `within`."
)
@click.option("--beside", multiple=True, metavar="COLUMN", help="A column of numbers that explains counts, as weather.")
@json_option
def trend_command(file: Path, train_until: str, a_year: float, beside: tuple[str, ...], as_json: bool) -> None:
    """How much more was counted than is usual for such a day there?

    FILE is a CSV with the columns series, date, count, and maybe exposure, platform, and within: the larger place (a
    sector, a district) whose season, weather and spread the series shares. Days above the limit of what would be
    counted are told; the limit is set so that a place where nothing changed has so many a year.
    """
    if not 0 < a_year < float("inf"):
        raise InputError(f"is {a_year}", field="--a-year", expected="days above 0, as 1")
    counts = read_counts(file, ("within", *beside), beside)
    for name in beside:
        if name not in counts.columns:
            raise UnknownName("column", name, counts.columns)
    tell(trend(counts, day_of(train_until, "--train-until", counts, file.name), a_year, beside), as_json)


def tell(made: Trend, as_json: bool) -> None:
    """Print the days in excess, and what of each place cannot be told."""
    rows = made.days.filter("excess").sort("day", "within", "series").drop("excess")
    unknown = made.series.filter(pl.col("cannot_tell").is_not_null()).select("series", "cannot_tell")
    told = {
        "excess": rows.rename({"day": "date"}).rows(named=True),
        "days": made.days.height,
        "counted": int(made.days["count"].sum()),
        "cannot_tell": unknown.rows(named=True),
        "series": made.series.drop("cannot_tell").rows(named=True),
    }
    lines = [
        f"{row['day']}  {row['series']}: {row['count']} counted, {row['expected']:.1f} usual, "
        f"up to {row['limit']} by chance"
        for row in rows.rows(named=True)
    ]
    lines += [f"{name}: cannot tell: {why}" for name, why in unknown.rows()]
    lines += [f"{name}: {said}" for name, remarks in made.series.select("series", "remarks").rows() for said in remarks]
    show(told, as_json, lines or [f"no day in excess among {made.days.height}"])
