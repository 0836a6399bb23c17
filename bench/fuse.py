"""Linking: how well and how fast, on reports whose truth is known, beside peers in the same run.

    python bench/fuse.py                    everything that fits two cores; freezes bench/frozen/fuse.md
    python bench/fuse.py --small            a part of it, to see that it runs; freezes nothing

Peers: DBSCAN on place and time; the acceptance rule of window and one a source (nearest first, no errors known).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import time
from pathlib import Path

import numpy as np
import polars as pl

from trucewatch.fuse.learn import learn
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.link import link
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.plain import linkable
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports
from trucewatch.tables import LEARNT

FROZEN = Path(__file__).parents[1] / "bench/frozen/fuse.md"
P = FuseParams()


def given(params: ReportsParams) -> Learnt:
    """The errors that the reports were made with."""
    n = len(params.sees)
    return Learnt(
        "given",
        LEARNT.fit(
            pl.DataFrame(
                {
                    "source": [f"source-{k + 1}" for k in range(n)],
                    "place_sd_m": [1e3 * sd for sd in params.place_sd_km],
                    "time_sd_s": [86_400 * sd for sd in params.time_sd_days],
                    "kind_wrong": [params.wrong_kind] * n,
                    "p_reports": list(params.sees),
                    "spurious": [params.spurious] * n,
                    "most_per_incident": [1] * n,
                }
            )
        ),
    )


def quality(labels: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Labels, true incidents (-1: nothing behind it) -> pairwise F1, B-cubed F1."""
    true = np.where(truth < 0, truth.max() + 1 + np.arange(truth.size), truth)
    rows = pl.DataFrame({"got": labels, "true": true}).with_columns(
        n_got=pl.len().over("got"), n_true=pl.len().over("true"), n_both=pl.len().over("got", "true")
    )
    both, got, right = (float((rows[name] - 1).sum()) for name in ("n_both", "n_got", "n_true"))
    f1 = 2 * both / (got + right) if got + right else 1.0
    p, r = (float((rows["n_both"] / rows[name]).mean()) for name in ("n_got", "n_true"))  # type: ignore[arg-type]
    return f1, 2 * p * r / (p + r)


