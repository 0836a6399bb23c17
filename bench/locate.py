"""Where shots were fired, beside plain least squares and the published best; and whether regions cover what they claim.

    python bench/locate.py              all of it; freezes its tables in bench/frozen/locate.md
    python bench/locate.py --quick      a tenth of the drawings; freezes nothing

The live-fire set is looked for as the tests look for it (TRUCEWATCH_DATA). The baseline, in the same run and on the
same arrivals, is what anyone would write first: SciPy's least squares over place and time, its region from the
curvature and the residuals.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import least_squares
from scipy.stats import f as fisher

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/locate"))
FROZEN = Path(__file__).parent / "frozen" / "locate.md"
PUBLISHED = (4.19, 1.37, 0.56)
LEVELS = (0.5, 0.8, 0.95)


def least(shot: dict) -> tuple[np.ndarray, np.ndarray]:
    """Place by plain least squares, and its covariance."""
    xy = np.array([(s["x"], s["y"]) for s in shot["sensors"]])
    t = np.array([s["t"] for s in shot["sensors"]])
    t = t - t.min()
    c = 331.3 * np.sqrt(1 + shot["temperature_c"] / 273.15)
    start = np.array([*xy.mean(axis=0), 0.0])
    done = least_squares(lambda p: p[2] + np.hypot(*(xy - p[:2]).T) / c - t, start, x_scale=[100, 100, 0.3])
    freedom = max(1, len(t) - 3)
    return done.x[:2], np.linalg.pinv(done.jac.T @ done.jac)[:2, :2] * 2 * done.cost / freedom


def positions(place: np.ndarray, shots: list[dict]) -> dict[str, tuple[float, float, float, int]]:
    """Per firing position: distance of the shots' middle from the survey, and their scatter along its two axes."""
    off = place - np.array([one["true"] for one in shots])
    where = np.array([one["position"] for one in shots])
    made = {}
    for name in np.unique(where):
        mine = off[where == name]
        long, short = np.sqrt(np.linalg.eigvalsh(np.cov(mine.T)))[::-1]
        made[str(name)] = (float(np.hypot(*mine.mean(axis=0))), float(long), float(short), len(mine))
    return made


def subsets(shots: list[dict], n: int | None, turns: int) -> list[dict]:
    draw, made = np.random.default_rng(20181219), []
    for one in shots:
        for turn in range(turns if n else 1):
            keep = sorted(draw.permutation(len(one["sensors"]))[:n]) if n else range(len(one["sensors"]))
            if n is None or len(one["sensors"]) >= n:
                made.append({**one, "id": f"{one['id']}/{turn}", "sensors": [one["sensors"][k] for k in keep]})
    return made


def cover(shots: list[dict]) -> tuple[float, float, float, float, int]:
    """Shares of 95 % regions that hold the survey, ours and least squares'; our shares answered and within 15 m."""
    from sounded import found, inside

    located, _ = found(*shots)
    true = pl.DataFrame([(s["id"], *map(float, s["true"])) for s in shots], schema=["id", "tx", "ty"], orient="row")
    both = located.join(true, on="id", maintain_order="left")
    hit = inside(both, both.select("tx", "ty").to_numpy())
    near = np.hypot(both["x"] - both["tx"], both["y"] - both["ty"]) < 15
    plain = []
    for shot in shots:
        place, spread = least(shot)
        off = place - np.array(shot["true"])
        reach = 2 * fisher.ppf(0.95, 2, max(1, len(shot["sensors"]) - 3))
        plain.append(float(off @ np.linalg.pinv(spread) @ off) <= reach)
    return float(hit.mean()), float(np.mean(plain)), both.height / len(shots), float(near.mean()), len(shots)


