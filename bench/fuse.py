"""Linking: how well and how fast, on reports whose truth is known, beside peers in the same run.

    python bench/fuse.py                    all of it; freezes bench/frozen/fuse.md
    python bench/fuse.py --only well|fast   one of its parts
    python bench/fuse.py --small            a part of it, to see that it runs; freezes nothing

Peers (`fuse_peers.py`): Splink, DBSCAN, and meltt's published rule of acceptance.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from fuse_peers import dbscan, meltt_rule, splink

from trucewatch.fuse.learn import learn
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.link import link
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.plain import fair, fuse_plain, linkable
from trucewatch.fuse.stream import add, begin, settled
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports
from trucewatch.tables import LEARNT

DENSITIES = (7.0, 40.0, 150.0, 684.0)
LINKED = ("sighting", "source", "name", "mask", "lon", "lat", "sd_m", "lo_s", "hi_s", "blur_s2", "shape", "alone")
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


def sight(params: ReportsParams, learnt: Learnt | None) -> tuple[pl.DataFrame, pl.DataFrame, Learnt]:
    """Params -> rows with their truth, sightings, and the errors, learnt where they are not given."""
    made = reports(params)
    known = learnt or learn(made.observations)
    rows, seen = linkable(made.observations, P, known)
    rows = rows.join(made.truth, on="id", how="left", maintain_order="left").with_columns(
        source_code=pl.col("source").cast(pl.Categorical), kind_code=pl.col("kind").cast(pl.Categorical)
    )
    return rows, seen, known


MODELS = (
    "errors given", "errors learnt", "Splink, one a source", "Splink, its one to one", "Splink, components",
    "Splink without who did it, one a source", "meltt's rule", "DBSCAN",
)  # fmt: skip


def one_of_quality(n: int, per_day: float, seed: int, wide: bool) -> tuple[Quality, str]:
    """Reports, incidents a day, seed -> F1 and B-cubed of each model (Splink where `wide`), and the eps of DBSCAN."""
    params = ReportsParams(reports=n, per_day=per_day, seed=seed)
    rows, seen, known = sight(params, given(params))
    truth = rows["incident"].fill_null(-1).to_numpy()
    made = {"errors given": link(seen, P, known)["cluster"].to_numpy()}
    _, seen, known = sight(params, None)
    made["errors learnt"] = link(seen, P, known)["cluster"].to_numpy()

    def told(label: np.ndarray) -> float:
        return quality(label, truth)[0]

    made["meltt's rule"] = meltt_rule(rows)
    made["DBSCAN"], eps = dbscan(rows, told)
    if wide:
        names = {"one a source": "one a source", "one to one": "its one to one", "components": "components"}
        for name, label in splink(rows, told).items():
            made[f"Splink, {names[name]}"] = label
        made["Splink without who did it, one a source"] = splink(rows, told, by=False)["one a source"]
    return {name: quality(label, truth) for name, label in made.items()}, eps


Quality = dict[str, tuple[float, float]]


def table_of_quality(n: int, headline: float, seeds: int, others: tuple[float, ...]) -> list[str]:
    """Reports, the headline's density, how many seeds, other densities (one seed) -> lines."""
    every: list[Quality] = []
    eps: set[str] = set()
    for seed in range(1, seeds + 1):
        made, best = one_of_quality(n, headline, seed, True)
        every.append(made)
        eps.add(best)
        print(seed, best, {name: f"{f1:.3f} / {cubed:.3f}" for name, (f1, cubed) in made.items()}, flush=True)
    fall = []
    for per_day in others:
        made, _ = one_of_quality(n, per_day, 1, False)
        row = " | ".join(f"{made[k][0]:.3f}" for k in ("errors given", "errors learnt", "meltt's rule", "DBSCAN"))
        fall.append(f"| {per_day:g} | {row} |")
        print(fall[-1], flush=True)
    head = f"{n:,} reports, {headline:g} incidents a day on a front of 1,200 km, {seeds} seeds. DBSCAN's best eps: "
    return [head + "; ".join(sorted(eps)) + ".", "", *lines_of_quality(every), *fall]


