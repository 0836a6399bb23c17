"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FuseParams:
    """Numbers that decide which sightings are one happening. First values; `fuse learn` will replace them."""

    max_radius_m: float = 30_000.0
    """A sighting vaguer in place than this stands alone: a district or a province meets everything in it."""
    max_span_s: float = 8 * 86_400.0
    """A sighting vaguer in time than this stands alone; a week is the vaguest that event lists use for one event."""
    fine_radius_m: float = 2_500.0
    """Up to here a place counts as fine, and is met in small boxes; only speed depends on it."""
    fine_span_s: float = 3 * 3_600.0
    """Up to here a time counts as fine; only speed depends on it."""
    clock_sd_s: float = 600.0
    """Clocks, rounding and how long a thing goes on: standard deviation of one source's time beyond its stated span."""
    place_sd_m: float = 150.0
    """What a stated point leaves out (centre of the thing, map datum): standard deviation in metres."""
    gate_sigmas: float = 3.0
    """Pairs further apart than this many standard deviations in place or time are not scored: 99 in 100 lie within."""
    cell_m: float = 10_000.0
    """Side of the cells in which the background density is counted: wider than most errors, narrower than a front."""
    cell_s: float = 86_400.0
    """Their length in time: many sources know no finer time than the day."""
    p_both: float = 0.5
    """Chance that a second source reports what the first one did (Sutherland and Saunders' Q)."""
    accept_odds: float = 2.0
    """Link only where the same happening is at least this many times likelier than coincidence."""
    apart: float = -3.0
    """Log odds that a pair too far apart to be scored, or scored below this, adds: against, but not forbidding."""
    pixel_reach: float = 1.6
    """Heat pixels of one overpass are one fire where their centres are within this many times the sum of their radii:
    pixels that touch at a corner, or miss one between them."""
    p_statement: float = 0.7
    """Chance that what one voice reports did happen, before calibration: field experience, not measurement."""
    p_instrument: float = 0.95
    """Chance that heat seen from orbit was heat; sun glint and hot roofs are the rest."""
    p_most: float = 0.99
    """No voice is believed more than this, whatever it says of itself: else no denial could ever count."""
    p_may_be_nothing: float = 0.3
    """What a sighting adds that may as well have been burning stubble or an accident."""
    p_denial: float = 0.6
    """How far one denial speaks against: parties deny as a matter of routine, so a little more than a coin."""
