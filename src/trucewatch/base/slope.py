"""How a number goes from day to day, so that one odd day does not turn it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

_DAY = timedelta(days=1)


def per_day(when: Sequence[datetime], values: Sequence[float]) -> float | None:
    """Instants, a number each -> the median of the slopes between any two of them, a day (Theil-Sen); None where there
    are not two instants.

    >>> from datetime import UTC
    >>> days = [datetime(2024, 12, d, tzinfo=UTC) for d in (1, 2, 3, 5)]
    >>> per_day(days, [900.0, 800.0, 40.0, 500.0])
    -100.0
    """
    made = [
        (values[b] - values[a]) / ((when[b] - when[a]) / _DAY)
        for a in range(len(when))
        for b in range(a + 1, len(when))
        if when[a] != when[b]
    ]
    return median(made) if made else None
