"""Fires of a year without war and of a year of war, judged by `watch trend` and a widely quoted rule.

    python bench/watch_fires.py      both; freezes bench/frozen/watch_fires.md

The rule, written anew from its description (`fires_rule.py`): the upper limit of the mean from bootstraps, passed by
more than two, sustained twice, widened 50 km, carried over ten days. Battles of 2022 are in `battles_2022.csv`, typed
in from what is named there: places to a few kilometres, days to a few days.
"""

from __future__ import annotations

import os
import platform
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from fires_rule import limits, sustained, thinned

from trucewatch.watch import trend as room
from trucewatch.watch.params import BaselineParams
from trucewatch.watch.reach import Reach

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("TRUCEWATCH_DATA", HERE.parents[1] / "shared" / "data"))
POINTS, MODIS = DATA / "firms_ukraine_points_2012_2020", DATA / "firms_ukraine_2021_2022"
FROZEN = HERE / "frozen" / "watch_fires.md"
WEATHER = ("heat", "heat2", "rain", "dry", "cloud", "snow")
WAR_EAST, WAR_SOUTH = 36.5, 50.2
"""Where fighting went on before 2022: east of this longitude and south of this latitude."""
QUIET_WEST = 28.5
"""West of this longitude no front came near in 2022; single missiles did."""
SHARES = (0.01, 0.05)
"""False alarms at which both are compared: shares of the fires of a place without war."""
SIZES = (3, 10, 30)
"""Fires a day that are put into a cell, to see how many of them are called."""
DAY, LONG, PLAIN = "each", "long", "plain"
WAYS = {DAY: (Reach(), True), LONG: (Reach(14, 12.0), True), PLAIN: (Reach(), False)}
NAMES = {
    DAY: "`watch trend`",
    LONG: "`watch trend --days 14 --near-km 12`",
    PLAIN: "`watch trend`, years not held against each other",
}
REACHES = ((1, 0.0), (14, 0.0), (1, 12.0), (7, 12.0), (14, 12.0), (28, 12.0))
"""Days and kilometres that are tried on the year of war: all are told, since no other year could choose among them."""


# Fires and weather


def cells(outside_war: bool) -> pl.DataFrame:
    """cell, lon, lat, within: a tenth of a degree, in the country's districts."""
    there = pl.read_csv(POINTS / "context/ukr_oblasts_10km.csv")
    there = there.rename({name: name.lower() for name in there.columns}).rename({"latitude": "lat", "longitude": "lon"})
    calm = (pl.col("lon") <= WAR_EAST) | (pl.col("lat") >= WAR_SOUTH) if outside_war else pl.lit(True)
    named = there.filter(calm).select(cell=_cell("lon", "lat"), lon="lon", lat="lat", within="oblast_id")
    return named.unique("cell", keep="first", maintain_order=True).sort("within", "cell")


def _cell(lon: str, lat: str) -> pl.Expr:
    return (pl.col(lat) * 10).round().cast(pl.Int64) * 1000 + (pl.col(lon) * 10).round().cast(pl.Int64)


def weather(years: list[int]) -> pl.DataFrame:
    """within, day, and the weather beside it: nothing later than the day itself."""
    names = ["within", "day", "heat", "low", "mean", "rain", "snow", "wind", "cloud"]
    parts = [pl.read_csv(POINTS / f"context/weather/ukr_weather_data_{year}.csv.gz") for year in years]
    rows = pl.concat([p.rename(dict(zip(p.columns, names, strict=True))) for p in parts])
    rows = rows.with_columns(pl.col("day").str.to_date()).sort("within", "day").unique(["within", "day"], keep="first")
    rows = rows.sort("within", "day").with_columns(
        heat2=(pl.col("heat") - 15) ** 2,
        dry=pl.col("rain").rolling_mean(14, min_samples=1).over("within").add(0.1).log(),
        rain=(pl.col("rain") + 0.1).log(),
        snow=(pl.col("snow") + 0.1).log(),
    )
    filled = (pl.col(name).fill_null(strategy="forward").over("within") for name in WEATHER)
    return rows.select("within", "day", *filled)


