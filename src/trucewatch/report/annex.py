"""Step 7: the incidents of the period as rows for people."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from trucewatch.base.place import spoken
from trucewatch.report.period import Period, touching, within
from trucewatch.report.words import counted

_RANK = {"strongly_indicated": 3, "indicated": 2, "cannot_tell": 1, "not_indicated": 0}


def annex(
    incidents: pl.DataFrame,
    findings: pl.DataFrame,
    terms: pl.DataFrame,
    formal: dict[str, str],
    span: Period,
    most: int,
    zone: str,
) -> dict[str, Any]:
    """incidents, findings -> rows for the annex table, those that say most first to be kept, then in time order.

    Articles and readings stand in the agreement's order: no spelling leads. formal: a party's names in small letters ->
    its formal name.
    """
    mine = incidents.filter(within(span) | touching(span))
    said = _said(findings.join(mine.select(subject="id"), on="subject", how="semi"), terms)
    order = ["rank", "killed_high", "n_lineages", "t0", "lat", "lon", "kind", "id"]
    best = (
        mine.join(said, left_on="id", right_on="subject", how="left")
        .sort(order, descending=[True, True, True, False, False, False, False, False], nulls_last=True)
        .head(most)
        .sort("t0", "t1", "lat", "lon", "kind", "id", nulls_last=True)
    )
    rows = [_words(best.row(n, named=True), formal, zone) for n in range(best.height)]
    return {"rows": rows, "all": mine.height}


def _said(findings: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """findings -> a row per incident: rank of what says most, all that is said, and the finding that says most."""
    turns = terms.select("term", "reading", "article").with_row_index("turn")
    verdict = pl.col("verdict").cast(pl.String)
    spoken_of = findings.join(turns.drop("article"), on=["term", "reading"], how="left").select(
        "subject",
        "turn",
        "article",
        "reading",
        "id",
        rank=verdict.replace_strict(_RANK, return_dtype=pl.Int64),
        says=verdict.str.replace_all("_", " ") + pl.when("contested").then(pl.lit(", contested")).otherwise(pl.lit("")),
    )
    # A reading under which a contested incident has no row: by it, the term does not bear on it.
    silent = (
        findings.filter("contested")
        .select("subject", "term")
        .unique()
        .join(turns, on="term", how="inner")
        .join(findings, on=["subject", "term", "reading"], how="anti")
        .select("subject", "turn", "article", "reading", says=pl.lit("does not bear"))
    )
    return (
        pl.concat([spoken_of, silent], how="diagonal")
        .group_by("subject")
        .agg(
            rank=pl.col("rank").max(),
            findings=pl.format("{} ({}): {}", "article", "reading", "says")
            .sort_by("turn")
            .unique(maintain_order=True)
            .str.join("; "),
            first=pl.col("id").sort_by("rank", "turn", descending=[True, False], nulls_last=True).first(),
        )
    )


def _words(row: dict[str, Any], formal: dict[str, str], zone: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "finding": row["first"],
        "when": when(row["t0"], row["t1"], zone),
        "where": _where(row),
        "kind": row["kind"].replace("_", " "),
        "only_denied": row["n_lineages"] == 0,
        "killed": bounds(row["killed_low"], row["killed_high"]),
        "injured": bounds(row["injured_low"], row["injured_high"]),
        "p": f"{row['p']:.2f}",
        "voices": counted(row["n_lineages"], "voice") + (f" (+{row['n_denials']} denying)" if row["n_denials"] else ""),
        "sources": ", ".join(row["sources"] or []),
        "by": formal.get(row["by"].casefold(), row["by"]) if row["by"] else "not told",
        "findings": row["findings"] or "none",
    }


def when(t0: Any, t1: Any, zone: str) -> str:
    """A span as people write it, in the agreement's zone: a day, a minute, or from and to.

    >>> from datetime import datetime, UTC
    >>> when(datetime(2015, 2, 14, 22, tzinfo=UTC), datetime(2015, 2, 15, 22, tzinfo=UTC), "Europe/Kyiv")
    '2015-02-15, hour not told'
    """
    a, b = t0.astimezone(ZoneInfo(zone)), t1.astimezone(ZoneInfo(zone))
    seconds = (t1 - t0).total_seconds()
    midnight = a.time() == b.time() and (a.hour, a.minute) == (0, 0)
    if midnight and 82_000 < seconds < 91_000:
        return f"{a:%Y-%m-%d}, hour not told"
    if midnight and seconds:
        return f"{a:%Y-%m-%d} to {b:%Y-%m-%d} (not included)"
    if seconds <= 60:
        return f"{a:%Y-%m-%d %H:%M}"
    return f"{a:%Y-%m-%d %H:%M} to {b:%H:%M}" if a.date() == b.date() else f"{a:%Y-%m-%d %H:%M} to {b:%Y-%m-%d %H:%M}"


def bounds(low: int | None, high: int | None) -> str:
    """Lowest and highest figure.

    >>> bounds(2, 2), bounds(1, 4), bounds(None, None)
    ('2', '1 to 4', 'not told')
    """
    if high is None:
        return "not told"
    return str(high) if low in (None, high) else f"{low} to {high}"


def _where(row: dict[str, Any]) -> str:
    name = row["place"] or ""
    if row["lon"] is None:
        return f"{name} (no point told)".strip()
    about = f", ±{row['radius_m'] / 1000:.3g} km" if row["radius_m"] is not None else ", error not told"
    return f"{name} {spoken(row['lon'], row['lat'], 3)}{about}".strip()
