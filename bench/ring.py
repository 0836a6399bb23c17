"""ring: necks exactly on polygons, beside a grid of 100 m (SciPy's distance transform) in the same run.

    TRUCEWATCH_DATA=... python bench/ring.py [DAYS]

Prints and freezes bench/frozen/ring.md. The maps are not in the project; without them only the shapes are measured.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyproj
import shapely

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/ring"))

from ring_grid import grid_neck  # noqa: E402
from shapes import SHAPES, asked, told  # noqa: E402

from trucewatch.cli.base import mapping  # noqa: E402
from trucewatch.ports import Capture  # noqa: E402
from trucewatch.ring import Asked, Question, RingParams, answered, drawn, middle_of_map, rings, scan  # noqa: E402
from trucewatch.ringed import shared  # noqa: E402
from trucewatch.sources.control import SOURCE  # noqa: E402

P, CELL_M, AROUND_M = RingParams(), 100.0, 60_000.0
DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 140
GRID = ("a rectangle with a slit", "two necks in parallel", "an island in the neck", "a neck aslant")  # fmt: skip
PLACES = (
    ("2024-12-12", "near Uspenivka", 37.27, 47.91),
    ("2024-12-15", "Velyka Novosilka", 36.8367, 47.8397),
    ("2024-12-21", "south of Velyka Novosilka", 36.79, 47.78),
    ("2024-12-31", "Velyka Novosilka", 36.8367, 47.8397),
    ("2024-08-20", "across the border", 35.25, 51.2),
)
HOSTILE = {"contested_free": False, "contested_hostile": True}


def spent() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def clocked(of):
    wall, cpu = time.perf_counter(), spent()
    made = of()
    return made, time.perf_counter() - wall, spent() - cpu


def shapes() -> list[str]:
    rows = [
        "| shape | true neck m | exact m | error m | CPU s | grid m | error m | CPU s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    named = {shape.name: shape for shape in SHAPES}
    rings([told(named["closed"])], asked(named["closed"]), P)
    for name in GRID:
        shape = named[name]
        made, _, cpu = clocked(lambda s=shape: rings([told(s)], asked(s), P).rings["neck_m"][0])
        grid, _, slow = clocked(lambda s=shape: grid_neck(s.a, s.at, CELL_M))
        told_m = f"| {name} | {shape.free} | {made:.2f} | {made - shape.free:+.3f} | {cpu:.2f} "
        rows.append(f"{told_m}| {grid:.0f} | {grid - shape.free:+.0f} | {slow:.2f} |")
    return rows


def read(path: Path) -> pl.DataFrame:
    keep = {"mapping": mapping("deepstate-daily")}
    capture = Capture(path.name, "control", path.name, "application/geo+json", datetime.now(UTC), "", keep)
    return SOURCE.read(capture, path.read_bytes()).areas


def flat(areas: pl.DataFrame, lon: float, lat: float, hostile: bool):
    """A map -> ground that counts as another side's within 60 km of the place, in metres."""
    mine = areas.filter(pl.col("held_by").is_in(["contested", "unknown"] if hostile else []) | ~_open())
    to = pyproj.Transformer.from_crs("OGC:CRS84", f"+proj=aeqd +lat_0={lat} +lon_0={lon} +units=m", always_xy=True)
    whole = shapely.union_all(shapely.make_valid(shapely.from_wkb(mine["geometry"].to_numpy())))
    made = shapely.make_valid(shapely.transform(whole, lambda x, y: to.transform(x, y), interleaved=False))
    return shapely.intersection(made, shapely.box(-AROUND_M, -AROUND_M, AROUND_M, AROUND_M))


def _open():
    return pl.col("held_by").is_in(["contested", "unknown", "ukraine"])


def told_m(grid: float) -> str:
    return f"{grid:,.0f}" if grid < float("inf") else "no other ground there"


