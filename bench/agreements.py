"""10^6 incidents against 50 terms under 3 readings: seconds, findings, and a plain spatial join beside it.

    python bench/agreements.py                      freezes bench/frozen/agreements.md
    python bench/agreements.py --incidents 100000   another size; freezes nothing

Fifty terms of every kind that is held against incidents: cessations everywhere and in zones, corridors, targets,
weapons by name and calibre, windows of silence, exceptions. Two parties read each of them otherwise: other hours, other
ground. The baseline, in the same run and on the same incidents, asks less: which point lies in which of the same zones
while the term may be in force, by a tree of boxes and prepared geometry (shapely), with no doubts, bounds or words.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import shapely

FROZEN = Path(__file__).parent / "frozen" / "agreements.md"
SIZE, TERMS, DAYS = 1_000_000, 50, 60
START = datetime(2030, 4, 1, tzinfo=UTC)
KINDS = ("shelling", "explosion", "drone_strike", "firing", "assault", "movement", "works", "heat", "obstruction")
WEAPONS = (None, None, "122 mm D-30", "82 mm mortar", "BM-21 Grad", "152mm howitzer", "12.7 mm machine gun")


def incidents(rows: int, seed: int) -> pl.DataFrame:
    """Drawn incidents of the table's own form, over sixty days and 8 by 4 degrees."""
    from trucewatch.tables import INCIDENTS

    rng = np.random.default_rng(seed)
    t0 = np.datetime64(START.replace(tzinfo=None), "us") + rng.integers(0, DAYS * 86_400, rows).astype("timedelta64[s]")
    lasts = rng.choice([0, 60, 3_600, 86_400], rows).astype("timedelta64[s]")
    by = rng.choice(np.array(["Northland", "Southland", ""], object), rows)
    frame = pl.DataFrame(
        {
            "id": [f"i{n:07}" for n in range(rows)],
            "kind": rng.choice(KINDS, rows),
            "t0": t0,
            "t1": t0 + lasts,
            "lon": rng.uniform(40, 48, rows),
            "lat": rng.uniform(12, 16, rows),
            "radius_m": rng.choice([100.0, 500.0, 2_000.0], rows),
            "p": rng.uniform(0.2, 1, rows),
            "n_observations": np.ones(rows, np.int64),
            "n_lineages": np.ones(rows, np.int64),
            "n_denials": np.zeros(rows, np.int64),
            "by": by,
            "weapon": pl.Series([WEAPONS[n] for n in rng.integers(0, len(WEAPONS), rows)], dtype=pl.String),
            "target": rng.choice(np.array(["energy", "medical", "housing", ""], object), rows),
        }
    )
    blank = [pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in ("by", "target")]
    times = pl.col("t0", "t1").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return INCIDENTS.fit(frame.with_columns(blank).with_columns(times))


def agreement_text(seed: int) -> str:
    """Fifty terms of eight kinds, each read otherwise by both parties."""
    rng = np.random.default_rng(seed)
    terms = [_term(n, rng) for n in range(TERMS)]
    return json.dumps(
        {
            "agreement": "bench", "title": "A bench", "source": "drawn", "display_zone": "Asia/Aden",
            "parties": [{"id": "north", "name": "Northland"}, {"id": "south", "name": "Southland"}], "terms": terms,
        }
    )  # fmt: skip


def _term(n: int, rng: np.random.Generator) -> dict[str, Any]:
    first, lasts = int(rng.integers(0, 50)), int(rng.integers(1, 8))
    lon, lat = float(rng.uniform(40.5, 46.5)), float(rng.uniform(12.5, 15))
    bars = [
        {"acts": ["armed"]},
        {"acts": ["armed"], "targets": ["energy"]},
        {"acts": ["shelling"], "weapons": ["Grad"], "calibre_mm": {"from": 100}},
        {"acts": ["movement", "works"]},
    ][n % 4]
    kind = ["barred_acts", "protected_targets", "weapon_withdrawal", "no_reinforcement"][n % 4]
    unless = [{"says": "fire in answer", "within": "30 min", "within_m": 5000}] if n % 8 == 0 else []
    return {
        "id": f"t{n}", "article": str(n), "says": "drawn", "source": "drawn", "kind": kind, "bars": bars,
        "where": _ground(n, lon, lat, 0.0), "unless": unless,
        "when": _when(n, first, lasts, 0),
        "readings": {
            "north": {"source": "drawn", "when": _when(n, first, lasts, 6)},
            "south": {"source": "drawn", "where": _ground(n, lon, lat, 0.05)},
        },
    }  # fmt: skip


