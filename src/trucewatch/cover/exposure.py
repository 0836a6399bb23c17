"""Steps 1 to 4 in order: looks -> exposure by cell, span and source, and of all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.graph import components
from trucewatch.base.time import UTC_US
from trucewatch.cover.chance import chances, checked_kind
from trucewatch.cover.ground import ground
from trucewatch.cover.params import CoverParams
from trucewatch.cover.windows import cuts_into, gaps_of, in_spans, windows
from trucewatch.tables import EXPOSURE, TOGETHER


@dataclass(frozen=True)
class CoverAsk:
    """What is asked: between when (UTC, half-open), for which kind of incident, of how many sounds or sights."""

    since: datetime
    until: datetime
    kind: str = "shelling"
    size: int = 1

    def checked(self) -> CoverAsk:
        """Itself, or InputError naming the option."""
        checked_kind(self.kind)
        if self.until <= self.since:
            raise InputError("is not after the start", field="--until", expected="a later time than --since")
        if self.size < 1:
            raise InputError(f"is {self.size}", field="--size", expected="1 or more")
        return self

    def told(self) -> dict[str, str]:
        """What a run keeps of it."""
        since, until = self.since.isoformat(), self.until.isoformat()
        return {"since": since, "until": until, "kind": self.kind, "size": str(self.size)}


def ask_of(told: Mapping[str, str]) -> CoverAsk:
    """What a run keeps -> what was asked."""
    since, until = (datetime.fromisoformat(told[name]) for name in ("since", "until"))
    return CoverAsk(since, until, told["kind"], int(told["size"])).checked()


def exposure(looks: pl.DataFrame, ask: CoverAsk, params: CoverParams) -> pl.DataFrame:
    """looks -> EXPOSURE: a row per source, cell and span in which it could have noticed something, and one `together`.

    A cell and span without a row is one where nobody is recorded to have looked: unknown, never zero incidents. A look
    without a footprint covers no cell: nobody told which ground it was.
    """
    ask.checked()
    return exposed_on(ground(looks["footprint"], params), looks, ask, params)


def exposed_on(grounds: pl.DataFrame, looks: pl.DataFrame, ask: CoverAsk, params: CoverParams) -> pl.DataFrame:
    """The same, of looks whose ground is known: (footprint, cell, share)."""
    voice = voices(looks.filter(pl.col("gap").is_null()))
    opened = opened_by(looks, grounds, ask, params, able=True).join(voice, on="source")
    rows = [_swept(opened, ["cell", "span", "source"], params), _swept(opened, ["cell", "span"], params)]
    made = pl.concat([rows[0], rows[1].with_columns(source=pl.lit(TOGETHER))], how="diagonal")
    start = pl.lit(ask.since, UTC_US) + pl.duration(microseconds=pl.col("span") * int(params.span_s * 1e6))
    made = made.with_columns(t0=start).with_columns(
        t1=pl.min_horizontal(pl.col("t0") + timedelta(seconds=params.span_s), pl.lit(ask.until, UTC_US)),
        kind=pl.lit(ask.kind),
    )
    made = _with_gaps(made, gaps_of(looks, grounds))
    return EXPOSURE.fit(made.select(list(EXPOSURE.columns))).sort("t0", "cell", "source")


def opened_by(
    looks: pl.DataFrame, grounds: pl.DataFrame, ask: CoverAsk, params: CoverParams, *, able: bool
) -> pl.DataFrame:
    """looks -> a row per look, cell and span in which it could have noticed something; or, not `able`, in which it was
    there and could have noticed nothing. InputError where that is more than the machine holds."""
    by_look = chances(looks.filter(pl.col("gap").is_null()), [ask.kind], ask.size, params).drop("kind")
    by_look = by_look.filter((pl.col("high") > 0) == able)
    used = looks.filter(pl.col("gap").is_not_null() | pl.col("id").is_in(by_look["look"].to_list()))
    seen = windows(used, grounds, params.least_look_s).join(by_look, on="look")
    # An incident at a moment is noticed by looks from then on, for as long as its trace stays.
    early = pl.duration(microseconds=(pl.col("linger_s") * 1e6).cast(pl.Int64))
    opened = in_spans(seen.with_columns(w0=pl.col("w0") - early), ask.since, ask.until, params.span_s)
    if opened.select("cell", "span").n_unique() > params.most_cells:
        raise InputError(
            f"the looks cover more than {params.most_cells:,} cells and spans",
            expected="a shorter --since to --until, or a larger --cell-km",
        )
    return opened


def voices(looks: pl.DataFrame) -> pl.DataFrame:
    """looks -> (source, voice): sources that repeat one origin have one number, and the origin has it too."""
    said = looks.select("source", "lineage").unique()
    edges = pl.concat(
        [
            said.select("source", origin=pl.col("source")),
            said.explode("lineage").drop_nulls("lineage").select("source", origin="lineage"),
        ]
    ).unique()
    names = pl.concat([edges["source"], edges["origin"]]).unique().sort()
    number = pl.DataFrame({"name": names, "n": np.arange(len(names))})
    left = edges.join(number, left_on="source", right_on="name", maintain_order="left")["n"].to_numpy()
    right = edges.join(number, left_on="origin", right_on="name", maintain_order="left")["n"].to_numpy()
    label = components(left.astype(np.int64), right.astype(np.int64), len(names))
    return number.select(source="name", voice=pl.Series(label, dtype=pl.Int64))


def _swept(opened: pl.DataFrame, by: list[str], params: CoverParams) -> pl.DataFrame:
    from trucewatch.cover.sweep import sweep  # numba: only where it is needed

    order = opened.sort(*by, "a", "b", "source", "look")
    groups = order.group_by(by, maintain_order=True).len()
    if groups.is_empty():
        empty = {"looked_s": pl.Float64, "low": pl.Float64, "p_noticed": pl.Float64, "high": pl.Float64}
        return opened.select(by).with_columns(
            *(pl.lit(None, kind).alias(name) for name, kind in empty.items()), n_voices=pl.lit(None, pl.Int64)
        )
    first = np.concatenate([[0], np.cumsum(groups["len"].to_numpy())]).astype(np.int64)
    who = order.select(
        (pl.col(name).rank("dense").over(by) - 1).cast(pl.Int64).alias(name) for name in ("source", "voice")
    ).to_numpy()
    chance = order.select(
        pl.col("low") * pl.col("share"),
        (pl.col("p") * pl.col("share")).fill_null(np.nan),
        pl.col("high") * pl.col("share"),
    ).to_numpy()
    out = sweep(first, order["a"].to_numpy(), order["b"].to_numpy(), np.ascontiguousarray(chance),
                np.ascontiguousarray(who), params.span_s)  # fmt: skip
    return groups.select(by).with_columns(
        looked_s=out[:, 0],
        low=pl.Series(out[:, 1]).clip(0, 1),
        p_noticed=pl.Series(out[:, 2]).clip(0, 1).fill_nan(None),
        high=pl.Series(np.maximum(out[:, 3], out[:, 1])).clip(0, 1),
        n_voices=pl.Series(out[:, 4].astype(np.int64)),
    )


def _with_gaps(made: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Why sources could not look in some of a row's cell and span; of all sources where the row is of all."""
    if gaps.is_empty() or made.is_empty():
        return made.with_columns(gaps=pl.lit([], pl.List(pl.String)))
    keys = made.select("cell", "t0", "t1", "source").with_row_index("row")
    mine = (pl.col("source") == TOGETHER) | cuts_into("source", "by")
    hits = keys.join(gaps.select("cell", "gap", by="source", g0="t0", g1="t1"), on="cell")
    hits = hits.filter(mine & (pl.col("g0") < pl.col("t1")) & (pl.col("g1") > pl.col("t0")))
    named = hits.group_by("row").agg(gaps=pl.col("gap").unique().sort())
    return (
        made.with_row_index("row")
        .join(named, on="row", how="left", maintain_order="left")
        .with_columns(gaps=pl.col("gaps").fill_null([]))
        .drop("row")
    )
