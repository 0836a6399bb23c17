"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScanParams:
    """Numbers of the scan for clusters in space and time that no option gives."""

    least_cases: int = 2
    """A cluster of one case is a case: nothing is near it."""
    most_share: float = 0.5
    """More than this share of all cases is no cluster: then the rest is where something happened, or did not."""
    most_clusters: int = 20
    """So many clusters are told at most; those further down the list have never been of use to anybody."""
    sphere_km: float = 6_371.0
    """Radius of the sphere on which distances are measured, as the method's other programs have it."""
    same_km: float = 1e-6
    """Distances that differ by less are the same, and enter a circle together: a millimetre, above rounding's reach."""
