"""Before step 2, where arrivals are not grouped yet: a stream of them -> happenings with their own arrivals.

Many shots sound into each other: the second is heard near by before the first is heard far off. Arrivals of one phase
alone are joined: launch, flight and impact are different things.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from trucewatch.locate.arrivals import _model, sound_mps
from trucewatch.locate.params import ArrivalParams, StreamParams
from trucewatch.locate.plane import Plane
from trucewatch.locate.told import ARRIVALS, HAPPENINGS

LEFT = pl.Schema({"happening": pl.Int64, "sensor": pl.String, "t": pl.Float64})
"""Arrivals that no shot explains."""


def told_apart(
    streams: pl.DataFrame,
    arrivals: pl.DataFrame,
    params: StreamParams | None = None,
    model: ArrivalParams | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """streams, arrivals (told.py, each sensor as often as it heard something) -> happenings, their arrivals, what is
    left. `id` of a happening is that of its stream with a number, in the order of time."""
    params, model = params or StreamParams(), model or ArrivalParams()
    heads, rows, left = [HAPPENINGS.to_frame()], [ARRIVALS.to_frame()], [LEFT.to_frame()]
    number = 0
    for at in range(streams.height):
        one = streams.slice(at, 1)
        mine = arrivals.filter(pl.col("happening") == one["happening"][0]).sort("sensor", "t", "x", "y")
        groups = _groups(one.row(0, named=True), mine, params, model)
        told = mine.with_columns(group=pl.Series("group", groups, pl.Int64))
        shots = told.filter(pl.col("group") >= 0)
        left.append(told.filter(pl.col("group") < 0).select(LEFT.names()))
        order = shots.group_by("group").agg(pl.col("t").min()).sort("t", "group").with_row_index("turn")
        shots = shots.join(order.select("group", "turn"), on="group").sort("turn", "t", "x", "y")
        many = order.height
        names = [f"{one['id'][0]}/{n + 1}" for n in range(many)]
        heads.append(
            pl.concat([one] * many).with_columns(
                id=pl.Series("id", names), happening=pl.int_range(number, number + many, dtype=pl.Int64)
            )
            if many
            else HAPPENINGS.to_frame()
        )
        rows.append(shots.with_columns(happening=pl.col("turn").cast(pl.Int64) + number).select(ARRIVALS.names()))
        number += many
    return pl.concat(heads), pl.concat(rows), pl.concat(left)


def _groups(head: dict[str, Any], mine: pl.DataFrame, params: StreamParams, model: ArrivalParams) -> list[int]:
    """One stream's arrivals, by sensor and time -> the number of each one's shot, -1 where it is of none."""
    if mine["sensor"].n_unique() < params.least_arrivals:
        return [-1] * mine.height
    from trucewatch.locate.stream_kernel import told_apart as kernel

    xy = mine.select("x", "y").to_numpy().astype(float)
    if head["degrees"]:
        xy = np.column_stack(Plane.around(xy[:, 0], xy[:, 1]).there(xy[:, 0], xy[:, 1]))
    t = mine["t"].to_numpy()
    t = t - t.min()
    names = mine["sensor"].to_list()
    changes = [n for n in range(1, len(names)) if names[n] != names[n - 1]]
    starts = np.array([0, *changes, len(names)], dtype=np.int64)
    span = max(float(t.max()), params.least_span_s)
    rate = np.diff(starts) / span
    c = head["speed_mps"]
    if c is None:
        warm = head["temperature_c"] if head["temperature_c"] is not None else model.temperature_c
        c = float(sound_mps(np.array([warm]))[0])
    wind = np.array([head["wind_east"] or 0.0, head["wind_north"] or 0.0])
    numbers = np.array(
        [params.p_heard, params.least_gain, params.least_arrivals, params.slack_s, params.gate_sd, params.most_threes,
         model.reach_m]
    )  # fmt: skip
    own = np.array(mine["sigma"].fill_null(0).to_numpy(), dtype=float)
    made: list[int] = kernel(
        starts, xy[:, 0].copy(), xy[:, 1].copy(), t, own, rate, c, wind, _model(model), numbers
    ).tolist()
    return made
