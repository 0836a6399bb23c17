"""Step 3, in parts: which earlier incident may an incident be an answer to?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.kinds import ARMED, bits_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MOST_LOOKS = 5_000
"""So many earlier incidents are looked at for one that an incident may answer; then none is named."""
_EARTH_M = 6_371_008.8
_WELL_KNOWN_M = 10_000.0
"""A place known to within this is looked for in cells; others may be anywhere near, and all are looked at."""
_ROW = 1 << 32
_LENGTHS_US = (-1, 3600e6, 86400e6, 32 * 86400e6, np.inf)


def because(doubts: pl.DataFrame, earlier: pl.DataFrame, x: dict[str, Any]) -> pl.Series:
    """For each incident the id of the latest earlier one that it may be an answer to under this exception, or null.

    That one may have been an armed act, may have been another side's, may have begun before, and may be so near in
    time (`within_s`) and place (`within_m`), errors counted in. No place told may be any place. `open`, where it is
    among the columns, is the doubt whether the exception clears it: where that is 0 nothing is looked for.
    """
    wanted = np.ones(doubts.height, bool)
    if "open" in doubts.columns:
        wanted = (doubts["open"] != 0.0).fill_null(True).to_numpy()
    looking = doubts.filter(pl.Series(wanted))
    recent = _recent(earlier, looking, x)
    armed = recent.filter((pl.col("mask").cast(pl.UInt32) & bits_of(ARMED)) != 0).sort("t0", "t1", "id")
    if armed.is_empty():
        return pl.Series([None] * doubts.height, dtype=pl.String)
    latest = _latest(_told(doubts, armed), _told(armed, armed), np.flatnonzero(wanted), x)
    told = pl.DataFrame({"id": armed["id"].gather(np.maximum(latest, 0)), "n": latest})
    return told.select(pl.when(pl.col("n") >= 0).then("id")).to_series()


def _recent(earlier: pl.DataFrame, looking: pl.DataFrame, x: dict[str, Any]) -> pl.DataFrame:
    """Those that any of the rows could answer by time alone: so little is left that sorting it costs nothing."""
    if looking.is_empty():
        return earlier.clear()
    began = pl.col("t0") < looking["t1"].max()
    if x.get("within_s") is None:
        return earlier.filter(began)
    oldest = looking.select(pl.col("t0").min()).item() - timedelta(seconds=x["within_s"])
    return earlier.filter(began & (pl.col("t1") >= oldest))


def _told(rows: pl.DataFrame, armed: pl.DataFrame) -> dict[str, Any]:
    """Columns as arrays. own: the row's own place in `armed`; side: the one party that it surely is, else -1."""
    sides = armed["who"].explode().unique().drop_nulls().sort()
    one = pl.col("by").is_not_null() & ~pl.col("stranger") & (pl.col("who").list.n_unique() == 1)
    own = rows.select("id").join(armed.select("id").with_row_index("own"), on="id", how="left", maintain_order="left")
    side = rows.select(pl.when(one).then(pl.col("who").list.first())).to_series()
    return {
        **{name: rows[name].dt.timestamp("us").to_numpy() for name in ("t0", "t1")},
        **{name: np.radians(rows[name].to_numpy()) for name in ("lon", "lat")},
        "radius_m": rows["radius_m"].cast(pl.Float64).to_numpy(),
        "own": own["own"].cast(pl.Int64).fill_null(-1).to_numpy(),
        "side": side.replace_strict(sides, range(len(sides)), default=-1, return_dtype=pl.Int64)
        .fill_null(-1)
        .to_numpy(),
    }


def _latest(here: dict[str, Any], there: dict[str, Any], rows: Ints, x: dict[str, Any]) -> Ints:
    """For each row the last of the earlier ones (sorted by start) that it may answer, -1 where there is none.

    Those that last long are looked through apart, so that one dated by the month does not make every search a month
    long. Where only what is near may be answered, and both places are well known, only cells nearby are looked into.
    """
    found = np.full(len(here["t0"]), -1, np.int64)
    lasts = there["t1"] - there["t0"]
    near_here, near_there = (_well_known(told, x) for told in (here, there))
    for shortest, longest in itertools.pairwise(_LENGTHS_US):
        group = np.flatnonzero((lasts > shortest) & (lasts <= longest))
        placed, elsewhere = group[near_there[group]], group[~near_there[group]]
        for looking, others in ((rows, elsewhere), (rows[~near_here[rows]], placed)):
            index = _Index.of(there, others, np.zeros(len(others), np.int64))
            _walk(here, there, (looking, np.zeros(len(looking), np.int64)), index, x, found)
        near = rows[near_here[rows]]
        if len(near) and len(placed):
            cells, around = _cells(here, near, there, placed, x["within_m"])
            index = _Index.of(there, placed, cells)
            for cell in around:
                _walk(here, there, (near, cell), index, x, found)
    return found


