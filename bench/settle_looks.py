"""Do looks where the room says that they buy most lower the undetected breaches? Against three naive placements.

    python bench/settle_looks.py                freezes bench/frozen/settle_looks.md
    python bench/settle_looks.py --seeds 2      fewer theatres; freezes nothing

Simulated theatres whose truth is known. In the first half of the truce the room sees what the feeds saw, and nothing
else: how many incidents were noticed in each cell, and, from how often two voices (patrols; all others) noticed the
same one, the chance that one there is noticed. It then places looks one after the other where each buys most, given
those before (`settle.best_in_all`): a second one in a cell finds half of what the first left. In the second half the
truth says how many breaches nobody would have noticed.

Naive: cells by lot (the mean of many lots); where most was reported; where cover is least, one look a cell; beside
them a fourth that is less so: looks shared out among cells as reports are. A look notices what happens in its cell with
a chance of 0.5; nothing else is drawn, every placement is judged on the same breaches, and the counts are expectations.
Which sightings are of one incident is taken from the truth, as a linking without fault would have it.

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
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import betaln
from scipy.stats import t as student

from trucewatch.settle import best_in_all
from trucewatch.settle.games import Place, spread
from trucewatch.settle.noticed import Breach
from trucewatch.settle.stakes import Keep, Look, Obligation, Span
from trucewatch.simulate import SimulateParams, Simulation, simulate

FROZEN = Path(__file__).parent / "frozen" / "settle_looks.md"
SEEDS, ROWS, SIDE_DEG, LOOKS, P_LOOK, LOTS, DEEP = 60, 20_000, 0.15, 16, 0.5, 200, 4
LEANS = (2, 4, 8, 16, 32, 64, 128, 512, 4096)
START, END = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)
Halves = tuple[pl.DataFrame, pl.DataFrame]


def breaches(made: Simulation, kept_out: bool) -> Halves:
    """truth(id, cell, patrols, others) of barred incidents, in the first and the second half of the truce.

    kept_out: patrols have no access to the southern half of the ground.
    """
    by_patrol = made.sightings.filter(pl.col("feed").str.contains("patrol|report"))["incident"].drop_nulls().unique()
    by_others = made.sightings.filter(~pl.col("feed").str.contains("patrol|report"))["incident"].drop_nulls().unique()
    rows = made.truth.filter("barred").with_columns(
        cell=(pl.col("lat") / SIDE_DEG).floor().cast(pl.Int64) * 10_000
        + (pl.col("lon") / SIDE_DEG).floor().cast(pl.Int64),
        patrols=pl.col("id").is_in(by_patrol.implode()),
        others=pl.col("id").is_in(by_others.implode()),
    )
    if kept_out:
        rows = rows.with_columns(patrols=pl.col("patrols") & (pl.col("lat") >= made.truth["lat"].median()))
    middle = rows["t0"].median()
    return rows.filter(pl.col("t0") < middle), rows.filter(pl.col("t0") >= middle)


def estimated(first: pl.DataFrame) -> pl.DataFrame:
    """What the feeds saw of the first half -> cells(cell, seen, chance, likely).

    How often one voice noticed what the other did is how often it notices anything; a cell leans on all cells together
    as much as these differ no more than chance has it (a beta law of the likeliest width among LEANS).
    """
    seen = first.filter(pl.col("patrols") | pl.col("others"))
    cells = seen.group_by("cell").agg(
        seen=pl.len(),
        a=pl.col("patrols").sum(),
        b=pl.col("others").sum(),
        both=(pl.col("patrols") & pl.col("others")).sum(),
    ).sort("cell")  # fmt: skip
    both, a, b = (cells[name].to_numpy().astype(float) for name in ("both", "a", "b"))
    chance = 1 - (1 - leaning(both, b)) * (1 - leaning(both, a))
    return cells.with_columns(chance=pl.Series(chance)).with_columns(
        likely=pl.col("seen") / pl.col("chance"), cell=pl.col("cell").cast(pl.UInt64)
    )


def leaning(hits, tries):
    """Hits of tries by cell -> the share in each, leaning on the share of all."""
    mean = (hits.sum() + 0.5) / (tries.sum() + 1)

    def fits(lean: int) -> float:
        a, b = lean * mean, lean * (1 - mean)
        return float((betaln(hits + a, tries - hits + b) - betaln(a, b)).sum())

    best = max(LEANS, key=fits)
    return (hits + best * mean) / (tries + best)


def by_room(cells: pl.DataFrame, n: int) -> list[int]:
    """The cells of n looks, one after the other, as the room places them; a cell may be named again."""
    chance = Span(Fraction(str(P_LOOK)), Fraction(str(P_LOOK)))
    ids = cells["cell"].to_list()
    one = Obligation("quiet", None, "no fire", "one act", Breach(1.0, timedelta(days=1)), None, ())
    looks = tuple(Look(f"{cell} {k}", "a look", (cell,), chance, "the bench") for k in range(DEEP) for cell in ids)
    exposure = cells.select(
        "cell", t0=pl.lit(START), t1=pl.lit(END), source=pl.lit("feeds"), p_noticed=pl.col("chance")
    )  # fmt: skip
    made = Keep("theatre", "a simulated theatre", {}, (one,), looks)
    steps = best_in_all(made, one, exposure, n, dict(zip(ids, cells["likely"], strict=True)))
    return [int(step.look.split()[0]) for step in steps]


def shared_out(cells: pl.DataFrame, n: int) -> list[int]:
    """Looks shared out among cells as reports are, the largest remainders first."""
    parts = cells["seen"].to_numpy() / cells["seen"].sum() * n
    each = np.floor(parts).astype(int)
    more = np.argsort(-(parts - each), kind="stable")[: n - each.sum()]
    each[more] += 1
    return np.repeat(cells["cell"].to_numpy(), each).tolist()


def undetected(second: pl.DataFrame, chosen: Sequence[int]) -> float:
    """How many breaches of the second half nobody notices, with a look in each of the chosen cells."""
    missed = second.filter(~pl.col("patrols") & ~pl.col("others"))
    looks = Counter(chosen)
    left = [(1 - P_LOOK) ** looks[cell] * n for cell, n in missed["cell"].value_counts().rows()]
    return float(sum(left))


def known_best(second: pl.DataFrame, n: int) -> list[int]:
    """Where looks would buy most for whoever knew the second half: the bound that nothing passes."""
    missed = second.filter(~pl.col("patrols") & ~pl.col("others"))
    left = dict(missed["cell"].value_counts().sort("cell").rows())
    made = []
    for _ in range(n):
        cell = max(left, key=lambda c: left[c])
        made.append(cell)
        left[cell] *= 1 - P_LOOK
    return made


def best_escape(cells: pl.DataFrame, shares: Sequence[float]) -> float:
    """The greatest chance anywhere that a breach goes unnoticed, looks being there for a share of the time."""
    return max((1 - chance) * (1 - P_LOOK * share) for chance, share in zip(cells["chance"], shares, strict=True))


def theatre(made: Simulation, seed: int, kept_out: bool) -> dict[str, float]:
    first, second = breaches(made, kept_out)
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
        "room": undetected(second, by_room(cells, n)),
        "shared": undetected(second, shared_out(cells, n)),
        "known": undetected(second, known_best(second, n)),
        "lot": statistics.mean(undetected(second, lot) for lot in lots),
        "most": undetected(second, most),
        "least": undetected(second, least),
        "escape_room": best_escape(cells, shares),
        "escape_lot": statistics.mean(best_escape(cells, [float(c in lot) for c in ids]) for lot in lots),
        "escape_most": best_escape(cells, [float(c in most) for c in ids]),
        "escape_least": best_escape(cells, [float(c in least) for c in ids]),
    }


HEAD = """# Looks where they buy most

