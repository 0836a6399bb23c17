"""Why may it have been done? A table of likelihoods of its own, optional, shown as such; never part of a finding.

Strategic, retaliatory, spoiling or localized (Sticher 2022). Naive Bayes over signs that the record shows: the prior,
every factor and every sign that was left out are in the result. The numbers are data, and somebody answers for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.assess.model import GRADES, Agreement
from trucewatch.assess.ranges import written
from trucewatch.assess.signs import OF_SIGN, look_for, scene
from trucewatch.base.document import Lined
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.time import instant
from trucewatch.tables import MOTIVES

WORDS = ("strategic", "retaliatory", "spoiling", "localized")
_FIELDS = ("motives", "about", "source", "grade", "prior", "signs", "events")
_NUMBERS = sorted({name for names in OF_SIGN.values() for name in names})


@dataclass(frozen=True)
class Sign:
    """A sign, the numbers that it is looked for with, and the chance to see it under each motive."""

    name: str
    numbers: Mapping[str, float]
    likelihood: tuple[float, ...]


@dataclass(frozen=True)
class Motives:
    """The table: what it is called and how good it is; prior: in the order of WORDS; talks: when there were any."""

    id: str
    source: str
    grade: str
    prior: tuple[float, ...]
    signs: tuple[Sign, ...]
    talks: tuple[datetime, ...]

    @property
    def called(self) -> str:
        """Its name and grade, for whoever reads the numbers."""
        return f"{self.id} ({self.grade}): {self.source}"


def motives(text: str, file: str = "motives") -> Motives:
    """YAML text -> the table. InputError names file, line and field of what cannot be one. docs/attribution.md has
    the format."""
    said = written(text, file, "a table of motives", _FIELDS)
    asked = said.mapping("signs").only(OF_SIGN)
    if not asked:
        raise said.fail("signs", "names no signs", f"some of: {', '.join(OF_SIGN)}")
    return Motives(
        said.text("motives", "what the table is called"),
        said.text("source", "who answers for the numbers"),
        said.one_of("grade", "grade", GRADES) or "unchecked",
        _prior(said),
        tuple(_sign(name, asked.mapping(name)) for name in asked),
        tuple(_when(item) for item in said.items_of("events")),
    )


def _prior(said: Lined) -> tuple[float, ...]:
    prior = _four(said.mapping("prior"), said, "prior")
    if abs(sum(prior) - 1) > 1e-6:
        raise said.fail("prior", f"the chances add up to {sum(prior):g}", "1")
    return prior


def _sign(name: str, item: Lined) -> Sign:
    item.only((*OF_SIGN[name], "likelihood", "says", "source"))
    numbers = {}
    for wanted in OF_SIGN[name]:
        number = item.number(wanted)
        if not number:
            raise item.fail(wanted, f"{name} has no {wanted}", "a number above 0")
        numbers[wanted] = number
    return Sign(name, numbers, _four(item.mapping("likelihood"), item, "likelihood"))


def _four(item: Lined, above: Lined, field: str) -> tuple[float, ...]:
    """A chance for each motive, between 0 and 1 and neither: no sign proves or rules out a motive."""
    for name in item:
        if name not in WORDS:
            raise UnknownName("motive", str(name), WORDS, file=item.file, row=item.where(name))
    given = [item.number(word) for word in WORDS]
    if not all(one is not None and 0 < one < 1 for one in given):
        raise above.fail(
            field, "does not give each motive a chance", f"numbers above 0 and below 1: {', '.join(WORDS)}"
        )
    return tuple(one for one in given if one is not None)


def _when(item: Lined) -> datetime:
    item.only(("says", "at", "source", "grade"))
    item.text("says", "what it was")
    try:
        return instant(item.text("at", "when it was, with its zone"))
    except InputError as wrong:
        raise item.fail("at", wrong.what, wrong.expected) from None


def weigh_motives(incidents: pl.DataFrame, areas: pl.DataFrame, agreement: Agreement, table: Motives) -> pl.DataFrame:
    """incidents, areas, agreement, likelihoods -> motives: four rows for each incident that is surely an act of force.

    posterior = prior x the likelihood of every sign that is known, as a share of the four. With no sign known it is
    the prior.
    """
    given = scene(incidents, areas, agreement, table.talks)
    seen = {sign.name: look_for(sign.name, given, sign.numbers) for sign in table.signs}
    rows: list[dict[str, Any]] = []
    for n, incident in enumerate(given.acts["id"].to_list()):
        known = [(sign, found) for sign in table.signs if (found := seen[sign.name][n]) is not None]
        left_out = [sign.name for sign in table.signs if seen[sign.name][n] is None]
        chances = [[_chance(sign, k, found) for sign, found in known] for k in range(len(WORDS))]
        likelihoods = [math.prod(chance) for chance in chances]
        whole = sum(p * like for p, like in zip(table.prior, likelihoods, strict=True))
        for k, word in enumerate(WORDS):
            factors = [
                {"sign": sign.name, "seen": found, "likelihood": chances[k][i]} for i, (sign, found) in enumerate(known)
            ]
            rows.append(
                {
                    "incident": incident,
                    "motive": word,
                    "prior": table.prior[k],
                    "likelihood": likelihoods[k],
                    "posterior": table.prior[k] * likelihoods[k] / whole,
                    "factors": factors,
                    "left_out": left_out,
                    "table": table.called,
                }
            )
    return MOTIVES.check(pl.DataFrame(rows, schema=MOTIVES.schema, orient="row"))


def _chance(sign: Sign, motive: int, found: bool) -> float:
    return sign.likelihood[motive] if found else 1 - sign.likelihood[motive]
