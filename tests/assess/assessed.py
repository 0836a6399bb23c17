"""Small agreements and incidents for these tests."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from trucewatch.assess import Agreement, Assessed, AssessParams, agreement, assess
from trucewatch.tables import AREAS, INCIDENTS

PARAMS = AssessParams()
ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("TRUCEWATCH_DATA") or ROOT.parent / "shared" / "data")
START = datetime(2020, 5, 1, 12, tzinfo=UTC)

SMALL = """\
agreement: small
title: A small truce
source: invented
parties:
  - {id: north, name: Northland, also: [Norland]}
  - {id: south, name: Southland}
terms:
  - id: quiet
    article: "1"
    says: No fire.
    source: invented, article 1
    binds: all
    bars: {acts: [armed]}
    where: {everywhere: true, says: everywhere}
    since: "2020-05-01 00:00Z"
    until: "2020-06-01 00:00Z"
"""


def small(**fields: str) -> str:
    """SMALL with lines of its term or top put in place of what stands there; a field that is not there is added."""
    lines = SMALL.splitlines()
    for name, value in fields.items():
        hits = [n for n, line in enumerate(lines) if line.strip().startswith((f"{name}:", f"- {name}:"))]
        if hits:
            head = lines[hits[-1]].split(f"{name}:")[0]
            lines[hits[-1]] = f"{head}{name}: {value}"
        else:
            lines.append(f"    {name}: {value}")
    return "\n".join(lines) + "\n"


def parsed(**fields: str) -> Agreement:
    return agreement(small(**fields), "small.yaml")


def shipped(name: str) -> Agreement:
    return agreement((ROOT / "agreements" / f"{name}.yaml").read_text(encoding="utf-8"), f"{name}.yaml")


def happened(*rows: dict[str, Any]) -> pl.DataFrame:
    """Incidents: sure, at one place and minute, by nobody named, but for what is told otherwise."""
    full = [
        {
            "id": f"i{n}", "kind": "shelling", "t0": START, "t1": row.get("t0", START) + timedelta(minutes=1),
            "lon": 38.0, "lat": 48.0, "radius_m": 500.0, "p": 1.0, "n_observations": 1, "n_lineages": 1,
            "n_denials": 0, **row,
        }
        for n, row in enumerate(rows, 1)
    ]  # fmt: skip
    schema = {name: kind for name, kind in INCIDENTS.schema.items() if any(name in row for row in full)}
    return INCIDENTS.fit(
        pl.DataFrame([{name: row.get(name) for name in schema} for row in full], schema=schema, orient="row")
    )


def drawn(*shapes: tuple[str, shapely.Geometry, datetime]) -> pl.DataFrame:
    """Areas: (role, geometry, on)."""
    rows = [
        {
            "id": f"m#{n}", "capture": "m", "locator": f"feature {n}", "source": "map", "on": on, "role": role,
            "geometry": shapely.to_wkb(shape), "crs": "OGC:CRS84",
        }
        for n, (role, shape, on) in enumerate(shapes)
    ]  # fmt: skip
    schema = {name: AREAS.schema[name] for name in rows[0]} if rows else {}
    return AREAS.fit(pl.DataFrame(rows, schema=schema, orient="row")) if rows else AREAS.empty()


def judged(incidents: pl.DataFrame, agreed: Agreement, areas: pl.DataFrame | None = None) -> Assessed:
    return assess(incidents, AREAS.empty() if areas is None else areas, agreed)
