"""The time in which a term is in force, cut into the periods for each of which something is owed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trucewatch.assess.model import Span, When
from trucewatch.base.calendar import Length, after, length

_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """A stretch of time for which the whole number is owed; several parts only where the term pauses in between.

    cut: shorter than what the number is owed for, or its bounds are not known. sure: surely in force in all its parts.
    held: what of it lies in this one period and in force however what is not known of the bounds turns out.
    """

    parts: tuple[Span, ...]
    cut: bool
    sure: bool
    held: tuple[Span, ...] = ()

    @property
    def start(self) -> datetime | None:
        """Its first moment; None where nobody knows."""
        return self.parts[0].start

    @property
    def end(self) -> datetime | None:
        """Its end, not included; None where it is open, or nobody knows."""
        return self.parts[-1].end


def periods(when: When, each: str | None, place: str, last: datetime | None, most: int) -> tuple[Period, ...]:
    """When a term is in force, so long each (on the wall clock of a zone) -> its periods in order.

    They go from the first moment at which the term is surely in force, or else may be; what lies before that is a
    period of its own, cut. After a pause they begin anew. Without `each` all is one period. Where no end is known they
    go on to `last`, the end of the last count. More than `most` are not made: then the whole is one, and cut.
    Raises InputError where `each` is no length of time.

    >>> from datetime import UTC
    >>> span = Span(datetime(2022, 4, 2, tzinfo=UTC), datetime(2022, 5, 12, tzinfo=UTC))
    >>> [(p.start.day, p.start.month, p.cut) for p in periods(When((span,), (span,)), "1 month", "UTC", None, 9)]
    [(2, 4, False), (2, 5, True)]
    """
    made: list[Period] = []
    whole: list[Span] = []
    begins = [span.start or _EVER for span in when.sure]
    # A start that nobody knows to the moment moves every bound that is counted from it.
    vague = when.starts[0] != when.starts[1] and when.actual is None
    for span in when.may:
        n = bisect_left(begins, span.start or _EVER)
        first = when.sure[n].start if n < len(begins) and _within(when.sure[n], span) else span.start
        if first != span.start and first is not None:
            made.append(Period((Span(span.start, first),), cut=True, sure=False))
        part = Span(first, span.end)
        whole.append(part)
        if each is not None and first is None:
            made.append(Period((part,), cut=True, sure=False))
        elif each is not None:
            here = [one for one in when.sure[n:] if _within(one, span)]
            late = _between(*when.starts) if vague and span is when.may[0] else timedelta(0)
            made += _steps(part, length(each), (place, last, late, here), most + 1 - len(made))
        if len(made) > most:
            return (Period((Span(when.may[0].start, when.may[-1].end),), cut=True, sure=False),)
    if each is None and whole:
        held = tuple(one for part in whole for one in when.sure if _within(one, part))
        made.append(Period(tuple(whole), cut=vague, sure=False, held=held))
    return tuple(Period(p.parts, p.cut, all(_held(when, begins, x) for x in p.parts), p.held) for p in made)


def _between(first: datetime | None, last: datetime | None) -> timedelta | None:
    return last - first if first and last else None


def _steps(
    span: Span, each: Length, how: tuple[str, datetime | None, timedelta | None, list[Span]], room: int
) -> list[Period]:
    """All steps are taken from the start, so that the day of the month does not wear off.

    how: zone, end of the last count, by how much all bounds may lie earlier (None: nobody knows), sure spans within.
    After a pause that nobody is sure of, periods may have begun anew, so nothing surely lies in any of them.
    """
    place, last, late, sure = how
    made: list[Period] = []
    assert span.start is not None
    start = span.start
    while len(made) < room and (start < span.end if span.end else not made or (last is not None and start < last)):
        end = after(span.start, each, place, len(made) + 1)[0]
        cut, anew = span.end is not None and end > span.end, len(sure) > 1 and start >= (sure[0].end or _NEVER)
        part = Span(start, span.end if cut else end)
        stop = None if late is None else (part.end or _NEVER) - late
        held = () if anew or stop is None or not sure else _common(part.start, stop, sure[0])
        made.append(Period((part,), cut=cut or anew or late != timedelta(0), sure=False, held=held))
        start = end
    return made


def _common(start: datetime | None, stop: datetime, sure: Span) -> tuple[Span, ...]:
    since, until = max(start or _EVER, sure.start or _EVER), min(stop, sure.end or _NEVER)
    return (Span(since, until),) if since < until else ()


def _held(when: When, begins: list[datetime], part: Span) -> bool:
    """One of the sure spans holds it: they are disjoint, so it is the last one that begins by then."""
    n = bisect_right(begins, part.start or _EVER) - 1
    return n >= 0 and _within(part, when.sure[n])


def _within(part: Span, span: Span) -> bool:
    """The first lies in the second; None is before, or after, everything."""
    begins = (span.start or _EVER) <= (part.start or _EVER)
    return begins and (part.end or _NEVER) <= (span.end or _NEVER)
