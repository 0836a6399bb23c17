"""arrivals, sectors -> places, regions, problems. Where did it happen, and how far off may that be?

Location is never turned into who fired: nothing here knows of a party, a side or a direction of flight.
"""

from __future__ import annotations

from trucewatch.locate.params import ArrivalParams, SectorParams, StreamParams

__all__ = ["ArrivalParams", "SectorParams", "StreamParams"]
