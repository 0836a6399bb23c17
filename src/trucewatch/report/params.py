"""Every number of this room, its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class LevelParams:
    """What a release level leaves out."""

    cell_m: float
    """Positions are moved to the centre of a cell of this side in metres; 0 leaves them."""
    delay: timedelta
    """What happened less than this before the report was made is not in it."""
    observers: bool
    """Whether rows of single observations, their words and observers, are listed."""
    coverage: bool
    """Whether it says where and when nobody looked: in the wrong hands that aims."""
    words: bool
    """Whether the words of complaints, replies and rulings are in it that were not filed for everybody to read."""


@dataclass(frozen=True)
class DailyParams:
    """Numbers of the daily report."""

    evening: str = "19:30"
    """Hour of the zone's clock at which a period ends and the next begins: missions close the day before they write."""
    annex_rows: int = 400
    """Incidents printed in the annex table; the files beside the page hold all. Heavy days have some hundreds."""
    ids_shown: int = 12
    """Ids printed in a note; the JSON beside the page lists all."""


@dataclass(frozen=True)
class ReportParams:
    """Numbers of the page."""

    levels: dict[str, LevelParams] = field(
        default_factory=lambda: {
            "public": LevelParams(5_000.0, timedelta(hours=72), observers=False, coverage=False, words=False),
            "parties": LevelParams(1_000.0, timedelta(hours=24), observers=False, coverage=False, words=True),
            "restricted": LevelParams(0.0, timedelta(0), observers=True, coverage=True, words=True),
        }
    )
    """public: a cell of about 5 km and three days late, so that no position is of use; parties: a village and a day."""
    similar_sd: float = 2.0
    """Two counts are called *similar* where they differ by fewer than this many Poisson standard deviations."""
    watched_alike: float = 1.25
    """Two periods were watched alike where the greatest chance to notice differs by no more than this factor."""
    most_silent: int = 4
    """Silent looks named beside an incident; the others are counted."""
    day_bins: int = 124
    """Up to this many days the timeline counts by day, beyond by week."""
    week_bins: int = 260
    """Up to this many weeks it counts by week, beyond by month of 30 days."""
    most_conflicts: int = 20
    """Conflicts, ways out and packages of one file of positions that are printed; the rest is counted. More than a page
    of them is read by nobody, and the first ones are the firmest."""
    annex_rows: int = 200
    """Incidents printed in the annex, those with findings first; the files beside the page hold all."""
    note_rows: int = 2_000
    """Row ids listed under a note in report.json; beyond, the note gives the filter and the hash of the list."""
    ring_places: int = 24
    """Questions to `ring` that are told, those of the highest rungs first: each has a drawing a map."""
    map_width: int = 720
    """Pixels; the height follows the ground, within limits."""
    map_labels: int = 12
    """Places named on the map: those with most incidents."""
    map_cell_m: float = 5_000.0
    """Incidents are drawn as circles per cell of this side, their area by their number."""
    map_keep: float = 0.98
    """Share of the located incidents that the map has to show; the rest is counted beneath it."""
    map_regions: int = 200
    """Outlines of observers' regions that are drawn, the latest first to be kept; more would cover one another."""
    region_simplify_deg: float = 0.0005
    """Those outlines are thinned to this many degrees: they are small, and their shape is the point."""
    simplify_deg: float = 0.002
    """Outlines are thinned to this many degrees for the page: less than a pixel."""
