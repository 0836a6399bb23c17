"""How each act behaves here, and what is hit: orders of magnitude from public daily reports, not fitted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Act:
    """One act of the dictionary (trucewatch.kinds)."""

    name: str
    near: float
    """Weight among acts near the line."""
    deep: float
    """Weight among acts far behind the line."""
    across_km: float
    """Mean distance from the line."""
    own_side: bool
    """It is seen on the ground of whoever does it (a column on the road), not of the other side (shelling)."""
    minutes: float
    """Median duration."""
    count: float
    """Mean number of sounds, shots or vehicles."""
    harm: float
    """Mean killed."""
    fire: float
    """Chance to start a fire that a satellite could see."""
    heard_km: float
    """Distance at which a patrol's chance to notice falls to 1/e."""
    coarse: str
    """What a source calls it that could not tell more."""


ACT_TABLE: tuple[Act, ...] = (
    Act("shelling", 0.46, 0.00, 4.0, False, 25, 8, 0.25, 0.30, 10, "explosion"),
    Act("air_strike", 0.05, 0.08, 6.0, False, 5, 2, 0.80, 0.50, 12, "air_or_drone_strike"),
    Act("missile_strike", 0.01, 0.30, 8.0, False, 5, 2, 1.20, 0.60, 12, "strike_from_afar"),
    Act("drone_strike", 0.22, 0.48, 5.0, False, 8, 1, 0.40, 0.35, 6, "air_or_drone_strike"),
    Act("small_arms", 0.12, 0.00, 0.6, False, 20, 30, 0.15, 0.04, 3, "firing"),
    Act("assault", 0.05, 0.00, 0.8, False, 90, 40, 1.50, 0.20, 5, "clash"),
    Act("mine_blast", 0.02, 0.00, 1.0, False, 1, 1, 0.60, 0.10, 6, "explosion"),
    Act("air_defence", 0.01, 0.10, 5.0, True, 5, 3, 0.00, 0.04, 12, "explosion"),
    Act("redeployment", 0.03, 0.03, 8.0, True, 120, 12, 0.00, 0.00, 2, "unspecified"),
    Act("works", 0.02, 0.00, 3.0, True, 300, 1, 0.00, 0.00, 2, "unspecified"),
    Act("overflight", 0.01, 0.01, 3.0, False, 20, 1, 0.00, 0.00, 3, "unspecified"),
    Act("control", 0.00, 0.00, 0.0, False, 60, 1, 0.00, 0.00, 3, "unspecified"),
    Act("burning", 0.00, 0.00, 0.0, False, 60, 1, 0.00, 0.75, 0, "damage"),
)
"""Weights need not sum to one. `control` comes only with the advance, `burning` only with peaceful fires."""
CODE = {act.name: n for n, act in enumerate(ACT_TABLE)}
"""Name of an act -> its row in the table."""

NEAR_TARGETS = {
    "military": 0.55, "housing": 0.25, "transport": 0.05, "energy": 0.03, "school": 0.02, "medical": 0.02,
    "water": 0.02, "other": 0.06,
}  # fmt: skip
"""What is hit near the line: mostly positions and homes."""
DEEP_TARGETS = {
    "energy": 0.30, "industry": 0.20, "housing": 0.20, "transport": 0.15, "military": 0.10, "medical": 0.02,
    "government": 0.03,
}  # fmt: skip
"""What is hit far behind it: mostly what is worth a missile."""
