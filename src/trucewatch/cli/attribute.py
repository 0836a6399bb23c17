"""trucewatch attribute"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.assess.params import AttributionParams
from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT
from trucewatch.cli.base import as_of_option, case_option, found, json_option, read_file, show, tools
from trucewatch.pipeline import Run
from trucewatch.sides import Asked, File
from trucewatch.sides import attribute as attribute_in
from trucewatch.stores import Where, open_store

_MEANS = {
    "undetermined": "nothing tells",
    "left": "undetermined; one map leaves one party",
    "claimed": "undetermined; named by another side only",
    "named": "all who name a doer name one",
    "against_interest": "named by its own side, and by nobody else otherwise",
    "rival": "several are named",
    "disputed": "named, and a map speaks against it",
}


@click.command()
@case_option
@click.option("--agreement", default=None, help="Id of the agreement, where the case has several.")
@click.option(
    "--ranges", "table", default="ranges", metavar="NAME", help="Weapons' ranges: a file, or one that is shipped."
)
@click.option("--speaks", multiple=True, metavar="SOURCE=PARTY", help="A source that speaks for a party; repeatable.")
@click.option(
    "--voices",
    type=click.IntRange(1),
    default=AttributionParams.least_voices,
    show_default=True,
    help="A party is ruled out only where so many independent voices tell of the incident.",
)
@click.option("--motive", default=None, metavar="FILE", help="Likelihoods of motives: adds a table of its own.")
@click.option("--incident", default=None, metavar="ID", help="Show all that is told of one incident.")
@as_of_option
@json_option
def attribute(case: Where, as_json: bool, incident: str | None, **words: Any) -> None:
    """Which side could have done it, by whose word and whose map? Undetermined is common and fine.

    It never says who did: a name is what sources gave, and that one side could not have says nothing of another.
    """
    use = tools()
    asked = Asked(
        _file(found("weapons", "table of ranges", words["table"])),
        None if words["motive"] is None else _file(Path(words["motive"])),
        _speaks(words["speaks"]),
        words["agreement"],
        words["as_of"],
    )
    made = attribute_in(open_store(case), use, asked, AttributionParams(least_voices=words["voices"]))
    use.tell.done()  # type: ignore[attr-defined]
    tables = made.tables if incident is None else _of_one(made, incident)
    told: dict[str, Any] = {name: table.rows(named=True) for name, table in tables.items()}
    told |= {"outputs": made.body["outputs"], "new": made.new}
    show(told, as_json, _counts(tables) if incident is None else _one(tables))


def _file(path: Path) -> File:
    try:
        return File(read_file(path).decode("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=str(path), expected="a table as YAML") from None


def _speaks(pairs: tuple[str, ...]) -> dict[str, str]:
    """SOURCE=PARTY, ... -> source -> party. InputError names the option."""
    made: dict[str, str] = {}
    for pair in pairs:
        source, _, party = (part.strip() for part in pair.rpartition("="))
        if not source or not party:
            raise InputError(f"{pair!r} is no pair", field="--speaks", expected="SOURCE=PARTY, as feed/ministry=north")
        if made.setdefault(source, party) != party:
            raise InputError(f"{source!r} speaks for two parties", field="--speaks", expected="one")
    return made


def _of_one(made: Run, wanted: str) -> dict[str, pl.DataFrame]:
    ids = made.tables["attributed"]["incident"].to_list()
    hits = [name for name in ids if name.startswith(wanted)]
    if len(hits) != 1:
        what = f"begins the ids of {len(hits)} incidents" if hits else "begins no incident's id"
        raise InputError(f"{wanted!r} {what}", field="--incident", expected="the start of one id")
    return {name: table.filter(pl.col("incident") == hits[0]) for name, table in made.tables.items()}


def _counts(tables: dict[str, pl.DataFrame]) -> list[str]:
    """How many incidents have which answer, and of which parties what is said."""
    one = tables["attributed"]
    if one.is_empty():
        return ["there is no incident"]
    n = dict(one["answer"].cast(pl.String).value_counts().rows())
    lines = [f"{n.get(word, 0):7}  {word.replace('_', ' '):17} {means}" for word, means in _MEANS.items()]
    for column in ("could", "could_not", "disputed"):
        counts = one.select(party=column).explode("party").drop_nulls().group_by("party").len().sort("party")
        lines += [f"{many:7}  {column.replace('_', ' '):17} {party}" for party, many in counts.rows()]
    if "motives" in tables:
        lines.append(f"{tables['motives']['incident'].n_unique():7}  motives weighed; see --incident or --json")
    return lines


def _one(tables: dict[str, pl.DataFrame]) -> list[str]:
    head = tables["attributed"].row(0, named=True)
    lines = [f"incident {head['incident'][:SHORT]}: {head['says']}"]
    for row in tables["attributions"].rows(named=True):
        says = (row["says"] or "not told").replace("_", " ")
        on = f" of {row['map_on']:%Y-%m-%d}" if row["map_on"] else ""
        basis = row["basis"].replace("_", " ")
        lines.append(f"  {row['party'] or '(no party)':16} {says:10} {basis:17} {row['source']}{on}: {row['because']}")
    for row in tables.get("motives", pl.DataFrame()).rows(named=True):
        factors = ", ".join(
            f"{f['sign']} {'seen' if f['seen'] else 'not seen'} x {f['likelihood']:g}" for f in row["factors"]
        )
        left = f"; not known: {', '.join(row['left_out'])}" if row["left_out"] else ""
        lines.append(f"  motive {row['motive']:12} {row['posterior']:.2f}  prior {row['prior']:g}; {factors}{left}")
    if "motives" in tables and tables["motives"].height:
        lines.append(f"  by {tables['motives']['table'][0]}")
    return lines
