"""A report's rows in text -> settled columns: times, numbers, words, sectors; and what was wrong with which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from trucewatch.base.problem import problems, problems_where
from trucewatch.base.time import zone
from trucewatch.kinds import KINDS, TARGETS
from trucewatch.sources.report.sector import ALL_ROUND_DEG, bearing, centre, range_m
from trucewatch.sources.table import cells
from trucewatch.sources.table.mapping import INSTANTS
from trucewatch.tables import PHASES

COLUMNS = (
    "id", "team", "observer", "observer_lon", "observer_lat", "time", "until", "kind", "heard_or_seen", "phase",
    "corroborated", "count", "bearing", "bearing_spread", "km", "near_km", "far_km", "lon", "lat", "radius_m",
    "weapon", "target", "killed", "injured", "place", "says", "nothing", "range_km", "p_seen_if_there",
)  # fmt: skip
"""A report's columns; docs/sources/report.md says what each holds."""
FARTHEST_KM = 200.0
"""Nobody on the ground notices anything farther off than a rocket's trail or its flash at night; more is metres."""
PRECISION_S = 60
"""A report's time is a minute: nobody writes seconds into a patrol book."""
_REALS = (
    "observer_lon", "observer_lat", "lon", "lat", "radius_m", "near_km", "far_km", "range_km", "bearing_spread",
    "p_seen_if_there",
)  # fmt: skip
_BAND = ("near_km", "far_km")
_WHOLES = ("count", "killed", "injured")
_EXPECTED = {
    "radius_m": "metres", "range_km": f"kilometres up to {FARTHEST_KM:.0f}", "bearing_spread": "degrees from 0 to 180",
    "p_seen_if_there": "a chance from 0 to 1", **dict.fromkeys(_WHOLES, "a whole number, as 9 or about 9"),
}  # fmt: skip
"""What a cell should have held, where no figure can be read in it."""
_OFFSET = r"(?:Z|:\d\d\s*[+-]\d\d(?::?\d\d)?)$"
_TRUE = ["true", "yes", "y", "1", "x", "nothing"]
_FALSE = ["false", "no", "n", "0"]
_PHASES = {
    **{phase: phase for phase in PHASES.categories}, "in_flight": "flight", "outgoing": "launch", "incoming": "impact",
}  # fmt: skip
"""How monitors tell what of a shot they noticed -> a phase."""
_SENSED = ["heard", "seen", "recorded", "heard and seen", "seen and heard", "saw", "told"]


def there_is(place: object) -> None:
    """Option zone, where it is told, is one that there is. InputError before anything is captured."""
    if place:
        zone(str(place), "zone")


def settled(told: pl.DataFrame, place: str | None) -> pl.DataFrame:
    """Text -> one frame with everything settled; each told value stays beside it as `told_<name>`."""
    beside = [pl.col(name).alias(f"told_{name}") for name in COLUMNS]
    start = cells.sane(cells.moment(pl.col("time"), INSTANTS, place))
    stop = cells.sane(cells.moment(pl.col("until"), INSTANTS, place, latest=True))
    latest = cells.moment(pl.col("time"), INSTANTS, place, latest=True)
    naive = cells.moment(pl.col("time"), INSTANTS, "UTC")
    flag = pl.col("nothing").str.to_lowercase()
    kind = pl.col("kind").str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    target = pl.col("target").str.to_lowercase()
    phase = pl.col("phase").str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    table = told.with_columns(
        *beside,
        *(cells.real(pl.col(name)).alias(name) for name in _REALS),
        *(cells.whole(pl.col(name), about=True).alias(name) for name in _WHOLES),
        start=start,
        stop=stop,
        end=pl.when(stop > start).then(stop).otherwise(latest + pl.duration(seconds=PRECISION_S)),
        naive=naive,
        nothing=flag.is_in(_TRUE).fill_null(False),
        kind=pl.when(kind.is_in(list(KINDS))).then(kind),
        target=pl.when(target.is_in(TARGETS)).then(target),
        phase=phase.replace_strict(_PHASES, default=None, return_dtype=pl.String),
    )
    return _lost(_sectors(_fair(table), told)).rechunk()


