"""trucewatch ring check: a claim against the maps of that day"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import polars as pl

from trucewatch.archive import know
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import as_of_option, json_option, show, tools
from trucewatch.cli.ring.at import no_map
from trucewatch.cli.ring.common import (
    asked_of,
    case_option,
    ground_options,
    map_options,
    maps_of,
    params_of,
    place_options,
    road_options,
    says,
)
from trucewatch.cli.ring.maps import day, point, roads_of
from trucewatch.ring import CLAIMS, OPEN, Asked, Beside, Claim, Question, check, claim_in, drawn, rings
from trucewatch.ringed import ring as ring_in
from trucewatch.stores import Where, open_store

_SAYS = {"was_so": "it was so", "was_not": "it was not so", "cannot_tell": "cannot be told"}


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@case_option
@place_options
@ground_options
@road_options
@click.option("--claim", "claim", required=True, metavar="|".join(CLAIMS), help="What was claimed, or its words.")
@click.option("--claimant", required=True, metavar="NAME", help="Who claimed it.")
@click.option("--on", "on", required=True, metavar="DATE", help="The day (UTC) that the claim speaks of.")
@click.option("--force", default=None, metavar="TEXT", help="Which force, as the claimant says.")
@click.option("--wording", default=None, metavar="TEXT", help="The words used.")
@click.option("--for", "speaks_for", default=None, metavar="PARTY", help="The side for which the claimant speaks.")
@click.option(
    "--stands", multiple=True, metavar="SOURCE=PARTY", help="The side with which a mapper stands; repeatable."
)
@map_options
@as_of_option
@json_option
def check_command(files: tuple[Path, ...], case: Where | None, at: str, on: str, as_json: bool, **words: Any) -> None:
    """By whose map of that day was a claim so, was it not, or can it not be told? Words against interest are marked."""
    where, params, until = point(at, "--at"), params_of(words), day(on, "--on")
    assert where is not None and until is not None
    if bool(files) == (case is not None):
        raise InputError("one of the two is wanted", field="FILES or --case", expected="maps (GeoJSON), or a case")
    claim = words["claim"] if words["claim"] in CLAIMS else claim_in(words["claim"])
    if claim is None:
        raise UnknownName("claim", words["claim"], CLAIMS, field="--claim")
    asks = Question("at", asked_of(where, words), until, None, words["source"], None, roads_of(words["roads"]))
    if case is not None:
        use, store = tools(), open_store(case)
        areas = know(store, words["as_of"]).table(store, "areas")
        found = ring_in(store, use, asks, params, words["as_of"]).tables["rings"]
        use.tell.done()  # type: ignore[attr-defined]
    else:
        areas = maps_of(files, asks.asked, words["named"])
        since = until - timedelta(days=params.map_age_days)
        mine = areas.filter(pl.col("on").is_between(since, until, closed="left"))
        parts = mine.partition_by("source", "on", "capture", as_dict=True)
        told = [drawn(one) for _, one in sorted(parts.items())]
        found = rings(told, asks.asked, params, Beside(asks.roads, None, until)).rings
    no_map(found, asks, params, on)
    makers = found["source"].unique().to_list()
    stands = tuple(_pair(pair, makers) for pair in words["stands"])
    _sides(asks.asked, areas, words["speaks_for"], stands)
    wording = words["wording"] or (words["claim"] if words["claim"] not in CLAIMS else None)
    made = Claim(
        words["claimant"], claim, asks.asked.side, (until - timedelta(microseconds=1)).date(), words["force"], wording,
        words["speaks_for"], stands,
    )  # fmt: skip
    checked = check(made, found)
    show(checked.rows(named=True), as_json, _lines(checked))


def _sides(asked: Asked, areas: pl.DataFrame, speaks_for: str | None, stands: tuple[tuple[str, str], ...]) -> None:
    """UnknownName where a claimant or mapper is said to stand with who is no side here: every mark of interest would be
    wrong."""
    drawn_by = set(areas["held_by"].drop_nulls()) - set(OPEN)
    sides = drawn_by | {name for name in (asked.side, asked.elsewhere, asked.beyond) if name and name not in OPEN}
    for option, party in (("--for", speaks_for), *(("--stands", party) for _, party in stands)):
        if party is not None and party not in sides:
            meant = next((name for name in sorted(sides) if name.casefold() == party.casefold()), None)
            raise UnknownName("side on these maps", party, sides, meant=meant, field=option)


def _pair(text: str, makers: list[str]) -> tuple[str, str]:
    """SOURCE=PARTY, the source as --map takes it. A mapper who drew none of the maps would be marked nowhere."""
    source, _, party = (part.strip() for part in text.rpartition("="))
    if not source or not party:
        raise InputError(f"{text!r} is no pair", field="--stands", expected="SOURCE=PARTY")
    made = next((name for name in (source, f"control/{source}") if name in makers), None)
    if made is None:
        raise UnknownName("map by", source, makers, field="--stands")
    return made, party


def _lines(checked: pl.DataFrame) -> list[str]:
    made = []
    for r in checked.rows(named=True):
        marks = [", against the claimant's own interest"] if r["against_interest"] else []
        marks += [", by a map against its maker's own side"] if r["map_against_interest"] else []
        made.append(f"{r['claimant']}, {r['day']}: {r['claim'].replace('_', ' ')} ({r['side']}){''.join(marks)}")
        bounds = says(r["rung_low"], r["rung_high"])
        made.append(f"  by {r['source']} of {r['on']:%Y-%m-%d %H:%M} UTC: {_SAYS[r['says']]}; {bounds}")
        made.append(f"  because {r['because']}")
        made += [f"  would settle it: {r['would_settle']}"] if r["would_settle"] else []
    return made
