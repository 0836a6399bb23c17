"""Step 3, in parts: exceptions and permitted acts. Does one of them clear what happened?

An exception cannot apply where its acts are none that it may have been, or where whoever did it is none of those who
may use it. It surely applies where it permits every act that it may have been, without further needs: evacuating
wounded, exchanging prisoners. Everything else is for people, and null. A remark (`clears` false) weakens nothing.

Fire in answer has to follow an armed act of another side. Where the text bounds it in time or distance, the latest
earlier incident that it may answer is named. That none is on record settles nothing: silence counts only where
somebody looked.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.assess.rules.conditions import UNKNOWN, every
from trucewatch.kinds import ARMED, bits_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MOST_LOOKS = 5_000
"""So many earlier incidents are looked at for one that an incident may answer; then none is named."""
_EARTH_M = 6_371_008.8


def with_exemptions(doubts: pl.DataFrame, term: dict[str, Any], facts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Incidents, terms row, all incidents -> the first with `p_unexcepted` and `may_answer`, an incident's id.

    Wanted of both: id, mask, t0, t1, lon, lat, radius_m, by, sides, who (ids of all whom the names stand for),
    stranger (one of the names stands for no party).
    """
    made = doubts.with_columns(p_unexcepted(term))
    answers = [x for x in _clearing(term) if _bounded(x)]
    if not answers or made.is_empty():
        return made.with_columns(may_answer=pl.lit(None, pl.String))
    earlier = doubts if facts is None else facts
    named: pl.Series | None = None
    for exemption in answers:
        found = because(made.with_columns(open=_p_clear(exemption, term)), earlier, exemption)
        named = found if named is None else pl.select(pl.coalesce(named, found)).to_series()
    return made.with_columns(named.alias("may_answer"))  # type: ignore[union-attr]


def p_unexcepted(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where no exception can clear it, 0 where one surely does, else null. Kleene's "and" over them.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("works", "evacuation", "movement")]})
    >>> seen = seen.with_columns(by=pl.lit("x"), sides=pl.lit(None), who=[["x"]] * 3, stranger=False)
    >>> helps = {"says": "of wounded", "clears": True, "acts": ["evacuation"], "parties": [], "needs": []}
    >>> seen.select(p_unexcepted({"acts": ["works"], "exempt": [helps]})).to_series().to_list()
    [1.0, 0.0, None]
    """
    return every(1.0 - _p_clear(x, term) for x in _clearing(term)).alias("p_unexcepted")


def _clearing(term: dict[str, Any]) -> list[dict[str, Any]]:
    return [x for x in term.get("exempt") or [] if x["clears"]]


def _bounded(x: dict[str, Any]) -> bool:
    return x.get("within_s") is not None or x.get("within_m") is not None


def _p_clear(x: dict[str, Any], term: dict[str, Any]) -> pl.Expr:
    """Does this exception clear it: 1 surely, 0 surely not, else null."""
    mask, permitted = pl.col("mask").cast(pl.UInt32), bits_of(x["acts"])
    cannot, surely = pl.lit(False), pl.lit(True)
    if x["acts"]:
        cannot, surely = cannot | ((mask & permitted) == 0), surely & ((mask & permitted) == mask)
    if x["parties"]:
        named = pl.col("by").is_not_null() | pl.col("sides").is_not_null()
        may_use = pl.col("who").list.eval(pl.element().is_in(x["parties"])).list
        known = named & ~pl.col("stranger")
        cannot = cannot | (known & ~may_use.any())
        surely = surely & known & may_use.all() & (pl.col("who").list.len() > 0)
    if _conditional(x, term):
        surely = pl.lit(False)
    return pl.when(cannot).then(pl.lit(0.0)).when(surely).then(pl.lit(1.0)).otherwise(UNKNOWN)


def _conditional(x: dict[str, Any], term: dict[str, Any]) -> bool:
    """It hangs on more than acts and doers: so its text says, or so it must be.

    Weapons are never let off for themselves: in answer, in defence, to clear mines are conditions, told or not. And
    an exception that takes away all that the term bars hangs on something, or the term would bar nothing.
    """
    swallows = bool(term["acts"]) and set(term["acts"]) <= set(x["acts"])
    return bool(x["needs"]) or _bounded(x) or not x["acts"] or swallows or bool(set(ARMED) & set(x["acts"]))


def because(doubts: pl.DataFrame, earlier: pl.DataFrame, x: dict[str, Any]) -> pl.Series:
    """For each incident the id of the latest earlier one that it may be an answer to under this exception, or null.

    That one may have been an armed act, may have been another side's, may have begun before, and may be so near in
    time (`within_s`) and place (`within_m`), errors counted in. No place told may be any place. `open`, where it is
    among the columns, is the doubt whether the exception clears it: where that is 0 nothing is looked for.
    """
    wanted = (
        (doubts["open"] != 0.0).fill_null(True).to_numpy() if "open" in doubts.columns else np.ones(len(doubts), bool)
    )
    armed = earlier.filter((pl.col("mask").cast(pl.UInt32) & bits_of(ARMED)) != 0).sort("t0", "t1", "id")
    if armed.is_empty():
        return pl.Series([None] * doubts.height, dtype=pl.String)
    latest = _latest(_told(doubts, armed), _told(armed, armed), np.flatnonzero(wanted), x)
    told = pl.DataFrame({"id": armed["id"].gather(np.maximum(latest, 0)), "n": latest})
    return told.select(pl.when(pl.col("n") >= 0).then("id")).to_series()


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

    Walks back from each row through those that began before it ended, all rows at once; those that last long are
    walked apart, so that one dated by the month does not make every walk a month long.
    """
    within = np.inf if x.get("within_s") is None else x["within_s"] * 1e6
    found = np.full(len(here["t0"]), -1, np.int64)
    lasts = there["t1"] - there["t0"]
    for shortest, longest in itertools.pairwise((-1, 3600e6, 86400e6, 32 * 86400e6, np.inf)):
        group = np.flatnonzero((lasts > shortest) & (lasts <= longest))
        if not len(group):
            continue
        since = there["t0"][group]
        left, at = rows, np.searchsorted(since, here["t1"][rows], "left") - 1
        oldest = here["t0"] - within - lasts[group].max()
        for _ in range(MOST_LOOKS):
            on = (at >= 0) & (since[at] >= oldest[left]) & (group[at] > found[left])
            left, at = left[on], at[on]
            if not len(left):
                break
            other = group[at]
            fits = _may_answer(here, left, there, other, x)
            found[left[fits]] = other[fits]
            left, at = left[~fits], at[~fits] - 1
    return found


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
