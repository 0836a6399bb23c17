"""Last step: how far are the rooms' answers from a truth that we know?"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.base.place import gap_m

_BINS = 5


def told_rows(observations: pl.DataFrame, names: pl.DataFrame, sightings: pl.DataFrame) -> pl.DataFrame:
    """observations, names(capture, feed), sightings(feed, row, incident) -> truth(observation, true)."""
    return (
        observations.select(
            "capture", observation="id", row=pl.col("locator").str.strip_prefix("row ").cast(pl.Int64, strict=False)
        )
        .join(names, on="capture")
        .join(sightings.with_columns(pl.col("row").cast(pl.Int64)), on=["feed", "row"], how="left")
        .select("observation", true="incident")
    )


def compare(
    truth: pl.DataFrame, told: pl.DataFrame, links: pl.DataFrame, incidents: pl.DataFrame, findings: pl.DataFrame
) -> dict[str, Any]:
    """truth, told(observation, true), links, incidents, findings of one term and reading -> how near they come.

    links_*: pairs of observations put together, against pairs that belong together (pairwise precision, recall, F1).
    existence_*: the stated chance of incidents against the share that are real. indicated_*: incidents indicated to
    touch the term, against those that truly did.
    """
    rows = links.join(told, on="observation", how="left")
    major = (
        rows.filter(pl.col("true").is_not_null())
        .group_by("incident", "true")
        .len()
        .sort(["len", "true"], descending=[True, False])
        .unique("incident", keep="first", maintain_order=True)
    )
    judged = incidents.join(major, left_on="id", right_on="incident", how="left").join(
        truth.select(true="id", true_lon="lon", true_lat="lat", barred="barred"), on="true", how="left"
    )
    return {**_links(rows), **_incidents(truth, rows, judged), **_indicated(truth, rows, judged, findings)}


def _pairs(counts: pl.Series) -> int:
    return int((counts.cast(pl.Int64) * (counts.cast(pl.Int64) - 1) // 2).sum())


def _links(rows: pl.DataFrame) -> dict[str, float]:
    real = rows.filter(pl.col("true").is_not_null())
    put = _pairs(rows.group_by("incident").len()["len"])
    belong = _pairs(real.group_by("true").len()["len"])
    both = _pairs(real.group_by("incident", "true").len()["len"])
    precision, recall = both / put if put else 1.0, both / belong if belong else 1.0
    return {
        "links_precision": precision,
        "links_recall": recall,
        "links_f1": 2 * precision * recall / (precision + recall) if both else 0.0,
    }


def _incidents(truth: pl.DataFrame, rows: pl.DataFrame, judged: pl.DataFrame) -> dict[str, float]:
    seen = rows["true"].drop_nulls().n_unique()
    real = pl.col("true").is_not_null()
    error = (
        judged.filter(real & pl.col("lon").is_not_null())
        .select(gap_m("lon", "lat", "true_lon", "true_lat"))
        .to_series()
    )
    held = judged.filter(real & pl.col("radius_m").is_not_null()).select(
        (gap_m("lon", "lat", "true_lon", "true_lat") <= pl.col("radius_m")).mean()
    )
    return {
        "true_incidents": truth.height,
        "true_incidents_seen": seen,
        "incidents": judged.height,
        "place_error_median_m": float(error.median() or 0.0),  # type: ignore[arg-type]
        "place_inside_radius": float(held.item() or 0.0),
        "existence_mean_p": float(judged["p"].mean() or 0.0),  # type: ignore[arg-type]
        "existence_share_real": judged.filter(real).height / max(1, judged.height),
        "existence_calibration_error": _calibration(judged.select("p", real=real)),
    }


def _calibration(judged: pl.DataFrame) -> float:
    """Expected calibration error: stated against actual, in bins of p, weighted by how many lie in each."""
    bins = judged.group_by((pl.col("p") * _BINS).floor().clip(0, _BINS - 1)).agg(
        gap=(pl.col("p").mean() - pl.col("real").mean()).abs(), n=pl.len()
    )
    return float((bins["gap"] * bins["n"]).sum() / max(1, judged.height))


def _indicated(
    truth: pl.DataFrame, rows: pl.DataFrame, judged: pl.DataFrame, findings: pl.DataFrame
) -> dict[str, float]:
    yes = findings.filter(pl.col("verdict").cast(pl.String).is_in(["indicated", "strongly_indicated"]))
    hit = judged.join(yes.select(id="subject"), on="id", how="semi")
    right = hit.filter(pl.col("barred").fill_null(False))
    seen = truth.filter("barred").join(rows.select(id="true").drop_nulls().unique(), on="id", how="semi")
    found = seen.join(right.select(id="true").unique(), on="id", how="semi")
    return {
        "indicated": hit.height,
        "indicated_precision": right.height / hit.height if hit.height else 1.0,
        "barred_seen": seen.height,
        "indicated_recall": found.height / seen.height if seen.height else 1.0,
        "barred_unseen": truth.filter("barred").height - seen.height,
    }