def counted(files: list[Path]) -> pl.DataFrame:
    """cell, day, count of files of points."""
    parts = [pl.read_csv(f).rename(str.lower) for f in files]
    rows = pl.concat([p.select("longitude", "latitude", pl.col("acq_date").cast(pl.String)) for p in parts])
    day = pl.col("acq_date").str.slice(0, 10).str.to_date()
    placed = rows.select(cell=_cell("longitude", "latitude"), day=day)
    return placed.group_by("cell", "day").agg(count=pl.len().cast(pl.Int64))


def table(where: pl.DataFrame, fires: pl.DataFrame, sky: pl.DataFrame | None, days: list[date]) -> pl.DataFrame:
    """Every cell and day, zeros too: series, within, lon, lat, day, count and weather."""
    every = where.select("cell", "within", "lon", "lat").join(pl.DataFrame({"day": days}), how="cross")
    rows = every.join(fires, on=["cell", "day"], how="left").with_columns(pl.col("count").fill_null(0))
    if sky is not None:
        rows = rows.join(sky, on=["within", "day"], how="inner")
    return rows.rename({"cell": "series"}).sort("series", "day")


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


# What each rule says of a cell and day: the lower, the less it is chance


@dataclass(frozen=True)
class Place:
    """One larger place: its judged rows with `chance` (in units of the promise: below 1 is in excess), and how it is
    had where more is counted on them."""

    rows: pl.DataFrame
    chance: Callable[[Any], Any]


def judged(rows: pl.DataFrame, until: date, beside: list[str], reach: Reach, by_years: bool = True) -> Place | None:
    """What `trend` does, with the chance of every count at hand. by_years: with what each year says of the others."""
    params, a_year = BaselineParams(), 1.0
    made_of = room._rows(rows, (until - room._EPOCH).days, beside, reach)
    made = room._learn_total(made_of, params)
    if made.cannot_tell:
        return None
    size, known = int(made_of.each.max()) + 1, made_of.exposure > 0
    made_of = room._judging(made_of, known)
    level, upper = room._expected(made_of, made, known, size, params)
    k = room._spread(made_of, level, upper, known, a_year / size, params)
    if by_years:
        k = room._kept_by_years(made_of, known, k, a_year, params)
    now, bar = ~made_of.past, a_year / room.DAYS_A_YEAR / size

    def chance(more: Any) -> Any:
        counts = made_of.counts.copy()
        counts[now] += more
        return room._tail(made_of.ground.together(counts)[now], upper[now], k) / bar

    return Place(rows.filter(pl.Series(now)).with_columns(chance=chance(0)), chance)


def threshold(rows: pl.DataFrame, share: float, way: str) -> float:
    """Chance below which so large a share of the fires is called."""
    some = rows.filter(pl.col("count") > 0).group_by(way).agg(pl.col("count").sum()).sort(way)
    kept = some.filter(pl.col("count").cum_sum() <= share * some["count"].sum())
    return float(kept[way].max() or 0.0) * (1 + 1e-9)  # type: ignore[arg-type]


def by_offset(rows: pl.DataFrame, where: pl.DataFrame, at: pl.Expr) -> dict[float, float]:
    """The rule's offset (2 as published) -> the share of the fires of a place that it then calls."""
    all_, told = int(rows.filter(at)["count"].sum()), {}
    for offset in (2, 3, 4, 6, 9, 13, 20, 32, 50, 80, 256):
        told[float(offset)] = sustained(rows, where, offset).filter(at & pl.col("war"))["count"].sum() / all_
        if told[offset] == 0:
            break
    return told


def offset_for(told: dict[float, float], share: float) -> float:
    """The least offset at which no larger share is called."""
    return next((offset for offset, called in told.items() if called <= share), float("inf"))


# A year without war


YEARS, PEACE_UNTIL, WAR_UNTIL = (2016, 2018, 2019, 2020), date(2019, 12, 31), date(2021, 12, 31)
Parts = tuple[pl.DataFrame, pl.DataFrame]
"""A district's days for the rule to train on, and its days with fire to judge."""


