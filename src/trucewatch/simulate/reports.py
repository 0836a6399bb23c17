"""params -> plain reports of incidents along a front, and which incident each is truly of.

Where `simulate` makes a whole theatre in the forms of real feeds, this makes the one table that linking works on, with
errors that are simple enough to be written down, so that a linker can be told the truth or made to learn it. It makes
ten million rows in some twenty seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.place import METRES_PER_DEGREE
from trucewatch.base.time import UTC_US
from trucewatch.simulate.params import Ground, ReportsParams

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SIGMAS_95 = 1.96
_RADIUS_SIGMAS = 2.4477
_DAY_US = 86_400e6
_HOUR_US = 3_600e6


@dataclass(frozen=True)
class Reports:
    """observations: id, source, kind, t0, t1, published_at, lon, lat, radius_m, by; truth: id, incident (null where
    there is nothing behind it, and then for its copies too), copy_of (id of the report that it repeats);
    incidents: incident, kind, t, lon, lat, by: all of them, reported or not.
    """

    observations: pl.DataFrame
    truth: pl.DataFrame
    incidents: pl.DataFrame


@dataclass(frozen=True)
class _Rows:
    """Columns of reports while they are being made; `origin` is the row that a row repeats, or -1."""

    incident: Ints
    source: Ints
    kind: Ints
    by: Ints
    x_km: Floats
    y_km: Floats
    day: Floats
    published_us: Floats
    origin: Ints


def reports(params: ReportsParams = ReportsParams()) -> Reports:  # noqa: B008
    """Params -> exactly `params.reports` reports, in no order that tells anything.

    >>> made = reports(ReportsParams(reports=100))
    >>> made.observations.height, made.truth["incident"].n_unique() > 30
    (100, True)
    """
    rng = np.random.default_rng(params.seed)
    a_incident = sum(p * (1 + again) for p, again in zip(params.sees, params.repeats, strict=True))
    a_copied = sum(share * params.sees[whom] for _, whom, share in params.copies)
    wanted = params.reports * (1 - params.spurious) / (a_incident + a_copied)
    n = int(wanted * 1.02 + 10 * np.sqrt(wanted)) + 10
    days = n / params.per_day
    happened = _incidents(n, days, params, rng)
    rows = _seen(happened, params, rng)
    nothing = _incidents(round(rows.incident.size * params.spurious / (1 - params.spurious)), days, params, rng)
    rows = _joined(rows, _invented(nothing, params, rng))
    rows = _copied(rows, params, rng)
    # A copy is kept only with what it repeats: rows are drawn until there are enough, originals before copies.
    keep = _drawn(rows, params.reports, rng)
    return _tables(rows, keep, happened, params)


def _incidents(n: int, days: float, params: ReportsParams, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """n incidents about a bent line: x_km, y_km, day, kind, by."""
    deep = rng.random(n) < params.deep_share
    near = rng.normal(0, params.near_km / _SIGMAS_95, n)
    far = rng.uniform(params.near_km, params.deep_km, n) * rng.choice([-1.0, 1.0], n)
    y_km = rng.uniform(0, params.front_km, n)
    bend = sum(swing * np.sin(2 * np.pi * y_km / wave) for swing, wave in Ground().line_bends)
    return {
        "y_km": y_km,
        "x_km": np.where(deep, far, near) + bend,
        "day": rng.uniform(0, days, n),
        "kind": rng.integers(0, len(params.kinds), n),
        "by": rng.integers(0, len(params.parties), n),
    }


def _seen(happened: dict[str, NDArray[Any]], params: ReportsParams, rng: np.random.Generator) -> _Rows:
    """What each source reports of what happened, with its errors; some of it twice."""
    parts = []
    for source, p in enumerate(params.sees):
        first = np.flatnonzero(rng.random(happened["day"].size) < p)
        again = first[rng.random(first.size) < params.repeats[source]]
        which = np.concatenate([first, again])
        parts.append(_told(which, which, np.full(which.size, source), happened, params, rng))
    return _joined(*parts)


def _invented(nothing: dict[str, NDArray[Any]], params: ReportsParams, rng: np.random.Generator) -> _Rows:
    """Reports with nothing behind them, from each source in proportion to what it reports."""
    n = nothing["day"].size
    share = np.array(params.sees) / sum(params.sees)
    source = rng.choice(len(share), n, p=share)
    return _told(np.full(n, -1), np.arange(n), source, nothing, params, rng)


def _told(
    incident: Ints,
    which: Ints,
    source: Ints,
    happened: dict[str, NDArray[Any]],
    params: ReportsParams,
    rng: np.random.Generator,
) -> _Rows:
    n = which.size
    place, time = np.array(params.place_sd_km)[source], np.array(params.time_sd_days)[source]
    day = happened["day"][which] + rng.normal(0, 1, n) * time
    return _Rows(
        incident=incident,
        source=source,
        kind=_mistaken(happened["kind"][which], len(params.kinds), params.wrong_kind, rng),
        by=_mistaken(happened["by"][which], len(params.parties), params.wrong_by, rng),
        x_km=happened["x_km"][which] + rng.normal(0, 1, n) * place,
        y_km=happened["y_km"][which] + rng.normal(0, 1, n) * place,
        day=day,
        published_us=day * _DAY_US + rng.exponential(params.publish_lag_h * _HOUR_US, n),
        origin=np.full(n, -1),
    )


def _mistaken(right: Ints, n: int, share: float, rng: np.random.Generator) -> Ints:
    wrong = (rng.random(right.size) < share) & (n > 1)
    return np.where(wrong, (right + rng.integers(1, max(n, 2), right.size)) % n, right)


def _copied(rows: _Rows, params: ReportsParams, rng: np.random.Generator) -> _Rows:
    for copier, whom, share in params.copies:
        theirs = np.flatnonzero((rows.source == whom) & (rows.origin < 0))
        which = theirs[rng.random(theirs.size) < share]
        again = _taken(rows, which)
        late = rows.published_us[which] + rng.exponential(params.copy_lag_h * _HOUR_US, which.size)
        rows = _joined(rows, replace(again, source=np.full(which.size, copier), published_us=late, origin=which))
    return rows


def _taken(rows: _Rows, which: Ints) -> _Rows:
    return _Rows(**{name: getattr(rows, name)[which] for name in _Rows.__dataclass_fields__})


def _joined(*parts: _Rows) -> _Rows:
    return _Rows(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in _Rows.__dataclass_fields__}
    )


def _drawn(rows: _Rows, wanted: int, rng: np.random.Generator) -> Ints:
    """Row numbers, as many as wanted, in random order: whole incidents, so that what each source sees stays so."""
    # 1. Rows that hang together go together: an incident's, or an invention's with its copies.
    lone = np.where(rows.origin >= 0, rows.origin, np.arange(rows.incident.size))
    group = np.where(rows.incident >= 0, rows.incident, rows.incident.max() + 1 + lone)
    # 2. Groups in random order until there are enough rows; the last may be cut, a copy before its original.
    turn = rng.permutation(int(group.max()) + 1)
    order = np.lexsort((rows.origin >= 0, turn[group]))[:wanted]
    return rng.permutation(order)


def _tables(rows: _Rows, keep: Ints, happened: dict[str, NDArray[Any]], params: ReportsParams) -> Reports:
    ids = pl.Series("id", np.arange(keep.size)).cast(pl.String).str.zfill(8)
    place = np.full(rows.incident.size, -1)
    place[keep] = np.arange(keep.size)
    kept = _taken(rows, keep)
    lon, lat = _degrees(kept.x_km, kept.y_km, params)
    start_us = params.start.timestamp() * 1e6
    at = pl.Series("t0", (start_us + kept.day * _DAY_US).astype(np.int64)).cast(UTC_US)
    radius = np.array(params.place_sd_km)[kept.source] * 1e3 * _RADIUS_SIGMAS
    observations = pl.DataFrame(
        {
            "id": ids,
            "source": _worded(kept.source, [f"source-{n + 1}" for n in range(len(params.sees))]),
            "kind": _worded(kept.kind, params.kinds),
            "t0": at,
            "t1": at,
            "published_at": pl.Series((start_us + kept.published_us).astype(np.int64)).cast(UTC_US),
            "lon": lon,
            "lat": lat,
            "radius_m": pl.Series(radius if params.told_error else [None] * keep.size, dtype=pl.Float64),
            "by": _worded(kept.by, params.parties),
        }
    )
    origin = pl.Series(np.where(kept.origin >= 0, place[kept.origin], -1))
    truth = pl.DataFrame({"id": ids, "incident": kept.incident, "origin": origin}).select(
        "id",
        incident=pl.when(pl.col("incident") >= 0).then("incident"),
        copy_of=pl.when(pl.col("origin") >= 0).then(pl.col("origin").cast(pl.String).str.zfill(8)),
    )
    there = _degrees(happened["x_km"], happened["y_km"], params)
    incidents = pl.DataFrame(
        {
            "incident": np.arange(happened["day"].size),
            "kind": _worded(happened["kind"], params.kinds),
            "t": pl.Series((start_us + happened["day"] * _DAY_US).astype(np.int64)).cast(UTC_US),
            "lon": there[0],
            "lat": there[1],
            "by": _worded(happened["by"], params.parties),
        }
    )
    return Reports(observations, truth, incidents)


def _worded(code: Ints, words: tuple[str, ...] | list[str]) -> pl.Series:
    return pl.Series(list(words))[code]


def _degrees(x_km: Floats, y_km: Floats, params: ReportsParams) -> tuple[Floats, Floats]:
    """East of the line and along it from the south -> lon, lat, on the open ocean where `simulate` has its theatre."""
    ground = Ground()
    lat = ground.centre_lat + (y_km - params.front_km / 2) * 1e3 / METRES_PER_DEGREE
    lon = ground.centre_lon + x_km * 1e3 / METRES_PER_DEGREE / np.cos(np.radians(lat))
    return lon, lat
