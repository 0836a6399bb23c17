"""trucewatch cover: who could have seen it? By itself it runs the room; one file for each command under it."""

from __future__ import annotations

from typing import Any

import click
import polars as pl

from trucewatch.cli.base import show, tools
from trucewatch.cli.cover.common import ask_options, asked_of, params_of
from trucewatch.cli.cover.gaps import gaps
from trucewatch.cli.cover.map import map_
from trucewatch.cover import Rate
from trucewatch.covering import RESTRICTED, totals, whole_record
from trucewatch.stores import open_store
from trucewatch.tables import TOGETHER


@click.group(invoke_without_command=True)
@ask_options
@click.option(
    "--level",
    default="public",
    show_default=True,
    help="Release level; --since and --until are answered at `restricted` alone.",
)
@click.pass_context
def cover(context: click.Context, /, level: str, **words: Any) -> None:
    """Who could have seen it? Looks to exposure: bounds on the chance that an incident was noticed, by cell and span.

    What it prints is totals of the whole record, fit for anyone. Where and when nobody looked is told by `cover gaps`
    and `cover map`, and by totals between --since and --until: at the level `restricted` alone.
    """
    if context.invoked_subcommand is not None:
        return
    asked = asked_of(words)
    whole_record(level, asked)
    use = tools()
    made, stands = totals(open_store(words["case"]), use, asked, params_of(words))
    use.tell.done()  # type: ignore[attr-defined]
    given, exposed = made.body["given"], made.tables["exposure"]
    both = exposed.filter(exposed["source"] == TOGETHER)
    low, high = both.select(pl.col("low").mean(), pl.col("high").mean()).row(0)
    told = {
        "level": level,
        "since": given["since"],
        "until": given["until"],
        "kind": given["kind"],
        "size": int(given["size"]),
        "cells_and_spans_with_a_look": both.height,
        "least_chance": low,
        "greatest_chance": high,
        "incidents_somebody_was_silent_on": made.tables["silent"]["incident"].n_unique(),
        "incidents_where_somebody_looked": stands.met,
        "of_them_noticed_by_whoever_looked": stands.noticed,
        "they_stand_for_at_least": stands.least,
        "they_stand_for_at_most": stands.most,
        "outputs": made.body["outputs"],
        "new": made.new,
    }
    chance = f"between {low:.3g} and {high:.3g}" if both.height else "unknown"
    lines = [
        f"{given['since'][:16]} to {given['until'][:16]} UTC, {given['kind'].replace('_', ' ')}, size {given['size']}",
        f"{both.height} cells and spans with a look; of the others nothing is known",
        f"where somebody looked, the chance to notice one is {chance}",
        f"{told['incidents_somebody_was_silent_on']} incidents on which somebody who looked says nothing",
    ]
    lines.append(_stands(stands))
    if level == RESTRICTED:
        lines.insert(0, "restricted: not to be passed on")
    show(told, bool(words["as_json"]), lines)


def _stands(rate: Rate) -> str:
    """How many there were where anybody looked, as far as it can be told."""
    if rate.least is None:
        return "no look covered any of that kind: how many there were is unknown"
    most = "how many at most cannot be told" if rate.most is None else f"at most {rate.most:,.0f}"
    return (
        f"{rate.noticed} of the {rate.met} of that kind where somebody looked are told by whoever looked: noticed with "
        f"those chances, they stand for at least {rate.least:,.0f}, {most}; of other ground and times nothing is known"
    )


cover.add_command(map_)
cover.add_command(gaps)
