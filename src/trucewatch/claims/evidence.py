"""What statements are held against, and what each kind of assertion makes of it: a partial answer with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.tables import ANSWERS, AREAS, EXPOSURE, INCIDENTS, LINKS, OBSERVATIONS, TERMS


@dataclass(frozen=True)
class Evidence:
    """The record. parties: any word for a party, in small letters -> its id; until: the record ends here."""

    incidents: pl.DataFrame = field(default_factory=INCIDENTS.empty)
    links: pl.DataFrame = field(default_factory=LINKS.empty)
    observations: pl.DataFrame = field(default_factory=OBSERVATIONS.empty)
    areas: pl.DataFrame = field(default_factory=AREAS.empty)
    exposure: pl.DataFrame = field(default_factory=EXPOSURE.empty)
    terms: pl.DataFrame = field(default_factory=TERMS.empty)
    answers: pl.DataFrame = field(default_factory=ANSWERS.empty)
    parties: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None

    def party(self, name: str | None) -> str | None:
        """The id of the party that a name stands for."""
        return None if name is None else self.parties.get(" ".join(name.lower().split()))


@dataclass
class Answer:
    """Bounds on what is said being so, and how they came about."""

    low: float = 0.0
    high: float = 1.0
    because: str = ""
    would_settle: str | None = None
    looked_at: list[str] = field(default_factory=list)
    not_looked_at: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)

    def turned(self) -> Answer:
        """The answer to the contrary."""
        return Answer(
            1 - self.high,
            1 - self.low,
            self.because,
            self.would_settle,
            self.looked_at,
            self.not_looked_at,
            self.evidence,
        )


Row = Mapping[str, Any]


def own_side(row: Row, evidence: Evidence) -> str | None:
    """The side of a statement's speaker: for whom it speaks, the party that it is, or on whose side it stands."""
    for name in (row["on_behalf_of"], row["speaker"], row["side"]):
        if (party := evidence.party(name)) is not None:
            return party
    return None


def against_interest(row: Row, evidence: Evidence) -> bool | None:
    """Does it say of its own side what a rival would say, or of a rival what the rival would say itself?

    An act that one's own side did, a place that a rival holds, one's own force encircled; or that the rival did not do
    it, that one's own does not hold it. Null where no side is told, or of nobody is said anything.
    """
    own, whom, says = own_side(row, evidence), evidence.party(row["whom"]), row["asserts"]
    if own is None or whom is None or says is None:
        return None
    mine = own == whom
    return bool({
        "happened": mine, "not_happened": not mine, "held": not mine, "not_held": mine,
        "encircled": mine, "not_encircled": not mine,
    }.get(says, False))  # fmt: skip


def names_of(row: Row) -> set[str]:
    """Every name under which the speaker of a statement may stand as a source."""
    told = (row["speaker"], row["on_behalf_of"], row["source"], row["repeats"])
    return {" ".join(name.lower().split()) for name in told if name}
