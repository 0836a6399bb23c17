"""Step 2, beside regions: what the observations behind each incident say that the incident does not."""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.report.period import AFFIRMED

_TWO = 2
"""Independent voices that corroborate each other."""


def detailed(incidents: pl.DataFrame, links: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """incidents -> with count_low, count_high, sensed, phases, sure (corroborated) and stood (observers' sectors).

    A count is one observer's; of several the lowest and the highest are told and none is added. sure: two independent
    voices, or a monitor made sure of it.
    """
    spoke = links.select("incident", id="observation").join(
        observations.filter(pl.col("stance") == "affirms").select(
            "id", "count", "sensed", "phase", "corroborated", "sector"
        ),
        on="id",
        how="inner",
    )
    per = spoke.sort("incident", "id").group_by("incident", maintain_order=True).agg(
        count_low=pl.col("count").min(),
        count_high=pl.col("count").max(),
        sensed=pl.col("sensed").drop_nulls().unique().sort(),
        phases=pl.col("phase").cast(pl.String).drop_nulls().unique().sort(),
        made_sure=(pl.col("corroborated").list.len() > 0).any(),
        stood=pl.col("sector").drop_nulls(),
    )  # fmt: skip
    made = incidents.join(per, left_on="id", right_on="incident", how="left", maintain_order="left")
    return made.with_columns(sure=AFFIRMED & ((pl.col("n_lineages") >= _TWO) | pl.col("made_sure").fill_null(False)))


def annex_row(one: dict[str, Any], observers: bool, vague: bool) -> dict[str, Any]:
    """One incident with its details -> the cells of the annex table, in no language."""
    stood = [
        {
            "lon": s["lon"], "lat": s["lat"], "bearing_deg": s["bearing_deg"],
            "near_km": _km(s["near_m"]), "far_km": _km(s["far_m"]),
        }
        for s in one["stood"] or []
    ]  # fmt: skip
    return {
        "id": one["id"], "region": one["where"], "observers": stood if observers else None, "place": one["place"],
        "lon": one["lon"], "lat": one["lat"], "radius_km": _km(one["radius_m"]), "sensed": one["sensed"] or [],
        "count_low": one["count_low"], "count_high": one["count_high"], "kind": one["kind"],
        "phases": one["phases"] or [], "weapon": one["weapon"], "t0": one["t0"].isoformat(),
        "t1": one["t1"].isoformat(), "vague": vague, "denied": one["n_lineages"] == 0,
    }  # fmt: skip


def _km(metres: float | None) -> float | None:
    return None if metres is None else round(metres / 1000, 1)
