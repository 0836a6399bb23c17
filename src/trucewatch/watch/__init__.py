"""counts, exposure -> clusters, alarms, trends. Has anything changed, where, and how often would that be chance?"""

from __future__ import annotations

from trucewatch.watch.change import ChangeAsk, change
from trucewatch.watch.front import advance, update_lag
from trucewatch.watch.params import PauseParams, ScanParams
from trucewatch.watch.pause import PauseAsk, pause

__all__ = ["ChangeAsk", "PauseAsk", "PauseParams", "ScanParams", "advance", "change", "pause", "update_lag"]
