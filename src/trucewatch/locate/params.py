"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArrivalParams:
    """Numbers by which arrival times become a place. Those of the error were tried on 179 shots at five positions."""

    level: float = 0.95
    """Chance that the region claims to hold the place."""
    path_sd_s: float = 0.006
    """No arrival is believed better than this, whatever `sigma` says: sound goes round houses and over hills."""
    path_rate: float = 0.001
    """What the path's roughness adds with each second of travel, as a share of it: gusts and warm air."""
    tail: float = 4.0
    """Shape of Student's t for arrivals that are on time: paths differ, so some are off by far more than most."""
    p_false: float = 0.02
    """Chance that an arrival is not of this happening, or is not the first way it came."""
    p_echo: float = 0.8
    """Of those, the share that comes late: an echo is later than the straight way, never earlier."""
    echo_s: float = 0.3
    """Mean lateness of an echo: a hundred metres of detour."""
    window_s: float = 10.0
    """Span over which an arrival of something else is as likely at any time."""
    prior_arrivals: float = 8.0
    """The errors above weigh as much as this many arrivals when a happening's own residuals scale its region."""
    survey_sd_m: float = 2.5
    """Standard deviation of surveyed positions that all sensors share with the map: hand-held GPS."""
    temperature_c: float = 10.0
    """Air temperature where none is told, in degrees Celsius; its own error is then large."""
    temperature_sd_c: float = 1.0
    """Error of a told temperature: the station is not where the sound went."""
    unknown_temperature_sd_c: float = 10.0
    """Error of the temperature where none is told: a season's spread."""
    wind_sd_mps: float = 0.5
    """Error of a told wind, east and north: it is measured on another mast, at another minute."""
    unknown_wind_sd_mps: float = 2.0
    """Error of the wind where none is told: calm is assumed, and a light breeze is not excluded."""
    least_agreeing: float = 3.5
    """Of four arrivals or more, so many must agree on one place: any three name a place, right or wrong."""
    least_share: float = 0.5
    """And so large a share of them: a place that most arrivals speak against is none."""
    set_aside_below: float = 0.5
    """An arrival whose chance to be on time is below this is named as set aside."""
    reach_m: float = 20_000.0
    """No farther from the middle of the sensors is it looked for: farther off, air carries no bang for sure."""
    most_axis_m: float = 20_000.0
    """A region with a longer half axis than this is no answer, and none is given."""
    rival_told_above: float = 0.05
    """Another place is told where its chance is above this."""


@dataclass(frozen=True)
class StreamParams:
    """Numbers by which a stream of arrivals is told apart into shots."""

    p_heard: float = 0.5
    """Chance that a sensor of the array notes a shot: half of them stand behind a hill or in traffic."""
    least_gain: float = 3.0
    """Natural log of the odds, against chance, from which on a group of arrivals is a shot: one in twenty is wrong."""
    least_arrivals: int = 4
    """Any three arrivals name a place, right or wrong; so a shot has four or more."""
    slack_s: float = 0.05
    """Two arrivals of one shot may lie so much farther apart than sound takes between their sensors: wind, detours."""
    gate_sd: float = 4.0
    """An arrival is of a shot within so many standard deviations of its time."""
    most_threes: int = 2_000
    """Threes tried for each first arrival; beyond, they are drawn evenly from all."""
    least_span_s: float = 1.0
    """A stream is taken to be no shorter than this when the rate of its arrivals is told."""


@dataclass(frozen=True)
class SectorParams:
    """Numbers by which bearings and ranges become a region. First values, not yet learnt."""

    levels: tuple[float, ...] = (0.5, 0.8, 0.95)
    """Chances that the regions claim to hold the place."""
    heard_bearing_sd_deg: float = 4.0
    """Error of a bearing by ear, beyond the width that is told: heads turn, and walls send sound round."""
    seen_bearing_sd_deg: float = 2.0
    """Error of a bearing by eye, beyond the width that is told: a flash is over before the compass is up."""
    heard_range_share: float = 0.10
    """Error of a range by ear, as a share of it, beyond the band that is told: loudness says little of distance."""
    seen_range_share: float = 0.05
    """Error of a range by eye, as a share of it, beyond the band that is told."""
    range_floor_m: float = 50.0
    """No range by ear or eye is better than this, however near."""
    reach_m: float = 10_000.0
    """Where no range is told, half as often noticed from here as from near by: shelling carries ten kilometres."""
    reach_power: float = 4.0
    """How sharply that falls off with distance."""
    p_other: float = 0.15
    """Chance, beforehand, that an observer speaks of another happening, or errs by more than all that."""
    field_m: float = 15_000.0
    """Ground around the observers on which another happening could have been, to each side."""
    clock_sd_s: float = 600.0
    """Clocks and rounding of people's times: standard deviation beyond the span that is told."""
    other_s: float = 21_600.0
    """Span over which another happening could as well have been: a quarter of a day."""
    coarse_cells: int = 96
    """Cells to a side of the first grid, laid over all that any observer points to; only speed depends on it."""
    fine_cells: int = 128
    """Cells to a side of the second grid, laid where the first found the place to be."""
    points: int = 96
    """Points, each as likely as any other, by which a region goes on into the chance to lie in a zone."""
