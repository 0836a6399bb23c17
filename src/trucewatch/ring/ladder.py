"""Measures -> the rungs that a map leaves room for, which doctrine's definition is met, what would settle.

    0 none   1 salient   2 route contested by fire   3 fire control   4 all routes physically cut   5 closed ring
    6 resolved (relieved, broke out, fell, withdrew)

The lower rung is what the map itself shows; the upper is what it cannot exclude. That something is within reach is no
more than that it may be fired at: the lower rung rises to 2 only with incidents near every road that is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.ring.params import RingParams
from trucewatch.ring.pocket import Measured
from trucewatch.tables.ring import RUNGS as RUNGS

OUTSIDE = "outside"
"""In place of a holder: the place lies further outside everything drawn than a map speaks of."""
REAR = "rear"
"""In place of a holder: the place is the side's, and the point said to be its main body is not."""
NOTHING = "nothing: it lies open by this map"
_DEFINITIONS = ("physical", "lines", "fire")
NONE, SALIENT, CONTESTED, FIRE, CUT, CLOSED, RESOLVED = range(7)


@dataclass(frozen=True)
class Rung:
    """Bounds on the ladder, the three definitions, and the words for both."""

    low: int | None
    high: int | None
    physical: str
    lines: str
    fire: str
    because: str
    settle: str


def rung(found: Measured, held_by: str, side: str, routes: pl.DataFrame | None, params: RingParams) -> Rung:
    """A place's measures by one map under one treatment -> its rung. routes: ROUTES of them, None where none given.

    Where the rule of how ground opens hangs on a little, the bounds hold the rungs on both sides of it.
    """
    made = _rung(found, held_by, side, routes, params)
    if found.enclosed and found.neck_m:
        return _enclosed(made, side)
    if found.nearly is None:
        return made
    near = _rung(found.nearly, held_by, side, routes, params)
    if (near.low, near.high) == (made.low, made.high) or None in (near.low, made.low, near.high, made.high):
        return made
    neck = f"a neck of {found.nearly.neck_m:,.0f} m would count" if found.nearly.narrows else "no neck would count"
    low = min(one for one in (made.low, near.low) if one is not None)
    high = max(one for one in (made.high, near.high) if one is not None)
    same = {n: getattr(made, n) if getattr(made, n) == getattr(near, n) else "cannot_tell" for n in _DEFINITIONS}
    because = f"{made.because}; by the rule of 60 degrees it hangs on little: drawn a little differently, {neck}"
    settle = "; ".join(dict.fromkeys(one.settle for one in (made, near) if one.settle != NOTHING))
    return Rung(low, high, **same, because=because, settle=settle)


def _enclosed(made: Rung, side: str) -> Rung:
    """All of the main body has others around it: that it is the main body is no more than what this map draws."""
    because = f"{made.because}; but others lie all around this ground of {side}, and its main body may be elsewhere"
    settle = "where its main body is (--rear), and who holds what the map leaves unmarked (--elsewhere)"
    return Rung(made.low, CLOSED, "cannot_tell", "cannot_tell", "cannot_tell", because, settle)


def _rung(found: Measured, held_by: str, side: str, routes: pl.DataFrame | None, params: RingParams) -> Rung:
    if found.neck_m is None:
        return _untold(held_by, side)
    if found.neck_m == 0.0:
        return _closed(found, params)
    if not found.narrows:
        return Rung(
            NONE, NONE, "not_met", "not_met" if routes is None or _left(routes) else "cannot_tell", "not_met",
            "no corridor is narrower than the ground about the place: no neck; the number is the width of that ground",
            NOTHING,
        )  # fmt: skip
    low, shape = _shape(found, params)
    high, why = _reached(found.neck_m / 2, params) if routes is None else _roads(routes, params)
    lines = "cannot_tell" if routes is None else "not_met" if _left(routes) else "met"
    settle = []
    fire = "cannot_tell" if high >= CONTESTED else "not_met"
    if routes is None:
        if found.neck_m <= params.roadless_m:
            high = max(high, CUT)
            why += f"; no roads were given, and a corridor of {found.neck_m:,.0f} m may have none that is open"
            settle.append("the roads through the corridor, and whether each is passable")
        else:
            lines = "not_met"
    elif not _left(routes):
        low = high = CUT
        fire = "met"
    elif _shot_at(routes):
        low, fire = max(low, CONTESTED), "met" if high >= FIRE else "cannot_tell"
    if high >= CONTESTED and routes is not None:
        settle.append("when the last vehicle passed each road that is left, and what was fired at it")
    if found.neck_m < params.grain_m:
        high = max(high, CLOSED)
        why += f"; a neck under {params.grain_m:g} m is finer than the map is drawn"
        settle.append("a sighting of troops of either side in the neck, or a finer map")
    high = max(low, high)
    physical = "cannot_tell" if high >= CLOSED else "not_met"
    because = f"a neck of {found.neck_m:,.0f} m; {shape}; {why}"
    return Rung(low, high, physical, lines, fire, because, "; ".join(settle) or "a later map")


