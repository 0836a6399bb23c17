"""Sets of half-open spans of time: joined, cut out of one another, held in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Pair = tuple[datetime, datetime]
"""From and until; one that is no longer than nothing holds nothing."""


def joined(spans: Iterable[Pair]) -> tuple[Pair, ...]:
    """Spans in any order -> the same time as sorted spans that neither overlap nor touch.

    >>> from datetime import datetime as d
    >>> found = joined([(d(1, 1, 4), d(1, 1, 6)), (d(1, 1, 1), d(1, 1, 2)), (d(1, 1, 2), d(1, 1, 3))])
    >>> [(a.day, b.day) for a, b in found]
    [(1, 3), (4, 6)]
    """
    made: list[Pair] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return tuple(made)


def common(a: Iterable[Pair], b: Iterable[Pair]) -> tuple[Pair, ...]:
    """The time that lies in both.

    >>> from datetime import datetime as d
    >>> [(x.day, y.day) for x, y in common([(d(1, 1, 1), d(1, 1, 5))], [(d(1, 1, 3), d(1, 1, 9))])]
    [(3, 5)]
    """
    left, right = joined(a), joined(b)
    made, n, m = [], 0, 0
    while n < len(left) and m < len(right):
        made.append((max(left[n][0], right[m][0]), min(left[n][1], right[m][1])))
        if left[n][1] < right[m][1]:
            n += 1
        else:
            m += 1
    return joined(made)


def without(a: Iterable[Pair], b: Iterable[Pair]) -> tuple[Pair, ...]:
    """The time of `a` that does not lie in `b`.

    >>> from datetime import datetime as d
    >>> [(x.day, y.day) for x, y in without([(d(1, 1, 1), d(1, 1, 9))], [(d(1, 1, 3), d(1, 1, 5))])]
    [(1, 3), (5, 9)]
    """
    left = joined(a)
    for start, end in joined(b):
        left = joined(part for x, y in left for part in ((x, min(y, start)), (max(x, end), y)))
    return left
