"""What `fuse learn` learns, held to truths that are known: errors, copying, existence, completeness, a fire's weight.

    python bench/fuse_learn.py              everything; freezes bench/frozen/fuse_learn.md
    python bench/fuse_learn.py --small      a part of it, to see that it runs; freezes nothing

Peers in the same run, on the same reports: an independent model (ours with the dependence taken out), unsupervised
two-class EM as of Dawid and Skene, and noisy-or of the true reliabilities. Real data is read from TRUCEWATCH_DATA.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from trucewatch.fuse.calibrate import Evidence, calibrated, calibration, calibration_error, reliability
from trucewatch.fuse.complete import chao_bound, unseen
from trucewatch.fuse.learn import learn
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.near import worded
from trucewatch.fuse.params import FuseParams, LearnParams
from trucewatch.fuse.prior import believed, prior
from trucewatch.fuse.worth import worth
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports
from trucewatch.sources import source as source_of
from trucewatch.sources.http import plain
from trucewatch.tables import DEPENDENCE
from trucewatch.testing import capture_of

ROOT = Path(__file__).parents[1]
FROZEN = ROOT / "bench/frozen/fuse_learn.md"
DATA = Path(os.environ.get("TRUCEWATCH_DATA") or ROOT.parent / "shared" / "data")
P = FuseParams()
FOUR = ReportsParams(
    reports=16_000, spurious=0.3, sees=(0.75, 0.6, 0.45, 0.225), place_sd_km=(0.7, 1.5, 3.0, 1.0),
    time_sd_days=(0.2, 0.4, 0.8, 0.3), repeats=(0.0,) * 4, copies=((3, 2, 0.6),),
)  # fmt: skip
NAMES = [f"source-{n}" for n in range(1, 5)]
STRIKES = ["shelling", "air_strike", "explosion", "drone_strike", "rocket", "unspecified"]


def errors(seeds: int, rows: int) -> list[str]:
    """How far learnt errors are from those that the reports were made with."""
    off: dict[str, list[float]] = {name: [] for name in ("place", "time", "kind", "reports", "spurious")}
    for seed in range(seeds):
        params = ReportsParams(reports=rows, seed=seed + 1)
        found = learn(reports(params).observations).sources
        for n, row in enumerate(found.rows(named=True)):
            off["place"].append(row["place_sd_m"] / (params.place_sd_km[n] * 1e3) - 1)
            off["time"].append(row["time_sd_s"] / (params.time_sd_days[n] * 86_400) - 1)
            off["kind"].append(row["kind_wrong"] - params.wrong_kind)
            off["reports"].append(row["p_reports"] - params.sees[n])
            off["spurious"].append(row["spurious"] - params.spurious)
    lines = [f"{seeds} seeds of {rows:,} reports, three sources, no radius told.", "",
             "| learnt | mean off | in the middle | at most |", "|---|---|---|---|"]  # fmt: skip
    for name, values in off.items():
        v = np.array(values)
        unit = "{:+.1%}" if name in ("place", "time") else "{:+.3f}"
        lines.append(
            f"| {name} | {unit.format(v.mean())} | {unit.format(np.median(np.abs(v)))[1:]} | "
            f"{unit.format(np.abs(v).max())[1:]} |"
        )
    return lines


def patterns(params: ReportsParams) -> tuple[np.ndarray, np.ndarray, np.ndarray, Learnt]:
    """Who truly tells of what: told, whether it is real, which party is said to have done it; and what was learnt."""
    made = reports(params)
    rows = made.observations.join(made.truth, on="id").with_columns(
        group=pl.when(pl.col("incident").is_not_null())
        .then(pl.format("i{}", "incident"))
        .otherwise(pl.format("n{}", pl.coalesce("copy_of", "id")))
    )
    table = rows.group_by("group").agg(
        real=pl.col("incident").is_not_null().first(),
        side=pl.col("by").mode().sort().first(),
        **{n: (pl.col("source") == n).any() for n in NAMES},
    )
    table = table.sort("group")
    learnt = learn(made.observations)
    return table.select(NAMES).to_numpy(), table["real"].to_numpy().astype(float), table["side"].to_numpy(), learnt


def dawid_skene(told: np.ndarray) -> np.ndarray:
    """Two classes, sources independent in each, by EM from a start at the majority."""
    x = told.astype(float)
    p = np.clip(x.mean(axis=1), 0.1, 0.9)
    for _ in range(200):
        share = p.mean()
        one, two = (np.clip((w[:, None] * x).sum(axis=0) / w.sum(), 1e-4, 1 - 1e-4) for w in (p, 1 - p))
        odds = np.log(share / (1 - share)) + x @ np.log(one / two) + (1 - x) @ np.log((1 - one) / (1 - two))
        p = 1 / (1 + np.exp(-odds))
    return p


def existence(seeds: int) -> list[str]:
    """Calibration error on incidents apart, over seeds, when one source copies another; and its diagram."""
    told_by = {
        "500 judged: logistic and Venn-Abers": [], "none judged: prior, dependence learnt": [],
        "peer: independent model": [], "peer: Dawid-Skene EM": [], "peer: noisy-or of true reliabilities": [],
    }  # fmt: skip
    sides: dict[str, list[float]] = {}
    claimed: dict[str, list[float]] = {name: [] for name in told_by}
    was, diagrams = [], []
    for seed in range(seeds):
        told, real, side, learnt = patterns(replace(FOUR, seed=seed + 1))
        chance = np.array([dict(learnt.calibration.select("name", "value").rows()).get(n, P.by_chance) for n in NAMES])
        alone = replace(learnt, dependence=DEPENDENCE.empty())
        known, free = (
            prior(told, ~told, believed(NAMES, np.zeros(4, bool), one, P), chance) for one in (learnt, alone)
        )
        judged = np.random.default_rng(seed).choice(real.size, 500, replace=False)
        apart = np.setdiff1d(np.arange(real.size), judged)
        feature = np.column_stack([told, told[:, 2] & told[:, 3]]).astype(float)
        part = [Evidence(known[i], [*NAMES, "group"], feature[i]) for i in (judged, apart)]
        ours = np.full(real.size, np.nan)
        ours[apart] = calibrated(part[1], calibration(part[0], real[judged], P))
        noisy = 1 - (1 - 0.7 * told.astype(float)).prod(axis=1)
        both = ~told[:, 0] & ~told[:, 1] & told[:, 2] & told[:, 3]
        both[judged] = False
        was.append(real[both].mean())
        for name, p in zip(told_by, (ours, known, free, dawid_skene(told), noisy), strict=True):
            told_by[name].append(calibration_error(p[apart], real[apart], P.bins))
            claimed[name].append(p[both].mean())
        for party in np.unique(side):
            mine = apart[side[apart] == party]
            sides.setdefault(party, []).append(calibration_error(ours[mine], real[mine], P.bins))
        diagrams.append(reliability(ours[apart], real[apart], P.bins))
    lines = [f"{seeds} seeds; 30 % of reports invented, source 4 repeats 60 % of source 3; on incidents apart.", "",
             f"| model | calibration error, mean | most | told by 3 and 4 only: said (was {np.mean(was):.2f}) |",
             "|---|---|---|---|"]  # fmt: skip
    for name, values in told_by.items():
        lines.append(f"| {name} | {np.mean(values):.3f} | {np.max(values):.3f} | {np.mean(claimed[name]):.2f} |")
    per = ", ".join(f"{party} {np.mean(values):.3f}" for party, values in sorted(sides.items()))
    lines += ["", f"Per side, with 500 judged: {per}.", "", "Reliability, all seeds, with 500 judged:", "",
              "| chance said | incidents | mean said | was |", "|---|---|---|---|"]  # fmt: skip
    every = pl.concat(diagrams).group_by("bin").agg(
        n=pl.col("n").sum(), claimed=(pl.col("claimed") * pl.col("n")).sum() / pl.col("n").sum(),
        was=(pl.col("was") * pl.col("n")).sum() / pl.col("n").sum(),
    )  # fmt: skip
    lines += [
        f"| {b / P.bins:.1f} to {(b + 1) / P.bins:.1f} | {n:,} | {c:.3f} | {w:.3f} |"
        for b, n, c, w in every.sort("bin").rows()
    ]
    return lines


def dependence() -> list[str]:
    """The share of what two sources both tell that is copied: made so, and learnt."""
    lines = ["| source 4 repeats of source 3 | said to copy | share copied of what both tell: made | learnt |",
             "|---|---|---|---|"]  # fmt: skip
    for share in (0.0, 0.1, 0.3, 0.6, 0.9):
        copies = ((3, 2, share),) if share else ()
        made = reports(replace(FOUR, copies=copies, seed=7))
        learnt = learn(made.observations).dependence
        told = made.observations.join(made.truth, on="id")
        copied = told.filter(pl.col("copy_of").is_not_null()).height
        mine = told.filter(pl.col("copy_of").is_null(), pl.col("incident").is_not_null())
        own = mine.filter(pl.col("source") == NAMES[3]).join(mine.filter(pl.col("source") == NAMES[2]), on="incident")
        who = "; ".join(f"{c} repeats {o}" for c, o in learnt.select("copier", "original").rows()) or "nobody"
        p = f"{learnt['p'][0]:.3f}" if learnt.height else "-"
        lines.append(f"| {share:.0%} | {who} | {copied / max(copied + own.height, 1):.3f} | {p} |")
    return lines


def complete(seeds: int) -> list[str]:
    """How often the interval for what nobody reported holds the truth, and how far off it is in the middle."""
    lines = ["| sources see | dependence | interval holds the truth | estimate / truth, middle | Chao / truth |",
             "|---|---|---|---|---|"]  # fmt: skip
    for sees, tied in (((0.75, 0.6, 0.45), 0.0), ((0.4, 0.3, 0.2), 0.0), ((0.5, 0.4, 0.3, 0.2), 0.0),
                       ((0.5, 0.4, 0.3, 0.2), 0.3)):  # fmt: skip
        hits, ratio, bound = [], [], []
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            told = rng.random((1_000, len(sees))) < sees
            told[:, 1] |= told[:, 0] & (rng.random(1_000) < tied)
            counts = np.bincount(told @ (2 ** np.arange(len(sees))), minlength=2 ** len(sees)).astype(float)
            found = unseen(counts[1:], [str(n) for n in range(len(sees))])
            if found is not None:
                hits.append(found[1] <= counts[0] <= found[2])
                ratio.append(found[0] / counts[0])
                bound.append(chao_bound(counts[1:]) / counts[0])
        told_tied = f"2 follows 1 in {tied:.0%}" if tied else "none"
        shares = ", ".join(f"{p:.0%}" for p in sees)
        lines.append(
            f"| {shares} | {told_tied} | {np.mean(hits):.0%} of {len(hits)} | {np.median(ratio):.2f} | "
            f"{np.median(bound):.2f} |"
        )
    return lines


def fires() -> list[str]:
    """MODIS of 2022 beside the Eyes on Russia list, as told and moved."""
    firms, listed = source_of("firms"), source_of("table")

    def read(source: Any, name: str, **options: Any) -> pl.DataFrame:
        raw = (DATA / name).read_bytes()
        return source.read(capture_of(source, raw, url=name.rsplit("/", 1)[-1], options=options), raw).observations

    mapping = plain(yaml.safe_load((ROOT / "mappings/cir-eyes-on-russia.yaml").read_text()))
    heat = pl.concat([read(firms, f"firms_ukraine_2021_2022/{n}.csv") for n in ("MODIS-2022-arch", "MODIS-2022")])
    strikes = read(listed, "cir_eyes_on_russia_2022/events.csv", mapping=mapping)
    strikes = strikes.filter(pl.col("kind").is_in(STRIKES))
    lines = ["| reports | of them with room to be moved | with a detection within 2 km and a day | by chance | ratio | "
             "weight in log odds (95 %) |", "|---|---|---|---|---|---|"]  # fmt: skip
    for name, days in (("as told", 0), ("moved 30 days on", 30), ("moved 30 days back", -30), ("moved a year", 365)):
        shift = timedelta(days=days)
        rows = strikes.with_columns(pl.col("t0") + shift, pl.col("t1") + shift)
        if days == 365:  # there is no MODIS of 2023 here: the heat of 2021 is what lay there a year before
            rows = strikes.with_columns(pl.col("t0") - shift, pl.col("t1") - shift)
            past = read(firms, "firms_ukraine_2021_2022/MODIS-2021.csv")
            found = worth(rows, past, LearnParams())
        else:
            found = worth(rows, heat, LearnParams())
        ratio = f"{found.share / found.chance:.1f}" if found.chance else "-"
        weight = f"{found.log_ratio:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
        lines.append(f"| {name} | {found.n:,} | {found.share:.2%} | {found.chance:.2%} | {ratio} | {weight} |")
    return lines


def headlines() -> list[str]:
    """Headlines of the VIINA extract that come again: how many rows, and how many lineages by the same words."""
    lines = ["| month | rows | of four words or more | lineages | rows that repeat one | in two places or more |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    params = LearnParams()
    for month in ("202304", "202401"):
        raw = gzip.decompress((DATA / f"viina_extract_2023_2024/viina_incidents_{month}.csv.gz").read_bytes())
        rows = pl.read_csv(raw, infer_schema_length=0)
        told = rows.with_columns(words=worded(pl.col("headline"), params), at=pl.col("datetime").str.slice(0, 10))
        told = told.filter(pl.col("words") != 0).with_columns(pl.col("at").str.to_date()).sort("words", "at")
        gone = (pl.col("at") - pl.col("at").shift(1)).dt.total_seconds().over("words")
        told = told.with_columns(first=gone.is_null() | (gone > params.words_s))
        told = told.with_columns(lineage=pl.col("first").cum_sum())
        spread = told.group_by("lineage").agg(places=pl.struct("lon", "lat").n_unique(), n=pl.len())
        many = spread.filter(pl.col("places") > 1)["n"].sum()
        n = spread.height
        lines.append(
            f"| {month} | {rows.height:,} | {told.height:,} | {n:,} | {told.height - n:,} "
            f"({(told.height - n) / told.height:.0%}) | {many:,} |"
        )
    return lines


def seconds(sizes: tuple[int, ...]) -> list[str]:
    """Seconds of learning, and of the same beside one pass over the rows (a sort)."""
    lines = ["| reports | learn | beside it: sorting the rows |", "|---|---|---|"]
    learn(reports(ReportsParams(reports=2_000)).observations)
    for size in sizes:
        made = reports(ReportsParams(reports=size, per_day=70.0)).observations
        at = time.perf_counter()
        learn(made)
        between = time.perf_counter()
        made.sort("t0", "lat", "lon")
        lines.append(f"| {size:,} | {between - at:.1f} s | {time.perf_counter() - between:.2f} s |")
    return lines


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--small", action="store_true")
    small = asked.parse_args().small
    parts: list[tuple[str, Callable[[], list[str]]]] = [
        ("Errors of sources", lambda: errors(2 if small else 10, 6_000 if small else 20_000)),
        ("Existence", lambda: existence(2 if small else 20)),
        ("Who copies whom", dependence),
        ("Completeness", lambda: complete(20 if small else 200)),
        ("What a fire detection is worth", fires),
        ("Repeated headlines (VIINA)", headlines),
        ("Seconds", lambda: seconds((20_000,) if small else (20_000, 200_000, 2_000_000))),
    ]
    busy = os.getloadavg()[0]
    lines = ["# fuse learn", "", "Frozen by `python bench/fuse_learn.py`.",
             f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python "
             f"{platform.python_version()}, load {busy:.1f} at the start (shared with other work)."]  # fmt: skip
    for title, part in parts:
        at = time.perf_counter()
        try:
            told = part()
        except FileNotFoundError as wrong:
            told = [f"not measured: {Path(wrong.filename).name} is not there (set TRUCEWATCH_DATA)"]
        lines += ["", f"## {title}", "", *told, "", f"({time.perf_counter() - at:.0f} s)"]
        print("\n".join(lines[-len(told) - 5 :]), flush=True)
        if not small:  # what is done is kept, should a later part be stopped
            FROZEN.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