def _fair(table: pl.DataFrame) -> pl.DataFrame:
    """Figures that cannot be, and half places, become null; the told text beside them says what they were."""
    steps = [pl.when(pl.col("radius_m") >= 0).then("radius_m").alias("radius_m")]
    # Half a range is another range: where one end cannot be read, neither is used.
    good = pl.all_horizontal(
        pl.col(f"told_{name}").is_null() | pl.col(name).is_between(0, FARTHEST_KM).fill_null(False) for name in _BAND
    )
    steps += [pl.when(good).then(name).alias(name) for name in _BAND]
    range_km = pl.col("range_km")
    steps.append(pl.when((range_km > 0) & (range_km <= FARTHEST_KM)).then(range_km).alias("range_km"))
    steps.append(pl.when(pl.col("p_seen_if_there").is_between(0, 1)).then("p_seen_if_there").alias("p_seen_if_there"))
    spread = pl.col("bearing_spread")
    steps.append(pl.when(spread.is_between(0, ALL_ROUND_DEG)).then(spread).alias("bearing_spread"))
    for lon, lat in (("lon", "lat"), ("observer_lon", "observer_lat")):
        good = ~cells.off_earth(lon, lat) & ~cells.nowhere(lon, lat)
        steps += [pl.when(good).then(lon).alias(lon), pl.when(good).then(lat).alias(lat)]
    return table.with_columns(steps)


def _pairs(told: pl.Series, reads: Callable[[str], tuple[float, float] | None], names: tuple[str, str]) -> pl.DataFrame:
    """Each different text is read once, by a plain function -> two columns beside it, null where it is none."""
    texts = told.unique(maintain_order=True).drop_nulls()
    made: list[Any] = [reads(text) or (None, None) for text in texts.to_list()]
    return pl.DataFrame(
        {told.name: texts, names[0]: [one[0] for one in made], names[1]: [one[1] for one in made]},
        schema={told.name: pl.String, names[0]: pl.Float64, names[1]: pl.Float64},
    )


