"""Steps 2 and 3: arrivals -> the place, the time and the region of each happening, or why there is none."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.problem import problems
from trucewatch.locate.params import ArrivalParams
from trucewatch.locate.plane import Plane

_COLUMNS: dict[str, Any] = {
    "happening": pl.Int64, "x": pl.Float64, "y": pl.Float64, "t": pl.Float64, "t_sd_s": pl.Float64,
    "semi_major_m": pl.Float64, "semi_minor_m": pl.Float64, "angle_deg": pl.Float64, "level": pl.Float64,
    "given": pl.Int64, "agreeing": pl.Float64, "set_aside": pl.List(pl.String), "rival_x": pl.Float64,
    "rival_y": pl.Float64, "rival_p": pl.Float64,
}  # fmt: skip
LOCATED = pl.Schema(_COLUMNS)
"""A row a happening that has a place. x, y are metres, or degrees where its sensors' were; angle_deg is that of the
longer half axis, counter-clockwise from east (x), from 0 up to 180; agreeing: arrivals on time, each by its chance."""
KELVIN, SOUND_AT_0C = 273.15, 331.3
Floats = NDArray[np.float64]
_THREADS, _PIECE = 2, 64
_NO_AGREEMENT = (
    "no place explains enough of the arrivals: clocks out of step, arrivals of several things, or units other than "
    "metres and seconds"
)
_TOO_LONG = "the region would reach {} km or more: the sensors lie in a line or too near to each other"


def sound_mps(temperature_c: Floats) -> Floats:
    """Speed of sound in air of that temperature in degrees Celsius.

    >>> sound_mps(np.array([0.0, 20.0])).round(1).tolist()
    [331.3, 343.2]
    """
    made: Floats = SOUND_AT_0C * np.sqrt(1 + temperature_c / KELVIN)
    return made


def locate(
    happenings: pl.DataFrame, arrivals: pl.DataFrame, params: ArrivalParams | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """happenings, arrivals (told.py) -> located(happening, x, y, t, ellipse ...), problems.

    Every happening has a row in one of the two. Rows in any order give the same answer.
    """
    params = params or ArrivalParams()
    happenings = happenings.sort("happening")
    number = pl.DataFrame({"happening": happenings["happening"], "row": np.arange(happenings.height)})
    arrivals = arrivals.join(number, on="happening").sort("row", "t", "x", "y", "sigma")
    row = arrivals["row"].to_numpy()
    starts = np.searchsorted(row, np.arange(happenings.height + 1))
    xy, planes = _on_plane(happenings, arrivals, starts)
    t = arrivals["t"].to_numpy()
    first = t[np.minimum(starts[:-1], max(len(t) - 1, 0))] if len(t) else np.zeros(happenings.height)
    out, on_time = _solve(happenings, starts, xy, t - first[row], arrivals, params)
    made = _answers(happenings, out, params)
    reason = _why_not(made, np.diff(starts), params)
    good = np.array([why is None for why in reason], dtype=bool)
    told = made.with_columns(
        t=pl.Series(out[:, 2] + first),
        given=pl.Series(np.diff(starts)),
        set_aside=_set_aside(arrivals, on_time, starts, params),
    )
    told = _in_degrees(told, planes)
    wrong = [
        (f"happening {name}" + (f" ({phase})" if phase else ""), "not_located", name, why, True)
        for name, phase, why in zip(happenings["id"], happenings["phase"], reason, strict=True)
        if why is not None
    ]
    return told.filter(pl.Series(good)).select(LOCATED.names()).cast(LOCATED), problems(wrong)


def _on_plane(
    happenings: pl.DataFrame, arrivals: pl.DataFrame, starts: NDArray[Any]
) -> tuple[Floats, list[Plane | None]]:
    """Places in metres: as told, or laid on a plane around the middle of a happening's sensors."""
    xy = np.array(arrivals.select("x", "y").to_numpy(), dtype=float)
    planes: list[Plane | None] = []
    for n, degrees in enumerate(happenings["degrees"].to_list()):
        part = xy[starts[n] : starts[n + 1]]
        plane = Plane.around(part[:, 0], part[:, 1]) if degrees and len(part) else None
        if plane is not None:
            part[:] = np.column_stack(plane.there(part[:, 0], part[:, 1]))
        planes.append(plane)
    return xy, planes


