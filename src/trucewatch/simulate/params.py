"""Every number of the room but the table of acts, its unit and its reason. Shares and chances are 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from trucewatch.base.errors import InputError


@dataclass(frozen=True)
class Outlet:
    """One teller of news. `favours`: 0 or 1, the party by its place in `parties`; None favours neither."""

    name: str
    """Of its file, and what others who repeat it call it."""
    favours: int | None
    hears_other: float
    """Chance to report an act with nobody hurt by the side it does not favour (by either, if it favours none)."""
    hears_own: float
    """Chance to report one by the side it favours."""
    copies: tuple[tuple[int, float], ...] = ()
    """(place in the list of outlets, share of that outlet's own reports that it repeats)."""


OUTLETS: tuple[Outlet, ...] = (
    Outlet("harbour-courier", 0, 0.30, 0.04),
    Outlet("meridian-daily", 1, 0.30, 0.04),
    Outlet("tern-wire", None, 0.18, 0.18),
    Outlet("lamp-channel", 0, 0.12, 0.01, ((0, 0.45),)),
    Outlet("quill-channel", 1, 0.12, 0.01, ((1, 0.45),)),
    Outlet("open-ledger", None, 0.06, 0.06, ((0, 0.08), (1, 0.08), (2, 0.25))),
)
"""Two for each side, of which the second mostly repeats the first, and two for none. The first that favours a side
also denies in its name. Mirror-symmetric, so that no side is told of better than the other."""


@dataclass(frozen=True)
class Ground:
    """Where the theatre lies. Open ocean, so that nobody takes it for a real one."""

    centre_lon: float = -40.0
    """Degrees east. The line runs north-south here, with no land within a thousand kilometres of it."""
    centre_lat: float = 40.0
    """Degrees north. Ten million observations reach from about 23 to 57 degrees, all of it water."""
    depth_km: float = 100.0
    """Ground on either side of the line."""
    line_bends: tuple[tuple[float, float], ...] = ((6.0, 140.0), (3.0, 53.0), (1.2, 17.0))
    """(swing km, wave length km) of the line's bends."""
    drift_km: float = 5.0
    """How far bulges of the line come to move outside the truce; bounded, so that the line stays in the theatre."""
    drift_wave_km: float = 90.0
    """Length of a bulge and its counterpart."""
    drift_days: float = 60.0
    """Days of fighting in which two thirds of that drift happen."""
    settlement_km: float = 10.0
    """One settlement in each square of this side."""
    people: float = 900.0
    """Median inhabitants."""
    people_spread: float = 1.4
    """Sigma of their logarithm: many hamlets, few towns."""
    road_share: float = 0.7
    """Of neighbouring settlements, how many have a road between them."""
    hotspot_km: float = 30.0
    """One stretch of heavier fighting to each so many km of line."""
    hotspot_share: float = 0.5
    """Of background incidents that fall in such stretches."""
    hotspot_sd_km: float = 3.0
    """Half their width."""
    contested_km: float = 2.0
    """Width of the strip that maps call contested."""
    vertex_km: float = 2.0
    """Spacing of the line's corners on maps of control."""


@dataclass(frozen=True)
class Bursts:
    """The self-exciting process: intensity = calm(t) x (background + what earlier incidents stir up)."""

    per_km_day: float = 0.55
    """Incidents per km of line and day in plain fighting: about 660 a day on 1,200 km, as in public counts."""
    branching: float = 0.45
    """Incidents that one stirs up, on average; must stay below 1 even in the rebound."""
    lag_h: float = 6.0
    """Mean hours until it does."""
    reach_km: float = 1.0
    """How far from it (standard deviation)."""
    same_act: float = 0.7
    """Of those, how many are the same kind of act."""
    answer: float = 0.25
    """Of those, how many are the other side's answer, across the line."""
    deep_share: float = 0.15
    """Of background incidents that happen far behind the line."""
    deep_from_km: float = 15.0
    """Where far behind begins."""
    settlement_sd_km: float = 1.2
    """Acts far behind the line fall about a settlement."""
    daytime: float = 0.65
    """Of background incidents that keep to the day's hours; the rest come at any hour."""
    daytime_sd_h: float = 3.5
    """Spread of those about solar noon."""
    burning_per_km2_day: float = 1.5e-4
    """Peaceful fires: a few each day in a district in the burning season."""
    injured_per_killed: float = 2.5
    """Mean, as in public counts of blasts."""
    harm_shape: float = 0.35
    """Gamma shape of harm: most hurt nobody, a few hurt many."""


@dataclass(frozen=True)
class Truce:
    """The agreement of the simulated theatre."""

    begins: float = 0.45
    """Share of the days before it."""
    ends: float = 0.80
    """Share of the days before its end."""
    calm: float = 0.35
    """What is left of the intensity. With the bursts, about a quarter of the incidents: subsided, not ceased."""
    rebound: float = 0.35
    """More intensity than plain fighting just after it ends."""
    rebound_days: float = 5.0
    """Days in which two thirds of that are gone."""
    later_reading_h: float = 6.0
    """The second party reads it as starting so much later."""
    zone_km: float = 30.0
    """Width of the zone without guns, both sides together."""
    advance_km: float = 1.5
    """One advance during the truce; 0 for none."""
    advance_by: int = 0
    """Who advances: 0 or 1, by place in `parties`."""
    advance_along_km: float = 4.0
    """Half the width of that advance along the line."""
    advance_at: float = 0.35
    """Share of the truce, and of the line, at which it comes."""


@dataclass(frozen=True)
class Satellite:
    """Overpasses in the FIRMS VIIRS form."""

    names: tuple[str, ...] = ("N", "N20", "N21")
    """Three satellites, as FIRMS names them."""
    minutes_apart: float = 25.0
    """Between the first and the second, and the second and the third."""
    pass_h: tuple[float, ...] = (1.5, 13.5)
    """Local solar hours of the two passes a day."""
    wander_min: float = 25.0
    """Standard deviation of a pass about its hour: orbits do not repeat daily."""
    cloud: float = 0.45
    """Chance that a block of the line is under cloud for half a day."""
    cloud_km: float = 100.0
    """Length of such a block."""
    burn_h: float = 2.5
    """Median hours that a fire burns."""
    burn_spread: float = 1.1
    """Sigma of their logarithm."""
    seen: float = 0.75
    """Chance that a clear pass sees a burning fire."""
    pixels: float = 0.45
    """Chance that one more pixel is lit, again and again (geometric): many rows for one big fire."""
    pixel_km: float = 0.375
    """Side of a pixel."""
    place_sd_km: float = 0.15
    """Error of its centre."""
    plant_share: float = 0.01
    """Settlements with a furnace or flare that is hot on most days: no incident at all."""
    plant_seen: float = 0.3
    """Chance to see it at a clear pass."""


@dataclass(frozen=True)
class News:
    """How outlets err."""

    outlets: tuple[Outlet, ...] = OUTLETS
    """Who they are."""
    invented: float = 0.03
    """Of the reports of outlets that favour a side, how many tell of nothing that happened."""
    denied: float = 0.06
    """Of the reports that blame a party, how many its own outlet denies."""
    burning_factor: float = 0.05
    """Peaceful fires are news far less often than fighting."""
    lag_h: float = 3.0
    """Median hours until a report is published."""
    lag_spread: float = 1.0
    """Sigma of their logarithm."""
    copy_lag_h: float = 0.7
    """Median hours until it is repeated."""
    time_sd_min: float = 25.0
    """Error of the told time."""
    wrong_day: float = 0.03
    """Share told a day early or late."""
    day_only: float = 0.2
    """Share that tell only the day."""
    place_sd_km: float = 0.7
    """Error of the told point."""
    at_settlement: float = 0.5
    """Share told only by the settlement's own point."""
    no_point: float = 0.04
    """Share told only by its name."""
    wrong_place: float = 0.03
    """Share told of another settlement altogether, as surely as the rest."""
    wrong_place_km: float = 40.0
    """How far away that one is."""
    coarse: float = 0.25
    """Share that say only "explosion" or the like."""
    wrong_kind: float = 0.04
    """Share that name another armed act."""
    blames: float = 0.6
    """Share that name who did it, by outlets that favour none; those that favour a side always blame the other."""
    blames_wrongly: float = 0.03
    """Of them, how many name the wrong one."""
    tells_harm: float = 0.7
    """Share that give figures of killed and injured."""
    overstates: float = 1.3
    """Figures of harm that the other side did, times this."""


@dataclass(frozen=True)
class EventList:
    """An independent list of deadly events, by the day."""

    listed: float = 0.65
    """Of events with a death, how many it holds."""
    exact: float = 0.7
    """Share at the settlement's point (precision 1)."""
    near: float = 0.25
    """Share within about 25 km (precision 2); the rest are known by district only (3)."""
    near_km: float = 8.0
    """Spread of precision 2."""
    district_km: float = 25.0
    """Spread of precision 3."""
    one_day: float = 0.9
    """Share dated to the day; the rest to a span."""
    span_days: int = 4
    """That span at most."""


@dataclass(frozen=True)
class Patrols:
    """Teams near the line, by day only."""

    spacing_km: float = 25.0
    """One team to each so many km of line."""
    out: float = 0.7
    """Chance that a team is out that day."""
    from_h: float = 7.0
    """Local solar hour at which patrols start."""
    until_h: float = 17.0
    """And end: never in the dark."""
    off_line_km: tuple[float, float] = (2.0, 9.0)
    """How far behind the line they stand, least and most."""
    roam_km: float = 6.0
    """Spread of a team's place along the line from day to day."""
    notices: float = 0.85
    """Chance to notice an act close by."""
    furthest_km: float = 20.0
    """Nothing is noticed beyond."""
    sees: float = 0.15
    """Share seen, not only heard."""
    goes_there: float = 0.05
    """Share of which the team gives a point, having gone there."""
    point_sd_km: float = 0.05
    """Error of that point."""
    bearing_sd_deg: float = 9.0
    """Error of a bearing, before it is said as one of sixteen points."""
    range_sd: float = 0.2
    """Sigma of the logarithm of a range told by ear."""
    band: float = 0.35
    """A told range reaches from (1 - this) to (1 + this) times it."""
    tells_kind: float = 0.35
    """Share that can name the act, not only an explosion."""
    says_nothing: float = 0.8
    """Share of shifts with nothing noticed that are written down as such."""
    p_seen: float = 0.6
    """What a team gives as its chance to notice what happens in range, rounded."""
    range_km: float = 8.0
    """The range it gives with that."""


@dataclass(frozen=True)
class SimulateParams:
    """What to simulate. The theatre grows with `observations`, its density does not."""

    observations: int = 10_000
    """Rows of all CSV feeds together; 100 to 10,000,000."""
    seed: int = 1
    """The same seed gives the same theatre."""
    parties: tuple[str, str] = ("Party A", "Party B")
    """Names of the two; the first holds the west."""
    start: datetime = datetime(2010, 3, 1, tzinfo=UTC)
    """First day, UTC midnight. In the past, since `table` rightly loses rows of a time that is still to
    come."""
    reference_days: float = 110.0
    """Days at 10,000 observations."""
    reference_observations: int = 10_000
    """Days and length both grow as the square root of observations over this."""
    rows_per_km_day: float = 0.77
    """Rows that a km of line gives in a day with the numbers here, measured: a first guess of the length."""
    spare: float = 0.03
    """Line simulated beyond what is needed, since rows come in bursts; what is over is cut off."""
    spare_at_one: float = 12.0
    """And more of it for small theatres: this over the square root of observations."""
    control_days: int = 7
    """A map of control each so many days, first and last day and the truce's edges included."""
    control_most: int = 24
    """Maps of control at most; days between grow instead."""
    ground: Ground = field(default_factory=Ground)
    bursts: Bursts = field(default_factory=Bursts)
    truce: Truce = field(default_factory=Truce)
    satellite: Satellite = field(default_factory=Satellite)
    news: News = field(default_factory=News)
    event_list: EventList = field(default_factory=EventList)
    patrols: Patrols = field(default_factory=Patrols)

    def __post_init__(self) -> None:
        if not LEAST_OBSERVATIONS <= self.observations <= MOST_OBSERVATIONS:
            raise InputError(f"cannot simulate {self.observations} observations", expected="100 to 10,000,000")
        if self.start.tzinfo is None or self.start != self.start.astimezone(UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        ):
            raise InputError(f"start {self.start} is not a midnight", expected="00:00 UTC, with its zone")
        if len(set(self.parties)) != len(self.parties) or len(self.parties) != 2:
            raise InputError(f"parties are {self.parties}", expected="two different names")
        if self.bursts.branching * (1 + self.truce.rebound) >= 1:
            raise InputError("bursts would never end", expected="branching x (1 + rebound) below 1")

    @property
    def days(self) -> int:
        """Whole days of the theatre."""
        grown = float(self.observations / self.reference_observations) ** 0.5
        return int(max(LEAST_DAYS, round(self.reference_days * grown)))

    @property
    def truce_days(self) -> tuple[int, int]:
        """First day of the truce, and first day after it, counted from the start."""
        return round(self.days * self.truce.begins), round(self.days * self.truce.ends)

    @property
    def expected_km(self) -> float:
        """Length of line that should give the rows wanted."""
        return self.observations / (self.rows_per_km_day * self.days)


LEAST_OBSERVATIONS, MOST_OBSERVATIONS = 100, 10_000_000
LEAST_DAYS = 6


@dataclass(frozen=True)
class ReportsParams:
    """Plain reports of incidents along a front, for measuring how well and how fast sightings are linked."""

    reports: int = 20_000
    """Rows of all sources together, copies included: 10 to 10,000,000."""
    seed: int = 1
    """The same seed gives the same reports."""
    per_day: float = 7.0
    """True incidents a day along the whole front. The days grow with the reports, so that the density stays."""
    front_km: float = 1_200.0
    """Length of the front, as one that moves armies in our time."""
    near_km: float = 8.0
    """Of incidents near the front, 95 in 100 lie within this."""
    deep_share: float = 0.15
    """Incidents far behind it, evenly to either side."""
    deep_km: float = 100.0
    """And at most so far."""
    sees: tuple[float, ...] = (0.75, 0.60, 0.45)
    """Chance of each source to report an incident; so many sources there are."""
    place_sd_km: tuple[float, ...] = (0.7, 1.5, 3.0)
    """Error in place of each source, north and east alike, standard deviation."""
    time_sd_days: tuple[float, ...] = (0.2, 0.4, 0.8)
    """Error in time of each source, standard deviation."""
    wrong_kind: float = 0.15
    """Share of reports that name another kind, any other as soon as the next."""
    wrong_by: float = 0.075
    """Share of reports that name another doer."""
    spurious: float = 0.10
    """Share of reports behind which there is nothing; they lie where incidents lie."""
    repeats: tuple[float, ...] = (0.0, 0.0, 0.0)
    """Chance of each source to report an incident that it reported once more, with errors of its own."""
    copies: tuple[tuple[int, int, float], ...] = ()
    """(who copies, whom, share): of that source's reports, invented ones too, so many are repeated with all errors."""
    copy_lag_h: float = 6.0
    """Mean hours until a copy is published."""
    publish_lag_h: float = 12.0
    """Mean hours until a report is published."""
    kinds: tuple[str, ...] = ("shelling", "air_strike", "drone_strike", "small_arms", "mine_blast", "assault")
    """What happens, each as often as the next."""
    parties: tuple[str, ...] = ("Party A", "Party B")
    """Who does it, each as often as the next."""
    start: datetime = datetime(2000, 3, 1, tzinfo=UTC)
    """First day, UTC midnight."""
    told_error: bool = False
    """Whether reports carry their true `radius_m`; else it is null, and has to be learnt."""