def _sectors(table: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Bearing and range -> near_m, far_m, turn, spread; the point that was seen, or the sector's middle and radius."""
    turns = _pairs(told["bearing"].alias("told_bearing"), bearing, ("turn", "turn_spread"))
    ranges = _pairs(told["km"].alias("told_km"), range_m, ("km_near_m", "km_far_m"))
    table = table.join(turns, on="told_bearing", how="left", maintain_order="left")
    table = table.join(ranges, on="told_km", how="left", maintain_order="left")
    near_by = pl.col("km_far_m") <= FARTHEST_KM * 1000
    table = table.with_columns(pl.when(near_by).then(name).alias(name) for name in ("km_near_m", "km_far_m"))
    low, high = pl.col("near_km") * 1000, pl.col("far_km") * 1000
    table = table.with_columns(
        near_m=pl.when(low.is_not_null() | high.is_not_null())
        .then(pl.when(high < low).then(high).otherwise(low))
        .otherwise("km_near_m"),
        far_m=pl.when(low.is_not_null() | high.is_not_null())
        .then(pl.when(high < low).then(low).otherwise(high))
        .otherwise("km_far_m"),
        spread=pl.coalesce("bearing_spread", "turn_spread"),
    )
    # One figure at both ends is a single figure: as good as its last digit.
    digits = pl.col("told_far_km").str.extract(r"\.(\d+)$").str.len_chars().fill_null(0)
    half_m, single = 500 * pl.lit(10.0).pow(-digits.cast(pl.Float64)), (low == high).fill_null(False)
    table = table.with_columns(
        near_m=pl.when(single).then((pl.col("near_m") - half_m).clip(0)).otherwise("near_m"),
        far_m=pl.when(single).then(pl.col("far_m") + half_m).otherwise("far_m"),
    ).with_columns(
        near_m=pl.when(pl.col("far_m").is_not_null()).then(pl.col("near_m").fill_null(0.0)).otherwise("near_m")
    )
    middle = centre(
        pl.col("observer_lon"),
        pl.col("observer_lat"),
        pl.col("turn"),
        pl.col("spread"),
        pl.col("near_m"),
        pl.col("far_m"),
    )
    point = pl.col("lon").is_not_null()
    by_bearing = point | pl.col("told_bearing").is_null() | pl.col("turn").is_not_null()
    seen = [pl.col("lon"), pl.col("lat"), pl.col("radius_m")]
    at = [
        pl.when(point)
        .then(own)
        .otherwise(pl.when(by_bearing & middle[0].is_not_null() & middle[2].is_not_null()).then(from_sector))
        for own, from_sector in zip(seen, middle, strict=True)
    ]
    return table.with_columns(at_lon=at[0], at_lat=at[1], at_radius_m=at[2])


def _lost(table: pl.DataFrame) -> pl.DataFrame:
    time = pl.col("told_time")
    code = (
        pl.when(time.is_null()).then(pl.lit("no_time"))
        .when(pl.col("start").is_null() & ~time.str.contains(_OFFSET) & pl.col("naive").is_not_null())
        .then(pl.lit("no_zone"))
        .when(pl.col("start").is_null() | pl.col("end").is_null()).then(pl.lit("bad_time"))
    )  # fmt: skip
    return table.with_columns(lost=code)


_WHY = {
    "no_time": "no time is told",
    "no_zone": "the time has no offset and no zone is given (--option zone=...); not taken as UTC",
    "bad_time": "the time is none that we can read or that there was",
}


def lost_rows(table: pl.DataFrame, file: str) -> pl.DataFrame:
    """One lost problem for each row without a time."""
    gone = table.filter(pl.col("lost").is_not_null()).rechunk()
    if gone.is_empty():
        return problems()
    made = problems_where(
        gone, pl.lit(True), file=file, code="", subject="time", message=pl.col("lost").replace_strict(_WHY), lost=True
    )
    return made.with_columns(code=gone["lost"])


def flaws(kept: pl.DataFrame, file: str) -> Iterator[pl.DataFrame]:
    """Problems of rows that are kept: the cell is null, the row is not lost."""
    for bad, code, subject, why in _faults():
        rows = kept.filter(bad.fill_null(False)).rechunk()
        if not rows.is_empty():
            message = pl.lit(why)
            if why.startswith("is ") and subject in COLUMNS:  # not of places: they are observers'
                message = pl.format("'{}' {}", pl.col(f"told_{subject}").str.slice(0, 40), message)
            yield problems_where(rows, pl.lit(True), file=file, code=code, subject=subject, message=message, lost=False)


def _told(name: str) -> pl.Expr:
    return pl.col(f"told_{name}").is_not_null()


def _faults() -> list[tuple[pl.Expr, str, str, str]]:
    """(where it is so, code, subject, message) for everything that leaves a row usable."""
    told, seen = _told, ~pl.col("nothing")
    nowhere = seen & pl.col("turn").is_not_null() & pl.col("observer_lon").is_null() & pl.col("lon").is_null()
    no_ground = pl.col("nothing") & (pl.col("range_km").is_null() | pl.col("observer_lon").is_null())
    faults: list[tuple[pl.Expr, str, str, str]] = [
        (told("kind") & pl.col("kind").is_null(), "unknown_kind", "kind",
         "is no word of the dictionary; kept as unspecified"),
        (seen & ~told("kind"), "unknown_kind", "kind", "no kind is told; kept as unspecified"),
        (told("target") & pl.col("target").is_null(), "unknown_target", "target",
         "is no target that we know; left out"),
        (told("until") & ~(pl.col("stop") >= pl.col("start")).fill_null(False), "bad_time", "until",
         "is no time after the start; the span is one minute"),
        (told("bearing") & pl.col("turn").is_null(), "bad_bearing", "bearing",
         "is no bearing, expected degrees from 0 to 360 or a point as SSE; the row is kept without a sector"),
        (told("km") & pl.col("km_far_m").is_null(), "bad_number", "km",
         f"is no range, expected kilometres up to {FARTHEST_KM:.0f}, as 2-4; left out"),
        (told("far_km") & told("near_km") & (pl.col("near_km") > pl.col("far_km")), "swapped", "near_km",
         "near is farther than far; taken the other way about"),
        (told("heard_or_seen") & ~pl.col("told_heard_or_seen").str.to_lowercase().is_in(_SENSED), "unknown_word",
         "heard_or_seen", "is not heard, seen or recorded; kept as it is"),
        (told("phase") & pl.col("phase").is_null(), "unknown_word", "phase",
         "is not launch, flight, impact or airburst; left out"),
        (told("nothing") & ~pl.col("told_nothing").str.to_lowercase().is_in(_TRUE + _FALSE), "unknown_word", "nothing",
         "is neither yes nor no; taken as no"),
        (pl.col("nothing") & (told("kind") | told("count") | told("bearing")), "contradiction", "nothing",
         "says that nothing was there, and what; kept as a look"),
        (no_ground, "no_footprint", "range_km",
         "without the observer's place and range_km nobody knows which ground was looked at"),
        (nowhere, "no_observer_place", "observer_lon", "a bearing from nowhere; kept without a place"),
    ]  # fmt: skip
    for lon, lat in (("lon", "lat"), ("observer_lon", "observer_lat")):
        bad = (told(lon) | told(lat)) & pl.col(lon).is_null()
        faults.append((bad, "bad_place", f"{lon}, {lat}", "are not the degrees of a place; left out"))
    for name in _BAND:
        why = f"is no figure for it, expected kilometres up to {FARTHEST_KM:.0f}; neither end of the range is used"
        bad = told(name) & ~cells.real(pl.col(f"told_{name}")).is_between(0, FARTHEST_KM).fill_null(False)
        faults.append((bad, "bad_number", name, why))
    for name, expected in _EXPECTED.items():
        why = f"is no figure for it, expected {expected}; left out"
        faults.append((told(name) & pl.col(name).is_null(), "bad_number", name, why))
    return faults