def _solve(
    happenings: pl.DataFrame, starts: NDArray[Any], xy: Floats, t: Floats, arrivals: pl.DataFrame, params: ArrivalParams
) -> tuple[Floats, Floats]:
    """Call the kernel, in pieces on two threads; pieces do not depend on one another."""
    from trucewatch.locate import kernel

    warm = happenings["temperature_c"].fill_null(params.temperature_c).to_numpy()
    told = happenings["temperature_c"].is_not_null().to_numpy()
    per_degree = SOUND_AT_0C / (2 * KELVIN) / np.sqrt(1 + warm / KELVIN)
    c = np.where(happenings["speed_mps"].is_not_null(), happenings["speed_mps"].fill_null(0), sound_mps(warm))
    sd = per_degree * np.where(told, params.temperature_sd_c, params.unknown_temperature_sd_c)
    sd = np.where(happenings["speed_sd_mps"].is_not_null(), happenings["speed_sd_mps"].fill_null(0), sd)
    windy = happenings["wind_east"].is_not_null().to_numpy()
    wind = np.array(
        happenings.select(pl.col("wind_east", "wind_north").fill_null(0)).to_numpy(), dtype=float, order="C"
    )
    blow = np.where(windy, params.wind_sd_mps, params.unknown_wind_sd_mps)
    # Waves through rock know no wind.
    blow = np.where(happenings["speed_mps"].is_not_null() & (pl.Series(c) > 400), 0.0, blow)
    own = np.array(arrivals["sigma"].fill_null(0).to_numpy(), dtype=float)
    model, far = _model(params), np.full(len(c), params.reach_m)

    def piece(a: int, b: int) -> tuple[Floats, Floats]:
        f, u = starts[a], starts[b]
        done: tuple[Floats, Floats] = kernel.solve(
            starts[a : b + 1] - f, xy[f:u, 0].copy(), xy[f:u, 1].copy(), t[f:u], own[f:u], c[a:b], wind[a:b], model,
            sd[a:b], blow[a:b], far[a:b],
        )  # fmt: skip
        return done

    edges = list(range(0, happenings.height, _PIECE)) + [happenings.height]
    spans = list(itertools.pairwise(edges))
    if len(spans) < 2:
        return piece(0, happenings.height)
    with ThreadPoolExecutor(_THREADS) as pool:
        done = list(pool.map(lambda span: piece(*span), spans))
    return np.concatenate([one for one, _ in done]), np.concatenate([two for _, two in done])


def _model(params: ArrivalParams) -> Floats:
    v = params.tail
    norm = math.exp(math.lgamma((v + 1) / 2) - math.lgamma(v / 2)) / math.sqrt(v * math.pi)
    numbers = (
        v, params.path_sd_s, params.path_rate, params.p_false, params.p_echo, params.echo_s, params.window_s,
        params.prior_arrivals, norm,
    )  # fmt: skip
    return np.array(numbers, dtype=float)


def _answers(happenings: pl.DataFrame, out: Floats, params: ArrivalParams) -> pl.DataFrame:
    """Covariances -> ellipses that claim `level`, by the freedom that the arrivals left."""
    from trucewatch.locate import kernel as k

    shared = params.survey_sd_m**2
    major, minor, angle = axes(out[:, k.VXX] + shared, out[:, k.VXY], out[:, k.VYY] + shared)
    freedom = params.prior_arrivals + np.maximum(0.0, out[:, k.N_USED] - 3)
    reach = np.sqrt(reach2(params.level, freedom))
    rival = out[:, k.RIVAL] > params.rival_told_above
    return pl.DataFrame(
        {
            "happening": happenings["happening"], "x": out[:, k.X], "y": out[:, k.Y],
            "t_sd_s": np.sqrt(np.maximum(out[:, k.VT], 0)),
            "semi_major_m": reach * major, "semi_minor_m": reach * minor,
            "angle_deg": angle, "level": np.full(len(out), params.level), "agreeing": out[:, k.N_USED],
            "rival_x": np.where(rival, out[:, k.RX], np.nan), "rival_y": np.where(rival, out[:, k.RY], np.nan),
            "rival_p": np.where(rival, out[:, k.RIVAL], np.nan),
        },
        nan_to_null=True,
    )  # fmt: skip


