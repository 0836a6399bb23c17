"""From files to a report, at growing sizes: seconds, rows a second, peak memory, and how they grow.

    python bench/spine.py                     10^4, 10^5, 10^6 rows; freezes its table in bench/frozen/spine.md
    python bench/spine.py --sizes 10000       one size; freezes nothing

Each size is simulated and written to files in one process and run in another, so that the peak memory is that of
the rooms alone. Beside `fuse`, in the same run and on the same rows, stands a simple baseline: everything of other
sources within a fixed window is one happening (`WINDOW_M`, `WINDOW_S`; connected pieces). Beside `ingest`, the time
that a bare CSV reader takes for the same bytes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

FROZEN = Path(__file__).parent / "frozen" / "spine.md"
SIZES = (10_000, 100_000, 1_000_000)
WINDOW_M, WINDOW_S = 3_000.0, 6 * 3_600.0
LEGEND = """`ingest` captures, reads, checks and stores every simulated feed and some twenty maps;
its last column sets that against a bare CSV reader that only cuts the same bytes into text. `fuse F1` is pairwise,
against the simulation's truth; beside it a fixed window (3 km, 6 h, connected pieces) on the same rows. Peak memory
is that of the whole process."""
STAGES = ("ingest", "fuse", "assess", "report")


def prepare(folder: Path, rows: int, seed: int) -> None:
    from trucewatch.cli.demo import raw_of
    from trucewatch.simulate import SimulateParams, simulate

    theatre = simulate(SimulateParams(observations=rows, seed=seed))
    for feed in theatre.feeds:
        (folder / feed.name).write_bytes(raw_of(feed))
    theatre.sightings.write_parquet(folder / "sightings.parquet")
    theatre.truth.write_parquet(folder / "truth.parquet")
    (folder / "agreement.yaml").write_text(theatre.agreement)
    (folder / "feeds.json").write_text(json.dumps([(f.name, f.source, f.options) for f in theatre.feeds]))


def measure(folder: Path) -> dict[str, Any]:
    from trucewatch import pipeline
    from trucewatch.archive import know
    from trucewatch.cli.base import mapping, tools
    from trucewatch.ports import Request
    from trucewatch.report import ReportRequest
    from trucewatch.simulate.compare import compare, told_rows
    from trucewatch.sources import source
    from trucewatch.sources.http import PoliteTransport
    from trucewatch.stores.posix import make_case

    case, use, out = make_case(folder / "case", "trucewatch.case/bench"), tools(), {}
    at, names, rows = time.perf_counter(), [], 0
    for name, feed, told in json.loads((folder / "feeds.json").read_text()):
        origin, options = source(feed), dict(told)
        if origin.default_mapping and "mapping" not in options:
            options["mapping"] = mapping(origin.default_mapping)
        request = Request(files=((name, (folder / name).read_bytes()),), options=options)
        for pulled in pipeline.pull(case, origin, request, PoliteTransport(), use):
            names.append((pulled.capture.id, name))
            rows += pulled.rows
    out["rows"], out["ingest"] = rows, time.perf_counter() - at

    pipeline.agree(case, (folder / "agreement.yaml").read_text(), "agreement", use)
    at = time.perf_counter()
    fused = pipeline.fuse(case, use)
    out["fuse"] = time.perf_counter() - at
    at = time.perf_counter()
    judged = pipeline.assess(case, use)
    out["assess"] = time.perf_counter() - at
    at = time.perf_counter()
    pipeline.report(case, use, ReportRequest("public", made_at=datetime(2100, 1, 1, tzinfo=UTC)))
    out["report"] = time.perf_counter() - at
    out["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6

    observations = know(case).table(case, "observations")
    feeds = pl.DataFrame(names, schema={"capture": pl.String, "feed": pl.String}, orient="row")
    told_true = told_rows(observations, feeds, pl.read_parquet(folder / "sightings.parquet"))
    findings = judged.tables["findings"].filter((pl.col("term") == "ceasefire") & (pl.col("reading") == "text"))
    truth = pl.read_parquet(folder / "truth.parquet")
    scores = compare(truth, told_true, fused.tables["links"], fused.tables["incidents"], findings)
    out |= {key: scores[key] for key in ("links_f1", "links_precision", "links_recall")}
    out |= baseline(observations, told_true) | bare_csv(folder)
    return out


def baseline(observations: pl.DataFrame, told_true: pl.DataFrame) -> dict[str, float]:
    """Everything of other sources within a fixed window is one happening: seconds, and F1 over the same pairs."""
    from trucewatch.base.graph import components
    from trucewatch.base.place import METRES_PER_DEGREE, gap_m

    at = time.perf_counter()
    tall = WINDOW_M / METRES_PER_DEGREE
    rows = observations.filter(pl.col("lon").is_not_null()).with_row_index("row")
    wide = tall / float(rows["lat"].radians().cos().min())  # type: ignore[arg-type]
    boxed = rows.select(
        "row", "source", "lon", "lat", s=pl.col("t0").dt.epoch("s"),
        x=(pl.col("lon") / wide).floor().cast(pl.Int32), y=(pl.col("lat") / tall).floor().cast(pl.Int32),
        z=(pl.col("t0").dt.epoch("s") / WINDOW_S).floor().cast(pl.Int32),
    )  # fmt: skip
    steps = [(dx, dy, dz) for dx in (-1, 0, 1) for dy in (-1, 0, 1) for dz in (-1, 0, 1) if (dx, dy, dz) >= (0, 0, 0)]
    met = pl.concat(
        boxed.lazy()
        .join(
            boxed.lazy().with_columns(pl.col("x") - dx, pl.col("y") - dy, pl.col("z") - dz),
            on=["x", "y", "z"],
            suffix="_r",
        )
        .filter(pl.col("source") != pl.col("source_r"), (pl.col("s") - pl.col("s_r")).abs() <= WINDOW_S)
        .filter(gap_m("lon", "lat", "lon_r", "lat_r") <= WINDOW_M)
        .select("row", "row_r")
        .collect()
        for dx, dy, dz in steps
    )
    label = components(met["row"].to_numpy().astype(np.int64), met["row_r"].to_numpy().astype(np.int64), rows.height)
    seconds = time.perf_counter() - at
    judged = rows.select(observation="id").with_columns(incident=pl.Series(label)).join(told_true, on="observation")
    real = judged.filter(pl.col("true").is_not_null())

    def pairs(counts: pl.Series) -> int:
        return int((counts.cast(pl.Int64) * (counts.cast(pl.Int64) - 1) // 2).sum())

    put = pairs(judged.group_by("incident").len()["len"])
    belong = pairs(told_true.drop_nulls("true").group_by("true").len()["len"])
    both = pairs(real.group_by("incident", "true").len()["len"])
    return {"window_s": seconds, "window_f1": 2 * both / (put + belong) if put + belong else 0.0}


def bare_csv(folder: Path) -> dict[str, float]:
    at = time.perf_counter()
    for path in sorted(folder.glob("*.csv")):
        pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True)
    return {"bare_csv_s": time.perf_counter() - at}


def once(rows: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        me = [sys.executable, __file__, "--folder", name]
        subprocess.run([*me, "--prepare", str(rows), "--seed", str(seed)], check=True)
        done = subprocess.run([*me, "--measure"], check=True, stdout=subprocess.PIPE)
        return dict(json.loads(done.stdout))


def table(runs: list[dict[str, Any]]) -> str:
    head = (
        "| rows | "
        + " | ".join(f"{s} s" for s in STAGES)
        + " | all s | rows/s | peak GB | fuse F1 | fixed window F1, s | ingest / bare CSV |"
    )
    lines = [head, "|" + "---|" * (head.count("|") - 1)]
    for run in runs:
        total = sum(run[stage] for stage in STAGES)
        cells = [
            f"{run['rows']:,}",
            *(f"{run[s]:.2f}" for s in STAGES),
            f"{total:.1f}",
            f"{run['rows'] / total:,.0f}",
            f"{run['peak_gb']:.2f}",
        ]
        cells += [
            f"{run['links_f1']:.3f}",
            f"{run['window_f1']:.3f}, {run['window_s']:.1f}",
            f"{run['ingest'] / run['bare_csv_s']:.0f} x",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    for small, big in itertools.pairwise(runs):
        grown = {s: np.log(big[s] / small[s]) / np.log(big["rows"] / small["rows"]) for s in STAGES}
        words = ", ".join(f"{stage} {power:.2f}" for stage, power in grown.items())
        lines.append(f"\nGrowth from {small['rows']:,} to {big['rows']:,} rows (1 is linear): {words}.")
    return "\n".join(lines)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--sizes", type=int, nargs="*")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--folder", type=Path)
    ask.add_argument("--prepare", type=int)
    ask.add_argument("--measure", action="store_true")
    told = ask.parse_args()
    if told.prepare:
        prepare(told.folder, told.prepare, told.seed)
    elif told.measure:
        print(json.dumps(measure(told.folder)))
    else:
        runs = [once(rows, told.seed) for rows in told.sizes or SIZES]
        text = table(runs)
        print(text)
        if not told.sizes:
            versions = f"Python {platform.python_version()}, polars {pl.__version__}"
            machine = f"{os.cpu_count()} cores ({platform.machine()}), {versions}"
            when = f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine}, with `python bench/spine.py`."
            said = f"# From files to a report\n\n{when}\n\n{text}\n\n{LEGEND}\n"
            FROZEN.parent.mkdir(exist_ok=True)
            FROZEN.write_text(said)


if __name__ == "__main__":
    main()
