"""trucewatch watch scan"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.cli.base import doing, json_option, show
from trucewatch.cli.watch.case import case_options, in_case, one_of, rest_of
from trucewatch.cli.watch.common import counts_file, placed, sound_counts
from trucewatch.watch.scan import Ask, Scanned, scan

COLUMNS = ("location", "lon", "lat", "date", "cases")
MOST_CASES = 50_000_000
"""In all: each case is dealt out anew in each replicate, eight bytes and some a case."""
SHOWN = 5
"""Locations of a cluster named for people; --json has all."""


@click.command("scan")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--max-radius-km", type=float, required=True, help="No circle reaches further from its centre.")
@click.option("--max-days", type=int, required=True, help="No window is longer.")
@click.option("--replicates", type=int, default=999, show_default=True, help="Arrangements by chance to compare with.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the arrangements: same seed, same answer.")
@click.option("--prospective", is_flag=True, help="Only windows that end on the last day: what goes on now.")
@case_options
@json_option
def scan_command(file: Path | None, as_json: bool, **words: Any) -> None:
    """Where did more happen at once than place and time by themselves explain?

    FILE is a CSV with the columns location, lon, lat, date, cases. The space-time permutation scan: circles around each
    location, windows of days, at least two and at most half of the cases; p by dealing the days out anew. Clusters are
    told likeliest first, and those after the first have no location of a likelier one. In a case the locations are its
    cells or areas, and each cluster says how much more it was looked at than elsewhere and before.
    """
    ask = Ask(**rest_of(words))
    if one_of(file, words):
        sound(ask)
        tables, beside = in_case("scan", words, rest_of(words))
        one = tables["watched"].row(0, named=True)
        held = int(tables["clusters"]["cases"].sum())
        tell(Scanned(tables["clusters"], held, one["cannot_tell"] or ""), ask, as_json, beside)
        return
    assert file is not None
    cases = read_cases(file)
    check(ask, cases, file.name)
    with doing(f"scanning {cases.height:,} rows"):
        made = scan(cases, ask)
    tell(made, ask, as_json)


def read_cases(file: Path) -> pl.DataFrame:
    """FILE -> location, lon, lat, day, cases. InputError names the first row that is none."""
    rows = counts_file(file, COLUMNS, ("lon", "lat"), ("location",), ("cases",))
    rows = sound_counts(rows.drop("exposure", strict=False), file.name, "cases")
    placed(rows, "location", file.name)
    if (total := int(rows["cases"].sum())) > MOST_CASES:
        what = f"holds {total:,} cases in all"
        raise InputError(
            what, file=file.name, field="cases", expected=f"at most {MOST_CASES:,}: each is dealt out anew"
        )
    return rows.select("location", "lon", "lat", day="date", cases=pl.col("cases").cast(pl.Int64))


def sound(ask: Ask) -> None:
    """InputError where what is asked cannot be, of whatever cases."""
    if not 0 < ask.max_radius_km < float("inf"):
        raise InputError(f"is {ask.max_radius_km}", field="--max-radius-km", expected="kilometres above 0")
    if ask.max_days < 1:
        raise InputError(f"is {ask.max_days}", field="--max-days", expected="a number of days from 1 up")
    if ask.replicates < 1:
        raise InputError(f"is {ask.replicates}", field="--replicates", expected="a number from 1 up, 999 as a habit")
    if ask.seed < 0:
        raise InputError(f"is {ask.seed}", field="--seed", expected="a whole number from 0 up")


def check(ask: Ask, cases: pl.DataFrame, file: str) -> None:
    """InputError where what is asked cannot be of these cases."""
    sound(ask)
    days = int(cases.select((pl.col("day").max() - pl.col("day").min()).dt.total_days()).item()) + 1
    if ask.max_days > days:
        what = f"a window of {ask.max_days} days is longer than the series, which runs {days} days"
        raise InputError(what, file=file, field="--max-days", expected=f"at most {days}")


def tell(made: Scanned, ask: Ask, as_json: bool, beside: dict[str, Any] | None = None) -> None:
    """Print the clusters, or why none can be told."""
    rows = made.clusters.rows(named=True)
    told: dict[str, Any] = {"clusters": rows, "replicates": ask.replicates, "seed": ask.seed}
    told.update(beside if beside is not None else {"cases": made.cases})
    if made.cannot_tell:
        told["cannot_tell"] = made.cannot_tell
    lines = [f"cannot tell: {made.cannot_tell}"] if made.cannot_tell else []
    for n, row in enumerate(rows, 1):
        more = len(row["locations"]) - SHOWN
        names = ", ".join(row["locations"][:SHOWN]) + (f" and {more} more" if more > 0 else "")
        lines.append(
            f"{n:3} p {row['p']:.4f}  {row['from']} to {row['to']}  {row['cases']} cases, {row['expected']:.1f} "
            f"expected, within {row['radius_km']:.1f} km: {names}  (log ratio {row['llr']:.4f})"
        )
        if row["looked"] is not None:
            lines.append(
                f"      looked at {row['looked']:.2f} times as much as its places and days by themselves explain"
            )
    if not rows and not made.cannot_tell:
        lines.append("no place and time hold more cases than expected")
    show(told, as_json, [*(beside or {}).get("notes", []), *lines])
