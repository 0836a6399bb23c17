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
    step_of_error: float = 4.0
    """Sightings whose errors are within this factor are met in boxes of one size; only speed depends on it."""
    clock_sd_s: float = 600.0
    """Clocks, rounding and how long a thing goes on: standard deviation of one source's time beyond its stated span."""
    place_sd_m: float = 150.0
    """What a stated point leaves out (centre of the thing, map datum): standard deviation in metres."""
    gate_sigmas: float = 3.0
    """Pairs further apart than this many standard deviations in place or time are not scored: 99 in 100 lie within."""
    cell_m: float = 10_000.0
    """Incidents no further apart than this are asked of as pairs, and their density is counted so far around."""
    cell_s: float = 86_400.0
    """The same in time."""
    background_m: float = 17_000.0
    """Circle in which the background density is counted: wider than most errors, narrower than a front."""
    background_s: tuple[float, ...] = (1.5 * 86_400.0, 6 * 86_400.0, 24 * 86_400.0)
    """To either side in time, shortest first; many sources know no finer time than the day. The first is taken that
    holds enough: a burst is its own background, and a quiet place needs weeks to show how quiet it is."""
    background_enough: int = 10
    """So many reports of one source show how dense it is, within a third or so."""
    p_both: float = 0.5
    """Chance that a second source reports what the first one did (Sutherland and Saunders' Q)."""
    p_again: float = 0.3
    """Chance that a source which may give several sightings of one incident gives one more."""
    accept_odds: float = 2.0
    """Link only where the same happening is at least this many times likelier than coincidence."""
    apart: float = -3.0
    """No pair's log odds are told as less than this in a link's score."""
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
    habit: float = 0.5
    """From this chance on that one source only repeats another, both are one lineage where they tell of one thing."""
    least_spurious: float = 0.005
    """No source is believed to invent less than this share of what it reports: else nothing could count against it."""
    most_spurious: float = 0.95
    """Nor more than this: such a source still tells something."""
    by_chance: float = 0.01
    """How often a source lies beside what another tells by chance alone, where that was not learnt."""
    looked_m: float = 50_000.0
    """Side of the stretches of ground in which a source either reports or does not: its silence counts only there."""
    looked_s: float = 30 * 86_400.0
    """Their length in time."""
    least_judged: int = 30
    """With fewer judged incidents than this the prior stands: a curve through less follows single cases."""
    ridge: float = 1.0
    """How strongly weights are pulled to what the prior says; the pull of one judged incident or so."""
    least_seen: int = 20
    """Kinds with fewer incidents than this are no stratum of their own: too few are told of twice."""
    most_lists: int = 5
    """Sources that are kept apart when what nobody reports is estimated; the rest count as one, since
    patterns double with each."""
    folds: int = 10
    """Scores are calibrated on incidents that the weights have not seen, in so many folds."""
    bins: int = 10
    """Bars of a reliability diagram, and of the calibration error."""


@dataclass(frozen=True)
class RuleParams:
    """Numbers of linking by a window, after MELTT; its users choose them for their lists, and so can ours."""

    within_m: float = 4_000.0
    """Two reports of one incident are no further apart than this: what MELTT's own example takes."""
    within_s: float = 2 * 86_400.0
    """Nor are their first instants, nor their last: again what its example takes."""
    one_unit_s: float = 86_400.0
    """What lasts longer than this is an episode; lists of events know no finer unit than the day."""


@dataclass(frozen=True)
class LearnParams:
    """Numbers of `fuse learn`: how far it looks, how much it needs, and what it never believes."""

    reach_m: float = 12_000.0
    """How far apart two reports are compared: four standard deviations of a pair of rather vague sources."""
    reach_s: float = 3 * 86_400.0
    """And how far apart in time. From there to three times as far only coincidence is counted."""
    most_told_m: float = 9_000.0
    """Reports that tell a radius larger than this teach nothing of place: the reach would cut their errors short."""
    told_too_much: float = 0.7
    """A source's radii are held to tell too much where its matches lie as near as this share of them, or nearer; above,
    they are taken at their word: a third off is within what thirty matches show by chance."""
    least_told: float = 0.05
    """No source's matches are held to lie nearer than this share of its radii."""
    sample_rows: int = 150_000
    """Of more reports than this, whole stretches of time are taken evenly from all of it: neighbours stay together."""
    stretches: int = 24
    """Into so many stretches that sample is divided, so that no season speaks for the year."""
    least_matches: float = 30.0
    """Fewer matched pairs than this between two sources teach nothing: an error from 30 is good to about a tenth."""
    most_pairs_of_sources: int = 400
    """The pairs of sources that meet most often, at most so many, are fitted: the rest are too few to tell."""
    steps: int = 60
    """Steps of expectation and maximisation; far fewer are needed where sources are sharp."""
    sure: float = 0.9
    """A pair likelier the same than this is taken as one when a third source is sought beside it."""
    same_place_m: float = 1.0
    """Nearer than this is the same point, copied or from one gazetteer."""
    same_time_s: float = 1.0
    """Nearer than this is the same instant told."""
    least_copied: float = 0.02
    """A share of copies below this is not told apart from chance likeness."""
    least_copies: int = 10
    """Fewer copies than this make no habit of copying."""
    least_repeated: float = 0.02
    """A source that repeats itself in fewer of its reports than this gives one report of an incident."""
    least_sigmas: float = 3.0
    """Nor one whose repeats could be coincidence: fewer than so many roots of all its pairs that are near. Where much
    happens near by, what is near by chance varies by more than few repeats would show."""
    most_repeats: int = 30
    """No source is taken to give more reports of one incident than this."""
    words_s: float = 4 * 86_400.0
    """The same words within this time are of one origin; a headline that comes back later tells of something new."""
    least_words: int = 4
    """Fewer words than this are a stock phrase (`air alert`), and say nothing about who copied whom."""
    worth_m: float = 2_000.0
    """A detection so near a report may be of it: two pixels of the coarser instruments."""
    worth_s: float = 86_400.0
    """And so near in time: many reports know the day only."""
    worth_shifts_s: tuple[float, ...] = (14 * 86_400.0, 21 * 86_400.0, 28 * 86_400.0, 35 * 86_400.0)
    """Reports are moved by so much, back and on, to see what lies beside them by chance: past any battle's echo, within
    the season."""
    least_sd_m: float = 1.0
    """No error in place is learnt to be smaller than this."""
    least_sd_s: float = 1.0
    """No error in time is learnt to be smaller than this."""
