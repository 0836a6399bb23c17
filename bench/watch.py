"""How good and how fast is `watch`? The scan and the detectors, each beside simpler ones in the same run.

    python bench/watch.py                       both; freezes bench/frozen/watch.md
    python bench/watch.py --parts detectors     one; freezes nothing
    python bench/watch.py --reps 50 --sets 99   fewer simulated series and sets of cases

Fires of real years are judged in bench/watch_fires.py. SaTScan and R's packages are not at hand here and are not run.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from trucewatch.watch import alarm, baseline
from trucewatch.watch.params import BaselineParams, ScanParams
from trucewatch.watch.scan import Ask, _ground, scan

FROZEN = Path(__file__).parent / "frozen" / "watch.md"
TRAIN_DAYS, YEAR, CHANGE = 1096, 365, 180
BAR = 10 * 365.25
SCENES = {"mean 5, k 3": (5.0, 3.0), "mean 1, k 0.7": (1.0, 0.7), "mean 20, k 5": (20.0, 5.0)}


# Detectors


def series(rng: Any, mean: float, k: float, growth: float, bursts: float, gaps: float) -> tuple[Any, Any]:
    """Counts and exposure of the training and one year more; a rise from day CHANGE of that year."""
    day = np.arange(TRAIN_DAYS + YEAR)
    mu = mean * np.exp(0.5 * np.sin(day * 2 * np.pi / 365.25) + np.where(day % 7 < 5, 0.06, -0.15))
    mu = mu * np.where(day >= TRAIN_DAYS + CHANGE, growth, 1.0)
    y = rng.negative_binomial(k, k / (k + mu))
    for t in np.flatnonzero(rng.random(day.size) < bursts):  # one to three days at four times the mean
        some = slice(t, t + int(rng.integers(1, 4)))
        y[some] += rng.negative_binomial(k, k / (k + 3 * mu[some]))
    exposure = np.where(rng.random(day.size) < gaps, 0.0, rng.uniform(0.5, 1, day.size)) if gaps else np.ones(day.size)
    return rng.binomial(y, exposure).astype(float), exposure


def first_alarm(y: Any, exposure: Any, start: int, true_k: float | None, poisson: bool) -> int | None:
    """Day of the judged year on which the detector first alarms, begun at `start`."""
    params, day, plain = BaselineParams(), np.arange(y.size) + 17_000, np.full(y.size, "")
    made = baseline.learn(day[:TRAIN_DAYS], y[:TRAIN_DAYS], exposure[:TRAIN_DAYS], plain[:TRAIN_DAYS], params)
    k = 1e6 if poisson else true_k or made.k_low
    now = np.flatnonzero((np.arange(y.size) >= TRAIN_DAYS + start) & (exposure > 0))
    x = baseline.design(day[now], made.season, np.zeros((0, 0)), plain[now], made.platforms, params.season_pairs)
    mean, upper = baseline.upper_mean(replace(made, k_low=k), x, exposure[now], params)
    ratios = np.exp(alarm._ratios(y[now], mean if poisson else upper, k, params))
    held = np.zeros(ratios.shape[1])
    for at, each in zip(now, ratios, strict=True):
        held = (held + 1) * each
        if held.mean() >= BAR:
            return int(at - TRAIN_DAYS)
    return None


def ears(y: Any, start: int, kind: int) -> int | None:
    """EARS: seven days of baseline, next to today (C1), two days earlier (C2), or three days of C2 summed (C3)."""
    lag = 0 if kind == 1 else 2
    scores = []
    for t in range(TRAIN_DAYS + start - 3, y.size):
        past = y[t - 7 - lag : t - lag]
        scores.append((y[t] - past.mean()) / max(past.std(ddof=1), 0.2))
    for n in range(3, len(scores)):
        over = scores[n] > 3 if kind < 3 else sum(max(0.0, s - 1) for s in scores[n - 2 : n + 1]) > 2
        if over:
            return start + n - 3
    return None


def fixed(y: Any, start: int) -> int | None:
    """Above the training's mean, rounded up, by more than two."""
    over = np.flatnonzero(y[TRAIN_DAYS + start :] > np.ceil(y[:TRAIN_DAYS].mean()) + 2)
    return start + int(over[0]) if over.size else None


