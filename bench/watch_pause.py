"""Is the pause being used, did the truce change anything: what the measure finds where the truth is known, and real
series with their placebo dates.

    python bench/watch_pause.py [--runs N] [--freeze]      some four minutes

Real data are looked for under TRUCEWATCH_DATA, else ../shared/data beside the checkout; none of it is kept.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.watch import ChangeAsk, PauseAsk, PauseParams, change, pause, update_lag
from trucewatch.watch.pause import _one, _series

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TRUCEWATCH_DATA") or ROOT.parent / "shared" / "data")
START, DAYS, AT, LENGTH, MEAN, K = date(2030, 1, 1), 330, 280, 14, 8.0, 4.0
TIMES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


def acts(
    rng: np.random.Generator, times: float, coverage: float, late: float, days: int = DAYS, at: int = AT
) -> pl.DataFrame:
    """A side's acts as reported: overdispersed, with a weekly rhythm, thinned, and late by a geometric delay."""
    mean = MEAN * (1 + 0.3 * np.sin(2 * np.pi * np.arange(days) / 7))
    mean[at : at + LENGTH] *= times
    seen = rng.binomial(rng.negative_binomial(K, K / (K + mean)), coverage)
    day = np.repeat(np.arange(days), seen)
    day = day + (rng.geometric(1 / (1 + late), len(day)) - 1 if late else 0)
    y = np.bincount(day, minlength=days)[:days].astype(float)
    dates = [START + timedelta(days=n) for n in range(days)]
    return pl.DataFrame({"date": dates, "count": y, "exposure": 1.0})


def naive(table: pl.DataFrame, at: int) -> bool:
    """What is usually done: the pause's mean against the month before, Poisson, at 1.96."""
    y = table["count"].to_numpy()
    a, b = y[at : at + LENGTH].sum(), y[at - 28 : at].sum()
    return abs(np.log((a + 0.5) / LENGTH) - np.log((b + 0.5) / 28)) > 1.96 * np.sqrt(1 / (a + 0.5) + 1 / (b + 0.5))


CELLS = [(c, late, DAYS) for c in (1.0, 0.5, 0.2) for late in (0.0, 3.0)] + [(1.0, 0.0, 800), (0.5, 3.0, 800)]
"""Coverage, mean delay in days, days of record."""


def theatre(asked: tuple[float, float, int, float, int]) -> tuple[str, str, bool]:
    """coverage, delay, days, times, seed -> what is said of the side that does more, of the other, and by the rule."""
    coverage, late, days, times, seed = asked
    at = days - (DAYS - AT)
    since = START + timedelta(days=at)
    ask = PauseAsk(since, since + timedelta(days=LENGTH), lag=(0, round(late)))
    rng = np.random.default_rng([seed, days, round(100 * coverage), round(late)])
    one, two = (acts(rng, x, coverage, late, days, at) for x in (times, 1.0))
    said = [str(_one(_series(t, True), ask, "during", PauseParams())["verdict"]) for t in (one, two)]
    return said[0], said[1], naive(one, at)