@dataclass(frozen=True)
class _Index:
    """The earlier ones by cell and, within it, by start. known: the cells, sorted; place: cell and start as one number,
    sorted; since, cell_of, other_of: what stands at each place; starts: of all of them in order; longest_us."""

    known: Ints
    place: Ints
    since: Ints
    cell_of: Ints
    other_of: Ints
    starts: Ints
    longest_us: int

    @staticmethod
    def of(there: dict[str, Any], others: Ints, cells: Ints) -> _Index:
        """others: places in `there`, ascending and so by start; cells: of each."""
        known, dense = np.unique(cells, return_inverse=True)
        order = np.argsort(dense, kind="stable")
        starts = there["t0"][others]
        longest = int((there["t1"][others] - starts).max()) if len(others) else 0
        place = dense[order] * (len(others) + 1) + order
        return _Index(known, place, starts[order], dense[order], others[order], starts, longest)


def _well_known(told: dict[str, Any], x: dict[str, Any]) -> Bools:
    if x.get("within_m") is None:
        return np.zeros(len(told["t0"]), bool)
    return np.asarray(np.isfinite(told["lon"]) & (told["radius_m"] <= _WELL_KNOWN_M))


def _cells(
    here: dict[str, Any], rows: Ints, there: dict[str, Any], others: Ints, within_m: float
) -> tuple[Ints, list[Ints]]:
    """Cells as wide as anything can be answered across: those of the others, and for each row its own and the eight
    around it. A degree east counts as short as it gets, so that no cell is too narrow."""
    lon, lat = (
        np.concatenate([told[name][n] for told, n in ((here, rows), (there, others))]) for name in ("lon", "lat")
    )
    side = (within_m + 2 * _WELL_KNOWN_M) / _EARTH_M
    shortest = 0.9 * np.cos(np.abs(lat).max())
    if np.ptp(lon) > np.pi / 2:  # around the globe, or across its seam
        shortest = 0.0
    x, y = (np.floor(angle / side).astype(np.int64) for angle in (lon * shortest, lat))
    steps = (-1, 0, 1)
    cells = [(x + dx) * _ROW + y + dy for dx in steps for dy in steps]
    return cells[4][len(rows) :], [cell[: len(rows)] for cell in cells]


def _walk(
    here: dict[str, Any], there: dict[str, Any], look: tuple[Ints, Ints], index: _Index, x: dict[str, Any], found: Ints
) -> None:
    """Write into `found`: for each row that looks, walk back through those of its cell that began before it ended, all
    rows at once. look: rows and the cell that each looks into."""
    rows, cell = look
    if not len(rows) or not len(index.known):
        return
    which = np.minimum(np.searchsorted(index.known, cell), len(index.known) - 1)
    is_there = index.known[which] == cell
    left, which = rows[is_there], which[is_there]
    within = np.inf if x.get("within_s") is None else x["within_s"] * 1e6
    oldest = here["t0"] - within - index.longest_us
    before = np.searchsorted(index.starts, here["t1"][left], "left")
    at = np.searchsorted(index.place, which * (len(index.starts) + 1) + before, "left") - 1
    for _ in range(MOST_LOOKS):
        on = (at >= 0) & (index.cell_of[at] == which) & (index.since[at] >= oldest[left])
        on &= index.other_of[at] > found[left]
        left, at, which = left[on], at[on], which[on]
        if not len(left):
            return
        fits = _may_answer(here, left, there, index.other_of[at], x)
        found[left[fits]] = index.other_of[at[fits]]
        left, at, which = left[~fits], at[~fits] - 1, which[~fits]


def _may_answer(here: dict[str, Any], rows: Ints, there: dict[str, Any], other: Ints, x: dict[str, Any]) -> Bools:
    may: Bools = here["own"][rows] != other
    may &= (here["side"][rows] == -1) | (here["side"][rows] != there["side"][other])
    if x.get("within_s") is not None:
        may &= here["t0"][rows] - there["t1"][other] <= x["within_s"] * 1e6
    if x.get("within_m") is not None:
        lon, lat = here["lon"][rows], here["lat"][rows]
        far = _apart_m(lon, lat, there["lon"][other], there["lat"][other])
        # A place or an error that is not told makes this no number, and no number is further than anything.
        may &= ~(far - here["radius_m"][rows] - there["radius_m"][other] > x["within_m"])
    return may


def _apart_m(lon: Floats, lat: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Metres along a great circle (haversine formula), on a sphere: good to 0.6 %, and errors of places are larger."""
    h = np.sin((lat - lat_b) / 2) ** 2 + np.cos(lat) * np.cos(lat_b) * np.sin((lon - lon_b) / 2) ** 2
    return np.asarray(2 * _EARTH_M * np.arcsin(np.sqrt(np.minimum(h, 1.0))))