{machine}, {cores} cores, load {load:.1f}, Python {python}; {seconds:.0f} s of processor. `python bench/settle_looks.py`

Breaches of the second half of a simulated truce that nobody notices, with {looks} more looks (chance {p} each), placed
by what was seen of the first half. {theatres} theatres of {rows:,} observations, the same breaches for every placement;
means, and how many more the room's looks notice than the others' (interval that holds the mean 19 times in 20, over
theatres).
"""
TABLE = """
## {title}

| placement | left undetected | noticed by the looks | the room notices more by | theatres where it leaves no more |
|---|---|---|---|---|
"""
TITLES = {
    False: "Cover nearly the same everywhere, as the theatres have it",
    True: "Patrols without access to the southern half",
}
NAMES = {
    "room": "**the room**, one after the other",
    "lot": "naive: by lot",
    "most": "naive: where most was reported",
    "least": "naive: where cover is least",
    "shared": "as reports are, several in a cell",
    "known": "by whoever knew the second half",
}


def page(found: dict[bool, list[dict[str, float]]], seconds: float) -> str:
    text = HEAD.format(
        machine=platform.machine(), cores=os.cpu_count(), load=os.getloadavg()[0], python=platform.python_version(),
        seconds=seconds, looks=LOOKS, p=P_LOOK, theatres=len(found[False]), rows=ROWS,
    )  # fmt: skip
    return text + "".join(TABLE.format(title=TITLES[kept_out]) + table(rows) for kept_out, rows in found.items())


def table(rows: list[dict[str, float]]) -> str:
    text, mean = "", {key: statistics.mean(row[key] for row in rows) for key in rows[0]}
    for key, name in NAMES.items():
        more, wins = "", ""
        if key != "room":
            each = [row[key] - row["room"] for row in rows]
            middle, free = statistics.mean(each), max(1, len(each) - 1)
            wide = student.ppf(0.975, free) * statistics.pstdev(each) / free**0.5
            more = f"{middle:+.2f} ({middle - wide:+.2f} to {middle + wide:+.2f})"
            wins = f"{sum(one >= 0 for one in each)} of {len(each)}"
        text += f"| {name} | {mean[key]:.1f} | {mean['now'] - mean[key]:.1f} | {more} | {wins} |\n"
    share = (mean["now"] - mean["room"]) / (mean["now"] - mean["known"])
    text += (
        f"\nOf {mean['breaches']:.0f} breaches {mean['now']:.1f} go undetected without more looks. The room's looks "
    )
    text += f"notice {share:.0%} of what the best could that knew where breaches would be.\n"
    keys = ("escape_room", "escape_lot", "escape_most", "escape_least")
    best = sum(row["escape_room"] <= min(row[key] for key in keys[1:]) for row in rows)
    text += "\nWhere whoever breaches picks the cell, the greatest chance anywhere to go unnoticed is, in the mean, "
    text += f"{mean['escape_room']:.3f} (the room, moved by lot), {mean['escape_lot']:.3f} (fixed by lot), "
    text += f"{mean['escape_most']:.3f} (where most was reported), {mean['escape_least']:.3f} (where cover is least); "
    return text + f"the room's is the least in {best} of {len(rows)} theatres.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many theatres")
    arguments = parser.parse_args()
    start = time.process_time()
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for seed in range(1, arguments.seeds + 1):
        made = simulate(SimulateParams(observations=ROWS, seed=seed))
        for kept_out, rows in found.items():
            rows.append(theatre(made, seed, kept_out))
    text = page(found, time.process_time() - start)
    print(text)
    if arguments.seeds == SEEDS:
        FROZEN.write_text(text)


if __name__ == "__main__":
    main()