def live(turns: int) -> list[str]:
    from sounded import found, shots

    fired = shots()
    located, _ = found(*fired)
    ours = positions(located.select("x", "y").to_numpy(), fired)
    plain = positions(np.array([least(one)[0] for one in fired]), fired)
    lines = [
        "## Live fire: 179 shots at five surveyed positions", "",
        "Metres. Middle: distance of the middle of a position's shots from its survey; sigma 1 and 2: their scatter.",
        "The published best method (Calhoun et al. 2021, table III) is given as its mean over *nine* positions, of",
        "which these are five; its figures by position were not at hand.", "",
        "| position | shots | ours: middle | sigma 1 | sigma 2 | least squares: middle | sigma 1 | sigma 2 |",
        "|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, (a, b, c, n) in ours.items():
        p = plain[name]
        lines.append(f"| {name} | {n} | {a:.2f} | {b:.2f} | {c:.2f} | {p[0]:.2f} | {p[1]:.2f} | {p[2]:.2f} |")
    mean, base = (np.mean([row[:3] for row in made.values()], axis=0) for made in (ours, plain))
    told = " | ".join(f"{v:.2f}" for v in (*mean, *base))
    lines += [f"| **mean of five** | {len(fired)} | {told} |"]
    lines += [f"| published best, mean of nine | 324 | {' | '.join(f'{v:.2f}' for v in PUBLISHED)} | | | |", ""]
    lines += [
        "## 95 % regions on the live fire", "",
        "| sensors | drawings | ours cover | least squares' cover | answered | within 15 m |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, n in (("all", None), ("six", 6), ("four", 4)):
        hit, other, answered, near, count = cover(subsets(fired, n, turns))
        lines.append(f"| {name} | {count} | {hit:.1%} | {other:.1%} | {answered:.1%} | {near:.1%} |")
    lines += [
        "",
        "Sensors are drawn at random. The room's numbers were chosen on these same five positions: the cover of",
        "other ground is what others will measure.",
        "",
    ]
    return lines + speed(fired) + streams(turns, fired)


def speed(fired: list[dict]) -> list[str]:
    from trucewatch.locate.arrivals import locate
    from trucewatch.locate.told import told

    batch = [{**one, "id": f"{one['id']}#{turn}"} for turn in range(28) for one in fired]
    locate(*told(batch[:200], "warm")[:2])
    start = time.perf_counter(), time.process_time()
    heads, rows, _ = told(batch, "batch")
    read = time.perf_counter() - start[0]
    locate(heads, rows)
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    begin = time.perf_counter(), time.process_time()
    for one in fired:
        least(one)
    plain = time.perf_counter() - begin[0], time.process_time() - begin[1]
    n, m = len(batch), len(fired)
    return [
        "## Speed", "",
        f"A batch of {n:,} happenings of {len(rows) / n:.1f} arrivals: {wall:.2f} s by the clock on two threads, "
        f"{cpu:.2f} s of processor ({read:.2f} s of it reading): **{n / wall:,.0f} happenings a second by the clock, "
        f"{n / cpu:,.0f} a second of one processor's time**. Least squares: {m / plain[0]:,.0f} and "
        f"{m / plain[1]:,.0f}; "
        f"ratio by processor time {n / cpu / (m / plain[1]):.0f}.", "",
    ]  # fmt: skip


def streams(turns: int, fired: list[dict]) -> list[str]:
    """Many shots told apart: simulated, and the live fire laid over itself."""
    from streamed import Theatre, scored

    lines = [
        "## Streams: many shots told apart", "",
        "Simulated: sensors in 2 by 2 km, shots within 3 s (last row: 1 s), arrivals off by 6 ms, 20 streams a row.",
        "Found: shots that have a place within 30 m and 0.1 s. Right: of the places given, those of a shot. Own:",
        "arrivals that are with their own shot. Below: live shots of one position, laid over each other within so many",
        "seconds; right is within 15 m of the survey.", "",
        "| shots | sensors | each hears | false arrivals | echoes | found | right | own | processor s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    cases = [
        Theatre(1), Theatre(4), Theatre(8, 12), Theatre(4, false=30), Theatre(4, echo=0.3), Theatre(4, heard=0.5),
        Theatre(4, sensors=6), Theatre(8, 12, span_s=1.0),
    ]  # fmt: skip
    for one in cases:
        start = time.process_time()
        found, right, own = scored(one, range(2 if turns == 1 else 20))
        took = time.process_time() - start
        told = f"{one.shots} | {one.sensors} | {one.heard:.0%} | {one.false} | {one.echo:.0%}"
        lines.append(f"| {told} | {found:.1%} | {right:.1%} | {own:.1%} | {took:.1f} |")
    lines += ["", "| live shots | within | given | found | right | processor s |", "|---|---|---|---|---|---|"]
    for many, span in ((2, 1.0), (3, 2.0), (5, 2.0), (5, 1.0)):
        given, made, right, took = overlaid(fired, many, span, 5 * turns)
        lines.append(f"| {many} | {span:g} s | {given} | {made} | {right} | {took:.1f} |")
    return [*lines, ""]


def overlaid(fired: list[dict], many: int, span: float, turns: int) -> tuple[int, int, int, float]:
    from streamed import apart

    draw, made, right, took = np.random.default_rng(3), 0, 0, 0.0
    for turn in range(turns):
        mine = [one for one in fired if one["position"] == f"FP{turn % 5 + 1}"]
        sensors = []
        for n in draw.permutation(len(mine))[:many]:
            first, late = min(s["t"] for s in mine[n]["sensors"]), draw.uniform(0, span)
            heard = mine[n]["sensors"]
            sensors += [{**s, "sensor": f"{s['x']:.0f} {s['y']:.0f}", "t": s["t"] - first + late} for s in heard]
        one = {"id": str(turn), "temperature_c": mine[0]["temperature_c"], "wind": [0, 0], "sensors": sensors}
        start = time.process_time()
        located, _, _ = apart(one)
        took += time.process_time() - start
        off = located.select("x", "y").to_numpy() - np.array(mine[0]["true"])
        made, right = made + located.height, right + int((np.hypot(*off.T) < 15).sum())
    return many * turns, made, right, took


def sectors(count: int) -> list[str]:
    from sighted import covered, theatre

    from trucewatch.locate.sectors import regions

    lines = [
        "## Sectors: simulated observers", "",
        "Bearings on a 16-point compass (22.5 degrees), ranges in bands (0.5, 1, 2, 4, 8 km). Errors before rounding:",
        "*as the params* 4 degrees and 10 % of the range, *none*, and *double*. Places are drawn in 12 by 12 km.", "",
        "| observers | of them wrong | errors | n | 50 % cover | 80 % cover | 95 % cover | median km2 at 95 % | "
        "mean chance not the same |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    cases = [(n, 0, "as the params") for n in (1, 2, 3, 4)] + [(n, 1, "as the params") for n in (3, 4)]
    cases += [(n, 0, "none") for n in (2, 3)] + [(n, 0, "double") for n in (2, 3)]
    doubts: list[tuple[float, bool]] = []
    for observers, wrong, errors in cases:
        size = {"as the params": 1.0, "none": 1e-6, "double": 2.0}[errors]
        told, true = theatre(observers, count, 100 * observers + wrong, wrong, 4.0 * size, 0.10 * size)
        places, shapes = regions(told)
        held = " | ".join(f"{covered(shapes, true, level):.1%}" for level in LEVELS)
        area = shapes.filter(pl.col("level") == 0.95)["km2"].median()
        doubt = places["p_not_same"].mean()
        if errors == "as the params" and observers > 1:
            doubts += [(p, wrong > 0) for p in places["p_not_same"]]
        doubt_told = "" if doubt is None else f"{doubt:.3f}"
        lines.append(f"| {observers} | {wrong} | {errors} | {count} | {held} | {area:.2f} | {doubt_told} |")
    said, was = np.array([d for d, _ in doubts]), np.array([w for _, w in doubts], dtype=float)
    lines += [
        "",
        f"The chance that they are not of one happening, over the rows with errors as the params: Brier score "
        f"{np.mean((said - was) ** 2):.3f}, where always saying their share ({was.mean():.0%}) would have "
        f"{np.mean((was.mean() - was) ** 2):.3f}.",
        "",
    ]  # fmt: skip
    return lines


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="a tenth of the drawings; freezes nothing")
    quick = asked.parse_args().quick
    load = os.getloadavg()[0]
    head = [
        "# Where it happened", "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, polars {pl.__version__}, with `python bench/locate.py`; load {load:.1f} "
        "at the start, from other work on the machine.",
        "",
    ]  # fmt: skip
    text = "\n".join(head + live(1 if quick else 3) + sectors(30 if quick else 100)).rstrip() + "\n"
    print(text)
    if not quick:
        FROZEN.write_text(text)


if __name__ == "__main__":
    main()
