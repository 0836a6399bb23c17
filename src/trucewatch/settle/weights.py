"""Step 6a: a user's weights, with bounds and a source -> what options are worth. docs/positions.md has the format.

No quote gives a weight. Whoever types one in answers for it, and says so in the file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from trucewatch.base.document import Lined, document, shown
from trucewatch.base.errors import AgreementFaults, UnknownName
from trucewatch.settle.model import Positions
from trucewatch.settle.params import SettleParams
from trucewatch.settle.space import Worth

GRAIN = 1000
"""Numbers count in thousandths, so that sums are exact."""
TOP, OF_PARTY = ("weights", "about", "source", "notes", "parties"), ("party", "source", "no_agreement", "issues")
OF_ISSUE, RANGE = ("issue", "weight", "values"), ("low", "high")


@dataclass(frozen=True)
class Range:
    """A number between two, in thousandths."""

    low: int
    high: int

    @property
    def middle(self) -> int:
        """Halfway, rounded down."""
        return (self.low + self.high) // 2

    def at(self, share: Fraction) -> int:
        """A share of the way from low to high."""
        return self.low + int((self.high - self.low) * share)


@dataclass(frozen=True)
class Weighed:
    """One party's weights: for each issue its weight and the value of each option, 0 to 1; and of no agreement."""

    party: str
    source: str
    none: Range
    weight: tuple[Range, ...]
    value: tuple[tuple[Range, ...], ...]


@dataclass(frozen=True)
class Weights:
    """A file of weights."""

    id: str
    source: str
    parties: tuple[Weighed, ...]


def weights(text: str, made: Positions, file: str = "weights") -> Weights:
    """YAML text -> weights of the positions' parties. InputError with every fault, each with its line: a weight that
    is left out is not nothing and not the half of anything, so the whole file is refused."""
    top = document(text, file, "a file of weights", "weights, about, source, parties")
    top.faults.collecting = True
    top.only(TOP)
    id = top.take(partial(top.text, "weights", "a short id"), file)
    about = top.take(partial(top.text, "about", "the id of the file of positions"), made.id)
    if about != made.id:
        top.faults.add(top.fail("about", f"is about {about!r}", f"weights about {made.id}"))
    source = top.take(partial(top.text, "source", "who says so: a weight is a judgement, and somebody's"), "")
    items: list[Lined] = top.take(partial(top.items_of, "parties"), [])
    found = [_weighed(item, made, source) for item in items]
    told = [one.party for one in found]
    for party in made.parties:
        if told.count(party.id) != 1:
            n = told.count(party.id)
            top.faults.add(top.fail("parties", f"weighs {party.id} {n} times", "each party of the positions once"))
    if top.faults:
        raise AgreementFaults(top.faults)
    order = [party.id for party in made.parties]
    return Weights(id, source, tuple(sorted(found, key=lambda one: order.index(one.party))))


def _weighed(item: Lined, made: Positions, source: str) -> Weighed:
    take = item.only(OF_PARTY).take
    party = take(partial(item.text, "party", "a party's id"), "")
    if party not in {one.id for one in made.parties}:
        known = [one.id for one in made.parties]
        item.faults.add(UnknownName("party", party, known, file=item.file, row=item.where("party")))
    rows: dict[str, Lined] = {}
    none: list[Lined] = []
    for row in take(partial(item.items_of, "issues"), none):
        name = str(row.only(OF_ISSUE).get("issue"))
        if name in rows:
            row.faults.add(row.fail("issue", f"weighs {name!r} twice", "each issue once"))
        rows.setdefault(name, row)
    for name, row in rows.items():
        if name not in {issue.id for issue in made.issues}:
            known = [issue.id for issue in made.issues]
            row.faults.add(UnknownName("issue", name, known, file=row.file, row=row.where("issue")))
    weight, value = [], []
    for issue in made.issues:
        one_row = rows.get(issue.id)
        if one_row is None:
            item.faults.add(
                item.fail("issues", f"does not weigh {issue.id!r}", "every issue; weight: 0 where it counts nothing")
            )
            continue
        row = one_row
        weight.append(row.take(partial(_range, row, "weight", 1000.0), Range(0, 0)))
        told = row.take(partial(row.mapping, "values"), row.like()).only([option.id for option in issue.options])
        lacks = [option.id for option in issue.options if option.id not in told]
        if lacks:
            row.faults.add(
                row.fail("values", f"gives no value for {lacks[0]!r}", "every option, 0 (worst) to 1 (best)")
            )
        value.append(
            tuple(
                told.take(partial(_range, told, option.id, 1.0), Range(0, 0))
                for option in issue.options
                if option.id in told
            )
        )
    at_none = take(partial(_range, item, "no_agreement", 1.0), Range(0, 0)) if "no_agreement" in item else Range(0, 0)
    return Weighed(party, take(partial(item.optional, "source"), None) or source, at_none, tuple(weight), tuple(value))