def _untold(held_by: str, side: str) -> Rung:
    cannot = "cannot_tell"
    if held_by in ("contested", "unknown"):
        return Rung(
            NONE, RESOLVED, cannot, cannot, cannot,
            f"the place itself is {held_by}: counted as hostile it is not {side}'s",
            "who holds the place itself",
        )  # fmt: skip
    what = {
        "unmarked": "the place is on ground that the map leaves unmarked",
        OUTSIDE: "the place is far outside everything drawn",
        "barrier": "the place is on a barrier",
        REAR: f"the point of the main body (--rear) is not on ground of {side}",
    }.get(held_by, f"the place is on ground of {held_by}")
    settle = {OUTSIDE: "a map of that ground", REAR: f"a point of the main body that {side} holds"}
    return Rung(None, None, cannot, cannot, cannot, f"{what} by this map, so it tells nothing of {side} there",
                settle.get(held_by, f"a place that {side} holds"))  # fmt: skip


def _closed(found: Measured, params: RingParams) -> Rung:
    small = found.pocket is not None and found.pocket.km2 < params.pocket_least_km2
    size = "" if found.pocket is None else f"; {found.pocket.km2:,.1f} km2 are cut off"
    doubt = ", less than the map can be trusted to draw" if small else ""
    return Rung(
        CLOSED, CLOSED, "met", "met", "met", f"no ground leads to the main body{size}{doubt}",
        "a sighting of troops of either side where the ring is thinnest; whether air or drones supply it",
    )  # fmt: skip


def _shape(found: Measured, params: RingParams) -> tuple[int, str]:
    """Is it a salient: the other side along half of the outline, and deep for its neck?"""
    pocket, neck = found.pocket, found.neck_m or 0.0
    if pocket is None or pocket.facing is None or pocket.depth_m is None:
        return NONE, "its shape is not told"
    says = f"{pocket.facing:.0%} of the outline faces the other side, {pocket.depth_m:,.0f} m deep"
    is_one = pocket.facing >= params.salient_facing and pocket.depth_m >= params.salient_depth * neck
    return (SALIENT if is_one and neck <= 2 * params.tube_m else NONE), says


def _reached(off_m: float, params: RingParams) -> tuple[int, str]:
    """How far the middle of the only way is from the other side -> the highest rung, and by which reach."""
    for name, reach, most in (
        ("direct fire", params.direct_m, FIRE),
        ("drones", params.drones_m, FIRE),
        ("tube artillery", params.tube_m, CONTESTED),
    ):
        if off_m <= reach:
            return most, f"its middle is {off_m:,.0f} m from the other side, within {name} ({reach / 1000:g} km)"
    return SALIENT, f"its middle is {off_m:,.0f} m from the other side, beyond the stated reaches"


def _left(routes: pl.DataFrame) -> int:
    return routes.filter(pl.col("state") != "cut").height


def _roads(routes: pl.DataFrame, params: RingParams) -> tuple[int, str]:
    """The least exposed road that is left decides."""
    left = routes.filter(pl.col("state") != "cut")
    if left.is_empty():
        return CUT, "every road given is cut; small parties may pass"
    best = left["least_m"].max()
    assert isinstance(best, float)
    most, why = _reached(best, params)
    return most, f"{left.height} separate roads are left; {why.replace('its middle is', 'the least exposed comes to')}"


def _shot_at(routes: pl.DataFrame) -> bool:
    """Were there recent incidents near every road that is left?"""
    left = routes.filter(pl.col("state") != "cut")["incidents"]
    return bool(len(left)) and left.null_count() == 0 and bool((left > 0).all())
