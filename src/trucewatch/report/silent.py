"""Step 7, beside the annex: who looked at an incident there and then, and says nothing of it. Restricted."""

from __future__ import annotations

import polars as pl

from trucewatch.report.annex import when


def quiet(silent: pl.DataFrame, most: int, zone: str) -> dict[str, str]:
    """SILENT -> incident -> a line: the likeliest to have noticed first, `most` of them, the others counted."""
    if silent.is_empty():
        return {}
    order = silent.sort("high", "low", "t0", "source", descending=[True, True, False, False])
    made: dict[str, str] = {}
    for incident, sources, starts, ends, lows, highs in (
        order.group_by("incident", maintain_order=True).agg("source", "t0", "t1", "low", "high").rows()
    ):
        rows = list(zip(sources, starts, ends, lows, highs, strict=True))
        told = [f"{s} ({when(a, b, zone)}; chance {low:.0%} to {high:.0%})" for s, a, b, low, high in rows[:most]]
        rest = f"; and {len(rows) - most} more" if len(rows) > most else ""
        made[incident] = "; ".join(told) + rest
    return made
