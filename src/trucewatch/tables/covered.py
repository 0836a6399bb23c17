"""Tables that `cover` makes of looks: who could have noticed what, where nobody could, and who stayed silent."""

from __future__ import annotations

import polars as pl

from trucewatch.base.time import UTC_US
from trucewatch.tables.contract import SOURCE, T0, T1, Contract

TOGETHER = "together"
"""The `source` of an exposure row that speaks of all sources at once."""
EXPOSURE = Contract(
    "exposure",
    {
        "cell": (pl.UInt64, "a cell of ground (trucewatch.base.place)"),
        "t0": (UTC_US, "start of the span"),
        "t1": (UTC_US, "end of the span, not included"),
        "source": (pl.String, "the feed, as `firms/N20`; `together` for all of them, copies counted once"),
        "kind": (pl.String, "the kind of incident that the chances are for"),
        "looked_s": (pl.Float64, "seconds of the span in which an incident of the kind could have been noticed"),
        "low": (pl.Float64, "least chance that an incident at a random moment and place of span and cell was noticed"),
        "p_noticed": (
            pl.Float64,
            "the chance by the lookers' own word, voices taken as independent; null where one did not tell",
        ),
        "high": (pl.Float64, "greatest chance, whatever the dependence between voices"),
        "n_voices": (pl.Int64, "independent voices that looked: copies count once"),
        "gaps": (pl.List(pl.String), "why sources could not look in some of it, each cause once"),
    },
    needed=("cell", "t0", "t1", "source"),
    key=None,
)
GAPS = Contract(
    "gaps",
    {
        "cell": (pl.UInt64, "a cell of ground (trucewatch.base.place)"),
        "lon": (pl.Float64, "degrees east of its centre"),
        "lat": (pl.Float64, "degrees north of its centre"),
        "t0": (UTC_US, "from when on nobody could have noticed"),
        "t1": (UTC_US, "until when, not included"),
        "because": (pl.String, "why, as told; `no look is recorded` where nobody tells"),
    },
    needed=("cell", "lon", "lat", "t0", "t1", "because"),
    key=None,
)
SILENT = Contract(
    "silent",
    {
        "incident": (pl.String, "id of the incident"),
        "look": (pl.String, "id of the look that covered it"),
        "source": SOURCE,
        "means": (pl.String, "how it was looked; null where not told"),
        "t0": T0,
        "t1": T1,
        "low": (pl.Float64, "least chance that this look noticed it, if it happened"),
        "high": (pl.Float64, "greatest chance"),
    },
    needed=("incident", "look", "source", "t0", "t1", "low", "high"),
    key=None,
)
