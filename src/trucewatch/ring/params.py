"""The numbers of the room `ring`, each with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RingParams:
    """How exactly a neck is measured, what the ladder's rungs are judged by, and what a map can be trusted to draw."""

    exact: float = 0.0002
    """A gap is measured again from wall to wall until no cut of the walls narrows it by more than this share: a fifth
    of the thousandth that is promised."""
    opening: float = 0.5
    """The place's surroundings go as far as the ground opens by this much of half-width for each metre of way, a wedge
    of 60 degrees: a corner or a bay is no corridor, a finger of ground is one."""
    opening_doubt: float = 0.2
    """Where the rule, made laxer or stricter by this share (wedges of 47 and 74 degrees), gives another rung, the
    bounds hold both: 60 degrees is a convention, and an outline drawn a little differently is no other siege."""
    slack: float = 0.01
    """What the opening may lack, as a share of the half-width at the place: drawn lines are not smooth."""
    across: float = 0.1
    """A disc that reaches across a wall by more than this share of its radius has the wall cut there: a fifth of
    `opening`, so that discs that are too large do not look like opening ground."""
    mesh_rounds: int = 16
    """Walls are cut in two so often at the most, until each piece is a side of triangles; each halves the piece."""
    neck_rounds: int = 40
    """The neck is measured again so often at the most; shapes with known answers need 3 to 8."""
    rounds_of_scan: int = 8
    """The same of a scan, where necks stand after two or three and the rest only trims the widest discs."""
    piece_least_m: float = 0.5
    """No piece of wall is halved below this; maps have five decimals of a degree, a metre."""
    edge_step_deg: float = 0.02
    """Edges are straight in degrees and get points this near, so that they bend as they should: a chord of 0.02 degrees
    is off by 0.1 m at 60 degrees north."""
    crack_m: float = 1.0
    """Gaps no wider than this are two outlines that were meant to meet (five decimals of a degree): closed."""
    grain_m: float = 100.0
    """What is narrower than this the map cannot be trusted to draw: whether it is open or shut is not told."""
    pocket_least_km2: float = 1.0
    """Pockets that are smaller are not told by the scan: hand-drawn outlines that nearly meet leave hundreds."""
    pocket_wide_m: float = 200.0
    """Nor those in which no disc of this diameter fits: a sliver between two outlines, and no ground for a force."""
    pocket_lasts_m: float = 100.0
    """Nor those that widening the corridor by this much ends: a dent, as every outline has. As much as the grain."""
    corridor_m: float = 2000.0
    """The scan's W where nobody says another: a corridor that is narrower is within direct fire from side to side."""
    direct_m: float = 2000.0
    """Aimed fire of heavy machine guns, tank guns and guided missiles on a road that is seen."""
    drones_m: float = 15_000.0
    """First-person-view drones in 2024-25: common to 15 km; flights to 50 km are told of: this is the cautious end."""
    tube_m: float = 25_000.0
    """Tube artillery of 152 to 155 mm with common shells."""
    near_road_m: float = 1000.0
    """Incidents this near a road are near it: most places are told to a kilometre or so."""
    recent_days: float = 7.0
    """Incidents so long before the map's instant are recent; a week covers one round of reporting."""
    from_place_m: float = 2000.0
    """A road's exposure counts from this far from the place: a place near the front is not a road under fire."""
    to_road_m: float = 5000.0
    """A road this near the place serves it, where it lies on the same ground."""
    join_m: float = 50.0
    """Ends of roads this near are joined: sketched networks do not always meet."""
    away_m: float = 30_000.0
    """Where there is no neck, a road has left when it is this far from the place: beyond tube artillery."""
    routes_most: int = 12
    """So many separate routes are told at the most."""
    roadless_m: float = 5000.0
    """Where no roads are given, a corridor this narrow may have none that is not cut; a wider one has."""
    salient_facing: float = 0.5
    """A salient faces the other side along half of its outline at least: three sides, of which the neck is none."""
    salient_depth: float = 0.5
    """And is at least this share of its neck deep: as a half disc is."""
    map_age_days: float = 7.0
    """A map that is older than this on the day asked for says nothing of it."""
    trend_days: float = 14.0
    """The trend is taken over the last fortnight: long enough for a dozen maps, short enough to be of now."""
    outside_km: float = 100.0
    """A place further than this outside everything drawn is outside the map."""
