"""Real days: pockets that were, and drawing artefacts that were none."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from trucewatch.cli.base import mapping
from trucewatch.ports import Capture
from trucewatch.ring import Asked, RingParams, drawn, middle_of_map, rings, scan, trend
from trucewatch.sources.control import SOURCE

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("TRUCEWATCH_DATA", ROOT.parent / "shared/data")) / "deepstate_control_daily"
P = RingParams()
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the daily maps of control are not here (TRUCEWATCH_DATA)")


def map_of(day):
    path = DATA / f"{day}.geojson.gz"
    if not path.exists():
        pytest.skip(f"the map of {day} is not here")
    keep = {"mapping": mapping("deepstate-daily")}
    capture = Capture("m", "control", path.name, "application/geo+json", datetime(2026, 1, 1, tzinfo=UTC), "", keep)
    return drawn(SOURCE.read(capture, path.read_bytes()).areas)


def ring(day, lon, lat):
    made = rings([map_of(day)], Asked("ukraine", lon, lat, "ukraine"), P).rings
    return {row["treatment"]: row for row in made.rows(named=True)}


def test_near_uspenivka_the_ring_is_closed_only_if_grey_counts_as_hostile():
    rows = ring("2024-12-12", 37.27, 47.91)
    assert rows["contested_free"]["neck_m"] == pytest.approx(1778, abs=5)
    assert rows["contested_hostile"]["neck_m"] == 0
    assert rows["contested_hostile"]["pocket_km2"] == pytest.approx(4.8, abs=0.1)


def test_south_of_velyka_novosilka_it_is_closed_either_way():
    rows = ring("2024-12-21", 36.79, 47.78)
    assert [rows[t]["neck_m"] for t in rows] == [0, 0]
    assert rows["contested_free"]["pocket_km2"] == pytest.approx(7.3, abs=0.1)


@pytest.mark.parametrize(("day", "free", "hostile"), [("2024-12-15", 8322, 6088), ("2024-12-31", 7488, 4751)])
def test_velyka_novosilkas_own_neck_narrows_through_december(day, free, hostile):
    rows = ring(day, 36.8367, 47.8397)
    assert rows["contested_free"]["neck_m"] == pytest.approx(free, abs=5)
    assert rows["contested_hostile"]["neck_m"] == pytest.approx(hostile, abs=5)


def test_where_it_hangs_on_little_whether_there_is_a_neck_the_rungs_bounds_say_so():
    """On 14 December the ground about Velyka Novosilka opens a little more than the rule asks, on the 15th a little less."""
    for day in ("2024-12-14", "2024-12-15"):
        row = ring(day, 36.8367, 47.8397)["contested_hostile"]
        assert row["rung_low"] == 0 < row["rung_high"] and "hangs on little" in row["because"], (day, row["because"])


def test_near_uspenivka_the_place_fell_by_the_sixteenth_and_was_last_open_before():
    maps = [map_of(f"2024-12-{day}") for day in (11, 12, 15, 16)]
    rows = trend(rings(maps, Asked("ukraine", 37.27, 47.91, "ukraine"), P).rings, P).rows(named=True)
    told = {r["treatment"]: (r["resolved"], r["last_open"].day, r["known_low"], r["known_high"]) for r in rows}
    assert told == {"contested_free": ("fell", 15, 0, 6), "contested_hostile": ("fell", 11, 6, 6)}
    assert {(r["resolved_after"].day, r["resolved_by"].day) for r in rows} == {(15, 16), (12, 16)}


def test_across_the_border_in_august_it_was_a_salient_that_touches_its_own_side():
    rows = ring("2024-08-20", 35.25, 51.2)
    assert rows["contested_hostile"]["neck_m"] > 20_000 and rows["contested_hostile"]["rung_high"] <= 3
    assert all(row["rung_high"] < 5 and row["physical"] == "not_met" for row in rows.values())


@pytest.mark.parametrize("day", ["2022-04-03", "2022-04-10", "2022-04-20", "2024-12-12"])
def test_no_closed_pocket_is_told_from_what_is_only_drawn_so(day):
    told = map_of(day)
    found = scan(told, Asked("ukraine", *middle_of_map(told), "ukraine"), 1000.0, P)
    closed = found.filter(pl.col("fit_to_tell") & (pl.col("neck_m") == 0))
    for lon, lat, near in ((37.11, 50.02, 0.6), (38.15, 49.3, 0.2), (33.1, 46.75, 0.1)):
        here = ((pl.col("lon") - lon).abs() < near) & ((pl.col("lat") - lat).abs() < near)
        assert closed.filter(here).is_empty(), closed.filter(here).select("lon", "lat", "pocket_km2")
