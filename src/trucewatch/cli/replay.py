"""trucewatch replay"""

from __future__ import annotations

from dataclasses import asdict

import click

from trucewatch.archive import know
from trucewatch.base.errors import InputError
from trucewatch.cli.base import case_option, code, doing, json_option, show
from trucewatch.replay import DIFFERS, SAME, Again, Replayed, chosen
from trucewatch.replay import replay as replay_entry
from trucewatch.sources import source
from trucewatch.stores import Where, open_store


@click.command()
@click.argument("run")
@case_option
@json_option
@click.pass_context
def replay(ctx: click.Context, run: str, case: Where, as_json: bool) -> None:
    """Do RUN again from the stored bytes: same bytes, differs (and where first), or withheld. Exits 1 if it differs.

    RUN is the number of an entry of kind run or observations, the first characters of its body's hash, or: all.
    What cannot be done again is one line and exit status 2; among all it is told and does not count.
    """
    store = open_store(case)
    again = Again(store, know(store), source, code())
    done: list[Replayed] = []
    cannot: list[str] = []
    for n in chosen(again.known, run):
        try:
            with doing(f"entry {n}"):
                done.append(replay_entry(again, n))
        except InputError as wrong:
            if run != "all":
                raise
            cannot.append(str(wrong))
    told = [asdict(one) for one in done] + [{"outcome": "cannot", "says": says} for says in cannot]
    lines = [line for one in done for line in _lines(one)] + [f"cannot be done again: {says}" for says in cannot]
    show(told, as_json, lines or ["there is nothing in this case to do again"])
    if any(one.outcome == DIFFERS for one in done):
        ctx.exit(1)


def _lines(one: Replayed) -> list[str]:
    codes = "" if one.made_by == one.by else f" (made by {one.made_by}, replayed by {one.by})"
    head = f"entry {one.entry}, {one.what}: {one.outcome}{codes}"
    if one.outcome != SAME:
        return [f"{head}: {one.says}"]
    return [head, *(f"  {name}: {sha}" for name, sha in sorted(one.outputs.items()))]
