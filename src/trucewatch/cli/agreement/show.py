"""trucewatch agreement show"""

from __future__ import annotations

from dataclasses import asdict

import click

from trucewatch.assess import Agreement, Reading, Term, When
from trucewatch.assess.rows import owed_in_words
from trucewatch.assess.tallies import told as counted
from trucewatch.base.time import zone
from trucewatch.cli.base import found, json_option, read_file, show
from trucewatch.pipeline import checked, text_of


@click.command("show")
@click.argument("file")
@json_option
def show_command(file: str, as_json: bool) -> None:
    """What an agreement's FILE says, article by article, and where the readings part."""
    path = found("agreements", "agreement", file)
    agreed = checked(text_of(read_file(path), str(path)), str(path))
    show(
        asdict(agreed),
        as_json,
        _head(agreed) + [line for term in agreed.terms for line in _term(term, agreed)] + _counts(agreed),
    )


def _head(agreed: Agreement) -> list[str]:
    graded = f" ({agreed.grade})" if agreed.grade else ""
    made = [f"{agreed.id}: {agreed.title}", f"source: {agreed.source}{graded}"]
    made += [] if agreed.published else ["its text was not published; it is known from reports"]
    made += [f"form: {agreed.form}"] if agreed.form else []
    for party in agreed.parties:
        history = [f"{s.is_}{f' on {s.on}' if s.on else ''}" for s in agreed.status if s.party == party.id]
        made.append(f"party: {party.name} [{party.id}]" + (f": {', then '.join(history)}" if history else ""))
    made += [f"revises: {agreed.revises}"] if agreed.revises else []
    made += [f"overlaps in time with: {', '.join(agreed.rivals)}"] if agreed.rivals else []
    if agreed.reporting_day:
        begins, there = agreed.reporting_day
        made.append(f"reporting day: from {begins} to {begins} ({there})")
    made += [f"in force, read by {who}: {in_words(when, agreed)}" for who, when in agreed.whens.items()]
    return made


def _term(term: Term, agreed: Agreement) -> list[str]:
    text = term.readings[0]
    made = ["", f"article {term.article} [{term.id}], {term.kind.replace('_', ' ')}: {text.says}"]
    made += [f"  {line}" for line in _fields(text, agreed)]
    for reading in term.readings[1:]:
        made.append(f"  read by {_name(reading.who, agreed)} otherwise in: {reading.differs or 'words'}")
        made += [f"    says: {reading.says}"] if reading.says != text.says else []
        first = set(_fields(text, agreed))
        made += [f"    {line}" for line in _fields(reading, agreed) if line not in first]
    return made


def _fields(reading: Reading, agreed: Agreement) -> list[str]:
    made = [f"binds: {', '.join(_name(party, agreed) for party in reading.binds) or 'nobody'}"]
    if reading.acts:
        made.append(f"bars: {', '.join(reading.acts)}")
    made += [f"targets: {', '.join(reading.targets)}"] if reading.targets else []
    made += [f"weapons: {', '.join(reading.weapons)}"] if reading.weapons else []
    low, high = reading.calibre_mm
    if low is not None or high is not None:
        made.append(
            "calibre:" + (f" from {low:g} mm" if low is not None else "") + (f" below {high:g} mm" if high else "")
        )
    made += [f"owes: {owed_in_words(reading.requires)}"] if reading.requires else []
    made.append(f"where: {reading.where.says}")
    made.append(f"when: {in_words(reading.when, agreed)}")
    for exemption in reading.exemptions:
        made.append(("except: " if exemption.clears else "remark: ") + exemption.says)
    made += [f"standard of proof: {reading.standard}"] if reading.standard else []
    graded = f" ({reading.grade})" if reading.grade else ""
    return [*made, f"source: {reading.source}{graded}"]


def in_words(when: When, agreed: Agreement) -> str:
    """When it is in force, in the agreement's own zone.

    >>> in_words(When(may=()), None)
    'never'
    """
    if not when.may:
        return "never"
    there = zone(agreed.display_zone)
    parts = []
    for span in when.may[:5]:
        start = f"{span.start.astimezone(there):%Y-%m-%d %H:%M}" if span.start else "not known"
        last = "no end is set" if when.ends == "open" else "end not known"
        end = f"{span.end.astimezone(there):%Y-%m-%d %H:%M}" if span.end else last
        parts.append(f"{start} to {end}")
    more = f" and {len(when.may) - 5} more spans" if len(when.may) > 5 else ""
    unsure = f"; not known: {'; '.join(when.lacks)}" if when.lacks else ""
    return "; ".join(parts) + more + f" ({agreed.display_zone})" + unsure


def _name(who: str, agreed: Agreement) -> str:
    party = agreed.party(who)
    return party.name if party else dict(agreed.mediators).get(who, who)


def _counts(agreed: Agreement) -> list[str]:
    return ["", *counted(agreed.counts, {party.id: party.name for party in agreed.parties})] if agreed.counts else []
