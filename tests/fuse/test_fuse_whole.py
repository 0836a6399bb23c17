"""The whole room: the same rows give the same tables, in whatever order they come and whoever they blame."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from fused import as_table, at, captures, crowds, said, theatre, together
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.fuse import fuse
from trucewatch.testing import observations

NAMED = st.lists(st.sampled_from([None, "X", "Y"]), min_size=12, max_size=12)


@settings(max_examples=50)
@given(crowds(), st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_tables(rows, chance: random.Random):
    frame = observations(rows)
    order = list(range(len(rows)))
    chance.shuffle(order)
    assert as_table(fuse(frame, captures(frame))) == as_table(fuse(frame[order], captures(frame)))


@settings(max_examples=50)
@given(crowds(), NAMED)
def test_who_is_blamed_changes_nothing_but_the_name(rows, names):
    swap = {"X": "Y", "Y": "X", None: None}
    one, two = (
        [{**row, "by": who(by)} for row, by in zip(rows, names, strict=False)] for who in (lambda by: by, swap.get)
    )
    made, mirror = (fuse(frame := observations(part), captures(frame)) for part in (one, two))
    assert made.links.equals(mirror.links)
    assert made.incidents.drop("by").equals(mirror.incidents.drop("by"))
    assert [swap[by] for by in made.incidents["by"]] == mirror.incidents["by"].to_list()


@settings(max_examples=60)
@given(crowds())
def test_a_capture_cut_in_two_gives_the_same_incidents_up_to_ids(rows):
    rows = [{**row, "key": f"k{n}"} for n, row in enumerate(rows)]
    cut = [{**row, "capture": "ab"[n % 2] * 64} for n, row in enumerate(rows)]
    one, two = (fuse(frame := observations(part), captures(frame)) for part in (rows, cut))
    assert as_table(one) == as_table(two)  # the ids of the rows are the same here, so all of it is


@pytest.mark.slow
def test_fifty_thousand_shuffled_rows_give_the_same_tables():
    rows, captured, _ = theatre(50_000)
    plain = fuse(rows, captured)
    for seed in (1, 2):
        mixed = fuse(rows.sample(fraction=1, shuffle=True, seed=seed), captured.reverse())
        assert mixed.incidents.equals(plain.incidents) and mixed.links.equals(plain.links)
    assert plain.links.height == rows.height == plain.incidents["n_observations"].sum()


def test_a_source_speaks_once_in_each_incident_but_for_pixels_of_one_overpass():
    rows, captured, _ = theatre(10_000)
    both = fuse(rows, captured).links.join(rows, left_on="observation", right_on="id")
    twice = both.group_by("incident", "source").agg(pl.len(), pl.col("kind").unique(), pl.col("t0").n_unique())
    twice = twice.filter(pl.col("len") > 1)
    assert twice.height > 50
    assert set(twice["kind"].explode()) == {"heat"} and set(twice["t0"]) == {1}


def digest() -> str:
    rows, captured, _ = theatre(10_000)
    made = fuse(rows, captured)
    flat = made.incidents.with_columns(pl.col("sources", "between").list.join(","), pl.col(pl.Binary).bin.encode("hex"))
    return hashlib.sha256((flat.write_csv() + made.links.write_csv()).encode()).hexdigest()


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "3", "8"])
def test_the_number_of_threads_does_not_change_a_bit(threads):
    run = subprocess.run(
        [sys.executable, "-c", "import test_fuse_whole; print(test_fuse_whole.digest())"],
        env={**os.environ, "POLARS_MAX_THREADS": threads}, cwd=Path(__file__).parent,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == digest()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_tie_falls_to_what_happened_earlier_in_whatever_order_rows_come(order):
    # Found by planting a fault: without a tie, rows need no order, and chance alone seldom makes one.
    tied = [said("a"), said("b", t0=at(minutes=-5)), said("b", t0=at(minutes=5))]
    tied += [said("a", lat=50.0), said("c", lat=50.0, weapon="later by its id only")]
    frame = observations(tied)
    made = fuse(frame[[4, *order, 3]], captures(frame))
    assert together(made) == {frozenset("12"), frozenset("3"), frozenset("45")}
    assert as_table(made) == as_table(fuse(frame, captures(frame)))
