"""news text -> drafts; statements, incidents, coverage, maps, terms -> checks. Who said what, and does the record bear
it out?
"""

from __future__ import annotations

from trucewatch.claims.draft import Reading, drafts, own_day
from trucewatch.claims.speakers import parties
from trucewatch.claims.things import gazetteer
from trucewatch.claims.wording import wording

__all__ = ["Reading", "drafts", "gazetteer", "own_day", "parties", "wording"]
