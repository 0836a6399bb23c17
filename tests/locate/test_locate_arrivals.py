"""Arrival times to a place: right where it can be, wide where it must be, and no answer where there is none."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares
from sounded import found, heard, inside

from trucewatch.locate import ArrivalParams
from trucewatch.locate.arrivals import sound_mps


def moved(happening, turn=0.0, dx=0.0, dy=0.0, size=1.0):
    c, s = math.cos(turn), math.sin(turn)
    sensors = [
        {**one, "x": size * (c * one["x"] - s * one["y"]) + dx, "y": size * (s * one["x"] + c * one["y"]) + dy}
        for one in happening["sensors"]
    ]
    return {**happening, "sensors": sensors}


def place(happening):
    located, wrong = found(happening)
    assert wrong.is_empty(), wrong
    return located.row(0, named=True)


def test_a_bang_heard_by_eight_sensors_without_error_is_where_it_was_and_when():
    one = place(heard())
    assert (one["x"], one["y"], one["t"]) == (
        pytest.approx(120, abs=0.01),
        pytest.approx(-80, abs=0.01),
        pytest.approx(5, abs=1e-4),
    )
    assert one["agreeing"] > 7.9
    assert one["set_aside"] == []


@pytest.mark.parametrize("seed", range(6))
def test_with_errors_the_place_is_near_what_plain_least_squares_finds_by_hand(seed):
    happening = heard(noise_s=0.004, seed=seed)
    xy = np.array([(s["x"], s["y"]) for s in happening["sensors"]])
    t = np.array([s["t"] for s in happening["sensors"]])
    c = sound_mps(np.array([10.0]))[0]
    by_hand = least_squares(
        lambda p: p[2] + np.hypot(*(xy - p[:2]).T) / c - t, [0, 0, t.min()], x_scale=[100, 100, 0.3]
    )
    one = place(happening)
    assert math.hypot(one["x"] - by_hand.x[0], one["y"] - by_hand.x[1]) < 1.5


@given(turn=st.floats(0, 6.28), dx=st.floats(-1e6, 1e6), dy=st.floats(-1e6, 1e6), seed=st.integers(0, 20))
@settings(max_examples=25, deadline=None)
def test_a_map_that_is_turned_and_shifted_turns_and_shifts_the_answer(turn, dx, dy, seed):
    plain, there = heard(noise_s=0.004, seed=seed), None
    here, there = place(plain), place(moved(plain, turn, dx, dy))
    x = math.cos(turn) * here["x"] - math.sin(turn) * here["y"] + dx
    y = math.sin(turn) * here["x"] + math.cos(turn) * here["y"] + dy
    assert math.hypot(there["x"] - x, there["y"] - y) < 0.02
    assert there["semi_major_m"] == pytest.approx(here["semi_major_m"], rel=1e-2)


@given(size=st.sampled_from([0.5, 2.0, 3.28084]), seed=st.integers(0, 10))
@settings(max_examples=15, deadline=None)
def test_other_units_of_length_with_the_speed_in_them_give_the_same_place(size, seed):
    plain = heard(noise_s=0.004, seed=seed, speed_mps=337.0, speed_sd_mps=0.0)
    here, there = place(plain), place({**moved(plain, size=size), "speed_mps": 337.0 * size})
    assert math.hypot(there["x"] / size - here["x"], there["y"] / size - here["y"]) < 0.05


@given(order=st.permutations(range(8)), late=st.floats(0, 1e9))
@settings(max_examples=20, deadline=None)
def test_the_order_of_sensors_and_the_clocks_zero_play_no_part(order, late):
    plain = heard(noise_s=0.004)
    other = {**plain, "sensors": [{**plain["sensors"][k], "t": plain["sensors"][k]["t"] + late} for k in order]}
    here, there = place(plain), place(other)
    assert math.hypot(there["x"] - here["x"], there["y"] - here["y"]) < 0.01
    assert there["t"] - late == pytest.approx(here["t"], abs=1e-4)


def test_happenings_of_one_file_do_not_touch_one_another():
    several = [{**heard(noise_s=0.004, seed=k, n=4 + k % 5), "id": f"h{k}"} for k in range(150)]
    together, _ = found(*several)
    alone = pl.concat([found(one)[0] for one in several[:20]])
    assert together.head(20).select("x", "y", "t", "semi_major_m").equals(alone.select("x", "y", "t", "semi_major_m"))


@pytest.mark.parametrize("late_s", [0.15, 0.6, 4.0, -0.5, -3.0])
def test_an_echo_or_a_false_arrival_is_set_aside_and_named(late_s):
    happening = heard(noise_s=0.004)
    happening["sensors"][3]["t"] += late_s
    one = place(happening)
    assert one["set_aside"] == ["s3"]
    assert math.hypot(one["x"] - 120, one["y"] + 80) < 6


def test_three_echoes_of_ten_are_set_aside():
    happening = heard(n=10, noise_s=0.004, seed=4)
    for k, late_s in ((1, 0.3), (5, 0.7), (8, 0.2)):
        happening["sensors"][k]["t"] += late_s
    one = place(happening)
    assert one["set_aside"] == ["s1", "s5", "s8"]
    assert math.hypot(one["x"] - 120, one["y"] + 80) < 8


def test_wind_that_is_told_moves_the_place_back_against_it():
    happening = heard(n=9, seed=5)
    c = sound_mps(np.array([10.0]))[0]
    for s in happening["sensors"]:
        off = np.array([s["x"] - 120, s["y"] + 80])
        s["t"] = 5 + float(np.hypot(*off) / (c + 8 * off[0] / np.hypot(*off)))
    told, ignored = place({**happening, "wind": {"speed_mps": 8, "from_deg": 270}}), place(happening)
    assert math.hypot(told["x"] - 120, told["y"] + 80) < 0.05
    assert math.hypot(ignored["x"] - 120, ignored["y"] + 80) > 5


def test_what_is_not_known_makes_the_region_wider():
    happening = heard(noise_s=0.004)
    known = place(happening)
    for less in ({"temperature_c": None}, {"wind": None}):
        assert place({**happening, **less})["semi_major_m"] > known["semi_major_m"]
    exact, _ = found(happening, params=ArrivalParams(survey_sd_m=0.0))
    assert exact["semi_major_m"].item() < known["semi_major_m"]


def test_sensors_in_a_line_say_that_it_may_as_well_be_on_the_other_side():
    happening = heard(n=6, at=(120.0, -300.0))
    c = sound_mps(np.array([10.0]))[0]
    for s in happening["sensors"]:
        s["y"] = 0.0
        s["t"] = 5 + math.hypot(s["x"] - 120, 300) / c
    one = place(happening)
    assert one["rival_p"] == pytest.approx(0.5, abs=0.05)
    assert {round(one["y"], -1), round(one["rival_y"], -1)} == {-300, 300}
    assert one["semi_major_m"] > 500


@pytest.mark.slow
@pytest.mark.parametrize("n", [4, 6, 12])
def test_regions_of_invented_happenings_cover_what_they_claim(n):
    draw = np.random.default_rng(n)
    true = draw.normal(0, 300, (600, 2))
    params = ArrivalParams(survey_sd_m=0.0, temperature_sd_c=0.0, wind_sd_mps=0.0)
    made = [{**heard(n=n, at=tuple(p), noise_s=0.006, seed=1000 * n + k), "id": str(k)} for k, p in enumerate(true)]
    located, _ = found(*made, params=params)
    hit = inside(located, true[located["id"].cast(pl.Int64).to_numpy()])
    assert located.height > 570
    assert 0.92 <= hit.mean() <= 0.995


# What is no answer


def reason(happening):
    located, wrong = found(happening)
    assert located.is_empty()
    lost = wrong.filter("lost")
    assert lost.height == 1
    return lost["message"].item()


def test_two_arrivals_are_no_place():
    assert "needs three or more" in reason(heard(n=2))


def test_four_arrivals_of_which_no_four_agree_are_no_place():
    happening = heard(n=4)
    happening["sensors"][2]["t"] += 1.0
    assert "clocks out of step" in reason(happening)


def test_clocks_out_of_step_are_no_place():
    happening = heard()
    for k, s in enumerate(happening["sensors"]):
        s["t"] += 3.7 * k
    assert "clocks out of step" in reason(happening)


def test_degrees_given_as_metres_are_no_place():
    happening = heard()
    for s in happening["sensors"]:
        s["x"], s["y"] = 38 + s["x"] / 7e4, 48 + s["y"] / 1.1e5
    assert "units" in reason(happening)


def test_sensors_at_one_spot_are_one_sensor():
    happening = heard()
    for s in happening["sensors"]:
        s["x"], s["y"] = 1.0, 2.0
    assert found(happening)[0].is_empty()


def test_a_sensor_twice_with_two_times_is_not_used_and_told():
    happening = heard()
    happening["sensors"].append({**happening["sensors"][0], "t": 7.7})
    located, wrong = found(happening)
    assert located["given"].item() == 7
    assert wrong["code"].to_list() == ["sensor_twice"]


def test_a_sensor_twice_with_one_time_counts_once():
    happening = heard()
    happening["sensors"].append(dict(happening["sensors"][0]))
    located, wrong = found(happening)
    assert located["given"].item() == 8
    assert wrong["code"].to_list() == ["sensor_twice"]


def test_launch_and_impact_are_two_places_and_what_flies_is_none():
    launch, impact = heard(at=(-300.0, 200.0)), heard(at=(400.0, 100.0), t0=20.0, seed=2)
    sensors = [{**s, "phase": "launch"} for s in launch["sensors"]] + [
        {**s, "phase": "impact", "sensor": "i" + s["sensor"]} for s in impact["sensors"]
    ]
    sensors.append({"sensor": "f", "x": 0.0, "y": 0.0, "t": 7.0, "phase": "flight"})
    located, wrong = found({**launch, "sensors": sensors})
    assert located.sort("phase").select("phase", pl.col("x").round(0)).rows() == [("impact", 400.0), ("launch", -300.0)]
    assert wrong["code"].to_list() == ["flight"]


def test_degrees_give_degrees_on_the_antimeridian_and_at_a_pole():
    for lon, lat in ((180.0, 10.0), (38.0, 89.999), (38.0, 48.0)):
        from trucewatch.locate.plane import Plane

        plane, plain = Plane(lon, lat), heard()
        sensors = []
        for s in plain["sensors"]:
            east, north = plane.back(s["x"], s["y"])
            sensors.append({"sensor": s["sensor"], "lon": east, "lat": north, "t": s["t"]})
        one = place({**plain, "sensors": sensors})
        x, y = plane.there(one["x"], one["y"])
        assert math.hypot(x - 120, y + 80) < 0.05
