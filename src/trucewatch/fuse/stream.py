"""Streams: a new batch touches only the neighbourhoods that it meets, and the answer is that of a run from scratch.

    1. around    old sightings near enough to a new one that the density around them may have changed
    2. changed   the new ones, and those of 1 whose density did change
    3. groups    what hangs together with 2, or lies within the gate of it: only these are parted again

This needs a learnt table that also tells how often each source says each kind (`settled`); then nothing else in a score
hangs on the reports at hand. The number of a sighting is that of its coming; which of two equal ones goes first is told
by `ORDER`, so that the order of coming decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.errors import InputError
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.link import parted
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.plain import ORDER, linkable, words_of

if TYPE_CHECKING:
    from trucewatch.fuse.kernels import Facts, Model

Array = NDArray[Any]
_PRIME = 1_000_003


def settled(rows: pl.DataFrame, params: FuseParams, learnt: Learnt) -> Learnt:
    """Rows of a bare file, what was learnt -> the same with the words and the shares of kinds of these rows, so that
    further rows are linked as these are."""
    from trucewatch.fuse.errors import shares_of

    known = replace(learnt, words=words_of(rows))
    return replace(known, shares=shares_of(linkable(rows, params, known)[1]))


@dataclass
class Stream:
    """What has come so far: rows in the order of coming, arrays of those that can be linked, and how they are parted.

    place: the row of each that can be linked; label, group: the first, in `ORDER`, of its incident and of what it hangs
    together with, as numbers of those that can be linked.
    """

    params: FuseParams
    learnt: Learnt
    model: Model
    scale: Array
    rows: pl.DataFrame
    n: int = 0
    widest: tuple[float, float] = (0.0, 0.0)
    """Variance of place (m2) and of time (s2) of the least exact that has come."""
    held: dict[str, Array] = field(default_factory=dict)

    def part(self, name: str) -> Array:
        """A column of those that can be linked."""
        return self.held[name][: self.n] if self.n else np.zeros(0, np.int64)

    def grow(self, more: dict[str, Array]) -> None:
        """Put new ones behind those that are held. There is an eighth more room than is asked for, and it is doubled
        when it is full, so that a batch does not copy what was there."""
        size = next(iter(more.values())).shape[0]
        for name, values in more.items():
            room = self.held.get(name)
            if room is None or room.shape[0] < self.n + size:
                wider = np.empty((max(2 * self.n, (self.n + size) * 9 // 8), *values.shape[1:]), values.dtype)
                if room is not None:
                    wider[: self.n] = room[: self.n]
                self.held[name] = room = wider
            room[self.n : self.n + size] = values
        self.n += size


def empty(rows: pl.DataFrame, params: FuseParams, learnt: Learnt) -> Stream:
    """No rows, a settled learnt table -> a stream to which nothing has come. InputError: the table is not settled."""
    from trucewatch.fuse.errors import model_of

    if learnt.shares is None:
        raise InputError("the learnt table does not tell how often each source says each kind", expected="settled(...)")
    model, scale = model_of(learnt.shares, params, learnt)
    return Stream(params, learnt, model, scale, rows)


def begin(rows: pl.DataFrame, params: FuseParams, learnt: Learnt) -> Stream:
    """Rows of `fair` -> a stream of them. InputError: the table is not settled, or does not know a kind."""
    return add(empty(rows.clear(), params, learnt), rows)


def add(stream: Stream, rows: pl.DataFrame) -> Stream:
    """A stream, a batch of rows -> the stream with them, changed in place."""
    from trucewatch.fuse.errors import plain_facts

    assert stream.learnt.shares is not None
    start, before = stream.n, stream.rows.height
    ordered, seen = linkable(rows, stream.params, stream.learnt)
    stream.rows = stream.rows.vstack(ordered.select(stream.rows.columns))
    usable = seen["alone"].is_null().to_numpy()
    if not usable.any():
        return stream
    facts = plain_facts(seen.filter(pl.Series(usable)), stream.learnt.shares)
    size = facts.lo.size
    own = np.arange(start, start + size)
    stream.grow(
        {**facts._asdict(), "t": (facts.lo + facts.hi) / 2, "place": before + np.flatnonzero(usable), "label": own,
         "group": own, "score": np.full(size, np.nan)}
    )  # fmt: skip
    blur = facts.blur + (facts.hi - facts.lo) ** 2 / 12
    stream.widest = max(stream.widest[0], float(facts.var.max())), max(stream.widest[1], float(blur.max()))
    changed = _densities(stream, own)
    near_m, near_s = _gate(stream)
    beside = _either(stream.n, changed, _around(stream, changed, near_m, near_s))
    touched = np.zeros(stream.n, np.bool_)
    touched[stream.part("group")[beside]] = True
    part_again(stream, np.flatnonzero(touched[stream.part("group")]))
    return stream


def clusters(stream: Stream) -> pl.DataFrame:
    """A stream -> clusters(sighting, cluster, component, score) of its rows in `ORDER`, as `link` gives them; `id`."""
    n = stream.rows.height
    first, group, score = np.arange(n), np.arange(n), np.full(n, np.nan)
    place = stream.part("place")
    first[place], group[place] = place[stream.part("label")], place[stream.part("group")]
    score[place] = stream.part("score")
    order = stream.rows.select(ORDER).with_row_index("came").sort(ORDER, nulls_last=True)["came"].to_numpy()
    rank = np.empty(n, np.uint32)
    rank[order] = np.arange(n, dtype=np.uint32)
    return pl.DataFrame(
        {"sighting": np.arange(n, dtype=np.uint32), "cluster": rank[first[order]], "component": rank[group[order]],
         "score": score[order], "id": stream.rows["id"].gather(order)}
    ).with_columns(pl.col("score").fill_nan(None))  # fmt: skip


def _facts(stream: Stream, which: Array) -> Facts:
    from trucewatch.fuse.kernels import Facts

    return Facts(*(stream.part(name)[which] for name in Facts._fields))


def _gate(stream: Stream) -> tuple[float, float]:
    """The furthest that any two can be from each other and be scored: metres, seconds."""
    reach = stream.params.gate_sigmas * 2**0.5 * 1.001
    var, blur = stream.widest
    return float(reach * np.sqrt(var)), float(reach * np.sqrt(blur))


def _densities(stream: Stream, own: Array) -> Array:
    """Density around the new, and around the old that they may have changed -> the new, and those that did change."""
    from trucewatch.fuse.errors import density

    params = stream.params
    reach_m, reach_s = params.background_m, max(params.background_s)
    asked = _either(stream.n, own, _around(stream, own, reach_m, reach_s))
    context = _either(stream.n, asked, _around(stream, asked, reach_m, reach_s))
    facts = _facts(stream, context)
    rho = density(facts, params) + stream.scale[facts.source]
    rho = rho[np.searchsorted(context, asked)]
    moved = stream.part("rho")[asked] != rho
    stream.part("rho")[asked] = rho
    return _either(stream.n, own, asked[moved])


def _around(stream: Stream, which: Array, reach_m: float, reach_s: float) -> Array:
    """All that may lie within reach of these; never fewer, by cubes of space and time."""
    from trucewatch.fuse.kernels import boxes, steps

    t = stream.part("t")
    side = max(reach_m, 60.0)
    late = np.flatnonzero((t >= t[which].min() - reach_s) & (t <= t[which].max() + reach_s))
    at = stream.part("at")
    turn = np.floor(t[which] / reach_s).astype(np.int64)
    cells = np.stack([boxes(at, which, side), turn], axis=1)
    cells = cells[_first_of_each(cells[:, 0] * _PRIME + turn)]
    wanted = (cells[:, 0, None] + steps(half=False)[None, :]) * _PRIME
    keys = np.concatenate([(wanted + (cells[:, 1] + k)[:, None]).ravel() for k in (-1, 0, 1)])
    keys.sort()
    mine = boxes(at, late, side) * _PRIME + np.floor(t[late] / reach_s).astype(np.int64)
    place = np.minimum(np.searchsorted(keys, mine), keys.size - 1)
    found: Array = late[keys[place] == mine]
    return found


def _either(n: int, one: Array, two: Array) -> Array:
    """Numbers below n that are in either, in order."""
    marked = np.zeros(n, np.bool_)
    marked[one] = marked[two] = True
    return np.flatnonzero(marked)


def _first_of_each(keys: Array) -> Array:
    """Places of one each of equal keys; by sorting, since hashing costs more here."""
    order = np.argsort(keys)
    held = keys[order]
    first: Array = order[np.r_[True, held[1:] != held[:-1]]]
    return first


def part_again(stream: Stream, which: Array) -> None:
    """Part these again; nothing else hangs together with them."""
    if not which.size:
        return
    rows = stream.rows.select(ORDER)[stream.part("place")[which]]
    which = which[rows.with_row_index("came").sort(ORDER, nulls_last=True)["came"].to_numpy()]
    cluster, group, score = parted(_facts(stream, which), stream.model, stream.params, np.zeros(0, np.int64))
    stream.part("label")[which] = which[cluster]
    stream.part("group")[which] = which[group]
    stream.part("score")[which] = score
