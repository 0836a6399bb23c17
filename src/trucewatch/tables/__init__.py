"""Floor 1: the tables that pass between rooms, and their contracts. Rooms share nothing else.

Every instant is UTC in microseconds; spans are half-open [t0, t1). Longitude and latitude are
degrees in OGC:CRS84. Null always means "not told", never "none" and never "half".
"""

from __future__ import annotations

from trucewatch.tables.contract import Contract
from trucewatch.tables.covered import EXPOSURE, GAPS, SILENT, TOGETHER
from trucewatch.tables.learnt import (
    CALIBRATION,
    COMPLETENESS,
    CONSTRAINTS,
    DEPENDENCE,
    HAPPENED,
    LEARNT,
    RELIABILITY,
    REVIEW,
)
from trucewatch.tables.made import EXEMPT, FINDINGS, FREED, INCIDENTS, LINKS, OWED, REGIONS, TERMS, VERDICTS
from trucewatch.tables.paused import CHANGED, PAUSED
from trucewatch.tables.ring import POCKETS, RING_CLAIMS, RINGS, ROUTES
from trucewatch.tables.said import ANSWERS, BORNE, CHECKS
from trucewatch.tables.seen import (
    AREAS,
    ASSERTS,
    DRAFTS,
    LOOKS,
    OBSERVATIONS,
    PHASES,
    PROBLEMS,
    QUALIFIERS,
    SECTOR,
    SPEECH,
    STANCES,
    STATEMENTS,
)
from trucewatch.tables.settled import ALLOWED, CONFLICTS, CROSSED, HELD, KEEPINGS, LOOK_VALUES, MOVES, PACKAGES, POINTS
from trucewatch.tables.sides import ATTRIBUTED, ATTRIBUTIONS, MOTIVES
from trucewatch.tables.watched import ALARMS, CLUSTERS, TREND, WATCHED

__all__ = [
    "ALARMS", "ALL", "ALLOWED", "ANSWERS", "AREAS", "ASSERTS", "ATTRIBUTED", "ATTRIBUTIONS", "BORNE", "CALIBRATION",
    "CHANGED", "CHECKS", "CLUSTERS", "COMPLETENESS", "CONFLICTS", "CONSTRAINTS", "CROSSED", "DEPENDENCE", "DRAFTS",
    "EXEMPT", "EXPOSURE", "FINDINGS", "FREED", "GAPS", "HAPPENED", "HELD", "INCIDENTS", "KEEPINGS", "LEARNT", "LINKS",
    "LOOKS", "LOOK_VALUES", "MOTIVES", "MOVES", "OBSERVATIONS", "OWED", "PACKAGES", "PAUSED", "PHASES", "POCKETS",
    "POINTS", "PROBLEMS", "QUALIFIERS", "READ", "REGIONS", "RELIABILITY", "REVIEW", "RINGS", "RING_CLAIMS", "ROUTES",
    "SECTOR", "SILENT", "SPEECH", "STANCES", "STATEMENTS", "TERMS", "TOGETHER", "TREND", "VERDICTS", "WATCHED",
    "Contract",
]  # fmt: skip

ALL: tuple[Contract, ...] = (
    OBSERVATIONS, LOOKS, AREAS, EXPOSURE, REGIONS, INCIDENTS, LINKS, TERMS, OWED, FINDINGS, STATEMENTS, DRAFTS,
    PROBLEMS, CHECKS, ANSWERS,
    ATTRIBUTIONS, ATTRIBUTED, MOTIVES, LEARNT, DEPENDENCE, CALIBRATION, CONSTRAINTS, HAPPENED,
    REVIEW, RELIABILITY, COMPLETENESS,
    MOVES, CROSSED, HELD, CONFLICTS, ALLOWED, PACKAGES, POINTS, KEEPINGS, LOOK_VALUES,
    CLUSTERS,
    GAPS, SILENT,
    ALARMS, WATCHED,
    RINGS, POCKETS, ROUTES, RING_CLAIMS,
    TREND,
    PAUSED, CHANGED,
)  # fmt: skip
READ: tuple[Contract, ...] = (OBSERVATIONS, LOOKS, AREAS, STATEMENTS, DRAFTS, PROBLEMS)
"""The tables that a source's `read` may fill."""