def simulated(runs: int) -> list[str]:
    head = ["coverage", "mean delay, days", "days of record", *(f"x{t:g}" for t in TIMES), "smallest found in 80 %",
            "other side called", "before-and-after rule, called at x1"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    quiet = ("no_change_shown", "cannot_tell")
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for coverage, late, days in CELLS:
            found, other, plain = [], 0, 0
            for times in TIMES:
                asked = [(coverage, late, days, times, seed) for seed in range(runs)]
                told = list(pool.map(theatre, asked, chunksize=5))
                found.append(sum(t[0] == "more" if times > 1 else t[0] not in quiet for t in told) / runs)
                other += sum(t[1] not in quiet for t in told)
                plain += sum(t[2] for t in told) if times == 1 else 0
            least = next((f"x{t:g}" for t, f in zip(TIMES, found, strict=True) if t > 1 and f >= 0.8), "none of these")
            shares = " | ".join(f"{f:.0%}" for f in found)
            rest = f"{least} | {other / runs / len(TIMES):.1%} | {plain / runs:.0%}"
            lines.append(f"| {coverage:.0%} | {late:g} | {days} | {shares} | {rest} |")
            print(lines[-1], flush=True)
    return lines


def mirrored() -> str:
    rng = np.random.default_rng(9)
    one, two = acts(rng, 3.0, 1.0, 0.0), acts(rng, 1.0, 1.0, 0.0)
    since = START + timedelta(days=AT)
    ask = PauseAsk(since, since + timedelta(days=LENGTH))

    def told(a: str, b: str) -> dict[str, list[float]]:
        parts = [t.with_columns(side=pl.lit(s), measure=pl.lit("rotation"), unit=pl.lit("count")) for s, t in
                 ((a, one), (b, two))]  # fmt: skip
        rows = pause(pl.concat(parts), ask).rows(named=True)
        return {r["side"] + r["part"]: [r["effect"], r["effect_low"], r["effect_high"], r["gap"]] for r in rows}

    here, there = told("a", "b"), told("b", "a")
    swapped = {("b" if k[0] == "a" else "a") + k[1:]: v for k, v in there.items()}
    return "the same to the last digit" if here == swapped else "DIFFERS"


def _row(name: str, table: pl.DataFrame, at: date, before: int, after: int) -> str:
    try:
        r = change(table.with_columns(series=pl.lit(name)), ChangeAsk(at, before, after)).row(0, named=True)
    except InputError as wrong:
        return f"| {name} | {at} | cannot tell | | | {wrong.what} |"
    bounds = "" if r["effect_low"] is None else f"{r['effect_low']:.2f} to {r['effect_high']:.2f}"
    effect = "" if r["effect"] is None else f"{r['effect']:.2f}"
    alarms = "" if r["false_alarms"] is None else f"; {r['false_alarms']:.0%} of placebo dates would be called"
    return f"| {name} | {at} | {r['verdict'].replace('_', ' ')} | {effect} | {bounds} | {r['because']}{alarms} |"


def _counts(days: pl.Series) -> pl.DataFrame:
    n = days.drop_nulls().value_counts().rename({days.name: "date"})
    grid = pl.DataFrame({"date": pl.date_range(n["date"].min(), n["date"].max(), eager=True)})
    return grid.join(n, on="date", how="left").select(
        "date", count=pl.col("count").fill_null(0).cast(pl.Float64), exposure=pl.lit(1.0)
    )


def real() -> list[str]:
    lines = ["| series | first day | verdict | step | bounds | because |", "|---|---|---|---|---|---|"]
    path = DATA / "ucdp_ged_ukraine_2014_2018" / "ucdp_ged_ukraine.csv.gz"
    if path.exists():
        raw = pl.read_csv(io.BytesIO(gzip.decompress(path.read_bytes())), infer_schema=False)
        east = raw.filter(pl.col("longitude").cast(pl.Float64) > 36.5, pl.col("type_of_violence") == "1")
        whole = _counts(east["date_start"].str.slice(0, 10).str.to_date(strict=False)).filter(
            pl.col("date") < date(2019, 1, 1)
        )
        for at in ("2015-02-15", "2015-09-01", "2016-09-01", "2016-09-15", "2017-06-24", "2017-08-25", "2017-12-23",
                   "2018-03-05", "2018-03-30", "2018-07-01"):  # fmt: skip
            lines.append(_row("UCDP, deadly events, Minsk II and recommitments", whole, date.fromisoformat(at), 56, 14))
    path = DATA / "bellingcat_civharm_2022_2025" / "bellingcat_incidents.json"
    if path.exists():
        days = pl.Series("date", [r["date"] for r in json.loads(path.read_text())]).str.to_date(strict=False)
        for at in ("2022-03-05", "2022-03-08", "2022-03-30"):
            lines.append(_row("incidents of harm, corridor truces", _counts(days), date.fromisoformat(at), 7, 1))
    path = DATA / "loc_india_pakistan_cfv_2013_2017" / "cfv.csv"
    if path.exists():
        months = pl.read_csv(path)
        tick = pl.Series([START + timedelta(days=n) for n in range(months.height)])
        table = pl.DataFrame({"date": tick, "count": months["Total_cfv"].cast(pl.Float64), "exposure": 1.0})
        lines.append(_row("India-Pakistan, months as days; talks of Dec 2013 are month 13", table, tick[12], 8, 6))
    for folder, name, what, dates in (
        ("gaza_lebanon_daily_to_2025_03", "casualties_daily.json", "Gaza, killed, one party's word",
         ("2023-11-24", "2025-01-19")),
        ("gaza_lebanon_daily_to_2025_03", "lebanon_casualties_daily.json", "Lebanon, killed, one party's word",
         ("2024-11-27",)),
    ):  # fmt: skip
        path = DATA / folder / name
        if path.exists():
            rows = [
                (r["report_date"], float(r["killed"]))
                for r in json.loads(path.read_text())
                if r.get("killed") is not None
            ]
            table = (
                pl.DataFrame(rows, schema=["date", "count"], orient="row")
                .with_columns(pl.col("date").str.to_date(), pl.col("count").clip(0), exposure=pl.lit(1.0))
                .unique("date", keep="last")
                .sort("date")
            )
            for at in dates:
                lines.append(_row(what, table, date.fromisoformat(at), 28, 7))
    return lines if len(lines) > 2 else ["No real data at hand."]


TRUCES = (("announced operational pause, July 2022", "2022-07-07", "2022-07-16"),
          ("Orthodox Christmas 2023, one party's word", "2023-01-06", "2023-01-08"),
          ("Easter 2025, announced by one, taken up by both", "2025-04-19", "2025-04-21"),
          ("8 to 10 May 2025, one party's word", "2025-05-08", "2025-05-11"))  # fmt: skip


def mapped() -> list[str]:
    """Advance as one mapper drew it, and harm to civilians as one group counted it, in truces of days."""
    path, harm = DATA / "deepstate_control_daily" / "areas_by_day.csv", DATA / "bellingcat_civharm_2022_2025"
    if not path.exists() or not harm.exists():
        return ["No real data at hand."]
    area = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None).sort("date").with_columns(
        gap=pl.col("date").diff().dt.total_days(), held=pl.col("occupied_km2").diff(),
        other=-(pl.col("occupied_km2") + pl.col("unknown_km2")).diff(),
    )  # fmt: skip
    area = area.filter(pl.col("gap") == 1, pl.col("held").abs() < 500)  # redrawn ground is no movement
    days = pl.Series("date", [r["date"] for r in json.loads((harm / "bellingcat_incidents.json").read_text())])
    fought = _counts(days.str.to_date(strict=False))
    moved = area.select("date", count=pl.col("held").abs()).filter(pl.col("date") >= date(2022, 12, 1))
    lag = update_lag(moved, fought.select("date", "count"), PauseParams().most_lag_days)
    says = "cannot be told" if lag is None else f"{lag[0]} days ({lag[1]:.2f}; by chance up to {lag[2]:.2f})"
    lines = [f"How late the map follows harm to civilians: {says}.", "",
             "| truce | measure | part | side | verdict | effect | bounds | because |", "|---" * 8 + "|"]  # fmt: skip
    sides = [
        area.select("date", count="held", side=pl.lit("who holds")),
        area.select("date", count="other", side=pl.lit("who lost")),
    ]
    ground = pl.concat(sides).with_columns(measure=pl.lit("mapped advance"), unit=pl.lit("km2"), exposure=pl.lit(1.0))
    harmed = fought.with_columns(side=pl.lit("all"), measure=pl.lit("incidents of harm"), unit=pl.lit("count"))
    for name, since, until in TRUCES:
        for table, late in ((ground, (0, 0)), (ground, (0, 0 if lag is None else lag[0])), (harmed, (0, 0))):
            if not table["date"].min() < date.fromisoformat(since) < table["date"].max():
                continue  # the maps at hand end with 2024
            ask = PauseAsk(date.fromisoformat(since), date.fromisoformat(until), late, 28, 7)
            near = table.filter(pl.col("date") >= ask.since - timedelta(days=400))
            for r in pause(near, ask).rows(named=True):
                bounds = "" if r["effect_low"] is None else f"{r['effect_low']:.2f} to {r['effect_high']:.2f}"
                size = "" if r["effect"] is None else f"{r['effect']:.2f}"
                what = f"{r['measure']}, lag {late[0]} to {late[1]}" if late[1] else r["measure"]
                row = (name, what, r["part"], r["side"], r["verdict"].replace("_", " "), size, bounds, r["because"])
                lines.append(f"| {' | '.join(row)} |")
    return lines


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--runs", type=int, default=60)
    ask.add_argument("--freeze", action="store_true")
    given = ask.parse_args()
    began = time.monotonic()
    load = os.getloadavg()[0]
    lines = [
        "# watch pause, watch change", "",
        f"`python bench/watch_pause.py --runs {given.runs} --freeze`, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {load:.1f} at the start.", "",
        f"## Simulated: one side does x times as much in a pause of {LENGTH} days, {given.runs} theatres a cell", "",
        f"{MEAN:g} acts a day, negative binomial with size {K:g}, a weekly rhythm. In each cell the "
        "share in which that side was said to do *more* (at x1: anything). Where reports are late the lag is given as "
        "0 to their mean delay. The last column is a before-and-after comparison that takes counts for Poisson.", "",
        *simulated(given.runs), "",
        f"Names of the sides exchanged, one theatre at x3: {mirrored()}.", "",
        "## Real series, each with its placebo dates", "", *real(), "",
        "## Real maps, and what came after", "", *mapped(), "",
        "Of 7 days before and 1 after where a series begins a week before the truce; else as in the command's help. "
        "What one party reports is that party's word, and its counting may change with a truce.", "",
        f"{time.monotonic() - began:.0f} s.",
    ]  # fmt: skip
    text = "\n".join(lines) + "\n"
    print(text)
    if given.freeze:
        (ROOT / "bench/frozen/watch_pause.md").write_text(text)


if __name__ == "__main__":
    main()
