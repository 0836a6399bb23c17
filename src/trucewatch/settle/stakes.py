"""Step 7: YAML -> obligations, what breaching and being found out are worth, looks that could be added.

docs/keeping.md has the format. These numbers are judgements: each comes with bounds and somebody who answers for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import partial

from trucewatch.base.document import Lined, document, shown
from trucewatch.base.errors import AgreementFaults, UnknownName
from trucewatch.settle.noticed import TOLD_BY, Breach

TOP = ("keep", "title", "source", "notes", "parties", "obligations", "looks")
OF_OBLIGATION = ("id", "article", "says", "breach", "cells", "noticed", "stakes")
OF_BREACH, OF_NOTICED = ("says", "acts", "within", "told_by"), ("low", "high", "source")
OF_STAKE = ("party", "gain", "loss", "accused", "false_alarm", "repeated", "source")
OF_REPEATED, OF_LOOK = ("worth", "after", "patience"), ("id", "says", "cells", "p_noticed", "source")
_SECONDS = {"min": 60, "h": 3600, "day": 86400, "days": 86400}
_LASTS = re.compile(r"^(\d+) ?(min|h|days?)$")
MOST = 1e6
NO_ITEMS: list[Lined] = []


@dataclass(frozen=True)
class Span:
    """A number between two."""

    low: Fraction
    high: Fraction

    @property
    def ends(self) -> tuple[Fraction, ...]:
        """Its two ends, or the one."""
        return (self.low,) if self.low == self.high else (self.low, self.high)


@dataclass(frozen=True)
class Stake:
    """What keeping and breaching are worth to one party. repeated: worth of a period, worth after the end, patience."""

    party: str
    gain: Span
    loss: Span
    accused: Span
    false_alarm: Span
    repeated: tuple[Span, Span, Span] | None
    source: str


@dataclass(frozen=True)
class Obligation:
    """What is owed, the breach looked for, and what is at stake for each. noticed: where cover is not mapped."""

    id: str
    article: str | None
    says: str
    breach_says: str
    breach: Breach
    noticed: tuple[Span, str] | None
    stakes: tuple[Stake, ...]


@dataclass(frozen=True)
class Look:
    """A sensor or an access right that could be added: at which cells, and with what chance it notices an act."""

    id: str
    says: str
    cells: tuple[int, ...]
    p_noticed: Span
    source: str


@dataclass(frozen=True)
class Keep:
    """A file of stakes."""

    id: str
    title: str
    parties: dict[str, str]
    obligations: tuple[Obligation, ...]
    looks: tuple[Look, ...]


def stakes(text: str, file: str = "stakes") -> Keep:
    """YAML text -> obligations and looks. InputError with every fault at once, each with its line."""
    top = document(text, file, "a file of stakes", "keep, title, source, parties, obligations")
    top.faults.collecting = True
    top.only(TOP)
    parties: dict[str, str] = {}
    of_parties = top.take(partial(top.items_of, "parties"), NO_ITEMS)
    for item in of_parties:
        item.only(("id", "name", "also"))
        id = item.take(partial(item.text, "id", "a short id"), "")
        parties[id] = item.take(partial(item.text, "name", "its name"), id)
    source = top.take(partial(top.text, "source", "who answers for these numbers"), "")
    items = top.take(partial(top.items_of, "obligations"), NO_ITEMS)
    if not items:
        top.faults.add(top.fail("obligations", "names no obligations", "a list, each with id, says, breach, stakes"))
    obligations = [_obligation(item, parties, source) for item in items]
    of_looks = top.take(partial(top.items_of, "looks"), NO_ITEMS)
    looks = [_look(item, source) for item in of_looks]
    for several in (of_parties, items, of_looks):
        _once(several, "id")
    title = top.take(partial(top.text, "title", "what it is about"), "")
    made = Keep(
        top.take(partial(top.text, "keep", "a short id"), file), title, parties, tuple(obligations), tuple(looks)
    )
    if top.faults:
        raise AgreementFaults(top.faults)
    return made


def _once(items: list[Lined], key: str) -> None:
    """What stands twice would be weighed twice, or as one."""
    seen: set[str] = set()
    for item in items:
        name = str(item.get(key))
        if name in seen and item.get(key) is not None:
            item.faults.add(item.fail(key, f"{name!r} stands twice", "each once"))
        seen.add(name)


def _obligation(item: Lined, parties: dict[str, str], source: str) -> Obligation:
    take = item.only(OF_OBLIGATION).take
    if item.get("breach") is None:
        item.faults.add(item.fail("breach", "does not say which breach is looked for", "breach: {says, acts, within}"))
    told = take(partial(item.mapping, "breach"), item.like()).only(OF_BREACH)
    acts = told.take(partial(_number, told, "acts", MOST), None) if "acts" in told else Fraction(1)
    within = told.take(partial(_lasts, told, "within"), timedelta(days=1))
    told_by = told.take(partial(told.optional, "told_by"), None) or TOLD_BY[0]
    if told_by not in TOLD_BY:
        item.faults.add(
            UnknownName("way to be told", told_by, TOLD_BY, file=told.file, row=told.where("told_by"), field="told_by")
        )
    if acts is not None and acts <= 0:
        told.faults.add(told.fail("acts", "is 0, and so no breach", "a number above 0"))
    breach = Breach(float(acts or 1), within, _cells(item), told_by)
    noticed = None
    if item.get("noticed") is not None:
        part = take(partial(item.mapping, "noticed"), item.like()).only(OF_NOTICED)
        span = part.take(partial(_ends, part, 1.0), Span(Fraction(0), Fraction(1)))
        noticed = (span, part.take(partial(part.optional, "source"), None) or source)
    rows = take(partial(item.items_of, "stakes"), NO_ITEMS)
    if not rows:
        item.faults.add(item.fail("stakes", "weighs it for nobody", "a list, one for each party that is bound"))
    _once(rows, "party")
    return Obligation(
        id=take(partial(item.text, "id", "a short id"), ""),
        article=take(partial(item.optional, "article"), None),
        says=take(partial(item.text, "says", "what is owed"), ""),
        breach_says=told.take(partial(told.optional, "says"), None) or "a breach",
        breach=breach,
        noticed=noticed,
        stakes=tuple(_stake(row, parties, source) for row in rows),
    )


def _stake(item: Lined, parties: dict[str, str], source: str) -> Stake:
    take = item.only(OF_STAKE).take
    party = take(partial(item.text, "party", "a party's id"), "")
    if party and party not in parties:
        item.faults.add(UnknownName("party", party, parties, file=item.file, row=item.where("party"), field="party"))
    none = Span(Fraction(0), Fraction(0))
    for key in ("gain", "loss"):
        if key not in item:
            item.faults.add(item.fail(key, f"does not say the {key}", "a number, or {low: .., high: ..}"))
    gain, loss, accused = (
        take(partial(_span, item, key, MOST), none) if key in item else none for key in ("gain", "loss", "accused")
    )
    false_alarm = take(partial(_span, item, "false_alarm", 1.0), none) if "false_alarm" in item else none
    repeated = None
    if item.get("repeated") is not None:
        part = take(partial(item.mapping, "repeated"), item.like()).only(OF_REPEATED)
        lacks = [key for key in OF_REPEATED if key not in part]
        if lacks:
            part.faults.add(part.fail(lacks[0], f"does not say {lacks[0]}", "worth, after and patience"))
        else:
            worth, after = (part.take(partial(_span, part, key, MOST), none) for key in ("worth", "after"))
            repeated = (worth, after, part.take(partial(_span, part, "patience", 1.0), none))
            if repeated[2].high >= 1:
                part.faults.add(part.fail("patience", "is not below 1", "what the next period counts beside this one"))
    told = take(partial(item.optional, "source"), None) or source
    return Stake(party, gain, loss, accused, false_alarm, repeated, told)


def _look(item: Lined, source: str) -> Look:
    take = item.only(OF_LOOK).take
    return Look(
        id=take(partial(item.text, "id", "a short id"), ""),
        says=take(partial(item.text, "says", "what it is"), ""),
        cells=_cells(item),
        p_noticed=take(partial(_span, item, "p_noticed", 1.0), Span(Fraction(0), Fraction(0))),
        source=take(partial(item.optional, "source"), None) or source,
    )


def _cells(item: Lined) -> tuple[int, ...]:
    said = item.get("cells")
    if said is None or said == "all":
        return ()
    if not isinstance(said, list) or not all(isinstance(one, int) and 0 <= one < 2**64 for one in said):
        item.faults.add(item.fail("cells", f"{shown(said)} is no list of cells", "numbers of cells, or all"))
        return ()
    return tuple(said)


def _span(item: Lined, key: str, most: float) -> Span:
    said = item.get(key)
    if isinstance(said, Lined):
        return _ends(said.only(("low", "high")), most)
    one = _number(item, key, most)
    return Span(one, one)


def _ends(item: Lined, most: float) -> Span:
    low, high = _number(item, "low", most), _number(item, "high", most)
    if high < low:
        raise item.fail("high", f"{float(high):g} is below low", "low first")
    return Span(low, high)


def _number(item: Lined, key: str, most: float) -> Fraction:
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise item.fail(key, f"{shown(value)} is no number from 0 to {most:g}", "a number")
    return Fraction(str(value))


def _lasts(item: Lined, key: str) -> timedelta:
    said = item.get(key)
    found = _LASTS.match(said.strip()) if isinstance(said, str) else None
    if found is None or not int(found[1]):
        raise item.fail(key, f"{shown(said)} is no length of time", "as 90 min, 48 h or 7 days")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
