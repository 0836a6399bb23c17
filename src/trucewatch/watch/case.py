"""A case's incidents, or one source's observations, as series by place and day; with who could have seen them.

An incident counts on the day (UTC) on which it began, in the cell or the area of a map in which its place lies. What is
denied alone, has no place, is dated no finer than more than a day, or is placed no finer than a cell, is counted in no
series and told. Exposure is the greatest chance to notice, over all ground of the series at which anybody ever looked:
what of it is constant is in the baseline too. Days without it are unknown: they weigh nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.place import cell_centre, cell_of, spoken
from trucewatch.kinds import ARMED_KINDS, KINDS
from trucewatch.tables import TOGETHER, WATCHED
from trucewatch.watch.params import CaseParams
from trucewatch.watch.reach import Reach, reaches

CELL = "cell"
SCAN, ALARMS_, TREND_ = "scan", "alarms", "trend"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CaseAsk:
    """What is asked of a case: which watch, by what ground, of which kinds, told by whom; and the watch's own options.

    by: `cell`, or whose map's areas. kinds: none means every armed one. source: none means incidents.
    """

    what: str
    by: str = CELL
    kinds: tuple[str, ...] = ()
    source: str | None = None
    cell_km: float = CaseParams.cell_km
    options: tuple[tuple[str, str], ...] = ()

    def checked(self) -> CaseAsk:
        """Itself, or InputError naming the option."""
        for kind in self.kinds:
            if kind not in KINDS:
                raise UnknownName("kind", kind, KINDS, field="--kind")
        if not CaseParams.least_cell_km <= self.cell_km <= CaseParams.most_cell_km:
            most = f"between {CaseParams.least_cell_km:g} and {CaseParams.most_cell_km:g}"
            raise InputError(f"is {self.cell_km:g} km", field="--cell-km", expected=most)
        return self

    def told(self) -> dict[str, Any]:
        """What a run keeps of it."""
        return {
            "what": self.what, "by": self.by, "kinds": list(self.kinds), "source": self.source,
            "cell_km": repr(self.cell_km), "options": dict(self.options),
        }  # fmt: skip


def case_ask_of(told: Mapping[str, Any]) -> CaseAsk:
    """What a run keeps -> what was asked."""
    options = tuple(sorted(told["options"].items()))
    return CaseAsk(told["what"], told["by"], tuple(told["kinds"]), told["source"], float(told["cell_km"]), options)


@dataclass(frozen=True)
class Placed:
    """cases(series, lon, lat, day, count, exposure), every day of every series; notes: what stands beside them."""

    cases: pl.DataFrame
    notes: tuple[str, ...]


def placed(
    ask: CaseAsk, rows: pl.DataFrame, areas: pl.DataFrame, exposed: pl.DataFrame | None, seen_cell_m: float
) -> Placed:
    """incidents (or observations), areas, exposure with its cells' side -> series. InputError where there are none."""
    mine, notes = _counted(ask, rows)
    shapes = _shapes(ask, areas)
    at = _in_series(mine, ask, shapes).filter(pl.col("series").is_not_null())
    if left := mine.height - at.height:
        notes.append(f"{left} lie in no area of {ask.by}, and are not counted")
    if at.is_empty():
        raise InputError("nothing of these kinds is recorded with a place and a day", expected="another --kind or --by")
    first, last = rows.select(a=pl.col("t0").min().dt.date(), b=pl.col("t0").max().dt.date()).row(0)
    days = pl.DataFrame({"day": pl.date_range(first, last, eager=True)})
    series = at.group_by("series").agg(pl.col("lon", "lat").first()).sort("series")
    if series.height * days.height > CaseParams.most_rows:
        what = f"{series.height:,} places on {days.height:,} days are more than {CaseParams.most_rows:,} rows"
        raise InputError(what, expected="a larger --cell-km, or areas with --by")
    grid = series.join(days, how="cross").join(at.group_by("series", "day").agg(count=pl.len()), on=["series", "day"],
                                               how="left").with_columns(pl.col("count").fill_null(0))  # fmt: skip
    if exposed is None:
        notes.append("no look tells its ground: days are counted as if all were watched alike")
        return Placed(grid.with_columns(exposure=pl.lit(1.0)).sort("series", "day"), tuple(notes))
    seen = _seen(ask, exposed, shapes, seen_cell_m)
    full = grid.join(seen, on=["series", "day"], how="left").with_columns(pl.col("exposure").fill_null(0.0))
    dark = full.select((pl.col("exposure") == 0).mean()).item()
    notes.append(f"{dark:.0%} of places and days had no look: what happened there is unknown, and weighs nothing")
    return Placed(full.sort("series", "day"), tuple(notes))


