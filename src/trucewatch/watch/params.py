"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScanParams:
    """Numbers of the scan for clusters in space and time that no option gives."""

    least_cases: int = 2
    """A cluster of one case is a case: nothing is near it."""
    most_share: float = 0.5
    """More than this share of all cases is no cluster: then the rest is where something happened, or did not."""
    most_clusters: int = 20
    """So many clusters are told at most; those further down the list have never been of use to anybody."""
    sphere_km: float = 6_371.0
    """Radius of the sphere on which distances are measured, as the method's other programs have it."""
    same_km: float = 1e-6
    """Distances that differ by less are the same, and enter a circle together: a millimetre, above rounding's reach."""


@dataclass(frozen=True)
class BaselineParams:
    """Numbers of the baseline: how it is learnt, and how much of what is not known is taken against an alarm."""

    least_days: int = 56
    """Eight weeks: fewer tell neither a weekday nor how much days differ."""
    least_counts: int = 20
    """Fewer counts tell the mean only to within half of itself."""
    season_pairs: int = 2
    """Waves of the year: one for summer and winter, one for spring and autumn."""
    prior_sd: float = 0.5
    """Weekdays and seasons differ by about so much (log scale); steadies weights that few days speak of."""
    rounds: int = 25
    """Newton's steps at most; five are usual."""
    settled: float = 1e-6
    """A step smaller than this changes nothing that anybody reads."""
    k_least: float = 0.02
    """The widest spread that is believed: variance fifty times the square of the mean."""
    k_most: float = 1000.0
    """From here on days differ as a Poisson law has it."""
    k_steps: int = 60
    """Points between them at which the likelihood is asked, a fifth apart; a parabola does the rest."""
    k_sigmas: float = 1.0
    """Standard errors by which k is taken lower than the likeliest."""
    k_step: float = 0.9
    """Steps by which k is lowered until the baseline's own evidence is no more than chance."""
    mean_sigmas: float = 1.0
    """Standard errors by which the mean is taken higher."""
    growths: tuple[float, ...] = (1.3, 1.6, 2.0, 2.8, 4.0)
    """Rises that are looked for, as multiples of the mean: a build-up, a doubling, an offensive."""
    tried: tuple[float, ...] = (2.0, 4.0)
    """Rises of which it is said how long they would take to raise an alarm: a doubling, and an offensive."""
    blind_days: int = 90
    """A series on which even the larger of them would take longer is not watched, and that is said: a season late."""
    far_sigmas: float = 12.0
    """Counts are reckoned up to so many standard deviations above the mean; beyond there is nothing that weighs."""
    most_counts: int = 100_000
    """Where a day may count more, so many quantiles stand for its counts: a thousandth of a day is not noticed."""
    most_evidence_a_day: float = 20.0
    """No day counts for more: a single day, however high, is a burst and not yet a change."""
    stretches: tuple[int, ...] = (1, 3, 7, 14)
    """Days over which the baseline's own evidence is tried: bursts last about so long."""
    stretch_sigmas: float = 2.0
    """Standard errors by which that evidence is taken higher than it was."""
    least_stretches: int = 8
    """A stretch is tried only where the baseline holds so many of them."""
    trend_pairs: int = 3
    """Waves of the year in `trend`, which judges single days: a spring of burning is a matter of weeks."""
    share_prior: float = 0.5
    """Counts that each series of a larger place begins with: one that never counted is not one that cannot."""
    k_floor: float = 1e-4
    """How far `trend` lowers k at most: in a small cell nearly all days count nothing, and one counts fifty."""
    rate_kept: float = 0.5
    """Share of the rate that the baseline's own days may use up; what was fitted to them fits them too well."""
    higher: tuple[float, ...] = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0)
    """How much higher a baseline is tried, to say which one would have raised no alarm."""


@dataclass(frozen=True)
class PowerParams:
    """Numbers by which it is drawn what an alarm would notice."""

    draws: int = 1000
    """Drawings of each question: a chance is then told to within three points."""
    days_before: int = 60
    """Days for which the alarm has been running when the rise begins; by then its evidence goes up and down about one
    level, and does so much longer."""
    sigmas: float = 1.96
    """The interval told around a drawn chance holds it 19 times in 20."""
    seed: int = 1
    """Where the dice start, so that the same question has the same answer."""


@dataclass(frozen=True)
class PauseParams:
    """Numbers by which a pause, or a truce, is held against dates on which there was none."""

    false_alarms: float = 0.05
    """Share of dates on which nothing happened that may be called a change."""
    normal_bar: float = 1.96
    """No effect smaller than this many of its own standard errors is beyond chance, however calm the placebo dates."""
    least_placebos: int = 8
    """Placebo dates that do not overlap, below which what chance does is not known."""
    least_count: int = 10
    """With fewer in both windows together no ratio is told: its interval would hold everything."""
    least_known: float = 0.5
    """Share of the days of the pause, or of those after it, that must be known: fewer tell about themselves alone."""
    least_days: int = 7
    """Known days that the window before needs at least, to know its level and spread."""
    most_lag_days: int = 14
    """How late a map is looked for: mappers wait for pictures, and for the side whose ground it is to say so."""
    trend_sd: float = 0.02
    """How steep a trend before is followed (rebound, truces of weeks), on the log scale a day: two percent."""


@dataclass(frozen=True)
class CaseParams:
    """Numbers by which a case becomes series."""

    cell_km: float = 10.0
    """Side of the cells: coarser than most reports are placed, and finer than a front is wide."""
    least_cell_km: float = 1.0
    """Reports are placed no finer; smaller cells would count how a place name was looked up."""
    most_cell_km: float = 200.0
    """Larger cells are districts: areas of a map say better where they end."""
    digits: int = 3
    """Digits of a degree in a cell's name: a hundred metres, so that no two cells share one."""
    most_rows: int = 20_000_000
    """Places times days that are held in memory at once: some two gigabytes."""
