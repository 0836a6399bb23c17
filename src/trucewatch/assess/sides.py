"""evidence, an agreement, what was given beside it -> attributions, attributed, and motives where they were asked for.

What is given is text, as files hold it, so that a run can keep it and be made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trucewatch.assess.attribution import Evidence, attribute
from trucewatch.assess.model import Agreement
from trucewatch.assess.motive import motives, weigh_motives
from trucewatch.assess.params import AttributionParams
from trucewatch.assess.ranges import ranges


@dataclass(frozen=True)
class Given:
    """ranges: a table of weapons' ranges; motive: a table of likelihoods, or None; speaks: source -> party."""

    ranges: str
    motive: str | None = None
    speaks: Mapping[str, str] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As a run's body keeps it."""
        return {"ranges": self.ranges, "motive": self.motive, "speaks": dict(self.speaks)}


def sides(evidence: Evidence, agreement: Agreement, given: Given, params: AttributionParams) -> dict[str, pl.DataFrame]:
    """The tables by their names; `motives` only where a table of likelihoods is given."""
    made = attribute(evidence, agreement, ranges(given.ranges), given.speaks, params)
    tables = {"attributions": made.attributions, "attributed": made.attributed}
    if given.motive is not None:
        table = motives(given.motive)
        tables["motives"] = weigh_motives(evidence.incidents, evidence.areas, agreement, table)
    return tables
