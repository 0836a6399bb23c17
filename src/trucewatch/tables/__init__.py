"""Floor 1: the tables that pass between rooms, and their contracts. Rooms share nothing else.

Every instant is UTC in microseconds; spans are half-open [t0, t1). Longitude and latitude are
degrees in OGC:CRS84. Null always means "not told", never "none" and never "half".
"""

from __future__ import annotations

from trucewatch.tables.contract import Contract
from trucewatch.tables.learnt import CALIBRATION, CONSTRAINTS, DEPENDENCE, HAPPENED, LEARNT
from trucewatch.tables.made import EXEMPT, FINDINGS, FREED, INCIDENTS, LINKS, OWED, TERMS, VERDICTS
from trucewatch.tables.seen import AREAS, EXPOSURE, LOOKS, OBSERVATIONS, PROBLEMS, SECTOR, STANCES, STATEMENTS
from trucewatch.tables.sides import ATTRIBUTED, ATTRIBUTIONS, MOTIVES

__all__ = [
    "ALL", "AREAS", "ATTRIBUTED", "ATTRIBUTIONS", "CALIBRATION", "CONSTRAINTS", "DEPENDENCE", "EXEMPT", "EXPOSURE",
    "FINDINGS", "FREED", "HAPPENED", "INCIDENTS", "LEARNT", "LINKS", "LOOKS", "MOTIVES", "OBSERVATIONS", "OWED",
    "PROBLEMS", "READ", "SECTOR", "STANCES", "STATEMENTS", "TERMS", "VERDICTS", "Contract",
]  # fmt: skip

ALL: tuple[Contract, ...] = (
    OBSERVATIONS, LOOKS, AREAS, EXPOSURE, INCIDENTS, LINKS, TERMS, OWED, FINDINGS, STATEMENTS, PROBLEMS,
    ATTRIBUTIONS, ATTRIBUTED, MOTIVES, LEARNT, DEPENDENCE, CALIBRATION, CONSTRAINTS, HAPPENED,
)  # fmt: skip
READ: tuple[Contract, ...] = (OBSERVATIONS, LOOKS, AREAS, STATEMENTS, PROBLEMS)
"""The tables that a source's `read` may fill."""
