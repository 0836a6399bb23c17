"""news text -> drafts; statements, incidents, coverage, maps, terms -> checks. Who said what, and does the record bear
it out?
"""

from __future__ import annotations

from trucewatch.claims.check import Checked, check
from trucewatch.claims.copies import lineages
from trucewatch.claims.draft import Reading, drafts, own_day, unread
from trucewatch.claims.evidence import Evidence
from trucewatch.claims.params import CheckParams, ReadParams
from trucewatch.claims.speakers import parties
from trucewatch.claims.things import gazetteer
from trucewatch.claims.wording import wording

__all__ = [
    "CheckParams", "Checked", "Evidence", "ReadParams", "Reading", "check", "drafts", "gazetteer", "lineages",
    "own_day", "parties", "unread", "wording",
]  # fmt: skip
