"""Two parties, maps of boxes, what was said, and the question who could have done it, for these tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import shapely
from assessed import ROOT, START, happened

from trucewatch.assess.attribution import Attributed, Evidence, attribute
from trucewatch.assess.model import Agreement, Party, Umbrella
from trucewatch.assess.params import AttributionParams
from trucewatch.assess.ranges import Ranges, ranges
from trucewatch.tables import AREAS, LINKS, OBSERVATIONS
from trucewatch.testing import observations

NORTH, SOUTH = Party("north", "Northland", ("Norland",)), Party("south", "Southland", ("Sutherland",))
TABLE = ranges((ROOT / "weapons" / "ranges.yaml").read_text(encoding="utf-8"))
PARAMS = AttributionParams()
BEFORE = START - timedelta(days=1)
DEEP = {"lon": 38.0, "lat": 48.5, "radius_m": 500.0, "weapon": "82 mm mortar"}
"""A place 55 km inside the north's ground, and a weapon that reaches 9."""
HALVES = (("north", shapely.box(37, 48, 39, 49)), ("south", shapely.box(37, 47, 39, 48)))


def agreed(others: bool = False, parties: tuple[Party, ...] = (NORTH, SOUTH)) -> Agreement:
    umbrella = Umbrella("Allies", tuple(p.id for p in parties))
    return Agreement("small", "Small", "UTC", "invented", True, parties, (), (umbrella,), others)


def drawn(*shapes: tuple[str, shapely.Geometry], on: datetime = BEFORE, source: str = "control/one") -> pl.DataFrame:
    """A map: who holds what."""
    rows = [
        {
            "id": f"{source}{on}#{n}", "capture": "m", "locator": f"feature {n}", "source": source, "on": on,
            "held_by": who, "geometry": shapely.to_wkb(shape), "crs": "OGC:CRS84",
        }
        for n, (who, shape) in enumerate(shapes)
    ]  # fmt: skip
    return AREAS.fit(pl.DataFrame(rows, schema={name: AREAS.schema[name] for name in rows[0]}, orient="row"))


def evidence(
    *incidents: dict[str, Any], areas: pl.DataFrame | None = None, said: tuple[dict[str, Any], ...] = ()
) -> Evidence:
    """Incidents that two voices tell of. said: observations, of the first incident where they do not say which one (`of`)."""
    rows = [{"t0": START, **{k: v for k, v in one.items() if k != "of"}} for one in said]
    full = [{**row, "t1": row["t0"] + timedelta(minutes=1)} for row in rows]
    seen = observations(full) if full else OBSERVATIONS.empty()
    of = pl.Series([one.get("of", "i1") for one in said], dtype=pl.String)
    links = LINKS.fit(pl.DataFrame({"incident": of, "observation": seen["id"]}).with_columns(because=pl.lit("told")))
    return Evidence(
        happened(*({"n_lineages": 2, **row} for row in incidents)),
        seen,
        links,
        drawn(*HALVES) if areas is None else areas,
    )


def asked(given: Evidence, agreement: Agreement | None = None, **more: Any) -> Attributed:
    return attribute(given, agreement or agreed(), more.pop("table", TABLE), **more)


def reaching(metres: float) -> Ranges:
    """A table with one weapon."""
    return ranges(f"ranges: one\nsource: invented\nweapons: [{{class: tube, words: [tube], range_m: {metres}}}]")


def basis(made: Attributed, which: str) -> dict[str | None, str | None]:
    """party -> what a basis says of it, where it has one row for each."""
    rows = made.attributions.filter(pl.col("basis") == which)
    assert rows["party"].n_unique() == rows.height, rows
    return dict(rows.select("party", pl.col("says").cast(pl.String)).rows())


def answer(made: Attributed) -> str:
    return str(made.attributed["answer"].item())
