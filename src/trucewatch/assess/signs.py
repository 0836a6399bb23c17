"""Signs of a motive that a record can show: each is seen, not seen, or not known. Not known is left out, never half.

What another side did before is only seen where the record names doers; a record without it is silent, not proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from trucewatch.assess.model import Agreement
from trucewatch.base.place import EARTH_M, cell_of
from trucewatch.kinds import ARMED, KINDS

OF_SIGN: Mapping[str, tuple[str, ...]] = {
    "follows_act": ("hours", "km"),
    "burst": ("hours", "km", "cell_km", "cells"),
    "ground_changed": ("days",),
    "no_party": (),
    "isolated_small_arms": ("hours", "km"),
    "near_talks": ("days",),
}
"""sign -> the numbers that it is looked for with."""
_HOUR_US = 3_600_000_000
_BLOCK = 256
Answers = NDArray[np.object_]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Scene:
    """What signs are looked for in: incidents that are surely acts of force, with `party` (of the doer), `stranger`
    (somebody named who is no party) and `small` (small arms: yes, no, or not known); maps; talks and signatures."""

    acts: pl.DataFrame
    areas: pl.DataFrame
    talks: tuple[datetime, ...]


def scene(incidents: pl.DataFrame, areas: pl.DataFrame, agreement: Agreement, talks: tuple[datetime, ...]) -> Scene:
    """incidents -> those of which every act that they may be is one of force, with who is said to have done it."""
    force = {*ARMED, "killing"}
    kinds = {kind: set(acts) for kind, acts in KINDS.items()}
    acts = incidents.filter(pl.col("kind").is_in([kind for kind, may in kinds.items() if may <= force]))
    named = {by: agreement.parties_of(by) for by in acts["by"].drop_nulls().unique().to_list()}
    party = {by: of[0].id for by, of in named.items() if len(of) == 1}
    strange = [by for by, of in named.items() if not of]
    small = {k: True if may == {"small_arms"} else None if "small_arms" in may else False for k, may in kinds.items()}
    acts = acts.with_columns(
        party=pl.col("by").replace_strict(party, default=None, return_dtype=pl.String),
        stranger=pl.col("by").is_in(strange),
        small=pl.col("kind").replace_strict(small, return_dtype=pl.Boolean),
    )
    return Scene(acts.sort("t0", "t1", "lat", "lon", "kind", "id"), areas, talks)


def look_for(sign: str, given: Scene, numbers: Mapping[str, float]) -> list[bool | None]:
    """sign, scene, its numbers -> for each act, in order: seen, not seen, or None where that is not known."""
    found: list[bool | None] = [None if one is None else bool(one) for one in _LOOKS[sign](given, numbers)]
    return found


def _follows_act(given: Scene, numbers: Mapping[str, float]) -> Answers:
    """An act of force by another party, over before this one began, within so many hours and kilometres."""
    acts = given.acts
    party = np.array([p or "" for p in acts["party"].to_list()], dtype=object)
    begin, end = _spans(acts)
    answers: Answers = np.full(acts.height, None, dtype=object)
    for at, others, far in _near(acts, numbers):
        known = (party[at] != "")[:, None]
        before = (end[others][None, :] <= begin[at][:, None]) & (
            end[at][:, None] - begin[others][None, :] <= numbers["hours"] * _HOUR_US
        )
        may = (begin[others][None, :] < end[at][:, None]) & (others[None, :] != at[:, None])
        by_other = (party[others][None, :] != party[at][:, None]) & (party[others] != "")[None, :]
        nobody = (party[others] == "")[None, :]
        close, maybe = far
        seen = known & before & by_other & close
        doubt = may & (by_other | nobody) & maybe
        answers[at] = _three(seen.any(1), ~(seen.any(1)) & ~(doubt.any(1)) & known[:, 0])
    return answers


def _burst(given: Scene, numbers: Mapping[str, float]) -> Answers:
    """Acts of force in so many cells of ground, this one's among them, within so many hours and kilometres."""
    acts = given.acts
    cells = acts.select(cell_of(pl.col("lon"), pl.col("lat"), numbers["cell_km"] * 1000).fill_null(0)).to_series()
    cell, placed = cells.to_numpy(), acts["lon"].is_not_null().to_numpy()
    begin, end = _spans(acts)
    answers: Answers = np.full(acts.height, None, dtype=object)
    for at, others, (close, maybe) in _near(acts, numbers):
        span = np.maximum(end[others][None, :], end[at][:, None]) - np.minimum(
            begin[others][None, :], begin[at][:, None]
        )
        sure = (span <= numbers["hours"] * _HOUR_US) & close
        for row, n in enumerate(at):
            if not placed[n]:
                continue
            many = len({cell[n], *cell[others[sure[row]]]})
            most = len({cell[n], *cell[others[maybe[row]]]})
            answers[n] = True if many >= numbers["cells"] else False if most < numbers["cells"] else None
    return answers