def _range(item: Lined, key: str, most: float) -> Range:
    said = item.get(key)
    if isinstance(said, Lined):
        said.only(RANGE)
        low, high = said.get("low"), said.get("high")
    else:
        low = high = said
    numbers = []
    for one in (low, high):
        if isinstance(one, bool) or not isinstance(one, (int, float)) or not 0 <= one <= most:
            raise item.fail(key, f"{shown(one)} is no number from 0 to {most:g}", "a number, or {low: .., high: ..}")
        if abs(one * GRAIN - round(one * GRAIN)) > 1e-6:
            raise item.fail(key, f"{one} is finer than a thousandth", "three digits after the point at most")
        numbers.append(round(one * GRAIN))
    if numbers[1] < numbers[0]:
        raise item.fail(key, f"low {low} is above high {high}", "low first")
    return Range(numbers[0], numbers[1])


@dataclass(frozen=True)
class Draw:
    """One setting within the bounds: what it is, each party's worth, and what no agreement is worth to each."""

    says: str
    worths: tuple[Worth, ...]
    none: tuple[Fraction, ...]


def draws(given: Weights, made: Positions, params: SettleParams) -> Iterator[Draw]:
    """The middle of all bounds; each weight that has bounds at both of its ends; each party's values all low and all
    high; then settings spread evenly within the bounds. Nothing is drawn by chance."""
    middle = {party.party: Fraction(1, 2) for party in given.parties}
    yield _draw(given, "the middle of all bounds", {}, middle)
    for party in given.parties:
        for n, weight in enumerate(party.weight):
            for end, share in (("low", Fraction(0)), ("high", Fraction(1))):
                if weight.low < weight.high:
                    says = f"{made.name(party.party)}'s weight of {made.issues[n].id} {end}"
                    yield _draw(given, says, {(party.party, n): share}, middle)
        if any(one.low < one.high for row in party.value for one in row):
            for end, share in (("low", Fraction(0)), ("high", Fraction(1))):
                yield _draw(given, f"{made.name(party.party)}'s values all {end}", {}, middle | {party.party: share})
    if any(one.low < one.high for party in given.parties for one in (*party.weight, *itertools.chain(*party.value))):
        for n in range(1, params.spread + 1):
            yield _spread(given, n)


def _draw(
    given: Weights, says: str, shares: Mapping[tuple[str, int], Fraction], values: Mapping[str, Fraction]
) -> Draw:  # fmt: skip
    half = Fraction(1, 2)
    worths, none = [], []
    for party in given.parties:
        weight = [one.at(shares.get((party.party, n), half)) for n, one in enumerate(party.weight)]
        value = [[one.at(values[party.party]) for one in row] for row in party.value]
        worths.append(worth_of(weight, value))
        none.append(Fraction(party.none.middle, GRAIN) * worths[-1].whole)
    return Draw(says, tuple(worths), tuple(none))


def _spread(given: Weights, n: int) -> Draw:
    """The n-th of settings that fill the bounds evenly (Kronecker's sequence: steps of square roots of primes)."""
    steps = _roots()
    worths, none = [], []
    for party in given.parties:
        weight = [one.at(_part(n, next(steps))) for one in party.weight]
        value = [[one.at(_part(n, next(steps))) for one in row] for row in party.value]
        worths.append(worth_of(weight, value))
        none.append(Fraction(party.none.at(_part(n, next(steps))), GRAIN) * worths[-1].whole)
    return Draw(f"setting {n} of those spread within the bounds", tuple(worths), tuple(none))


def _roots() -> Iterator[Fraction]:
    """Fractions of the square roots of 2, 3, 5, 7, ...: no two hang together."""
    found: list[int] = []
    for n in itertools.count(2):
        if all(n % prime for prime in found):
            found.append(n)
            yield Fraction(n**0.5 % 1).limit_denominator(10**6)


def _part(n: int, step: Fraction) -> Fraction:
    return (n * step) % 1


def worth_of(weight: list[int], value: list[list[int]]) -> Worth:
    """Weights and values in thousandths -> the worth of packages: a sum over issues, 1 where every issue is at best."""
    parts = tuple(
        (weight[n] * one, ((n, frozenset({option})),))
        for n, row in enumerate(value)
        for option, one in enumerate(row)
        if weight[n] * one
    )
    return Worth(parts, max(sum(weight) * GRAIN, 1))


def at_worst(party: Weighed) -> Worth:
    """What a package is surely worth to a party over no agreement, as no weights within the bounds undercut.

    The sum over issues of weight times (value less that of no agreement) is not negative under all weights exactly
    where it is not so with each value at its lowest, no agreement at its highest, and each weight at whichever end
    makes its term smaller.
    """
    parts = []
    for n, row in enumerate(party.value):
        for option, one in enumerate(row):
            least = one.low - party.none.high
            weight = party.weight[n].low if least >= 0 else party.weight[n].high
            if weight * least:
                parts.append((weight * least, ((n, frozenset({option})),)))
    return Worth(tuple(parts), 1)
