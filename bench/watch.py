"""How good and how fast is `watch`? The scan and the detectors, each beside simpler ones in the same run.

    python bench/watch.py                       both, in some four minutes; freezes bench/frozen/watch.md
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
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from trucewatch.watch import alarm, baseline, power
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


def alarm_days(y: Any, exposure: Any, start: int, true_k: float) -> list[int | None]:
    """Day of the judged year on which each rule of RULES first alarms, begun at `start`."""
    params, day, plain = BaselineParams(), np.arange(y.size) + 17_000, np.full(y.size, "")
    made = baseline.learn(day[:TRAIN_DAYS], y[:TRAIN_DAYS], exposure[:TRAIN_DAYS], plain[:TRAIN_DAYS], params)
    now = np.flatnonzero((np.arange(y.size) >= TRAIN_DAYS + start) & (exposure > 0))
    x = baseline.design(day[now], made.season, np.zeros((0, 0)), plain[now], made.platforms, params.season_pairs)
    mean, upper = baseline.upper_mean(made, x, exposure[now], params)
    ways = ((upper, made.k_low), (upper, true_k), (mean, 1e6))
    ratios = np.exp(np.stack([alarm._ratios(y[now], level, k, params) for level, k in ways]))
    held, found = np.zeros(ratios[:, 0].shape), [None] * len(ways)
    for n, at in enumerate(now):
        held = (held + 1) * ratios[:, n]
        for way in np.flatnonzero(held.mean(1) >= BAR):
            found[way] = int(at - TRAIN_DAYS) if found[way] is None else found[way]
    return [*found, *(ears(y, start, kind) for kind in (1, 2, 3)), fixed(y, start)]


def ears(y: Any, start: int, kind: int) -> int | None:
    """EARS: seven days of baseline, next to today (C1), two days earlier (C2), or three days of C2 summed (C3)."""
    lag, first = 0 if kind == 1 else 2, TRAIN_DAYS + start - 3
    past = np.lib.stride_tricks.sliding_window_view(y, 7)[first - 7 - lag : y.size - 7 - lag]
    scores = (y[first:] - past.mean(1)) / np.maximum(past.std(1, ddof=1), 0.2)
    if kind < 3:
        over = np.flatnonzero(scores[3:] > 3)
    else:
        high = np.maximum(0.0, scores - 1)
        over = np.flatnonzero(high[3:] + high[2:-1] + high[1:-2] > 2)
    return start + int(over[0]) if over.size else None


def fixed(y: Any, start: int) -> int | None:
    """Above the training's mean, rounded up, by more than two."""
    over = np.flatnonzero(y[TRAIN_DAYS + start :] > np.ceil(y[:TRAIN_DAYS].mean()) + 2)
    return start + int(over[0]) if over.size else None


RULES = ("`watch alarms`, dispersion estimated", "the same, given the true dispersion", "Poisson detector",
         "EARS C1", "EARS C2", "EARS C3", "fixed threshold")  # fmt: skip
TROUBLE = {"quiet": (0.0, 0.0), "with bursts": (0.03, 0.0), "with gaps": (0.0, 0.3)}


def one_series(asked: tuple[float, float, float, float, float, int, int]) -> list[int | None]:
    mean, k, growth, bursts, gaps, start, seed = asked
    return alarm_days(*series(np.random.default_rng(seed), mean, k, growth, bursts, gaps), start, k)


def detectors(reps: int) -> list[str]:
    lines = [
        f"## Detectors: {reps} series for each number, three years of baseline, one judged", "",
        "Any false alarm in the year (promised: at most 10 %; in brackets where the share lies, 19 times in 20), and "
        "the median days to an alarm after a doubling, from the day of the change, on which the detector begins.", "",
        f"| series | detector | {' | '.join(TROUBLE)} | days at a doubling | of the oracle's |", "|---" * 7 + "|",
    ]  # fmt: skip
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for scene, (mean, k) in SCENES.items():
            shares: list[list[str]] = [[] for _ in RULES]
            for bursts, gaps in TROUBLE.values():
                asked = [(mean, k, 1.0, bursts, gaps, 0, 7000 + n) for n in range(reps)]
                told = list(pool.map(one_series, asked, chunksize=20))
                for n in range(len(RULES)):
                    hits = sum(t[n] is not None for t in told)
                    low, high = power._wilson(hits, reps, 1.96)
                    shares[n].append(f"{hits / reps:.1%} ({low:.0%} to {high:.0%})")
            asked = [(mean, k, 2.0, 0.0, 0.0, CHANGE, 90_000 + n) for n in range(reps // 2)]
            told = list(pool.map(one_series, asked, chunksize=20))
            late = [
                float(np.median([YEAR if t[n] is None else t[n] - CHANGE + 1 for t in told])) for n in range(len(RULES))
            ]
            for n, name in enumerate(RULES):
                lines.append(f"| {scene} | {name} | {' | '.join(shares[n])} | {late[n]:g} | {late[n] / late[1]:.2f} |")
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
    of_place, (start, near, last, _) = ground.counts.sum(1), ground.chain
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
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # as an installation has it
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    told = json.loads(subprocess.run(args, check=True, capture_output=True, text=True, env=env).stdout)
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
            ("the same, a faint cluster", (2000, 100_000, 730, 45, 5.0), 50, 999),
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
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        ps = np.array(list(pool.map(null_p, range(reps), chunksize=50)))
    from scipy.stats import binomtest, kstest

    ks = kstest(ps - np.random.default_rng(1).uniform(0, 1 / (NULL + 1), reps), "uniform")
    shares = ", ".join(
        f"{np.mean(ps <= a):.3f} at {a} ({binomtest(int((ps <= a).sum()), reps, a).pvalue:.2f})"
        for a in (0.0625, 0.125, 0.25, 0.5, 0.75)
    )
    lines += [
        "",
        f"Where nothing happened ({reps} simulated sets, {NULL} replicates each) p is at most a level in, with the "
        f"chance of a share so far off: {shares}; Kolmogorov-Smirnov against uniform p = {ks.pvalue:.2f}.",
    ]
    print(lines[-1], flush=True)
    return lines


NULL = 63
"""Replicates of each set in which nothing happened: p is then a 64th, and may be that or less in that share of sets."""


def null_p(seed: int) -> float:
    """p of the likeliest cluster of a set of cases in which nothing happened."""
    rng = np.random.default_rng(10_000 + seed)
    place, spots = rng.integers(0, 20, 150), rng.uniform(0, 1, (2, 20))
    table = pl.DataFrame(
        {"location": [f"L{p}" for p in place], "lon": 30 + spots[0][place], "lat": 47 + spots[1][place],
         "day": [date(2022, 1, 1) + timedelta(int(d)) for d in rng.integers(0, 30, 150)], "cases": [1] * 150}
    )  # fmt: skip
    return float(scan(table, Ask(30, 5, NULL, seed)).clusters["p"][0])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--parts", nargs="*", default=["scan", "detectors"], choices=["scan", "detectors"])
    asked.add_argument("--reps", type=int, default=400, help="simulated series")
    asked.add_argument("--sets", type=int, default=3000, help="simulated sets of cases")
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
