"""Does a look where the room says that it buys most lower the undetected breaches? Against three naive placements.

    python bench/settle_looks.py                freezes bench/frozen/settle_looks.md
    python bench/settle_looks.py --seeds 2      fewer theatres; freezes nothing

Simulated theatres whose truth is known. In the first half of the truce the room sees what the feeds saw, and nothing
else: how many incidents were noticed in each cell, and, from how often two voices (patrols; all others) noticed the
same one, the chance that one there is noticed. It ranks one more look in each cell by what it buys
(`settle.look_values`). In the second half the truth says how many breaches nobody would have noticed.

Naive: cells by lot (the mean of many lots); where most was reported; where cover is least. A look notices what happens
in its cell with a chance of 0.5; nothing else is drawn, the counts are expectations. Which sightings are of one
incident is taken from the truth, as a linking without fault would have it.

Then the other case: whoever breaches knows the cover and picks the cell. There `settle.games.spread` moves the same
looks by lot, and what counts is the greatest chance to go unnoticed anywhere.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl

from trucewatch.settle.games import Place, spread
from trucewatch.settle.looks import look_values
from trucewatch.settle.noticed import Breach
from trucewatch.settle.stakes import Keep, Look, Obligation, Span
from trucewatch.simulate import SimulateParams, Simulation, simulate

FROZEN = Path(__file__).parent / "frozen" / "settle_looks.md"
SEEDS, ROWS, SIDE_DEG, LOOKS, P_LOOK, LOTS, LEAN = 12, 4_000, 0.15, 8, 0.5, 200, 5
START, END = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
Halves = tuple[pl.DataFrame, pl.DataFrame]


def breaches(made: Simulation) -> Halves:
    """truth(id, cell, patrols, others) of barred incidents, in the first and the second half of the truce."""
    by_patrol = made.sightings.filter(pl.col("feed").str.contains("patrol|report"))["incident"].drop_nulls().unique()
    by_others = made.sightings.filter(~pl.col("feed").str.contains("patrol|report"))["incident"].drop_nulls().unique()
    rows = made.truth.filter("barred").with_columns(
        cell=(pl.col("lat") / SIDE_DEG).floor().cast(pl.Int64) * 10_000
        + (pl.col("lon") / SIDE_DEG).floor().cast(pl.Int64),
        patrols=pl.col("id").is_in(by_patrol.implode()),
        others=pl.col("id").is_in(by_others.implode()),
    )
    middle = rows["t0"].median()
    return rows.filter(pl.col("t0") < middle), rows.filter(pl.col("t0") >= middle)


def estimated(first: pl.DataFrame) -> pl.DataFrame:
    """What the feeds saw of the first half -> cells(cell, seen, chance, likely).

    How often one voice noticed what the other did is how often it notices anything; a cell with few of these leans on
    all cells together, as if it had `LEAN` more of theirs.
    """
    seen = first.filter(pl.col("patrols") | pl.col("others"))
    cells = seen.group_by("cell").agg(
        seen=pl.len(),
        a=pl.col("patrols").sum(),
        b=pl.col("others").sum(),
        both=(pl.col("patrols") & pl.col("others")).sum(),
    )
    of_a, of_b = cells["both"].sum() / cells["b"].sum(), cells["both"].sum() / cells["a"].sum()
    by_a = (pl.col("both") + LEAN * of_a) / (pl.col("b") + LEAN)
    by_b = (pl.col("both") + LEAN * of_b) / (pl.col("a") + LEAN)
    return cells.with_columns(chance=1 - (1 - by_a) * (1 - by_b)).with_columns(
        likely=pl.col("seen") / pl.col("chance"), cell=pl.col("cell").cast(pl.UInt64)
    )


def by_room(cells: pl.DataFrame) -> list[int]:
    """Cells in the order of what one more look there buys, as the room says."""
    chance = Span(Fraction(str(P_LOOK)), Fraction(str(P_LOOK)))
    ids = cells["cell"].to_list()
    made = Keep(
        "theatre", "a simulated theatre", {},
        (Obligation("quiet", None, "no fire", "one act", Breach(1.0, timedelta(days=1)), None, ()),),
        tuple(Look(str(cell), "a look", (cell,), chance, "the bench") for cell in ids),
    )  # fmt: skip
    exposure = cells.select(
        "cell", t0=pl.lit(START), t1=pl.lit(END), source=pl.lit("feeds"), p_noticed=pl.col("chance")
    )  # fmt: skip
    told = look_values(made, exposure, dict(zip(ids, cells["likely"], strict=True))).filter(kind="could_add")
    return [int(look) for look in told.sort(["mean_value", "look"], descending=[True, False])["look"]]


def undetected(second: pl.DataFrame, chosen: Sequence[int]) -> float:
    """How many breaches of the second half nobody notices, with a look in each of the chosen cells."""
    missed = second.filter(~pl.col("patrols") & ~pl.col("others"))
    there = missed["cell"].cast(pl.UInt64).is_in(list(chosen)).sum()
    return missed.height - P_LOOK * there


def best_escape(cells: pl.DataFrame, shares: Sequence[float]) -> float:
    """The greatest chance anywhere that a breach goes unnoticed, looks being there for a share of the time."""
    return max((1 - chance) * (1 - P_LOOK * share) for chance, share in zip(cells["chance"], shares, strict=True))


def theatre(seed: int) -> dict[str, float]:
    made = simulate(SimulateParams(observations=ROWS, seed=seed))
    first, second = breaches(made)
    cells = estimated(first).sort("cell")
    ids = cells["cell"].to_list()
    dice = random.Random(seed)
    n = min(LOOKS, len(ids))
    most = cells.sort(["seen", "cell"], descending=[True, False])["cell"].to_list()[:n]
    least = cells.sort("chance", "cell")["cell"].to_list()[:n]
    lots = [dice.sample(ids, n) for _ in range(LOTS)]
    places = [
        Place(Fraction(1), Fraction(chance).limit_denominator(1000), Fraction(1, 2)) for chance in cells["chance"]
    ]
    shares = [float(share) for share in spread(places, n, 0)[0]]
    return {
        "breaches": second.height,
        "now": undetected(second, []),
        "room": undetected(second, by_room(cells)[:n]),
        "lot": statistics.mean(undetected(second, lot) for lot in lots),
        "most": undetected(second, most),
        "least": undetected(second, least),
        "escape_room": best_escape(cells, shares),
        "escape_lot": statistics.mean(best_escape(cells, [float(c in lot) for c in ids]) for lot in lots),
        "escape_most": best_escape(cells, [float(c in most) for c in ids]),
        "escape_least": best_escape(cells, [float(c in least) for c in ids]),
    }


HEAD = """# Looks where they buy most

