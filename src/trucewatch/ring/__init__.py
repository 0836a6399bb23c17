"""maps of control, a place, a side, roads -> rings, pockets, routes. Is a force cut off, and by whose map?"""

from trucewatch.ring.control import TREATMENTS, Asked, Drawn, drawn
from trucewatch.ring.ladder import RUNGS
from trucewatch.ring.params import RingParams
from trucewatch.ring.rings import Beside, Rings, maps_of_day, maps_of_span, rings
from trucewatch.ring.routes import Roads
from trucewatch.ring.scan import middle_of_map, scan

__all__ = [
    "RUNGS", "TREATMENTS", "Asked", "Beside", "Drawn", "RingParams", "Rings", "Roads", "drawn", "maps_of_day",
    "maps_of_span", "middle_of_map", "rings", "scan",
]  # fmt: skip