def dbscan(rows: pl.DataFrame) -> np.ndarray:
    """Chains of reports within 3 km and half a day of one another (a core needs two)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b, _, _ = _near(rows, 3_000.0, 43_200.0)
    return connected_components(coo_matrix((np.ones(a.size), (a, b)), (rows.height,) * 2), directed=False)[1]


def windowed(rows: pl.DataFrame) -> np.ndarray:
    """Nearest first within 6 km and 2 days, one of a source, the same kind: what a plain window can do."""
    a, b, d, dt = _near(rows, 6_000.0, 2 * 86_400.0)
    source, kind = (rows[name].to_physical().to_numpy() for name in ("source_code", "kind_code"))
    ok = (source[a] != source[b]) & (kind[a] == kind[b])
    a, b, d, dt = a[ok], b[ok], d[ok], dt[ok]
    label = np.arange(rows.height)
    members = {n: [n] for n in range(rows.height)}
    for k in np.lexsort((b, a, d / 6_000.0 + dt / 172_800.0)):
        x, y = label[a[k]], label[b[k]]
        if x != y and not {source[m] for m in members[x]} & {source[m] for m in members[y]}:
            for m in members[y]:
                label[m] = x
            members[x] += members.pop(y)
    return label


def _near(rows: pl.DataFrame, reach_m: float, reach_s: float) -> tuple[np.ndarray, ...]:
    from scipy.spatial import cKDTree

    lon, lat = np.radians(rows["lon"].to_numpy()), np.radians(rows["lat"].to_numpy())
    xyz = 6_371_008.8 * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    t = rows["t0"].dt.epoch("us").to_numpy() / 1e6
    pairs = cKDTree(np.column_stack([xyz / reach_m, t / reach_s])).query_pairs(2**0.5, output_type="ndarray")
    a, b = pairs.T
    d, dt = np.linalg.norm(xyz[a] - xyz[b], axis=1), np.abs(t[a] - t[b])
    keep = (d <= reach_m) & (dt <= reach_s)
    return a[keep], b[keep], d[keep], dt[keep]


def sight(params: ReportsParams, learnt: Learnt | None) -> tuple[pl.DataFrame, pl.DataFrame, Learnt]:
    """Params -> rows with their truth, sightings, and the errors, learnt where they are not given."""
    made = reports(params)
    known = learnt or learn(made.observations)
    rows, seen = linkable(made.observations, P, known)
    rows = rows.join(made.truth, on="id", how="left", maintain_order="left").with_columns(
        source_code=pl.col("source").cast(pl.Categorical), kind_code=pl.col("kind").cast(pl.Categorical)
    )
    return rows, seen, known


def table_of_quality(sizes: list[tuple[int, float, int]]) -> list[str]:
    """(reports, incidents a day, seeds) -> lines of a table."""
    lines = [
        "| reports | incidents a day | seeds | errors given F1 / B-cubed | errors learnt F1 / B-cubed "
        "| learnt - given, worst seed | window rule F1 | DBSCAN F1 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for n, per_day, seeds in sizes:
        all_: list[list[float]] = []
        for seed in range(1, seeds + 1):
            params = ReportsParams(reports=n, per_day=per_day, seed=seed)
            rows, seen, known = sight(params, given(params))
            truth = rows["incident"].fill_null(-1).to_numpy()
            first = quality(link(seen, P, known)["cluster"].to_numpy(), truth)
            _, seen, known = sight(params, None)
            second = quality(link(seen, P, known)["cluster"].to_numpy(), truth)
            peers = (
                [quality(windowed(rows), truth)[0], quality(dbscan(rows), truth)[0]] if n <= 50_000 else [np.nan] * 2
            )
            all_.append([*first, *second, *peers])
        mean, each = np.mean(all_, axis=0), np.array(all_)
        worst = (each[:, 2] - each[:, 0]).min()
        lines.append(
            f"| {n:,} | {per_day:g} | {seeds} | {mean[0]:.3f} / {mean[1]:.3f} | {mean[2]:.3f} / {mean[3]:.3f} "
            f"| {worst:+.3f} | {mean[4]:.3f} | {mean[5]:.3f} |"
        )
        print(lines[-1], flush=True)
    return lines


def table_of_speed(sizes: list[tuple[int, float]]) -> list[str]:
    """(reports, incidents a day) -> lines of a table; linking alone, errors given, kernels compiled before."""
    lines = ["| reports | incidents a day | wall s | reports/s | CPU s | peak GB |", "|---|---|---|---|---|---|"]
    small = ReportsParams(reports=3_000)
    link(sight(small, given(small))[1], P, given(small))
    spent: list[tuple[int, float]] = []
    for n, per_day in sizes:
        params = ReportsParams(reports=n, per_day=per_day)
        _, seen, known = sight(params, given(params))
        wall, cpu = time.perf_counter(), time.process_time()
        link(seen, P, known)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        spent.append((n, cpu))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        lines.append(f"| {n:,} | {per_day:g} | {wall:.1f} | {n / wall:,.0f} | {cpu:.1f} | {peak:.1f} |")
        print(lines[-1], flush=True)
    (a, s), (b, t) = spent[0], spent[-1]
    if a == b:
        return lines
    return [
        *lines,
        "",
        f"Growth of CPU time from the first to the last row: exponent {np.log(t / s) / np.log(b / a):.2f}.",
    ]


def main() -> None:
    """Measure, print, freeze."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--small", action="store_true")
    small = asked.parse_args().small
    qualities = (
        [(4_000, 40.0, 1)] if small else [(20_000, 7.0, 1), (20_000, 40.0, 10), (20_000, 150.0, 1), (20_000, 684.0, 1)]
    )
    speeds = [(20_000, 40.0)] if small else [(200_000, 40.0), (2_000_000, 40.0)]
    load = os.getloadavg()[0]
    lines = ["## How well", "", *table_of_quality(qualities), "", "## How fast", "", *table_of_speed(speeds)]
    if not small:
        head = ["# Linking", "", "`python bench/fuse.py`", ""]
        machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the start, Python "
        FROZEN.write_text("\n".join([*head, machine + platform.python_version() + ".", "", *lines]) + "\n")


if __name__ == "__main__":
    main()
