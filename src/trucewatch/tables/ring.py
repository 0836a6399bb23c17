"""Who is cut off from what, by whose map, under which treatment of ground that nobody is said to hold."""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.tables.contract import Contract

TREATMENTS = pl.Enum(["contested_free", "contested_hostile"])
ROUTE_STATES = pl.Enum(["open", "under_fire", "cut"])
REACHES = pl.Enum(["direct", "drones", "tube"])
MET = pl.Enum(["met", "not_met", "cannot_tell"])
BORNE = pl.Enum(["was_so", "was_not", "cannot_tell"])
RUNGS = (
    "none", "salient", "route contested by fire", "fire control", "all routes physically cut", "closed ring",
    "resolved",
)  # fmt: skip
"""The ladder, from 0 to 6."""

_MAP = (pl.String, "whose map")
_ON = (UTC_US, "the instant that the map speaks of")
_CAPTURE = (pl.String, "id of the capture that holds the map")
_TREATMENT = (
    TREATMENTS,
    "contested and unknown ground counted as free to pass, or as hostile; the truth lies between the two",
)
_SIDE = (pl.String, "the side whose force is asked after")
_RUNG_LOW = (pl.Int64, "the lowest rung of the ladder that the map leaves room for, 0 to 6; null where it tells none")
_RUNG_HIGH = (pl.Int64, "the highest rung that it leaves room for")
_NECK_LINE = (pl.Binary, "the neck as a segment, WKB in OGC:CRS84; null where there is none")
_POCKET = (pl.Binary, "the ground that it cuts off, WKB in OGC:CRS84")
_POCKET_KM2 = (pl.Float64, "area of that ground on the ellipsoid")

_KINDS: dict[str, Any] = {
    "last_open": UTC_US, "days_since_open": pl.Float64, "resolved": pl.String, "resolved_after": UTC_US,
    "resolved_by": UTC_US, "known_low": pl.Int64, "known_high": pl.Int64,
}  # fmt: skip
BECAME = pl.Schema(_KINDS)
"""Beside a row of `rings`: what the maps up to it say became of the place, `relieved` or `fell`, and since when."""

RINGS = Contract(
    "rings",
    {
        "source": _MAP,
        "on": _ON,
        "capture": _CAPTURE,
        "lag_h": (pl.Float64, "hours from the map's instant to the end of the day asked for"),
        "treatment": _TREATMENT,
        "side": _SIDE,
        "lon": (pl.Float64, "the place asked about, degrees east"),
        "lat": (pl.Float64, "and north"),
        "held_by": (
            pl.String,
            "who holds the place itself by this map; `unmarked` where it says nothing, `outside` where it is far off "
            "all that it draws",
        ),
        "neck_m": (
            pl.Float64,
            "the narrowest gap on the widest way to the main body, geodesic metres; 0 where none leads there; null "
            "where the place is not on ground that counts as its side's",
        ),
        "narrows": (pl.Boolean, "false: nothing on the way is narrower than the ground about the place"),
        "neck_line": _NECK_LINE,
        "pocket": _POCKET,
        "pocket_km2": _POCKET_KM2,
        "depth_m": (pl.Float64, "from the neck (where closed: from the main body) to the pocket's furthest point"),
        "facing": (pl.Float64, "share of the pocket's outline beyond which lies ground of another side, 0 to 1"),
        "front_m": (pl.Float64, "from the place to the nearest ground of another side; never a neck"),
        "rung_low": _RUNG_LOW,
        "rung_high": _RUNG_HIGH,
        "physical": (MET, "physical closure: no ground leads out"),
        "lines": (MET, "control of all ground lines of communication: every road given is cut"),
        "fire": (MET, "fire control: every way out lies within reach; met only with incidents near each road left"),
        "routes_left": (pl.Int64, "ways by road that share no stretch and are not cut; null where no road was given"),
        "because": (pl.String, "what decides the rung"),
        "would_settle": (pl.String, "what would settle the rest"),
    },
    needed=("source", "on", "capture", "treatment", "side", "lon", "lat", "because"),
    key=None,
)
POCKETS = Contract(
    "pockets",
    {
        "source": _MAP,
        "on": _ON,
        "capture": _CAPTURE,
        "treatment": _TREATMENT,
        "side": _SIDE,
        "lon": (pl.Float64, "the middle of its widest disc, degrees east"),
        "lat": (pl.Float64, "and north"),
        "neck_m": (pl.Float64, "a corridor narrower than this cuts it off already; 0 where it is closed off"),
        "wide_m": (pl.Float64, "diameter of the widest disc inside: it is gone when the corridor asked for is wider"),
        "persistence_m": (pl.Float64, "over how many metres of corridor width it is a pocket: wide_m less neck_m"),
        "neck_line": _NECK_LINE,
        "pocket": _POCKET,
        "pocket_km2": _POCKET_KM2,
        "depth_m": (pl.Float64, "from the neck (where closed: from the main body) to its furthest point"),
        "facing": (pl.Float64, "share of its outline beyond which lies ground of another side, 0 to 1"),
        "fit_to_tell": (pl.Boolean, "false: smaller or narrower than what the map can be trusted to draw"),
        "because": (pl.String, "why not, where it is not"),
    },
    needed=("source", "on", "capture", "treatment", "side", "lon", "lat", "neck_m", "wide_m", "persistence_m"),
    key=None,
)
ROUTES = Contract(
    "routes",
    {
        "source": _MAP,
        "on": _ON,
        "treatment": _TREATMENT,
        "side": _SIDE,
        "route": (pl.Int64, "1 is the least exposed of those that share no stretch; cut roads come after"),
        "roads": (pl.List(pl.String), "names of the roads on it"),
        "state": (ROUTE_STATES, "open, within reach of another side's ground, or leading through it"),
        "reach": (REACHES, "the shortest of the stated reaches within which it lies; null where open or cut"),
        "least_m": (pl.Float64, "how near it comes to another side's ground, beyond the place's surroundings"),
        "length_m": (pl.Float64, "how long it is"),
        "incidents": (pl.Int64, "recent incidents near it; null where no incidents were given"),
        "line": (pl.Binary, "WKB in OGC:CRS84; restricted"),
    },
    needed=("source", "on", "treatment", "side", "route", "roads", "state"),
    key=None,
)
RING_CLAIMS = Contract(
    "ring_claims",
    {
        "claimant": (pl.String, "who says it"),
        "claim": (pl.String, "the rungs that it claims, as `encircled` or `cut off`"),
        "force": (pl.String, "which force, as the claimant says"),
        "side": _SIDE,
        "day": (pl.Date, "the day that it speaks of"),
        "wording": (pl.String, "the words used"),
        "source": (pl.String, "by whose map"),
        "on": _ON,
        "says": (BORNE, "that map: it was so, it was not, or it cannot tell"),
        "rung_low": _RUNG_LOW,
        "rung_high": _RUNG_HIGH,
        "against_interest": (pl.Boolean, "the claimant says what serves the other side; null where nobody told whose"),
        "map_against_interest": (pl.Boolean, "the map does, whose mapper stands with a side; null where nobody told"),
        "because": (pl.String, "what decides"),
        "would_settle": (pl.String, "what would settle it"),
    },
    needed=("claimant", "claim", "side", "day", "source", "says", "because"),
    key=None,
)
