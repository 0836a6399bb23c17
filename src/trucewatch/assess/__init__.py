"""incidents, areas, an agreement -> terms, findings. What does each term, as each party reads it, say of each?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.assess.cases import cases
from trucewatch.assess.model import TEXT, Agreement, Party, Reading, Term, When
from trucewatch.assess.params import AssessParams
from trucewatch.assess.rows import terms_table
from trucewatch.assess.terms import agreement
from trucewatch.assess.weigh import contested, weigh
from trucewatch.tables import FINDINGS

__all__ = [
    "TEXT", "Agreement", "AssessParams", "Assessed", "Party", "Reading", "Term", "When", "agreement", "assess",
]  # fmt: skip
_ORDER = ["article", "term", "reading", "t0", "t1", "subject"]


@dataclass(frozen=True)
class Assessed:
    """What the room hands on. left_out: term, reading, reason, n."""

    terms: pl.DataFrame
    findings: pl.DataFrame
    left_out: pl.DataFrame


def assess(
    incidents: pl.DataFrame, areas: pl.DataFrame, agreed: Agreement, params: AssessParams | None = None
) -> Assessed:
    """incidents, areas, agreement -> terms, findings, left_out. Every assessment is made once per reading.

    The tool indicates, people determine: a finding has bounds, the weakest link, and what would settle it.
    """
    params = params or AssessParams()
    terms = terms_table(agreed, areas, params)
    pairs, left_out = cases(incidents, terms, agreed, params)
    weighed = contested(weigh(pairs, params), terms).sort(_ORDER)
    return Assessed(terms, FINDINGS.fit(weighed.drop("t0", "t1", "lacks", "unless", "may_answer")), left_out)
