"""trucewatch agreement check"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from trucewatch import pipeline
from trucewatch.assess import Agreement
from trucewatch.base.errors import InputError
from trucewatch.cli.base import BAD_INPUT, found, json_option, read_file

PLACEHOLDER = "Unnamed party"
"""What the name of a party begins with that somebody still has to type in."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@json_option
@click.pass_context
def check(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Check agreements' FILEs, or names of shipped ones: every fault at once, each with line and what was expected.

    Exit status 2 where there is a fault. What is allowed but worth a look is told as a remark.
    """
    told = [_checked(file) for file in files]
    if as_json:
        click.echo(json.dumps(told if len(files) > 1 else told[0], ensure_ascii=False, indent=2))
    else:
        for one in told:
            for line in _lines(one):
                click.echo(line, err=bool(one["faults"]))
    if any(one["faults"] for one in told):
        ctx.exit(BAD_INPUT)


def _checked(file: str) -> dict[str, Any]:
    path = found("agreements", "agreement", file)
    try:
        agreed = pipeline.checked(pipeline.text_of(read_file(path), str(path)), str(path))
    except InputError as wrong:
        return {
            "file": str(path),
            "agreement": None,
            "faults": [_fault(part, path) for part in getattr(wrong, "faults", [wrong])],
        }
    return {
        "file": str(path),
        "agreement": agreed.id,
        "terms": len(agreed.terms),
        "readings": sum(len(term.readings) for term in agreed.terms),
        "faults": [],
        "remarks": remarks(agreed),
    }


def _fault(wrong: InputError, path: Path) -> dict[str, Any]:
    line = str(wrong.row or "").removeprefix("line ")
    return {
        "line": int(line) if line.isdigit() else None,
        "field": wrong.field,
        "what": wrong.what,
        "expected": wrong.expected,
        "nearest": getattr(wrong, "nearest", None),
        "text": str(wrong) if wrong.file else f"{path}: {wrong}",
    }


def _lines(one: dict[str, Any]) -> list[str]:
    if one["faults"]:
        n = len(one["faults"])
        return [*(f"trucewatch: {fault['text']}" for fault in one["faults"]),
                f"trucewatch: {one['file']}: {n} fault{'s' if n > 1 else ''}; nothing was stored"]  # fmt: skip
    terms, readings = (
        f"{one[name]} {name}".removesuffix("s" if one[name] == 1 else "") for name in ("terms", "readings")
    )
    head = f"{one['agreement']}: {terms}, {readings}, no fault"
    return [head, *(f"  remark: {remark}" for remark in one["remarks"])]


def remarks(agreed: Agreement) -> list[str]:
    """What is allowed, and yet is seldom meant; the same of several terms or readings is told once."""
    told: dict[str, list[str]] = {}
    last = {status.party: status.is_ for status in agreed.status}
    for term in agreed.terms:
        for reading in term.readings:
            at = f"term {term.id}, reading {reading.who}"
            for party in reading.binds:
                if reading.who == party and last.get(party) == "refused":
                    told.setdefault(f"{party} refused the agreement, yet is bound under its own reading", []).append(at)
            for lack in reading.when.lacks:
                told.setdefault(f"not known: {lack}", []).append(at)
            if not reading.when.may:
                told.setdefault("is never in force", []).append(at)
        if term.readings[0].grade is None:
            told.setdefault("its source has no grade", []).append(f"term {term.id}")
    for one in agreed.parties:
        if one.name.startswith(PLACEHOLDER):
            told.setdefault("is a placeholder: type in who it is", []).append(f"party {one.id}")
    return [f"{_together(places)}: {what}" for what, places in told.items()]


def _together(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