{machine}, {cores} cores, load {load:.1f}, Python {python}; {seconds:.0f} s. `python bench/settle_looks.py`

Breaches of the second half of a simulated truce that nobody notices, with {looks} more looks (chance {p} each), placed
by what was seen of the first half. Fewer is better.

| theatre | breaches | undetected now | room | by lot | where most was reported | where cover is least |
|---|---|---|---|---|---|---|
"""
GAME = """
Where whoever breaches picks the cell: the greatest chance anywhere to go unnoticed.

| theatre | room, moved by lot | fixed by lot | where most was reported | where cover is least |
|---|---|---|---|---|
"""


def page(found: dict[int, dict[str, float]], seconds: float) -> str:
    text = HEAD.format(
        machine=platform.machine(), cores=os.cpu_count(), load=os.getloadavg()[0], python=platform.python_version(),
        seconds=seconds, looks=LOOKS, p=P_LOOK,
    )  # fmt: skip
    keys = ("now", "room", "lot", "most", "least")
    for seed, row in found.items():
        text += f"| {seed} | {row['breaches']:.0f} | " + " | ".join(f"{row[key]:.1f}" for key in keys) + " |\n"
    saved = {key: sum(row["now"] - row[key] for row in found.values()) for key in keys[1:]}
    text += "| noticed more, all | | | " + " | ".join(f"{value:.1f}" for value in saved.values()) + " |\n"
    wins = {key: sum(row["room"] <= row[key] for row in found.values()) for key in keys[2:]}
    told = ", ".join(
        f"{n} of {len(found)} ({name})" for name, n in zip(("lot", "most", "least"), wins.values(), strict=True)
    )
    text += f"\nTheatres in which the room leaves no more undetected than the naive placement: {told}.\n" + GAME
    for seed, row in found.items():
        cells = " | ".join(f"{row[key]:.3f}" for key in ("escape_room", "escape_lot", "escape_most", "escape_least"))
        text += f"| {seed} | {cells} |\n"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many theatres")
    arguments = parser.parse_args()
    start = time.perf_counter()
    found = {seed: theatre(seed) for seed in range(1, arguments.seeds + 1)}
    text = page(found, time.perf_counter() - start)
    print(text)
    if arguments.seeds == SEEDS:
        FROZEN.write_text(text)


if __name__ == "__main__":
    main()
