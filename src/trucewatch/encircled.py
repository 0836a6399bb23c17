"""Floor 4, beneath the pipeline: statements of encirclement go to the room `ring`, and its rungs come back as answers.

The ladder's rung 4, every route physically cut, is where a force is isolated as doctrine has it: from there on a map
bears a claim out, below it does not. The two rooms do not know each other; they meet here by their tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from trucewatch.claims import CheckParams, Evidence
from trucewatch.claims.evidence import names_of
from trucewatch.ring import Asked, Beside, RingParams, maps_of_day, rings
from trucewatch.ring.ladder import CUT
from trucewatch.tables import ANSWERS, RINGS

_LATER = timedelta(days=1)
_SETTLES = "maps of the other side's mappers, the roads that lead out and who has them under fire: trucewatch ring"


def answers(
    statements: pl.DataFrame,
    evidence: Evidence,
    elsewhere: str | None,
    params: CheckParams,
    near: RingParams | None = None,
) -> pl.DataFrame:
    """statements, maps -> answers, one for each claim of encirclement that says of whom, where and when.

    elsewhere: the party that holds what a map leaves unmarked, as the user says; None where nobody says so.
    """
    owners = {name: evidence.party(name) or name for name in evidence.areas["held_by"].drop_nulls().unique().to_list()}
    drawn = evidence.areas.with_columns(held_by=pl.col("held_by").replace(owners))
    told = statements.filter(
        pl.col("asserts").cast(pl.String).str.ends_with("encircled"),
        pl.col("lon").is_not_null(),
        pl.col("whom").is_not_null(),
    )
    rows = [_one(row, drawn, evidence, elsewhere, params, near or RingParams()) for row in told.rows(named=True)]
    made = [row for row in rows if row is not None]
    return ANSWERS.fit(pl.DataFrame(made)) if made else ANSWERS.empty()


def _one(
    row: Mapping[str, Any], drawn: pl.DataFrame, evidence: Evidence, elsewhere: str | None, params: CheckParams,
    near: RingParams,
) -> dict[str, Any] | None:  # fmt: skip
    side, until = evidence.party(row["whom"]), row["t1"] or (row["said_at"] and row["said_at"] + _LATER)
    if side is None or until is None:
        return None
    mine = sorted(names_of(row))
    maps = [m for m in maps_of_day(drawn, until, near) if m.source.lower() not in mine]
    asked = Asked(side, row["lon"], row["lat"], evidence.party(elsewhere) if elsewhere else None)
    maps = [m for m in maps if side in (*m.holders, asked.elsewhere) and m.off_m(asked) <= near.outside_km * 1000]
    found = rings(maps, asked, near, Beside(until=until)).rings if maps else RINGS.empty()
    found = found.filter(pl.col("rung_low").is_not_null() & pl.col("rung_high").is_not_null())
    if found.is_empty():
        return None
    by_map = found.group_by("source").agg(low=pl.col("rung_low").min(), high=pl.col("rung_high").max()).sort("source")
    return {"statement": row["id"], **_weighed(by_map.rows(), found, params)}


def _weighed(by_map: Sequence[tuple[str, int, int]], found: pl.DataFrame, params: CheckParams) -> dict[str, Any]:
    yes, no = (sum(low >= CUT for _, low, _ in by_map), sum(high < CUT for _, _, high in by_map))
    low, high = 0.0, 1.0
    if yes and not no:
        low = params.p_map
    elif no and not yes:
        high = 1 - params.p_map
    looked = "; ".join(f"map of {name}: rung {least} to {most} of 6" for name, least, most in by_map)
    because = "maps disagree" if yes and no else found.sort("source", "treatment")["because"][0]
    settles = None if low or high < 1 else _SETTLES
    return {"low": low, "high": high, "looked_at": looked, "because": because, "would_settle": settles}
