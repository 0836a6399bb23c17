"""What one speaker's counts come to in one period: bounds, for counts may overlap, straddle, or leave gaps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

from trucewatch.assess.model import Requirement

Stretch = tuple[int, int]
"""Half-open, in microseconds."""
Parts = Sequence[tuple[int | None, int | None]]
"""The parts of a period; None where that side is open, or nobody knows."""
_EVER, _NEVER = -(2**62), 2**62


@dataclass(frozen=True)
class Told:
    """One count as it bears on one period. Half-open [t0, t1) in microseconds, never shorter than one of them.

    figure: the least that it tells; None where it was left blank, makes no sense, or is of another unit. above: how
    much more it may be; None without a bound, as of "at least nine". inside: all of its span lies in the
    period. whole: it names no place, so it is of all there is. standing: the same speaker did not say another figure
    of the very same span and place later. held: it lies in the period however that one's bounds turn out.
    """

    t0: int
    t1: int
    figure: float | None
    inside: bool = True
    whole: bool = True
    standing: bool = True
    held: bool = True
    above: float | None = 0.0

    @property
    def high(self) -> float | None:
        """The most that it may be; None without a bound."""
        return None if self.figure is None or self.above is None else self.figure + self.above


@dataclass(frozen=True)
class Tallied:
    """Bounds of what was counted, and the share of the period that the counts cover. `most` is None where it has none.

    every: the counts cover all of the period. unmet: the obligation was surely not met (1), surely met (0), or open.
    """

    least: float
    most: float | None
    covered: float | None
    every: bool
    unmet: float | None


def tallied(counts: Sequence[Told], parts: Parts, owed: Requirement, cut: bool, sure: bool = True) -> Tallied:
    """A speaker's counts, a period's parts, what is owed -> bounds, and whether it was met.

    cut: shorter than what the number is owed for. sure: in force for all of it; else it may turn out to be cut.

    Counts whose spans are disjoint add. Of those that overlap the largest is surely there; and a count of all there is
    holds what the same speaker counted within its span, so running totals are not added to each other. A count that
    straddles the period's end gives nothing surely, and at most all of it: no share is taken.

    >>> owed = Requirement("fuel ships", "ships", at_least=18)
    >>> tallied([Told(0, 5, 9), Told(5, 10, 8)], [(0, 10)], owed, cut=False)
    Tallied(least=17.0, most=17.0, covered=1.0, every=True, unmet=1.0)
    >>> tallied([Told(0, 6, 9), Told(5, 10, 8), Told(0, 2, 3)], [(0, 10)], owed, cut=False)
    Tallied(least=11.0, most=17.0, covered=1.0, every=True, unmet=1.0)
    """
    standing = [count for count in counts if count.standing]
    told = [count for count in standing if count.figure is not None]
    inside = [count for count in told if count.inside]
    covered, every = _cover([(count.t0, count.t1) for count in told if count.whole], parts)
    open_above = any(count.high is None for count in standing)
    upper = [replace(count, figure=count.high) for count in told]
    if owed.at_once:
        least = max((count.figure or 0.0 for count in inside), default=0.0)
        most = max((height for _, height in _heights(upper)), default=0.0)
    else:
        least, most = _disjoint(inside), _no_more_than(upper, parts)
    surely = least if owed.at_once else _disjoint(count for count in inside if count.held)
    above: float | None = None if open_above else most
    answers = []
    if owed.at_least is not None:
        if owed.at_once:
            answers.append(_trough(standing, parts, owed.at_least, every and not open_above))
        else:
            answers.append(_too_few(surely, above, owed.at_least, every and not cut))
    if owed.at_most is not None:
        # Half a month may bear half the cap, but a cap at any one time is the same however short the time.
        whole = not cut and (sure or owed.each is None)
        fair = every and (whole or owed.at_once or above == 0)
        answers.append(_too_many(surely, above, owed.at_most, fair))
    return Tallied(least, above, covered, every, _either(answers))


def _too_few(least: float, most: float | None, owed: float, settled: bool) -> float | None:
    if least >= owed:
        return 0.0
    return 1.0 if settled and most is not None and most < owed else None


def _too_many(least: float, most: float | None, cap: float, settled: bool) -> float | None:
    if least > cap:
        return 1.0
    return 0.0 if settled and most is not None and most <= cap else None


def _either(answers: list[float | None]) -> float | None:
    """Kleene's "or"."""
    if 1.0 in answers:
        return 1.0
    return None if None in answers or not answers else 0.0


def _disjoint(counts: Iterable[Told]) -> float:
    """The largest sum of counts no two of which overlap: the least that makes every one of them true.

    >>> _disjoint([Told(0, 4, 5), Told(3, 6, 9), Told(6, 9, 5)])
    14.0
    """
    by_end = sorted(counts, key=lambda count: (count.t1, count.t0))
    ends, best = [count.t1 for count in by_end], [0.0]
    for n, count in enumerate(by_end):
        before = bisect_right(ends, count.t0, 0, n)
        best.append(max(best[-1], best[before] + (count.figure or 0.0)))
    return best[-1]