def _counted(ask: CaseAsk, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The rows that count, and how many of the kinds do not."""
    mine = rows.filter(pl.col("kind").is_in(ask.kinds or ARMED_KINDS))
    if ask.source is not None:
        if ask.source not in (names := rows["source"].unique().sort().to_list()):
            raise UnknownName("source in this case", ask.source, names, field="--source")
        mine = mine.filter(pl.col("source") == ask.source)
        mine = mine.filter(pl.col("key").is_null() | pl.struct("source", "key").is_last_distinct())
    told = pl.col("stance") == "affirms" if ask.source is not None else pl.col("n_lineages") > 0
    mine = mine.filter(told)
    vague = pl.col("t1") - pl.col("t0") > _DAY
    wide = pl.col("radius_m").fill_null(0.0) > ask.cell_km * 1000 if ask.by == CELL else pl.lit(False)
    nowhere = pl.col("lon").is_null() | wide
    n_vague, n_nowhere = mine.select(vague.sum(), b=(nowhere & ~vague).sum()).row(0)
    notes = [f"{mine.height - n_vague - n_nowhere} counted of {mine.height}"]
    if n_vague or n_nowhere:
        notes[0] += f"; {n_vague} are dated no finer than a day, {n_nowhere} are not placed finely enough"
    kept = mine.filter(~vague & ~nowhere)
    return kept.select("lon", "lat", day=pl.col("t0").dt.date()), notes


def _shapes(ask: CaseAsk, areas: pl.DataFrame) -> pl.DataFrame | None:
    """The newest of each named area of the map that is asked for; none by cells."""
    if ask.by == CELL:
        return None
    mine = areas.filter(pl.col("source") == ask.by, pl.col("name").is_not_null())
    if mine.is_empty():
        names = areas.filter(pl.col("name").is_not_null())["source"].unique().sort().to_list()
        raise UnknownName("map with named areas", ask.by, [CELL, *names], field="--by")
    return mine.sort("name", "on", "id").unique("name", keep="last", maintain_order=True).select("name", "geometry")


def _in_series(points: pl.DataFrame, ask: CaseAsk, shapes: pl.DataFrame | None) -> pl.DataFrame:
    """points(lon, lat, ...) -> with `series`, null outside every area, at the middle of its ground."""
    if shapes is None:
        side = ask.cell_km * 1000
        lon, lat = cell_centre(cell_of(pl.col("lon"), pl.col("lat"), side), side)
        moved = points.with_columns(lon=lon, lat=lat)
        spots = moved.select("lon", "lat").unique().sort("lat", "lon")
        names = [spoken(x, y, CaseParams.digits) for x, y in spots.rows()]
        return moved.join(spots.with_columns(series=pl.Series(names, dtype=pl.String)), on=["lon", "lat"], how="left")
    ground = shapely.from_wkb(shapes["geometry"].to_list())
    tree = shapely.STRtree(ground)
    which, where = tree.query(shapely.points(points["lon"], points["lat"]), predicate="intersects")
    middles = shapely.get_coordinates(shapely.point_on_surface(ground))
    named = pl.DataFrame({"row": which, "shape": where}, schema={"row": pl.Int64, "shape": pl.Int64})
    first = named.group_by("row").agg(pl.col("shape").min())
    facts = shapes.select(series="name").with_columns(
        shape=pl.int_range(pl.len(), dtype=pl.Int64), lon=middles[:, 0], lat=middles[:, 1]
    )
    numbered = points.drop("lon", "lat").with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
    return numbered.join(first, on="row", how="left").join(facts, on="shape", how="left").drop("row", "shape")


def _seen(ask: CaseAsk, exposed: pl.DataFrame, shapes: pl.DataFrame | None, seen_cell_m: float) -> pl.DataFrame:
    """exposure -> (series, day, exposure), the mean over the ground of the series at which anybody ever looked."""
    both = exposed.filter(pl.col("source") == TOGETHER)
    lon, lat = cell_centre(pl.col("cell"), seen_cell_m)
    ground = both.select("cell").unique().sort("cell").with_columns(lon=lon, lat=lat)
    named = _in_series(ground, ask, shapes).filter(pl.col("series").is_not_null()).select("cell", "series")
    size = named.group_by("series").agg(n=pl.len())
    return (
        both.join(named, on="cell")
        .group_by("series", day=pl.col("t0").dt.date())
        .agg(pl.col("high").sum())
        .join(size, on="series")
        .select("series", "day", exposure=(pl.col("high") / pl.col("n")).clip(0, 1))
    )


def fitting(ask: CaseAsk, made: Placed) -> None:
    """InputError where the days that are asked for are not in the case."""
    given = dict(ask.options)
    first, last = made.cases.select(pl.col("day").min(), b=pl.col("day").max()).row(0)
    days = (last - first).days + 1
    if ask.what == SCAN and int(given["max_days"]) > days:
        what = f"a window of {given['max_days']} days is longer than the record, which runs {days} days"
        raise InputError(what, field="--max-days", expected=f"at most {days}")
    if ask.what == TREND_ and (longest := max(reach.days for reach in _tried(given))) > days:
        raise InputError(f"{longest} days are more than the record has", field="--days", expected=f"at most {days}")
    if ask.what != SCAN and not first <= date.fromisoformat(given["train_until"]) < last:
        what = f"{given['train_until']} leaves no days before or none after: the record runs from {first} to {last}"
        raise InputError(what, field="--train-until", expected="a day of the record before its last")


def watch_case(ask: CaseAsk, made: Placed) -> dict[str, pl.DataFrame]:
    """What is asked, the series -> clusters, alarms or trend, and `watched`: what each series' baseline was."""
    given = dict(ask.options)
    if ask.what == SCAN:
        return _scanned(given, made)
    counts = made.cases.select("series", "day", "count", "exposure")
    until = date.fromisoformat(given["train_until"])
    if ask.what == ALARMS_:
        from trucewatch.watch.alarm import alarms

        raised = alarms(counts, float(given["arl_years"]), until)
        return {"alarms": raised.alarms, "watched": raised.series}
    from trucewatch.watch.trend import trend

    counts = counts.with_columns(made.cases["lon"], made.cases["lat"])
    counts = counts.with_columns(within=pl.lit("all cells")) if ask.by == CELL else counts
    judged = trend(counts, until, float(given["a_year"]), reach=_tried(given))
    return {"trend": judged.days.filter("excess"), "watched": judged.series}


def _tried(given: Mapping[str, str]) -> tuple[Reach, ...]:
    """The reaches that a trend tries; older runs name none."""
    days, near_km = (given.get(name, none).split(",") for name, none in (("days", "1"), ("near_km", "0")))
    return reaches([int(n) for n in days], [float(n) for n in near_km])


def _scanned(given: Mapping[str, str], made: Placed) -> dict[str, pl.DataFrame]:
    from trucewatch.watch.scan import Ask, scan

    asked = Ask(float(given["max_radius_km"]), int(given["max_days"]), int(given["replicates"]), int(given["seed"]),
                given["prospective"] == "True")  # fmt: skip
    # What was told from where nobody is known to have looked would be set against days that nobody can know.
    seen = made.cases.filter(pl.col("exposure") > 0)
    if seen.is_empty():
        found, why = None, "nobody is recorded to have looked at any of these places"
    else:
        ground = seen.select("lon", "lat", "day", location="series", cases=pl.col("count").cast(pl.Int64))
        found = scan(ground, asked)
        why = found.cannot_tell
    told = {"series": "all places", "days": made.cases["day"].n_unique(), "cannot_tell": why or None,
            "k": None, "k_used": None, "remarks": list(made.notes)}  # fmt: skip
    watched = WATCHED.fit(pl.DataFrame([told], schema=WATCHED.schema))
    clusters = _none() if found is None else _looked(found.clusters, made.cases)
    return {"clusters": clusters, "watched": watched}


def _none() -> pl.DataFrame:
    from trucewatch.tables import CLUSTERS

    return CLUSTERS.empty()


def _looked(clusters: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Clusters -> with how much more they were looked at than their places and days by themselves explain."""
    total = float(cases["exposure"].sum())
    made = []
    for places, first, last in clusters.select("locations", "from", "to").rows():
        here, then = pl.col("series").is_in(places), pl.col("day").is_between(first, last)
        both, place, day = (float(cases.filter(part)["exposure"].sum()) for part in (here & then, here, then))
        made.append(both * total / (place * day) if place * day > 0 else None)
    return clusters.with_columns(looked=pl.Series(made, dtype=pl.Float64))
