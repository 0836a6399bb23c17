"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LogParams:
    """What a verifier lets pass. What the formats fix (widths, lengths) stands beside the format."""

    clock_slack_s: int = 300
    """A cosignature may be this far ahead of the verifier's clock: clocks without a time service drift by minutes."""
