"""Fires of a year without war and of years of war, judged by `watch trend` and a widely quoted rule.

    python bench/watch_fires.py      all of it; freezes bench/frozen/watch_fires.md

The rule, written anew from its description (`fires_rule.py`): the upper limit of the mean from bootstraps, passed by
more than two, sustained twice, widened 50 km, carried over ten days. Battles of 2022 are in `battles_2022.csv`, typed
in from what is named there: places to a few kilometres, days to a few days.
"""

from __future__ import annotations

import os
import platform
import resource
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from fires_data import (
    CALM,
    DATA,
    HERE,
    MODIS,
    WEATHER,
    Parts,
    Place,
    cells,
    counted,
    judged,
    of_years,
    parts_of,
    span,
    table,
    together,
    weather,
    whole,
)
from fires_rule import limits, sustained

from trucewatch.watch.reach import Reach, reaches

FROZEN = HERE / "frozen" / "watch_fires.md"
QUIET_WEST = 28.5
"""West of this longitude no front came near in 2022; single missiles did."""
SHARES = (0.01, 0.05)
"""False alarms at which both are compared: shares of the fires of a place without war."""
SIZES = (3, 10, 30)
"""Fires a day that are put into a cell, to see how many of them are called."""
LADDER = reaches([1, 3, 7, 14, 28], [0.0, 12.0, 25.0])
"""A day to four weeks, each twice as long or so; a cell, with its neighbours, and with theirs. None is chosen."""
DAY, EVERY, PLAIN = "each", "every", "plain"
WAYS = {DAY: ((Reach(),), True), EVERY: (LADDER, True), PLAIN: ((Reach(),), False)}
NAMES = {
    DAY: "`watch trend`",
    EVERY: "`watch trend --days 1,3,7,14,28 --near-km 0,12,25`",
    PLAIN: "`watch trend`, years not held against each other",
}


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


YEARS, PEACE_UNTIL = (2016, 2018, 2019, 2020), date(2019, 12, 31)


@cache
def _peace_data() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    return cells(True), of_years(YEARS), weather([2015, *YEARS])


def _peace_place(asked: tuple[int, str]) -> Parts | None:
    """A district at a time, to hold few rows."""
    (n, name), (where, fires, sky) = asked, _peace_data()
    here = where.filter(pl.col("within") == name)
    rows = table(here, fires, sky.filter(pl.col("within") == name), whole(YEARS))
    ways = {way: judged(rows, PEACE_UNTIL, list(WEATHER), *how) for way, how in WAYS.items()}
    parts = parts_of(rows, PEACE_UNTIL, ways)
    if parts is None:
        return None
    now = _injected(rows.filter(pl.col("day") > PEACE_UNTIL), np.random.default_rng([3, n]))
    for way, place in ways.items():
        assert place is not None
        tried = {f"{way}_{m}": pl.Series(place.chance(now[f"more_{m}"].to_numpy())) for m in SIZES}
        now = now.with_columns(place.rows["chance"].alias(way), place.rows["alarm"].alias(f"{way} alarm"), **tried)
    return parts[0], now.filter((pl.col("count") > 0) | (pl.col(f"more_{SIZES[-1]}") > 0) | (pl.col("every alarm") > 0))


def peace() -> list[str]:
    """The fires of 2020 outside the war, trained on 2016, 2018 and 2019."""
    where = cells(True)
    past, now = together(_peace_place, where)
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
        "and year is promised, and so at most one false alarm: days in excess that were judged by a day and cell in "
        "common are one alarm. Cell-days are those with a fire.", "",
        "| rule | fires called | cell-days, an oblast and year | alarms, an oblast and year | chance of so many alarms "
        "| oblasts of more than one alarm |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for way in WAYS:
        hit = fires.filter(pl.col(way) < 1)
        alarms = now.filter(pl.col(way) < 1).unique(["within", f"{way} alarm"])
        lines.append(f"| {NAMES[way]} | {_share(hit, all_)} | {_days(hit, n)} | {_alarms(alarms, n)} |")
    for name, hit in (
        ("quoted rule", sustained(fires, where, 2).filter("war")),
        ("its limit and offset alone", fires.filter(pl.col("count") > pl.col("limit").ceil() + 2)),
    ):
        lines.append(f"| {name} | {_share(hit, all_)} | {_days(hit, n)} | | | |")
    said = f"*chance of so many*: of {n} oblasts that each have one a year by chance, one has as many as the most has."
    return [*lines, "", said, "", *_power(now, fires, where)]


def _share(hit: pl.DataFrame, all_: int) -> str:
    return f"{int(hit['count'].sum()) / all_:.2%}"


def _days(hit: pl.DataFrame, n: int) -> str:
    return f"mean {hit.height / n:.2f}, most {int(hit.group_by('within').len()['len'].max() or 0)}"  # type: ignore[arg-type]


