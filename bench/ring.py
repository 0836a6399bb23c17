"""ring: necks exactly on polygons, beside a grid of 100 m (SciPy's distance transform) in the same run.

    TRUCEWATCH_DATA=... python bench/ring.py [DAYS]

Prints and freezes bench/frozen/ring.md. The maps are not in the project; without them only the shapes are measured.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/ring"))

from ring_grid import grid_neck  # noqa: E402
from shapes import SHAPES, asked, told  # noqa: E402

from trucewatch.cli.base import mapping  # noqa: E402
from trucewatch.ports import Capture  # noqa: E402
from trucewatch.ring import Asked, Question, RingParams, answered, drawn, middle_of_map, rings, scan  # noqa: E402
from trucewatch.ringed import shared  # noqa: E402
from trucewatch.sources.control import SOURCE  # noqa: E402

P, CELL_M = RingParams(), 100.0
DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 140
GRID = ("a rectangle with a slit", "two necks in parallel", "an island in the neck", "a neck aslant")  # fmt: skip


def clocked(of):
    wall, cpu = time.perf_counter(), time.process_time()
    made = of()
    return made, time.perf_counter() - wall, time.process_time() - cpu


def shapes() -> list[str]:
    rows = [
        "| shape | true neck m | exact m | error m | s | grid m | error m | s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    named = {shape.name: shape for shape in SHAPES}
    rings([told(named["closed"])], asked(named["closed"]), P)
    for name in GRID:
        shape = named[name]
        made, wall, _ = clocked(lambda s=shape: rings([told(s)], asked(s), P).rings["neck_m"][0])
        grid, slow, _ = clocked(lambda s=shape: grid_neck(s.a, s.at, CELL_M))
        told_m = f"| {name} | {shape.free} | {made:.2f} | {made - shape.free:+.3f} | {wall:.2f} "
        rows.append(f"{told_m}| {grid:.0f} | {grid - shape.free:+.0f} | {slow:.2f} |")
    return rows


def read(path: Path) -> pl.DataFrame:
    keep = {"mapping": mapping("deepstate-daily")}
    capture = Capture(path.name, "control", path.name, "application/geo+json", datetime.now(UTC), "", keep)
    return SOURCE.read(capture, path.read_bytes()).areas


def fronts(data: Path) -> list[str]:
    made = []
    at = Asked("ukraine", 37.27, 47.91, "ukraine")
    areas = read(data / "2024-12-12.geojson.gz")
    rings([drawn(areas)], at, P)
    _, wall, cpu = clocked(lambda: rings([drawn(areas)], at, P))
    made.append(f"- one map, one place, both treatments: {wall:.2f} s ({cpu:.2f} s of CPU); to beat: 0.5 s")
    _, wall, cpu = clocked(lambda: read(data / "2024-12-12.geojson.gz"))
    made.append(f"- reading that map beforehand: {wall:.2f} s ({cpu:.2f} s of CPU)")
    one = drawn(areas)
    where = Asked("ukraine", *middle_of_map(one), "ukraine")
    found, wall, cpu = clocked(lambda: scan(one, where, P.corridor_m, P))
    fit = found["fit_to_tell"].sum()
    made.append(
        f"- scan of the whole front, W = 2 km, both treatments: {wall:.2f} s ({cpu:.2f} s of CPU); to beat: 5 s"
    )
    made.append(f"- it found {found.height} rows, of which {fit} are fit to tell")
    paths = sorted(data.glob("2024-*.geojson.gz"))[-DAYS:]
    many = pl.concat([read(path) for path in paths])
    ask = Question("watch", at, datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
    two, wall, _ = clocked(lambda: shared(ask, many, None, P, 2))
    made.append(f"- {len(paths)} days, one place, two processes: {wall:.0f} s; to beat: 180 s for 140 days")
    few = many.filter(pl.col("on") >= datetime(2024, 12, 20, tzinfo=UTC))
    same = answered(ask, few, None, P)["rings"].equals(shared(ask, few, None, P, 2)["rings"])
    made.append(f"- one process and two bring the same table: {same}; rows: {two['rings'].height}")
    return made


def main() -> None:
    data = Path(os.environ.get("TRUCEWATCH_DATA", ROOT.parent / "shared/data")) / "deepstate_control_daily"
    load = os.getloadavg()[0]
    lines = [
        "# ring", "", f"`python bench/ring.py {DAYS}`, Python {platform.python_version()}, {os.cpu_count()} cores",
        f"shared with other work (load {load:.0f}); trust ratios and CPU seconds before wall seconds.", "",
        f"## Shapes with known answers, beside a grid of {CELL_M:g} m in the same run", "", *shapes(), "",
        "The grid is handed the shape on its plane; the exact way projects it from degrees, under both treatments.", "",
        "## A real front", "", *(fronts(data) if data.is_dir() else ["The maps are not here."]), "",
    ]  # fmt: skip
    text = "\n".join(lines)
    print(text)
    (ROOT / "bench/frozen/ring.md").write_text(text)


if __name__ == "__main__":
    main()
