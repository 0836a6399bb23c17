"""Step 1: what a file of happenings says -> arrivals and conditions, a row each, and a problem for what cannot be used.

A file is a list with one object a happening: `id`, `sensors: [{x, y, t, sigma}]` in metres and seconds (or `lon, lat`
in degrees and times with an offset), `temperature_c`, and, where told, `wind` and `speed_mps`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError, nearest
from trucewatch.base.problem import problems
from trucewatch.base.time import instant

HAPPENINGS = pl.Schema(
    {"happening": pl.Int64, "id": pl.String, "phase": pl.String, "temperature_c": pl.Float64, "wind_east": pl.Float64,
     "wind_north": pl.Float64, "speed_mps": pl.Float64, "speed_sd_mps": pl.Float64, "dated": pl.Boolean,
     "degrees": pl.Boolean}
)  # fmt: skip
"""A row a happening and phase. `dated`: its times had a date; `degrees`: its sensors' places were longitudes."""
ARRIVALS = pl.Schema(
    {"happening": pl.Int64, "sensor": pl.String, "x": pl.Float64, "y": pl.Float64, "t": pl.Float64, "sigma": pl.Float64}
)
PHASES = ("launch", "flight", "impact")
"""A gun's report, the shock of what flies, and where it lands are three things, and are never joined."""
CONDITIONS = frozenset({"id", "sensors", "temperature_c", "wind", "speed_mps", "speed_sd_mps"})
SENSOR = frozenset({"x", "y", "lon", "lat", "t", "sigma", "phase", "sensor", "id"})
COLDEST_C, HOTTEST_C, FASTEST_WIND = -80.0, 60.0, 60.0
SLOWEST, FASTEST = 150.0, 9000.0
_Row = tuple[str, str, str, str, bool]
_Keep = Callable[[list[tuple[Any, ...]], str, list[_Row]], list[tuple[Any, ...]]]


class _Fault(Exception):
    """(what field, what is wrong): the row cannot be used."""