def _no_more_than(counts: Sequence[Told], parts: Parts) -> float:
    """The most that can have come in a period while every count is true: the cheapest counts of all there is that
    hold its counted time between them, and what was counted of single places beside that time.

    >>> _no_more_than([Told(0, 9, 5), Told(0, 4, 3), Told(7, 12, 4)], [(0, 12)])
    9.0
    """
    start = min((_EVER if t0 is None else t0 for t0, _ in parts), default=_EVER)
    end = max((_NEVER if t1 is None else t1 for _, t1 in parts), default=_NEVER)
    meets = [count for count in counts if count.t0 < end and count.t1 > start]
    stretches = _joined((max(c.t0, start), min(c.t1, end)) for c in meets if c.whole)
    starts = [t0 for t0, _ in stretches]
    within: list[list[Told]] = [[] for _ in stretches]
    most = 0.0
    for count in meets:
        n = bisect_right(starts, max(count.t0, start)) - 1
        if n >= 0 and min(count.t1, end) <= stretches[n][1]:
            within[n].append(count)
        else:
            most += count.figure or 0.0  # of a place, and beside the time for which all was counted
    for n, (t0, _) in enumerate(stretches):
        cost = _cheapest(t0, [(max(c.t0, start), min(c.t1, end), c.figure or 0.0) for c in within[n] if c.whole])
        # Counts that contradict each other cannot all be of all there is: then each may be of something else.
        agree = cost >= _disjoint(count for count in within[n] if count.inside)
        most += cost if agree else sum(count.figure or 0.0 for count in within[n])
    return most


def _cheapest(start: int, counts: list[tuple[int, int, float]]) -> float:
    """The smallest sum of counts that hold all of the stretch that begins at `start`, which they make up together.

    `ends` and `costs` grow together: to reach further for no more is better, so nothing else is kept.
    """
    ends, costs = [start], [0.0]
    for t0, t1, figure in sorted(counts, key=lambda count: (count[1], count[0])):
        if (n := bisect_left(ends, t0)) == len(ends):
            continue  # what holds the time before it ends later, and so holds this too
        cost = figure + costs[n]
        while costs and costs[-1] >= cost:
            ends.pop()
            costs.pop()
        if not ends or ends[-1] < t1:
            ends.append(t1)
            costs.append(cost)
    return costs[-1]


def _heights(counts: Iterable[Told]) -> list[tuple[int, float]]:
    """From which moment on how much is counted at once, all counts that overlap there together."""
    steps: dict[int, float] = {}
    for count in counts:
        steps[count.t0] = steps.get(count.t0, 0.0) + (count.figure or 0.0)
        steps[count.t1] = steps.get(count.t1, 0.0) - (count.figure or 0.0)
    made, height = [], 0.0
    for at in sorted(steps):
        height += steps[at]
        made.append((at, height))
    return made


def _trough(standing: Sequence[Told], parts: Parts, owed: float, settled: bool) -> float | None:
    """Fewer than owed at one moment: surely so where all that was counted then is too few, and no figure of then was
    left blank; surely not so where one count by itself is enough at every moment."""
    enough = [(count.t0, count.t1) for count in standing if (count.figure or 0.0) >= owed]
    if settled and _cover(enough, parts)[1]:
        return 0.0
    for count in standing:
        if count.figure is not None and count.inside and count.whole and _most_during(standing, count) < owed:
            return 1.0
    return None


def _most_during(standing: Sequence[Told], count: Told) -> float:
    meets = [other.high for other in standing if other.t0 < count.t1 and count.t0 < other.t1]
    return sum(inf if figure is None else figure for figure in meets)


def _cover(spans: Iterable[Stretch], parts: Parts) -> tuple[float | None, bool]:
    """Spans, the parts of a period -> the share of it that they cover, and whether that is all of it.

    Of a period without bounds no share is known, and it is never covered.

    >>> _cover([(0, 4), (2, 5)], [(0, 10)]), _cover([(0, 4), (4, 10)], [(0, 4), (6, 10)])
    ((0.5, False), (1.0, True))
    """
    bounded = [(t0, t1) for t0, t1 in parts if t0 is not None and t1 is not None]
    if len(bounded) < len(parts):
        return None, False
    whole, held, n = sum(t1 - t0 for t0, t1 in bounded), 0, 0
    for t0, t1 in _joined(spans):
        while n < len(bounded) and bounded[n][1] <= t0:
            n += 1
        k = n
        while k < len(bounded) and bounded[k][0] < t1:
            held += min(t1, bounded[k][1]) - max(t0, bounded[k][0])
            k += 1
    return held / whole, held == whole


def _joined(spans: Iterable[Stretch]) -> list[Stretch]:
    made: list[Stretch] = []
    for t0, t1 in sorted(spans):
        if made and t0 <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], t1))
        else:
            made.append((t0, t1))
    return made
