"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AssessParams:
    """Where bounds become words, and how finely a place is weighed."""

    indicated: float = 0.5
    """From this lower bound on an incident is *indicated*: more likely than not, however the open doubts turn out."""
    strongly_indicated: float = 0.9
    """From this lower bound on it is *strongly indicated*; about "very likely" in analysts' estimative words."""
    settled: float = 0.9
    """A doubt at or above this is not worth settling further."""
    sure_sigmas: float = 4.0
    """Further than this many standard deviations from a zone's edge, inside is inside: 1 in 10,000 is out there."""
    zone_points: int = 96
    """Points of the error circle that are tried against a zone's edge; the chance comes in steps of 1/96."""
    radius_sigmas: float = 2.4477
    """`radius_m` holds 95 in 100; a round normal scatter does so at this many standard deviations."""
    edge_matters: float = 0.05
    """Where a zone's edge may be off, chances to be inside that differ by more than this are not known."""
    line_step_deg: float = 0.05
    """A line is cut into pieces of this many degrees before it is widened, so that it stays true on a round earth."""
    line_piece_deg: float = 4.0
    """A line longer than this many degrees is widened in pieces: on the plane of one piece no metre is 0.05 % off."""
    contact_gap_m: float = 500.0
    """Ground of two sides drawn side by side touches where it is no further apart than this, in metres: slivers that a
    hand leaves between two outlines. Wider gaps are grey ground, and there is no line of contact in them."""
    contact_share: float = 0.1
    """Two sides' ground is drawn side by side only where this share of the shorter outline lies along the other; less
    is a map of patches: on three maps that draw one side whole and the other's gains alone it is 0.004 to 0.05."""
    map_edge_m: float = 200.0
    """Width in metres up to which a strip of gained ground may be a line drawn anew by hand, and is no gain. It takes
    1.5 % of what one mapper's daily maps of a month add up to."""
    least_km2: float = 0.5
    """Square kilometres from which ground gained on a map counts: a few fields; less is what drawing by hand makes."""
    map_lag_s: float = 3 * 86_400.0
    """How late a map may be, in seconds: mappers follow events by hours to days. What is drawn within this time after
    the start may have changed hands before it."""
    p_mapper: float = 0.7
    """Chance that a change of hands that one mapper draws took place: one voice, as a report (fuse, `p_statement`)."""
    p_statement: float = 0.7
    """Chance that one speaker's own count is right: a prior that nobody has calibrated, the same as for a report in
    `fuse`. Alone it makes it *indicated* at most that something owed was not done."""
    about: float = 1.5
    """A count that is told as about so many may be larger or smaller by this factor: half as many more, or a third
    less; the same as in `claims`."""
    most_periods: int = 10_000
    """What is owed for more periods than this is not cut up: 27 years of days. More is a slip of the pen."""


@dataclass(frozen=True)
class AttributionParams:
    """What may keep a party from being ruled out. Each errs to that side: to rule out wrongly is the worse mistake."""

    least_voices: int = 2
    """One voice alone may have the place, the kind or the weapon wrong, and just then a party seems unable to have done
    it: in simulated theatres two voices leave 10 of 118 such cases. Of either most are wrong."""
    map_edge_m: float = 5000.0
    """Edges of control on maps are drawn by hand after the event and may be off by this; patrols go as far beyond."""
    map_age_days: float = 14.0
    """A map that is older than this at the incident's end tells nothing of who stood where: fronts move."""
    presence_m: float = 5000.0
    """Who acts in person may have come this far from the ground that his side holds: an hour on foot."""
    flat_slack: float = 0.005
    """Distances are measured on a flat drawing of a round and flattened earth; what that leaves out, as a share."""
    bearing_slack_deg: float = 22.5
    """A direction by eye or ear may be off by this beyond what its source says: one point of a 16-point compass."""
    ear_factor: float = 2.0
    """A range by eye or ear may be wrong by this factor, either way."""
    turn_step_deg: float = 5.0
    """A wedge of ground is drawn with a corner each so many degrees; its outer edge is moved out to make up for it."""
