"""The scan finds what doing it by hand finds, to six digits, ties included; and its p is a share of chance."""

from __future__ import annotations

import itertools
import json
import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.cli import main
from trucewatch.watch import _kernels as kernels
from trucewatch.watch.grains import grains
from trucewatch.watch.scan import Ask, scan

BEGINS = date(2022, 1, 1)


def frame(rows) -> pl.DataFrame:
    """(location, lon, lat, day number, cases) -> a table of cases."""
    made = pl.DataFrame(rows, schema=["location", "lon", "lat", "day", "cases"], orient="row")
    return made.with_columns(day=pl.lit(BEGINS) + pl.duration(days=pl.col("day")))


def by_hand(rows, radius_km, days, prospective=False) -> tuple[float, set]:
    """The likeliest cylinder, by trying every circle and every window. -> ratio, all that reach it."""
    at = {name: (lon, lat) for name, lon, lat, _, _ in rows}
    n = sum(c for *_, c in rows)
    first, last = min(d for *_, d, _ in rows), max(d for *_, d, _ in rows)

    def gap(a, b):
        (x, y), (u, v) = ((math.radians(q) for q in at[p]) for p in (a, b))
        h = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
        return 2 * 6371.0 * math.asin(math.sqrt(min(1.0, h)))

    best, who = 0.0, set()
    for centre in at:
        reaches = sorted({round(gap(centre, o), 6) for o in at if gap(centre, o) <= radius_km + 1e-6})
        for reach in reaches:
            inside = frozenset(o for o in at if gap(centre, o) <= reach + 2e-6)
            for start, end in itertools.product(range(first, last + 1), repeat=2):
                if not 0 <= end - start < days or (prospective and end != last):
                    continue
                c = sum(k for p, _, _, d, k in rows if p in inside and start <= d <= end)
                mu = sum(k for p, *_, k in rows if p in inside) * sum(k for *_, d, k in rows if start <= d <= end) / n
                if c < 2 or c > n / 2 or c <= mu:
                    continue
                value = c * math.log(c / mu) + (n - c) * math.log((n - c) / (n - mu))
                if value > best * (1 + 1e-10):
                    best, who = value, set()
                if value >= best * (1 - 1e-10):
                    who.add((inside, start, end))
    return best, who


def number_of(day: date) -> int:
    return (day - BEGINS).days


places = st.tuples(st.integers(0, 4), st.integers(0, 3))  # a grid: many ties in distance
cases = st.lists(st.tuples(places, st.integers(0, 6), st.integers(1, 3)), min_size=6, max_size=25)


@settings(max_examples=40, deadline=None)
@given(cases, st.sampled_from([5.0, 16.0, 40.0]), st.integers(1, 4), st.booleans())
def test_the_likeliest_cylinder_is_the_one_found_by_hand(drawn, radius, days, prospective):
    rows = [(f"p{x}{y}", 30 + x * 0.1, y * 0.1, d, k) for (x, y), d, k in drawn]
    made = scan(frame(rows), Ask(radius, days, 1, prospective=prospective))
    ratio, who = by_hand(rows, radius, days, prospective)
    if made.cannot_tell:
        assert made.clusters.is_empty()
        assert ratio == 0 or "all cases" in made.cannot_tell
        return
    top = made.clusters.row(0, named=True)
    assert top["llr"] == pytest.approx(ratio, rel=1e-6)
    held = {place for place, *_, k in rows if k and place in set(top["locations"])}
    found = (number_of(top["from"]), number_of(top["to"]))
    assert any(held <= set(inside) and found == (start, end) for inside, start, end in who)


def drawn(seed, places=30, n=300, days=60, plant=0) -> list:
    rng = np.random.default_rng(seed)
    lon, lat = 30 + rng.uniform(0, 1, places), 47 + rng.uniform(0, 1, places)
    loc, day = rng.integers(0, places, n), rng.integers(0, days, n)
    loc[:plant], day[:plant] = 3, days - 1 - rng.integers(0, 4, plant)
    return [(f"L{p}", lon[p], lat[p], int(d), 1) for p, d in zip(loc, day, strict=True)]


def test_a_planted_cluster_is_found_and_is_not_chance():
    made = scan(frame(drawn(1, plant=25)), Ask(20, 10, 199, seed=3, prospective=True))
    top = made.clusters.row(0, named=True)
    assert "L3" in top["locations"]
    assert top["p"] == 1 / 200
    assert top["to"] == BEGINS + timedelta(59)


