"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Bounds = tuple[float, float]
NOTHING_KNOWN: Bounds = (0.0, 1.0)
"""What is assumed of a means or an act that nobody has said anything of."""


def _notice() -> dict[str, dict[str, Bounds]]:
    blasts: dict[str, Bounds] = {
        "air_strike": (0.7, 1.0), "missile_strike": (0.7, 1.0), "shelling": (0.7, 1.0), "drone_strike": (0.3, 0.9),
        "mine_blast": (0.5, 1.0), "air_defence": (0.5, 1.0), "accident": (0.3, 1.0),
    }  # fmt: skip
    on_the_move = ("reinforcement", "rotation", "resupply", "redeployment", "evacuation", "presence", "works")
    moves: dict[str, Bounds] = dict.fromkeys(on_the_move, (0.05, 0.6))
    return {
        "satellite": {
            "shelling": (0.005, 0.4), "air_strike": (0.005, 0.6), "missile_strike": (0.005, 0.7),
            "drone_strike": (0.005, 0.5), "small_arms": (0.0, 0.1), "assault": (0.005, 0.3), "mine_blast": (0.0, 0.2),
            "air_defence": (0.0, 0.1), "burning": (0.3, 0.9), "accident": (0.05, 0.8),
            **dict.fromkeys(
                ("killing", "detention", "overflight", "reinforcement", "rotation", "resupply", "redeployment",
                 "evacuation", "exchange", "presence", "works", "control", "obstruction"),
                (0.0, 0.0),
            ),
        },
        "patrol": {
            **blasts, **moves, "small_arms": (0.3, 0.9), "assault": (0.5, 1.0), "overflight": (0.1, 0.7),
            "control": (0.2, 1.0), "obstruction": (0.5, 1.0), "burning": (0.2, 0.9), "killing": (0.0, 0.5),
            "detention": (0.0, 0.4),
        },
        "camera": {
            **blasts, **moves, "small_arms": (0.2, 0.8), "assault": (0.3, 1.0), "overflight": (0.05, 0.5),
            "burning": (0.3, 1.0), "killing": (0.0, 0.3), "detention": (0.0, 0.2),
        },
        "sensor": {
            **blasts, "small_arms": (0.0, 0.8), "assault": (0.2, 1.0),
            **dict.fromkeys(
                ("killing", "detention", "exchange", "control", "obstruction", "burning", *moves), (0.0, 0.0)
            ),
        },
        "drone": {
            **blasts, **dict.fromkeys(moves, (0.2, 0.9)), "small_arms": (0.0, 0.5), "assault": (0.4, 1.0),
            "control": (0.2, 1.0), "burning": (0.5, 1.0), "obstruction": (0.1, 0.8),
        },
        "outlet": {},
    }  # fmt: skip


@dataclass(frozen=True)
class CoverParams:
    """Numbers that turn looks into chances. First values: bounds so wide that field knowledge does not contradict
    them, to be narrowed by the mission's own trials."""

    cell_m: float = 5_000.0
    """Side in metres of the cells of ground: about what a patrol hears, and what the public level blurs to."""
    span_s: float = 86_400.0
    """Length in seconds of the spans: most sources know no finer time than the day."""
    samples: int = 4
    """Points along each side of a cell by which the share of it that was looked at is measured: sixteenths."""
    most_samples: int = 400_000
    """A look wider than this many sample points is measured by cells' centres alone; only the edge depends on it."""
    most_cells: int = 1_000_000
    """Cells times spans beyond which no map is made: the answer would outgrow the machine; choose larger ones."""
    linger_s: Mapping[str, float] = field(default_factory=lambda: {"satellite": 6 * 3_600.0, "outlet": 3 * 86_400.0})
    """By means, seconds for which a trace stays: a pass sees what began to burn hours before, a newsroom hears of what
    happened days ago. Others have to be there when it happens."""
    least_look_s: float = 60.0
    """A look shorter than this many seconds counts as this long: feeds know no finer time than the minute."""
    notice: Mapping[str, Mapping[str, Bounds]] = field(default_factory=_notice)
    """By means and act, the share (least, most) of what its lookers notice in general that they notice of this act. A
    satellite's least for strikes is what a year of one instrument showed beside checked reports: 79 of 6,643, a third
    of them coincidence. What is not listed may be anything between nothing and all."""
