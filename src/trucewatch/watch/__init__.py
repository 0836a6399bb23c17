"""counts, exposure -> clusters, alarms, trends. Has anything changed, where, and how often would that be chance?"""

from __future__ import annotations

from trucewatch.watch.params import ScanParams

__all__ = ["ScanParams"]