def detectors(reps: int) -> list[str]:
    rules = {
        "`watch alarms`, dispersion estimated": lambda y, e, s, k: first_alarm(y, e, s, None, False),
        "the same, given the true dispersion": lambda y, e, s, k: first_alarm(y, e, s, k, False),
        "Poisson detector": lambda y, e, s, k: first_alarm(y, e, s, None, True),
        "EARS C1": lambda y, e, s, k: ears(y, s, 1),
        "EARS C2": lambda y, e, s, k: ears(y, s, 2),
        "EARS C3": lambda y, e, s, k: ears(y, s, 3),
        "fixed threshold": lambda y, e, s, k: fixed(y, s),
    }
    lines = [
        f"## Detectors: {reps} series for each number, three years of baseline, one judged", "",
        "Any false alarm in the year (promised: at most 10 %), and the median days to an alarm after a doubling, "
        "counted from the day of the change, the detector begun that day.", "",
        "| series | detector | quiet | with bursts | with gaps | days at a doubling |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for scene, (mean, k) in SCENES.items():
        for name, rule in rules.items():
            shares = []
            for bursts, gaps in ((0.0, 0.0), (0.03, 0.0), (0.0, 0.3)):
                rng = np.random.default_rng(7)
                hits = [rule(*series(rng, mean, k, 1.0, bursts, gaps), 0, k) is not None for _ in range(reps)]
                shares.append(f"{np.mean(hits):.1%}")
            rng = np.random.default_rng(8)
            found = [rule(*series(rng, mean, k, 2.0, 0.0, 0.0), CHANGE, k) for _ in range(max(20, reps // 4))]
            late = float(np.median([YEAR if f is None else f - CHANGE + 1 for f in found]))
            lines.append(f"| {scene} | {name} | {' | '.join(shares)} | {late:g} |")
            print(lines[-1], flush=True)
    return lines


# The scan


def cases(places: int, n: int, days: int, planted: int, side_deg: float) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    lon, lat = 30 + rng.uniform(0, side_deg, places), 47 + rng.uniform(0, side_deg * 0.65, places)
    place, day = rng.integers(0, places, n), rng.integers(0, days, n)
    if planted:
        near = np.flatnonzero(np.hypot((lon - lon[7]) * 73, (lat - lat[7]) * 111) < 25)
        place[:planted], day[:planted] = rng.choice(near, planted), days - 1 - rng.integers(0, 10, planted)
    held = pl.DataFrame({"place": place, "day": day}).group_by("place", "day").len().sort("place", "day")
    return pl.DataFrame(
        {"location": [f"L{p:05d}" for p in held["place"]], "lon": lon[held["place"]], "lat": lat[held["place"]],
         "date": [date(2022, 1, 1) + timedelta(int(d)) for d in held["day"]], "cases": held["len"]}
    )  # fmt: skip


def plain_replicate(ground: Any, n: int, seed: int) -> float:
    """Seconds for one replicate in plain NumPy: deal the days out, then every cylinder's ratio, circle by circle."""
    started = time.process_time()
    of_place, (start, near, last) = ground.counts.sum(1), ground.chain
    first, after, expected = ground.windows
    recent = ground.counts[:, ground.offset :].sum(0)
    dealt = np.random.default_rng(seed).permutation(np.repeat(np.arange(of_place.size), of_place))[: recent.sum()]
    grid = np.zeros((of_place.size, recent.size + 1), np.int64)
    np.add.at(grid, (dealt, np.repeat(np.arange(recent.size), recent) + 1), 1)
    sums, top = grid.cumsum(1), 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        for i in range(of_place.size):
            chain = near[start[i] : start[i + 1]]
            held = sums[chain].cumsum(0)[last[start[i] : start[i + 1]]]
            c = (held[:, after] - held[:, first]).astype(float)
            mu = of_place[chain].cumsum()[last[start[i] : start[i + 1]], None] / n * expected
            value = c * np.log(c / mu) + (n - c) * np.log((n - c) / (n - mu))
            top = max(top, float(np.nanmax(np.where((c > mu) & (c > 1) & (c <= n / 2), value, 0.0))))
    return time.process_time() - started


def timed(folder: Path, rows: pl.DataFrame, radius: int, replicates: int) -> tuple[float, float, float]:
    """The command on a file -> seconds, seconds of processor, p of the likeliest."""
    import json

    path = folder / "cases.csv"
    rows.write_csv(path)
    args = [sys.executable, "-m", "trucewatch", "watch", "scan", str(path), "--max-radius-km", str(radius)]
    args += ["--max-days", "30", "--replicates", str(replicates), "--seed", "1", "--prospective", "--json"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    told = json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)
    took, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, told["clusters"][0]["p"]


def scans(reps: int) -> list[str]:
    lines = [
        "## Scan: the whole command on a file, only windows to the last day, 30 days at most", "",
        "| data | replicates | p of the likeliest | s | s of processor | plain NumPy, s of processor | ratio |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as at:
        folder = Path(at)
        timed(folder, cases(100, 1000, 60, 0, 1.0), 50, 9)  # compile once, as an installation does
        for name, size, radius, replicates in (
            ("2,000 places, 100,000 cases, 730 days, 50 km, a cluster", (2000, 100_000, 730, 400, 5.0), 50, 999),
            ("the same, no cluster", (2000, 100_000, 730, 0, 5.0), 50, 999),
            ("5,000 places, 1,000,000 cases, 730 days, 40 km", (5000, 1_000_000, 730, 0, 8.0), 40, 99),
        ):
            rows = cases(*size)
            took, used, p = timed(folder, rows, radius, replicates)
            table = rows.rename({"date": "day"})
            ground = _ground(table, Ask(radius, 30, 1, prospective=True), ScanParams())
            plain = plain_replicate(ground, size[1], 1) * replicates
            lines.append(
                f"| {name}, {ground.chain[1].size / size[0]:.0f} places in a circle | {replicates} | {p:.3f} | "
                f"{took:.1f} | {used:.1f} | {plain:.0f} (one measured) | {plain / used:.0f} x |"
            )
            print(lines[-1], flush=True)
    ps = []
    for seed in range(reps):
        rng = np.random.default_rng(10_000 + seed)
        place = rng.integers(0, 20, 150)
        spots = rng.uniform(0, 1, (2, 20))
        table = pl.DataFrame(
            {"location": [f"L{p}" for p in place], "lon": 30 + spots[0][place], "lat": 47 + spots[1][place],
             "day": [date(2022, 1, 1) + timedelta(int(d)) for d in rng.integers(0, 30, 150)], "cases": [1] * 150}
        )  # fmt: skip
        ps.append(scan(table, Ask(30, 5, 63, seed)).clusters["p"][0])
    from scipy.stats import kstest

    ks = kstest(np.array(ps) - np.random.default_rng(1).uniform(0, 1 / 64, reps), "uniform")
    shares = ", ".join(f"{np.mean(np.array(ps) <= a):.3f} at {a}" for a in (0.0625, 0.125, 0.25, 0.5))
    lines += ["", f"Where nothing happened ({reps} simulated sets, 63 replicates each) p is at most a level in: "
              f"{shares}; Kolmogorov-Smirnov against uniform p = {ks.pvalue:.2f}."]  # fmt: skip
    print(lines[-1], flush=True)
    return lines


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--parts", nargs="*", default=["scan", "detectors"], choices=["scan", "detectors"])
    asked.add_argument("--reps", type=int, default=1000, help="simulated series")
    asked.add_argument("--sets", type=int, default=1000, help="simulated sets of cases")
    said = asked.parse_args()
    load = os.getloadavg()[0]
    lines = [
        "# Watch", "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {load:.1f} from other work as it began, with "
        f"`python bench/watch.py --reps {said.reps} --sets {said.sets}`. "
        "Trust the ratios, and seconds of processor more than seconds.",
    ]  # fmt: skip
    if "scan" in said.parts:
        lines += ["", *scans(said.sets)]
    if "detectors" in said.parts:
        lines += ["", *detectors(said.reps)]
    if len(said.parts) == 2:
        FROZEN.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
