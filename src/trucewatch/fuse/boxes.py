"""How wide a box of degrees has to be, so that whatever lies in reach is in the same box or one next to it."""

from __future__ import annotations

import math

from trucewatch.base.place import EARTH_M, METRES_PER_DEGREE

HAIR = 1.0001
"""A box is wider than its reach by this, so that rounding never parts a pair."""


def box_degrees(reach_m: float, furthest_lat: float) -> tuple[float, float]:
    """A reach in metres, and the furthest latitude from the equator -> degrees of longitude, degrees of latitude.

    Two points no further from the equator than that and within reach differ by less than this. Near a pole every
    longitude is in reach, and one box goes round the earth.

    >>> [round(side, 3) for side in box_degrees(10_000.0, 60.0)]
    [0.18, 0.09]
    """
    share = math.sin(min(reach_m / (2 * EARTH_M), math.pi / 2)) / max(math.cos(math.radians(furthest_lat)), 1e-12)
    wide = math.degrees(2 * math.asin(share)) if share < 1 else 360.0
    return HAIR * wide, HAIR * reach_m / METRES_PER_DEGREE
