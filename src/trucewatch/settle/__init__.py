"""positions, exposure -> moves, conflicts, packages, keepings. What could both accept, and would they keep it?"""

from __future__ import annotations

from trucewatch.settle.drafts import crossed
from trucewatch.settle.keep import DETECTED, asked_of_watch, keepings
from trucewatch.settle.lines import moves
from trucewatch.settle.looks import best_in_all, best_looks, look_values
from trucewatch.settle.model import FIRMNESS, Positions
from trucewatch.settle.params import SettleParams
from trucewatch.settle.points import Weighing, weigh
from trucewatch.settle.positions import positions
from trucewatch.settle.possible import Possible, possible
from trucewatch.settle.ranking import line_says
from trucewatch.settle.settled import Settled, settled
from trucewatch.settle.stakes import Keep, stakes
from trucewatch.settle.stuck import Stuck, stuck
from trucewatch.settle.weights import Weights, weights

__all__ = [
    "DETECTED", "FIRMNESS", "Keep", "Positions", "Possible", "SettleParams", "Settled", "Stuck", "Weighing", "Weights",
    "asked_of_watch", "best_in_all", "best_looks", "crossed", "keepings", "line_says", "look_values", "moves",
    "positions", "possible", "settled", "stakes", "stuck", "weigh", "weights",
]  # fmt: skip