def told(said: Any, file: str, stream: bool = False) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Parsed JSON -> happenings, arrivals, problems. InputError where it is no list of happenings at all.

    Every happening of the file has a row or a problem with `lost`. stream: each is a stream of several shots, in which
    a sensor may stand as often as it heard something.
    """
    if not isinstance(said, list):
        raise InputError("is not a list of happenings", file=file, expected='[{"id": ..., "sensors": [...]}, ...]')
    heads: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    wrong: list[_Row] = []
    ids: set[str] = set()
    unread: dict[str, _Row] = {}
    for n, one in enumerate(said, 1):
        where = f"{file}, happening {n}"
        try:
            conditions = _conditions(one, ids)
            _unread(one, where, unread)
            phases, dated, degrees = _sensors(one, where, wrong, _each if stream else _once)
        except _Fault as fault:
            wrong.append((where, "unusable", *fault.args, True))
            continue
        for phase, arrivals in phases:
            key = len(heads)
            heads.append((key, conditions[0], phase, *conditions[1:], dated, degrees))
            rows += [(key, *arrival) for arrival in arrivals]
    made = pl.DataFrame(heads, schema=HAPPENINGS, orient="row"), pl.DataFrame(rows, schema=ARRIVALS, orient="row")
    return (*made, problems([*wrong, *unread.values()]))


def _unread(one: dict[str, Any], where: str, seen: dict[str, _Row]) -> None:
    """Fields that are none of ours, each once a file: a misspelt `temperature_c` must not become ten degrees unsaid."""
    sensors = one.get("sensors")
    listed = sensors if isinstance(sensors, list) else []
    theirs = set().union(*(set(sensor) for sensor in listed if isinstance(sensor, dict)))
    for there, known, at in ((set(one), CONDITIONS, where), (theirs, SENSOR, f"{where}, sensors")):
        for name in sorted(there - known - set(seen)):
            hint = nearest(name.lower(), sorted(known))
            seen[name] = (at, "unknown_field", name[:40], f"{name[:40]!r} is no field of ours; not read{hint}", False)


def _conditions(one: Any, ids: set[str]) -> tuple[Any, ...]:
    """id, temperature, wind east and north, speed of sound and its error."""
    if not isinstance(one, dict):
        raise _Fault("", "is not an object with id and sensors")
    name = one.get("id")
    if isinstance(name, bool) or not isinstance(name, (str, int)) or name == "":
        raise _Fault("id", "has no id")
    if str(name) in ids:
        raise _Fault("id", f"the id {str(name)!r} stands twice; only the first is used")
    ids.add(str(name))
    temperature = _number(one, "temperature_c")
    if temperature is not None and not COLDEST_C <= temperature <= HOTTEST_C:
        raise _Fault("temperature_c", f"{temperature:g} is no air temperature in degrees Celsius")
    speed, speed_sd = _number(one, "speed_mps"), _number(one, "speed_sd_mps")
    if speed is not None and not SLOWEST <= speed <= FASTEST:
        raise _Fault("speed_mps", f"{speed:g} is no speed of a wave in metres a second")
    if speed_sd is not None and not 0 <= speed_sd < (speed or SLOWEST):
        raise _Fault("speed_sd_mps", f"{speed_sd:g} is no error of a speed in metres a second")
    return (str(name), temperature, *_wind(one.get("wind")), speed, speed_sd)


def _wind(said: Any) -> tuple[float | None, float | None]:
    """`[east, north]`, or speed_mps and from_deg, the side that it blows from -> metres a second east and north."""
    if said is None:
        return None, None
    if isinstance(said, list) and len(said) == 2:
        east, north = (_finite(part, "wind") for part in said)
    elif isinstance(said, dict) and {"east_mps", "north_mps"} <= set(said):
        east, north = _finite(said["east_mps"], "wind"), _finite(said["north_mps"], "wind")
    elif isinstance(said, dict) and (speed := said.get("speed_mps", said.get("speed"))) is not None:
        blows, side = _finite(speed, "wind"), said.get("from_deg", said.get("direction"))
        if side is None and blows:
            raise _Fault("wind", "has a speed and no side that it blows from (from_deg)")
        turn = _finite(side or 0, "wind")
        if blows < 0 or not 0 <= turn <= 360:
            raise _Fault("wind", f"{blows:g} m/s from {turn:g} degrees is no wind")
        east, north = -blows * math.sin(math.radians(turn)), -blows * math.cos(math.radians(turn))
    else:
        raise _Fault("wind", "is neither [east, north] nor speed_mps and from_deg")
    if math.hypot(east, north) > FASTEST_WIND:
        raise _Fault("wind", f"{math.hypot(east, north):g} is no wind in metres a second")
    return east, north


def _sensors(
    one: dict[str, Any], where: str, wrong: list[_Row], kept_of: _Keep
) -> tuple[list[tuple[Any, Any]], bool, bool]:
    """Sensors -> [(phase, arrivals)], were times dates?, were places degrees? A sensor that cannot be used is told."""
    said = one.get("sensors")
    if not isinstance(said, list):
        raise _Fault("sensors", "has no list of sensors")
    read: list[tuple[Any, ...]] = []
    for n, sensor in enumerate(said, 1):
        try:
            read.append(_sensor(sensor, n))
        except _Fault as fault:
            wrong.append((f"{where}, sensor {n}", "unusable_sensor", *fault.args, False))
    if len({(row[5], row[6]) for row in read}) > 1:
        raise _Fault("sensors", "some have dates and others seconds, or some degrees and others metres")
    dated, degrees = (read[0][5], read[0][6]) if read else (False, False)
    phases = sorted({row[7] for row in read}, key=lambda phase: PHASES.index(phase) if phase else -1)
    kept = []
    for phase in phases:
        if phase == "flight":
            wrong.append((where, "flight", "phase", "the shock of what flies has no one place; not located", False))
            continue
        kept.append((phase, kept_of([row for row in read if row[7] == phase], where, wrong)))
    if not kept:
        raise _Fault("sensors", "no sensor with an arrival can be used" if said else "has no sensors")
    return kept, dated, degrees


def _each(read: list[tuple[Any, ...]], where: str, wrong: list[_Row]) -> list[tuple[Any, ...]]:
    """Every arrival; one that is told twice counts once. A sensor that stands at two places is used at neither."""
    places: dict[str, set[tuple[float, float]]] = {}
    for row in read:
        places.setdefault(row[0], set()).add((row[1], row[2]))
    for name in sorted(name for name, at in places.items() if len(at) > 1):
        wrong.append((where, "sensor_twice", name, f"the sensor {name} tells two places; none is used", False))
    return [row[:5] for row in dict.fromkeys(read) if len(places[row[0]]) == 1]


def _once(read: list[tuple[Any, ...]], where: str, wrong: list[_Row]) -> list[tuple[Any, ...]]:
    """One arrival a sensor: the same told twice counts once; two times of one sensor contradict, so neither is used."""
    # Two rows are of one sensor where their names are, or where they stand at one place.
    places: dict[tuple[float, float], str] = {}
    by: dict[str, list[tuple[Any, ...]]] = {}
    for row in read:
        name = row[0] if row[0] in by else places.setdefault((row[1], row[2]), row[0])
        by.setdefault(name, []).append(row)
    kept = []
    for name, rows in by.items():
        if len(rows) > 1:
            same = len({row[1:4] for row in rows}) == 1
            how = "the same arrival twice; counted once" if same else "two arrivals or two places; none is used"
            wrong.append((where, "sensor_twice", str(name), f"the sensor {name} tells {how}", False))
            if not same:
                continue
        kept.append(rows[0][:5])
    return kept


def _sensor(said: Any, n: int) -> tuple[Any, ...]:
    if not isinstance(said, dict):
        raise _Fault("", "is not an object with x, y and t")
    degrees = "lon" in said or "lat" in said
    x, y = (_finite(said.get(name), name) for name in (("lon", "lat") if degrees else ("x", "y")))
    if degrees and not (-180 <= x <= 180 and -90 <= y <= 90):
        raise _Fault("lon, lat", f"{x:g}, {y:g} are not the degrees of a place")
    time = said.get("t")
    dated = isinstance(time, str)
    if isinstance(time, str):
        try:
            t = (instant(time) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        except InputError as fault:
            raise _Fault("t", fault.what) from None
    else:
        t = _finite(time, "t")
    sigma = said.get("sigma")
    if sigma is not None and not _finite(sigma, "sigma") > 0:
        raise _Fault("sigma", f"{sigma:g} is no standard deviation in seconds")
    phase = said.get("phase")
    if phase is not None and phase not in PHASES:
        raise _Fault("phase", f"{phase!r} is none of {', '.join(PHASES)}")
    name = said.get("sensor", said.get("id"))
    return (str(n if name is None else name), x, y, t, sigma, dated, degrees, phase)


def _number(one: dict[str, Any], name: str) -> float | None:
    return None if one.get(name) is None else _finite(one[name], name)


def _finite(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _Fault(name, "is missing" if value is None else f"{value!r} is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _Fault(name, f"{number} is not a number that can be")
    return number
