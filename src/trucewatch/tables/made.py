"""Tables that rooms make of others: what happened, and what each term says of it."""

from __future__ import annotations

import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.tables.contract import ID, LAT, LON, RADIUS, REGION, SPANS, SPREAD, T0, T1, Contract

VERDICTS = pl.Enum(["not_indicated", "cannot_tell", "indicated", "strongly_indicated"])
INCIDENTS = Contract(
    "incidents",
    {
        "id": ID,
        "kind": (pl.String, "the narrowest kind that its observations agree on"),
        "t0": T0,
        "t1": T1,
        "lon": LON,
        "lat": LAT,
        "radius_m": RADIUS,
        "region": REGION,
        "spread": SPREAD,
        "p_not_same": (
            pl.Float64,
            "chance that by their bearings and ranges its observers do not all speak of one happening; null where only "
            "one told where",
        ),
        "place": (pl.String, "name of the place, from the observation nearest in error"),
        "p": (
            pl.Float64,
            "chance that it happened at all: a prior, or calibrated, as the learnt table says; 1 or 0 where judged",
        ),
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
REGIONS = Contract(
    "regions",
    {
        "subject": (pl.String, "id of the observation whose region it is"),
        "lon": LON,
        "lat": LAT,
        "radius_m": RADIUS,
        "level": (pl.Float64, "chance that the region holds the true place"),
        "region": REGION,
        "spread": SPREAD,
        "n_observers": (pl.Int64, "observers who speak in it"),
    },
    needed=("subject", "lon", "lat", "radius_m", "level", "spread"),
    key="subject",
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
EXEMPT = pl.List(
    pl.Struct(
        {
            "says": pl.String,
            "article": pl.String,
            "clears": pl.Boolean,  # where it applies, the act is none that is barred; else a remark
            "acts": pl.List(pl.String),  # acts that it can be about; empty where any
            "parties": pl.List(pl.String),  # who may use it; empty where all may
            "within_s": pl.Float64,  # answering fire follows so soon
            "within_m": pl.Float64,  # and so near
            "needs": pl.List(pl.String),  # conditions, each of which has to hold
        }
    )
)
FREED = pl.List(pl.Struct({"party": pl.String, "at": UTC_US, "sure": pl.Boolean}))
TERMS = Contract(
    "terms",
    {
        "id": (pl.String, "`<agreement>/<term>/<reading>`"),
        "agreement": (pl.String, "id of the agreement"),
        "term": (pl.String, "id of the term in it"),
        "article": (pl.String, "number of the article, as the agreement counts"),
        "kind": (pl.String, "kind of term, as `barred_acts` or `quota`"),
        "says": (pl.String, "what the article says, in our own words"),
        "source": (pl.String, "where that can be read"),
        "grade": (pl.String, "how good that source is: text, report, party, weak, unchecked; null where not told"),
        "reading": (pl.String, "whose reading: `text`, a party, a mediator"),
        "differs": (pl.String, "what this reading changes against the text; empty for the text itself"),
        "binds": (pl.List(pl.String), "parties that are bound"),
        "toward": (pl.List(pl.String), "parties to whom it is owed; null where the text does not say"),
        "acts": (pl.List(pl.String), "acts that are barred; empty where something is owed"),
        "targets": (pl.List(pl.String), "target classes that are protected; null where the term is not about targets"),
        "weapons": (
            pl.List(pl.String),
            "words that name the weapons meant, as sources write them; null where any weapon is meant",
        ),
        "calibre_from_mm": (pl.Float64, "weapons from this calibre on; null where no bound"),
        "calibre_below_mm": (pl.Float64, "weapons below this calibre; null where no bound"),
        "requires": (pl.String, "what is owed, in words; null where nothing is"),
        "sure": (SPANS, "spans in which it is surely in force, half-open; null bounds are open"),
        "may": (SPANS, "spans in which it may be in force; they hold the sure ones"),
        "since": (UTC_US, "may be in force from; null where the reading does not say"),
        "until": (UTC_US, "may be in force until, not included; null where open-ended or not known"),
        "ends": (pl.String, "`open` where the reading says there is no end, `set`, or `unknown`"),
        "where_says": (pl.String, "the zone in words"),
        "zone": (pl.Binary, "WKB in OGC:CRS84; null where the ground is not known or is everywhere"),
        "zone_kind": (pl.String, "`everywhere`, `polygon`, or `unknown` where no geometry is at hand"),
        "edge_m": (pl.Float64, "how far the zone's edge may be off"),
        "hole_edge_m": (pl.Float64, "how far the edges of the holes in the zone may be off"),
        "standard": (pl.String, "standard of proof that the agreement sets; null where none"),
        "unless": (pl.String, "exceptions in words"),
        "exempt": (EXEMPT, "exceptions and permitted acts, part by part"),
        "freed": (FREED, "parties that hold themselves released, from when on, and whether that is sure"),
        "clears": (pl.Boolean, "one of the exceptions, where it applies, clears the act; null where there is none"),
        "lacks": (pl.String, "what is not at hand, in words; null where nothing is lacking"),
    },
    needed=("id", "agreement", "term", "article", "kind", "says", "source", "reading", "ends", "zone_kind"),
)
OWED = Contract(
    "owed",
    {
        "id": ID,
        "agreement": (pl.String, "id of the agreement"),
        "term": (pl.String, "id of the term"),
        "article": (pl.String, "number of the article"),
        "reading": (pl.String, "whose reading"),
        "t0": (UTC_US, "start of the period; null where nobody knows it"),
        "t1": (UTC_US, "end of the period, not included; null where it is open, or nobody knows it"),
        "cut": (pl.Boolean, "the period is shorter than what the number is owed for, or its bounds are not known"),
        "in_force": (pl.Float64, "1 where the term is surely in force in all of the period; null where it may be"),
        "bound": (pl.Float64, "1 where somebody bound owed it; 0 where nobody was bound; null where nobody knows"),
        "what": (pl.String, "what is owed"),
        "unit": (pl.String, "in what it is counted; other units are never converted"),
        "at_least": (pl.Float64, "so many are owed; null where there is no such bound"),
        "at_most": (pl.Float64, "no more are let; null where there is no such bound"),
        "each": (pl.String, "for how long that is owed, as `2 months`; null for the whole time"),
        "at_once": (pl.Boolean, "the bound holds at any one time, so counts of one period are not added"),
        "speaker": (pl.String, "whose counts these are; counts of two are never added; null where nobody counted"),
        "least": (pl.Float64, "so many were surely counted by that speaker; at any one time, where `at_once`"),
        "most": (pl.Float64, "no more were counted; null where a figure is missing"),
        "covered": (pl.Float64, "share of the period that the counts cover; null where the period has no end"),
        "unmet": (pl.Float64, "1 where by the counts it was not met, 0 that it was; null where they tell neither"),
        "n_statements": (pl.Int64, "counts of that speaker that bear on the period"),
        "statements": (pl.List(pl.String), "their ids"),
        "lacks": (pl.String, "what would have to be known for an answer; null where there is one"),
    },
    needed=(
        "id", "agreement", "term", "article", "reading", "cut", "what", "unit", "at_once", "n_statements", "statements",
    ),
)  # fmt: skip
FINDINGS = Contract(
    "findings",
    {
        "id": ID,
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
