"""Small records and statements, with plain values for all that a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch.base.place import cell_of
from trucewatch.claims import Evidence, check
from trucewatch.tables import AREAS, EXPOSURE, INCIDENTS, LINKS, OBSERVATIONS, STATEMENTS, TERMS

DAY = datetime(2031, 5, 2, tzinfo=UTC)
PARTIES = {"north": "north", "northland": "north", "south": "south", "southland": "south"}


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def statements(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {
        "capture": "c", "locator": "row 1", "speaker": "Ministry", "on_behalf_of": "Northland", "source": "note",
        "said_at": at(20), "asserts": "happened", "kind": "shelling", "place": "Aldry", "lon": 10.0, "lat": 60.0,
        "radius_m": 3000.0, "t0": at(0), "t1": at(24), "speech": "states",
    }  # fmt: skip
    made = [{**plain, "id": f"c#{n}", **row} for n, row in enumerate(rows, 1)]
    schema: dict[str, Any] = {n: k for n, k in STATEMENTS.schema.items() if any(n in row for row in made)}
    return STATEMENTS.fit(pl.DataFrame([{n: r.get(n) for n in schema} for r in made], schema=schema, orient="row"))


def incidents(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {
        "kind": "shelling", "t0": at(4), "t1": at(4.1), "lon": 10.0, "lat": 60.0, "radius_m": 200.0, "p": 0.9,
        "n_observations": 2, "n_lineages": 2, "n_denials": 0, "sources": ["a", "b"], "by": None,
    }  # fmt: skip
    made = [{**plain, "id": f"i{n}", **row} for n, row in enumerate(rows, 1)]
    schema: dict[str, Any] = {n: k for n, k in INCIDENTS.schema.items() if any(n in row for row in made)}
    frame = pl.DataFrame([{n: r.get(n) for n in schema} for r in made], schema=schema, orient="row")
    return INCIDENTS.fit(frame) if made else INCIDENTS.empty()


def told(incident: str, *voices: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who tells of an incident -> links, observations."""
    links = [{"incident": incident, "observation": f"{incident}-{n}", "because": "near"} for n in range(len(voices))]
    seen = [
        {"id": f"{incident}-{n}", "capture": "c", "locator": f"row {n}", "source": voice, "kind": "shelling",
         "stance": "affirms", "t0": at(4), "t1": at(4.1)}
        for n, voice in enumerate(voices)
    ]  # fmt: skip
    return LINKS.fit(pl.DataFrame(links)), OBSERVATIONS.fit(pl.DataFrame(seen))


def watched(
    p: float, start: float = 0, end: float = 24, source: str = "cameras", cell_m: float = 5000.0
) -> pl.DataFrame:
    """Exposure of all cells around the place of the plain statement."""
    grid = [(10.0 + x / 100, 60.0 + y / 100) for x in range(-30, 31, 2) for y in range(-20, 21, 1)]
    cells = pl.DataFrame(grid, schema={"lon": pl.Float64, "lat": pl.Float64}, orient="row").select(
        cell=cell_of(pl.col("lon"), pl.col("lat"), cell_m)
    )
    made = cells.unique().with_columns(
        t0=at(start), t1=at(end), source=pl.lit(source), p_noticed=pl.lit(p), low=pl.lit(p)
    )
    return EXPOSURE.fit(made)


def areas(*rows: tuple[str, str, tuple[float, float, float, float]], on: datetime = DAY) -> pl.DataFrame:
    """(source, held_by, box) -> a map of one day."""
    made = [
        {"id": f"a{n}", "capture": "c", "source": source, "on": on, "held_by": who,
         "geometry": shapely.to_wkb(shapely.box(*box)), "crs": "OGC:CRS84"}
        for n, (source, who, box) in enumerate(rows)
    ]  # fmt: skip
    return AREAS.fit(pl.DataFrame(made)) if made else AREAS.empty()


def terms(*rows: tuple[str, datetime | None, datetime | None]) -> pl.DataFrame:
    """(reading, surely from, surely until), and as surely so may be."""
    span = pl.List(pl.Struct({"from": pl.Datetime("us", "UTC"), "until": pl.Datetime("us", "UTC")}))
    made = [
        {"id": f"t/{n}", "agreement": "t", "term": "a", "article": "1", "kind": "barred_acts", "says": "x", "source": "y",
         "reading": reading, "ends": "set", "zone_kind": "everywhere",
         "sure": [{"from": start, "until": end}], "may": [{"from": start, "until": end}]}
        for n, (reading, start, end) in enumerate(rows)
    ]  # fmt: skip
    return TERMS.fit(pl.DataFrame(made, schema_overrides={"sure": span, "may": span}))


def answer(row: dict[str, Any], **evidence: Any) -> dict[str, Any]:
    """One statement against a record -> its check."""
    made = check(statements(row), Evidence(parties=PARTIES, **evidence)).checks
    assert made.height == 1
    return made.row(0, named=True)