def _when(n: int, first: int, lasts: int, late: int) -> dict[str, Any]:
    since, until = START + timedelta(days=first, hours=late), START + timedelta(days=first + lasts)
    when: dict[str, Any] = {"since": f"{since:%Y-%m-%dT%H:%MZ}", "until": f"{until:%Y-%m-%dT%H:%MZ}"}
    if n % 10 == 9:
        when["windows"] = {"from": "09:00", "to": "17:00", "zone": "Asia/Aden"}
    return when


def _ground(n: int, lon: float, lat: float, off: float) -> dict[str, Any]:
    if n % 10 == 0:
        return {"says": "everywhere", "everywhere": True}
    if n % 10 == 5:
        points = [[lon + off, lat], [lon + 0.5 + off, lat + 0.3], [lon + 1 + off, lat + 0.1]]
        return {"says": "a corridor", "path": {"points": points}, "zone_width_m": 10_000}
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    far = 0.5 + 0.1 * np.sin(5 * turn)
    ring = [[float(lon + off + r * np.cos(a)), float(lat + r * np.sin(a))] for a, r in zip(turn, far, strict=True)]
    return {"says": "a drawn zone", "edge_m": 500, "polygon": {"crs": "OGC:CRS84", "ring": ring}}


def baseline(rows: pl.DataFrame, terms: pl.DataFrame) -> tuple[float, int]:
    """Point in zone while the term may be in force, and nothing else: seconds, pairs."""
    began = time.perf_counter()
    points = shapely.points(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    tree = shapely.STRtree(points)
    t0, t1 = (rows[name].dt.timestamp("us").to_numpy() for name in ("t0", "t1"))
    pairs = 0
    for term in terms.select("zone", "may").iter_rows(named=True):
        n = np.arange(rows.height) if term["zone"] is None else tree.query(shapely.from_wkb(term["zone"]), "contains")
        for span in term["may"]:
            since, until = (int(span[k].timestamp() * 1e6) for k in ("from", "until"))
            pairs += int(((t0[n] < until) & (t1[n] >= since)).sum())
    return time.perf_counter() - began, pairs


def measure(size: int, seed: int) -> dict[str, Any]:
    """One run in this process."""
    from trucewatch.assess import agreement, assess
    from trucewatch.tables import AREAS

    rows, agreed = incidents(size, seed), agreement(agreement_text(seed), "bench")
    began = time.perf_counter()
    made = assess(rows, AREAS.empty(), agreed)
    took = time.perf_counter() - began
    assert made.findings.height + int(made.left_out["n"].sum()) == size * made.terms.height
    plain, pairs = baseline(rows, made.terms)
    return {
        "incidents": size, "term x reading": made.terms.height, "pairs": size * made.terms.height,
        "findings": made.findings.height, "assess s": took, "baseline s": plain, "baseline pairs": pairs,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--incidents", type=int, default=SIZE)
    parser.add_argument("--seed", type=int, default=20260424)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inner:
        print(json.dumps(measure(asked.incidents, asked.seed)))
        return 0
    inner = [sys.executable, __file__, "--inner", "--incidents", str(asked.incidents), "--seed", str(asked.seed)]
    told = [json.loads(subprocess.run(inner, check=True, capture_output=True).stdout) for _ in range(asked.runs)]
    text = page(told)
    print(text)
    if asked.incidents == SIZE:
        FROZEN.parent.mkdir(exist_ok=True)
        FROZEN.write_text(text)
    return 0


def page(told: list[dict[str, Any]]) -> str:
    """Runs -> the frozen page."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, polars {pl.__version__}"
    head = list(told[0])
    command = f"`python bench/agreements.py` on {machine}; load {os.getloadavg()[0]:.1f}."
    lines = ["# bench/agreements.py", "", command, "",
             (__doc__ or "").split("\n\n", 2)[2].replace("\n", " ").strip(), "",
             "| " + " | ".join([*head, "ratio"]) + " |", "|" + "---|" * (len(head) + 1)]  # fmt: skip
    for one in told:
        cells = [f"{one[k]:,.1f}" if isinstance(one[k], float) else f"{one[k]:,}" for k in head]
        lines.append("| " + " | ".join([*cells, f"{one['assess s'] / one['baseline s']:.1f}"]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
