"""Step 7a: inspection games, solved exactly, in fractions.

Whoever is bound weighs a breach that nobody notices against one that is found out; whoever watches has only so many
looks. Avenhaus, von Stengel and Zamir, Inspection Games (Handbook of Game Theory 3, 2002); Dresher (1962).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Number = int | float | Fraction


def needed_once(gain: Fraction, loss: Fraction, accused: Fraction, false_alarm: Fraction) -> Fraction | None:
    """The least chance of being found out that makes keeping the better choice, a breach weighed by itself.

    A breach pays gain x (1 - p) - loss x p; keeping pays - accused x false_alarm, for whoever keeps may be accused all
    the same. Keeping is no worse from p = (gain + accused x false_alarm) / (gain + loss) on. None: no chance is.

    >>> needed_once(Fraction(1), Fraction(3), Fraction(0), Fraction(0))
    Fraction(1, 4)
    """
    if gain + loss <= 0:
        return Fraction(0) if gain + accused * false_alarm <= 0 else None
    return (gain + accused * false_alarm) / (gain + loss)


def needed_repeated(
    gain: Fraction, worth: Fraction, after: Fraction, patience: Fraction, false_alarm: Fraction
) -> Fraction | None:
    """The same where the truce goes on as long as nobody is found out, or falsely accused.

    worth: of a period of keeping; after: of all that follows once the truce has ended; patience: what the next period
    counts beside this one. Keeping for ever is worth V = (worth + patience f after) / (1 - patience (1 - f)), and no
    breach pays where gain <= patience (p - f) (V - after) (Green and Porter 1984; Abreu, Pearce and Stacchetti 1990).
    False alarms hurt twice. None: no chance suffices, as the truce is worth no more than its end.

    >>> needed_repeated(Fraction(1), Fraction(1), Fraction(0), Fraction(9, 10), Fraction(0))
    Fraction(1, 9)
    """
    over = patience * (worth - (1 - patience) * after)
    if over <= 0:
        return Fraction(0) if gain <= 0 else None
    return false_alarm + gain * (1 - patience * (1 - false_alarm)) / over


@functools.cache
def dresher(periods: int, inspections: int, loss: Fraction = Fraction(1)) -> Fraction:
    """What the bound party expects in Dresher's game: periods, fewer inspections, one breach at the most.

    Undetected it gains 1, found out it loses `loss`, keeping is worth 0. In each period both choose at once; both know
    what is left. Solved backwards; the value is also C(n-1, m) / sum over i <= m of C(n, i) loss^(m-i).

    >>> dresher(2, 1), dresher(4, 2)
    (Fraction(1, 3), Fraction(3, 11))
    """
    if inspections >= periods:
        return Fraction(0)
    if inspections == 0:
        return Fraction(1)
    # Inspected with chance x: keeping goes on with one inspection less, or with as many; a breach is decided now.
    kept, spared = dresher(periods - 1, inspections - 1, loss), dresher(periods - 1, inspections, loss)
    # Both choices of the bound party are worth the same where x (kept) + (1 - x) spared = -x loss + (1 - x).
    x = (1 - spared) / (1 - spared + kept + loss)
    return x * kept + (1 - x) * spared


@dataclass(frozen=True)
class Place:
    """Where a breach could be: what it gains there unnoticed, the chance now that it is noticed, and what one more look
    adds to that where it had not been noticed."""

    gain: Fraction
    noticed: Fraction
    look: Fraction


def spread(places: Sequence[Place], looks: Number, loss: Number) -> tuple[list[Fraction], Fraction]:
    """Looks that may be moved by lot -> the share of time at each place that leaves the least to gain anywhere, and
    what a breach then still gains at best (never below keeping, which is worth 0).

    Whoever breaches picks the place; whoever watches announces the shares, not where the look is today. At level v a
    place needs x(v) so that gain (1 - p) - loss p <= v; the sum of x(v) falls as v rises, in straight pieces: the level
    at which it is what there is lies on one of them, and is found exactly.
    """
    looks, loss = Fraction(looks), Fraction(loss)

    def need(place: Place, level: Fraction) -> Fraction:
        if place.gain + loss <= 0:
            return Fraction(0)
        lacks = (place.gain - level) / (place.gain + loss) - place.noticed
        if lacks <= 0:
            return Fraction(0)
        return lacks / ((1 - place.noticed) * place.look) if place.look and place.noticed < 1 else Fraction(2)

    def payoff(place: Place, share: Fraction) -> Fraction:
        noticed = place.noticed + (1 - place.noticed) * place.look * share
        return place.gain * (1 - noticed) - loss * noticed

    floor = max([Fraction(0), *(payoff(place, Fraction(1)) for place in places)])
    levels = sorted({floor} | {p for place in places if (p := payoff(place, Fraction(0))) > floor})
    level = floor
    if sum(min(need(place, floor), Fraction(1)) for place in places) > looks:
        for low, high in itertools.pairwise(levels):
            here, there = (sum((need(place, v) for place in places), Fraction(0)) for v in (low, high))
            if there <= looks:
                level = low + (high - low) * (here - looks) / (here - there)
                break
    return [min(need(place, level), Fraction(1)) for place in places], level
