"""A map on which forces of both sides are cut off, what is claimed of them, and what `ring` and `claims` make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch import claims
from trucewatch.encircled import answers as answers_of
from trucewatch.recorded import words
from trucewatch.report.rings import RINGED, RINGED_ROUTES, Ringed
from trucewatch.ring import Asked, Beside, RingParams, Roads, became, drawn, maps_of_span, middle_of_map, rings, scan
from trucewatch.tables import AREAS, CHECKS, POCKETS, STATEMENTS
from trucewatch.tables.ring import BECAME

DAY = datetime(2030, 5, 24, tzinfo=UTC)
P = RingParams()
ASKED = pl.Schema({name: kind for name, kind in RINGED.items() if name not in BECAME})
_CRS = "OGC:CRS84"


def _map(on: datetime, gap: float, grey: bool) -> list[tuple[Any, ...]]:
    """One side's island in the other's ground, open by a gap; the other's finger beside it, less so."""
    outer = shapely.box(31.9, 14.9, 32.0, 15.0)
    island = shapely.union(outer, shapely.box(31.95 - gap / 2, 15.0, 31.95 + gap / 2, 15.31))
    finger = shapely.union(shapely.box(32.4, 15.4, 32.5, 15.5), shapely.box(32.44, 15.2, 32.46, 15.41))
    north, south = shapely.box(31.5, 15.3, 33.0, 15.8), shapely.box(31.5, 14.5, 33.0, 15.3)
    ours = shapely.difference(shapely.union(north, island), finger)
    theirs = shapely.difference(shapely.union(south, finger), ours)
    middle = shapely.intersection(island, shapely.box(31.9, 15.05, 32.0, 15.1))
    parts = [("Outer Side", ours), ("Inner Side", theirs)]
    if grey:
        parts = [("Outer Side", shapely.difference(ours, middle)), ("Inner Side", theirs), ("contested", middle)]
    return [
        (
            f"{'0' * 64}#{on:%d}{n}",
            "0" * 64,
            f"feature {n}",
            "control/one",
            on,
            who,
            None,
            None,
            shapely.to_wkb(s),
            _CRS,
        )
        for n, (who, s) in enumerate(parts)
    ]


BESIEGED = AREAS.fit(
    pl.DataFrame(
        [*_map(DAY, 0.02, False), *_map(DAY + timedelta(days=1), 0.01, True)], schema=AREAS.schema, orient="row"
    )
)
PLACES = ((31.95, 14.95), (32.45, 15.45), (32.2, 15.6), (31.6, 14.7))
ROADS = Roads(
    tuple(shapely.LineString(line) for line in (((31.95, 14.95), (31.95, 15.7)), ((32.45, 15.45), (32.45, 14.6)))),
    ("R1", "R2"),
)


def rung(areas: pl.DataFrame, agreed: Any) -> tuple[Ringed, pl.DataFrame]:
    """Every place for whichever side holds it there, with what the maps say became of it; every side's pockets."""
    held = areas.filter(pl.col("held_by").is_not_null())
    made, ways, pockets = [pl.DataFrame(schema=ASKED)], [pl.DataFrame(schema=RINGED_ROUTES)], [POCKETS.empty()]
    maps = [drawn(part) for part in maps_of_span(held, DAY, DAY + timedelta(days=9))]
    names = {name for p in agreed.parties for name in (p.id, p.name, *p.also)}
    for side in sorted(names & set(held["held_by"])):
        for n, (lon, lat) in enumerate(PLACES):
            asks = Asked(side, lon, lat, side)
            if any(one.at(asks) == side for one in maps):
                found = rings(maps, asks, P, Beside(ROADS, None))
                marks = [pl.lit(n, pl.Int64).alias("asked"), pl.lit(1, pl.Int64).alias("entry")]
                marks.append(pl.lit(side).alias("elsewhere"))
                made.append(found.rings.with_columns(marks))
                ways.append(found.routes.with_columns(marks))
        pockets += [scan(one, Asked(side, *middle_of_map(one), side), 4000.0, P) for one in maps[-1:]]
    whole = became(pl.concat(made), ("asked",)).select(RINGED.names())
    return Ringed(whole, pl.concat(ways)), pl.concat(pockets)


def said() -> pl.DataFrame:
    """Each side of its own force and of the other's, of fire, and of ground."""
    sides, plain = ("Outer Side", "Inner Side"), {"capture": "0" * 64, "locator": "row", "source": "note"}
    rows: list[dict[str, Any]] = []
    for speaker in sides:
        for whom in sides:
            for asserts, lon, lat in (
                ("encircled", 31.95, 14.95), ("not_encircled", 32.45, 15.45), ("held", 31.95, 14.95),
                ("happened", 32.0, 15.0), ("in_force", None, None),
            ):  # fmt: skip
                rows.append({
                    **plain, "id": f"{'0' * 64}#{len(rows)}", "speaker": f"Spokesman {speaker}", "on_behalf_of": speaker,
                    "said_at": DAY + timedelta(hours=30), "t0": DAY, "t1": DAY + timedelta(hours=24), "asserts": asserts,
                    "whom": whom, "lon": lon, "lat": lat, "radius_m": 3000.0, "place": "there", "speech": "states",
                    "kind": "shelling" if asserts == "happened" else None, "says": f"{whom}: {asserts}",
                })  # fmt: skip
    schema: dict[str, Any] = {name: kind for name, kind in STATEMENTS.schema.items() if name in rows[0]}
    return STATEMENTS.fit(pl.DataFrame(rows, schema=schema, orient="row"))


def checked(theatre: Any, fused: Any, agreed: Any, judged: Any) -> pl.DataFrame:
    """Statements held against incidents, maps, dates, and the rungs of `ring`."""
    if theatre.statements.is_empty():
        return CHECKS.empty()
    evidence = claims.Evidence(
        incidents=fused.incidents, links=fused.links, observations=theatre.observations, areas=theatre.areas,
        terms=judged.terms, parties=words(agreed),
    )  # fmt: skip
    params = claims.CheckParams()
    found = answers_of(theatre.statements, evidence, None, params)
    evidence = claims.Evidence(**{**evidence.__dict__, "answers": found})
    return claims.check(theatre.statements, evidence, params).checks
