"""What parties say they would take, why it collides, what is left, and whether it would be kept. No row recommends."""

from __future__ import annotations

import polars as pl

from trucewatch.tables.contract import Contract

HOWS = pl.Enum(["same", "wider", "narrower", "moved"])
FIRMER = pl.Enum(["same", "firmer", "softer"])
KNOT_KINDS = pl.Enum(["conflict", "way_out"])
FIRM = pl.Enum(["open", "preference", "demand", "red_line"])
KEPT = pl.Enum(["self_enforcing", "cannot_tell", "needs_more_monitoring", "no_monitoring_suffices"])

MOVES = Contract(
    "moves",
    {
        "issue": (pl.String, "id of the issue"),
        "party": (pl.String, "id of the party"),
        "from_day": (pl.Date, "when it spoke before"),
        "to_day": (pl.Date, "when it spoke next"),
        "from_draft": (pl.String, "the document of the earlier position; null where it was said otherwise"),
        "to_draft": (pl.String, "the document of the later one"),
        "added": (pl.List(pl.String), "options that it came to accept"),
        "dropped": (pl.List(pl.String), "options that it no longer accepts"),
        "how": (HOWS, "`wider`: accepts more and nothing less; `narrower`: the other way; `moved`: neither"),
        "firmer": (FIRMER, "how firmly it was said, next to before"),
    },
    needed=("issue", "party", "from_day", "to_day", "added", "dropped", "how", "firmer"),
    key=None,
)
CROSSED = Contract(
    "crossed",
    {
        "draft": (pl.String, "id of the document"),
        "issue": (pl.String, "id of the issue"),
        "option": (pl.String, "how the document settles it"),
        "party": (pl.String, "whose position stands beside"),
        "said_on": (pl.Date, "the day of that position: the last before the document"),
        "firmness": (FIRM, "how firmly it was said"),
        "within": (pl.Boolean, "the party had said that it takes this option"),
        "says": (pl.String, "in words"),
    },
    needed=("draft", "issue", "option", "party", "said_on", "firmness", "within", "says"),
    key=None,
)
CONFLICTS = Contract(
    "conflicts",
    {
        "id": (pl.String, "name of the row, made from content"),
        "kind": (
            KNOT_KINDS,
            "`conflict`: lines that cannot all hold, while without any one of them the rest can (a minimal "
            "unsatisfiable subset); `way_out`: once these are softened all others of the knot can hold, and fewer "
            "would not do (a minimal correction set)",
        ),
        "rank": (pl.Int64, "by firmness, then size, then issues; equal rows share a rank. No side counts"),
        "knot": (pl.Int64, "lines that hang together by shared issues have one number; every knot needs a way out"),
        "lines": (pl.List(pl.String), "ids of the positions: party, issue, day, line of the file"),
        "firmness": (pl.List(FIRM), "how firmly each was said"),
        "issues": (pl.List(pl.String), "what they are about"),
        "whole": (pl.Boolean, "no row of this knot is missing; false where the cap was reached"),
        "says": (pl.String, "in words, with each quote and its source"),
    },
    needed=("id", "kind", "rank", "knot", "lines", "firmness", "issues", "whole", "says"),
)
HELD = Contract(
    "held",
    {
        "id": (pl.String, "the position: party, issue, day, line of the file"),
        "issue": (pl.String, "id of the issue"),
        "party": (pl.String, "id of the party"),
        "said_on": (pl.Date, "the day on which it was said"),
        "firmness": (FIRM, "how firmly it was said"),
        "accepts": (pl.List(pl.String), "options that it takes"),
        "quote": (pl.String, "the words"),
        "source": (pl.String, "where these words can be read"),
        "says": (pl.String, "in words, with the quote and its source"),
    },
    needed=("id", "issue", "party", "said_on", "firmness", "accepts", "quote", "source", "says"),
)
ALLOWED = Contract(
    "allowed",
    {
        "issue": (pl.String, "id of the issue"),
        "asks": (pl.String, "the question"),
        "option": (pl.String, "id of the option"),
        "says": (pl.String, "the option in words"),
        "allowed": (pl.Boolean, "some package that every line allows takes it; of issues that collide no option is"),
    },
    needed=("issue", "asks", "option", "says", "allowed"),
    key=None,
)
PACKAGES = Contract(
    "packages",
    {
        "part": (pl.Int64, "issues that hang together have one number; a package of the whole is one of each part"),
        "issues": (pl.List(pl.String), "the part's issues"),
        "options": (pl.List(pl.String), "how each is settled"),
        "says": (pl.String, "in words"),
    },
    needed=("part", "issues", "options", "says"),
    key=None,
)
POINTS = Contract(
    "points",
    {
        "point": (pl.String, "frontier, nash, kalai_smorodinsky or egalitarian; none of them is a recommendation"),
        "draw": (pl.Int64, "which weights within the bounds; 0 is the middle"),
        "issues": (pl.List(pl.String), "the issues"),
        "options": (pl.List(pl.String), "how each is settled"),
        "parties": (pl.List(pl.String), "whose worth stands beside"),
        "worth": (pl.List(pl.Float64), "what it is worth to each, 0 to 1, under those weights"),
        "says": (pl.String, "what the point is, and by whose weights"),
    },
    needed=("point", "draw", "issues", "options", "parties", "worth", "says"),
    key=None,
)
KEEPINGS = Contract(
    "keepings",
    {
        "obligation": (pl.String, "id of the obligation"),
        "party": (pl.String, "who is bound by it"),
        "game": (pl.String, "once: a breach is weighed by itself; repeated: against what keeping on is worth"),
        "noticed_low": (pl.Float64, "least chance that the breach is noticed in time, at the weakest place and time"),
        "noticed_high": (pl.Float64, "most chance of that, there"),
        "needed_low": (pl.Float64, "least chance that makes keeping it the better choice, over the bounds given"),
        "needed_high": (pl.Float64, "most chance that it takes; above 1 no monitoring suffices"),
        "weakest": (pl.UInt64, "the cell where a breach is least likely to be noticed; null without a map of cover"),
        "answer": (KEPT, "`cannot_tell` where the bounds overlap"),
        "says": (pl.String, "the reasons, in words"),
    },
    needed=("obligation", "party", "game", "answer", "says"),
    key=None,
)
LOOK_VALUES = Contract(
    "look_values",
    {
        "obligation": (pl.String, "id of the obligation"),
        "look": (pl.String, "a source that looks now, or a sensor or access right that could be added"),
        "kind": (pl.Enum(["has", "could_add"]), "whether it looks now"),
        "with_it": (pl.Float64, "least chance that the breach is noticed in time at the weakest place, with it"),
        "without_it": (pl.Float64, "and without it"),
        "value": (pl.Float64, "the difference: what this look buys"),
        "mean_value": (pl.Float64, "the same, where the place is drawn at random instead of chosen by who breaches"),
        "rank": (pl.Int64, "by value, then mean value; equal rows share a rank"),
        "says": (pl.String, "in words"),
    },
    needed=("obligation", "look", "kind", "rank", "says"),
    key=None,
)
