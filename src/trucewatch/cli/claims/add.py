"""trucewatch claims add"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trucewatch.base.errors import InputError
from trucewatch.base.ids import SHORT, sha256
from trucewatch.cli.base import by_option, case_option, json_option
from trucewatch.cli.claims.common import Command, gazetteer_option, keep, places, zone_option
from trucewatch.ports import Request
from trucewatch.stores import Where

_FIELDS = {
    "key": "Your own short name of it, by which other statements cite it.",
    "speaker": "Who said it.",
    "on-behalf-of": "For whom it was said.",
    "side": "Whose side the speaker is on, where they do not speak for it.",
    "said-at": "When it was said: a day or a time, with its zone.",
    "speech": "What saying it does: states, denies, corrects, repeats, demands, offers, accepts, refuses, asks.",
    "answers": "Key of the statement that it denies, corrects, accepts or refuses.",
    "repeats": "Key of the statement, or name of the one, whom it repeats.",
    "about": "What it is about; of a count, its heading.",
    "asserts": "What it says of the record: happened, held, encircled, in_force, or one of these with not_ before it.",
    "kind": "What is said to have happened: a word of the dictionary of kinds.",
    "whom": "Of whom it is said: who did it, holds the place or is encircled.",
    "place": "The place's name.",
    "lon": "Degrees east.",
    "lat": "Degrees north.",
    "radius-m": "Metres around that point that hold the place.",
    "from": "Start of the time that it is about.",
    "until": "End of that time, not included; a day is included whole.",
    "figure": "The number said, as 2935 or 'at least 11,000'.",
    "unit": "Of what the number is.",
    "qualifier": "How the number is meant: exact, at least, about, more than.",
    "part-of": "Key of the statement whose number this one is a part of.",
    "says": "What was said, in your own words.",
    "quote": "The words used.",
    "source": "Where it was published.",
    "language": "Language in which it was said or read, as en.",
}


def _form(command: Command) -> Command:
    for name, told in reversed(_FIELDS.items()):
        command = click.option(f"--{name}", name.replace("-", "_"), default=None, metavar="TEXT", help=told)(command)
    return command


@click.command()
@case_option
@_form
@gazetteer_option
@zone_option
@by_option
@json_option
def add(case: Where, zone: str | None, by: str | None, as_json: bool, **typed: Any) -> None:
    """Enter one statement in the case's register, by options. A correction or a denial is a statement of its own."""
    gazetteers: tuple[Path, ...] = typed.pop("gazetteers")
    row = {name: value for name, value in typed.items() if value is not None and value.strip()}
    if "speaker" not in row:
        raise InputError("who said it?", field="--speaker", expected="a name")
    if not set(row) & {"about", "says", "quote", "asserts"}:
        raise InputError("what was said?", field="--says", expected="--says, --quote, --about or --asserts")
    raw = json.dumps([row], ensure_ascii=False, indent=1, sort_keys=True).encode()
    given = {"zone": zone, "places": places(gazetteers) or None}
    options = {name: value for name, value in given.items() if value}
    request = Request(files=((f"statement-{sha256(raw)[:SHORT]}.json", raw),), options=options)
    keep(case, "statements", request, by, as_json)