def lines_of_quality(every: list[Quality]) -> list[str]:
    """What each seed gave -> a table, the two aims, and the head of the fall with density."""
    lines = ["| model | F1, mean | least | most | B-cubed, mean |", "|---|---|---|---|---|"]
    for name in MODELS:
        told = np.array([made[name] for made in every if name in made])
        if told.size:
            of = "" if len(told) == len(every) else " (seed 1)"
            f1, cubed = told[:, 0], told[:, 1].mean()
            lines.append(f"| {name}{of} | {f1.mean():.3f} | {f1.min():.3f} | {f1.max():.3f} | {cubed:.3f} |")
    learnt = np.array([made["errors learnt"][0] for made in every])
    off = learnt - [made["errors given"][0] for made in every]
    ahead = learnt - [max(made["Splink, one a source"][0], made["Splink, its one to one"][0]) for made in every]
    alike = learnt - [made["Splink without who did it, one a source"][0] for made in every]
    return [
        *lines,
        "",
        f"Learnt less given: {off.min():+.3f} to {off.max():+.3f}. Learnt less the better of Splink with one a source: "
        f"{ahead.min():+.3f} to {ahead.max():+.3f}, above it in {(ahead > 0).sum()} of {len(every)} seeds. Splink "
        "takes its best threshold by the truth, and weighs who did it too, which never decides here. With the "
        f"same facts, and still its best threshold: {alike.min():+.3f} to {alike.max():+.3f}, above it in "
        f"{(alike > 0).sum()} of {len(every)}.",
        "",
        "The fall with density (one seed each, F1):",
        "",
        "| incidents a day | errors given | errors learnt | meltt's rule | DBSCAN |",
        "|---|---|---|---|---|",
    ]


def linked_apart(n: int, per_day: float) -> dict[str, float]:
    """Linking alone of n reports, errors given, in a process of its own: seconds, CPU seconds, peak."""
    folder = tempfile.mkdtemp()
    try:
        for part in ("make", "time"):
            done = subprocess.run(
                [sys.executable, __file__, "--part", part, str(n), str(per_day), folder],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
        told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return told
    finally:
        shutil.rmtree(folder)


def part_of(what: str, n: int, per_day: float, folder: Path) -> None:
    """In a process of its own: make the sightings, or time the linking of them."""
    params = ReportsParams(reports=n, per_day=per_day)
    if what == "make":
        sight(params, given(params))[1].select(LINKED).write_parquet(folder / "seen.parquet")
        return
    small = ReportsParams(reports=5_000)
    link(sight(small, given(small))[1], P, given(small))
    seen = pl.read_parquet(folder / "seen.parquet")
    wall, cpu = time.perf_counter(), time.process_time()
    link(seen, P, given(params))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))


def table_of_speed(sizes: list[tuple[int, float]]) -> list[str]:
    """(reports, incidents a day) -> lines; linking alone, errors given, kernels compiled before."""
    lines = [
        "| reports | incidents a day | wall s | reports/s | CPU s | CPU s / 2: reports/s | peak GB | load |",
        "|---|---|---|---|---|---|---|---|",
    ]
    spent: list[tuple[int, float]] = []
    for n, per_day in sizes:
        told = linked_apart(n, per_day)
        wall, cpu = told["wall"], told["cpu"]
        spent.append((n, cpu))
        lines.append(
            f"| {n:,} | {per_day:g} | {wall:.1f} | {n / wall:,.0f} | {cpu:.1f} | {2 * n / cpu:,.0f} "
            f"| {told['peak']:.1f} | {os.getloadavg()[0]:.1f} |"
        )
        print(lines[-1], flush=True)
    (a, s), (b, t) = spent[0], spent[-1]
    if a == b:
        return lines
    grown = np.log(t / s) / np.log(b / a)
    return [*lines, "", f"Growth of CPU time from the first to the last row: exponent {grown:.2f}."]