def places(data: Path) -> list[str]:
    """One map, one place, both treatments, beside the same on the grid: within 60 km only, or it takes minutes."""
    made = [
        "| map, place | contested | exact m | grid m | exact, both: CPU s | grid, both: CPU s |",
        "|---|---|---|---|---|---|",
    ]
    for day, name, lon, lat in PLACES:
        areas = read(data / f"{day}.geojson.gz")
        at = Asked("ukraine", lon, lat, "ukraine")
        rings([drawn(areas)], at, P)
        found, _, cpu = clocked(lambda areas=areas, at=at: rings([drawn(areas)], at, P).rings)
        grids, slow = {}, 0.0
        for treatment, hostile in HOSTILE.items():
            a = flat(areas, lon, lat, hostile)
            if shapely.is_empty(a):
                grids[treatment] = float("inf")
                continue
            grids[treatment], _, more = clocked(lambda a=a: grid_neck(a, (0.0, 0.0), CELL_M))
            slow += more
        for row in found.rows(named=True):
            exact = "not its side's" if row["neck_m"] is None else f"{row['neck_m']:,.0f}"
            exact += "" if row["narrows"] in (True, None) else " (no neck)"
            made.append(
                f"| {day}, {name} | {row['treatment'][10:]} | {exact} | {told_m(grids[row['treatment']])} "
                f"| {cpu:.2f} | {slow:.2f} |"
            )
    return made


def fronts(data: Path) -> list[str]:
    made = []
    areas = read(data / "2024-12-12.geojson.gz")
    _, wall, cpu = clocked(lambda: read(data / "2024-12-12.geojson.gz"))
    made.append(f"- reading one map: {wall:.2f} s ({cpu:.2f} s of CPU)")
    one = drawn(areas)
    where = Asked("ukraine", *middle_of_map(one), "ukraine")
    found, wall, cpu = clocked(lambda: scan(one, where, P.corridor_m, P))
    fit = found["fit_to_tell"].sum()
    size = int(sum(len(wkb) for wkb in areas["geometry"]))
    made.append(
        f"- scan of the whole front ({size // 1000} KB of polygons), W = 2 km, both treatments: {wall:.2f} s "
        f"({cpu:.2f} s of CPU); to beat: 5 s. {found.height} rows, {fit} fit to tell"
    )
    paths = sorted(data.glob("2024-*.geojson.gz"))[-DAYS:]
    many = pl.concat([read(path) for path in paths])
    at = Asked("ukraine", 36.8367, 47.8397, "ukraine")
    ask = Question("watch", at, datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
    two, wall, cpu = clocked(lambda: shared(ask, many, None, P, 2))
    made.append(
        f"- {len(paths)} days, one place, two processes: {wall:.0f} s ({cpu:.0f} s of CPU in both); to beat: 180 s for "
        "140 days"
    )
    few = many.filter(pl.col("on") >= datetime(2024, 12, 20, tzinfo=UTC))
    same = answered(ask, few, None, P)["rings"].equals(shared(ask, few, None, P, 2)["rings"])
    made.append(f"- one process and two bring the same table: {same}; rows: {two['rings'].height}")
    return made


def main() -> None:
    data = Path(os.environ.get("TRUCEWATCH_DATA", ROOT.parent / "shared/data")) / "deepstate_control_daily"
    load = os.getloadavg()[0]
    real = ["The maps are not here."]
    if data.is_dir():
        real = [
            *places(data), "",
            f"The grid is laid within {AROUND_M / 1000:g} km of the place and is told which ground is whose; it leaves",
            "the place's surroundings by climbing to where the distance is greatest nearby, and has no rule for where",
            "there is no neck. It tells of no pocket, depth or outline.", "", *fronts(data),
        ]  # fmt: skip
    lines = [
        "# ring", "", f"`python bench/ring.py {DAYS}`, Python {platform.python_version()}, {os.cpu_count()} cores",
        f"shared with other work (load {load:.0f}); trust ratios and CPU seconds before wall seconds.", "",
        f"## Shapes with known answers, beside a grid of {CELL_M:g} m in the same run", "", *shapes(), "",
        "The grid is handed the shape on its plane; the exact way projects it from degrees, under both treatments.", "",
        "## A real front", "", *real, "",
    ]  # fmt: skip
    text = "\n".join(lines)
    print(text)
    (ROOT / "bench/frozen/ring.md").write_text(text)


if __name__ == "__main__":
    main()
