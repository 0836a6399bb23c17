"""Who may have done it, and why: tables of their own, never part of a finding."""

from __future__ import annotations

import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.tables.contract import Contract

BASES = pl.Enum(["named", "own_claim", "against_interest", "range", "ground", "direction"])
SAYS = pl.Enum(["could_not", "could", "did"])
ANSWERS = pl.Enum(["undetermined", "left", "claimed", "named", "against_interest", "rival", "disputed"])
MOTIVE_WORDS = pl.Enum(["strategic", "retaliatory", "spoiling", "localized"])
FACTOR = pl.Struct(
    {
        "sign": pl.String,  # what was looked for in the record
        "seen": pl.Boolean,  # it was there, or it was not
        "likelihood": pl.Float64,  # chance of that under this motive, as the file says
    }
)

ATTRIBUTIONS = Contract(
    "attributions",
    {
        "id": (pl.String, "name of the row, made from content"),
        "incident": (pl.String, "id of the incident"),
        "party": (pl.String, "id of the party; null where the name given stands for none"),
        "basis": (
            BASES,
            "on what it rests: somebody named it; a party's own word about another side; its own word against its "
            "interest; what the weapon reaches; who holds the ground where one has to be; an observed direction",
        ),
        "says": (
            SAYS,
            "`did` is what a source says and no answer of ours; `could`; `could_not`, by that map; null where the "
            "basis does not tell",
        ),
        "source": (pl.String, "whose word, or whose map; copies are one voice"),
        "map_on": (UTC_US, "the instant that the map speaks of; null where the basis is no map"),
        "reach_m": (pl.Float64, "how far the weapon, or who acts in person, reaches at the most"),
        "away_m": (
            pl.Float64,
            "how far off the nearest ground is that this map draws as held by the party; null where it draws none",
        ),
        "observations": (pl.List(pl.String), "ids of what was said; null where the basis is a map alone"),
        "because": (pl.String, "in words"),
    },
    needed=("id", "incident", "basis", "source", "because"),
)
ATTRIBUTED = Contract(
    "attributed",
    {
        "incident": (pl.String, "id of the incident"),
        "could": (pl.List(pl.String), "parties that some basis speaks for and none rules out"),
        "could_not": (pl.List(pl.String), "parties that some basis rules out and none speaks for"),
        "disputed": (pl.List(pl.String), "parties that one basis or map speaks for and another rules out"),
        "untold": (pl.List(pl.String), "parties of which no basis tells anything"),
        "named": (pl.List(pl.String), "who is said to have done it, by whomever; also names that stand for no party"),
        "left": (pl.List(pl.String), "parties that are the only ones that some map leaves; that is no proof"),
        "answer": (ANSWERS, "`undetermined` is common and fine"),
        "says": (pl.String, "the answer in words"),
    },
    needed=("incident", "could", "could_not", "disputed", "untold", "named", "left", "answer", "says"),
    key="incident",
)
MOTIVES = Contract(
    "motives",
    {
        "incident": (pl.String, "id of the incident"),
        "motive": (MOTIVE_WORDS, "why it may have been done; apart from who did it, and never part of a finding"),
        "prior": (pl.Float64, "what the file holds for likely before any sign"),
        "likelihood": (pl.Float64, "product of the factors"),
        "posterior": (pl.Float64, "prior times likelihood, as a share of all motives"),
        "factors": (pl.List(FACTOR), "every sign that is known, and what it counts"),
        "left_out": (pl.List(pl.String), "signs that are not known here: they count nothing, and not one half"),
        "table": (pl.String, "which table of likelihoods, and how good it is"),
    },
    needed=("incident", "motive", "prior", "likelihood", "posterior", "factors", "left_out", "table"),
    key=None,
)
