"""trucewatch agreement diff"""

from __future__ import annotations

from dataclasses import asdict

import click

from trucewatch import assess as assess_room
from trucewatch.assess import TEXT, Agreement
from trucewatch.assess.changes import Change, changes, tally
from trucewatch.cli.base import found, json_option, read_file, show
from trucewatch.pipeline import text_of


@click.command("diff")
@click.argument("old")
@click.argument("new")
@json_option
def diff_command(old: str, new: str, as_json: bool) -> None:
    """What NEW changes against OLD, in plain words: whose obligations grew, shrank or moved."""
    before, after = (_read(name) for name in (old, new))
    made = changes(before, after)
    names = {party.id: party.name for agreed in (before, after) for party in agreed.parties}
    told = {"old": before.id, "new": after.id, "changes": [asdict(change) for change in made], "by_party": tally(made)}
    show(told, as_json, _lines(before, after, made, names))


def _read(name: str) -> Agreement:
    path = found("agreements", "agreement", name)
    return assess_room.agreement(text_of(read_file(path), str(path)), str(path))


def _lines(old: Agreement, new: Agreement, made: tuple[Change, ...], names: dict[str, str]) -> list[str]:
    if not made:
        return [f"no obligation differs between {old.id} and {new.id}"]
    lines = []
    for party, counts in tally(made).items():
        parts = [f"{n} {how}" for how, n in sorted(counts.items())]
        lines.append(f"{names[party]}: of its obligations, {', '.join(parts)}")
    at = None
    for (article, term, reading, how, words), whose in _together(made).items():
        if at != (article, term):
            at = (article, term)
            lines += ["", f"article {article} [{term}]" if article else "the agreement as a whole"]
        named = ", ".join(names.get(party, party) for party in whose if party)
        read = "" if reading == TEXT else f", as {names.get(reading, reading)} reads it"
        lines.append(f"  {how:8} {f'{named}: ' if named and article else ''}{words}{read}")
    return lines


def _together(made: tuple[Change, ...]) -> dict[tuple[str, ...], list[str | None]]:
    """What is the same for several parties is told once. "NAME is bound now" names its party itself."""
    found: dict[tuple[str, ...], list[str | None]] = {}
    for change in made:
        key = (change.article, change.term, change.reading, change.how, change.words)
        found.setdefault(key, []).append(change.party)
    return found
