"""The ground: a line through it, settlements, roads.

Inside the room places are in km: x east of the axis, y north of the line's south end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from trucewatch.base.place import METRES_PER_DEGREE
from trucewatch.simulate.params import SimulateParams

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
KM_PER_DEGREE = METRES_PER_DEGREE / 1000
_SYLLABLES = (
    ("Am", "Bel", "Cor", "Dun", "El", "Fen", "Gar", "Hol", "Il", "Jor", "Kel", "Lum", "Mar", "Nor", "Os", "Pel",
     "Quin", "Ros", "Sol", "Tam", "Ul", "Ves", "Wen", "Yar"),
    ("a", "be", "ci", "do", "e", "fi", "go", "hu", "i", "lo", "ma", "ne", "o", "pi", "ra", "se", "ti", "u", "va",
     "wo", "ye", "zi", "ko", "ru"),
    ("bridge", "brook", "by", "cliff", "combe", "dale", "field", "ford", "gate", "grove", "ham", "hill", "holm",
     "ley", "mere", "mill", "moor", "mouth", "ridge", "stead", "stow", "thorpe", "well", "wick"),
)  # fmt: skip
"""24 x 24 x 24 invented names of places."""


@dataclass(frozen=True)
class Ground:
    """The simulated ground. `place_*` are the settlements, one to a square of a grid `rows` by `columns`."""

    params: SimulateParams
    length_km: float
    bend_phase: Floats
    drift_phase: float
    place_x: Floats
    place_y: Floats
    place_people: Ints
    names: pl.Series
    rows: int
    columns: int

    def lat(self, y: Floats) -> Floats:
        """Degrees north of places `y` km from the south end."""
        south = self.params.ground.centre_lat - self.params.expected_km / 2 / KM_PER_DEGREE
        return south + y / KM_PER_DEGREE

    def lon(self, x: Floats, y: Floats) -> Floats:
        """Degrees east of places `x` km from the axis."""
        return self.params.ground.centre_lon + x / (KM_PER_DEGREE * np.cos(np.radians(self.lat(y))))

    def front(self, y: Floats, day: Floats) -> Floats:
        """Where the line stands at `y` on `day`, km east of the axis. In the truce only the advance moves it."""
        ground, truce = self.params.ground, self.params.truce
        begins, ends = self.params.truce_days
        line = np.zeros_like(y)
        for (swing, wave), phase in zip(ground.line_bends, self.bend_phase, strict=True):
            line += swing * np.sin(2 * np.pi * y / wave + phase)
        fought = np.minimum(day, begins) + np.maximum(day - ends, 0)
        line += (
            ground.drift_km
            * np.sin(2 * np.pi * y / ground.drift_wave_km + self.drift_phase)
            * np.tanh(fought / ground.drift_days)
        )
        if truce.advance_km:
            at_y, at_day = advance(self.params)
            bump = np.exp(-(((y - at_y) / truce.advance_along_km) ** 2)) * np.clip(day - at_day, 0, 1)
            line += truce.advance_km * (1 if truce.advance_by == 0 else -1) * bump
        return line

    def nearest(self, x: Floats, y: Floats) -> Ints:
        """The nearest settlement to each place, by looking into its square and the eight about it."""
        size = self.params.ground.settlement_km
        row = np.clip((y / size).astype(np.int64), 0, self.rows - 1)
        column = np.clip(((x + self._half_km) / size).astype(np.int64), 0, self.columns - 1)
        best, best_gap = row * self.columns + column, np.full(x.shape, np.inf)
        for up in (-1, 0, 1):
            for right in (-1, 0, 1):
                at = np.clip(row + up, 0, self.rows - 1) * self.columns + np.clip(column + right, 0, self.columns - 1)
                gap = (self.place_x[at] - x) ** 2 + (self.place_y[at] - y) ** 2
                nearer = gap < best_gap
                best, best_gap = np.where(nearer, at, best), np.where(nearer, gap, best_gap)
        return best

    @property
    def _half_km(self) -> float:
        return self.columns * self.params.ground.settlement_km / 2


def advance(params: SimulateParams) -> tuple[float, float]:
    """Where (km from the south end) and when (days from the start) the one advance comes."""
    begins, ends = params.truce_days
    return params.expected_km * params.truce.advance_at, begins + (ends - begins) * params.truce.advance_at


def survey(params: SimulateParams, length_km: float, rng: np.random.Generator) -> Ground:
    """Lay out ground for `length_km` of line: params -> Ground."""
    ground = params.ground
    size = ground.settlement_km
    swing = sum(s for s, _ in ground.line_bends) + ground.drift_km + params.truce.advance_km
    rows, columns = int(length_km / size) + 1, 2 * int((ground.depth_km + swing) / size + 1)
    row, column = np.divmod(np.arange(rows * columns), columns)
    many = rows * columns
    return Ground(
        params,
        length_km,
        rng.uniform(0, 2 * np.pi, len(ground.line_bends)),
        float(rng.uniform(0, 2 * np.pi)),
        (column + rng.random(many) - columns / 2) * size,
        (row + rng.random(many)) * size,
        np.exp(rng.normal(np.log(ground.people), ground.people_spread, many)).astype(np.int64) + 1,
        _names(many, rng),
        rows,
        columns,
    )


def _names(many: int, rng: np.random.Generator) -> pl.Series:
    first, middle, last = (len(part) for part in _SYLLABLES)
    pool = first * middle * last
    order = rng.permutation(pool)
    pick = order[np.arange(many) % pool]
    again = np.arange(many) // pool
    parts = [
        np.array(part, dtype=object)[index]
        for part, index in zip(_SYLLABLES, (pick // (middle * last), pick // last % middle, pick % last), strict=True)
    ]
    frame = pl.DataFrame({"name": pl.Series(parts[0] + parts[1] + parts[2], dtype=pl.String), "again": again})
    return frame.select(
        pl.when(pl.col("again") > 0)
        .then(pl.format("{} {}", "name", pl.col("again") + 1))
        .otherwise("name")
        .alias("name")
    )["name"]


def settlements(ground: Ground, length_km: float) -> pl.DataFrame:
    """Ground -> settlements(name, lon, lat, population) along the first `length_km` of line."""
    return pl.DataFrame(
        {
            "name": ground.names,
            "lon": ground.lon(ground.place_x, ground.place_y),
            "lat": ground.lat(ground.place_y),
            "population": ground.place_people,
        }
    ).filter(pl.Series(ground.place_y <= length_km))


def roads(ground: Ground, length_km: float, rng: np.random.Generator) -> pl.DataFrame:
    """Ground -> roads(name, geometry as WKB): straight lines between neighbouring settlements."""
    grid = np.arange(ground.rows * ground.columns).reshape(ground.rows, ground.columns)
    ends = np.concatenate(
        [
            np.stack([grid[:, :-1].ravel(), grid[:, 1:].ravel()], axis=1),
            np.stack([grid[:-1].ravel(), grid[1:].ravel()], axis=1),
        ]
    )
    ends = ends[rng.random(len(ends)) < ground.params.ground.road_share]
    ends = ends[(ground.place_y[ends] <= length_km).all(axis=1)]
    lon, lat = ground.lon(ground.place_x, ground.place_y), ground.lat(ground.place_y)
    lines: Any = shapely.linestrings(np.stack([lon[ends], lat[ends]], axis=2)) if len(ends) else []
    named = [ground.names.gather(ends[:, side]) for side in (0, 1)]
    return pl.DataFrame(
        {"from": named[0], "to": named[1], "geometry": pl.Series(shapely.to_wkb(lines), dtype=pl.Binary)}
    ).select(pl.format("{} to {}", "from", "to").alias("name"), "geometry")
