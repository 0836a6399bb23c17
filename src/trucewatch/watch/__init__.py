"""counts, exposure -> clusters, alarms, trends. Has anything changed, where, and how often would that be chance?"""

from __future__ import annotations

from trucewatch.watch.case import CaseAsk, case_ask_of, fitting, placed, watch_case
from trucewatch.watch.change import ChangeAsk, change
from trucewatch.watch.front import advance, update_lag
from trucewatch.watch.params import CaseParams, PauseParams, PowerParams, ScanParams
from trucewatch.watch.pause import PauseAsk, pause

__all__ = [
    "CaseAsk", "CaseParams", "ChangeAsk", "PauseAsk", "PauseParams", "PowerParams", "ScanParams", "advance",
    "case_ask_of", "change", "fitting", "pause", "placed", "update_lag", "watch_case",
]  # fmt: skip