def _alarms(alarms: pl.DataFrame, n: int) -> str:
    from scipy.stats import poisson

    each = alarms.group_by("within").len().sort("within")
    most = int(each["len"].max() or 0)  # type: ignore[arg-type]
    high = [f"{a} {b}" for a, b in each.filter(pl.col("len") > 1).rows()]
    many = 1 - (1 - poisson.sf(most - 1, 1.0)) ** n
    said = ", ".join(high) if len(high) <= 8 else f"{len(high)} of them"
    return f"mean {alarms.height / n:.2f}, most {most} | {many:.2g} | {said or 'none'}"


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
    for share in sorted({own[DAY], own[EVERY], *SHARES, rule[2.0]}):
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


# Years of war


WAR_UNTIL, INVADED, HALVED = date(2021, 12, 31), date(2022, 2, 24), date(2022, 6, 1)
OLDER, OLDER_UNTIL = (2012, 2013, 2016, 2018), date(2013, 12, 31)


@cache
def _war_data() -> tuple[pl.DataFrame, pl.DataFrame]:
    return cells(False), counted([MODIS / name for name in ("MODIS-2021.csv", "MODIS-2022-arch.csv", "MODIS-2022.csv")])


@cache
def _older_data() -> tuple[pl.DataFrame, pl.DataFrame]:
    return cells(False), of_years(OLDER)


def _war_place(asked: tuple[int, str]) -> Parts | None:
    (_, name), (where, fires) = asked, _war_data()
    rows = table(where.filter(pl.col("within") == name), fires, None, span(date(2021, 1, 1), date(2022, 11, 7)))
    ways = {DAY: (Reach(),), EVERY: LADDER, **{_named(reach): (reach,) for reach in LADDER}}
    return parts_of(rows, WAR_UNTIL, {way: judged(rows, WAR_UNTIL, [], tried) for way, tried in ways.items()}, INVADED)


def _older_place(asked: tuple[int, str]) -> Parts | None:
    (_, name), (where, fires) = asked, _older_data()
    rows = table(where.filter(pl.col("within") == name), fires, None, whole(OLDER))
    ways: dict[str, Place | None] = {way: judged(rows, OLDER_UNTIL, [], WAYS[way][0]) for way in (DAY, EVERY)}
    return parts_of(rows, OLDER_UNTIL, ways)


def _named(reach: Reach) -> str:
    return f"`watch trend --days {reach.days} --near-km {reach.near_km:g}`"


def war() -> list[str]:
    """The fires of one sensor in 2022, trained on its single year of peace; no weather is at hand for these years."""
    where, fights = cells(False), pl.read_csv(HERE / "battles_2022.csv", try_parse_dates=True)
    past, now = together(_war_place, where)
    now = limits(past, now, [])
    west, quiet = pl.col("lon") < QUIET_WEST, now.filter(pl.col("lon") < QUIET_WEST)
    seen, rule = _seen(now, where, fights), by_offset(now, where, west)
    lines = [
        f"## A year of war: MODIS, 24 February to 7 November 2022, trained on 2021; {fights.height} battles", "",
        f"{seen['place'].n_unique()} of the battles have a fire at all within their radius and days: "
        f"{int(seen['count'].sum()):,} of {int(now['count'].sum()):,}. False alarms are the share that is called of "
        f"the {int(quiet['count'].sum()):,} fires west of {QUIET_WEST} degrees, where no front came near; a missile "
        "that burned there counts against every rule. One year of peace costs this: how years differ is not known, "
        "and there is no second one to try the rate on.", "",
        *_HEAD,
    ]  # fmt: skip
    shares = sorted({*SHARES, rule[2.0]})
    for share in shares:
        for way in (DAY, EVERY):
            lines.append(_recall(NAMES[way], now.filter(pl.col(way) < threshold(quiet, share, way)), seen, west, quiet))
        offset, as_is = offset_for(rule, share), ", as published" if share == rule[2.0] else ""
        called = sustained(now, where, offset).filter("war")
        lines.append(_recall(f"quoted rule, offset {offset:g}{as_is}", called, seen, west, quiet))
    for way in (DAY, EVERY):
        lines.append(_recall(f"{NAMES[way]}, one a year promised", now.filter(pl.col(way) < 1), seen, west, quiet))
    lines += ["", f"**A reach chosen on other battles.** Of the battles that ended before {HALVED}, and of the later "
              "ones, each by the reach that calls the most fires in the other half's battles, all rates together:",
              "", *_HEAD]  # fmt: skip
    late = pl.col("last") >= HALVED
    for name, here in (("earlier", ~late), ("later", late)):
        way = _chosen(seen.filter(~here), quiet, shares)
        for share in shares:
            called = now.filter(pl.col(way) < threshold(quiet, share, way))
            lines.append(_recall(f"{name}: {way}", called, seen.filter(here), west, quiet))
            offset = offset_for(rule, share)
            called = sustained(now, where, offset).filter("war")
            lines.append(_recall(f"{name}: quoted rule, offset {offset:g}", called, seen.filter(here), west, quiet))
    lines += ["", "**Each reach by itself**, at the rate of the rule as published:", "", *_HEAD]
    for way in map(_named, LADDER):
        called = now.filter(pl.col(way) < threshold(quiet, rule[2.0], way))
        lines.append(_recall(way, called, seen, west, quiet))
    return lines


