"""When an agreement as a whole is in force, by reading; and when two of them are at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from trucewatch.assess.model import TEXT, Agreement, Ends, Reading, Span, When
from trucewatch.assess.moments import EVER, NEVER
from trucewatch.base.spans import Pair, common, joined


def whole(agreement: Agreement) -> dict[str, When]:
    """Agreement -> reading -> when it is in force: as the file says of the whole, else when any of its terms is.

    A reading that says nothing of a term takes the text's time for it.
    """
    if TEXT in agreement.whens:
        return dict(agreement.whens)
    names = dict.fromkeys([TEXT, *(reading.who for term in agreement.terms for reading in term.readings)])
    of_terms = {name: _any([when for term in agreement.terms if (when := _of(term.readings, name))]) for name in names}
    return {**of_terms, **agreement.whens}


def overlaps(a: dict[str, When], b: dict[str, When]) -> list[tuple[str, Span]]:
    """Two agreements by reading -> (reading, span) in which both may be in force; who says nothing has the text's."""
    found = []
    for name in dict.fromkeys([*a, *b]):
        one, other = (side.get(name, side.get(TEXT, When())) for side in (a, b))
        found += [(name, span) for span in _spans(common(_pairs(one.may), _pairs(other.may)))]
    return found


def _of(readings: Iterable[Reading], name: str) -> When | None:
    by_name = {reading.who: reading.when for reading in readings}
    return by_name.get(name, by_name.get(TEXT))


def _any(whens: Sequence[When]) -> When:
    """In force whenever one of them is. Agreed and actual start are those of the one that starts first."""
    if not whens:
        return When()
    sure = _spans(joined(pair for when in whens for pair in _pairs(when.sure)))
    may = _spans(joined(pair for when in whens for pair in _pairs(when.may)))
    first = min(whens, key=lambda when: tuple(at or EVER for at in (when.since, when.agreed)))
    ends: Ends = "set"
    if may and may[-1].end is None:
        ends = "open" if any(when.ends == "open" for when in whens) else "unknown"
    lacks = tuple(dict.fromkeys(lack for when in whens for lack in when.lacks))
    return When(sure, may, ends, first.agreed, first.actual, lacks, first.starts)


def _pairs(spans: Iterable[Span]) -> list[Pair]:
    return [(span.start or EVER, span.end or NEVER) for span in spans]


def _spans(pairs: Iterable[Pair]) -> tuple[Span, ...]:
    return tuple(Span(_bound(start), _bound(end)) for start, end in pairs)


def _bound(at: datetime) -> datetime | None:
    return None if at in (EVER, NEVER) else at
