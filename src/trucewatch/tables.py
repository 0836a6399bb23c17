"""Floor 1: the tables that pass between rooms, and their contracts. Rooms share nothing else.

Every instant is UTC in microseconds; spans are half-open [t0, t1). Longitude and latitude are
degrees in OGC:CRS84. Null always means "not told", never "none" and never "half".
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.base import problem
from trucewatch.base.errors import TableError
from trucewatch.base.time import UTC_US
from trucewatch.kinds import KINDS

STANCES = pl.Enum(["affirms", "denies"])
VERDICTS = pl.Enum(["not_indicated", "cannot_tell", "indicated", "strongly_indicated"])
SECTOR = pl.Struct(
    {
        "lon": pl.Float64,  # where the observer stood
        "lat": pl.Float64,
        "bearing_deg": pl.Float64,  # clockwise from true north
        "spread_deg": pl.Float64,  # the bearing is within this, to either side
        "near_m": pl.Float64,
        "far_m": pl.Float64,
    }
)


@dataclass(frozen=True)
class Contract:
    """A table's name, its columns in order, and what each column means.

    columns: name -> (type, meaning); `needed`: columns that hold no null; `key`: the column that
    names a row, unique in its table; None where rows need no name.
    """

    name: str
    columns: dict[str, tuple[pl.DataType | type[pl.DataType], str]]
    needed: tuple[str, ...]
    key: str | None = "id"

    @property
    def schema(self) -> pl.Schema:
        """The exact column types in order."""
        return pl.Schema({name: kind for name, (kind, _) in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """No rows, every column.

        >>> LINKS.empty().shape
        (0, 4)
        """
        return pl.DataFrame(schema=self.schema)

    def fit(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Columns in our order and of our types; columns that are absent come in as null, others are refused."""
        extra = sorted(set(frame.columns) - set(self.columns))
        if extra:
            raise TableError(f"{self.name} has no column {', '.join(extra)}")
        try:
            made = frame.select(
                (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
                for name, kind in self.schema.items()
            )
        except pl.exceptions.PolarsError as wrong:
            raise TableError(
                f"{self.name}: a column cannot become what it has to be: {str(wrong).splitlines()[0]}"
            ) from None
        return self.check(made)

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Hold a frame to the contract and hand it back; TableError says what is wrong.

        >>> LINKS.check(pl.DataFrame({"incident": ["a"]}))
        Traceback (most recent call last):
        trucewatch.base.errors.TableError: links lacks observation, score, because
        """
        if lacking := [name for name in self.schema if name not in frame.columns]:
            raise TableError(f"{self.name} lacks {', '.join(lacking)}")
        if frame.columns != list(self.schema):
            raise TableError(f"{self.name} wants the columns {list(self.schema)}, has {frame.columns}")
        for name, wanted in self.schema.items():
            if frame.schema[name] != wanted:
                raise TableError(f"{self.name}.{name} wants {wanted}, is {frame.schema[name]}")
        for name in self.needed:
            if holes := frame[name].null_count():
                raise TableError(f"{self.name}.{name} is null in {holes} of {frame.height} rows")
        if self.key and frame[self.key].n_unique() != frame.height:
            raise TableError(f"{self.name}.{self.key} is not unique")
        self._check_values(frame)
        return frame

    def _check_values(self, frame: pl.DataFrame) -> None:
        faults: list[tuple[str, pl.Expr]] = []
        if {"t0", "t1"} <= set(self.columns):
            faults.append(("t1 is before t0", pl.col("t1") < pl.col("t0")))
        if {"lon", "lat"} <= set(self.columns):
            faults.append(("lon is not in [-180, 180]", ~pl.col("lon").is_between(-180, 180)))
            faults.append(("lat is not in [-90, 90]", ~pl.col("lat").is_between(-90, 90)))
            faults.append(("lon without lat", pl.col("lon").is_null() != pl.col("lat").is_null()))
        if "radius_m" in self.columns:
            faults.append(
                ("radius_m is negative or not finite", ~(pl.col("radius_m").is_finite() & (pl.col("radius_m") >= 0)))
            )
        for name in ("p", "p_seen_if_there", "p_noticed", "low", "high"):
            if name in self.columns:
                faults.append((f"{name} is not in [0, 1]", ~pl.col(name).is_between(0, 1)))
        if "kind" in self.columns and self.name in ("observations", "incidents"):
            faults.append(("kind is not in the dictionary (trucewatch.kinds)", ~pl.col("kind").is_in(list(KINDS))))
        if not faults or frame.is_empty():
            return
        counts = frame.select(bad.fill_null(False).sum().alias(str(n)) for n, (_, bad) in enumerate(faults)).row(0)
        for (what, _), count in zip(faults, counts, strict=True):
            if count:
                raise TableError(f"{self.name}: {what} in {count} of {frame.height} rows")


_ID = (pl.String, "name of the row, made from content")
_CAPTURE = (pl.String, "id of the capture that it was read from")
_SOURCE = (pl.String, "the feed, as `firms` or `report`")
_T0 = (UTC_US, "start of the span in which it happened")
_T1 = (UTC_US, "end of that span, not included")
_LON = (pl.Float64, "degrees east, OGC:CRS84; null where no point is told")
_LAT = (pl.Float64, "degrees north, OGC:CRS84")
_RADIUS = (pl.Float64, "metres around the point that hold the true place 95 times in 100; null where not told")
_KILLED = (pl.Int64, "persons killed, best figure of this source")
_KILLED_LOW = (pl.Int64, "lowest figure")
_KILLED_HIGH = (pl.Int64, "highest figure")
_INJURED = (pl.Int64, "persons injured")

OBSERVATIONS = Contract(
    "observations",
    {
        "id": (pl.String, "`<capture>#<row>`"),
        "capture": _CAPTURE,
        "locator": (pl.String, "where in the capture: `row 41`, `feature 7`"),
        "source": (pl.String, "the feed that spoke: `ucdp`, or `firms/N20` where one feed carries several instruments"),
        "key": (
            pl.String,
            "the source's own id of this record, so that a later edition replaces it; null where it has none",
        ),
        "lineage": (
            pl.List(pl.String),
            "whom the source repeats, where it says so; sources that repeat one origin are one voice",
        ),
        "kind": (pl.String, "a word of the dictionary of kinds"),
        "stance": (STANCES, "says that it happened, or that it did not"),
        "t0": _T0,
        "t1": _T1,
        "published_at": (UTC_US, "when the source said so; null where not told"),
        "lon": _LON,
        "lat": _LAT,
        "radius_m": _RADIUS,
        "sector": (SECTOR, "observer position, bearing and range, where that is what was seen"),
        "place": (pl.String, "name of the place as the source spells it"),
        "count": (pl.Int64, "how many of the kind (explosions, shots), where counted"),
        "weapon": (pl.String, "weapon as the source names it"),
        "target": (pl.String, "a word of the dictionary of targets"),
        "killed": _KILLED,
        "killed_low": _KILLED_LOW,
        "killed_high": _KILLED_HIGH,
        "injured": _INJURED,
        "by": (pl.String, "who did it, as this source says; null where it does not say"),
        "between": (
            pl.List(pl.String),
            "the sides of the fight, where the source names them without saying who fired",
        ),
        "says": (pl.String, "the source's own line, for people to read; never released to the public"),
        "p": (pl.Float64, "the source's own probability that it happened, where it gives one"),
    },
    needed=("id", "capture", "locator", "source", "kind", "stance", "t0", "t1"),
)
LOOKS = Contract(
    "looks",
    {
        "id": _ID,
        "capture": _CAPTURE,
        "locator": (pl.String, "where in the capture"),
        "source": _SOURCE,
        "t0": (UTC_US, "start of looking"),
        "t1": (UTC_US, "end of looking, not included"),
        "footprint": (pl.Binary, "the ground that was looked at, WKB in OGC:CRS84; null where not told"),
        "p_seen_if_there": (pl.Float64, "chance to notice what was there; null where not told (cloud, say)"),
    },
    needed=("id", "capture", "source", "t0", "t1"),
)
AREAS = Contract(
    "areas",
    {
        "id": _ID,
        "capture": _CAPTURE,
        "locator": (pl.String, "where in the capture"),
        "source": (pl.String, "whose map"),
        "on": (UTC_US, "the instant that the map speaks of"),
        "held_by": (pl.String, "a party, `contested` or `unknown`; null where the shape is not about control"),
        "role": (pl.String, "what the shape is otherwise, as `line: <name>` or `zone: <name>`"),
        "name": (pl.String, "label on the map"),
        "geometry": (pl.Binary, "WKB"),
        "crs": (pl.String, "its coordinate reference system; OGC:CRS84 after reading"),
    },
    needed=("id", "capture", "source", "on", "geometry", "crs"),
)
EXPOSURE = Contract(
    "exposure",
    {
        "cell": (pl.UInt64, "a cell of ground (trucewatch.base.place)"),
        "t0": (UTC_US, "start of the span"),
        "t1": (UTC_US, "end of the span, not included"),
        "source": _SOURCE,
        "p_noticed": (pl.Float64, "chance that this source noticed what happened there and then; null where not known"),
    },
    needed=("cell", "t0", "t1", "source"),
    key=None,
)
INCIDENTS = Contract(
    "incidents",
    {
        "id": _ID,
        "kind": (pl.String, "the narrowest kind that its observations agree on"),
        "t0": _T0,
        "t1": _T1,
        "lon": _LON,
        "lat": _LAT,
        "radius_m": _RADIUS,
        "place": (pl.String, "name of the place, from the observation nearest in error"),
        "p": (pl.Float64, "chance that it happened at all, before any calibration"),
        "n_observations": (pl.Int64, "rows that speak of it"),
        "n_lineages": (pl.Int64, "independent voices among those that affirm it: copies count once"),
        "n_denials": (pl.Int64, "rows that deny it"),
        "sources": (pl.List(pl.String), "the feeds that speak of it"),
        "by": (pl.String, "who did it, where all that say so agree; null otherwise"),
        "between": (pl.List(pl.String), "the sides of the fight, where all that name them agree; null otherwise"),
        "weapon": (pl.String, "weapon, where all that name one agree"),
        "target": (pl.String, "target class, where all that name one agree"),
        "killed_low": (pl.Int64, "lowest figure of any source"),
        "killed_high": (pl.Int64, "highest figure of any source; figures of sources are never added"),
        "injured_low": (pl.Int64, "lowest figure of any source"),
        "injured_high": (pl.Int64, "highest figure of any source"),
        "first_published": (UTC_US, "when the first source published it; null where none says"),
    },
    needed=("id", "kind", "t0", "t1", "p", "n_observations", "n_lineages", "n_denials"),
)
LINKS = Contract(
    "links",
    {
        "incident": (pl.String, "id of the incident"),
        "observation": (pl.String, "id of the observation; each observation has exactly one row"),
        "score": (
            pl.Float64,
            "mean log odds, same against coincidence, with the others of the incident; null where it stands alone",
        ),
        "because": (pl.String, "why it is linked so, or why it stands alone"),
    },
    needed=("incident", "observation", "because"),
    key="observation",
)
TERMS = Contract(
    "terms",
    {
        "id": (pl.String, "`<agreement>/<term>/<reading>`"),
        "agreement": (pl.String, "id of the agreement"),
        "term": (pl.String, "id of the term in it"),
        "article": (pl.String, "number of the article, as the agreement counts"),
        "says": (pl.String, "what the article says, in our own words"),
        "source": (pl.String, "where that can be read"),
        "reading": (pl.String, "whose reading: `text`, a party, a mediator"),
        "differs": (pl.String, "what this reading changes against the text; empty for the text itself"),
        "binds": (pl.List(pl.String), "parties that are bound"),
        "acts": (pl.List(pl.String), "acts that are barred"),
        "targets": (pl.List(pl.String), "target classes that are protected; null where the term is not about targets"),
        "weapons": (
            pl.List(pl.String),
            "words that name the weapons meant, as sources write them; null where any weapon is meant",
        ),
        "since": (UTC_US, "in force from; null where the reading does not say"),
        "until": (UTC_US, "in force until, not included; null where open-ended"),
        "ends": (pl.String, "`open` where the reading says there is no end, `set`, or `unknown`"),
        "where_says": (pl.String, "the zone in words"),
        "zone": (pl.Binary, "WKB in OGC:CRS84; null where the ground is not known or is everywhere"),
        "zone_kind": (pl.String, "`everywhere`, `polygon`, or `unknown` where no geometry is at hand"),
        "edge_m": (pl.Float64, "how far the zone's edge may be off"),
        "hole_edge_m": (pl.Float64, "how far the edges of the holes in the zone may be off"),
        "standard": (pl.String, "standard of proof that the agreement sets; null where none"),
        "unless": (pl.String, "exceptions in words"),
        "clears": (pl.Boolean, "one of the exceptions, where it applies, clears the act; null where there is none"),
        "lacks": (pl.String, "what is not at hand, in words; null where nothing is lacking"),
    },
    needed=("id", "agreement", "term", "article", "says", "source", "reading", "ends", "zone_kind"),
)
FINDINGS = Contract(
    "findings",
    {
        "id": _ID,
        "subject": (pl.String, "id of the incident, or the period for what was owed"),
        "agreement": (pl.String, "id of the agreement"),
        "term": (pl.String, "id of the term"),
        "article": (pl.String, "number of the article"),
        "reading": (pl.String, "whose reading"),
        "p_event": (pl.Float64, "that it happened"),
        "p_when": (pl.Float64, "that it happened while the term was in force"),
        "p_inside": (pl.Float64, "that it happened inside the zone"),
        "p_barred": (pl.Float64, "that the act was one that the term bars"),
        "p_bound": (pl.Float64, "that whoever did it was bound"),
        "p_unexcepted": (pl.Float64, "that no exception applies"),
        "low": (pl.Float64, "least that the doubts allow (Frechet)"),
        "high": (pl.Float64, "most that the doubts allow"),
        "verdict": (VERDICTS, "what the bounds indicate; people determine"),
        "contested": (pl.Boolean, "the readings of this term give different answers here"),
        "attribution": (pl.String, "who did it, as the record says; `undetermined` is an honest answer"),
        "because": (pl.String, "the weakest link: the doubt that limits the answer most"),
        "would_settle": (pl.String, "what would settle it"),
    },
    needed=(
        "id",
        "subject",
        "agreement",
        "term",
        "article",
        "reading",
        "low",
        "high",
        "verdict",
        "contested",
        "attribution",
        "because",
        "would_settle",
    ),
)
STATEMENTS = Contract(
    "statements",
    {
        "id": _ID,
        "capture": _CAPTURE,
        "locator": (pl.String, "where in the capture"),
        "speaker": (pl.String, "who said it"),
        "on_behalf_of": (pl.String, "for whom"),
        "said_at": (UTC_US, "when it was said"),
        "about": (pl.String, "what it is about"),
        "place": (pl.String, "where that was"),
        "t0": (UTC_US, "start of the time that it is about"),
        "t1": (UTC_US, "end of that time, not included"),
        "figure": (pl.Float64, "the number said"),
        "unit": (pl.String, "of what"),
        "quote": (pl.String, "words used"),
        "source": _SOURCE,
    },
    needed=("id", "capture", "source"),
)
PROBLEMS = Contract(
    "problems",
    {
        "where": (pl.String, "file and row, or room"),
        "code": (pl.String, "what kind of problem, one word"),
        "subject": (pl.String, "the field or id concerned"),
        "message": (pl.String, "what was wrong"),
        "lost": (pl.Boolean, "the row could not be used at all"),
    },
    needed=("where", "code", "subject", "message", "lost"),
    key=None,
)
assert PROBLEMS.schema == problem.SCHEMA

ALL: tuple[Contract, ...] = (
    OBSERVATIONS, LOOKS, AREAS, EXPOSURE, INCIDENTS, LINKS, TERMS, FINDINGS, STATEMENTS, PROBLEMS,
)  # fmt: skip
READ: tuple[Contract, ...] = (OBSERVATIONS, LOOKS, AREAS, STATEMENTS, PROBLEMS)
"""The tables that a source's `read` may fill."""
