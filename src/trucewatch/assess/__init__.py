"""incidents, areas, an agreement -> terms, findings. What does each term, as each party reads it, say of each?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.assess.advance import advances
from trucewatch.assess.cases import cases
from trucewatch.assess.grounds import ground_findings
from trucewatch.assess.model import TEXT, Agreement, Party, Reading, Term, When
from trucewatch.assess.owed import findings_of as owed_findings
from trucewatch.assess.owed import owed_table
from trucewatch.assess.params import AssessParams
from trucewatch.assess.rows import terms_table
from trucewatch.assess.settled import SETTLED, say, settle
from trucewatch.assess.terms import agreement
from trucewatch.assess.weigh import contested, weigh
from trucewatch.tables import FINDINGS, STATEMENTS

__all__ = [
    "TEXT", "Agreement", "AssessParams", "Assessed", "Party", "Reading", "Term", "When", "agreement", "assess",
]  # fmt: skip
_ORDER = ["article", "term", "reading", "t0", "t1", "subject"]


@dataclass(frozen=True)
class Assessed:
    """What the room hands on. left_out: term, reading, reason, n; owed: what was counted of what was owed;
    ground: what maps show of ground gained where lines were frozen."""

    terms: pl.DataFrame
    findings: pl.DataFrame
    left_out: pl.DataFrame
    owed: pl.DataFrame
    ground: pl.DataFrame


def assess(
    incidents: pl.DataFrame,
    areas: pl.DataFrame,
    agreed: Agreement,
    params: AssessParams | None = None,
    statements: pl.DataFrame | None = None,
    settled: pl.DataFrame | None = None,
) -> Assessed:
    """incidents, areas, agreement, statements (counts, notices), settled doubts -> terms, findings, and more.

    Every assessment is made once per reading. The subject of a finding is an incident; or a period, of what was owed
    in it; or two maps of one mapper, of the ground that changed hands between them. The tool indicates, people
    determine: a finding has bounds, the weakest link, and what would settle it.
    """
    params = params or AssessParams()
    statements = STATEMENTS.empty() if statements is None else statements
    settled = pl.DataFrame(schema=SETTLED) if settled is None else settled
    terms = terms_table(agreed, areas, params)
    pairs, left_out = cases(incidents, terms, agreed, params, statements)
    weighed = contested(say(weigh(settle(pairs, settled), params)), terms).sort(_ORDER)
    owed = owed_table(agreed, statements, params)
    ground = advances(agreed, areas, params)
    findings = [
        FINDINGS.fit(weighed.drop("t0", "t1", "lacks", "unless", "may_answer", "free")),
        owed_findings(owed, agreed, params, settled),
        ground_findings(ground, agreed, params, settled),
    ]
    return Assessed(terms, FINDINGS.check(pl.concat(findings)), left_out, owed, ground)