@cache
def _peace_data() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    return cells(True), counted([POINTS / f"ukr_fire_data_{year}.csv.gz" for year in YEARS]), weather([2015, *YEARS])


def _peace_place(asked: tuple[int, str]) -> Parts | None:
    """A district at a time, to hold few rows."""
    (n, name), (where, fires, sky) = asked, _peace_data()
    days = [d for year in YEARS for d in span(date(year, 1, 1), date(year, 12, 31))]
    here = where.filter(pl.col("within") == name)
    rows = table(here, fires, sky.filter(pl.col("within") == name), days)
    ways = {way: judged(rows, PEACE_UNTIL, list(WEATHER), *how) for way, how in WAYS.items()}
    if any(place is None for place in ways.values()):
        return None
    now = _injected(rows.filter(pl.col("day") > PEACE_UNTIL), np.random.default_rng([3, n]))
    for way, place in ways.items():
        assert place is not None
        tried = {f"{way}_{m}": pl.Series(place.chance(now[f"more_{m}"].to_numpy())) for m in SIZES}
        now = now.with_columns(place.rows["chance"].alias(way), **tried)
    kept = now.filter((pl.col("count") > 0) | (pl.col(f"more_{SIZES[-1]}") > 0))
    return thinned(rows.filter(pl.col("day") <= PEACE_UNTIL), 1), kept


def _together(of_place: Callable[[tuple[int, str]], Parts | None], where: pl.DataFrame) -> Parts:
    """Every district, on as many processes as there are cores."""
    names = where["within"].unique().sort().to_list()
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        parts = [part for part in pool.map(of_place, enumerate(names)) if part is not None]
    return pl.concat([p[0] for p in parts]), pl.concat([p[1] for p in parts])


def peace() -> list[str]:
    """The fires of 2020 outside the war, trained on 2016, 2018 and 2019."""
    where = cells(True)
    past, now = _together(_peace_place, where)
    return _told_of_peace(limits(past, now, list(WEATHER)), where)


def _injected(rows: pl.DataFrame, rng: Any, episodes: int = 3, long: int = 21, seen: float = 0.5) -> pl.DataFrame:
    """more_N: fires put into three cells for three weeks, seen every other day, as fighting might have lit them."""
    names, day = rows["series"].unique().sort().to_numpy(), pl.col("day")
    for size in SIZES:
        rows = rows.with_columns(pl.lit(0).alias(f"more_{size}"))
    for cell in rng.choice(names, episodes, replace=False):
        start = date(2020, 1, 1) + timedelta(int(rng.integers(0, 366 - long)))
        here = (pl.col("series") == cell) & (day >= start) & (day < start + timedelta(long))
        here &= pl.Series(rng.random(rows.height) < seen)
        for m in SIZES:
            more = pl.Series(rng.poisson(m, rows.height))
            rows = rows.with_columns(pl.when(here).then(more).otherwise(f"more_{m}").alias(f"more_{m}"))
    return rows


