"""maps of control, a place, a side, roads -> rings, pockets, routes. Is a force cut off, and by whose map?"""

from trucewatch.ring.claims import CLAIMS, Claim, check, claim_in
from trucewatch.ring.control import OPEN, TREATMENTS, Asked, Drawn, drawn
from trucewatch.ring.ladder import NOTHING, OUTSIDE, RUNGS
from trucewatch.ring.params import RingParams
from trucewatch.ring.question import Question, answered, question
from trucewatch.ring.rings import Beside, Rings, maps_of_day, maps_of_span, rings
from trucewatch.ring.routes import Roads
from trucewatch.ring.scan import middle_of_map, scan
from trucewatch.ring.trend import SETTLES, became, trend

__all__ = [
    "CLAIMS", "NOTHING", "OPEN", "OUTSIDE", "RUNGS", "SETTLES", "TREATMENTS", "Asked", "Beside", "Claim", "Drawn",
    "Question", "RingParams", "Rings", "Roads", "answered", "became", "check", "claim_in", "drawn", "maps_of_day",
    "maps_of_span", "middle_of_map", "question", "rings", "scan", "trend",
]  # fmt: skip
