"""Tables that `watch` makes: clusters in space and time, alarms, and what a baseline expects."""

from __future__ import annotations

import polars as pl

from trucewatch.tables.contract import LAT, LON, Contract

CLUSTERS = Contract(
    "clusters",
    {
        "llr": (pl.Float64, "log-likelihood ratio of the cylinder against no cluster anywhere"),
        "p": (pl.Float64, "share of chance arrangements whose likeliest cylinder is at least as likely"),
        "locations": (pl.List(pl.String), "the locations in its circle, the centre first, then nearest first"),
        "from": (pl.Date, "first day of its window"),
        "to": (pl.Date, "last day of its window, included"),
        "cases": (pl.Int64, "cases in it"),
        "expected": (pl.Float64, "cases that its places and days would hold if neither depended on the other"),
        "radius_km": (pl.Float64, "kilometres from its centre to the farthest of its locations"),
        "lon": LON,
        "lat": LAT,
    },
    needed=("llr", "locations", "from", "to", "cases", "expected", "radius_km"),
    key=None,
)