def _told_of_peace(now: pl.DataFrame, where: pl.DataFrame) -> list[str]:
    all_, n = int(now["count"].sum()), now["within"].n_unique()
    fires = now.filter(pl.col("count") > 0)
    lines = [
        f"## A year without war: the {all_:,} fires of 2020 outside the war of 2014, {n} oblasts", "",
        "Trained on 2016, 2018 and 2019 with weather, in cells of a tenth of a degree. One false cell-day an oblast "
        "and year is promised.", "",
        "| rule | fires called | cell-days called, an oblast and year | chance of so many | oblasts above one |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    called = {NAMES[way]: fires.filter(pl.col(way) < 1) for way in WAYS}
    called["quoted rule"] = sustained(fires, where, 2).filter("war")
    called["its limit and offset alone"] = fires.filter(pl.col("count") > pl.col("limit").ceil() + 2)
    from scipy.stats import poisson

    for name, rows in called.items():
        each = rows.group_by("within").len().sort("within")
        high = each.filter(pl.col("len") > 1).rows()
        said = ", ".join(f"{a} {b}" for a, b in high) if len(high) <= 8 else f"{len(high)} of them"
        most = int(each["len"].max() or 0)  # type: ignore[arg-type]
        many = 1 - (1 - poisson.sf(most - 1, 1.0)) ** n
        lines.append(
            f"| {name} | {int(rows['count'].sum()) / all_:.2%} | mean {each['len'].sum() / n:.2f}, most {most} | "
            f"{many:.2g} | {said or 'none'} |"
        )
    said = f"*chance of so many*: of {n} oblasts that each have one a year by chance, one has as many as the most has."
    return [*lines, "", said, "", *_power(now, fires, where)]


def _power(now: pl.DataFrame, fires: pl.DataFrame, where: pl.DataFrame) -> list[str]:
    """How many of the fires that are put in are called, at the same share of false ones?"""
    put, all_ = now.filter(pl.col(f"more_{SIZES[-1]}") > 0), int(fires["count"].sum())
    lines = [
        f"**Power.** Into {put['series'].n_unique()} cells, three an oblast, so many fires a day are put on every "
        "other day of three weeks. The share of them that is called, at the same share of 2020's own fires called:", "",
        f"| rule | own fires called | {' | '.join(f'{m} a day' for m in SIZES)} |", "|---" * (len(SIZES) + 2) + "|",
    ]  # fmt: skip
    rule = by_offset(fires, where, pl.lit(True))
    own = {way: float(fires.filter(pl.col(way) < 1)["count"].sum()) / all_ for way in WAYS}
    for share in sorted({own[DAY], own[LONG], *SHARES, rule[2.0]}):
        for way in WAYS:
            bar = 1.0 if share == own[way] else threshold(fires, share, way)
            got = [_weighed(put, put[f"{way}_{m}"] < bar, m) for m in SIZES]
            as_is = ", as promised" if share == own[way] else ""
            lines.append(f"| {NAMES[way]}{as_is} | {share:.2%} | {' | '.join(f'{g:.0%}' for g in got)} |")
        offset = offset_for(rule, share)
        got = [_weighed(put, _rule_on(put, now, where, offset, m), m) for m in SIZES]
        lines.append(f"| quoted rule, offset {offset:g} | {share:.2%} | {' | '.join(f'{g:.0%}' for g in got)} |")
    return lines


def _weighed(put: pl.DataFrame, hit: pl.Series, size: int) -> float:
    return float(put.filter(hit)[f"more_{size}"].sum()) / float(put[f"more_{size}"].sum())


def _rule_on(put: pl.DataFrame, now: pl.DataFrame, where: pl.DataFrame, offset: float, size: int) -> pl.Series:
    """Which of the days that fires were put into does the rule call, with what it has of the year itself?"""
    rows = now.with_columns(count=pl.col("count") + pl.col(f"more_{size}")).filter(pl.col("count") > 0)
    war = sustained(rows, where, offset).select("series", "day", "war")
    told = put.select("series", "day").join(war, on=["series", "day"], how="left", maintain_order="left")
    return told["war"].fill_null(False)


# A year of war


@cache
def _war_data() -> tuple[pl.DataFrame, pl.DataFrame]:
    return cells(False), counted([MODIS / name for name in ("MODIS-2021.csv", "MODIS-2022-arch.csv", "MODIS-2022.csv")])


def _war_place(asked: tuple[int, str]) -> Parts | None:
    (_, name), (where, fires) = asked, _war_data()
    days = span(date(2021, 1, 1), date(2022, 11, 7))
    rows = table(where.filter(pl.col("within") == name), fires, None, days)
    ways = {f"{d} {km:g}": judged(rows, WAR_UNTIL, [], Reach(d, km)) for d, km in REACHES}
    if any(place is None for place in ways.values()):
        return None
    now = rows.filter(pl.col("day") > WAR_UNTIL)
    now = now.with_columns(place.rows["chance"].alias(way) for way, place in ways.items() if place is not None)
    kept = now.filter(pl.col("count") > 0, pl.col("day") >= date(2022, 2, 24))
    return thinned(rows.filter(pl.col("day") <= WAR_UNTIL), 1), kept


def war() -> list[str]:
    """The fires of one sensor in 2022, trained on its single year of peace; no weather is at hand for these years."""
    where = cells(False)
    past, now = _together(_war_place, where)
    return _told_of_war(limits(past, now, []), where)


def _told_of_war(now: pl.DataFrame, where: pl.DataFrame) -> list[str]:
    fights = pl.read_csv(HERE / "battles_2022.csv", try_parse_dates=True)
    west, quiet = pl.col("lon") < QUIET_WEST, now.filter(pl.col("lon") < QUIET_WEST)
    seen = now.join(_near(where, fights), on="series").filter(pl.col("day").is_between("first", "last"))
    lines = [
        f"## A year of war: MODIS, 24 February to 7 November 2022, trained on 2021; {fights.height} battles", "",
        f"{seen['place'].n_unique()} of the battles have a fire at all within their radius and days: "
        f"{int(seen['count'].sum()):,} of {int(now['count'].sum()):,}. False alarms are the share that is called of "
        f"the {int(quiet['count'].sum()):,} fires west of {QUIET_WEST} degrees, where no front came near; a missile "
        "that burned there counts against every rule. One year of peace costs this: how years differ is not known, "
        "and there is no second one to try the rate on.", "",
        "| rule | fires in the west called | battles in which a fire is called | fires in battles called |",
        "|---|---|---|---|",
    ]  # fmt: skip
    rule = by_offset(now, where, west)
    for share in sorted({*SHARES, rule[2.0]}):
        for d, km in REACHES:
            bar = threshold(quiet, share, f"{d} {km:g}")
            called = now.filter(pl.col(f"{d} {km:g}") < bar)
            lines.append(_recall(f"`watch trend --days {d} --near-km {km:g}`", called, seen, west, quiet))
        offset = offset_for(rule, share)
        as_is = ", as published" if share == rule[2.0] else ""
        called = sustained(now, where, offset).filter("war")
        lines.append(_recall(f"quoted rule, offset {offset:g}{as_is}", called, seen, west, quiet))
    lines.append(_recall("`watch trend`, one a year promised", now.filter(pl.col("1 0") < 1), seen, west, quiet))
    return lines


def _recall(name: str, called: pl.DataFrame, seen: pl.DataFrame, west: pl.Expr, quiet: pl.DataFrame) -> str:
    hit = seen.join(called.select("series", "day"), on=["series", "day"], how="semi")
    false = called.filter(west)["count"].sum() / quiet["count"].sum()
    return (
        f"| {name} | {false:.2%} | {hit['place'].n_unique()} of {seen['place'].n_unique()} | "
        f"{hit['count'].sum() / seen['count'].sum():.0%} |"
    )


def _near(where: pl.DataFrame, fights: pl.DataFrame) -> pl.DataFrame:
    """series, place, first, last: the cells whose middle lies within a battle's radius."""
    both = where.select(series="cell", lon="lon", lat="lat").join(fights.rename({"lon": "x", "lat": "y"}), how="cross")
    east = (pl.col("lon") - pl.col("x")) * 111.2 * pl.col("y").radians().cos()
    gap = (east**2 + ((pl.col("lat") - pl.col("y")) * 111.2) ** 2).sqrt()
    return both.filter(gap <= pl.col("radius_km")).select("series", "place", "first", "last")


def main() -> None:
    load = os.getloadavg()[0]
    lines = [*peace(), "", *war()]
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    used, held = sum(r.ru_utime + r.ru_stime for r in both), max(r.ru_maxrss for r in both) / 1e6
    lines = [
        "# Fires of a year without war, and of a year of war", "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {load:.1f} from other work as it began, with "
        f"`python bench/watch_fires.py`; {used:.0f} s of processor, at most {held:.1f} GB a process.", "",
        *lines,
    ]  # fmt: skip
    FROZEN.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
