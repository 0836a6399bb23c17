"""Step 5: what monitors recorded beside incidents: weapons, ordnance, facilitation, restrictions, counts."""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.report.daily.counts import Day, looks_in
from trucewatch.report.period import AFFIRMED

_HEADS = ("weapons", "ordnance", "facilitation")
"""Statements of the field form begin with one of these, then what of it: `weapons: holding area`."""


def headed(day: Day, statements: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Statements of monitors in the period -> by heading: each record by itself, none added to another."""
    mine = _in_period(day, statements)
    made = {}
    for head in _HEADS:
        own = mine.filter(pl.col("about").str.starts_with(f"{head}: "))
        made[head] = [_record(day, head, one) for one in own.iter_slices(1)]
    return made


def _in_period(day: Day, statements: pl.DataFrame) -> pl.DataFrame:
    span = day.spans.span
    return (
        statements.filter(pl.col("about").is_not_null() & (pl.col("t0") >= span.since) & (pl.col("t0") < span.until))
        .sort("about", "t0", "figure", "unit", "id")
        .rechunk()
    )


def _record(day: Day, head: str, one: pl.DataFrame) -> dict[str, Any]:
    said = one.row(0, named=True)
    told = [part.strip().replace(" ", "_") for part in said["about"].split(": ")[1:]]
    parts = ["cell.not_told" if part == "not_told" else f"{head}.{part}" for part in told]
    note = day.trace.records((head, *parts[:1]), one, "statements")
    near = said["radius_m"]
    where = {"lon": said["lon"], "lat": said["lat"], "radius_km": None if near is None else round(near / 1000, 1)}
    return {
        "what": parts, "figure": _figure(said["figure"]),
        "unit": said["unit"], "place": said["place"], "t0": said["t0"].isoformat(), "t1": said["t1"].isoformat(),
        "words": said["quote"] if day.level.observers else None, "note": note["note"],
        **(where if day.level.observers else dict.fromkeys(where)),
    }  # fmt: skip


def _figure(told: float | None) -> float | None:
    """Whole where it is whole: nine explosions, and not 9.0."""
    return int(told) if told is not None and float(told).is_integer() else told


def tallies(day: Day, statements: pl.DataFrame) -> list[dict[str, Any]]:
    """Counts that somebody made for a period of his own which meets this one; not those of the form's headings."""
    span = day.spans.span
    own = pl.any_horizontal(pl.col("about").str.starts_with(f"{head}: ") for head in _HEADS)
    mine = statements.filter(
        pl.col("about").is_not_null() & ~own & pl.col("figure").is_not_null()
        & (pl.col("t0") < span.until) & (pl.col("t1") > span.since)
    ).sort("about", "t0", "speaker", "figure", "id")  # fmt: skip
    rows = []
    for one in mine.rechunk().iter_slices(1):
        said = one.row(0, named=True)
        note = day.trace.records(("tallies", f"={said['about']}"), one, "statements")
        rows.append(
            {
                "about": said["about"], "figure": _figure(said["figure"]),
                "unit": said["unit"], "by": said["speaker"], "t0": said["t0"].isoformat(), "t1": said["t1"].isoformat(),
                "note": note["note"],
            }
        )  # fmt: skip
    return rows


def restrictions(day: Day, looks: pl.DataFrame, causes: tuple[str, ...]) -> list[dict[str, Any]]:
    """Gaps of patrols by cause, in both periods. Where and when is in no row: that would tell where nobody looks."""
    mine = looks.filter(pl.col("gap").is_in(causes))
    rows = []
    for cause in causes:
        own = mine.filter(pl.col("gap") == cause)
        cells: list[dict[str, Any] | None] = []
        for name, span in (("col.now", day.spans.span), ("col.before", day.spans.before)):
            covered = name == "col.now" or day.covered
            some = looks_in(own, span)
            says = ("restrictions", f"restriction.{cause}", name)
            cells.append(day.trace.records(says, some, "looks") if covered else None)
        if any(cell and cell["n"] for cell in cells):
            rows.append({"what": [f"restriction.{cause}"], "now": cells[0], "before": cells[1]})
    return rows


def against_monitors(incidents: pl.DataFrame) -> pl.DataFrame:
    """Affirmed incidents of both periods whose target were monitors; restrictions stand by themselves."""
    return incidents.filter(AFFIRMED & (pl.col("target") == "monitors") & (pl.col("kind") != "obstruction"))
