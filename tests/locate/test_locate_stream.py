"""Many shots told apart: by arrivals that a place explains, against what chance would bring together."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from sounded import shots
from streamed import SPEED, Theatre, apart, scored, stream

from trucewatch.cli import main
from trucewatch.locate import ArrivalParams, StreamParams
from trucewatch.locate.arrivals import _model
from trucewatch.locate.told import told


def test_shots_that_sound_into_each_other_are_told_apart_and_placed():
    found, right, pure = scored(Theatre(), range(4))
    assert (found, right) == (1.0, 1.0) and pure > 0.98


def test_false_arrivals_and_echoes_cost_little():
    found, right, pure = scored(Theatre(false=20, echo=0.2), range(4))
    assert found >= 0.9 and right >= 0.9 and pure > 0.95


def test_false_arrivals_alone_are_no_shot():
    assert [apart(stream(Theatre(shots=0, false=60), seed)[0])[0].height for seed in range(3)] == [0, 0, 0]


def test_what_no_shot_explains_is_left_and_nothing_is_lost():
    one, _, whose = stream(Theatre(false=6), 1)
    _, arrivals, left = apart(one)
    assert arrivals.height + left.height == len(one["sensors"])
    assert not arrivals.select("happening", "sensor").is_duplicated().any(), "a sensor hears a shot once"
    assert {whose[pair] for pair in left.select("sensor", "t").rows()} <= {-1, *range(4)}


def test_the_order_of_a_file_and_of_its_streams_plays_no_part():
    one, other = stream(Theatre(), 2)[0], stream(Theatre(shots=2), 3)[0]
    turned = {**one, "sensors": one["sensors"][::-1]}
    a, b = apart(one, other)[0], apart(other, turned)[0]
    for name in ("s2", "s3"):
        mine, theirs = (t.filter(pl.col("id").str.starts_with(f"{name}/")).drop("happening") for t in (a, b))
        assert mine.height and mine.equals(theirs)


def test_a_stream_of_one_shot_is_that_shot():
    one, _, _ = stream(Theatre(shots=1, false=0), 4)
    located, _, left = apart(one)
    assert located["id"].to_list() == ["s4/1"] and left.is_empty()


def test_launch_and_impact_are_never_joined_and_what_flies_has_no_place():
    one, (first, second), whose = stream(Theatre(shots=2, false=0), 5)
    said = [{**s, "phase": ["launch", "impact"][whose[s["sensor"], s["t"]]]} for s in one["sensors"]]
    said += [{**s, "phase": "flight", "t": s["t"] + 0.4} for s in one["sensors"][:6]]
    located, _, _ = apart({**one, "sensors": said})
    at = {phase: (x, y) for phase, x, y in located.select("phase", "x", "y").rows()}
    assert set(at) == {"launch", "impact"}
    assert math.dist(at["launch"], first[:2]) < 20 and math.dist(at["impact"], second[:2]) < 20


def test_fewer_than_four_sensors_tell_no_shot():
    one, _, _ = stream(Theatre(sensors=3, heard=1.0), 6)
    located, _, left = apart(one)
    assert located.is_empty() and left.height == len(one["sensors"])


def test_a_sensor_at_two_places_is_used_at_neither_and_the_same_arrival_twice_counts_once():
    one, _, _ = stream(Theatre(false=0), 7)
    first = one["sensors"][0]
    moved = {**one, "sensors": [*one["sensors"], {**first, "x": first["x"] + 100, "t": 9.0}, dict(one["sensors"][-1])]}
    _, rows, wrong = told([moved], "f.json", stream=True)
    assert wrong["message"].to_list() == [f"the sensor {first['sensor']} tells two places; none is used"]
    assert first["sensor"] not in set(rows["sensor"]) and not rows.is_duplicated().any()


def slow_score(p, sensors, free, numbers, named, rate):
    """The same score by doing it by hand: for each sensor its nearest free arrival, in plain Python."""
    model, total, taken = ArrivalParams(), 0.0, []
    for name, (x, y, times) in sensors.items():
        way = math.hypot(x - p[0], y - p[1]) / SPEED
        s = math.hypot(model.path_sd_s, model.path_rate * way)
        near = min((t for t in times if (name, t) in free), key=lambda t: abs(t - p[2] - way), default=None)
        if near is None or abs(near - p[2] - way) > numbers.gate_sd * s:
            total += math.log(1 - numbers.p_heard)
            continue
        taken.append((name, near))
        if (name, near) not in named:
            v, z = model.tail, (near - p[2] - way) / s
            density = math.exp(math.lgamma((v + 1) / 2) - math.lgamma(v / 2)) / math.sqrt(v * math.pi) / s
            density *= (1 + z * z / v) ** (-(v + 1) / 2) * (1 - model.p_false)
            total += math.log(numbers.p_heard * density / rate[name])
    return total, taken


def test_the_score_is_what_doing_it_by_hand_gives():
    from trucewatch.locate import stream_kernel as kernel

    one, true, _ = stream(Theatre(sensors=6, false=10), 8)
    rows = sorted((s["sensor"], s["t"], s["x"], s["y"]) for s in one["sensors"])
    names = sorted({row[0] for row in rows})
    starts = np.array([next(n for n, row in enumerate(rows) if row[0] == name) for name in names] + [len(rows)])
    t, x, y = (np.array([row[k] for row in rows]) for k in (1, 2, 3))
    draw, numbers = np.random.default_rng(9), StreamParams()
    free = draw.random(len(rows)) < 0.8
    rate = np.diff(starts) / t.max()
    packed = np.array([numbers.p_heard, 0, 4, numbers.slack_s, numbers.gate_sd, 100, 20_000.0])
    sensors = {n: (x[a], y[a], t[a:b].tolist()) for n, a, b in zip(names, starts, starts[1:], strict=False)}
    told_free = {(rows[k][0], rows[k][1]) for k in np.flatnonzero(free)}
    for place in (*true, (0.0, 0.0, 1.0)):
        taken = np.empty(len(names), np.int64)
        got, count = kernel.score(
            np.array(place), starts, x, y, t, np.zeros(len(t)), free, rate, SPEED, np.zeros(2), _model(ArrivalParams()),
            packed, np.array([0, 1, 2]), taken,
        )  # fmt: skip
        named = {(rows[k][0], rows[k][1]) for k in (0, 1, 2)}
        want, whom = slow_score(place, sensors, told_free, numbers, named, dict(zip(names, rate, strict=True)))
        assert got == pytest.approx(want, abs=1e-6)
        assert sorted((rows[k][0], rows[k][1]) for k in taken if k >= 0) == sorted(whom) and count == len(whom)


def test_the_command_tells_a_stream_apart_and_says_what_is_left(tmp_path):
    one, true, _ = stream(Theatre(), 10)
    path = tmp_path / "stream.json"
    path.write_text(json.dumps([one]))
    ran = CliRunner().invoke(main, ["locate", str(path), "--stream", "--json"])
    got = json.loads(ran.stdout)
    assert [row["id"] for row in got] == [f"s10/{n + 1}" for n in range(len(true))]
    assert "are of no shot" in ran.stderr
    mixed = CliRunner().invoke(main, ["locate", str(path), "--json"])
    assert mixed.exit_code == 2, "without the word each sensor stands twice"


def test_shots_of_the_live_fire_laid_over_each_other_are_told_apart():
    fired = shots()
    draw, right, made, given = np.random.default_rng(3), 0, 0, 0
    for turn in range(4):
        mine = [one for one in fired if one["position"] == f"FP{turn % 2 + 1}"]
        sensors, many = [], 3
        for n in draw.permutation(len(mine))[:many]:
            first, late = min(s["t"] for s in mine[n]["sensors"]), draw.uniform(0, 2)
            sensors += [
                {**s, "sensor": f"{s['x']:.0f} {s['y']:.0f}", "t": s["t"] - first + late} for s in mine[n]["sensors"]
            ]
        located, _, _ = apart(
            {"id": str(turn), "temperature_c": mine[0]["temperature_c"], "wind": [0, 0], "sensors": sensors}
        )
        off = located.select("x", "y").to_numpy() - np.array(mine[0]["true"])
        right += int((np.hypot(*off.T) < 15).sum())
        made, given = made + located.height, given + many
    assert right >= 0.75 * given and right >= 0.9 * made