def newest_percent(n: int, per_day: float) -> list[str]:
    """The newest hundredth of the reports as a batch, beside a run from scratch: rows ordered and linked, both."""
    params = ReportsParams(reports=n, per_day=per_day)
    rows = fair(reports(params).observations, "reports")[0].sort("t0")
    known = settled(rows, P, given(params))
    cut, times = n - n // 100, {}
    held = begin(rows.head(cut), P, known)
    for name, work in (
        ("from scratch", lambda: link(linkable(rows, P, known)[1], P, known)),
        ("the batch alone", lambda: add(held, rows.slice(cut))),
    ):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        times[name] = (time.perf_counter() - wall, time.process_time() - cpu)
    lines = [f"The newest 1 % of {n:,} reports as a batch:", "", "| | wall s | CPU s |", "|---|---|---|"]
    lines += [f"| {name} | {wall:.2f} | {cpu:.2f} |" for name, (wall, cpu) in times.items()]
    part, whole = times["the batch alone"], times["from scratch"]
    told = f"The batch takes {part[0] / whole[0]:.1%} of the wall time, {part[1] / whole[1]:.1%} of the CPU time."
    print(*lines, told, sep="\n", flush=True)
    return ["", *lines, "", told]


def whole_room(n: int, per_day: float) -> list[str]:
    """The whole room on a bare file beside linking: learn, sightings, link, gather."""
    made = reports(ReportsParams(reports=n, per_day=per_day)).observations
    lines = ["", f"The whole room, {n:,} reports of a bare file:", "", "| step | wall s | CPU s |", "|---|---|---|"]

    def timed(name: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        done = work()
        lines.append(f"| {name} | {time.perf_counter() - wall:.1f} | {time.process_time() - cpu:.1f} |")
        print(lines[-1], flush=True)
        return done

    known = timed("learn", lambda: learn(made))
    rows, lost = timed("check the rows", lambda: fair(made, "reports"))
    timed("order, link, gather, tell", lambda: fuse_plain(rows, lost, P, known))
    return lines


def frozen(part: str, lines: list[str], load: float) -> None:
    """Put a part in its place in the frozen page; what was frozen of the others stays."""
    text = FROZEN.read_text() if FROZEN.exists() else "# Linking\n"
    parts = {each.split("\n", 1)[0]: each for each in text.split("\n## ")[1:]}
    stamp = (
        f"{datetime.now(UTC):%Y-%m-%d}, `python bench/fuse.py --only {part.split()[-1]}`, {platform.machine()}, "
        f"{os.cpu_count()} cores, load {load:.1f} at the start, "
        f"Python {platform.python_version()}."
    )
    parts[part] = "\n".join([part, "", stamp, "", *lines])
    FROZEN.write_text("# Linking\n\n" + "\n\n".join(f"## {parts[k].strip()}" for k in sorted(parts)) + "\n")


def main() -> None:
    """Measure, print, freeze."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--small", action="store_true", help="a part of it; freezes nothing")
    asked.add_argument("--only", choices=("well", "fast"), help="one of the two parts")
    asked.add_argument("--most", type=int, default=10_000_000, help="the most reports that are timed")
    asked.add_argument("--part", nargs=4, help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.part:
        part_of(told.part[0], int(told.part[1]), float(told.part[2]), Path(told.part[3]))
        return
    if told.only != "fast":
        load = os.getloadavg()[0]
        lines = table_of_quality(4_000, 60.0, 1, ()) if told.small else table_of_quality(20_000, 60.0, 10, DENSITIES)
        if not told.small:
            frozen("How well", lines, load)
    if told.only != "well":
        load = os.getloadavg()[0]
        sizes = [n for n in (200_000, 2_000_000, 10_000_000) if n <= told.most]
        lines = table_of_speed([(20_000, 60.0)] if told.small else [(n, 60.0) for n in sizes])
        lines += newest_percent(20_000 if told.small else 2_000_000, 60.0)
        lines += whole_room(20_000 if told.small else 2_000_000, 60.0)
        if not told.small:
            frozen("How fast", lines, load)


if __name__ == "__main__":
    main()
