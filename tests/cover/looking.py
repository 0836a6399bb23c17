"""Looks from a few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch.cover import CoverAsk
from trucewatch.tables import INCIDENTS, LOOKS

DAY = datetime(2030, 2, 1, tzinfo=UTC)
ASK = CoverAsk(DAY, DAY + timedelta(days=3))
WIDE = bytes(shapely.to_wkb(shapely.box(9.5, 49.5, 10.5, 50.5)))


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def looks(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows with from, to (hours), and what matters; the ground is wide where none is named."""
    full = [
        {
            "id": row.get("id", f"c#{n}"), "capture": "c", "locator": f"row {n}", "source": row.get("source", "a"),
            "t0": at(row["from"]), "t1": at(row["to"]), "footprint": row.get("footprint", WIDE),
            "p_seen_if_there": row.get("p"), "means": row.get("means", "patrol"), "lineage": row.get("lineage"),
            "gap": row.get("gap"),
        }
        for n, row in enumerate(rows, 1)
    ]  # fmt: skip
    return LOOKS.fit(pl.DataFrame(full, schema=LOOKS.schema, orient="row"))


def incidents(*rows: dict[str, Any]) -> pl.DataFrame:
    full = [
        {
            "id": row["id"], "kind": row.get("kind", "shelling"), "t0": at(row["from"]), "t1": at(row["to"]),
            "lon": row.get("lon", 10.0), "lat": row.get("lat", 50.0), "radius_m": 100.0, "p": 0.9,
            "n_observations": 1, "n_lineages": 1, "n_denials": 0,
        }
        for row in rows
    ]  # fmt: skip
    return INCIDENTS.fit(pl.DataFrame(full))
