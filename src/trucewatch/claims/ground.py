"""Statements of who holds a place, and of when a truce is in force -> bounds, from maps and from terms."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch.base.place import METRES_PER_DEGREE
from trucewatch.claims.evidence import Answer, Evidence, Row, names_of
from trucewatch.claims.params import CheckParams


def held(row: Row, evidence: Evidence, params: CheckParams) -> Answer:
    """Does the party hold the place? By each map source around that time, apart from the speaker's own."""
    made = Answer()
    whom = evidence.party(row["whom"])
    start, end = row["t0"] or row["said_at"], row["t1"] or row["said_at"]
    lacks = [
        word for word, gone in (("who holds it", whom is None), ("where it is", row["lon"] is None),
                                ("when it was", start is None)) if gone
    ]  # fmt: skip
    if lacks:
        made.because = f"the statement does not tell {' or '.join(lacks)} in a way that a map can answer"
        made.would_settle = f"the speaker's word on {' and '.join(lacks)}"
        return made
    slack = timedelta(days=params.map_days)
    drawn = evidence.areas.filter(
        pl.col("held_by").is_not_null(), pl.col("on") >= start - slack, pl.col("on") <= end + slack
    )
    own = drawn["source"].str.to_lowercase().is_in(sorted(names_of(row)))
    if own.any():
        made.not_looked_at.append("maps by the speaker: repeating is not corroborating")
    answers: dict[str, list[bool | None]] = {}
    for of in drawn.filter(~own).sort("source", "on").partition_by("source", "on", maintain_order=True):
        answers.setdefault(of["source"][0], []).append(_inside(of, row, str(whom), evidence, params))
        made.evidence += of["id"].sort().to_list()[:1]
    by_map = {name: (told[0] if len(set(told)) == 1 else None) for name, told in answers.items()}
    return _weighed(by_map, made, params)


def _weighed(by_map: dict[str, bool | None], made: Answer, params: CheckParams) -> Answer:
    said = {True: "held by it", False: "not held by it", None: "partly, or not told"}
    made.looked_at += [f"map of {name}: {said[told]}" for name, told in sorted(by_map.items())]
    yes = sum(told is True for told in by_map.values())
    no = sum(told is False for told in by_map.values())
    made.would_settle = "front-line maps of that time by sources of both sides, or a look at the place"
    if not by_map:
        made.not_looked_at.append(f"front-line maps: none within {params.map_days:g} days of that time is at hand")
        made.because = "there is no map of that time"
    elif yes and no:
        made.because = "maps disagree"
    elif yes:
        made.low, made.because = params.p_map, f"{yes} of {len(by_map)} map sources draw it so, and none otherwise"
    elif no:
        made.high, made.because = 1 - params.p_map, f"{no} of {len(by_map)} map sources draw it otherwise, and none so"
    else:
        made.because = "the place lies partly outside, or the maps do not tell who holds it"
    return made


def _inside(drawn: pl.DataFrame, row: Row, whom: str, evidence: Evidence, params: CheckParams) -> bool | None:
    """One map: is all of the place held by the party (True), all of it by others (False), or neither?"""
    reach = row["radius_m"] if row["radius_m"] is not None else params.place_radius_m
    spot = _circle(row["lon"], row["lat"], reach)
    shapes = shapely.from_wkb(drawn["geometry"].to_numpy())
    shapes = shapely.make_valid(shapes)
    owners = [evidence.party(name) for name in drawn["held_by"].to_list()]
    mine = shapely.union_all([s for s, who in zip(shapes, owners, strict=True) if who == whom])
    others = shapely.union_all([s for s, who in zip(shapes, owners, strict=True) if who not in (whom, None)])
    if shapely.covers(mine, spot):
        return True
    if shapely.covers(others, spot) and not shapely.intersects(mine, spot):
        return False
    if not shapely.is_empty(mine) and not shapely.intersects(mine, spot):
        return False  # the map draws what the party holds, and this is not in it
    return None


def _circle(lon: float, lat: float, reach_m: float, sides: int = 32) -> Any:
    wide = METRES_PER_DEGREE * math.cos(math.radians(lat))
    turns = [2 * math.pi * n / sides for n in range(sides)]
    ring = [(lon + reach_m * math.cos(a) / wide, lat + reach_m * math.sin(a) / METRES_PER_DEGREE) for a in turns]
    return shapely.polygons(ring)


def in_force(row: Row, evidence: Evidence) -> Answer:
    """Is the agreement in force over that time? By each reading of its terms."""
    made = Answer()
    start, end = row["t0"] or row["said_at"], row["t1"] or row["said_at"]
    if start is None or evidence.terms.is_empty():
        made.because = "no agreement is at hand" if evidence.terms.is_empty() else "the statement does not tell when"
        made.would_settle = "an agreement with its times" if evidence.terms.is_empty() else "the speaker's word on when"
        return made
    answers: dict[str, bool | None] = {}
    for of in evidence.terms.sort("reading", "term").partition_by("reading", maintain_order=True):
        sure = [_over(spans, start, end, whole=True) for spans in of["sure"].to_list()]
        may = [_over(spans, start, end, whole=False) for spans in of["may"].to_list()]
        answers[of["reading"][0]] = True if any(sure) else False if not any(may) else None
    words = {True: "surely in force", False: "surely not in force", None: "may be in force"}
    made.looked_at = [f"reading {name}: {words[told]}" for name, told in answers.items()]
    made.evidence = evidence.terms["id"].sort().to_list()[:1]
    told = set(answers.values())
    made.low, made.high = (1.0, 1.0) if told == {True} else (0.0, 0.0) if told == {False} else (0.0, 1.0)
    made.because = (
        "every reading says so" if len(told) == 1 and None not in told else "readings differ, or leave it open"
    )
    made.would_settle = None if made.low == made.high else "a reading that both sides share, or the event it hangs on"
    return made


def _over(spans: list[Any] | None, start: datetime, end: datetime, whole: bool) -> bool:
    """Does one of these spans hold all of [start, end), or meet it? A null bound is open where it may be."""
    for span in spans or ():
        first, last = span["from"], span["until"]
        if whole and first is not None and first <= start and (last is None or last >= end):
            return True
        if not whole and (first is None or first <= end) and (last is None or last > start):
            return True
    return False
