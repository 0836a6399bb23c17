"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AssessParams:
    """Where bounds become words, and how finely a place is weighed."""

    indicated: float = 0.5
    """From this lower bound on an incident is *indicated*: more likely than not, however the open doubts turn out."""
    strongly_indicated: float = 0.9
    """From this lower bound on it is *strongly indicated*; about "very likely" in analysts' estimative words."""
    settled: float = 0.9
    """A doubt at or above this is not worth settling further."""
    sure_sigmas: float = 4.0
    """Further than this many standard deviations from a zone's edge, inside is inside: 1 in 10,000 is out there."""
    zone_points: int = 96
    """Points of the error circle that are tried against a zone's edge; the chance comes in steps of 1/96."""
    radius_sigmas: float = 2.4477
    """`radius_m` holds 95 in 100; a round normal scatter does so at this many standard deviations."""
    edge_matters: float = 0.05
    """Where a zone's edge may be off, chances to be inside that differ by more than this are not known."""
    line_step_deg: float = 0.05
    """A line is cut into pieces of this many degrees before it is widened, so that it stays true on a round earth."""
