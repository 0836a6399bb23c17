"""Tables that `watch` makes of a pause and of a truce's first day, beside dates on which there was none."""

from __future__ import annotations

import polars as pl

from trucewatch.tables.contract import Contract

_VERDICT = (pl.String, "`more`, `fewer`, `no_change_shown`, `cannot_tell`")
PAUSED = Contract(
    "paused",
    {
        "measure": (pl.String, "what is measured, as `rotation` or `advance`"),
        "unit": (pl.String, "`count`, or the unit of a level, as `km2`"),
        "part": (pl.String, "`during`: the pause against before; `rebound`: after it against the trend before"),
        "side": (pl.String, "whose acts"),
        "before": (pl.Float64, "a day in the window before, by exposure; null where nobody looked"),
        "during": (pl.Float64, "a day in the pause"),
        "after": (pl.Float64, "a day after it"),
        "effect": (pl.Float64, "ratio of what was there to what was to be expected; of a level, the difference"),
        "effect_low": (pl.Float64, "least, at the bar that the placebo dates set, over all lags"),
        "effect_high": (pl.Float64, "greatest"),
        "verdict": _VERDICT,
        "because": (pl.String, "on what that rests"),
        "false_alarms": (pl.Float64, "share of placebo dates that would have been called a change"),
        "n_placebos": (pl.Int64, "placebo dates that do not overlap"),
        "others": (pl.List(pl.Struct({"side": pl.String, "effect": pl.Float64})), "the same number of other sides"),
        "gap": (pl.Float64, "this side's effect over the other's (minus, of a level); null unless there are two sides"),
        "gap_low": (pl.Float64, "least"),
        "gap_high": (pl.Float64, "greatest"),
    },
    needed=("measure", "unit", "part", "side", "verdict", "because"),
    key=None,
)
CHANGED = Contract(
    "changed",
    {
        "series": (pl.String, "name of the series: a term and its zone, or what the file calls it"),
        "unit": (pl.String, "`count`"),
        "before": (pl.Float64, "a day in the window before, by exposure; null where nobody looked"),
        "after": (pl.Float64, "a day from the first day on"),
        "effect": (pl.Float64, "step on the first day: ratio to what level and trend before it lead to expect"),
        "effect_low": (pl.Float64, "least, at the bar that the placebo dates set"),
        "effect_high": (pl.Float64, "greatest"),
        "p": (pl.Float64, "rank of the step among those at placebo dates"),
        "verdict": _VERDICT,
        "because": (pl.String, "on what that rests"),
        "false_alarms": (pl.Float64, "share of placebo dates that would have been called a change"),
        "n_placebos": (pl.Int64, "placebo dates that do not overlap"),
    },
    needed=("series", "verdict", "because"),
    key="series",
)
