"""Tables that a source's `read` fills, what was said of the world, by whom, and who looked."""

from __future__ import annotations

import polars as pl

from trucewatch.base import problem
from trucewatch.base.time import UTC_US
from trucewatch.tables.contract import (
    CAPTURE,
    ID,
    INJURED,
    KILLED,
    KILLED_HIGH,
    KILLED_LOW,
    LAT,
    LON,
    RADIUS,
    SOURCE,
    T0,
    T1,
    Contract,
)  # fmt: skip

STANCES = pl.Enum(["affirms", "denies"])
PHASES = pl.Enum(["launch", "flight", "impact", "airburst"])
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
OBSERVATIONS = Contract(
    "observations",
    {
        "id": (pl.String, "`<capture>#<row>`"),
        "capture": CAPTURE,
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
        "t0": T0,
        "t1": T1,
        "published_at": (UTC_US, "when the source said so; null where not told"),
        "lon": LON,
        "lat": LAT,
        "radius_m": RADIUS,
        "sector": (SECTOR, "observer position, bearing and range, where that is what was seen"),
        "place": (pl.String, "name of the place as the source spells it"),
        "sensed": (pl.String, "`heard`, `seen` or `recorded`, as a monitor says; null where not told"),
        "phase": (PHASES, "what of a shot was noticed; null where not told. Each lies elsewhere"),
        "corroborated": (
            pl.List(pl.String),
            "how a monitor made sure of it (`visit`, `medical`, `witness`, `crater`); empty where he could not, null "
            "where not told",
        ),
        "attachments": (
            pl.List(pl.String),
            "names of pictures and recordings that go with it: files of the same capture, or captures of that name",
        ),
        "count": (pl.Int64, "how many of the kind (explosions, shots), where counted"),
        "weapon": (pl.String, "weapon as the source names it"),
        "target": (pl.String, "a word of the dictionary of targets"),
        "killed": KILLED,
        "killed_low": KILLED_LOW,
        "killed_high": KILLED_HIGH,
        "injured": INJURED,
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
        "id": ID,
        "capture": CAPTURE,
        "locator": (pl.String, "where in the capture"),
        "source": SOURCE,
        "t0": (UTC_US, "start of looking"),
        "t1": (UTC_US, "end of looking, not included"),
        "footprint": (pl.Binary, "the ground that was looked at, WKB in OGC:CRS84; null where not told"),
        "p_seen_if_there": (pl.Float64, "chance to notice what was there; null where not told (cloud, say)"),
        "means": (
            pl.String,
            "how it was looked: `satellite`, `patrol`, `camera`, `sensor`, `drone`, `outlet`; null where not told",
        ),
        "says": (pl.String, "place and words of whoever looked, for people to read; never released to the public"),
        "lineage": (pl.List(pl.String), "whom the looker repeats; lookers that repeat one origin are one voice"),
        "gap": (
            pl.String,
            "why this source could not look then and there (`cloud`, `outage`, `denied_access`); null where it looked",
        ),
    },
    needed=("id", "capture", "source", "t0", "t1"),
)
AREAS = Contract(
    "areas",
    {
        "id": ID,
        "capture": CAPTURE,
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
SPEECH = pl.Enum(["states", "denies", "corrects", "repeats", "demands", "offers", "accepts", "refuses", "asks"])
ASSERTS = pl.Enum(
    ["happened", "not_happened", "held", "not_held", "encircled", "not_encircled", "in_force", "not_in_force"]
)
QUALIFIERS = pl.Enum(["exact", "at least", "about", "more than"])
_Columns = dict[str, tuple[pl.DataType | type[pl.DataType], str]]
_SAID: _Columns = {
    "speaker": (pl.String, "who said it"),
    "on_behalf_of": (pl.String, "for whom"),
    "said_at": (UTC_US, "when it was said"),
    "about": (pl.String, "what it is about; of a count, the heading that it stands under"),
    "place": (pl.String, "where that was"),
    "t0": (UTC_US, "start of the time that it is about"),
    "t1": (UTC_US, "end of that time, not included"),
    "figure": (pl.Float64, "the number said"),
    "unit": (pl.String, "of what"),
    "quote": (pl.String, "words used"),
    "source": SOURCE,
}
_MORE_SAID: _Columns = {
    "key": (pl.String, "the register's own short name of it, by which others cite it; null where it has none"),
    "side": (pl.String, "whose side the speaker is on without speaking for it; null where not told"),
    "speech": (SPEECH, "what is done by saying it; null where the table does not tell"),
    "answers": (pl.String, "key of the statement that it denies, corrects, accepts or refuses"),
    "repeats": (pl.String, "key of the statement, or name of the one, whom it repeats: copies are one lineage"),
    "asserts": (ASSERTS, "what it says of the record; null where the record cannot bear on it"),
    "kind": (pl.String, "a word of the dictionary of kinds: what is said to have happened"),
    "whom": (pl.String, "of whom it is said: who did it, who holds the place, who is encircled"),
    "qualifier": (QUALIFIERS, "how the figure is meant; null where not told"),
    "part_of": (pl.String, "key of the statement whose figure this one is a part of"),
    "lon": LON,
    "lat": LAT,
    "radius_m": RADIUS,
    "language": (pl.String, "language that it was said or read in, as `en`"),
    "says": (pl.String, "what was said, in our own words"),
}
STATEMENTS = Contract(
    "statements",
    {
        "id": ID,
        "capture": CAPTURE,
        "locator": (pl.String, "where in the capture"),
        **_SAID,
        **_MORE_SAID,
        "draft": (pl.String, "id of the draft that a person accepted; null where it was typed in"),
    },
    needed=("id", "capture", "source"),
)
DRAFTS = Contract(
    "drafts",
    {
        "id": ID,
        "capture": CAPTURE,
        "locator": (pl.String, "where in the capture, as `characters 120 to 268`"),
        **_SAID,
        **_MORE_SAID,
        "start": (pl.Int64, "first character of the span in the text as it was read"),
        "end": (pl.Int64, "character after the span"),
        "because": (pl.List(pl.String), "the rules that drafted it, and what each took from the text"),
    },
    needed=("id", "capture", "locator", "source", "start", "end", "because"),
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
assert PROBLEMS.schema == problem.SCHEMA