def reach2(level: float, freedom: Floats) -> Floats:
    """Squared half axes, in standard deviations, of an ellipse that holds `level` of a t scatter: 2 F(2, freedom).

    >>> reach2(0.95, np.array([1e9])).round(2).tolist()
    [5.99]
    """
    made: Floats = freedom * ((1 - level) ** (-2 / freedom) - 1)
    return made


def axes(xx: Floats, xy: Floats, yy: Floats) -> tuple[Floats, Floats, Floats]:
    """Covariances -> standard deviations along the longer and the shorter axis, and the longer one's angle in degrees.

    >>> [part.round(1).tolist() for part in axes(np.array([1.0]), np.array([0.0]), np.array([9.0]))]
    [[3.0], [1.0], [90.0]]
    """
    half, lean = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    angle = np.degrees(np.arctan2(2 * xy, xx - yy) / 2) % 180
    with np.errstate(invalid="ignore"):  # where nothing was found, curvature may have no sign
        return np.sqrt(half + lean), np.sqrt(np.maximum(half - lean, 0)), angle


def _set_aside(arrivals: pl.DataFrame, on_time: Floats, starts: NDArray[Any], params: ArrivalParams) -> pl.Series:
    late = arrivals.select("row", "sensor").filter(pl.Series(on_time < params.set_aside_below))
    named = late.group_by("row").agg(pl.col("sensor").sort())
    rows = pl.DataFrame({"row": np.arange(len(starts) - 1)}).cast({"row": arrivals.schema["row"]})
    return rows.join(named, on="row", how="left", maintain_order="left")["sensor"].fill_null(
        pl.lit([], pl.List(pl.String))
    )


def _why_not(made: pl.DataFrame, given: NDArray[Any], params: ArrivalParams) -> list[str | None]:
    """For each happening, why no place is given; None where one is."""
    agreeing, count = pl.col("agreeing"), pl.col("given")
    least = pl.when(count > 3).then(params.least_agreeing).otherwise(params.least_agreeing - 1)
    long = ~(pl.col("semi_major_m").is_finite() & (pl.col("semi_major_m") <= params.most_axis_m))
    why = (
        pl.when(count < 3).then(pl.format("{} arrivals of different sensors; a place needs three or more", count))
        .when(pl.col("x").is_null()).then(pl.lit("no place within reach explains the arrivals"))
        .when((agreeing < least) | (agreeing < params.least_share * count)).then(
            pl.lit(_NO_AGREEMENT))
        .when(long).then(pl.format(_TOO_LONG, pl.lit(round(params.most_axis_m / 1000))))
    )  # fmt: skip
    reasons: list[str | None] = made.with_columns(given=pl.Series(given)).select(why=why)["why"].to_list()
    return reasons


def _in_degrees(told: pl.DataFrame, planes: list[Plane | None]) -> pl.DataFrame:
    """Places back into degrees where the sensors' were."""
    if not any(planes):
        return told
    made = {name: told[name].to_list() for name in ("x", "y", "rival_x", "rival_y")}
    for n, plane in enumerate(planes):
        for x, y in (("x", "y"), ("rival_x", "rival_y")):
            if plane is not None and made[x][n] is not None:
                made[x][n], made[y][n] = (float(v) for v in plane.back(made[x][n], made[y][n]))
    return told.with_columns(pl.Series(name, values, pl.Float64) for name, values in made.items())