_HEAD = ["| rule | false alarms: calm fires called | battles in which a fire is called | fires in battles called |",
         "|---|---|---|---|"]  # fmt: skip


def _chosen(seen: pl.DataFrame, quiet: pl.DataFrame, shares: list[float]) -> str:
    """The reach that calls the most fires in these battles, all rates together."""

    def called(way: str) -> int:
        return sum(int(seen.filter(pl.col(way) < threshold(quiet, s, way))["count"].sum()) for s in shares)

    return max(map(_named, LADDER), key=called)


def older() -> list[str]:
    """A war of few fires: the events of 2016 and 2018, trained on 2012 and 2013; the same two sensors throughout."""
    where = cells(False)
    past, now = together(_older_place, where)
    now = limits(past, now, [])
    calm, quiet, read = CALM, now.filter(CALM), DATA / "ucdp_ged_ukraine_2014_2018/ucdp_ged_ukraine.csv.gz"
    events = pl.read_csv(read, infer_schema_length=0)
    first, last = (pl.col(name).str.slice(0, 10).str.to_date() for name in ("date_start", "date_end"))
    exact = pl.col("where_prec").is_in(["1", "2"]) & pl.col("date_prec").is_in(["1", "2"])
    fights = events.filter(exact & first.dt.year().is_in(OLDER[2:])).select(
        pl.lit(8.0).alias("radius_km"), place="id", lon=pl.col("longitude").cast(float),
        lat=pl.col("latitude").cast(float), first=first - timedelta(3), last=last + timedelta(3))  # fmt: skip
    seen, rule = _seen(now, where, fights), by_offset(now, where, calm)
    lines = [
        f"## A war of few fires: {fights.height} events of 2016 and 2018, trained on 2012 and 2013", "",
        f"UCDP's events that are placed and dated closely; {seen['place'].n_unique()} of them have a fire within 8 km "
        f"and three days. False alarms are the share that is called of the {int(quiet['count'].sum()):,} fires of both "
        "years elsewhere. No weather is at hand for 2012 and 2013.", "", *_HEAD,
    ]  # fmt: skip
    for share in SHARES:
        for way in (DAY, EVERY):
            lines.append(_recall(NAMES[way], now.filter(pl.col(way) < threshold(quiet, share, way)), seen, calm, quiet))
        offset = offset_for(rule, share)
        called = sustained(now, where, offset).filter("war")
        lines.append(_recall(f"quoted rule, offset {offset:g}", called, seen, calm, quiet))
    return [*lines, "", "What smoulders at one shell a day is not told from a farmer's fire by any of them."]


def _recall(name: str, called: pl.DataFrame, seen: pl.DataFrame, calm: pl.Expr, quiet: pl.DataFrame) -> str:
    hit = seen.join(called.select("series", "day"), on=["series", "day"], how="semi")
    false = called.filter(calm)["count"].sum() / quiet["count"].sum()
    return (
        f"| {name} | {false:.2%} | {hit['place'].n_unique()} of {seen['place'].n_unique()} | "
        f"{hit['count'].sum() / seen['count'].sum():.0%} |"
    )


def _seen(now: pl.DataFrame, where: pl.DataFrame, fights: pl.DataFrame) -> pl.DataFrame:
    """Fires whose cell's middle lies within a battle's radius, on its days."""
    both = where.select(series="cell", x="lon", y="lat").join(fights.rename({"lon": "u", "lat": "v"}), how="cross")
    east = (pl.col("x") - pl.col("u")) * 111.2 * pl.col("v").radians().cos()
    near = both.filter((east**2 + ((pl.col("y") - pl.col("v")) * 111.2) ** 2).sqrt() <= pl.col("radius_km"))
    return now.join(near.select("series", "place", "first", "last"), on="series").filter(
        pl.col("day").is_between("first", "last")
    )


def main() -> None:
    load = os.getloadavg()[0]
    lines = [*peace(), "", *war(), "", *older()]
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    used, held = sum(r.ru_utime + r.ru_stime for r in both), max(r.ru_maxrss for r in both) / 1e6
    lines = [
        "# Fires of a year without war, and of years of war", "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, load {load:.1f} as it began, with `python bench/watch_fires.py`; {used:.0f} s "
        f"of processor, at most {held:.1f} GB a process.", "",
        *lines,
    ]  # fmt: skip
    FROZEN.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
