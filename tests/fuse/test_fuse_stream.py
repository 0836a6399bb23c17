"""Streams and tiles: batch by batch, or tile by tile, the answer is that of a run from scratch, byte for byte."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.base.errors import InputError
from trucewatch.fuse import FuseParams, Learnt
from trucewatch.fuse.learn import learn
from trucewatch.fuse.link import link
from trucewatch.fuse.plain import fair, linkable
from trucewatch.fuse.stream import add, begin, clusters, settled
from trucewatch.fuse.tiles import halo, sew, tile
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports

P = FuseParams()


@cache
def made(n: int, seed: int, per_day: float = 40.0) -> tuple[pl.DataFrame, Learnt]:
    """Reports, and a settled table of what is learnt of them."""
    rows, _ = fair(reports(ReportsParams(reports=n, seed=seed, per_day=per_day)).observations, "x")
    return rows, settled(rows, P, learn(rows))


def scratch(rows: pl.DataFrame, learnt: Learnt) -> pl.DataFrame:
    ordered, seen = linkable(rows, P, learnt)
    return link(seen, P, learnt).with_columns(ordered["id"])


def cut(rows: pl.DataFrame, edges: list[int]) -> list[pl.DataFrame]:
    bounds = [0, *sorted(edges), rows.height]
    return [rows.slice(a, b - a) for a, b in pairwise(bounds)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2), st.sampled_from([4.0, 40.0, 400.0]), st.lists(st.integers(0, 600), max_size=4), st.booleans())
def test_batches_of_any_size_in_any_order_give_what_a_run_from_scratch_gives(seed, per_day, edges, by_time):
    rows, learnt = made(600, seed, per_day)
    came = rows.sort("t0", "id") if by_time else rows.sample(fraction=1, shuffle=True, seed=seed)
    first, *more = cut(came, edges)
    stream = begin(first, P, learnt)
    for batch in more:
        add(stream, batch)
    assert clusters(stream).equals(scratch(rows, learnt))


def test_the_last_hundredth_of_a_stream_gives_what_a_run_from_scratch_gives_and_touches_little():
    rows, learnt = made(6_000, 3)
    came = rows.sort("t0", "id")
    stream = begin(came.head(5_940), P, learnt)
    before = stream.part("score").copy()
    add(stream, came.tail(60))
    assert clusters(stream).equals(scratch(rows, learnt))
    untouched = np.array_equal(before[:3_000], stream.part("score")[:3_000], equal_nan=True)
    assert untouched


def test_rows_without_a_place_and_an_empty_batch_change_nothing_else():
    rows, learnt = made(500, 2)
    rows = rows.with_columns(lon=pl.when(pl.int_range(pl.len()) % 7 != 0).then("lon"),
                             lat=pl.when(pl.int_range(pl.len()) % 7 != 0).then("lat"))  # fmt: skip
    stream = begin(rows.head(0), P, learnt)
    for batch in cut(rows, [100, 100, 300]):
        add(stream, batch)
    assert clusters(stream).equals(scratch(rows, learnt))


def test_a_table_that_is_not_settled_or_does_not_know_a_kind_is_one_line():
    rows, learnt = made(300, 1)
    with pytest.raises(InputError, match="how often each source says each kind"):
        begin(rows, P, Learnt())
    with pytest.raises(InputError, match="knows nothing; expected to be learnt again"):
        add(begin(rows, P, learnt), rows.head(3).with_columns(source=pl.lit("new"), radius_m=500.0))


def tiled(rows: pl.DataFrame, learnt: Learnt, cuts: tuple[list[float], list[float]], margin: float = 1.0):
    """Cut by time and by longitude, each tile with its halo -> tiles."""
    reach_m, reach_s = (margin * reach for reach in halo(P, learnt))
    t = pl.col("t0").dt.epoch("us") / 1e6
    wide = reach_m / 111_195 / np.cos(np.radians(rows["lat"].abs().max() + 1))
    begin_s, end_s = rows.select(t.min().alias("a"), t.max().alias("b")).row(0)
    times = [-np.inf, *(begin_s + share * (end_s - begin_s) for share in sorted(cuts[0])), np.inf]
    west, east = rows["lon"].min(), rows["lon"].max()
    sides = [-np.inf, *(west + share * (east - west) for share in sorted(cuts[1])), np.inf]
    made = []
    for a, b in pairwise(times):
        for w, e in pairwise(sides):
            seen = rows.filter(t >= a - reach_s, t < b + reach_s, pl.col("lon") >= w - wide, pl.col("lon") < e + wide)
            inside = seen.select((t >= a) & (t < b) & (pl.col("lon") >= w) & (pl.col("lon") < e)).to_series()
            made.append(tile(seen, inside, P, learnt))
    return made


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2), st.sampled_from([4.0, 40.0]),
    st.tuples(*[st.lists(st.floats(0.05, 0.95), max_size=2, unique=True)] * 2),
)  # fmt: skip
def test_tiles_with_their_halos_give_what_the_whole_gives(seed, per_day, cuts):
    rows, learnt = made(600, seed, per_day)
    tiles = tiled(rows, learnt, cuts)
    assert sum(each.rows.height for each in tiles) == rows.height
    whole = scratch(rows, learnt)
    assert clusters(sew(tiles, P, learnt)).equals(whole)
    # And what a tile calls done is done: it needs no other tile.
    together = dict(whole.join(whole.select("id", cluster="sighting").rename({"id": "first"}), on="cluster").select("id", "first").rows())  # fmt: skip
    for each in tiles:
        ids = each.rows["id"].gather(each.place).to_list()
        for n in np.flatnonzero(each.whole):
            assert together[ids[n]] == ids[each.label[n]]


def test_most_of_a_wide_tile_is_done_within_it_and_a_batch_can_follow_the_sewing():
    rows, learnt = made(6_000, 3)
    came = rows.sort("t0", "id")
    tiles = tiled(came.head(5_900), learnt, ([0.5], []))
    done = sum(int(each.whole.sum()) for each in tiles)
    assert done > 0.95 * 5_900
    assert clusters(add(sew(tiles, P, learnt), came.tail(100))).equals(scratch(rows, learnt))


def test_without_its_halo_a_tile_is_wrong():
    rows, learnt = made(600, 1, 40.0)
    bare = clusters(sew(tiled(rows, learnt, ([0.5], [0.5]), margin=0.0), P, learnt))
    assert not bare.equals(scratch(rows, learnt))