def _ground_changed(given: Scene, numbers: Mapping[str, float]) -> Answers:
    """By every map that tells, the place was held by one before and by another so many days after."""
    acts, answers = given.acts, np.full(given.acts.height, None, dtype=object)
    lon, lat = (acts[name].fill_null(np.nan).to_numpy() for name in ("lon", "lat"))
    points: NDArray[np.object_] = np.array(shapely.points(lon, lat), dtype=object)
    begin, end = _spans(acts)
    room, placed = numbers["days"] * 24 * _HOUR_US, acts["lon"].is_not_null().to_numpy()
    drawn = given.areas.filter(~pl.col("held_by").is_in(["contested", "unknown"]))
    told: list[set[bool]] = [set() for _ in range(acts.height)]
    for _, of in sorted(drawn.partition_by("source", as_dict=True, maintain_order=True).items()):
        days = of["on"].unique().sort()
        ons = days.dt.timestamp("us").to_numpy()
        before = np.searchsorted(ons, begin, "right") - 1
        after = np.searchsorted(ons, end + room, "right") - 1
        for a, b in sorted(set(zip(before.tolist(), after.tolist(), strict=True))):
            told_by = placed & (before == a) & (after == b) & (ons[b] >= end) & (ons[a] >= begin - room)
            if a < 0 or not told_by.any():
                continue
            here = np.flatnonzero(told_by)
            was, became = (_holders(of.filter(pl.col("on") == days[n]), points[here]) for n in (a, b))
            for n, one, other in zip(here, was, became, strict=True):
                if one and other:
                    told[n].add(one != other)
    for row, says in enumerate(told):
        answers[row] = says.pop() if len(says) == 1 else None
    return answers


def _holders(drawn: pl.DataFrame, points: NDArray[np.object_]) -> list[str | None]:
    """Who holds each point; None where nobody is drawn there, or several are."""
    hits: list[set[str]] = [set() for _ in points]
    for who, raw in drawn.select("held_by", "geometry").rows():
        shape = shapely.from_wkb(raw)
        shapely.prepare(shape)
        for n in np.flatnonzero(shapely.contains(shape, points)):
            hits[n].add(who)
    return [one.pop() if len(one) == 1 else None for one in hits]


def _no_party(given: Scene, _: Mapping[str, float]) -> Answers:
    """Whoever is said to have done it is no party."""
    acts = given.acts
    unknown = acts["by"].is_null() | (acts["party"].is_null() & ~acts["stranger"].fill_null(False))
    answers: Answers = acts["stranger"].fill_null(False).to_numpy().astype(object)
    answers[unknown.to_numpy()] = None
    return answers


def _isolated_small_arms(given: Scene, numbers: Mapping[str, float]) -> Answers:
    """Small arms only, and no other act of force within so many hours and kilometres."""
    acts, small = given.acts, given.acts["small"].to_list()
    alone: Answers = np.full(acts.height, None, dtype=object)
    for at, others, (close, maybe) in _near(acts, numbers):
        apart = others[None, :] != at[:, None]
        alone[at] = _three(~(maybe & apart).any(1), (close & apart).any(1))
    pairs = zip(small, alone, strict=True)
    made = [False if s is False or a is False else True if s and a else None for s, a in pairs]
    answers: Answers = np.array([*made, None], dtype=object)[:-1]
    return answers


def _near_talks(given: Scene, numbers: Mapping[str, float]) -> Answers:
    """The whole of it within so many days of talks or a signature; only where such are given."""
    begin, end = _spans(given.acts)
    if not given.talks:
        return np.full(len(begin), None, dtype=object)
    ons = pl.Series(given.talks).dt.timestamp("us").to_numpy()[None, :]
    room = numbers["days"] * 24 * _HOUR_US
    sure = ((begin[:, None] >= ons - room) & (end[:, None] <= ons + room)).any(1)
    may = ((end[:, None] >= ons - room) & (begin[:, None] <= ons + room)).any(1)
    return _three(sure, ~may)


_LOOKS: Mapping[str, Any] = {
    "follows_act": _follows_act,
    "burst": _burst,
    "ground_changed": _ground_changed,
    "no_party": _no_party,
    "isolated_small_arms": _isolated_small_arms,
    "near_talks": _near_talks,
}


def _three(yes: Any, no: Any) -> Answers:
    """Seen, not seen, or None where it is neither."""
    made: Answers = np.full(len(yes), None, dtype=object)
    made[no], made[yes] = False, True
    return made


def _spans(acts: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    begin, end = (acts[name].dt.timestamp("us").to_numpy() for name in ("t0", "t1"))
    return begin, end


def _near(
    acts: pl.DataFrame, numbers: Mapping[str, float]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], tuple[Bools, Bools]]]:
    """Acts in blocks by time -> the block, the acts that may be within the hours of any of it, and for each pair
    whether it is surely, and whether it may be, within the hours and kilometres. No place told: it may be anywhere."""
    begin, end = _spans(acts)
    room, near = numbers["hours"] * _HOUR_US, numbers["km"] * 1000
    placed = acts["lon"].is_not_null().to_numpy()
    lon, lat = (np.radians(acts[name].fill_null(0).to_numpy()) for name in ("lon", "lat"))
    off = np.where(acts["radius_m"].is_null().to_numpy(), np.inf, acts["radius_m"].fill_null(0).to_numpy())
    for start in range(0, acts.height, _BLOCK):
        at = np.arange(start, min(start + _BLOCK, acts.height))
        others = np.flatnonzero((begin <= end[at].max() + room) & (end >= begin[at].min() - room))
        gap = np.maximum(begin[others][None, :] - end[at][:, None], begin[at][:, None] - end[others][None, :])
        span = np.maximum(end[others][None, :], end[at][:, None]) - np.minimum(
            begin[others][None, :], begin[at][:, None]
        )
        away = _away(lon[at][:, None], lat[at][:, None], lon[others][None, :], lat[others][None, :])
        known = placed[at][:, None] & placed[others][None, :]
        error = off[at][:, None] + off[others][None, :]
        close = known & (away <= near) & (span <= room)
        maybe = (~known | (away - error <= near)) & (gap <= room)
        yield at, others, (close, maybe)


def _away(lon: Any, lat: Any, lon2: Any, lat2: Any) -> NDArray[np.float64]:
    """Great-circle metres, as base.place.gap_m, for pairs."""
    half = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return metres
