"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SettleParams:
    """How far the search goes, and by what a solver is made to answer the same twice."""

    workers: int = 1
    """Searches that the solver runs side by side. One is fastest for the questions asked here, and gives the same
    package of several that are worth the same; the answer is proven with any number."""
    seed: int = 1
    """Where the solver's own dice start, so that of several packages worth the same it names the same one again."""
    quote_words: int = 12
    """A quote has at most this many words: a phrase shows what was meant; more would be copying a text."""
    most_sets: int = 2000
    """Conflicts and ways out of one knot, or packages of one part, beyond this are not listed, and the answer says so:
    nobody reads more, and there may be more than atoms."""
    spread: int = 16
    """Settings spread within the bounds of a user's weights, beside the middle and the ends: enough to see whether a
    point moves, and few enough that thirty issues are answered in minutes."""
    one_question: int = 10**9
    """Two worths are asked for in one question while the product of their units is at most this; beyond it the solver
    wades through the many values between, and two questions, one after the other, are faster."""
    most_starts: int = 64
    """Starts of a breach by which looks are compared, spread evenly over those at which some look begins or ends: the
    worth of thirty looks is asked at each. Whether an obligation is kept is asked at every start."""
    most_counted: int = 200_000
    """Packages of a part are counted one by one up to this many in all, a second of work; beyond it the count is left
    out, not guessed."""
