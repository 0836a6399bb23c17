"""Published counts and their parts: does a headline agree with what it is made of? Counts of rivals stay apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from types import MappingProxyType
from typing import Any, Literal

from trucewatch.assess.model import GRADES, Count
from trucewatch.base.document import Lined, shown
from trucewatch.base.errors import UnknownName

QUALIFIERS = ("exact", "at least", "about", "more than")
"""How a headline is meant. A source that prints a number and says no more states it as exact."""
COUNT_FIELDS = ("id", "by", "of", "says", "unit", "total", "qualifier", "parts", "source", "grade")
MOST = 10**12
"""No count is larger."""
Answer = Literal["borne out", "not accounted for", "does not agree", "nothing to compare"]


@dataclass(frozen=True)
class Tally:
    """A count, and what its parts make of its headline.

    sum: of the parts; None where none are told. above: how far the sum lies above the headline, `remainder` how far
    below: what the headline holds and no part accounts for. answer: `borne out`; `not accounted for` where parts are
    missing or not told; `does not agree` where the parts are more than the headline allows.
    """

    count: Count
    sum: int | None
    above: int | None
    remainder: int | None
    answer: Answer
    why: str


@dataclass(frozen=True)
class Beside:
    """Two counts side by side: their ids, whether they may be set against each other, and why or why not."""

    ids: tuple[str, str]
    comparable: bool
    why: str


def parse_counts(items: list[Lined], names: Collection[str]) -> tuple[Count, ...]:
    """The `counts:` of a file -> counts, in their order. Raises AgreementError or UnknownName with line and field.

    names: ids of parties and mediators. `by` and `of` are one of them, or the name of somebody else, as "The Mission":
    a word in small letters is taken for an id, so that a misspelt party is no new body.
    """
    made = [_count(item, names) for item in items]
    for n, (item, count) in enumerate(zip(items, made, strict=True)):
        if count.id and count.id in {former.id for former in made[:n]}:
            item.faults.add(item.fail("id", f"the count {count.id!r} stands twice"))
    return tuple(made)


def _count(item: Lined, names: Collection[str]) -> Count:
    """Where a fault was noted, what stands in its place is never read: the file is refused."""
    take, absent = item.only(COUNT_FIELDS).take, item.get("total") is None
    total = None if absent else take(partial(_whole, item, "total"), 0)
    none: tuple[tuple[str, int], ...] = ()
    parts = take(partial(_parts, item), none)
    qualifier = take(partial(item.one_of, "qualifier", "qualifier", QUALIFIERS), None)
    if absent and not item.get("parts"):
        item.faults.add(item.fail("total", "counts nothing", "a total, parts, or both"))
    if absent and qualifier:
        item.faults.add(item.fail("qualifier", "there is no total that it could be about", "a total, or no qualifier"))
    return Count(
        id=take(partial(item.text, "id", "a short id of the count"), ""),
        by=take(partial(_who, item, "by", names), ""),
        of=None if item.get("of") is None else take(partial(_who, item, "of", names), ""),
        says=take(partial(item.text, "says", "what was counted, when and where, in your own words"), ""),
        unit=take(partial(item.text, "unit", "what one of them is, as breaches or explosions"), ""),
        total=total,
        qualifier=qualifier or "exact",
        parts=parts,
        source=take(partial(item.text, "source", "where it was published"), ""),
        grade=take(partial(item.one_of, "grade", "grade", GRADES), None),
    )


def _parts(item: Lined) -> tuple[tuple[str, int], ...]:
    told = item.mapping("parts")
    return tuple((name, told.take(partial(_whole, told, name), 0)) for name in told)


def _whole(item: Lined, key: str) -> int:
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise item.fail(key, f"{shown(value)} is not a count", "a whole number without commas or words")
    return value


def _who(item: Lined, key: str, names: Collection[str]) -> str:
    said = item.text(key, "an id of a party or mediator, or a name in quotes")
    if not names or said in names or " " in said or said != said.lower():  # no names: that fault was told
        return said
    name = "an id; a name of somebody else has a capital letter or a space"
    raise UnknownName("party or mediator", said, names, file=item.file, row=item.where(key), field=key, expected=name)


def tally(counts: Iterable[Count]) -> tuple[Tally, ...]:
    """counts -> each with the sum of its parts held against its headline. One count never adds to another.

    >>> seen = Count("m", "M", None, "", "breaches", 11_000, "at least", (("explosions", 3_927), ("other", 7_526)), "")
    >>> [(t.sum, t.above, t.answer) for t in tally([seen])]
    [(11453, 453, 'borne out')]
    """
    return tuple(_tally(count) for count in counts)


def _tally(count: Count) -> Tally:
    if not count.parts:
        return Tally(count, None, None, None, "nothing to compare", "no parts were told")
    total = sum(n for _, n in count.parts)
    if count.total is None:
        return Tally(count, total, None, None, "nothing to compare", "no headline was told")
    above, remainder = max(total - count.total, 0), max(count.total - total, 0)
    answer, why = _holds(count.total, count.qualifier, total)
    return Tally(count, total, above, remainder, answer, why)


def _holds(headline: int, qualifier: str, total: int) -> tuple[Answer, str]:
    """Parts that fall short only show that some were not told; parts that are too many cannot all be right."""
    if qualifier == "more than" and total == headline:
        return "not accounted for", "one more at least is in no part"
    if total < headline and not (qualifier == "about" and _rounds_to(total, headline)):
        return "not accounted for", f"{headline - total:,} are in no part"
    if qualifier == "exact" and total > headline:
        return "does not agree", f"the parts are {total - headline:,} more than the exact number stated"
    if qualifier == "about" and not _rounds_to(total, headline):
        return "does not agree", f"the parts are {total - headline:,} more, which rounding does not explain"
    if total == headline:
        return "borne out", "the parts make up the number stated"
    if qualifier == "about":
        return "borne out", f"the parts are {abs(total - headline):,} off, which rounding explains"
    return "borne out", f"the parts are {total - headline:,} above the number stated"


def _rounds_to(total: int, headline: int) -> bool:
    """The headline is the sum, rounded at the headline's own last figure that is not 0.

    >>> _rounds_to(4_938, 4_900), _rounds_to(4_951, 4_900), _rounds_to(3, 0)
    (True, False, False)
    """
    step = 1
    while headline and headline % (step * 10) == 0:
        step *= 10
    return abs(total - headline) * 2 <= step if headline else total == 0


def side_by_side(counts: Iterable[Count], names: Mapping[str, str] = MappingProxyType({})) -> tuple[Beside, ...]:
    """counts, names of ids -> each pair, with whether they count the same thing. Nothing is added or chosen."""
    return tuple(_beside(one, other, names) for one, other in combinations(counts, 2))


def _beside(one: Count, other: Count, names: Mapping[str, str]) -> Beside:
    ids = (one.id, other.id)
    if _plain(one.unit) != _plain(other.unit):
        return Beside(ids, False, f"not comparable: one counts {one.unit}, the other {other.unit}")
    if one.of != other.of:
        acts = " and ".join(f"those of {names.get(of, of)}" if of else "anybody's" for of in (one.of, other.of))
        return Beside(ids, False, f"not comparable: {acts} are counted; together they are no total")
    by, other_by = (names.get(count.by, count.by) for count in (one, other))
    if by == other_by:
        return Beside(ids, True, f"two counts by {by}, side by side; whether they overlap is not told")
    return Beside(ids, True, f"the same unit, by {by} and by {other_by}: side by side, never added")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def stated(count: Count) -> str:
    """A headline as it was published.

    >>> stated(Count("m", "M", None, "", "breaches", 11_000, "at least", (), ""))
    'at least 11,000 breaches'
    """
    if count.total is None:
        return f"no total of {count.unit}"
    return ("" if count.qualifier == "exact" else f"{count.qualifier} ") + f"{count.total:,} {count.unit}"


def told(counts: Iterable[Count], names: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """counts, names of ids -> lines for people: each count with its parts, then the pairs that stand side by side."""
    counts, lines = tuple(counts), []
    for made in tally(counts):
        count = made.count
        of = f" of {names.get(count.of, count.of)}" if count.of else ""
        lines.append(f"{count.id}: {stated(count)}{of}, by {names.get(count.by, count.by)}")
        lines.append(f"  {count.says}")
        lines.append(f"  source: {count.source}" + (f" ({count.grade})" if count.grade else ""))
        if made.sum is not None:
            parts = " + ".join(f"{n:,} {name}" for name, n in count.parts)
            lines.append(f"  parts: {parts} = {made.sum:,}")
        lines.append(f"  {made.answer}: {made.why}")
    for pair in side_by_side(counts, names):
        lines.append(f"{pair.ids[0]} and {pair.ids[1]}: {pair.why}")
    return lines


def as_told(counts: Iterable[Count]) -> dict[str, Any]:
    """counts -> the same as plain values, for JSON."""
    counts = tuple(counts)
    made = []
    for one in tally(counts):
        parts = [{"what": name, "n": n} for name, n in one.count.parts]
        outcome = {key: value for key, value in asdict(one).items() if key != "count"}
        made.append({**asdict(one.count), "parts": parts, **outcome})
    return {"counts": made, "side_by_side": [asdict(pair) for pair in side_by_side(counts)]}
