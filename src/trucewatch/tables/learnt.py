"""What `fuse learn` learns of each source, and what people have judged of pairs and incidents."""

from __future__ import annotations

import polars as pl

from trucewatch.tables.contract import SOURCE, Contract

LEARNT = Contract(
    "learnt",
    {
        "source": SOURCE,
        "place_sd_m": (
            pl.Float64,
            "its error in place beyond the radius that it tells (all of it, where it tells none): standard deviation "
            "east or north in metres; null where too little was seen to learn it",
        ),
        "told_share": (
            pl.Float64,
            "share of the radius that it tells which its offsets from others really take up; 1 where it does not tell "
            "too much, null where not learnt. For linking alone: what two share may be wrong of both",
        ),
        "time_sd_s": (
            pl.Float64,
            "its error in time beyond the span that it tells: standard deviation in seconds; null where not learnt",
        ),
        "kind_wrong": (
            pl.Float64,
            "share of its reports that tell a kind which the thing was not, or could not be; null where not learnt",
        ),
        "p_reports": (
            pl.Float64,
            "chance that it reports an incident which happened where and when it reports at all; null where not learnt",
        ),
        "spurious": (
            pl.Float64,
            "share of its reports that are of nothing that happened; null where not learnt",
        ),
        "most_per_incident": (pl.Int64, "so many reports of one incident may be its, and no more; at least 1"),
    },
    needed=("source", "most_per_incident"),
    key="source",
)
DEPENDENCE = Contract(
    "dependence",
    {
        "copier": (pl.String, "the source that repeats"),
        "original": (pl.String, "the source that it repeats"),
        "p": (
            pl.Float64,
            "chance that a report of the copier, where both tell of one incident, is no sight of its own,",
        ),
        "because": (pl.String, "on what it rests, or who says so"),
    },
    needed=("copier", "original", "p", "because"),
    key=None,
)
CALIBRATION = Contract(
    "calibration",
    {
        "part": (
            pl.String,
            "`prior` or `adjudicated`: on what it rests; `weight` of a feature in the log odds; `step` of the curve "
            "that turns a score into a chance; `chance`: how often a source lies beside what another tells by chance "
            "alone; `measured`: what was found out about it",
        ),
        "name": (
            pl.String,
            "of the feature, as `source:a`, `group:a+b`, `sides`, `sensor`; of the source or measure",
        ),
        "at": (pl.Float64, "score from which a step holds; null for all else"),
        "value": (pl.Float64, "the weight, the chance, or the measure"),
    },
    needed=("part", "name"),
    key=None,
)
CONSTRAINTS = Contract(
    "constraints",
    {
        "left": (pl.String, "id of an observation"),
        "right": (pl.String, "id of another; never the same"),
        "same": (pl.Boolean, "true: a person says that they are of one incident; false: that they are not"),
        "by": (pl.String, "who says so, one person or several"),
    },
    needed=("left", "right", "same", "by"),
    key=None,
)
HAPPENED = Contract(
    "happened",
    {
        "observation": (pl.String, "id of an observation of the incident that was judged"),
        "happened": (pl.Boolean, "true: a person says that it happened; false: that it did not"),
        "by": (pl.String, "who says so"),
        "judgement": (pl.Int64, "number of the entry that says so"),
    },
    needed=("observation", "happened", "by", "judgement"),
    key=None,
)
RELIABILITY = Contract(
    "reliability",
    {
        "side": (pl.String, "who is said to have done it; null for all incidents"),
        "least": (pl.Float64, "the bar holds chances from here on"),
        "n": (pl.Int64, "judged incidents in it"),
        "claimed": (pl.Float64, "mean chance that was said"),
        "was": (pl.Float64, "share that people judged to have happened"),
        "error": (pl.Float64, "calibration error of that side: mean distance of what was said from what was so"),
    },
    needed=("least", "n", "claimed", "was", "error"),
    key=None,
)
REVIEW = Contract(
    "review",
    {
        "what": (pl.String, "`pair`: are these two of one incident? `incident`: did it happen?"),
        "one": (pl.String, "id of an incident"),
        "two": (
            pl.String,
            "id of another incident that may be the same, or of an observation of the first that may not belong to it; "
            "null where the question is of one incident",
        ),
        "p": (pl.Float64, "chance of `same`, or that it happened, as it stands"),
        "change": (
            pl.Float64,
            "by how much a person's answer is expected to change it: 2 p (1 - p), times how many like cases there are",
        ),
        "because": (pl.String, "why it is asked"),
    },
    needed=("what", "one", "p", "change", "because"),
    key=None,
)
COMPLETENESS = Contract(
    "completeness",
    {
        "stratum": (pl.String, "`all`, or `kind: ...` of the incidents"),
        "seen": (pl.Int64, "incidents that somebody reports, as likely as they are to have happened, rounded"),
        "sources": (pl.Int64, "independent sources that report of it"),
        "unseen": (pl.Float64, "incidents that nobody reported: estimate; null where it cannot be known"),
        "unseen_low": (pl.Float64, "95 in 100 such intervals hold the true number: its lower end; at least so many"),
        "unseen_high": (pl.Float64, "its upper end; null where nothing bounds it"),
        "chao": (
            pl.Float64,
            "Chao's lower bound: no fewer, also where some are seen less easily than others",
        ),
        "model": (pl.String, "the log-linear model chosen, as `independent` or `independent + a:b`; null where none"),
        "says": (pl.String, "in words"),
    },
    needed=("stratum", "seen", "sources", "says"),
    key="stratum",
)
