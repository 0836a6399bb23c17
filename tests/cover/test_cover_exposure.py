"""Looks become bounds on the chance to notice, by cell, span and source, and of all together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import ASK, DAY, WIDE, looks

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.place import cell_of
from trucewatch.cover import CoverAsk, CoverParams, daily, exposure
from trucewatch.cover.chance import notice_of
from trucewatch.cover.ground import ground
from trucewatch.kinds import KINDS
from trucewatch.tables import TOGETHER

PARAMS = CoverParams()


def centre(table: pl.DataFrame, source: str, day: int = 0) -> dict:
    cell = pl.DataFrame({"x": [10.0], "y": [50.0]}).select(cell_of(pl.col("x"), pl.col("y"), PARAMS.cell_m)).item()
    rows = table.filter(
        (pl.col("cell") == cell) & (pl.col("source") == source) & (pl.col("t0") == DAY + timedelta(days=day))
    )
    return rows.row(0, named=True) if rows.height else {}


def test_a_patrol_that_looked_a_third_of_the_day_had_a_third_of_its_chance():
    row = centre(exposure(looks({"from": 8, "to": 16, "p": 0.9}), ASK, PARAMS), "a")
    assert row["looked_s"] == 8 * 3600
    assert row["p_noticed"] == pytest.approx(0.9 / 3)
    assert (row["low"], row["high"]) == (pytest.approx(0.7 * 0.9 / 3), pytest.approx(0.9 / 3))


def test_where_and_when_nobody_looked_there_is_no_row_at_all():
    table = exposure(looks({"from": 8, "to": 16, "p": 0.9}), ASK, PARAMS)
    assert table.height and not table.filter(pl.col("t0") > DAY).height
    assert exposure(looks(), ASK, PARAMS).is_empty()


def test_an_untold_chance_is_not_one_half_but_anything():
    row = centre(exposure(looks({"from": 0, "to": 24}), ASK, PARAMS), TOGETHER)
    assert (row["low"], row["p_noticed"], row["high"]) == (0.0, None, 1.0)


def test_copies_of_one_origin_count_once_and_two_voices_may_add_up():
    one = looks(
        {"from": 0, "to": 24, "p": 0.4, "source": "a", "means": "outlet", "lineage": ["agency"]},
        {"from": 0, "to": 24, "p": 0.4, "source": "b", "means": "outlet", "lineage": ["agency"]},
    )
    two = one.with_columns(lineage=pl.Series([["agency"], ["wire"]]))
    copied, apart = (centre(exposure(t, ASK, PARAMS), TOGETHER) for t in (one, two))
    assert (copied["n_voices"], apart["n_voices"]) == (1, 2)
    assert (copied["high"], apart["high"]) == (pytest.approx(0.4), pytest.approx(0.8))
    assert (copied["p_noticed"], apart["p_noticed"]) == (pytest.approx(0.4), pytest.approx(0.64))


def test_a_gap_takes_from_the_looks_of_its_source_and_of_its_parts_only():
    seen = looks(
        {"from": 0, "to": 24, "p": 1.0, "source": "report/x"},
        {"from": 0, "to": 24, "p": 1.0, "source": "reporters"},
        {"from": 6, "to": 18, "source": "report", "gap": "denied_access", "footprint": None},
    )
    table = exposure(seen, ASK, PARAMS)
    assert centre(table, "report/x")["looked_s"] == 12 * 3600
    assert centre(table, "report/x")["gaps"] == ["denied_access"]
    assert centre(table, "reporters")["looked_s"] == 24 * 3600
    assert centre(table, "reporters")["gaps"] == []


def test_a_gap_with_a_footprint_takes_only_what_lies_in_it():
    east = bytes(shapely.to_wkb(shapely.box(10.2, 49.4, 10.6, 50.6)))
    seen = looks({"from": 0, "to": 24, "p": 1.0}, {"from": 0, "to": 24, "gap": "jamming", "footprint": east})
    table = exposure(seen, ASK, PARAMS).filter(pl.col("source") == "a")
    whole = exposure(seen.head(1), ASK, PARAMS).filter(pl.col("source") == "a")
    assert 0.55 < table.height / whole.height < 0.8
    assert centre(table, "a")["looked_s"] == 24 * 3600


def test_a_satellite_sees_what_began_to_burn_hours_before_it_came():
    row = centre(exposure(looks({"from": 20, "to": 20, "p": 1.0, "means": "satellite"}), ASK, PARAMS), "a")
    assert row["looked_s"] == 6 * 3600 + 60


def test_a_told_chance_stands_in_the_place_of_an_untold_one_of_the_same_source():
    told = centre(exposure(looks({"from": 0, "to": 24, "p": 0.2}, {"from": 0, "to": 24}), ASK, PARAMS), "a")
    assert (told["p_noticed"], told["high"]) == (pytest.approx(0.2), pytest.approx(0.2))


def test_a_kind_that_may_be_many_acts_has_the_bounds_of_all_of_them():
    assert notice_of("satellite", "rotation", PARAMS) == (0.0, 0.0)
    assert notice_of("satellite", "unspecified", PARAMS)[1] >= notice_of("satellite", "shelling", PARAMS)[1]
    assert notice_of("nobody knows", "shelling", PARAMS) == (0.0, 1.0)
    for means in PARAMS.notice:
        for kind in KINDS:
            low, high = notice_of(means, kind, PARAMS)
            assert 0 <= low <= high <= 1


def test_more_sounds_raise_the_greatest_chance_and_not_the_least():
    one = looks({"from": 0, "to": 24, "p": 0.5})
    small, large = (centre(exposure(one, replace(ASK, size=n), PARAMS), "a") for n in (1, 10))
    assert small["low"] == large["low"] and large["high"] == pytest.approx(1 - 0.5**10)


def test_a_small_footprint_is_a_share_of_one_cell():
    small = bytes(shapely.to_wkb(shapely.box(10.0, 50.0, 10.002, 50.002)))
    mine = ground(pl.Series([small, WIDE]), PARAMS).filter(pl.col("footprint") == small)
    assert mine.height == 1 and 0 < mine["share"].item() < 0.01


def test_the_shares_of_a_large_footprint_add_up_to_its_ground():
    share = ground(pl.Series([WIDE]), PARAMS)["share"].sum()
    assert share * 25 == pytest.approx(111.195**2 * np.cos(np.radians(50)), rel=0.01)


@pytest.mark.parametrize(("ask", "word"), [(CoverAsk(DAY, DAY), "--until"), (replace(ASK, size=0), "--size")])
def test_what_cannot_be_asked_is_one_line(ask, word):
    with pytest.raises(InputError, match=word):
        exposure(looks({"from": 0, "to": 1}), ask, PARAMS)
    with pytest.raises(UnknownName, match="did you mean 'shelling'"):
        exposure(looks(), replace(ASK, kind="sheling"), PARAMS)


def test_a_map_that_would_outgrow_the_machine_is_refused():
    with pytest.raises(InputError, match="cell"):
        exposure(looks({"from": 0, "to": 24}), ASK, replace(PARAMS, most_cells=10))


def test_ground_without_a_look_counts_as_no_chance_in_the_mean():
    table = exposure(looks({"from": 0, "to": 24, "p": 1.0}), ASK, PARAMS)
    half = daily(table, 2 * table["cell"].n_unique()).row(0, named=True)
    assert half["share"] == pytest.approx(0.5) and half["high"] < 0.51


# --- the sweep beside a slow twin


def by_hours(windows, chance, who):
    """Each hour by itself, as one would do it by hand."""
    low = high = told = covered = 0.0
    unknown = False
    for hour in range(24):
        now = [n for n, (a, b) in enumerate(windows) if a <= hour < b]
        sources: dict = {}
        for n in now:
            sources.setdefault(who[n], []).append(chance[n])
        best, sums, nones = 0.0, {}, {}
        for (_, voice), all_of in sources.items():
            known = [c for c in all_of if not np.isnan(c[1])]
            use = known or all_of
            unknown |= not known and any(c[2] > 0 for c in use)
            best = max([best, *(c[0] for c in use)])
            sums[voice] = max(sums.get(voice, 0), min(1, sum(c[2] for c in use)))
            nones[voice] = min(nones.get(voice, 1.0), np.prod([1 - c[1] for c in known]) if known else 1.0)
        low += best * 3600
        covered += 3600 * (sum(sums.values()) > 0)
        high += min(1, sum(sums.values())) * 3600
        told += (1 - np.prod(list(nones.values()))) * 3600
    return covered, low / 86400, (None if unknown else told / 86400), high / 86400


share = st.integers(0, 4).map(lambda n: n / 4)
window = st.tuples(st.integers(0, 23), st.integers(1, 24), share, share, st.booleans(), st.integers(0, 2))


@settings(deadline=None)
@given(st.lists(window, min_size=1, max_size=7))
def test_the_sweep_is_what_one_gets_hour_by_hour(rows):
    from trucewatch.cover.sweep import sweep

    windows = [(min(a, b - 1), max(a + 1, b)) for a, b, *_ in rows]
    chance = [(lo * hi, np.nan if untold else hi * lo, hi) for _, _, lo, hi, untold, _ in rows]
    who = [(s, min(s, 1)) for *_, s in rows]  # sources 1 and 2 are one voice
    names, tongues = ({v: n for n, v in enumerate(sorted({w[k] for w in who}))} for k in (0, 1))
    numbered = np.array([(names[s], tongues[v]) for s, v in who], dtype=np.int64)
    ends = 3600.0 * np.array(windows, dtype=float)
    a, b = (np.ascontiguousarray(ends[:, k]) for k in (0, 1))
    got = sweep(np.array([0, len(rows)]), a, b, np.array(chance), numbered, 86400.0)[0]
    covered, low, told, high = by_hours(windows, chance, who)
    assert got[0] == covered and got[1] == pytest.approx(low) and got[3] == pytest.approx(high)
    assert np.isnan(got[2]) if told is None else got[2] == pytest.approx(told)


look_rows = st.lists(
    st.fixed_dictionaries(
        {"from": st.integers(0, 40), "long": st.integers(0, 30), "p": st.none() | share,
         "source": st.sampled_from(["a", "b", "b/x"]), "means": st.sampled_from(["patrol", "satellite", "outlet", None]),
         "gap": st.none() | st.just("cloud")}
    ), min_size=1, max_size=6,
)  # fmt: skip
COARSE = replace(PARAMS, cell_m=40_000.0)


@settings(max_examples=25, deadline=None)
@given(look_rows, st.randoms())
def test_the_order_of_looks_changes_nothing_and_bounds_are_in_order(rows, random):
    made = [{**r, "to": r["from"] + r["long"], "id": f"c#{n}"} for n, r in enumerate(rows)]
    other = list(made)
    random.shuffle(other)
    table = exposure(looks(*made), ASK, COARSE)
    assert table.equals(exposure(looks(*other), ASK, COARSE))
    assert (table["low"] <= table["high"] + 1e-12).all()
    told = table.drop_nulls("p_noticed")
    assert ((told["low"] <= told["p_noticed"] + 1e-9) & (told["p_noticed"] <= told["high"] + 1e-9)).all()


@settings(max_examples=25, deadline=None)
@given(look_rows)
def test_one_more_look_never_lowers_what_all_could_have_seen(rows):
    made = [{**r, "to": r["from"] + r["long"], "gap": None, "p": 0.5} for r in rows]
    both = [
        exposure(looks(*part), ASK, COARSE).filter(pl.col("source") == TOGETHER).select("cell", "t0", "low", "high")
        for part in (made[:-1], made)
    ]
    joined = both[0].join(both[1], on=["cell", "t0"], how="left", suffix="_more")
    assert (joined["low_more"] >= joined["low"] - 1e-12).all() and (joined["high_more"] >= joined["high"] - 1e-12).all()