def test_the_order_of_rows_and_splitting_a_row_change_nothing():
    rows = drawn(2, plant=10)
    once = scan(frame(rows), Ask(30, 7, 99, seed=5))
    joined = frame(rows).group_by("location", "lon", "lat", "day").agg(pl.col("cases").sum()).sample(
        fraction=1, shuffle=True, seed=1
    )  # fmt: skip
    assert scan(joined, Ask(30, 7, 99, seed=5)).clusters.equals(once.clusters)


def test_clusters_have_no_location_in_common_and_fall_in_likelihood():
    made = scan(frame(drawn(4)), Ask(40, 7, 99)).clusters
    names = [name for row in made["locations"] for name in row]
    assert len(names) == len(set(names))
    assert made["llr"].is_sorted(descending=True)
    assert made["p"].is_sorted()


@pytest.mark.parametrize(
    ("places", "n", "days", "longest", "prospective"),
    [
        (8, 60, 12, 4, False),
        (60, 300, 40, 3, True),
        (30, 3000, 40, 20, True),
        (25, 2000, 30, 6, False),
        (4, 90_000, 3, 2, False),
    ],
    ids=[
        "few",
        "blocks of many circles",
        "large blocks to the last day",
        "large blocks",
        "more than a small number holds",
    ],
)
def test_the_chance_of_every_cluster_is_that_of_counting_by_hand(places, n, days, longest, prospective):
    rows = frame(drawn(6, places, n, days)).group_by("location", "lon", "lat", "day").agg(pl.col("cases").sum())
    ask = Ask(60, longest, 128, seed=11, prospective=prospective)
    made = scan(rows, ask).clusters
    tops = []
    # The same replicates, their likeliest cylinders found the slow way: by the kernel for what was observed.
    from trucewatch.watch import scan as room
    from trucewatch.watch.params import ScanParams

    ground = room._ground(rows, ask, ScanParams())
    of_place, recent = ground.counts.sum(1), ground.counts[:, ground.offset :].sum(0)
    place_of = np.repeat(np.arange(places, dtype=np.int32), of_place)
    for batch in range(2):
        seed = np.random.SeedSequence([11, batch]).generate_state(1, np.uint64)[0]
        sums = np.zeros((places, recent.size + 1, 64), np.int32)
        kernels.permuted(place_of, recent, seed, sums, 64)
        assert (sums[:, -1].sum(0) == recent.sum()).all()
        assert (np.diff(sums.sum(0).astype(int), axis=0) == recent[:, None]).all()
        for r in range(64):
            one, rules = sums[:, :, r].astype(np.int64), (float(n), n // 2, 2)
            tops.append(kernels.best(ground.chain, one, of_place, ground.windows, rules)[:, 0].max())
    assert made.height > 1
    for row in made.rows(named=True):
        assert row["p"] == pytest.approx((1 + sum(t >= row["llr"] * (1 - 1e-9) for t in tops)) / 129)
    # Each replicate's own likeliest cylinder as a level: it is reached, and none above it.
    levels = np.sort(np.array(tops[64:]))[::-1] * (1 - kernels.EVEN)
    bars = np.minimum(kernels.smallest_counts(levels, float(n), 2, n // 2), 2**31 - 1).astype(np.int32)
    asked = (levels, bars, 64)
    unreached = kernels.exceeded(ground.chain, sums, of_place, grains(ground.windows), (float(n), n // 2, 2), asked)
    assert unreached.tolist() == [int((levels > top).sum()) for top in tops[64:]]


def test_the_highest_of_a_block_is_that_of_its_smallest_circle_where_that_holds_the_cluster():
    sums = np.zeros((3, 2, 64), np.int32)
    sums[:, 1, 7] = [4, 1, 1]
    of_place, chain = np.array([5, 10, 20]), (np.arange(3), np.ones(3, np.bool_))
    group = (0, np.array([0]), np.array([1]), np.array([10.0]))
    top = kernels._highest(np.array([0, 6]), (0, 2, 35.0, 7), group, (*chain, of_place), sums, (100.0, 50, 2, 0.1))
    by_hand = [kernels.llr(c, there / 10, 100.0) for c, there in ((4.0, 5), (5.0, 15), (6.0, 35))]
    assert top == max(by_hand) == by_hand[0]


def test_groups_of_windows_hold_every_window_and_expect_no_less_than_they_say():
    after = np.concatenate([np.arange(length, 41) for length in range(1, 11)])
    first = after - np.repeat(np.arange(1, 11), [41 - length for length in range(1, 11)])
    expected = np.where(first % 7 == 3, 0.0, (after - first) * 1.5 + first % 3)
    windows, (early, late, least, begin), at, ratio, longest = grains((first, after, expected))
    assert longest == expected.max()
    assert ratio[0] == 1
    assert len(at) - 1 == len(ratio)
    for a, z in itertools.pairwise(at):
        spans = sorted(zip(*(part[begin[a] : begin[z]].tolist() for part in windows[:2]), strict=True))
        some = expected > 0
        assert spans == sorted(zip(first[some].tolist(), after[some].tolist(), strict=True))
        for g in range(a, z):
            mine = slice(begin[g], begin[g + 1])
            assert early[g] == windows[0][mine].min()
            assert late[g] == windows[1][mine].max()
            assert least[g] == windows[2][mine].min()


def test_replicates_deal_out_days_fairly():
    place_of = np.repeat(np.arange(4, dtype=np.int32), [10, 20, 30, 40])
    sums = np.zeros((4, 3, 64), np.int16)
    total = np.zeros(4)
    for seed in range(60):
        kernels.permuted(place_of, np.array([5, 7]), np.uint64(seed * 977), sums, 64)
        total += sums[:, -1].sum(1)
    share = total / total.sum()
    assert np.abs(share - [0.1, 0.2, 0.3, 0.4]).max() < 0.01


@pytest.mark.slow
def test_p_is_uniform_where_nothing_happened():
    from scipy.stats import kstest

    ps = [scan(frame(drawn(1000 + s, 20, 120, 30)), Ask(30, 5, 99, seed=s)).clusters["p"][0] for s in range(300)]
    jitter = np.random.default_rng(1).uniform(0, 0.01, 300)  # p is a hundredth; between two it may be anywhere
    assert kstest(np.array(ps) - jitter, "uniform").pvalue > 0.01


def test_the_ratio_is_the_formula():
    assert kernels.llr(10.0, 2.0, 100.0) == pytest.approx(10 * math.log(5) + 90 * math.log(90 / 98))
    assert kernels.llr(2.0, 3.0, 100.0) == 0


# The command.


def ran(tmp_path, text, *more):
    (tmp_path / "c.csv").write_text(text)
    args = ["watch", "scan", str(tmp_path / "c.csv"), "--max-radius-km", "30", "--max-days", "3", "--json", *more]
    return CliRunner().invoke(main, args)


HEAD = "location,lon,lat,date,cases\n"
SOUND = HEAD + "".join(f"L{n % 4},{30 + n % 4 * 0.1},48,2022-03-{1 + n % 9:02},{1 + n % 3}\n" for n in range(30))


def test_the_command_tells_clusters_as_json(tmp_path):
    made = json.loads(ran(tmp_path, SOUND, "--replicates", "19", "--seed", "1").stdout)
    assert {"llr", "p", "locations", "from", "to"} <= set(made["clusters"][0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "has no column location"),
        (HEAD, "has no rows"),
        (SOUND + "L1,30.1,48,2022-13-01,1\n", "row 31, date"),
        (SOUND + "L1,30.1,48,2022-03-01,-1\n", "row 31, cases"),
        (SOUND + "L1,30.1,48,2022-03-01,1.5\n", "row 31, cases"),
        (SOUND + "L1,30.1,48,2022-03-01,60000000\n", "cases in all; expected at most 50,000,000"),
        (SOUND + "L1,30.1,48,01/03/2022,1\n", "row 31, date"),
        (SOUND + "L1,30.1,48,2022-03-01,\n", "row 31, cases"),
        (SOUND + "L1,30.1,98,2022-03-01,1\n", "row 31, lat"),
        (SOUND + "L1,31.1,48,2022-03-01,1\n", "location"),
        (HEAD + "A,30,48,2022-03-01,3\nB,30,49,2022-03-02,3\n", "longer than the series"),
    ],
)
def test_bad_input_is_one_clear_line(tmp_path, text, said):
    made = ran(tmp_path, text)
    assert made.exit_code == 2
    assert said in made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert made.stdout == ""


@pytest.mark.parametrize("option", ["--max-radius-km", "--max-days", "--replicates"])
def test_an_option_out_of_range_is_named(tmp_path, option):
    made = ran(tmp_path, SOUND, option, "-1")
    assert made.exit_code == 2
    assert option in made.stderr


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("A,30,48,2022-03-01,0\nB,30,49,2022-03-05,0\n", "there are 0 cases"),
        ("A,30,48,2022-03-01,9\nB,30,49,2022-03-05,0\nA,30,48,2022-03-04,2\n", "at one place"),
        ("A,30,48,2022-03-01,9\nB,30,49,2022-03-05,0\nB,30,49,2022-03-01,2\n", "on one day"),
    ],
)
def test_where_nothing_can_be_told_it_says_why(tmp_path, rows, why):
    made = json.loads(ran(tmp_path, HEAD + rows).stdout)
    assert made["clusters"] == []
    assert why in made["cannot_tell"]
